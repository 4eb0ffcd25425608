//! From the tensors of a batch to plain numbers, graph by graph, rows in the order of each graph's
//! own edge list.

use super::batch::{Batch, Part};
use super::network::Attended;
use super::parameters::Values;
use super::{GraphInput, ModelError, ModelSpec, floats};
use crate::domain::{LayerTrace, Matrix, Trace};
use burn::tensor::Tensor;

/// Attention logits are clamped to ± this before the exponential (model-spec section 3.1).
const CLAMP: f32 = 5.0;
/// Added to the sum of attention weights.
const EPSILON: f32 = 1e-6;

/// What a sweep needs of one graph.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeActivations {
    /// Model output, one value per task.
    pub prediction: Vec<f32>,
    /// Edge activation of each layer, `[E, H]`, rows in the order of the graph's edge list.
    pub layers: Vec<Matrix>,
}

/// Splits a recorded batch into traces.
pub(super) fn traces(
    spec: &ModelSpec,
    inputs: Vec<GraphInput>,
    batch: &Batch,
    layers: Vec<Attended>,
    prediction: Tensor<2>,
) -> Result<Vec<Trace>, ModelError> {
    let (nodes, edges, prediction) = read(layers, prediction)?;
    let target = batch.topology.target();
    let layer_trace = |part: &Part, nodes: &[f32], edges: &[f32]| LayerTrace {
        nodes: rows(nodes, part.nodes.clone(), spec.dim),
        edges: reordered(edges, part, spec.dim),
        attention: attention(edges, part, target, spec),
    };
    let traces = inputs.into_iter().zip(&batch.parts).enumerate().map(|(graph, (input, part))| Trace {
        prediction: outputs(&prediction, graph, spec),
        layers: nodes.iter().zip(&edges).map(|(nodes, edges)| layer_trace(part, nodes, edges)).collect(),
        edges: input.edges,
        heads: spec.heads,
    });
    Ok(traces.collect())
}

/// Splits a recorded batch into edge activations.
pub(super) fn edge_activations(
    spec: &ModelSpec,
    batch: &Batch,
    layers: Vec<Attended>,
    prediction: Tensor<2>,
) -> Result<Vec<EdgeActivations>, ModelError> {
    let (_, edges, prediction) = read(layers, prediction)?;
    let of_graph = |(graph, part): (usize, &Part)| EdgeActivations {
        prediction: outputs(&prediction, graph, spec),
        layers: edges.iter().map(|edges| reordered(edges, part, spec.dim)).collect(),
    };
    Ok(batch.parts.iter().enumerate().map(of_graph).collect())
}

/// Node and edge values of every layer (empty where there are none), and the predictions.
fn read(layers: Vec<Attended>, prediction: Tensor<2>) -> Result<(Values, Values, Vec<f32>), ModelError> {
    let present: Vec<(bool, bool)> = layers.iter().map(|layer| (layer.node.is_some(), layer.edge.is_some())).collect();
    let tensors = layers.into_iter().flat_map(|layer| [layer.node, layer.edge]).flatten();
    let mut values = floats(tensors.chain([prediction]))?.into_iter();
    let mut take = |present: bool| if present { values.next().unwrap_or_default() } else { Vec::new() };
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (node, edge) in present {
        nodes.push(take(node));
        edges.push(take(edge));
    }
    Ok((nodes, edges, take(true)))
}

fn outputs(prediction: &[f32], graph: usize, spec: &ModelSpec) -> Vec<f32> {
    prediction.chunks(spec.outputs).nth(graph).unwrap_or_default().to_vec()
}

fn rows(values: &[f32], rows: std::ops::Range<usize>, cols: usize) -> Matrix {
    Matrix { rows: rows.len(), cols, values: values[rows.start * cols..rows.end * cols].to_vec() }
}

/// The graph's edge rows, put into the order of its edge list.
fn reordered(values: &[f32], part: &Part, cols: usize) -> Matrix {
    let mut matrix = Matrix { rows: part.order.len(), cols, values: vec![0.0; part.order.len() * cols] };
    for (row, &place) in part.edges.clone().zip(&part.order) {
        matrix.values[place as usize * cols..][..cols].copy_from_slice(&values[row * cols..][..cols]);
    }
    matrix
}

/// Attention weight per head, w_ij / (sum_i w_ij + 1e-6), `[E, heads]`.
fn attention(scores: &[f32], part: &Part, target: &[u32], spec: &ModelSpec) -> Matrix {
    let (heads, channels) = (spec.heads, spec.dim / spec.heads);
    let mut weights = vec![0.0; part.order.len() * heads];
    let mut sums = vec![0.0f32; part.nodes.len() * heads];
    for (row, weights) in part.edges.clone().zip(weights.chunks_exact_mut(heads)) {
        let node = target[row] as usize - part.nodes.start;
        let score = scores[row * spec.dim..][..spec.dim].chunks_exact(channels);
        for ((weight, sum), score) in weights.iter_mut().zip(&mut sums[node * heads..]).zip(score) {
            *weight = score.iter().sum::<f32>().clamp(-CLAMP, CLAMP).exp();
            *sum += *weight;
        }
    }
    let mut matrix = Matrix { rows: part.order.len(), cols: heads, values: vec![0.0; weights.len()] };
    for ((row, &place), weights) in part.edges.clone().zip(&part.order).zip(weights.chunks_exact(heads)) {
        let sums = &sums[(target[row] as usize - part.nodes.start) * heads..];
        for ((out, weight), sum) in matrix.values[place as usize * heads..].iter_mut().zip(weights).zip(sums) {
            *out = weight / (sum + EPSILON);
        }
    }
    matrix
}
