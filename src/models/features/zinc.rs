//! The vocabulary of the ZINC subset.
//!
//! It names an atom by element, hydrogens written inside its bracket, and sign of its charge, exactly
//! as the dataset's authors derived it from Kekulé SMILES.

use super::FeatureError;
use crate::domain::{Atom, Bond, symbol};

/// Number of atom codes.
pub(super) const ATOM_CODES: usize = ATOMS.len();
/// Number of bond codes: absent, single, double, triple.
pub(super) const BOND_CODES: usize = 4;

/// The vocabulary in code order: element symbol, hydrogens inside the bracket, sign of the charge.
const ATOMS: [(&str, u8, i8); 28] = [
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

/// The code of an atom, which is number `index` of its molecule.
pub(super) fn atom(index: usize, atom: &Atom) -> Result<u32, FeatureError> {
    let key = (symbol(atom.element), atom.bracket_hydrogens, atom.charge.signum());
    (0u32..)
        .zip(ATOMS)
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

/// The code of a bond: 1 single, 2 double, 3 triple.
pub(super) fn bond(bond: &Bond) -> Option<u32> {
    let pairs = bond.order.pairs();
    (pairs <= 3).then(|| u32::from(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vocabulary_entry_gets_its_own_code() {
        for (code, (name, bracket_hydrogens, charge)) in (0u32..).zip(ATOMS) {
            let element = (1..=118).find(|&element| symbol(element) == name).unwrap();
            assert_eq!(atom(0, &Atom { element, bracket_hydrogens, charge, ..Atom::default() }), Ok(code));
        }
        // Only the sign of the charge counts.
        assert_eq!(atom(0, &Atom { element: 7, charge: 2, ..Atom::default() }), Ok(12));
    }

    #[test]
    fn what_is_outside_is_named() {
        let message = |atom: Atom| super::atom(1, &atom).unwrap_err().to_string();
        assert_eq!(
            message(Atom { element: 14, ..Atom::default() }),
            "atom 1 is Si, which the ZINC vocabulary of 28 atom types lacks, so the model cannot score it"
        );
        let ammonium = Atom { element: 7, bracket_hydrogens: 4, charge: 1, ..Atom::default() };
        assert!(message(ammonium).contains("N with 4 bracket hydrogens and charge +1"));
    }
}
