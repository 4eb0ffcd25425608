//! The built binary, used as a script would use it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

#[path = "common/binary.rs"]
mod binary;

use binary::{bondscope, json, path, refuses, safetensors_floats, safetensors_shape, succeeds};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;

/// Six molecules with targets and splits, one line that is no molecule, one target that is no number.
const TABLE: &str = "\
smiles,logp,split,name
CCO,1.5,train,ethanol
c1ccccc1O,0.2,train,phenol
CC(=O)Nc1ccccc1,-0.7,val,acetanilide
C1CC,0.0,test,broken
CC(C)Cc1ccc(cc1)C(C)C(=O)O,3.1,test,ibuprofen
CN1CCCC1c1cccnc1,nope,test,nicotine
C#Cc1ccccc1,1.1,test,ethynylbenzene
";

fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("molecules.csv");
    fs::write(&file, TABLE).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (folder, file)
}

#[test]
fn columns_can_be_named_and_inspect_says_what_was_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("assay.csv");
    let text = "mol_id,first,second,part,IC50 [nM],Tm_degC\nr1,CCO,CCN,train,10.5,80\nr2,CC,CCCO,test,,90\nr3,CO,CN,val,7,95\n";
    std::fs::write(&path, text).unwrap();
    let file = path.display().to_string();
    let found = succeeds(&["inspect", &file]);
    for part in [
        "smiles    second",
        "split     part",
        "id        mol_id",
        "in nM, 1 missing",
        "assumed   SMILES are taken from",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    let named = ["inspect", &file, "--smiles-column", "first", "--id-column", "second", "--target", "IC50 [nM]"];
    let more = ["--target", "Tm_degC", "--unit", "IC50 [nM]=µM", "--format", "json"];
    let summary = succeeds(&[&named[..], &more[..]].concat());
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let columns = &summary["columns"];
    assert_eq!((&columns["smiles"], &columns["id"]), (&"first".into(), &"second".into()));
    assert_eq!(columns["units"], serde_json::json!(["µM", "°C"]));
    assert_eq!(columns["doubts"], serde_json::json!([]));
    refuses(&["inspect", &file, "--smiles-column", "mol_id"], &["\"mol_id\" holds no SMILES", "\"r1\""]);
    refuses(&["inspect", &file, "--target", "Tm_degC", "--unit", "x=y"], &["--unit", "\"x\""]);
    refuses(&["inspect", &file, "--delimiter", "slash"], &["semicolon"]);
    let out = folder.path().join("m.svg").display().to_string();
    succeeds(&["figure", &file, "--smiles-column", "first", "--target", "Tm_degC", "--molecule", "1", "--out", &out]);
    let svg = std::fs::read_to_string(folder.path().join("m.svg")).unwrap();
    assert!(svg.contains("90.000 °C"), "the caption has the unit");
}

#[test]
fn the_version_names_the_build() {
    let short = succeeds(&["-V"]);
    assert_eq!(short.trim(), concat!("bondscope ", env!("CARGO_PKG_VERSION")));
    let long = succeeds(&["--version"]);
    for part in [env!("CARGO_PKG_VERSION"), "rustc 1.", "burn", "wgpu", "target"] {
        assert!(long.contains(part), "{part}: {long}");
    }
}

#[test]
fn inspect_tells_what_is_usable_and_what_is_not() {
    let (_keep, file) = folder();
    let summary = succeeds(&["inspect", &file, "--format", "json"]);
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    assert_eq!((&summary["records"], &summary["usable"]), (&7.into(), &6.into()));
    assert_eq!(summary["skipped"][0]["line"], 5);
    assert_eq!(summary["warnings"][0]["line"], 7);
    assert_eq!(summary["columns"]["targets"], serde_json::json!(["logp"]));
    assert_eq!(summary["targets"], serde_json::json!([{ "name": "logp", "values": 5, "missing": 1 }]));
    assert_eq!(summary["columns"]["split"], "split");
    assert_eq!(summary["features"], serde_json::json!({ "zinc": 6, "zinc-constant": 6, "ogb": 6, "canonical": 6 }));
    refuses(&["inspect", &file, "--target", "smell"], &["no column \"smell\"", "\"logp\""]);
    let text = succeeds(&["inspect", &file, "--records", "--format", "json"]);
    let records: Vec<_> = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect();
    assert_eq!(records.len(), 6);
    let phenol = &records[1];
    assert_eq!((&phenol["formula"], &phenol["aromatic_bonds"]), (&"C6H6O".into(), &6.into()));
    assert_eq!(phenol["bonds"], serde_json::json!({"single": 4, "double": 3, "triple": 0}));
    assert_eq!((&records[5]["bonds"]["triple"], &records[5]["rings"]), (&1.into(), &1.into()));
}

