//! What the renderer promises, checked on pixels: areas, exact colours, order, camera. No stored
//! images, so the tests hold on every driver; software Vulkan is enough.
//!
//! Without an adapter the tests say so and pass; with `BONDSCOPE_REQUIRE_GPU` set they fail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "clippy sees no tests in the helpers of tests"
)]

use bondscope::domain::{AtomId, DirectedEdge};
use bondscope::render::{DrawRequest, Image, Placed, RenderError, Renderer};
use bondscope::scene::{AtomMark, Camera, Curve, Rgb, Scene, Stroke};
use glam::Vec2;
use std::f32::consts::PI;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

const RED: Rgb = Rgb([201, 29, 60]);
const BLUE: Rgb = Rgb([16, 77, 213]);
const GREY: Rgb = Rgb([128, 130, 127]);
const BACKGROUND: Rgb = Rgb([250, 251, 247]);
const SIZE: [u32; 2] = [320, 240];

type Gpu = (wgpu::Device, wgpu::Queue);

/// One device for all tests, or `None` if there is none and that is allowed.
fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, String>> = OnceLock::new();
    let gpu = GPU.get_or_init(|| {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = now(instance.request_adapter(&wgpu::RequestAdapterOptions::default()));
        let adapter = adapter.map_err(|error| error.to_string())?;
        now(adapter.request_device(&wgpu::DeviceDescriptor::default())).map_err(|error| error.to_string())
    });
    match gpu {
        Ok(gpu) => Some(gpu),
        Err(reason) => {
            assert!(std::env::var_os("BONDSCOPE_REQUIRE_GPU").is_none(), "no graphics adapter: {reason}");
            println!("skipped: no graphics adapter: {reason}");
            None
        }
    }
}

/// Natively wgpu's futures are ready at once.
fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("wgpu kept us waiting"),
    }
}

fn renderer() -> Option<Renderer> {
    let (device, queue) = gpu()?;
    Some(Renderer::new(device, queue, wgpu::TextureFormat::Bgra8Unorm).unwrap())
}

fn stroke(from: Vec2, to: Vec2, width: f32, color: Rgb) -> Stroke {
    Stroke { from, to, width, color, dashed: false, edge: None, bond: None }
}

fn strokes(strokes: Vec<Stroke>) -> Scene {
    Scene { strokes, ..Scene::default() }
}

fn disc(center: Vec2, radius: f32) -> AtomMark {
    AtomMark { atom: AtomId(0), center, radius, label: "N".to_owned(), pieces: Vec::new(), color: GREY }
}

fn camera(center: Vec2, zoom: f32) -> Camera {
    Camera { center, zoom }
}

fn request<'a>(scenes: &'a [Placed], camera: &'a Camera) -> DrawRequest<'a> {
    DrawRequest { scenes, camera, size_px: SIZE, pixels_per_point: 1.0, background: BACKGROUND }
}

/// The scene alone, 100 pixels to the unit, its origin in the middle.
fn picture(renderer: &mut Renderer, scene: Scene) -> Image {
    let camera = camera(Vec2::ZERO, 100.0);
    renderer.draw(&request(&[Placed::at_origin(Arc::new(scene))], &camera)).unwrap();
    renderer.read_back().unwrap()
}

fn pixel(image: &Image, x: f32, y: f32) -> Rgb {
    let start = 4 * (y as usize * image.width as usize + x as usize);
    Rgb([image.rgba[start], image.rgba[start + 1], image.rgba[start + 2]])
}

/// Area covered by a colour over the background, in pixels, partly covered ones in part.
/// Summed in float64: a float32 sum of millions of pixels would stop growing.
fn area(image: &Image, color: Rgb) -> f32 {
    let (Rgb([_, green, _]), Rgb([_, ground, _])) = (color, BACKGROUND);
    let span = f32::from(ground) - f32::from(green);
    let share = |pixel: &[u8]| f64::from((f32::from(ground) - f32::from(pixel[1])) / span);
    image.rgba.chunks_exact(4).map(share).sum::<f64>() as f32
}

fn assert_close(measured: f32, expected: f32, share: f32) {
    assert!((measured - expected).abs() <= share * expected, "{measured} is not within {share} of {expected}");
}

