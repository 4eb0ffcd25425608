//! Everything the window shows, as plain values.

use super::columns::ColumnsView;
use super::composition::Composition;
use super::edits::Edits;
use super::file::FileState;
use super::gallery::Gallery;
use super::history::History;
use super::labels::Labels;
use super::lanes::{Difference, Lane};
pub use super::notices::{About, Notice, Severity};
use super::table::Table;
use super::training::Runs;
use super::view::View;
use crate::domain::{Ablations, Comparison, Dataset, Detail, EdgeList, ModelId, Molecule, MoleculeId};
use crate::engine::{Checkpoint, JobId, RunEvaluation, Survey, SweepOptions, Training};
use crate::figure::Draft;
use crate::models::Initial;
use crate::scene::{Layout, Pick};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// When it first told how far it is, and how far that was.
    pub since: Option<(Instant, u64)>,
}

/// A job says how long it will take only after this long: the first steps are no measure.
const WARM_UP: Duration = Duration::from_secs(1);

impl JobStatus {
    /// Part done, 0..=1, where the total is known.
    pub fn fraction(&self) -> Option<f32> {
        // Shown as a bar a few hundred pixels wide: precision does not matter.
        #[allow(clippy::cast_precision_loss, reason = "a progress bar")]
        let fraction = self.done as f32 / self.total as f32;
        (self.total > 0).then_some(fraction.clamp(0.0, 1.0))
    }

    /// Takes in how far it is.
    pub(super) fn advance(&mut self, done: u64, total: u64, now: Instant) {
        (self.done, self.total) = (done, total);
        // Work in several parts starts over with each.
        if self.since.is_none_or(|(_, from)| done < from) {
            self.since = Some((now, done));
        }
    }

    /// Time until the end at the speed so far, where that is known.
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        let (since, from) = self.since?;
        let took = now.saturating_duration_since(since);
        let (done, left) = (self.done.checked_sub(from)?, self.total.checked_sub(self.done)?);
        // Told to people in two digits.
        #[allow(clippy::cast_precision_loss, reason = "an estimate")]
        let factor = left as f64 / done as f64;
        (done > 0 && took >= WARM_UP).then(|| Duration::try_from_secs_f64(took.as_secs_f64() * factor).ok()).flatten()
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
    /// Thumbnails.
    pub gallery: Gallery,
    /// Models to choose from: bundled ones, their base states, opened files.
    pub checkpoints: Vec<Arc<Checkpoint>>,
    /// How many of them, at the front, are inside the program.
    pub built_in: usize,
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
    /// Explicit-bias scale, ablations, rules.
    pub edits: Arc<Edits>,
    /// Where the panels are, as the window writes it down.
    pub layout: Option<Arc<str>>,
    /// Steps that can be taken back.
    pub history: History,
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
    /// The training run that is going on or was the last.
    pub training: Training,
    /// The runs that were begun here.
    pub runs: Runs,
    /// The training runs that were judged, in that order.
    pub evaluations: Vec<Arc<RunEvaluation>>,
    /// Queued and running jobs.
    pub jobs: Vec<JobStatus>,
    /// What the user was told, oldest first.
    pub notices: Vec<Notice>,
    /// Files opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// The figure that is put together.
    pub figure: Arc<Composition>,
    /// Its last drawing.
    pub draft: Option<Arc<Draft>>,
    /// Which request that drawing answers.
    pub(super) drafted: u64,
    /// The workspace file.
    pub file: FileState,
    /// Notes on molecules, atoms and bonds.
    pub labels: Arc<Labels>,
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

    /// The edges taken out of the molecule shown: those of its list, or those that the rule in force chose.
    pub fn ablated(&self) -> &Ablations {
        static NONE: Ablations = Ablations::new();
        let Some(shown) = &self.shown else { return &NONE };
        let list = self.edits.list(shown.id);
        list.or_else(|| Some(&self.ruled()?.ablated)).unwrap_or(&NONE)
    }

    /// Whether the molecule shown follows the rule in force, and what that means is not known yet.
    pub fn awaits_rule(&self) -> bool {
        let follows = self.shown.as_ref().is_some_and(|shown| self.edits.intervention(shown.id).rule.is_some());
        follows && self.untraceable.is_none() && (self.ruled().is_none() || self.is_stale_at(0))
    }

    /// The answer that the rule in force has edited.
    fn ruled(&self) -> Option<&Comparison> {
        let (shown, rule) = (self.shown.as_ref()?, self.edits.rule()?);
        let comparison = self.comparison.as_deref()?;
        let ruled = comparison.probe.intervention.rule == Some(rule) && comparison.probe.molecule == shown.id;
        ruled.then_some(comparison)
    }

    /// Whether the answer shown belongs to an older question than the one now put.
    pub fn is_stale(&self) -> bool {
        self.is_stale_at(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_follows_the_speed_so_far() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut job = JobStatus {
            id: JobId(1),
            purpose: Purpose::Sweep,
            title: String::new(),
            done: 0,
            total: 0,
            stopping: false,
            since: None,
        };
        assert_eq!(job.time_left(start), None);
        job.advance(10, 100, start);
        job.advance(40, 100, after(6));
        assert_eq!(job.time_left(after(6)), Some(Duration::from_secs(12)));
        assert_eq!(job.time_left(start + Duration::from_millis(500)), None, "too early to tell");
        // A second part: nothing is known of it yet.
        job.advance(0, 50, after(7));
        assert_eq!(job.time_left(after(9)), None);
    }
}
