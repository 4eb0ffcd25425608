//! The molecule: its head line, one drawing for every state side by side with everything the pointer can
//! do to it, and what it says when there is nothing to draw or to score.
//!
//! All drawings have one camera, one selection and one colour scale, so that they differ by what the
//! models say and by nothing else.

mod grid;
mod head;
mod pointer;

use super::actions::Effect;
use super::canvas::{self, Surface};
use super::lanes::{self, Pictures};
use super::{absent, prediction, spoken, tooltip};
use crate::domain::{AtomId, MoleculeId};
use crate::scene::{Camera, Hit, Pick, Scene};
use crate::workspace::{Difference, MOST_LANES, Picture, State};
use eframe::egui::{self, Rect, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2};
use glam::Vec2 as World;
use grid::Cell;
use std::time::{Duration, Instant};

/// After this long without an answer the view says that it waits.
const PATIENCE: Duration = Duration::from_millis(150);

/// Room for the colour bar when a molecule is fitted, points.
const BAR_ROOM: f32 = 58.0;

/// What the panel keeps for itself.
pub(super) struct Molecule {
    camera: Camera,
    /// Whether the camera follows molecule and window, as it does until the user moves it.
    fitted: bool,
    /// The molecule that the camera was made for.
    shown: Option<(u64, MoleculeId)>,
    /// Where the main state is drawn; all drawings are as large.
    canvas: Option<Rect>,
    hovered: Option<Hit>,
    /// What the open context menu is about.
    menu: Option<Hit>,
    /// Whether the keyboard asked for that menu, and where it then stands.
    menu_asked: bool,
    menu_at: Option<egui::Pos2>,
    /// One per drawing.
    spoken: [spoken::Spoken; MOST_LANES + 2],
    waiting: Option<Instant>,
}

impl Default for Molecule {
    fn default() -> Self {
        Self {
            camera: Camera::default(),
            fitted: true,
            shown: None,
            canvas: None,
            hovered: None,
            menu: None,
            menu_asked: false,
            menu_at: None,
            spoken: Default::default(),
            waiting: None,
        }
    }
}

impl Molecule {
    /// What is under the pointer.
    pub(super) fn hovered_pick(&self) -> Option<Pick> {
        self.hovered.map(|hit| hit.pick)
    }

    /// Shows the whole molecule from now on.
    pub(super) fn fit(&mut self) {
        self.fitted = true;
    }

    /// Opens the menu of what is chosen with the next frame.
    pub(super) fn ask_for_menu(&mut self) {
        self.menu_asked = true;
    }

    /// What screen readers were told of a drawing.
    pub(super) fn spoken(&mut self, place: usize) -> Option<&mut spoken::Spoken> {
        self.spoken.get_mut(place)
    }

    /// Magnifies about the middle of the view.
    pub(super) fn zoom(&mut self, factor: f32) {
        if let Some(canvas) = self.canvas {
            let viewport = world(canvas.size());
            self.camera = self.camera.zoomed(factor, viewport / 2.0, viewport);
            self.fitted = false;
        }
    }

    /// Where on screen an atom, or the middle of a bond or arc, is drawn.
    pub(super) fn screen_position(&self, scene: &Scene, pick: Pick) -> Option<egui::Pos2> {
        self.position_in(self.canvas?, scene, pick)
    }

    /// The same in the drawing that has this place.
    pub(super) fn position_in(&self, canvas: Rect, scene: &Scene, pick: Pick) -> Option<egui::Pos2> {
        let center = |atom: AtomId| scene.atoms.iter().find(|mark| mark.atom == atom).map(|mark| mark.center);
        let at = match pick {
            Pick::Atom(atom) => center(atom)?,
            Pick::Bond(bond) => {
                let edge = scene.strokes.iter().find(|stroke| stroke.bond == Some(bond))?.edge?;
                (center(edge.source)? + center(edge.target)?) / 2.0
            }
            // Both halves of an arc end at its top; where it is zeroed, the dots next to that are as good.
            Pick::Pair(..) => {
                let of = |edge| pick == Pick::pair(edge);
                let half = scene.arcs.iter().find(|half| of(half.edge)).map(|half| half.to);
                let dot = || scene.strokes.iter().rfind(|stroke| stroke.bond.is_none() && stroke.edge.is_some_and(of));
                half.or_else(|| dot().map(|dot| dot.to))?
            }
        };
        Some(self.point_in(canvas, at))
    }

    /// Where on screen a point of the scene is.
    pub(super) fn to_screen(&self, point: World) -> Option<egui::Pos2> {
        Some(self.point_in(self.canvas?, point))
    }

    fn point_in(&self, canvas: Rect, point: World) -> egui::Pos2 {
        let at = self.camera.to_screen(point, world(canvas.size()));
        canvas.min + Vec2::new(at.x, at.y)
    }

