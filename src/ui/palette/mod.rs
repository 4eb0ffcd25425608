//! One field that leads everywhere: commands, molecules, layers, models and words, by a few letters.
//!
//! What cannot be done now is listed too, last and grey, with what it needs, so that nobody looks for a
//! command that seems to be missing.

mod entries;
mod rank;

use super::actions::Effect;
use super::parts::weak;
use super::{parts, theme};
use crate::workspace::State;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{
    self, Align2, Event, FontId, Id, Key, Modifiers, Rect, Role, ScrollArea, Sense, TextEdit, Ui, Vec2, WidgetInfo,
    pos2,
};
use entries::{Act, Entry, Molecules};

/// Size of a line and of the whole, points.
const ROW: f32 = 30.0;
const WIDTH: f32 = 620.0;
const ROWS: f32 = 11.0;

/// Distance from the upper edge of the window, points.
const TOP: f32 = 64.0;

/// An open palette.
pub(super) struct Palette {
    query: String,
    chosen: usize,
    /// What had the keyboard before.
    before: Option<Id>,
    molecules: Molecules,
    /// Whether the chosen line has to be brought into sight.
    moved: bool,
    fresh: bool,
}

/// What a frame of it led to.
pub(super) enum Outcome {
    /// It stays.
    Open,
    /// It was closed.
    Closed,
    /// Something was chosen.
    Chosen(Vec<Effect>),
}

impl Palette {
    /// An empty palette.
    pub(super) fn new(ctx: &egui::Context) -> Self {
        let before = ctx.memory(|memory| memory.focused());
        Self { query: String::new(), chosen: 0, before, molecules: Molecules::default(), moved: true, fresh: true }
    }

    /// Gives the keyboard back to what had it before.
    fn restore(&self, ctx: &egui::Context) {
        ctx.memory_mut(|memory| match self.before {
            Some(id) => memory.request_focus(id),
            None => memory.stop_text_input(),
        });
    }

    /// Takes the keys that move through the list; whether the chosen line is to be carried out.
    fn keys(&mut self, ctx: &egui::Context, count: usize) -> bool {
        let presses = |key| ctx.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        let steps = [(Key::ArrowDown, 1), (Key::ArrowUp, -1), (Key::PageDown, 10), (Key::PageUp, -10)];
        let mut place = i64::try_from(self.chosen).unwrap_or(0);
        let last = i64::try_from(count).unwrap_or(0) - 1;
        for (key, step) in steps {
            for _ in 0..presses(key) {
                self.moved = true;
                place = match (place + step, step.abs()) {
                    (next, 1) if next < 0 => last,
                    (next, 1) if next > last => 0,
                    (next, _) => next.clamp(0, last.max(0)),
                };
            }
        }
        self.chosen = usize::try_from(place.clamp(0, last.max(0))).unwrap_or(0);
        ctx.input(|input| input.events.iter().any(is_enter))
    }

    /// What fits the text typed so far, best first.
    fn found(&mut self, state: &State) -> Vec<Entry> {
        let molecules = self.molecules.containing(&self.query, state).to_vec();
        entries::matching(&self.query, state, &molecules)
    }
}

fn is_enter(event: &Event) -> bool {
    matches!(event, Event::Key { key: Key::Enter, pressed: true, modifiers: Modifiers::NONE, .. })
}

/// What was typed before Enter is searched for; what comes after it was not meant for the palette.
fn forget_text_after_enter(ctx: &egui::Context) {
    ctx.input_mut(|input| {
        let mut after = false;
        input.events.retain(|event| {
            let enter = is_enter(event);
            after |= enter;
            !(enter || after && matches!(event, Event::Text(_) | Event::Key { pressed: true, .. }))
        });
    });
}

