//! What a forward pass, a training step and a sweep cost on the CPU.
//!
//! `cargo bench --bench models`; `-- trace` for the single molecule alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the bench")]

use bondscope::analysis::Sweep;
use bondscope::domain::{Dataset, Intervention};
use bondscope::gpu::Device;
use bondscope::io::{Loader, smiles};
use bondscope::models::{GraphInput, Learner, Model, ModelSpec, Sample, zinc_codes};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The bundled molecules.
fn dataset() -> Dataset {
    let bytes = include_bytes!("../assets/data/zinc12k.csv.gz");
    let mut loader = Loader::from_bytes("ZINC-12k", bytes).unwrap();
    while !loader.step().unwrap().finished {}
    loader.dataset()
}

fn graphs(count: usize) -> Vec<GraphInput> {
    let records = dataset().records.into_iter().take(count);
    records.map(|record| zinc_codes(&smiles::read(&record.smiles).unwrap().molecule).unwrap()).collect()
}

/// One molecule of 25 atoms through ten layers, everything recorded.
fn trace(c: &mut Criterion) {
    let graph = graphs(1000).into_iter().find(|graph| graph.node.len() == 25).unwrap();
    let mut group = c.benchmark_group("trace, 25 atoms");
    for (name, ebt) in [("GT", false), ("GT + EBT", true)] {
        let model = Model::init(ModelSpec::gt_zinc(ebt), 41, &Device::flex()).unwrap();
        group.bench_function(name, |b| b.iter(|| model.trace(black_box(&graph), &Intervention::default()).unwrap()));
    }
}

/// Time per molecule at several batch sizes.
fn inference(c: &mut Criterion) {
    let graphs = graphs(512);
    let model = Model::init(ModelSpec::gt_zinc(false), 41, &Device::flex()).unwrap();
    let mut group = c.benchmark_group("edge activations, GT");
    group.sample_size(10);
    for count in [32, 128, 512] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_with_input(BenchmarkId::from_parameter(count), &graphs[..count], |b, graphs| {
            b.iter(|| model.edge_activations(graphs, &Intervention::default()).unwrap());
        });
    }
}

/// Forward, backward and Adam on 128 molecules.
fn training(c: &mut Criterion) {
    let samples: Vec<Sample> = graphs(128).into_iter().map(|graph| Sample { graph, target: 0.3 }).collect();
    let samples: Vec<&Sample> = samples.iter().collect();
    let mut group = c.benchmark_group("training step, 128 molecules");
    group.sample_size(10).throughput(Throughput::Elements(128));
    for (name, ebt) in [("GT", false), ("GT + EBT", true)] {
        let weights = Model::init(ModelSpec::gt_zinc(ebt), 41, &Device::flex()).unwrap().to_weights();
        let mut learner = Learner::new(&weights, &Device::flex()).unwrap();
        group.bench_function(name, |b| {
            b.iter(|| {
                let lesson = learner.study(&samples).unwrap();
                learner.apply(&lesson, 7e-4);
            });
        });
    }
}

/// 1,000 molecules, ten layers, two states, fits included: what `analyze` computes.
fn sweep(c: &mut Criterion) {
    let graphs = graphs(1000);
    let models = [41, 42].map(|seed| Model::init(ModelSpec::gt_zinc(false), seed, &Device::flex()).unwrap());
    let mut group = c.benchmark_group("sweep");
    group.sample_size(10);
    group.bench_function("1,000 molecules, 10 layers, 2 states", |b| {
        b.iter(|| {
            for model in &models {
                let mut sweep = Sweep::default();
                for graphs in graphs.chunks(64) {
                    let answers = model.edge_activations(graphs, &Intervention::default()).unwrap();
                    let layers: Vec<Vec<_>> = answers.iter().map(|answer| answer.layers.iter().collect()).collect();
                    sweep.add(&layers).unwrap();
                }
                black_box(sweep.fits());
            }
        });
    });
}

criterion_group!(benches, trace, inference, training, sweep);
criterion_main!(benches);
