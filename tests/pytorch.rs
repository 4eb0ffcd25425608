//! Files that PyTorch wrote, read without PyTorch (`tests/fixtures/pytorch`), and networks under the
//! names of the paper's authors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step is a failed test")]

use bondscope::domain::{Array, Weights};
use bondscope::io;
use bondscope::models::{Arch, Connectivity, Ebt, Features, Hints, Initial, Model, ModelSpec, Task, adopt};
use burn::tensor::Device;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch").join(name)
}

fn read(name: &str) -> Weights {
    io::read_weights(&fixture(name)).unwrap()
}

fn refusal(name: &str) -> String {
    io::read_weights(&fixture(name)).unwrap_err().to_string()
}

/// The values that `make.py` gives every tensor.
fn assert_values(weights: &Weights) {
    for (index, (name, array)) in weights.arrays.iter().enumerate() {
        assert_eq!(array.shape.iter().product::<usize>(), array.values.len(), "{name}");
        let raised = if name.ends_with("running_var") { 1.0 } else { 0.0 };
        for (place, &value) in array.values.iter().enumerate() {
            let expected = ((31 * index + 17 * place) % 64) as f32 / 32.0 - 1.0 + raised;
            assert!((value - expected).abs() < f32::EPSILON, "{name}[{place}]: {value} instead of {expected}");
        }
    }
}

#[test]
fn a_state_dict_is_read_under_its_own_names() {
    let weights = read("gt_ebt.pt");
    assert_values(&weights);
    assert!(weights.metadata.is_empty());
    // 2 tables, 6 of the readout; per layer 8 projections, 3 explicit biases, 2 tails of 14.
    assert_eq!(weights.arrays.len(), 2 + 6 + 2 * (8 + 3 + 2 * 14));
    assert_eq!(weights.arrays["layers.1.attention.k_bias"].shape, [4, 4, 1]);
    assert!(!weights.arrays.keys().any(|name| name.ends_with("num_batches_tracked")));
}

#[test]
fn other_number_types_and_the_old_format_hold_the_same_values() {
    for name in ["san_ebt_half.pt", "graphit_ogb_bfloat16.pt", "graphit_full_graph_legacy.pt"] {
        assert_values(&read(name));
    }
    let tables = read("graphit_ogb_bfloat16.pt");
    assert_eq!(tables.arrays["embedding_h.atom_embedding_list.0.weight"].shape, [119, 8]);
    assert!(read("graphit_full_graph_legacy.pt").arrays.contains_key("layers.0.attention.Q_2.weight"));
}

#[test]
fn the_state_dict_is_found_inside_a_checkpoint() {
    let weights = read("checkpoint.pt");
    assert_values(&weights);
    assert_eq!(weights.arrays["layers.0.attention.Q.weight"].shape, [8, 8]);
    let message = refusal("no_state_dict.pt");
    assert!(message.contains("`state_dict`") && message.contains("`epoch`, `losses`"), "{message}");
}

#[test]
fn a_file_that_wants_to_call_something_is_refused_by_name() {
    for name in ["trap.pt", "trap_legacy.pt", "trap_protocol4.pt", "trap.pkl"] {
        let message = refusal(name);
        assert!(message.contains("asks to call `posix.system`, which no weights need"), "{name}: {message}");
        assert!(message.ends_with(name), "{name}: {message}");
    }
}

#[test]
fn unusable_values_and_sizes_are_refused() {
    let message = refusal("nan.pt");
    assert!(message.contains("embedding_h.weight") && message.contains("not finite"), "{message}");
    let message = refusal("expanded.pt");
    assert!(message.contains("4294967296 bytes"), "{message}");
}

#[test]
fn content_and_not_the_name_says_what_a_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let disguised = folder.path().join("weights.safetensors");
    std::fs::copy(fixture("gt_ebt.pt"), &disguised).unwrap();
    let weights = io::read_weights(&disguised).unwrap();
    let path = folder.path().join("weights.pt");
    io::write_weights(&path, &weights).unwrap();
    assert_eq!(io::read_weights(&path).unwrap(), weights);
}

