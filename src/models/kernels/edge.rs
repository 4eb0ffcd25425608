//! Loops of the attention kernels over plain slices.
//!
//! Blocks of nodes are the unit of parallel work. Edges are sorted by target, so a block owns a contiguous run of edge
//! rows as well, and both its node rows and its edge rows can be handed out as exclusive slices.

use std::iter::repeat_n;

use rayon::prelude::*;

use super::buffer::{Slot, finished, uninitialised, write, write_rows};
use super::simd::vectorized;
use super::{ATTENTION_EPSILON, SCORE_LIMIT, Topology, head_scale};

/// Nodes per task; fixed, so that results do not depend on the number of threads.
const NODE_BLOCK: usize = 128;
/// Edges per task where the work goes edge by edge.
const EDGE_BLOCK: usize = 512;

/// Calls a block function with the head width as a literal where it is that of a published recipe (7, 8 or 11 features a
/// head), so that the compiler unrolls the innermost loops.
macro_rules! per_head_width {
    ($channels:expr, $block:ident($($argument:expr),*)) => {
        match $channels {
            7 => $block($($argument),*, 7),
            8 => $block($($argument),*, 8),
            11 => $block($($argument),*, 11),
            other => $block($($argument),*, other),
        }
    };
}

/// Shape shared by the loops: edges, row width H and number of heads, which divides H.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads<'a> {
    topology: &'a Topology,
    width: usize,
    heads: usize,
}

impl<'a> Heads<'a> {
    /// Splits rows of `width` features into `heads`.
    ///
    /// # Panics
    ///
    /// If the heads do not share out the features evenly: the loops below would leave numbers unwritten.
    pub(super) fn new(topology: &'a Topology, width: usize, heads: usize) -> Self {
        assert!(width > 0 && width.checked_rem(heads) == Some(0), "heads share out the features evenly");
        Self { topology, width, heads }
    }

    /// Features per head, d = H / heads.
    fn channels(&self) -> usize {
        self.width / self.heads
    }
}

/// Inputs of the edge score, row-major: `q`, `k`, `bias` `[N, H]`, `p` `[E, H]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Score<'a> {
    pub(super) q: &'a [f32],
    pub(super) k: &'a [f32],
    pub(super) p: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
}

/// Gradients of the edge score, in the order and shape of its inputs.
#[derive(Debug)]
pub(super) struct ScoreGradients {
    pub(super) q: Vec<f32>,
    pub(super) k: Vec<f32>,
    pub(super) p: Vec<f32>,
    pub(super) bias: Option<Vec<f32>>,
}

/// Edge scores, `[E, H]`.
pub(super) fn score(inputs: Score<'_>, shape: Heads<'_>) -> Vec<f32> {
    let mut out = uninitialised(shape.topology.edges() * shape.width);
    out.par_chunks_mut(EDGE_BLOCK * shape.width)
        .enumerate()
        .for_each(|(block, rows)| score_rows(rows, block * EDGE_BLOCK, inputs, shape));
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `score_rows` writes its whole block.
    unsafe {
        finished(out)
    }
}

vectorized! {
    /// Scores of the edges from number `first` on, one per row of `out`.
    fn score_rows(out: &mut [Slot], first: usize, inputs: Score<'_>, shape: Heads<'_>) {
        let Heads { topology, width, heads } = shape;
        let scale = head_scale(width, heads);
        let out = write_rows(out, width, first.., |edge| {
            let (source, target) = ends(topology, edge);
            let factors = row(inputs.k, source, width).iter().zip(row(inputs.q, target, width));
            factors.zip(row(inputs.p, edge, width)).map(move |((&k, &q), &p)| k * q * scale * p)
        });
        if let Some(bias) = inputs.bias {
            for (edge, out) in (first..).zip(out.chunks_exact_mut(width)) {
                add(out, row(bias, ends(topology, edge).1, width));
            }
        }
    }
}

