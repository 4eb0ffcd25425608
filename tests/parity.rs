//! The models against numbers from an independent implementation.
//!
//! Reads the folder in `BONDSCOPE_PARITY_DIR`, else the fixtures beside this file, and runs every
//! case in it with the tolerances of the fixtures' README. Nothing is skipped on the CPU.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use bondscope::domain::{Ablation, Array, Detail, EdgeList, Intervention, Matrix, Weights};
use bondscope::gpu::{Compute, Gpu};
use bondscope::models::{
    Arch, Attack, Codes, Connectivity, Ebt, Encoding, Features, GraphInput, Learner, Model, ModelSpec, Readout, Sample,
    Task,
};
use burn::tensor::Device;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    std::env::var_os("BONDSCOPE_PARITY_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parity"), PathBuf::from)
}

/// One case: its tensors and its JSON.
struct Case {
    name: String,
    json: Value,
    floats: BTreeMap<String, Array>,
    ints: BTreeMap<String, Vec<u32>>,
}

impl Case {
    fn read(name: &str) -> Self {
        let bytes = std::fs::read(folder().join(format!("{name}.safetensors"))).unwrap();
        // The embedding case has no numbers but its tensors.
        let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap_or("{}".to_owned());
        let mut case = Self {
            name: name.to_owned(),
            json: serde_json::from_str(&text).unwrap(),
            floats: [].into(),
            ints: [].into(),
        };
        for (key, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
            match view.dtype() {
                Dtype::F32 => {
                    let (words, _) = view.data().as_chunks::<4>();
                    let values = words.iter().map(|&word| f32::from_le_bytes(word)).collect();
                    case.floats.insert(key.to_owned(), Array { shape: view.shape().to_vec(), values });
                }
                Dtype::I64 => {
                    let (words, _) = view.data().as_chunks::<8>();
                    let values = words.iter().map(|&word| u32::try_from(i64::from_le_bytes(word)).unwrap()).collect();
                    case.ints.insert(key.to_owned(), values);
                }
                other => panic!("{name}: {key} has type {other:?}"),
            }
        }
        case
    }

    fn float(&self, key: &str) -> &Array {
        self.floats.get(key).unwrap_or_else(|| panic!("{} lacks {key}", self.name))
    }

