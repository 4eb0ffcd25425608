//! A question put to a model and its complete answer, as plain numbers.

use super::{Ablation, Ablations, EdgeList, Intervention, MoleculeId};
use std::sync::Arc;

/// A row-major matrix of `f32`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub cols: usize,
    /// `rows * cols` values, row after row.
    pub values: Vec<f32>,
}

impl Matrix {
    /// A matrix from its values; `None` if their number is not `rows * cols`.
    pub fn new(rows: usize, cols: usize, values: Vec<f32>) -> Option<Self> {
        (values.len() == rows * cols).then_some(Self { rows, cols, values })
    }

    /// One row; empty if there is no such row.
    pub fn row(&self, row: usize) -> &[f32] {
        self.values.get(row * self.cols..(row + 1) * self.cols).unwrap_or(&[])
    }
}

/// Attention logits are clamped to plus or minus this before the exponential (model-spec section 3.1).
pub const LOGIT_LIMIT: f32 = 5.0;

/// Which weights answered. The revision changes with every training step that is published.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModelId {
    /// Name shown to people: a bundled name, or a file's stem.
    pub name: Arc<str>,
    /// Revision of the weights under that name.
    pub revision: u64,
}

/// The complete question put to a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Probe {
    /// Which opened file the molecule belongs to; counts up with every file.
    pub dataset: u64,
    /// Who is asked.
    pub model: ModelId,
    /// About which molecule.
    pub molecule: MoleculeId,
    /// With what changed.
    pub intervention: Intervention,
    /// How much of the answer is kept.
    pub detail: Detail,
    /// The largest full graph that is computed without asking, in edges.
    pub edge_limit: usize,
}

/// How much of a forward pass a trace keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Node attention, edge activations, attention weights and logits.
    #[default]
    Standard,
    /// The projections Q, K, V and P as well, four times as many numbers.
    Projections,
}

/// What one layer did, for N atoms, E directed edges, width H and h heads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerTrace {
    /// Node attention n, `[N, H]`: the normalised weighted sum before the output projection.
    pub nodes: Matrix,
    /// Edge activation a, `[E, H]`: the pre-exponential edge score in which massive activations sit.
    pub edges: Matrix,
    /// Attention weight per head, `[E, h]`: w_ij / (sum_i w_ij + 1e-6).
    pub attention: Matrix,
    /// Attention logit per head before the clamp at ±[`LOGIT_LIMIT`], `[E, h]`.
    pub logits: Matrix,
    /// Kept for [`Detail::Projections`].
    pub projections: Option<Box<Projections>>,
}

/// The projections of one layer, explicit bias in V included.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projections {
    /// Queries, `[N, H]`.
    pub q: Matrix,
    /// Keys, `[N, H]`.
    pub k: Matrix,
    /// Values, `[N, H]`.
    pub v: Matrix,
    /// Edge projections, `[E, H]`.
    pub p: Matrix,
}

impl LayerTrace {
    /// Share of edges whose logit is clamped, per head; there the weight no longer depends on the
    /// activation. Empty without edges.
    pub fn saturation(&self) -> Vec<f64> {
        let Matrix { rows, cols, values } = &self.logits;
        let clamped = |head: usize| values.iter().skip(head).step_by(*cols).filter(|logit| logit.abs() > LOGIT_LIMIT);
        #[allow(clippy::cast_precision_loss, reason = "counts of edges are far below 2^53")]
        let share = |head: usize| clamped(head).count() as f64 / *rows as f64;
        if *rows == 0 { Vec::new() } else { (0..*cols).map(share).collect() }
    }
}

/// The complete answer: what the model predicts and what went on inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Model output, one value per target; for targets of nodes, one row of them per node.
    pub prediction: Vec<f32>,
    /// One entry per layer, first layer first.
    pub layers: Vec<LayerTrace>,
    /// The directed edges that took part, in the row order of the edge matrices.
    pub edges: EdgeList,
    /// Attention heads; feature `head * (H / heads) + channel` belongs to `head`.
    pub heads: usize,
}

/// The same molecule as the model was trained, and as the user changed it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The question that was answered.
    pub probe: Probe,
    /// Nothing changed.
    pub baseline: Arc<Trace>,
    /// With the intervention of the probe; the same `Arc` as `baseline` if it changes nothing.
    pub edited: Arc<Trace>,
    /// The edges taken out of `edited`, those that the intervention's rule chose included.
    pub ablated: Ablations,
}

impl Comparison {
    /// What was taken out of `edited`, kind by kind: `2 directed edges removed`; the last one says so if a rule
    /// chose them.
    pub fn ablated_words(&self) -> Vec<String> {
        let counts = Ablation::ALL.map(|kind| (self.ablated.values().filter(|how| **how == kind).count(), kind));
        let mut words: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, how)| {
                format!("{count} directed edge{} {}", if count == 1 { "" } else { "s" }, how.participle())
            })
            .collect();
        if let (Some(last), Some(_)) = (words.last_mut(), self.probe.intervention.rule) {
            *last += " by rule";
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturation_is_the_share_of_logits_beyond_the_clamp() {
        let logits = Matrix::new(4, 2, vec![5.0, 5.1, -5.1, 0.0, 6.0, 1.0, 0.0, -2.0]).unwrap();
        let layer = LayerTrace { logits, ..LayerTrace::default() };
        assert_eq!(layer.saturation(), [0.5, 0.25]);
        assert!(LayerTrace::default().saturation().is_empty());
    }
}
