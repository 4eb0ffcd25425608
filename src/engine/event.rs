//! Everything a worker can say, and how it says it.

use super::run::KeptRun;
use super::worker::JobId;
use super::{Checkpoint, Rows, RunEvaluation, Summarised, Survey, TrainingNews};
use crate::domain::{Comparison, Dataset, ModelId, Molecule, MoleculeId, Probe};
use crate::figure::Draft;
use crate::io::Preview;
use crate::scene::Layout;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

/// A message from a worker; the workspace turns it into state.
#[derive(Debug)]
pub enum Event {
    /// A file's records so far; `complete` once every line was read.
    Loaded {
        /// The job that reads it.
        job: JobId,
        /// What is usable so far.
        dataset: Arc<Dataset>,
        /// Whether every line was read (not yet: validated, see [`Dataset::validated`]).
        complete: bool,
    },
    /// The columns of a file, as far as they were looked at.
    Previewed {
        /// The job that looks at them.
        job: JobId,
        /// What is known so far.
        preview: Arc<Preview>,
    },
    /// No column of a file shows structures: the user may know which one does.
    Unclear(PathBuf),
    /// A record was read; its layout follows.
    Read {
        /// Which opened file.
        dataset: u64,
        /// The record.
        id: MoleculeId,
        /// Its graph.
        molecule: Arc<Molecule>,
    },
    /// A molecule was laid out.
    Drawn {
        /// Which opened file.
        dataset: u64,
        /// The record.
        id: MoleculeId,
        /// Where its atoms go.
        layout: Arc<Layout>,
    },
    /// A record could not be turned into a molecule.
    Unreadable {
        /// Which opened file.
        dataset: u64,
        /// The record.
        id: MoleculeId,
        /// One sentence.
        message: String,
    },
    /// A molecule of the gallery was read and laid out.
    Sketched {
        /// Which opened file.
        dataset: u64,
        /// The record.
        id: MoleculeId,
        /// Its graph and where its atoms go; or one sentence.
        drawn: Result<(Arc<Molecule>, Arc<Layout>), String>,
    },
    /// Some molecules of the gallery were computed.
    Summarised {
        /// Which opened file.
        dataset: u64,
        /// Who answered.
        model: ModelId,
        /// What there is to show of each.
        answers: Vec<Summarised>,
    },
    /// One of the newest questions was answered.
    Traced(Box<Comparison>),
    /// One of the newest questions could not be answered.
    Untraceable {
        /// The question.
        probe: Box<Probe>,
        /// One sentence.
        message: String,
        /// Whether the only reason is the size of the graph, so that a user may insist.
        large: bool,
    },
    /// A weight file was read.
    ModelOpened(Arc<Checkpoint>),
    /// What a sweep has so far.
    Swept(Arc<Survey>),
    /// The molecule table was put in order.
    Arranged {
        /// Which request, counted up.
        ticket: u64,
        /// Its rows.
        rows: Box<Rows>,
    },
    /// A trained run was judged.
    Evaluated(Arc<RunEvaluation>),
    /// Training began, moved on or ended.
    Training(TrainingNews),
    /// The weights of a run after an epoch, to be looked at while it goes on.
    Followed(Arc<Checkpoint>),
    /// The weights that a run kept of an epoch, to be looked at again.
    Replayed {
        /// The folder of the run.
        folder: PathBuf,
        /// The epoch.
        epoch: u32,
        /// The weights; or one sentence.
        weights: Result<Arc<Checkpoint>, String>,
    },
    /// A training run was read from its folder.
    RunOpened {
        /// The run.
        run: Arc<KeptRun>,
        /// Whether it is to lie over the one that is shown.
        beside: bool,
    },
    /// A figure that was put together was drawn.
    Drafted {
        /// Which request, counted up.
        ticket: u64,
        /// Whether nothing is missing that is still being measured.
        complete: bool,
        /// What was drawn, or one sentence why nothing was.
        draft: Box<Result<Draft, String>>,
    },
    /// A file was written.
    Written(PathBuf),
    /// Something worth knowing that is no fault.
    Remark(String),
    /// The same about what was assumed of a model's file, which can be changed.
    Assumed(ModelId, String),
    /// Something went wrong that does not end a job, or while it was ending.
    Complaint(String),
    /// A job moved on.
    Progress {
        /// Which.
        job: JobId,
        /// Units done.
        done: u64,
        /// Units in all; 0 if not known.
        total: u64,
    },
    /// A job came to its end.
    Finished(JobId),
    /// A job was cancelled and handed over what it had.
    Stopped(JobId),
    /// A job gave up.
    Failed {
        /// Which.
        job: JobId,
        /// One sentence.
        message: String,
    },
}

/// The way back from a worker: a channel, and a call that wakes whoever reads it.
#[derive(Clone)]
pub struct Outbox {
    events: mpsc::Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl Outbox {
    pub(super) fn new(events: mpsc::Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { events, wake }
    }

    /// Sends an event and wakes the reader.
    pub fn send(&self, event: Event) {
        // The reader is only gone when the whole program ends.
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}
