//! The tail as kernels for burn.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;

use super::dropout::Dropout;
use super::operation::{Gradient, Kernel, Outcome, matrix, values, vector, width};
use super::tail::{self, Saved, Weights};
use super::tail_gradient;

/// Training mode; inputs x, attention, then the parameters in the order of [`super::TailParams`].
#[derive(Debug)]
pub(super) struct TailTraining {
    /// Of the attention result and of the hidden layer.
    pub(super) dropout: Option<[Dropout; 2]>,
}

/// Evaluation mode; the same inputs, and the running statistics.
#[derive(Debug)]
pub(super) struct TailEvaluation;

/// What the gradient needs of a forward pass.
#[derive(Debug)]
struct TailGradient(Saved);

impl Kernel for TailTraining {
    fn forward(&self, inputs: &[FlexTensor], tracked: bool) -> Outcome {
        let (rows, weights) = named(inputs);
        let width = weights.width();
        let (y, saved) = tail::forward(rows.x, rows.attention, &weights, self.dropout);
        let outputs = vec![matrix(y, width), matrix(saved.statistics(), width)];
        let gradient = tracked.then(|| Arc::new(TailGradient(saved)) as Arc<dyn Gradient>);
        Outcome { outputs, differentiable: 1, gradient }
    }
}

impl Kernel for TailEvaluation {
    /// There is no gradient: the caller takes the plain twin where one is needed.
    fn forward(&self, inputs: &[FlexTensor], _tracked: bool) -> Outcome {
        let (rows, weights) = named(inputs);
        let y = tail::evaluate(rows.x, rows.attention, &weights, rows.running);
        Outcome { outputs: vec![matrix(y, weights.width())], differentiable: 0, gradient: None }
    }
}

impl Gradient for TailGradient {
    fn backward(&self, inputs: &[FlexTensor], grads: &[Option<FlexTensor>]) -> Vec<Option<FlexTensor>> {
        let Some(Some(grad)) = grads.first() else { return Vec::new() };
        let (rows, weights) = named(inputs);
        let found = tail_gradient::backward(values(grad), rows.attention, &self.0, &weights);
        let (width, hidden) = (width(grad), found.up_bias.len());
        let found = [
            matrix(found.x, width),
            matrix(found.attention, width),
            matrix(found.out_weight, width),
            vector(found.out_bias),
            vector(found.gamma1),
            vector(found.beta1),
            matrix(found.up_weight, hidden),
            vector(found.up_bias),
            matrix(found.down_weight, width),
            vector(found.down_bias),
            vector(found.gamma2),
            vector(found.beta2),
        ];
        found.map(Some).into()
    }
}

/// Rows of one run.
struct Rows<'a> {
    x: &'a [f32],
    attention: &'a [f32],
    /// Empty in training mode.
    running: &'a [f32],
}

fn named(inputs: &[FlexTensor]) -> (Rows<'_>, Weights<'_>) {
    let mut inputs = inputs.iter().map(values);
    let mut next = || inputs.next().unwrap_or_default();
    let (x, attention) = (next(), next());
    let weights = Weights {
        out_weight: next(),
        out_bias: next(),
        gamma1: next(),
        beta1: next(),
        up_weight: next(),
        up_bias: next(),
        down_weight: next(),
        down_bias: next(),
        gamma2: next(),
        beta2: next(),
    };
    (Rows { x, attention, running: next() }, weights)
}
