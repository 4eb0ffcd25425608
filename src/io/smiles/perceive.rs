//! Aromaticity, asked of `smiles-rs` about the finished Kekulé form.
//!
//! Asking about the Kekulé form and not about the text is what RDKit does, and it leaves one kind of
//! input to get right. The crate builds graphs from text only, so the form is written down once
//! more, every atom in brackets, every bond as a ring closure: no tree is needed and the order of
//! atoms stays.

use super::graph::{Graph, Kind};
use super::{SmilesError, syntax};
use crate::domain::symbol;
use smiles_rs::{AromaticityPolicy, WildcardSmiles};
use std::fmt::Write as _;

/// Marks aromatic atoms and bonds.
///
/// # Errors
/// None in practice: the text that is read back is our own.
pub(super) fn aromaticity(graph: &mut Graph) -> Result<(), SmilesError> {
    if graph.cycle_rank() == 0 {
        return Ok(());
    }
    let assignment = rewritten(graph)?.aromaticity_assignment_for(AromaticityPolicy::RdkitDefault);
    for &atom in assignment.atom_ids() {
        if let Some(node) = graph.nodes.get_mut(atom) {
            node.aromatic = true;
        }
    }
    for edge in &mut graph.edges {
        edge.aromatic = edge.kind != Kind::Dative && assignment.contains_edge(edge.a as usize, edge.b as usize);
    }
    Ok(())
}

/// The symmetrised smallest set of smallest rings, each as its bonds.
///
/// # Errors
/// None in practice, as above.
pub(super) fn rings(graph: &Graph) -> Result<Vec<Vec<usize>>, SmilesError> {
    let found = rewritten(graph)?.symm_sssr_result();
    let bonds = |cycle: &Vec<usize>| {
        let ends = cycle.iter().zip(cycle.iter().cycle().skip(1));
        ends.filter_map(|(&a, &b)| graph.bond_between(a, b)).collect()
    };
    Ok(found.cycles().iter().map(bonds).collect())
}

fn rewritten(graph: &Graph) -> Result<WildcardSmiles, SmilesError> {
    WildcardSmiles::from_str(&text(graph)).map_err(|error| syntax(&error))
}

fn text(graph: &Graph) -> String {
    let mut text = String::with_capacity(graph.nodes.len() * 8 + graph.edges.len() * 8);
    for (index, node) in graph.nodes.iter().enumerate() {
        if index > 0 {
            text.push('.');
        }
        text.push('[');
        text.push_str(symbol(node.element));
        push_count(&mut text, "H", node.total_hydrogens().min(15));
        // The crate reads charges up to 15; nothing aromatic comes near.
        let sign = if node.charge < 0 { "-" } else { "+" };
        push_count(&mut text, sign, node.charge.unsigned_abs().min(15));
        text.push(']');
        for bond in graph.bonds_of(index) {
            let edge = &graph.edges[bond];
            let symbol = match edge.kind {
                // These count for no valence and would look like substituents.
                Kind::Dative | Kind::Unspecified => continue,
                Kind::Double => "=",
                Kind::Triple => "#",
                Kind::Quadruple => "$",
                Kind::Single | Kind::Aromatic => "",
            };
            if edge.a.min(edge.b) as usize == index {
                text.push_str(symbol);
            }
            push_label(&mut text, bond);
        }
    }
    text
}

fn push_count(text: &mut String, what: &str, count: u8) {
    if count > 0 {
        text.push_str(what);
    }
    if count > 1 {
        push_number(text, usize::from(count));
    }
}

fn push_label(text: &mut String, bond: usize) {
    text.push_str("%(");
    push_number(text, bond);
    text.push(')');
}

fn push_number(text: &mut String, number: usize) {
    // Writing to a String cannot fail.
    write!(text, "{number}").unwrap_or_default();
}
