//! Our training step and inference against PyTorch's, the two in turn on the same graphs, so that whatever else the
//! machine does slows both.
//!
//! ```text
//! BONDSCOPE_PYTORCH_MODELS=folder BONDSCOPE_PYTHON=python3 cargo bench --bench pytorch -- [REPEATS] [MODEL ..]
//! ```
//!
//! The folder holds GT, GraphiT and SAN in PyTorch: modules `gt`, `graphit` and `san` with classes of the same names that
//! take a batch made by `graph.collate`; the Python needs `torch` and `numpy`. `pytorch.py`, beside this file, runs
//! them. Without the two variables there is nothing to compare with, which is not an error. A machine that is busy with
//! something else distorts the ratios, in our favour: two threads of PyTorch wait for each other.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a failed step ends the bench")]

mod zinc;

use bondscope::domain::{Detail, Intervention};
use bondscope::gpu::Device;
use bondscope::models::{Arch, Ebt, Features, GraphInput, Initial, Learner, Model, ModelSpec, Sample};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Molecules in a batch.
const BATCH: usize = 128;
/// Times that each side is measured, unless the command line says otherwise.
const REPEATS: usize = 15;
/// Runs of each side before the first that counts.
const WARM_UP: usize = 3;

/// A Python process that holds the same graphs.
struct PyTorch {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl PyTorch {
    /// Starts it and hands over the graphs.
    fn start(python: &str, models: &str, graphs: &[GraphInput]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pytorch.py");
        let mut process = Command::new(python)
            .args([script, models])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("`{python}`, named by BONDSCOPE_PYTHON, cannot be started: {error}"));
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut started = Self { process, commands, answers };
        let graph = |graph: &GraphInput| {
            json!({
                "node": graph.node.values,
                "source": graph.edges.source,
                "target": graph.edges.target,
                "edge": graph.edge.values,
            })
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let graphs: Vec<Value> = graphs.iter().map(graph).collect();
        started.ask(&json!({ "threads": threads, "graphs": graphs }));
        started
    }

    /// Sends one line and reads the number in the answer: milliseconds.
    fn ask(&mut self, command: &Value) -> f64 {
        writeln!(self.commands, "{command}").unwrap();
        self.commands.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().parse().unwrap_or_else(|_error| panic!("PyTorch has stopped; its message is above"))
    }
}

impl Drop for PyTorch {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

/// Milliseconds of a call.
fn clock<T>(call: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(call());
    start.elapsed().as_secs_f64() * 1e3
}

/// Milliseconds of several runs.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// Measures all contenders in turn, and returns the times of each.
fn in_turn<const N: usize>(repeats: usize, mut contenders: [&mut dyn FnMut() -> f64; N]) -> [Times; N] {
    let mut times = [(); N].map(|()| Times::default());
    for round in 0..WARM_UP + repeats {
        for (times, contender) in times.iter_mut().zip(contenders.iter_mut()) {
            let time = contender();
            if round >= WARM_UP {
                times.0.push(time);
            }
        }
    }
    times
}

fn report(model: &str, what: &str, pytorch: &Times, ours: &Times) {
    println!(
        "{model:14} {what:34} {:8.2} {:8.2} {:8.2} {:8.2} {:8.2} {:6.2}",
        pytorch.median(),
        ours.median(),
        pytorch.median() / ours.median(),
        pytorch.least(),
        ours.least(),
        pytorch.least() / ours.least(),
    );
}

fn compare(name: &str, spec: &ModelSpec, samples: &[Sample], pytorch: &mut PyTorch, repeats: usize) {
    let graphs: Vec<GraphInput> = samples.iter().map(|sample| sample.graph.clone()).collect();
    let (samples, references): (Vec<&Sample>, Vec<&GraphInput>) = (samples.iter().collect(), graphs.iter().collect());
    let model = Model::init(spec.clone(), Initial::Framework, 41, &Device::flex()).unwrap();
    let mut learner = Learner::new(&model.to_weights(), &Device::flex()).unwrap();
    let nothing = Intervention::default();
    let ask = |what: &str| json!({ "model": spec.arch.name(), "ebt": spec.ebt == Ebt::Paper, "what": what });

    let train = &mut || {
        clock(|| {
            let lesson = learner.study(&samples).unwrap();
            learner.apply(&lesson, 7e-4);
        })
    };
    let [theirs, ours] = in_turn(repeats, [&mut || pytorch.ask(&ask("train")), train]);
    report(name, "training step", &theirs, &ours);

    let predict = &mut || clock(|| model.predict(&references).unwrap());
    let record = &mut || clock(|| model.edge_activations(&graphs, &nothing).unwrap());
    let [theirs, ours, recorded] = in_turn(repeats, [&mut || pytorch.ask(&ask("predict")), predict, record]);
    report(name, "inference", &theirs, &ours);
    let overhead = |of: fn(&Times) -> f64| (of(&recorded) / of(&ours) - 1.0) * 100.0;
    let (median, least) = (overhead(Times::median), overhead(Times::least));
    report(name, &format!("  with edge activations {median:+4.0}%, {least:+4.0}%"), &theirs, &recorded);

    let trace = &mut || clock(|| model.trace(&graphs[0], &nothing, Detail::Standard).unwrap());
    let [theirs, ours] = in_turn(10 * repeats, [&mut || pytorch.ask(&ask("one")), trace]);
    report(name, "one molecule (ours recorded)", &theirs, &ours);
}

fn main() {
    let variables = ["BONDSCOPE_PYTHON", "BONDSCOPE_PYTORCH_MODELS"].map(|name| std::env::var(name).ok());
    let [Some(python), Some(models)] = variables else {
        println!(
            "Nothing was compared: set BONDSCOPE_PYTHON to a Python with torch and BONDSCOPE_PYTORCH_MODELS to the \
             folder with the models in PyTorch."
        );
        return;
    };
    // Cargo adds an argument of its own, which starts with a dash.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let repeats = words.iter().find_map(|word| word.parse().ok()).unwrap_or(REPEATS).max(1);
    let names: Vec<&String> = words.iter().filter(|word| word.parse::<usize>().is_err()).collect();

    // One scheme of features for all, so one set of graphs.
    let samples = zinc::samples(&ModelSpec::recipe(Arch::Gt, Features::Zinc, Ebt::Off), BATCH);
    let graphs: Vec<GraphInput> = samples.iter().map(|sample| sample.graph.clone()).collect();
    let mut pytorch = PyTorch::start(&python, &models, &graphs);
    println!("{BATCH} molecules, {} edges; ms, medians and least of {repeats} runs in turn", zinc::edges(&graphs));
    println!("{:49} {:>8} {:>8} {:>8} {:>8} {:>8} {:>6}", "", "PyTorch", "ours", "ratio", "least", "least", "ratio");
    for arch in [Arch::Gt, Arch::Graphit, Arch::San] {
        for (suffix, ebt) in [("", Ebt::Off), ("-ebt", Ebt::Paper)] {
            let name = format!("{}{suffix}", arch.name());
            if names.is_empty() || names.contains(&&name) {
                compare(&name, &ModelSpec::recipe(arch, Features::Zinc, ebt), &samples, &mut pytorch, repeats);
            }
        }
    }
}
