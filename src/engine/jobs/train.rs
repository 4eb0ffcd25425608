//! Trains a model on the open dataset, a batch at a time, and keeps its files up to date.
//!
//! Beside `W.safetensors` (best validation epoch) stand `W.last.safetensors` (last epoch) and
//! `W.state/` (all that resuming needs). Each file is written beside its place and then renamed, so
//! whatever happens there is always a whole one.

use crate::domain::{Dataset, Fingerprint, Record, Split, Weights};
use crate::engine::checkpoint::TARGETS_KEY;
use crate::engine::event::{Event, Outbox};
use crate::engine::worker::{Job, Step};
use crate::gpu::Device;
use crate::io;
use crate::models::{
    EpochReport, Evaluation, FULL_GRAPH_LIMIT, Initial, Model, ModelSpec, Progress, Recipe, Sample, Task, Trainer,
    TrainingData,
};
use rayon::prelude::*;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the state for resuming is written while an epoch is going on.
const SAVE: Duration = Duration::from_secs(120);

/// Which run is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resume {
    /// Whatever was begun: network and seed are those of the state.
    AsBegun,
    /// Only one of the same network and seed.
    Same,
}

/// What to train, and where to keep it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// The network.
    pub spec: ModelSpec,
    /// At most so many epochs.
    pub epochs: u32,
    /// How the initial weights are drawn.
    pub initial: Initial,
    /// Seed of initial weights, of the order of molecules, and of the splits of a file without any.
    pub seed: u64,
    /// Whether full graphs are trained on whatever their size.
    pub allow_large: bool,
    /// Go on from the state beside `out`.
    pub resume: Option<Resume>,
    /// Weights of the best validation epoch.
    pub out: PathBuf,
}

/// One epoch, or the end of training.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// The epoch.
    pub epoch: EpochReport,
    /// Epochs that there will be at most.
    pub epochs: u32,
    /// Training molecules per second over this epoch, validation included.
    pub molecules_per_second: f64,
    /// Time until the last epoch at this speed; the schedule may end it sooner.
    pub time_left: Duration,
    /// What the loss is called.
    pub loss: &'static str,
    /// Test results of the last and of the best epoch, molecule by molecule; only at the end.
    pub test: Option<(Evaluation, Evaluation)>,
}

impl fmt::Display for TrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EpochReport { epoch, train_loss, validation_loss, validation_auc, learning_rate, best } = self.epoch;
        let auc = |auc: Option<f64>| auc.map_or_else(String::new, |auc| format!(", ROC-AUC {auc:.4}"));
        if let Some((last, best)) = self.test {
            return write!(
                f,
                "test {} {:.4}{} (last epoch), {:.4}{} (best validation epoch)",
                self.loss,
                last.loss,
                auc(last.auc),
                best.loss,
                auc(best.auc)
            );
        }
        let left = super::in_words(self.time_left);
        write!(
            f,
            "epoch {epoch}/{}: loss {train_loss:.4}, validation {} {validation_loss:.4}{}{}, learning rate {learning_rate:.1e}, \
             {:.0} molecules/s, {left} left",
            self.epochs,
            self.loss,
            auc(validation_auc),
            if best { " (best)" } else { "" },
            self.molecules_per_second,
        )
    }
}

/// The files of a run.
struct Files {
    best: PathBuf,
    last: PathBuf,
    state: PathBuf,
}

impl Files {
    fn beside(out: &Path) -> Self {
        let text = out.to_string_lossy();
        let stem = text.strip_suffix(".safetensors").unwrap_or(&text);
        Self {
            best: out.to_owned(),
            last: PathBuf::from(format!("{stem}.last.safetensors")),
            state: PathBuf::from(format!("{stem}.state")),
        }
    }

    fn state_file(&self) -> PathBuf {
        self.state.join("trainer.safetensors")
    }
}

/// The job.
pub struct Train {
    dataset: Arc<Dataset>,
    options: TrainOptions,
    device: Device,
    files: Files,
    trainer: Option<Trainer>,
    test: Vec<Sample>,
    left_out: usize,
    epoch_began: Instant,
    saved: Instant,
}

impl Train {
    /// Training on the splits of `dataset`.
    pub fn new(dataset: Arc<Dataset>, options: TrainOptions, device: Device) -> Self {
        let files = Files::beside(&options.out);
        let now = Instant::now();
        Self {
            dataset,
            options,
            device,
            files,
            trainer: None,
            test: Vec::new(),
            left_out: 0,
            epoch_began: now,
            saved: now,
        }
    }

