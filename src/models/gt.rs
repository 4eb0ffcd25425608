//! Graph Transformer with an edge stream: attention updates nodes, and a second tail with weights
//! of its own updates edges from the edge scores, so a layer reads the edges of the layer before.

use super::attention::Attention;
use super::batch::Batch;
use super::layers::{Head, Tail};
use super::network::{Network, Pass};
use super::parameters::{Role, Slot, Visitor};
use super::spec::ModelSpec;
use burn::tensor::{Device, Tensor};

/// The network; see model-spec sections 3.3 and 3.5.
pub(super) struct Gt {
    /// `[node codes, H]`
    embed_node: Tensor<2>,
    /// `[edge codes, H]`
    embed_edge: Tensor<2>,
    layers: Vec<Layer>,
    head: Head,
}

struct Layer {
    attention: Attention,
    node: Tail,
    edge: Tail,
}

impl Gt {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let layer = |index: usize| Layer {
            attention: Attention::new(spec, device),
            node: Tail::new(2 * index, spec.dim, device),
            edge: Tail::new(2 * index + 1, spec.dim, device),
        };
        Self {
            embed_node: Tensor::zeros([spec.node_codes, spec.dim], device),
            embed_edge: Tensor::zeros([spec.edge_codes, spec.dim], device),
            layers: (0..spec.layers).map(layer).collect(),
            head: Head::new(spec, device),
        }
    }
}

impl Network for Gt {
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2> {
        let mut x = self.embed_node.clone().select(0, batch.node.clone()); // [N, H]
        let mut edge = batch.edge.clone().map(|codes| self.embed_edge.clone().select(0, codes)); // [E, H]
        for (index, layer) in self.layers.iter().enumerate() {
            let (node, score) = layer.attention.forward(&x, edge.as_ref(), &batch.topology, pass.explicit_bias);
            pass.keep(&node, score.as_ref());
            x = layer.node.forward(x, node, pass); // [N, H]
            // Nothing reads the edges of the last layer.
            let read = edge.zip(score).filter(|_| index + 1 < self.layers.len());
            edge = read.map(|(edge, score)| layer.edge.forward(edge, score, pass)); // [E, H]
        }
        self.head.forward(x, batch)
    }

    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        visitor("embed_node.weight", Role::Table, Slot::Matrix(&mut self.embed_node));
        visitor("embed_edge.weight", Role::Table, Slot::Matrix(&mut self.embed_edge));
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.attention.visit(&format!("layers.{index}"), visitor);
            layer.node.visit(&format!("layers.{index}.node"), visitor);
            layer.edge.visit(&format!("layers.{index}.edge"), visitor);
        }
        self.head.visit(visitor);
    }
}
