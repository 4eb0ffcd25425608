//! The kernels as burn operations: `flex` computes, autodiff records what the hand-written gradients need.
//!
//! burn routes a call by the tensors' backend. Only `flex` is listed, so the functions of the parent module ask where a
//! tensor lives before they call.

use std::sync::Arc;

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Backend, ExtensionType, Flex, backend_extension};
use burn::tensor::TensorData;

use super::edge::{self, Aggregated, Heads, Score};
use super::tail::{self, Saved, Weights};
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

impl<C: CheckpointStrategy> TrainingKernels for Autodiff<Flex, C> {
    fn edge_score(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        p: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self> {
        let ((q, q_node), (k, k_node), (p, p_node)) = (q.into_parts(), k.into_parts(), p.into_parts());
        let inputs = ScoreInputs::new([q, k, p], None, layout);
        let score = inputs.forward();
        match ScoreBackward.prepare::<C>([q_node, k_node, p_node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(inputs, score),
            OpsKind::UnTracked(step) => step.finish(score),
        }
    }

    fn edge_score_biased(
        q: FloatTensor<Self>,
        k: FloatTensor<Self>,
        p: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        layout: Layout,
    ) -> FloatTensor<Self> {
        let ((q, q_node), (k, k_node), (p, p_node)) = (q.into_parts(), k.into_parts(), p.into_parts());
        let (bias, bias_node) = bias.into_parts();
        let inputs = ScoreInputs::new([q, k, p], Some(bias), layout);
        let score = inputs.forward();
        match ScoreBackward.prepare::<C>([q_node, k_node, p_node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(inputs, score),
            OpsKind::UnTracked(step) => step.finish(score),
        }
    }

    fn edge_aggregate(score: FloatTensor<Self>, v: FloatTensor<Self>, layout: Layout) -> FloatTensor<Self> {
        let ((score, score_node), (v, v_node)) = (score.into_parts(), v.into_parts());
        let [score, v] = [score, v].map(contiguous);
        let width = width(&v);
        let (out, attention) = edge::aggregate(values(&score), values(&v), layout.heads(width));
        let out = tensor(out, width);
        match AggregateBackward.prepare::<C>([score_node, v_node]).compute_bound().stateful() {
            OpsKind::Tracked(step) => {
                step.finish(AggregateState { v, out: out.clone(), attention: Arc::new(attention), layout }, out)
            }
            OpsKind::UnTracked(step) => step.finish(out),
        }
    }

    fn tail_train(
        x: FloatTensor<Self>,
        attention: FloatTensor<Self>,
        params: TailTensors<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let TailTensors {
            out_weight,
            out_bias,
            gamma1,
            beta1,
            up_weight,
            up_bias,
            down_weight,
            down_bias,
            gamma2,
            beta2,
        } = params;
        let inputs = [
            x,
            attention,
            out_weight,
            out_bias,
            gamma1,
            beta1,
            up_weight,
            up_bias,
            down_weight,
            down_bias,
            gamma2,
            beta2,
        ];
        let nodes = inputs.each_ref().map(|input| input.node());
        let [x, attention, params @ ..] = inputs.map(|input| contiguous(input.into_primitive()));
        let params = TailTensors::from(params);
        let width = width(&x);
        let (y, saved) = tail::forward(values(&x), values(&attention), &params.weights());
        let (y, statistics) = (tensor(y, width), tensor(saved.statistics(), width));
        let y = match TailBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(step) => step.finish(TailState { attention, params, saved: Arc::new(saved) }, y),
            OpsKind::UnTracked(step) => step.finish(y),
        };
        (y, <Self as AutodiffBackend>::from_inner(statistics))
    }
}

/// Inputs of the edge score, kept for its gradient.
#[derive(Debug, Clone)]
struct ScoreInputs {
    q: FlexTensor,
    k: FlexTensor,
    p: FlexTensor,
    bias: Option<FlexTensor>,
    layout: Layout,
}

impl ScoreInputs {
    fn new(inputs: [FlexTensor; 3], bias: Option<FlexTensor>, layout: Layout) -> Self {
        let [q, k, p] = inputs.map(contiguous);
        Self { q, k, p, bias: bias.map(contiguous), layout }
    }

    fn values(&self) -> Score<'_> {
        Score { q: values(&self.q), k: values(&self.k), p: values(&self.p), bias: self.bias.as_ref().map(values) }
    }

    fn forward(&self) -> FlexTensor {
        let width = width(&self.p);
        tensor(edge::score(self.values(), self.layout.heads(width)), width)
    }

    fn gradients(&self, grad: &FlexTensor) -> edge::ScoreGradients {
        edge::score_gradients(values(grad), self.values(), self.layout.heads(width(&self.p)))
    }
}

#[derive(Debug)]
struct ScoreBackward;

impl Backward<Flex, 3> for ScoreBackward {
    type State = ScoreInputs;