#[test]
fn trace_has_every_tensor_in_every_format_and_is_repeatable() {
    let (folder, file) = folder();
    let out = path(&folder, "t.json");
    succeeds(&["trace", &file, "--device", "cpu", "--molecule", "1", "--out", &out]);
    let trace = json(&out);
    let names: BTreeSet<&str> = trace.as_object().unwrap().keys().map(String::as_str).collect();
    for name in [
        "prediction",
        "edge_index",
        "edge_bond",
        "layers.0.edge_activation",
        "layers.9.node_attention",
        "layers.9.edge_ratio",
        "layers.3.attention_weight",
        "layers.3.attention_logit",
    ] {
        assert!(names.iter().any(|known| known.ends_with(name)), "{name} is missing: {names:?}");
    }
    for name in ["a.safetensors", "a.npz"] {
        let (first, second) = (path(&folder, name), path(&folder, &format!("b{name}")));
        succeeds(&["--device", "cpu", "trace", &file, "--molecule", "1", "--out", &first]);
        succeeds(&["trace", &file, "--device", "cpu", "--molecule", "1", "--out", &second]);
        assert_eq!(fs::read(first).unwrap(), fs::read(second).unwrap(), "{name}");
    }
}

#[test]
fn ablation_and_bias_change_the_trace() {
    let (folder, file) = folder();
    let prediction = |name: &str, extra: &[&str]| {
        let out = path(&folder, name);
        let mut args = vec!["trace", &file, "--device", "cpu", "--molecule", "1", "--out", &out];
        args.extend(extra);
        succeeds(&args);
        let tensors = safetensors_floats(Path::new(&out), "prediction");
        let edges = safetensors_shape(Path::new(&out), "edge_index")[1];
        (tensors[0], edges)
    };
    let plain = prediction("p.safetensors", &[]);
    let cut = prediction("c.safetensors", &["--ablate", "0-1,5>6"]);
    assert_eq!((plain.1, cut.1), (14, 11));
    assert!((plain.0 - cut.0).abs() > 1e-6);
    // What is zeroed or averaged stays.
    let zeroed = prediction("z.safetensors", &["--ablate", "0-1:zero,5>6:mean"]);
    assert_eq!(zeroed.1, 14);
    assert!((zeroed.0 - plain.0).abs() > 1e-6 && (zeroed.0 - cut.0).abs() > 1e-6);
    let by_rule = prediction("r.safetensors", &["--ablate-rule", "top=2:layer=8"]);
    assert_eq!(by_rule.1, 10);
    let both = prediction("b.safetensors", &["--ablate-rule", "random=7", "--ablate", "0-1:zero"]);
    assert_eq!(both.1, 2, "what is named comes on top of what the rule chose");
    let ebt = prediction("e.safetensors", &["--model", "gt-ebt-zinc"]);
    let off = prediction("o.safetensors", &["--model", "gt-ebt-zinc", "--ebt", "0"]);
    assert!((ebt.0 - off.0).abs() > 1e-6);
}

#[test]
fn analyze_writes_tables_for_both_states() {
    let (folder, file) = folder();
    let out = path(&folder, "an");
    succeeds(&["analyze", &file, "--device", "cpu", "--out", &out]);
    let read = |name: &str| fs::read_to_string(Path::new(&out).join(name)).unwrap();
    let rows = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let maxima = rows(&read("batch_max.csv"));
    assert_eq!(maxima.len(), 3 * 10 * 2, "three test molecules, ten layers, two states");
    assert!(
        maxima.iter().any(|row| row.starts_with("3,0,base,")) && maxima.iter().any(|row| row.contains(",trained,"))
    );
    let edges = read("edge_ratio.csv");
    assert_eq!(edges.lines().next(), Some("molecule,source,target,bond,layer,state,ratio"));
    assert!(edges.contains(",triple,9,trained,"));
    assert_eq!(rows(&read("gamma.csv")).len(), 20);
    let saturation = rows(&read("saturation.csv"));
    assert_eq!(saturation.len(), 2 * 10 * 8, "two states, ten layers, eight heads");
    assert!(saturation.iter().all(|row| row.rsplit(',').next().unwrap().parse::<f64>().unwrap() <= 1.0));
    let clamped = |row: &&String| !row.ends_with(",0,0");
    assert!(saturation.iter().filter(clamped).count() > 10, "the trained model saturates late layers");
    for figure in ["batch_maxima.svg", "edge_ratios.pdf", "histogram_trained_layer_0.svg"] {
        assert!(Path::new(&out).join(figure).exists(), "{figure}");
    }
}

