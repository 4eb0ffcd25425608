//! The lines above the drawings: what the molecule is and what is known of it, and for every state side by
//! side which it is and what it predicts.

use super::super::actions::{ActionId, Effect};
use super::super::icons::{self, Icon};
use super::super::lanes;
use super::super::parts::{self, signed, weak};
use super::super::prediction::{self, Prediction};
use crate::workspace::{Command, Difference, State, side_letter};
use eframe::egui::{self, Label, RichText, Ui, Vec2};

/// Room for the switch of the difference map beside the number of the molecule, points.
const DIFFERENCE: f32 = 130.0;

/// Room for the button that swaps two states, beside their names, points.
const SWAP: f32 = 130.0;

/// Number, name and SMILES, and on the right what can be put beside.
pub(super) fn head_line(ui: &mut Ui, state: &State, waiting: bool, effects: &mut Vec<Effect>) {
    ui.horizontal(|ui| {
        let Some(id) = state.selected else {
            ui.label(weak("No molecule"));
            return;
        };
        let record = state.dataset().and_then(|dataset| dataset.record(id));
        let number = ui.label(RichText::new(format!("#{}", id.0)).heading());
        number.on_hover_text("Number of the molecule: its place among the usable lines of the file, counted from 0");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            effects.extend(lanes::button(ui, state));
            // Where there is no room, the menu beside it has this too.
            if !state.lanes.is_empty() && ui.available_width() > DIFFERENCE {
                effects.extend(parts::action_switch(ui, ActionId::DifferenceMap, "difference map", state));
            }
            if waiting {
                ui.add(egui::Spinner::new().size(15.0));
                ui.label(weak("computing…").small());
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                if let Some(name) = record.and_then(|record| record.id.as_deref()) {
                    // A name may be a whole sentence, and the structure wants room too.
                    let room = 0.6 * ui.available_width();
                    let label = egui::Label::new(RichText::new(name).strong()).truncate();
                    ui.scope(|ui| {
                        ui.set_max_width(room);
                        ui.add(label).on_hover_text(name);
                    });
                }
                let smiles = record.map_or("", |record| &record.smiles);
                let label = egui::Label::new(RichText::new(smiles).weak()).truncate().selectable(true);
                ui.add(label).on_hover_text(smiles);
            });
        });
    });
}

/// Measured and predicted value, and what the user changed about the model.
pub(super) fn reading_line(ui: &mut Ui, state: &State) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::new(5.0, 2.0);
        if state.comparison.is_none() {
            prediction::measured_line(ui, state);
            ui.label(weak(if state.untraceable.is_some() { "no prediction" } else { "…" }));
            return;
        }
        let Some(prediction) = Prediction::of(state, 0) else { return };
        prediction::line(ui, state, &prediction);
        for edit in lanes::edits(state, 0) {
            ui.label(weak("·"));
            ui.label(edit);
        }
    });
}

/// One of the states side by side: its model, what is special about it, what it predicts.
pub(super) fn side(ui: &mut Ui, state: &State, side: usize, effects: &mut Vec<Effect>) {
    let Some(shown) = state.side(side) else { return };
    let title = lanes::title(state, side);
    ui.spacing_mut().item_spacing = Vec2::new(5.0, 1.0);
    parts::from_right(ui, |ui| {
        if side > 0 {
            if icons::button(ui, Icon::Close, &format!("Close {title}")).clicked() {
                effects.push(Command::RemoveLane(side).into());
            }
            let roomy = ui.available_width() > SWAP;
            let same = state.side(0).is_some_and(|main| main.checkpoint.id == shown.checkpoint.id);
            let name = format!("Swap A and {}", side_letter(side));
            if roomy && ui.add_enabled_ui(!same, |ui| icons::button(ui, Icon::Swap, &name)).inner.clicked() {
                effects.push(Command::SwapLane(side).into());
            }
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            lanes::badge(ui, side);
            let name = RichText::new(shown.checkpoint.id.name.as_ref()).strong();
            if side == 0 {
                ui.add(Label::new(name).truncate()).on_hover_text(&shown.checkpoint.title);
            } else {
                ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
                ui.spacing_mut().button_padding.x = 4.0;
                let button = ui.menu_button(name, |ui| lanes::side_menu(ui, state, side, effects));
                let tip = format!("{}: choose another, or whether your edits apply", shown.checkpoint.title);
                button.response.on_hover_text(tip);
            }
            let mut words = vec![state.condition_at(side).to_owned()];
            words.extend(lanes::edits(state, side));
            words.extend(clamped(state, side));
            line(ui, &words.join(" · "));
        });
    });
    line(ui, &told(state, side));
}

