//! Backward pass of the tail, three passes like the forward one, each going back through one norm.
//!
//! Only what cannot be recomputed cheaply was kept; the input of the feed-forward part is one multiply-add away. Weights'
//! gradients are one partial sum per block of rows, added in order.

use super::NORM_EPSILON;
use super::buffer::{finished, uninitialised};
use super::dropout::{Dropout, drop_out};
use super::matrix::{Matrix, add_product, product};
use super::parallel::each;
use super::rows::{
    Affine, Blend, ColumnPairs, accumulate, affine, blend, blend_in_place, column_sums, gradient_sums, mask,
};
use super::tail::{Moments, ROW_BLOCK, Saved, Weights, dropped};

/// Gradients of the training-mode tail, in the shapes of its inputs.
#[derive(Debug)]
pub(super) struct Gradients {
    pub(super) x: Vec<f32>,
    pub(super) attention: Vec<f32>,
    pub(super) out_weight: Vec<f32>,
    pub(super) out_bias: Vec<f32>,
    pub(super) gamma1: Vec<f32>,
    pub(super) beta1: Vec<f32>,
    pub(super) up_weight: Vec<f32>,
    pub(super) up_bias: Vec<f32>,
    pub(super) down_weight: Vec<f32>,
    pub(super) down_bias: Vec<f32>,
    pub(super) gamma2: Vec<f32>,
    pub(super) beta2: Vec<f32>,
}

/// Backward pass of [`super::tail::forward`] for the gradient `grad` `[rows, H]` of its result.
pub(super) fn backward(grad: &[f32], attention: &[f32], saved: &Saved, weights: &Weights<'_>) -> Gradients {
    let rows = weights.rows(grad, attention);
    assert_eq!(saved.v.len(), grad.len(), "a gradient has the shape of its result");
    let block = ROW_BLOCK * weights.width();
    let blocks = grad.chunks(block).zip(saved.v.chunks(block));
    let sums = each(blocks, |(grad, v)| gradient_sums(grad, v, &saved.norm2.mean));
    let second = NormGradient::new(&sums, &saved.norm2, weights.gamma2, rows);
    let (d_h, sums, [up_weight, up_bias, down_weight, down_bias]) = feed_forward(grad, &second.blend, saved, weights);
    let first = NormGradient::new(&sums, &saved.norm1, weights.gamma1, rows);
    let (x, d_attention, [out_weight, out_bias]) = projection(d_h, attention, &first.blend, saved, weights);
    Gradients {
        x,
        attention: d_attention,
        out_weight,
        out_bias,
        gamma1: first.gamma,
        beta1: first.beta,
        up_weight,
        up_bias,
        down_weight,
        down_bias,
        gamma2: second.gamma,
        beta2: second.beta,
    }
}

/// Through the second norm and the feed-forward part: the gradient of the first norm's result, each block's sums that
/// the first norm's gradient needs, and the gradients of the parameters.
fn feed_forward(
    grad: &[f32],
    second: &Blend,
    saved: &Saved,
    weights: &Weights<'_>,
) -> (Vec<f32>, Vec<ColumnPairs>, [Vec<f32>; 4]) {
    let Saved { u, z, v, norm1, .. } = saved;
    let block = ROW_BLOCK * weights.width();
    let first = Affine::of(norm1, weights.gamma1, weights.beta1);
    let mut d_h = uninitialised(grad.len());
    let outer = d_h.chunks_mut(block).zip(grad.chunks(block));
    let inner = v.chunks(block).zip(u.chunks(block)).zip(z.chunks(ROW_BLOCK * weights.hidden()));
    let done = each(outer.zip(inner), |((d_h, grad), ((v, u), z))| {
        let d_h = blend(d_h, grad, v, second);
        let mut h = uninitialised(u.len());
        let scale = saved.dropout.map_or(1.0, |[_, second]| second.scale());
        let parts = feed_forward_block(d_h, affine(&mut h, u, &first), (z, scale), weights);
        (parts, gradient_sums(d_h, u, &norm1.mean))
    });
    let (parts, sums) = done.into_iter().unzip();
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `blend` writes its whole block.
    let d_h = unsafe { finished(d_h) };
    let lengths = [weights.up_weight, weights.up_bias, weights.down_weight, weights.down_bias].map(<[f32]>::len);
    (d_h, sums, sum(parts, lengths))
}

