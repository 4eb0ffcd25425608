//! Several runs in a row, and what is said of runs afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

#[path = "common/binary.rs"]
mod binary;

use binary::{bondscope, data, molecules, path, refuses, stderr, succeeds};
use bondscope::engine::run::Outcome;
use std::fs;
use std::path::Path;

/// Two networks, plain and with explicit bias as coded, twice each: GT has no such bias.
const SWEEP: &str = "data = \"molecules.csv\"\npresets = [\"zinc-gt\", \"zinc-graphit\"]\nebt = [\"off\", \"code\"]\n\
                     seeds = [1, 2]\n[network]\nlayers = 1\ndim = 8\nheads = 2\n[recipe]\nepochs = 2\nbatch = 4\n";

const RUNS: [&str; 6] = [
    "zinc-gt-seed-1",
    "zinc-gt-seed-2",
    "zinc-graphit-seed-1",
    "zinc-graphit-seed-2",
    "zinc-graphit-ebt-code-seed-1",
    "zinc-graphit-ebt-code-seed-2",
];

fn outcome(folder: &str, run: &str) -> Outcome {
    Outcome::read(&Path::new(folder).join(run).join("result.toml")).unwrap()
}

#[test]
fn a_sweep_trains_every_combination_goes_on_and_ends_in_a_table() {
    let folder = tempfile::tempdir().unwrap();
    data(&folder);
    let (file, out) = (path(&folder, "sweep.toml"), path(&folder, "runs"));
    fs::write(&file, SWEEP).unwrap();
    let sweep = ["sweep", &file, "--device", "cpu", "--out", &out];
    let table = succeeds(&sweep);
    for run in RUNS {
        let told = format!("MAE {:.4}", outcome(&out, run).last.test_loss.unwrap());
        assert!(table.lines().any(|line| line.starts_with(run) && line.contains(&told)), "{run}: {table}");
    }
    assert_eq!(table.matches(" ± ").count(), 6, "three networks, both ways: {table}");
    let mut reader = csv::Reader::from_path(Path::new(&out).join("table.csv")).unwrap();
    let names: Vec<String> = reader.records().map(|row| row.unwrap()[0].to_owned()).collect();
    assert_eq!(names, [&RUNS[..], &["mean"; 3]].concat());
    // One that did not come to its end; the others are left alone.
    let before = outcome(&out, RUNS[3]);
    fs::remove_file(Path::new(&out).join(RUNS[3]).join("result.toml")).unwrap();
    let again = bondscope(&sweep);
    let said = stderr(&again);
    assert!(said.contains("run 4 of 6: zinc-graphit-seed-2") && said.matches("run ").count() == 1, "{said}");
    assert_eq!(String::from_utf8(again.stdout).unwrap(), table);
    assert_eq!(outcome(&out, RUNS[3]).last, before.last);
    // More of the same is the same run; another recipe is not.
    fs::write(&file, SWEEP.replace("epochs = 2", "epochs = 3")).unwrap();
    succeeds(&sweep);
    assert!(RUNS.iter().all(|run| outcome(&out, run).epochs == 3));
    fs::write(&file, SWEEP.replace("batch = 4", "batch = 5")).unwrap();
    refuses(&sweep, &["another recipe", RUNS[0]]);
}

#[test]
fn a_run_that_fails_does_not_keep_the_others_from_training() {
    let folder = tempfile::tempdir().unwrap();
    data(&folder);
    let (file, out) = (path(&folder, "sweep.toml"), path(&folder, "runs"));
    fs::write(&file, SWEEP.replace("[\"off\", \"code\"]", "[\"off\"]")).unwrap();
    fs::create_dir(&out).unwrap();
    fs::write(Path::new(&out).join(RUNS[0]), "in the way").unwrap();
    let sweep = ["sweep", &file, "--device", "cpu", "--out", &out];
    refuses(&sweep, &["Something else is here", "1 of 4 runs did not come to their end: zinc-gt-seed-1"]);
    assert!(RUNS[1..4].iter().all(|run| outcome(&out, run).epochs == 2));
    let refused = |text: &str, words: &[&str]| {
        fs::write(&file, text).unwrap();
        refuses(&sweep, words);
    };
    refused("presets = [\"zinc-gt\"]", &["data", "sweep.toml"]);
    refused("data = \"molecules.csv\"\npresets = []", &["must each name something"]);
    refused("data = \"molecules.csv\"\npresets = [\"zinc\"]", &["zinc-gt"]);
    refused("data = \"molecules.csv\"\npresets = [\"zinc-gt\"]\nseed = 3\nsede = 4", &["sede"]);
    refused("data = \"none.csv\"\npresets = [\"zinc-gt\"]", &["none.csv"]);
    refuses(&["sweep", &path(&folder, "nowhere.toml"), "--out", &out], &["nowhere.toml"]);
}

#[test]
fn runs_are_judged_both_ways_with_intervals_and_ratios() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let small = ["--layers", "2", "--dim", "8", "--heads", "2", "--batch", "4", "--epochs", "3", "--device", "cpu"];
    let runs = ["1", "2"].map(|seed| {
        let out = path(&folder, &format!("run-{seed}"));
        succeeds(&[&["train", &file, "--seed", seed, "--out", &out], &small[..]].concat());
        out
    });
    let evaluate = |more: &[&str]| succeeds(&[&["evaluate", "--device", "cpu", &runs[0], &runs[1]], more].concat());
    let text = evaluate(&[]);
    assert!(text.contains("run-1  GT") && text.contains("over seeds") && text.contains(" ± "), "{text}");
    assert!(text.contains("MA ratios after epoch 3 on 8 molecules of molecules.csv, base band"), "{text}");
    let found: Vec<serde_json::Value> =
        evaluate(&["--format", "json"]).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (run, found) in runs.iter().zip(&found) {
        let Outcome { last, best, .. } = outcome(run, "");
        for (way, measured) in [("last", last), ("best", best)] {
            assert_eq!(found[way]["test_loss"].as_f64(), measured.test_loss, "{way}");
            assert_eq!(found[way]["epoch"].as_u64(), Some(u64::from(measured.epoch)));
            assert_eq!(found[way]["validation_loss"].as_f64(), Some(measured.validation_loss));
        }
        assert_eq!(found["ratios"].as_array().unwrap().len(), 2);
        assert!(found["ratios"][0]["maximum"].as_f64() >= found["ratios"][0]["median"].as_f64());
        assert_ne!(found["ratios"][0]["median"], found["ratios"][0]["base_median"]);
    }
    // Other molecules, all of them where nothing says which.
    let other = path(&folder, "other.csv");
    fs::write(&other, "smiles,weight,target\nCCO,1,0.5\nCCCO,2,0.6\nCCCCO,3,0.7\n").unwrap();
    let judged = evaluate(&["--data", &other]);
    assert!(judged.contains("on 3 molecules of other.csv"), "{judged}");
    fs::write(&other, "smiles,weight\nCCO,1\nCCCO,2\n").unwrap();
    refuses(&["evaluate", "--device", "cpu", &runs[0], "--data", &other], &["\"target\"", "\"weight\""]);
    fs::write(&file, molecules(35)).unwrap();
    refuses(&["evaluate", "--device", "cpu", &runs[0]], &["changed since it began", "--data"]);
    fs::remove_file(&file).unwrap();
    refuses(&["evaluate", "--device", "cpu", &runs[0]], &["molecules.csv", "are gone"]);
    refuses(&["evaluate", "--device", "cpu", folder.path().to_str().unwrap()], &["run.toml"]);
}
