//! What was assumed of a weight file that does not say what network it belongs to, and the other answers.
//! A wrong one computes something without any sign of it, so all of them can be seen and changed.

use super::parts::{self, weak};
use crate::engine::{Checkpoint, ModelFile};
use crate::models::{Arch, Connectivity, Ebt, Hints, ModelSpec, Question, Readout, Task};
use crate::workspace::Command;
use eframe::egui::{self, Button, ComboBox, DragValue, Grid, Key, Label, Ui};
use std::sync::Arc;

/// The answers so far.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    file: Arc<ModelFile>,
    spec: ModelSpec,
}

/// How the window ended this frame.
pub(super) enum Outcome {
    /// It stays.
    Open,
    /// It was closed.
    Closed,
    /// The file is to be read anew.
    Chosen(Command),
}

impl Answers {
    /// Those that a model was read with; `None` if its file left nothing open.
    pub(super) fn of(checkpoint: &Checkpoint) -> Option<Self> {
        let file = checkpoint.file.as_ref().filter(|file| !file.open.is_empty())?;
        Some(Self { file: Arc::clone(file), spec: checkpoint.spec.clone() })
    }
}

/// Shows the window.
pub(super) fn show(ctx: &egui::Context, answers: &mut Answers) -> Outcome {
    let mut open = true;
    let window = egui::Window::new("Model assumptions").collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    let chosen = window.show(ctx, |ui| {
        ui.set_width(560.0);
        let name = answers.file.path.file_name().unwrap_or(answers.file.path.as_os_str()).to_string_lossy();
        let text = format!("The tensors of {name} leave this open. Change what is not so.");
        ui.add(Label::new(text).wrap()).on_hover_text(answers.file.path.display().to_string());
        ui.add_space(4.0);
        Grid::new("model assumptions").num_columns(2).spacing([16.0, 6.0]).show(ui, |ui| rows(ui, answers));
        ui.separator();
        conclusion(ui, answers)
    });
    if let Some(command) = chosen.and_then(|shown| shown.inner).flatten() {
        return Outcome::Chosen(command);
    }
    let closed = !open || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape));
    if closed { Outcome::Closed } else { Outcome::Open }
}

fn rows(ui: &mut Ui, answers: &mut Answers) {
    let Answers { file, spec } = answers;
    for question in &file.open {
        match question {
            Question::Arch => {
                let before = spec.arch;
                let choices = [(Arch::Graphit, Arch::Graphit.title()), (Arch::San, Arch::San.title())];
                parts::choice_row(ui, "Architecture", &mut spec.arch, &choices);
                if before != spec.arch && spec.connectivity.is_full() {
                    spec.connectivity = Connectivity::full(spec.arch);
                }
            }
            Question::Heads => heads(ui, spec),
            Question::Readout => {
                let choices = [(Readout::Mean, "mean over atoms"), (Readout::Sum, "sum over atoms")];
                parts::choice_row(ui, "Readout", &mut spec.readout, &choices);
            }
            Question::Ebt => {
                let choices = [(Ebt::Paper, "biased edge score (paper)"), (Ebt::Code, "bias alone (as coded)")];
                parts::choice_row(ui, "Attention from", &mut spec.ebt, &choices);
            }
            Question::Task => {
                let choices = [
                    (Task::GraphRegression, "values"),
                    (Task::GraphLabels, "labels of molecules"),
                    (Task::NodeLabels, "labels of atoms"),
                ];
                parts::choice_row(ui, "Predicts", &mut spec.task, &choices);
            }
            Question::Connectivity => connectivity(ui, spec),
        }
    }
}

/// The numbers of heads that share the width evenly.
fn heads(ui: &mut Ui, spec: &mut ModelSpec) {
    let label = ui.label(weak("Attention heads"));
    let dim = spec.dim;
    let text = |heads: usize| format!("{heads} of width {}", dim / heads.max(1));
    let combo = ComboBox::from_id_salt("heads").selected_text(text(spec.heads)).show_ui(ui, |ui| {
        for heads in (1..=dim.min(256)).filter(|&heads| dim.is_multiple_of(heads)) {
            ui.selectable_value(&mut spec.heads, heads, text(heads));
        }
    });
    combo.response.labelled_by(label.id);
    ui.end_row();
}

fn connectivity(ui: &mut Ui, spec: &mut ModelSpec) {
    ui.label(weak("Full graph"));
    ui.horizontal(|ui| match &mut spec.connectivity {
        Connectivity::Kernel { gamma, steps } => {
            let label = ui.label("random walk, step width");
            ui.add(DragValue::new(gamma).range(0.001..=1.0).speed(0.005)).labelled_by(label.id);
            let label = ui.label("steps");
            ui.add(DragValue::new(steps).range(1..=1024)).labelled_by(label.id);
        }
        Connectivity::Gamma { gamma } => {
            let label = ui.label("absent bonds count with gamma");
            let field = DragValue::new(gamma).range(0.0..=1e3).speed(1e-5).max_decimals(8);
            ui.add(field).labelled_by(label.id);
        }
        Connectivity::Sparse | Connectivity::LearnedGamma => {
            ui.label("as in the file");
        }
    });
    ui.end_row();
}

/// What keeps the answers from being a network, and the command that reads the file with them.
fn conclusion(ui: &mut Ui, answers: &Answers) -> Option<Command> {
    let conflicts = answers.spec.conflicts();
    parts::conflicts(ui, &conflicts);
    let clicked = ui.add_enabled(conflicts.is_empty(), Button::new("Read the file so")).clicked();
    let hints = Hints::answering(&answers.file.open, &answers.spec);
    clicked.then(|| Command::OpenModel(answers.file.path.clone(), Box::new(hints)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Features, Initial};

    #[test]
    fn answers_start_from_what_was_assumed_and_become_hints() {
        let spec = ModelSpec::recipe(Arch::Graphit, Features::Zinc, Ebt::Off);
        let mut checkpoint = Checkpoint::base("x", spec, Initial::Framework);
        assert!(Answers::of(&checkpoint).is_none(), "nothing is open of an untrained model");
        let file = ModelFile {
            hash: 1,
            path: "x.pt".into(),
            hints: Hints::default(),
            open: vec![Question::Arch, Question::Heads],
            assumed: Vec::new(),
        };
        checkpoint.file = Some(Arc::new(file));
        let mut answers = Answers::of(&checkpoint).unwrap();
        answers.spec.heads = 4;
        let hints = Hints::answering(&answers.file.open, &answers.spec);
        assert_eq!(hints, Hints { arch: Some(Arch::Graphit), heads: Some(4), ..Hints::default() });
    }
}
