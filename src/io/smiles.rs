//! SMILES text to molecules, with the answers that RDKit gives.
//!
//! The grammar and aromaticity are `smiles-rs`'s work. What a featuriser depends on and that crate
//! leaves open is done here, in RDKit's order: explicit hydrogens are folded into their neighbours,
//! hypervalent spellings are charge separated, valences are checked, and the Kekulé form comes from
//! a matching, which finds a form whenever there is one. Rings are counted exactly.

mod cleanup;
mod electrons;
mod graph;
mod kekule;
mod marks;
mod perceive;
mod ranks;
mod rewrite;
mod rings;
mod stereo;
mod valence;

use crate::domain::{Atom, Bond, BondOrder, GraphError, Molecule, symbol};
use graph::{Edge, Graph, Kind};
use smiles_rs::WildcardSmiles;
use std::collections::BTreeMap;

/// Longest SMILES that is looked at, in bytes.
pub const MAX_LENGTH: usize = 20_000;

/// Largest molecule that is opened, in atoms of the graph as written.
pub const MAX_ATOMS: usize = 1_000;

/// Most independent rings of a molecule that is opened. Aromaticity of fused rings costs far more
/// than in proportion: a strip of this many benzene rings takes a second, an ordinary molecule 0.04 ms.
pub const MAX_RINGS: usize = 150;

/// Why a text is not a molecule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmilesError {
    /// Nothing but blanks.
    #[error("the SMILES is empty")]
    Empty,
    /// Longer than [`MAX_LENGTH`].
    #[error("the SMILES has {length} characters, and at most {MAX_LENGTH} are read")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// More atoms than [`MAX_ATOMS`].
    #[error("the molecule has {atoms} atoms, and at most {MAX_ATOMS} are read")]
    TooManyAtoms {
        /// Atoms as written, explicit hydrogens included.
        atoms: usize,
    },
    /// More independent rings than [`MAX_RINGS`].
    #[error("the molecule has {rings} independent rings, and at most {MAX_RINGS} are read")]
    TooManyRings {
        /// Bonds beyond those that a tree would need.
        rings: usize,
    },
    /// A reaction, with reactants and products.
    #[error("it is a reaction, not a molecule")]
    Reaction,
    /// The text does not follow the grammar.
    #[error("not a valid SMILES: {what} at character {at}")]
    Syntax {
        /// What is wrong.
        what: String,
        /// Where, in characters counted from 1.
        at: usize,
    },
    /// More hydrogens, bonds or charge than the element can have.
    #[error("atom {atom} ({}) has a valence of {valence}, more than it can have", symbol(*element))]
    Valence {
        /// The atom, counted from 0 after folding hydrogens.
        atom: u32,
        /// Its atomic number.
        element: u8,
        /// Sum of its bond orders and hydrogens.
        valence: u32,
    },
    /// A lower-case atom outside any ring.
    #[error("atom {atom} is written as aromatic but is in no ring")]
    NotInRing {
        /// The atom, counted from 0 after folding hydrogens.
        atom: u32,
    },
    /// No assignment of double bonds satisfies all aromatic atoms.
    #[error("it has no Kekulé form: no double bond can be found for aromatic atom {atom} (is an [nH] missing?)")]
    Kekule {
        /// One atom that is left over, counted from 0 after folding hydrogens.
        atom: u32,
    },
    /// The graph is not a molecule.
    #[error("{0}")]
    Graph(#[from] GraphError),
}

/// A molecule in Kekulé form, and what a person should know about how it was read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The molecule.
    pub molecule: Molecule,
    /// One sentence each; empty for ordinary molecules.
    pub warnings: Vec<String>,
}

/// Numbers of bonds by order in the Kekulé form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct BondCounts {
    /// Single bonds.
    pub single: u32,
    /// Double bonds.
    pub double: u32,
    /// Triple bonds.
    pub triple: u32,
}

/// What can be said of a molecule without drawing it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Description {
    /// Atoms of the graph, after folding explicit hydrogens.
    pub atoms: u32,
    /// Bonds of the Kekulé form. Dative, unspecified and quadruple bonds are in none of the three.
    pub bonds: BondCounts,
    /// Bonds that are perceived as aromatic.
    pub aromatic_bonds: u32,
    /// Rings of the symmetrised smallest set of smallest rings: those that no shorter ones add up to.
    pub rings: u32,
    /// Molecular formula in Hill order, hydrogens included, charge left out.
    pub formula: String,
    /// Sum of formal charges.
    pub charge: i32,
    /// Connected components.
    pub components: u32,
}

