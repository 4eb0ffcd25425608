//! What a forward pass, a training step and a sweep cost on the CPU, for every architecture.
//!
//! `cargo bench --bench models`; `-- trace` for the single molecule alone, `-- "GT/"` for one model. Time per edge is
//! flat if the throughput (edges per second) is the same at 32, 128 and 512 molecules. `--bench pytorch` compares with
//! PyTorch, `--bench memory` measures memory per edge.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed step ends the bench")]

mod zinc;

use bondscope::analysis::Sweep;
use bondscope::domain::{Detail, Intervention};
use bondscope::gpu::Device;
use bondscope::models::{Arch, Connectivity, Ebt, Features, GraphInput, Initial, Learner, Model, ModelSpec, Sample};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The paper's models for ZINC.
fn sparse() -> impl Iterator<Item = (String, ModelSpec)> {
    let archs = [("GT", Arch::Gt), ("GraphiT", Arch::Graphit), ("SAN", Arch::San)];
    let of_arch = |(name, arch): (&'static str, Arch)| {
        [("", Ebt::Off), (" + EBT", Ebt::Paper)]
            .map(|(suffix, ebt)| (format!("{name}{suffix}"), ModelSpec::recipe(arch, Features::Zinc, ebt)))
    };
    archs.into_iter().flat_map(of_arch)
}

/// The two that can attend along every pair of atoms, doing so: about ten times as many edges.
fn full() -> impl Iterator<Item = (String, ModelSpec)> {
    let full = |arch, connectivity| ModelSpec { connectivity, ..ModelSpec::recipe(arch, Features::Zinc, Ebt::Off) };
    let graphit = full(Arch::Graphit, Connectivity::Kernel { gamma: 0.25, steps: 16 });
    let san = full(Arch::San, Connectivity::LearnedGamma);
    [("GraphiT, full graph".to_owned(), graphit), ("SAN, full graph".to_owned(), san)].into_iter()
}

fn model(spec: &ModelSpec, seed: u64) -> Model {
    Model::init(spec.clone(), Initial::Framework, seed, &Device::flex()).unwrap()
}

/// One molecule of 25 atoms through ten layers, everything a person can look at recorded.
fn trace(c: &mut Criterion) {
    for (name, spec) in sparse().chain(full()) {
        let graph = zinc::graphs(&spec, 1000).into_iter().find(|graph| graph.nodes() == 25).unwrap();
        let model = model(&spec, 41);
        let mut group = c.benchmark_group(format!("{name}/trace, 25 atoms"));
        for detail in [Detail::Standard, Detail::Projections] {
            group.bench_function(format!("{detail:?}"), |b| {
                b.iter(|| model.trace(black_box(&graph), &Intervention::default(), detail).unwrap());
            });
        }
    }
}

/// Time per edge at several batch sizes, with and without edge activations.
fn inference(c: &mut Criterion) {
    for (name, spec) in sparse().chain(full()) {
        let counts: &[usize] = if spec.connectivity.is_full() { &[128] } else { &[32, 128, 512] };
        let graphs = zinc::graphs(&spec, 512);
        let model = model(&spec, 41);
        let mut group = c.benchmark_group(format!("{name}/inference"));
        group.sample_size(20);
        for &count in counts {
            let graphs = &graphs[..count];
            let references: Vec<&GraphInput> = graphs.iter().collect();
            group.throughput(Throughput::Elements(zinc::edges(graphs)));
            group.bench_function(BenchmarkId::new("predictions", count), |b| {
                b.iter(|| model.predict(&references).unwrap());
            });
            group.bench_function(BenchmarkId::new("edge activations", count), |b| {
                b.iter(|| model.edge_activations(graphs, &Intervention::default()).unwrap());
            });
        }
    }
}

/// Forward, backward and Adam on 128 molecules.
fn training(c: &mut Criterion) {
    for (name, spec) in sparse().chain(full()) {
        let samples = zinc::samples(&spec, 128);
        let samples: Vec<&Sample> = samples.iter().collect();
        let mut learner = Learner::new(&model(&spec, 41).to_weights(), &Device::flex()).unwrap();
        let mut group = c.benchmark_group(format!("{name}/training"));
        group.sample_size(10).throughput(Throughput::Elements(128));
        group.bench_function("step of 128 molecules", |b| {
            b.iter(|| {
                let lesson = learner.study(&samples).unwrap();
                learner.apply(&lesson, 7e-4);
            });
        });
    }
}

/// 1,000 molecules, ten layers, two states, fits included: what `analyze` computes.
fn sweep(c: &mut Criterion) {
    for (name, spec) in sparse() {
        let graphs = zinc::graphs(&spec, 1000);
        let models = [41, 42].map(|seed| model(&spec, seed));
        let mut group = c.benchmark_group(format!("{name}/sweep"));
        group.sample_size(10);
        group.bench_function("1,000 molecules, 10 layers, 2 states", |b| {
            b.iter(|| {
                for model in &models {
                    let mut sweep = Sweep::default();
                    for graphs in graphs.chunks(64) {
                        let answers = model.edge_activations(graphs, &Intervention::default()).unwrap();
                        let layers: Vec<Vec<_>> = answers.iter().map(|answer| answer.layers.iter().collect()).collect();
                        sweep.add(&layers).unwrap();
                        answers.iter().for_each(|answer| sweep.add_clamped(&answer.clamped));
                    }
                    black_box(sweep.fits());
                }
            });
        });
    }
}

criterion_group!(benches, trace, inference, training, sweep);
criterion_main!(benches);
