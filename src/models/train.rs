//! Training, driven from outside one batch at a time, so that it can be stopped between batches
//! and shares its thread with anything else.
//!
//! The weights of the last epoch and of the best one (lowest validation loss) are both kept.

use super::data::TrainingData;
use super::learner::{Learner, Sample};
use super::parameters::Values;
use super::random::Generator;
use super::recipe::{Recipe, Schedule};
use super::{GraphInput, Initial, Model, ModelError, ModelSpec, metrics, weights_of};
use crate::domain::Weights;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

/// Key under which weights say how they were trained, as JSON; its `epoch` is an [`EpochReport`].
pub const TRAINING_KEY: &str = "training";

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The network or its device failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The numbers ran away.
    #[error(
        "training diverged: the {what} of epoch {epoch}, batch {batch} is not a finite number, first {place}; the \
         weights before that batch are kept, so begin again with a lower learning rate"
    )]
    NotFinite {
        /// `loss or gradient`, or `validation loss`.
        what: &'static str,
        /// Epoch, counted from 1.
        epoch: u32,
        /// Batch, counted from 1.
        batch: usize,
        /// The part of the network where the numbers ran away first.
        place: String,
    },
    /// There is nothing to train on, or the recipe makes no sense.
    #[error("training cannot start: {reason}")]
    Setup {
        /// What is missing or wrong.
        reason: String,
    },
    /// A saved state that does not fit.
    #[error("training cannot be resumed: {reason}")]
    Resume {
        /// What does not fit.
        reason: String,
    },
}

/// How long gradients were, part by part: the mean over the batches of an epoch of the Euclidean norm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GradientNorms {
    /// Embeddings and encodings, and gamma where it is learned.
    pub embedding: f64,
    /// Each layer.
    pub layers: Vec<f64>,
    /// The readout.
    pub readout: f64,
}

/// The result of one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Lengths of the gradients.
    pub gradients: GradientNorms,
}

/// Why training is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// All epochs were trained.
    Epochs,
    /// The learning rate fell below its least.
    LearningRate,
    /// The validation loss stood still for too long.
    EarlyStop,
}

/// What one [`Trainer::step`] did.
#[derive(Clone, Debug, PartialEq)]
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
    /// Of `data`, which never change.
    pub(super) fingerprint: u64,
    /// State of the shuffling generator before it drew `order`.
    pub(super) shuffle: Generator,
    pub(super) order: Vec<u32>,
    pub(super) position: Position,
    /// Lengths of gradients, part by part, summed over the batches of the epoch.
    pub(super) norms: Vec<f64>,
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
            norms: Vec::new(),
            learner,
            fingerprint: data.fingerprint(),
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

    /// Allows more or fewer epochs, or waits longer or shorter for a better one, than the recipe said, also after
    /// training is over.
    pub fn set_length(&mut self, epochs: u32, early_stop: u32) {
        (self.recipe.epochs, self.recipe.early_stop) = (epochs, early_stop);
        if self.position == Position::Finished && self.end().is_none() {
            self.begin_epoch();
        }
    }

    /// A model in evaluation mode with the weights as they are now.
    ///
    /// # Errors
    /// The device failed.
    pub fn model(&self) -> Result<Model, ModelError> {
        self.learner.model()
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
        weights.metadata.insert(TRAINING_KEY.to_owned(), text.to_string());
        weights
    }

    pub(super) fn check(&self) -> Result<(), TrainError> {
        let conflict = self.recipe.conflicts().first().map(ToString::to_string);
        let problem = || self.data.problem(&self.learner.spec).map(str::to_owned);
        conflict.or_else(problem).map_or(Ok(()), |reason| Err(TrainError::Setup { reason }))
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
        self.norms.clear();
    }

    fn train_batch(&mut self, batch: usize, sum: f64) -> Result<Progress, TrainError> {
        let (epoch, size) = (self.epoch(), self.recipe.batch);
        let total = self.order.len().div_ceil(size);
        let indices = self.order.iter().skip(batch * size).take(size);
        let samples: Vec<&Sample> = indices.filter_map(|&index| self.data.train.get(index as usize)).collect();
        let lesson = self.learner.study(&samples)?;
        if !lesson.is_safe() {
            let place = located(self.learner.first_fault(&samples)?);
            return Err(TrainError::NotFinite { what: "loss or gradient", epoch, batch: batch + 1, place });
        }
        let norms = self.learner.gradient_norms(&lesson);
        self.norms.resize(norms.len(), 0.0);
        self.norms.iter_mut().zip(norms).for_each(|(sum, norm)| *sum += norm);
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
            let place = located(model.first_fault(&graphs)?);
            return Err(TrainError::NotFinite { what: "validation loss", epoch, batch: batch + 1, place });
        }
        predictions.extend(predicted);
        let done = batch + 1;
        if done < total {
            self.evaluated = Some((model, predictions));
            self.position = Position::Validating { batch: done, error, train_loss };
            return Ok(Progress::Validated { epoch, done, total });
        }
        let auc = metrics::mean_auc(&self.learner.spec, &predictions, &self.data.validation);
        Ok(Progress::Epoch(self.end_epoch((train_loss, mean(error, total)), auc)))
    }

    fn end_epoch(&mut self, (train_loss, validation_loss): (f64, f64), validation_auc: Option<f64>) -> EpochReport {
        let best = self.best.as_ref().is_none_or(|best| validation_loss < best.report.validation_loss);
        let report = EpochReport {
            epoch: self.epoch(),
            train_loss,
            validation_loss,
            validation_auc,
            learning_rate: self.schedule.learning_rate,
            best,
            gradients: self.mean_norms(),
        };
        if best {
            self.best = Some(Best { report: report.clone(), values: self.learner.values.clone() });
        }
        self.history.push(report.clone());
        self.schedule.observe(validation_loss, &self.recipe);
        if self.end().is_some() {
            self.position = Position::Finished;
        } else {
            self.begin_epoch();
        }
        report
    }

    fn mean_norms(&self) -> GradientNorms {
        let batches = self.order.len().div_ceil(self.recipe.batch);
        let mut means = self.norms.iter().map(|&sum| mean(sum, batches));
        let embedding = means.next().unwrap_or_default();
        let readout = means.next_back().unwrap_or_default();
        GradientNorms { embedding, layers: means.collect(), readout }
    }

    /// Why training is over; none while there are epochs to come.
    pub fn end(&self) -> Option<End> {
        let trained = self.history.last().map_or(0, |report| report.epoch);
        let best = self.best.as_ref().map_or(0, |best| best.report.epoch);
        let Recipe { epochs, early_stop, min_learning_rate, .. } = self.recipe;
        if trained >= epochs {
            Some(End::Epochs)
        } else if self.schedule.learning_rate < min_learning_rate {
            Some(End::LearningRate)
        } else if early_stop > 0 && trained - best >= early_stop {
            Some(End::EarlyStop)
        } else {
            None
        }
    }
}

/// Where the numbers ran away, as part of a sentence.
fn located(place: Option<String>) -> String {
    place.map_or_else(|| "nowhere when the batch was computed again".to_owned(), |place| format!("in {place}"))
}

fn mean(sum: f64, count: usize) -> f64 {
    sum / count as f64
}
