//! What screen readers find in the drawing, which for them is an empty rectangle: every bond and atom as
//! an element with its name and numbers, that can be pressed, and a line that tells what changed.

use super::molecule::Molecule;
use super::parts::{self, decimal, number_or_dash};
use crate::domain::{AtomId, BondId};
use crate::scene::Pick;
use crate::workspace::{Coloring, Command, EdgeReading, Picture, Shown, State, quantity_name};
use eframe::egui::{Rect, Response, Role, Sense, Ui, Vec2, accesskit};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Larger molecules are served by the list of bonds in the inspector, which holds only the rows seen.
const MOST: usize = 600;

/// Size of an element in the drawing, points.
const SIZE: f32 = 24.0;

/// The elements of the picture they were last made for.
#[derive(Default)]
pub(super) struct Spoken {
    picture: Option<Arc<crate::scene::Scene>>,
    names: Arc<[(Pick, String)]>,
}

/// Adds the elements of the drawing, as long as a screen reader listens; what one presses is chosen.
pub(super) fn molecule(
    ui: &Ui,
    canvas: &Response,
    state: &State,
    (picture, own): (&Picture, &mut Molecule),
) -> Option<super::actions::Effect> {
    let shown = state.shown.as_ref()?;
    let bonds = shown.molecule.bond_count();
    let description = if bonds > MOST {
        format!("{} bonds are too many to be told here; the list in the inspector has them all", parts::count(bonds))
    } else {
        format!("{} and {}", parts::counted(shown.molecule.atom_count(), "atom"), parts::counted(bonds, "bond"))
    };
    // Nothing listens: nothing is made.
    ui.ctx().accesskit_node_builder(canvas.id, |node| node.set_description(description))?;
    tell(ui, canvas, state, shown);
    if bonds > MOST {
        return None;
    }
    let spoken = own.spoken();
    if spoken.picture.as_ref().is_none_or(|known| !Arc::ptr_eq(known, &picture.scene)) {
        spoken.picture = Some(Arc::clone(&picture.scene));
        spoken.names = names(state, shown, picture).into();
    }
    let names = Arc::clone(&spoken.names);
    let mut pressed = None;
    for (pick, name) in names.iter() {
        let Some(at) = own.screen_position(&picture.scene, *pick) else { continue };
        let id = canvas.id.with(format!("{pick:?}"));
        // Not an obstacle to the pointer, nor a stop of the Tab key: keys walk from bond to bond.
        ui.interact(Rect::from_center_size(at, Vec2::splat(SIZE)).intersect(canvas.rect), id, Sense::hover());
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::ListBoxOption);
            node.set_label(name.as_str());
            node.set_selected(state.pick == Some(*pick));
            node.add_action(accesskit::Action::Click);
            node.add_action(accesskit::Action::Focus);
            let rect = Rect::from_center_size(at, Vec2::splat(SIZE));
            node.set_bounds(accesskit::Rect {
                x0: rect.min.x.into(),
                y0: rect.min.y.into(),
                x1: rect.max.x.into(),
                y1: rect.max.y.into(),
            });
        });
        let asked = |action| ui.input(|input| input.has_accesskit_action_request(id, action));
        if asked(accesskit::Action::Click) || asked(accesskit::Action::Focus) {
            pressed = Some(Command::Select(Some(*pick)).into());
        }
    }
    pressed
}

/// Bonds first, each with the numbers of both directions, then atoms.
fn names(state: &State, shown: &Shown, picture: &Picture) -> Vec<(Pick, String)> {
    let mut readings: BTreeMap<BondId, Vec<&EdgeReading>> = BTreeMap::new();
    for reading in picture.readings() {
        if let Some(bond) = reading.bond {
            readings.entry(bond).or_default().push(reading);
        }
    }
    let count = picture.readings().len();
    let bonds =
        readings.iter().map(|(&bond, readings)| (Pick::Bond(bond), bond_name(state, shown, (bond, readings, count))));
    let atoms = (0..shown.molecule.atom_count()).filter_map(|place| u32::try_from(place).ok()).map(AtomId);
    let atoms = atoms.map(|atom| (Pick::Atom(atom), atom_name(shown, atom)));
    bonds.chain(atoms).collect()
}

/// `bond C5=O6 double, ratio 958 and 155, rank 1 of 34, layer 3`
fn bond_name(state: &State, shown: &Shown, (bond, readings, count): (BondId, &[&EdgeReading], usize)) -> String {
    let molecule = &shown.molecule;
    let view = &state.view.reading;
    let value = |edge| match readings.iter().find(|reading| reading.edge == edge) {
        Some(reading) if reading.ablated => "taken out".to_owned(),
        Some(reading) if state.view.coloring == Coloring::Difference => {
            reading.difference().map_or_else(|| number_or_dash(None), parts::change)
        }
        Some(reading) => number_or_dash(reading.value),
        None => number_or_dash(None),
    };
    let values = parts::directions(molecule, bond).map(|edges| edges.map(value).join(" and ")).unwrap_or_default();
    let rank = readings.iter().filter_map(|reading| reading.rank).min();
    let rank = rank.map_or_else(String::new, |rank| format!(", rank {rank} of {count}"));
    let head = view.head.map_or_else(String::new, |head| format!(", head {head}"));
    let quantity = quantity_name(view.quantity).trim_start_matches("MA ");
    let change = if state.view.coloring == Coloring::Difference { "change of " } else { "" };
    let (name, kind) = (parts::bond_name(molecule, bond), parts::bond_kind(molecule, bond));
    format!("bond {name} {kind}, {change}{quantity} {values}{rank}, layer {}{head}", view.layer)
}

fn atom_name(shown: &Shown, atom: AtomId) -> String {
    let bonds = parts::counted(shown.molecule.degree(atom), "bond");
    format!("atom {} with {bonds}", parts::atom_name(&shown.molecule, atom))
}

/// The line that is read by itself whenever it changes: what is chosen, and the prediction.
fn tell(ui: &Ui, canvas: &Response, state: &State, shown: &Shown) {
    let prediction = state.comparison.as_ref().filter(|comparison| comparison.probe.molecule == shown.id);
    let of = |values: &[f32]| values.first().map_or_else(|| "none".to_owned(), |value| decimal(*value));
    let prediction = match prediction {
        Some(comparison) if Arc::ptr_eq(&comparison.baseline, &comparison.edited) => {
            format!(", prediction {}", of(&comparison.baseline.prediction))
        }
        Some(comparison) => format!(
            ", prediction {}, after edits {}",
            of(&comparison.baseline.prediction),
            of(&comparison.edited.prediction)
        ),
        None => String::new(),
    };
    let chosen = match state.pick {
        Some(Pick::Bond(bond)) => format!(", chosen bond {}", parts::bond_name(&shown.molecule, bond)),
        Some(Pick::Atom(atom)) => format!(", chosen atom {}", parts::atom_name(&shown.molecule, atom)),
        None => String::new(),
    };
    let id = canvas.id.with("told");
    ui.interact(Rect::from_min_size(canvas.rect.min, Vec2::ZERO), id, Sense::hover());
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::Status);
        node.set_label(format!("Molecule {}{prediction}{chosen}", shown.id.0));
        node.set_live(accesskit::Live::Polite);
    });
}
