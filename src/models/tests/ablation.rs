//! Edges that stay, with other activations: against a computation of their own, written out in plain loops.

use super::super::{Arch, Ebt, GraphInput, Initial, Model, ModelSpec};
use super::{every_mode, graph, small};
use crate::domain::{Ablation, Ablations, Detail, DirectedEdge, Intervention, LOGIT_LIMIT, LayerTrace, Matrix};
use crate::domain::{Scale, Trace};
use burn::tensor::Device;

fn model(spec: &ModelSpec) -> Model {
    Model::init(spec.clone(), Initial::Framework, 41, &Device::flex()).unwrap()
}

fn trace(model: &Model, input: &GraphInput, intervention: &Intervention) -> Trace {
    model.trace(input, intervention, Detail::Projections).unwrap()
}

fn ablating(ablated: impl IntoIterator<Item = (DirectedEdge, Ablation)>) -> Intervention {
    Intervention { ablated: ablated.into_iter().collect(), ..Intervention::default() }
}

/// Every seventh edge removed, zeroed, zeroed, averaged, averaged, kept, kept.
fn mixed(input: &GraphInput) -> Intervention {
    use Ablation::{LayerMean, Remove, Zero};
    let kinds = [Some(Remove), Some(Zero), Some(Zero), Some(LayerMean), Some(LayerMean), None, None];
    ablating(input.edges.iter().zip(kinds.iter().cycle()).filter_map(|(edge, kind)| Some((edge, (*kind)?))))
}

fn assert_close(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{what}: {found} {expected}");
    }
}

/// The activation that the model itself gives an edge; only where bonds are all there is.
fn computed(model: &Model, (place, layer): (usize, &LayerTrace), edge: DirectedEdge, row: usize) -> Vec<f64> {
    let spec = model.spec();
    let channels = spec.dim / spec.heads;
    let projections = layer.projections.as_ref().unwrap();
    let (k, q) = (projections.k.row(edge.source.index()), projections.q.row(edge.target.index()));
    let p = projections.p.row(row);
    let size = (channels as f64).sqrt();
    let mut scores: Vec<f64> =
        (0..spec.dim).map(|c| f64::from(k[c]) * f64::from(q[c]) * f64::from(p[c]) / size).collect();
    if spec.has_ebt() {
        let arrays = model.to_weights().arrays;
        let vector = |name: &str| arrays[&format!("layers.{place}.ebt.{name}")].values.clone();
        let (bias_k, bias_e) = (vector("k"), vector("e"));
        for head in 0..spec.heads {
            let features = head * channels..(head + 1) * channels;
            let r = features.clone().map(|c| f64::from(q[c]) * f64::from(bias_k[c])).sum::<f64>() / size;
            features.for_each(|c| scores[c] += r * f64::from(bias_e[c]));
        }
    }
    scores
}

/// What multiplies the attention weight of an edge.
fn factor(spec: &ModelSpec, input: &GraphInput, row: usize) -> f64 {
    let absent = input.absent.get(row).copied().unwrap_or(false);
    let by_gamma = |gamma: f64| if absent { gamma / (1.0 + gamma) } else { 1.0 / (1.0 + gamma) };
    match spec.connectivity {
        super::Connectivity::Sparse => 1.0,
        super::Connectivity::Kernel { .. } => f64::from(input.kernel[row]),
        super::Connectivity::Gamma { gamma } => by_gamma(f64::from(gamma)),
        super::Connectivity::LearnedGamma => by_gamma(0.1),
    }
}

