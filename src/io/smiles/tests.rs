use super::*;
use crate::domain::BondStereo;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(serde::Deserialize)]
struct Case {
    smiles: String,
    expected: Option<serde_json::Value>,
}

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[test]
fn descriptions_are_rdkits() {
    let text = include_str!("../../../tests/fixtures/smiles.json");
    let Cases { cases } = serde_json::from_str(text).unwrap();
    assert!(cases.len() > 100);
    for Case { smiles, expected } in cases {
        match (describe(&smiles), expected) {
            (Ok(found), Some(expected)) => {
                assert_eq!(serde_json::to_value(&found).unwrap(), expected, "{smiles}");
                let reading = read(&smiles).unwrap();
                assert_eq!(reading.molecule.atom_count(), found.atoms as usize, "{smiles}");
                assert_eq!(scan(&smiles), Ok(found.atoms), "{smiles}");
            }
            (Err(error), Some(_)) => panic!("{smiles} is refused: {error}"),
            (Ok(_), None) => assert!(!read(&smiles).unwrap().warnings.is_empty(), "{smiles} opens without a word"),
            (Err(error), None) => assert!(!error.to_string().contains('\n')),
        }
    }
}

/// The 28 node names of the benchmark, in code order.
const VOCABULARY: [&str; 28] = [
    "C", "O", "N", "F", "C H1", "S", "Cl", "O -", "N H1 +", "Br", "N H3 +", "N H2 +", "N +", "N -", "S -", "I", "P",
    "O H1 +", "N H1 -", "O +", "S +", "P H1", "P H2", "C H2 -", "P +", "S H1 +", "C H1 -", "P H1 +",
];

fn code(atom: &Atom) -> usize {
    let mut name = symbol(atom.element).to_owned();
    if atom.bracket_hydrogens > 0 {
        name += &format!(" H{}", atom.bracket_hydrogens);
    }
    name += ["", " +", " -"][match atom.charge {
        0 => 0,
        1.. => 1,
        _ => 2,
    }];
    VOCABULARY.iter().position(|&word| word == name).unwrap_or_else(|| panic!("{name} is not in the vocabulary"))
}

#[test]
fn features_are_the_benchmarks() {
    #[derive(serde::Deserialize)]
    struct Features {
        zinc: Vec<Zinc>,
    }
    #[derive(serde::Deserialize)]
    struct Zinc {
        smiles: String,
        node: Vec<usize>,
        edges: Vec<[usize; 3]>,
    }
    let text = include_str!("../../../tests/fixtures/features/features.json");
    let Features { zinc } = serde_json::from_str(text).unwrap();
    assert!(zinc.len() >= 60);
    let (mut same_form, mut count) = (0, 0);
    for Zinc { smiles, node, edges } in zinc {
        let molecule = read(&smiles).unwrap().molecule;
        let mut codes: Vec<usize> = molecule.atoms().map(code).collect();
        let mut expected = node.clone();
        codes.sort_unstable();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{smiles}");
        let found: Vec<[usize; 3]> = molecule
            .bonds()
            .flat_map(|(a, b, bond)| {
                let [a, b] = [a, b].map(|id| code(molecule.atom(id).unwrap()));
                let order = usize::from(bond.order.pairs());
                [[a, order, b], [b, order, a]]
            })
            .collect();
        let expected: Vec<[usize; 3]> = edges.iter().map(|&[a, b, order]| [node[a], order, node[b]]).collect();
        // Another Kekulé form moves double bonds about but keeps their number and the skeleton.
        let without_order = |triples: &[[usize; 3]]| sorted(triples.iter().map(|&[a, _, b]| [a, 0, b]).collect());
        let orders = |triples: &[[usize; 3]]| sorted(triples.iter().map(|&[_, order, _]| [0, order, 0]).collect());
        assert_eq!(without_order(&found), without_order(&expected), "{smiles}");
        assert_eq!(orders(&found), orders(&expected), "{smiles}");
        same_form += usize::from(sorted(found) == sorted(expected));
        count += 1;
    }
    // Most molecules have one form only as far as triples can tell.
    assert!(same_form * 2 > count, "{same_form} of {count}");
}

fn sorted(mut triples: Vec<[usize; 3]>) -> Vec<[usize; 3]> {
    triples.sort_unstable();
    triples
}

#[test]
fn all_bundled_molecules_are_in_the_vocabulary() {
    let packed = include_bytes!("../../../assets/data/zinc12k.csv.gz");
    let mut loader = crate::io::Loader::from_bytes("zinc12k", packed).unwrap();
    while !loader.step().unwrap().finished {}
    let dataset = loader.into_dataset();
    assert_eq!((dataset.records.len(), dataset.skipped.len(), dataset.warnings.len()), (12_000, 0, 0));
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    for record in &dataset.records {
        let molecule = read(&record.smiles).unwrap().molecule;
        assert_eq!(molecule.atom_count(), record.atoms as usize);
        for atom in molecule.atoms() {
            *counts.entry(code(atom)).or_default() += 1;
        }
    }
    let atoms: u32 = dataset.records.iter().map(|record| record.atoms).sum();
    assert_eq!(counts.values().sum::<u32>(), atoms);
}

#[test]
fn elements_are_numbered_as_in_the_periodic_table() {
    for element in 1..=118 {
        let text = format!("[{}]", symbol(element));
        let molecule = read(&text).unwrap().molecule;
        assert_eq!(molecule.atoms().next().unwrap().element, element, "{text}");
    }
}