/// Shows the palette.
pub(super) fn show(ctx: &egui::Context, state: &State, own: &mut Palette) -> Outcome {
    let closing = [(Modifiers::NONE, Key::Escape), (Modifiers::COMMAND, Key::K), (Modifiers::COMMAND, Key::P)];
    if closing.iter().any(|&(modifiers, key)| ctx.input_mut(|input| input.consume_key(modifiers, key))) {
        own.restore(ctx);
        return Outcome::Closed;
    }
    let mut found = own.found(state);
    let entered = own.keys(ctx, found.len());
    if entered {
        forget_text_after_enter(ctx);
    }
    let (query, mut clicked) = (own.query.clone(), None);
    let area = egui::Area::new(Id::unique("palette")).order(egui::Order::Foreground);
    let area = area.anchor(Align2::CENTER_TOP, Vec2::new(0.0, TOP.min(ctx.content_rect().height() / 12.0)));
    let shown = area.show(ctx, |ui| {
        egui::Frame::window(ui.style()).inner_margin(0).show(ui, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 24.0));
            ui.spacing_mut().item_spacing.y = 0.0;
            field(ui, own, &found);
            clicked = list(ui, own, &found);
            hint(ui);
        });
    });
    if entered && own.query != query {
        // Typed in the same frame as Enter, and meant by it.
        found = own.found(state);
    }
    let carried_out = if entered { Some(own.chosen) } else { clicked };
    let elsewhere = ctx.input(|input| {
        input.pointer.any_pressed() && input.pointer.interact_pos().is_some_and(|at| !shown.response.rect.contains(at))
    });
    if elsewhere && !std::mem::take(&mut own.fresh) {
        return Outcome::Closed;
    }
    own.fresh = false;
    match carried_out.and_then(|place| found.into_iter().nth(place)) {
        Some(Entry { missing: None, act, .. }) => {
            own.restore(ctx);
            Outcome::Chosen(match act {
                Act::Action(action) => (action.run)(state),
                Act::Do(effects) => effects,
            })
        }
        Some(_) | None => Outcome::Open,
    }
}

fn field(ui: &mut Ui, own: &mut Palette, found: &[Entry]) {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 9)).show(ui, |ui| {
        let field = TextEdit::singleline(&mut own.query)
            .font(FontId::proportional(16.0))
            .hint_text("Type a command, a molecule, a layer, a model…")
            .frame(egui::Frame::NONE.inner_margin(egui::Margin::symmetric(6, 3)))
            .desired_width(f32::INFINITY);
        let response = parts::named(ui.add(field), "Command palette");
        response.request_focus();
        if response.changed() {
            (own.chosen, own.moved) = (0, true);
        }
        // The keyboard stays in the field, so the line chosen with arrows is told from here.
        let chosen = found.get(own.chosen).map_or("nothing matches", |entry| entry.text.as_str());
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_description(format!("chosen: {chosen}")));
    });
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, ui.visuals().widgets.noninteractive.bg_stroke);
}

/// The lines; the place of one that was clicked.
fn list(ui: &mut Ui, own: &mut Palette, found: &[Entry]) -> Option<usize> {
    if found.is_empty() {
        egui::Frame::new().inner_margin(14).show(ui, |ui| ui.label(weak("Nothing matches.")));
        return None;
    }
    let room = (ui.ctx().content_rect().height() - 2.0 * TOP - 68.0).clamp(3.0 * ROW, ROWS * ROW);
    let area = ScrollArea::vertical().id_salt("lines").max_height(room).auto_shrink([false, true]);
    let mut clicked = None;
    area.show(ui, |ui| {
        ui.add_space(5.0);
        for (place, entry) in found.iter().enumerate() {
            let response = line(ui, entry, place == own.chosen);
            if place == own.chosen && own.moved {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                clicked = Some(place);
            }
        }
        ui.add_space(5.0);
    });
    own.moved = false;
    clicked
}