    /// All float tensors whose names start with `prefix`, without it.
    fn under<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a Array)> {
        self.floats.iter().filter_map(move |(key, array)| Some((key.strip_prefix(prefix)?, array)))
    }

    fn spec(&self) -> ModelSpec {
        let config = &self.json["config"];
        let number = |key: &str| usize::try_from(config[key].as_u64().unwrap()).unwrap();
        let arch = Arch::ALL.into_iter().find(|arch| config["model"] == arch.name()).unwrap();
        let ebt = match (config["ebt"] == true, arch, config["ebt_weights"] == "paper") {
            (false, ..) => Ebt::Off,
            (true, Arch::Gt, _) | (true, _, true) => Ebt::Paper,
            (true, ..) => Ebt::Code,
        };
        let connectivity = match (config["full_graph"] == true, arch) {
            (false, _) => Connectivity::Sparse,
            (true, Arch::Graphit) => Connectivity::Kernel {
                gamma: config["kernel_gamma"].as_f64().unwrap(),
                steps: u32::try_from(number("kernel_steps")).unwrap(),
            },
            (true, _) => Connectivity::Gamma { gamma: config["gamma"].as_f64().unwrap() as f32 },
        };
        ModelSpec {
            arch,
            layers: number("layers"),
            heads: number("heads"),
            dim: number("dim"),
            features: if config["node_tables"].is_array() { Features::Ogb } else { Features::Zinc },
            outputs: self.float("w.readout.fc.2.bias").shape[0],
            task: if config["node_tables"].is_array() { Task::GraphLabels } else { Task::GraphRegression },
            readout: if config["readout"] == "mean" { Readout::Mean } else { Readout::Sum },
            use_bias: config["use_bias"] == true,
            ebt,
            connectivity,
            encoding: Encoding::Off,
        }
    }

    fn weights(&self) -> Weights {
        Weights {
            arrays: self.under("w.").map(|(name, array)| (name.to_owned(), array.clone())).collect(),
            metadata: [("spec".to_owned(), serde_json::to_string(&self.spec()).unwrap())].into(),
        }
    }

    /// The batch, cut into its graphs, as the case's model reads them. Of full graphs only the bonds are
    /// taken: absent ones and the kernel are for us to compute.
    fn graphs(&self) -> Vec<GraphInput> {
        let spec = self.spec();
        let complete = |graph| spec.complete(graph, usize::MAX).unwrap();
        self.bonds(&self.ints["in.graph_id"]).into_iter().map(complete).collect()
    }

    fn bonds(&self, graph_id: &[u32]) -> Vec<GraphInput> {
        let (node, edge, ends) = (&self.ints["in.node"], &self.ints["in.edge"], &self.ints["in.edge_index"]);
        let (source, target) = ends.split_at(ends.len() / 2);
        let fields = [node.len() / graph_id.len(), edge.len() / source.len()];
        let real = self.ints.get("in.real");
        let codes = |values: &[u32], fields: usize, rows: &[usize]| {
            Codes::new(fields, rows.iter().flat_map(|&row| &values[row * fields..][..fields]).copied().collect())
        };
        let cut = |graph: u32| {
            let nodes: Vec<usize> = (0..graph_id.len()).filter(|&row| graph_id[row] == graph).collect();
            let within = |row: &usize| graph_id[source[*row] as usize] == graph;
            let bond = |row: &usize| real.is_none_or(|real| real[*row] == 1);
            let rows: Vec<usize> = (0..source.len()).filter(within).filter(bond).collect();
            let offset = u32::try_from(nodes[0]).unwrap();
            GraphInput {
                node: codes(node, fields[0], &nodes),
                edges: EdgeList {
                    source: rows.iter().map(|&row| source[row] - offset).collect(),
                    target: rows.iter().map(|&row| target[row] - offset).collect(),
                    bond: vec![None; rows.len()],
                },
                edge: codes(edge, fields[1], &rows),
                ..GraphInput::default()
            }
        };
        (0..=*graph_id.last().unwrap()).map(cut).collect()
    }

    fn samples(&self) -> Vec<Sample> {
        let targets = self.float("in.y").values.iter();
        self.graphs().into_iter().zip(targets).map(|(graph, &target)| Sample { graph, targets: vec![target] }).collect()
    }

    fn compare(&self, what: &str, actual: &[f32], expected: &[f32], tolerance: f32) {
        assert_eq!(actual.len(), expected.len(), "{}: length of {what}", self.name);
        let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let worst = actual.iter().zip(expected).map(|(a, e)| (a - e).abs()).fold(0.0f32, nan_max);
        let allowed = tolerance + tolerance * largest;
        assert!(worst <= allowed, "{}: {what} is off by {worst:e}, allowed {allowed:e}", self.name);
    }
}

/// The larger of two numbers, NaN if either is.
fn nan_max(a: f32, b: f32) -> f32 {
    if a.is_nan() || b.is_nan() { f32::NAN } else { a.max(b) }
}

fn joined<'a>(parts: impl Iterator<Item = &'a Matrix>) -> Vec<f32> {
    parts.flat_map(|matrix| matrix.values.iter().copied()).collect()
}

/// max |a| / lower median |a| of each row.
fn edge_ratios(activation: &Matrix) -> Vec<f32> {
    let ratio = |row: &[f32]| {
        let mut row: Vec<f32> = row.iter().map(|value| value.abs()).collect();
        row.sort_by(f32::total_cmp);
        row[row.len() - 1] / row[(row.len() - 1) / 2]
    };
    activation.values.chunks(activation.cols).map(ratio).collect()
}

