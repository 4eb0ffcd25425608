//! Our own time on the CPU for a frame of the window: everything from the first widget to the last, without
//! egui's tessellation and the device's work.
//!
//! `cargo bench --bench window`; needs an adapter, software Vulkan will do.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench that cannot draw stops and says why"
)]

#[path = "../tests/common/mod.rs"]
mod common;

use bondscope::domain::BondId;
use bondscope::engine::SweepOptions;
use bondscope::scene::Pick;
use bondscope::ui::{App, Pane};
use bondscope::workspace::Command;
use common::{run_until, settled, state};
use criterion::{Criterion, Throughput};
use eframe::egui::{Role, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Our time in frames of a window on which nothing changes but what `touch` does before each.
fn frames(harness: &mut Harness<'_, App>, times: u64, mut touch: impl FnMut(&mut Harness<'_, App>, u64)) -> Duration {
    (0..times)
        .map(|frame| {
            touch(harness, frame);
            harness.step();
            harness.state().frame_time()
        })
        .sum()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let Some((mut harness, _turn)) = common::open(None) else {
        println!("skipped: no graphics adapter");
        return;
    };
    harness.set_size(vec2(2560.0, 1440.0));
    let split = state(harness.state()).table.split;
    harness.state_mut().apply(Command::Sweep(SweepOptions { split, ..SweepOptions::default() }));
    harness.state_mut().apply(Command::Select(Some(Pick::Bond(BondId(3)))));
    run_until(&mut harness, "the molecules are measured", |app| settled(app) && state(app).survey().is_some());

    let mut group = criterion.benchmark_group("frame");
    harness.state_mut().lay_out(&[
        &[&[Pane::Library], &[Pane::Molecule], &[Pane::Inspector]],
        &[&[Pane::EdgeRatios], &[Pane::BatchMaxima], &[Pane::Histogram]],
        &[&[Pane::Gallery]],
    ]);
    run_until(&mut harness, "every panel is filled", |app| settled(app) && state(app).gallery.has_numbers());
    group.bench_function("all panels", |b| b.iter_custom(|times| frames(&mut harness, times, |_, _| {})));
    group.bench_function("all panels, pointer over the molecule", |b| {
        b.iter_custom(|times| {
            frames(&mut harness, times, |harness, frame| {
                let app = harness.state();
                let at = app.screen_position(Pick::Bond(BondId(if frame % 2 == 0 { 3 } else { 5 })));
                harness.hover_at(at.expect("a bond of the picture"));
            })
        });
    });

    harness.state_mut().lay_out(&[&[&[Pane::Gallery, Pane::Library]]]);
    // A click goes to where the button was in the last frame: not before it stands where it will stay.
    run_until(&mut harness, "the gallery fills the window", settled);
    harness.get_by_label("Small thumbnails").click();
    run_until(&mut harness, "the gallery is filled", |app| settled(app) && state(app).gallery.visible().len() >= 300);
    group.throughput(Throughput::Elements(state(harness.state()).gallery.visible().len() as u64));
    println!("{} thumbnails on screen", harness.query_all_by_role(Role::ListBoxOption).count());
    group.bench_function("gallery at rest", |b| b.iter_custom(|times| frames(&mut harness, times, |_, _| {})));
    group.bench_function("gallery scrolled", |b| {
        harness.hover_at(pos2(1200.0, 700.0));
        b.iter_custom(|times| {
            frames(&mut harness, times, |harness, frame| {
                let up = if frame / 40 % 2 == 0 { -30.0 } else { 30.0 };
                harness.event(eframe::egui::Event::MouseWheel {
                    unit: eframe::egui::MouseWheelUnit::Point,
                    delta: vec2(0.0, up),
                    phase: eframe::egui::TouchPhase::Move,
                    modifiers: eframe::egui::Modifiers::NONE,
                    source: eframe::egui::MouseWheelSource::Unknown,
                });
            })
        });
    });
    group.bench_function("gallery in another layer", |b| {
        b.iter_custom(|times| {
            frames(&mut harness, times, |harness, frame| {
                harness.state_mut().apply(Command::SetLayer(frame as usize % 10));
            })
        });
    });
    group.finish();
    criterion.final_summary();
}
