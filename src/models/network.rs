//! What every architecture has in common, and the registry of architectures.
//!
//! A new architecture is one file with a struct that implements [`Network`], one variant of
//! [`Arch`] and one line in [`build`].

use super::batch::Batch;
use super::graphit::Graphit;
use super::gt::Gt;
use super::kernels::{Dropout, Replaced};
use super::parameters::Visitor;
use super::san::San;
use super::spec::{Arch, ModelSpec};
use burn::tensor::{Device, Tensor};
use std::sync::Arc;

/// A network: tensors and a forward pass.
pub(super) trait Network: Send + Sync {
    /// Predictions `[B, outputs]` for a batch of B graphs, or `[N, outputs]` for its nodes.
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2>;

    /// Shows every tensor to `visitor`, always in the same order.
    fn visit(&mut self, visitor: &mut Visitor<'_>);
}

/// A network of the given shapes, all its values zero.
pub(super) fn build(spec: &ModelSpec, device: &Device) -> Box<dyn Network> {
    match spec.arch {
        Arch::Gt => Box::new(Gt::new(spec, device)),
        Arch::Graphit => Box::new(Graphit::new(spec, device)),
        Arch::San => Box::new(San::new(spec, device)),
    }
}

/// How to run a forward pass, and what it left behind besides its predictions.
#[derive(Default)]
pub(super) struct Pass {
    /// Set in training: batch norms use the statistics of the batch and hand them out, instead of
    /// the running ones.
    pub(super) training: Option<Training>,
    /// Factor on the explicit bias terms, 0..=1; 1 is as trained.
    pub(super) explicit_bias: f32,
    /// What to keep of every layer.
    pub(super) record: Record,
    /// Added to the embedded inputs.
    pub(super) noise: Option<Noise>,
    /// Edge activations that are not what the layers compute.
    pub(super) replaced: Option<Replaced>,
    /// The kept layers, first layer first.
    pub(super) layers: Vec<Attended>,
    /// What multiplied the attention weights of a full graph, `[E, 1]`, if layers are kept.
    pub(super) factor: Option<Tensor<2>>,
    /// Batch statistics of every tail that ran in training mode.
    pub(super) statistics: Vec<TailStatistics>,
}

/// Randomness of a training step: a seed of its own, so that a step can be repeated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Training {
    /// Rate of dropout at the attention's output and inside the tails.
    pub(super) dropout: f32,
    /// Seed of this step.
    pub(super) seed: u64,
}

/// What is added to the embedded inputs of a batch.
pub(super) struct Noise {
    /// `[N, H]`
    pub(super) node: Tensor<2>,
    /// `[E, H]`, in the order of the batch's topology; `None` without edges.
    pub(super) edge: Option<Tensor<2>>,
}

/// What a forward pass keeps of its layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Record {
    /// Nothing.
    #[default]
    Nothing,
    /// Edge activations only.
    Edges,
    /// Edge activations and node attention.
    EdgesAndNodes,
    /// The projections Q, K, V and P as well.
    Everything,
}

/// Rows that edges read, `[U, H]`: edges of one kind share a row, so that it is projected once.
#[derive(Clone)]
pub(super) struct EdgeRows {
    /// The distinct rows.
    pub(super) rows: Tensor<2>,
    /// The row of each edge, in the order of the batch's topology; `None` where row e belongs to edge e.
    pub(super) of: Option<Arc<Vec<u32>>>,
    /// For each row whether it describes absent bonds, which have projections of their own; `None`
    /// outside full-graph mode.
    pub(super) absent: Option<Arc<Vec<bool>>>,
}

/// What the attention of one layer computed. Edge rows are in the order of the batch's topology.
#[derive(Clone)]
pub(super) struct Attended {
    /// Node attention `[N, H]`.
    pub(super) node: Tensor<2>,
    /// Edge activation `[E, H]`; `None` for a batch without edges.
    pub(super) edge: Option<Tensor<2>>,
    /// Attention logits before the clamp, `[N, heads]`, where they come from the target node alone
    /// ([`super::Ebt::Code`]); everywhere else they are the sums of the edge activation.
    pub(super) logit: Option<Tensor<2>>,
    /// Kept for [`Record::Everything`].
    pub(super) projections: Option<Projections>,
}

/// The projections of one layer.
#[derive(Clone)]
pub(super) struct Projections {
    /// `[N, H]`
    pub(super) q: Tensor<2>,
    /// `[N, H]`
    pub(super) k: Tensor<2>,
    /// `[N, H]`, explicit bias included.
    pub(super) v: Tensor<2>,
    /// `[E, H]`
    pub(super) p: Option<Tensor<2>>,
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
    pub(super) fn train(record: Record, training: Training) -> Self {
        Self { training: Some(training), record, explicit_bias: 1.0, ..Self::default() }
    }

    /// The dropout of one place in the network, counted up by the caller; none outside training.
    pub(super) fn dropout(&self, place: usize) -> Option<Dropout> {
        let Training { dropout: rate, seed } = self.training.filter(|training| training.dropout > 0.0)?;
        Some(Dropout { rate, seed: seed ^ (place as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) })
    }

    /// Keeps what [`Pass::record`] asks for.
    pub(super) fn keep(&mut self, attended: &Attended) {
        if self.record != Record::Nothing {
            self.layers.push(attended.clone());
        }
    }
}

impl Attended {
    /// The same numbers outside the gradient graph.
    pub(super) fn without_gradient(self) -> Self {
        Self {
            node: self.node.inner(),
            edge: self.edge.map(Tensor::inner),
            logit: self.logit.map(Tensor::inner),
            projections: self.projections.map(|Projections { q, k, v, p }| Projections {
                q: q.inner(),
                k: k.inner(),
                v: v.inner(),
                p: p.map(Tensor::inner),
            }),
        }
    }
}