fn check_evaluation(case: &Case, device: &Device, tolerance: f32) {
    let model = Model::from_weights(&case.weights(), device).unwrap();
    let graphs = case.graphs();
    if let Some(kernel) = case.floats.get("in.kernel") {
        let ours: Vec<f32> = graphs.iter().flat_map(|graph| graph.kernel.iter().copied()).collect();
        case.compare("kernel", &ours, &kernel.values, 1e-6);
    }
    let traces = model.trace_batch(&graphs, &Intervention::default(), Detail::Standard).unwrap();
    let prediction: Vec<f32> = traces.iter().flat_map(|trace| trace.prediction.iter().copied()).collect();
    case.compare("prediction", &prediction, &case.float("out.prediction").values, tolerance);
    for layer in 0..model.spec().layers {
        let edges = joined(traces.iter().map(|trace| &trace.layers[layer].edges));
        let key = format!("out.layers.{layer}.edge_activation");
        case.compare(&key, &edges, &case.float(&key).values, tolerance);
        let nodes = joined(traces.iter().map(|trace| &trace.layers[layer].nodes));
        let key = format!("out.layers.{layer}.node_attention");
        case.compare(&key, &nodes, &case.float(&key).values, tolerance);

        let ratios: Vec<f32> = traces.iter().flat_map(|trace| edge_ratios(&trace.layers[layer].edges)).collect();
        let expected = case.json["layers"][layer]["edge_ratio"].as_array().unwrap();
        assert_eq!(ratios.len(), expected.len());
        for (edge, (ratio, expected)) in ratios.iter().zip(expected).enumerate() {
            let expected = expected.as_f64().unwrap();
            let deviation = (f64::from(*ratio) / expected - 1.0).abs();
            let allowed = 10.0 * f64::from(tolerance);
            assert!(deviation <= allowed, "{}: ratio of edge {edge}, layer {layer}: {ratio} for {expected}", case.name);
        }
    }
}

/// A graph's trace does not depend on what else is in the batch.
fn check_batch_equals_single(case: &Case) {
    let model = Model::from_weights(&case.weights(), &Device::flex()).unwrap();
    let graphs = case.graphs();
    let traces = model.trace_batch(&graphs, &Intervention::default(), Detail::Standard).unwrap();
    for (graph, batched) in graphs.iter().zip(&traces) {
        let single = model.trace(graph, &Intervention::default(), Detail::Standard).unwrap();
        case.compare("prediction of a single graph", &batched.prediction, &single.prediction, 1e-6);
        for (batched, single) in batched.layers.iter().zip(&single.layers) {
            case.compare("nodes of a single graph", &batched.nodes.values, &single.nodes.values, 1e-6);
            case.compare("edges of a single graph", &batched.edges.values, &single.edges.values, 1e-6);
            case.compare("attention of a single graph", &batched.attention.values, &single.attention.values, 1e-6);
        }
    }
}

/// Edits reach a device as they reach the CPU, where they are held against plain loops. Every second edge stays as computed.
fn check_edited(case: &Case, device: &Device) {
    let graphs = case.graphs();
    let kinds = [Some(Ablation::Remove), None, Some(Ablation::Zero), None, Some(Ablation::LayerMean), None];
    let edges = graphs[0].edges.iter().zip(kinds.iter().cycle());
    let ablated = edges.filter_map(|(edge, how)| Some((edge, (*how)?))).collect();
    let intervention = Intervention { ablated, ..Intervention::default() };
    let [ours, theirs] = [&Device::flex(), device].map(|device| {
        Model::from_weights(&case.weights(), device)
            .unwrap()
            .trace(&graphs[0], &intervention, Detail::Standard)
            .unwrap()
    });
    case.compare("edited prediction", &theirs.prediction, &ours.prediction, 1e-3);
    for (theirs, ours) in theirs.layers.iter().zip(&ours.layers) {
        assert!(ours.edges.values.contains(&0.0), "{}: nothing was set to zero", case.name);
        case.compare("edited activations", &theirs.edges.values, &ours.edges.values, 1e-3);
        case.compare("edited node attention", &theirs.nodes.values, &ours.nodes.values, 1e-3);
    }
}

