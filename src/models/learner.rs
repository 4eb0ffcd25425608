//! One training step: gradients of one batch, and Adam.
//!
//! The optimiser works on plain vectors. A network of this size has half a million values in
//! hundreds of tensors, so one pass over plain memory costs less than a handful of tensor
//! operations for each of them, and the whole state can be saved and restored exactly.

use super::batch::Batch;
use super::network::{self, Network, Pass, Record, Training};
use super::parameters::{Layout, Role, Slot, Values};
use super::random::Generator;
use super::trace::{self, EdgeActivations};
use super::{GraphInput, Model, ModelError, ModelSpec, metrics, read, spec_of, weights_of};
use crate::domain::{Array, Weights};
use burn::tensor::{Device, Tensor, Transaction};
use std::collections::BTreeMap;

/// Adam's decay rates and epsilon (model-spec section 7).
const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
/// Share of the new batch in running statistics.
const MOMENTUM: f32 = 0.1;

/// A graph with the values to be predicted for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The graph.
    pub graph: GraphInput,
    /// Its measured values, one per output (for a model of nodes, one row of them per node); NaN where
    /// a value is missing.
    pub targets: Vec<f32>,
}

/// A network in training mode, with the state of its optimiser.
pub struct Learner {
    pub(super) spec: ModelSpec,
    pub(super) layout: Layout,
    pub(super) values: Values,
    pub(super) optimiser: Adam,
    device: Device,
    network: Box<dyn Network>,
    /// Rate, and the seed that the seed of every step is drawn from.
    training: Training,
}

/// Adam's state.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Adam {
    /// Running mean of gradients.
    pub(super) mean: Values,
    /// Running mean of squared gradients.
    pub(super) square: Values,
    /// Steps taken.
    pub(super) steps: u32,
}

/// What one batch taught: its loss, and the gradient that [`Learner::apply`] will follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Loss of the batch before the step: mean absolute error or binary cross entropy over the values
    /// that are known.
    pub loss: f32,
    /// Predictions in training mode, `outputs` per graph or node.
    pub predictions: Vec<f32>,
    gradients: Values,
    statistics: BTreeMap<usize, Statistics>,
}

/// Batch statistics of one tail.
#[derive(Clone, Debug, PartialEq)]
struct Statistics {
    rows: usize,
    /// `[4, H]`: mean, biased variance, mean, biased variance.
    values: Vec<f32>,
}

impl Learner {
    /// A learner that continues from `weights` with a fresh optimiser.
    ///
    /// # Errors
    /// Weights without readable specification or with tensors that do not fit it.
    pub fn new(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        let spec = spec_of(weights)?;
        let device = device.clone().autodiff();
        let mut network = network::build(&spec, &device);
        let layout = Layout::of(network.as_mut());
        let values = layout.read(&weights.arrays, "", true)?;
        let optimiser = Adam::new(layout.zeros());
        Ok(Self { spec, layout, values, optimiser, device, network, training: Training::default() })
    }

    /// The same learner with dropout at the given rate. The seed also decides the signs of
    /// eigenvectors; every step draws from a stream of its own, so a resumed run repeats it.
    #[must_use]
    pub fn with_randomness(self, dropout: f32, seed: u64) -> Self {
        Self { training: Training { dropout, seed }, ..self }
    }

    /// The weights as they are now.
    pub fn weights(&self) -> Weights {
        weights_of(&self.spec, &self.layout, &self.values)
    }

    /// A model in evaluation mode with the weights as they are now.
    pub(super) fn model(&self) -> Result<Model, ModelError> {
        Model::build(self.spec.clone(), &self.device.clone().inner(), |_| Ok(self.values.clone()))
    }

