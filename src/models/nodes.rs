//! The layers that GraphiT and SAN share: one stream of nodes, the same embedded bonds everywhere.
//! Without a weighting of full graphs the two architectures are this one function.

use super::attention::Attention;
use super::batch::Batch;
use super::embedding::Embeddings;
use super::head::Head;
use super::layers::Tail;
use super::network::{Pass, Record};
use super::parameters::Visitor;
use super::spec::ModelSpec;
use burn::tensor::{Device, Tensor};

/// Embeddings, layers and head of a network without an edge stream.
pub(super) struct NodeLayers {
    embeddings: Embeddings,
    layers: Vec<(Attention, Tail)>,
    head: Head,
}

impl NodeLayers {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let layer = |index| (Attention::new(spec, device), Tail::new(index, spec.dim, device));
        Self {
            embeddings: Embeddings::new(spec, device),
            layers: (0..spec.layers).map(layer).collect(),
            head: Head::new(spec, device),
        }
    }

    /// Predictions; `factor` `[E, 1]` multiplies the attention weights of a full graph.
    pub(super) fn forward(&self, batch: &Batch, factor: Option<&Tensor<2>>, pass: &mut Pass) -> Tensor<2> {
        let (mut x, edge) = self.embeddings.forward(batch, pass); // [N, H], [U, H]
        pass.factor = factor.filter(|_| pass.record != Record::Nothing).cloned();
        for (attention, tail) in &self.layers {
            let attended = attention.forward(&x, edge.as_ref(), factor, &batch.topology, pass);
            pass.keep(&attended);
            x = tail.forward(x, attended.node, pass); // [N, H]
        }
        self.head.forward(x, batch)
    }

    pub(super) fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.embeddings.visit(visitor);
        for (index, (attention, tail)) in self.layers.iter_mut().enumerate() {
            attention.visit(&format!("layers.{index}"), visitor);
            tail.visit(&format!("layers.{index}.node"), visitor);
        }
        self.head.visit(visitor);
    }
}
