//! The first minutes: five steps on the bundled molecules that end with a figure in a file. A small card
//! beside the thing it speaks of, which goes on by itself when the thing is done and blocks nothing.

use super::focus;
use super::layout::Pane;
use super::parts::weak;
use super::theme;
use crate::domain::{MoleculeId, Scale};
use crate::scene::Pick;
use crate::workspace::{Notice, State};
use eframe::egui::{self, Button, Id, Label, LayerId, Order, Pos2, Rect, RichText, Stroke, StrokeKind, Ui, Vec2};
use std::path::Path;

/// Width of the card, and its distance from what it speaks of, points.
const WIDTH: f32 = 300.0;
const GAP: f32 = 12.0;

/// What a step speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    /// A whole panel.
    Panel(Pane),
    /// The slider of layers.
    Layer,
    /// Model and explicit bias in the tool bar.
    Model,
    /// The sign that exports the drawing.
    Export,
}

struct Step {
    spot: Spot,
    title: &'static str,
    text: &'static str,
    done: fn(&State, &Before) -> bool,
}

const STEPS: [Step; 5] = [
    Step {
        spot: Spot::Panel(Pane::Library),
        title: "Choose a molecule",
        text: "One molecule a row: click one, or press ↓. The drawing shows every bond in the colour of its MA ratio: the brighter, the more massive.",
        done: |state, before| state.selected != before.molecule,
    },
    Step {
        spot: Spot::Layer,
        title: "Read a bond, layer by layer",
        text: "Click a bond in the drawing (or press . for the strongest), then move the layer slider or press ] and [. The inspector on the right lists all layers of the bond.",
        done: |state, before| matches!(state.pick, Some(Pick::Bond(_))) && state.view.reading.layer != before.layer,
    },
    Step {
        spot: Spot::Model,
        title: "Switch the explicit bias",
        text: "Choose another model here, for example gt-ebt-zinc, trained with EBT. Its switch and slider then scale that bias: a what-if on the same weights. The model trained without is another checkpoint.",
        done: |state, before| state.model != before.model || state.edits.explicit_bias() != before.bias,
    },
    Step {
        spot: Spot::Panel(Pane::Inspector),
        title: "Cut a bond",
        text: "With a bond chosen, press Delete, or choose “Remove” in its menu. No message flows along it any more, and the prediction above the drawing tells what that changes. Ctrl+Z puts it back.",
        done: |state, _| {
            state.shown.as_ref().is_some_and(|shown| !state.edits.intervention(shown.id).ablated.is_empty())
        },
    },
    Step {
        spot: Spot::Export,
        title: "Export the figure",
        text: "Press this sign or Ctrl+E, choose a format and a place, and “Export”. The file looks as the drawing does, in vectors.",
        done: |state, before| written(state, before).is_some(),
    },
];

/// How things stood when a step began.
#[derive(Clone, Debug)]
struct Before {
    molecule: Option<MoleculeId>,
    layer: usize,
    model: usize,
    bias: Scale,
    /// Id of the next notice.
    notice: u64,
}

impl Before {
    fn of(state: &State) -> Self {
        Self {
            molecule: state.selected,
            layer: state.view.reading.layer,
            model: state.model,
            bias: state.edits.explicit_bias(),
            notice: state.notices.last().map_or(0, |notice| notice.id + 1),
        }
    }
}

/// The file that was written since.
fn written<'a>(state: &'a State, before: &Before) -> Option<&'a Path> {
    state.notices.iter().filter(|notice| notice.id >= before.notice).find_map(Notice::path)
}

/// A tour that goes on.
#[derive(Default)]
pub(super) struct Tour {
    /// The step, or one past the last when all is done.
    step: usize,
    /// Unknown until something is open: what opens by itself is no doing of the user's.
    before: Option<Before>,
}

/// Remembers where a thing is on the screen, for the frame that may speak of it.
pub(super) fn mark(ctx: &egui::Context, spot: Spot, rect: Rect) {
    ctx.data_mut(|data| data.insert_temp(id(spot), rect));
}

fn id(spot: Spot) -> Id {
    Id::unique(("tour", spot))
}

fn place(ctx: &egui::Context, spot: Spot) -> Option<Rect> {
    match spot {
        Spot::Panel(pane) => focus::rect(ctx, pane),
        Spot::Layer | Spot::Model | Spot::Export => ctx.data(|data| data.get_temp(id(spot))),
    }
}

/// Shows the card; returns whether the tour goes on. `covered` while a dialog is open, beside which the card
/// then stands.
pub(super) fn show(ctx: &egui::Context, state: &State, own: &mut Tour, covered: bool) -> bool {
    if state.shown.is_none() && own.before.is_none() {
        return true;
    }
    let before = own.before.get_or_insert_with(|| Before::of(state)).clone();
    if STEPS.get(own.step).is_some_and(|step| (step.done)(state, &before)) {
        own.step += 1;
        // The last step's file is told of on the card that follows.
        if own.step < STEPS.len() {
            own.before = Some(Before::of(state));
        }
        ctx.request_repaint();
    }
    let step = STEPS.get(own.step);
    let spot = step.and_then(|step| place(ctx, step.spot)).filter(|_| !covered);
    if let Some(spot) = spot {
        outline(ctx, spot);
    }
    let size = ctx.memory(|memory| memory.area_rect(card_id())).map_or(Vec2::new(WIDTH, 190.0), |rect| rect.size());
    let at = beside(spot, size, ctx.content_rect());
    let mut goes_on = true;
    egui::Area::new(card_id()).order(Order::Foreground).fixed_pos(at).show(ctx, |ui| {
        let accent = theme::accent(ui);
        egui::Frame::window(ui.style()).stroke(Stroke::new(1.5, accent)).inner_margin(12).show(ui, |ui| {
            ui.set_width(WIDTH - 24.0);
            goes_on = match step {
                Some(step) => card(ui, step, own),
                None => end(ui, written(state, &before)),
            };
        });
    });
    if own.before.is_none() {
        own.before = Some(Before::of(state));
    }
    goes_on
}

