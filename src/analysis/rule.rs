//! Which edges a rule means in one molecule: from its bonds and from its unedited answer.

use super::{channels, edge_stats_of};
use crate::domain::{Ablations, BondId, Choice, DirectedEdge, Matrix, Molecule, Rule, Trace};

/// The directed edges that `rule` takes out of a molecule, given its answer before any edit.
///
/// Bonds of equal ratio are taken in the order of the file. A layer or head that the model does not have chooses
/// nothing, and neither does a ratio of 0/0.
pub fn resolve(rule: &Rule, molecule: &Molecule, baseline: &Trace) -> Ablations {
    let bonds: Vec<BondId> = match rule.choice {
        Choice::Strongest { count, layer, head } => strongest(molecule, baseline, (count, layer, head)),
        Choice::Kind(kind) => {
            let of_kind = (0..).map(BondId).zip(molecule.bonds()).filter(|(_, (_, _, bond))| kind.holds(bond));
            of_kind.map(|(id, _)| id).collect()
        }
        Choice::Random { count, seed } => drawn(molecule.bond_count(), count, seed),
        Choice::Atom(atom) => {
            let edges = baseline.edges.iter().filter(|edge| edge.source == atom || edge.target == atom);
            return edges.map(|edge| (edge, rule.how)).collect();
        }
    };
    let both = |bond: BondId| {
        let (source, target, _) = molecule.bond(bond)?;
        let edge = DirectedEdge { source, target };
        Some([(edge, rule.how), (edge.reversed(), rule.how)])
    };
    bonds.into_iter().filter_map(both).flatten().collect()
}

/// The bonds with the highest ratio in one layer or in any, one head or all.
fn strongest(
    molecule: &Molecule,
    baseline: &Trace,
    (count, layer, head): (usize, Option<usize>, Option<usize>),
) -> Vec<BondId> {
    // A full graph has thousands of edges without a bond, whose ratios would be computed for nothing.
    let rows: Vec<(usize, BondId)> =
        baseline.edges.bond.iter().enumerate().filter_map(|(row, &bond)| Some((row, bond?))).collect();
    let mut ratios = vec![f64::NAN; molecule.bond_count()];
    let layers = layer.map_or(0..baseline.layers.len(), |layer| layer..layer.saturating_add(1));
    for activations in baseline.layers.get(layers).unwrap_or_default().iter().map(|layer| &layer.edges) {
        let values = rows.iter().flat_map(|&(row, _)| activations.row(row)).copied().collect();
        let of_bonds = Matrix { rows: rows.len(), cols: activations.cols, values };
        let stats = edge_stats_of(&of_bonds, channels(activations.cols, baseline.heads, head));
        for (&(_, bond), stat) in rows.iter().zip(stats) {
            if let Some(highest) = ratios.get_mut(bond.index()) {
                *highest = highest.max(stat.ratio);
            }
        }
    }
    let mut ranked: Vec<(f64, BondId)> =
        ratios.into_iter().zip((0..).map(BondId)).filter(|(ratio, _)| !ratio.is_nan()).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(count).map(|(_, bond)| bond).collect()
}

/// So many of the bonds: those whose number, hashed with the seed, comes first.
fn drawn(bonds: usize, count: usize, seed: u64) -> Vec<BondId> {
    let mut keyed: Vec<(u64, BondId)> = (0u32..).map(|id| (mixed(seed, id), BondId(id))).take(bonds).collect();
    keyed.sort_unstable();
    keyed.into_iter().take(count).map(|(_, bond)| bond).collect()
}

