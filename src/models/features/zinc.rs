//! From a molecule to the codes a model was trained on.
//!
//! The ZINC vocabulary names an atom by element, hydrogens written inside its bracket, and sign of
//! its charge, exactly as the dataset's authors derived it from Kekulé SMILES. What is outside the
//! vocabulary has no trained row in the tables, so it is refused with the reason instead of guessed.

use crate::domain::{Atom, DirectedEdge, EdgeList, Molecule, symbol};
use std::collections::BTreeSet;

/// A graph as a model reads it: one code per node and per directed edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphInput {
    /// Code of each node, `[N]`.
    pub node: Vec<u32>,
    /// The directed edges, sorted by (source, target).
    pub edges: EdgeList,
    /// Code of each edge, `[E]`, in the order of `edges`.
    pub edge: Vec<u32>,
}

impl GraphInput {
    /// The same graph without the edges in `removed`; all nodes stay.
    #[must_use]
    pub fn without(&self, removed: &BTreeSet<DirectedEdge>) -> Self {
        if removed.is_empty() {
            return self.clone();
        }
        let mut left = Self { node: self.node.clone(), ..Self::default() };
        for ((edge, &bond), &code) in self.edges.iter().zip(&self.edges.bond).zip(&self.edge) {
            if !removed.contains(&edge) {
                left.edges.source.push(edge.source.0);
                left.edges.target.push(edge.target.0);
                left.edges.bond.push(bond);
                left.edge.push(code);
            }
        }
        left
    }
}

/// Why a model trained on ZINC cannot score a molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeatureError {
    /// The atom has no row in the node table.
    #[error("atom {atom} is {name}, which the ZINC vocabulary of 28 atom types lacks, so the model cannot score it")]
    Atom {
        /// Place of the atom, counted from 0.
        atom: usize,
        /// The atom as the vocabulary would spell it, e.g. `Si` or `C with charge +1`.
        name: String,
    },
    /// The bond has no row in the edge table.
    #[error(
        "the bond between atoms {a} and {b} is {order}, but ZINC has only single, double and triple bonds, so the \
         model cannot score it"
    )]
    Bond {
        /// One atom, counted from 0.
        a: u32,
        /// The other atom.
        b: u32,
        /// The order's name.
        order: &'static str,
    },
    /// Attention runs along bonds only.
    #[error("the molecule has no bond, so no message can flow and the model cannot score it")]
    NoBond,
}

/// The vocabulary in code order: element symbol, hydrogens inside the bracket, sign of the charge.
const ZINC_ATOMS: [(&str, u8, i8); 28] = [
    ("C", 0, 0),
    ("O", 0, 0),
    ("N", 0, 0),
    ("F", 0, 0),
    ("C", 1, 0),
    ("S", 0, 0),
    ("Cl", 0, 0),
    ("O", 0, -1),
    ("N", 1, 1),
    ("Br", 0, 0),
    ("N", 3, 1),
    ("N", 2, 1),
    ("N", 0, 1),
    ("N", 0, -1),
    ("S", 0, -1),
    ("I", 0, 0),
    ("P", 0, 0),
    ("O", 1, 1),
    ("N", 1, -1),
    ("O", 0, 1),
    ("S", 0, 1),
    ("P", 1, 0),
    ("P", 2, 0),
    ("C", 2, -1),
    ("P", 0, 1),
    ("S", 1, 1),
    ("C", 1, -1),
    ("P", 1, 1),
];

/// The codes of a molecule in the vocabulary of the ZINC subset: atoms 0..=27, bonds 1 single,
/// 2 double, 3 triple, both directions of every bond.
///
/// # Errors
/// An atom or bond outside the vocabulary, or no bond at all.
pub fn zinc_codes(molecule: &Molecule) -> Result<GraphInput, FeatureError> {
    let node = molecule.atoms().enumerate().map(|(index, atom)| zinc_atom(index, atom)).collect::<Result<_, _>>()?;
    if molecule.bond_count() == 0 {
        return Err(FeatureError::NoBond);
    }
    let mut codes = Vec::with_capacity(molecule.bond_count());
    for (a, b, bond) in molecule.bonds() {
        let pairs = bond.order.pairs();
        if pairs > 3 {
            return Err(FeatureError::Bond { a: a.0, b: b.0, order: bond.order.name() });
        }
        codes.push(u32::from(pairs));
    }
    let edges = EdgeList::of(molecule);
    let edge = edges.bond.iter().flatten().filter_map(|bond| codes.get(bond.index()).copied()).collect();
    Ok(GraphInput { node, edges, edge })
}