/// One line: name with the letters that fit, what it is good for, and its key.
fn line(ui: &mut Ui, entry: &Entry, chosen: bool) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), ROW), Sense::CLICK);
    let keys = match &entry.act {
        Act::Action(action) => action.shortcuts.first().map(|shortcut| parts::keys(ui.ctx(), shortcut)),
        Act::Do(_) => None,
    };
    let spoken = [Some(entry.text.as_str()), keys.as_deref(), entry.missing].into_iter().flatten().collect::<Vec<_>>();
    response
        .widget_info(|| WidgetInfo::selected(Role::ListBoxOption, entry.missing.is_none(), chosen, spoken.join(", ")));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let visuals = ui.visuals();
    let row = rect.shrink2(Vec2::new(6.0, 0.0));
    if chosen {
        ui.painter().rect_filled(row, 5.0, visuals.selection.bg_fill);
        let mark = Rect::from_min_max(row.min + Vec2::new(0.0, 6.0), pos2(row.left() + 3.0, row.bottom() - 6.0));
        ui.painter().rect_filled(mark, 1.5, theme::accent(ui));
    } else if response.hovered() {
        ui.painter().rect_filled(row, 5.0, visuals.widgets.hovered.weak_bg_fill);
    }
    let inner = row.shrink2(Vec2::new(10.0, 0.0));
    let right = keys.map_or(inner.right(), |keys| key_cap(ui, inner, &keys));
    let name = name(ui, entry);
    let name = ui.painter().layout_job(name);
    let baseline = |height: f32| inner.center().y - height / 2.0;
    let end = inner.left() + name.size().x;
    let color = visuals.text_color();
    ui.painter().galley(pos2(inner.left(), baseline(name.size().y)), name, color);
    let tip = entry.missing.map_or_else(|| entry.tip.clone(), str::to_owned);
    let weak = visuals.weak_text_color();
    let mut job = LayoutJob::simple_singleline(tip, FontId::proportional(12.0), weak);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - end - 28.0).max(0.0));
    let tip = ui.painter().layout_job(job);
    if right - end > 60.0 {
        ui.painter().galley(pos2(end + 14.0, baseline(tip.size().y)), tip, weak);
    }
    response
}

/// The name, letters that fit underlined and in the accent colour.
fn name(ui: &Ui, entry: &Entry) -> LayoutJob {
    let visuals = ui.visuals();
    let plain = if entry.missing.is_some() { visuals.weak_text_color() } else { visuals.text_color() };
    let mut job = LayoutJob { break_on_newline: false, ..LayoutJob::default() };
    for (place, letter) in entry.text.chars().enumerate() {
        let fits = entry.fit.letters.binary_search(&place).is_ok();
        let mut format = TextFormat::simple(FontId::proportional(14.0), plain);
        if fits && entry.missing.is_none() {
            format.color = theme::accent(ui);
            format.underline = egui::Stroke::new(1.0, format.color);
        }
        job.append(letter.encode_utf8(&mut [0; 4]), 0.0, format);
    }
    job
}

/// Draws keys at the right end; returns where they begin.
fn key_cap(ui: &Ui, row: Rect, keys: &str) -> f32 {
    let visuals = ui.visuals();
    let galley = ui.painter().layout_no_wrap(keys.to_owned(), FontId::proportional(11.5), visuals.weak_text_color());
    let size = galley.size() + Vec2::new(12.0, 5.0);
    let cap = Rect::from_min_size(pos2(row.right() - size.x, row.center().y - size.y / 2.0), size);
    let line = visuals.widgets.noninteractive.bg_stroke;
    ui.painter().rect(cap, 4.0, visuals.widgets.inactive.weak_bg_fill, line, egui::StrokeKind::Inside);
    ui.painter().galley(cap.min + Vec2::new(6.0, 2.5), galley, visuals.weak_text_color());
    cap.left()
}

fn hint(ui: &mut Ui) {
    let margin = egui::Margin::symmetric(14, 6);
    egui::Frame::new().fill(theme::chrome(ui.visuals())).corner_radius(7).inner_margin(margin).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_width(ui.available_width());
            ui.label(weak("↑ ↓ choose   ·   Enter carries out   ·   Esc closes").small());
        });
    });
}
