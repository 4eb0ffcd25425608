//! Edges of a full graph that no bond stands for: which of them are drawn as arcs, and the list of the
//! strongest.

use super::actions::{ActionId, Effect};
use super::parts::{self, action_button, action_switch, count, number, weak};
use crate::analysis::Quantity;
use crate::domain::{AtomId, Molecule};
use crate::scene::Pick;
use crate::workspace::{AbsentBonds, AbsentReading, Command, FEW, Picture, State, Workspace};
use eframe::egui::{self, Align, Button, Layout, RichText, Slider, Ui};
use egui_extras::{Column, TableBuilder};

/// Most edges listed.
const LISTED: usize = 20;

/// Height of a row of the list, points.
const ROW: f32 = 18.0;

/// Width of the threshold with its words, and of its number alone, points.
const WHOLE: f32 = 230.0;
const NUMBER: f32 = 80.0;

/// The slider spans so much of the range of values, downwards from the largest: what is weaker by more
/// would be all of them at once.
const SPAN: f32 = 1e-5;

/// The row above the drawing: whether there are arcs, from which value on, and how many these are.
pub(super) fn controls(ui: &mut Ui, state: &State, absent: &AbsentBonds) -> Vec<Effect> {
    let mut effects = Vec::new();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        effects.extend(action_switch(ui, ActionId::Arcs, "arcs for absent bonds", state));
        if state.view.arcs.shown {
            threshold(ui, state, absent, &mut effects);
            effects.extend(action_button(ui, ActionId::StrongestArcs, &format!("strongest {FEW}"), state));
        }
        let text = format!("{} of {}", count(absent.drawn()), count(absent.pairs().len()));
        ui.label(weak(text).small()).on_hover_text(
            "Pairs of atoms without a bond that exchange messages in this model. Like a bond, each half of an arc shows the edge that starts at the atom beside it.",
        );
    });
    effects
}

fn threshold(ui: &mut Ui, state: &State, absent: &AbsentBonds, effects: &mut Vec<Effect>) {
    let finite = |strength: &f32| strength.is_finite();
    let mut strengths = absent.pairs().iter().map(|pair| pair.strength).filter(finite);
    let (Some(high), low) = (strengths.next(), strengths.next_back()) else { return };
    let low = low.unwrap_or(high).max(high * SPAN);
    // Where all are alike one can still ask for all of them.
    let low = if low < high { low } else { high / 2.0 };
    // A slider and its number do not wrap by themselves.
    if ui.available_size_before_wrap().x < WHOLE {
        ui.end_row();
    }
    let label = ui.label("from");
    ui.spacing_mut().slider_width = (ui.available_size_before_wrap().x - NUMBER).clamp(40.0, 110.0);
    let now = state.view.arcs.least.or(absent.weakest()).unwrap_or(high);
    let mut least = now;
    let slider = Slider::new(&mut least, low..=high)
        .logarithmic(true)
        .smallest_positive(f64::from(low))
        .custom_formatter(|value, _| number(value))
        .custom_parser(|text| text.replace('−', "-").parse().ok());
    let slider = ui.add(slider).on_hover_text("Smallest value that is drawn as an arc");
    if slider.labelled_by(label.id).changed() {
        effects.push(Command::SetArcThreshold(Some(least)).into());
    }
}

/// What the list was last made of.
#[derive(Default)]
pub(super) struct Strongest {
    known: Option<(AbsentBonds, Option<AtomId>)>,
    found: Vec<AbsentReading>,
}

impl Strongest {
    fn refresh(&mut self, workspace: &Workspace, picture: &Picture, absent: &AbsentBonds, atom: Option<AtomId>) {
        let same = self.known.as_ref().is_some_and(|(known, of)| known.is_same(absent) && *of == atom);
        if !same {
            self.found = workspace.strongest_absent(picture, atom, LISTED);
            self.known = Some((absent.clone(), atom));
        }
    }
}

/// Lists the strongest edges without a bond: of an atom, or else of the molecule. A click chooses the pair.
pub(super) fn list(
    ui: &mut Ui,
    workspace: &Workspace,
    picture: Option<&Picture>,
    own: &mut Strongest,
    effects: &mut Vec<Effect>,
) {
    let atom = match workspace.picked() {
        Some(Pick::Atom(atom)) => Some(atom),
        Some(Pick::Bond(_)) => return,
        Some(Pick::Pair(..)) | None => None,
    };
    let Some((picture, absent)) = picture.and_then(|picture| Some((picture, picture.absent.as_ref()?))) else { return };
    let (state, Some(shown)) = (&workspace.state, &workspace.state.shown) else { return };
    own.refresh(workspace, picture, absent, atom);
    let layer = state.view.reading.layer;
    ui.add_space(4.0);
    let title = format!("Strongest absent bonds, layer {layer}");
    egui::CollapsingHeader::new(RichText::new(title).strong()).id_salt("absent bonds").default_open(true).show(
        ui,
        |ui| {
            if own.found.is_empty() {
                ui.label(weak("This atom has no edge without a bond."));
            } else {
                table(ui, state, &shown.molecule, &own.found, effects);
            }
        },
    );
}

fn table(ui: &mut Ui, state: &State, molecule: &Molecule, found: &[AbsentReading], effects: &mut Vec<Effect>) {
    ui.spacing_mut().item_spacing = egui::vec2(4.0, 1.0);
    ui.spacing_mut().interact_size.y = ROW;
    ui.spacing_mut().button_padding = egui::vec2(6.0, 0.0);
    let columns =
        [("Ratio", Quantity::Ratio), ("|activation|", Quantity::Activation), ("attention", Quantity::Attention)];
    let table = TableBuilder::new(ui)
        .id_salt("absent bonds")
        .vscroll(false)
        .cell_layout(Layout::right_to_left(Align::Center))
        .column(Column::remainder().at_least(90.0))
        .columns(Column::exact(68.0), columns.len());
    let table = table.header(ROW, |mut header| {
        header.col(|ui| {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| ui.label(weak("  edge").small()));
        });
        for (name, quantity) in columns {
            header.col(|ui| {
                let name = RichText::new(name).small();
                let sorted = quantity == state.view.reading.quantity;
                ui.label(if sorted { name.strong() } else { name.weak() });
            });
        }
    });
    table.body(|body| {
        body.rows(ROW, found.len(), |mut row| {
            let Some(reading) = found.get(row.index()) else { return };
            let pick = Pick::pair(reading.edge);
            row.col(|ui| {
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let text = RichText::new(parts::edge_name(molecule, reading.edge)).size(12.0);
                    let tip = format!("Select {}", parts::pick_name(molecule, pick));
                    if ui.add(Button::selectable(state.pick == Some(pick), text)).on_hover_text(tip).clicked() {
                        effects.push(Command::Select(Some(pick)).into());
                    }
                });
            });
            for value in [reading.ratio, reading.activation, reading.attention] {
                row.col(|ui| {
                    ui.label(RichText::new(number(value)).size(12.0));
                });
            }
        });
    });
}
