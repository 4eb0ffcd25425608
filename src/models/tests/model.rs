use super::super::{Arch, Codes, Ebt, Encoding, Features, GraphInput, Initial, Model, ModelError, ModelSpec};
use super::{every_mode, graph, small};
use crate::domain::{Ablation, Array, Detail, DirectedEdge, EdgeList, Intervention, Matrix, Scale, Trace};
use burn::tensor::Device;
use proptest::prelude::*;

fn model(spec: ModelSpec) -> Model {
    Model::init(spec, Initial::Framework, 41, &Device::flex()).unwrap()
}

fn zinc(arch: Arch, ebt: Ebt) -> ModelSpec {
    ModelSpec::recipe(arch, Features::Zinc, ebt)
}

fn trace(model: &Model, input: &GraphInput, intervention: &Intervention) -> Trace {
    model.trace(input, intervention, Detail::Standard).unwrap()
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
fn recipes_have_the_published_number_of_parameters() {
    let count = |arch, features, ebt| model(ModelSpec::recipe(arch, features, ebt)).parameter_count();
    assert_eq!(count(Arch::Gt, Features::Zinc, Ebt::Off), 588_353);
    assert_eq!(count(Arch::Gt, Features::Zinc, Ebt::Paper), 592_833);
    assert_eq!(count(Arch::Graphit, Features::Zinc, Ebt::Off), 378_433);
    assert_eq!(count(Arch::Graphit, Features::Zinc, Ebt::Code), 382_913);
    assert_eq!(count(Arch::San, Features::Zinc, Ebt::Off), 290_529);
    assert_eq!(count(Arch::San, Features::Zinc, Ebt::Code), 294_449);
    for arch in [Arch::Graphit, Arch::San] {
        assert_eq!(count(arch, Features::Ogb, Ebt::Off), 725_638);
        assert_eq!(count(arch, Features::Ogb, Ebt::Code), 731_798);
    }
    assert_eq!(count(Arch::Gt, Features::Canonical, Ebt::Off), 27_795_077);
    assert_eq!(count(Arch::Gt, Features::Canonical, Ebt::Paper), 27_826_157);
}

#[test]
fn the_base_state_is_its_seed_and_follows_the_laws() {
    let weights = model(zinc(Arch::Gt, Ebt::Paper)).to_weights();
    assert_eq!(weights, model(zinc(Arch::Gt, Ebt::Paper)).to_weights());
    assert_ne!(
        weights,
        Model::init(zinc(Arch::Gt, Ebt::Paper), Initial::Framework, 42, &Device::flex()).unwrap().to_weights()
    );

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
    let plain = model(zinc(Arch::Gt, Ebt::Off)).to_weights();
    assert!(plain.arrays.iter().all(|(name, array)| weights.arrays.get(name) == Some(array)));
}

#[test]
fn weights_survive_a_round_trip_and_misfits_are_named() {
    let weights = model(small(Ebt::Paper)).to_weights();
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
    other
        .metadata
        .insert("spec".to_owned(), serde_json::to_string(&ModelSpec { heads: 3, ..small(Ebt::Paper) }).unwrap());
    assert!(matches!(Model::from_weights(&other, &Device::flex()), Err(ModelError::Spec(_))));
}

#[test]
fn a_graph_in_a_batch_is_the_graph_alone() {
    let model = model(zinc(Arch::Gt, Ebt::Paper));
    let graphs: Vec<GraphInput> = (2..40).map(|nodes| graph(nodes, u64::from(nodes))).collect();
    let batched = model.trace_batch(&graphs, &Intervention::default(), Detail::Standard).unwrap();
    let activations = model.edge_activations(&graphs, &Intervention::default()).unwrap();
    let predictions = model.predict(&graphs.iter().collect::<Vec<_>>()).unwrap();
    for (((graph, batched), activations), prediction) in graphs.iter().zip(&batched).zip(&activations).zip(predictions)
    {
        let single = trace(&model, graph, &Intervention::default());
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
    let trace = trace(&model(zinc(Arch::Gt, Ebt::Off)), &graph, &Intervention::default());
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
    let model = model(small(Ebt::Paper));
    let whole = graph(12, 5);
    let intervention = removing(&whole, &[3, 7]);
    let cut = trace(&model, &whole, &intervention);
    let fresh = trace(&model, &whole.without(&intervention.removed()), &Intervention::default());
    assert_eq!(cut, fresh);
    assert_eq!(cut.layers[0].edges.rows, whole.edges.len() - 2);
    assert_ne!(cut.prediction, trace(&model, &whole, &Intervention::default()).prediction);
}

#[test]
fn without_any_edge_nodes_hear_nothing() {
    let model = model(small(Ebt::Paper));
    let whole = graph(6, 5);
    let all: Vec<usize> = (0..whole.edges.len()).collect();
    let silent = trace(&model, &whole, &removing(&whole, &all));
    assert!(silent.prediction[0].is_finite());
    for layer in &silent.layers {
        assert_eq!(layer.nodes, Matrix::new(6, 8, vec![0.0; 48]).unwrap());
        assert_eq!((layer.edges.rows, layer.attention.rows), (0, 0));
    }
}

#[test]
fn a_graph_without_edges_may_stand_beside_others() {
    for spec in every_mode() {
        let model = model(spec.clone());
        let whole = spec.complete(graph(6, 5), usize::MAX).unwrap();
        let empty = whole.without(&whole.edges.iter().collect());
        let both = model.trace_batch(&[empty.clone(), whole.clone()], &Intervention::default(), Detail::Standard);
        for (input, beside) in [empty, whole].iter().zip(both.unwrap()) {
            let alone = trace(&model, input, &Intervention::default());
            assert!((beside.prediction[0] - alone.prediction[0]).abs() < 1e-6, "{spec:?}");
        }
    }
}

#[test]
fn explicit_bias_at_zero_is_the_same_network_without_it() {
    let graph = graph(15, 9);
    let full = model(small(Ebt::Paper));
    let mut weights = full.to_weights();
    weights.arrays.retain(|name, _| !name.contains(".ebt."));
    let spec = ModelSpec { ebt: Ebt::Off, ..small(Ebt::Paper) };
    weights.metadata.insert("spec".to_owned(), serde_json::to_string(&spec).unwrap());
    let without = Model::from_weights(&weights, &Device::flex()).unwrap();
    let at = |scale: f32| Intervention { explicit_bias: Scale::new(scale), ..Intervention::default() };
    assert_eq!(trace(&full, &graph, &at(0.0)), trace(&without, &graph, &at(1.0)));

    // In the first layer the recorded activation is linear in the scale.
    let layer = |scale: f32| trace(&full, &graph, &at(scale)).layers.swap_remove(0).edges;
    let (none, half, whole) = (layer(0.0), layer(0.5), layer(1.0));
    for ((none, half), whole) in none.values.iter().zip(&half.values).zip(&whole.values) {
        assert!((0.5 * (none + whole) - half).abs() < 1e-5);
    }
    assert!(largest_difference(&none, &whole) > 0.1);
}

#[test]
fn graphs_that_do_not_fit_are_refused_in_words() {
    let model = model(small(Ebt::Off));
    let base = graph(4, 1);
    let error = |input: GraphInput| model.trace(&input, &Intervention::default(), Detail::Standard).unwrap_err();
    let mut code = base.clone();
    code.node.values[2] = 28;
    assert_eq!(error(code).to_string(), "graph 0 has the node code 28, but the model knows only codes below 28");
    let mut ends = base.clone();
    ends.edges.target[0] = 4;
    assert_eq!(error(ends), ModelError::Edges { graph: 0 });
    let mut short = base;
    short.edge.values.pop();
    assert_eq!(error(short), ModelError::Edges { graph: 0 });
    assert_eq!(error(GraphInput::default()), ModelError::NoNode { graph: 0 });
    assert_eq!(model.trace_batch(&[], &Intervention::default(), Detail::Standard).unwrap_err(), ModelError::NoGraph);
}

#[test]
fn initial_states_differ_only_in_linear_maps() {
    let spec = ModelSpec::recipe(Arch::San, Features::Ogb, Ebt::Paper);
    let framework = model(spec.clone()).to_weights();
    let xavier = Model::init(spec, Initial::Xavier, 41, &Device::flex()).unwrap().to_weights();
    assert_eq!(framework.arrays["embed_node.tables.1"], xavier.arrays["embed_node.tables.1"]);
    assert_eq!(framework.arrays["layers.2.ebt.k"], xavier.arrays["layers.2.ebt.k"]);
    assert!(xavier.arrays["layers.1.q.bias"].values.iter().all(|&value| value == 0.0));
    let largest = |values: &[f32]| values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let bound = |inputs: f32, outputs: f32| (6.0 / (inputs + outputs)).sqrt();
    for (name, bound) in [
        ("layers.1.q.weight", bound(88.0, 88.0)),
        ("layers.1.node.ffn.up.weight", bound(88.0, 176.0)),
        ("readout.fc.1.weight", bound(44.0, 22.0)),
        ("embed_node.tables.0", bound(119.0, 88.0)),
    ] {
        let largest = largest(&xavier.arrays[name].values);
        assert!(largest <= bound && largest > 0.95 * bound, "{name}: {largest} for {bound}");
    }
}

#[test]
fn graphit_and_san_are_one_function_in_sparse_mode() {
    let input = graph(14, 3);
    for ebt in [Ebt::Off, Ebt::Paper, Ebt::Code] {
        let [graphit, san] = [Arch::Graphit, Arch::San].map(|arch| model(ModelSpec { arch, ..small(ebt) }));
        let whole = Intervention::default();
        assert_eq!(trace(&graphit, &input, &whole), trace(&san, &input, &whole));
    }
}

#[test]
fn explicit_bias_as_coded_is_deaf_to_bonds() {
    let input = graph(12, 6);
    let mut relabelled = input.clone();
    relabelled.edge.values.iter_mut().for_each(|code| *code = 1 + *code % 3);
    let answer = |ebt, input: &GraphInput| {
        trace(&model(ModelSpec { arch: Arch::San, ..small(ebt) }), input, &Intervention::default())
    };
    assert_eq!(answer(Ebt::Code, &input).prediction, answer(Ebt::Code, &relabelled).prediction);
    assert_ne!(answer(Ebt::Paper, &input).prediction, answer(Ebt::Paper, &relabelled).prediction);
    // All neighbours count alike, though the recorded activation still tells bonds apart.
    let coded = answer(Ebt::Code, &input);
    let layer = &coded.layers[0];
    for target in 0..12 {
        let rows: Vec<usize> = (0..coded.edges.len()).filter(|&row| coded.edges.target[row] == target).collect();
        let share = 1.0 / rows.len() as f32;
        assert!(rows.iter().all(|&row| (layer.attention.row(row)[0] - share).abs() < 1e-5));
    }
    assert_ne!(layer.edges, answer(Ebt::Code, &relabelled).layers[0].edges);
}

#[test]
fn sans_gamma_weighs_absent_bonds() {
    let sparse = ModelSpec { arch: Arch::San, ..small(Ebt::Off) };
    let with = |gamma| {
        let spec = ModelSpec { connectivity: super::Connectivity::Gamma { gamma }, ..sparse.clone() };
        let input = spec.complete(graph(9, 2), usize::MAX).unwrap();
        trace(&model(spec), &input, &Intervention::default())
    };
    // Without any weight on absent bonds the full graph is the sparse one.
    let (none, input) = (with(0.0), graph(9, 2));
    let alone = trace(&model(sparse.clone()), &input, &Intervention::default());
    assert!((none.prediction[0] - alone.prediction[0]).abs() < 1e-5);
    // A learned gamma starts at 0.1.
    let spec = ModelSpec { connectivity: super::Connectivity::LearnedGamma, ..sparse };
    let input = spec.complete(input, usize::MAX).unwrap();
    let learned = trace(&model(spec), &input, &Intervention::default());
    assert!((learned.prediction[0] - with(0.1).prediction[0]).abs() < 1e-6);
    assert!((learned.prediction[0] - none.prediction[0]).abs() > 1e-4);
    assert_eq!(learned.edges.len(), 72);
}

#[test]
fn projections_are_kept_on_request_and_make_the_score() {
    for spec in every_mode() {
        let input = spec.complete(graph(7, 4), usize::MAX).unwrap();
        let model = model(spec.clone());
        let usual = trace(&model, &input, &Intervention::default());
        let whole = model.trace(&input, &Intervention::default(), Detail::Projections).unwrap();
        assert!((usual.prediction[0] - whole.prediction[0]).abs() < 1e-6);
        let (layer, kept) = (&whole.layers[1], whole.layers[1].projections.as_ref().unwrap());
        assert!(usual.layers[1].projections.is_none());
        assert_eq!((kept.q.rows, kept.v.rows, kept.p.rows), (7, 7, whole.edges.len()));
        if spec.ebt != Ebt::Off || spec.connectivity.is_full() {
            continue; // Other terms and other projections are in the score as well.
        }
        for (row, edge) in whole.edges.iter().enumerate() {
            let (k, q) = (kept.k.row(edge.source.index()), kept.q.row(edge.target.index()));
            for (channel, score) in layer.edges.row(row).iter().enumerate() {
                let made = k[channel] * q[channel] / 2.0 * kept.p.row(row)[channel];
                assert!((made - score).abs() < 1e-5, "{spec:?}");
            }
        }
    }
}

#[test]
fn attention_makes_node_attention_of_values() {
    for spec in every_mode() {
        let input = spec.complete(graph(8, 11), usize::MAX).unwrap();
        let whole = model(spec.clone()).trace(&input, &Intervention::default(), Detail::Projections).unwrap();
        for layer in &whole.layers {
            let values = &layer.projections.as_ref().unwrap().v;
            let mut sums = Matrix::new(8, 8, vec![0.0; 64]).unwrap();
            for (row, edge) in whole.edges.iter().enumerate() {
                let sum = &mut sums.values[edge.target.index() * 8..][..8];
                for (channel, (sum, value)) in sum.iter_mut().zip(values.row(edge.source.index())).enumerate() {
                    *sum += layer.attention.row(row)[channel / 4] * value;
                }
            }
            assert!(largest_difference(&sums, &layer.nodes) < 1e-5, "{spec:?}");
        }
    }
}

#[test]
fn nodes_can_be_what_is_predicted() {
    let spec = ModelSpec { task: super::super::Task::NodeLabels, outputs: 3, ..small(Ebt::Off) };
    let model = model(spec);
    let inputs = [graph(5, 1), graph(7, 2)];
    let traces = model.trace_batch(&inputs, &Intervention::default(), Detail::Standard).unwrap();
    assert_eq!((traces[0].prediction.len(), traces[1].prediction.len()), (15, 21));
    let all = model.predict(&inputs.iter().collect::<Vec<_>>()).unwrap();
    let joined: Vec<f32> = traces.into_iter().flat_map(|trace| trace.prediction).collect();
    assert!(all.iter().zip(&joined).all(|(a, b)| (a - b).abs() < 1e-6) && all.len() == 36);
}

#[test]
fn a_graph_prepared_for_another_model_is_refused() {
    let full = ModelSpec { connectivity: super::Connectivity::full(Arch::San), arch: Arch::San, ..small(Ebt::Off) };
    let walk = ModelSpec { encoding: Encoding::RANDOM_WALK, ..small(Ebt::Off) };
    let error = |spec: ModelSpec, input: &GraphInput| {
        model(spec).trace(input, &Intervention::default(), Detail::Standard).unwrap_err()
    };
    assert_eq!(error(full, &graph(4, 1)), ModelError::Incomplete { graph: 0 });
    assert_eq!(error(walk, &graph(4, 1)), ModelError::Incomplete { graph: 0 });
    let ogb = ModelSpec { features: Features::Ogb, ..small(Ebt::Off) };
    let message = error(ogb, &graph(4, 1)).to_string();
    assert_eq!(
        message,
        "graph 0 does not carry the features that the model reads: OGB fields (9 per atom, 3 per bond)"
    );
}

/// The graph with node i renamed to `names[i]`.
fn renamed(input: &GraphInput, names: &[u32]) -> GraphInput {
    let rename = |node: u32| names[node as usize];
    let edges = input.edges.iter().zip(&input.edge.values);
    let mut rows: Vec<(u32, u32, u32)> =
        edges.map(|(edge, &code)| (rename(edge.source.0), rename(edge.target.0), code)).collect();
    rows.sort_unstable();
    let mut node = vec![0; names.len()];
    for (&code, &name) in input.node.values.iter().zip(names) {
        node[name as usize] = code;
    }
    GraphInput {
        node: Codes::new(1, node),
        edges: EdgeList {
            source: rows.iter().map(|row| row.0).collect(),
            target: rows.iter().map(|row| row.1).collect(),
            bond: vec![None; rows.len()],
        },
        edge: Codes::new(1, rows.iter().map(|row| row.2).collect()),
        ..GraphInput::default()
    }
}

#[test]
fn eigenvectors_that_a_small_graph_lacks_do_not_count() {
    let answer = |vectors| {
        let encoding = Encoding::Learned { vectors, dim: 4, layers: 2, heads: 2 };
        let spec = ModelSpec { encoding, ..small(Ebt::Off) };
        let inputs = [4, 11].map(|nodes| spec.complete(graph(nodes, 8), usize::MAX).unwrap());
        model(spec).predict(&inputs.iter().collect::<Vec<_>>()).unwrap()
    };
    // Shapes do not depend on the number of vectors, so the two networks have the same weights.
    let (few, many) = (answer(4), answer(9));
    assert!((few[0] - many[0]).abs() < 1e-6, "four nodes have four eigenvectors: {few:?} {many:?}");
    assert!((few[1] - many[1]).abs() > 1e-4, "eleven nodes have more than four: {few:?} {many:?}");
}

/// Eigenvectors of equal eigenvalues are any basis of their space, so a renamed graph may get others.
fn eigenvectors_are_settled(spec: &ModelSpec) -> bool {
    !matches!(spec.encoding, Encoding::Laplacian { .. } | Encoding::Learned { .. })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn renaming_atoms_renames_the_trace(nodes in 2u32..16, seed: u64) {
        let input = graph(nodes, seed);
        let names = super::Generator::new(seed, "names").permutation(nodes);
        for spec in every_mode().into_iter().filter(eigenvectors_are_settled) {
            let model = model(spec.clone());
            let prepared = |input: GraphInput| spec.complete(input, usize::MAX).unwrap();
            let original = trace(&model, &prepared(input.clone()), &Intervention::default());
            let other = trace(&model, &prepared(renamed(&input, &names)), &Intervention::default());
            prop_assert!((original.prediction[0] - other.prediction[0]).abs() < 1e-4);
            for (a, b) in original.layers.iter().zip(&other.layers) {
                for (node, &name) in names.iter().enumerate() {
                    for (a, b) in a.nodes.row(node).iter().zip(b.nodes.row(name as usize)) {
                        prop_assert!((a - b).abs() < 1e-4);
                    }
                }
                for (row, edge) in original.edges.iter().enumerate() {
                    let edge = DirectedEdge::new(names[edge.source.index()], names[edge.target.index()]);
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

    #[test]
    fn a_batch_equals_its_graphs_one_by_one(sizes in prop::collection::vec(2u32..14, 2..6), seed: u64) {
        for spec in every_mode() {
            let model = model(spec.clone());
            let prepare = |&nodes: &u32| spec.complete(graph(nodes, seed ^ u64::from(nodes)), usize::MAX).unwrap();
            let graphs: Vec<GraphInput> = sizes.iter().map(prepare).collect();
            let batched = model.trace_batch(&graphs, &Intervention::default(), Detail::Standard).unwrap();
            for (graph, batched) in graphs.iter().zip(&batched) {
                let single = trace(&model, graph, &Intervention::default());
                prop_assert!((single.prediction[0] - batched.prediction[0]).abs() < 1e-5);
                for (single, batched) in single.layers.iter().zip(&batched.layers) {
                    prop_assert!(largest_difference(&single.edges, &batched.edges) < 1e-4);
                    prop_assert!(largest_difference(&single.nodes, &batched.nodes) < 1e-5);
                    prop_assert!(largest_difference(&single.attention, &batched.attention) < 1e-5);
                    prop_assert!(largest_difference(&single.logits, &batched.logits) < 1e-4);
                }
            }
        }
    }
}
