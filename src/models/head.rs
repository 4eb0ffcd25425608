//! From node rows to predictions.

use super::batch::Batch;
use super::layers::Linear;
use super::parameters::Visitor;
use super::spec::{ModelSpec, Readout, Task};
use burn::tensor::activation::relu;
use burn::tensor::{Device, IndexingUpdateOp, Tensor};

/// Pools each graph's nodes (unless nodes are what is predicted), then H -> H/2 -> H/4 -> outputs
/// with ReLU between (model-spec section 3.5).
pub(super) struct Head {
    pool: Option<Readout>,
    fc: [Linear; 3],
}

impl Head {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let (half, quarter) = (spec.dim / 2, spec.dim / 4);
        let fc = [(spec.dim, half), (half, quarter), (quarter, spec.outputs)]
            .map(|(inputs, outputs)| Linear::new(inputs, outputs, true, device));
        Self { pool: (spec.task != Task::NodeLabels).then_some(spec.readout), fc }
    }

    /// Node rows `[N, H]` to predictions `[B, outputs]`, or `[N, outputs]` without pooling.
    pub(super) fn forward(&self, nodes: Tensor<2>, batch: &Batch) -> Tensor<2> {
        let rows = match self.pool {
            Some(readout) => pool(nodes, readout, batch),
            None => nodes,
        };
        let [first, second, third] = &self.fc;
        third.forward(relu(second.forward(relu(first.forward(rows)))))
    }

    pub(super) fn visit(&mut self, visitor: &mut Visitor<'_>) {
        for (index, linear) in self.fc.iter_mut().enumerate() {
            linear.visit(&format!("readout.fc.{index}"), visitor);
        }
    }
}

/// One row per graph, `[B, H]`.
fn pool(nodes: Tensor<2>, readout: Readout, batch: &Batch) -> Tensor<2> {
    let [_, width] = nodes.dims();
    let zeros = Tensor::zeros([batch.graphs(), width], &nodes.device());
    let sum = zeros.select_assign(0, batch.graph.clone(), nodes, IndexingUpdateOp::Add); // [B, H]
    match readout {
        Readout::Sum => sum,
        Readout::Mean => sum / batch.node_count.clone(), // [B, 1]
    }
}
