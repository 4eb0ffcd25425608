//! Several graphs side by side as one: nodes and edges are renumbered, no edge joins two graphs,
//! so one forward pass computes all of them and each result can be cut out again.

use super::ModelError;
use super::features::{Codes, Embedding, GraphInput};
use super::kernels::{Replaced, Score, Topology};
use super::random::Generator;
use super::spec::{Encoding, ModelSpec};
use crate::domain::{Ablation, Intervention};
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::ops::Range;
use std::sync::Arc;

/// A batch of B graphs with N nodes and E directed edges in all.
pub(super) struct Batch {
    /// Node codes, as [`super::embedding`] wants them.
    pub(super) node: Vec<Tensor<1, Int>>,
    /// What kinds of edges there are; `None` without edges.
    pub(super) edge: Option<EdgeKinds>,
    /// 1 for absent bonds and 0 for bonds, `[E, 1]`; full-graph mode only.
    pub(super) absent: Option<Tensor<2>>,
    /// Random-walk kernel `[E, 1]`, where the model has one.
    pub(super) kernel: Option<Tensor<2>>,
    /// Encoding of nodes, where the model has one.
    pub(super) encoding: Option<NodeEncoding>,
    /// Graph of each node `[N]`, ascending.
    pub(super) graph: Tensor<1, Int>,
    /// Nodes of each graph `[B, 1]`.
    pub(super) node_count: Tensor<2>,
    /// The edges, sorted by target as the kernels want them.
    pub(super) topology: Arc<Topology>,
    /// Where each graph's rows are.
    pub(super) parts: Vec<Part>,
}

/// The distinct edges of a batch: most share their codes with many others, and what follows from
/// codes alone is computed once per kind.
pub(super) struct EdgeKinds {
    /// Codes of the U kinds, as [`super::embedding`] wants them.
    pub(super) codes: Vec<Tensor<1, Int>>,
    /// Kind of each edge, in the order of the topology.
    pub(super) of: Arc<Vec<u32>>,
    /// For each kind whether it is that of absent bonds; full-graph mode only.
    pub(super) absent: Option<Arc<Vec<bool>>>,
}

/// What nodes are told about their place.
pub(super) struct NodeEncoding {
    /// `[N, K]`
    pub(super) values: Tensor<2>,
    /// `[N, K]`: eigenvalue of each column in each node's graph, and 1 where the graph has no such
    /// column; only for learned encodings.
    pub(super) spectrum: Option<(Tensor<2>, Tensor<2>)>,
}

/// The rows of one graph in a batch.
pub(super) struct Part {
    /// Its node rows.
    pub(super) nodes: Range<usize>,
    /// Its edge rows: sorting by target keeps the edges of a graph together.
    pub(super) edges: Range<usize>,
    /// For each edge row of the graph, in batch order, its row in the graph's own edge list.
    pub(super) order: Vec<u32>,
    /// The other way round: for each row of its own edge list, its row among its rows in the batch.
    pub(super) places: Vec<u32>,
}