    /// Whether an answer has been due for long enough to say so; asks for the frame that will say it.
    fn is_waiting(&mut self, ui: &Ui, state: &State) -> bool {
        let is_due = |side: usize| {
            let answer = state.side(side).map(|side| (side.untraceable.is_none(), side.comparison.is_none()));
            answer.is_some_and(|(possible, missing)| possible && (missing || state.is_stale_at(side)))
        };
        if state.shown.is_none() || !(0..state.side_count()).any(is_due) {
            self.waiting = None;
            return false;
        }
        let waited = self.waiting.get_or_insert_with(Instant::now).elapsed();
        if waited < PATIENCE {
            ui.ctx().request_repaint_after(PATIENCE.saturating_sub(waited));
        }
        waited >= PATIENCE
    }
}

fn world(size: Vec2) -> World {
    World::new(size.x, size.y)
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, state: &State, pictures: &Pictures, own: &mut Molecule) -> Vec<Effect> {
    let mut effects = Vec::new();
    let waiting = own.is_waiting(ui, state);
    egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 10, top: 6, bottom: 2 }).show(ui, |ui| {
        head::head_line(ui, state, waiting, &mut effects);
        if state.lanes.is_empty() {
            head::reading_line(ui, state);
        }
        if let Some(absent) = pictures.absent() {
            effects.extend(absent::controls(ui, state, absent));
        }
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    let room = ui.available_rect_before_wrap();
    let pointed = if state.lanes.is_empty() {
        alone(ui, state, pictures, own, &mut effects)
    } else {
        beside(ui, state, pictures, own, &mut effects)
    };
    own.hovered = pointed;
    ui.advance_cursor_after_rect(room);
    effects
}

/// The main state over the whole panel, its colour bar in the drawing; returns what is pointed at.
fn alone(
    ui: &mut Ui,
    state: &State,
    pictures: &Pictures,
    own: &mut Molecule,
    effects: &mut Vec<Effect>,
) -> Option<Hit> {
    let canvas = canvas::whole_pixels(ui.available_rect_before_wrap(), ui.pixels_per_point());
    let picture = pictures.main();
    let bar = picture.and_then(|picture| picture.bar.as_ref());
    own.canvas = Some(canvas);
    follow(own, state, picture.map(|picture| &*picture.scene), (canvas, bar_room(bar)));
    let hit =
        draw(ui, state, (0, canvas, "Drawing of the molecule"), (picture.map(AsRef::as_ref), pictures), own, effects);
    if let Some(bar) = bar {
        canvas::color_bar(ui, canvas, bar);
    }
    effects.extend(explain(ui, state, 0, (canvas, BAR_ROOM), picture.is_some()));
    hit
}

/// Every state in a cell of its own under its head, and the difference; the colour bars below all. Returns
/// what is pointed at.
fn beside(
    ui: &mut Ui,
    state: &State,
    pictures: &Pictures,
    own: &mut Molecule,
    effects: &mut Vec<Effect>,
) -> Option<Hit> {
    let mut room = ui.available_rect_before_wrap();
    let bars = [pictures.explained(), pictures.difference.as_deref()].map(|picture| picture?.bar.as_ref());
    let bars: Vec<_> = bars.into_iter().flatten().collect();
    let bar_room = bars.iter().map(|bar| bar_room(Some(bar))).fold(0.0, f32::max);
    room.max.y -= bar_room;
    let shown = state.difference.filter(|_| pictures.difference.is_some());
    let cells = grid::cells(room, state.side_count() + usize::from(shown.is_some()));
    let canvases: Vec<Rect> =
        cells.iter().map(|cell| canvas::whole_pixels(cell.canvas, ui.pixels_per_point())).collect();
    own.canvas = canvases.first().copied();
    let scene = pictures.sides.iter().flatten().next().map(|picture| &*picture.scene);
    follow(own, state, scene, (canvases.first().copied().unwrap_or(room), 0.0));
    let mut pointed = None;
    for (place, (cell, canvas)) in cells.iter().zip(canvases).enumerate() {
        let side = (place < state.side_count()).then_some(place);
        let picture = match side {
            Some(side) => pictures.sides.get(side).and_then(Option::as_ref),
            None => pictures.difference.as_ref(),
        };
        let name = match (side, shown) {
            (Some(side), _) => format!("Drawing of the molecule, {}", lanes::title(state, side)),
            (None, shown) => format!("Difference map {}", shown.map(lanes::letters).unwrap_or_default()),
        };
        cell_head(ui, state, cell, (side, shown), effects);
        let hit = draw(ui, state, (place, canvas, &name), (picture.map(AsRef::as_ref), pictures), own, effects);
        pointed = pointed.or(hit);
        if let Some(side) = side {
            effects.extend(explain(ui, state, side, (canvas, 44.0), picture.is_some()));
        }
        grid::outline(ui, cell);
    }
    let strip = Rect::from_min_max(pos2(room.left(), room.bottom()), pos2(room.right(), room.bottom() + bar_room));
    for (bar, place) in bars.iter().zip(grid::columns(strip, bars.len())) {
        canvas::color_bar(ui, place, bar);
    }
    pointed
}

fn cell_head(
    ui: &mut Ui,
    state: &State,
    cell: &Cell,
    (side, difference): (Option<usize>, Option<Difference>),
    effects: &mut Vec<Effect>,
) {
    let mut inner = ui.new_child(egui::UiBuilder::new().id_salt(("head", side)).max_rect(cell.head));
    inner.set_clip_rect(cell.head.expand(2.0).intersect(ui.clip_rect()));
    match (side, difference) {
        (Some(side), _) => head::side(&mut inner, state, side, effects),
        (None, Some(difference)) => head::difference(&mut inner, state, difference, effects),
        (None, None) => {}
    }
}

/// Draws one state and does what the pointer asks for there; returns what is pointed at.
fn draw(
    ui: &mut Ui,
    state: &State,
    (place, canvas, name): (usize, Rect, &str),
    (picture, pictures): (Option<&Picture>, &Pictures),
    own: &mut Molecule,
    effects: &mut Vec<Effect>,
) -> Option<Hit> {
    let response = ui.interact(canvas, ui.scope_id().with(("drawing", place)), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, name));
    let mut hit = None;
    if let Some(picture) = picture {
        pointer::move_camera(ui, &response, own, canvas);
        hit = pointer::point(ui, &response, (picture, canvas), own, effects);
        if place == 0 {
            pointer::open_menu_by_key(ui, &response, state, (picture, own));
        }
        let drawing = match state.difference {
            Some(shown) if place == state.side_count() => spoken::Drawing::Difference(shown),
            _ => spoken::Drawing::Side(place),
        };
        effects.extend(spoken::molecule(ui, &response, state, drawing, (picture, own)));
        pointer::context_menu(&response, state, (Some(picture), own), effects);
    }
    canvas::paint(ui, canvas, Surface::Molecule(place), (picture.map(|picture| &picture.scene), own.camera));
    if let (Some(picture), Some(hit), Some(shown)) = (picture, hit, &state.shown)
        && !egui::Popup::is_any_open(ui.ctx())
    {
        tooltip::show(ui, &response, state, (picture, pictures, shown), hit);
    }
    hit
}

