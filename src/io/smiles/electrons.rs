//! Radicals, conjugation and hybridisation, counted as RDKit counts them.
//!
//! They are rules of thumb about outer electrons, not chemistry, and models were trained on just
//! these. All work on the Kekulé form with aromatic bonds marked.

use super::graph::{Graph, Kind};
use super::valence;
use crate::domain::{Chirality, Hybridisation};

/// Electrons of the outer shell, by atomic number.
const OUTER: [u8; 119] = [
    0, 1, 2, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3, 4, 5, 6, 7, 8, 1,
    2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 4, 5,
    6, 7, 8, 9, 10, 11, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2, 2, 2, 2, 2, 2,
    2, 2, 2, 2, 2, 2, 2, 2, 2,
];

/// Fills in rings, radicals, conjugated bonds and hybridisation.
pub(super) fn perceive(graph: &mut Graph) {
    let ring_bonds = graph.ring_bonds();
    graph.edges.iter_mut().zip(ring_bonds).for_each(|(edge, in_ring)| edge.in_ring = in_ring);
    for node in 0..graph.nodes.len() {
        graph.nodes[node].radicals = u8::try_from(radicals(graph, node)).unwrap_or(0);
    }
    conjugate(graph);
    for node in 0..graph.nodes.len() {
        graph.nodes[node].hybridisation = hybridisation(graph, node);
    }
}