    /// Featurises the molecules and builds the trainer.
    fn begin(&mut self, out: &Outbox) -> Result<Trainer, String> {
        let state = match self.options.resume {
            Some(resume) => Some(self.kept_state(resume)?),
            None => None,
        };
        let (outputs, columns) = (self.options.spec.outputs, self.dataset.outputs());
        if columns < outputs {
            return Err(format!(
                "The network predicts {outputs} targets, but the file has {columns}; open the file it is for."
            ));
        }
        let (train, validation) = (self.samples(Split::Train), self.samples(Split::Val));
        self.test = self.samples(Split::Test);
        if train.is_empty() || validation.is_empty() {
            return Err("Training needs molecules with targets in the splits `train` and `val` that the model can \
                        score; add a column with train, val or test for every molecule."
                .to_owned());
        }
        if self.left_out > 0 {
            let left_out = self.left_out;
            out.send(Event::Remark(format!(
                "{left_out} molecules have no target or cannot be scored and are left out."
            )));
        }
        if self.dataset.records.iter().all(|record| record.split.is_none()) {
            out.send(Event::Remark(format!(
                "The file has no train/val/test column, so molecules are assigned 80/10/10 by seed {}.",
                self.options.seed
            )));
        }
        let data = TrainingData { train, validation };
        let mut trainer = if let Some(state) = state {
            Trainer::resume(&state, data, &self.device).map_err(|error| error.to_string())?
        } else {
            if self.files.state_file().exists() {
                return Err(format!(
                    "A run was kept here already; go on with it by --resume, or remove it first: {}",
                    self.files.state.display()
                ));
            }
            if self.options.out.exists() {
                let out = self.options.out.display();
                return Err(format!("A file is here already; remove it first or choose another place: {out}"));
            }
            let TrainOptions { spec, epochs, initial, seed, .. } = &self.options;
            let recipe = Recipe { epochs: *epochs, ..Recipe::of(spec) };
            Trainer::new(spec.clone(), recipe, (*initial, *seed), data, &self.device)
                .map_err(|error| error.to_string())?
        };
        trainer.set_epochs(self.options.epochs);
        std::fs::create_dir_all(&self.files.state).map_err(|error| {
            format!("The folder for the run cannot be made ({error}): {}", self.files.state.display())
        })?;
        Ok(trainer)
    }

    /// The state beside `out`. A run goes on as what it was begun as, so its network and seed are taken over.
    fn kept_state(&mut self, resume: Resume) -> Result<Weights, String> {
        let state = io::read_weights(&self.files.state_file()).map_err(|error| error.to_string())?;
        let (spec, seed) = Trainer::saved_run(&state).map_err(|error| error.to_string())?;
        let TrainOptions { spec: wanted, seed: wanted_seed, .. } = &self.options;
        if resume == Resume::AsBegun || (spec == *wanted && seed == *wanted_seed) {
            (self.options.spec, self.options.seed) = (spec, seed);
            return Ok(state);
        }
        let describe = |spec: &ModelSpec, seed| {
            format!(
                "{}, {} layers of width {} with {} heads, seed {seed}",
                spec.kind(),
                spec.layers,
                spec.dim,
                spec.heads
            )
        };
        Err(format!(
            "The run kept here is of another network or seed ({}) than asked for ({}); to go on with it, name neither: {}",
            describe(&spec, seed),
            describe(wanted, *wanted_seed),
            self.files.state.display()
        ))
    }

    fn samples(&mut self, split: Split) -> Vec<Sample> {
        let TrainOptions { spec, seed, allow_large, .. } = &self.options;
        let edge_limit = if *allow_large { usize::MAX } else { FULL_GRAPH_LIMIT };
        let drawn = self.dataset.records.iter().all(|record| record.split.is_none());
        let split_of = |record: &Record| if drawn { Some(drawn_split(record, *seed)) } else { record.split };
        let records: Vec<&Record> =
            self.dataset.records.iter().filter(|record| split_of(record) == Some(split)).collect();
        let sample = |record: &&Record| {
            let targets = record.targets.get(..spec.outputs)?.to_vec();
            let graph = spec.input(&io::smiles::read(&record.smiles).ok()?.molecule, edge_limit).ok()?;
            Some(Sample { graph, targets }).filter(Sample::is_labelled)
        };
        let samples: Vec<Sample> = records.par_iter().filter_map(sample).collect();
        self.left_out += records.len() - samples.len();
        samples
    }

    fn report(&self, trainer: &Trainer, epoch: EpochReport) -> TrainingReport {
        let took = self.epoch_began.elapsed();
        let epochs = trainer.recipe().epochs;
        // Counts far below 2^53.
        #[allow(clippy::cast_precision_loss, reason = "a count of molecules")]
        let molecules = trainer.data().train.len() as f64;
        TrainingReport {
            epoch,
            epochs,
            molecules_per_second: molecules / took.as_secs_f64(),
            time_left: took.saturating_mul(epochs.saturating_sub(epoch.epoch)),
            loss: loss_name(&self.options.spec),
            test: None,
        }
    }

    /// Weights that say what they predict.
    fn named(&self, mut weights: Weights) -> Weights {
        let outputs = self.options.spec.outputs;
        let names: Vec<&String> = self.dataset.columns.targets.iter().take(outputs).collect();
        let text = serde_json::to_string(&names).unwrap_or_default();
        weights.metadata.insert(TARGETS_KEY.to_owned(), text);
        weights.metadata.insert(DATA_KEY.to_owned(), self.dataset.name.clone());
        weights
    }

