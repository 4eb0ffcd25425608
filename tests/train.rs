//! Training by the built binary: a run is a folder that survives anything, and goes on exactly.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

#[path = "common/binary.rs"]
mod binary;
#[path = "common/windowless.rs"]
mod windowless;

use binary::{bondscope, data, json, molecules, path, refuses, safetensors_floats, stderr, succeeds, timeless};
use bondscope::engine::TrainOptions;
use bondscope::engine::run::{Outcome, RunFile};
use bondscope::models::{Ebt, Plan, Preset};
use bondscope::workspace::Command as Order;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A network that learns in no time.
const SMALL: [&str; 10] = ["--layers", "2", "--dim", "8", "--heads", "2", "--batch", "4", "--device", "cpu"];

fn train<'a>(file: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", file, "--out", out], &SMALL[..], more].concat()
}

/// Two runs that must not differ in anything but time.
#[track_caller]
fn assert_same(a: &str, b: &str) {
    let of = |run: &str, file: &str| Path::new(run).join(file);
    assert_eq!(timeless(&of(a, "metrics.csv")), timeless(&of(b, "metrics.csv")));
    assert_eq!(fs::read(of(a, "ratios.csv")).unwrap(), fs::read(of(b, "ratios.csv")).unwrap());
    let names = |run: &str| {
        let mut names: Vec<_> = fs::read_dir(of(run, "checkpoints")).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(a), names(b));
    for name in names(a) {
        // What a checkpoint says of its run may be older than an extension of it.
        let read = |run| bondscope::io::read_weights(&of(run, "checkpoints").join(&name)).unwrap().arrays;
        assert!(read(a) == read(b), "{name:?}");
    }
    let result = |run| Outcome::read(&of(run, "result.toml")).unwrap();
    let (a, b) = (result(a), result(b));
    assert_eq!((a.end, a.epochs, a.last, a.best), (b.end, b.epochs, b.last, b.best));
}

#[test]
fn a_run_is_a_folder_and_a_resumed_one_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let (run, straight) = (path(&folder, "run"), path(&folder, "straight"));
    let more = ["--keep-every", "2", "--probe-every", "3", "--seed", "7"];
    succeeds(&train(&file, &straight, &[&more[..], &["--epochs", "6"]].concat()));
    succeeds(&train(&file, &run, &[&more[..], &["--epochs", "3"]].concat()));
    refuses(&train(&file, &run, &["--epochs", "6"]), &["--resume"]);
    refuses(&train(&file, &run, &["--resume", "--seed", "8"]), &["another seed"]);
    refuses(&train(&file, &run, &["--resume", "--learning-rate", "0.1"]), &["another recipe"]);
    refuses(&["train", &file, "--device", "cpu", "--out", &run, "--resume", "--arch", "san"], &["another network"]);
    // A run knows its data.
    let said = bondscope(&["train", "--device", "cpu", "--out", &run, "--resume", "--epochs", "6"]);
    let said = stderr(&said);
    assert!(!said.contains("epoch 3/") && said.contains("epoch 4/6") && said.contains("largest MA ratio"), "{said}");
    assert_same(&run, &straight);
    let metrics = timeless(&Path::new(&run).join("metrics.csv"));
    assert_eq!(metrics.len(), 7);
    assert_eq!(metrics[0][2..6], ["validation_mae", "learning_rate", "best", "gradient_norm_embedding"]);
    let ratios = timeless(&Path::new(&run).join("ratios.csv"));
    let epochs: Vec<&str> = ratios[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(epochs, ["0", "0", "3", "3", "6", "6"]);
    let described = RunFile::read(&Path::new(&run).join("run.toml")).unwrap();
    assert_eq!(
        (described.plan.seed, described.plan.recipe.epochs, described.data.targets),
        (7, 6, vec!["target".into()])
    );
    let kept = Path::new(&run).join("checkpoints");
    for name in ["last", "best", "epoch-0002", "epoch-0004", "epoch-0006"] {
        assert!(!safetensors_floats(&kept.join(name).with_extension("safetensors"), "layers.0.q.weight").is_empty());
    }
    assert!(!kept.join("epoch-0003.safetensors").exists());
    let prediction = path(&folder, "p.safetensors");
    let best = kept.join("best.safetensors").display().to_string();
    succeeds(&["trace", &file, "--device", "cpu", "--model", &best, "--out", &prediction]);
}

/// A training in the background whose words can be waited for.
struct Background {
    child: Child,
    words: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Background {
    fn new(args: &[&str]) -> Self {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_bondscope")).args(args).stderr(Stdio::piped()).spawn().unwrap();
        let words = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, words }
    }

