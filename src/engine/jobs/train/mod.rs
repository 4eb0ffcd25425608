//! Trains a model on the open dataset, a batch at a time, and keeps its folder up to date.

mod report;
mod samples;

pub use report::{BatchReport, Training, TrainingNews, TrainingReport};
pub(in crate::engine) use samples::Samples;

use crate::domain::{Dataset, Weights};
use crate::engine::checkpoint::{Checkpoint, TARGETS_KEY};
use crate::engine::event::{Event, Outbox};
use crate::engine::run::{DataInfo, Measured, Outcome, Ratios, Record, RunFile, RunFolder, utc};
use crate::engine::worker::{Job, Step};
use crate::gpu::Device;
use crate::io;
use crate::models::{EpochReport, GraphInput, Model, ModelSpec, Plan, Progress, Sample, Task, Trainer};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// How often the state for resuming is written while an epoch is going on.
const SAVE: Duration = Duration::from_secs(120);

/// At most one part in so many of the time goes into saving between epochs.
const SAVE_SHARE: u32 = 25;

/// What to train, and where to keep it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// What is trained and how. A resumed run goes on by its own plan; this one may change how long.
    pub plan: Plan,
    /// Go on with the run in `out`.
    pub resume: bool,
    /// The folder of the run.
    pub out: PathBuf,
}

/// A run that is going on.
struct Run {
    trainer: Trainer,
    record: Record,
    test: Vec<Sample>,
    probe: Vec<GraphInput>,
    /// When the epoch began, or was taken up again.
    began: Instant,
    /// When the last save was over, and how long it took.
    saved: (Instant, Duration),
    /// Epoch of the best weights that are on disk.
    best_saved: Option<u32>,
    /// Whether the user knows that saving fails.
    complained: bool,
    /// Keeps other processes out.
    _lock: File,
}

/// The job.
pub struct Train {
    dataset: Arc<Dataset>,
    options: TrainOptions,
    device: (Device, String),
    folder: RunFolder,
    run: Option<Run>,
    /// Whether the weights of each epoch are handed out to be looked at.
    followed: Arc<AtomicBool>,
}

impl Train {
    /// Training on the splits of `dataset`, on a device and what people call it.
    pub fn new(dataset: Arc<Dataset>, options: TrainOptions, device: (Device, String)) -> Self {
        let folder = RunFolder::at(&options.out);
        Self { dataset, options, device, folder, run: None, followed: Arc::default() }
    }

    /// The same, handing out the weights of each epoch as long as that is wanted.
    #[must_use]
    pub fn followed(self, wanted: Arc<AtomicBool>) -> Self {
        Self { followed: wanted, ..self }
    }

    /// Hands out the weights as they are now, if anybody wants to look at them.
    fn publish(&self, run: &Run, out: &Outbox) {
        if !self.followed.load(Ordering::Relaxed) {
            return;
        }
        let name = self.folder.path().file_name().unwrap_or_default().to_string_lossy();
        match Checkpoint::from_weights(&name, self.named(run.trainer.last_weights())) {
            Ok(checkpoint) => out.send(Event::Followed(Arc::new(checkpoint))),
            Err(error) => out.send(Event::Remark(format!("The network in training cannot be shown: {error}."))),
        }
    }

