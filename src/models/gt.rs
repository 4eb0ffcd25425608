//! Graph Transformer with an edge stream: attention updates nodes, and a second tail with weights
//! of its own updates edges from the edge scores, so a layer reads the edges of the layer before.

use super::attention::Attention;
use super::batch::Batch;
use super::embedding::Embeddings;
use super::head::Head;
use super::layers::Tail;
use super::network::{Network, Pass};
use super::parameters::Visitor;
use super::spec::ModelSpec;
use burn::tensor::{Device, Tensor};

/// The network; see model-spec sections 3.3 and 3.5.
pub(super) struct Gt {
    embeddings: Embeddings,
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
            embeddings: Embeddings::new(spec, device),
            layers: (0..spec.layers).map(layer).collect(),
            head: Head::new(spec, device),
        }
    }
}

impl Network for Gt {
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2> {
        let (mut x, mut edge) = self.embeddings.forward(batch, pass); // [N, H], [U, H]
        for (index, layer) in self.layers.iter().enumerate() {
            let attended = layer.attention.forward(&x, edge.as_ref(), None, &batch.topology, pass);
            pass.keep(&attended);
            x = layer.node.forward(x, attended.node, pass); // [N, H]
            // Nothing reads the edges of the last layer.
            let read = edge.zip(attended.edge).filter(|_| index + 1 < self.layers.len());
            edge = read.map(|(edge, score)| layer.edge.forward(edge.each(), score, pass).into()); // [E, H]
        }
        self.head.forward(x, batch)
    }

    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.embeddings.visit(visitor);
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.attention.visit(&format!("layers.{index}"), visitor);
            layer.node.visit(&format!("layers.{index}.node"), visitor);
            layer.edge.visit(&format!("layers.{index}.edge"), visitor);
        }
        self.head.visit(visitor);
    }
}
