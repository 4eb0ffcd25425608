//! The panel of edits: what is taken out of the molecule shown, rules that choose it, and what was given a name.

use super::actions::{ActionId, Effect};
use super::parts::{self, weak};
use super::rules::{self, Builder};
use super::{ablation, icons};
use crate::domain::{Ablation, Ablations, DirectedEdge, Molecule};
use crate::models::Ebt;
use crate::scene::Pick;
use crate::workspace::{Command, Named, Set, State};
use eframe::egui::{self, Button, RichText, ScrollArea, TextEdit, Ui};
use std::sync::Arc;

/// Height of a line of the list, points.
const ROW: f32 = 24.0;

/// Lines of the list that are seen at once.
const SEEN: f32 = 9.0;

/// What the panel keeps for itself.
#[derive(Default)]
pub(super) struct Panel {
    list_name: String,
    rule_name: String,
    builder: Builder,
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, state: &State, own: &mut Panel) -> Vec<Effect> {
    let mut effects = Vec::new();
    let margin = egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 8, top: 8, bottom: 6 });
    margin.show(ui, |ui| {
        let Some(shown) = &state.shown else {
            ui.label(weak("Nothing to edit yet."));
            return;
        };
        let molecule = Arc::clone(&shown.molecule);
        ScrollArea::vertical().id_salt("edits").auto_shrink(false).show(ui, |ui| {
            heading(ui, "In this molecule", |ui| {
                effects.extend(parts::action_button(ui, ActionId::ClearAblation, "Put all back", state));
            });
            standing(ui, state, &mut effects);
            ui.scope(|ui| list(ui, state, &molecule, &mut effects));
            if !state.ablated().is_empty() {
                name_row(ui, &mut own.list_name, "Name of this list", &mut |name| {
                    effects.push(Command::NameList(name).into());
                });
            }
            ui.separator();
            heading(ui, "By rule", |_| {});
            if let Some(rule) = rules::show(ui, state, &molecule, &mut own.builder) {
                ui.horizontal_wrapped(|ui| {
                    let here = Button::new("Apply here");
                    if ui.add(here).on_hover_text("Add its edges to the list of this molecule").clicked() {
                        effects.push(Command::ApplyRule(rule).into());
                    }
                    let all = Button::new("Apply to every molecule");
                    let tip = "Keep the rule in force while you go through molecules; lists made by hand give way";
                    if ui.add(all).on_hover_text(tip).clicked() {
                        effects.push(Command::SetRule(Some(rule)).into());
                    }
                });
                name_row(ui, &mut own.rule_name, "Name of this rule", &mut |name| {
                    effects.push(Command::NameRule(name, rule).into());
                });
            }
            named_list(ui, state, &mut effects);
        });
    });
    effects
}

/// A section's title, with buttons at its right.
fn heading(ui: &mut Ui, text: &str, buttons: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).size(14.0).strong());
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), buttons);
    });
}

/// How the molecule shown and the rule in force stand to each other, and what a model makes of all this.
fn standing(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let Some(shown) = &state.shown else { return };
    if let Some(rule) = state.edits.rule() {
        egui::Frame::group(ui.style()).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new("In force for every molecule:").strong());
                ui.label(rule.to_string());
            });
            ui.horizontal_wrapped(|ui| {
                effects.extend(parts::action_button(ui, ActionId::EndRule, "End", state));
                if state.edits.list(shown.id).is_some() {
                    ui.label(weak("This molecule has a list of its own."));
                    effects.extend(parts::action_button(ui, ActionId::FollowRule, "Follow the rule", state));
                }
            });
        });
    }
    let replaced = state.ablated().values().any(|how| *how != Ablation::Remove);
    let coded = state.checkpoint().is_some_and(|checkpoint| checkpoint.spec.ebt == Ebt::Code);
    if replaced && coded && state.intervention_at(0, shown.id).explicit_bias.value() > 0.0 {
        let text = "This model takes attention from the bias alone: what is zeroed or averaged changes in the record and \
                    nowhere else. Only removing an edge changes the prediction.";
        ui.label(RichText::new(text).small().color(ui.visuals().warn_fg_color));
    }
}

/// A line of the list: both directions of a bond if they are alike, else one.
struct Line {
    edges: Vec<DirectedEdge>,
    name: String,
}

fn lines(ablated: &Ablations, molecule: &Molecule) -> Vec<Line> {
    let mut lines = Vec::new();
    for (&edge, how) in ablated {
        let alike = ablated.get(&edge.reversed()) == Some(how);
        if !alike {
            lines.push(Line { edges: vec![edge], name: parts::edge_name(molecule, edge) });
        } else if edge.source < edge.target {
            let name = parts::pick_name(molecule, Pick::between(molecule, edge));
            lines.push(Line { edges: vec![edge, edge.reversed()], name });
        }
    }
    lines
}

