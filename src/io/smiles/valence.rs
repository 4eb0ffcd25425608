//! Valences as RDKit counts them: how many hydrogens are implied, and what is impossible.
//!
//! A charged atom behaves like the neutral atom with as many electrons (N+ like C), except the
//! heavier pnictogens and chalcogens, whose anions keep their own higher valences.

use super::SmilesError;
use super::graph::{Edge, Graph, Kind};
use crate::domain::Chirality;

/// Allowed valences of a neutral atom in rising order, the first being the usual one. The flag says
/// that more is allowed too; elements not listed take anything.
fn allowed(element: u8) -> (&'static [u32], bool) {
    match element {
        1 | 9 | 17 | 35 | 55 | 87 => (&[1], false),
        2 | 10 | 18 | 36 | 86 => (&[0], false),
        3 | 11 | 19 | 37 => (&[1], true),
        4 => (&[2], false),
        5 | 7 | 13 | 31 | 49 => (&[3], false),
        6 | 14 | 32 => (&[4], false),
        8 => (&[2], false),
        12 | 20 | 38 | 56 | 88 => (&[2], true),
        15 | 33 | 51 | 83 => (&[3, 5], false),
        16 | 34 | 52 | 84 => (&[2, 4, 6], false),
        50 | 82 => (&[2, 4], false),
        53 | 85 => (&[1, 3, 5], false),
        54 => (&[0, 2, 4, 6], false),
        _ => (&[], true),
    }
}

/// Largest allowed valence; `None` where anything goes.
pub(super) fn largest(element: u8) -> Option<u32> {
    let (valences, open) = allowed(element);
    if open { None } else { valences.last().copied() }
}

/// The usual valence; `None` where there is none.
pub(super) fn usual(element: u8) -> Option<u32> {
    allowed(element).0.first().copied()
}

/// All allowed valences in rising order.
pub(super) fn list(element: u8) -> &'static [u32] {
    allowed(element).0
}

/// The neutral element with as many electrons, or the nearest there is.
pub(super) fn effective(element: u8, charge: i8) -> u8 {
    if allowed(element).0.is_empty() {
        return element;
    }
    let electrons = (i16::from(element) - i16::from(charge)).clamp(0, 118);
    u8::try_from(electrons).unwrap_or(element)
}

/// Anions of P, S, As and Se would compare to halogens and noble gases, but do go hypervalent.
fn keeps_own_valences(element: u8, effective: u8) -> bool {
    (effective > 16 && matches!(element, 15 | 16)) || (effective > 34 && matches!(element, 33 | 34))
}

/// Twice what a bond adds to the valence of one of its atoms.
pub(super) fn half_valences(graph: &Graph, bond: usize, node: usize) -> u32 {
    let edge = &graph.edges[bond];
    match edge.kind {
        Kind::Single => 2,
        Kind::Aromatic => 3,
        Kind::Double => 4,
        Kind::Triple => 6,
        Kind::Quadruple => 8,
        Kind::Dative if edge.b as usize == node => 2,
        Kind::Dative | Kind::Unspecified => 0,
    }
}

/// Twice the order of a bond, aromatic ones counting three.
pub(super) fn twice_order(edge: &Edge) -> u8 {
    match edge.kind {
        _ if edge.aromatic => 3,
        Kind::Unspecified => 0,
        Kind::Single | Kind::Dative => 2,
        Kind::Aromatic => 3,
        Kind::Double => 4,
        Kind::Triple => 6,
        Kind::Quadruple => 8,
    }
}

/// Twice the bond orders and explicit hydrogens of an atom.
pub(super) fn half_sum(graph: &Graph, node: usize) -> u32 {
    let bonds: u32 = graph.bonds_of(node).map(|bond| half_valences(graph, bond, node)).sum();
    bonds + 2 * u32::from(graph.nodes[node].explicit_hydrogens)
}

/// Bond orders and explicit hydrogens, as written: an aromatic bond counts one and a half.
pub(super) fn written(graph: &Graph, node: usize) -> u32 {
    half_sum(graph, node).div_ceil(2)
}

/// Bond orders and explicit hydrogens. An aromatic atom whose bonds add up to more than the usual
/// valence is taken at the next allowed valence below if that is near: its aromatic bonds will
/// turn out single (the nitrogen of N-methylpyrrole).
pub(super) fn explicit(graph: &Graph, node: usize) -> u32 {
    let atom = &graph.nodes[node];
    let mut halves = half_sum(graph, node);
    let valences = list(effective(atom.element, atom.charge));
    if let Some(&usual) = valences.first()
        && halves > 2 * usual
        && graph.is_aromatic(node)
    {
        let below = valences.iter().copied().take_while(|&valence| 2 * valence <= halves).last().unwrap_or(usual);
        if halves - 2 * below <= 3 {
            halves = 2 * below;
        }
    }
    halves.div_ceil(2)
}