    fn begin(&mut self, out: &Outbox) -> Result<Run, String> {
        if let Some(conflict) = self.options.plan.conflicts().first() {
            return Err(format!("Such a run cannot be: {conflict}"));
        }
        let lock = self.folder.claim(self.options.resume)?;
        if self.options.resume {
            self.check_kept()?;
        }
        let Samples { data, test, probe, remarks } = Samples::of(&self.dataset, &self.options.plan)?;
        remarks.into_iter().for_each(|remark| out.send(Event::Remark(remark)));
        let resumed = self.options.resume && self.folder.state().exists();
        let Plan { network, recipe, initial, seed, .. } = &self.options.plan;
        let (mut trainer, record) = if resumed {
            let state = io::read_weights(&self.folder.state()).map_err(|error| error.to_string())?;
            let record = Record::of(&state.metadata).map_err(|reason| self.unusable(&reason))?;
            (Trainer::resume(&state, data, &self.device.0).map_err(|error| error.to_string())?, record)
        } else {
            let trainer = Trainer::new(network.clone(), recipe.clone(), (*initial, *seed), data, &self.device.0);
            (trainer.map_err(|error| error.to_string())?, Record::new())
        };
        trainer.set_length(recipe.epochs, recipe.early_stop);
        let now = Instant::now();
        let mut run = Run {
            trainer,
            record,
            test,
            probe,
            began: now,
            saved: (now, Duration::ZERO),
            best_saved: None,
            complained: false,
            _lock: lock,
        };
        if self.options.plan.probe_every > 0 && run.record.ratios.is_empty() {
            let Plan { network, initial, seed, .. } = &self.options.plan;
            let base = Model::init(network.clone(), *initial, *seed, &self.device.0);
            run.measure(0, &base.map_err(|error| error.to_string())?)?;
        }
        self.describe()?;
        self.save(&mut run)?;
        self.announce(&run, out);
        Ok(run)
    }

    /// Compares a kept run with what it is to go on with.
    fn check_kept(&self) -> Result<(), String> {
        let kept = RunFile::read(&self.folder.run_file())?;
        if let Some(field) = self.options.plan.departure(&kept.plan) {
            return Err(format!(
                "The run kept here was begun with another {field}; go on with it without naming any, or choose \
                 another folder: {}",
                self.folder.path().display()
            ));
        }
        if !kept.data.is_of(&self.dataset) {
            return Err(format!(
                "The data changed since the run began on {}: other molecules, targets or columns; go on with what it \
                 was, or begin a new run: {}",
                kept.data.name,
                self.folder.path().display()
            ));
        }
        Ok(())
    }

    fn unusable(&self, reason: &str) -> String {
        format!("The run cannot be resumed ({reason}): {}", self.folder.path().display())
    }

