//! The kernels in plain tensor operations: their definition.
//!
//! Tests compare the fused kernels with these functions; every backend other than `flex` computes with them, gradients
//! included.

use burn::tensor::activation::relu;
use burn::tensor::{Device, IndexingUpdateOp, Int, Tensor, TensorData, module};

use super::{
    ATTENTION_EPSILON, Attention, AttentionParams, Dropout, Edges, Linear, Mode, NORM_EPSILON, SCORE_LIMIT, TailParams,
    Topology, head_scale,
};

/// Attention of one layer; see [`super::attention()`].
#[must_use]
pub(crate) fn attention(
    x: Tensor<2>,
    edges: Edges,
    params: &AttentionParams,
    topology: &Topology,
    mode: Mode,
) -> Attention {
    let ([nodes, width], device, heads) = (x.dims(), x.device(), mode.heads);
    let (count, channels) = (topology.edges(), width / heads.max(1));
    let [q, k, v, _] = params.maps.each_ref().map(|map| linear(&x, map)); // [N, H]
    let explicit = params.explicit.as_ref();
    let v = explicit.map_or(v.clone(), |[_, _, bias]| v + (bias.clone() * mode.scale).unsqueeze());
    if count == 0 {
        let none = || Tensor::zeros([0, width], (&device, x.dtype()));
        let projections = mode.keep_all.then(|| [q, k, v.clone(), none()]);
        let score = mode.keep_score.then(none);
        return Attention { node: v * 0.0, score, logit: None, projections };
    }
    let (source, target) = (indices(topology.source(), &device), indices(topology.target(), &device));
    let each = Each::new(&edges, topology);
    let p = each.projected(&edges, params, &device); // [E, H]
    let per_head = |rows: Tensor<2>| rows.reshape([-1, heads.cast_signed() as i32, channels.cast_signed() as i32]);
    let r = explicit.map(|[bias, ..]| {
        let products = q.clone() * bias.clone().unsqueeze();
        per_head(products).sum_dim(2) * head_scale(width, heads) // [N, heads, 1]
    });
    let [q_of_each, k_of_each] = each.queries_and_keys(&x, [&q, &k], params, topology); // [E, H]
    let mut score = k_of_each * q_of_each * head_scale(width, heads) * p.clone(); // [E, H]
    if let (Some(r), Some([_, e, _])) = (&r, explicit) {
        let bias = r.clone() * per_head(e.clone().unsqueeze::<2>()) * mode.scale; // [N, heads, d]
        score = score + bias.reshape([nodes, width]).select(0, target.clone());
    }
    let score = edges.replaced.as_ref().map_or(score.clone(), |replaced| replaced.apply(score));
    let by_target = r.filter(|_| mode.by_target).map(|r| r.reshape([nodes, heads]));
    let logit = match &by_target {
        Some(r) => r.clone().select(0, target.clone()).reshape([count, heads, 1]),
        None => per_head(score.clone()).sum_dim(2),
    };
    let weight = logit.clamp(-SCORE_LIMIT, SCORE_LIMIT).exp(); // [E, heads, 1]
    let weight = edges.factor.map_or(weight.clone(), |factor| weight * factor.reshape([count, 1, 1]));
    let weighted = per_head(v.clone().select(0, source)) * weight.clone(); // [E, heads, d]
    let scatter = |rows: Tensor<2>| {
        let zeros = Tensor::zeros([nodes, rows.dims()[1]], (&device, rows.dtype()));
        zeros.select_assign(0, target.clone(), rows, IndexingUpdateOp::Add)
    };
    let numerator = per_head(scatter(weighted.reshape([count, width])));
    let denominator = scatter(weight.reshape([count, heads])).reshape([nodes, heads, 1]) + ATTENTION_EPSILON;
    Attention {
        node: (numerator / denominator).reshape([nodes, width]),
        score: mode.keep_score.then_some(score),
        logit: by_target.map(Tensor::detach),
        projections: mode.keep_all.then(|| [q, k, v, p].map(Tensor::detach)),
    }
}

/// The row that each edge reads, and whether it is an absent bond.
struct Each {
    row: Vec<u32>,
    absent: Vec<bool>,
}

