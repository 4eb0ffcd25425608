//! The input features of molecules against those of the published featurisers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bondscope::io::smiles;
use bondscope::models::{Codes, Features};
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    tox21: Vec<Case>,
}

/// A molecule of TOX21; edges sorted by (source, target).
#[derive(Deserialize)]
struct Case {
    smiles: String,
    edge_index: [Vec<u32>; 2],
    ogb_atom: Vec<Vec<u32>>,
    ogb_bond: Vec<Vec<u32>>,
    canonical_atom: Vec<Vec<u32>>,
    canonical_bond: Vec<Vec<u32>>,
}

#[test]
fn ogb_and_canonical_codes_are_the_published_ones() {
    let Fixture { tox21 } = serde_json::from_str(include_str!("fixtures/features/features.json")).unwrap();
    assert!(tox21.len() >= 24);
    for case in tox21 {
        let molecule = smiles::read(&case.smiles).unwrap().molecule;
        let schemes = [
            (Features::Ogb, &case.ogb_atom, &case.ogb_bond),
            (Features::Canonical, &case.canonical_atom, &case.canonical_bond),
        ];
        for (features, atoms, bonds) in schemes {
            let input = features.codes(&molecule).unwrap();
            assert_eq!([&input.edges.source, &input.edges.target], [&case.edge_index[0], &case.edge_index[1]]);
            assert_eq!(rows(&input.node), *atoms, "{features:?} atoms of {}", case.smiles);
            assert_eq!(rows(&input.edge), *bonds, "{features:?} bonds of {}", case.smiles);
        }
    }
}

fn rows(codes: &Codes) -> Vec<Vec<u32>> {
    (0..codes.rows()).map(|row| codes.row(row).to_vec()).collect()
}
