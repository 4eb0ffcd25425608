//! Figures and numbers on their way into files. Inputs are captured as values here; drawing and
//! writing happen on the `io` worker.

use super::picture::Picture;
use super::readings;
use super::state::{Purpose, Severity};
use super::{Composition, FigureKind, Subject, Workspace};
use crate::analysis::chart::Table;
use crate::analysis::{Quantity, View};
use crate::domain::{
    Ablation, AtomId, Comparison, Dataset, DirectedEdge, LayerTrace, Matrix, Molecule, Scale, Trace, symbol,
};
use crate::engine::jobs::{Task, measured, provenance};
use crate::engine::{Checkpoint, Event, ModelState};
use crate::figure::{self, Content, Figure, FigureSpec, Format, HeatStrip, Letters, MoleculeFigure, Panel, Provenance};
use crate::io::{self, Tensor};
use crate::models;
use crate::scene::{Background, ColorBar, ColorScale, Pick};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Width of a figure of more than two states: two columns of a journal, millimetres.
const WIDE: f64 = 178.0;

impl Workspace {
    /// A figure of what is shown, as a value.
    ///
    /// # Errors
    /// One sentence: why there is nothing to draw yet.
    pub fn figure(&mut self, kind: FigureKind) -> Result<Figure, String> {
        if kind == FigureKind::Molecule && !self.state.lanes.is_empty() {
            let rows = self.sides_rows()?;
            let provenance = self.provenance(kind)?;
            let width = if rows.iter().any(|row| row.cells.len() > 2) { WIDE } else { FigureSpec::default().width };
            // The states have letters of their own.
            let spec = FigureSpec { width, letters: Letters::None, ..FigureSpec::default() };
            return Ok(Figure { spec, rows, provenance });
        }
        let panel = self.panel(kind)?;
        Ok(Figure::single(panel, self.provenance(kind)?))
    }

    /// Where a figure of what is shown comes from.
    fn provenance(&self, kind: FigureKind) -> Result<Provenance, String> {
        let (Some(dataset), Some(checkpoint)) = (self.state.dataset(), self.state.checkpoint()) else {
            return Err("Nothing is open that could be drawn; open a file of molecules first.".to_owned());
        };
        let provenance = match &self.state.comparison {
            Some(comparison) if !kind.is_measured() => asked(dataset, comparison),
            _ => measured(dataset, &checkpoint.id, self.state.initial),
        };
        let beside = (1..self.state.side_count()).map(|side| {
            let key = format!("side {}", super::side_letter(side));
            let place = self.state.side(side).map_or(0, |side| side.checkpoint.id.revision);
            (key, format!("{}, revision {place:016x}", self.state.name_at(side)))
        });
        Ok(provenance.into_iter().chain(beside).collect())
    }

    /// A panel of a figure: what is shown, under words that say what it is.
    fn panel(&mut self, kind: FigureKind) -> Result<Panel, String> {
        match kind {
            FigureKind::Molecule => {
                let content = Content::Molecule(self.molecule_figure()?);
                Ok(Panel { title: self.molecule_words(), caption: self.caption_with(self.marked_words()), content })
            }
            FigureKind::Activations => {
                let (edge, strip) = self.selected_strip()?;
                let title = format!("{}, edge {}", self.molecule_words(), spell(edge));
                Ok(Panel { title, caption: self.caption(), content: Content::Activations(strip) })
            }
            FigureKind::EdgeRatios => {
                let chart = self.chart(kind, ModelState::Trained)?;
                let title = format!("{}, edge ratios", self.molecule_words());
                Ok(Panel { title, ..Panel::chart((*chart).clone(), self.caption()) })
            }
            FigureKind::Curves => {
                let chart = self.chart(kind, ModelState::Trained)?;
                Ok(Panel::chart((*chart).clone(), self.survey_caption()))
            }
            FigureKind::Histogram => {
                // A base state has no trained numbers: its own are drawn.
                let state = if self.state.checkpoint().is_some_and(|checkpoint| checkpoint.is_base()) {
                    ModelState::Base
                } else {
                    self.state.view.histogram
                };
                let chart = self.chart(kind, state)?;
                Ok(Panel::chart((*chart).clone(), self.survey_caption()))
            }
            FigureKind::ColorBar => {
                let bar =
                    self.molecule_figure()?.bar.ok_or("There are no numbers yet that colours could stand for.")?;
                Ok(Panel { title: String::new(), caption: String::new(), content: Content::ColorBar(bar) })
            }
        }
    }