/// Every ablated edge, with its kind and the way back.
fn list(ui: &mut Ui, state: &State, molecule: &Molecule, effects: &mut Vec<Effect>) {
    let ablated = state.ablated();
    if ablated.is_empty() {
        let text = if state.awaits_rule() {
            "Waiting for the model's answer, on which the rule depends…"
        } else {
            "Nothing is taken out. Choose a bond and press Delete (remove), 0 (set to zero) or V (set to the mean), \
             right-click it in the drawing, or apply a rule."
        };
        ui.label(weak(text));
        return;
    }
    let lines = lines(ablated, molecule);
    let area = ScrollArea::vertical().id_salt("ablated").max_height(SEEN * ROW).auto_shrink([false, true]);
    ui.spacing_mut().item_spacing.y = 2.0;
    area.show_rows(ui, ROW - 2.0, lines.len(), |ui, range| {
        for line in lines.get(range).unwrap_or_default() {
            ui.horizontal(|ui| {
                ui.set_min_height(ROW - 2.0);
                edge_button(ui, state, molecule, line, effects);
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if icons::button(ui, icons::Icon::Close, &format!("Put {} back", line.name)).clicked() {
                        effects.push(Command::Restore(line.edges.clone()).into());
                    }
                    ablation::chooser(ui, ablated, (&line.edges, &line.name), effects);
                });
            });
        }
    });
    ui.add_space(4.0);
}

/// The name of a line, which chooses its bond or pair.
fn edge_button(ui: &mut Ui, state: &State, molecule: &Molecule, line: &Line, effects: &mut Vec<Effect>) {
    let Some(&edge) = line.edges.first() else { return };
    let pick = Pick::between(molecule, edge);
    let button = Button::selectable(state.pick == Some(pick), &line.name);
    if ui.add(button).on_hover_text("Select it").clicked() {
        effects.push(Command::Select(Some(pick)).into());
    }
}

/// A field for a name and the button that keeps it.
fn name_row(ui: &mut Ui, name: &mut String, hint: &str, keep: &mut dyn FnMut(String)) {
    parts::from_right(ui, |ui| {
        let named = !name.trim().is_empty();
        let clicked = ui.add_enabled(named, Button::new("Keep")).on_hover_text("Keep it under this name").clicked();
        let field = ui.add(TextEdit::singleline(name).hint_text(hint).desired_width(f32::INFINITY));
        let field = parts::named(field, hint);
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if named && (clicked || entered) {
            keep(std::mem::take(name).trim().to_owned());
        }
    });
}

/// Everything with a name.
fn named_list(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    if state.edits.named().is_empty() {
        return;
    }
    ui.separator();
    heading(ui, "Named", |_| {});
    for named in state.edits.named() {
        ui.horizontal(|ui| {
            ui.label(RichText::new(&named.name).strong());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if icons::button(ui, icons::Icon::Close, &format!("Forget {}", named.name)).clicked() {
                    effects.push(Command::ForgetNamed(named.name.clone()).into());
                }
                named_buttons(ui, named, effects);
            });
        });
        ui.label(weak(description(&named.set)).small());
    }
}

fn named_buttons(ui: &mut Ui, Named { name, set }: &Named, effects: &mut Vec<Effect>) {
    let mut button = |ui: &mut Ui, text: &str, tip: String, command: Command| {
        let response = ui.add(Button::new(RichText::new(text).small()));
        if parts::named(response, &format!("{name}: {text}")).on_hover_text(tip).clicked() {
            effects.push(command.into());
        }
    };
    let apply = Command::ApplyNamed(name.clone());
    match set {
        Set::Rule(rule) => {
            let tip = "Keep the rule in force while you go through molecules";
            button(ui, "every molecule", tip.to_owned(), Command::SetRule(Some(*rule)));
            button(ui, "here", "Add its edges to the list of this molecule".to_owned(), apply);
        }
        Set::List { molecule, .. } => {
            button(ui, "show", format!("Show molecule {} with this list", molecule.0), apply);
        }
    }
}

fn description(set: &Set) -> String {
    match set {
        Set::Rule(rule) => rule.to_string(),
        Set::List { molecule, edges } => {
            let count = |kind: Ablation| edges.0.values().filter(|how| **how == kind).count();
            let kinds = Ablation::ALL.into_iter().filter(|kind| count(*kind) > 0);
            let counts: Vec<String> = kinds.map(|kind| format!("{} {}", count(kind), kind.participle())).collect();
            let counts = if counts.is_empty() { "nothing taken out".to_owned() } else { counts.join(", ") };
            format!("molecule {}, directed edges: {counts}", molecule.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, MoleculeId};
    use crate::workspace::List;

    #[test]
    fn directions_that_are_alike_share_a_line() {
        let atom = Atom { element: 6, ..Atom::default() };
        let molecule = Molecule::new(vec![atom; 4], vec![(0, 1, Bond::default()), (1, 2, Bond::default())]).unwrap();
        let edge = DirectedEdge::new;
        let ablated: Ablations = [
            (edge(0, 1), Ablation::Zero),
            (edge(1, 0), Ablation::Zero),
            (edge(1, 2), Ablation::Zero),
            (edge(2, 1), Ablation::Remove),
            (edge(0, 3), Ablation::Remove),
            (edge(3, 0), Ablation::Remove),
        ]
        .into();
        let names: Vec<String> = lines(&ablated, &molecule).into_iter().map(|line| line.name).collect();
        assert_eq!(names, ["C0–C1", "C0↔C3", "C1→C2", "C2→C1"]);
        let set = Set::List { molecule: MoleculeId(7), edges: List(ablated) };
        assert_eq!(description(&set), "molecule 7, directed edges: 3 removed, 3 zeroed");
    }
}