/// The quick check used while a file is listed: the grammar only. Answers the number of atoms that
/// the graph will have.
///
/// # Errors
/// The text is empty, too long, too large, a reaction, or does not follow the grammar.
pub fn scan(text: &str) -> Result<u32, SmilesError> {
    let parsed = parse(text)?;
    let atoms = if parsed.smiles.nodes().iter().any(graph::is_hydrogen) {
        let mut graph = Graph::of(&parsed)?;
        graph.fold_hydrogens();
        graph.nodes.len()
    } else {
        parsed.smiles.nodes().len()
    };
    Ok(u32::try_from(atoms).unwrap_or(u32::MAX))
}

/// Reads a molecule to the end, Kekulé form and aromaticity included.
///
/// # Errors
/// Everything [`scan`] refuses, and also impossible valences, aromatic atoms outside rings, and
/// aromatic systems without a Kekulé form.
pub fn read(text: &str) -> Result<Reading, SmilesError> {
    let parsed = parse(text)?;
    let mut graph = complete(&parsed)?;
    electrons::perceive(&mut graph);
    stereo::perceive(&mut graph)?;
    let mut warnings = parsed.warnings;
    warnings.extend(graph.warnings());
    Ok(Reading { molecule: molecule(&graph)?, warnings })
}

/// Describes a molecule in numbers, as RDKit counts them.
///
/// # Errors
/// Those of [`read`].
pub fn describe(text: &str) -> Result<Description, SmilesError> {
    let graph = complete(&parse(text)?)?;
    let count = |kind: Kind| graph.edges.iter().filter(|edge| edge.kind == kind).count();
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Description {
        atoms: narrow(graph.nodes.len()),
        bonds: BondCounts {
            single: narrow(count(Kind::Single)),
            double: narrow(count(Kind::Double)),
            triple: narrow(count(Kind::Triple)),
        },
        aromatic_bonds: narrow(graph.edges.iter().filter(|edge| edge.aromatic).count()),
        rings: u32::try_from(rings::count(&graph)).unwrap_or(u32::MAX),
        formula: formula(&graph),
        charge: graph.nodes.iter().map(|node| i32::from(node.charge)).sum(),
        components: narrow(graph.component_count()),
    })
}

/// A text that follows the grammar.
struct Parsed<'a> {
    /// The text without what may follow it.
    structure: &'a str,
    smiles: WildcardSmiles,
    /// What the grammar of `smiles-rs` has no place for; empty for nearly every text.
    extras: rewrite::Extras,
    warnings: Vec<String>,
}

fn parse(text: &str) -> Result<Parsed<'_>, SmilesError> {
    let text = text.trim_ascii();
    let (structure, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    if structure.is_empty() {
        return Err(SmilesError::Empty);
    }
    if structure.len() > MAX_LENGTH {
        return Err(SmilesError::TooLong { length: structure.len() });
    }
    if is_reaction(structure) {
        return Err(SmilesError::Reaction);
    }
    let mut warnings = Vec::new();
    if rest.trim_ascii_start().starts_with('|') {
        warnings.push("the extension after the SMILES (between bars) is ignored".to_owned());
    }
    if structure.contains("+++") || structure.contains("---") {
        warnings.push("a charge written with more than two signs is not standard SMILES".to_owned());
    }
    if let Some(at) = misplaced(structure) {
        return Err(SmilesError::Syntax {
            what: "a bond, ring closure or charge in the wrong place".to_owned(),
            at: at + 1,
        });
    }
    let direct = if rewrite::has_conflicting_rings(structure) {
        None
    } else {
        match WildcardSmiles::from_str(structure) {
            Ok(smiles) => Some((smiles, rewrite::Extras::default())),
            Err(error) if !rewrite::may_help(structure) => return Err(syntax(&error)),
            Err(_) => None,
        }
    };
    let (smiles, extras) = match direct {
        Some(found) => found,
        None => {
            let rewritten = rewrite::rewrite(structure)?;
            (WildcardSmiles::from_str(&rewritten.text).map_err(|error| syntax(&error))?, rewritten.extras)
        }
    };
    if smiles.nodes().len() > MAX_ATOMS {
        return Err(SmilesError::TooManyAtoms { atoms: smiles.nodes().len() });
    }
    Ok(Parsed { structure, smiles, extras, warnings })
}