    /// Waits until it told of so many epochs, or is over.
    fn wait_for(&mut self, epochs: usize) {
        let told = (&mut self.words).map_while(Result::ok).filter(|line| line.starts_with("epoch "));
        let _enough = told.take(epochs).count();
    }
}

#[test]
fn a_run_that_is_killed_anywhere_goes_on_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let (run, straight) = (path(&folder, "run"), path(&folder, "straight"));
    let more = ["--epochs", "60", "--keep-every", "7"];
    succeeds(&train(&file, &straight, &more));
    let mut kills = 0;
    for epochs in [1, 2, 3, 5, 8, 13] {
        let resume: &[&str] = if Path::new(&run).join("run.toml").exists() { &["--resume"] } else { &[] };
        let mut training = Background::new(&train(&file, &run, &[&more[..], resume].concat()));
        training.wait_for(epochs);
        training.child.kill().unwrap();
        kills += usize::from(training.child.wait().unwrap().code().is_none());
    }
    assert!(kills > 2, "only {kills} runs were killed on their way");
    succeeds(&train(&file, &run, &[&more[..], &["--resume"]].concat()));
    assert_same(&run, &straight);
}

#[test]
fn tables_older_or_newer_than_the_state_are_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let (run, straight) = (path(&folder, "run"), path(&folder, "straight"));
    succeeds(&train(&file, &straight, &["--epochs", "4"]));
    succeeds(&train(&file, &run, &["--epochs", "2"]));
    // Of a save that did not get further than the state.
    fs::remove_file(Path::new(&run).join("metrics.csv")).unwrap();
    fs::write(Path::new(&run).join("ratios.csv"), "epoch,layer\n").unwrap();
    fs::remove_dir_all(Path::new(&run).join("checkpoints")).unwrap();
    succeeds(&train(&file, &run, &["--epochs", "4", "--resume"]));
    assert_same(&run, &straight);
    // A state that was put back from a copy made earlier.
    let early = path(&folder, "early");
    succeeds(&train(&file, &early, &["--epochs", "3"]));
    fs::copy(Path::new(&early).join("state.safetensors"), Path::new(&run).join("state.safetensors")).unwrap();
    succeeds(&train(&file, &run, &["--epochs", "4", "--resume"]));
    assert_same(&run, &straight);
    // None at all: it begins again.
    fs::remove_file(Path::new(&run).join("state.safetensors")).unwrap();
    succeeds(&train(&file, &run, &["--epochs", "4", "--resume"]));
    assert_same(&run, &straight);
}

#[test]
fn a_folder_in_use_and_changed_data_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let run = path(&folder, "run");
    let mut training = Background::new(&train(&file, &run, &["--epochs", "1000000"]));
    training.wait_for(1);
    refuses(&train(&file, &run, &["--resume"]), &["Another Bondscope is training in this folder"]);
    training.child.kill().unwrap();
    training.child.wait().unwrap();
    fs::write(&file, molecules(40).replace("0.5", "0.6")).unwrap();
    refuses(&train(&file, &run, &["--resume"]), &["The data changed since the run began on molecules.csv"]);
    fs::write(&file, molecules(39)).unwrap();
    refuses(&train(&file, &run, &["--resume"]), &["The data changed"]);
    refuses(&train(&file, &path(&folder, "none"), &["--resume"]), &["no run to go on with"]);
    refuses(&["train", "--resume", "--out", &path(&folder, "none")], &["no run to go on with"]);
    refuses(&["train", "--out", &path(&folder, "none")], &["FILE"]);
    refuses(&train(&file, folder.path().to_str().unwrap(), &[]), &["Something else is here already"]);
}

#[test]
fn runaway_numbers_end_a_run_with_the_place_and_keep_its_weights() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "huge.csv");
    fs::write(&file, molecules(40).replace("0.1,", "3e38,").replace("0.2,", "-3e38,")).unwrap();
    let run = path(&folder, "run");
    refuses(
        &train(&file, &run, &[]),
        &["training diverged: the loss or gradient of epoch ", "first in the loss itself", &run],
    );
    let kept = Path::new(&run).join("checkpoints/last.safetensors");
    assert!(safetensors_floats(&kept, "layers.0.q.weight").iter().all(|value| value.is_finite()));
    assert!(!Path::new(&run).join("result.toml").exists());
}