/// The SplitMix64 number at place `id` of a seed's sequence.
fn mixed(seed: u64, id: u32) -> u64 {
    let mut z = seed.wrapping_add((u64::from(id) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Ablation, Atom, AtomId, Bond, BondKind, BondOrder, EdgeList, LayerTrace, Matrix};
    use proptest::prelude::*;

    /// A chain of atoms whose bond i is double if i is odd and aromatic if i is a multiple of three.
    fn chain(bonds: u32) -> Molecule {
        let kind = |id: u32| Bond {
            order: if id % 2 == 1 { BondOrder::Double } else { BondOrder::Single },
            aromatic: id.is_multiple_of(3),
            ..Bond::default()
        };
        let atoms = vec![Atom::default(); bonds as usize + 1];
        Molecule::new(atoms, (0..bonds).map(|id| (id, id + 1, kind(id))).collect()).unwrap()
    }

    /// An answer with two heads of two features, in which edge row e of layer l has the given maximum.
    fn answer(molecule: &Molecule, layers: usize, max: impl Fn(usize, usize) -> f32) -> Trace {
        let edges = EdgeList::of(molecule);
        let row = |layer, row| [1.0, 1.0, 1.0, max(layer, row)];
        let layer = |layer| LayerTrace {
            edges: Matrix::new(edges.len(), 4, (0..edges.len()).flat_map(|edge| row(layer, edge)).collect()).unwrap(),
            ..LayerTrace::default()
        };
        Trace { prediction: vec![0.0], layers: (0..layers).map(layer).collect(), edges, heads: 2 }
    }

    fn bonds(rule: Choice, molecule: &Molecule, answer: &Trace) -> Vec<u32> {
        let chosen = resolve(&Rule { choice: rule, how: Ablation::Zero }, molecule, answer);
        assert!(chosen.values().all(|how| *how == Ablation::Zero));
        assert!(chosen.keys().all(|edge| chosen.contains_key(&edge.reversed())), "both directions");
        let mut bonds: Vec<u32> =
            chosen.keys().map(|edge| molecule.bond_between(edge.source, edge.target).unwrap().0).collect();
        bonds.sort_unstable();
        bonds.dedup();
        bonds
    }

    #[test]
    fn the_strongest_bonds_count_by_their_stronger_direction() {
        let molecule = chain(4);
        // Rows: 0>1, 1>0, 1>2, 2>1, 2>3, 3>2, 3>4, 4>3.
        let answer = answer(&molecule, 2, |layer, row| match (layer, row) {
            (0, 1) => 50.0,
            (0, 4) => 40.0,
            (1, 6) => 900.0,
            (1, 3) => 30.0,
            _ => 2.0,
        });
        let strongest = |count, layer, head| Choice::Strongest { count, layer, head };
        assert_eq!(bonds(strongest(1, Some(0), None), &molecule, &answer), [0]);
        assert_eq!(bonds(strongest(2, Some(0), None), &molecule, &answer), [0, 2]);
        assert_eq!(bonds(strongest(2, Some(1), Some(1)), &molecule, &answer), [1, 3]);
        assert_eq!(bonds(strongest(2, None, None), &molecule, &answer), [0, 3]);
        // In the first head all ratios are 1: the order of the file decides.
        assert_eq!(bonds(strongest(2, None, Some(0)), &molecule, &answer), [0, 1]);
        assert_eq!(bonds(strongest(2, Some(7), None), &molecule, &answer), [0u32; 0]);
        assert_eq!(bonds(strongest(2, None, Some(7)), &molecule, &answer), [0u32; 0]);
        assert_eq!(bonds(strongest(99, None, None), &molecule, &answer), [0, 1, 2, 3]);
    }

    #[test]
    fn an_atom_means_every_edge_of_the_answer_that_it_takes_part_in() {
        let molecule = chain(2);
        let mut answer = answer(&molecule, 1, |_, _| 2.0);
        answer.edges = EdgeList {
            source: vec![0, 0, 1, 1, 2, 2],
            target: vec![1, 2, 0, 2, 0, 1],
            bond: vec![Some(BondId(0)), None, Some(BondId(0)), Some(BondId(1)), None, Some(BondId(1))],
        };
        let rule = Rule { choice: Choice::Atom(AtomId(0)), how: Ablation::Remove };
        let edges: Vec<DirectedEdge> = resolve(&rule, &molecule, &answer).into_keys().collect();
        let expected = [(0, 1), (0, 2), (1, 0), (2, 0)].map(|(a, b)| DirectedEdge::new(a, b));
        assert_eq!(edges, expected);
    }

    proptest! {
        #[test]
        fn kinds_choose_what_they_are_named_for(length in 0u32..30) {
            let molecule = chain(length);
            let answer = answer(&molecule, 1, |_, _| 2.0);
            let of = |kind| bonds(Choice::Kind(kind), &molecule, &answer);
            prop_assert_eq!(of(BondKind::Single), (0..length).filter(|id| id.is_multiple_of(2)).collect::<Vec<_>>());
            prop_assert_eq!(of(BondKind::Double), (0..length).filter(|id| id % 2 == 1).collect::<Vec<_>>());
            prop_assert_eq!(of(BondKind::Aromatic), (0..length).filter(|id| id.is_multiple_of(3)).collect::<Vec<_>>());
            prop_assert!(of(BondKind::Triple).is_empty());
        }

        #[test]
        fn strongest_bonds_are_at_least_as_strong_as_the_others(
            maxima in prop::collection::vec(1.0f32..1e6, 2..60), count in 0usize..40,
        ) {
            let length = u32::try_from(maxima.len() / 2).unwrap();
            let molecule = chain(length);
            let answer = answer(&molecule, 1, |_, row| maxima[row]);
            let chosen = bonds(Choice::Strongest { count, layer: None, head: None }, &molecule, &answer);
            prop_assert_eq!(chosen.len(), count.min(length as usize));
            let ratio = |bond: u32| {
                let edge = DirectedEdge::new(bond, bond + 1);
                let row = |edge| maxima[answer.edges.find(edge).unwrap()];
                row(edge).max(row(edge.reversed()))
            };
            let weakest = chosen.iter().map(|&bond| ratio(bond)).fold(f32::INFINITY, f32::min);
            prop_assert!((0..length).filter(|bond| !chosen.contains(bond)).all(|bond| ratio(bond) <= weakest));
        }

        #[test]
        fn a_draw_is_of_its_size_and_repeats(length in 0u32..40, count in 0usize..50, seed: u64) {
            let molecule = chain(length);
            let answer = answer(&molecule, 1, |_, _| 2.0);
            let draw = |count| bonds(Choice::Random { count, seed }, &molecule, &answer);
            prop_assert_eq!(draw(count).len(), count.min(length as usize));
            prop_assert_eq!(draw(count), draw(count));
            // A larger draw goes on where the smaller one ended.
            let larger = draw(count + 1);
            prop_assert!(draw(count).iter().all(|bond| larger.contains(bond)));
        }
    }

    #[test]
    fn every_bond_is_drawn_about_equally_often() {
        let mut counts = [0u32; 10];
        for seed in 0..5_000 {
            drawn(10, 3, seed).iter().for_each(|bond| counts[bond.index()] += 1);
        }
        // 1,500 expected each, standard deviation 32.
        assert!(counts.iter().all(|count| count.abs_diff(1_500) < 160), "{counts:?}");
    }
}
