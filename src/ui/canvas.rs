//! Paints a scene into the window: strokes by our own renderer, atom labels as text on top, and the
//! colour bar that explains both.

use super::theme;
use crate::render::{DrawRequest, Placed, RenderError, Renderer};
use crate::scene::{Camera, ColorBar, Rgb, Scene, WIDTH_HIGH};
use eframe::egui::{self, Align2, Color32, FontId, Mesh, Painter, Rect, Shape, Stroke, Ui, Vec2, pos2};
use eframe::egui_wgpu::{self, CallbackResources, CallbackTrait, ScreenDescriptor, wgpu};
use glam::Vec2 as World;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

/// Height of a capital letter in ems, in the window's font.
const CAP_HEIGHT: f32 = 0.727;

/// Labels smaller than this many points are left out: they could not be read.
const SMALLEST_LABEL: f32 = 3.0;

/// Room for a line of notes below a colour bar, points.
const NOTE: f32 = 14.0;

/// Least height of what a colour bar stands in, points.
const BAR_HEIGHT: f32 = 50.0;

/// Colours of the bar's gradient.
const SAMPLES: usize = 48;

/// Which drawing of the window: each keeps its own picture from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Surface {
    /// The molecule shown, in one of the states side by side or as their difference.
    Molecule(usize),
    /// The thumbnails.
    Gallery,
}

/// What the paint callbacks share: the renderers, and the last thing that went wrong with one.
pub(super) struct Drawing {
    /// Where the pipelines are; it draws nothing itself.
    first: Renderer,
    renderers: BTreeMap<Surface, Renderer>,
    failure: Failure,
}

impl Drawing {
    fn draw(&mut self, surface: Surface, request: &DrawRequest<'_>) -> Result<(), RenderError> {
        match self.renderers.entry(surface) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(self.first.sibling()?),
        }
        .draw(request)
    }
}

/// A sentence on its way from the renderer to the user.
pub(super) type Failure = Arc<Mutex<Option<String>>>;

/// Builds the renderer and hands it to egui, which keeps it for the paint callbacks.
///
/// # Errors
/// One sentence: the device cannot draw.
pub(super) fn install(state: &egui_wgpu::RenderState) -> Result<Failure, String> {
    let first = Renderer::new(&state.device, &state.queue, state.target_format).map_err(|error| error.to_string())?;
    let failure = Failure::default();
    let drawing = Drawing { first, renderers: BTreeMap::new(), failure: Arc::clone(&failure) };
    state.renderer.write().callback_resources.insert(drawing);
    Ok(failure)
}

/// One picture of one frame.
struct Paint {
    surface: Surface,
    scenes: Arc<[Placed]>,
    camera: Camera,
    corner: [i32; 2],
    size: [u32; 2],
    pixels_per_point: f32,
    background: Rgb,
}

impl CallbackTrait for Paint {
    fn prepare(
        &self,
        _: &wgpu::Device,
        _: &wgpu::Queue,
        _: &ScreenDescriptor,
        _: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        if let Some(drawing) = resources.get_mut::<Drawing>() {
            let request = DrawRequest {
                scenes: &self.scenes,
                camera: &self.camera,
                size_px: self.size,
                pixels_per_point: self.pixels_per_point,
                background: self.background,
            };
            if let Err(error) = drawing.draw(self.surface, &request) {
                *drawing.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            }
        }
        Vec::new()
    }

    fn paint(&self, _: egui::PaintCallbackInfo, pass: &mut wgpu::RenderPass<'static>, resources: &CallbackResources) {
        if let Some(renderer) = resources.get::<Drawing>().and_then(|drawing| drawing.renderers.get(&self.surface)) {
            renderer.composite(pass, self.corner);
        }
    }
}

