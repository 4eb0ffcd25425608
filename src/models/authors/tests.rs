//! What is inferred from few tensors, and what is said about it.

use super::*;

/// The tensors that a specification is inferred from, and others by name.
fn file(width: usize, tables: [usize; 2], others: &[(&str, &[usize])]) -> Weights {
    let always = [
        ("embedding_h.weight", vec![tables[0], width]),
        ("embedding_e.weight", vec![tables[1], width]),
        ("layers.0.attention.Q.weight", vec![width, width]),
        ("MLP_layer.FC_layers.2.weight", vec![1, width / 4]),
    ];
    let others = others.iter().map(|&(name, shape)| (name, shape.to_vec()));
    let array = |(name, shape): (&str, Vec<usize>)| {
        let values = vec![0.5; shape.iter().product()];
        (name.to_owned(), Array { shape, values })
    };
    Weights { arrays: always.into_iter().chain(others).map(array).collect(), metadata: BTreeMap::new() }
}

fn spec(adopted: &Adopted) -> ModelSpec {
    serde_json::from_str(&adopted.weights.metadata[METADATA_KEY]).unwrap()
}

#[test]
fn gt_is_told_by_its_edge_stream_and_the_rest_by_its_recipe() {
    let others: [(&str, &[usize]); 3] =
        [("layers.9.attention.proj_e.weight", &[64, 64]), ("layers.0.O_e.weight", &[64, 64]), ("best", &[])];
    let adopted = adopt(file(64, [28, 4], &others), &Hints::default()).unwrap();
    assert_eq!(spec(&adopted), ModelSpec::recipe(Arch::Gt, Features::Zinc, Ebt::Off));
    assert_eq!(adopted.assumed.len(), 3, "{:?}", adopted.assumed);
    // What has no translation keeps its name, so that the model can name it.
    let names: Vec<&str> = adopted.weights.arrays.keys().map(String::as_str).collect();
    let ours = ["best", "embed_edge.weight", "embed_node.weight", "layers.0.edge.out.weight", "layers.0.q.weight"];
    assert_eq!(names, [&ours[..], &["layers.9.e.weight", "readout.fc.2.weight"]].concat());
}

#[test]
fn explicit_bias_tells_heads_and_a_lone_gamma_tells_san() {
    let others: [(&str, &[usize]); 5] = [
        ("layers.0.attention.k_bias", &[8, 7, 1]),
        ("layers.0.attention.e_bias", &[8, 1, 7]),
        ("layers.0.attention.Q.bias", &[56]),
        ("layers.9.attention.E.weight", &[56, 56]),
        ("gamma", &[]),
    ];
    let adopted = adopt(file(56, [28, 4], &others), &Hints::default()).unwrap();
    assert_eq!(spec(&adopted), ModelSpec::recipe(Arch::San, Features::Zinc, Ebt::Code));
    assert_eq!(adopted.weights.arrays["layers.0.ebt.k"].shape, [8, 7]);
    assert_eq!(adopted.weights.arrays["layers.0.ebt.e"].shape, [8, 7]);
    assert!(!adopted.weights.arrays.contains_key("gamma"));
    let said = adopted.assumed.join(" ");
    assert!(said.contains("the bias score alone") && said.contains("gamma is not used"), "{said}");
    let hints = Hints { ebt: Some(Ebt::Paper), ..Hints::default() };
    assert_eq!(spec(&adopt(file(56, [28, 4], &others), &hints).unwrap()).ebt, Ebt::Paper);
}

#[test]
fn full_graphs_are_told_by_a_second_query() {
    let second: (&str, &[usize]) = ("layers.0.attention.Q_2.weight", &[64, 64]);
    let read = |others: &[(&str, &[usize])], hints: &Hints| spec(&adopt(file(64, [28, 4], others), hints).unwrap());
    let graphit = read(&[second], &Hints::default());
    assert_eq!(graphit.arch, Arch::Graphit);
    assert_eq!(graphit.connectivity, Connectivity::Kernel { gamma: 0.25, steps: 16 });
    let san = Hints { arch: Some(Arch::San), ..Hints::default() };
    assert_eq!(read(&[second], &san).connectivity, Connectivity::Gamma { gamma: 1e-5 });
    assert_eq!(read(&[second, ("gamma", &[])], &Hints::default()).connectivity, Connectivity::LearnedGamma);
    assert_eq!(read(&[], &san).connectivity, Connectivity::Sparse);
}

#[test]
fn the_spare_row_of_sans_bond_table_is_left_out() {
    let adopted = adopt(file(64, [28, 5], &[]), &Hints::default()).unwrap();
    assert_eq!(adopted.weights.arrays["embed_edge.weight"].shape, [4, 64]);
    assert_eq!(adopted.weights.arrays["embed_edge.weight"].values.len(), 4 * 64);
    assert!(adopted.assumed[0].contains("fifth row"), "{:?}", adopted.assumed);
}

#[test]
fn hints_are_not_reported_as_assumptions() {
    let hints = Hints {
        arch: Some(Arch::San),
        heads: Some(4),
        readout: Some(Readout::Mean),
        task: Some(Task::NodeLabels),
        ..Hints::default()
    };
    let adopted = adopt(file(64, [28, 2], &[]), &hints).unwrap();
    let found = spec(&adopted);
    assert_eq!((found.arch, found.heads, found.readout, found.task), (Arch::San, 4, Readout::Mean, Task::NodeLabels));
    assert_eq!(found.features, Features::ZincConstant);
    assert!(adopted.assumed.is_empty(), "{:?}", adopted.assumed);
    // The same file again, now that it says what it is.
    let again = adopt(adopted.weights.clone(), &Hints::default()).unwrap();
    assert_eq!(again.weights, adopted.weights);
    // Readout says nothing about a network of atoms; what was hinted stays open, so that it can be changed.
    assert_eq!((adopted.open, again.open), (vec![Question::Arch, Question::Task, Question::Heads], Vec::new()));
}

#[test]
fn what_is_no_network_is_refused_in_words() {
    let refuse = |weights| adopt(weights, &Hints::default()).unwrap_err().to_string();
    let message = refuse(Weights::default());
    assert!(message.contains("`layers.0.attention.Q.weight`") && message.contains("has no tensor"), "{message}");
    let mut flat = file(64, [28, 4], &[]);
    flat.arrays.get_mut("layers.0.attention.Q.weight").unwrap().shape = vec![64 * 64];
    assert!(refuse(flat).contains("layers.0.q.weight"));
    let message = refuse(file(64, [28, 6], &[]));
    assert!(message.contains("28 x 64 for nodes, 6 x 64 for edges"), "{message}");
    let message = refuse(file(64, [28, 4], &[("layers.18446744073709551615.O_h.bias", &[64])]));
    assert!(message.contains("`layers` is"), "{message}");
    let message = refuse(file(64, [28, 4], &[("layers.0.q.weight", &[64, 64])]));
    assert!(message.contains("both stand for layers.0.q.weight"), "{message}");
    let heads = Hints { heads: Some(7), ..Hints::default() };
    assert!(matches!(adopt(file(64, [28, 4], &[]), &heads), Err(AdoptError::Spec(_))));
}
