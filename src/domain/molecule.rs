//! A molecule is a `petgraph` graph of heavy (and explicitly kept) atoms in Kekulé form.

use petgraph::graph::{EdgeIndex, NodeIndex, UnGraph};
use petgraph::visit::EdgeRef as _;

/// An atom's place in its molecule, counted from 0 in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct AtomId(pub u32);

/// A bond's place in its molecule, counted from 0 in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct BondId(pub u32);

/// A molecule's place among the usable records of its dataset, counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct MoleculeId(pub u32);

impl AtomId {
    /// The id as an index into per-atom arrays.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl BondId {
    /// The id as an index into per-bond arrays.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl MoleculeId {
    /// The id as an index into per-molecule arrays.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a drawing and every featuriser need to know of one atom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Atom {
    /// Atomic number, 1..=118; 0 is the wildcard `*`.
    pub element: u8,
    /// Formal charge in elementary charges.
    pub charge: i8,
    /// All hydrogens that are not atoms of the graph: implicit ones and those inside the bracket.
    pub hydrogens: u8,
    /// Hydrogens that stand inside the atom's bracket once the molecule is written in Kekulé form
    /// as RDKit would write it. The ZINC vocabulary is made of these.
    pub bracket_hydrogens: u8,
    /// Mass number, 0 if none is given.
    pub isotope: u16,
    /// Whether the atom belongs to an aromatic system (perceived, not merely written).
    pub aromatic: bool,
    /// Handedness, of true stereo centres only.
    pub chirality: Chirality,
    /// Those of `hydrogens` that follow from the usual valence and are not stated with the atom.
    pub implicit_hydrogens: u8,
    /// Unpaired electrons.
    pub radicals: u8,
    /// Hybridisation of its orbitals.
    pub hybridisation: Hybridisation,
    /// Whether the atom lies in a ring.
    pub in_ring: bool,
}

/// Handedness of an atom as RDKit keeps it: seen from the first neighbour, which way round the
/// others lie. Neighbours count in the order of the text, partners of ring closures after all others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chirality {
    /// Not a stereo centre, or its handedness is unknown.
    #[default]
    Unspecified,
    /// Clockwise (`@@` for an atom outside ring closures).
    Clockwise,
    /// Counterclockwise (`@`).
    Counterclockwise,
    /// Around something other than a tetrahedron.
    Other,
}

/// Hybridisation of an atom's orbitals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hybridisation {
    /// None of the others: lone ions, hydrogens, wildcards and unusual metals.
    #[default]
    Other,
    /// Linear.
    Sp,
    /// Trigonal.
    Sp2,
    /// Tetrahedral.
    Sp3,
    /// Trigonal bipyramidal.
    Sp3d,
    /// Octahedral.
    Sp3d2,
}

/// Bond order of the Kekulé form; aromaticity is kept beside it in [`Bond::aromatic`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BondOrder {
    /// One electron pair.
    #[default]
    Single,
    /// Two electron pairs.
    Double,
    /// Three electron pairs.
    Triple,
    /// Four electron pairs (`$` in SMILES).
    Quadruple,
}

impl BondOrder {
    /// Number of electron pairs, 1..=4.
    pub fn pairs(self) -> u8 {
        self as u8 + 1
    }

    /// The word chemists use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::Triple => "triple",
            Self::Quadruple => "quadruple",
        }
    }
}

/// One bond; its two atoms are the graph's business.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// Order in the Kekulé form.
    pub order: BondOrder,
    /// Whether the bond is aromatic (perceived).
    pub aromatic: bool,
    /// Sides of a double bond.
    pub stereo: BondStereo,
    /// Whether its electrons are shared with neighbouring bonds.
    pub conjugated: bool,
    /// Whether the bond lies in a ring.
    pub in_ring: bool,
    /// Dative or of unspecified order: drawn as single, but no ordinary bond.
    pub special: bool,
}

/// On which side of a double bond the more important neighbours lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BondStereo {
    /// No double bond, or one whose sides are equal or unknown.
    #[default]
    None,
    /// Together.
    Z,
    /// Opposite.
    E,
}

/// Why a list of atoms and bonds is not a molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// There is nothing to draw or to compute.
    #[error("it has no atoms")]
    Empty,
    /// A bond names an atom that does not exist.
    #[error("bond {bond} names atom {atom}, but there are only {atoms} atoms (counted from 0)")]
    AtomOutOfRange {
        /// The bond at fault.
        bond: usize,
        /// The atom it names.
        atom: u32,
        /// How many atoms there are.
        atoms: usize,
    },
    /// A bond joins an atom to itself.
    #[error("bond {bond} joins atom {atom} to itself")]
    SelfBond {
        /// The bond at fault.
        bond: usize,
        /// The atom.
        atom: u32,
    },
    /// Two bonds join the same two atoms.
    #[error("atoms {a} and {b} are joined twice")]
    Duplicate {
        /// One atom.
        a: u32,
        /// The other atom.
        b: u32,
    },
}

/// Atoms and bonds, checked once.
#[derive(Clone, Debug)]
pub struct Molecule {
    graph: UnGraph<Atom, Bond>,
}