/// Room that a colour bar takes below a drawing, points.
fn bar_room(bar: Option<&crate::scene::ColorBar>) -> f32 {
    BAR_ROOM + bar.map_or(0.0, canvas::note_room)
}

/// Fits another molecule, and keeps a fitted one fitted while window and layout change.
fn follow(own: &mut Molecule, state: &State, scene: Option<&Scene>, (canvas, bar_room): (Rect, f32)) {
    let (Some(scene), Some(shown), Some(opened)) = (scene, &state.shown, &state.opened) else { return };
    let shown = Some((opened.revision, shown.id));
    if own.shown != shown {
        own.shown = shown;
        own.fitted = true;
        own.hovered = None;
    }
    if own.fitted {
        let room = World::new(canvas.width() - 24.0, canvas.height() - bar_room - 12.0).max(World::splat(20.0));
        let camera = Camera::fit(scene.bounds, room);
        // The bar stands below: the picture moves up by half its room.
        own.camera = camera.panned(World::new(0.0, 6.0 - bar_room / 2.0));
    }
}

/// Why there is no drawing, or no number in it, and the way on where there is one.
fn explain(ui: &mut Ui, state: &State, side: usize, (canvas, room): (Rect, f32), drawn: bool) -> Vec<Effect> {
    let untraceable = state.side(side).and_then(|side| side.untraceable);
    let text = match (untraceable, drawn) {
        (Some(reason), true) => format!("No numbers: {}", reason.message),
        (Some(reason), false) => format!("No drawing: {}", reason.message),
        (None, true) => return Vec::new(),
        (None, false) if state.selected.is_some() => "Laying out the molecule…".to_owned(),
        (None, false) => {
            "Open a file of SMILES, drop one here, or choose “Open bundled molecules” in the File menu.".to_owned()
        }
    };
    let color = if untraceable.is_some() { ui.visuals().warn_fg_color } else { ui.visuals().weak_text_color() };
    let width = (canvas.width() - 32.0).clamp(60.0, 520.0);
    let insistable = untraceable.is_some_and(|reason| reason.large);
    let height = if insistable { room + 46.0 } else { room };
    let place = if drawn {
        // Where the colour bar would be.
        Rect::from_min_size(pos2(canvas.center().x - width / 2.0, canvas.bottom() - height), Vec2::new(width, 20.0))
    } else {
        Rect::from_center_size(canvas.center(), Vec2::new(width, 40.0))
    };
    let mut inner = ui.new_child(
        egui::UiBuilder::new()
            .id_salt(("reason", side))
            .max_rect(place)
            .layout(egui::Layout::top_down(egui::Align::Center)),
    );
    let frame = egui::Frame::popup(inner.style()).shadow(egui::Shadow::NONE);
    let shown = frame.show(&mut inner, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
        if insistable { prediction::insist(ui, state) } else { Vec::new() }
    });
    shown.inner
}
