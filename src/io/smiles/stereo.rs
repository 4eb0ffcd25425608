//! Which stereo marks count, and what they say.
//!
//! A mark on an atom counts if its neighbours differ in rank, or if the atom faces another one
//! across a ring; marks beside a double bond count if they tell its sides apart. Labels of known
//! centres and bonds may tell further neighbours apart, so the search goes on until nothing changes.

use super::SmilesError;
use super::graph::{Graph, Kind};
use super::{perceive, ranks, valence};
use crate::domain::{BondStereo, Chirality, Hybridisation};

/// Smallest ring in which a double bond has sides.
const STEREO_RING: usize = 8;

/// Handedness by the ranks of the neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    S,
    R,
}

/// What one pass over atoms or bonds came to.
#[derive(Clone, Copy, Debug, Default)]
struct Pass {
    /// Something that could have a label has none.
    open: bool,
    changed: bool,
}

/// Takes marks off atoms that are no stereo centres and gives double bonds their sides.
///
/// # Errors
/// None in practice (see [`perceive::rings`]).
pub(super) fn perceive(graph: &mut Graph) -> Result<(), SmilesError> {
    for node in &mut graph.nodes {
        let is_flat = matches!(node.hybridisation, Hybridisation::Other | Hybridisation::Sp | Hybridisation::Sp2);
        if is_flat && node.chirality != Chirality::Other {
            node.chirality = Chirality::Unspecified;
        }
    }
    let is_marked = graph.nodes.iter().any(|node| node.chirality != Chirality::Unspecified)
        || graph.edges.iter().any(|edge| edge.direction != 0);
    if !is_marked {
        return Ok(());
    }
    let bridgeheads = bridgeheads(graph)?;
    let mut search = Search { ranks: ranks::initial(graph), labels: vec![None; graph.nodes.len()], graph, bridgeheads };
    loop {
        let (atoms, bonds) = (search.label_atoms(), search.label_bonds());
        if !(atoms.open || bonds.open) || !(atoms.changed || bonds.changed) {
            break;
        }
        search.rerank();
    }
    search.drop_false_centres();
    Ok(())
}

struct Search<'a> {
    graph: &'a mut Graph,
    ranks: Vec<u32>,
    labels: Vec<Option<Label>>,
    /// Marked nitrogen atoms that cannot turn inside out; empty if there is none.
    bridgeheads: Vec<usize>,
}

