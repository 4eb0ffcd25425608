//! What the pointer does in a drawing: moving the camera that all drawings share, choosing atoms and
//! bonds, and the menu on them.

use super::super::ablation;
use super::super::actions::{ActionId, Effect};
use super::super::parts::{self, weak};
use super::{Molecule, world};
use crate::scene::{self, Hit, Pick};
use crate::workspace::{Command, Picture, State};
use eframe::egui::{self, CursorIcon, PointerButton, Rect, Response, Ui};
use glam::Vec2 as World;

/// Magnification per scrolled point.
const WHEEL: f32 = 0.004;

pub(super) fn move_camera(ui: &Ui, response: &Response, own: &mut Molecule, canvas: Rect) {
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
pub(super) fn point(
    ui: &Ui,
    response: &Response,
    (picture, canvas): (&Picture, Rect),
    own: &mut Molecule,
    effects: &mut Vec<Effect>,
) -> Option<Hit> {
    let camera = own.camera;
    let hit =
        |pointer: egui::Pos2| scene::pick(&picture.scene, &camera, world(canvas.size()), world(pointer - canvas.min));
    let hovered = response.hover_pos().filter(|_| !response.dragged()).and_then(hit);
    if hovered.is_some() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let Some(pointer) = response.interact_pointer_pos() else { return hovered };
    if response.secondary_clicked() {
        own.menu = hit(pointer);
        own.menu_at = None;
        if let Some(hit) = own.menu {
            effects.push(Command::Select(Some(hit.pick)).into());
        }
    } else if response.clicked() {
        match hit(pointer).map(|hit| hit.pick) {
            Some(pick @ (Pick::Bond(_) | Pick::Pair(..))) if ui.input(|input| input.modifiers.shift) => {
                effects.extend([Command::Select(Some(pick)).into(), Command::Toggle(pick).into()]);
            }
            // Looking for a bond and missing it should not cost the selection on the way to a double-click.
            None if response.double_clicked() => {}
            pick => effects.push(Command::Select(pick).into()),
        }
    }
    hovered
}

/// Opens the context menu of what is chosen, beside it.
pub(super) fn open_menu_by_key(ui: &Ui, response: &Response, state: &State, (picture, own): (&Picture, &mut Molecule)) {
    if std::mem::take(&mut own.menu_asked) {
        let pick = state.pick;
        own.menu = pick.map(|pick| Hit { pick, edge: None });
        let at = pick.and_then(|pick| own.screen_position(&picture.scene, pick));
        own.menu_at = Some(at.filter(|at| response.rect.contains(*at)).unwrap_or_else(|| response.rect.center()));
        egui::Popup::open_id(ui.ctx(), egui::Popup::default_response_id(response));
        // From here the next Tab leads into the menu.
        response.request_focus();
    }
}

pub(super) fn context_menu(
    response: &Response,
    state: &State,
    (picture, own): (Option<&Picture>, &Molecule),
    effects: &mut Vec<Effect>,
) {
    let Some(shown) = &state.shown else { return };
    let mut popup = egui::Popup::context_menu(response);
    if let Some(at) = own.menu_at {
        popup = popup.at_position(at);
    }
    popup.show(|ui| {
        if let Some(Hit { pick, .. }) = own.menu
            && let Some(edges) = parts::directions(&shown.molecule, pick, picture, state.view.coloring)
        {
            ui.label(weak(parts::pick_name(&shown.molecule, pick)));
            ablation::bond_entries(ui, &shown.molecule, state.ablated(), edges, effects);
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