fn zinc_atom(index: usize, atom: &Atom) -> Result<u32, FeatureError> {
    let key = (symbol(atom.element), atom.bracket_hydrogens, atom.charge.signum());
    (0u32..)
        .zip(ZINC_ATOMS)
        .find_map(|(code, entry)| (entry == key).then_some(code))
        .ok_or_else(|| FeatureError::Atom { atom: index, name: spell(atom) })
}

fn spell(atom: &Atom) -> String {
    let mut name = match atom.element {
        0 => "a wildcard".to_owned(),
        element => symbol(element).to_owned(),
    };
    match atom.bracket_hydrogens {
        0 => {}
        1 => name.push_str(" with 1 bracket hydrogen"),
        count => name.push_str(&format!(" with {count} bracket hydrogens")),
    }
    if atom.charge != 0 {
        let join = if atom.bracket_hydrogens == 0 { "with" } else { "and" };
        name.push_str(&format!(" {join} charge {:+}", atom.charge));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bond, BondOrder};

    fn atom(element: u8, bracket_hydrogens: u8, charge: i8) -> Atom {
        Atom { element, bracket_hydrogens, charge, ..Atom::default() }
    }

    fn bond(order: BondOrder) -> Bond {
        Bond { order, ..Bond::default() }
    }

    #[test]
    fn codes_follow_the_vocabulary_and_edge_order() {
        // [O-]C#[NH+] written as a chain: codes 7, 0, 8.
        let molecule = Molecule::new(
            vec![atom(8, 0, -1), atom(6, 0, 0), atom(7, 1, 1)],
            vec![(2, 1, bond(BondOrder::Triple)), (0, 1, bond(BondOrder::Single))],
        )
        .unwrap();
        let input = zinc_codes(&molecule).unwrap();
        assert_eq!(input.node, [7, 0, 8]);
        assert_eq!(
            (input.edges.source.as_slice(), input.edges.target.as_slice()),
            (&[0, 1, 1, 2][..], &[1, 0, 2, 1][..])
        );
        assert_eq!(input.edge, [1, 1, 3, 3]);
    }

    #[test]
    fn every_vocabulary_entry_gets_its_own_code() {
        for (code, (name, hydrogens, charge)) in (0u32..).zip(ZINC_ATOMS) {
            let element = (1..=118).find(|&element| symbol(element) == name).unwrap();
            assert_eq!(zinc_atom(0, &atom(element, hydrogens, charge)), Ok(code));
        }
        // Only the sign of the charge counts.
        assert_eq!(zinc_atom(0, &atom(7, 0, 2)), Ok(12));
    }

    #[test]
    fn what_is_outside_is_named() {
        let pair = |element, order| Molecule::new(vec![atom(6, 0, 0), atom(element, 0, 0)], vec![(0, 1, bond(order))]);
        let silicon = zinc_codes(&pair(14, BondOrder::Single).unwrap()).unwrap_err();
        assert_eq!(
            silicon.to_string(),
            "atom 1 is Si, which the ZINC vocabulary of 28 atom types lacks, so the model cannot score it"
        );
        let quadruple = zinc_codes(&pair(6, BondOrder::Quadruple).unwrap()).unwrap_err();
        assert_eq!(quadruple, FeatureError::Bond { a: 0, b: 1, order: "quadruple" });
        let lone = Molecule::new(vec![atom(6, 0, 0)], vec![]).unwrap();
        assert_eq!(zinc_codes(&lone).unwrap_err(), FeatureError::NoBond);
        let ion = Molecule::new(vec![atom(7, 4, 1)], vec![]).unwrap();
        assert!(zinc_codes(&ion).unwrap_err().to_string().contains("N with 4 bracket hydrogens and charge +1"));
    }

    #[test]
    fn removing_edges_keeps_codes_aligned() {
        let molecule = Molecule::new(
            vec![atom(6, 0, 0); 3],
            vec![(0, 1, bond(BondOrder::Double)), (1, 2, bond(BondOrder::Single))],
        )
        .unwrap();
        let removed = [DirectedEdge::new(0, 1), DirectedEdge::new(2, 1)].into();
        let left = zinc_codes(&molecule).unwrap().without(&removed);
        assert_eq!(left.edges, EdgeList::without(&molecule, &removed));
        assert_eq!(left.edge, [2, 1]);
        assert_eq!(left.node, [0, 0, 0]);
    }
}
