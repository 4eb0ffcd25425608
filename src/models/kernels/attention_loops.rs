//! The loops over edges and nodes of one block.

use super::attention::Walk;
use super::buffer::{Slot, write};
use super::simd::vectorized;
use super::{ATTENTION_EPSILON, SCORE_LIMIT, head_scale};

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

/// What edges read, row-major; node rows are those of the block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// Queries of bonds and of absent bonds.
    pub(super) q: [&'a [f32]; 2],
    /// Keys of bonds and of absent bonds.
    pub(super) k: [&'a [f32]; 2],
    pub(super) v: &'a [f32],
    /// Projected edge rows, addressed by [`Walk::row`].
    pub(super) p: &'a [f32],
    /// What is added to the scores of each node's edges, `[n, H]`; may be empty.
    pub(super) bias: &'a [f32],
    /// Logits that replace the sums of the scores, `[n, heads]`; may be empty.
    pub(super) by_target: &'a [f32],
}

/// Where a block's results go.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// `[n, H]`, zero at the start.
    pub(super) node: &'a mut [f32],
    /// `[e, H]`
    pub(super) score: Option<&'a mut [Slot]>,
}

vectorized! {
    /// Scores (if `scored`), shares and weighted means of a block's edges; see [`super::attention::Saved`].
    pub(super) fn attend(walk: Walk<'_>, rows: Rows<'_>, share: &mut [f32], out: &mut Written<'_>, scored: bool) {
        per_head_width!(walk.width / walk.heads, attend_block(walk, rows, share, out, scored))
    }
}

#[inline(always)]
fn attend_block(
    walk: Walk<'_>,
    rows: Rows<'_>,
    mut share: &mut [f32],
    out: &mut Written<'_>,
    scored: bool,
    channels: usize,
) {
    let Walk { width, heads, .. } = walk;
    let scale = head_scale(width, heads);
    let (mut total, mut logits) = (vec![0.0; heads], vec![0.0; heads]);
    let mut scratch = vec![Slot::new(0.0); width];
    for (local, node) in walk.block.nodes.clone().enumerate() {
        let edges = walk.topology.incoming(node);
        let mean = &mut out.node[local * width..][..width];
        let (shares, rest) = std::mem::take(&mut share).split_at_mut(edges.len() * heads);
        share = rest;
        total.fill(0.0);
        for (edge, shares) in edges.zip(shares.chunks_exact_mut(heads)) {
            let source = walk.source(edge);
            if scored {
                let (place, kind) = walk.row(edge);
                let score = match &mut out.score {
                    Some(score) => &mut score[(edge - walk.block.edges.start) * width..][..width],
                    None => &mut scratch[..],
                };
                let (q, k, p) =
                    (row(rows.q[kind], local, width), row(rows.k[kind], source, width), row(rows.p, place, width));
                let score = write(score, k.iter().zip(q).zip(p).map(|((&k, &q), &p)| k * q * scale * p));
                if !rows.bias.is_empty() {
                    score.iter_mut().zip(row(rows.bias, local, width)).for_each(|(score, &bias)| *score += bias);
                }
                for (logit, score) in logits.iter_mut().zip(score.chunks_exact(channels)) {
                    *logit = score.iter().sum();
                }
            }
            if !rows.by_target.is_empty() {
                logits.copy_from_slice(row(rows.by_target, local, heads));
            }
            let factor = walk.factor(edge);
            let v = row(rows.v, source, width).chunks_exact(channels);
            for ((((mean, v), share), total), &logit) in
                mean.chunks_exact_mut(channels).zip(v).zip(shares).zip(&mut total).zip(&logits)
            {
                let weight = logit.clamp(-SCORE_LIMIT, SCORE_LIMIT).exp();
                *share = if logit.abs() <= SCORE_LIMIT { weight } else { -weight };
                let weight = weight * factor;
                *total += weight;
                mean.iter_mut().zip(v).for_each(|(mean, &v)| *mean += weight * v);
            }
        }
        for (mean, total) in mean.chunks_exact_mut(channels).zip(&mut total) {
            *total = 1.0 / (*total + ATTENTION_EPSILON);
            mean.iter_mut().for_each(|mean| *mean *= *total);
        }
        for shares in shares.chunks_exact_mut(heads) {
            shares.iter_mut().zip(&total).for_each(|(share, total)| *share *= total);
        }
    }
}

