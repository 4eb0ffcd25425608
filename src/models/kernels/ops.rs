//! The kernels as burn operations, and their results on `flex`.
//!
//! burn routes a call by the tensors' backend. Only `flex` is listed, so the functions of the parent module ask where a
//! tensor lives before they call.

use std::sync::Arc;

use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, Flex, backend_extension};
use burn::tensor::TensorData;

use super::edge::{self, Heads, Score};
use super::tail::{self, Weights};
use super::topology::Topology;

/// How the edges of a batch connect its nodes, and into how many heads a row is split.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) topology: Arc<Topology>,
    pub(super) heads: usize,
}

/// The tensors of [`super::TailParams`] on one backend.
#[derive(Debug, Clone, ExtensionType)]
pub(super) struct TailTensors<B: Backend> {
    pub(super) out_weight: FloatTensor<B>,
    pub(super) out_bias: FloatTensor<B>,
    pub(super) gamma1: FloatTensor<B>,
    pub(super) beta1: FloatTensor<B>,
    pub(super) up_weight: FloatTensor<B>,
    pub(super) up_bias: FloatTensor<B>,
    pub(super) down_weight: FloatTensor<B>,
    pub(super) down_bias: FloatTensor<B>,
    pub(super) gamma2: FloatTensor<B>,
    pub(super) beta2: FloatTensor<B>,
}

/// Operations with a gradient.
#[backend_extension(Autodiff, Flex)]
pub(super) trait TrainingKernels: Backend {
    /// See [`super::edge_score`].
    fn edge_score(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        p: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self>;

    /// See [`super::edge_score`].
    fn edge_score_biased(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        p: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self>;

    /// See [`super::edge_aggregate`].
    fn edge_aggregate(score: FloatTensor<Self>, v: FloatTensor<Self>, layout: Layout) -> FloatTensor<Self>;

    /// See [`super::tail_train`].
    fn tail_train(
        x: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        #[extension_type] params: TailTensors<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

/// Operations of evaluation mode, without a gradient.
#[backend_extension(Flex)]
pub(super) trait EvaluationKernels: Backend {
    /// See [`super::tail_eval`].
    fn tail_eval(
        x: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        #[extension_type] params: TailTensors<Self>,
        running: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl TrainingKernels for Flex {
    fn edge_score(q: FlexTensor, k: FlexTensor, p: FlexTensor, layout: Layout) -> FlexTensor {
        ScoreInputs::new([q, k, p], None, layout).forward()
    }

    fn edge_score_biased(q: FlexTensor, k: FlexTensor, p: FlexTensor, bias: FlexTensor, layout: Layout) -> FlexTensor {
        ScoreInputs::new([q, k, p], Some(bias), layout).forward()
    }

    fn edge_aggregate(score: FlexTensor, v: FlexTensor, layout: Layout) -> FlexTensor {
        let [score, v] = [score, v].map(contiguous);
        let width = width(&v);
        tensor(edge::aggregate(values(&score), values(&v), layout.heads(width)).0, width)
    }

    fn tail_train(x: FlexTensor, attention: FlexTensor, params: TailTensors<Flex>) -> (FlexTensor, FlexTensor) {
        let [x, attention] = [x, attention].map(contiguous);
        let (y, saved) = tail::forward(values(&x), values(&attention), &params.contiguous().weights());
        (tensor(y, width(&x)), tensor(saved.statistics(), width(&x)))
    }
}

impl EvaluationKernels for Flex {
    fn tail_eval(x: FlexTensor, attention: FlexTensor, params: TailTensors<Flex>, running: FlexTensor) -> FlexTensor {
        let [x, attention, running] = [x, attention, running].map(contiguous);
        let params = params.contiguous();
        tensor(tail::evaluate(values(&x), values(&attention), &params.weights(), values(&running)), width(&x))
    }
}

/// Inputs of the edge score, kept for its gradient.
#[derive(Debug, Clone)]
pub(super) struct ScoreInputs {
    q: FlexTensor,
    k: FlexTensor,
    p: FlexTensor,
    bias: Option<FlexTensor>,
    layout: Layout,
}

impl ScoreInputs {
    pub(super) fn new(inputs: [FlexTensor; 3], bias: Option<FlexTensor>, layout: Layout) -> Self {
        let [q, k, p] = inputs.map(contiguous);
        Self { q, k, p, bias: bias.map(contiguous), layout }
    }

    pub(super) fn values(&self) -> Score<'_> {
        Score { q: values(&self.q), k: values(&self.k), p: values(&self.p), bias: self.bias.as_ref().map(values) }
    }

    pub(super) fn forward(&self) -> FlexTensor {
        let width = width(&self.p);
        tensor(edge::score(self.values(), self.layout.heads(width)), width)
    }

    pub(super) fn gradients(&self, grad: &FlexTensor) -> edge::ScoreGradients {
        edge::score_gradients(values(grad), self.values(), self.layout.heads(width(&self.p)))
    }
}

impl Layout {
    pub(super) fn heads(&self, width: usize) -> Heads<'_> {
        Heads::new(&self.topology, width, self.heads)
    }
}

impl TailTensors<Flex> {
    fn contiguous(self) -> Self {
        let Self { out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2 } =
            self;
        let tensors = [out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2];
        Self::from(tensors.map(contiguous))
    }

    pub(super) fn weights(&self) -> Weights<'_> {
        Weights {
            out_weight: values(&self.out_weight),
            out_bias: values(&self.out_bias),
            gamma1: values(&self.gamma1),
            beta1: values(&self.beta1),
            up_weight: values(&self.up_weight),
            up_bias: values(&self.up_bias),
            down_weight: values(&self.down_weight),
            down_bias: values(&self.down_bias),
            gamma2: values(&self.gamma2),
            beta2: values(&self.beta2),
        }
    }
}

impl From<[FlexTensor; 10]> for TailTensors<Flex> {
    /// In the order of the fields.
    fn from(tensors: [FlexTensor; 10]) -> Self {
        let [out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2] = tensors;
        Self { out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2 }
    }
}

/// Row-major in memory, as the loops read it; copies only a tensor that is not.
pub(super) fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a contiguous `f32` tensor; the callers have made sure of both, so the empty case does not occur.
pub(super) fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

/// Size of the last axis.
pub(super) fn width(tensor: &FlexTensor) -> usize {
    tensor.layout().shape().last().copied().unwrap_or_default()
}

/// A matrix with rows of `width` numbers, without copying.
pub(super) fn tensor(values: Vec<f32>, width: usize) -> FlexTensor {
    let rows = values.len().checked_div(width).unwrap_or_default();
    FlexTensor::from_data(TensorData::new(values, [rows, width]))
}
