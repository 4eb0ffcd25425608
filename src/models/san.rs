//! SAN: attention updates nodes only, and every layer reads the embedded bonds. In full-graph mode
//! gamma says how much absent bonds count against bonds.

use super::batch::Batch;
use super::network::{Network, Pass};
use super::nodes::NodeLayers;
use super::parameters::{Role, Slot, Visitor};
use super::spec::{Connectivity, ModelSpec};
use burn::tensor::{Device, Tensor};

/// The network; see model-spec sections 3.3 and 3.4.
pub(super) struct San {
    nodes: NodeLayers,
    gamma: Gamma,
}

#[allow(clippy::large_enum_variant, reason = "there is one per network")]
enum Gamma {
    /// Sparse mode: there are no absent bonds.
    None,
    Fixed(f32),
    /// `[1]`, for all layers.
    Learned(Tensor<1>),
}

impl San {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let gamma = match spec.connectivity {
            Connectivity::Gamma { gamma } => Gamma::Fixed(gamma),
            Connectivity::LearnedGamma => Gamma::Learned(Tensor::zeros([1], device)),
            Connectivity::Sparse | Connectivity::Kernel { .. } => Gamma::None,
        };
        Self { nodes: NodeLayers::new(spec, device), gamma }
    }

    /// 1/(1+gamma) for bonds, gamma/(1+gamma) for absent ones, `[E, 1]`.
    fn factor(&self, batch: &Batch) -> Option<Tensor<2>> {
        let absent = batch.absent.clone()?; // [E, 1], 1 for absent bonds
        let bond = absent.clone().neg() + 1.0;
        Some(match &self.gamma {
            Gamma::None => return None,
            Gamma::Fixed(gamma) => (bond + absent * *gamma) / (1.0 + gamma),
            Gamma::Learned(gamma) => {
                let gamma = gamma.clone().clamp(0.0, 1.0).unsqueeze::<2>(); // [1, 1]
                (bond + absent * gamma.clone()) / (gamma + 1.0)
            }
        })
    }
}

impl Network for San {
    fn forward(&self, batch: &Batch, pass: &mut Pass) -> Tensor<2> {
        self.nodes.forward(batch, self.factor(batch).as_ref(), pass)
    }

    fn visit(&mut self, visitor: &mut Visitor<'_>) {
        self.nodes.visit(visitor);
        if let Gamma::Learned(gamma) = &mut self.gamma {
            visitor("gamma", Role::Gamma, Slot::Vector(gamma));
        }
    }
}
