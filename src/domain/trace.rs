//! A question put to a model and its complete answer, as plain numbers.

use super::{EdgeList, Intervention, MoleculeId};
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
}

/// The complete answer: what the model predicts and what went on inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Model output, one value per task.
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
}