    pub(super) fn export(&mut self, kind: FigureKind, format: Format, path: PathBuf) {
        match self.figure(kind) {
            Err(reason) => self.state.notify(Severity::Error, reason),
            Ok(mut figure) => self.write(format!("Writing {}", path.display()), {
                figure.provenance.extend(self.specification(kind, &figure.spec));
                move |out| {
                    let bytes = figure::write(&figure, format).map_err(|error| error.to_string())?;
                    io::write_bytes(&path, &bytes).map_err(|error| error.to_string())?;
                    out.send(Event::Written(path));
                    Ok(())
                }
            }),
        }
    }

    /// What a figure of what is shown is drawn from, for its metadata.
    fn specification(&self, kind: FigureKind, page: &FigureSpec) -> Option<(String, String)> {
        let about = Subject::of(&self.state)?;
        let composition = Composition { page: page.clone(), ..Composition::single(kind, about) };
        Some((figure::SPECIFICATION.to_owned(), composition.to_text()))
    }

    pub(super) fn save_trace(&mut self, path: PathBuf) {
        let Some(comparison) = self.state.comparison.clone() else {
            let reason = self.state.untraceable.as_ref().map(|reason| reason.message.clone());
            let reason = reason.unwrap_or_else(|| "There is no trace yet; choose a molecule and a model.".to_owned());
            self.state.notify(Severity::Error, reason);
            return;
        };
        let (Some(dataset), Some(shown)) = (self.state.dataset(), &self.state.shown) else { return };
        if self.state.is_stale() {
            self.state
                .notify(Severity::Error, "The answer about this molecule is still on its way; try again at once.");
            return;
        }
        let metadata: BTreeMap<String, String> = asked(dataset, &comparison).into_iter().collect();
        let tensors = tensors(&comparison, &shown.molecule);
        self.write(format!("Writing {}", path.display()), move |out| {
            io::write_tensors(&path, &tensors, &metadata).map_err(|error| error.to_string())?;
            out.send(Event::Written(path));
            Ok(())
        });
    }

    /// Queues a short piece of file work.
    pub(super) fn write(
        &mut self,
        title: String,
        work: impl FnOnce(&crate::engine::Outbox) -> Result<(), String> + Send + 'static,
    ) {
        let id = self.engine.reserve();
        self.start(id, Purpose::Write, title, Task::boxed(work));
    }

    fn molecule_figure(&mut self) -> Result<MoleculeFigure, String> {
        let picture = self.picture(Background::Light, None).ok_or("There is no molecule to draw yet.")?;
        let molecule = self.state.shown.as_ref().map(|shown| &shown.molecule).ok_or("There is no molecule yet.")?;
        let table = reading_table(&picture, molecule);
        Ok(MoleculeFigure { scene: (*picture.scene).clone(), bar: picture.bar.clone(), table })
    }

    /// `Molecule 12 (its name)`.
    pub(super) fn molecule_words(&self) -> String {
        let Some(id) = self.state.selected else { return String::new() };
        let name = self.state.dataset().and_then(|dataset| dataset.record(id)?.id.as_deref());
        match name.map(str::trim).filter(|name| !name.is_empty()) {
            Some(name) => format!("Molecule {} ({name})", id.0),
            None => format!("Molecule {}", id.0),
        }
    }

    /// Model, prediction before and after edits, measured value of the target shown, edits and structure, in one line.
    pub fn caption(&self) -> String {
        self.caption_with(None)
    }

