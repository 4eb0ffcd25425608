//! Memory per edge, for every architecture: linear in the edges if the columns of a row agree.
//!
//! `cargo bench --bench memory`. What is counted is the most memory in use at once during one call beyond what was in
//! use before it, so neither weights nor the optimiser's state are in it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed step ends the bench; it reports on the terminal"
)]

mod zinc;

use bondscope::domain::{Detail, Intervention};
use bondscope::gpu::Device;
use bondscope::models::{Arch, Ebt, Features, Initial, Learner, Model, ModelSpec, Sample};
use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Batch sizes, in molecules.
const COUNTS: [usize; 3] = [32, 128, 512];

/// The allocator of the program, counting.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

#[allow(unsafe_code, reason = "an allocator is unsafe by nature; this one hands every call on as it is")]
// SAFETY: every call goes to an allocator that keeps the contract.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { mimalloc::MiMalloc.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract.
        unsafe { mimalloc::MiMalloc.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that a call needs at most, beyond those in use before it.
fn bytes<T>(call: impl FnOnce() -> T) -> usize {
    let before = IN_USE.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    black_box(call());
    MOST.load(Ordering::Relaxed) - before
}

fn main() {
    println!("kB per edge at {COUNTS:?} molecules");
    for arch in [Arch::Gt, Arch::Graphit, Arch::San] {
        for ebt in [Ebt::Off, Ebt::Paper] {
            let spec = ModelSpec::recipe(arch, Features::Zinc, ebt);
            let model = Model::init(spec.clone(), Initial::Framework, 41, &Device::flex()).unwrap();
            let mut learner = Learner::new(&model.to_weights(), &Device::flex()).unwrap();
            let samples = zinc::samples(&spec, COUNTS[2]);
            let graphs = zinc::graphs(&spec, COUNTS[2]);
            let row = |what: &str, call: &mut dyn FnMut(usize)| {
                call(COUNTS[0]);
                let per_edge = COUNTS.map(|count| {
                    let kilobytes = bytes(|| call(count)) as f64 * 1e-3;
                    format!("{:7.2}", kilobytes / zinc::edges(&graphs[..count]) as f64)
                });
                println!("{arch:?}, EBT {ebt:?}, {what}: {}", per_edge.join(" "));
            };
            row("training step", &mut |count| {
                let samples: Vec<&Sample> = samples[..count].iter().collect();
                black_box(learner.study(&samples).unwrap());
            });
            row("everything recorded", &mut |count| {
                black_box(model.trace_batch(&graphs[..count], &Intervention::default(), Detail::Standard).unwrap());
            });
            row("predictions", &mut |count| {
                black_box(model.predict(&graphs[..count].iter().collect::<Vec<_>>()).unwrap());
            });
        }
    }
}
