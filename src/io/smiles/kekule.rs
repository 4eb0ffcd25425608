//! Single and double bonds for aromatic systems, by maximum matching.
//!
//! Every atom that still lacks one bond must share a double bond with exactly one neighbour that
//! lacks one too: a perfect matching. Wildcards in a ring may take part but need not.

use super::SmilesError;
use super::graph::{Graph, Kind};
use super::valence;
use petgraph::graph::{NodeIndex, UnGraph};

/// Whether an atom takes a double bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    None,
    /// A wildcard: it may.
    Optional,
    Required,
}

/// Replaces every aromatic bond by a single or a double one. Those outside rings stay.
///
/// # Errors
/// An aromatic atom outside rings, or an atom for which no double bond can be found.
pub(super) fn kekulize(graph: &mut Graph) -> Result<(), SmilesError> {
    let is_aromatic =
        graph.nodes.iter().any(|node| node.lower_case) || graph.edges.iter().any(|edge| edge.kind == Kind::Aromatic);
    if !is_aromatic {
        return Ok(());
    }
    let ring_bonds = graph.ring_bonds();
    let in_ring: Vec<bool> =
        (0..graph.nodes.len()).map(|node| graph.bonds_of(node).any(|bond| ring_bonds[bond])).collect();
    if let Some(atom) = (0..graph.nodes.len()).find(|&node| graph.nodes[node].lower_case && !in_ring[node]) {
        return Err(SmilesError::NotInRing { atom: narrow(atom) });
    }
    let needs = needs(graph, &ring_bonds, &in_ring);
    let doubles = double_bonds(graph, &ring_bonds, &needs)?;
    let aromatic: Vec<usize> = (0..graph.nodes.len()).filter(|&node| graph.is_aromatic(node)).collect();
    for (bond, edge) in graph.edges.iter_mut().enumerate() {
        if doubles[bond] {
            edge.kind = Kind::Double;
        } else if edge.kind == Kind::Aromatic && (in_ring[edge.a as usize] || in_ring[edge.b as usize]) {
            edge.kind = Kind::Single;
        }
    }
    for node in graph.nodes.iter_mut().filter(|node| node.lower_case) {
        node.lower_case = false;
        // The hydrogen of pyrrole had to be written only because the ring was aromatic.
        if matches!(node.element, 7 | 15) && node.charge == 0 && node.explicit_hydrogens == 1 {
            (node.bracket, node.explicit_hydrogens) = (false, 0);
        }
    }
    // Aromatic bonds left some leeway in valences; now they are whole numbers.
    for &node in &aromatic {
        valence::check(graph, node)?;
    }
    for node in 0..graph.nodes.len() {
        graph.nodes[node].implicit_hydrogens = valence::implicit(graph, node);
    }
    Ok(())
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn needs(graph: &Graph, ring_bonds: &[bool], in_ring: &[bool]) -> Vec<Need> {
    let mut needs: Vec<Need> = (0..graph.nodes.len())
        .map(|node| {
            let takes = in_ring[node] && graph.nodes[node].element != 0 && graph.is_aromatic(node);
            if takes && lacks_one(graph, node) { Need::Required } else { Need::None }
        })
        .collect();
    let mut frontier: Vec<usize> =
        (0..graph.nodes.len()).filter(|&node| in_ring[node] && graph.is_aromatic(node)).collect();
    let mut seen = vec![false; graph.nodes.len()];
    // Wildcards join from aromatic atoms onward, along ring bonds.
    while let Some(node) = frontier.pop() {
        if graph.nodes[node].element == 0 {
            needs[node] = Need::Optional;
        }
        for bond in graph.bonds_of(node).filter(|&bond| ring_bonds[bond]) {
            let other = graph.edges[bond].other(node);
            if graph.nodes[other].element == 0 && !seen[other] {
                seen[other] = true;
                frontier.push(other);
            }
        }
    }
    needs
}

/// Whether an atom, its aromatic bonds taken as single, is one short of its valence.
fn lacks_one(graph: &Graph, node: usize) -> bool {
    let atom = &graph.nodes[node];
    let hydrogens = i32::from(atom.total_hydrogens());
    let (mut orders, mut neighbours) = (hydrogens, hydrogens);
    for bond in graph.bonds_of(node) {
        let order = match graph.edges[bond].kind {
            Kind::Aromatic => 1,
            _ => valence::half_valences(graph, bond, node) / 2,
        };
        orders += i32::try_from(order).unwrap_or(i32::MAX);
        neighbours += i32::from(order > 0);
    }
    // Electron-poor boron, and carbon either way, lose a valence with charge; others gain with plus.
    let gain = match atom.element {
        5 | 13 => -i32::from(atom.charge),
        6 => -i32::from(atom.charge).abs(),
        _ => i32::from(atom.charge),
    };
    let total = i64::from(valence::explicit(graph, node)) + i64::from(atom.implicit_hydrogens);
    let valences = valence::list(atom.element);
    let wanted = valences.iter().map(|&valence| i64::from(valence) + i64::from(gain));
    let Some(valence) = wanted.clone().find(|&valence| total <= valence).or_else(|| wanted.clone().next_back()) else {
        return false;
    };
    // A bracket without hydrogens may be two short: the atom then keeps a radical beside its double bond.
    let missing = valence - i64::from(orders);
    i64::from(neighbours) < valence && (missing == 1 || (missing == 2 && atom.bracket))
}

/// For each bond whether it becomes double.
fn double_bonds(graph: &Graph, ring_bonds: &[bool], needs: &[Need]) -> Result<Vec<bool>, SmilesError> {
    let mut place = vec![usize::MAX; graph.nodes.len()];
    let mut candidates = UnGraph::<usize, ()>::default();
    for (node, _) in needs.iter().enumerate().filter(|(_, need)| **need != Need::None) {
        place[node] = candidates.add_node(node).index();
    }
    for (bond, edge) in graph.edges.iter().enumerate() {
        let (a, b) = (edge.a as usize, edge.b as usize);
        let touches_wildcard = needs[a] == Need::Optional || needs[b] == Need::Optional;
        let may_double = edge.kind == Kind::Aromatic || (edge.kind == Kind::Single && touches_wildcard);
        if ring_bonds[bond] && may_double && place[a] != usize::MAX && place[b] != usize::MAX {
            candidates.add_edge(NodeIndex::new(place[a]), NodeIndex::new(place[b]), ());
        }
    }
    let mates = mates(&candidates, needs).map_err(|node| SmilesError::Kekule { atom: narrow(candidates[node]) })?;
    Ok(graph
        .edges
        .iter()
        .enumerate()
        .map(|(bond, edge)| {
            let (a, b) = (place[edge.a as usize], place[edge.b as usize]);
            ring_bonds[bond] && a != usize::MAX && b != usize::MAX && mates[a] == Some(NodeIndex::new(b))
        })
        .collect())
}

/// The partner of each candidate, or one that must have a partner and cannot.
fn mates(candidates: &UnGraph<usize, ()>, needs: &[Need]) -> Result<Vec<Option<NodeIndex>>, NodeIndex> {
    let is_optional = |node: NodeIndex| needs[candidates[node]] == Need::Optional;
    let matching = petgraph::algo::maximum_matching(candidates);
    let left_over = |mates: &[Option<NodeIndex>]| {
        candidates.node_indices().find(|&node| !is_optional(node) && mates[node.index()].is_none())
    };
    let mates: Vec<_> = candidates.node_indices().map(|node| matching.mate(node)).collect();
    let Some(lonely) = left_over(&mates) else { return Ok(mates) };
    let optional: Vec<NodeIndex> = candidates.node_indices().filter(|&node| is_optional(node)).collect();
    if optional.is_empty() {
        return Err(lonely);
    }
    // Optional atoms may also pair up among themselves, or with one more partner if the number is
    // odd, without any bond: then all required atoms are served exactly if the matching is perfect.
    let mut widened = candidates.clone();
    let mut idle = optional;
    if !candidates.node_count().is_multiple_of(2) {
        idle.push(widened.add_node(usize::MAX));
    }
    for (index, &a) in idle.iter().enumerate() {
        for &b in &idle[index + 1..] {
            widened.update_edge(a, b, ());
        }
    }
    let matching = petgraph::algo::maximum_matching(&widened);
    let mates: Vec<_> = candidates
        .node_indices()
        .map(|node| matching.mate(node).filter(|&mate| !idle.contains(&node) || !idle.contains(&mate)))
        .collect();
    match left_over(&mates) {
        None => Ok(mates),
        Some(lonely) => Err(lonely),
    }
}
