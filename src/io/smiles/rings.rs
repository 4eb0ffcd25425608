//! How many rings a molecule has: its relevant cycles, those that no shorter rings add up to.
//!
//! This is the number that symmetrised smallest sets of smallest rings aim at (four in a
//! tetrahedron, six in a cube). `smiles-rs` searches them with RDKit's heuristics but stops short on
//! macrocycles such as cyclodextrins, so they are counted here, by families (Vismara, Electronic
//! Journal of Combinatorics 4 (1997) R9): every relevant cycle consists of two shortest paths
//! from its highest vertex to an edge or to the two ends of a path of three, and choosing other
//! shortest paths gives the other members.

use super::graph::{Graph, Kind};

const UNREACHED: u32 = u32::MAX;

/// Number of relevant cycles. Dative bonds close no ring.
pub(super) fn count(graph: &Graph) -> u64 {
    let cycles = Cycles::new(graph);
    let mut families = cycles.families();
    families.sort_by_key(|family| family.length);
    let mut basis = Basis::default();
    let mut total = 0_u64;
    for group in families.chunk_by(|a, b| a.length == b.length) {
        // Independent of all shorter cycles, not of those of the same length.
        let relevant: Vec<&Family> = group.iter().filter(|family| basis.reduce(&family.bonds).is_some()).collect();
        for family in relevant {
            total = total.saturating_add(family.members);
            basis.add(&family.bonds);
        }
    }
    total
}

/// Cycles that differ in their choice of shortest paths only.
struct Family {
    length: usize,
    members: u64,
    /// The bonds of one of them, one bit each.
    bonds: Vec<u64>,
}

/// The part of a molecule that lies in rings.
struct Cycles {
    /// Neighbours of each atom and the bonds to them; atoms count by place in the molecule.
    neighbours: Vec<Vec<(usize, usize)>>,
    words: usize,
}

/// Shortest paths from one atom, as far as they stay below it.
struct Paths {
    root: usize,
    /// Distance in the whole graph.
    distance: Vec<u32>,
    /// Number of shortest paths through lower atoms only; 0 for atoms that have none.
    number: Vec<u64>,
    /// The atom before on one such path, and the bond from it.
    before: Vec<(usize, usize)>,
}

impl Cycles {
    fn new(graph: &Graph) -> Self {
        let in_ring = graph.ring_bonds();
        let mut neighbours = vec![Vec::new(); graph.nodes.len()];
        for (bond, edge) in graph.edges.iter().enumerate() {
            if in_ring[bond] && edge.kind != Kind::Dative {
                let (a, b) = (edge.a as usize, edge.b as usize);
                neighbours[a].push((b, bond));
                neighbours[b].push((a, bond));
            }
        }
        Self { neighbours, words: graph.edges.len().div_ceil(64) }
    }

    fn families(&self) -> Vec<Family> {
        let mut families = Vec::new();
        for root in (0..self.neighbours.len()).filter(|&root| self.neighbours[root].len() > 1) {
            let paths = self.paths(root);
            for end in (0..root).filter(|&end| paths.number[end] > 0) {
                let known = self.neighbours[end].iter().filter(|&&(other, _)| other <= root && paths.number[other] > 0);
                let mut before: Vec<(usize, usize)> = Vec::new();
                for &(other, bond) in known {
                    if paths.distance[other] == paths.distance[end] && other < end {
                        families.extend(self.family(&paths, [end, other], &[bond]));
                    } else if paths.distance[other] + 1 == paths.distance[end] {
                        let pairs = before.iter().filter_map(|&(first, first_bond)| {
                            self.family(&paths, [first, other], &[first_bond, bond])
                        });
                        families.extend(pairs);
                        before.push((other, bond));
                    }
                }
            }
        }
        families
    }

