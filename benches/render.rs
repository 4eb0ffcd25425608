//! Our own time on the CPU to get a picture drawn: what a frame pays before the graphics device
//! starts. The device's work is waited for outside the clock.
//!
//! `cargo bench --bench render`; needs an adapter, software Vulkan will do.

#![allow(clippy::expect_used, clippy::print_stdout, reason = "a bench that cannot draw stops and says why")]

use bondscope::domain::{Atom, Bond, DirectedEdge, Molecule};
use bondscope::render::{DrawRequest, Placed, Renderer};
use bondscope::scene::{
    Background, Camera, ColorMap, ColorScale, EdgePaint, Rgb, Scene, Stroke, Style, depict, fallback,
};
use criterion::{BenchmarkId, Criterion};
use glam::Vec2;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// As many shapes as a molecule of 25 atoms and 27 bonds, a third of them double, has at most.
fn molecule() -> Arc<Scene> {
    let strokes = (0..72).map(|index| {
        let from = Vec2::from_angle(index as f32) * (0.05 * index as f32);
        let (to, color) = (from + 0.5 * Vec2::Y, Rgb([index as u8, 80, 120]));
        Stroke { from, to, width: 0.1, color, dashed: index % 12 == 0, edge: None, bond: None }
    });
    Arc::new(Scene { strokes: strokes.collect(), ..Scene::default() })
}

/// A long molecule on a full graph with an arc for every pair of atoms.
fn full_graph(atoms: u32, turned: bool) -> Vec<Placed> {
    let chain = (1..atoms).map(|atom| (atom - 1, atom, Bond::default())).collect();
    let molecule = Molecule::new(vec![Atom::default(); atoms as usize], chain).expect("a chain is a molecule");
    let pairs = (0..atoms).flat_map(|a| (a + 2..atoms).map(move |b| DirectedEdge::new(a, b)));
    let pairs: Vec<DirectedEdge> = pairs.collect();
    let both = pairs.iter().flat_map(|&edge| [(edge, 1.0), (edge.reversed(), if turned { 3.0 } else { 2.0 })]);
    let scale = ColorScale { map: ColorMap::Cividis, low: 1.0, high: 4.0, log: true };
    let paint = EdgePaint::of_values(both, &scale, Background::Light).with_arcs(pairs.iter().copied());
    vec![Placed::at_origin(Arc::new(depict(&molecule, &fallback(&molecule), &paint, &Style::default())))]
}

fn gallery(molecules: u16) -> Vec<Placed> {
    let scene = molecule();
    let offset = |index: u16| 8.0 * Vec2::new(f32::from(index % 20), f32::from(index / 20));
    (0..molecules).map(|index| Placed { scene: Arc::clone(&scene), offset: offset(index), scale: 1.0 }).collect()
}

/// Natively wgpu's futures are ready at once.
fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let adapter = now(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))?.ok()?;
    now(adapter.request_device(&wgpu::DeviceDescriptor::default()))?.ok()
}

/// Times `times` draws, each with the next of these two pictures; `turn` counts on from call to call.
fn time(
    (device, renderer): (&wgpu::Device, &mut Renderer),
    (times, turn): (u64, &mut u64),
    pictures: [(&[Placed], Camera); 2],
) -> Duration {
    (0..times)
        .map(|_| {
            *turn += 1;
            let (scenes, camera) = pictures[usize::from(*turn % 2 == 1)];
            let request = DrawRequest {
                scenes,
                camera: &camera,
                size_px: [800, 600],
                pixels_per_point: 1.0,
                background: Rgb([255; 3]),
            };
            let start = Instant::now();
            renderer.draw(&request).expect("the device draws");
            let taken = start.elapsed();
            device.poll(wgpu::PollType::wait_indefinitely()).expect("the device answers");
            taken
        })
        .sum()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let Some((device, queue)) = device() else {
        println!("skipped: no graphics adapter");
        return;
    };
    let format = wgpu::TextureFormat::Bgra8Unorm;
    let mut renderer = Renderer::new(&device, &queue, format).expect("pipelines are built");
    let mut group = criterion.benchmark_group("draw");
    let galleries = [1, 300].map(|molecules| {
        let name = format!("{molecules} molecules");
        (name, gallery(molecules), gallery(molecules).into_iter().rev().collect::<Vec<_>>())
    });
    let full = ("full graph of 150 atoms".to_owned(), full_graph(150, false), full_graph(150, true));
    for (name, here, there) in galleries.into_iter().chain([full]) {
        let (near, far) = (Camera::new(Vec2::ZERO, 40.0), Camera::new(Vec2::splat(60.0), 5.0));
        for (what, pictures) in [
            ("camera moved", [(&here[..], near), (&here[..], far)]),
            ("scene changed", [(&here[..], far), (&there[..], far)]),
            ("nothing changed", [(&here[..], far), (&here[..], far)]),
        ] {
            let mut turn = 0;
            group.bench_function(BenchmarkId::new(what, &name), |bencher| {
                bencher.iter_custom(|times| time((&device, &mut renderer), (times, &mut turn), pictures));
            });
        }
    }
    group.bench_function("depict a full graph of 150 atoms", |bencher| bencher.iter(|| full_graph(150, false)));
    group.finish();
    criterion.final_summary();
}