    /// Writes `run.toml`; of a resumed run only what may have changed is new. A result is out of date from here on.
    fn describe(&self) -> Result<(), String> {
        let data = DataInfo::of(&self.dataset, self.options.plan.network.outputs);
        let mut file = RunFile::new(self.options.plan.clone(), data, &self.device.1);
        if self.options.resume {
            file.started = RunFile::read(&self.folder.run_file())?.started;
        }
        match std::fs::remove_file(self.folder.result()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(format!("The old result cannot be removed ({error}): {}", self.folder.result().display()))
            }
            _ => file.write(&self.folder.run_file()),
        }
    }

    fn announce(&self, run: &Run, out: &Outbox) {
        let report = |report: &EpochReport| Arc::new(self.report(run, report));
        out.send(Event::Training(TrainingNews::Begun {
            folder: self.folder.path().to_owned(),
            history: run.trainer.history().iter().map(report).collect(),
            base: run.record.ratios_of(0).cloned().unwrap_or_default(),
        }));
    }

    fn report(&self, run: &Run, epoch: &EpochReport) -> TrainingReport {
        let epochs = run.trainer.recipe().epochs;
        let loss = loss_name(&self.options.plan.network);
        TrainingReport::of(epoch, &run.record, (epochs, run.trainer.data().train.len()), loss)
    }

    /// Takes note of an epoch that is over, and saves if it is time.
    fn end_epoch(&self, run: &mut Run, epoch: &EpochReport, out: &Outbox) -> Result<(), String> {
        let Plan { probe_every, keep_every, .. } = self.options.plan;
        let due = |every: u32| every > 0 && epoch.epoch.is_multiple_of(every);
        if due(probe_every) {
            let model = run.trainer.model().map_err(|error| error.to_string())?;
            run.measure(epoch.epoch, &model)?;
        }
        if due(keep_every) {
            // Before the state: whoever goes on from the state of before writes it again.
            let weights = self.named(run.trainer.last_weights());
            self.complain_if(run, io::write_weights(&self.folder.epoch(epoch.epoch), &weights), out);
        }
        run.record.seconds.push(run.record.begun + run.began.elapsed().as_secs_f64());
        (run.record.begun, run.began) = (0.0, Instant::now());
        out.send(Event::Training(TrainingNews::Epoch(Arc::new(self.report(run, epoch)))));
        self.publish(run, out);
        let (saved, took) = run.saved;
        if run.trainer.end().is_some() || saved.elapsed() >= took * SAVE_SHARE {
            self.save_or_complain(run, out);
        }
        Ok(())
    }

    /// Weights that say what they predict.
    fn named(&self, mut weights: Weights) -> Weights {
        let outputs = self.options.plan.network.outputs;
        let names: Vec<&String> = self.dataset.columns.targets.iter().take(outputs).collect();
        let text = serde_json::to_string(&names).unwrap_or_default();
        weights.metadata.insert(TARGETS_KEY.to_owned(), text);
        weights.metadata.insert(DATA_KEY.to_owned(), self.dataset.name.clone());
        weights
    }

    /// Writes the state, then everything that follows from it.
    fn save(&self, run: &mut Run) -> Result<(), String> {
        let began = Instant::now();
        let write =
            |path: &Path, weights: &Weights| io::write_weights(path, weights).map_err(|error| error.to_string());
        let mut state = run.trainer.state();
        let mut record = run.record.clone();
        record.begun += run.began.elapsed().as_secs_f64();
        record.attach(&mut state.metadata);
        write(&self.folder.state(), &state)?;
        write(&self.folder.last(), &self.named(run.trainer.last_weights()))?;
        let best = run.trainer.history().iter().rev().find(|report| report.best).map(|report| report.epoch);
        if let Some(weights) = run.trainer.best_weights().filter(|_| best != run.best_saved) {
            write(&self.folder.best(), &self.named(weights))?;
            run.best_saved = best;
        }
        let molecules = run.trainer.data().train.len();
        let metrics = record.metrics(run.trainer.history(), loss_name(&self.options.plan.network), molecules);
        io::write_bytes(&self.folder.metrics(), &metrics).map_err(|error| error.to_string())?;
        io::write_bytes(&self.folder.ratios(), &record.ratio_table()).map_err(|error| error.to_string())?;
        run.saved = (Instant::now(), began.elapsed());
        Ok(())
    }

    /// A full disk now is no reason to throw hours of training away: the next save may succeed.
    fn save_or_complain(&self, run: &mut Run, out: &Outbox) {
        let result = self.save(run);
        run.saved.0 = Instant::now();
        self.complain_if(run, result, out);
    }

    /// Saves a run that does not go on for now.
    fn keep(&self, mut run: Run, out: &Outbox) {
        if let Err(message) = self.save(&mut run) {
            out.send(Event::Complaint(message));
        }
    }

    fn complain_if<E: std::fmt::Display>(&self, run: &mut Run, result: Result<(), E>, out: &Outbox) {
        let failed = result.is_err();
        if let Err(error) = result
            && !run.complained
        {
            out.send(Event::Remark(format!("{error} (training goes on, and saving is tried again)")));
        }
        run.complained = failed;
    }

    /// Measures the test molecules with last and best weights, and writes that down everywhere.
    fn finish(&self, run: &mut Run, out: &Outbox) -> Result<(), String> {
        self.save(run)?;
        let (Some(end), Some(last)) = (run.trainer.end(), run.trainer.history().last()) else { return Ok(()) };
        let seconds = run.record.seconds.iter().sum();
        let loss = loss_name(&self.options.plan.network);
        let mut outcome = Outcome::new(utc(SystemTime::now()), end, (last.epoch, seconds), loss);
        let best = run.trainer.history().iter().rev().find(|report| report.best).unwrap_or(last);
        let last_weights = run.trainer.last_weights();
        let best_weights = run.trainer.best_weights().unwrap_or_else(|| last_weights.clone());
        outcome.test_molecules = run.test.len();
        outcome.last = self.measure(run, last, (&self.folder.last(), last_weights))?;
        outcome.best = self.measure(run, best, (&self.folder.best(), best_weights))?;
        outcome.write(&self.folder.result())?;
        out.send(Event::Training(TrainingNews::Ended(Arc::new(outcome))));
        Ok(())
    }

    /// How good weights are, which is also written into their file.
    fn measure(
        &self,
        run: &Run,
        epoch: &EpochReport,
        (path, mut weights): (&Path, Weights),
    ) -> Result<Measured, String> {
        let mut measured =
            Measured { epoch: epoch.epoch, validation_loss: epoch.validation_loss, ..Measured::default() };
        if run.test.is_empty() {
            return Ok(measured);
        }
        let model = Model::from_weights(&weights, &self.device.0).map_err(|error| error.to_string())?;
        let test = model.evaluate(&run.test).map_err(|error| error.to_string())?;
        (measured.test_loss, measured.test_auc) = (Some(test.loss), test.auc);
        weights.metadata.insert(TEST_KEY.to_owned(), test.loss.to_string());
        if let Some(auc) = test.auc {
            weights.metadata.insert(AUC_KEY.to_owned(), auc.to_string());
        }
        io::write_weights(path, &self.named(weights)).map_err(|error| error.to_string())?;
        Ok(measured)
    }
}

