//! Speed of the statistics: gamma fit, edge ratios, and a sweep of 1,000 molecules by 10 layers.
//!
//! Inputs are made up but shaped like the real ones: 52 directed edges by 64 features a molecule and layer,
//! activations that are products of three bell-shaped numbers.

use bondscope::analysis::{Sample, Sweep, Tally, edge_stats, fit, neg_log10};
use bondscope::domain::Matrix;
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

const EDGES: usize = 52;
const WIDTH: usize = 64;
const LAYERS: usize = 10;
const MOLECULES: usize = 1000;

/// A small generator, so that every run measures the same numbers.
struct Noise(u64);

impl Noise {
    /// Roughly normal: the sum of four uniform numbers.
    fn next(&mut self) -> f32 {
        (0..4).map(|_| self.uniform() - 0.5).sum()
    }

    fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn activation(noise: &mut Noise, edges: usize) -> Matrix {
    let values = (0..edges * WIDTH).map(|_| noise.next() * noise.next() * noise.next()).collect();
    Matrix { rows: edges, cols: WIDTH, values }
}

fn statistics(c: &mut Criterion) {
    let mut noise = Noise(41);
    let edges = activation(&mut noise, EDGES);
    c.bench_function("edge ratios, 52 edges x 64 features", |b| b.iter(|| edge_stats(black_box(&edges))));
    c.bench_function("log ratios, 52 edges x 64 features", |b| b.iter(|| neg_log10(black_box(&edges))));

    let mut values = neg_log10(&activation(&mut noise, 50_000 / WIDTH + 1));
    values.truncate(50_000);
    c.bench_function("gamma fit with likelihood and KS, 50,000 values", |b| {
        b.iter(|| Sample::new(black_box(&values).clone()).map(|sample| fit(&sample)));
    });
    let mut tally = Tally::default();
    neg_log10(&activation(&mut noise, 50_000)).into_iter().for_each(|value| tally.push(value));
    c.bench_function("gamma fit with likelihood and KS, tally of 3,200,000 values", |b| {
        b.iter(|| black_box(&tally).sample().map(|sample| fit(&sample)));
    });
}

fn sweep(c: &mut Criterion) {
    let mut noise = Noise(41);
    let molecule: Vec<Matrix> = (0..LAYERS).map(|_| activation(&mut noise, EDGES)).collect();
    let molecules: Vec<Vec<&Matrix>> = vec![molecule.iter().collect(); MOLECULES];
    let mut group = c.benchmark_group("sweep");
    group.sample_size(10);
    group.bench_function("1,000 molecules x 10 layers, one state, fits included", |b| {
        b.iter(|| {
            let mut sweep = Sweep::default();
            for batch in molecules.chunks(32) {
                sweep.add(batch).ok();
            }
            sweep.fits()
        });
    });
    group.finish();
}

criterion_group!(benches, statistics, sweep);
criterion_main!(benches);