    /// Computes the loss of a batch and its gradient; nothing changes yet.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn study(&mut self, samples: &[&Sample]) -> Result<Lesson, ModelError> {
        let (lesson, ..) = self.forward_backward(samples, Record::Nothing)?;
        Ok(lesson)
    }

    /// As [`Learner::study`], with the edge activations of the forward pass in training mode.
    ///
    /// # Errors
    /// A graph that does not fit the model, or a failing device.
    pub fn study_recorded(&mut self, samples: &[&Sample]) -> Result<(Lesson, Vec<EdgeActivations>), ModelError> {
        let (lesson, batch, mut pass, prediction) = self.forward_backward(samples, Record::Edges)?;
        pass.layers = pass.layers.into_iter().map(network::Attended::without_gradient).collect();
        pass.factor = pass.factor.map(Tensor::inner);
        Ok((lesson, trace::edge_activations(&self.spec, &batch, pass, prediction)?))
    }

    /// Takes one Adam step along a lesson's gradient and updates the running statistics.
    pub fn apply(&mut self, lesson: &Lesson, learning_rate: f64) {
        let Adam { mean, square, steps } = &mut self.optimiser;
        *steps += 1;
        let step = Step::new(learning_rate, *steps);
        let mut tail = 0;
        let tensors = self.values.iter_mut().zip(mean).zip(square).zip(&lesson.gradients);
        for (role, (((values, mean), square), gradient)) in self.layout.roles().zip(tensors) {
            if role == Role::Running {
                if let Some(statistics) = lesson.statistics.get(&tail) {
                    statistics.update(values);
                }
                tail += 1;
            } else {
                step.take(values, mean, square, gradient);
            }
        }
    }

    /// A lesson's gradient under the names of the weights; tensors that do not reach the
    /// prediction are left out.
    pub fn gradients(&self, lesson: &Lesson) -> BTreeMap<String, Array> {
        self.layout.to_arrays(&lesson.gradients, "").collect()
    }

    /// The lengths of a lesson's gradient, part by part as in [`Layout::groups`].
    pub(super) fn gradient_norms(&self, lesson: &Lesson) -> Vec<f64> {
        let mut squares = vec![0.0; self.spec.layers + 2];
        for (group, values) in self.layout.groups(self.spec.layers).zip(&lesson.gradients) {
            if let Some(sum) = squares.get_mut(group) {
                *sum += square_sum(values);
            }
        }
        squares.into_iter().map(f64::sqrt).collect()
    }

    pub(super) fn forward_backward(
        &mut self,
        samples: &[&Sample],
        record: Record,
    ) -> Result<(Lesson, Batch, Pass, Tensor<2>), ModelError> {
        let graphs: Vec<&GraphInput> = samples.iter().map(|sample| &sample.graph).collect();
        let step = Generator::new(self.training.seed, &format!("step {}", self.optimiser.steps)).state();
        let batch = Batch::new(&graphs, &self.spec, Some(step), &self.device)?;
        self.layout.load(&self.values, self.network.as_mut(), &self.device, true);
        let mut pass = Pass::train(record, Training { seed: step, ..self.training });
        let prediction = self.network.forward(&batch, &mut pass); // [B, outputs]
        let loss = metrics::loss(self.spec.task, prediction.clone(), samples)?;
        let mut gradients = loss.backward();
        let prediction = prediction.inner();

        // One read for everything: loss, predictions, statistics, gradients.
        let mut transaction = Transaction::default().register(loss.inner()).register(prediction.clone());
        for statistics in &pass.statistics {
            transaction = transaction.register(statistics.values.clone().inner());
        }
        let mut reached = Vec::new();
        self.network.visit(&mut |_, _, slot| {
            let gradient = match slot {
                Slot::Vector(tensor) => tensor.grad_remove(&mut gradients),
                Slot::Matrix(tensor) => tensor.grad_remove(&mut gradients).map(|gradient| gradient.flatten::<1>(0, 1)),
            };
            reached.push(gradient.is_some());
            if let Some(gradient) = gradient {
                let so_far = std::mem::take(&mut transaction);
                transaction = so_far.register(gradient);
            }
        });
        let mut data = read(transaction)?.into_iter();
        let mut next = || data.next().unwrap_or_default();
        let loss = next().first().copied().unwrap_or(f32::NAN);
        let predictions = next();
        let statistics =
            pass.statistics.iter().map(|entry| (entry.tail, Statistics { rows: entry.rows, values: next() })).collect();
        let gradients = reached.into_iter().map(|reached| if reached { next() } else { Vec::new() }).collect();
        Ok((Lesson { loss, predictions, gradients, statistics }, batch, pass, prediction))
    }
}