#[test]
fn an_empty_scene_is_background() {
    let Some(mut renderer) = renderer() else { return };
    let image = picture(&mut renderer, Scene::default());
    assert_eq!([image.width, image.height], SIZE);
    assert_eq!(image.rgba, [250, 251, 247, 255].repeat(320 * 240));
}

#[test]
fn a_stroke_covers_its_area_in_exactly_its_colour() {
    let Some(mut renderer) = renderer() else { return };
    let scene = strokes(vec![stroke(Vec2::new(-1.0, 0.0), Vec2::new(1.0, 0.0), 0.2, RED)]);
    let image = picture(&mut renderer, scene);
    assert_close(area(&image, RED), 200.0 * 20.0 + PI * 10.0 * 10.0, 0.02);
    for x in [60.0, 100.0, 160.0, 259.0] {
        assert_eq!(pixel(&image, x, 120.0), RED);
    }
    assert_eq!(pixel(&image, 160.0, 110.0), RED, "first row inside");
    assert_eq!(pixel(&image, 160.0, 109.0), BACKGROUND, "first row outside");
    assert!(image.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255), "the picture is opaque");
}

#[test]
fn area_does_not_depend_on_direction_or_place() {
    let Some(mut renderer) = renderer() else { return };
    // Not 45: there, a line thinner than a pixel beats with the pixel grid.
    for degrees in [0.0_f32, 17.0, 40.0, 90.0, 123.0] {
        for width in [0.003, 0.01, 0.06, 0.3] {
            let end = Vec2::from_angle(degrees.to_radians());
            let nudge = Vec2::new(0.0037, -0.0021);
            let image = picture(&mut renderer, strokes(vec![stroke(nudge, end + nudge, width, RED)]));
            // Round ends of a stroke thinner than a pixel are a little too large.
            let pixels = 100.0 * width;
            assert_close(area(&image, RED), 100.0 * pixels + PI * (pixels / 2.0).powi(2), 0.025);
        }
    }
}

#[test]
fn a_dashed_stroke_is_half_gaps() {
    let Some(mut renderer) = renderer() else { return };
    let (from, to) = (Vec2::new(-1.0, 0.0), Vec2::new(1.0, 0.0));
    let dashed = Stroke { dashed: true, ..stroke(from, to, 0.1, RED) };
    let image = picture(&mut renderer, strokes(vec![dashed]));
    let row: Vec<Rgb> = (60..260).map(|x| pixel(&image, x as f32, 120.0)).collect();
    let gaps = row.windows(2).filter(|pair| pair[0] != BACKGROUND && pair[1] == BACKGROUND).count();
    assert_eq!(gaps, 10, "a dash and a gap are a fifth of a bond");
    assert_close(row.iter().filter(|&&color| color == RED).count() as f32, 100.0, 0.05);
    assert_close(row.iter().filter(|&&color| color == BACKGROUND).count() as f32, 100.0, 0.05);
    assert_eq!(row[0], RED, "it starts with a dash");
}

#[test]
fn a_disc_has_the_background_colour_and_its_area() {
    let Some(mut renderer) = renderer() else { return };
    let halo = stroke(Vec2::ZERO, Vec2::ZERO, 1.6, BLUE);
    let bare = Scene { halos: vec![halo], ..Scene::default() };
    let labelled = Scene { atoms: vec![disc(Vec2::ZERO, 0.35), disc(Vec2::X, 0.0)], ..bare.clone() };
    let full = area(&picture(&mut renderer, bare), BLUE);
    let ring = area(&picture(&mut renderer, labelled), BLUE);
    assert_close(full, PI * 80.0 * 80.0, 0.02);
    assert_close(full - ring, PI * 35.0 * 35.0, 0.02);
}