fn check_training(case: &Case) {
    let samples = case.samples();
    let samples: Vec<&Sample> = samples.iter().collect();
    let mut learner = Learner::new(&case.weights(), &Device::flex()).unwrap();
    let (lesson, activations) = learner.study_recorded(&samples).unwrap();
    case.compare("prediction", &lesson.predictions, &case.float("out.prediction").values, 1e-4);
    for layer in 0..case.spec().layers {
        let key = format!("out.layers.{layer}.edge_activation");
        let edges = joined(activations.iter().map(|graph| &graph.layers[layer]));
        case.compare(&key, &edges, &case.float(&key).values, 1e-4);
    }

    let gradients = learner.gradients(&lesson);
    for (name, expected) in case.under("grad.") {
        let zeros = vec![0.0; expected.values.len()];
        let actual = gradients.get(name).map_or(&zeros, |array| &array.values);
        let largest = expected.values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let worst = actual.iter().zip(&expected.values).map(|(a, e)| (a - e).abs()).fold(0.0f32, nan_max);
        let allowed = 1e-3 * largest + 1e-5;
        assert!(worst <= allowed, "{}: grad.{name} is off by {worst:e}, allowed {allowed:e}", case.name);
    }

    let learning_rate = case.json["optimizer"]["lr"].as_f64().unwrap();
    let expected = numbers(&case.json["losses"]);
    learner.apply(&lesson, learning_rate);
    check_after_first_step(case, &learner.weights());
    let mut losses = vec![lesson.loss];
    while losses.len() < expected.len() {
        let lesson = learner.study(&samples).unwrap();
        losses.push(lesson.loss);
        learner.apply(&lesson, learning_rate);
    }
    for (loss, expected) in losses.iter().zip(&expected) {
        assert!((f64::from(*loss) / expected - 1.0).abs() <= 1e-4, "{}: losses {losses:?} for {expected:?}", case.name);
    }
}

/// Parameters and running statistics, leaving out elements whose gradient is rounding noise, and the
/// running statistics of the last layer's edge tail: it cannot reach the prediction and is not run.
fn check_after_first_step(case: &Case, weights: &Weights) {
    let unused = format!("layers.{}.edge.", case.spec().layers - 1);
    let mut compared = 0;
    for (name, expected) in case.under("after1.") {
        if name.starts_with(&unused) && name.contains("running") {
            continue;
        }
        let actual = &weights.arrays[name].values;
        let gradient = case.floats.get(&format!("grad.{name}"));
        let counts = |index: usize| gradient.is_none_or(|gradient| gradient.values[index].abs() >= 1e-6);
        let kept: Vec<usize> = (0..expected.values.len()).filter(|&index| counts(index)).collect();
        let pick = |values: &[f32]| kept.iter().map(|&index| values[index]).collect::<Vec<f32>>();
        case.compare(&format!("after1.{name}"), &pick(actual), &pick(&expected.values), 1e-4);
        compared += kept.len();
    }
    assert!(compared > 1000, "{}: only {compared} values compared", case.name);
}

/// Names of all model cases in the folder, sorted.
fn cases() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().into_string().unwrap().strip_suffix(".safetensors").map(str::to_owned)
        })
        .collect();
    names.sort();
    names
}

/// What attack and embedding share: the first rows of a network whose last layer says them out loud.
fn check_embedding(case: &Case) {
    // Nothing but the embedding is given, so the rest of a GT of that width is its base state: with the
    // edge activations of layer 0, made linear by constant queries and keys, as a window on the embedding.
    let spec = ModelSpec { layers: 1, ..ModelSpec::recipe(Arch::Gt, Features::Canonical, Ebt::Off) };
    let base = Model::init(spec.clone(), bondscope::models::Initial::Framework, 1, &Device::flex()).unwrap();
    let mut weights = base.to_weights();
    for table in ["embed_node.weight", "embed_edge.weight"] {
        weights.arrays.insert(table.to_owned(), case.float(&format!("w.{table}")).clone());
    }
    let identity: Vec<f32> = (0..444 * 444).map(|cell| if cell % 445 == 0 { 1.0 } else { 0.0 }).collect();
    for part in ["k", "q", "v", "e"] {
        weights.arrays.get_mut(&format!("layers.0.{part}.weight")).unwrap().values = identity.clone();
    }
    let model = Model::from_weights(&weights, &Device::flex()).unwrap();
    let graphs = case.bonds(&case.ints["in.graph_id"]);
    let traces = model.trace_batch(&graphs, &Intervention::default(), Detail::Projections).unwrap();
    let kept: Vec<_> = traces.iter().map(|trace| trace.layers[0].projections.as_ref().unwrap()).collect();
    let nodes = joined(kept.iter().map(|kept| &kept.q));
    case.compare("embedded nodes", &nodes, &case.float("out.embed_node").values, 1e-6);
    let edges = joined(kept.iter().map(|kept| &kept.p));
    case.compare("embedded edges", &edges, &case.float("out.embed_edge").values, 1e-6);
}

