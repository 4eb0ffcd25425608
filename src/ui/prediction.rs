//! What the model says about the molecule, target by target: known value, prediction, and what the
//! user's edits changed about it.

use super::parts::{self, decimal, signed, weak};
use crate::domain::{AtomId, Comparison, unit};
use crate::engine::Checkpoint;
use crate::models::Task;
use crate::scene::Pick;
use crate::workspace::State;
use eframe::egui::{self, Grid, RichText, Ui};

/// Height from which the table has a scroll bar, points.
const TALL: f32 = 320.0;

/// Most letters of a target's name.
const NAME: usize = 20;

/// One target of the molecule, or of the chosen atom for models of atoms.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// Its column in the file, or its place.
    pub(super) name: String,
    /// Its unit, if it is known.
    pub(super) unit: Option<String>,
    /// Whether the prediction is in that unit, and not of something that the file only has in its place.
    pub(super) in_unit: bool,
    /// Why it may not be compared with what the file says, in a few words and in a sentence.
    pub(super) differs: Option<(&'static str, String)>,
    /// What the file says.
    pub(super) known: Option<f32>,
    /// Predicted as trained; the probability of a label.
    pub(super) before: f32,
    /// Predicted with the edits.
    pub(super) after: f32,
}

impl Target {
    /// A value of it with its unit.
    pub(super) fn told(&self, value: f32) -> String {
        with_unit(decimal(value), self.unit.as_ref())
    }

    /// A prediction of it, with its unit if the model was trained on just that.
    pub(super) fn foretold(&self, value: f32) -> String {
        with_unit(decimal(value), self.unit.as_ref().filter(|_| self.in_unit))
    }
}

/// Everything predicted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Prediction {
    /// One per target.
    pub(super) targets: Vec<Target>,
    /// The place among them of the one to speak of; `None` if the model does not predict it.
    pub(super) shown: Option<usize>,
    /// Whether these are probabilities of labels.
    pub(super) labels: bool,
    /// Whether there is an edit that could have changed them.
    pub(super) edited: bool,
    /// Whose, if atoms are labelled and none is chosen.
    pub(super) needs_atom: bool,
}

impl Prediction {
    /// What the last answer in one of the states side by side says.
    pub(super) fn of(state: &State, side: usize) -> Option<Self> {
        let comparison = state.side(side)?.comparison?;
        let checkpoint = state.checkpoints.iter().find(|checkpoint| checkpoint.id == comparison.probe.model)?;
        let spec = &checkpoint.spec;
        let atom = match state.pick {
            Some(Pick::Atom(atom)) => Some(atom),
            _ => None,
        };
        let labels = spec.task != Task::GraphRegression;
        Some(Self {
            targets: targets(state, comparison, checkpoint, atom),
            shown: shown_output(state, checkpoint),
            labels,
            edited: comparison.probe.intervention != Default::default(),
            needs_atom: spec.task == Task::NodeLabels && atom.is_none(),
        })
    }

    /// The target to speak of.
    pub(super) fn target(&self) -> Option<&Target> {
        self.targets.get(self.shown?)
    }

    /// Whether any unit is known.
    fn has_units(&self) -> bool {
        self.targets.iter().any(|target| target.unit.is_some())
    }

    /// What the numbers are.
    pub(super) fn word(&self) -> &'static str {
        if self.labels { "probability" } else { "predicted" }
    }
}

/// The output of a model that predicts the target shown. A model that predicts nothing of the file is spoken of by
/// its first output.
fn shown_output(state: &State, checkpoint: &Checkpoint) -> Option<usize> {
    let property = state.table.property.as_ref()?;
    let compared = checkpoint.columns(&state.dataset()?.columns);
    let same = property.column.and_then(|column| compared.iter().position(|&of| of == Some(column)));
    let is_main = || state.checkpoint().is_some_and(|main| main.id == checkpoint.id);
    let alone = || if is_main() { property.output } else { compared.iter().all(Option::is_none).then_some(0) };
    same.or_else(alone)
}

