//! Training runs as a window shows them: what was begun here and how it goes, what keeps the next one from being
//! started, and the curves. The job itself is `engine::jobs::train`; a run is a folder, so pausing is stopping with
//! the wish to go on.

mod curves;
mod draft;
mod field;
mod kept;

pub use curves::Curve;
pub use draft::{About as DraftAbout, Draft, Problem, network_for};
pub use field::Field;
use kept::Moving;
pub use kept::RunView;

use super::memo::Held;
use super::state::{JobStatus, Purpose, Severity};
use super::{State, Workspace};
use crate::analysis::chart::{Chart, Role};
use crate::domain::Dataset;
use crate::engine::jobs::train::Train;
use crate::engine::run::KeptRun;
use crate::engine::{JobId, TrainOptions, Training, TrainingNews, TrainingReport};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a user can do about training runs, beside starting one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunCommand {
    /// Stop for now; the run is offered to be resumed.
    Pause,
    /// Stop within a batch and keep what there is.
    Stop,
    /// Go on with the run shown where it was left.
    Resume,
    /// Take a run that waits for its turn out of the queue.
    Withdraw(PathBuf),
    /// Show the run in a folder.
    Open(PathBuf),
    /// Show the run that was begun here again.
    CloseOpened,
    /// Lay the run in a folder over the one that is shown.
    CompareWith(PathBuf),
    /// Show one run alone.
    CloseComparison,
    /// Show the weights of the run that goes on after each epoch, or not.
    Follow(bool),
    /// Look at the weights that the run shown kept of an epoch; at none from here on.
    Replay(Option<u32>),
}

/// How a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Other work on the same device comes first.
    Waiting,
    /// Molecules are turned into what the network reads.
    Preparing,
    /// It goes on.
    Running,
    /// It is being stopped for now.
    Pausing,
    /// It is being stopped.
    Stopping,
    /// It was stopped for now.
    Paused,
    /// It was stopped.
    Stopped,
    /// Its folder holds no result yet.
    Unfinished,
    /// It came to its end.
    Finished,
    /// It broke off, for the reason in the sentence.
    Failed(String),
}

impl Condition {
    /// In a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Preparing => "preparing",
            Self::Running => "running",
            Self::Pausing => "pausing…",
            Self::Stopping => "stopping…",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
            Self::Failed(_) => "failed",
        }
    }
}

/// A run that was begun or taken up here.
#[derive(Clone, Debug)]
pub struct LiveRun {
    /// What is trained, and where it is kept.
    pub options: TrainOptions,
    /// Name of its data.
    pub data: String,
    dataset: Arc<Dataset>,
    job: Option<JobId>,
    /// Whether stopping it is only a pause.
    pausing: bool,
    ended: Condition,
}

impl LiveRun {
    /// The last part of its folder.
    pub fn name(&self) -> String {
        name_of(&self.options.out)
    }
}

/// The last part of a folder.
pub(super) fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned()
}

/// The training runs of a session.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    /// Those begun here, oldest first: the one that is going on or was the last, then those that wait.
    begun: Vec<LiveRun>,
    /// One that was opened from its folder.
    opened: Option<Arc<KeptRun>>,
    /// One that lies over the one that is shown.
    beside: Option<Arc<KeptRun>>,
    /// Whether the weights of the run that goes on are wanted; shared with its job.
    followed: Arc<AtomicBool>,
    /// Weights on their way.
    moving: Moving,
}

/// Everything a chart of a run depends on.
#[derive(Clone, PartialEq)]
pub(super) struct CurveKey {
    curve: Curve,
    folder: Option<PathBuf>,
    epochs: (usize, Option<Held<TrainingReport>>),
    beside: Option<Held<KeptRun>>,
    layer: usize,
}

impl State {
    /// The run that is going on, or was the last.
    pub fn run(&self) -> Option<&LiveRun> {
        self.runs.begun.iter().find(|run| run.job.is_some()).or_else(|| self.runs.begun.last())
    }

    /// Runs that wait for their turn behind that one.
    pub fn waiting_runs(&self) -> impl Iterator<Item = &LiveRun> {
        self.runs.begun.iter().filter(|run| run.job.is_some()).skip(1)
    }

    /// The job of the run that is going on.
    pub fn run_job(&self) -> Option<&JobStatus> {
        let id = self.run()?.job?;
        self.jobs.iter().find(|job| job.id == id)
    }

    /// How the run is.
    pub fn run_condition(&self) -> Option<Condition> {
        let run = self.run()?;
        let Some(job) = self.run_job() else { return Some(run.ended.clone()) };
        let before = self.jobs.iter().take_while(|other| other.id != job.id);
        Some(match (job.stopping, job.since) {
            (true, _) if run.pausing => Condition::Pausing,
            (true, _) => Condition::Stopping,
            (false, Some(_)) => Condition::Running,
            (false, None) if before.into_iter().any(|other| is_computed(&other.purpose)) => Condition::Waiting,
            (false, None) => Condition::Preparing,
        })
    }

    /// What is known of the epochs of the run shown.
    pub fn run_training(&self) -> Option<&Training> {
        let run = self.run()?;
        Some(&self.training).filter(|training| training.folder.as_ref() == Some(&run.options.out))
    }

    /// Whether a run is going on that can be stopped.
    pub fn can_stop_run(&self) -> bool {
        self.run_job().is_some_and(|job| !job.stopping)
    }

    /// Whether the run shown was left before its end.
    pub fn can_resume_run(&self) -> bool {
        if let Some(opened) = &self.runs.opened {
            return opened.training.outcome.is_none();
        }
        let left = matches!(self.run_condition(), Some(Condition::Paused | Condition::Stopped | Condition::Failed(_)));
        left && self.run_training().is_some()
    }
}

