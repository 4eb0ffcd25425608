//! The kernels under autodiff: what a forward pass keeps, and the hand-written gradients as burn's backward steps.

use std::sync::Arc;

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{AutodiffBackend, Flex};
use burn::tensor::TensorData;

use super::edge::{self, Aggregated};
use super::ops::{Layout, ScoreInputs, TailTensors, TrainingKernels, contiguous, tensor, values, width};
use super::tail::{self, Saved};
use super::tail_gradient;

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
        let found = tail_gradient::backward(values(&grad), values(&attention), &saved, &params.weights());
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

fn vector(values: Vec<f32>) -> FlexTensor {
    let length = values.len();
    FlexTensor::from_data(TensorData::new(values, [length]))
}