    /// Writes last, best and state.
    fn save(&mut self, trainer: &Trainer) -> Result<(), String> {
        self.saved = Instant::now();
        let write =
            |path: &Path, weights: &Weights| io::write_weights(path, weights).map_err(|error| error.to_string());
        write(&self.files.state_file(), &trainer.state())?;
        let last = self.named(trainer.last_weights());
        write(&self.files.last, &last)?;
        // Until an epoch was validated, the weights there are stand in for the best.
        write(&self.files.best, &trainer.best_weights().map_or(last, |best| self.named(best)))
    }

    /// A full disk now is no reason to throw hours of training away: the next save may succeed.
    fn save_or_complain(&mut self, trainer: &Trainer, out: &Outbox) {
        if let Err(message) = self.save(trainer) {
            out.send(Event::Complaint(message));
        }
    }

    /// Measures the test molecules with last and best weights, and writes that into both files.
    fn finish(&mut self, trainer: &Trainer, out: &Outbox) -> Result<(), String> {
        self.save(trainer)?;
        let Some(&epoch) = trainer.history().last() else { return Ok(()) };
        let last = trainer.last_weights();
        let best = trainer.best_weights().unwrap_or_else(|| last.clone());
        if self.test.is_empty() {
            return Ok(());
        }
        let measure = |weights: &Weights| {
            let model = Model::from_weights(weights, &self.device)?;
            model.evaluate(&self.test)
        };
        let test_last = measure(&last).map_err(|error| error.to_string())?;
        let test_best = measure(&best).map_err(|error| error.to_string())?;
        for (path, mut weights, test) in [(&self.files.last, last, test_last), (&self.files.best, best, test_best)] {
            weights.metadata.insert(TEST_KEY.to_owned(), format!("{}", test.loss));
            if let Some(auc) = test.auc {
                weights.metadata.insert(AUC_KEY.to_owned(), format!("{auc}"));
            }
            weights = self.named(weights);
            io::write_weights(path, &weights).map_err(|error| error.to_string())?;
        }
        let report = TrainingReport { test: Some((test_last, test_best)), ..self.report(trainer, epoch) };
        out.send(Event::Trained(Arc::new(report)));
        Ok(())
    }
}

/// Eight in ten molecules for training, one each for validation and test, by SMILES text and seed: the same
/// however the file is ordered, and equal lines stay together.
fn drawn_split(record: &Record, seed: u64) -> Split {
    let mut fingerprint = Fingerprint::default();
    fingerprint.add(record.smiles.as_bytes());
    match crate::models::mixed(seed, fingerprint.value()) % 10 {
        0 => Split::Val,
        1 => Split::Test,
        _ => Split::Train,
    }
}

/// What the loss of a model is called.
fn loss_name(spec: &ModelSpec) -> &'static str {
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
        let mut trainer = match self.trainer.take() {
            Some(trainer) => trainer,
            None => self.begin(out)?,
        };
        let epochs = u64::from(trainer.recipe().epochs);
        let step = match trainer.step() {
            Ok(Progress::Trained { epoch, done, total, .. }) => {
                if self.saved.elapsed() > SAVE {
                    self.save_or_complain(&trainer, out);
                }
                let batches = total as u64;
                Step::Working { done: u64::from(epoch - 1) * batches + done as u64, total: epochs * batches }
            }
            Ok(Progress::Validated { epoch, .. }) => Step::Working { done: u64::from(epoch), total: epochs },
            Ok(Progress::Epoch(epoch)) => {
                out.send(Event::Trained(Arc::new(self.report(&trainer, epoch))));
                self.epoch_began = Instant::now();
                self.save_or_complain(&trainer, out);
                Step::Working { done: u64::from(epoch.epoch), total: epochs }
            }
            Ok(Progress::Finished) => {
                self.finish(&trainer, out)?;
                return Ok(Step::Done);
            }
            Err(error) => {
                // The weights are those before the batch that went wrong: worth keeping.
                self.save_or_complain(&trainer, out);
                return Err(error.to_string());
            }
        };
        self.trainer = Some(trainer);
        Ok(step)
    }

    fn stop(&mut self, out: &Outbox) {
        if let Some(trainer) = self.trainer.take()
            && let Err(message) = self.save(&trainer)
        {
            out.send(Event::Complaint(message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_splits_of_two_seeds_are_independent() {
        let record = |n: usize| Record {
            line: 1,
            smiles: format!("{}O", "C".repeat(n % 50) + &"N".repeat(n / 50)).into(),
            id: None,
            targets: Box::default(),
            split: None,
            atoms: 2,
        };
        let records: Vec<Record> = (0..5000).map(record).collect();
        let test = |seed| records.iter().map(move |record| drawn_split(record, seed) == Split::Test);
        let share = |seed| test(seed).filter(|&is| is).count();
        assert!((400..600).contains(&share(41)), "{}", share(41));
        for seed in [1, 3, 25, 42, 56] {
            let both = test(41).zip(test(seed)).filter(|&(a, b)| a && b).count();
            assert!((20..90).contains(&both), "seed {seed}: {both} of about 50");
        }
    }
}