    /// Breadth first from `root`.
    fn paths(&self, root: usize) -> Paths {
        let count = self.neighbours.len();
        let mut paths = Paths {
            root,
            distance: vec![UNREACHED; count],
            number: vec![0; count],
            before: vec![(root, usize::MAX); count],
        };
        (paths.distance[root], paths.number[root]) = (0, 1);
        let mut queue = std::collections::VecDeque::from([root]);
        while let Some(node) = queue.pop_front() {
            for &(other, bond) in &self.neighbours[node] {
                if paths.distance[other] == UNREACHED {
                    paths.distance[other] = paths.distance[node] + 1;
                    queue.push_back(other);
                }
                // An atom leaves the queue after all nearer ones, so its number is final.
                if other < root && paths.number[node] > 0 && paths.distance[other] == paths.distance[node] + 1 {
                    if paths.number[other] == 0 {
                        paths.before[other] = (node, bond);
                    }
                    paths.number[other] = paths.number[other].saturating_add(paths.number[node]);
                }
            }
        }
        paths
    }

    /// The cycles along paths to two ends and `closing` bonds between them; `None` if the two paths
    /// meet before the root.
    fn family(&self, paths: &Paths, ends: [usize; 2], closing: &[usize]) -> Option<Family> {
        let mut bonds = vec![0_u64; self.words];
        let mut length = closing.len();
        closing.iter().for_each(|&bond| bonds[bond / 64] |= 1 << (bond % 64));
        let mut seen = Vec::new();
        for (side, end) in ends.into_iter().enumerate() {
            let mut node = end;
            while node != paths.root {
                if side == 0 {
                    seen.push(node);
                } else if seen.contains(&node) {
                    return None;
                }
                let (before, bond) = paths.before[node];
                bonds[bond / 64] |= 1 << (bond % 64);
                length += 1;
                node = before;
            }
        }
        Some(Family { length, members: paths.number[ends[0]].saturating_mul(paths.number[ends[1]]), bonds })
    }
}

/// Independent cycles under symmetric difference, each with a leading bond of its own.
#[derive(Default)]
struct Basis {
    rows: Vec<(usize, Vec<u64>)>,
}

impl Basis {
    /// What is left of a cycle when all that the basis adds up to is taken away; `None` if nothing.
    fn reduce(&self, cycle: &[u64]) -> Option<(usize, Vec<u64>)> {
        let mut rest = cycle.to_vec();
        for (lead, row) in &self.rows {
            if rest[lead / 64] >> (lead % 64) & 1 == 1 {
                rest.iter_mut().zip(row).for_each(|(rest, row)| *rest ^= row);
            }
        }
        let word = rest.iter().position(|&word| word != 0)?;
        Some((word * 64 + rest[word].trailing_zeros() as usize, rest))
    }

    fn add(&mut self, cycle: &[u64]) {
        self.rows.extend(self.reduce(cycle));
    }
}

#[cfg(test)]
mod tests {
    use crate::io::smiles::describe;

    #[test]
    fn relevant_cycles_are_counted() {
        let known = [
            ("CCO", 0),
            ("c1ccccc1", 1),
            ("C1CC2CCC1CC2", 3),
            ("C1CC2CC1CC2", 2),
            ("C12C3C1C23", 4),
            ("C12C3C4C1C5C2C3C45", 6),
            ("C1C2CC3CC1CC(C2)C3", 4),
            ("C1CC2CCC1C2.C1CC1", 3),
            ("C1CC->[Fe]1", 0),
        ];
        for (text, rings) in known {
            assert_eq!(describe(text).unwrap().rings, rings, "{text}");
        }
    }

    #[test]
    fn a_cyclodextrin_has_a_way_round_each_side_of_each_sugar() {
        let alpha = "OC[C@H]1O[C@@H]2O[C@@H]3[C@@H](CO)O[C@H](O[C@@H]4[C@@H](CO)O[C@H](O[C@@H]5[C@@H](CO)O[C@H](O[C@@H]6[C@@H](CO)O[C@H](O[C@@H]7[C@@H](CO)O[C@H](O[C@H]1[C@H](O)[C@H]2O)[C@H](O)[C@H]7O)[C@H](O)[C@H]6O)[C@H](O)[C@H]5O)[C@H](O)[C@H]4O)[C@H](O)[C@H]3O";
        assert_eq!(describe(alpha).unwrap().rings, 6 + 64);
    }
}
