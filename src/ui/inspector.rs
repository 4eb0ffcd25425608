//! What is known about the chosen bond or atom: every layer's numbers, the activations behind them and
//! the attention; the list of all bonds, which is also how the drawing is used without a pointer; and
//! what is known of the whole molecule.

use super::actions::Effect;
use super::detail::{self, AtomDetail, BondDetail};
use super::labels::{self, Labels};
use super::parts::{self, weak};
use super::prediction::{self, Prediction};
use super::saturation::{self, Saturation};
use super::terms::{self, Term};
use super::{ablation, absent, projections, theme};
use crate::analysis::Quantity;
use crate::domain::{BondId, Molecule};
use crate::scene::{Background, ColorMap, Pick};
use crate::workspace::{Coloring, Command, EdgeReading, MOST_LANES, Picture, State, Workspace, quantity_name};
use eframe::egui::{self, Button, RichText, ScrollArea, Ui};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the number beside an element is.
const NUMBERS: &str = "Atoms are numbered from 0, in the order of the file";

/// Longer lists draw only the rows that are seen.
const LISTED_WHOLE: usize = 250;

/// Room for the choice of the order of the list, points.
const ORDERED: f32 = 190.0;

/// From this width on, the list stands beside the details; points.
const WIDE: f32 = 780.0;

/// Everything the details depend on.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    /// Where the answers of all states side by side are.
    answers: [usize; MOST_LANES + 1],
    /// What is compared.
    compared: (Quantity, Option<usize>),
    pick: Pick,
    map: ColorMap,
    background: Background,
}

/// What is shown below the list.
enum Detail {
    Bond(Box<BondDetail>),
    Atom(Box<AtomDetail>),
}

/// What the panel keeps for itself: the details of the last selection, textures included.
#[derive(Default)]
pub(super) struct Inspector {
    detail: Option<(Key, Detail)>,
    /// The selection that the list was last scrolled to.
    listed: Option<Pick>,
    absent: absent::Strongest,
    saturation: Saturation,
    labels: Labels,
}

impl Inspector {
    /// Puts the cursor into the label field with the next frame.
    pub(super) fn focus_label(&mut self) {
        self.labels.focus();
    }
}

/// Shows the panel; `bonds_by_value` is how the list is sorted.
pub(super) fn show(
    ui: &mut Ui,
    workspace: &Workspace,
    picture: Option<&Picture>,
    (own, bonds_by_value): (&mut Inspector, &mut bool),
) -> Vec<Effect> {
    let state = &workspace.state;
    let mut effects = Vec::new();
    let Some(shown) = &state.shown else {
        egui::Frame::new().inner_margin(12).show(ui, |ui| ui.label(weak("Nothing to inspect yet.")));
        return effects;
    };
    let molecule = Arc::clone(&shown.molecule);
    let margin = egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 8, top: 8, bottom: 6 });
    let bonds = if ui.available_width() >= WIDE {
        egui::Panel::left("bonds beside").default_size(330.0).size_range(240.0..=520.0)
    } else {
        egui::Panel::top("bonds").default_size(206.0).size_range(70.0..=420.0)
    };
    let bonds = bonds.resizable(true).frame(margin);
    bonds.show(ui, |ui| bond_list(ui, state, (&molecule, picture), (&mut own.listed, bonds_by_value), &mut effects));
    margin.show(ui, |ui| {
        ScrollArea::vertical().id_salt("details").auto_shrink(false).show(ui, |ui| {
            if let Some(prediction) = Prediction::of(state, 0) {
                prediction::table(ui, &prediction);
            }
            match workspace.picked() {
                Some(pick) => {
                    head(ui, state, (&molecule, picture), pick, &mut effects);
                    effects.extend(labels::field(ui, state, (shown, Some(pick)), &mut own.labels));
                    labels::list(ui, state, &mut effects);
                    details(ui, workspace, own, (&molecule, pick, picture), &mut effects);
                }
                None => {
                    ui.add_space(4.0);
                    effects.extend(labels::field(ui, state, (shown, None), &mut own.labels));
                    labels::list(ui, state, &mut effects);
                    ui.label(weak("Click a bond or an atom in the drawing, or choose a bond above, to see what it does in every layer."));
                }
            }
            absent::list(ui, workspace, picture, &mut own.absent, &mut effects);
            saturation::show(ui, state, &mut own.saturation, &mut effects);
        });
    });
    effects
}

