//! What the drawing says about the atom, bond or arc under the pointer.

use super::labels;
use super::lanes::{self, Pictures};
use super::parts::{self, change, weak};
use crate::analysis::Quantity;
use crate::domain::{Ablation, AtomId, DirectedEdge};
use crate::scene::{Hit, Pick};
use crate::workspace::{Coloring, EdgeReading, Picture, Shown, State, quantity_name};
use eframe::egui::{self, Response, RichText, Ui};

/// Shows what is under the pointer, at once and beside it.
pub(super) fn show(
    ui: &Ui,
    response: &Response,
    state: &State,
    (picture, pictures, shown): (&Picture, &Pictures, &Shown),
    hit: Hit,
) {
    let anchor = egui::PopupAnchor::Pointer;
    let tip = egui::Tooltip::always_open(ui.ctx().clone(), response.layer_id, response.id, anchor).gap(14.0);
    tip.show(|ui| {
        if let Some(note) = labels::note(state, shown.id, Some(hit.pick)) {
            ui.set_max_width(320.0);
            ui.add(egui::Label::new(RichText::new(format!("“{note}”")).strong()).wrap());
        }
        match hit.pick {
            Pick::Atom(atom) => atom_tip(ui, shown, atom),
            Pick::Bond(_) | Pick::Pair(..) => {
                ui.label(RichText::new(parts::pick_name(&shown.molecule, hit.pick)).strong());
                ui.label(weak(parts::pick_kind(&shown.molecule, hit.pick)));
                let coloring = state.view.coloring;
                let Some(edges) = parts::directions(&shown.molecule, hit.pick, Some(picture), coloring) else { return };
                if !state.lanes.is_empty() {
                    sides_tip(ui, state, (pictures, shown), edges);
                    return;
                }
                let readings =
                    edges.iter().filter_map(|edge| picture.readings().iter().find(|reading| reading.edge == *edge));
                bond_tip(ui, state, (shown, hit.edge), readings.collect(), picture.readings().len());
            }
        }
    });
}

fn atom_tip(ui: &mut Ui, shown: &Shown, id: AtomId) {
    let Some(atom) = shown.molecule.atom(id) else { return };
    ui.label(RichText::new(parts::atom_name(&shown.molecule, id)).strong());
    let mut text = format!(
        "{}, {}",
        parts::counted(atom.hydrogens.into(), "hydrogen"),
        parts::counted(shown.molecule.degree(id), "bond")
    );
    if atom.charge != 0 {
        text += &format!(", charge {:+}", atom.charge).replace('-', "−");
    }
    ui.label(weak(text));
    ui.label(RichText::new(format!("atom number {}, counted from 0", id.0)).small().weak());
}

/// What every state side by side says of both directions of a bond.
fn sides_tip(ui: &mut Ui, state: &State, (pictures, shown): (&Pictures, &Shown), edges: [DirectedEdge; 2]) {
    let view = &state.view;
    let head = view.reading.head.map_or_else(|| "all heads".to_owned(), |head| format!("head {head}"));
    let what = quantity_name(view.reading.quantity);
    ui.label(weak(format!("{what}, layer {}, {head}", view.reading.layer)));
    egui::Grid::new("sides of the bond").spacing([14.0, 3.0]).show(ui, |ui| {
        ui.label("");
        for edge in edges {
            ui.label(weak(parts::edge_name(&shown.molecule, edge)));
        }
        ui.end_row();
        let line = |ui: &mut Ui, name: String, picture: Option<&Picture>, text: &dyn Fn(&EdgeReading) -> String| {
            ui.label(name);
            for edge in edges {
                let known = picture.and_then(|picture| picture.readings().iter().find(|known| known.edge == edge));
                ui.label(known.map_or_else(|| "–".to_owned(), text));
            }
            ui.end_row();
        };
        for (side, picture) in pictures.sides.iter().enumerate() {
            line(ui, lanes::title(state, side), picture.as_deref(), &|known| parts::reading(known, view.coloring));
        }
        if let (Some(picture), Some(difference)) = (&pictures.difference, state.difference) {
            line(ui, lanes::letters(difference), Some(picture), &|known| {
                known.value.map_or_else(|| "–".to_owned(), change)
            });
        }
    });
    ui.label(RichText::new("click selects, Shift+click takes out or puts back").small().weak());
}

/// Both directions of a bond or pair, the one under the pointer in bold.
fn bond_tip(
    ui: &mut Ui,
    state: &State,
    (shown, pointed): (&Shown, Option<DirectedEdge>),
    readings: Vec<&EdgeReading>,
    edges: usize,
) {
    let view = &state.view;
    let head = view.reading.head.map_or_else(|| "all heads".to_owned(), |head| format!("head {head}"));
    ui.label(weak(format!("layer {}, {head}", view.reading.layer)));
    let quantity = quantity_name(view.reading.quantity);
    let has_ratio = quantity != quantity_name(Quantity::Ratio);
    let difference = view.coloring == Coloring::Difference
        || readings.iter().any(|reading| reading.difference().is_some_and(|change| change.abs() > 0.0));
    egui::Grid::new("readings of the bond").spacing([14.0, 3.0]).show(ui, |ui| {
        ui.label("");
        ui.label(weak(quantity));
        if has_ratio {
            ui.label(weak("MA ratio"));
        }
        if difference {
            ui.label(weak("change"));
        }
        ui.label(weak("rank"));
        ui.end_row();
        for reading in readings {
            let name = RichText::new(parts::edge_name(&shown.molecule, reading.edge));
            ui.label(if pointed == Some(reading.edge) { name.strong() } else { name });
            if reading.ablated == Some(Ablation::Remove) {
                ui.label("removed");
                ui.end_row();
                continue;
            }
            ui.label(parts::number_or_dash(reading.value));
            if has_ratio {
                ui.label(parts::number_or_dash(reading.ratio));
            }
            if difference {
                let difference = reading.difference();
                ui.label(difference.map_or_else(|| "–".to_owned(), change));
            }
            ui.label(reading.rank.map_or_else(|| "–".to_owned(), |rank| format!("{rank} of {edges}")));
            if let Some(how) = reading.ablated {
                ui.label(how.participle());
            }
            ui.end_row();
        }
    });
    ui.label(RichText::new("click selects, Shift+click takes out or puts back").small().weak());
}
