//! Where the keyboard is: one ring around whatever has it, the panels as places that it can be sent to,
//! and text fields that do not lose the last letters when they are left.

use super::layout::Pane;
use super::theme;
use eframe::egui::{self, EventFilter, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};

/// Width of the ring, points.
const RING: f32 = 2.0;

/// Draws the ring; call it when everything else was shown.
pub(super) fn ring(ctx: &egui::Context) {
    let focused = ctx.memory(|memory| memory.focused());
    let Some(response) = focused.and_then(|id| ctx.read_response(id)) else { return };
    // What is scrolled out of sight has no visible part, and a ring of its own size would be misleading.
    let seen = response.interact_rect;
    if !seen.is_positive() {
        return;
    }
    let style = ctx.global_style();
    let window = ctx.content_rect().shrink(RING / 2.0);
    let rect: Rect = seen.expand(1.0 + RING / 2.0).intersect(window);
    let painter = ctx.layer_painter(response.layer_id);
    painter.rect_stroke(rect, 6.0, Stroke::new(RING, theme::focus(&style.visuals)), StrokeKind::Middle);
}

/// The id of a panel as a place for the keyboard.
fn id(pane: Pane) -> egui::Id {
    egui::Id::unique(("panel", pane.title()))
}

/// Where a panel is on the screen, if it can be seen.
pub(super) fn rect(ctx: &egui::Context, pane: Pane) -> Option<Rect> {
    ctx.read_response(id(pane)).map(|response| response.rect)
}

/// Sends the keyboard to a panel; the next Tab leads into it.
pub(super) fn send(ctx: &egui::Context, pane: Pane) {
    ctx.memory_mut(|memory| memory.request_focus(id(pane)));
}

/// The panel that has the keyboard as a whole.
pub(super) fn panel(ctx: &egui::Context) -> Option<Pane> {
    let focused = ctx.memory(|memory| memory.focused())?;
    Pane::ALL.into_iter().find(|&pane| id(pane) == focused)
}

/// Whether a widget has the keyboard that may want arrows for itself.
pub(super) fn is_inside_a_panel(ctx: &egui::Context) -> bool {
    ctx.memory(|memory| memory.focused()).is_some() && panel(ctx).is_none()
}

/// Makes a panel a place that the keyboard can be sent to. It is no stop of the Tab key otherwise.
pub(super) fn place(ui: &Ui, pane: Pane) {
    let id = id(pane);
    let focused = ui.memory(|memory| memory.has_focus(id));
    let sense = if focused { Sense::focusable_noninteractive() } else { Sense::hover() };
    let response = ui.interact(ui.available_rect_before_wrap().shrink(3.0), id, sense);
    if focused {
        let filter = EventFilter { vertical_arrows: true, horizontal_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        response.widget_info(|| WidgetInfo::labeled(Role::Pane, true, format!("{} panel", pane.title())));
    }
}

/// Lets a text field keep Escape, which gives up the keyboard only after what was typed before it in the
/// same frame has been taken in.
pub(super) fn leave_by_escape(response: &Response) {
    if !response.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: true };
    response.ctx.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    if response.ctx.input(|input| input.key_pressed(Key::Escape)) {
        response.surrender_focus();
    }
}