#[test]
fn atoms_lie_over_strokes_over_halos() {
    let Some(mut renderer) = renderer() else { return };
    let scene = Scene {
        atoms: vec![disc(Vec2::ZERO, 0.2)],
        strokes: vec![stroke(Vec2::ZERO, Vec2::X, 0.2, RED)],
        halos: vec![stroke(Vec2::ZERO, Vec2::X, 0.6, BLUE)],
        ..Scene::default()
    };
    // Two such scenes on top of each other: the order holds across scenes.
    let scene = Placed::at_origin(Arc::new(scene));
    renderer.draw(&request(&[scene.clone(), scene], &camera(Vec2::ZERO, 100.0))).unwrap();
    let image = renderer.read_back().unwrap();
    assert_eq!(pixel(&image, 160.0, 120.0), BACKGROUND, "disc");
    assert_eq!(pixel(&image, 220.0, 120.0), RED, "stroke");
    assert_eq!(pixel(&image, 220.0, 140.0), BLUE, "halo");
    assert_eq!(pixel(&image, 220.0, 160.0), BACKGROUND, "beyond");
}

#[test]
fn each_half_of_a_bond_shows_its_colour() {
    let Some(mut renderer) = renderer() else { return };
    let halves = vec![stroke(-Vec2::X, Vec2::ZERO, 0.1, RED), stroke(Vec2::X, Vec2::ZERO, 0.1, BLUE)];
    let image = picture(&mut renderer, strokes(halves));
    assert!((60..154).all(|x| pixel(&image, x as f32, 120.0) == RED));
    assert!((166..260).all(|x| pixel(&image, x as f32, 120.0) == BLUE));
    assert!((154..166).all(|x| pixel(&image, x as f32, 120.0) != BACKGROUND), "no gap in the middle");
}

#[test]
fn an_arc_bends_behind_the_bonds_and_covers_its_area() {
    let Some(mut renderer) = renderer() else { return };
    let (from, control, to) = (Vec2::new(-1.0, 0.0), Vec2::new(-0.5, 0.8), Vec2::new(0.2, 0.8));
    let half = Curve { from, control, to, width: 0.1, color: RED, dashed: false, edge: DirectedEdge::new(0, 1) };
    let arcs = |strokes| Scene { arcs: vec![half], strokes, ..Scene::default() };
    let image = picture(&mut renderer, arcs(Vec::new()));
    let steps: Vec<Vec2> = (0..=200).map(|step| half.point(step as f32 / 200.0)).collect();
    let length: f32 = steps.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    assert_close(area(&image, RED), 100.0 * length * 10.0 + PI * 5.0 * 5.0, 0.03);
    for at in [half.point(0.1), half.point(0.5), half.point(0.9)] {
        assert_eq!(pixel(&image, 160.0 + 100.0 * at.x, 120.0 - 100.0 * at.y), RED, "{at}");
    }
    assert_eq!(pixel(&image, 120.0, 80.0), BACKGROUND, "it is no straight line");
    let middle = half.point(0.5);
    let image = picture(&mut renderer, arcs(vec![stroke(middle - Vec2::X, middle + Vec2::X, 0.2, BLUE)]));
    assert_eq!(pixel(&image, 160.0 + 100.0 * middle.x, 120.0 - 100.0 * middle.y), BLUE, "bonds lie over arcs");
}

#[test]
fn things_stand_where_the_camera_says() {
    let Some(mut renderer) = renderer() else { return };
    let dots = [Vec2::ZERO, Vec2::new(1.0, 0.5), Vec2::new(-0.75, 1.25)];
    let scene = strokes(dots.map(|dot| stroke(dot, dot, 0.1, RED)).to_vec());
    let scenes = [Placed::at_origin(Arc::new(scene))];
    for (center, zoom, scale) in [(Vec2::ZERO, 80.0, 1.0), (Vec2::new(0.4, 0.9), 90.0, 1.0), (Vec2::ONE, 30.0, 1.5)] {
        let camera = camera(center, zoom);
        renderer.draw(&DrawRequest { pixels_per_point: scale, ..request(&scenes, &camera) }).unwrap();
        let image = renderer.read_back().unwrap();
        let radius = 0.05 * zoom * scale;
        assert_close(area(&image, RED), 3.0 * PI * radius * radius, 0.03);
        let size = Vec2::new(SIZE[0] as f32, SIZE[1] as f32) / scale;
        for dot in dots {
            let at = scale * camera.to_screen(dot, size);
            assert_eq!(pixel(&image, at.x, at.y), RED, "{dot} should be at {at}");
            assert_eq!(pixel(&image, at.x, at.y + radius + 2.0), BACKGROUND, "{dot} is no larger than it should be");
        }
    }
}