fn targets(state: &State, comparison: &Comparison, checkpoint: &Checkpoint, atom: Option<AtomId>) -> Vec<Target> {
    let spec = &checkpoint.spec;
    let first = match (spec.task, atom) {
        (Task::NodeLabels, Some(atom)) => atom.index() * spec.outputs,
        (Task::NodeLabels, None) => return Vec::new(),
        _ => 0,
    };
    let dataset = state.dataset();
    let record = dataset.and_then(|dataset| dataset.record(comparison.probe.molecule));
    let compared = dataset.map(|dataset| checkpoint.columns(&dataset.columns)).unwrap_or_default();
    let target = |output: usize, (&before, &after): (&f32, &f32)| {
        let column = compared.get(output).copied().flatten();
        let known = column.and_then(|column| record?.targets.get(column).copied()).filter(|value| !value.is_nan());
        let name = dataset.map_or_else(String::new, |dataset| checkpoint.output_name(output, &dataset.columns));
        let (title, named) = unit::split(&name);
        let unit = match column {
            Some(column) => dataset.and_then(|dataset| dataset.columns.unit(column)).map(str::to_owned),
            None => named,
        };
        // Where the unit stands beside it, the name needs none; a probability has no unit.
        let in_unit = column.is_none() || checkpoint.predicts(&name);
        let differs = if in_unit { None } else { difference(checkpoint, output, &name) };
        let (name, unit) = (title.to_owned(), unit.filter(|_| spec.task == Task::GraphRegression));
        Target { name, unit, in_unit, differs, known, before: spec.meaning(before), after: spec.meaning(after) }
    };
    let both = comparison.baseline.prediction.iter().zip(&comparison.edited.prediction);
    both.skip(first).take(spec.outputs).enumerate().map(|(place, values)| target(place, values)).collect()
}

/// What a model predicts in place of a column that it was not trained on.
fn difference(checkpoint: &Checkpoint, output: usize, column: &str) -> Option<(&'static str, String)> {
    let told = match checkpoint.trained_on(output) {
        // An untrained model predicts nothing yet.
        _ if checkpoint.is_base() => return None,
        Some(own) => (
            "another quantity",
            format!(
                "This model was trained to predict {own}, not {column}: do not compare it with the measured value."
            ),
        ),
        None => (
            "perhaps another quantity",
            format!(
                "Its file does not say what this model was trained to predict; compare it with {column} only if that is the same."
            ),
        ),
    };
    Some(told)
}

/// Known value, prediction and change in one line, of the target shown where there are several.
pub(super) fn line(ui: &mut Ui, state: &State, prediction: &Prediction) {
    if prediction.needs_atom {
        ui.label(weak("one prediction per atom: choose an atom"));
        return;
    }
    let several = prediction.targets.len() > 1 || state.dataset().is_some_and(|dataset| dataset.outputs() > 1);
    let Some(target) = prediction.target() else {
        measured_line(ui, state);
        ui.label(weak("not predicted by this model"));
        return;
    };
    if target.known.is_none() {
        // What the file says of something else is worth knowing beside it.
        measured_line(ui, state);
    }
    if several {
        ui.label(RichText::new(&target.name).strong());
    }
    if let Some(known) = target.known {
        ui.label(weak("measured"));
        ui.label(with_unit(value(known, prediction.labels), target.unit.as_ref()));
        ui.label(weak("·"));
    }
    ui.label(weak(prediction.word()));
    if let Some((words, why)) = &target.differs {
        ui.label(RichText::new(*words).small().color(ui.visuals().warn_fg_color)).on_hover_text(why);
    }
    if prediction.edited {
        ui.label(decimal(target.before));
        ui.label(weak("→"));
        ui.label(RichText::new(target.foretold(target.after)).strong());
        ui.label(format!("({})", signed(target.after - target.before)))
            .on_hover_text("Prediction with your edits minus prediction as trained");
    } else {
        ui.label(RichText::new(target.foretold(target.before)).strong());
    }
    if prediction.targets.len() > 1 {
        ui.label(weak("·"));
        ui.label(weak(format!("{} in the inspector", parts::counted(prediction.targets.len() - 1, "more target"))));
    }
}

