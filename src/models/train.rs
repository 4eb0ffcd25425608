//! Training, driven from outside one batch at a time, so that it can be stopped between batches
//! and shares its thread with anything else.
//!
//! The weights of the last epoch and of the best one (lowest validation loss) are both kept.

use super::learner::{Learner, Sample};
use super::parameters::Values;
use super::random::Generator;
use super::recipe::{Recipe, Schedule};
use super::{GraphInput, Initial, Model, ModelError, ModelSpec, Task, metrics, weights_of};
use crate::domain::{Fingerprint, Weights};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Key under which weights say how they were trained.
const METADATA_KEY: &str = "training";

/// The graphs to learn from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingData {
    /// Used to fit weights.
    pub train: Vec<Sample>,
    /// Used to choose learning rate and best epoch.
    pub validation: Vec<Sample>,
}

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The network or its device failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The numbers ran away.
    #[error(
        "the {what} of epoch {epoch}, batch {batch} is not a finite number; the weights before that batch are kept, \
         so train on with a lower learning rate or stop here"
    )]
    NotFinite {
        /// `loss or gradient`, or `validation loss`.
        what: &'static str,
        /// Epoch, counted from 1.
        epoch: u32,
        /// Batch, counted from 1.
        batch: usize,
    },
    /// There is nothing to train on, or the recipe makes no sense.
    #[error("training cannot start: {reason}")]
    Setup {
        /// What is missing or wrong.
        reason: &'static str,
    },
    /// A saved state that does not fit.
    #[error("training cannot be resumed: {reason}")]
    Resume {
        /// What does not fit.
        reason: String,
    },
}

/// The result of one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Counted from 1.
    pub epoch: u32,
    /// Mean over batches of the training loss.
    pub train_loss: f64,
    /// Mean over batches of the loss on the validation graphs, with the weights at the end of the
    /// epoch in evaluation mode.
    pub validation_loss: f64,
    /// Mean over labels of the area under the ROC curve on the validation graphs, for tasks of labels.
    pub validation_auc: Option<f64>,
    /// Learning rate the epoch was trained with.
    pub learning_rate: f64,
    /// Whether no epoch before had a lower validation error.
    pub best: bool,
}

/// What one [`Trainer::step`] did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// One batch was learned.
    Trained {
        /// Epoch, counted from 1.
        epoch: u32,
        /// Batches learned in this epoch.
        done: usize,
        /// Batches in an epoch.
        total: usize,
        /// Loss of the batch before its step.
        loss: f32,
    },
    /// One batch of validation graphs was predicted.
    Validated {
        /// Epoch, counted from 1.
        epoch: u32,
        /// Batches predicted.
        done: usize,
        /// Batches to predict.
        total: usize,
    },
    /// The last validation batch was predicted and the epoch is over.
    Epoch(EpochReport),
    /// There is nothing left to do.
    Finished,
}

/// Where in an epoch training stands. Sums are over finished batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Position {
    Training { batch: usize, loss: f64 },
    Validating { batch: usize, error: f64, train_loss: f64 },
    Finished,
}

impl Position {
    /// Where a resumed run starts: validation begins again, since its predictions are not saved.
    pub(super) fn resumable(&self) -> Self {
        match self {
            Self::Validating { train_loss, .. } => Self::Validating { batch: 0, error: 0.0, train_loss: *train_loss },
            position => position.clone(),
        }
    }
}

/// The epoch with the lowest validation loss so far.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Best {
    pub(super) report: EpochReport,
    pub(super) values: Values,
}

/// Training of one network on one set of graphs.
#[derive(Debug)]
pub struct Trainer {
    pub(super) recipe: Recipe,
    pub(super) seed: u64,
    pub(super) learner: Learner,
    pub(super) data: TrainingData,
    /// State of the shuffling generator before it drew `order`.
    pub(super) shuffle: Generator,
    pub(super) order: Vec<u32>,
    pub(super) position: Position,
    pub(super) schedule: Schedule,
    pub(super) best: Option<Best>,
    pub(super) history: Vec<EpochReport>,
    /// The weights being validated, and their predictions so far.
    pub(super) evaluated: Option<(Model, Vec<f32>)>,
}

