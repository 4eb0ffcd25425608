//! The molecule: its head line, the drawing with everything the pointer can do to it, and what it says
//! when there is nothing to draw or to score.

use super::actions::{ActionId, Effect};
use super::parts::{self, decimal, weak};
use super::prediction::{self, Prediction};
use super::{absent, canvas, tooltip};
use crate::domain::{AtomId, DirectedEdge, MoleculeId, Scale};
use crate::models::Ebt;
use crate::scene::{self, Camera, Hit, Pick, Scene};
use crate::workspace::{Command, Picture, State};
use eframe::egui::{
    self, CursorIcon, PointerButton, Rect, Response, RichText, Role, Sense, Ui, Vec2, WidgetInfo, pos2,
};
use glam::Vec2 as World;
use std::time::{Duration, Instant};

/// After this long without an answer the view says that it waits.
const PATIENCE: Duration = Duration::from_millis(150);

/// Room for the colour bar when a molecule is fitted, points.
const BAR_ROOM: f32 = 58.0;

/// Magnification per scrolled point.
const WHEEL: f32 = 0.004;

/// What the panel keeps for itself.
pub(super) struct Molecule {
    camera: Camera,
    /// Whether the camera follows molecule and window, as it does until the user moves it.
    fitted: bool,
    /// The molecule that the camera was made for.
    shown: Option<(u64, MoleculeId)>,
    canvas: Option<Rect>,
    hovered: Option<Hit>,
    /// What the open context menu is about.
    menu: Option<Hit>,
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

    /// Magnifies about the middle of the view.
    pub(super) fn zoom(&mut self, factor: f32) {
        if let Some(canvas) = self.canvas {
            let viewport = world(canvas.size());
            self.camera = self.camera.zoomed(factor, viewport / 2.0, viewport);
            self.fitted = false;
        }
    }

    /// Where on screen an atom, or the middle of a bond, is drawn.
    pub(super) fn screen_position(&self, scene: &Scene, pick: Pick) -> Option<egui::Pos2> {
        let center = |atom: AtomId| scene.atoms.iter().find(|mark| mark.atom == atom).map(|mark| mark.center);
        let at = match pick {
            Pick::Atom(atom) => center(atom)?,
            Pick::Bond(bond) => {
                let edge = scene.strokes.iter().find(|stroke| stroke.bond == Some(bond))?.edge?;
                (center(edge.source)? + center(edge.target)?) / 2.0
            }
        };
        self.to_screen(at)
    }

    /// Where on screen a point of the scene is.
    pub(super) fn to_screen(&self, point: World) -> Option<egui::Pos2> {
        let canvas = self.canvas?;
        let at = self.camera.to_screen(point, world(canvas.size()));
        Some(canvas.min + Vec2::new(at.x, at.y))
    }

    /// Whether an answer has been due for long enough to say so; asks for the frame that will say it.
    fn is_waiting(&mut self, ui: &Ui, state: &State) -> bool {
        let due =
            state.shown.is_some() && state.untraceable.is_none() && (state.comparison.is_none() || state.is_stale());
        if !due {
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
pub(super) fn show(ui: &mut Ui, state: &State, picture: Option<&Picture>, own: &mut Molecule) -> Vec<Effect> {
    let mut effects = Vec::new();
    let waiting = own.is_waiting(ui, state);
    egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 10, top: 8, bottom: 2 }).show(ui, |ui| {
        head_line(ui, state, waiting);
        reading_line(ui, state);
        if let Some(absent) = picture.and_then(|picture| picture.absent.as_ref()) {
            effects.extend(absent::controls(ui, state, absent));
        }
    });
    ui.spacing_mut().item_spacing.y = 0.0;
    let canvas = ui.available_rect_before_wrap();
    let (canvas, response) = ui.allocate_exact_size(canvas.size(), Sense::click_and_drag());
    let canvas = canvas::whole_pixels(canvas, ui.pixels_per_point());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Drawing of the molecule"));
    own.canvas = Some(canvas);
    let scene = picture.map(|picture| &picture.scene);
    let bar = picture.and_then(|picture| picture.bar.as_ref());
    let bar_room = BAR_ROOM + bar.filter(|bar| !bar.note.is_empty()).map_or(0.0, |_| canvas::NOTE);
    follow(own, state, scene.map(|scene| scene.as_ref()), (canvas, bar_room));
    if let Some(picture) = picture {
        move_camera(ui, &response, own, canvas);
        point(ui, &response, picture, own, &mut effects);
        context_menu(&response, state, own, &mut effects);
    } else {
        own.hovered = None;
    }
    canvas::paint(ui, canvas, scene, own.camera);
    if let Some(bar) = bar {
        canvas::color_bar(ui, canvas, bar);
    }
    effects.extend(explain(ui, state, canvas, scene.is_some()));
    if let (Some(picture), Some(hit), Some(shown)) = (picture, own.hovered, &state.shown)
        && !egui::Popup::is_any_open(ui.ctx())
    {
        tooltip::show(ui, &response, state, (picture, shown), hit);
    }
    effects
}

fn head_line(ui: &mut Ui, state: &State, waiting: bool) {
    ui.horizontal(|ui| {
        let Some(id) = state.selected else {
            ui.label(weak("No molecule"));
            return;
        };
        let record = state.dataset().and_then(|dataset| dataset.record(id));
        ui.label(RichText::new(format!("#{}", id.0)).heading());
        if let Some(name) = record.and_then(|record| record.id.as_deref()) {
            ui.label(RichText::new(name).strong());
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if waiting {
                ui.add(egui::Spinner::new().size(15.0));
                ui.label(weak("computing…").small());
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                let smiles = record.map_or("", |record| &record.smiles);
                let label = egui::Label::new(RichText::new(smiles).weak()).truncate().selectable(true);
                ui.add(label).on_hover_text(smiles);
            });
        });
    });
}