/// A line of small text that is cut where there is no room, whole on its tip.
fn line(ui: &mut Ui, text: &str) {
    ui.add(Label::new(RichText::new(text).small()).truncate()).on_hover_text(text);
}

/// Where a model has fewer layers or heads than the one looked at: what is shown instead.
fn clamped(state: &State, side: usize) -> Vec<String> {
    let (linked, own) = (state.view.reading, state.reading_at(side));
    let Some(spec) = state.side(side).map(|side| &side.checkpoint.spec) else { return Vec::new() };
    let layer = (linked.layer != own.layer).then(|| format!("layer {}, its last of {}", own.layer, spec.layers));
    let head = own.head.filter(|_| linked.head != own.head);
    let head = head.map(|head| format!("head {head}, its last of {}", spec.heads));
    layer.into_iter().chain(head).collect()
}

/// The prediction of a side, and how far it is from that of the main state.
fn told(state: &State, side: usize) -> String {
    let Some(prediction) = Prediction::of(state, side) else {
        let refused = state.side(side).is_some_and(|side| side.untraceable.is_some());
        return if refused { "no prediction" } else { "…" }.to_owned();
    };
    if prediction.needs_atom {
        return "one prediction per atom: choose an atom".to_owned();
    }
    let Some(target) = prediction.target() else { return "not predicted by this model".to_owned() };
    let name = if prediction.targets.len() > 1 { format!("{}: ", target.name) } else { String::new() };
    let main = Prediction::of(state, 0).filter(|main| side > 0 && main.labels == prediction.labels);
    let main = main.and_then(|main| main.targets.into_iter().find(|other| other.name == target.name));
    let change = match (side, main) {
        (0, _) => target.known.map_or_else(String::new, |known| format!(" · measured {}", target.told(known))),
        (_, Some(main)) => format!(" ({} to A)", signed(target.after - main.after)),
        (_, None) => String::new(),
    };
    format!("{name}{} {}{change}", prediction.word(), target.foretold(target.after))
}

/// Which difference is shown, with the choice of another.
pub(super) fn difference(ui: &mut Ui, state: &State, shown: Difference, effects: &mut Vec<Effect>) {
    ui.spacing_mut().item_spacing = Vec2::new(5.0, 1.0);
    parts::from_right(ui, |ui| {
        if icons::button(ui, Icon::Close, "Close the difference map").clicked() {
            effects.push(Command::ShowDifference(None).into());
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let name = RichText::new(lanes::letters(shown)).strong();
            let sides = state.side_count();
            if sides < 3 {
                ui.label(name);
                return;
            }
            let button = ui.menu_button(name, |ui| {
                for (minus, of) in (0..sides).flat_map(|minus| (0..sides).map(move |of| (minus, of))) {
                    let choice = Difference { of, minus };
                    let text = lanes::letters(choice);
                    if of != minus && ui.selectable_label(choice == shown, text.as_str()).clicked() {
                        effects.push(Command::ShowDifference(Some(choice)).into());
                        ui.close();
                    }
                }
            });
            button.response.on_hover_text("Choose the two states");
        });
    });
    let name = |side: usize| state.side(side).map_or("", |side| &*side.checkpoint.id.name);
    let whole = format!("{} minus {}", state.name_at(shown.of), state.name_at(shown.minus));
    // Of one model in two conditions the name says nothing.
    let same = name(shown.of) == name(shown.minus);
    let of = |side: usize| if same { state.condition_at(side) } else { name(side) };
    let text = format!("{} − {}; grey: equal, or in one only", of(shown.of), of(shown.minus));
    let tip = format!("{whole}; grey: no difference, or an edge that only one of both has");
    ui.add(Label::new(RichText::new(text).small()).truncate()).on_hover_text(tip);
}