/// Checks one layer of an answer: activations, attention weights, node attention.
fn check_layer(model: &Model, input: &GraphInput, ablated: &Ablations, (place, layer): (usize, &LayerTrace)) {
    let spec = model.spec();
    let name = format!("{:?} {:?} {:?}, layer {place}", spec.arch, spec.ebt, spec.connectivity);
    let (heads, channels, edges) = (spec.heads, spec.dim / spec.heads, &input.edges);
    let kept: Vec<usize> = (0..edges.len()).filter(|&row| !ablated.contains_key(&edges.get(row).unwrap())).collect();
    let mean: Vec<f64> = (0..spec.dim)
        .map(|c| kept.iter().map(|&row| f64::from(layer.edges.row(row)[c])).sum::<f64>() / kept.len() as f64)
        .collect();
    let mut weights = vec![0.0; edges.len() * heads];
    let mut sums = vec![0.0; input.nodes() * heads];
    for (row, edge) in edges.iter().enumerate() {
        let found = layer.edges.row(row);
        match ablated.get(&edge) {
            Some(Ablation::Zero) => assert!(found.iter().all(|value| value.to_bits() == 0), "{name}: {found:?}"),
            Some(Ablation::LayerMean) => assert_close(found, &mean, &name),
            Some(Ablation::Remove) => panic!("{name}: a removed edge is still there"),
            None if !spec.connectivity.is_full() => {
                assert_close(found, &computed(model, (place, layer), edge, row), &name);
            }
            None => {}
        }
        for head in 0..heads {
            let sum: f64 = found[head * channels..(head + 1) * channels].iter().map(|&value| f64::from(value)).sum();
            assert!(
                spec.ebt == Ebt::Code
                    || (f64::from(layer.logits.row(row)[head]) - sum).abs() < 1e-4 * (1.0 + sum.abs())
            );
            let logit = f64::from(layer.logits.row(row)[head].clamp(-LOGIT_LIMIT, LOGIT_LIMIT));
            weights[row * heads + head] = logit.exp() * factor(spec, input, row);
            sums[edge.target.index() * heads + head] += weights[row * heads + head];
        }
    }
    let v = &layer.projections.as_ref().unwrap().v;
    let mut nodes = vec![0.0; input.nodes() * spec.dim];
    for (row, edge) in edges.iter().enumerate() {
        let shares: Vec<f64> = (0..heads)
            .map(|head| weights[row * heads + head] / (sums[edge.target.index() * heads + head] + 1e-6))
            .collect();
        assert_close(layer.attention.row(row), &shares, &name);
        for (c, &value) in v.row(edge.source.index()).iter().enumerate() {
            nodes[edge.target.index() * spec.dim + c] += shares[c / channels] * f64::from(value);
        }
    }
    assert_close(&layer.nodes.values, &nodes, &name);
}

#[test]
fn every_architecture_in_every_mode_computes_with_the_replaced_activations() {
    for spec in every_mode() {
        let model = model(&spec);
        let whole = spec.complete(graph(9, 5), usize::MAX).unwrap();
        let intervention = mixed(&whole);
        let answer = trace(&model, &whole, &intervention);
        let left = whole.without(&intervention.removed());
        assert_eq!(answer.edges, left.edges);
        answer.layers.iter().enumerate().for_each(|layer| check_layer(&model, &left, &intervention.ablated, layer));
        let before = trace(&model, &whole, &Intervention::default());
        assert!((answer.prediction[0] - before.prediction[0]).abs() > 1e-6, "{spec:?}");
    }
}

#[test]
fn a_graph_in_a_batch_is_averaged_by_itself() {
    for spec in [small(Ebt::Paper), ModelSpec { arch: Arch::San, ..small(Ebt::Off) }] {
        let model = model(&spec);
        let graphs: Vec<GraphInput> = (3..30).map(|nodes| graph(nodes, u64::from(nodes))).collect();
        let edges = [(0, 1), (1, 0), (1, 2), (2, 1)].map(|(a, b)| DirectedEdge::new(a, b));
        let kinds = [Ablation::LayerMean, Ablation::Zero, Ablation::LayerMean, Ablation::Remove];
        let intervention = ablating(edges.into_iter().zip(kinds));
        let batched = model.trace_batch(&graphs, &intervention, Detail::Standard).unwrap();
        let swept = model.edge_activations(&graphs, &intervention).unwrap();
        for ((graph, batched), swept) in graphs.iter().zip(&batched).zip(&swept) {
            let alone = model.trace(graph, &intervention, Detail::Standard).unwrap();
            assert!((alone.prediction[0] - batched.prediction[0]).abs() < 1e-5);
            assert_eq!(alone.edges, batched.edges);
            for ((alone, batched), swept) in alone.layers.iter().zip(&batched.layers).zip(&swept.layers) {
                let expected: Vec<f64> = alone.edges.values.iter().map(|&value| f64::from(value)).collect();
                assert_close(&batched.edges.values, &expected, "batched");
                assert_eq!(&batched.edges, swept);
            }
        }
    }
}

