//! Loops of the tail over plain slices: projection, residual, batch norm, feed-forward, residual, batch norm.
//!
//! Batch norm needs the whole batch, which cuts the tail into three passes. Within a pass, blocks of rows go through all
//! steps while they are in cache, matrix products included. Blocks are fixed and their partial sums are added in order, so
//! results do not depend on the number of threads.

use std::borrow::Cow;

use super::NORM_EPSILON;
use super::buffer::{Slot, finished, uninitialised};
use super::dropout::{Dropout, drop_out};
use super::matrix::{Matrix, add_product, product};
use super::parallel::each;
use super::rows::{Affine, ColumnPairs, add_bias, add_relu, affine, affine_in_place, moments, plus};

/// Rows per task: 512 rows of 64 features and their 128 hidden ones stay in a core's second-level cache.
pub(super) const ROW_BLOCK: usize = 512;

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
    pub(super) fn width(&self) -> usize {
        self.out_bias.len()
    }

    /// Hidden width of the feed-forward part, 2H.
    pub(super) fn hidden(&self) -> usize {
        self.up_bias.len()
    }

    /// Number of rows in `x`.
    ///
    /// # Panics
    ///
    /// If parameters, `x` and `attention` do not fit together: the loops below would leave numbers unwritten.
    pub(super) fn rows(&self, x: &[f32], attention: &[f32]) -> usize {
        let (width, hidden) = (self.width(), self.hidden());
        let vectors = [self.gamma1, self.beta1, self.down_bias, self.gamma2, self.beta2];
        let fit = x.len() == attention.len()
            && x.len().checked_rem(width) == Some(0)
            && vectors.iter().all(|vector| vector.len() == width)
            && self.out_weight.len() == width * width
            && [self.up_weight, self.down_weight].iter().all(|weight| weight.len() == width * hidden);
        assert!(fit && hidden > 0, "rows and parameters of a tail fit together");
        x.len() / width
    }
}

/// What the backward pass needs of a forward pass.
#[derive(Debug)]
pub(super) struct Saved {
    /// Input of the first norm, `[rows, H]`.
    pub(super) u: Vec<f32>,
    /// Rectified hidden layer after dropout, `[rows, 2H]`.
    pub(super) z: Vec<f32>,
    /// Input of the second norm, `[rows, H]`.
    pub(super) v: Vec<f32>,
    /// Statistics of the first norm.
    pub(super) norm1: Moments,
    /// Statistics of the second norm.
    pub(super) norm2: Moments,
    /// Of the attention result and of the hidden layer.
    pub(super) dropout: Option<[Dropout; 2]>,
}

impl Saved {
    /// Mean and biased variance of the first and of the second norm, `[4, H]`.
    pub(super) fn statistics(&self) -> Vec<f32> {
        [&self.norm1.mean, &self.norm1.variance, &self.norm2.mean, &self.norm2.variance].map(Vec::as_slice).concat()
    }
}

/// Mean and biased variance of every column.
#[derive(Debug)]
pub(super) struct Moments {
    pub(super) mean: Vec<f32>,
    pub(super) variance: Vec<f32>,
}

impl Moments {
    /// Merges the blocks' means and squared deviations (Chan, Golub and LeVeque 1983), in double precision, in order.
    /// A batch without rows has mean and variance 0.
    fn merge(blocks: &[ColumnPairs], rows: usize, width: usize) -> Self {
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
}

impl Affine {
    fn new(mean: &[f32], variance: &[f32], gamma: &[f32], beta: &[f32]) -> Self {
        let scale = variance.iter().zip(gamma).map(|(v, gamma)| gamma / (v + NORM_EPSILON).sqrt()).collect();
        Self { mean: mean.to_vec(), scale, shift: beta.to_vec() }
    }

