//! The molecule while it is being worked on: plain arrays that every step may change.
//!
//! `smiles-rs` keeps its graph read-only, and the domain's molecule is final, so the steps between
//! text and molecule need a form of their own.

use super::marks::{self, Marks, inverted};
use super::{Parsed, SmilesError, valence};
use crate::domain::{BondStereo, Chirality, Hybridisation};
use smiles_rs::atom::Atom;
use smiles_rs::bond::Bond;
use smiles_rs::bond::bond_edge::BondEdge;

/// One atom.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Node {
    /// Atomic number, 0 for a wildcard.
    pub(super) element: u8,
    pub(super) charge: i8,
    pub(super) isotope: u16,
    /// The atom map number, 0 if none was given.
    pub(super) map: u16,
    /// Relative to the neighbours in [`Centre`].
    pub(super) chirality: Chirality,
    /// Written in lower case.
    pub(super) lower_case: bool,
    /// Perceived as aromatic.
    pub(super) aromatic: bool,
    /// Written in brackets, so that no hydrogen is implied.
    pub(super) bracket: bool,
    /// Hydrogens inside the bracket, and those folded in.
    pub(super) explicit_hydrogens: u8,
    /// Hydrogens implied by the normal valence.
    pub(super) implicit_hydrogens: u8,
    /// Unpaired electrons.
    pub(super) radicals: u8,
    pub(super) hybridisation: Hybridisation,
}

impl Node {
    pub(super) fn total_hydrogens(&self) -> u8 {
        self.explicit_hydrogens.saturating_add(self.implicit_hydrogens)
    }
}

/// What kind of bond, as far as valences and Kekulé forms can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Single,
    Double,
    Triple,
    Quadruple,
    /// Not yet single or double; after Kekulé form only left outside rings.
    Aromatic,
    /// Donated by atom `a` to atom `b`: counts for the valence of `b` alone.
    Dative,
    /// `~`: counts for no valence.
    Unspecified,
}

/// One bond.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) kind: Kind,
    /// 1 if written `/` from `a` to `b`, -1 if `\`, else 0.
    pub(super) direction: i8,
    /// Perceived as aromatic.
    pub(super) aromatic: bool,
    pub(super) in_ring: bool,
    pub(super) conjugated: bool,
    pub(super) stereo: BondStereo,
}

impl Edge {
    pub(super) fn other(&self, node: usize) -> usize {
        (if self.a as usize == node { self.b } else { self.a }) as usize
    }

    /// A double bond that is not aromatic.
    pub(super) fn is_double(&self) -> bool {
        self.kind == Kind::Double && !self.aromatic
    }

    /// The direction seen from one of the two atoms.
    pub(super) fn direction_from(&self, node: usize) -> i8 {
        if self.a as usize == node { self.direction } else { -self.direction }
    }

    /// Writes a direction seen from one of the two atoms.
    pub(super) fn direct_from(&mut self, node: usize, direction: i8) {
        self.direction = if self.a as usize == node { direction } else { -direction };
    }
}

/// The neighbours of an atom that has a handedness, in the order that it refers to. A hydrogen that
/// is no atom of the graph counts as the last.
#[derive(Clone, Debug)]
pub(super) struct Centre {
    pub(super) atom: u32,
    pub(super) neighbours: Vec<u32>,
}

/// Atoms and bonds in the order of the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
    /// Marked atoms in rising order.
    pub(super) centres: Vec<Centre>,
    /// `incident[first[n]..first[n + 1]]` are the bonds of atom n.
    first: Vec<u32>,
    incident: Vec<u32>,
}

/// Whether a parsed atom is a hydrogen.
pub(super) fn is_hydrogen(atom: &Atom) -> bool {
    element(atom) == 1
}

fn element(atom: &Atom) -> u8 {
    // The crate's enumeration starts at hydrogen and runs in the order of the periodic table.
    atom.element().map_or(0, |element| element as u8 + 1)
}

impl Graph {
    /// The graph as written.
    pub(super) fn of(parsed: &Parsed<'_>) -> Result<Self, SmilesError> {
        let smiles = &parsed.smiles;
        let mut graph = Self { nodes: smiles.nodes().iter().map(node).collect(), ..Self::default() };
        for id in 0..graph.nodes.len() {
            graph.edges.extend(smiles.edges_for_node(id).filter(|edge| id < edge.target()).map(bond));
        }
        parsed.extras.apply(&mut graph);
        graph.index();
        graph.mark(marks::read(parsed.structure));
        Ok(graph)
    }

