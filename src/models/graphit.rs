//! GraphiT: attention updates nodes only, and every layer reads the embedded bonds. In full-graph
//! mode attention is weighted by how likely a random walk joins two nodes.

use super::batch::Batch;
use super::network::{Network, Pass};
use super::nodes::NodeLayers;
use super::parameters::Visitor;
use super::spec::ModelSpec;
use burn::tensor::{Device, Tensor};

/// The network; see model-spec sections 3.3 and 3.4.
pub(super) struct Graphit {
    nodes: NodeLayers,
}

impl Graphit {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        Self { nodes: NodeLayers::new(spec, device) }
    }
}

impl Network for Graphit {
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2> {
        self.nodes.forward(batch, batch.kernel.as_ref(), pass)
    }

    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.nodes.visit(visitor);
    }
}