fn is_computed(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Sweep | Purpose::Train)
}

impl Workspace {
    pub(super) fn command_run(&mut self, command: RunCommand) {
        match command {
            RunCommand::Pause => self.stop_run(true),
            RunCommand::Stop => self.stop_run(false),
            RunCommand::Resume => self.resume_run(),
            RunCommand::Withdraw(folder) => {
                let waiting = self.state.waiting_runs().find(|run| run.options.out == folder);
                if let Some(job) = waiting.and_then(|run| run.job) {
                    self.stop(job);
                }
            }
            kept => self.command_kept(kept),
        }
    }

    /// Trains on the open dataset; behind what is being trained, if anything is.
    pub(super) fn train(&mut self, options: TrainOptions) {
        let Some(opened) = &self.state.opened else {
            self.state
                .notify(Severity::Error, "Nothing is open to train on; open a file of molecules with targets first.");
            return;
        };
        let dataset = Arc::clone(&opened.dataset);
        self.begin_run(options, dataset);
    }

    fn begin_run(&mut self, options: TrainOptions, dataset: Arc<Dataset>) {
        // What is over makes room; the curves of what is going on stay.
        self.state.runs.begun.retain(|run| run.job.is_some());
        self.state.runs.opened = None;
        if self.state.runs.begun.is_empty() && self.state.training.folder.as_ref() != Some(&options.out) {
            self.state.training = Training::default();
        }
        let id = self.engine.reserve();
        let title = format!("Training {} for {} epochs", options.plan.network.kind(), options.plan.recipe.epochs);
        let device = (self.engine.compute_device(), self.engine.describe_device());
        let job = Train::new(Arc::clone(&dataset), options.clone(), device);
        let job = job.followed(Arc::clone(&self.state.runs.followed));
        self.state.runs.begun.push(LiveRun {
            options,
            data: dataset.name.clone(),
            dataset,
            job: Some(id),
            pausing: false,
            ended: Condition::Stopped,
        });
        self.start(id, Purpose::Train, title, Box::new(job));
    }

    fn stop_run(&mut self, pausing: bool) {
        let Some(job) = self.state.run_job().map(|job| job.id) else { return };
        if let Some(run) = self.state.runs.begun.iter_mut().find(|run| run.job == Some(job)) {
            run.pausing = pausing;
        }
        self.stop(job);
    }

    fn resume_run(&mut self) {
        if !self.state.can_resume_run() {
            return;
        }
        if let Some(opened) = self.state.runs.opened.clone() {
            self.resume_opened(&opened);
            return;
        }
        let Some(LiveRun { options, dataset, .. }) = self.state.run().cloned() else { return };
        self.begin_run(TrainOptions { resume: true, ..options }, dataset);
    }

    /// Takes in what a training job said.
    pub(super) fn take_training(&mut self, news: TrainingNews) {
        if let TrainingNews::Ended(outcome) = &news {
            let name = self.state.run().map_or_else(|| "The run".to_owned(), LiveRun::name);
            self.state.notify(Severity::Info, format!("Training {name} is over: {outcome}"));
        }
        self.state.training.take(news);
    }

    /// Takes note that a job is over that may have been a run; `failure` says why if it gave up.
    pub(super) fn run_ended(&mut self, job: JobId, stopped: bool, failure: Option<&str>) {
        let runs = &mut self.state.runs.begun;
        let Some(place) = runs.iter().position(|run| run.job == Some(job)) else { return };
        let run = &mut runs[place];
        run.job = None;
        run.ended = match (failure, stopped, run.pausing) {
            (Some(reason), ..) => Condition::Failed(reason.to_owned()),
            (None, true, true) => Condition::Paused,
            (None, true, false) => Condition::Stopped,
            (None, false, _) => Condition::Finished,
        };
        if stopped && self.state.training.folder.as_ref() == Some(&run.options.out) {
            let (name, word) = (run.name(), run.ended.word());
            self.state.notify(Severity::Info, format!("Training {name} was {word}; it can be resumed."));
        } else if stopped {
            // It never began, so there is nothing to show of it.
            runs.remove(place);
        }
    }

    /// Every run that has a job lost it with its thread.
    pub(super) fn mourn_runs(&mut self, reason: &str) {
        for run in self.state.runs.begun.iter_mut().filter(|run| run.job.is_some()) {
            run.job = None;
            run.ended = Condition::Failed(reason.to_owned());
        }
    }

    /// A chart of the run shown; none where there is nothing to draw yet.
    pub fn curve(&mut self, curve: Curve) -> Option<Arc<Chart>> {
        let layer = self.state.view.reading.layer;
        let training = self.state.run_view()?.training?;
        let last = training.epochs.last().map(Held::of);
        let beside = self.state.runs.beside.as_ref();
        let key = CurveKey {
            curve,
            folder: training.folder.clone(),
            epochs: (training.epochs.len(), last),
            beside: beside.map(Held::of),
            layer,
        };
        if let Some((_, chart)) = self.memo.curves.iter().find(|(known, _)| *known == key) {
            return chart.clone();
        }
        let prefix = if beside.is_some() { "A " } else { "" };
        let mut runs = vec![curves::Shown { training, prefix, role: Role::Trained }];
        runs.extend(beside.map(|run| curves::Shown { training: &run.training, prefix: "B ", role: Role::Second }));
        let chart = curves::chart(curve, &runs, layer).map(Arc::new);
        self.memo.curves.retain(|(known, _)| known.curve != curve);
        self.memo.curves.push((key, chart.clone()));
        chart
    }
}