    /// The same with words of another kind before the structure.
    fn caption_with(&self, more: Option<String>) -> String {
        let mut parts = Vec::new();
        if let Some(checkpoint) = self.state.checkpoint() {
            parts.push(checkpoint.id.name.to_string());
        }
        let property = self.state.table.property.as_ref();
        let unit = property.and_then(|property| property.unit.as_ref());
        let unit = unit.map_or_else(String::new, |unit| format!(" {unit}"));
        if let (Some(checkpoint), Some(comparison)) = (self.state.checkpoint(), &self.state.comparison) {
            parts.extend(self.prediction_words(checkpoint, comparison));
        }
        let record = self.state.selected.and_then(|id| self.state.dataset()?.record(id));
        let column = property.filter(|property| property.related).and_then(|property| property.column);
        let measured = record.zip(column).and_then(|(record, place)| record.targets.get(place));
        if let Some(measured) = measured.filter(|value| !value.is_nan()) {
            parts.push(format!("measured {}{unit}", decimal(*measured)));
        }
        if let Some(comparison) = &self.state.comparison {
            parts.extend(edit_words(comparison));
        }
        parts.extend(more);
        parts.extend(record.map(|record| record.smiles.to_string()));
        parts.join(" · ")
    }

    /// What is marked in a drawing of the molecule: `bond 3–7 marked`.
    fn marked_words(&self) -> Option<String> {
        match self.picked()? {
            Pick::Atom(atom) => Some(format!("atom {} marked", atom.0)),
            Pick::Bond(bond) => {
                let (a, b, _) = self.state.shown.as_ref()?.molecule.bond(bond)?;
                Some(format!("bond {}–{} marked", a.0, b.0))
            }
            Pick::Pair(a, b) => Some(format!("atoms {} and {} marked", a.0, b.0)),
        }
    }

    /// What one of the states side by side predicts, what edits there are, and what is marked.
    pub(super) fn side_words(&self, side: usize) -> String {
        let Some((checkpoint, comparison)) =
            self.state.side(side).and_then(|side| Some((side.checkpoint, side.comparison?)))
        else {
            return String::new();
        };
        let mut parts: Vec<String> = self.prediction_words(checkpoint, comparison).into_iter().collect();
        parts.extend(edit_words(comparison));
        parts.extend(self.marked_words());
        parts.join(" · ")
    }

    fn survey_caption(&self) -> String {
        let survey = self.state.survey().zip(self.state.dataset());
        survey.map_or_else(String::new, |(survey, dataset)| survey.caption(dataset))
    }

    /// A model's prediction of the target shown, by name where there are several.
    fn prediction_words(&self, checkpoint: &Checkpoint, comparison: &Comparison) -> Option<String> {
        let (property, dataset) = (self.state.table.property.as_ref()?, self.state.dataset()?);
        let output = if self.state.checkpoint().is_some_and(|main| main.id == checkpoint.id) {
            property.output?
        } else {
            // Another model may give its outputs in another order.
            let columns = checkpoint.columns(&dataset.columns);
            columns.iter().position(|column| column.is_some() && *column == property.column).unwrap_or(0)
        };
        let told = |trace: &crate::domain::Trace| trace.prediction.get(output).map(|&raw| checkpoint.spec.meaning(raw));
        let (before, after) = (told(&comparison.baseline)?, told(&comparison.edited)?);
        let several = checkpoint.spec.outputs > 1 || dataset.outputs() > 1;
        let name = if several && property.related { format!("{} ", property.title) } else { String::new() };
        // Another quantity that the file only has in its place is not in the file's unit.
        let unit = property.unit.as_ref().filter(|_| checkpoint.predicts(&property.name));
        let (word, unit) = match (unit, checkpoint.spec.task) {
            (Some(unit), models::Task::GraphRegression) => ("prediction", format!(" {unit}")),
            (None, models::Task::GraphRegression) => ("prediction", String::new()),
            (_, models::Task::GraphLabels | models::Task::NodeLabels) => ("probability", String::new()),
        };
        let change = if comparison.probe.intervention != Default::default() {
            format!(" → {}", decimal(after))
        } else {
            String::new()
        };
        Some(format!("{name}{word} {}{change}{unit}", decimal(before)))
    }

