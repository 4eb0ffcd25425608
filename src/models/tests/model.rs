use super::super::{GraphInput, Model, ModelError, ModelSpec};
use super::{graph, small};
use crate::domain::{Ablation, Array, EdgeList, Intervention, Matrix, Scale, Trace};
use burn::tensor::Device;
use proptest::prelude::*;

fn model(spec: ModelSpec) -> Model {
    Model::init(spec, 41, &Device::flex()).unwrap()
}

fn largest_difference(a: &Matrix, b: &Matrix) -> f32 {
    assert_eq!((a.rows, a.cols), (b.rows, b.cols));
    a.values.iter().zip(&b.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn removing(input: &GraphInput, rows: &[usize]) -> Intervention {
    let ablated = rows.iter().map(|&row| (input.edges.get(row).unwrap(), Ablation::Remove)).collect();
    Intervention { ablated, ..Intervention::default() }
}

#[test]
fn presets_have_the_published_number_of_parameters() {
    assert_eq!(model(ModelSpec::gt_zinc(false)).parameter_count(), 588_353);
    assert_eq!(model(ModelSpec::gt_zinc(true)).parameter_count(), 592_833);
}

#[test]
fn the_base_state_is_its_seed_and_follows_the_laws() {
    let weights = model(ModelSpec::gt_zinc(true)).to_weights();
    assert_eq!(weights, model(ModelSpec::gt_zinc(true)).to_weights());
    assert_ne!(weights, Model::init(ModelSpec::gt_zinc(true), 42, &Device::flex()).unwrap().to_weights());

    let deviation = |name: &str| {
        let values = &weights.arrays[name].values;
        (values.iter().map(|value| f64::from(value * value)).sum::<f64>() / values.len() as f64).sqrt()
    };
    // Uniform in ±b has deviation b / sqrt(3).
    assert!((deviation("layers.3.q.weight") - 1.0 / (64.0f64 * 3.0).sqrt()).abs() < 1e-3);
    assert!((deviation("layers.3.node.ffn.down.weight") - 1.0 / (128.0f64 * 3.0).sqrt()).abs() < 1e-3);
    assert!(
        weights.arrays["layers.3.node.ffn.down.bias"].values.iter().all(|value| value.abs() <= 1.0 / 128f32.sqrt())
    );
    assert!((deviation("embed_node.weight") - 1.0).abs() < 0.1);
    assert!((deviation("layers.0.ebt.k") - 1.0).abs() < 0.3);
    assert_eq!(weights.arrays["layers.0.ebt.k"].shape, [8, 8]);
    assert_eq!(weights.arrays["layers.0.node.ffn.up.weight"].shape, [128, 64]);
    assert_eq!(weights.arrays["layers.9.edge.bn2.running_var"].values, vec![1.0; 64]);

    // Tensors that networks share do not depend on those they do not share.
    let plain = model(ModelSpec::gt_zinc(false)).to_weights();
    assert!(plain.arrays.iter().all(|(name, array)| weights.arrays.get(name) == Some(array)));
}

#[test]
fn weights_survive_a_round_trip_and_misfits_are_named() {
    let weights = model(small(true)).to_weights();
    assert_eq!(Model::from_weights(&weights, &Device::flex()).unwrap().to_weights(), weights);

    let mut broken = weights.clone();
    broken.arrays.remove("layers.0.q.weight");
    broken.arrays.insert("layers.7.q.weight".to_owned(), Array { shape: vec![1], values: vec![0.0] });
    broken.arrays.insert("embed_edge.weight".to_owned(), Array { shape: vec![2, 2], values: vec![0.0; 4] });
    broken.arrays.get_mut("layers.1.node.bn1.running_var").unwrap().values[0] = f32::NAN;
    assert_eq!(
        Model::from_weights(&broken, &Device::flex()).unwrap_err().to_string(),
        "the weights do not fit the model: 1 tensor is missing (layers.0.q.weight); \
         1 tensor is not part of this network (layers.7.q.weight); \
         1 tensor is of the wrong shape (embed_edge.weight [2, 2] instead of [4, 8]); \
         1 tensor is holding values that are not finite or variances below zero (layers.1.node.bn1.running_var)"
    );

    let mut unnamed = weights.clone();
    unnamed.metadata.clear();
    assert_eq!(Model::from_weights(&unnamed, &Device::flex()).unwrap_err(), ModelError::NoSpec);
    let mut other = weights;
    other.metadata.insert("spec".to_owned(), serde_json::to_string(&ModelSpec { heads: 3, ..small(true) }).unwrap());
    assert!(matches!(Model::from_weights(&other, &Device::flex()), Err(ModelError::Spec(_))));
}

#[test]
fn a_graph_in_a_batch_is_the_graph_alone() {
    let model = model(ModelSpec::gt_zinc(true));
    let graphs: Vec<GraphInput> = (2..40).map(|nodes| graph(nodes, u64::from(nodes))).collect();
    let batched = model.trace_batch(&graphs, &Intervention::default()).unwrap();
    let activations = model.edge_activations(&graphs, &Intervention::default()).unwrap();
    let predictions = model.predict(&graphs.iter().collect::<Vec<_>>()).unwrap();
    for (((graph, batched), activations), prediction) in graphs.iter().zip(&batched).zip(&activations).zip(predictions)
    {
        let single = model.trace(graph, &Intervention::default()).unwrap();
        assert!((single.prediction[0] - batched.prediction[0]).abs() <= 1e-6);
        assert!((single.prediction[0] - prediction).abs() <= 1e-6);
        assert_eq!((&single.edges, single.heads), (&batched.edges, 8));
        assert_eq!(activations.prediction, batched.prediction);
        for ((single, batched), activations) in single.layers.iter().zip(&batched.layers).zip(&activations.layers) {
            let scale = 1.0 + single.edges.values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            assert!(largest_difference(&single.edges, &batched.edges) <= 1e-6 * scale);
            assert!(largest_difference(&single.nodes, &batched.nodes) <= 1e-6 * scale);
            assert!(largest_difference(&single.attention, &batched.attention) <= 1e-6);
            assert_eq!(activations, &batched.edges);
        }
    }
}

#[test]
fn attention_weights_of_a_node_sum_to_one() {
    let graph = graph(20, 3);
    let trace = model(ModelSpec::gt_zinc(false)).trace(&graph, &Intervention::default()).unwrap();
    let attention = &trace.layers[0].attention;
    for node in 0..20 {
        for head in 0..8 {
            let incoming = graph.edges.iter().enumerate().filter(|(_, edge)| edge.target.0 == node);
            let sum: f32 = incoming.map(|(row, _)| attention.row(row)[head]).sum();
            assert!((sum - 1.0).abs() < 1e-3, "node {node}, head {head}: {sum}");
        }
    }
}

#[test]
fn removed_edges_are_as_if_they_had_never_been() {
    let model = model(small(true));
    let whole = graph(12, 5);
    let intervention = removing(&whole, &[3, 7]);
    let trace = model.trace(&whole, &intervention).unwrap();
    let fresh = model.trace(&whole.without(&intervention.removed()), &Intervention::default()).unwrap();
    assert_eq!(trace, fresh);
    assert_eq!(trace.layers[0].edges.rows, whole.edges.len() - 2);
    assert_ne!(trace.prediction, model.trace(&whole, &Intervention::default()).unwrap().prediction);
}

#[test]
fn without_any_edge_nodes_hear_nothing() {
    let model = model(small(true));
    let whole = graph(6, 5);
    let all: Vec<usize> = (0..whole.edges.len()).collect();
    let trace = model.trace(&whole, &removing(&whole, &all)).unwrap();
    assert!(trace.prediction[0].is_finite());
    for layer in &trace.layers {
        assert_eq!(layer.nodes, Matrix::new(6, 8, vec![0.0; 48]).unwrap());
        assert_eq!((layer.edges.rows, layer.attention.rows), (0, 0));
    }
    // Such a graph may also stand beside others.
    let empty = whole.without(&removing(&whole, &all).removed());
    let both = model.trace_batch(&[empty, whole.clone()], &Intervention::default()).unwrap();
    assert!((both[0].prediction[0] - trace.prediction[0]).abs() < 1e-6);
    assert!((both[1].prediction[0] - model.predict(&[&whole]).unwrap()[0]).abs() < 1e-6);
}

#[test]
fn explicit_bias_at_zero_is_the_same_network_without_it() {
    let graph = graph(15, 9);
    let full = model(small(true));
    let mut weights = full.to_weights();
    weights.arrays.retain(|name, _| !name.contains(".ebt."));
    let spec = ModelSpec { ebt: false, ..small(true) };
    weights.metadata.insert("spec".to_owned(), serde_json::to_string(&spec).unwrap());
    let without = Model::from_weights(&weights, &Device::flex()).unwrap();
    let at = |scale: f32| Intervention { explicit_bias: Scale::new(scale), ..Intervention::default() };
    assert_eq!(full.trace(&graph, &at(0.0)).unwrap(), without.trace(&graph, &at(1.0)).unwrap());

    // In the first layer the recorded activation is linear in the scale.
    let layer = |scale: f32| full.trace(&graph, &at(scale)).unwrap().layers.swap_remove(0).edges;
    let (none, half, whole) = (layer(0.0), layer(0.5), layer(1.0));
    for ((none, half), whole) in none.values.iter().zip(&half.values).zip(&whole.values) {
        assert!((0.5 * (none + whole) - half).abs() < 1e-5);
    }
    assert!(largest_difference(&none, &whole) > 0.1);
}

#[test]
fn graphs_that_do_not_fit_are_refused_in_words() {
    let model = model(small(false));
    let base = graph(4, 1);
    let error = |input: GraphInput| model.trace(&input, &Intervention::default()).unwrap_err();
    let mut code = base.clone();
    code.node[2] = 5;
    assert_eq!(error(code).to_string(), "graph 0 has the node code 5, but the model knows only codes below 5");
    let mut ends = base.clone();
    ends.edges.target[0] = 4;
    assert_eq!(error(ends), ModelError::Edges { graph: 0 });
    let mut short = base;
    short.edge.pop();
    assert_eq!(error(short), ModelError::Edges { graph: 0 });
    assert_eq!(error(GraphInput::default()), ModelError::NoNode { graph: 0 });
    assert_eq!(model.trace_batch(&[], &Intervention::default()).unwrap_err(), ModelError::NoGraph);
}

/// The graph with node i renamed to `names[i]`.
fn renamed(input: &GraphInput, names: &[u32]) -> GraphInput {
    let rename = |node: u32| names[node as usize];
    let mut rows: Vec<(u32, u32, u32)> =
        input.edges.iter().zip(&input.edge).map(|(e, &code)| (rename(e.source.0), rename(e.target.0), code)).collect();
    rows.sort_unstable();
    let mut node = vec![0; names.len()];
    for (&code, &name) in input.node.iter().zip(names) {
        node[name as usize] = code;
    }
    GraphInput {
        node,
        edges: EdgeList {
            source: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            bond: vec![None; rows.len()],
        },
        edge: rows.iter().map(|row| row.2).collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn renaming_atoms_renames_the_trace(nodes in 2u32..20, seed: u64, ebt: bool) {
        let model = model(small(ebt));
        let input = graph(nodes, seed);
        let names = super::Generator::new(seed, "names").permutation(nodes);
        let original: Trace = model.trace(&input, &Intervention::default()).unwrap();
        let other = model.trace(&renamed(&input, &names), &Intervention::default()).unwrap();
        prop_assert!((original.prediction[0] - other.prediction[0]).abs() < 1e-4);
        for (a, b) in original.layers.iter().zip(&other.layers) {
            for (node, &name) in names.iter().enumerate() {
                for (a, b) in a.nodes.row(node).iter().zip(b.nodes.row(name as usize)) {
                    prop_assert!((a - b).abs() < 1e-4);
                }
            }
            for (row, edge) in original.edges.iter().enumerate() {
                let edge = crate::domain::DirectedEdge::new(names[edge.source.index()], names[edge.target.index()]);
                let place = other.edges.find(edge).unwrap();
                for (a, b) in a.edges.row(row).iter().zip(b.edges.row(place)) {
                    prop_assert!((a - b).abs() < 1e-3 * (1.0 + a.abs()));
                }
                for (a, b) in a.attention.row(row).iter().zip(b.attention.row(place)) {
                    prop_assert!((a - b).abs() < 1e-4);
                }
            }
        }
    }
}
