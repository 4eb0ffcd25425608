//! Everything the window shows, as plain values.

use super::columns::ColumnsView;
use super::composition::Composition;
use super::edits::Edits;
use super::lanes::{Difference, Lane};
use super::table::Table;
use super::view::View;
use crate::domain::{Comparison, Dataset, Detail, EdgeList, ModelId, Molecule, MoleculeId};
use crate::engine::{Checkpoint, JobId, Survey, SweepOptions, TrainingReport};
use crate::figure::Draft;
use crate::models::Initial;
use crate::scene::{Layout, Pick};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something was done.
    Info,
    /// Something is not as expected; work goes on.
    Warning,
    /// Something asked for could not be done.
    Error,
}

/// Something to tell the user, once.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// How serious.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
    /// When.
    pub at: Instant,
}

/// What a running job is for.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// Reads a file.
    Load,
    /// Looks at the columns of a file.
    Look,
    /// Measures molecules.
    Sweep,
    /// Trains a model.
    Train,
    /// Writes files.
    Write,
}

/// A job that is queued or running.
#[derive(Clone, Debug, PartialEq)]
pub struct JobStatus {
    /// Its id.
    pub id: JobId,
    /// What for.
    pub purpose: Purpose,
    /// What people read.
    pub title: String,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 if not known.
    pub total: u64,
    /// Whether it was asked to stop.
    pub stopping: bool,
}

impl JobStatus {
    /// Part done, 0..=1, where the total is known.
    pub fn fraction(&self) -> Option<f32> {
        // Shown as a bar a few hundred pixels wide: precision does not matter.
        #[allow(clippy::cast_precision_loss, reason = "a progress bar")]
        let fraction = self.done as f32 / self.total as f32;
        (self.total > 0).then_some(fraction.clamp(0.0, 1.0))
    }
}

/// The open dataset.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Counts up with every file, so that late answers about another file are recognised.
    pub revision: u64,
    /// The records so far.
    pub dataset: Arc<Dataset>,
}

/// The molecule shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its place in the dataset.
    pub id: MoleculeId,
    /// Its graph.
    pub molecule: Arc<Molecule>,
    /// Both directions of every bond, nothing taken out.
    pub edges: EdgeList,
    /// Where the atoms go, once known.
    pub layout: Option<Arc<Layout>>,
    /// Whether the layout is the final one and not the quick one shown while it is late.
    pub settled: bool,
    /// When the layout was asked for.
    pub since: Instant,
}

/// Why there is no answer about the molecule shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untraceable {
    /// One sentence.
    pub message: String,
    /// Whether the only reason is the size of the graph, so that one may insist.
    pub large: bool,
}

/// Everything the window shows.
#[derive(Default)]
pub struct State {
    /// The open dataset.
    pub opened: Option<Opened>,
    /// The columns that are looked at.
    pub columns: Option<ColumnsView>,
    /// Rows, sorting and scores.
    pub table: Table,
    /// Models to choose from: bundled ones, their base states, opened files.
    pub checkpoints: Vec<Arc<Checkpoint>>,
    /// The chosen model's place among them.
    pub model: usize,
    /// The chosen record; it is shown as soon as it was read.
    pub selected: Option<MoleculeId>,
    /// The molecule shown.
    pub shown: Option<Shown>,
    /// The chosen atom or bond of the molecule shown.
    pub pick: Option<Pick>,
    /// Layer, head, quantity, colours.
    pub view: View,
    /// Explicit-bias scale and ablations, with undo.
    pub edits: Edits,
    /// The last answer about the molecule shown.
    pub comparison: Option<Arc<Comparison>>,
    /// Why there is no answer.
    pub untraceable: Option<Untraceable>,
    /// States beside the main one, see [`State::side`].
    pub lanes: Vec<Lane>,
    /// Which two sides the difference map is of, if it is shown.
    pub difference: Option<Difference>,
    /// How much of a forward pass is kept.
    pub detail: Detail,
    /// The molecule whose full graph is computed whatever its size.
    pub allow_large: Option<MoleculeId>,
    /// How the untrained state behind the base band is drawn.
    pub initial: Initial,
    /// Measurements of the open dataset, one per model and choice of molecules.
    pub surveys: Vec<Arc<Survey>>,
    /// Epochs of the training run that is going on or was the last.
    pub training: Vec<Arc<TrainingReport>>,
    /// Queued and running jobs.
    pub jobs: Vec<JobStatus>,
    /// What the user should know, oldest first.
    pub notices: Vec<Notice>,
    /// Files opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// The figure that is put together.
    pub figure: Composition,
    /// Its last drawing.
    pub draft: Option<Arc<Draft>>,
    /// Which request that drawing answers.
    pub(super) drafted: u64,
}

impl State {
    /// The chosen model.
    pub fn checkpoint(&self) -> Option<&Arc<Checkpoint>> {
        self.checkpoints.get(self.model)
    }

    /// For each output of the chosen model, the place among the file's targets of what it predicts.
    pub fn compared(&self) -> Vec<Option<usize>> {
        match (self.checkpoint(), self.dataset()) {
            (Some(checkpoint), Some(dataset)) => checkpoint.columns(&dataset.columns),
            _ => Vec::new(),
        }
    }

    /// The open dataset's records.
    pub fn dataset(&self) -> Option<&Arc<Dataset>> {
        self.opened.as_ref().map(|opened| &opened.dataset)
    }

    /// What was measured of the listed split under the chosen model.
    pub fn survey(&self) -> Option<&Arc<Survey>> {
        self.survey_of(&self.checkpoint()?.id)
    }

    /// What was measured of the listed split under a model.
    pub(super) fn survey_of(&self, model: &ModelId) -> Option<&Arc<Survey>> {
        let wanted = |survey: &&Arc<Survey>| {
            let SweepOptions { split, limit: _, initial, allow_large: _ } = survey.key.options;
            survey.key.model == *model && split == self.table.split && initial == self.initial
        };
        self.surveys.iter().rev().find(wanted)
    }

    /// Whether the answer shown belongs to an older question than the one now put.
    pub fn is_stale(&self) -> bool {
        self.is_stale_at(0)
    }

    pub(super) fn notify(&mut self, severity: Severity, text: impl Into<String>) {
        let text = text.into();
        match severity {
            Severity::Info => log::info!("{text}"),
            Severity::Warning => log::warn!("{text}"),
            Severity::Error => log::error!("{text}"),
        }
        self.notices.push(Notice { severity, text, at: Instant::now() });
    }
}