    /// The activations of the stronger direction of the selected bond or pair.
    fn selected_strip(&mut self) -> Result<(DirectedEdge, HeatStrip), String> {
        let shown = self.state.shown.as_ref();
        let edges = shown.zip(self.picked()).and_then(|(shown, pick)| pick.edges(&shown.molecule));
        let edges = edges.ok_or("Choose a bond first: the strip shows the activations of one.")?;
        let coloring = self.state.view.coloring;
        let known = self.readings(0).unwrap_or_default();
        let [edge, _] = readings::stronger_first(&known.edges, edges, coloring);
        let strip = self.edge_strips(edge).into_iter().next().flatten();
        Ok((edge, strip.ok_or("The bond takes no part in message passing.")?))
    }

    /// |activation| of a directed edge in every state side by side, layers by features, all on one scale; `None`
    /// for a state in which it takes no part.
    pub fn edge_strips(&self, edge: DirectedEdge) -> Vec<Option<HeatStrip>> {
        let row = |trace: &Trace| trace.edges.find(edge);
        self.strips("|activation|", |trace| Some(magnitudes(trace, row(trace)?, |layer| &layer.edges)))
    }

    /// |node attention| of an atom, likewise.
    pub fn atom_strips(&self, atom: AtomId) -> Vec<Option<HeatStrip>> {
        self.strips("|node attention|", |trace| Some(magnitudes(trace, atom.index(), |layer| &layer.nodes)))
    }

    fn strips(&self, what: &str, values: impl Fn(&Trace) -> Option<Matrix>) -> Vec<Option<HeatStrip>> {
        let state = &self.state;
        let shown = state.shown.as_ref().map(|shown| shown.id);
        let answers = state.sides().map(|side| side.comparison.filter(|answer| Some(answer.probe.molecule) == shown));
        let known = |answer: &Arc<Comparison>| Some((values(&answer.edited)?, answer.edited.heads));
        let known: Vec<Option<(Matrix, usize)>> = answers.map(|answer| answer.and_then(known)).collect();
        let all = known.iter().flatten().flat_map(|(values, _)| values.values.iter().copied());
        let scale = ColorScale::fit_range(state.view.map, true, all);
        let strip = |(values, heads)| HeatStrip { values, heads, bar: ColorBar::new(scale, what, None) };
        known.into_iter().map(|known| known.map(strip)).collect()
    }
}

/// One row of a matrix of every layer, without signs.
fn magnitudes(trace: &Trace, row: usize, matrix: impl Fn(&LayerTrace) -> &Matrix) -> Matrix {
    let values: Vec<f32> =
        trace.layers.iter().flat_map(|layer| matrix(layer).row(row)).map(|value| value.abs()).collect();
    let rows = trace.layers.len();
    Matrix { rows, cols: values.len() / rows.max(1), values }
}

/// Where the answer to a question comes from.
fn asked(dataset: &Dataset, comparison: &Comparison) -> Provenance {
    let probe = &comparison.probe;
    let smiles = dataset.record(probe.molecule).map_or_else(String::new, |record| record.smiles.to_string());
    let spelled = |(edge, how): (&DirectedEdge, &Ablation)| match how {
        Ablation::Remove => spell(*edge),
        how => format!("{}:{}", spell(*edge), how.name()),
    };
    let ablated: Vec<String> = comparison.ablated.iter().map(spelled).collect();
    let more = [
        ("outputs", "raw: values as predicted, logits of labels".to_owned()),
        ("molecule", probe.molecule.0.to_string()),
        ("smiles", smiles),
        ("explicit_bias", probe.intervention.explicit_bias.value().to_string()),
        ("ablated", ablated.join(",")),
        ("rule", probe.intervention.rule.map_or_else(String::new, |rule| rule.to_string())),
    ];
    let more = more.map(|(key, value)| (key.to_owned(), value));
    provenance(dataset, &probe.model).into_iter().chain(more).collect()
}

/// Three decimals, with a true minus.
fn decimal(value: f32) -> String {
    format!("{value:.3}").replace('-', "−")
}

