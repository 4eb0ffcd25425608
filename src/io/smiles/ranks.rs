//! An order of the atoms by importance, after Cahn, Ingold and Prelog.
//!
//! The approximation is RDKit's (P. Labute, Journal of the Chemical Computing Group, 1996): atoms of
//! one rank are told apart by the sorted ranks of their neighbours until nothing changes. Labels of
//! its making decide which stereo marks count, so its ties must be RDKit's ties.

use super::graph::Graph;
use super::valence;

/// Mass number of the most common isotope, by atomic number.
const COMMON: [u16; 119] = [
    0, 1, 4, 7, 9, 11, 12, 14, 16, 19, 20, 23, 24, 27, 28, 31, 32, 35, 40, 39, 40, 45, 48, 51, 52, 55, 56, 59, 58, 63,
    64, 69, 74, 75, 80, 79, 84, 85, 88, 89, 90, 93, 98, 97, 102, 103, 106, 107, 114, 115, 120, 121, 130, 127, 132, 133,
    138, 139, 140, 141, 142, 145, 152, 153, 158, 159, 164, 165, 166, 169, 174, 175, 180, 181, 184, 187, 192, 193, 195,
    197, 202, 205, 208, 209, 209, 210, 222, 223, 226, 227, 232, 231, 238, 236, 238, 241, 243, 247, 249, 252, 257, 258,
    259, 262, 267, 268, 271, 270, 269, 278, 281, 281, 285, 284, 289, 288, 293, 292, 294,
];

/// Ranks by element, isotope and map number, refined by neighbours. Equal ranks are ties.
pub(super) fn initial(graph: &Graph) -> Vec<u32> {
    let seeds: Vec<u64> = graph
        .nodes
        .iter()
        .map(|node| {
            let common = COMMON.get(usize::from(node.element)).copied().unwrap_or(0);
            // No isotope given ranks between a lighter and the common one.
            let mass = match i64::from(node.isotope) - i64::from(common) {
                _ if node.isotope == 0 => 512,
                lighter @ ..0 => (lighter + 512).max(0),
                heavier => (heavier + 513) % 1024,
            };
            let map = if node.map == 0 { 0 } else { (u64::from(node.map) + 1) % 1024 };
            u64::from(node.element) << 20 | mass.cast_unsigned() << 10 | map
        })
        .collect();
    refined(graph, &seeds)
}

/// Ranks that follow the order of `seeds`, ties broken by neighbours as far as they can be.
pub(super) fn refined(graph: &Graph, seeds: &[u64]) -> Vec<u32> {
    let count = seeds.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|&node| seeds[node]);
    let (mut ranks, mut distinct) = numbered(&order, |a, b| seeds[a] == seeds[b]);
    let mut shells = Shells::new(graph);
    for _ in 0..=count / 2 {
        if distinct == count {
            break;
        }
        shells.fill(graph, &ranks);
        let key = |node: usize| (ranks[node], shells.of(node));
        order.sort_by(|&a, &b| key(a).cmp(&key(b)));
        let (finer, found) = numbered(&order, |a, b| key(a) == key(b));
        if found == distinct {
            break;
        }
        (ranks, distinct) = (finer, found);
    }
    ranks
}

/// Numbers sorted atoms, equal ones alike; also how many numbers there are.
fn numbered(order: &[usize], equal: impl Fn(usize, usize) -> bool) -> (Vec<u32>, usize) {
    let mut ranks = vec![0_u32; order.len()];
    let mut rank = 0;
    for pair in order.windows(2) {
        rank += u32::from(!equal(pair[0], pair[1]));
        ranks[pair[1]] = rank;
    }
    (ranks, rank as usize + 1)
}

/// For each atom the ranks of its neighbours, highest first.
struct Shells {
    /// Neighbours of each atom, and how often each one counts.
    neighbours: Vec<(usize, u8)>,
    /// Where the neighbours of each atom start.
    first: Vec<usize>,
    entries: Vec<u32>,
    /// Where the entries of each atom start.
    starts: Vec<usize>,
}

impl Shells {
    fn new(graph: &Graph) -> Self {
        let mut shells = Self { neighbours: Vec::new(), first: vec![0], entries: Vec::new(), starts: Vec::new() };
        for node in 0..graph.nodes.len() {
            for bond in graph.bonds_of(node) {
                let (edge, other) = (&graph.edges[bond], graph.edges[bond].other(node));
                let is_phosphorus = graph.nodes[other].element == 15 && matches!(graph.degree(other), 3 | 4);
                // Twice the order; the second bond of P=O is none (Cahn, Ingold and Prelog 1966, 2.2).
                let times = if is_phosphorus && edge.is_double() { 1 } else { valence::twice_order(edge) };
                shells.neighbours.push((other, times));
            }
            shells.first.push(shells.neighbours.len());
        }
        shells
    }

    fn fill(&mut self, graph: &Graph, ranks: &[u32]) {
        self.entries.clear();
        self.starts.clear();
        for node in 0..graph.nodes.len() {
            self.starts.push(self.entries.len());
            let neighbours = &mut self.neighbours[self.first[node]..self.first[node + 1]];
            neighbours.sort_by_key(|&(other, _)| std::cmp::Reverse(ranks[other]));
            for &(other, times) in &*neighbours {
                self.entries.extend(std::iter::repeat_n(ranks[other] + 1, usize::from(times)));
            }
            // Hydrogens come last.
            self.entries.extend(std::iter::repeat_n(0, usize::from(graph.nodes[node].total_hydrogens())));
        }
        self.starts.push(self.entries.len());
    }

    fn of(&self, node: usize) -> &[u32] {
        &self.entries[self.starts[node]..self.starts[node + 1]]
    }
}
