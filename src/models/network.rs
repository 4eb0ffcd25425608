//! What every architecture has in common, and the registry of architectures.
//!
//! A new architecture is one file with a struct that implements [`Network`], one variant of
//! [`Arch`] and one line in [`build`].

use super::batch::Batch;
use super::gt::Gt;
use super::parameters::Visitor;
use super::spec::{Arch, ModelSpec};
use burn::tensor::{Device, Tensor};

/// A network: tensors and a forward pass.
pub(super) trait Network: Send + Sync {
    /// Predictions `[B, outputs]` for a batch of B graphs.
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2>;

    /// Shows every tensor to `visitor`, always in the same order.
    fn visit(&mut self, visitor: &mut Visitor<'_>);
}

/// A network of the given shapes, all its values zero.
pub(super) fn build(spec: &ModelSpec, device: &Device) -> Box<dyn Network> {
    match spec.arch {
        Arch::Gt => Box::new(Gt::new(spec, device)),
    }
}

/// How to run a forward pass, and what it left behind besides its predictions.
#[derive(Default)]
pub(super) struct Pass {
    /// Batch norms use the statistics of the batch and hand them out, instead of the running ones.
    pub(super) training: bool,
    /// Factor on the explicit bias terms, 0..=1; 1 is as trained.
    pub(super) explicit_bias: f32,
    /// What to keep of every layer.
    pub(super) record: Record,
    /// The kept layers, first layer first.
    pub(super) layers: Vec<Attended>,
    /// Batch statistics of every tail that ran in training mode.
    pub(super) statistics: Vec<TailStatistics>,
}

/// What a forward pass keeps of its layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Record {
    /// Nothing.
    #[default]
    Nothing,
    /// Edge activations only.
    Edges,
    /// Edge activations and node attention.
    EdgesAndNodes,
}

/// What the attention of one layer computed. Edge rows are in the order of the batch's topology.
#[derive(Clone)]
pub(super) struct Attended {
    /// Node attention `[N, H]`; `None` if it was not to be kept.
    pub(super) node: Option<Tensor<2>>,
    /// Edge activation `[E, H]`; `None` for a batch without edges.
    pub(super) edge: Option<Tensor<2>>,
}

impl Attended {
    /// The same numbers outside the gradient graph.
    pub(super) fn without_gradient(self) -> Self {
        Self { node: self.node.map(Tensor::inner), edge: self.edge.map(Tensor::inner) }
    }
}

/// Mean and biased variance of a tail's two batch norms over one batch.
pub(super) struct TailStatistics {
    /// Position of the tail among the network's tails, in visiting order.
    pub(super) tail: usize,
    /// Rows the statistics were taken over.
    pub(super) rows: usize,
    /// `[4, H]`: mean, variance, mean, variance.
    pub(super) values: Tensor<2>,
}

impl Pass {
    /// An evaluation pass.
    pub(super) fn evaluate(record: Record, explicit_bias: f32) -> Self {
        Self { record, explicit_bias, ..Self::default() }
    }

    /// A training pass.
    pub(super) fn train(record: Record) -> Self {
        Self { training: true, record, explicit_bias: 1.0, ..Self::default() }
    }

    /// Keeps what [`Pass::record`] asks for.
    pub(super) fn keep(&mut self, node: &Tensor<2>, edge: Option<&Tensor<2>>) {
        let node = (self.record == Record::EdgesAndNodes).then(|| node.clone());
        if self.record != Record::Nothing {
            self.layers.push(Attended { node, edge: edge.cloned() });
        }
    }
}
