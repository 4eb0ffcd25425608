//! Row-wise steps of the tail: elementary passes over a block of rows that fits in cache.
//!
//! A block is row-major with `width` numbers a row; vectors have one number per column. Batch norm is kept free of
//! divisions and roots: everything that depends on the column alone is folded into such vectors.

use super::buffer::{Slot, write_rows};
use super::simd::vectorized;

vectorized! {
    /// `out = x + bias`.
    pub(super) fn plus<'a>(out: &'a mut [Slot], x: &[f32], bias: &[f32]) -> &'a mut [f32] {
        write_rows(out, bias.len(), x.chunks_exact(bias.len()), |x| x.iter().zip(bias).map(|(&x, &bias)| x + bias))
    }
}

vectorized! {
    /// Every row of `out` = `row`.
    pub(super) fn repeat<'a>(out: &'a mut [Slot], row: &[f32]) -> &'a mut [f32] {
        write_rows(out, row.len(), std::iter::repeat(()), |()| row.iter().copied())
    }
}

/// Two numbers per column, from one block of rows.
pub(super) type ColumnPairs = (Vec<f32>, Vec<f32>);

/// Batch norm with known statistics: `(x - mean) * scale + shift`, one number of each per column.
///
/// The mean is subtracted first, since a column's mean may be large against its deviation.
#[derive(Debug, Clone)]
pub(super) struct Affine {
    pub(super) mean: Vec<f32>,
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

vectorized! {
    /// `out` = the norm of `x`.
    pub(super) fn affine<'a>(out: &'a mut [Slot], x: &[f32], norm: &Affine) -> &'a mut [f32] {
        let Affine { mean, scale, shift } = norm;
        write_rows(out, mean.len(), x.chunks_exact(mean.len()), |x| {
            let columns = x.iter().zip(mean).zip(scale).zip(shift);
            columns.map(|(((&x, &mean), &scale), &shift)| (x - mean) * scale + shift)
        })
    }
}

vectorized! {
    /// `rows` = the norm of `rows`.
    pub(super) fn affine_in_place(rows: &mut [f32], norm: &Affine) {
        let Affine { mean, scale, shift } = norm;
        for row in rows.chunks_exact_mut(scale.len()) {
            for (((value, &mean), &scale), &shift) in row.iter_mut().zip(mean).zip(scale).zip(shift) {
                *value = (*value - mean) * scale + shift;
            }
        }
    }
}

vectorized! {
    /// `rows = max(rows + bias, 0)`.
    pub(super) fn add_relu(rows: &mut [f32], bias: &[f32]) {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, &bias) in row.iter_mut().zip(bias) {
                *value = (*value + bias).max(0.0);
            }
        }
    }
}

vectorized! {
    /// Sets `grad` to 0 where the rectified value was 0, and multiplies the rest by `scale`.
    pub(super) fn mask(grad: &mut [f32], rectified: &[f32], scale: f32) {
        for (grad, &value) in grad.iter_mut().zip(rectified) {
            *grad = if value > 0.0 { *grad * scale } else { 0.0 };
        }
    }
}

/// Backward pass of batch norm: `grad * scale + (x - mean) * slope + shift`, one number of each per column.
#[derive(Debug, Clone)]
pub(super) struct Blend {
    pub(super) mean: Vec<f32>,
    pub(super) scale: Vec<f32>,
    pub(super) slope: Vec<f32>,
    pub(super) shift: Vec<f32>,
}

vectorized! {
    /// `out` = the gradient of a norm's input `x`, from the gradient `grad` of its result.
    pub(super) fn blend<'a>(out: &'a mut [Slot], grad: &[f32], x: &[f32], blend: &Blend) -> &'a mut [f32] {
        let Blend { mean, scale, slope, shift } = blend;
        let width = mean.len();
        write_rows(out, width, grad.chunks_exact(width).zip(x.chunks_exact(width)), |(grad, x)| {
            let columns = mean.iter().zip(scale).zip(slope).zip(shift);
            grad.iter().zip(x).zip(columns).map(|((&grad, &x), (((&mean, &scale), &slope), &shift))| {
                grad * scale + (x - mean) * slope + shift
            })
        })
    }
}

vectorized! {
    /// As [`blend`], replacing the gradient.
    pub(super) fn blend_in_place(grad: &mut [f32], x: &[f32], blend: &Blend) {
        let Blend { mean, scale, slope, shift } = blend;
        let width = mean.len();
        for (row, x) in grad.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
            let columns = mean.iter().zip(scale).zip(slope).zip(shift);
            for ((grad, &x), (((&mean, &scale), &slope), &shift)) in row.iter_mut().zip(x).zip(columns) {
                *grad = *grad * scale + (x - mean) * slope + shift;
            }
        }
    }
}

vectorized! {
    /// Mean of every column, and sum of squared deviations from it; two passes, exact enough in single precision for a block.
    pub(super) fn moments(rows: &[f32], width: usize) -> ColumnPairs {
        let mut mean = column_sums(rows, width);
        let count = rows.len() as f32 / width as f32;
        mean.iter_mut().for_each(|mean| *mean /= count);
        let mut squares = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for ((square, &value), &mean) in squares.iter_mut().zip(row).zip(&mean) {
                let deviation = value - mean;
                *square += deviation * deviation;
            }
        }
        (mean, squares)
    }
}

vectorized! {
    /// Sum of every column.
    pub(super) fn column_sums(rows: &[f32], width: usize) -> Vec<f32> {
        let mut sums = vec![0.0; width];
        for row in rows.chunks_exact(width) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
        sums
    }
}

vectorized! {
    /// Column sums of `grad` and of `grad * (x - mean)`.
    pub(super) fn gradient_sums(grad: &[f32], x: &[f32], mean: &[f32]) -> ColumnPairs {
        let width = mean.len();
        let (mut plain, mut centred) = (vec![0.0; width], vec![0.0; width]);
        for (grad, x) in grad.chunks_exact(width).zip(x.chunks_exact(width)) {
            for ((((plain, centred), &grad), &x), &mean) in plain.iter_mut().zip(&mut centred).zip(grad).zip(x).zip(mean) {
                *plain += grad;
                *centred += grad * (x - mean);
            }
        }
        (plain, centred)
    }
}

vectorized! {
    /// `rows += bias`.
    pub(super) fn add_bias(rows: &mut [f32], bias: &[f32]) {
        for row in rows.chunks_exact_mut(bias.len()) {
            row.iter_mut().zip(bias).for_each(|(value, &bias)| *value += bias);
        }
    }
}

vectorized! {
    /// `sum += values`.
    pub(super) fn accumulate(sum: &mut [f32], values: &[f32]) {
        sum.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
    }
}