impl Each {
    fn new(edges: &Edges, topology: &Topology) -> Self {
        let row: Vec<u32> = match &edges.of {
            Some(of) => of.to_vec(),
            None => (0..).zip(topology.source()).map(|(edge, _)| edge).collect(),
        };
        let is_absent = |row: &u32| edges.absent.as_ref().is_some_and(|absent| absent[*row as usize]);
        Self { absent: row.iter().map(is_absent).collect(), row }
    }

    /// Places in a matrix of `first` rows for bonds, followed by as many for absent ones.
    fn places(&self, rows: &[u32], first: usize, device: &Device) -> Tensor<1, Int> {
        let second = u32::try_from(first).unwrap_or(u32::MAX);
        let place = |(row, &absent): (&u32, &bool)| if absent { row + second } else { *row };
        indices(&rows.iter().zip(&self.absent).map(place).collect::<Vec<_>>(), device)
    }

    fn projected(&self, edges: &Edges, params: &AttentionParams, device: &Device) -> Tensor<2> {
        let [.., e] = &params.maps;
        let bonds = linear(&edges.rows, e);
        let places = self.places(&self.row, edges.rows.dims()[0], device);
        match &params.absent {
            Some([.., e]) => Tensor::cat(vec![bonds, linear(&edges.rows, e)], 0).select(0, places),
            None => bonds.select(0, places),
        }
    }

    fn queries_and_keys(
        &self,
        x: &Tensor<2>,
        bonds: [&Tensor<2>; 2],
        params: &AttentionParams,
        topology: &Topology,
    ) -> [Tensor<2>; 2] {
        let absent = |map: usize| params.absent.as_ref().map(|maps| linear(x, &maps[map]));
        let ends = [topology.target(), topology.source()];
        [0, 1].map(|map| {
            let rows = [Some(bonds[map].clone()), absent(map)].into_iter().flatten().collect();
            Tensor::cat(rows, 0).select(0, self.places(ends[map], x.dims()[0], &x.device()))
        })
    }
}

/// One stream's tail in training mode; see [`super::tail_train`].
#[must_use]
pub(crate) fn tail_train(
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    dropout: Option<[Dropout; 2]>,
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
    tail(x, attention, params, None, |_| {
        (statistics.next().unwrap_or_else(|| unit.zeros_like()), statistics.next().unwrap_or_else(|| unit.clone()))
    })
}

/// Projection, residual, norm, feed-forward, residual, norm; `moments` gives a norm's mean and variance, `[1, H]` each.
fn tail(
    x: Tensor<2>,
    attention: Tensor<2>,
    params: TailParams,
    dropout: Option<[Dropout; 2]>,
    mut moments: impl FnMut(Tensor<2>) -> (Tensor<2>, Tensor<2>),
) -> Tensor<2> {
    let drop = |rows: Tensor<2>, place: usize| match dropout {
        Some(dropout) => rows.clone() * mask(dropout[place], &rows),
        None => rows,
    };
    let mut norm = |u: Tensor<2>, gamma: Tensor<1>, beta: Tensor<1>| {
        let (mean, variance) = moments(u.clone());
        (u - mean) / (variance + NORM_EPSILON).sqrt() * gamma.unsqueeze() + beta.unsqueeze()
    };
    let u = x + drop(attention, 0).matmul(params.out_weight) + params.out_bias.unsqueeze(); // [rows, H]
    let u = norm(u, params.gamma1, params.beta1);
    let hidden = relu(u.clone().matmul(params.up_weight) + params.up_bias.unsqueeze()); // [rows, 2H]
    let t = drop(hidden, 1).matmul(params.down_weight) + params.down_bias.unsqueeze(); // [rows, H]
    norm(u + t, params.gamma2, params.beta2)
}

/// What dropout multiplies a matrix of this shape by.
fn mask(dropout: Dropout, like: &Tensor<2>) -> Tensor<2> {
    let [rows, columns] = like.dims();
    let factors: Vec<f32> = (0..rows * columns).map(|place| dropout.factor(place)).collect();
    Tensor::from_data(TensorData::new(factors, [rows, columns]), (&like.device(), like.dtype()))
}

fn linear(x: &Tensor<2>, Linear { weight, bias }: &Linear) -> Tensor<2> {
    module::linear(x.clone(), weight.clone(), bias.clone())
}

fn indices(nodes: &[u32], device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = nodes.iter().map(|&node| i64::from(node)).collect();
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}
