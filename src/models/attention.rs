//! The attention core shared by GT, GraphiT and SAN (model-spec sections 3.1, 3.4 and 4).
//!
//! The score of an edge i -> j is a vector, k_i * q_j / sqrt(d) * p_ij feature by feature; it is
//! both what the softmax-like weight is made of and the activation in which massive values sit.

use super::kernels::{self, AttentionParams, Edges, Linear, Mode, Topology};
use super::network::{Attended, EdgeRows, Pass, Projections, Record};
use super::parameters::{Role, Slot, Visitor};
use super::spec::{Arch, Ebt, ModelSpec};
use burn::tensor::{Device, Tensor};
use std::sync::Arc;

/// Query, key, value and edge projections of one layer, those of absent bonds if it has any, and
/// explicit bias terms if it has any.
pub(super) struct Attention {
    params: AttentionParams,
    heads: usize,
    /// Weights come from the explicit bias score of the target node alone.
    by_target: bool,
    /// Something reads the edge scores, besides the record.
    feeds_edges: bool,
}

impl Attention {
    pub(super) fn new(spec: &ModelSpec, device: &Device) -> Self {
        let linear = || Linear::new(spec.dim, spec.dim, spec.use_bias, device);
        let vector = || Tensor::zeros([spec.dim], device);
        let params = AttentionParams {
            maps: [(); 4].map(|()| linear()),
            absent: spec.connectivity.is_full().then(|| [(); 3].map(|()| linear())),
            explicit: spec.has_ebt().then(|| [(); 3].map(|()| vector())),
        };
        let (by_target, feeds_edges) = (spec.ebt == Ebt::Code, spec.arch == Arch::Gt);
        Self { params, heads: spec.heads, by_target, feeds_edges }
    }

    /// Attention over node rows `[N, H]` along edges with their rows; `factor` `[E, 1]` multiplies
    /// the weights of edges. Without edges no message flows: node attention is zero and there is no
    /// edge activation.
    pub(super) fn forward(
        &self,
        x: &Tensor<2>,
        edge: Option<&EdgeRows>,
        factor: Option<&Tensor<2>>,
        topology: &Arc<Topology>,
        pass: &Pass,
    ) -> Attended {
        let scale = pass.explicit_bias;
        let without = AttentionParams { explicit: None, ..self.params.clone() };
        let params = if scale > 0.0 { &self.params } else { &without };
        let keep_all = pass.record == Record::Everything;
        let Some(EdgeRows { rows, of, absent }) = edge else {
            return Self::without_edges(x, params, scale, keep_all);
        };
        let edges = Edges {
            rows: rows.clone(),
            of: of.clone(),
            absent: absent.clone(),
            factor: factor.cloned(),
            replaced: pass.replaced.clone(),
        };
        let keep_score = self.feeds_edges || pass.record != Record::Nothing;
        let mode = Mode { heads: self.heads, scale, by_target: self.by_target, keep_score, keep_all };
        let kernels::Attention { node, score, logit, projections } =
            kernels::attention(x.clone(), edges, params, topology, mode);
        let projections = projections.map(|[q, k, v, p]| Projections { q, k, v, p: Some(p) });
        Attended { node, edge: score, logit, projections }
    }

    fn without_edges(x: &Tensor<2>, params: &AttentionParams, scale: f32, keep_all: bool) -> Attended {
        let projections = keep_all.then(|| {
            let [q, k, v, _] = params.maps.each_ref().map(|map| map.forward(x.clone()));
            let v = match &params.explicit {
                Some([_, _, bias]) => v + (bias.clone() * scale).unsqueeze(),
                None => v,
            };
            Projections { q, k, v, p: None }
        });
        Attended { node: x.zeros_like(), edge: None, logit: None, projections }
    }

    pub(super) fn visit(&mut self, name: &str, visitor: &mut Visitor<'_>) {
        let AttentionParams { maps, absent, explicit } = &mut self.params;
        for (map, part) in maps.iter_mut().zip(["q", "k", "v", "e"]) {
            map.visit(&format!("{name}.{part}"), visitor);
        }
        for (map, part) in absent.iter_mut().flatten().zip(["q2", "k2", "e2"]) {
            map.visit(&format!("{name}.{part}"), visitor);
        }
        for (vector, part) in explicit.iter_mut().flatten().zip(["k", "e", "v"]) {
            let role = Role::ExplicitBias { heads: self.heads };
            visitor(&format!("{name}.ebt.{part}"), role, Slot::Vector(vector));
        }
    }
}
