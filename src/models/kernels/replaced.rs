//! Edge scores that a user sets instead of the model.
//!
//! Rows are picked, not multiplied by 0 and 1: what is replaced has no influence at all, not even if it is infinite.

use burn::tensor::{Device, Int, Tensor, TensorData};

/// Where an edge's score comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Score {
    /// From what was computed for this edge, as long as it is the edge itself.
    Of(u32),
    /// From nowhere: it is zero.
    Zero,
    /// From the mean of this number.
    Mean(usize),
}

/// Which scores are replaced, and by what.
#[derive(Debug, Clone)]
pub(crate) struct Replaced {
    /// For each edge its row among all scores, a row of zeros, and the means, in this order.
    rows: Tensor<1, Int>,
    /// The edges of each mean.
    means: Vec<Tensor<1, Int>>,
}

impl Replaced {
    /// `scores` has one entry per edge; `means` are the edges of each mean, none of them empty if it is used.
    pub(crate) fn new(scores: &[Score], means: &[Vec<u32>], device: &Device) -> Self {
        let used: Vec<usize> = (0..means.len()).filter(|mean| scores.contains(&Score::Mean(*mean))).collect();
        let first = scores.len() + 1;
        let row = |score: &Score| match *score {
            Score::Of(edge) => edge as usize,
            Score::Zero => scores.len(),
            Score::Mean(mean) => first + used.partition_point(|&other| other < mean),
        };
        Self {
            rows: indices(scores.iter().map(row), device),
            means: used.iter().map(|&mean| indices(means[mean].iter().map(|&edge| edge as usize), device)).collect(),
        }
    }

    /// The scores `[E, H]` after replacement.
    pub(super) fn apply(&self, score: Tensor<2>) -> Tensor<2> {
        let zero = Tensor::zeros([1, score.dims()[1]], (&score.device(), score.dtype()));
        let means = self.means.iter().map(|edges| score.clone().select(0, edges.clone()).mean_dim(0));
        let candidates = [score.clone(), zero].into_iter().chain(means).collect();
        Tensor::cat(candidates, 0).select(0, self.rows.clone())
    }
}

fn indices(rows: impl Iterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i64> = rows.map(|row| i64::try_from(row).unwrap_or(i64::MAX)).collect();
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}
