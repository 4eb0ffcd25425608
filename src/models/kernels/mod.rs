//! The three steps of a graph transformer layer that dominate its cost, fused for the CPU.
//!
//! Written in tensor operations, attention and the tails spend most of their time copying, zeroing and reading back
//! intermediate tensors on one thread. Here each is one operation with a hand-written gradient, for tensors on burn's
//! `flex` backend with or without autodiff. Every other backend gets [`plain`], which also defines what is right.
//!
//! Shapes are the caller's responsibility: N nodes and E edges as in the [`Topology`], H a positive multiple of `heads`;
//! N and E may be 0. Other shapes panic, as they do in burn's own operations.

mod buffer;
mod edge;
mod gradients;
mod matrix;
mod ops;
mod plain;
mod rows;
mod simd;
mod tail;
mod tail_gradient;
#[cfg(test)]
mod tests;
mod topology;

use std::sync::Arc;

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::{DType, Tensor};

use self::ops::{EvaluationKernels as _, Layout, TailTensors, TrainingKernels as _};
pub(crate) use self::topology::Topology;

/// Added to the sum of attention weights, so that a node without incoming edges divides 0 by something.
const ATTENTION_EPSILON: f32 = 1e-6;
/// Attention logits are clamped to plus or minus this before the exponential.
const SCORE_LIMIT: f32 = 5.0;
/// Added to a variance in batch norm.
const NORM_EPSILON: f32 = 1e-5;

/// Edge scores, the recorded edge activation: `k[source] * q[target] / sqrt(d) * p (+ bias[target])`, element by element.
///
/// `q`, `k` and `bias` are `[N, H]`, `p` and the result `[E, H]`; d = H / `heads`. Equation in section 3.1 of the model
/// specification (paper eq. 16 as the authors compute it); `bias` is the explicit bias term of section 4.
#[must_use]
pub(crate) fn edge_score(
    q: Tensor<2>,
    k: Tensor<2>,
    p: Tensor<2>,
    bias: Option<Tensor<2>>,
    topology: &Arc<Topology>,
    heads: usize,
) -> Tensor<2> {
    if place(&p) == Place::Other {
        return plain::edge_score(q, k, p, bias, topology, heads);
    }
    let layout = Layout { topology: Arc::clone(topology), heads };
    let (q, k, p) = (q.into_dispatch(), k.into_dispatch(), p.into_dispatch());
    Tensor::from_dispatch(match bias {
        Some(bias) => Dispatch::edge_score_biased(q, k, p, bias.into_dispatch(), layout),
        None => Dispatch::edge_score(q, k, p, layout),
    })
}

/// Attention over incoming edges: `sum w v[source] / (sum w + 1e-6)` with `w = exp(clamp(sum of a head's scores, -5, 5))`.
///
/// `score` is `[E, H]`, `v` and the result `[N, H]`. A node without incoming edges gets 0. A clamped weight passes no
/// gradient to its score.
#[must_use]
pub(crate) fn edge_aggregate(score: Tensor<2>, v: Tensor<2>, topology: &Arc<Topology>, heads: usize) -> Tensor<2> {
    if place(&v) == Place::Other {
        return plain::edge_aggregate(score, v, topology, heads);
    }
    let layout = Layout { topology: Arc::clone(topology), heads };
    Tensor::from_dispatch(Dispatch::edge_aggregate(score.into_dispatch(), v.into_dispatch(), layout))
}

/// Parameters of one tail; weights are `[in, out]`.
#[derive(Debug, Clone)]
pub(crate) struct TailParams {
    /// Output projection of the attention, `[H, H]`.
    pub(crate) out_weight: Tensor<2>,
    /// Its bias, `[H]`.
    pub(crate) out_bias: Tensor<1>,
    /// Scale of the first batch norm, `[H]`.
    pub(crate) gamma1: Tensor<1>,
    /// Shift of the first batch norm, `[H]`.
    pub(crate) beta1: Tensor<1>,
    /// First linear map of the feed-forward part, `[H, 2H]`.
    pub(crate) up_weight: Tensor<2>,
    /// Its bias, `[2H]`.
    pub(crate) up_bias: Tensor<1>,
    /// Second linear map of the feed-forward part, `[2H, H]`.
    pub(crate) down_weight: Tensor<2>,
    /// Its bias, `[H]`.
    pub(crate) down_bias: Tensor<1>,
    /// Scale of the second batch norm, `[H]`.
    pub(crate) gamma2: Tensor<1>,
    /// Shift of the second batch norm, `[H]`.
    pub(crate) beta2: Tensor<1>,
}

/// One stream's tail in training mode, without dropout, and the batch statistics of its norms.
///
/// `u = BN1(x + attention Wo + bo)`, result `BN2(u + W2 relu(W1 u + b1) + b2)`, all `[rows, H]` (model specification,
/// section 3.2). The second tensor, `[4, H]`, holds mean and *biased* variance of the first and of the second norm; it
/// carries no gradient. One row has variance 0, so its result is `beta2`; no rows give statistics of 0.
#[must_use]
pub(crate) fn tail_train(x: Tensor<2>, attention: Tensor<2>, params: TailParams) -> (Tensor<2>, Tensor<2>) {
    if place(&x) == Place::Other {
        return plain::tail_train(x, attention, params, 0.0);
    }
    let (y, statistics) = Dispatch::tail_train(x.into_dispatch(), attention.into_dispatch(), params.into());
    (Tensor::from_dispatch(y), Tensor::from_dispatch(statistics))
}

/// One stream's tail in evaluation mode: as [`tail_train`], with the `running` statistics `[4, H]` in batch norm.
///
/// Fused without autodiff only; on an autodiff device it is [`plain::tail_eval`], whose gradients burn derives.
#[must_use]
pub(crate) fn tail_eval(x: Tensor<2>, attention: Tensor<2>, params: TailParams, running: Tensor<2>) -> Tensor<2> {
    if place(&x) != Place::Flex {
        return plain::tail_eval(x, attention, params, running);
    }
    let (x, attention) = (x.into_dispatch(), attention.into_dispatch());
    Tensor::from_dispatch(Dispatch::tail_eval(x, attention, params.into(), running.into_dispatch()))
}

impl From<TailParams> for TailTensors<Dispatch> {
    fn from(params: TailParams) -> Self {
        Self {
            out_weight: params.out_weight.into_dispatch(),
            out_bias: params.out_bias.into_dispatch(),
            gamma1: params.gamma1.into_dispatch(),
            beta1: params.beta1.into_dispatch(),
            up_weight: params.up_weight.into_dispatch(),
            up_bias: params.up_bias.into_dispatch(),
            down_weight: params.down_weight.into_dispatch(),
            down_bias: params.down_bias.into_dispatch(),
            gamma2: params.gamma2.into_dispatch(),
            beta2: params.beta2.into_dispatch(),
        }
    }
}

/// Where a tensor lives, as far as the kernels care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Flex,
    FlexAutodiff,
    Other,
}

fn place(tensor: &Tensor<2>) -> Place {
    if tensor.dtype() != DType::F32 {
        return Place::Other;
    }
    match tensor.device().as_dispatch() {
        DispatchDevice::Flex(_) => Place::Flex,
        device @ DispatchDevice::Autodiff(_) if matches!(device.clone().inner(), DispatchDevice::Flex(_)) => {
            Place::FlexAutodiff
        }
        _ => Place::Other,
    }
}

/// `1 / sqrt(d)` with d = `width` / `heads` features per head.
fn head_scale(width: usize, heads: usize) -> f32 {
    (heads as f32 / width as f32).sqrt()
}