#[test]
fn figures_come_in_every_kind_and_format_and_are_repeatable() {
    let (folder, file) = folder();
    for kind in ["molecule", "edge-ratios", "curves", "histogram"] {
        for ending in ["svg", "pdf", "png", "csv"] {
            let names = ["1", "2"].map(|n| path(&folder, &format!("{kind}{n}.{ending}")));
            for name in &names {
                succeeds(&[
                    "figure",
                    &file,
                    "--device",
                    "cpu",
                    "--molecule",
                    "3",
                    "--layer",
                    "2",
                    "--kind",
                    kind,
                    "--out",
                    name,
                ]);
            }
            let [first, second] = names.map(|name| fs::read(name).unwrap());
            assert!(!first.is_empty() && first == second, "{kind}.{ending}");
        }
    }
}

#[test]
fn every_architecture_answers_in_every_mode() {
    let (folder, file) = folder();
    let out = path(&folder, "t.json");
    let edges = |model: &str| {
        succeeds(&["trace", &file, "--device", "cpu", "--molecule", "1", "--model", model, "--out", &out]);
        json(&out)["layers.0.edge_activation"].as_array().unwrap().len()
    };
    for model in ["graphit-base", "san-ebt-base-xavier", "graphit-ebt-code-base", "san-ogb-base", "gt-canonical-base"] {
        assert_eq!(edges(model), 14, "{model}");
    }
    for model in ["graphit-full-base", "san-full-learned-base", "san-ogb-full-lpe-base"] {
        assert_eq!(edges(model), 42, "{model}");
    }
    succeeds(&["trace", &file, "--device", "cpu", "--model", "san-full-base", "--projections", "--out", &out]);
    assert!(json(&out)["layers.9.p"].as_array().unwrap().len() == 6);
    let analysis = path(&folder, "an");
    succeeds(&["analyze", &file, "--device", "cpu", "--model", "graphit-full-base", "--out", &analysis]);
    let ratios = fs::read_to_string(Path::new(&analysis).join("edge_ratio.csv")).unwrap();
    assert!(ratios.contains(",none,0,base,") && ratios.contains(",triple,0,base,"));
}

#[test]
fn what_was_asked_is_told_in_the_trace() {
    let (folder, file) = folder();
    let out = path(&folder, "t.safetensors");
    let model = ["--model", "san-full-base", "--molecule", "1", "--ablate", "0>2"];
    succeeds(&[&["trace", &file, "--device", "cpu", "--out", &out][..], &model].concat());
    let bytes = fs::read(&out).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    assert_eq!((metadata["molecule"].as_str(), metadata["ablated"].as_str()), ("1", "0>2"));
    let ruled = ["--molecule", "0", "--ablate-rule", "atom=0:mean"];
    let kept = path(&folder, "r.safetensors");
    succeeds(&[&["trace", &file, "--device", "cpu", "--out", &kept][..], &ruled].concat());
    let bytes = fs::read(&kept).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().as_ref().unwrap();
    assert_eq!(metadata["rule"], "all edges of atom 0: averaged");
    assert_eq!(metadata["ablated"], "0>1:mean,1>0:mean");
    assert_eq!(safetensors_shape(Path::new(&out), "layers.0.edge_activation"), [41, 56]);
    let coded = ["--model", "san-ebt-code-base", "--ebt", "0.3"];
    refuses(&[&["trace", &file, "--device", "cpu", "--out", &out][..], &coded].concat(), &["on or off"]);
    refuses(&["trace", &file, "--model", "gt-full-base", "--out", &out], &["GT has no full-graph mode"]);
    let base = ["--model", "gt-base", "--init", "xavier"];
    refuses(&[&["analyze", &file, "--device", "cpu", "--out", &out][..], &base].concat(), &["gt-base-xavier"]);
}

