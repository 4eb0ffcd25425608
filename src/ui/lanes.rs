//! States side by side: their pictures, and the menu that puts them there.

use super::actions::{ActionId as Id, Effect};
use super::parts::{self, menu_item, weak};
use crate::models::Arch;
use crate::scene::{Background, Pick};
use crate::workspace::{AbsentBonds, Command, Difference, MOST_LANES, Picture, State, With, Workspace, side_letter};
use eframe::egui::{self, RichText, Ui};
use std::sync::Arc;

/// What the menu says where there is no room.
const FULL: &str = "Three states stand side by side already: close one first, or change it by its name";

/// The painted molecule in every state side by side, as of this frame.
#[derive(Clone, Default)]
pub(super) struct Pictures {
    /// One per side, the main one first.
    pub(super) sides: Vec<Option<Arc<Picture>>>,
    /// What one side has more than another.
    pub(super) difference: Option<Arc<Picture>>,
}

impl Pictures {
    /// Paints what changed.
    pub(super) fn of(workspace: &mut Workspace, background: Background, hovered: Option<Pick>) -> Self {
        let sides = 0..workspace.state.side_count();
        Self {
            sides: sides.map(|side| workspace.lane_picture(side, background, hovered)).collect(),
            difference: workspace.difference_picture(background, hovered),
        }
    }

    /// The picture of the main state.
    pub(super) fn main(&self) -> Option<&Arc<Picture>> {
        self.sides.first()?.as_ref()
    }

    /// The picture that explains the colours of all: one with numbers, if possible also with arcs.
    pub(super) fn explained(&self) -> Option<&Picture> {
        let known = || self.sides.iter().flatten().filter(|picture| picture.bar.is_some());
        let noted = known().find(|picture| picture.bar.as_ref().is_some_and(|bar| !bar.note.is_empty()));
        noted.or_else(|| known().next()).map(AsRef::as_ref)
    }

    /// The edges without a bond of the first state that has some.
    pub(super) fn absent(&self) -> Option<&AbsentBonds> {
        self.sides.iter().flatten().find_map(|picture| picture.absent.as_ref())
    }
}

/// The button that opens the menu of what can be put beside the main state.
pub(super) fn button(ui: &mut Ui, state: &State) -> Vec<Effect> {
    let mut effects = Vec::new();
    let full = state.lanes.len() >= MOST_LANES;
    ui.add_enabled_ui(!full, |ui| {
        let button = ui.menu_button(RichText::new("compare with…").small(), |ui| menu(ui, state, &mut effects));
        let tip = "Show another model, or this one without your edits, side by side";
        button.response.on_hover_text(tip).on_disabled_hover_text(FULL);
    });
    effects
}

/// What can be put beside the main state: the likely states first, then every model.
pub(super) fn menu(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    ui.set_min_width(330.0);
    for id in [Id::CompareTrained, Id::CompareTwin, Id::CompareBase] {
        effects.extend(menu_item(ui, id, state));
    }
    ui.separator();
    let full = state.lanes.len() >= MOST_LANES;
    ui.add_enabled_ui(!full, |ui| {
        models(ui, state, None, |place| effects.push(Command::Compare(With::Model { place, edited: true }).into()));
    });
    ui.separator();
    for id in [Id::SwapSides, Id::DifferenceMap, Id::CloseSides] {
        effects.extend(menu_item(ui, id, state));
    }
}

/// The menu on the name of a side that is not the main one.
pub(super) fn side_menu(ui: &mut Ui, state: &State, side: usize, effects: &mut Vec<Effect>) {
    ui.set_min_width(330.0);
    let Some(now) = state.side(side) else { return };
    let chosen = state.checkpoints.iter().position(|checkpoint| checkpoint.id == now.checkpoint.id);
    let mut edited = now.edited;
    let tip = "Whether your ablations and the EBT scale apply here too, or the model is shown as it is";
    if ui.checkbox(&mut edited, "apply my edits here too").on_hover_text(tip).changed()
        && let Some(place) = chosen
    {
        effects.push(Command::SetLane(side, With::Model { place, edited }).into());
    }
    ui.separator();
    models(ui, state, chosen, |place| effects.push(Command::SetLane(side, With::Model { place, edited }).into()));
}

/// Every listed model by architecture.
fn models(ui: &mut Ui, state: &State, chosen: Option<usize>, mut choose: impl FnMut(usize)) {
    ui.spacing_mut().item_spacing.y = 1.0;
    ui.spacing_mut().interact_size.y = 20.0;
    for arch in Arch::ALL {
        let models: Vec<_> =
            state.checkpoints.iter().enumerate().filter(|(_, model)| model.spec.arch == arch).collect();
        if models.is_empty() {
            continue;
        }
        ui.label(weak(arch.title()).small());
        for (place, checkpoint) in models {
            let button = egui::Button::selectable(chosen == Some(place), checkpoint.id.name.as_ref());
            if ui.add(button).on_hover_text(&checkpoint.title).clicked() {
                choose(place);
                ui.close();
            }
        }
    }
}

/// The letter of a side on a small plate, by which tables and tooltips name it.
pub(super) fn badge(ui: &mut Ui, side: usize) {
    let letter = side_letter(side).to_string();
    let text = RichText::new(letter).small().strong();
    let frame = egui::Frame::new().fill(ui.visuals().widgets.inactive.weak_bg_fill).corner_radius(3);
    frame.inner_margin(egui::Margin::symmetric(5, 1)).show(ui, |ui| ui.label(text));
}

/// `A gt-zinc, as trained`: a side in one line.
pub(super) fn title(state: &State, side: usize) -> String {
    format!("{} {}", side_letter(side), state.name_at(side))
}

/// `B − A`
pub(super) fn letters(Difference { of, minus }: Difference) -> String {
    format!("{} − {}", side_letter(of), side_letter(minus))
}

/// What the user's edits are on a side, in words: `EBT × 0.50`, `2 directed edges removed`.
pub(super) fn edits(state: &State, side: usize) -> Vec<String> {
    let Some((comparison, checkpoint)) = state.side(side).and_then(|side| Some((side.comparison?, side.checkpoint)))
    else {
        return Vec::new();
    };
    parts::edits(comparison, checkpoint.spec.ebt)
}
