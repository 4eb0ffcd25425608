//! Loops of the tail over plain slices: projection, residual, batch norm, feed-forward, residual, batch norm.
//!
//! Batch norm needs the whole batch, which cuts the tail into three passes. Within a pass, blocks of rows go through all
//! steps while they are in cache, matrix products included. Blocks are fixed and their partial sums are added in order, so
//! results do not depend on the number of threads.

use rayon::prelude::*;

use super::NORM_EPSILON;
use super::buffer::{Slot, finished, uninitialised};
use super::matrix::{Matrix, add_product, product};
use super::rows::{
    Affine, Blend, accumulate, add_bias, add_relu, affine, affine_in_place, blend, blend_in_place, column_sums,
    gradient_sums, mask, moments, plus,
};

/// Rows per task: 512 rows of 64 features and their 128 hidden ones stay in a core's second-level cache.
const ROW_BLOCK: usize = 512;

/// Parameters of a tail, row-major; matrices are `[in, out]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights<'a> {
    pub(super) out_weight: &'a [f32],
    pub(super) out_bias: &'a [f32],
    pub(super) gamma1: &'a [f32],
    pub(super) beta1: &'a [f32],
    pub(super) up_weight: &'a [f32],
    pub(super) up_bias: &'a [f32],
    pub(super) down_weight: &'a [f32],
    pub(super) down_bias: &'a [f32],
    pub(super) gamma2: &'a [f32],
    pub(super) beta2: &'a [f32],
}

impl Weights<'_> {
    /// Row width H.
    fn width(&self) -> usize {
        self.out_bias.len()
    }

    /// Hidden width of the feed-forward part, 2H.
    fn hidden(&self) -> usize {
        self.up_bias.len()
    }
}

/// What the backward pass needs of a forward pass.
#[derive(Debug)]
pub(super) struct Saved {
    /// Input of the first norm, `[rows, H]`.
    u: Vec<f32>,
    /// Rectified hidden layer, `[rows, 2H]`.
    z: Vec<f32>,
    /// Input of the second norm, `[rows, H]`.
    v: Vec<f32>,
    norm1: Moments,
    norm2: Moments,
}

impl Saved {
    /// Mean and biased variance of the first and of the second norm, `[4, H]`.
    pub(super) fn statistics(&self) -> Vec<f32> {
        [&self.norm1.mean, &self.norm1.variance, &self.norm2.mean, &self.norm2.variance].map(Vec::as_slice).concat()
    }
}