/// Gradients of [`score`] for the gradient `grad` `[E, H]` of its result.
pub(super) fn score_gradients(grad: &[f32], inputs: Score<'_>, shape: Heads<'_>) -> ScoreGradients {
    let nodes = shape.topology.nodes() * shape.width;
    let (mut q, mut k, mut p) =
        (vec![0.0; nodes], vec![0.0; nodes], uninitialised(shape.topology.edges() * shape.width));
    let block = NODE_BLOCK * shape.width;
    let edge_blocks = by_target(&mut p, shape.topology, shape.width);
    (q.par_chunks_mut(block), k.par_chunks_mut(block), edge_blocks).into_par_iter().enumerate().for_each(
        |(block, (q, k, p))| {
            let first = block * NODE_BLOCK;
            score_gradient_target(q, p, first, (grad, inputs, shape));
            score_gradient_source(k, first, grad, inputs, shape);
        },
    );
    #[allow(unsafe_code, reason = "every edge ends in one node, so the blocks of edges above are all of the buffer")]
    // SAFETY: `score_gradient_target` writes its whole block.
    let p = unsafe { finished(p) };
    let bias = inputs.bias.map(|_| {
        let mut bias = vec![0.0; nodes];
        let blocks = bias.par_chunks_mut(block).enumerate();
        blocks.for_each(|(block, rows)| sum_incoming(rows, block * NODE_BLOCK, grad, shape));
        bias
    });
    ScoreGradients { q, k, p, bias }
}

vectorized! {
    /// Gradients by the queries `q` of the nodes from `first` on, and by the factors `p` of the edges into them.
    fn score_gradient_target(
        q: &mut [f32],
        p: &mut [Slot],
        first: usize,
        context: (&[f32], Score<'_>, Heads<'_>),
    ) {
        let (grad, inputs, Heads { topology, width, heads }) = context;
        let scale = head_scale(width, heads);
        let mut p = p.chunks_exact_mut(width);
        for (node, d_q) in (first..).zip(q.chunks_exact_mut(width)) {
            let q = row(inputs.q, node, width);
            for (edge, d_p) in topology.incoming(node..node + 1).zip(&mut p) {
                let k = row(inputs.k, ends(topology, edge).0, width);
                let (g, p) = (row(grad, edge, width), row(inputs.p, edge, width));
                write(d_p, g.iter().zip(k).zip(q).map(|((&g, &k), &q)| g * k * scale * q));
                for (((d_q, &g), &k), &p) in d_q.iter_mut().zip(g).zip(k).zip(p) {
                    *d_q += g * k * scale * p;
                }
            }
        }
    }
}

vectorized! {
    /// Gradients by the keys of the nodes from `first` on.
    fn score_gradient_source(k: &mut [f32], first: usize, grad: &[f32], inputs: Score<'_>, shape: Heads<'_>) {
        let Heads { topology, width, heads } = shape;
        let scale = head_scale(width, heads);
        for (node, d_k) in (first..).zip(k.chunks_exact_mut(width)) {
            for &edge in topology.outgoing(node) {
                let edge = edge as usize;
                let q = row(inputs.q, ends(topology, edge).1, width);
                let (g, p) = (row(grad, edge, width), row(inputs.p, edge, width));
                for (((d_k, &g), &q), &p) in d_k.iter_mut().zip(g).zip(q).zip(p) {
                    *d_k += g * q * scale * p;
                }
            }
        }
    }
}

vectorized! {
    /// Sums the rows of `edges` into the nodes from `first` on where they end.
    fn sum_incoming(out: &mut [f32], first: usize, edges: &[f32], shape: Heads<'_>) {
        let Heads { topology, width, .. } = shape;
        for (node, out) in (first..).zip(out.chunks_exact_mut(width)) {
            for edge in topology.incoming(node..node + 1) {
                add(out, row(edges, edge, width));
            }
        }
    }
}