fn outer(element: u8) -> i32 {
    OUTER.get(usize::from(element)).copied().map_or(0, i32::from)
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Sum of bond orders, hydrogens included.
fn valence(graph: &Graph, node: usize) -> i32 {
    let halves = i32::try_from(valence::half_sum(graph, node)).unwrap_or(i32::MAX);
    halves / 2 + i32::from(graph.nodes[node].implicit_hydrogens)
}

/// Neighbours, hydrogens included.
fn total_degree(graph: &Graph, node: usize) -> i32 {
    count(graph.degree(node)) + i32::from(graph.nodes[node].total_hydrogens())
}

/// Neighbours that share electrons of this atom, hydrogens included.
fn bonded_degree(graph: &Graph, node: usize) -> i32 {
    let idle = graph.bonds_of(node).filter(|&bond| valence::half_valences(graph, bond, node) == 0).count();
    total_degree(graph, node) - count(idle)
}

/// Unpaired electrons. Only an atom in brackets has any: others are filled up with hydrogens.
fn radicals(graph: &Graph, node: usize) -> i32 {
    let atom = &graph.nodes[node];
    if !atom.bracket || atom.element == 0 {
        return 0;
    }
    let (outer, charge, valence) = (outer(atom.element), i32::from(atom.charge), valence(graph, node));
    let allowed = valence::list(atom.element);
    if allowed.is_empty() {
        // Nothing is known of the valence of a metal, but lone electrons of a free one are odd or even.
        return if graph.degree(node) > 0 { 0 } else { (outer - charge).max(0) % 2 };
    }
    let full = if atom.element <= 2 { 2 } else { 8 };
    let mut missing = full - outer - valence + charge;
    if missing < 0 {
        let several = allowed.len() > 1 || valence::largest(atom.element).is_none();
        let rooms = allowed.iter().map(|&allowed| i32::try_from(allowed).unwrap_or(i32::MAX) - valence + charge);
        missing = rooms.into_iter().find(|&room| several && room >= 0).unwrap_or(0);
    }
    // Elements on the left of the table have too few electrons to pair.
    let unshared = outer - valence - charge;
    if unshared >= 0 { missing.min(unshared) } else { missing }
}

/// Marks bonds whose electrons spread: aromatic ones, and a multiple bond with its neighbours if all
/// three atoms can take part.
fn conjugate(graph: &mut Graph) {
    let can: Vec<bool> = (0..graph.nodes.len()).map(|node| can_conjugate(graph, node)).collect();
    let mut conjugated: Vec<bool> = graph.edges.iter().map(|edge| edge.aromatic).collect();
    for node in (0..graph.nodes.len()).filter(|&node| can[node] && matches!(total_degree(graph, node), 2 | 3)) {
        for bond in graph.bonds_of(node) {
            let is_multiple = graph.edges[bond].aromatic || valence::half_valences(graph, bond, node) >= 3;
            if !is_multiple || !can[graph.edges[bond].other(node)] {
                continue;
            }
            for next in graph.bonds_of(node).filter(|&next| next != bond) {
                let other = graph.edges[next].other(node);
                if can[other] && total_degree(graph, other) <= 3 {
                    (conjugated[bond], conjugated[next]) = (true, true);
                }
            }
        }
    }
    graph.edges.iter_mut().zip(conjugated).for_each(|(edge, conjugated)| edge.conjugated = conjugated);
}

/// Whether an atom has electrons or room to spread electrons.
fn can_conjugate(graph: &Graph, node: usize) -> bool {
    let atom = &graph.nodes[node];
    let Some(usual) = valence::usual(atom.element).and_then(|usual| i32::try_from(usual).ok()) else { return false };
    let (outer, charge) = (outer(atom.element), i32::from(atom.charge));
    let is_hypervalent = charge == 0 && valence(graph, node) > usual;
    // Beyond the second row phosphorus, sulfur and their kin do not conjugate, except a terminal =S.
    let is_heavy = atom.element > 10 && (outer == 5 || (outer == 6 && total_degree(graph, node) >= 2));
    let degree = bonded_degree(graph, node);
    let lone = (outer - usual - charge).max(0);
    usual > 1 && !is_hypervalent && !is_heavy && degree <= 3 && usual - degree + lone > i32::from(atom.radicals)
}

fn hybridisation(graph: &Graph, node: usize) -> Hybridisation {
    let atom = &graph.nodes[node];
    let degree = total_degree(graph, node);
    let is_tetrahedral = matches!(atom.chirality, Chirality::Clockwise | Chirality::Counterclockwise);
    if atom.element == 0 {
        return Hybridisation::Other;
    }
    if is_tetrahedral && degree == 4 {
        return Hybridisation::Sp3;
    }
    match if atom.element < 89 { orbitals(graph, node) } else { degree } {
        2 => Hybridisation::Sp,
        3 => Hybridisation::Sp2,
        4 if degree <= 3 && graph.bonds_of(node).any(|bond| graph.edges[bond].conjugated) => Hybridisation::Sp2,
        4 => Hybridisation::Sp3,
        5 => Hybridisation::Sp3d,
        6 => Hybridisation::Sp3d2,
        _ => Hybridisation::Other,
    }
}

/// Bonded neighbours, lone pairs and unpaired electrons.
fn orbitals(graph: &Graph, node: usize) -> i32 {
    let atom = &graph.nodes[node];
    let gives = |bond: &usize| graph.edges[*bond].kind == Kind::Dative && graph.edges[*bond].a as usize == node;
    let degree = total_degree(graph, node) - count(graph.bonds_of(node).filter(gives).count());
    if atom.element <= 1 {
        return degree;
    }
    let (outer, charge, radicals) = (outer(atom.element), i32::from(atom.charge), i32::from(atom.radicals));
    let valence = valence(graph, node);
    let free = outer - valence - charge;
    // Below an octet unpaired electrons take an orbital each.
    if valence + outer - charge < 8 { degree + (free - radicals) / 2 + radicals } else { degree + free / 2 }
}

#[cfg(test)]
mod tests {
    use crate::domain::Hybridisation;
    use crate::io::smiles::read;

    /// Text, hybridisation (s-p mixtures by number of p and d orbitals), unpaired electrons and implied
    /// hydrogens of each atom, conjugated bonds: what RDKit finds.
    const KNOWN: &[(&str, &str, &str, &str, &str)] = &[
        ("CC=C", "322", "000", "312", ""),
        ("C#N", "11", "00", "10", ""),
        ("C=C=C", "212", "000", "202", "0-1 1-2"),
        ("CC(=O)N", "3222", "0000", "3002", "1-2 1-3"),
        ("c1cc[nH]c1", "22222", "00000", "11101", "0-1 0-4 1-2 2-3 3-4"),
        ("Oc1ccccc1", "2222222", "0000000", "1011111", "0-1 1-2 1-6 2-3 3-4 4-5 5-6"),
        ("C=CC=C", "2222", "0000", "2112", "0-1 1-2 2-3"),
        ("CS(C)(=O)=O", "33322", "00000", "30300", ""),
        ("CP(C)(C)(C)C", "343333", "000000", "303333", ""),
        ("FS(F)(F)(F)(F)F", "3533333", "0000000", "0000000", ""),
        ("[CH3]", "3", "1", "0", ""),
        ("[CH2]", "3", "2", "0", ""),
        ("[O][O]", "33", "11", "00", ""),
        ("[Na+]", ".", "0", "0", ""),
        ("[Na]", ".", "1", "0", ""),
        ("[Fe]", "3", "0", "0", ""),
        ("[Fe+2]", "2", "0", "0", ""),
        ("[Cu]", "4", "1", "0", ""),
        ("[Cu+2]", "3", "1", "0", ""),
        ("C[N](C)[O]", "3333", "0001", "3030", ""),
        ("O=[N+]([O-])c1ccccc1", "222222222", "000000000", "000011111", "0-1 1-2 1-3 3-4 3-8 4-5 5-6 6-7 7-8"),
        ("[BH2]", "2", "1", "0", ""),
        ("B(C)(C)C", "2333", "0000", "0333", ""),
        ("[SiH2]", "3", "2", "0", ""),
        ("C[S]", "33", "01", "30", ""),
        ("[NH]", "3", "2", "0", ""),
        ("N#[N+][O-]", "112", "000", "000", "0-1 1-2"),
        ("[C-]#[O+]", "11", "00", "00", ""),
        ("CP1(C)=CC=CN=C1C", "333222223", "000000000", "303111003", "3-4 4-5 5-6 6-7"),
        ("Pc1ccccc1", "3222222", "0000000", "2011111", "1-2 1-6 2-3 3-4 4-5 5-6"),
        ("*C=C", ".22", "000", "012", ""),
        ("[H][H]", "..", "00", "00", ""),
        ("[U]", ".", "0", "0", ""),
        ("CN->[Pt]", "334", "000", "320", ""),
        ("C~C", "44", "00", "44", ""),
        ("C[SH]", "33", "00", "30", ""),
        ("S=C(N)N", "2222", "0000", "0022", "0-1 1-2 1-3"),
        ("O=S=O", "222", "000", "000", ""),
        ("CC(=O)[O-]", "3222", "0000", "3000", "1-2 1-3"),
        ("[CH2+]C=C", "222", "000", "012", "0-1 1-2"),
        ("c1cc[se]c1", "22222", "00000", "11101", "0-1 0-4 1-2 2-3 3-4"),
        ("b1ccccc1", "122222", "000000", "011111", "0-1 0-5 1-2 2-3 3-4 4-5"),
        ("Cl[Hg]Cl", "313", "000", "000", ""),
        ("[H]N([H])C", "33", "00", "03", ""),
        ("[nH]1cccc1", "22222", "00000", "01111", "0-1 0-4 1-2 2-3 3-4"),
        ("C1=CNC=CN1", "222222", "000000", "111111", "0-1 0-5 1-2 2-3 3-4 4-5"),
        ("CN(C)C", "3333", "0000", "3033", ""),
        ("C=NO", "222", "000", "201", "0-1 1-2"),
        ("FC=C", "322", "000", "012", ""),
        ("C=CBr", "223", "000", "210", ""),
        ("C=CS", "223", "000", "211", ""),
        ("C[Al](C)C", "3233", "0000", "3033", ""),
    ];

    #[test]
    fn electrons_are_counted_as_rdkit_counts_them() {
        let letter = |hybridisation| match hybridisation {
            Hybridisation::Other => '.',
            Hybridisation::Sp => '1',
            Hybridisation::Sp2 => '2',
            Hybridisation::Sp3 => '3',
            Hybridisation::Sp3d => '4',
            Hybridisation::Sp3d2 => '5',
        };
        for &(text, orbitals, radicals, implied, conjugated) in KNOWN {
            let molecule = read(text).unwrap().molecule;
            let mut bonds: Vec<String> = molecule
                .bonds()
                .filter(|(_, _, bond)| bond.conjugated)
                .map(|(a, b, _)| format!("{}-{}", a.0.min(b.0), a.0.max(b.0)))
                .collect();
            bonds.sort();
            assert_eq!(molecule.atoms().map(|atom| letter(atom.hybridisation)).collect::<String>(), orbitals, "{text}");
            assert_eq!(molecule.atoms().map(|atom| atom.radicals.to_string()).collect::<String>(), radicals, "{text}");
            let counts = molecule.atoms().map(|atom| atom.implicit_hydrogens.to_string());
            assert_eq!(counts.collect::<String>(), implied, "{text}");
            assert_eq!(bonds.join(" "), conjugated, "{text}");
        }
    }

    #[test]
    fn dative_bonds_are_special_and_close_no_ring() {
        let molecule = read("C1CN->[Fe]1").unwrap().molecule;
        assert!(molecule.bonds().all(|(_, _, bond)| !bond.in_ring));
        assert_eq!(molecule.bonds().filter(|(_, _, bond)| bond.special).count(), 1);
        let ring = read("C1CC1C").unwrap().molecule;
        assert_eq!(ring.atoms().map(|atom| atom.in_ring).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(ring.bonds().filter(|(_, _, bond)| bond.in_ring).count(), 3);
    }
}