/// Mean and biased variance of every column.
#[derive(Debug)]
struct Moments {
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl Moments {
    /// Merges the blocks' means and squared deviations (Chan, Golub and LeVeque 1983), in double precision, in order.
    /// A batch without rows has mean and variance 0.
    fn merge(blocks: &[(Vec<f32>, Vec<f32>)], rows: usize, width: usize) -> Self {
        let (mut mean, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
        let mut seen = 0.0;
        for (block, (block_mean, block_squares)) in blocks.iter().enumerate() {
            let count = (rows - block * ROW_BLOCK).min(ROW_BLOCK) as f64;
            let total = seen + count;
            let columns = mean.iter_mut().zip(&mut squares).zip(block_mean).zip(block_squares);
            for (((mean, squares), &block_mean), &block_squares) in columns {
                let shift = f64::from(block_mean) - *mean;
                *squares += f64::from(block_squares) + shift * shift * seen * count / total;
                *mean += shift * count / total;
            }
            seen = total;
        }
        let variance = squares.iter().map(|squares| if seen > 0.0 { squares / seen } else { 0.0 });
        Self { variance: variance.map(single).collect(), mean: mean.iter().copied().map(single).collect() }
    }

    /// `1 / sqrt(variance + epsilon)`.
    fn inverse_deviation(&self) -> Vec<f32> {
        self.variance.iter().map(|variance| 1.0 / (variance + NORM_EPSILON).sqrt()).collect()
    }
}

impl Affine {
    fn new(mean: &[f32], variance: &[f32], gamma: &[f32], beta: &[f32]) -> Self {
        let scale = variance.iter().zip(gamma).map(|(v, gamma)| gamma / (v + NORM_EPSILON).sqrt()).collect();
        Self { mean: mean.to_vec(), scale, shift: beta.to_vec() }
    }

    fn of(moments: &Moments, gamma: &[f32], beta: &[f32]) -> Self {
        Self::new(&moments.mean, &moments.variance, gamma, beta)
    }
}

/// Training-mode tail of the rows `x` with attention result `attention`, `[rows, H]` each.
pub(super) fn forward(x: &[f32], attention: &[f32], weights: &Weights<'_>) -> (Vec<f32>, Saved) {
    let (width, hidden) = (weights.width(), weights.hidden());
    let (rows, block) = (x.len() / width, ROW_BLOCK * width);
    let mut u = uninitialised(rows * width);
    let parts: Vec<_> = (u.par_chunks_mut(block), x.par_chunks(block), attention.par_chunks(block))
        .into_par_iter()
        .map(|(u, x, attention)| moments(residual(u, x, attention, weights), width))
        .collect();
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `residual` writes its whole block.
    let u = unsafe { finished(u) };
    let norm1 = Moments::merge(&parts, rows, width);

    let first = Affine::of(&norm1, weights.gamma1, weights.beta1);
    let (mut z, mut v) = (uninitialised(rows * hidden), uninitialised(rows * width));
    let parts: Vec<_> = (v.par_chunks_mut(block), z.par_chunks_mut(ROW_BLOCK * hidden), u.par_chunks(block))
        .into_par_iter()
        .map(|(v, z, u)| {
            let v = affine(v, u, &first);
            feed_forward(v, z, weights);
            moments(v, width)
        })
        .collect();
    #[allow(unsafe_code, reason = "the blocks above are all of both buffers")]
    // SAFETY: `affine` and `feed_forward` write their whole blocks.
    let (z, v) = unsafe { (finished(z), finished(v)) };
    let norm2 = Moments::merge(&parts, rows, width);

    let second = Affine::of(&norm2, weights.gamma2, weights.beta2);
    let mut y = uninitialised(rows * width);
    y.par_chunks_mut(block).zip(v.par_chunks(block)).for_each(|(y, v)| _ = affine(y, v, &second));
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `affine` writes its whole block.
    let y = unsafe { finished(y) };
    (y, Saved { u, z, v, norm1, norm2 })
}

/// Evaluation-mode tail: batch norm with the `running` statistics `[4, H]`, everything in one pass.
pub(super) fn evaluate(x: &[f32], attention: &[f32], weights: &Weights<'_>, running: &[f32]) -> Vec<f32> {
    let (width, hidden) = (weights.width(), weights.hidden());
    let (rows, block) = (x.len() / width, ROW_BLOCK * width);
    let (running1, running2) = running.split_at(2 * width);
    let norm = |running: &[f32], gamma, beta| Affine::new(&running[..width], &running[width..], gamma, beta);
    let first = norm(running1, weights.gamma1, weights.beta1);
    let second = norm(running2, weights.gamma2, weights.beta2);
    let mut y = uninitialised(rows * width);
    (y.par_chunks_mut(block), x.par_chunks(block), attention.par_chunks(block)).into_par_iter().for_each(
        |(y, x, attention)| {
            let mut z = uninitialised(y.len() / width * hidden);
            let y = residual(y, x, attention, weights);
            affine_in_place(y, &first);
            feed_forward(y, &mut z, weights);
            affine_in_place(y, &second);
        },
    );
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `residual` writes its whole block.
    unsafe {
        finished(y)
    }
}

/// `u = x + attention Wo + bo`.
fn residual<'a>(u: &'a mut [Slot], x: &[f32], attention: &[f32], weights: &Weights<'_>) -> &'a mut [f32] {
    let width = weights.width();
    let u = plus(u, x, weights.out_bias);
    add_product(u, Matrix::new(attention, width), Matrix::new(weights.out_weight, width));
    u
}

/// `z = relu(h W1 + b1)`, then `h += z W2 + b2` in place.
fn feed_forward(h: &mut [f32], z: &mut [Slot], weights: &Weights<'_>) {
    let (width, hidden) = (weights.width(), weights.hidden());
    let z = product(z, Matrix::new(h, width), Matrix::new(weights.up_weight, hidden));
    add_relu(z, weights.up_bias);
    add_bias(h, weights.down_bias);
    add_product(h, Matrix::new(z, hidden), Matrix::new(weights.down_weight, width));
}

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

/// Backward pass of [`forward`] for the gradient `grad` `[rows, H]` of its result.
pub(super) fn backward(grad: &[f32], attention: &[f32], saved: &Saved, weights: &Weights<'_>) -> Gradients {
    let (width, hidden) = (weights.width(), weights.hidden());
    let (rows, block) = (grad.len() / width, ROW_BLOCK * width);
    let Saved { u, z, v, norm1, norm2 } = saved;

    // Pass 1: what the second norm needs of the whole batch.
    let parts: Vec<_> = (grad.par_chunks(block), v.par_chunks(block))
        .into_par_iter()
        .map(|(grad, v)| gradient_sums(grad, v, &norm2.mean))
        .collect();
    let second = NormGradient::new(&parts, norm2, weights.gamma2, rows);

    // Pass 2: through the second norm and the feed-forward part, up to the result of the first norm.
    let first = Affine::of(norm1, weights.gamma1, weights.beta1);
    let mut d_h = uninitialised(rows * width);
    let blocks = (d_h.par_chunks_mut(block), grad.par_chunks(block), v.par_chunks(block), u.par_chunks(block));
    let parts: Vec<_> = blocks
        .into_par_iter()
        .zip(z.par_chunks(ROW_BLOCK * hidden))
        .map(|((d_h, grad, v, u), z)| {
            let d_h = blend(d_h, grad, v, &second.blend);
            let mut h = uninitialised(u.len());
            let parts = feed_forward_gradients(d_h, affine(&mut h, u, &first), z, weights);
            (parts, gradient_sums(d_h, u, &norm1.mean))
        })
        .collect();
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `blend` writes its whole block.
    let d_h = unsafe { finished(d_h) };
    let (feed_forward, sums): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let first = NormGradient::new(&sums, norm1, weights.gamma1, rows);

    // Pass 3: through the first norm and the output projection.
    let (mut d_x, mut d_attention) = (d_h, uninitialised(rows * width));
    let blocks = (d_x.par_chunks_mut(block), d_attention.par_chunks_mut(block), u.par_chunks(block));
    let parts: Vec<_> = blocks
        .into_par_iter()
        .zip(attention.par_chunks(block))
        .map(|((d_x, d_attention, u), attention)| {
            blend_in_place(d_x, u, &first.blend);
            let d_rows = Matrix::new(d_x, width);
            product(d_attention, d_rows, Matrix::new(weights.out_weight, width).transposed());
            (weight_gradient(Matrix::new(attention, width), d_rows), column_sums(d_x, width))
        })
        .collect();
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `product` writes its whole block.
    let d_attention = unsafe { finished(d_attention) };
    let (out_weight, out_bias) = parts.into_iter().unzip();

    let [up_weight, up_bias, down_weight, down_bias] = feed_forward.into_iter().fold(
        [width * hidden, hidden, hidden * width, width].map(|length| vec![0.0; length]),
        |mut sums, part| {
            sums.iter_mut().zip(&part).for_each(|(sum, part)| accumulate(sum, part));
            sums
        },
    );
    Gradients {
        x: d_x,
        attention: d_attention,
        out_weight: sum(out_weight, width * width),
        out_bias: sum(out_bias, width),
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

/// Turns the gradient of the feed-forward part's result into that of its input, in place, and returns this block's
/// gradients of the up weight, up bias, down weight and down bias.
fn feed_forward_gradients(d_rows: &mut [f32], h: &[f32], z: &[f32], weights: &Weights<'_>) -> [Vec<f32>; 4] {
    let (width, hidden) = (weights.width(), weights.hidden());
    let mut d_z = uninitialised(z.len());
    let d_out = Matrix::new(d_rows, width);
    let d_z = product(&mut d_z, d_out, Matrix::new(weights.down_weight, width).transposed());
    mask(d_z, z);
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
    fn new(blocks: &[(Vec<f32>, Vec<f32>)], moments: &Moments, gamma: &[f32], rows: usize) -> Self {
        let width = gamma.len();
        let inverse = moments.inverse_deviation();
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

/// Sum of the blocks' vectors, in order.
fn sum(blocks: Vec<Vec<f32>>, length: usize) -> Vec<f32> {
    blocks
        .into_iter()
        .reduce(|mut sum, block| {
            accumulate(&mut sum, &block);
            sum
        })
        .unwrap_or_else(|| vec![0.0; length])
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "statistics are kept in double precision only while they are merged"
)]
fn single(value: f64) -> f32 {
    value as f32
}