fn card_id() -> Id {
    Id::unique("tour card")
}

fn outline(ctx: &egui::Context, spot: Rect) {
    let color = theme::focus(&ctx.global_style().visuals);
    let painter = ctx.layer_painter(LayerId::new(Order::Middle, Id::unique("tour outline")));
    let rect = spot.expand(3.0).intersect(ctx.content_rect().shrink(1.5));
    painter.rect_stroke(rect, 6.0, Stroke::new(2.5, color), StrokeKind::Inside);
    painter.rect_stroke(rect.expand(2.0), 8.0, Stroke::new(2.0, color.gamma_multiply(0.35)), StrokeKind::Outside);
}

/// One step; whether the tour goes on.
fn card(ui: &mut Ui, step: &Step, own: &mut Tour) -> bool {
    let mut goes_on = true;
    ui.label(weak(format!("Tour, step {} of {}", own.step + 1, STEPS.len())).small());
    ui.label(RichText::new(step.title).heading());
    ui.add(Label::new(step.text).wrap().halign(egui::Align::LEFT));
    ui.add_space(4.0);
    ui.horizontal(|ui| {
        let mut to = None;
        if ui.add_enabled(own.step > 0, Button::new("Back")).clicked() {
            to = own.step.checked_sub(1);
        }
        if own.step + 1 < STEPS.len() && ui.button("Next").clicked() {
            to = Some(own.step + 1);
        }
        if let Some(to) = to {
            // Begun anew: what was done before does not count.
            (own.step, own.before) = (to, None);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            goes_on = !ui.button("Skip tour").on_hover_text("It stands in the Help menu").clicked();
        });
    });
    goes_on
}

/// What is said at the end; whether the card stays.
fn end(ui: &mut Ui, file: Option<&Path>) -> bool {
    ui.label(weak("Tour").small());
    ui.label(RichText::new("Your figure is written").heading());
    if let Some(file) = file {
        ui.add(Label::new(file.display().to_string()).wrap().selectable(true).halign(egui::Align::LEFT));
    }
    ui.add(
        Label::new(weak(
            "Ctrl+K finds every command, F1 what the words mean, and your own molecules open by File, Open.",
        ))
        .wrap()
        .halign(egui::Align::LEFT),
    );
    ui.add_space(4.0);
    !ui.button("Finish tour").clicked()
}

/// Where a card goes: right of a thing, left of it, or below it, and always inside the window.
fn beside(spot: Option<Rect>, size: Vec2, window: Rect) -> Pos2 {
    let room = Rect::from_min_max(window.min, window.max - size).shrink(8.0);
    let Some(spot) = spot else { return clamp(window.left_bottom(), room) };
    let wide = spot.height() > size.y;
    let (right, left) = (spot.right() + GAP, spot.left() - GAP - size.x);
    let at = if wide && right <= room.right() {
        Pos2::new(right, spot.bottom() - size.y - GAP)
    } else if wide && left >= room.left() {
        Pos2::new(left, spot.bottom() - size.y - GAP)
    } else {
        Pos2::new(spot.left(), spot.bottom() + GAP)
    };
    clamp(at, room)
}

fn clamp(at: Pos2, room: Rect) -> Pos2 {
    let x = at.x.min(room.right()).max(room.left());
    Pos2::new(x, at.y.min(room.bottom()).max(room.top()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_card_stands_beside_its_thing_and_inside_the_window() {
        let window = Rect::from_min_size(Pos2::ZERO, Vec2::new(1280.0, 800.0));
        let size = Vec2::new(300.0, 200.0);
        let library = Rect::from_min_size(Pos2::new(0.0, 100.0), Vec2::new(360.0, 650.0));
        let inspector = Rect::from_min_size(Pos2::new(920.0, 100.0), Vec2::new(360.0, 650.0));
        let button = Rect::from_min_size(Pos2::new(1240.0, 100.0), Vec2::splat(22.0));
        for spot in [library, inspector, button] {
            let card = Rect::from_min_size(beside(Some(spot), size, window), size);
            assert!(window.contains_rect(card) && !card.intersects(spot), "{card} at {spot}");
        }
        let small = Rect::from_min_size(Pos2::ZERO, Vec2::new(640.0, 400.0));
        assert!(small.contains_rect(Rect::from_min_size(beside(Some(inspector), size, small), size)));
        assert!(window.contains_rect(Rect::from_min_size(beside(None, size, window), size)));
    }
}