    fn mark(&mut self, marks: Marks) {
        // Atoms are told apart by place alone, so the two readers of the text have to agree on them.
        if marks.count as usize != self.nodes.len() {
            return;
        }
        for mark in marks.bonds {
            let (from, to) = (mark.from as usize, mark.to as usize);
            let Some(bond) = self.bond_between(from, to) else { continue };
            let is_aromatic = self.nodes[from].lower_case && self.nodes[to].lower_case;
            let edge = &mut self.edges[bond];
            edge.direct_from(from, if mark.up { 1 } else { -1 });
            // A direction says nothing about the order: between aromatic atoms the bond is aromatic.
            if is_aromatic {
                edge.kind = Kind::Aromatic;
            }
        }
        for mark in marks.atoms {
            let node = mark.atom as usize;
            let is_saturated = self.bonds_of(node).all(|bond| valence::twice_order(&self.edges[bond]) <= 2);
            let has_hydrogen = self.nodes[node].explicit_hydrogens == 1;
            // A hydrogen written first is looked from, yet counts as last. And without a hydrogen
            // RDKit takes an atom with one ring closure and a lone pair the other way round.
            let turns = mark.neighbours.len() == 3
                && ((mark.first && has_hydrogen) || (!has_hydrogen && mark.closures == 1 && is_saturated));
            let chirality = if mark.odd == turns { mark.chirality } else { inverted(mark.chirality) };
            self.nodes[node].chirality = chirality;
            self.centres.push(Centre { atom: mark.atom, neighbours: mark.neighbours });
        }
    }

    /// The bond between two atoms, if there is one.
    pub(super) fn bond_between(&self, a: usize, b: usize) -> Option<usize> {
        self.bonds_of(a).find(|&bond| self.edges[bond].other(a) == b)
    }