impl Molecule {
    /// Builds a molecule from atoms and `(atom, atom, bond)` triples, keeping both orders.
    ///
    /// # Errors
    /// No atoms, an atom index out of range, a bond from an atom to itself, or a bond given twice.
    pub fn new(atoms: Vec<Atom>, bonds: Vec<(u32, u32, Bond)>) -> Result<Self, GraphError> {
        if atoms.is_empty() {
            return Err(GraphError::Empty);
        }
        let count = atoms.len();
        let mut graph = UnGraph::with_capacity(count, bonds.len());
        for atom in atoms {
            graph.add_node(atom);
        }
        for (index, (a, b, bond)) in bonds.into_iter().enumerate() {
            if let Some(&atom) = [a, b].iter().find(|&&atom| atom as usize >= count) {
                return Err(GraphError::AtomOutOfRange { bond: index, atom, atoms: count });
            }
            if a == b {
                return Err(GraphError::SelfBond { bond: index, atom: a });
            }
            let (from, to) = (NodeIndex::new(a as usize), NodeIndex::new(b as usize));
            if graph.find_edge(from, to).is_some() {
                return Err(GraphError::Duplicate { a, b });
            }
            graph.add_edge(from, to, bond);
        }
        Ok(Self { graph })
    }

    /// The underlying graph, for petgraph's algorithms.
    pub fn graph(&self) -> &UnGraph<Atom, Bond> {
        &self.graph
    }

    /// Number of atoms in the graph.
    pub fn atom_count(&self) -> usize {
        self.graph.node_count()
    }

    /// Number of bonds.
    pub fn bond_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// One atom, if the id belongs to this molecule.
    pub fn atom(&self, id: AtomId) -> Option<&Atom> {
        self.graph.node_weight(NodeIndex::new(id.index()))
    }

    /// All atoms in order.
    pub fn atoms(&self) -> impl ExactSizeIterator<Item = &Atom> {
        self.graph.raw_nodes().iter().map(|node| &node.weight)
    }

    /// One bond with its two atoms, if the id belongs to this molecule.
    pub fn bond(&self, id: BondId) -> Option<(AtomId, AtomId, &Bond)> {
        let index = EdgeIndex::new(id.index());
        let (a, b) = self.graph.edge_endpoints(index)?;
        Some((atom_id(a), atom_id(b), self.graph.edge_weight(index)?))
    }

    /// All bonds in order, each with its two atoms.
    pub fn bonds(&self) -> impl ExactSizeIterator<Item = (AtomId, AtomId, &Bond)> {
        self.graph.edge_references().map(|edge| (atom_id(edge.source()), atom_id(edge.target()), edge.weight()))
    }

    /// The bond between two atoms, if there is one.
    pub fn bond_between(&self, a: AtomId, b: AtomId) -> Option<BondId> {
        let edge = self.graph.find_edge(NodeIndex::new(a.index()), NodeIndex::new(b.index()))?;
        u32::try_from(edge.index()).ok().map(BondId)
    }

    /// The atoms bonded to `id`, each with the bond, in no particular order.
    pub fn neighbours(&self, id: AtomId) -> impl Iterator<Item = (AtomId, BondId)> {
        let node = NodeIndex::new(id.index());
        self.graph.edges(node).filter_map(move |edge| {
            let other = if edge.source() == node { edge.target() } else { edge.source() };
            Some((atom_id(other), BondId(u32::try_from(edge.id().index()).ok()?)))
        })
    }

    /// Number of bonds at an atom.
    pub fn degree(&self, id: AtomId) -> usize {
        self.graph.edges(NodeIndex::new(id.index())).count()
    }
}

fn atom_id(node: NodeIndex) -> AtomId {
    // petgraph's default index is u32, so this never truncates.
    AtomId(u32::try_from(node.index()).unwrap_or(u32::MAX))
}

/// The element symbol for an atomic number; `*` for 0 and for anything above 118.
pub fn symbol(element: u8) -> &'static str {
    const SYMBOLS: [&str; 119] = [
        "*", "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K",
        "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr", "Rb",
        "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe", "Cs", "Ba",
        "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W",
        "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",
        "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds",
        "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
    ];
    SYMBOLS.get(element as usize).copied().unwrap_or("*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_refuses_what_is_not_a_molecule() {
        let atoms = || vec![Atom::default(); 2];
        let bond = Bond::default();
        assert_eq!(Molecule::new(vec![], vec![]).unwrap_err(), GraphError::Empty);
        assert_eq!(
            Molecule::new(atoms(), vec![(0, 2, bond)]).unwrap_err(),
            GraphError::AtomOutOfRange { bond: 0, atom: 2, atoms: 2 }
        );
        assert_eq!(Molecule::new(atoms(), vec![(1, 1, bond)]).unwrap_err(), GraphError::SelfBond { bond: 0, atom: 1 });
        assert_eq!(
            Molecule::new(atoms(), vec![(0, 1, bond), (1, 0, bond)]).unwrap_err(),
            GraphError::Duplicate { a: 1, b: 0 }
        );
    }

    #[test]
    fn symbols_are_in_atomic_number_order() {
        assert_eq!([symbol(6), symbol(17), symbol(118), symbol(119)], ["C", "Cl", "Og", "*"]);
    }
}