#[test]
fn aromatic_bonds_become_single_and_double() {
    let molecule = read("c1ccccc1-c1ccco1").unwrap().molecule;
    assert!(molecule.bonds().all(|(_, _, bond)| bond.order != BondOrder::Triple));
    for (id, atom) in (0..).zip(molecule.atoms()) {
        let orders: u8 = molecule
            .neighbours(crate::domain::AtomId(id))
            .map(|(_, bond)| molecule.bond(bond).unwrap().2.order.pairs())
            .sum();
        assert_eq!(orders + atom.hydrogens, if atom.element == 6 { 4 } else { 2 });
    }
}

#[test]
fn marks_count_only_on_true_stereo_centres() {
    let bracketed =
        |text: &str| read(text).unwrap().molecule.atoms().map(|atom| u32::from(atom.bracket_hydrogens)).sum::<u32>();
    assert_eq!(bracketed("C[C@H](F)Cl"), 1);
    assert_eq!(bracketed("C[C@H](C)Cl"), 0);
    assert_eq!(bracketed("C1CNCC[C@@H]1C"), 0);
    assert_eq!(bracketed("C[C@H]1CC[C@@H](C)CC1"), 2);
    assert_eq!(bracketed("CN1[C@H]2CC[C@@H]1C[C@H](O)C2"), 3);
    assert_eq!(bracketed("c1cc[nH]c1"), 0);
    assert_eq!(bracketed("C[NH+](C)C"), 1);
    assert_eq!(bracketed("[CH3]"), 3);
}

#[test]
fn unusual_bonds_come_with_a_word() {
    for (text, word) in
        [("N->[Pt]", "dative"), ("C~C", "unspecified"), ("C:C", "aromatic"), ("CC |$A;B$|", "extension")]
    {
        let warnings = read(text).unwrap().warnings;
        assert!(warnings.len() == 1 && warnings[0].contains(word), "{text}: {warnings:?}");
    }
    assert!(read("CCO ethanol").unwrap().warnings.is_empty());
}

#[test]
fn large_input_is_quick_or_refused() {
    let start = std::time::Instant::now();
    let chain = "C".repeat(MAX_ATOMS);
    assert_eq!(scan(&chain), Ok(1000));
    assert!(read(&chain).is_ok());
    assert!(matches!(read(&"C".repeat(MAX_ATOMS + 1)), Err(SmilesError::TooManyAtoms { atoms: 1001 })));
    assert!(matches!(scan(&"C".repeat(MAX_LENGTH + 1)), Err(SmilesError::TooLong { .. })));
    let nested = "C(".repeat(900) + "C" + &")".repeat(900);
    assert!(describe(&nested).is_ok());
    assert!(describe(&("C(".repeat(9_000) + "C")).is_err());
    assert!(describe("((((((((((").is_err() && describe(&"[".repeat(20_000)).is_err());
    let spiro = |rings: usize| format!("C1CC1{}", "C2CC2".repeat(rings - 1));
    assert_eq!(describe(&spiro(MAX_RINGS)).unwrap().rings as usize, MAX_RINGS);
    assert!(matches!(read(&spiro(MAX_RINGS + 1)), Err(SmilesError::TooManyRings { rings: 151 })));
    let wheel = format!("C1{}1", "C".repeat(998));
    assert_eq!(describe(&wheel).unwrap().rings, 1);
    // Everything bonded to everything: many cycles, few atoms.
    let bond = |a: usize, b: usize| format!("%({})", a.min(b) * 100 + a.max(b));
    let atom = |a: usize| format!("*{}", (0..18).filter(|&b| b != a).map(|b| bond(a, b)).collect::<String>());
    let dense = (0..18).map(atom).collect::<Vec<_>>().join(".");
    assert_eq!(describe(&dense).unwrap().rings, 816);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        drop(describe(&text));
    }

    #[test]
    fn whatever_reads_is_consistent(text in "[CNOScnos()1-3=#\\[\\]@+\\-H.*%/\\\\$:~<>Fe]{0,40}") {
        if let Ok(found) = describe(&text) {
            let reading = read(&text).unwrap();
            prop_assert_eq!(reading.molecule.atom_count(), found.atoms as usize);
            prop_assert_eq!(scan(&text), Ok(found.atoms));
            let bonds = found.bonds.single + found.bonds.double + found.bonds.triple;
            prop_assert!(bonds as usize <= reading.molecule.bond_count());
            for (id, atom) in (0..).zip(reading.molecule.atoms()) {
                prop_assert!(atom.implicit_hydrogens <= atom.hydrogens);
                let has_ring_bond = reading
                    .molecule
                    .neighbours(crate::domain::AtomId(id))
                    .any(|(_, bond)| reading.molecule.bond(bond).unwrap().2.in_ring);
                prop_assert_eq!(atom.in_ring, has_ring_bond);
            }
            for (_, _, bond) in reading.molecule.bonds() {
                prop_assert!(bond.stereo == BondStereo::None || (bond.order == BondOrder::Double && !bond.aromatic));
                prop_assert!(!bond.aromatic || (bond.conjugated && bond.in_ring));
            }
        }
    }

    #[test]
    fn mutated_molecules_are_answered(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), "[CNOcn()1-4=#\\[\\]@+\\-H.]"), 1..5)
    ) {
        let mut text = "COc1ccc([C@H]2C[C@@H](C(F)(F)F)n3nc(C(=O)[NH2+]C4CCCCC4)cc3N2)cc1".to_owned();
        for (at, with) in edits {
            let at = at.index(text.len());
            text.replace_range(at..=at, &with);
        }
        if let Ok(reading) = read(&text) {
            prop_assert!(reading.molecule.bonds().all(|(a, b, _)| a != b));
        }
    }
}