#[test]
fn plans_come_from_presets_files_and_options_in_this_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let config = path(&folder, "how.toml");
    let text = "preset = \"zinc-san\"\nebt = \"paper\"\nseed = 3\nkeep_every = 1\n\
                [network]\nlayers = 2\ndim = 8\nheads = 4\n[recipe]\nepochs = 2\nbatch = 5\nearly_stop = 9\n";
    fs::write(&config, text).unwrap();
    let (first, again) = (path(&folder, "first"), path(&folder, "again"));
    succeeds(&["train", &file, "--device", "cpu", "--config", &config, "--heads", "2", "--seed", "5", "--out", &first]);
    let plan = RunFile::read(&Path::new(&first).join("run.toml")).unwrap().plan;
    let mut expected = Plan::of(Preset::ZincSan.network(Ebt::Paper), 5);
    (expected.network.layers, expected.network.dim, expected.network.heads, expected.keep_every) = (2, 8, 2, 1);
    (expected.recipe.epochs, expected.recipe.batch, expected.recipe.early_stop) = (2, 5, 9);
    assert_eq!(plan, expected);
    let described = path(&folder, "first/run.toml");
    succeeds(&["train", &file, "--device", "cpu", "--config", &described, "--out", &again]);
    assert_same(&first, &again);
    let out = path(&folder, "none");
    let refused = |text: &str, words: &[&str]| {
        fs::write(&config, text).unwrap();
        refuses(&["train", &file, "--device", "cpu", "--config", &config, "--out", &out], words);
    };
    refused("[recipe]\nepoch = 2", &["epoch", "how.toml"]);
    refused("preset = \"zinc\"", &["zinc-gt"]);
    refused("[recipe]\ndropout = 1.5", &["`dropout` is 1.5, but must be from 0 to below 1"]);
    refuses(&train(&file, &out, &["--factor", "1"]), &["`factor` is 1, but must be above 0 and below 1"]);
    refuses(&["train", &file, "--preset", "zinc-gt", "--arch", "san", "--out", &out], &["--arch"]);
    assert!(!Path::new(&out).exists());
}

#[test]
fn a_full_disk_is_complained_of_once_and_does_not_end_a_run() {
    let (mut workspace, folder) = windowless::open(&molecules(40));
    let mut plan = Plan::of(Preset::ZincGraphit.network(Ebt::Off), 1);
    (plan.network.layers, plan.network.dim, plan.network.heads) = (1, 8, 2);
    (plan.recipe.epochs, plan.recipe.min_learning_rate) = (u32::MAX, 0.0);
    let out = folder.path().join("run");
    let checkpoints = out.join("checkpoints");
    workspace.apply(Order::Train(Box::new(TrainOptions { plan, resume: false, out })));
    let began = std::time::Instant::now();
    let (mut removed, mut failing) = (false, 0);
    let ended = workspace.run_until_idle(|state| {
        let errors = state.notices.iter().filter(|notice| notice.text.contains("training goes on"));
        let (epochs, errors) = (state.training.epochs.len(), errors.map(|notice| notice.times).sum::<u32>());
        if !removed && epochs > 0 {
            // A folder that is gone is to every write what a full disk is.
            fs::remove_dir_all(&checkpoints).unwrap();
            removed = true;
        } else if errors > 0 && failing == 0 {
            failing = epochs;
        } else if failing > 0 && epochs > failing + 50 && !checkpoints.exists() {
            assert_eq!(errors, 1, "it is said once");
            fs::create_dir(&checkpoints).unwrap();
        }
        let saved_again = failing > 0 && checkpoints.join("last.safetensors").exists();
        !saved_again && began.elapsed() < windowless::DEADLINE
    });
    assert!(!ended && checkpoints.join("last.safetensors").exists(), "it went on and saved again");
    workspace.stop_all();
    windowless::settle(&mut workspace);
    assert!(windowless::errors(&workspace).is_empty());
}

#[test]
fn a_small_network_halves_its_loss_on_real_molecules() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/data/zinc12k.csv.gz");
    let mut text = String::new();
    let unpacked = flate2::read::GzDecoder::new(fs::File::open(bundled).unwrap());
    // The first 200 training molecules, of which 40 validate.
    for (place, line) in BufReader::new(unpacked).lines().map(Result::unwrap).take(201).enumerate() {
        let line = if place % 5 == 1 { line.replace("train", "val") } else { line };
        text += &(line + "\n");
    }
    let file = path(&folder, "zinc200.csv");
    fs::write(&file, text).unwrap();
    let run = path(&folder, "run");
    let small = ["--layers", "2", "--dim", "16", "--heads", "4", "--batch", "16", "--learning-rate", "0.01"];
    succeeds(&[&["train", &file, "--device", "cpu", "--epochs", "20", "--out", &run], &small[..]].concat());
    let metrics = timeless(&Path::new(&run).join("metrics.csv"));
    let loss = |row: usize| metrics[row][1].parse::<f64>().unwrap();
    assert!(loss(20) < loss(1) / 2.0, "{} became {}", loss(1), loss(20));
}