/// Measured and predicted value, and what the user changed about the model.
fn reading_line(ui: &mut Ui, state: &State) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::new(5.0, 2.0);
        let Some(comparison) = &state.comparison else {
            let record = state.selected.and_then(|id| state.dataset()?.record(id));
            let compared = state.compared().first().copied().flatten();
            let target = record.zip(compared).and_then(|(record, place)| record.targets.get(place).copied());
            if let Some(target) = target.filter(|value| !value.is_nan()) {
                ui.label(weak("measured"));
                ui.label(decimal(target));
                ui.label(weak("·"));
            }
            ui.label(weak(if state.untraceable.is_some() { "no prediction" } else { "…" }));
            return;
        };
        let Some(prediction) = Prediction::of(state) else { return };
        prediction::line(ui, &prediction);
        let intervention = &comparison.probe.intervention;
        let ebt = state.checkpoint().map_or(Ebt::Off, |checkpoint| checkpoint.spec.ebt);
        if intervention.explicit_bias != Scale::ONE && ebt != Ebt::Off {
            let scale = intervention.explicit_bias.value();
            ui.label(weak("·"));
            ui.label(match ebt {
                // Two-valued, as the model takes it.
                Ebt::Code => format!("EBT as coded {}", if scale >= 0.5 { "on" } else { "off" }),
                Ebt::Off | Ebt::Paper => format!("EBT × {scale:.2}"),
            });
        }
        match intervention.ablated.len() {
            0 => {}
            edges => {
                ui.label(weak("·"));
                ui.label(format!("{edges} directed edge{} out", if edges == 1 { "" } else { "s" }));
            }
        }
    });
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

