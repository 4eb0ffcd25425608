//! Which written stereo centres are none.
//!
//! The ZINC vocabulary counts hydrogens that stand in brackets, and RDKit writes a neutral carbon
//! with hydrogen in brackets only if it is a true stereo centre. Marks on atoms with two equal
//! neighbours are common in files and must not count.

use super::graph::{Graph, Kind};

/// Takes the mark off every atom that is no stereo centre.
pub(super) fn drop_false_centres(graph: &mut Graph) {
    if !graph.nodes.iter().any(|node| node.chiral && node.charge == 0 && node.total_hydrogens() > 0) {
        return;
    }
    let classes = classes(graph);
    let ring_bonds = graph.ring_bonds();
    let systems = ring_systems(graph, &ring_bonds);
    let marked: Vec<usize> = (0..graph.nodes.len()).filter(|&node| graph.nodes[node].chiral).collect();
    let pairs: Vec<Option<Pair>> = marked.iter().map(|&node| pair(graph, node, &classes, &ring_bonds)).collect();
    let is_false = |at: usize| {
        let node = marked[at];
        let others = || (0..marked.len()).filter(move |&other| other != at);
        if graph.degree(node) < 3 || graph.nodes[node].total_hydrogens() > 1 {
            return true;
        }
        // Across a ring, two such centres define each other (as in 1,4-dimethylcyclohexane).
        let has_partner =
            || others().any(|other| pairs[other] == Some(Pair::Ring) && systems[marked[other]] == systems[node]);
        // Equal branches may still differ by the centres they carry (as in tropine).
        let may_differ = || others().any(|a| others().any(|b| a < b && classes[marked[a]] == classes[marked[b]]));
        match pairs[at] {
            None => false,
            Some(Pair::Ring) => !has_partner() && !may_differ(),
            Some(Pair::Chain) => !may_differ(),
        }
    };
    let false_centres: Vec<usize> = (0..marked.len()).filter(|&at| is_false(at)).map(|at| marked[at]).collect();
    for node in false_centres {
        graph.nodes[node].chiral = false;
    }
}

/// How two equal neighbours are bonded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    Ring,
    Chain,
}

/// Two neighbours of an atom that the constitution does not tell apart, if there are any.
fn pair(graph: &Graph, node: usize, classes: &[u64], ring_bonds: &[bool]) -> Option<Pair> {
    let bonds: Vec<usize> = graph.bonds_of(node).collect();
    let class = |bond: usize| classes[graph.edges[bond].other(node)];
    let mut found = None;
    for (at, &a) in bonds.iter().enumerate() {
        for &b in bonds[at + 1..].iter().filter(|&&b| class(a) == class(b)) {
            if !(ring_bonds[a] && ring_bonds[b]) {
                return Some(Pair::Chain);
            }
            found = Some(Pair::Ring);
        }
    }
    found
}

/// A number per atom, equal for atoms that the constitution does not tell apart.
fn classes(graph: &Graph) -> Vec<u64> {
    let mut classes: Vec<u64> = (0..graph.nodes.len())
        .map(|index| {
            let node = &graph.nodes[index];
            let facts = [node.element, node.charge.cast_unsigned(), node.total_hydrogens(), u8::from(node.aromatic)];
            mix(u64::from(u32::from_le_bytes(facts)) << 16 | u64::from(node.isotope))
        })
        .collect();
    let mut count = distinct(&classes);
    loop {
        classes = (0..graph.nodes.len())
            .map(|node| {
                let neighbours = graph.bonds_of(node).fold(0_u64, |sum, bond| {
                    let edge = &graph.edges[bond];
                    let kind = if edge.aromatic { Kind::Aromatic } else { edge.kind };
                    sum.wrapping_add(mix(classes[edge.other(node)].wrapping_add(kind as u64)))
                });
                mix(classes[node].rotate_left(17) ^ neighbours)
            })
            .collect();
        let refined = distinct(&classes);
        if refined <= count {
            return classes;
        }
        count = refined;
    }
}

/// A number per atom, equal for atoms joined by ring bonds.
fn ring_systems(graph: &Graph, ring_bonds: &[bool]) -> Vec<u32> {
    let mut sets = petgraph::unionfind::UnionFind::<u32>::new(graph.nodes.len());
    for (edge, _) in graph.edges.iter().zip(ring_bonds).filter(|(_, in_ring)| **in_ring) {
        sets.union(edge.a, edge.b);
    }
    sets.into_labeling()
}

fn distinct(classes: &[u64]) -> usize {
    let mut sorted = classes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len()
}

/// Spreads the bits of a number (the finaliser of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
