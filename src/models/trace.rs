//! From the tensors of a batch to plain numbers, graph by graph, rows in the order of each graph's
//! own edge list.

use super::batch::{Batch, Part};
use super::kernels::ATTENTION_EPSILON;
use super::kernels::{each, head_sums};
use super::network::{Attended, Pass, Projections, Record};
use super::{GraphInput, ModelError, ModelSpec, Task, floats};
use crate::domain::{self, LOGIT_LIMIT, LayerTrace, Matrix, Trace};
use burn::tensor::Tensor;
use std::ops::Range;

/// What a sweep needs of one graph.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeActivations {
    /// Model output, one value per target (for targets of nodes, one row of them per node).
    pub prediction: Vec<f32>,
    /// Edge activation of each layer, `[E, H]`, rows in the order of the graph's edge list.
    pub layers: Vec<Matrix>,
    /// Clamped attention logits of each layer and head, counted over the edges.
    pub clamped: Vec<Vec<u32>>,
}

/// The recorded numbers of one layer, for a whole batch; empty where nothing was recorded.
#[derive(Default)]
struct Recorded {
    node: Vec<f32>,
    edge: Vec<f32>,
    logit: Vec<f32>,
    projections: Option<[Vec<f32>; 4]>,
}

/// Everything recorded of a batch.
struct ReadBack {
    layers: Vec<Recorded>,
    /// What multiplied the attention weights of each edge; empty where nothing did.
    factor: Vec<f32>,
    prediction: Vec<f32>,
}

/// Splits a recorded batch into traces.
pub(super) fn traces(
    spec: &ModelSpec,
    inputs: Vec<GraphInput>,
    batch: &Batch,
    pass: Pass,
    prediction: Tensor<2>,
) -> Result<Vec<Trace>, ModelError> {
    let ReadBack { layers, factor, prediction } = read(pass, prediction)?;
    let context = Context { spec, target: batch.topology.target(), factor: &factor };
    let graphs = inputs.into_iter().zip(&batch.parts).enumerate();
    Ok(each(graphs, |(graph, (input, part))| Trace {
        prediction: outputs(&prediction, graph, part, spec),
        layers: layers.iter().map(|layer| context.layer(part, layer)).collect(),
        edges: input.edges,
        heads: spec.heads,
    }))
}

/// Splits a recorded batch into edge activations.
pub(super) fn edge_activations(
    spec: &ModelSpec,
    batch: &Batch,
    pass: Pass,
    prediction: Tensor<2>,
) -> Result<Vec<EdgeActivations>, ModelError> {
    let ReadBack { layers, factor, prediction } = read(pass, prediction)?;
    let context = Context { spec, target: batch.topology.target(), factor: &factor };
    Ok(each(batch.parts.iter().enumerate(), |(graph, part)| EdgeActivations {
        prediction: outputs(&prediction, graph, part, spec),
        layers: layers.iter().map(|layer| reordered(&layer.edge, part, spec.dim)).collect(),
        clamped: layers.iter().map(|layer| context.clamped(part, layer)).collect(),
    }))
}

/// All layers, the factor of attention weights and the predictions, read back in one go.
fn read(pass: Pass, prediction: Tensor<2>) -> Result<ReadBack, ModelError> {
    let nodes = pass.record >= Record::EdgesAndNodes;
    let mut tensors: Vec<Option<Tensor<2>>> = Vec::new();
    let projected: Vec<bool> = pass.layers.iter().map(|layer| layer.projections.is_some()).collect();
    for Attended { node, edge, logit, projections } in pass.layers {
        tensors.extend([Some(node).filter(|_| nodes), edge, logit]);
        if let Some(Projections { q, k, v, p }) = projections {
            tensors.extend([Some(q), Some(k), Some(v), p]);
        }
    }
    tensors.extend([pass.factor, Some(prediction)]);
    let present: Vec<bool> = tensors.iter().map(Option::is_some).collect();
    let mut values = floats(tensors.into_iter().flatten())?.into_iter();
    let mut present = present.into_iter();
    let mut next = || match present.next() {
        Some(true) => values.next().unwrap_or_default(),
        _ => Vec::new(),
    };
    let mut layers = Vec::with_capacity(projected.len());
    for projected in projected {
        let [node, edge, logit] = [next(), next(), next()];
        layers.push(Recorded { node, edge, logit, projections: projected.then(|| [next(), next(), next(), next()]) });
    }
    Ok(ReadBack { layers, factor: next(), prediction: next() })
}

