//! The two steps of a graph transformer layer that dominate its cost, fused for the CPU: attention and tail.
//!
//! Written in tensor operations, they spend most of their time copying, zeroing and reading back intermediate tensors
//! on one thread. Here each is one operation with a hand-written gradient, for tensors on burn's `flex` backend with or
//! without autodiff. Every other backend gets [`plain`], which also defines what is right.
//!
//! Shapes are the caller's responsibility: N nodes and E edges as in the [`Topology`], H a positive multiple of the
//! number of heads; N and E may be 0. Other shapes panic, as they do in burn's own operations.

mod attention;
mod attention_gradient;
mod attention_loops;
mod buffer;
mod dropout;
mod matrix;
mod operation;
mod parallel;
mod plain;
mod replaced;
mod rows;
mod simd;
mod tail;
mod tail_gradient;
mod tail_kernel;
#[cfg(test)]
mod tests;
mod topology;

use std::sync::Arc;

use burn::backend::DispatchDevice;
use burn::tensor::{DType, Device, Tensor};

use self::attention::{AttentionKernel, Present};
pub(super) use self::attention_loops::head_sums;
pub(crate) use self::dropout::Dropout;
use self::operation::{Kernel, run};
pub(super) use self::parallel::each;
pub(crate) use self::replaced::{Replaced, Score};
use self::tail_kernel::{TailEvaluation, TailTraining};
pub(crate) use self::topology::Topology;

/// Added to the sum of attention weights, so that a node without incoming edges divides 0 by something.
pub(super) const ATTENTION_EPSILON: f32 = 1e-6;
/// Attention logits are clamped to plus or minus this before the exponential.
const SCORE_LIMIT: f32 = crate::domain::LOGIT_LIMIT;
/// Added to a variance in batch norm.
pub(super) const NORM_EPSILON: f32 = 1e-5;

/// y = x W + b.
#[derive(Debug, Clone)]
pub(crate) struct Linear {
    /// `[in, out]`
    pub(crate) weight: Tensor<2>,
    /// `[out]`
    pub(crate) bias: Option<Tensor<1>>,
}

/// Parameters of attention. Either all linear maps have biases or none has.
#[derive(Debug, Clone)]
pub(crate) struct AttentionParams {
    /// Query, key, value and edge projection, `[H, H]` each.
    pub(crate) maps: [Linear; 4],
    /// Query, key and edge projection of absent bonds.
    pub(crate) absent: Option<[Linear; 3]>,
    /// The explicit bias vectors k', e' and v' of all heads, `[H]` each.
    pub(crate) explicit: Option<[Tensor<1>; 3]>,
}

impl AttentionParams {
    /// The same numbers, with keys, edge projections and e' outside the gradient graph.
    fn without_edge_gradients(&self) -> Self {
        let constant = |map: Linear| Linear { weight: map.weight.detach(), bias: map.bias.map(Tensor::detach) };
        let Self { maps: [q, k, v, e], absent, explicit } = self.clone();
        Self {
            maps: [q, constant(k), v, constant(e)],
            absent: absent.map(|maps| maps.map(constant)),
            explicit: explicit.map(|[k, e, v]| [k, e.detach(), v]),
        }
    }
}

/// Rows that edges read.
#[derive(Debug, Clone)]
pub(crate) struct Edges {
    /// `[U, H]`
    pub(crate) rows: Tensor<2>,
    /// The row of each edge; `None` where row e belongs to edge e.
    pub(crate) of: Option<Arc<Vec<u32>>>,
    /// For each row whether it describes absent bonds, which have projections of their own.
    pub(crate) absent: Option<Arc<Vec<bool>>>,
    /// What the weight of each edge is multiplied by, `[E, 1]`.
    pub(crate) factor: Option<Tensor<2>>,
    /// Scores that are not what the inputs say; computed by the plain kernel everywhere.
    pub(crate) replaced: Option<Replaced>,
}

/// How to compute attention, and what to give out besides its result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mode {
    /// Number of heads, which divides H.
    pub(crate) heads: usize,
    /// Factor s on the explicit bias terms.
    pub(crate) scale: f32,
    /// Weights come from the explicit bias score of the target, if there is one, instead of from the edge score.
    pub(crate) by_target: bool,
    /// Give out edge scores.
    pub(crate) keep_score: bool,
    /// Give out projections.
    pub(crate) keep_all: bool,
}

/// What attention computed.
#[derive(Debug)]
pub(crate) struct Attention {
    /// Node attention, `[N, H]`.
    pub(crate) node: Tensor<2>,
    /// Edge scores, `[E, H]`, if asked for.
    pub(crate) score: Option<Tensor<2>>,
    /// Bias scores r, `[N, heads]`, where weights come from them; without a gradient.
    pub(crate) logit: Option<Tensor<2>>,
    /// Q, K, V (explicit bias included) and P, `[N, H]` three times and `[E, H]`, if asked for; without a gradient.
    pub(crate) projections: Option<[Tensor<2>; 4]>,
}

