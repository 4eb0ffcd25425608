//! The model's directed edges and the bonds they came from: the only bridge between chemistry and
//! attention.

use super::{AtomId, BondId, Molecule};
use std::collections::BTreeSet;

/// One direction of a bond: the message flows from `source` to `target`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DirectedEdge {
    /// The atom that sends.
    pub source: AtomId,
    /// The atom that receives.
    pub target: AtomId,
}

impl DirectedEdge {
    /// The edge from one atom index to another.
    pub fn new(source: u32, target: u32) -> Self {
        Self { source: AtomId(source), target: AtomId(target) }
    }

    /// The same bond in the other direction.
    pub fn reversed(self) -> Self {
        Self { source: self.target, target: self.source }
    }
}

/// Directed edges sorted by (source, target), each with the bond it came from.
///
/// `bond` is `None` for edges that exist only in a full-graph mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EdgeList {
    /// Sending atom of each edge.
    pub source: Vec<u32>,
    /// Receiving atom of each edge.
    pub target: Vec<u32>,
    /// The bond each edge came from.
    pub bond: Vec<Option<BondId>>,
}

impl EdgeList {
    /// Both directions of every bond, sorted by (source, target) as the reference program does.
    pub fn of(molecule: &Molecule) -> Self {
        Self::without(molecule, &BTreeSet::new())
    }

    /// The same, leaving out the edges in `removed`.
    pub fn without(molecule: &Molecule, removed: &BTreeSet<DirectedEdge>) -> Self {
        let mut edges: Vec<(DirectedEdge, BondId)> = (0u32..)
            .zip(molecule.bonds())
            .flat_map(|(id, (a, b, _))| {
                let edge = DirectedEdge { source: a, target: b };
                [(edge, BondId(id)), (edge.reversed(), BondId(id))]
            })
            .filter(|(edge, _)| !removed.contains(edge))
            .collect();
        edges.sort_unstable();
        Self {
            source: edges.iter().map(|(edge, _)| edge.source.0).collect(),
            target: edges.iter().map(|(edge, _)| edge.target.0).collect(),
            bond: edges.iter().map(|&(_, bond)| Some(bond)).collect(),
        }
    }

    /// Number of directed edges.
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether no message can flow at all.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// The edge in row `index`.
    pub fn get(&self, index: usize) -> Option<DirectedEdge> {
        Some(DirectedEdge::new(*self.source.get(index)?, *self.target.get(index)?))
    }

    /// The row of an edge, found by bisection.
    pub fn find(&self, edge: DirectedEdge) -> Option<usize> {
        let start = self.source.partition_point(|&source| source < edge.source.0);
        let end = self.source.partition_point(|&source| source <= edge.source.0);
        let row = self.target[start..end].binary_search(&edge.target.0).ok()?;
        Some(start + row)
    }

    /// All edges in row order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = DirectedEdge> {
        self.source.iter().zip(&self.target).map(|(&source, &target)| DirectedEdge::new(source, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};

    fn propane() -> Molecule {
        Molecule::new(vec![Atom::default(); 3], vec![(2, 1, Bond::default()), (0, 1, Bond::default())]).unwrap()
    }

    #[test]
    fn edges_are_sorted_and_know_their_bond() {
        let edges = EdgeList::of(&propane());
        assert_eq!(edges.source, [0, 1, 1, 2]);
        assert_eq!(edges.target, [1, 0, 2, 1]);
        assert_eq!(edges.bond, [1, 1, 0, 0].map(|bond| Some(BondId(bond))));
        for (row, edge) in edges.iter().enumerate() {
            assert_eq!(edges.find(edge), Some(row));
        }
        assert_eq!(edges.find(DirectedEdge::new(0, 2)), None);
    }

    #[test]
    fn removed_edges_are_gone_and_the_others_keep_their_bond() {
        let edges = EdgeList::without(&propane(), &[DirectedEdge::new(1, 0)].into());
        assert_eq!(edges.source, [0, 1, 2]);
        assert_eq!(edges.target, [1, 2, 1]);
        assert_eq!(edges.bond, [1, 0, 0].map(|bond| Some(BondId(bond))));
    }
}