/// What is the same for all graphs and layers of a batch.
struct Context<'a> {
    spec: &'a ModelSpec,
    /// Target of each edge row of the batch.
    target: &'a [u32],
    /// Factor of each edge's attention weight; empty where there is none.
    factor: &'a [f32],
}

impl Context<'_> {
    fn layer(&self, part: &Part, layer: &Recorded) -> LayerTrace {
        let width = self.spec.dim;
        let logits = self.logits(part, layer);
        let nodes = |values: &[f32]| rows(values, part.nodes.clone(), width);
        LayerTrace {
            nodes: nodes(&layer.node),
            edges: reordered(&layer.edge, part, width),
            attention: placed(&self.attention(part, &logits), part, self.spec.heads),
            logits: placed(&logits, part, self.spec.heads),
            projections: layer.projections.as_ref().map(|[q, k, v, p]| {
                let (q, k, v) = (nodes(q), nodes(k), nodes(v));
                Box::new(domain::Projections { q, k, v, p: reordered(p, part, width) })
            }),
        }
    }

    /// Attention logits before the clamp, `[E, heads]` in batch order: sums of the activation, or what the
    /// target node alone decides.
    fn logits(&self, part: &Part, layer: &Recorded) -> Vec<f32> {
        let (width, heads) = (self.spec.dim, self.spec.heads);
        if layer.logit.is_empty() {
            return head_sums(&layer.edge[part.edges.start * width..part.edges.end * width], width / heads);
        }
        let of_target = |&target: &u32| &layer.logit[target as usize * heads..][..heads];
        self.target[part.edges.clone()].iter().flat_map(of_target).copied().collect()
    }

    /// Attention weight per head, w_ij / (sum_i w_ij + 1e-6), `[E, heads]` in batch order.
    fn attention(&self, part: &Part, logits: &[f32]) -> Vec<f32> {
        let heads = self.spec.heads;
        let node = |row: usize| (self.target[row] as usize - part.nodes.start) * heads;
        let mut sums = vec![0.0f32; part.nodes.len() * heads];
        let mut weights = Vec::with_capacity(logits.len());
        for (row, logits) in part.edges.clone().zip(logits.chunks_exact(heads)) {
            let factor = self.factor.get(row).copied().unwrap_or(1.0);
            for (logit, sum) in logits.iter().zip(&mut sums[node(row)..]) {
                let weight = logit.clamp(-LOGIT_LIMIT, LOGIT_LIMIT).exp() * factor;
                *sum += weight;
                weights.push(weight);
            }
        }
        for (row, weights) in part.edges.clone().zip(weights.chunks_exact_mut(heads)) {
            weights.iter_mut().zip(&sums[node(row)..]).for_each(|(weight, sum)| *weight /= sum + ATTENTION_EPSILON);
        }
        weights
    }

    /// Edges whose logit is beyond the clamp, per head.
    fn clamped(&self, part: &Part, layer: &Recorded) -> Vec<u32> {
        let heads = self.spec.heads;
        let mut counts = vec![0; heads];
        for logits in self.logits(part, layer).chunks_exact(heads) {
            for (count, logit) in counts.iter_mut().zip(logits) {
                *count += u32::from(logit.abs() > LOGIT_LIMIT);
            }
        }
        counts
    }
}

/// The predictions of one graph, or of its nodes.
fn outputs(prediction: &[f32], graph: usize, part: &Part, spec: &ModelSpec) -> Vec<f32> {
    let rows = if spec.task == Task::NodeLabels { part.nodes.clone() } else { graph..graph + 1 };
    prediction[rows.start * spec.outputs..rows.end * spec.outputs].to_vec()
}

fn rows(values: &[f32], rows: Range<usize>, cols: usize) -> Matrix {
    Matrix { rows: rows.len(), cols, values: values[rows.start * cols..rows.end * cols].to_vec() }
}

/// A graph's edge rows out of those of a batch, put into the order of its edge list.
fn reordered(values: &[f32], part: &Part, cols: usize) -> Matrix {
    if values.is_empty() {
        return Matrix { rows: 0, cols, values: Vec::new() };
    }
    placed(&values[part.edges.start * cols..part.edges.end * cols], part, cols)
}

/// A graph's edge rows, put into the order of its edge list.
fn placed(values: &[f32], part: &Part, cols: usize) -> Matrix {
    let mut placed = Vec::with_capacity(part.order.len() * cols);
    part.places.iter().for_each(|&row| placed.extend_from_slice(&values[row as usize * cols..][..cols]));
    Matrix { rows: part.order.len(), cols, values: placed }
}