/// Attention-weighted mean of neighbour values, `[N, H]`, and the normalised weights for the backward pass, `[E, heads]`:
/// `w / (sum w + 1e-6)`, with negative sign where the clamp was active, i.e. where no gradient passes to the score.
pub(super) fn aggregate(score: &[f32], v: &[f32], shape: Heads<'_>) -> (Vec<f32>, Vec<f32>) {
    let Heads { topology, width, heads } = shape;
    let mut out = vec![0.0; topology.nodes() * width];
    let mut attention = vec![0.0; topology.edges() * heads];
    let edge_blocks = by_target(&mut attention, topology, heads);
    (out.par_chunks_mut(NODE_BLOCK * width), edge_blocks)
        .into_par_iter()
        .enumerate()
        .for_each(|(block, (out, attention))| aggregate_rows(out, attention, block * NODE_BLOCK, (score, v), shape));
    (out, attention)
}

vectorized! {
    /// [`aggregate`] for the nodes from `first` on.
    fn aggregate_rows(out: &mut [f32], attention: &mut [f32], first: usize, inputs: (&[f32], &[f32]), shape: Heads<'_>) {
        per_head_width!(shape.channels(), aggregate_block(out, attention, first, inputs, shape))
    }
}

#[inline(always)]
fn aggregate_block(
    out: &mut [f32],
    mut attention: &mut [f32],
    first: usize,
    (score, v): (&[f32], &[f32]),
    Heads { topology, width, heads }: Heads<'_>,
    channels: usize,
) {
    let mut total = vec![0.0; heads];
    for (node, out) in (first..).zip(out.chunks_exact_mut(width)) {
        let edges = topology.incoming(node..node + 1);
        let (weights, rest) = std::mem::take(&mut attention).split_at_mut(edges.len() * heads);
        attention = rest;
        total.fill(0.0);
        for (edge, weights) in edges.zip(weights.chunks_exact_mut(heads)) {
            let score = row(score, edge, width).chunks_exact(channels);
            let v = row(v, ends(topology, edge).0, width).chunks_exact(channels);
            let out = out.chunks_exact_mut(channels);
            for ((((score, v), out), signed), total) in score.zip(v).zip(out).zip(weights).zip(&mut total) {
                let sum: f32 = score.iter().sum();
                let weight = sum.clamp(-SCORE_LIMIT, SCORE_LIMIT).exp();
                *signed = if sum.abs() <= SCORE_LIMIT { weight } else { -weight };
                *total += weight;
                out.iter_mut().zip(v).for_each(|(out, &v)| *out += weight * v);
            }
        }
        for (out, total) in out.chunks_exact_mut(channels).zip(&mut total) {
            *total = 1.0 / (*total + ATTENTION_EPSILON);
            out.iter_mut().for_each(|out| *out *= *total);
        }
        for weights in weights.chunks_exact_mut(heads) {
            weights.iter_mut().zip(&total).for_each(|(signed, total)| *signed *= total);
        }
    }
}

/// What the gradients of [`aggregate`] are made of: its result's gradient `[N, H]`, its result `[N, H]`, its weights
/// `[E, heads]` and the values `[N, H]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Aggregated<'a> {
    pub(super) grad: &'a [f32],
    pub(super) out: &'a [f32],
    pub(super) attention: &'a [f32],
    pub(super) v: &'a [f32],
}

/// Gradients of [`aggregate`] by the scores `[E, H]` and by the values `[N, H]`.
pub(super) fn aggregate_gradients(saved: Aggregated<'_>, shape: Heads<'_>) -> (Vec<f32>, Vec<f32>) {
    let Heads { topology, width, .. } = shape;
    let mut d_score = uninitialised(topology.edges() * width);
    let mut d_v = vec![0.0; topology.nodes() * width];
    let edge_blocks = by_target(&mut d_score, topology, width);
    (d_v.par_chunks_mut(NODE_BLOCK * width), edge_blocks).into_par_iter().enumerate().for_each(
        |(block, (d_v, d_score))| {
            aggregate_gradient_target(d_score, block * NODE_BLOCK, saved, shape);
            aggregate_gradient_source(d_v, block * NODE_BLOCK, saved, shape);
        },
    );
    #[allow(unsafe_code, reason = "every edge ends in one node, so the blocks of edges above are all of the buffer")]
    // SAFETY: `aggregate_gradient_target` writes its whole block.
    let d_score = unsafe { finished(d_score) };
    (d_score, d_v)
}