#[test]
fn what_names_no_edge_changes_nothing() {
    let model = model(&small(Ebt::Paper));
    let input = graph(12, 5);
    let nowhere = [Ablation::Zero, Ablation::LayerMean].map(|how| (DirectedEdge::new(90, 91), how));
    let untouched = trace(&model, &input, &Intervention::default());
    for intervention in nowhere.map(|edge| ablating([edge])) {
        assert_eq!(trace(&model, &input, &intervention), untouched);
    }
}

#[test]
fn where_nothing_is_left_as_it_was_the_mean_is_that_of_all() {
    let spec = ModelSpec { layers: 1, ..small(Ebt::Off) };
    let (model, input) = (model(&spec), graph(10, 5));
    let before = &trace(&model, &input, &Intervention::default()).layers[0];
    let all = ablating(input.edges.iter().map(|edge| (edge, Ablation::LayerMean)));
    let after = &trace(&model, &input, &all).layers[0];
    let mean: Vec<f64> = (0..spec.dim)
        .map(|c| (0..before.edges.rows).map(|row| f64::from(before.edges.row(row)[c])).sum::<f64>())
        .map(|sum| sum / before.edges.rows as f64)
        .collect();
    (0..after.edges.rows).for_each(|row| assert_close(after.edges.row(row), &mean, "mean of all"));
}

#[test]
fn the_edge_stream_goes_on_from_the_replaced_activation() {
    let (model, input) = (model(&small(Ebt::Off)), graph(20, 5));
    let rows: Vec<usize> = (0..input.edges.len()).filter(|&row| input.edge.row(row) == input.edge.row(0)).collect();
    let (first, other) = (rows[0], rows[rows.len() - 1]);
    let both = [first, other].map(|row| (input.edges.get(row).unwrap(), Ablation::Zero));
    let p = |intervention: &Intervention| -> Matrix {
        let layers = trace(&model, &input, intervention).layers;
        layers[1].projections.as_ref().unwrap().p.clone()
    };
    // Bonds of one type start alike; with equal activations they stay so.
    let (before, after) = (p(&Intervention::default()), p(&ablating(both)));
    assert_ne!(before.row(first), before.row(other));
    assert_eq!(after.row(first), after.row(other));
}

#[test]
fn attention_from_the_bias_alone_does_not_listen_to_activations() {
    for arch in [Arch::Graphit, Arch::San] {
        let spec = ModelSpec { arch, ..small(Ebt::Code) };
        let (model, input) = (model(&spec), graph(12, 5));
        let edges: Vec<DirectedEdge> = input.edges.iter().step_by(3).collect();
        let with = |how| ablating(edges.iter().map(|&edge| (edge, how)));
        let before = trace(&model, &input, &Intervention::default());
        for how in [Ablation::Zero, Ablation::LayerMean] {
            let after = trace(&model, &input, &with(how));
            assert!((after.prediction[0] - before.prediction[0]).abs() < 1e-5, "nothing reads them");
            assert_ne!(after.layers[0].edges, before.layers[0].edges, "but they are recorded as replaced");
        }
        let removed = trace(&model, &input, &with(Ablation::Remove));
        assert!((removed.prediction[0] - before.prediction[0]).abs() > 1e-5);
        let off = |intervention| Intervention { explicit_bias: Scale::ZERO, ..intervention };
        let (before, after) = (off(Intervention::default()), off(with(Ablation::Zero)));
        let change = trace(&model, &input, &after).prediction[0] - trace(&model, &input, &before).prediction[0];
        assert!(change.abs() > 1e-6, "with the bias off the score decides again");
    }
}