/// What was changed, in few words; nothing if nothing was.
fn edit_words(comparison: &Comparison) -> Vec<String> {
    let intervention = &comparison.probe.intervention;
    let mut words = Vec::new();
    if intervention.explicit_bias != Scale::ONE {
        words.push(format!("EBT × {:.2}", intervention.explicit_bias.value()));
    }
    words.extend(comparison.ablated_words());
    words
}

/// `3>7`, as the command line writes a directed edge.
fn spell(edge: DirectedEdge) -> String {
    format!("{}>{}", edge.source.0, edge.target.0)
}

/// The symbol of an atom.
pub(super) fn element(molecule: &Molecule, atom: AtomId) -> String {
    molecule.atom(atom).map_or("", |atom| symbol(atom.element)).to_owned()
}

/// The numbers behind the picture of a molecule.
fn reading_table(picture: &Picture, molecule: &Molecule) -> Table {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let row = |reading: &super::EdgeReading| {
        let bond = reading.bond.and_then(|bond| molecule.bond(bond));
        let order = bond.map_or("absent", |(_, _, bond)| bond.order.name());
        vec![
            reading.edge.source.0.to_string(),
            reading.edge.target.0.to_string(),
            element(molecule, reading.edge.source),
            element(molecule, reading.edge.target),
            order.to_owned(),
            number(reading.value),
            number(reading.baseline),
            number(reading.ratio),
            reading.rank.map_or_else(String::new, |rank| rank.to_string()),
            reading.ablated.map_or("no", Ablation::participle).to_owned(),
        ]
    };
    let columns = [
        "source",
        "target",
        "source_element",
        "target_element",
        "bond",
        "value",
        "baseline",
        "ratio",
        "rank",
        "ablated",
    ];
    Table { columns: columns.map(str::to_owned).into(), rows: picture.readings().iter().map(row).collect() }
}

/// A trace under the names of the parity fixtures.
fn tensors(comparison: &Comparison, molecule: &Molecule) -> BTreeMap<String, Tensor> {
    let trace = &comparison.edited;
    let matrix = |matrix: &Matrix| Tensor::F32 { shape: vec![matrix.rows, matrix.cols], values: matrix.values.clone() };
    let edges = trace.edges.len();
    let ends = trace.edges.source.iter().chain(&trace.edges.target).map(|&atom| i64::from(atom)).collect();
    let order = |bond: &Option<crate::domain::BondId>| {
        bond.and_then(|bond| molecule.bond(bond)).map_or(0, |(_, _, bond)| i64::from(bond.order.pairs()))
    };
    let mut tensors = BTreeMap::from([
        (
            "prediction".to_owned(),
            Tensor::F32 { shape: vec![1, trace.prediction.len()], values: trace.prediction.clone() },
        ),
        ("edge_index".to_owned(), Tensor::I64 { shape: vec![2, edges], values: ends }),
        (
            "edge_bond".to_owned(),
            Tensor::I64 { shape: vec![edges], values: trace.edges.bond.iter().map(order).collect() },
        ),
    ]);
    for (index, layer) in trace.layers.iter().enumerate() {
        let view = View { quantity: Quantity::Ratio, layer: index, head: None };
        // Stored as the activations are, in f32.
        #[allow(clippy::cast_possible_truncation, reason = "seven digits of a ratio are enough")]
        let ratios = crate::analysis::edge_values(trace, view).into_iter().map(|ratio| ratio as f32).collect();
        tensors.insert(format!("layers.{index}.edge_activation"), matrix(&layer.edges));
        tensors.insert(format!("layers.{index}.node_attention"), matrix(&layer.nodes));
        tensors.insert(format!("layers.{index}.attention_weight"), matrix(&layer.attention));
        tensors.insert(format!("layers.{index}.attention_logit"), matrix(&layer.logits));
        tensors.insert(format!("layers.{index}.edge_ratio"), Tensor::F32 { shape: vec![edges], values: ratios });
        if let Some(kept) = &layer.projections {
            for (name, values) in [("q", &kept.q), ("k", &kept.k), ("v", &kept.v), ("p", &kept.p)] {
                tensors.insert(format!("layers.{index}.{name}"), matrix(values));
            }
        }
    }
    tensors
}