/// The largest rectangle of whole pixels inside `rect`, in points: what the renderer draws pixel by
/// pixel must not be stretched.
pub(super) fn whole_pixels(rect: Rect, pixels_per_point: f32) -> Rect {
    let up = |value: f32| (value * pixels_per_point).ceil() / pixels_per_point;
    let down = |value: f32| (value * pixels_per_point).floor() / pixels_per_point;
    let min = pos2(up(rect.min.x), up(rect.min.y));
    Rect::from_min_max(min, pos2(down(rect.max.x).max(min.x), down(rect.max.y).max(min.y)))
}

/// Paints a scene, or nothing but the background.
pub(super) fn paint(ui: &Ui, canvas: Rect, surface: Surface, (scene, camera): (Option<&Arc<Scene>>, Camera)) {
    let scenes: Arc<[Placed]> = scene.cloned().map(Placed::at_origin).into_iter().collect();
    paint_all(ui, canvas, surface, (&scenes, camera));
    let painter = ui.painter().with_clip_rect(canvas.intersect(ui.clip_rect()));
    for placed in scenes.iter() {
        labels(&painter, canvas, placed, camera);
    }
}

/// Paints everything of some scenes but their labels.
pub(super) fn paint_all(ui: &Ui, canvas: Rect, surface: Surface, (scenes, camera): (&Arc<[Placed]>, Camera)) {
    let pixels_per_point = ui.pixels_per_point();
    // Pixels of a window: far below the limits of the integers.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a window")]
    let (corner, size) = {
        let corner = canvas.min * pixels_per_point;
        let size = canvas.size() * pixels_per_point;
        ([corner.x.round() as i32, corner.y.round() as i32], [size.x.round() as u32, size.y.round() as u32])
    };
    let background = theme::background(ui).paper();
    let paint = Paint { surface, scenes: Arc::clone(scenes), camera, corner, size, pixels_per_point, background };
    let painter = ui.painter().with_clip_rect(canvas.intersect(ui.clip_rect()));
    painter.add(egui_wgpu::Callback::new_paint_callback(canvas, paint));
}

/// Labels of atoms and notes, each piece centred on its capital height.
pub(super) fn labels(painter: &Painter, canvas: Rect, Placed { scene, offset, scale }: &Placed, camera: Camera) {
    let viewport = World::new(canvas.width(), canvas.height());
    let visible = canvas.expand(40.0);
    for piece in scene.atoms.iter().flat_map(|atom| &atom.pieces).chain(&scene.notes) {
        let at = camera.to_screen(*offset + *scale * piece.center, viewport);
        let at = canvas.min + Vec2::new(at.x, at.y);
        // Half points are fine enough, and keep zooming from filling the font texture with sizes.
        let size = (2.0 * piece.size * scale * camera.zoom).round() / 2.0;
        if size < SMALLEST_LABEL || !visible.contains(at) {
            continue;
        }
        let galley = painter.layout_no_wrap(piece.text.clone(), FontId::proportional(size), theme::color(piece.color));
        let baseline = galley.rows.first().and_then(|row| Some(row.pos.y + row.glyphs.first()?.pos.y));
        let baseline = baseline.unwrap_or(galley.size().y / 2.0);
        let corner = pos2(at.x - galley.size().x / 2.0, at.y + CAP_HEIGHT * size / 2.0 - baseline);
        painter.galley(corner, galley, theme::color(piece.color));
    }
}

/// Room for the notes of a bar, points.
pub(super) fn note_room(bar: &ColorBar) -> f32 {
    bar.note.lines().map(|_| NOTE).sum()
}

/// The colour bar, along the lower end of the canvas.
pub(super) fn color_bar(ui: &Ui, canvas: Rect, bar: &ColorBar) {
    let width = (canvas.width() - 48.0).min(440.0);
    if width < 80.0 || canvas.height() < BAR_HEIGHT {
        return;
    }
    let note = note_room(bar);
    let corner = pos2(canvas.center().x - width / 2.0, canvas.bottom() - 30.0 - note);
    let frame = Rect::from_min_size(corner, Vec2::new(width, 11.0));
    let painter = ui.painter().with_clip_rect(canvas.intersect(ui.clip_rect()));
    let paper = theme::color(theme::background(ui).paper());
    let behind = Rect::from_min_max(frame.min - Vec2::new(16.0, 20.0), frame.max + Vec2::new(16.0, 18.0 + note));
    painter.rect_filled(behind, 4.0, paper.gamma_multiply(0.86));
    bar_with_ticks(ui, &painter, frame, bar);
    let below = frame.left_bottom() + Vec2::new(0.0, 17.0);
    let ink = ui.visuals().text_color();
    painter.text(below, Align2::LEFT_TOP, &bar.note, FontId::proportional(11.0), ink);
}