#[test]
fn a_cut_file_is_answered_wherever_it_is_cut() {
    for name in ["graphit_full_graph_legacy.pt", "graphit_ogb_bfloat16.pt", "trap.pt"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        for cut in (0..whole.len()).step_by(whole.len() / 40 + 1) {
            assert!(io::weights_from_bytes(&whole[..cut]).is_err(), "{name} cut at {cut}");
        }
    }
}

/// The network of a fixture, and what was assumed of it.
fn network(name: &str, hints: &Hints) -> (Model, Vec<String>) {
    let adopted = adopt(read(name), hints).unwrap();
    let model = Model::from_weights(&adopted.weights, &Device::flex()).unwrap();
    assert_eq!(model.to_weights(), adopted.weights, "{name}");
    (model, adopted.assumed)
}

#[test]
fn the_authors_networks_are_built() {
    let (gt, assumed) = network("gt_ebt.pt", &Hints::default());
    let spec = gt.spec();
    assert_eq!((spec.arch, spec.ebt, spec.layers, spec.heads, spec.dim), (Arch::Gt, Ebt::Paper, 2, 4, 16));
    assert!(spec.use_bias && spec.features == Features::Zinc && spec.connectivity == Connectivity::Sparse);
    assert!(assumed.iter().any(|sentence| sentence.contains("mean")), "{assumed:?}");

    let (san, assumed) = network("san_ebt_half.pt", &Hints::default());
    assert_eq!((san.spec().arch, san.spec().ebt), (Arch::San, Ebt::Code));
    assert!(assumed.iter().any(|sentence| sentence.contains("authors' program")), "{assumed:?}");

    let (ogb, _) = network("graphit_ogb_bfloat16.pt", &Hints::default());
    assert_eq!((ogb.spec().features, ogb.spec().outputs, ogb.spec().task), (Features::Ogb, 12, Task::GraphLabels));

    let (graphit, _) = network("graphit_full_graph_legacy.pt", &Hints { heads: Some(2), ..Hints::default() });
    assert_eq!(graphit.spec().connectivity, Connectivity::Kernel { gamma: 0.25, steps: 16 });
    assert_eq!(graphit.spec().heads, 2);

    let (checkpoint, _) = network("checkpoint.pt", &Hints::default());
    assert_eq!((checkpoint.spec().arch, checkpoint.spec().use_bias), (Arch::Gt, false));
}

/// A name of ours as the authors write it, with the shape they give it.
fn theirs(arch: Arch, name: &str, shape: &[usize]) -> (String, Vec<usize>) {
    let edge_map = if arch == Arch::Gt { ".attention.proj_e." } else { ".attention.E." };
    let named = [
        ("embed_node.tables", "embedding_h.atom_embedding_list"),
        ("embed_edge.tables", "embedding_e.bond_embedding_list"),
        ("embed_node", "embedding_h"),
        ("embed_edge", "embedding_e"),
        ("readout.fc", "MLP_layer.FC_layers"),
        (".q.", ".attention.Q."),
        (".k.", ".attention.K."),
        (".v.", ".attention.V."),
        (".e.", edge_map),
        (".q2.", ".attention.Q_2."),
        (".k2.", ".attention.K_2."),
        (".e2.", ".attention.E_2."),
        (".ebt.k", ".attention.k_bias"),
        (".ebt.e", ".attention.e_bias"),
        (".ebt.v", ".attention.v_bias"),
        ("node.out", "O_h"),
        ("node.bn1", "batch_norm1_h"),
        ("node.bn2", "batch_norm2_h"),
        ("node.ffn.up", "FFN_h_layer1"),
        ("node.ffn.down", "FFN_h_layer2"),
        ("edge.out", "O_e"),
        ("edge.bn1", "batch_norm1_e"),
        ("edge.bn2", "batch_norm2_e"),
        ("edge.ffn.up", "FFN_e_layer1"),
        ("edge.ffn.down", "FFN_e_layer2"),
    ];
    let mut name = named.iter().fold(name.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs));
    if name.contains("embedding_list") {
        name.push_str(".weight");
    }
    let shape = match *shape {
        [heads, channels] if name.ends_with("k_bias") => vec![heads, channels, 1],
        [heads, channels] if name.ends_with("e_bias") || name.ends_with("v_bias") => vec![heads, 1, channels],
        _ => shape.to_vec(),
    };
    (name, shape)
}