    pub(super) fn of(moments: &Moments, gamma: &[f32], beta: &[f32]) -> Self {
        Self::new(&moments.mean, &moments.variance, gamma, beta)
    }
}

/// Training-mode tail of the rows `x` with attention result `attention`, `[rows, H]` each. The two dropouts are that of
/// the attention result and that of the hidden layer.
pub(super) fn forward(
    x: &[f32],
    attention: &[f32],
    weights: &Weights<'_>,
    dropout: Option<[Dropout; 2]>,
) -> (Vec<f32>, Saved) {
    let (width, hidden) = (weights.width(), weights.hidden());
    let (rows, block) = (weights.rows(x, attention), ROW_BLOCK * width);
    let mut u = uninitialised(rows * width);
    let blocks = u.chunks_mut(block).zip(x.chunks(block)).zip(attention.chunks(block)).enumerate();
    let parts = each(blocks, |(index, ((u, x), attention))| {
        let attention = dropped(attention, index * block, dropout.map(|[first, _]| first));
        moments(residual(u, x, &attention, weights), width)
    });
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `residual` writes its whole block.
    let u = unsafe { finished(u) };
    let norm1 = Moments::merge(&parts, rows, width);

    let first = Affine::of(&norm1, weights.gamma1, weights.beta1);
    let (mut z, mut v) = (uninitialised(rows * hidden), uninitialised(rows * width));
    let blocks = v.chunks_mut(block).zip(z.chunks_mut(ROW_BLOCK * hidden)).zip(u.chunks(block)).enumerate();
    let parts = each(blocks, |(index, ((v, z), u))| {
        let v = affine(v, u, &first);
        let dropout = dropout.map(|[_, second]| (second, index * ROW_BLOCK * hidden));
        feed_forward(v, z, weights, dropout);
        moments(v, width)
    });
    #[allow(unsafe_code, reason = "the blocks above are all of both buffers")]
    // SAFETY: `affine` and `feed_forward` write their whole blocks.
    let (z, v) = unsafe { (finished(z), finished(v)) };
    let norm2 = Moments::merge(&parts, rows, width);

    let second = Affine::of(&norm2, weights.gamma2, weights.beta2);
    let mut y = uninitialised(rows * width);
    each(y.chunks_mut(block).zip(v.chunks(block)), |(y, v)| _ = affine(y, v, &second));
    #[allow(unsafe_code, reason = "the blocks above are all of the buffer")]
    // SAFETY: `affine` writes its whole block.
    let y = unsafe { finished(y) };
    (y, Saved { u, z, v, norm1, norm2, dropout })
}

/// Evaluation-mode tail: batch norm with the `running` statistics `[4, H]`, everything in one pass.
pub(super) fn evaluate(x: &[f32], attention: &[f32], weights: &Weights<'_>, running: &[f32]) -> Vec<f32> {
    let (width, hidden) = (weights.width(), weights.hidden());
    let (rows, block) = (weights.rows(x, attention), ROW_BLOCK * width);
    let (running1, running2) = running.split_at(2 * width);
    let norm = |running: &[f32], gamma, beta| Affine::new(&running[..width], &running[width..], gamma, beta);
    let first = norm(running1, weights.gamma1, weights.beta1);
    let second = norm(running2, weights.gamma2, weights.beta2);
    let mut y = uninitialised(rows * width);
    each(y.chunks_mut(block).zip(x.chunks(block)).zip(attention.chunks(block)), |((y, x), attention)| {
        let mut z = uninitialised(y.len() / width * hidden);
        let y = residual(y, x, attention, weights);
        affine_in_place(y, &first);
        feed_forward(y, &mut z, weights, None);
        affine_in_place(y, &second);
    });
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

/// A block of attention results, whose first element is number `first` of the matrix, after dropout.
pub(super) fn dropped(attention: &[f32], first: usize, dropout: Option<Dropout>) -> Cow<'_, [f32]> {
    let mut attention = Cow::Borrowed(attention);
    if let Some(dropout) = dropout {
        drop_out(attention.to_mut(), first, dropout);
    }
    attention
}

/// `z = relu(h W1 + b1)`, then `h += z W2 + b2` in place. Dropout of z comes with the number of its first element.
fn feed_forward(h: &mut [f32], z: &mut [Slot], weights: &Weights<'_>, dropout: Option<(Dropout, usize)>) {
    let (width, hidden) = (weights.width(), weights.hidden());
    let z = product(z, Matrix::new(h, width), Matrix::new(weights.up_weight, hidden));
    add_relu(z, weights.up_bias);
    if let Some((dropout, first)) = dropout {
        drop_out(z, first, dropout);
    }
    add_bias(h, weights.down_bias);
    add_product(h, Matrix::new(z, hidden), Matrix::new(weights.down_weight, width));
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "statistics are kept in double precision only while they are merged"
)]
fn single(value: f64) -> f32 {
    value as f32
}
