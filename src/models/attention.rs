//! The attention core shared by GT, GraphiT and SAN (model-spec sections 3.1 and 4).
//!
//! The score of an edge i -> j is a vector, k_i * q_j / sqrt(d) * p_ij feature by feature; it is
//! both what the softmax-like weight is made of and the activation in which massive values sit.

use super::kernels::{self, Topology};
use super::layers::Linear;
use super::parameters::{Role, Slot, Visitor};
use super::spec::ModelSpec;
use burn::tensor::{Device, Tensor, TensorData, module};
use std::sync::Arc;

/// Query, key, value and edge projections of one layer, with explicit bias terms if it has any.
pub(super) struct Attention {
    q: Linear,
    k: Linear,
    v: Linear,
    e: Linear,
    explicit: Option<ExplicitBias>,
    heads: usize,
}

/// The explicit bias vectors k', e', v' of all heads, `[H]` each.
struct ExplicitBias {
    k: Tensor<1>,
    e: Tensor<1>,
    v: Tensor<1>,
    /// `[H, H]`: 1/sqrt(d) where row and column belong to one head, 0 elsewhere.
    same_head: Tensor<2>,
}

impl Attention {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let linear = || Linear::new(spec.dim, spec.dim, spec.use_bias, device);
        Self {
            q: linear(),
            k: linear(),
            v: linear(),
            e: linear(),
            explicit: spec.ebt.then(|| ExplicitBias::new(spec, device)),
            heads: spec.heads,
        }
    }

    /// Node attention `[N, H]` and edge activation `[E, H]` from node rows `[N, H]` and edge rows
    /// `[E, H]`, the latter in the order of `topology`. `scale` multiplies the explicit bias terms.
    /// Without edges no message flows: node attention is zero and there is no edge activation.
    pub(super) fn forward(
        &self,
        x: &Tensor<2>,
        edge: Option<&Tensor<2>>,
        topology: &Arc<Topology>,
        scale: f32,
    ) -> (Tensor<2>, Option<Tensor<2>>) {
        let Some(edge) = edge else {
            return (x.zeros_like(), None);
        };
        let explicit = self.explicit.as_ref().filter(|_| scale > 0.0);
        let q = self.q.forward(x.clone()); // [N, H]
        let k = self.k.forward(x.clone()); // [N, H]
        let p = self.e.forward(edge.clone()); // [E, H]
        let bias = explicit.map(|explicit| explicit.score(&q, scale)); // [N, H]
        let score = kernels::edge_score(q, k, p, bias, topology, self.heads); // [E, H]
        // Adding v' to every value adds (sum w) v' to the numerator, which is what the term is.
        let v_bias = match (&self.v.bias, explicit.map(|explicit| explicit.v.clone() * scale)) {
            (Some(bias), Some(explicit)) => Some(bias.clone() + explicit),
            (bias, explicit) => bias.clone().or(explicit),
        };
        let v = module::linear(x.clone(), self.v.weight.clone(), v_bias); // [N, H]
        let node = kernels::edge_aggregate(score.clone(), v, topology, self.heads); // [N, H]
        (node, Some(score))
    }

    pub(super) fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        self.q.visit(&format!("{name}.q"), visitor);
        self.k.visit(&format!("{name}.k"), visitor);
        self.v.visit(&format!("{name}.v"), visitor);
        self.e.visit(&format!("{name}.e"), visitor);
        if let Some(ExplicitBias { k, e, v, same_head: _ }) = &mut self.explicit {
            let role = Role::ExplicitBias { heads: self.heads };
            visitor(&format!("{name}.ebt.k"), role, Slot::Vector(k));
            visitor(&format!("{name}.ebt.e"), role, Slot::Vector(e));
            visitor(&format!("{name}.ebt.v"), role, Slot::Vector(v));
        }
    }
}

impl ExplicitBias {
    fn new(spec: &ModelSpec, device: &Device) -> Self {
        let (width, channels) = (spec.dim, spec.dim / spec.heads);
        let scale = 1.0 / (channels as f32).sqrt();
        let cell = |index: usize| if index / width / channels == index % width / channels { scale } else { 0.0 };
        let same_head: Vec<f32> = (0..width * width).map(cell).collect();
        let vector = || Tensor::zeros([width], device);
        Self {
            k: vector(),
            e: vector(),
            v: vector(),
            same_head: Tensor::from_data(TensorData::new(same_head, [width, width]), device),
        }
    }

    /// scale * r_j e' with r_j = (q_j . k') / sqrt(d) per head, as one matrix product: `[N, H]`.
    fn score(&self, q: &Tensor<2>, scale: f32) -> Tensor<2> {
        let [width] = self.k.dims();
        let outer = self.k.clone().reshape([width, 1]) * (self.e.clone() * scale).reshape([1, width]); // [H, H]
        q.clone().matmul(outer * self.same_head.clone())
    }
}
