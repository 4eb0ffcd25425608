//! The fields of the Open Graph Benchmark: small categories per atom and bond, one table each.
//!
//! A value that a list lacks takes the last row of its table, so every molecule has codes.

use crate::domain::{Atom, Bond, BondOrder, BondStereo, Chirality, Hybridisation};

/// Rows of the table of each atom field.
pub(super) const ATOM_TABLES: [usize; 9] = [119, 5, 12, 12, 10, 6, 6, 2, 2];

/// Rows of the table of each bond field.
pub(super) const BOND_TABLES: [usize; 3] = [5, 6, 2];

/// Atomic number, chirality, neighbours with hydrogens, charge, hydrogens, radical electrons,
/// hybridisation, whether aromatic, whether in a ring. `degree` is the number of bonds.
pub(super) fn atom(atom: &Atom, degree: usize) -> [u32; 9] {
    let neighbours = u32::try_from(degree).unwrap_or(u32::MAX).saturating_add(u32::from(atom.hydrogens));
    let charge = u32::try_from(i32::from(atom.charge) + 5).unwrap_or(u32::MAX);
    let chirality = match atom.chirality {
        Chirality::Unspecified => 0,
        Chirality::Clockwise => 1,
        Chirality::Counterclockwise => 2,
        Chirality::Other => u32::MAX,
    };
    let hybridisation = match atom.hybridisation {
        Hybridisation::Sp => 0,
        Hybridisation::Sp2 => 1,
        Hybridisation::Sp3 => 2,
        Hybridisation::Sp3d => 3,
        Hybridisation::Sp3d2 => 4,
        Hybridisation::Other => u32::MAX,
    };
    let codes = [
        // The wildcard, element 0, is in no list.
        u32::from(atom.element).wrapping_sub(1),
        chirality,
        neighbours,
        charge,
        u32::from(atom.hydrogens),
        u32::from(atom.radicals),
        hybridisation,
        u32::from(atom.aromatic),
        u32::from(atom.in_ring),
    ];
    within(codes, ATOM_TABLES)
}

/// Type, stereochemistry, whether conjugated.
pub(super) fn bond(bond: &Bond) -> [u32; 3] {
    let kind = match bond.order {
        _ if bond.special => u32::MAX,
        _ if bond.aromatic => 3,
        BondOrder::Single => 0,
        BondOrder::Double => 1,
        BondOrder::Triple => 2,
        BondOrder::Quadruple => u32::MAX,
    };
    let stereo = match bond.stereo {
        BondStereo::None => 0,
        BondStereo::Z => 1,
        BondStereo::E => 2,
    };
    within([kind, stereo, u32::from(bond.conjugated)], BOND_TABLES)
}

/// Sends what is beyond a table to its last row.
fn within<const N: usize>(codes: [u32; N], tables: [usize; N]) -> [u32; N] {
    std::array::from_fn(|field| codes[field].min(u32::try_from(tables[field] - 1).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_in_no_list_takes_the_last_row() {
        let odd = Atom { charge: -6, chirality: Chirality::Other, radicals: 9, hydrogens: 9, ..Atom::default() };
        assert_eq!(atom(&odd, 20), [118, 4, 11, 11, 9, 5, 5, 0, 0]);
        assert_eq!(bond(&Bond { special: true, aromatic: true, ..Bond::default() }), [4, 0, 0]);
        assert_eq!(bond(&Bond { order: BondOrder::Quadruple, ..Bond::default() }), [4, 0, 0]);
        assert_eq!(atom(&Atom { element: 118, charge: 5, ..Atom::default() }, 10)[..4], [117, 0, 10, 10]);
    }

    proptest! {
        #[test]
        fn codes_have_rows(element: u8, charge: i8, hydrogens: u8, radicals: u8, degree in 0_usize..2000) {
            let codes = atom(&Atom { element, charge, hydrogens, radicals, ..Atom::default() }, degree);
            prop_assert!(codes.iter().zip(ATOM_TABLES).all(|(&code, rows)| (code as usize) < rows));
        }
    }
}
