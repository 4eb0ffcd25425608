//! Tests of the layer as a whole, on small networks and random graphs.

mod model;
mod training;

use super::random::Generator;
use super::{Arch, GraphInput, ModelSpec, Readout};
use crate::domain::{Bond, EdgeList, Molecule};

/// Models and trainers are made on one thread and used on another.
#[test]
fn models_and_trainers_can_change_threads() {
    fn sendable<T: Send>() {}
    sendable::<super::Model>();
    sendable::<super::Trainer>();
}

/// A small network.
fn small(ebt: bool) -> ModelSpec {
    ModelSpec {
        arch: Arch::Gt,
        layers: 2,
        heads: 2,
        dim: 8,
        node_codes: 5,
        edge_codes: 4,
        outputs: 1,
        readout: Readout::Mean,
        use_bias: ebt,
        ebt,
    }
}

/// A random tree with a few rings, as a molecule gives it.
fn graph(nodes: u32, seed: u64) -> GraphInput {
    let mut generator = Generator::new(seed, "graph");
    let mut draw = |below: u32| generator.permutation(below)[0];
    let mut bonds: Vec<(u32, u32, Bond)> = (1..nodes).map(|node| (draw(node), node, Bond::default())).collect();
    for _ in 0..nodes / 5 {
        let (a, b) = (draw(nodes), draw(nodes));
        if a != b && !bonds.iter().any(|&(x, y, _)| (x, y) == (a, b) || (x, y) == (b, a)) {
            bonds.push((a, b, Bond::default()));
        }
    }
    let codes: Vec<u32> = bonds.iter().map(|_| 1 + draw(3)).collect();
    let node = (0..nodes).map(|_| draw(5)).collect();
    let atoms = (0..nodes).map(|_| crate::domain::Atom::default()).collect();
    let edges = EdgeList::of(&Molecule::new(atoms, bonds).unwrap());
    let edge = edges.bond.iter().map(|bond| codes[bond.unwrap().index()]).collect();
    GraphInput { node, edges, edge }
}