#[test]
fn networks_come_back_from_the_authors_names_and_from_ours() {
    let small = |arch, features, ebt| ModelSpec { layers: 2, ..ModelSpec::recipe(arch, features, ebt) };
    let specs = [
        small(Arch::Gt, Features::Zinc, Ebt::Off),
        small(Arch::Gt, Features::Zinc, Ebt::Paper),
        small(Arch::Gt, Features::Canonical, Ebt::Off),
        small(Arch::Graphit, Features::ZincConstant, Ebt::Code),
        small(Arch::Graphit, Features::Ogb, Ebt::Paper),
        small(Arch::San, Features::Zinc, Ebt::Off),
        ModelSpec {
            connectivity: Connectivity::Kernel { gamma: 0.5, steps: 4 },
            ..small(Arch::Graphit, Features::Zinc, Ebt::Off)
        },
        ModelSpec { connectivity: Connectivity::LearnedGamma, ..small(Arch::San, Features::Zinc, Ebt::Off) },
    ];
    for spec in specs {
        let weights = Model::init(spec.clone(), Initial::Framework, 7, &Device::flex()).unwrap().to_weights();
        let renamed = weights.arrays.iter().map(|(name, array)| {
            let (name, shape) = theirs(spec.arch, name, &array.shape);
            (name, Array { shape, values: array.values.clone() })
        });
        let hints = Hints {
            arch: Some(spec.arch),
            ebt: Some(spec.ebt),
            connectivity: Some(spec.connectivity),
            ..Hints::default()
        };
        let theirs = Weights { arrays: renamed.collect(), ..Weights::default() };
        assert_eq!(theirs.arrays.len(), weights.arrays.len());
        assert_eq!(adopt(theirs, &hints).unwrap().weights, weights, "{spec:?}");
        let ours = Weights { arrays: weights.arrays.clone(), ..Weights::default() };
        assert_eq!(adopt(ours, &hints).unwrap().weights, weights, "{spec:?}");
    }
}

#[test]
fn tensors_that_are_missing_superfluous_or_misshapen_are_named() {
    let mut weights = read("gt_ebt.pt");
    weights.arrays.remove("layers.1.O_h.bias");
    weights.arrays.get_mut("layers.0.FFN_e_layer1.bias").unwrap().shape = vec![2, 16];
    weights.arrays.insert("embedding_lap_pos_enc.weight".into(), Array { shape: vec![1], values: vec![0.0] });
    let adopted = adopt(weights, &Hints::default()).unwrap();
    let message = Model::from_weights(&adopted.weights, &Device::flex()).unwrap_err().to_string();
    for part in
        ["layers.1.node.out.bias", "layers.0.edge.ffn.up.bias [2, 16] instead of [32]", "embedding_lap_pos_enc.weight"]
    {
        assert!(message.contains(part), "{message}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn changed_files_are_answered(
        file in prop::sample::select(vec!["graphit_full_graph_legacy.pt", "checkpoint.pt", "nan.pt", "expanded.pt", "trap_protocol4.pt"]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = std::fs::read(fixture(file)).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(weights) = io::weights_from_bytes(&bytes) {
            for (name, array) in &weights.arrays {
                prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len(), "{}", name);
                prop_assert!(array.values.iter().all(|value| value.is_finite()), "{}", name);
            }
        }
    }
}
