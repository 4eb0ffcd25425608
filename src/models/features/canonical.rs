//! The canonical featuriser that GT was trained with on TOX21: one-hot fields and two counts, cast to
//! integers and used as codes (model-spec section 1).
//!
//! All atom fields share one table of six rows, raised by 2 to make room for negative charges. What
//! a one-hot list lacks is zero in all its fields; only a charge or radical count can be beyond.

use crate::domain::{Atom, Bond, BondOrder, BondStereo, Hybridisation, symbol};

/// Numbers per atom.
pub(super) const ATOM_FIELDS: usize = 74;

/// Rows of the table that all atom fields share.
pub(super) const ATOM_CODES: usize = 6;

/// Numbers per bond.
pub(super) const BOND_FIELDS: usize = 12;

/// Rows of the table that all bond fields share.
pub(super) const BOND_CODES: usize = 2;

/// Added to every atom field.
const SHIFT: u8 = 2;

const SYMBOLS: [&str; 43] = [
    "C", "N", "O", "S", "F", "Si", "P", "Cl", "Br", "Mg", "Na", "Ca", "Fe", "As", "Al", "I", "B", "V", "K", "Tl", "Yb",
    "Sb", "Sn", "Ag", "Pd", "Co", "Se", "Ti", "Zn", "H", "Li", "Ge", "Cu", "Au", "Ni", "Cd", "In", "Mn", "Zr", "Cr",
    "Pt", "Hg", "Pb",
];

// Where each group of fields starts.
const DEGREE: usize = SYMBOLS.len();
const IMPLICIT: usize = DEGREE + 11;
const CHARGE: usize = IMPLICIT + 7;
const RADICALS: usize = CHARGE + 1;
const HYBRIDISATION: usize = RADICALS + 1;
const AROMATIC: usize = HYBRIDISATION + 5;
const HYDROGENS: usize = AROMATIC + 1;

/// Element, neighbours, implicit hydrogens, charge, radical electrons, hybridisation, whether
/// aromatic, hydrogens. `degree` is the number of bonds.
///
/// # Errors
/// The code that the shared table lacks, for a charge or radical count beyond it.
pub(super) fn atom(atom: &Atom, degree: usize) -> Result<[u32; ATOM_FIELDS], i32> {
    let mut fields = [u32::from(SHIFT); ATOM_FIELDS];
    let hybridisation = match atom.hybridisation {
        Hybridisation::Sp => Some(0),
        Hybridisation::Sp2 => Some(1),
        Hybridisation::Sp3 => Some(2),
        Hybridisation::Sp3d => Some(3),
        Hybridisation::Sp3d2 => Some(4),
        Hybridisation::Other => None,
    };
    let one_hot = [
        SYMBOLS.iter().position(|&name| name == symbol(atom.element)),
        Some(DEGREE + degree).filter(|&field| field < IMPLICIT),
        Some(IMPLICIT + usize::from(atom.implicit_hydrogens)).filter(|&field| field < CHARGE),
        hybridisation.map(|place| HYBRIDISATION + place),
        Some(AROMATIC).filter(|_| atom.aromatic),
        Some(HYDROGENS + usize::from(atom.hydrogens)).filter(|&field| field < ATOM_FIELDS),
    ];
    one_hot.into_iter().flatten().for_each(|field| fields[field] += 1);
    for (field, count) in [(CHARGE, i32::from(atom.charge)), (RADICALS, i32::from(atom.radicals))] {
        let code = count + i32::from(SHIFT);
        fields[field] = u32::try_from(code).ok().filter(|&code| (code as usize) < ATOM_CODES).ok_or(code)?;
    }
    Ok(fields)
}

/// Type, whether conjugated, whether in a ring, stereochemistry.
pub(super) fn bond(bond: &Bond) -> [u32; BOND_FIELDS] {
    let mut fields = [0; BOND_FIELDS];
    let kind = match bond.order {
        _ if bond.special => None,
        _ if bond.aromatic => Some(3),
        BondOrder::Single => Some(0),
        BondOrder::Double => Some(1),
        BondOrder::Triple => Some(2),
        BondOrder::Quadruple => None,
    };
    // Field 7 stands for a bond marked as unknown, fields 10 and 11 for cis and trans between atoms
    // that are not the more important ones; SMILES has neither.
    let stereo = match bond.stereo {
        BondStereo::None => 6,
        BondStereo::Z => 8,
        BondStereo::E => 9,
    };
    let one_hot = [kind, Some(4).filter(|_| bond.conjugated), Some(5).filter(|_| bond.in_ring), Some(stereo)];
    one_hot.into_iter().flatten().for_each(|field| fields[field] = 1);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_where_the_featuriser_puts_them() {
        assert_eq!(HYDROGENS + 5, ATOM_FIELDS);
        let lead = Atom { element: 82, charge: -2, radicals: 3, hydrogens: 4, aromatic: true, ..Atom::default() };
        let fields = atom(&lead, 10).unwrap();
        let raised: Vec<usize> = (0..ATOM_FIELDS).filter(|&field| fields[field] != 2).collect();
        assert_eq!(raised, [42, 53, 54, 61, 62, 68, 73]);
        assert_eq!([fields[61], fields[62]], [0, 5]);
        assert_eq!(bond(&Bond { conjugated: true, ..Bond::default() }), [1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn what_no_list_has_is_zero() {
        let odd = Atom { element: 118, hydrogens: 5, implicit_hydrogens: 7, ..Atom::default() };
        assert_eq!(atom(&odd, 11).unwrap(), [2; ATOM_FIELDS]);
        assert_eq!(bond(&Bond { special: true, ..Bond::default() }).iter().sum::<u32>(), 1);
    }

    #[test]
    fn charges_beyond_the_table_are_named() {
        assert_eq!(atom(&Atom { charge: -3, ..Atom::default() }, 0), Err(-1));
        assert_eq!(atom(&Atom { charge: 4, ..Atom::default() }, 0), Err(6));
        assert!(atom(&Atom { charge: 3, ..Atom::default() }, 0).is_ok());
    }
}