impl std::fmt::Debug for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner")
            .field("spec", &self.spec)
            .field("steps", &self.optimiser.steps)
            .finish_non_exhaustive()
    }
}

impl Lesson {
    /// Whether loss and gradient are all finite, and small enough that what the optimiser makes of them is too,
    /// so that a step along it is safe.
    pub fn is_safe(&self) -> bool {
        let statistics = self.statistics.values().map(|statistics| &statistics.values);
        self.loss.is_finite() && self.gradients.iter().chain(statistics).flatten().all(|&value| is_safe(value))
    }

    /// The gradient, tensor by tensor.
    pub(super) fn gradients(&self) -> &Values {
        &self.gradients
    }

    /// Whether the batch statistics of a tail, if it ran, are as they should be.
    pub(super) fn is_tail_safe(&self, tail: usize) -> bool {
        self.statistics.get(&tail).is_none_or(|statistics| statistics.values.iter().all(|&value| is_safe(value)))
    }
}

/// Sum of squares, in eight lanes that do not wait for each other: a network has half a million values a batch.
fn square_sum(values: &[f32]) -> f64 {
    let mut lanes = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        lanes.iter_mut().zip(chunk).for_each(|(lane, &value)| *lane += f64::from(value) * f64::from(value));
    }
    lanes.iter_mut().zip(rest).for_each(|(lane, &value)| *lane += f64::from(value) * f64::from(value));
    lanes.iter().sum()
}

/// Whether a number is finite and so is its square with room to spare, as Adam's second moment needs.
pub(super) fn is_safe(value: f32) -> bool {
    value.abs() < 1e18
}

impl Adam {
    /// The state before the first step, for values of the same lengths as `zeros`.
    pub(super) fn new(zeros: Values) -> Self {
        Self { mean: zeros.clone(), square: zeros, steps: 0 }
    }
}

/// The factors of one Adam step.
pub(super) struct Step {
    size: f32,
    /// Square root of the bias correction of the second moment.
    root: f32,
}

impl Step {
    #[allow(clippy::cast_possible_truncation, reason = "rounding to the nearest float is meant")]
    pub(super) fn new(learning_rate: f64, steps: u32) -> Self {
        let correction = |beta: f32| 1.0 - f64::from(beta).powf(f64::from(steps));
        Self { size: (learning_rate / correction(BETA1)) as f32, root: correction(BETA2).sqrt() as f32 }
    }

    /// One tensor; an empty gradient leaves it alone.
    pub(super) fn take(&self, values: &mut [f32], mean: &mut [f32], square: &mut [f32], gradient: &[f32]) {
        for (((value, mean), square), gradient) in values.iter_mut().zip(mean).zip(square).zip(gradient) {
            *mean = BETA1 * *mean + (1.0 - BETA1) * gradient;
            *square = BETA2 * *square + (1.0 - BETA2) * gradient * gradient;
            *value -= self.size * *mean / (square.sqrt() / self.root + EPSILON);
        }
    }
}

impl Statistics {
    /// Mixes the batch into running statistics `[4, H]`. Running variances take the unbiased batch
    /// variance; one row has none, so they stay.
    fn update(&self, running: &mut [f32]) {
        let unbiased = (self.rows > 1).then(|| self.rows as f32 / (self.rows as f32 - 1.0));
        let width = (running.len() / 4).max(1);
        let rows = running.chunks_exact_mut(width).zip(self.values.chunks_exact(width));
        for ((running, batch), factor) in rows.zip([Some(1.0), unbiased, Some(1.0), unbiased]) {
            let Some(factor) = factor else { continue };
            for (running, batch) in running.iter_mut().zip(batch) {
                *running = (1.0 - MOMENTUM) * *running + MOMENTUM * factor * batch;
            }
        }
    }
}