/// What the file says about the molecule, where there is no prediction of just that.
pub(super) fn measured_line(ui: &mut Ui, state: &State) {
    let Some(property) = &state.table.property else { return };
    let record = state.selected.and_then(|id| state.dataset()?.record(id));
    let known = record.zip(property.column).and_then(|(record, place)| record.targets.get(place).copied());
    if let Some(known) = known.filter(|value| !value.is_nan()) {
        ui.label(RichText::new(&property.title).strong());
        ui.label(weak("measured"));
        ui.label(with_unit(decimal(known), property.unit.as_ref()));
        ui.label(weak("·"));
    }
}

/// A value with its unit.
fn with_unit(value: String, unit: Option<&String>) -> String {
    unit.map_or_else(|| value.clone(), |unit| format!("{value} {unit}"))
}

/// A known value; labels are whole.
fn value(value: f32, labels: bool) -> String {
    if labels { format!("{value:.0}") } else { decimal(value) }
}

/// All targets by name, where there is more than one.
pub(super) fn table(ui: &mut Ui, prediction: &Prediction) {
    if prediction.targets.len() < 2 {
        return;
    }
    let title = RichText::new(format!("{} targets", prediction.targets.len())).strong();
    egui::CollapsingHeader::new(title).id_salt("targets").default_open(true).show(ui, |ui| {
        egui::ScrollArea::vertical().id_salt("targets").max_height(TALL).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().interact_size.y = 16.0;
            Grid::new("targets").num_columns(5).striped(true).spacing([14.0, 2.0]).show(ui, |ui| {
                heading(ui, prediction);
                for target in &prediction.targets {
                    row(ui, prediction, target);
                }
            });
        });
    });
    ui.separator();
}

fn heading(ui: &mut Ui, prediction: &Prediction) {
    let mut names = vec!["target", "measured", prediction.word()];
    if prediction.edited {
        names.extend(["edited", "change"]);
    }
    if prediction.has_units() {
        names.push("unit");
    }
    for name in names {
        ui.label(weak(name).small());
    }
    ui.end_row();
}

fn row(ui: &mut Ui, prediction: &Prediction, target: &Target) {
    let cell = |text: String| RichText::new(text).size(12.0);
    ui.label(cell(cut(&target.name))).on_hover_text(&target.name);
    ui.label(target.known.map_or_else(|| weak("–").size(12.0), |known| cell(value(known, prediction.labels))));
    ui.label(cell(decimal(target.before)));
    if prediction.edited {
        ui.label(cell(decimal(target.after)).strong());
        ui.label(cell(signed(target.after - target.before)));
    }
    if prediction.has_units() {
        ui.label(cell(target.unit.clone().unwrap_or_default()).weak());
    }
    ui.end_row();
}

/// A name that leaves room for the numbers.
fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

/// What a person reads where there is no answer: the sentence, or that one is on its way.
pub(super) fn reason(state: &State) -> String {
    state.untraceable.as_ref().map_or_else(|| "No numbers yet.".to_owned(), |reason| reason.message.clone())
}

/// The way on where only the size of the graph stands in the way.
pub(super) fn insist(ui: &mut Ui, state: &State) -> Vec<super::actions::Effect> {
    if state.untraceable.as_ref().is_some_and(|reason| reason.large) {
        return parts::action_button(ui, super::actions::ActionId::AllowLarge, "Compute anyway", state);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_whole_and_names_leave_room() {
        assert_eq!((value(1.0, true), value(1.0, false)), ("1".to_owned(), "1.000".to_owned()));
        let unit = "log(mol/L)".to_owned();
        assert_eq!(with_unit(decimal(-2.18), Some(&unit)), "−2.180 log(mol/L)");
        assert_eq!(
            (cut("NR-PPAR-gamma"), cut("ä name longer than that").chars().count()),
            ("NR-PPAR-gamma".into(), NAME)
        );
    }
}