/// The same with its label above.
pub(super) fn bar_with_ticks(ui: &Ui, painter: &Painter, frame: Rect, bar: &ColorBar) {
    scale_with_ticks(ui, painter, frame, bar);
    let (font, ink) = (FontId::proportional(11.0), ui.visuals().text_color());
    painter.text(frame.left_top() - Vec2::new(0.0, 3.0), Align2::LEFT_BOTTOM, &bar.label, font, ink);
}

/// Gradient, ticks and marker.
pub(super) fn scale_with_ticks(ui: &Ui, painter: &Painter, frame: Rect, bar: &ColorBar) {
    painter.add(Shape::mesh(gradient(ui, frame, bar)));
    let (ink, weak) = (ui.visuals().text_color(), ui.visuals().weak_text_color());
    let font = FontId::proportional(11.0);
    let x = |position: f32| egui::lerp(frame.x_range(), position);
    let marked = bar.marker.as_ref().map(|marker| x(marker.position));
    let mut free = f32::NEG_INFINITY;
    for tick in &bar.ticks {
        let at = x(tick.position);
        painter.vline(at, frame.bottom()..=frame.bottom() + 3.0, Stroke::new(1.0, weak));
        let galley = painter.layout_no_wrap(tick.label.clone(), font.clone(), weak);
        let left = at - galley.size().x / 2.0;
        if left > free && marked.is_none_or(|marked| (marked - at).abs() > 0.5) {
            free = left + galley.size().x + 4.0;
            painter.galley(pos2(left, frame.bottom() + 3.0), galley, weak);
        }
    }
    if let (Some(marker), Some(at)) = (&bar.marker, marked) {
        painter.vline(at, frame.top() - 3.0..=frame.bottom() + 3.0, Stroke::new(1.5, ink));
        painter.text(pos2(at, frame.bottom() + 3.0), Align2::CENTER_TOP, &marker.label, font, ink);
    }
}

/// The bar's colours; its height follows the stroke widths, so that it explains them too.
fn gradient(ui: &Ui, frame: Rect, bar: &ColorBar) -> Mesh {
    let mut mesh = Mesh::default();
    let samples = bar.samples(SAMPLES, theme::background(ui));
    #[allow(clippy::cast_precision_loss, reason = "a few dozen samples")]
    let last = samples.len().saturating_sub(1).max(1) as f32;
    for (index, (color, width)) in samples.into_iter().enumerate() {
        #[allow(clippy::cast_precision_loss, reason = "a few dozen samples")]
        let x = egui::lerp(frame.x_range(), index as f32 / last);
        let half = (width / WIDTH_HIGH).clamp(0.25, 1.0) * frame.height() / 2.0;
        let color: Color32 = theme::color(color);
        // The outer half point fades out: meshes have no smooth edges of their own.
        let rows = [
            (-half - 0.5, Color32::TRANSPARENT),
            (-half + 0.5, color),
            (half - 0.5, color),
            (half + 0.5, Color32::TRANSPARENT),
        ];
        for (y, color) in rows {
            mesh.colored_vertex(pos2(x, frame.center().y + y), color);
        }
        if let (true, Ok(corner)) = (index > 0, u32::try_from(4 * index)) {
            for row in corner..corner + 3 {
                mesh.add_triangle(row - 4, row - 3, row);
                mesh.add_triangle(row - 3, row, row + 1);
            }
        }
    }
    mesh
}