#[test]
fn a_huge_full_graph_is_computed_only_when_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "long.smi");
    fs::write(&file, "C".repeat(201)).unwrap();
    let out = path(&folder, "t.safetensors");
    let command = ["trace", &file, "--device", "cpu", "--model", "san-full-base", "--out", &out];
    refuses(&command, &["201 atoms", "40200 edges", "MB", "--allow-large"]);
    succeeds(&[&command[..], &["--allow-large"]].concat());
    assert_eq!(safetensors_shape(Path::new(&out), "layers.9.edge_activation"), [40_200, 56]);
}

#[test]
fn models_lists_what_is_bundled() {
    let text = succeeds(&["models"]);
    for name in ["gt-zinc", "gt-ebt-zinc", "gt-base"] {
        assert!(text.contains(name), "{text}");
    }
}

#[test]
fn bad_input_gets_one_sentence() {
    let (folder, file) = folder();
    let file_of = |name: &str, bytes: &[u8]| {
        let path = path(&folder, name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let out = path(&folder, "x.svg");
    let missing = path(&folder, "missing.csv");
    refuses(&["inspect", &missing], &["missing.csv"]);
    refuses(&["inspect", folder.path().to_str().unwrap()], &["folder"]);
    refuses(&["inspect", &file_of("empty.csv", b"")], &["empty.csv"]);
    refuses(&["inspect", &file_of("binary.csv", &[0, 159, 146, 150, 0, 1, 2])], &["binary.csv"]);
    refuses(&["inspect", &file_of("latin.csv", b"smiles,n\xE4me\nCCO,x\n")], &["latin.csv"]);
    refuses(&["inspect", &file_of("numbers.csv", b"a,b\n1,2\n3,4\n")], &["SMILES"]);
    refuses(&["figure", &file, "--device", "cpu", "--molecule", "99", "--out", &out], &["99", "6 are usable"]);
    refuses(&["figure", &file, "--device", "cpu", "--layer", "10", "--out", &out], &["layer 10"]);
    refuses(&["figure", &file, "--device", "cpu", "--out", "x.bmp"], &[".svg"]);
    refuses(&["trace", &file, "--device", "cpu", "--ablate", "0-5", "--out", &path(&folder, "x.npz")], &["0>5"]);
    for (rule, reason) in [("top=1:layer=10", "layer 10"), ("atom=99", "atom 99"), ("type=ionic", "aromatic")] {
        let out = path(&folder, "x.npz");
        refuses(&["trace", &file, "--device", "cpu", "--ablate-rule", rule, "--out", &out], &[reason]);
    }
    refuses(&["trace", &file, "--device", "cpu", "--ebt", "0.5", "--out", &path(&folder, "x.npz")], &["--ebt"]);
    refuses(&["trace", &file, "--device", "cpu", "--ebt", "2", "--out", &path(&folder, "x.npz")], &["from 0"]);
    refuses(
        &["trace", &file, "--device", "cpu", "--model", "nope", "--out", &path(&folder, "x.npz")],
        &["nope", "gt-zinc"],
    );
    let weights = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/gt-zinc.safetensors")).unwrap();
    let cut = file_of("cut.safetensors", &weights[..weights.len() / 2]);
    refuses(
        &["trace", &file, "--device", "cpu", "--model", &cut, "--out", &path(&folder, "x.npz")],
        &["cut.safetensors"],
    );
    let salt = file_of("salt.smi", b"[Na+].[Cl-]\n");
    refuses(&["trace", &salt, "--device", "cpu", "--out", &path(&folder, "x.npz")], &["cannot score"]);
    assert!(!Path::new(&out).exists());
}

#[test]
fn without_a_display_the_window_names_the_commands() {
    if !cfg!(target_os = "linux") {
        return;
    }
    refuses(&[], &["display", "figure"]);
}

#[test]
fn a_gzip_that_lies_is_refused_or_cut() {
    let (folder, _) = folder();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(TABLE.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let whole = path(&folder, "whole.csv.gz");
    fs::write(&whole, &packed).unwrap();
    assert!(succeeds(&["inspect", &whole]).contains("usable"));
    let cut = path(&folder, "cut.csv.gz");
    fs::write(&cut, &packed[..packed.len() / 3]).unwrap();
    let output = bondscope(&["inspect", &cut]);
    let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) || told.contains("warnings  "), "{told}");
}

#[test]
fn a_batch_of_figures_has_names_from_a_template_and_each_redraws_itself() {
    let (folder, file) = folder();
    let out = path(&folder, "{model}-{molecule}-{layer}.svg");
    let args = ["figure", &file, "--device", "cpu", "--molecule", "0,2-3", "--layer", "0,8", "--model", "gt-zinc"];
    succeeds(&[&args[..], &["--preset", "two-columns", "--title", "Batch", "--out", &out]].concat());
    for name in ["gt-zinc-0-0.svg", "gt-zinc-2-8.svg", "gt-zinc-3-0.svg"] {
        let first = path(&folder, name);
        let text = fs::read_to_string(&first).unwrap();
        assert!(text.contains("Batch</text>") && text.contains("gt-zinc"), "{name}");
        let (again, spec) = (path(&folder, "again.svg"), path(&folder, "again.figure.json"));
        succeeds(&["figure", "--spec", &first, "--device", "cpu", "--out", &again, &spec]);
        let drawn = |text: &str| text.split_once("</metadata>").unwrap().1.to_owned();
        assert_eq!(drawn(&fs::read_to_string(&again).unwrap()), drawn(&text), "{name}");
        succeeds(&["figure", "--spec", &spec, "--device", "cpu", "--out", &path(&folder, "third.pdf")]);
    }
    refuses(&["figure", &file, "--molecule", "0,1", "--out", &path(&folder, "one.svg")], &["one name"]);
    refuses(&["figure", "--spec", &file, "--out", &path(&folder, "x.svg")], &["no specification"]);
}

#[test]
fn states_are_compared_side_by_side_in_one_figure_that_redraws_itself() {
    let (folder, file) = folder();
    let draw = |more: &[&str], name: &str| {
        let out = path(&folder, name);
        let args = ["figure", &file, "--device", "cpu", "--molecule", "2", "--ablate", "0-1", "--out", &out];
        succeeds(&[&args[..], more].concat());
        fs::read_to_string(out).unwrap()
    };
    let svg = draw(&["--compare", "as-trained,gt-ebt-zinc", "--difference"], "three.svg");
    for text in ["A gt-zinc, edited", "B gt-zinc, as trained", "C gt-ebt-zinc, edited", "B − A<", "B − A: MA ratio"]
    {
        assert!(svg.contains(text), "{text}");
    }
    let table = draw(&["--compare", "base"], "two.csv");
    let head = table.lines().next().unwrap();
    assert!(head.ends_with("\"A gt-zinc, edited\",\"B gt-base, untrained, edited\""), "{head}");
    for kind in ["edge-ratios", "curves", "histogram"] {
        let svg = draw(&["--compare", "gt-ebt-zinc", "--kind", kind], "chart.svg");
        assert!(svg.contains("B gt-ebt-zinc"), "{kind}");
        assert!(!svg.contains("not measured yet"), "{kind}");
    }
    let ratios = |more: &[&str]| draw(&[&["--kind", "edge-ratios"], more].concat(), "ratios.svg");
    let powers = |svg: &str| svg.matches(">10<tspan").count();
    assert!(powers(&ratios(&[])) > 1 && powers(&ratios(&["--linear"])) == 0, "--linear leaves logarithms out");
    let (first, again) = (path(&folder, "three.svg"), path(&folder, "again.svg"));
    succeeds(&["figure", "--spec", &first, "--device", "cpu", "--out", &again]);
    let picture = |svg: &str| svg.split_once("</metadata>").unwrap().1.to_owned();
    assert_eq!(picture(&fs::read_to_string(again).unwrap()), picture(&svg));
    let refused = |more: &[&str], words: &[&str]| {
        let args = ["figure", &file, "--device", "cpu", "--out", "x.svg"];
        refuses(&[&args[..], more].concat(), words);
    };
    refused(&["--difference"], &["--compare"]);
    refused(&["--compare", "base,gt-base"], &["C would be the same"]);
    refused(&["--compare", "as-trained"], &["B would be the same"]);
    refused(&["--compare", "base,gt-ebt-zinc,san-base"], &["at most 2"]);
    refused(&["--compare", "base", "--difference", "--kind", "curves"], &["--kind"]);
    refused(&["--compare", "nothing"], &["neither a bundled model nor a file"]);
}