vectorized! {
    /// Sum of every `channels` consecutive numbers: the attention logits of rows of scores.
    pub(in super::super) fn head_sums(scores: &[f32], channels: usize) -> Vec<f32> {
        per_head_width!(channels, head_sums_of(scores))
    }
}

#[inline(always)]
fn head_sums_of(scores: &[f32], channels: usize) -> Vec<f32> {
    scores.chunks_exact(channels).map(|scores| scores.iter().sum()).collect()
}

vectorized! {
    /// Bias scores r = (q . k') / sqrt(d) of each node and head, `[n, heads]`, and `scale` r e', `[n, H]`.
    pub(super) fn bias_scores(q: &[f32], k: &[f32], e: &[f32], shape: (usize, f32)) -> (Vec<f32>, Vec<f32>) {
        let (heads, scale) = shape;
        let (width, channels) = (k.len(), k.len() / heads);
        let mut r = Vec::with_capacity(q.len() / channels);
        let mut bias = Vec::with_capacity(q.len());
        for q in q.chunks_exact(width) {
            for ((q, k), e) in q.chunks_exact(channels).zip(k.chunks_exact(channels)).zip(e.chunks_exact(channels)) {
                let score = q.iter().zip(k).map(|(q, k)| q * k).sum::<f32>() * head_scale(width, heads);
                r.push(score);
                bias.extend(e.iter().map(|e| scale * score * e));
            }
        }
        (r, bias)
    }
}

/// What the gradient of a block is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) rows: Rows<'a>,
    /// Result of the block's nodes, `[n, H]`, and its gradient.
    pub(super) node: &'a [f32],
    pub(super) d_node: &'a [f32],
    /// Gradient of the scores, `[e, H]`; may be empty.
    pub(super) d_score: &'a [f32],
    /// See [`super::attention::Saved`].
    pub(super) share: &'a [f32],
}

/// Gradients of a block, zero at the start.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    /// Of the queries of bonds and of absent bonds, `[n, H]`.
    pub(super) q: [Vec<f32>; 2],
    /// Of the keys of bonds and of absent bonds, `[n, H]`.
    pub(super) k: [Vec<f32>; 2],
    /// Of the values, `[n, H]`.
    pub(super) v: Vec<f32>,
    /// Of what was added to the scores of each node's edges, `[n, H]`; empty if nothing was.
    pub(super) bias: Vec<f32>,
    /// Of logits that come from the target, `[n, heads]`; empty if they do not.
    pub(super) by_target: Vec<f32>,
    /// Of the projected edge rows, addressed by [`Walk::row`].
    pub(super) p: &'a mut [f32],
    /// Of the factors, `[e]`.
    pub(super) factor: &'a mut [f32],
}

vectorized! {
    /// Backward pass of [`attend`].
    ///
    /// With n = sum w f v / D and D = sum w f + 1e-6, dn/d(w f) = (v - n) / D and dw/ds = w: every channel of a head gets
    /// `(w f / D) grad . (v - n)`, the factor `(w / D) grad . (v - n)` of all heads.
    pub(super) fn attend_gradient(walk: Walk<'_>, from: Incoming<'_>, to: &mut Outgoing<'_>) {
        per_head_width!(walk.width / walk.heads, gradient_block(walk, from, to))
    }
}