impl Batch {
    /// Collates graphs for a network of the given specification. With `signs`, eigenvectors get
    /// random signs drawn from that seed, as in training.
    ///
    /// # Errors
    /// No graph, or a graph that is not one the specification reads.
    pub(super) fn new(
        graphs: &[&GraphInput],
        spec: &ModelSpec,
        signs: Option<u64>,
        device: &Device,
    ) -> Result<Self, ModelError> {
        if graphs.is_empty() {
            return Err(ModelError::NoGraph);
        }
        let mut parts: Vec<Part> = Vec::with_capacity(graphs.len());
        let (mut graph, mut count, mut source, mut target) = (vec![], vec![], vec![], vec![]);
        for (index, input) in graphs.iter().enumerate() {
            check(index, input, spec)?;
            let order = by_target(input);
            let (first_node, first_edge) = (graph.len(), source.len());
            let offset = u32::try_from(first_node).map_err(|_overflow| ModelError::TooLarge)?;
            graph.resize(first_node + input.nodes(), i64::try_from(index).unwrap_or(i64::MAX));
            count.push(input.nodes() as f32);
            for row in order.iter().map(|&row| row as usize) {
                source.push(offset + input.edges.source[row]);
                target.push(offset + input.edges.target[row]);
            }
            let (nodes, edges) = (first_node..graph.len(), first_edge..source.len());
            parts.push(Part { nodes, edges, places: inverse(&order), order });
        }
        let node: Vec<&[u32]> = graphs.iter().flat_map(|input| rows(&input.node)).collect();
        let column = |values: Vec<f32>| {
            let rows = values.len();
            Tensor::from_data(TensorData::new(values, [rows, 1]), device)
        };
        let along_edges = |pick: &dyn Fn(&GraphInput, usize) -> f32| -> Vec<f32> {
            let of_graph = |(input, part): (&&GraphInput, &Part)| {
                part.order.iter().map(|&row| pick(input, row as usize)).collect::<Vec<f32>>()
            };
            graphs.iter().zip(&parts).flat_map(of_graph).collect()
        };
        let full = spec.connectivity.is_full() && !source.is_empty();
        let absent = full.then(|| column(along_edges(&|input, row| f32::from(u8::from(input.absent[row])))));
        let kernel = (full && matches!(spec.connectivity, super::Connectivity::Kernel { .. }))
            .then(|| column(along_edges(&|input, row| input.kernel[row])));
        Ok(Self {
            node: code_tensors(&node, &spec.features.node(), device),
            edge: EdgeKinds::new(graphs, &parts, spec, device),
            absent,
            kernel,
            encoding: NodeEncoding::new(graphs, spec, signs, device),
            node_count: column(count),
            topology: Arc::new(Topology::new(graph.len(), &source, &target)),
            graph: ints(graph, device),
            parts,
        })
    }

    /// The activations that an intervention replaces in these graphs; `None` if it replaces none.
    pub(super) fn replaced(
        &self,
        graphs: &[&GraphInput],
        intervention: &Intervention,
        device: &Device,
    ) -> Option<Replaced> {
        let mut rows = Vec::with_capacity(self.topology.edges());
        let mut means = Vec::new();
        for (input, part) in graphs.iter().zip(&self.parts) {
            let how = |&row: &u32| {
                let edge = input.edges.get(row as usize)?;
                intervention.ablated.get(&edge).copied()
            };
            let edges = (0..).skip(part.edges.start).zip(&part.order);
            let kept: Vec<u32> = edges.clone().filter(|(_, row)| how(row).is_none()).map(|(edge, _)| edge).collect();
            rows.extend(edges.clone().map(|(edge, row)| match how(row) {
                Some(Ablation::Zero) => Score::Zero,
                Some(Ablation::LayerMean) => Score::Mean(means.len()),
                Some(Ablation::Remove) | None => Score::Of(edge),
            }));
            // If no edge is left as it was, there is still a mean: that of what the model computed.
            means.push(if kept.is_empty() { edges.map(|(edge, _)| edge).collect() } else { kept });
        }
        let changed = rows.iter().any(|score| !matches!(score, Score::Of(_)));
        changed.then(|| Replaced::new(&rows, &means, device))
    }

    /// Number of graphs.
    pub(super) fn graphs(&self) -> usize {
        self.parts.len()
    }
}

impl EdgeKinds {
    fn new(graphs: &[&GraphInput], parts: &[Part], spec: &ModelSpec, device: &Device) -> Option<Self> {
        let embedding = spec.features.edge();
        let full = spec.connectivity.is_full();
        // A code tuple and whether the bond is absent, as one number: at most a few thousand values.
        let radix: Vec<usize> = (0..embedding.fields()).map(|field| embedding.codes(field)).collect();
        let key = |codes: &[u32], absent: bool| {
            codes.iter().zip(&radix).fold(usize::from(absent), |key, (&code, radix)| key * radix + code as usize)
        };
        let mut kind_of = vec![u32::MAX; 2 * radix.iter().product::<usize>()];
        let (mut kinds, mut absent, mut of) = (Vec::new(), Vec::new(), Vec::new());
        for (input, part) in graphs.iter().zip(parts) {
            for row in part.order.iter().map(|&row| row as usize) {
                let (codes, is_absent) = (input.edge.row(row), full && input.absent[row]);
                let kind = &mut kind_of[key(codes, is_absent)];
                if *kind == u32::MAX {
                    *kind = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
                    kinds.push(codes);
                    absent.push(is_absent);
                }
                of.push(*kind);
            }
        }
        let codes = || code_tensors(&kinds, &embedding, device);
        (!of.is_empty()).then(|| Self { codes: codes(), of: Arc::new(of), absent: full.then(|| Arc::new(absent)) })
    }
}