#[test]
fn placed_scenes_are_moved_and_scaled() {
    let Some(mut renderer) = renderer() else { return };
    let scene = Arc::new(strokes(vec![stroke(Vec2::ZERO, Vec2::X, 0.1, RED)]));
    let scenes = [
        Placed { scene: Arc::clone(&scene), offset: Vec2::new(-1.0, 0.5), scale: 0.5 },
        Placed { scene, offset: Vec2::new(0.0, -0.5), scale: 1.0 },
    ];
    renderer.draw(&request(&scenes, &camera(Vec2::ZERO, 100.0))).unwrap();
    let image = renderer.read_back().unwrap();
    let expected = 50.0 * 5.0 + PI * 2.5 * 2.5 + 100.0 * 10.0 + PI * 5.0 * 5.0;
    assert_close(area(&image, RED), expected, 0.02);
    assert_eq!(pixel(&image, 108.0, 70.0), RED);
    assert_eq!(pixel(&image, 255.0, 170.0), RED);
    assert_eq!(pixel(&image, 120.0, 120.0), BACKGROUND);
}

#[test]
fn hundreds_of_scenes_stand_each_in_their_place() {
    let Some(mut renderer) = renderer() else { return };
    let mark = |color| Arc::new(strokes(vec![stroke(Vec2::ZERO, Vec2::ZERO, 1.0, color)]));
    let (red, blue) = (mark(RED), mark(BLUE));
    // 20 by 15 cells of 16 pixels, red and blue in turn.
    let cells = (0..300_u16).map(|index| (f32::from(index % 20), f32::from(index / 20)));
    let scenes: Vec<Placed> = cells
        .clone()
        .map(|(x, y)| Placed {
            scene: Arc::clone(if (x + y) % 2.0 < 0.5 { &red } else { &blue }),
            offset: Vec2::new(16.0 * x + 8.0 - 160.0, 120.0 - 16.0 * y - 8.0),
            scale: 8.0,
        })
        .collect();
    renderer.draw(&request(&scenes, &camera(Vec2::ZERO, 1.0))).unwrap();
    let image = renderer.read_back().unwrap();
    for (x, y) in cells {
        let expected = if (x + y) % 2.0 < 0.5 { RED } else { BLUE };
        assert_eq!(pixel(&image, 16.0 * x + 8.0, 16.0 * y + 8.0), expected);
        assert_eq!(pixel(&image, 16.0 * x + 1.0, 16.0 * y + 1.0), BACKGROUND);
    }
}

#[test]
fn renderers_of_one_kind_keep_pictures_of_their_own() {
    let Some(mut first) = renderer() else { return };
    let mut second = first.sibling().unwrap();
    let wide = |color| strokes(vec![stroke(-Vec2::X, Vec2::X, 1.0, color)]);
    let (red, blue) = (picture(&mut first, wide(RED)), picture(&mut second, wide(BLUE)));
    assert_eq!((pixel(&red, 160.0, 120.0), pixel(&blue, 160.0, 120.0)), (RED, BLUE));
    assert_eq!(first.read_back().unwrap(), red, "the other's picture changes nothing here");
}

#[test]
fn only_what_changed_changes_the_picture() {
    let Some(mut renderer) = renderer() else { return };
    let red = [Placed::at_origin(Arc::new(strokes(vec![stroke(-Vec2::X, Vec2::X, 0.1, RED)])))];
    let blue = [Placed::at_origin(Arc::new(strokes(vec![stroke(-Vec2::X, Vec2::X, 0.1, BLUE)])))];
    let (near, far) = (camera(Vec2::ZERO, 100.0), camera(Vec2::new(0.0, 0.5), 50.0));
    let mut shot = |request: &DrawRequest<'_>| {
        renderer.draw(request).unwrap();
        renderer.read_back().unwrap()
    };

    let first = shot(&request(&red, &near));
    assert_eq!(shot(&request(&red, &near)), first, "nothing changed");
    let moved = shot(&request(&red, &far));
    assert_eq!((pixel(&moved, 160.0, 145.0), pixel(&moved, 160.0, 120.0)), (RED, BACKGROUND), "the camera moved");
    assert_eq!(pixel(&shot(&request(&blue, &far)), 160.0, 145.0), BLUE, "another scene");
    let dark = shot(&DrawRequest { background: GREY, ..request(&blue, &far) });
    assert_eq!((pixel(&dark, 160.0, 145.0), pixel(&dark, 0.0, 0.0)), (BLUE, GREY), "another background");
    let small = shot(&DrawRequest { size_px: [64, 48], ..request(&red, &near) });
    assert_eq!((small.width, small.height, small.rgba.len()), (64, 48, 4 * 64 * 48));
    assert_eq!(shot(&request(&red, &near)), first, "back to the start");
}