impl Search<'_> {
    fn label_atoms(&mut self) -> Pass {
        let mut pass = Pass::default();
        let mut centres = 0;
        for node in 0..self.graph.nodes.len() {
            let at = centres;
            let is_centre = self.graph.centres.get(at).is_some_and(|centre| centre.atom as usize == node);
            centres += usize::from(is_centre);
            if self.labels[node].is_some() || !self.may_be_centre(node) {
                continue;
            }
            let label = if is_centre && !self.has_equal_neighbours(node) { self.label(node, at) } else { None };
            pass.changed |= label.is_some();
            pass.open |= label.is_none();
            self.labels[node] = label;
        }
        pass
    }

    /// Whether the bonds of an atom allow a handedness, its neighbours left aside.
    fn may_be_centre(&self, node: usize) -> bool {
        let (graph, atom) = (&*self.graph, &self.graph.nodes[node]);
        let bonds = graph.bonds_of(node).filter(|&bond| counts(graph, bond, node)).count();
        let hydrogens = usize::from(atom.total_hydrogens());
        if !(3..=4).contains(&(bonds + hydrogens)) {
            return false;
        }
        match bonds {
            4 => true,
            3 if hydrogens == 1 => !graph.bonds_of(node).any(|bond| {
                let other = &graph.nodes[graph.edges[bond].other(node)];
                other.element == 1 && other.isotope == 0
            }),
            3 => match atom.element {
                7 => {
                    atom.hybridisation == Hybridisation::Sp3
                        && !graph.bonds_of(node).any(|bond| graph.edges[bond].conjugated)
                        && (in_triangle(graph, node) || self.bridgeheads.contains(&node))
                }
                15 | 33 => true,
                16 | 34 => match valence::half_sum(graph, node) {
                    8 => true,
                    6 => atom.charge == 1,
                    _ => false,
                },
                _ => false,
            },
            // Phosphines and arsines keep their shape even with hydrogens.
            _ => matches!(atom.element, 15 | 33),
        }
    }

    fn has_equal_neighbours(&self, node: usize) -> bool {
        let graph = &*self.graph;
        let mut ranks: Vec<u32> = graph
            .bonds_of(node)
            .filter(|&bond| counts(graph, bond, node))
            .map(|bond| self.ranks[graph.edges[bond].other(node)])
            .collect();
        ranks.sort_unstable();
        ranks.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// The label of a marked atom with distinct neighbours.
    fn label(&self, node: usize, centre: usize) -> Option<Label> {
        let neighbours = &self.graph.centres.get(centre)?.neighbours;
        let ranks: Vec<u32> = neighbours.iter().map(|&other| self.ranks[other as usize]).collect();
        let crossings = (0..ranks.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let crossed = crossings.filter(|&(a, b)| ranks[a] > ranks[b]).count();
        // A hydrogen counts as last in the mark but has the lowest rank.
        let is_three = ranks.len() == 3 && self.graph.nodes[node].total_hydrogens() == 1;
        let is_odd = (crossed + usize::from(is_three)) % 2 == 1;
        match (self.graph.nodes[node].chirality, is_odd) {
            (Chirality::Counterclockwise, false) | (Chirality::Clockwise, true) => Some(Label::S),
            (Chirality::Clockwise, false) | (Chirality::Counterclockwise, true) => Some(Label::R),
            (Chirality::Unspecified | Chirality::Other, _) => None,
        }
    }

    fn label_bonds(&mut self) -> Pass {
        let mut pass = Pass::default();
        let mut cleared = Vec::new();
        for bond in 0..self.graph.edges.len() {
            let edge = self.graph.edges[bond];
            let ends = [edge.a as usize, edge.b as usize];
            let can_have_sides = edge.is_double()
                && edge.stereo == BondStereo::None
                && ends.iter().all(|&end| matches!(self.graph.degree(end), 2 | 3))
                && !in_small_ring(self.graph, bond);
            if !can_have_sides {
                continue;
            }
            let [Some(first), Some(second)] = ends.map(|end| self.side(end, bond)) else {
                pass.open = true;
                continue;
            };
            pass.changed = true;
            if first.conflict || second.conflict {
                for (end, side) in ends.into_iter().zip([first, second]).filter(|(_, side)| side.conflict) {
                    cleared.extend(self.graph.bonds_of(end).filter(|&other| other != bond && side.conflict));
                }
            } else {
                let stereo = if first.direction == second.direction { BondStereo::Z } else { BondStereo::E };
                self.graph.edges[bond].stereo = stereo;
            }
        }
        cleared.into_iter().for_each(|bond| self.graph.edges[bond].direction = 0);
        pass
    }

    /// Where the more important neighbour of one end of a double bond lies; `None` if no mark tells
    /// or there is no more important one.
    fn side(&self, end: usize, bond: usize) -> Option<Side> {
        let graph = &*self.graph;
        let mut found: Vec<(u32, i8)> = graph
            .bonds_of(end)
            .filter(|&other| other != bond)
            .map(|other| {
                let edge = &graph.edges[other];
                (self.ranks[edge.other(end)], edge.direction_from(end))
            })
            .collect();
        found.sort_unstable_by_key(|&(rank, _)| std::cmp::Reverse(rank));
        match *found.as_slice() {
            [(_, direction)] if direction != 0 => Some(Side { direction, conflict: false }),
            [(high, _), (low, _)] if high == low => None,
            [(_, 0), (_, 0)] => None,
            [(_, 0), (_, other)] => Some(Side { direction: -other, conflict: false }),
            [(_, direction), (_, other)] => Some(Side { direction, conflict: direction == other }),
            _ => None,
        }
    }

    /// Ranks anew, labels included: R before S before none, Z before E before none.
    fn rerank(&mut self) {
        let mut factor = 100;
        while factor < self.ranks.len() as u64 {
            factor *= 10;
        }
        let seeds: Vec<u64> = (0..self.graph.nodes.len())
            .map(|node| {
                let label = match self.labels[node] {
                    None => 0,
                    Some(Label::S) => 10,
                    Some(Label::R) => 20,
                };
                let sides: u64 = self
                    .graph
                    .bonds_of(node)
                    .map(|bond| match self.graph.edges[bond].stereo {
                        BondStereo::None => 0,
                        BondStereo::E => 1,
                        BondStereo::Z => 2,
                    })
                    .sum();
                u64::from(self.ranks[node]) * factor + label + sides
            })
            .collect();
        self.ranks = ranks::refined(self.graph, &seeds);
    }

    /// Takes the mark off every atom without a label that faces no other such atom across a ring.
    fn drop_false_centres(&mut self) {
        let marked: Vec<usize> = (0..self.graph.nodes.len())
            .filter(|&node| self.graph.nodes[node].chirality != Chirality::Unspecified && self.labels[node].is_none())
            .collect();
        let systems = ring_systems(self.graph);
        let across: Vec<usize> = marked.iter().copied().filter(|&node| self.may_face_another(node)).collect();
        for &node in &marked {
            let has_partner = || across.iter().any(|&other| other != node && systems[other] == systems[node]);
            let atom = self.graph.nodes[node];
            if atom.chirality == Chirality::Other || (across.contains(&node) && has_partner()) {
                continue;
            }
            self.graph.nodes[node].chirality = Chirality::Unspecified;
            // Its hydrogen was written for the sake of the mark alone.
            if atom.explicit_hydrogens == 1 && atom.charge == 0 && !atom.aromatic {
                (self.graph.nodes[node].explicit_hydrogens, self.graph.nodes[node].bracket) = (0, false);
                self.graph.nodes[node].implicit_hydrogens = valence::implicit(self.graph, node);
            }
        }
    }

    /// Whether an atom's ring bonds lead to equal neighbours and its other bonds do not.
    fn may_face_another(&self, node: usize) -> bool {
        let graph = &*self.graph;
        let (ring, chain): (Vec<usize>, Vec<usize>) = graph.bonds_of(node).partition(|&bond| graph.edges[bond].in_ring);
        let rank = |bond: usize| self.ranks[graph.edges[bond].other(node)];
        let mut distinct: Vec<u32> = ring.iter().map(|&bond| rank(bond)).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let degree = graph.degree(node) + usize::from(graph.nodes[node].total_hydrogens());
        let turns = graph.nodes[node].element == 7
            && degree == 3
            && !in_triangle(graph, node)
            && !self.bridgeheads.contains(&node);
        !turns
            && match *chain.as_slice() {
                [] => matches!((ring.len(), distinct.len()), (4, 3) | (3, 2)),
                [_] => ring.len() > distinct.len(),
                [a, b] => rank(a) != rank(b) && ring.len() > distinct.len(),
                _ => false,
            }
    }
}

/// One side of a double bond.
#[derive(Clone, Copy, Debug)]
struct Side {
    /// Of the more important neighbour.
    direction: i8,
    /// Both neighbours are marked as being on the same side.
    conflict: bool,
}

/// Whether a bond holds a neighbour in place: a bond that an atom donates does not.
fn counts(graph: &Graph, bond: usize, node: usize) -> bool {
    let edge = &graph.edges[bond];
    edge.kind != Kind::Unspecified && !(edge.kind == Kind::Dative && edge.a as usize == node)
}

fn in_triangle(graph: &Graph, node: usize) -> bool {
    let others: Vec<usize> = graph
        .bonds_of(node)
        .filter(|&bond| graph.edges[bond].in_ring)
        .map(|bond| graph.edges[bond].other(node))
        .collect();
    others.iter().enumerate().any(|(at, &a)| others[..at].iter().any(|&b| graph.bond_between(a, b).is_some()))
}

/// Whether a ring that is too small for two sides goes through a bond.
fn in_small_ring(graph: &Graph, bond: usize) -> bool {
    let edge = &graph.edges[bond];
    if !edge.in_ring {
        return false;
    }
    let (from, to) = (edge.a as usize, edge.b as usize);
    let (mut seen, mut shell) = (vec![from], vec![from]);
    for _ in 2..STEREO_RING {
        let mut next = Vec::new();
        for &node in &shell {
            for other in graph.bonds_of(node).filter(|&other| other != bond && graph.edges[other].in_ring) {
                let other = graph.edges[other].other(node);
                if other == to {
                    return true;
                }
                if !seen.contains(&other) {
                    seen.push(other);
                    next.push(other);
                }
            }
        }
        shell = next;
    }
    false
}

/// A number per atom, equal for atoms joined by ring bonds.
fn ring_systems(graph: &Graph) -> Vec<u32> {
    let mut sets = petgraph::unionfind::UnionFind::<u32>::new(graph.nodes.len());
    for edge in graph.edges.iter().filter(|edge| edge.in_ring) {
        sets.union(edge.a, edge.b);
    }
    sets.into_labeling()
}

/// Marked nitrogen atoms all of whose rings share two bonds or more with another of its rings.
fn bridgeheads(graph: &Graph) -> Result<Vec<usize>, SmilesError> {
    let candidates: Vec<usize> = (0..graph.nodes.len())
        .filter(|&node| {
            let atom = &graph.nodes[node];
            let is_in_ring = |&bond: &usize| graph.edges[bond].in_ring;
            atom.element == 7
                && atom.chirality != Chirality::Unspecified
                && graph.bonds_of(node).filter(is_in_ring).count() >= 3
        })
        .collect();
    if candidates.is_empty() {
        return Ok(candidates);
    }
    let rings = perceive::rings(graph)?;
    let shares = |a: &[usize], b: &[usize]| a.iter().filter(|bond| b.contains(bond)).count() >= 2;
    let is_bridgehead = |&node: &usize| {
        let own: Vec<&Vec<usize>> =
            rings.iter().filter(|ring| graph.bonds_of(node).any(|bond| ring.contains(&bond))).collect();
        (0..own.len()).all(|a| (0..own.len()).any(|b| a != b && shares(own[a], own[b])))
    };
    Ok(candidates.into_iter().filter(is_bridgehead).collect())
}

#[cfg(test)]
mod tests;