/// Checks every atom and fills in the implied hydrogens.
///
/// # Errors
/// An atom with more bonds, hydrogens or charge than RDKit allows.
pub(super) fn fill_hydrogens(graph: &mut Graph) -> Result<(), SmilesError> {
    for node in 0..graph.nodes.len() {
        check(graph, node)?;
        graph.nodes[node].implicit_hydrogens = implicit(graph, node);
    }
    Ok(())
}

/// Checks one atom.
///
/// # Errors
/// More bonds, hydrogens or charge than RDKit allows.
pub(super) fn check(graph: &Graph, node: usize) -> Result<(), SmilesError> {
    let atom = &graph.nodes[node];
    let valence = explicit(graph, node);
    let effective = effective(atom.element, atom.charge);
    if largest(atom.element).is_none() {
        return Ok(());
    }
    // Two-coordinate hydride (as in the bifluoride ion) is accepted.
    let (limit, counted) = if atom.element == 1 && atom.charge == -1 {
        (Some(2), i64::from(valence))
    } else if keeps_own_valences(atom.element, effective) {
        (largest(atom.element), i64::from(valence) - i64::from(atom.charge))
    } else {
        (largest(effective), i64::from(valence))
    };
    if limit.is_some_and(|limit| counted > i64::from(limit)) {
        let atom_index = u32::try_from(node).unwrap_or(u32::MAX);
        return Err(SmilesError::Valence { atom: atom_index, element: atom.element, valence });
    }
    Ok(())
}

/// Hydrogens implied for an atom written without brackets.
pub(super) fn implicit(graph: &Graph, node: usize) -> u8 {
    let atom = &graph.nodes[node];
    if atom.bracket {
        return 0;
    }
    // Only the organic subset is written without brackets, and it carries no charge, except where
    // charges were separated: those atoms get no hydrogen beyond their new valence either.
    let valence = explicit(graph, node) + u32::from(atom.radicals);
    let valences = list(effective(atom.element, atom.charge));
    let target = if graph.is_aromatic(node) {
        valences.first().copied().filter(|&usual| valence <= usual)
    } else {
        valences.iter().copied().find(|&allowed| valence <= allowed)
    };
    target.and_then(|target| u8::try_from(target - valence).ok()).unwrap_or(0)
}

/// Hydrogens that follow from the usual valence in the finished molecule. An aromatic atom other than
/// carbon has to state those that its aromatic bonds, at one and a half each, leave no room for.
pub(super) fn unstated(graph: &Graph, node: usize) -> u8 {
    let atom = &graph.nodes[node];
    if !atom.aromatic || atom.element == 6 {
        return atom.implicit_hydrogens;
    }
    let halves: u32 = graph
        .bonds_of(node)
        .map(|bond| if graph.edges[bond].aromatic { 3 } else { half_valences(graph, bond, node) })
        .sum();
    let room = usual(effective(atom.element, atom.charge)).unwrap_or(0).saturating_sub(halves.div_ceil(2));
    atom.implicit_hydrogens.min(u8::try_from(room).unwrap_or(u8::MAX))
}

/// Elements that take dative bonds.
pub(super) fn is_metal(element: u8) -> bool {
    !matches!(element, 0..=2 | 5..=10 | 14..=18 | 33..=36 | 52..=54 | 85 | 86)
}

/// Whether RDKit writes an atom of a Kekulé form in brackets, as far as its hydrogens matter.
pub(super) fn needs_bracket(graph: &Graph, node: usize) -> bool {
    let atom = &graph.nodes[node];
    let organic = matches!(atom.element, 5..=9 | 15..=17 | 35 | 53);
    let bonds_metal = graph.bonds_of(node).any(|bond| is_metal(graph.nodes[graph.edges[bond].other(node)].element));
    let valence = half_sum(graph, node).div_ceil(2) + u32::from(atom.implicit_hydrogens);
    !organic
        || bonds_metal
        || atom.charge != 0
        || atom.isotope != 0
        || atom.map != 0
        || atom.chirality != Chirality::Unspecified
        || (atom.total_hydrogens() > 0 && usual(atom.element) != Some(valence))
}