#[test]
fn a_hundred_thousand_strokes_draw() {
    let Some(mut renderer) = renderer() else { return };
    picture(&mut renderer, strokes(vec![stroke(Vec2::ZERO, Vec2::X, 0.1, RED)]));
    // 400 × 250 short strokes, none touching another.
    let grid = (0..100_000).map(|index| Vec2::new((index % 400) as f32 - 200.0, (index / 400) as f32 - 125.0));
    let scene = strokes(grid.map(|start| stroke(start, start + 0.5 * Vec2::X, 0.25, RED)).collect());
    let scenes = [Placed::at_origin(Arc::new(scene))];
    let camera = camera(Vec2::ZERO, 8.0);
    renderer.draw(&DrawRequest { size_px: [3220, 2020], ..request(&scenes, &camera) }).unwrap();
    let image = renderer.read_back().unwrap();
    // Every one is 4 pixels long and 2 wide, with round ends.
    assert_close(area(&image, RED), 100_000.0 * (4.0 * 2.0 + PI), 0.05);
}

/// Draws a renderer's picture at `corner` of a 64 × 30 pass that was green, and reads that back.
fn composited(format: wgpu::TextureFormat, renderer: &Renderer, corner: [i32; 2]) -> Vec<[u8; 4]> {
    let (device, queue) = gpu().unwrap();
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: None,
        size: wgpu::Extent3d { width: 64, height: 30, depth_or_array_layers: 1 },
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
        view_formats: &[],
    });
    let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
    let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
        color_attachments: &[Some(wgpu::RenderPassColorAttachment {
            view: &view,
            depth_slice: None,
            resolve_target: None,
            ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color::GREEN), store: wgpu::StoreOp::Store },
        })],
        ..wgpu::RenderPassDescriptor::default()
    });
    renderer.composite(&mut pass, corner);
    drop(pass);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 256 * 30,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(256), rows_per_image: None };
    let copy = wgpu::TexelCopyBufferInfo { buffer: &buffer, layout };
    encoder.copy_texture_to_buffer(texture.as_image_copy(), copy, texture.size());
    queue.submit([encoder.finish()]);
    buffer.map_async(wgpu::MapMode::Read, .., |result| result.unwrap());
    device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
    buffer.get_mapped_range(..).unwrap().as_chunks().0.to_vec()
}

#[test]
fn the_composited_picture_is_exact_in_plain_and_srgb_targets() {
    use wgpu::TextureFormat::{Bgra8Unorm, Bgra8UnormSrgb, Rgba8Unorm, Rgba8UnormSrgb};
    let Some((device, queue)) = gpu() else { return };
    // Every byte value once, 16 × 16 squares of one pixel each.
    let levels = (0..=255u8).map(|level| {
        let at = Vec2::new(f32::from(level % 16) - 7.5, f32::from(level / 16) - 7.5);
        stroke(at, at, 2.0, Rgb([level, 255 - level, level]))
    });
    let scenes = [Placed::at_origin(Arc::new(strokes(levels.collect())))];
    for format in [Bgra8Unorm, Rgba8Unorm, Bgra8UnormSrgb, Rgba8UnormSrgb] {
        let mut renderer = Renderer::new(device, queue, format).unwrap();
        let camera = camera(Vec2::ZERO, 1.0);
        renderer.draw(&DrawRequest { size_px: [16, 16], ..request(&scenes, &camera) }).unwrap();
        let image = renderer.read_back().unwrap();
        for corner in [[0, 0], [10, 5], [-3, 20], [60, -15], [100, 100], [i32::MAX, i32::MIN]] {
            let shown = composited(format, &renderer, corner);
            for (index, shown) in shown.into_iter().enumerate() {
                let (x, y) = (index as i64 % 64 - i64::from(corner[0]), index as i64 / 64 - i64::from(corner[1]));
                let inside = (0..16).contains(&x) && (0..16).contains(&y);
                let source = if inside { pixel(&image, x as f32, y as f32) } else { Rgb([0, 255, 0]) };
                let [a, b, c, alpha] = shown;
                let swapped = matches!(format, Bgra8Unorm | Bgra8UnormSrgb);
                let shown = Rgb(if swapped { [c, b, a] } else { [a, b, c] });
                assert_eq!((shown, alpha), (source, 255), "{format:?} at {corner:?}, pixel {x}, {y}");
            }
        }
    }
}

