//! What screen readers find in the drawing, which for them is an empty rectangle: every bond and atom as
//! an element with its name and numbers, that can be pressed, and a line that tells what changed.

use super::lanes;
use super::molecule::Molecule;
use super::parts::{self, decimal};
use crate::analysis;
use crate::domain::{self, AtomId};
use crate::scene::Pick;
use crate::workspace::{
    Coloring, Command, Difference, EdgeReading, MOST_LANES, Picture, Shown, State, quantity_name, side_letter,
};
use eframe::egui::{Id, Pos2, Rect, Response, Role, Sense, Ui, Vec2, accesskit};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Larger molecules are served by the list of bonds in the inspector, which holds only the rows seen.
const MOST: usize = 600;

/// Of the arcs, which may be thousands, only so many are told, the strongest.
const MOST_ARCS: usize = 100;

/// Size of an element in the drawing, points.
const SIZE: f32 = 24.0;

/// The elements of a drawing, and the picture they were last made for.
#[derive(Default)]
pub(super) struct Spoken {
    picture: Option<Arc<crate::scene::Scene>>,
    names: Arc<[(Pick, String)]>,
    prefix: String,
}

/// A drawing: which of those in the panel, and what the names of its elements begin with where there are several.
#[derive(Clone, Copy)]
pub(super) enum Drawing {
    /// One of the states side by side, 0 being the main one.
    Side(usize),
    /// What one of them has more than another.
    Difference(Difference),
}

impl Drawing {
    /// `B: `, `B − A: `, or nothing where there is only one.
    fn prefix(self, state: &State) -> String {
        match self {
            Self::Side(_) if state.lanes.is_empty() => String::new(),
            Self::Side(side) => format!("{}: ", side_letter(side)),
            Self::Difference(shown) => format!("{}: ", lanes::letters(shown)),
        }
    }

    /// Which numbers its elements tell: `ratio`, `change of ratio`, and the layer and head these are of.
    fn reading(self, state: &State) -> (String, Coloring, analysis::View) {
        let quantity = |reading: analysis::View| quantity_name(reading.quantity).trim_start_matches("MA ");
        let coloring = state.view.coloring;
        match self {
            Self::Side(side) => {
                let reading = state.reading_at(side);
                let change = if coloring == Coloring::Difference { "change of " } else { "" };
                (format!("{change}{}", quantity(reading)), coloring, reading)
            }
            Self::Difference(_) => {
                let reading = state.view.reading;
                (format!("difference of {}", quantity(reading)), Coloring::Value, reading)
            }
        }
    }
}

/// Adds the elements of a drawing, as long as a screen reader listens; what one presses is chosen.
pub(super) fn molecule(
    ui: &Ui,
    canvas: &Response,
    state: &State,
    drawing: Drawing,
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
    if matches!(drawing, Drawing::Side(0)) {
        tell(ui, canvas, state, shown);
    }
    if bonds > MOST {
        return None;
    }
    let place = match drawing {
        Drawing::Side(side) => side,
        Drawing::Difference(_) => MOST_LANES + 1,
    };
    let prefix = drawing.prefix(state);
    let spoken = own.spoken(place)?;
    let known = |known: &Arc<crate::scene::Scene>| Arc::ptr_eq(known, &picture.scene) && spoken.prefix == prefix;
    if !spoken.picture.as_ref().is_some_and(known) {
        let names = names(state, (shown, picture), drawing, &prefix).into();
        *spoken = Spoken { picture: Some(Arc::clone(&picture.scene)), names, prefix };
    }
    let names = Arc::clone(&spoken.names);
    let mut pressed = None;
    for (pick, name) in names.iter() {
        let Some(at) = own.position_in(canvas.rect, &picture.scene, *pick) else { continue };
        let id = canvas.id.with(format!("{pick:?}"));
        // Not an obstacle to the pointer, nor a stop of the Tab key: keys walk from bond to bond.
        ui.interact(Rect::from_center_size(at, Vec2::splat(SIZE)).intersect(canvas.rect), id, Sense::hover());
        element(ui, id, (at, name), state.pick == Some(*pick));
        let asked = |action| ui.input(|input| input.has_accesskit_action_request(id, action));
        if asked(accesskit::Action::Click) || asked(accesskit::Action::Focus) {
            pressed = Some(Command::Select(Some(*pick)).into());
        }
    }
    pressed
}

/// One bond, arc or atom.
fn element(ui: &Ui, id: Id, (at, name): (Pos2, &str), selected: bool) {
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(Role::ListBoxOption);
        node.set_label(name);
        node.set_selected(selected);
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
}

/// Bonds first, then arcs, each with the numbers of both directions, then atoms.
fn names(state: &State, (shown, picture): (&Shown, &Picture), drawing: Drawing, prefix: &str) -> Vec<(Pick, String)> {
    let molecule = &shown.molecule;
    let drawn: BTreeSet<Pick> = picture.arcs().take(MOST_ARCS).collect();
    let mut readings: BTreeMap<Pick, Vec<&EdgeReading>> = BTreeMap::new();
    for reading in picture.readings() {
        let pick = reading.bond.map_or_else(|| Pick::pair(reading.edge), Pick::Bond);
        if reading.bond.is_some() || drawn.contains(&pick) {
            readings.entry(pick).or_default().push(reading);
        }
    }
    let count = picture.readings().len();
    let joined = readings.into_iter().map(|(pick, mut readings)| {
        let coloring = drawing.reading(state).1;
        readings.sort_by(|a, b| b.strength(coloring).total_cmp(&a.strength(coloring)));
        (pick, format!("{prefix}{}", joined_name(state, molecule, (pick, &readings, count), drawing)))
    });
    let atoms = (0..molecule.atom_count()).filter_map(|place| u32::try_from(place).ok()).map(AtomId);
    let atoms = atoms.map(|atom| (Pick::Atom(atom), format!("{prefix}{}", atom_name(shown, atom))));
    joined.chain(atoms).collect()
}

/// `bond C5=O6 double, ratio C5 to O6 958, O6 to C5 155, rank 1 of 34, layer 3`
fn joined_name(
    state: &State,
    molecule: &domain::Molecule,
    (pick, readings, count): (Pick, &[&EdgeReading], usize),
    drawing: Drawing,
) -> String {
    let (quantity, coloring, view) = drawing.reading(state);
    let value = |reading: &&EdgeReading| {
        let [from, to] = [reading.edge.source, reading.edge.target].map(|atom| parts::atom_name(molecule, atom));
        format!("{from} to {to} {}", parts::reading(reading, coloring))
    };
    let values = readings.iter().map(value).collect::<Vec<_>>().join(", ");
    let rank = readings.iter().filter_map(|reading| reading.rank).min();
    let rank = rank.map_or_else(String::new, |rank| format!(", rank {rank} of {count}"));
    let head = view.head.map_or_else(String::new, |head| format!(", head {head}"));
    let (name, kind) = (parts::pick_name(molecule, pick), parts::pick_kind(molecule, pick));
    let name = match pick {
        Pick::Pair(..) => format!("{kind} {name}"),
        _ => format!("bond {name} {}", kind.replace(" bond", "")),
    };
    format!("{name}, {quantity} {values}{rank}, layer {}{head}", view.layer)
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
        Some(pick) => {
            let kind = match pick {
                Pick::Atom(_) => "atom",
                Pick::Bond(_) => "bond",
                Pick::Pair(..) => "absent bond",
            };
            format!(", chosen {kind} {}", parts::pick_name(&shown.molecule, pick))
        }
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