impl Run {
    /// Measures the MA ratios of the weights of an epoch.
    fn measure(&mut self, epoch: u32, model: &Model) -> Result<(), String> {
        self.record.ratios.push(Ratios::measure(epoch, model, &self.probe)?);
        Ok(())
    }
}

/// What the loss of a model is called.
pub(in crate::engine) fn loss_name(spec: &ModelSpec) -> &'static str {
    match spec.task {
        Task::GraphRegression => "MAE",
        Task::GraphLabels | Task::NodeLabels => "BCE",
    }
}

/// Key of the test loss (mean over test molecules of each one's own loss) in weight files.
pub const TEST_KEY: &str = "test_loss";

/// Key of the area under the ROC curve on the test molecules in weight files.
pub const AUC_KEY: &str = "test_auc";

/// Key of the name of the data in weight files.
pub const DATA_KEY: &str = "data";

impl Job for Train {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        let mut run = match self.run.take() {
            Some(run) => run,
            None => self.begin(out)?,
        };
        let epochs = u64::from(run.trainer.recipe().epochs);
        // One unit for all of a run: its batches of training. Validating adds none.
        let batches = run.trainer.data().train.len().div_ceil(run.trainer.recipe().batch) as u64;
        let so_far = |epoch: u32| Step::Working { done: u64::from(epoch) * batches, total: epochs * batches };
        let batch = |epoch, done, total, loss| {
            out.send(Event::Training(TrainingNews::Batch(BatchReport { epoch, done, total, loss })));
        };
        let step = match run.trainer.step() {
            Ok(Progress::Trained { epoch, done, total, loss }) => {
                batch(epoch, done, total, Some(loss));
                if run.saved.0.elapsed() > SAVE {
                    self.save_or_complain(&mut run, out);
                }
                Step::Working { done: u64::from(epoch - 1) * batches + done as u64, total: epochs * batches }
            }
            Ok(Progress::Validated { epoch, done, total }) => {
                batch(epoch, done, total, None);
                so_far(epoch)
            }
            Ok(Progress::Epoch(epoch)) => {
                if let Err(error) = self.end_epoch(&mut run, &epoch, out) {
                    self.keep(run, out);
                    return Err(error);
                }
                so_far(epoch.epoch)
            }
            Ok(Progress::Finished) => {
                self.finish(&mut run, out)?;
                return Ok(Step::Done);
            }
            Err(error) => {
                // The weights are those before the batch that went wrong: worth keeping.
                self.keep(run, out);
                return Err(format!("{error}: {}", self.folder.path().display()));
            }
        };
        self.run = Some(run);
        Ok(step)
    }

    fn stop(&mut self, out: &Outbox) {
        if let Some(run) = self.run.take() {
            self.keep(run, out);
        }
    }

    fn abandon(&mut self) {
        if let Some(mut run) = self.run.take()
            && let Err(message) = self.save(&mut run)
        {
            log::error!("the training run was not saved when the program ended: {message}");
        }
    }
}