impl Trainer {
    /// Training from an untrained state; its seed also decides the order of batches.
    ///
    /// # Errors
    /// A specification that describes no network, or nothing to train or validate on.
    pub fn new(
        spec: ModelSpec,
        recipe: Recipe,
        (scheme, seed): (Initial, u64),
        data: TrainingData,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let weights = Model::init(spec, scheme, seed, device)?.to_weights();
        let learner = Learner::new(&weights, device)?.with_randomness(recipe.dropout, seed);
        let schedule = Schedule::new(&recipe);
        let mut trainer = Self {
            recipe,
            seed,
            learner,
            data,
            shuffle: Generator::new(seed, "shuffle"),
            order: Vec::new(),
            position: Position::Training { batch: 0, loss: 0.0 },
            schedule,
            best: None,
            history: Vec::new(),
            evaluated: None,
        };
        trainer.check()?;
        trainer.draw_order();
        Ok(trainer)
    }

    /// Does one batch of work.
    ///
    /// # Errors
    /// A graph outside the model's vocabulary, a failing device, or numbers that are not finite;
    /// the weights are then those before the batch.
    pub fn step(&mut self) -> Result<Progress, TrainError> {
        match self.position {
            Position::Training { batch, loss } => self.train_batch(batch, loss),
            Position::Validating { batch, error, train_loss } => self.validate_batch(batch, error, train_loss),
            Position::Finished => Ok(Progress::Finished),
        }
    }

    /// The epoch being worked on, counted from 1.
    pub fn epoch(&self) -> u32 {
        self.history.last().map_or(0, |report| report.epoch) + u32::from(self.position != Position::Finished)
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.schedule.learning_rate
    }

    /// The recipe in use.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The finished epochs.
    pub fn history(&self) -> &[EpochReport] {
        &self.history
    }

    /// The graphs trained on.
    pub fn data(&self) -> &TrainingData {
        &self.data
    }

    /// Allows more or fewer epochs than the recipe said, also after they are over.
    pub fn set_epochs(&mut self, epochs: u32) {
        self.recipe.epochs = epochs;
        let trained = self.history.len() as u64;
        if self.position == Position::Finished && !self.is_over(trained) {
            self.begin_epoch();
        }
    }

    /// The weights as they are now.
    pub fn last_weights(&self) -> Weights {
        self.described(self.learner.weights(), self.history.last())
    }

    /// The weights at the end of the epoch with the lowest validation loss; none before the first
    /// epoch is over.
    pub fn best_weights(&self) -> Option<Weights> {
        let best = self.best.as_ref()?;
        let weights = weights_of(&self.learner.spec, &self.learner.layout, &best.values);
        Some(self.described(weights, Some(&best.report)))
    }

    fn described(&self, mut weights: Weights, report: Option<&EpochReport>) -> Weights {
        let text = serde_json::json!({
            "recipe": self.recipe,
            "seed": self.seed,
            "train_graphs": self.data.train.len(),
            "validation_graphs": self.data.validation.len(),
            "epoch": report,
        });
        weights.metadata.insert(METADATA_KEY.to_owned(), text.to_string());
        weights
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        let Recipe { batch, learning_rate, factor, dropout, .. } = self.recipe;
        let samples = || self.data.train.iter().chain(&self.data.validation);
        let spec = &self.learner.spec;
        let outputs = |sample: &Sample| match spec.task {
            Task::NodeLabels => spec.outputs * sample.graph.nodes(),
            Task::GraphRegression | Task::GraphLabels => spec.outputs,
        };
        let reason = if self.data.train.is_empty() {
            "there is no training molecule that the model can score"
        } else if self.data.validation.is_empty() {
            "there is no validation molecule that the model can score"
        } else if samples().any(|sample| sample.targets.len() != outputs(sample)) {
            "a molecule does not have one target (or blank) per output of the model"
        } else if samples().any(|sample| sample.targets.iter().any(|target| target.is_infinite())) {
            "a target is infinite"
        } else if !self.data.train.iter().chain(&self.data.validation).any(Sample::is_labelled) {
            "no molecule has a target"
        } else if !(0.0..1.0).contains(&dropout) {
            "the recipe needs a dropout rate from 0 to below 1"
        } else if batch == 0 || !(learning_rate > 0.0 && factor > 0.0 && factor < 1.0) {
            "the recipe needs a batch size and a learning rate above zero and a factor between 0 and 1"
        } else {
            return Ok(());
        };
        Err(TrainError::Setup { reason })
    }