/// Where a text breaks rules that `smiles-rs` lets pass: a branch that ends with a bond or starts
/// with a ring closure, and a charge with its number before its sign.
fn misplaced(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_bond = |byte: u8| matches!(byte, b'-' | b'=' | b'#' | b'$' | b':' | b'/' | b'\\' | b'~');
    let is_ring = |byte: u8| byte.is_ascii_digit() || byte == b'%';
    let mut bracket = None;
    (0..bytes.len()).find(|&at| match (bytes[at], &bytes[at + 1..]) {
        (b'[', _) => {
            bracket = Some(at);
            false
        }
        (b']', _) => {
            bracket = None;
            false
        }
        (b'+' | b'-', _) => bracket.is_some_and(|start| {
            let digits = bytes[start + 1..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
            let before = &bytes[start + 1..at - digits];
            // A number is fine after the H of a hydrogen count, not after an element, hydrogen or other.
            let counts_hydrogens =
                before.len() > 1 && before.ends_with(b"H") && !before[before.len() - 2].is_ascii_digit();
            digits > 0 && !counts_hydrogens
        }),
        (b')', _) => at > 0 && is_bond(bytes[at - 1]),
        // The parenthesis of %(123) is no branch.
        (b'(', _) if at > 0 && bytes[at - 1] == b'%' => false,
        (b'(', [bond, ring, ..]) if is_bond(*bond) => is_ring(*ring),
        (b'(', [ring, ..]) => is_ring(*ring),
        _ => false,
    })
}

/// `>` separates the parts of a reaction, unless it is the head of a dative bond.
fn is_reaction(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'>', bytes).any(|at| at == 0 || bytes[at - 1] != b'-')
}

fn syntax(error: &smiles_rs::SmilesErrorWithSpan) -> SmilesError {
    let what = error.smiles_error().to_string();
    let mut letters = what.chars();
    let what = letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default();
    SmilesError::Syntax { what, at: error.start() + 1 }
}

/// All that RDKit does to a molecule before handing it out, as far as this program can see it.
fn complete(parsed: &Parsed<'_>) -> Result<Graph, SmilesError> {
    let mut graph = Graph::of(parsed)?;
    graph.fold_hydrogens();
    let rings = graph.cycle_rank();
    if rings > MAX_RINGS {
        return Err(SmilesError::TooManyRings { rings });
    }
    cleanup::separate_charges(&mut graph);
    cleanup::make_dative(&mut graph);
    valence::fill_hydrogens(&mut graph)?;
    kekule::kekulize(&mut graph)?;
    perceive::aromaticity(&mut graph)?;
    Ok(graph)
}

fn molecule(graph: &Graph) -> Result<Molecule, SmilesError> {
    let mut atoms = Vec::with_capacity(graph.nodes.len());
    for (index, node) in graph.nodes.iter().enumerate() {
        let hydrogens = node.total_hydrogens();
        atoms.push(Atom {
            element: node.element,
            charge: node.charge,
            hydrogens,
            bracket_hydrogens: if valence::needs_bracket(graph, index) { hydrogens } else { 0 },
            isotope: node.isotope,
            aromatic: node.aromatic,
            chirality: node.chirality,
            implicit_hydrogens: valence::unstated(graph, index),
            radicals: node.radicals,
            hybridisation: node.hybridisation,
            in_ring: graph.bonds_of(index).any(|bond| graph.edges[bond].in_ring),
        });
    }
    let bond = |edge: &Edge| Bond {
        order: order(edge),
        aromatic: edge.aromatic,
        stereo: edge.stereo,
        conjugated: edge.conjugated,
        in_ring: edge.in_ring,
        special: matches!(edge.kind, Kind::Dative | Kind::Unspecified),
    };
    let bonds = graph.edges.iter().map(|edge| (edge.a, edge.b, bond(edge))).collect();
    Ok(Molecule::new(atoms, bonds)?)
}

fn order(edge: &Edge) -> BondOrder {
    match edge.kind {
        Kind::Double => BondOrder::Double,
        Kind::Triple => BondOrder::Triple,
        Kind::Quadruple => BondOrder::Quadruple,
        Kind::Single | Kind::Aromatic | Kind::Dative | Kind::Unspecified => BondOrder::Single,
    }
}

/// Hill order: carbon, hydrogen, then the alphabet; without carbon hydrogen still comes first, as
/// RDKit writes it. Wildcards count as an element `*`.
fn formula(graph: &Graph) -> String {
    let mut counts: BTreeMap<(u8, &str), u32> = BTreeMap::new();
    let rank = |element: u8| match element {
        6 => 0,
        1 => 1,
        _ => 2,
    };
    for node in &graph.nodes {
        *counts.entry((rank(node.element), symbol(node.element))).or_default() += 1;
        if node.total_hydrogens() > 0 {
            *counts.entry((rank(1), symbol(1))).or_default() += u32::from(node.total_hydrogens());
        }
    }
    let mut text = String::new();
    for ((_, symbol), count) in counts {
        text.push_str(symbol);
        if count > 1 {
            text.push_str(&count.to_string());
        }
    }
    text
}

#[cfg(test)]
mod tests;
