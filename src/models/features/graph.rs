//! A graph as a model reads it.

use super::FeatureError;
use super::encoding;
use crate::domain::{DirectedEdge, EdgeList, Matrix, Molecule};
use crate::models::spec::{Connectivity, ModelSpec};
use std::collections::BTreeSet;

/// Edges of a full graph beyond which a model asks before it goes on: 200 atoms.
pub const FULL_GRAPH_LIMIT: usize = 200 * 199;

/// Integer codes, some per row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Codes per row.
    pub fields: usize,
    /// `rows * fields` codes, row after row.
    pub values: Vec<u32>,
}

impl Codes {
    /// Codes from their values, of which every `fields` are a row.
    pub fn new(fields: usize, values: Vec<u32>) -> Self {
        Self { fields, values }
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.fields).unwrap_or_default()
    }

    /// One row; empty if there is none.
    pub fn row(&self, row: usize) -> &[u32] {
        self.values.get(row * self.fields..(row + 1) * self.fields).unwrap_or_default()
    }
}

/// A graph as a model reads it: codes per node and directed edge, and what a model of its kind wants
/// to know besides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphInput {
    /// Codes of each node, N rows.
    pub node: Codes,
    /// The directed edges, sorted by (source, target).
    pub edges: EdgeList,
    /// Codes of each edge, E rows in the order of `edges`.
    pub edge: Codes,
    /// In full-graph mode, for each edge whether there is no bond; empty otherwise.
    pub absent: Vec<bool>,
    /// Random-walk kernel of each edge, `[E]`; empty where the model uses none.
    pub kernel: Vec<f32>,
    /// Positional or structural encoding of each node, `[N, K]`; no columns without one.
    pub encoding: Matrix,
    /// Eigenvalue of each column of `encoding`; empty unless the encoding is learned from them.
    pub eigenvalues: Vec<f32>,
}

impl GraphInput {
    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.node.rows()
    }

    /// The same graph without the messages along the edges in `removed`. All nodes stay, and kernel
    /// and encoding remain those of the whole graph: what is taken out is a message, not an atom's
    /// place in the molecule.
    #[must_use]
    pub fn without(&self, removed: &BTreeSet<DirectedEdge>) -> Self {
        if removed.is_empty() {
            return self.clone();
        }
        let kept: Vec<usize> =
            self.edges.iter().enumerate().filter(|(_, edge)| !removed.contains(edge)).map(|(row, _)| row).collect();
        let pick = |values: &[u32]| kept.iter().filter_map(|&row| values.get(row).copied()).collect();
        Self {
            edges: EdgeList {
                source: pick(&self.edges.source),
                target: pick(&self.edges.target),
                bond: kept.iter().filter_map(|&row| self.edges.bond.get(row).copied()).collect(),
            },
            edge: Codes::new(self.edge.fields, kept.iter().flat_map(|&row| self.edge.row(row)).copied().collect()),
            absent: kept.iter().filter_map(|&row| self.absent.get(row).copied()).collect(),
            kernel: kept.iter().filter_map(|&row| self.kernel.get(row).copied()).collect(),
            node: self.node.clone(),
            encoding: self.encoding.clone(),
            eigenvalues: self.eigenvalues.clone(),
        }
    }

    /// Every ordered pair of nodes, sorted by (source, target); pairs without an edge have code 0.
    fn full(self) -> Self {
        let nodes = u32::try_from(self.nodes()).unwrap_or(u32::MAX);
        let mut full =
            Self { node: self.node.clone(), edge: Codes::new(self.edge.fields, Vec::new()), ..Self::default() };
        let pairs = (0..nodes).flat_map(|a| (0..nodes).filter(move |&b| b != a).map(move |b| DirectedEdge::new(a, b)));
        for pair in pairs {
            let row = self.edges.find(pair);
            full.edges.source.push(pair.source.0);
            full.edges.target.push(pair.target.0);
            full.edges.bond.push(row.and_then(|row| self.edges.bond.get(row).copied().flatten()));
            full.absent.push(row.is_none());
            match row {
                Some(row) => full.edge.values.extend(self.edge.row(row)),
                None => full.edge.values.extend(std::iter::repeat_n(0, self.edge.fields)),
            }
        }
        full
    }
}

impl ModelSpec {
    /// A molecule as this model reads it. `edge_limit` is the largest full graph that is made, e.g.
    /// [`FULL_GRAPH_LIMIT`].
    ///
    /// # Errors
    /// What the model's features have no code for, no edge, or a full graph beyond the limit.
    pub fn input(&self, molecule: &Molecule, edge_limit: usize) -> Result<GraphInput, FeatureError> {
        let input = self.complete(self.features.codes(molecule)?, edge_limit)?;
        if input.edges.is_empty() { Err(FeatureError::NoEdge) } else { Ok(input) }
    }

