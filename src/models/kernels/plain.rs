//! The kernels in plain tensor operations: their definition.
//!
//! Tests compare the fused kernels with these functions; every backend other than `flex` computes with them, gradients
//! included. They are also the only place where dropout exists: the fused tail is for recipes without it.

use burn::nn::DropoutConfig;
use burn::tensor::activation::relu;
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData};

use super::{ATTENTION_EPSILON, NORM_EPSILON, SCORE_LIMIT, TailParams, Topology, head_scale};

/// Edge scores `k[source] * q[target] / sqrt(d) * p (+ bias[target])`, `[E, H]`; see [`super::edge_score`].
#[must_use]
pub(crate) fn edge_score(
    q: Tensor<2>,
    k: Tensor<2>,
    p: Tensor<2>,
    bias: Option<Tensor<2>>,
    topology: &Topology,
    heads: usize,
) -> Tensor<2> {
    if topology.edges() == 0 {
        return p;
    }
    let (source, target) = (indices(topology.source(), &p.device()), indices(topology.target(), &p.device()));
    let scale = head_scale(q.dims()[1], heads);
    let score = k.select(0, source) * q.select(0, target.clone()) * scale * p; // [E, H]
    match bias {
        Some(bias) => score + bias.select(0, target),
        None => score,
    }
}

/// Attention-weighted mean of the values of a node's neighbours, `[N, H]`; see [`super::edge_aggregate`].
#[must_use]
pub(crate) fn edge_aggregate(score: Tensor<2>, v: Tensor<2>, topology: &Topology, heads: usize) -> Tensor<2> {
    let [nodes, width] = v.dims();
    let (edges, channels) = (topology.edges(), width / heads.max(1));
    if edges == 0 {
        return v * 0.0;
    }
    let device = v.device();
    let (source, target) = (indices(topology.source(), &device), indices(topology.target(), &device));
    let weight = score.reshape([edges, heads, channels]).sum_dim(2).clamp(-SCORE_LIMIT, SCORE_LIMIT).exp(); // [E, heads, 1]
    let weighted = v.select(0, source).reshape([edges, heads, channels]) * weight.clone(); // [E, heads, d]
    let scatter = |rows: Tensor<2>| {
        let zeros = Tensor::zeros([nodes, rows.dims()[1]], (&device, rows.dtype()));
        zeros.select_assign(0, target.clone(), rows, IndexingUpdateOp::Add)
    };
    let numerator = scatter(weighted.reshape([edges, width])).reshape([nodes, heads, channels]);
    let denominator = scatter(weight.reshape([edges, heads])).reshape([nodes, heads, 1]) + ATTENTION_EPSILON;
    (numerator / denominator).reshape([nodes, width])
}

/// One stream's tail in training mode with dropout rate `dropout` (0 for none); see [`super::tail_train`].
#[must_use]
pub(crate) fn tail_train(
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    dropout: f64,
) -> (Tensor<2>, Tensor<2>) {
    let [rows, width] = x.dims();
    if rows == 0 {
        let statistics = Tensor::zeros([4, width], &x.device());
        return (x, statistics);
    }
    let mut statistics = Vec::with_capacity(4);
    let output = tail(x, attention, params, dropout, |u| {
        let mean = u.clone().mean_dim(0); // [1, H]
        let variance = (u - mean.clone()).square().mean_dim(0); // [1, H], biased
        statistics.extend([mean.clone().detach(), variance.clone().detach()]);
        (mean, variance)
    });
    (output, Tensor::cat(statistics, 0))
}

/// One stream's tail in evaluation mode; see [`super::tail_eval`].
#[must_use]
pub(crate) fn tail_eval(x: Tensor<2>, attention: Tensor<2>, params: TailParams, running: Tensor<2>) -> Tensor<2> {
    let mut statistics = (0..4).map(|row| running.clone().narrow(0, row, 1));
    let unit = Tensor::ones([1, x.dims()[1]], &x.device());
    tail(x, attention, params, 0.0, |_| {
        (statistics.next().unwrap_or_else(|| unit.zeros_like()), statistics.next().unwrap_or_else(|| unit.clone()))
    })
}

/// Projection, residual, norm, feed-forward, residual, norm; `moments` gives a norm's mean and variance, `[1, H]` each.
fn tail(
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    dropout: f64,
    mut moments: impl FnMut(Tensor<2>) -> (Tensor<2>, Tensor<2>),
) -> Tensor<2> {
    let drop = DropoutConfig::new(dropout).init();
    let mut norm = |u: Tensor<2>, gamma: Tensor<1>, beta: Tensor<1>| {
        let (mean, variance) = moments(u.clone());
        (u - mean) / (variance + NORM_EPSILON).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
    };
    let u = x + drop.forward(attention).matmul(params.out_weight) + params.out_bias.unsqueeze(); // [rows, H]
    let u = norm(u, params.gamma1, params.beta1);
    let hidden = relu(u.clone().matmul(params.up_weight) + params.up_bias.unsqueeze()); // [rows, 2H]
    let t = drop.forward(hidden).matmul(params.down_weight) + params.down_bias.unsqueeze(); // [rows, H]
    norm(u + t, params.gamma2, params.beta2)
}

fn indices(nodes: &[u32], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = nodes.iter().map(|&node| i64::from(node)).collect();
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}
