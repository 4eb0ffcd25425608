//! What a user waits for: from an edit to the painted picture, and from a path to a scrollable table.
//!
//! `cargo bench --bench workspace`

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::float_cmp,
    reason = "a failed step is a failed test; repeats are equal to the bit"
)]

use bondscope::domain::{BondId, Scale};
use bondscope::gpu::Gpu;
use bondscope::io::{Loader, Validator};
use bondscope::scene::{Background, Pick};
use bondscope::workspace::{Command, Source, Workspace};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Gives a command and waits for the picture that follows, threads and all.
fn picture_after(workspace: &mut Workspace, command: Command) {
    workspace.apply(command);
    workspace.run_until_idle(|_| true);
    black_box(workspace.picture(Background::Light, None));
}

fn edits(c: &mut Criterion) {
    let mut workspace = Workspace::new(Gpu::cpu_only(), Arc::new(|| {})).unwrap();
    picture_after(&mut workspace, Command::Open(Source::Bundled));
    let mut group = c.benchmark_group("edit to picture");
    group.bench_function("take a bond out or put it back", |b| {
        b.iter(|| picture_after(&mut workspace, Command::Toggle(Pick::Bond(BondId(3)))));
    });
    let mut down = false;
    group.bench_function("next molecule", |b| {
        b.iter(|| {
            down = !down;
            picture_after(&mut workspace, Command::Step(if down { 1 } else { -1 }));
        });
    });
    let ebt =
        workspace.state.checkpoints.iter().position(|checkpoint| checkpoint.spec.has_ebt() && !checkpoint.is_base());
    picture_after(&mut workspace, Command::SetModel(ebt.unwrap()));
    let mut on = false;
    group.bench_function("switch the explicit bias", |b| {
        b.iter(|| {
            on = !on;
            let scale = if on { Scale::ONE } else { Scale::ZERO };
            picture_after(&mut workspace, Command::SetExplicitBias(scale));
        });
    });
}

/// A file of 250,000 lines made of the bundled molecules.
fn large_file() -> tempfile::NamedTempFile {
    let bytes = include_bytes!("../assets/data/zinc12k.csv.gz");
    let mut loader = Loader::from_bytes("ZINC-12k", bytes).unwrap();
    while !loader.step().unwrap().finished {}
    let dataset = loader.dataset();
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    writeln!(file, "smiles,target").unwrap();
    for record in dataset.records.iter().cycle().take(250_000) {
        writeln!(file, "{},{}", record.smiles, record.target().unwrap_or_default()).unwrap();
    }
    file.flush().unwrap();
    file
}

fn files(c: &mut Criterion) {
    let file = large_file();
    let mut group = c.benchmark_group("250,000 SMILES");
    group.sample_size(10);
    group.bench_function("first rows", |b| {
        b.iter(|| {
            let mut loader = Loader::open(file.path()).unwrap();
            loader.step().unwrap();
            black_box(loader.dataset());
        });
    });
    group.bench_function("listed", |b| {
        b.iter(|| {
            let mut loader = Loader::open(file.path()).unwrap();
            while !loader.step().unwrap().finished {}
            black_box(loader.into_dataset());
        });
    });
    let mut loader = Loader::open(file.path()).unwrap();
    while !loader.step().unwrap().finished {}
    let dataset = loader.into_dataset();
    group.bench_function("validated", |b| {
        b.iter(|| {
            let mut validator = Validator::new(&dataset);
            while {
                let (done, total) = validator.step();
                done < total
            } {}
            black_box(validator.finish().unwrap());
        });
    });
}

criterion_group!(benches, edits, files);
criterion_main!(benches);