    fn backward(self, ops: Ops<ScoreInputs, 3>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let found = ops.state.gradients(&grad);
        let width = width(&grad);
        for (parent, values) in ops.parents.into_iter().zip([found.q, found.k, found.p]) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, tensor(values, width));
            }
        }
    }
}

impl Backward<Flex, 4> for ScoreBackward {
    type State = ScoreInputs;

    fn backward(self, ops: Ops<ScoreInputs, 4>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let found = ops.state.gradients(&grad);
        let width = width(&grad);
        for (parent, values) in ops.parents.into_iter().zip([Some(found.q), Some(found.k), Some(found.p), found.bias]) {
            if let (Some(parent), Some(values)) = (parent, values) {
                grads.register::<Flex>(parent.id, tensor(values, width));
            }
        }
    }
}

/// What the gradient of the aggregation needs: values, result and signed weights; see [`edge::aggregate`].
#[derive(Debug, Clone)]
struct AggregateState {
    v: FlexTensor,
    out: FlexTensor,
    attention: Arc<Vec<f32>>,
    layout: Layout,
}

#[derive(Debug)]
struct AggregateBackward;

impl Backward<Flex, 2> for AggregateBackward {
    type State = AggregateState;

    fn backward(self, ops: Ops<AggregateState, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let AggregateState { v, out, attention, layout } = ops.state;
        let width = width(&grad);
        let saved = Aggregated { grad: values(&grad), out: values(&out), attention: &attention, v: values(&v) };
        let (score, v) = edge::aggregate_gradients(saved, layout.heads(width));
        for (parent, values) in ops.parents.into_iter().zip([score, v]) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, tensor(values, width));
            }
        }
    }
}

/// What the gradient of the tail needs.
#[derive(Debug, Clone)]
struct TailState {
    attention: FlexTensor,
    params: TailTensors<Flex>,
    saved: Arc<Saved>,
}

#[derive(Debug)]
struct TailBackward;

impl Backward<Flex, 12> for TailBackward {
    type State = TailState;

    fn backward(self, ops: Ops<TailState, 12>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = contiguous(grads.consume::<Flex>(&ops.node));
        let TailState { attention, params, saved } = ops.state;
        let found = tail::backward(values(&grad), values(&attention), &saved, &params.weights());
        let (width, hidden) = (width(&grad), found.up_bias.len());
        let found = [
            tensor(found.x, width),
            tensor(found.attention, width),
            tensor(found.out_weight, width),
            vector(found.out_bias),
            vector(found.gamma1),
            vector(found.beta1),
            tensor(found.up_weight, hidden),
            vector(found.up_bias),
            tensor(found.down_weight, width),
            vector(found.down_bias),
            vector(found.gamma2),
            vector(found.beta2),
        ];
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(parent) = parent {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

impl Layout {
    fn heads(&self, width: usize) -> Heads<'_> {
        Heads { topology: &self.topology, width, heads: self.heads }
    }
}

impl TailTensors<Flex> {
    fn contiguous(self) -> Self {
        let Self { out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2 } =
            self;
        let tensors = [out_weight, out_bias, gamma1, beta1, up_weight, up_bias, down_weight, down_bias, gamma2, beta2];
        Self::from(tensors.map(contiguous))
    }

    fn weights(&self) -> Weights<'_> {
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
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// The numbers of a contiguous `f32` tensor; the callers have made sure of both, so the empty case does not occur.
fn values(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().unwrap_or_default()
}

/// Size of the last axis.
fn width(tensor: &FlexTensor) -> usize {
    tensor.layout().shape().last().copied().unwrap_or_default()
}

/// A matrix with rows of `width` numbers, without copying.
fn tensor(values: Vec<f32>, width: usize) -> FlexTensor {
    let rows = values.len().checked_div(width).unwrap_or_default();
    FlexTensor::from_data(TensorData::new(values, [rows, width]))
}

fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    FlexTensor::from_data(TensorData::new(values, [length]))
}