/// What the chosen bond or atom does, or why nothing is known of it.
fn details(
    ui: &mut Ui,
    workspace: &Workspace,
    own: &mut Inspector,
    (molecule, pick, picture): (&Molecule, Pick, Option<&Picture>),
    effects: &mut Vec<Effect>,
) {
    let state = &workspace.state;
    match refresh(ui, workspace, own, pick) {
        Some(Detail::Bond(bond)) => {
            if let Some([first, _]) = parts::directions(molecule, pick, picture, state.view.coloring) {
                detail::bond(ui, state, molecule, (bond, first), effects);
            }
        }
        Some(Detail::Atom(atom)) => detail::atom(ui, state, atom, effects),
        None => {
            ui.label(weak(prediction::reason(state)));
            effects.extend(prediction::insist(ui, state));
            return;
        }
    }
    projections::show(ui, state, molecule, pick, effects);
}

/// The details of what is chosen, recomputed when they changed.
fn refresh<'a>(ui: &Ui, workspace: &Workspace, own: &'a mut Inspector, pick: Pick) -> Option<&'a mut Detail> {
    let state = &workspace.state;
    state.comparison.as_ref()?;
    let mut answers = [0; MOST_LANES + 1];
    for (slot, side) in answers.iter_mut().zip(state.sides()) {
        *slot = side.comparison.map_or(0, |comparison| Arc::as_ptr(comparison).addr());
    }
    let key = Key {
        answers,
        compared: (state.view.reading.quantity, state.view.reading.head),
        pick,
        map: workspace.state.view.map,
        background: theme::background(ui),
    };
    if own.detail.as_ref().is_none_or(|(known, _)| *known != key) {
        let detail = match pick {
            Pick::Bond(_) | Pick::Pair(..) => {
                BondDetail::of(ui, workspace, pick).map(|bond| Detail::Bond(Box::new(bond)))
            }
            Pick::Atom(atom) => AtomDetail::of(ui, workspace, atom).map(|atom| Detail::Atom(Box::new(atom))),
        };
        own.detail = detail.map(|detail| (key, detail));
    }
    own.detail.as_mut().map(|(_, detail)| detail)
}

/// Both directions' readings of every bond, the one with the larger number first.
fn by_bond(picture: Option<&Picture>, coloring: Coloring) -> BTreeMap<BondId, Vec<&EdgeReading>> {
    let mut bonds: BTreeMap<BondId, Vec<&EdgeReading>> = BTreeMap::new();
    for reading in picture.iter().flat_map(|picture| picture.readings()) {
        if let Some(bond) = reading.bond {
            bonds.entry(bond).or_default().push(reading);
        }
    }
    for readings in bonds.values_mut() {
        readings.sort_by(|a, b| b.strength(coloring).total_cmp(&a.strength(coloring)));
    }
    bonds
}

/// The bonds in the order of the list, with the readings of both directions.
pub(super) fn listed(
    picture: Option<&Picture>,
    by_value: bool,
    coloring: Coloring,
) -> Vec<(BondId, Vec<&EdgeReading>)> {
    let mut rows: Vec<(BondId, Vec<&EdgeReading>)> = by_bond(picture, coloring).into_iter().collect();
    if by_value {
        let largest = |readings: &[&EdgeReading]| {
            readings.first().map_or(f64::NEG_INFINITY, |strongest| strongest.strength(coloring))
        };
        rows.sort_by(|a, b| largest(&b.1).total_cmp(&largest(&a.1)).then(a.0.cmp(&b.0)));
    }
    rows
}