#[test]
fn labels_with_gaps_are_trained_on_drawn_splits() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "labels.csv");
    let mut text = "smiles,toxic,sweet\n".to_owned();
    for n in 0..60 {
        text += &format!("{}{},{},{}\n", "C".repeat(n + 1), ["O", "N"][n % 2], n % 2, ["1", "0", ""][n % 3]);
    }
    fs::write(&file, text).unwrap();
    let out = path(&folder, "w");
    let train = |more: &[&str]| {
        let common = ["train", &file, "--device", "cpu", "--epochs", "1", "--layers", "2", "--out", &out];
        bondscope(&[&common[..], more].concat())
    };
    let run = train(&["--arch", "san", "--ebt=code", "--encoding", "random-walk", "--init", "xavier"]);
    let said = stderr(&run);
    assert!(run.status.success() && said.contains("80/10/10") && said.contains("BCE"), "{said}");
    let trace = path(&folder, "t.json");
    let last = path(&folder, "w/checkpoints/last.safetensors");
    succeeds(&["trace", &file, "--device", "cpu", "--model", &last, "--out", &trace]);
    assert_eq!(json(&trace)["prediction"][0].as_array().unwrap().len(), 2);
    for (more, word) in [
        (&["--arch", "gt", "--full-graph"][..], "full-graph"),
        (&["--arch", "san", "--full-graph", "--ebt"], "explicit bias in full-graph mode"),
        (&["--arch", "gt", "--heads", "7"], "`heads` is 7"),
        (&["--arch", "gt", "--ebt=code"], "choose `paper`"),
    ] {
        let refused = train(more);
        assert_eq!(refused.status.code(), Some(2));
        assert!(stderr(&refused).contains(word), "{word}: {}", stderr(&refused));
    }
}

#[test]
fn predictions_are_told_beside_the_column_they_were_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = path(&folder, "labels.csv");
    let mut text = "smiles,toxic,sweet,split\n".to_owned();
    for n in 0..20 {
        text += &format!("{}O,0,{},{}\n", "C".repeat(n + 1), n % 2, ["train", "val", "test"][n % 3]);
    }
    fs::write(&file, text).unwrap();
    let out = path(&folder, "w");
    let common = ["train", &file, "--device", "cpu", "--epochs", "1", "--layers", "1", "--arch", "san", "--out", &out];
    let constant = bondscope(&common);
    assert!(stderr(&constant).contains("Of 2 labels, \"toxic\" is the same in all"), "{}", stderr(&constant));
    fs::remove_dir_all(&out).unwrap();
    refuses(&[&common[..], &["--target", "toxic"]].concat(), &["nothing to learn: \"toxic\" is the same"]);
    succeeds(&[&common[..], &["--target", "sweet"]].concat());
    let best = path(&folder, "w/checkpoints/best.safetensors");
    let analysis = path(&folder, "an");
    succeeds(&["analyze", &file, "--device", "cpu", "--model", &best, "--split", "all", "--out", &analysis]);
    let rows = fs::read_to_string(Path::new(&analysis).join("predictions.csv")).unwrap();
    for (n, row) in rows.lines().skip(1).enumerate() {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!((cells[1], cells[3]), (["0", "1"][n % 2], "sweet"), "{row}");
        assert!((0.0..=1.0).contains(&cells[2].parse::<f32>().unwrap()), "{row}");
    }
}

#[test]
#[cfg(unix)]
fn ctrl_c_stops_training_after_the_batch_and_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let file = data(&folder);
    let (run, straight) = (path(&folder, "run"), path(&folder, "straight"));
    let mut training = Background::new(&train(&file, &run, &["--epochs", "1000000"]));
    training.wait_for(2);
    let interrupt = Command::new("kill").args(["-INT", &training.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    training.wait_for(usize::MAX);
    assert_eq!(training.child.wait().unwrap().code(), Some(130));
    let epochs = timeless(&Path::new(&run).join("metrics.csv")).len() - 1;
    assert!(epochs >= 2, "what was told is kept");
    let epochs = (epochs + 2).to_string();
    succeeds(&train(&file, &run, &["--resume", "--epochs", &epochs]));
    succeeds(&train(&file, &straight, &["--epochs", &epochs]));
    assert_same(&run, &straight);
}