/// Through the first norm and the output projection: gradients of the tail's inputs, and of the projection's parameters.
fn projection(
    d_h: Vec<f32>,
    attention: &[f32],
    first: &Blend,
    saved: &Saved,
    weights: &Weights<'_>,
) -> (Vec<f32>, Vec<f32>, [Vec<f32>; 2]) {
    let width = weights.width();
    let dropout: Option<Dropout> = saved.dropout.map(|[first, _]| first);
    let block = ROW_BLOCK * width;
    let (mut d_x, mut d_attention) = (d_h, uninitialised(attention.len()));
    let written = d_x.chunks_mut(block).zip(d_attention.chunks_mut(block));
    let read = saved.u.chunks(block).zip(attention.chunks(block));
    let parts = each(written.zip(read).enumerate(), |(index, ((d_x, d_attention), (u, attention)))| {
        blend_in_place(d_x, u, first);
        let d_rows = Matrix::new(d_x, width);
        let d_attention = product(d_attention, d_rows, Matrix::new(weights.out_weight, width).transposed());
        if let Some(dropout) = dropout {
            drop_out(d_attention, index * block, dropout);
        }
        let attention = dropped(attention, index * block, dropout);
        [weight_gradient(Matrix::new(&attention, width), d_rows), column_sums(d_x, width)]
    });
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `product` writes its whole block.
    let d_attention = unsafe { finished(d_attention) };
    (d_x, d_attention, sum(parts, [width * width, width]))
}

/// Turns the gradient of the feed-forward part's result into that of its input, in place, and returns this block's
/// gradients of the up weight, up bias, down weight and down bias. Hidden numbers come with what dropout multiplied them by.
fn feed_forward_block(
    d_rows: &mut [f32],
    h: &[f32],
    (z, scale): (&[f32], f32),
    weights: &Weights<'_>,
) -> [Vec<f32>; 4] {
    let (width, hidden) = (weights.width(), weights.hidden());
    let mut d_z = uninitialised(z.len());
    let d_out = Matrix::new(d_rows, width);
    let d_z = product(&mut d_z, d_out, Matrix::new(weights.down_weight, width).transposed());
    mask(d_z, z, scale);
    let down_weight = weight_gradient(Matrix::new(z, hidden), d_out);
    let down_bias = column_sums(d_rows, width);
    let d_hidden = Matrix::new(d_z, hidden);
    let up_weight = weight_gradient(Matrix::new(h, width), d_hidden);
    add_product(d_rows, d_hidden, Matrix::new(weights.up_weight, hidden).transposed());
    [up_weight, column_sums(d_z, hidden), down_weight, down_bias]
}

/// Gradients of a batch norm's parameters, and of its input as a function of the incoming gradient.
struct NormGradient {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    blend: Blend,
}

impl NormGradient {
    /// From the blocks' sums of `g` and of `g (x - mean)`. With r = 1 / deviation and n rows, the input's gradient is
    /// `gamma r (g - beta' / n - (x - mean) r gamma' / n)`, linear in g and x.
    fn new(blocks: &[ColumnPairs], moments: &Moments, gamma: &[f32], rows: usize) -> Self {
        let width = gamma.len();
        let inverse: Vec<f32> =
            moments.variance.iter().map(|variance| 1.0 / (variance + NORM_EPSILON).sqrt()).collect();
        let (mut d_gamma, mut d_beta) = (vec![0.0; width], vec![0.0; width]);
        for (plain, centred) in blocks {
            accumulate(&mut d_beta, plain);
            accumulate(&mut d_gamma, centred);
        }
        d_gamma.iter_mut().zip(&inverse).for_each(|(d_gamma, inverse)| *d_gamma *= inverse);
        let share = 1.0 / rows.max(1) as f32;
        let scale: Vec<f32> = gamma.iter().zip(&inverse).map(|(gamma, inverse)| gamma * inverse).collect();
        let columns = scale.iter().zip(&inverse).zip(&d_gamma);
        let slope = columns.map(|((scale, inverse), d_gamma)| -scale * inverse * d_gamma * share).collect();
        let shift = scale.iter().zip(&d_beta).map(|(scale, d_beta)| -scale * d_beta * share).collect();
        let blend = Blend { mean: moments.mean.clone(), scale, slope, shift };
        Self { gamma: d_gamma, beta: d_beta, blend }
    }
}

/// `input^T output'`: one block's gradient of a weight.
fn weight_gradient(input: Matrix<'_>, d_output: Matrix<'_>) -> Vec<f32> {
    let mut gradient = uninitialised(input.columns() * d_output.columns());
    product(&mut gradient, input.transposed(), d_output);
    #[allow(unsafe_code, reason = "a product writes all of its output")]
    // SAFETY: as the reason says.
    unsafe {
        finished(gradient)
    }
}

/// Sums of the blocks' vectors, in order; zeros of these `lengths` if there is no block.
fn sum<const N: usize>(blocks: Vec<[Vec<f32>; N]>, lengths: [usize; N]) -> [Vec<f32>; N] {
    let mut blocks = blocks.into_iter();
    let mut sums = blocks.next().unwrap_or_else(|| lengths.map(|length| vec![0.0; length]));
    for block in blocks {
        sums.iter_mut().zip(&block).for_each(|(sum, block)| accumulate(sum, block));
    }
    sums
}
