//! Spellings that RDKit rewrites before it looks at valences: hypervalent nitrogen, phosphorus and
//! halogen oxides become charge separated, and bonds that make a non-metal hypervalent towards a
//! metal become dative. Files are full of both.

use super::graph::{Graph, Kind};
use super::valence::{self, is_metal};

const CARBON: u8 = 6;
const NITROGEN: u8 = 7;
const OXYGEN: u8 = 8;
const PHOSPHORUS: u8 = 15;

/// Separates charges: `N(=O)=O` to `[N+](=O)[O-]`, `N=N#N` to `N=[N+]=[N-]`, `C=P(=O)C` to
/// `C=[P+]([O-])C`, `Cl(=O)(=O)(=O)O` to `[Cl+3]([O-])([O-])([O-])O`.
pub(super) fn separate_charges(graph: &mut Graph) {
    for node in 0..graph.nodes.len() {
        if graph.nodes[node].charge != 0 {
            continue;
        }
        match graph.nodes[node].element {
            NITROGEN if valence::written(graph, node) == 5 => nitrogen(graph, node),
            PHOSPHORUS if graph.degree(node) == 3 && valence::explicit(graph, node) == 5 => phosphorus(graph, node),
            17 | 35 | 53 if matches!(valence::explicit(graph, node), 3 | 5 | 7) => halogen(graph, node),
            _ => {}
        }
    }
}

/// The first neutral neighbour of `element` on a bond of `kind`.
fn neutral_neighbour(graph: &Graph, node: usize, kind: Kind, element: u8) -> Option<(usize, usize)> {
    graph.bonds_of(node).map(|bond| (bond, graph.edges[bond].other(node))).find(|&(bond, other)| {
        graph.edges[bond].kind == kind && graph.nodes[other].element == element && graph.nodes[other].charge == 0
    })
}

/// Lowers a bond by one pair and gives the electrons to `other`.
fn shift(graph: &mut Graph, node: usize, bond: usize, other: usize, kind: Kind) {
    graph.edges[bond].kind = kind;
    graph.nodes[node].charge += 1;
    graph.nodes[other].charge = -1;
}

fn nitrogen(graph: &mut Graph, node: usize) {
    let oxide = neutral_neighbour(graph, node, Kind::Double, OXYGEN);
    let azide = neutral_neighbour(graph, node, Kind::Triple, NITROGEN);
    match (oxide, azide) {
        (Some((bond, other)), None) => shift(graph, node, bond, other, Kind::Single),
        (None, Some((bond, other))) => shift(graph, node, bond, other, Kind::Double),
        (Some(oxide), Some(azide)) if oxide.0 < azide.0 => shift(graph, node, oxide.0, oxide.1, Kind::Single),
        (Some(_), Some((bond, other))) => shift(graph, node, bond, other, Kind::Double),
        (None, None) => {}
    }
}

fn phosphorus(graph: &mut Graph, node: usize) {
    let has_ylide = graph.bonds_of(node).any(|bond| {
        let other = graph.edges[bond].other(node);
        graph.edges[bond].kind == Kind::Double
            && matches!(graph.nodes[other].element, CARBON | NITROGEN)
            && graph.degree(other) >= 2
    });
    if let (true, Some((bond, other))) = (has_ylide, neutral_neighbour(graph, node, Kind::Double, OXYGEN)) {
        shift(graph, node, bond, other, Kind::Single);
    }
}

fn halogen(graph: &mut Graph, node: usize) {
    let bonds: Vec<usize> = graph.bonds_of(node).collect();
    if bonds.iter().any(|&bond| graph.nodes[graph.edges[bond].other(node)].element != OXYGEN) {
        return;
    }
    for bond in bonds {
        if graph.edges[bond].kind == Kind::Double {
            let other = graph.edges[bond].other(node);
            shift(graph, node, bond, other, Kind::Single);
        }
    }
}

/// Turns one single bond between a hypervalent non-metal and a metal into a dative bond.
pub(super) fn make_dative(graph: &mut Graph) {
    if !graph.nodes.iter().any(|node| is_metal(node.element)) {
        return;
    }
    for node in 0..graph.nodes.len() {
        if !is_hypervalent(graph, node) {
            continue;
        }
        let bond = graph.bonds_of(node).find(|&bond| {
            graph.edges[bond].kind == Kind::Single && is_metal(graph.nodes[graph.edges[bond].other(node)].element)
        });
        if let Some(bond) = bond {
            let metal = graph.edges[bond].other(node);
            let edge = &mut graph.edges[bond];
            // Both fit: they came from the edge's own u32 indices.
            if edge.a as usize == metal {
                std::mem::swap(&mut edge.a, &mut edge.b);
            }
            edge.kind = Kind::Dative;
        }
    }
}

/// Beyond its valence, which a dative bond can explain.
fn is_hypervalent(graph: &Graph, node: usize) -> bool {
    let atom = &graph.nodes[node];
    let effective = valence::effective(atom.element, atom.charge);
    if is_metal(atom.element) || effective == 0 {
        return false;
    }
    let valence = valence::explicit(graph, node);
    valence::largest(effective).is_some_and(|largest| largest > 0 && valence > largest)
}