fn check_attack(case: &Case) {
    let matrix = |key: &str| {
        let array = case.float(key);
        Matrix::new(array.shape[0], array.shape[1], array.values.clone()).unwrap()
    };
    let deviation = case.json["noise_deviation"].as_f64().unwrap() as f32;
    let noise = [matrix("in.noise_node"), matrix("in.noise_edge")];
    let mut attack =
        Attack::from_noise(&case.weights(), case.samples(), deviation, noise.each_ref(), &Device::flex()).unwrap();
    for (key, gradient) in ["grad.noise_node", "grad.noise_edge"].iter().zip(attack.gradient().unwrap()) {
        let expected = &case.float(key).values;
        let largest = expected.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let worst = gradient.values.iter().zip(expected).map(|(a, e)| (a - e).abs()).fold(0.0f32, nan_max);
        assert!(worst <= 1e-3 * largest + 1e-5 && largest > 0.0, "{key} is off by {worst:e} of {largest:e}");
        assert!(worst <= 0.02 * largest, "{key} is off by {worst:e} of {largest:e}");
    }
    let expected: Vec<f64> = numbers(&case.json["losses"]);
    let steps = expected.len() - 1;
    let mut losses: Vec<f32> =
        (0..steps).map(|_| attack.step(case.json["adam"]["lr"].as_f64().unwrap()).unwrap()).collect();
    losses.push(attack.loss().unwrap());
    for (loss, expected) in losses.iter().zip(&expected) {
        assert!((f64::from(*loss) / expected - 1.0).abs() <= 1e-5, "{losses:?} for {expected:?}");
    }
    let gain = f64::from(losses[steps]) / f64::from(losses[0]) - 1.0;
    let wanted = case.json["gain"].as_f64().unwrap();
    assert!((gain / wanted - 1.0).abs() <= 0.05, "gain {gain} for {wanted}");
    for (key, noise) in ["out.noise_node", "out.noise_edge"].iter().zip(attack.noise()) {
        case.compare(key, &noise.values, &case.float(key).values, 1e-4);
    }
}

fn numbers(json: &Value) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn every_case_agrees_on_the_cpu() {
    let cases = cases();
    for name in &cases {
        let case = Case::read(name);
        if name.starts_with("train_") {
            check_training(&case);
        } else if name.starts_with("attack_") {
            check_attack(&case);
        } else if name == "gt_tox21_embedding" {
            check_embedding(&case);
        } else {
            check_evaluation(&case, &Device::flex(), 1e-4);
            check_batch_equals_single(&case);
        }
        println!("passed {name}");
    }
    for expected in ["gt_zinc_full_size", "graphit_full_graph", "graphit_ogb_inputs", "san_ebt_paper", "attack_gt"] {
        assert!(cases.iter().any(|name| name == expected), "the folder lacks {expected}");
    }
    assert!(cases.len() >= 21, "the folder holds only {} cases", cases.len());
}

/// One test for all cases: on software Vulkan the kernels take a minute to compile.
#[test]
fn the_smallest_cases_agree_on_the_gpu() {
    let gpu = match Gpu::new(Compute::Gpu) {
        Ok(gpu) => gpu,
        Err(error) if std::env::var_os("BONDSCOPE_REQUIRE_GPU").is_none() => {
            println!("skipped: {error}");
            return;
        }
        Err(error) => panic!("BONDSCOPE_REQUIRE_GPU is set, but {error}"),
    };
    println!("{}", gpu.description());
    for name in ["gt_plain", "gt_ebt", "graphit_plain", "graphit_full_graph", "san_ebt", "san_ebt_paper"] {
        let case = Case::read(name);
        check_evaluation(&case, &gpu.compute, 1e-3);
        check_edited(&case, &gpu.compute);
        println!("passed {name}");
    }
}
