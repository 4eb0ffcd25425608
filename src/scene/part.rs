//! One connected piece of a molecule with atoms numbered from 0, and what the layouts ask of its
//! graph: which bonds are rings, and what hangs on either side of the others.
//!
//! Every walk keeps its own stack, so a chain of a million atoms is only slow, never a crash.

use crate::domain::{AtomId, Bond, BondOrder, Molecule};
use std::collections::VecDeque;

/// A connected component.
#[derive(Debug)]
pub(super) struct Part {
    /// Atoms of the molecule, ascending; everything below is an index into this list.
    pub(super) atoms: Vec<usize>,
    /// Bonds in the molecule's order.
    pub(super) bonds: Vec<(usize, usize)>,
    /// Order and aromaticity of each bond.
    pub(super) kinds: Vec<Bond>,
    /// Per atom, its neighbours, each with the bond, ascending.
    pub(super) adjacent: Vec<Vec<(usize, usize)>>,
}

impl Part {
    /// The connected components of `molecule`, ordered by their first atom.
    pub(super) fn all(molecule: &Molecule) -> Vec<Self> {
        let count = molecule.atom_count();
        let mut adjacent = vec![Vec::new(); count];
        for (a, b, _) in molecule.bonds() {
            adjacent[a.index()].push(b.index());
            adjacent[b.index()].push(a.index());
        }
        let mut part_of = vec![usize::MAX; count];
        let mut parts: Vec<Self> = Vec::new();
        let mut local = vec![0; count];
        for start in 0..count {
            if part_of[start] != usize::MAX {
                continue;
            }
            part_of[start] = parts.len();
            let mut atoms = vec![start];
            let mut next = 0;
            while let Some(&atom) = atoms.get(next) {
                next += 1;
                for &other in &adjacent[atom] {
                    if part_of[other] == usize::MAX {
                        part_of[other] = parts.len();
                        atoms.push(other);
                    }
                }
            }
            atoms.sort_unstable();
            for (index, &atom) in atoms.iter().enumerate() {
                local[atom] = index;
            }
            let neighbours = vec![Vec::new(); atoms.len()];
            parts.push(Self { atoms, bonds: Vec::new(), kinds: Vec::new(), adjacent: neighbours });
        }
        for (a, b, bond) in molecule.bonds() {
            parts[part_of[a.index()]].join(local[a.index()], local[b.index()], *bond);
        }
        for part in &mut parts {
            part.adjacent.iter_mut().for_each(|list| list.sort_unstable());
        }
        parts
    }

    fn join(&mut self, a: usize, b: usize, kind: Bond) {
        let bond = self.bonds.len();
        self.bonds.push((a, b));
        self.kinds.push(kind);
        self.adjacent[a].push((b, bond));
        self.adjacent[b].push((a, bond));
    }

    /// The molecule's name for a local atom.
    pub(super) fn id(&self, atom: usize) -> AtomId {
        AtomId(u32::try_from(self.atoms[atom]).unwrap_or(u32::MAX))
    }

    /// Number of atoms.
    pub(super) fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Per bond, whether it lies in a ring (is no bridge of the graph).
    pub(super) fn ring_bonds(&self) -> Vec<bool> {
        let mut ring = vec![true; self.bonds.len()];
        let mut order = vec![usize::MAX; self.len()];
        let mut low = vec![usize::MAX; self.len()];
        // Depth-first with an explicit stack of (atom, bond it was entered by, next neighbour).
        let mut stack = vec![(0, usize::MAX, 0)];
        let mut seen = 0;
        while let Some(&mut (atom, entered, ref mut next)) = stack.last_mut() {
            if *next == 0 {
                order[atom] = seen;
                low[atom] = seen;
                seen += 1;
            }
            if let Some(&(other, bond)) = self.adjacent[atom].get(*next) {
                *next += 1;
                if bond == entered {
                    continue;
                }
                if order[other] == usize::MAX {
                    stack.push((other, bond, 0));
                } else {
                    low[atom] = low[atom].min(order[other]);
                }
                continue;
            }
            stack.pop();
            if let Some(&(parent, _, _)) = stack.last() {
                low[parent] = low[parent].min(low[atom]);
                ring[entered] = low[atom] <= order[parent];
            }
        }
        ring
    }

    /// Whether an atom's two bonds lie on one line: one is triple, or both are double.
    pub(super) fn is_linear(&self, atom: usize) -> bool {
        let [(_, first), (_, second)] = self.adjacent[atom].as_slice() else { return false };
        let (first, second) = (self.kinds[*first], self.kinds[*second]);
        let doubles = first.order == BondOrder::Double && second.order == BondOrder::Double;
        !(first.aromatic && second.aromatic) && (doubles || first.order.max(second.order) > BondOrder::Double)
    }

    /// The atoms on `root`'s side of a bond that is in no ring, `root` first.
    pub(super) fn side(&self, root: usize, bond: usize) -> Vec<usize> {
        let mut seen = vec![false; self.len()];
        seen[root] = true;
        let mut atoms = vec![root];
        let mut next = 0;
        while let Some(&atom) = atoms.get(next) {
            next += 1;
            for &(other, via) in &self.adjacent[atom] {
                if via != bond && !seen[other] {
                    seen[other] = true;
                    atoms.push(other);
                }
            }
        }
        atoms
    }

    /// Per atom, the number of its ring system (atoms joined by ring bonds), or `None`.
    pub(super) fn ring_systems(&self, ring_bonds: &[bool]) -> Vec<Option<usize>> {
        let mut system = vec![None; self.len()];
        let mut count = 0;
        for start in 0..self.len() {
            let in_ring = self.adjacent[start].iter().any(|&(_, bond)| ring_bonds[bond]);
            if system[start].is_some() || !in_ring {
                continue;
            }
            system[start] = Some(count);
            let mut queue = VecDeque::from([start]);
            while let Some(atom) = queue.pop_front() {
                for &(other, bond) in &self.adjacent[atom] {
                    if ring_bonds[bond] && system[other].is_none() {
                        system[other] = Some(count);
                        queue.push_back(other);
                    }
                }
            }
            count += 1;
        }
        system
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Atom;

    /// Two triangles joined by a two-bond chain, and a lone atom.
    fn molecule() -> Molecule {
        let bonds = [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 6), (6, 4)];
        let bonds = bonds.map(|(a, b)| (a, b, Bond::default())).to_vec();
        Molecule::new(vec![Atom::default(); 8], bonds).unwrap()
    }

    #[test]
    fn parts_rings_and_sides() {
        let parts = Part::all(&molecule());
        assert_eq!(parts.iter().map(Part::len).collect::<Vec<_>>(), [7, 1]);
        let part = &parts[0];
        let ring = part.ring_bonds();
        assert_eq!(ring, [true, true, true, false, false, true, true, true]);
        let systems = part.ring_systems(&ring);
        assert_eq!(systems, [Some(0), Some(0), Some(0), None, Some(1), Some(1), Some(1)]);
        assert_eq!(part.side(4, 4), [4, 5, 6]);
        assert_eq!(parts[1].id(0), AtomId(7));
        assert!(parts[1].ring_bonds().is_empty());
    }
}
