//! Tests of the layer as a whole, on small networks and random graphs.

mod ablation;
mod model;
mod training;

use super::random::Generator;
use super::{Arch, Codes, Connectivity, Ebt, Encoding, Features, GraphInput, ModelSpec, Readout};
use crate::domain::{Bond, EdgeList, Molecule};

/// Models and trainers are made on one thread and used on another.
#[test]
fn models_and_trainers_can_change_threads() {
    fn sendable<T: Send>() {}
    sendable::<super::Model>();
    sendable::<super::Trainer>();
}

/// A small GT.
fn small(ebt: Ebt) -> ModelSpec {
    let spec = ModelSpec::recipe(Arch::Gt, Features::Zinc, ebt);
    ModelSpec { layers: 2, heads: 2, dim: 8, ..spec }
}

/// Small networks of every architecture in every mode.
fn every_mode() -> Vec<ModelSpec> {
    let mut modes = Vec::new();
    for arch in Arch::ALL {
        let plain = ModelSpec { arch, ..small(Ebt::Off) };
        modes.extend([plain.clone(), ModelSpec { use_bias: true, readout: Readout::Sum, ..plain.clone() }]);
        modes.push(ModelSpec { arch, ..small(Ebt::Paper) });
        modes.push(ModelSpec { arch, ..small(Ebt::Code) });
        modes.push(ModelSpec { connectivity: Connectivity::full(arch), ..plain.clone() });
        modes.push(ModelSpec { connectivity: Connectivity::LearnedGamma, ..plain.clone() });
        let learned = Encoding::Learned { vectors: 3, dim: 4, layers: 2, heads: 2 };
        for encoding in [Encoding::LAPLACIAN, learned, Encoding::RANDOM_WALK, Encoding::DEGREE] {
            modes.push(ModelSpec { encoding, ..plain.clone() });
        }
    }
    modes.retain(|spec| spec.validate().is_ok());
    assert_eq!(modes.len(), 7 + 9 + 10);
    modes
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
    GraphInput { node: Codes::new(1, node), edges, edge: Codes::new(1, edge), ..GraphInput::default() }
}