    /// A number that changes with any graph or target.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint::default();
        let TrainingData { train, validation } = &self.data;
        for (samples, end) in [(train, 0xFF), (validation, 0xFE)] {
            for Sample { graph, targets } in samples {
                let ends = graph.edges.source.iter().chain(&graph.edges.target);
                let codes = graph.node.values.iter().chain(&graph.edge.values).chain(ends).copied();
                let floats =
                    graph.encoding.values.iter().chain(&graph.kernel).chain(targets).map(|value| value.to_bits());
                codes.chain(floats).chain([u32::MAX]).for_each(|word| fingerprint.add(&word.to_le_bytes()));
            }
            fingerprint.add(&[end]);
        }
        fingerprint.value()
    }

    /// Draws the order of the epoch and moves the generator past it only when the next one begins,
    /// so that the saved state is the one before the draw.
    pub(super) fn draw_order(&mut self) {
        let count = u32::try_from(self.data.train.len()).unwrap_or(u32::MAX);
        self.order = self.shuffle.clone().permutation(count);
    }

    fn begin_epoch(&mut self) {
        let count = u32::try_from(self.data.train.len()).unwrap_or(u32::MAX);
        self.shuffle.permutation(count);
        self.draw_order();
        self.position = Position::Training { batch: 0, loss: 0.0 };
    }

    fn train_batch(&mut self, batch: usize, sum: f64) -> Result<Progress, TrainError> {
        let (epoch, size) = (self.epoch(), self.recipe.batch);
        let total = self.order.len().div_ceil(size);
        let indices = self.order.iter().skip(batch * size).take(size);
        let samples: Vec<&Sample> = indices.filter_map(|&index| self.data.train.get(index as usize)).collect();
        let lesson = self.learner.study(&samples)?;
        if !lesson.is_finite() {
            return Err(TrainError::NotFinite { what: "loss or gradient", epoch, batch: batch + 1 });
        }
        self.learner.apply(&lesson, self.schedule.learning_rate);
        let (done, loss) = (batch + 1, sum + f64::from(lesson.loss));
        self.position = if done < total {
            Position::Training { batch: done, loss }
        } else {
            Position::Validating { batch: 0, error: 0.0, train_loss: mean(loss, total) }
        };
        Ok(Progress::Trained { epoch, done, total, loss: lesson.loss })
    }

    fn validate_batch(&mut self, batch: usize, sum: f64, train_loss: f64) -> Result<Progress, TrainError> {
        let (epoch, size) = (self.epoch(), self.recipe.batch);
        let total = self.data.validation.len().div_ceil(size);
        let (model, mut predictions) = match self.evaluated.take() {
            Some(evaluated) => evaluated,
            None => (self.learner.model()?, Vec::new()),
        };
        let samples: Vec<&Sample> = self.data.validation.iter().skip(batch * size).take(size).collect();
        let graphs: Vec<&GraphInput> = samples.iter().map(|sample| &sample.graph).collect();
        let predicted = model.predict(&graphs)?;
        let task = self.learner.spec.task;
        // A batch without any label says nothing, and so adds nothing.
        let error = sum + metrics::mean_loss(task, &predicted, &samples).unwrap_or_default();
        if !error.is_finite() {
            return Err(TrainError::NotFinite { what: "validation loss", epoch, batch: batch + 1 });
        }
        predictions.extend(predicted);
        let done = batch + 1;
        if done < total {
            self.evaluated = Some((model, predictions));
            self.position = Position::Validating { batch: done, error, train_loss };
            return Ok(Progress::Validated { epoch, done, total });
        }
        let auc = metrics::mean_auc(&self.learner.spec, &predictions, &self.data.validation);
        Ok(Progress::Epoch(self.end_epoch(epoch, train_loss, mean(error, total), auc)))
    }

    fn end_epoch(
        &mut self,
        epoch: u32,
        train_loss: f64,
        validation_loss: f64,
        validation_auc: Option<f64>,
    ) -> EpochReport {
        let best = self.best.as_ref().is_none_or(|best| validation_loss < best.report.validation_loss);
        let learning_rate = self.schedule.learning_rate;
        let report = EpochReport { epoch, train_loss, validation_loss, validation_auc, learning_rate, best };
        if best {
            self.best = Some(Best { report, values: self.learner.values.clone() });
        }
        self.history.push(report);
        self.schedule.observe(validation_loss, &self.recipe);
        if self.is_over(u64::from(epoch)) {
            self.position = Position::Finished;
        } else {
            self.begin_epoch();
        }
        report
    }

    fn is_over(&self, trained: u64) -> bool {
        trained >= u64::from(self.recipe.epochs) || self.schedule.learning_rate < self.recipe.min_learning_rate
    }
}

fn mean(sum: f64, count: usize) -> f64 {
    sum / count as f64
}