vectorized! {
    /// Gradients by the scores of the edges into a block of nodes, whose first is `first`.
    ///
    /// With n = sum w v / D, dn/dw = (v - n) / D and dw/ds = w, every channel of a head gets `(w / D) grad . (v - n)`.
    fn aggregate_gradient_target(d_score: &mut [Slot], first: usize, saved: Aggregated<'_>, shape: Heads<'_>) {
        per_head_width!(shape.channels(), gradient_target_block(d_score, first, saved, shape))
    }
}

#[inline(always)]
fn gradient_target_block(
    d_score: &mut [Slot],
    first: usize,
    saved: Aggregated<'_>,
    Heads { topology, width, heads }: Heads<'_>,
    channels: usize,
) {
    let start = topology.incoming(first..first + 1).start;
    for (edge, d_score) in (start..).zip(d_score.chunks_exact_mut(width)) {
        let (source, target) = ends(topology, edge);
        let v = row(saved.v, source, width).chunks_exact(channels);
        let grad = row(saved.grad, target, width).chunks_exact(channels);
        let out = row(saved.out, target, width).chunks_exact(channels);
        let parts = grad.zip(v).zip(out).zip(row(saved.attention, edge, heads));
        for (d_score, (((grad, v), out), signed)) in d_score.chunks_exact_mut(channels).zip(parts) {
            let along: f32 = grad.iter().zip(v).zip(out).map(|((&g, &v), &n)| g * (v - n)).sum();
            write(d_score, repeat_n(along * signed.max(0.0), channels));
        }
    }
}

vectorized! {
    /// Gradients by the values of the nodes from `first` on.
    fn aggregate_gradient_source(d_v: &mut [f32], first: usize, saved: Aggregated<'_>, shape: Heads<'_>) {
        per_head_width!(shape.channels(), gradient_source_block(d_v, first, saved, shape))
    }
}

#[inline(always)]
fn gradient_source_block(
    d_v: &mut [f32],
    first: usize,
    saved: Aggregated<'_>,
    Heads { topology, width, heads }: Heads<'_>,
    channels: usize,
) {
    for (node, d_v) in (first..).zip(d_v.chunks_exact_mut(width)) {
        for &edge in topology.outgoing(node) {
            let edge = edge as usize;
            let grad = row(saved.grad, ends(topology, edge).1, width).chunks_exact(channels);
            let parts = d_v.chunks_exact_mut(channels).zip(grad).zip(row(saved.attention, edge, heads));
            for ((d_v, grad), signed) in parts {
                d_v.iter_mut().zip(grad).for_each(|(d_v, &grad)| *d_v += signed.abs() * grad);
            }
        }
    }
}

/// Splits edge rows of `width` numbers into the runs that end in each block of [`NODE_BLOCK`] nodes.
fn by_target<'a, T>(mut rows: &'a mut [T], topology: &Topology, width: usize) -> Vec<&'a mut [T]> {
    let nodes = topology.nodes();
    let mut blocks = Vec::with_capacity(nodes.div_ceil(NODE_BLOCK));
    for first in (0..nodes).step_by(NODE_BLOCK) {
        let edges = topology.incoming(first..nodes.min(first + NODE_BLOCK)).len();
        let (block, rest) = rows.split_at_mut(edges * width);
        blocks.push(block);
        rows = rest;
    }
    blocks
}

#[inline(always)]
fn row(values: &[f32], index: usize, width: usize) -> &[f32] {
    &values[index * width..][..width]
}

/// Source and target node of an edge.
#[inline(always)]
fn ends(topology: &Topology, edge: usize) -> (usize, usize) {
    (topology.source()[edge] as usize, topology.target()[edge] as usize)
}

#[inline(always)]
fn add(sum: &mut [f32], values: &[f32]) {
    sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