/// Attention of one layer: projections, edge scores, weights, weighted mean of the neighbours' values.
///
/// With q = Wq x, k = Wk x, v = Wv x + s v', p = We rows (Wq2, Wk2, We2 for absent bonds) and r = (q . k') / sqrt(d) per
/// head, the score of an edge i -> j is `k_i * q_j / sqrt(d) * p_ij + s r_j e'`, its weight `exp(clamp(sum, -5, 5))` of a
/// head's scores (or of r_j) times its factor f, and node j gets `sum w f v_i / (sum w f + 1e-6)`: sections 3.1, 3.4 and 4
/// of the model specification. A node without incoming edges gets 0. A clamped weight passes no gradient to its score;
/// weights by target pass none to keys, edges and e', which they do not read.
#[must_use]
pub(crate) fn attention(
    x: Tensor<2>,
    edges: Edges,
    params: &AttentionParams,
    topology: &Arc<Topology>,
    mode: Mode,
) -> Attention {
    if place(&x) == Place::Other || edges.replaced.is_some() {
        return plain::attention(x, edges, params, topology, mode);
    }
    let Edges { rows, of, absent, factor, replaced: _ } = edges;
    let has = Present {
        factor: factor.is_some(),
        bias: params.maps.iter().all(|map| map.bias.is_some()),
        absent: params.absent.is_some(),
        explicit: params.explicit.is_some(),
    };
    let by_target = mode.by_target && has.explicit;
    // burn asks for a gradient by every tensor that took part, and weights by target have none to give to these.
    let rows = if by_target { rows.detach() } else { rows };
    let params = if by_target { &params.without_edge_gradients() } else { params };
    let mut inputs = vec![x.into_dispatch(), rows.into_dispatch()];
    inputs.extend(factor.map(Tensor::into_dispatch));
    for Linear { weight, bias } in params.maps.iter().chain(params.absent.iter().flatten()) {
        inputs.push(weight.clone().into_dispatch());
        inputs.extend(bias.clone().filter(|_| has.bias).map(Tensor::into_dispatch));
    }
    inputs.extend(params.explicit.iter().flatten().map(|vector| vector.clone().into_dispatch()));
    let kernel = AttentionKernel { topology: Arc::clone(topology), of, absent, mode, has };
    let mut outputs = run(Arc::new(kernel), inputs).into_iter();
    let mut next = || outputs.next();
    let node = next().unwrap_or_else(|| Tensor::zeros([0, 0], &Default::default()));
    let score = if mode.keep_score { next() } else { None };
    let logit = if by_target { next() } else { None };
    let projections = outputs.collect::<Vec<_>>().try_into().ok();
    Attention { node, score, logit, projections }
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

/// One stream's tail in training mode, and the batch statistics of its norms.
///
/// `u = BN1(x + drop(attention) Wo + bo)`, result `BN2(u + W2 drop(relu(W1 u + b1)) + b2)`, all `[rows, H]` (model
/// specification, section 3.2); `dropout` is that of the attention and that of the hidden layer. The second tensor,
/// `[4, H]`, holds mean and *biased* variance of the first and of the second norm; it carries no gradient. One row has
/// variance 0, so its result is `beta2`; no rows give statistics of 0.
#[must_use]
pub(crate) fn tail_train(
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    dropout: Option<[Dropout; 2]>,
) -> (Tensor<2>, Tensor<2>) {
    if place(&x) == Place::Other {
        return plain::tail_train(x, attention, params, dropout);
    }
    let fallback = x.clone();
    let outputs: Result<[_; 2], _> = run_tail(TailTraining { dropout }, x, attention, params, None).try_into();
    outputs.map_or_else(|_| (fallback.clone(), fallback), |[y, statistics]| (y, statistics))
}

/// One stream's tail in evaluation mode: as [`tail_train`] without dropout, with the `running` statistics `[4, H]` in
/// batch norm.
///
/// Fused without autodiff only; on an autodiff device it is [`plain::tail_eval`], whose gradients burn derives.
#[must_use]
pub(crate) fn tail_eval(x: Tensor<2>, attention: Tensor<2>, params: TailParams, running: Tensor<2>) -> Tensor<2> {
    if place(&x) != Place::Flex {
        return plain::tail_eval(x, attention, params, running);
    }
    let fallback = x.clone();
    run_tail(TailEvaluation, x, attention, params, Some(running)).pop().unwrap_or(fallback)
}

fn run_tail(
    kernel: impl Kernel + 'static,
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    running: Option<Tensor<2>>,
) -> Vec<Tensor<2>> {
    let mut inputs = vec![
        x.into_dispatch(),
        attention.into_dispatch(),
        params.out_weight.into_dispatch(),
        params.out_bias.into_dispatch(),
        params.gamma1.into_dispatch(),
        params.beta1.into_dispatch(),
        params.up_weight.into_dispatch(),
        params.up_bias.into_dispatch(),
        params.down_weight.into_dispatch(),
        params.down_bias.into_dispatch(),
        params.gamma2.into_dispatch(),
        params.beta2.into_dispatch(),
    ];
    inputs.extend(running.map(Tensor::into_dispatch));
    run(Arc::new(kernel), inputs)
}

/// Where a tensor lives, as far as the kernels care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Flex,
    FlexAutodiff,
    Other,
}

/// Whether a device's tensors are computed by the fused kernels, on the cores of this machine.
pub(super) fn computes_on(device: &Device) -> bool {
    place_of(device) != Place::Other
}

fn place(tensor: &Tensor<2>) -> Place {
    if tensor.dtype() == DType::F32 { place_of(&tensor.device()) } else { Place::Other }
}

fn place_of(device: &Device) -> Place {
    match device.as_dispatch() {
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