fn bond_list(
    ui: &mut Ui,
    state: &State,
    (molecule, picture): (&Molecule, Option<&Picture>),
    (listed, by_value): (&mut Option<Pick>, &mut bool),
    effects: &mut Vec<Effect>,
) {
    ui.horizontal(|ui| {
        ui.label(RichText::new("Bonds").size(14.0).strong());
        // In a narrow panel the order of the list is what is needed here.
        if ui.available_width() > ORDERED + 90.0 {
            ui.label(weak(heading(state)).small());
        }
        if ui.available_width() > ORDERED {
            terms::ask(ui, Term::DirectedEdge);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            ui.spacing_mut().button_padding.x = 6.0;
            for (value, text) in [(false, "by number"), (true, "by value")] {
                if ui.add(parts::choice(ui, *by_value == value, RichText::new(text).small())).clicked() {
                    *by_value = value;
                }
            }
        });
    });
    let rows = self::listed(picture, *by_value, state.view.coloring);
    if rows.is_empty() {
        ui.label(weak("This molecule has no bonds."));
        // The panel keeps its height for the next molecule.
        ui.take_available_space();
        return;
    }
    let coloring = state.view.coloring;
    let mut row = |ui: &mut Ui, (bond, readings): (BondId, &[&EdgeReading])| {
        let pick = Pick::Bond(bond);
        let kind = parts::pick_kind(molecule, pick).replace(" bond", "");
        let text = format!("{} · {kind}", values(molecule, readings, coloring));
        let picked = state.pick == Some(pick);
        let button =
            Button::selectable(picked, RichText::new(&text).size(12.0)).min_size(egui::vec2(ui.available_width(), 0.0));
        let response = ui.add(button.truncate());
        if picked {
            parts::mark_row(ui, response.rect);
            if *listed != state.pick {
                response.scroll_to_me(None);
            }
        }
        if response.on_hover_text(&text).clicked() {
            effects.push(Command::Select(Some(pick)).into());
        }
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding = egui::vec2(6.0, 2.0);
    let area = ScrollArea::vertical().id_salt("bonds").auto_shrink(false);
    if rows.len() <= LISTED_WHOLE {
        area.show(ui, |ui| rows.iter().for_each(|(bond, readings)| row(ui, (*bond, readings))));
    } else {
        area.show_rows(ui, 20.0, rows.len(), |ui, range| {
            rows.get(range).unwrap_or_default().iter().for_each(|(bond, readings)| row(ui, (*bond, readings)));
        });
    }
    *listed = state.pick;
}

/// What the numbers of the list are: `ratio, layer 3`.
fn heading(state: &State) -> String {
    let quantity = quantity_name(state.view.reading.quantity).trim_start_matches("MA ");
    let change = if state.view.coloring == Coloring::Difference { "change of " } else { "" };
    format!("{change}{quantity}, layer {}", state.view.reading.layer)
}

/// `N7→C3 1736, C3→N7 412`: both directions with their numbers; changes with their sign.
fn values(molecule: &Molecule, readings: &[&EdgeReading], coloring: Coloring) -> String {
    let one = |reading: &&EdgeReading| {
        format!("{} {}", parts::edge_name(molecule, reading.edge), parts::reading(reading, coloring))
    };
    readings.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn head(
    ui: &mut Ui,
    state: &State,
    (molecule, picture): (&Molecule, Option<&Picture>),
    pick: Pick,
    effects: &mut Vec<Effect>,
) {
    let name = parts::pick_name(molecule, pick);
    let kind = match pick {
        Pick::Atom(atom) => format!("atom with {}", parts::counted(molecule.degree(atom), "bond")),
        Pick::Bond(_) | Pick::Pair(..) => parts::pick_kind(molecule, pick),
    };
    parts::from_right(ui, |ui| {
        if let Some(edges) = parts::directions(molecule, pick, picture, state.view.coloring) {
            ablation::chooser(ui, state.ablated(), (&edges, &name), effects);
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            ui.label(RichText::new(&name).heading()).on_hover_text(NUMBERS);
            ui.add(egui::Label::new(weak(kind)).truncate());
        });
    });
}