impl NodeEncoding {
    fn new(graphs: &[&GraphInput], spec: &ModelSpec, signs: Option<u64>, device: &Device) -> Option<Self> {
        let columns = spec.encoding.columns();
        let eigenvectors = matches!(spec.encoding, Encoding::Laplacian { .. } | Encoding::Learned { .. });
        let mut generator = signs.filter(|_| eigenvectors).map(|seed| Generator::new(seed, "signs"));
        let (mut values, mut eigenvalues, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for input in graphs {
            let mut sign = || generator.as_mut().is_some_and(|generator| generator.uniform() < 0.5);
            let flipped: Vec<f32> = (0..columns).map(|_| if sign() { -1.0 } else { 1.0 }).collect();
            for node in 0..input.nodes() {
                values.extend(input.encoding.row(node).iter().zip(&flipped).map(|(value, sign)| value * sign));
                eigenvalues
                    .extend((0..columns).map(|column| input.eigenvalues.get(column).copied().unwrap_or_default()));
                missing.extend((0..columns).map(|column| f32::from(u8::from(column >= input.eigenvalues.len()))));
            }
        }
        let matrix = |values: Vec<f32>| {
            let rows = values.len() / columns.max(1);
            Tensor::from_data(TensorData::new(values, [rows, columns]), device)
        };
        let learned = matches!(spec.encoding, Encoding::Learned { .. });
        (columns > 0)
            .then(|| Self { values: matrix(values), spectrum: learned.then(|| (matrix(eigenvalues), matrix(missing))) })
    }
}

fn rows(codes: &Codes) -> impl Iterator<Item = &[u32]> {
    codes.values.chunks_exact(codes.fields.max(1))
}

/// Rows of codes as index tensors: one per field where fields have tables of their own, else one in all.
fn code_tensors(rows: &[&[u32]], embedding: &Embedding, device: &Device) -> Vec<Tensor<1, Int>> {
    let tensor = |codes: &mut dyn Iterator<Item = u32>| ints(codes.map(i64::from).collect(), device);
    match embedding {
        Embedding::Table { .. } | Embedding::Shared { .. } => {
            vec![tensor(&mut rows.iter().flat_map(|row| row.iter().copied()))]
        }
        Embedding::Sum { codes } => {
            (0..codes.len()).map(|field| tensor(&mut rows.iter().map(|row| row[field]))).collect()
        }
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

/// The permutation that undoes another.
fn inverse(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    (0..).zip(order).for_each(|(row, &place)| places[place as usize] = row);
    places
}

/// Everything that indexing relies on. `graph` is the position that an error names.
///
/// # Errors
/// A graph that is not one the specification reads.
pub(super) fn check(graph: usize, input: &GraphInput, spec: &ModelSpec) -> Result<(), ModelError> {
    let (nodes, edges) = (input.nodes(), input.edges.len());
    let (node, edge) = (spec.features.node(), spec.features.edge());
    if nodes == 0 {
        return Err(ModelError::NoNode { graph });
    }
    if input.node.fields != node.fields() || (edges > 0 && input.edge.fields != edge.fields()) {
        return Err(ModelError::Features { graph, needed: spec.features.title() });
    }
    let ends = input.edges.source.iter().chain(&input.edges.target);
    if input.edge.rows() != edges
        || input.edges.target.len() != edges
        || ends.into_iter().any(|&end| end as usize >= nodes)
    {
        return Err(ModelError::Edges { graph });
    }
    let fits = |length: usize, wanted: bool| length == if wanted { edges } else { 0 };
    let kernel = matches!(spec.connectivity, super::Connectivity::Kernel { .. });
    let encoded =
        input.encoding.cols == spec.encoding.columns() && (input.encoding.cols == 0 || input.encoding.rows == nodes);
    if !fits(input.absent.len(), spec.connectivity.is_full()) || !fits(input.kernel.len(), kernel) || !encoded {
        return Err(ModelError::Incomplete { graph });
    }
    for (what, codes, embedding) in [("node", &input.node, node), ("edge", &input.edge, edge)] {
        for row in rows(codes) {
            for (field, &code) in row.iter().enumerate() {
                let codes = embedding.codes(field);
                if code as usize >= codes {
                    return Err(ModelError::Code { graph, what, code, codes });
                }
            }
        }
    }
    Ok(())
}