#[inline(always)]
fn gradient_block(walk: Walk<'_>, from: Incoming<'_>, to: &mut Outgoing<'_>, channels: usize) {
    let Walk { width, heads, .. } = walk;
    let (first, scale) = (walk.block.edges.start, head_scale(width, heads));
    let mut grad = vec![0.0; width];
    for (local, node) in walk.block.nodes.clone().enumerate() {
        let (mean, d_mean) = (row(from.node, local, width), row(from.d_node, local, width));
        for edge in walk.topology.incoming(node) {
            let (source, factor) = (walk.source(edge), walk.factor(edge));
            let share = row(from.share, edge - first, heads);
            let v = row(from.rows.v, source, width).chunks_exact(channels);
            let d_v = to.v[source * width..][..width].chunks_exact_mut(channels);
            let means = d_mean.chunks_exact(channels).zip(mean.chunks_exact(channels));
            let mut d_factor = 0.0;
            for ((((grad, v), d_v), (d_mean, mean)), share) in
                grad.chunks_exact_mut(channels).zip(v).zip(d_v).zip(means).zip(share)
            {
                let along: f32 = d_mean.iter().zip(v).zip(mean).map(|((&g, &v), &n)| g * (v - n)).sum();
                let weight = share.abs() * factor;
                d_factor += share.abs() * along;
                d_v.iter_mut().zip(d_mean).for_each(|(d_v, &g)| *d_v += weight * g);
                grad.fill(share.max(0.0) * factor * along);
            }
            if let Some(slot) = to.factor.get_mut(edge - first) {
                *slot = d_factor;
            }
            if !to.by_target.is_empty() {
                let d_logit = to.by_target[local * heads..][..heads].iter_mut();
                d_logit.zip(grad.iter().step_by(channels)).for_each(|(d_logit, grad)| *d_logit += grad);
                continue;
            }
            if !from.d_score.is_empty() {
                grad.iter_mut()
                    .zip(row(from.d_score, edge - first, width))
                    .for_each(|(grad, &d_score)| *grad += d_score);
            }
            if !to.bias.is_empty() {
                let d_bias = to.bias[local * width..][..width].iter_mut();
                d_bias.zip(&grad).for_each(|(d_bias, &grad)| *d_bias += grad);
            }
            let (place, kind) = walk.row(edge);
            let rows = row(from.rows.q[kind], local, width).iter().zip(row(from.rows.k[kind], source, width)).zip(row(
                from.rows.p,
                place,
                width,
            ));
            let d_rows = to.q[kind][local * width..][..width]
                .iter_mut()
                .zip(&mut to.k[kind][source * width..][..width])
                .zip(&mut to.p[place * width..][..width]);
            for ((((&q, &k), &p), ((d_q, d_k), d_p)), &grad) in rows.zip(d_rows).zip(&grad) {
                let grad = grad * scale;
                *d_q += grad * k * p;
                *d_k += grad * q * p;
                *d_p += grad * k * q;
            }
        }
    }
}

/// Gradients that the bias scores hand on, besides that of the queries.
#[derive(Debug)]
pub(super) struct BiasGradients<'a> {
    pub(super) k: &'a mut [f32],
    pub(super) e: &'a mut [f32],
}

vectorized! {
    /// Backward pass of [`bias_scores`], adding to the gradients of q, k' and e': from the gradient `d_bias` of its second
    /// result, or `d_r` of its first.
    pub(super) fn bias_gradient(
        explicit: (&[f32], &[f32]), shape: (usize, f32), from: (&[f32], &[f32], &[f32], &[f32]), d_q: &mut [f32],
        to: &mut BiasGradients<'_>,
    ) {
        let ((k, e), (heads, scale), (q, r, d_bias, d_r)) = (explicit, shape, from);
        let (width, channels) = (k.len(), k.len() / heads);
        for (place, (q, d_q)) in q.chunks_exact(channels).zip(d_q.chunks_exact_mut(channels)).enumerate() {
            let head = place % heads * channels..(place % heads + 1) * channels;
            let mut along = d_r.get(place).copied().unwrap_or_default();
            if let Some(d_bias) = d_bias.get(place * channels..(place + 1) * channels) {
                along += scale * d_bias.iter().zip(&e[head.clone()]).map(|(d, e)| d * e).sum::<f32>();
                let weight = scale * r[place];
                to.e[head.clone()].iter_mut().zip(d_bias).for_each(|(d_e, d)| *d_e += weight * d);
            }
            let along = along * head_scale(width, heads);
            d_q.iter_mut().zip(&k[head.clone()]).for_each(|(d_q, k)| *d_q += along * k);
            to.k[head].iter_mut().zip(q).for_each(|(d_k, q)| *d_k += along * q);
        }
    }
}

#[inline(always)]
fn row(values: &[f32], index: usize, width: usize) -> &[f32] {
    &values[index * width..][..width]
}
