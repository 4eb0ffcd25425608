use crate::domain::{BondStereo, Chirality, Molecule};
use crate::io::smiles::read;
use proptest::prelude::*;

/// Handedness of each atom: clockwise, counterclockwise, other or none.
fn hands(molecule: &Molecule) -> String {
    let letter = |chirality| match chirality {
        Chirality::Unspecified => '.',
        Chirality::Clockwise => 'w',
        Chirality::Counterclockwise => 'c',
        Chirality::Other => 'o',
    };
    molecule.atoms().map(|atom| letter(atom.chirality)).collect()
}

/// The double bonds with sides.
fn sides(molecule: &Molecule) -> String {
    let mut found: Vec<String> = molecule
        .bonds()
        .filter(|(_, _, bond)| bond.stereo != BondStereo::None)
        .map(|(a, b, bond)| format!("{}={}{:?}", a.0.min(b.0), a.0.max(b.0), bond.stereo))
        .collect();
    found.sort();
    found.join(" ")
}

/// Text, handedness of its atoms, sides of its double bonds: what RDKit finds.
const KNOWN: &[(&str, &str, &str)] = &[
    ("N[C@](C)(F)O", ".c...", ""),
    ("N[C@@](C)(F)O", ".w...", ""),
    ("[C@H](N)(C)F", "w...", ""),
    ("N[C@H](C)F", ".c..", ""),
    ("C(F)(Cl)[C@@H](N)C", "...w..", ""),
    ("F[C@]1(Br)OCC1", ".c....", ""),
    ("O1CC[C@@]1(F)Br", "...w..", ""),
    ("C[C@]12CCC(C2)CO1", ".c......", ""),
    ("C[C@]21CCC(C2)CO1", ".w......", ""),
    ("C[C@H](C)F", "....", ""),
    ("C[C@]([H])(N)O", ".c..", ""),
    ("[H][C@](C)(N)O", "w...", ""),
    ("C1CC[C@H](C)CC1", ".......", ""),
    ("C[C@H]1CC[C@@H](F)CC1", ".w..w...", ""),
    ("C[C@H]1CC[C@@H](C)CC1", ".w..w...", ""),
    ("C[S@](=O)CC", ".c...", ""),
    ("C[S@@+]([O-])CC", ".w...", ""),
    ("C[S@](C)=O", "....", ""),
    ("C[N@](F)O", "....", ""),
    ("C[N@@H+](F)O", ".w..", ""),
    ("CC[P@](C)F", "..c..", ""),
    ("C[N@]1CC1C", ".c...", ""),
    ("CN1CC[N@@]2CC[C@H]1C2", "....w..w.", ""),
    ("[C@]1(F)(N)OC1", "w....", ""),
    ("F[C@]1CCO1", ".....", ""),
    ("C[C@TH2](F)(Cl)Br", ".w...", ""),
    ("C[C@SP1](F)(Cl)Br", ".o...", ""),
    ("C[C@H](O)[C@@H](O)[C@H](C)O", ".c...c..", ""),
    ("C[C@H](O)[C@@H](O)[C@@H](C)O", ".c.w.w..", ""),
    ("C[C@H](F)[13CH3]", ".c..", ""),
    ("C[C@H](F)[CH2:1]C", ".c...", ""),
    ("C[C@@H]C", "...", ""),
    ("C[C@@](=O)C", "....", ""),
    ("F/C=C/F", "....", "1=2E"),
    ("F/C=C\\F", "....", "1=2Z"),
    ("C(/F)=C/F", "....", "0=2Z"),
    ("F/C=C/1CCCO1", ".......", "1=2E"),
    ("F/C(Cl)=C(F)/Cl", "......", "1=3Z"),
    ("F/C(F)=C/F", ".....", ""),
    ("F/C=CF", "....", ""),
    ("CC=C/C=C/F", "......", "3=4E"),
    ("F/C=C/C=C\\F", "......", "1=2E 3=4Z"),
    ("C/C=C(/C)\\C", ".....", ""),
    ("C/C=C(\\F)/Cl", ".....", "1=2E"),
    ("C/C=C(/F)/Cl", ".....", ""),
    ("F/C=N/O", "....", "1=2E"),
    ("F/C=N/[H]", "....", "1=2E"),
    ("[H]/C(C)=C/F", "....", "0=2Z"),
    ("C1CCCC/C=C/1", ".......", ""),
    ("C1CCCCC/C=C/1", "........", "6=7E"),
    ("C1CCCCC/C=C\\1", "........", "6=7Z"),
    ("c1ccccc1/C=C/c1ccccc1", "..............", "6=7E"),
    ("C/C=C/[C@H](F)/C=C\\C", "...c....", "1=2E 5=6Z"),
    ("F/C=C=C/F", ".....", ""),
    ("C/C(=C\\C)/C(/C)=C\\C", "........", "1=2E 4=6Z"),
    ("C/C=C\\1/OC/1", ".....", "1=2E"),
    ("C[C@H]1CC[C@]2(CC1)C[C@H](C)C2", ".w......c..", ""),
    ("F/C=C/[C@](C)(N)/C=C\\F", "...c.....", "1=2E 6=7Z"),
];

#[test]
fn marks_are_read_as_rdkit_reads_them() {
    for &(text, atoms, bonds) in KNOWN {
        let molecule = read(text).unwrap().molecule;
        assert_eq!((hands(&molecule).as_str(), sides(&molecule).as_str()), (atoms, bonds), "{text}");
    }
}

#[test]
fn only_true_centres_keep_the_hydrogen_of_their_bracket() {
    let implied = |text: &str| read(text).unwrap().molecule.atoms().nth(1).unwrap().implicit_hydrogens;
    assert_eq!(implied("C[C@H](F)Cl"), 0);
    assert_eq!(implied("C[C@H](C)Cl"), 1);
    assert_eq!(implied("C[CH](C)Cl"), 0);
}

proptest! {
    #[test]
    fn a_mirror_image_has_the_other_hands(known in prop::sample::select(KNOWN)) {
        let mirrored = known.0.replace("@@", "%").replace('@', "@@").replace('%', "@");
        prop_assume!(!["@TH", "@SP"].iter().any(|special| known.0.contains(special)));
        let turned = |letter| match letter {
            'w' => 'c',
            'c' => 'w',
            same => same,
        };
        let molecule = read(&mirrored).unwrap().molecule;
        prop_assert_eq!(hands(&molecule), known.1.chars().map(turned).collect::<String>());
        prop_assert_eq!(sides(&molecule), known.2);
    }

    #[test]
    fn exchanged_branches_exchange_hands(order in Just(vec!["F", "Cl", "Br", "I"]).prop_shuffle()) {
        let [a, b, c, d] = [order[0], order[1], order[2], order[3]];
        let hand = |text: String| hands(&read(&text).unwrap().molecule).chars().next();
        let first = hand(format!("[C@]({a})({b})({c}){d}"));
        prop_assert_eq!(first, Some('c'));
        prop_assert_eq!(first, hand(format!("[C@]({b})({c})({a}){d}")));
        // Ring closures stand first in the text but count as last: two pairs of atoms change places.
        prop_assert_eq!(hand(format!("[C@]12({a}){b}.{c}1.{d}2")), Some('c'));
        prop_assert_eq!(hand(format!("[C@]21({a}){b}.{c}1.{d}2")), Some('w'));
        prop_assert_eq!(hand(format!("[C@]1({a})({b}){c}.{d}1")), Some('w'));
    }
}