    /// Bonds of an atom, by index.
    pub(super) fn bonds_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.incident[self.first[node] as usize..self.first[node + 1] as usize].iter().map(|&bond| bond as usize)
    }

    pub(super) fn degree(&self, node: usize) -> usize {
        (self.first[node + 1] - self.first[node]) as usize
    }

    /// Rebuilds the lists of incident bonds.
    fn index(&mut self) {
        let mut first = vec![0_u32; self.nodes.len() + 1];
        for edge in &self.edges {
            first[edge.a as usize + 1] += 1;
            first[edge.b as usize + 1] += 1;
        }
        for node in 0..self.nodes.len() {
            first[node + 1] += first[node];
        }
        let mut next = first.clone();
        let mut incident = vec![0_u32; self.edges.len() * 2];
        for (bond, edge) in (0_u32..).zip(&self.edges) {
            for end in [edge.a, edge.b] {
                let slot = &mut next[end as usize];
                incident[*slot as usize] = bond;
                *slot += 1;
            }
        }
        (self.first, self.incident) = (first, incident);
    }

    /// Turns explicit hydrogens into hydrogen counts of their neighbours, where nothing is lost.
    pub(super) fn fold_hydrogens(&mut self) {
        let folds: Vec<Option<usize>> = (0..self.nodes.len()).map(|node| self.folds_into(node)).collect();
        if folds.iter().all(Option::is_none) {
            return;
        }
        for (hydrogen, &fold) in folds.iter().enumerate() {
            let Some(heavy) = fold else { continue };
            self.hand_over(hydrogen, heavy);
            let count = &mut self.nodes[heavy].explicit_hydrogens;
            *count = count.saturating_add(1);
        }
        let mut kept = 0_u32;
        let place: Vec<Option<u32>> = folds
            .iter()
            .map(|fold| {
                let place = fold.is_none().then_some(kept);
                kept += u32::from(fold.is_none());
                place
            })
            .collect();
        let mut folded = folds.iter().map(Option::is_some);
        self.nodes.retain(|_| !folded.next().unwrap_or(false));
        self.edges = std::mem::take(&mut self.edges)
            .into_iter()
            .filter_map(|edge| Some(Edge { a: place[edge.a as usize]?, b: place[edge.b as usize]?, ..edge }))
            .collect();
        self.centres = std::mem::take(&mut self.centres)
            .into_iter()
            .filter_map(|centre| {
                let neighbours = centre.neighbours.iter().filter_map(|&atom| place[atom as usize]).collect();
                Some(Centre { atom: place[centre.atom as usize]?, neighbours })
            })
            .collect();
        self.index();
    }

    /// Keeps the stereo marks right when a hydrogen goes: it counts as last from now on, and its side
    /// of a double bond tells the side of the other neighbour.
    fn hand_over(&mut self, hydrogen: usize, heavy: usize) {
        if let Some(centre) = self.centres.iter_mut().find(|centre| centre.atom as usize == heavy)
            && let Some(at) = centre.neighbours.iter().position(|&atom| atom as usize == hydrogen)
        {
            centre.neighbours.remove(at);
            if (centre.neighbours.len() - at) % 2 == 1 {
                self.nodes[heavy].chirality = inverted(self.nodes[heavy].chirality);
            }
        }
        let Some(bond) = self.bond_between(heavy, hydrogen) else { return };
        let direction = self.edges[bond].direction_from(heavy);
        if direction == 0 {
            return;
        }
        let others: Vec<usize> = self
            .bonds_of(heavy)
            .filter(|&other| other != bond && matches!(self.edges[other].kind, Kind::Single | Kind::Aromatic))
            .collect();
        if let (true, Some(&other)) = (others.iter().all(|&other| self.edges[other].direction == 0), others.last()) {
            self.edges[other].direct_from(heavy, -direction);
        }
    }

    /// The atom that takes up a hydrogen. Kept as atoms: isotopes, hydrides, hydrogens without a
    /// neighbour or with several, those bonded to hydrogen or a wildcard, and those that alone say
    /// on which side of a double bond they are.
    fn folds_into(&self, node: usize) -> Option<usize> {
        let hydrogen = &self.nodes[node];
        if hydrogen.element != 1 || hydrogen.isotope != 0 || hydrogen.charge == -1 || self.degree(node) != 1 {
            return None;
        }
        let bond = self.bonds_of(node).next()?;
        let heavy = self.edges[bond].other(node);
        let defines_stereo = self.edges[bond].direction != 0
            && self.degree(heavy) == 2
            && self.bonds_of(heavy).any(|bond| self.edges[bond].kind == Kind::Double);
        (self.nodes[heavy].element > 1 && !defines_stereo).then_some(heavy)
    }

    /// Whether an atom is written as aromatic or has a bond that is.
    pub(super) fn is_aromatic(&self, node: usize) -> bool {
        self.nodes[node].lower_case || self.bonds_of(node).any(|bond| self.edges[bond].kind == Kind::Aromatic)
    }

    /// For each bond whether it lies in a ring. Dative bonds close no ring.
    pub(super) fn ring_bonds(&self) -> Vec<bool> {
        const UNSEEN: u32 = u32::MAX;
        let mut in_ring: Vec<bool> = self.edges.iter().map(|edge| edge.kind != Kind::Dative).collect();
        let mut order = vec![UNSEEN; self.nodes.len()];
        let mut low = vec![UNSEEN; self.nodes.len()];
        let mut time = 0;
        // Depth first without recursion: (atom, bond it was reached by, incident bonds already tried).
        let mut stack: Vec<(usize, usize, u32)> = Vec::new();
        for root in 0..self.nodes.len() {
            if order[root] != UNSEEN {
                continue;
            }
            stack.push((root, usize::MAX, 0));
            while let Some((node, from, tried)) = stack.pop() {
                if tried == 0 {
                    (order[node], low[node]) = (time, time);
                    time += 1;
                }
                let at = self.first[node] + tried;
                if at < self.first[node + 1] {
                    stack.push((node, from, tried + 1));
                    let bond = self.incident[at as usize] as usize;
                    let other = self.edges[bond].other(node);
                    if bond == from || self.edges[bond].kind == Kind::Dative {
                        continue;
                    }
                    if order[other] == UNSEEN {
                        stack.push((other, bond, 0));
                    } else {
                        low[node] = low[node].min(order[other]);
                    }
                } else if from != usize::MAX {
                    let parent = self.edges[from].other(node);
                    low[parent] = low[parent].min(low[node]);
                    in_ring[from] = low[node] <= order[parent];
                }
            }
        }
        in_ring
    }

    /// Number of connected components.
    pub(super) fn component_count(&self) -> usize {
        let mut sets = petgraph::unionfind::UnionFind::<u32>::new(self.nodes.len());
        self.nodes.len() - self.edges.iter().filter(|edge| sets.union(edge.a, edge.b)).count()
    }

    /// Number of independent cycles.
    pub(super) fn cycle_rank(&self) -> usize {
        self.edges.len() + self.component_count() - self.nodes.len()
    }

    /// What a reader should know about bonds that are not drawn as they were meant.
    pub(super) fn warnings(&self) -> Vec<String> {
        let odd = [
            (Kind::Dative, "dative bonds are shown as single bonds"),
            (Kind::Unspecified, "bonds of unspecified order (~) are shown as single bonds"),
            (Kind::Aromatic, "aromatic bonds outside rings are shown as single bonds"),
        ];
        odd.iter()
            .filter(|(kind, _)| self.edges.iter().any(|edge| edge.kind == *kind))
            .map(|&(_, words)| words.to_owned())
            .collect()
    }
}

fn node(atom: &Atom) -> Node {
    Node {
        element: element(atom),
        charge: atom.charge_value(),
        isotope: atom.isotope_mass_number().unwrap_or(0),
        map: atom.class(),
        chirality: Chirality::Unspecified,
        lower_case: atom.aromatic(),
        aromatic: false,
        bracket: atom.is_bracket_atom(),
        explicit_hydrogens: atom.hydrogen_count(),
        implicit_hydrogens: 0,
        radicals: 0,
        hybridisation: Hybridisation::Other,
    }
}

fn bond(edge: BondEdge) -> Edge {
    let narrow = |id: usize| u32::try_from(id).unwrap_or(u32::MAX);
    let kind = match edge.bond() {
        _ if edge.is_aromatic() => Kind::Aromatic,
        Bond::Single | Bond::Up | Bond::Down => Kind::Single,
        Bond::Double => Kind::Double,
        Bond::Triple => Kind::Triple,
        Bond::Quadruple => Kind::Quadruple,
    };
    Edge {
        a: narrow(edge.source()),
        b: narrow(edge.target()),
        kind,
        direction: 0,
        aromatic: false,
        in_ring: false,
        conjugated: false,
        stereo: BondStereo::None,
    }
}
