//! Several graphs side by side as one: nodes and edges are renumbered, no edge joins two graphs,
//! so one forward pass computes all of them and each result can be cut out again.

use super::ModelError;
use super::features::GraphInput;
use super::kernels::Topology;
use super::spec::ModelSpec;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;
use std::sync::Arc;

/// A batch of B graphs with N nodes and E directed edges in all.
pub(super) struct Batch {
    /// Node codes `[N]`.
    pub(super) node: Tensor<1, Int>,
    /// Edge codes `[E]` in the order of `topology`; `None` without edges.
    pub(super) edge: Option<Tensor<1, Int>>,
    /// Graph of each node `[N]`, ascending.
    pub(super) graph: Tensor<1, Int>,
    /// Nodes of each graph `[B, 1]`.
    pub(super) node_count: Tensor<2>,
    /// The edges, sorted by target as the kernels want them.
    pub(super) topology: Arc<Topology>,
    /// Where each graph's rows are.
    pub(super) parts: Vec<Part>,
}

/// The rows of one graph in a batch.
pub(super) struct Part {
    /// Its node rows.
    pub(super) nodes: Range<usize>,
    /// Its edge rows: sorting by target keeps the edges of a graph together.
    pub(super) edges: Range<usize>,
    /// For each edge row of the graph, in batch order, its row in the graph's own edge list.
    pub(super) order: Vec<u32>,
}

impl Batch {
    /// Collates graphs for a network of the given specification.
    ///
    /// # Errors
    /// No graph, a graph without nodes, a code outside the tables, or an edge to a node that does
    /// not exist.
    pub(super) fn new(graphs: &[&GraphInput], spec: &ModelSpec, device: &Device) -> Result<Self, ModelError> {
        if graphs.is_empty() {
            return Err(ModelError::NoGraph);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(graphs.len());
        let (mut node, mut edge, mut graph, mut count) = (vec![], vec![], vec![], vec![]);
        let (mut source, mut target) = (vec![], vec![]);
        for (index, input) in graphs.iter().enumerate() {
            check(index, input, spec)?;
            let order = by_target(input);
            let (first_node, first_edge) = (node.len(), edge.len());
            let offset = u32::try_from(first_node).map_err(|_overflow| ModelError::TooLarge)?;
            node.extend(input.node.iter().map(|&code| i64::from(code)));
            graph.resize(node.len(), i64::try_from(index).unwrap_or(i64::MAX));
            count.push(input.node.len() as f32);
            for row in order.iter().map(|&row| row as usize) {
                edge.push(i64::from(input.edge[row]));
                source.push(offset + input.edges.source[row]);
                target.push(offset + input.edges.target[row]);
            }
            parts.push(Part { nodes: first_node..node.len(), edges: first_edge..edge.len(), order });
        }
        let topology = Arc::new(Topology::new(node.len(), &source, &target));
        Ok(Self {
            edge: (!edge.is_empty()).then(|| ints(edge, device)),
            node: ints(node, device),
            graph: ints(graph, device),
            node_count: Tensor::from_data(TensorData::new(count, [parts.len(), 1]), device),
            topology,
            parts,
        })
    }

    /// Number of graphs.
    pub(super) fn graphs(&self) -> usize {
        self.parts.len()
    }
}

fn ints(values: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The rows of a graph's edge list in ascending order of target, ties in their own order.
fn by_target(input: &GraphInput) -> Vec<u32> {
    let mut order: Vec<u32> = (0..).zip(&input.edges.target).map(|(row, _)| row).collect();
    order.sort_by_key(|&row| input.edges.target[row as usize]);
    order
}

/// Everything that indexing relies on.
fn check(graph: usize, input: &GraphInput, spec: &ModelSpec) -> Result<(), ModelError> {
    let nodes = input.node.len();
    if nodes == 0 {
        return Err(ModelError::NoNode { graph });
    }
    let rows = input.edges.len();
    let ends = input.edges.source.iter().chain(&input.edges.target);
    if input.edge.len() != rows
        || input.edges.target.len() != rows
        || ends.into_iter().any(|&end| end as usize >= nodes)
    {
        return Err(ModelError::Edges { graph });
    }
    let outside = |codes: &[u32], rows: usize| codes.iter().copied().find(|&code| code as usize >= rows);
    if let Some(code) = outside(&input.node, spec.node_codes) {
        return Err(ModelError::Code { graph, what: "node", code, codes: spec.node_codes });
    }
    match outside(&input.edge, spec.edge_codes) {
        Some(code) => Err(ModelError::Code { graph, what: "edge", code, codes: spec.edge_codes }),
        None => Ok(()),
    }
}