#[test]
fn every_colour_value_comes_out_as_given() {
    let Some(mut renderer) = renderer() else { return };
    let at = |level: u8| Vec2::new(f32::from(level % 16) - 7.5, f32::from(level / 16) - 7.5);
    let color = |level: u8| Rgb([level, 255 - level, level.wrapping_mul(7)]);
    let scene = strokes((0..=255).map(|level| stroke(at(level), at(level), 0.5, color(level))).collect());
    let camera = camera(Vec2::ZERO, 10.0);
    renderer.draw(&request(&[Placed::at_origin(Arc::new(scene))], &camera)).unwrap();
    let image = renderer.read_back().unwrap();
    for level in 0..=255 {
        let place = camera.to_screen(at(level), Vec2::new(320.0, 240.0));
        assert_eq!(pixel(&image, place.x, place.y), color(level));
    }
}

#[test]
fn no_pixels_is_no_picture() {
    let Some(mut renderer) = renderer() else { return };
    let camera = camera(Vec2::ZERO, 100.0);
    picture(&mut renderer, Scene::default());
    for size_px in [[0, 0], [0, 10], [10, 0]] {
        renderer.draw(&DrawRequest { size_px, ..request(&[], &camera) }).unwrap();
        assert_eq!(renderer.read_back().unwrap(), Image::default());
        let green = [0, 255, 0, 255];
        assert!(composited(wgpu::TextureFormat::Bgra8Unorm, &renderer, [0, 0]).iter().all(|pixel| *pixel == green));
    }
}

#[test]
fn what_the_device_cannot_do_is_an_error_and_not_the_end() {
    let Some(mut renderer) = renderer() else { return };
    let Some((device, queue)) = gpu() else { return };
    let limit = device.limits().max_texture_dimension_2d;
    let camera = camera(Vec2::ZERO, 100.0);
    let error = renderer.draw(&DrawRequest { size_px: [limit + 1, 10], ..request(&[], &camera) }).unwrap_err();
    assert!(matches!(error, RenderError::TooLarge { .. }));
    assert!(error.to_string().contains(&format!("stay below {limit} pixels")), "{error}");
    assert_eq!(renderer.read_back().unwrap(), Image::default());
    assert_eq!(pixel(&picture(&mut renderer, Scene::default()), 0.0, 0.0), BACKGROUND, "the next picture is fine");

    let refused = Renderer::new(device, queue, wgpu::TextureFormat::Rgb9e5Ufloat);
    assert!(matches!(refused, Err(RenderError::Refused(_))));
}

#[test]
fn the_camera_may_be_very_near_or_far_off() {
    let Some(mut renderer) = renderer() else { return };
    let scenes = [Placed::at_origin(Arc::new(strokes(vec![stroke(-Vec2::X, Vec2::X, 0.1, RED)])))];
    let all = (SIZE[0] * SIZE[1]) as f32;
    let cases = [
        (camera(Vec2::new(0.5, 0.0), 10_000.0), all),
        (camera(Vec2::new(1e6, 1e6), 10_000.0), 0.0),
        (camera(Vec2::ZERO, 0.0), 0.0),
    ];
    for (camera, expected) in cases {
        renderer.draw(&request(&scenes, &camera)).unwrap();
        let measured = area(&renderer.read_back().unwrap(), RED);
        assert!((measured - expected).abs() < 0.5, "{measured} instead of {expected} with {camera:?}");
    }
}