fn move_camera(ui: &Ui, response: &Response, own: &mut Molecule, canvas: Rect) {
    if response.double_clicked() {
        own.fitted = true;
    }
    if response.dragged_by(PointerButton::Primary) || response.dragged_by(PointerButton::Middle) {
        let delta = response.drag_delta();
        own.camera = own.camera.panned(World::new(delta.x, delta.y));
        own.fitted = false;
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    let Some(pointer) = response.hover_pos() else { return };
    let factor = ui.input(|input| input.zoom_delta() * (input.smooth_scroll_delta().y * WHEEL).exp());
    if (factor - 1.0).abs() > 1e-4 {
        let anchor = world(pointer - canvas.min);
        own.camera = own.camera.zoomed(factor, anchor, world(canvas.size()));
        own.fitted = false;
    }
}

/// What the pointer is over, and what a click there does.
fn point(ui: &Ui, response: &Response, picture: &Picture, own: &mut Molecule, effects: &mut Vec<Effect>) {
    let (Some(canvas), camera) = (own.canvas, own.camera) else { return };
    let hit =
        |pointer: egui::Pos2| scene::pick(&picture.scene, &camera, world(canvas.size()), world(pointer - canvas.min));
    let hovered = response.hover_pos().filter(|_| !response.dragged()).and_then(hit);
    if hovered.map(|hit| hit.pick) != own.hovered_pick() {
        // The halo is part of the picture, which is made before the panels are shown.
        ui.ctx().request_repaint();
    }
    own.hovered = hovered;
    if own.hovered.is_some() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let Some(pointer) = response.interact_pointer_pos() else { return };
    if response.secondary_clicked() {
        own.menu = hit(pointer);
        if let Some(hit) = own.menu {
            effects.push(Command::Select(Some(hit.pick)).into());
        }
    } else if response.clicked() {
        match hit(pointer).map(|hit| hit.pick) {
            Some(Pick::Bond(bond)) if ui.input(|input| input.modifiers.shift) => {
                effects.extend([Command::Select(Some(Pick::Bond(bond))).into(), Command::ToggleBond(bond).into()]);
            }
            // Looking for a bond and missing it should not cost the selection on the way to a double-click.
            None if response.double_clicked() => {}
            pick => effects.push(Command::Select(pick).into()),
        }
    }
}

fn context_menu(response: &Response, state: &State, own: &Molecule, effects: &mut Vec<Effect>) {
    let Some(shown) = &state.shown else { return };
    response.context_menu(|ui| {
        if let Some(Hit { pick: Pick::Bond(bond), .. }) = own.menu
            && let Some(edges) = parts::directions(&shown.molecule, bond)
        {
            ui.label(weak(parts::bond_name(&shown.molecule, bond)));
            let removed = state.edits.intervention(shown.id).removed();
            let out: Vec<DirectedEdge> = edges.iter().copied().filter(|edge| removed.contains(edge)).collect();
            let mut entry = |ui: &mut Ui, text: String, enabled: bool, command: Command| {
                if ui.add_enabled(enabled, egui::Button::new(text)).clicked() {
                    effects.push(command.into());
                    ui.close();
                }
            };
            entry(ui, "Take out both directions".to_owned(), out.len() < 2, Command::Ablate(edges.to_vec()));
            for edge in edges {
                let text = format!("Take out {}", parts::edge_name(&shown.molecule, edge));
                entry(ui, text, !out.contains(&edge), Command::Ablate(vec![edge]));
            }
            entry(ui, "Put back".to_owned(), !out.is_empty(), Command::Restore(out.clone()));
            ui.separator();
        }
        for id in [
            ActionId::ClearAblation,
            ActionId::Fit,
            ActionId::AtomNumbers,
            ActionId::CopySmiles,
            ActionId::ExportMolecule,
        ] {
            effects.extend(parts::menu_item(ui, id, state));
        }
    });
}

/// Why there is no drawing, or no number in it, and the way on where there is one.
fn explain(ui: &mut Ui, state: &State, canvas: Rect, drawn: bool) -> Vec<Effect> {
    let text = match (&state.untraceable, drawn) {
        (Some(reason), true) => format!("No numbers: {}", reason.message),
        (Some(reason), false) => format!("No drawing: {}", reason.message),
        (None, true) => return Vec::new(),
        (None, false) if state.selected.is_some() => "Laying out the molecule…".to_owned(),
        (None, false) => {
            "Open a file of SMILES, drop one here, or choose “Open bundled molecules” in the File menu.".to_owned()
        }
    };
    let color = if state.untraceable.is_some() { ui.visuals().warn_fg_color } else { ui.visuals().weak_text_color() };
    let width = (canvas.width() - 32.0).clamp(60.0, 520.0);
    let insistable = state.untraceable.as_ref().is_some_and(|reason| reason.large);
    let height = if insistable { BAR_ROOM + 46.0 } else { BAR_ROOM };
    let place = if drawn {
        // Where the colour bar would be.
        Rect::from_min_size(pos2(canvas.center().x - width / 2.0, canvas.bottom() - height), Vec2::new(width, 20.0))
    } else {
        Rect::from_center_size(canvas.center(), Vec2::new(width, 40.0))
    };
    let mut inner =
        ui.new_child(egui::UiBuilder::new().max_rect(place).layout(egui::Layout::top_down(egui::Align::Center)));
    let frame = egui::Frame::popup(inner.style()).shadow(egui::Shadow::NONE);
    let shown = frame.show(&mut inner, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.add(egui::Label::new(RichText::new(text).color(color)).wrap());
        prediction::insist(ui, state)
    });
    shown.inner
}