    /// Adds what this model wants to know beyond the codes of a sparse graph: absent bonds, kernel,
    /// encoding.
    ///
    /// # Errors
    /// A full graph beyond the limit.
    pub fn complete(&self, graph: GraphInput, edge_limit: usize) -> Result<GraphInput, FeatureError> {
        let (atoms, full) = (graph.nodes(), self.connectivity.is_full());
        let edges = atoms * atoms.saturating_sub(1);
        if full && edges > edge_limit {
            // Activation, attention and logit of every edge, at four bytes a number, of which three copies
            // exist at the worst moment: as tensors, as read back, and as the trace.
            let bytes = 3 * 4 * edges * self.layers * (self.dim + 2 * self.heads);
            return Err(FeatureError::Large { atoms, edges, megabytes: bytes.div_ceil(1_000_000) });
        }
        let (encoding, eigenvalues) = encoding::of_nodes(&graph.edges, atoms, self.encoding);
        let kernel = match self.connectivity {
            Connectivity::Kernel { gamma, steps } => encoding::walk_kernel(&graph.edges, atoms, gamma, steps),
            _ => Vec::new(),
        };
        let mut graph = if full { graph.full() } else { graph };
        graph.kernel = encoding::off_diagonal(&kernel, atoms);
        Ok(GraphInput { encoding, eigenvalues, ..graph })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, BondOrder};
    use crate::models::{Arch, Ebt, Features};

    fn carbon() -> Atom {
        Atom { element: 6, ..Atom::default() }
    }

    fn bond(order: BondOrder) -> Bond {
        Bond { order, ..Bond::default() }
    }

    fn propene() -> Molecule {
        let bonds = vec![(0, 1, bond(BondOrder::Double)), (1, 2, bond(BondOrder::Single))];
        Molecule::new(vec![carbon(); 3], bonds).unwrap()
    }

    #[test]
    fn codes_follow_the_vocabulary_and_edge_order() {
        // [O-]C#[NH+] written as a chain: codes 7, 0, 8.
        let atom = |element, bracket_hydrogens, charge| Atom { element, bracket_hydrogens, charge, ..Atom::default() };
        let molecule = Molecule::new(
            vec![atom(8, 0, -1), atom(6, 0, 0), atom(7, 1, 1)],
            vec![(2, 1, bond(BondOrder::Triple)), (0, 1, bond(BondOrder::Single))],
        )
        .unwrap();
        let input = Features::Zinc.codes(&molecule).unwrap();
        assert_eq!(input.node, Codes::new(1, vec![7, 0, 8]));
        assert_eq!((&input.edges.source[..], &input.edges.target[..]), (&[0, 1, 1, 2][..], &[1, 0, 2, 1][..]));
        assert_eq!(input.edge, Codes::new(1, vec![1, 1, 3, 3]));
        assert_eq!(Features::ZincConstant.codes(&molecule).unwrap().edge.values, [1; 4]);
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let quadruple = Molecule::new(vec![carbon(); 2], vec![(0, 1, bond(BondOrder::Quadruple))]).unwrap();
        let refused = FeatureError::Bond { a: 0, b: 1, order: "quadruple" };
        assert_eq!(Features::Zinc.codes(&quadruple).unwrap_err(), refused);
        let (lone, two) = (Molecule::new(vec![carbon()], vec![]), Molecule::new(vec![carbon(); 2], vec![]));
        let (lone, two) = (lone.unwrap(), two.unwrap());
        let sparse = ModelSpec::recipe(Arch::San, Features::Ogb, Ebt::Off);
        let full = ModelSpec { connectivity: Connectivity::LearnedGamma, ..sparse.clone() };
        assert_eq!(sparse.input(&two, FULL_GRAPH_LIMIT).unwrap_err(), FeatureError::NoEdge);
        assert_eq!(full.input(&lone, FULL_GRAPH_LIMIT).unwrap_err(), FeatureError::NoEdge);
        assert_eq!(full.input(&two, FULL_GRAPH_LIMIT).unwrap().absent, [true; 2]);
    }

    #[test]
    fn removing_edges_keeps_codes_aligned() {
        let removed = [DirectedEdge::new(0, 1), DirectedEdge::new(2, 1)].into();
        let left = Features::Zinc.codes(&propene()).unwrap().without(&removed);
        assert_eq!(left.edges, EdgeList::without(&propene(), &removed));
        assert_eq!(left.edge.values, [2, 1]);
        assert_eq!(left.node.values, [0, 0, 0]);
    }

    #[test]
    fn a_full_graph_lists_every_pair_and_knows_its_bonds() {
        let spec = ModelSpec {
            connectivity: Connectivity::Gamma { gamma: 0.1 },
            ..ModelSpec::recipe(Arch::San, Features::Zinc, Ebt::Off)
        };
        let full = spec.input(&propene(), FULL_GRAPH_LIMIT).unwrap();
        assert_eq!(full.edges.source, [0, 0, 1, 1, 2, 2]);
        assert_eq!(full.edges.target, [1, 2, 0, 2, 0, 1]);
        assert_eq!(full.edge.values, [2, 0, 2, 1, 0, 1]);
        assert_eq!(full.absent, [false, true, false, false, true, false]);
        let sparse = Features::Zinc.codes(&propene()).unwrap();
        for (row, edge) in sparse.edges.iter().enumerate() {
            assert_eq!(full.edges.bond[full.edges.find(edge).unwrap()], sparse.edges.bond[row]);
        }
        let error = spec.input(&propene(), 5).unwrap_err();
        assert!(matches!(error, FeatureError::Large { atoms: 3, edges: 6, megabytes: 1 }), "{error}");
        let cut = full.without(&[DirectedEdge::new(0, 2)].into());
        assert_eq!((cut.edges.len(), cut.edge.rows(), cut.absent.len()), (5, 5, 5));
    }
}
