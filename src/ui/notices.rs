//! News in the lower right corner, never in the way for long: it goes by itself, unless the pointer rests
//! on it. Errors shrink to a count in the status bar, which stays until it is read; the log has them all.

use super::actions::{Effect, WindowCommand};
use super::icons::{self, Icon};
use super::layout::Pane;
use super::parts::weak;
use crate::workspace::{About, Command, Notice, Severity, State};
use eframe::egui::{self, Align2, Color32, RichText, Ui, Visuals, accesskit};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Notices shown at once; older ones wait in the log.
const SHOWN: usize = 3;

/// Time that is left after the pointer went away.
const AFTERWARDS: Duration = Duration::from_secs(3);

/// Width of a notice, points.
const WIDTH: f32 = 390.0;

/// How long those in the corner may stay, as far as it differs from the rule.
#[derive(Default)]
pub(super) struct Notices {
    held: BTreeMap<u64, Instant>,
}

/// How long a notice stays in the corner.
fn lifetime(severity: Severity) -> Duration {
    Duration::from_secs(match severity {
        Severity::Info => 6,
        Severity::Warning => 12,
        Severity::Error => 20,
    })
}

impl Notices {
    /// When a notice leaves the corner.
    fn end(&self, notice: &Notice) -> Instant {
        let end = notice.at + lifetime(notice.severity);
        self.held.get(&notice.id).map_or(end, |&held| held.max(end))
    }
}

/// Shows the newest notices and closes those whose time is over.
pub(super) fn show(ctx: &egui::Context, state: &State, own: &mut Notices) -> Vec<Effect> {
    let now = Instant::now();
    let (mut fresh, mut over) = (Vec::new(), Vec::new());
    for notice in state.notices.iter().rev().filter(|notice| notice.open) {
        match own.end(notice).checked_duration_since(now) {
            Some(left) => {
                ctx.request_repaint_after(left);
                fresh.push(notice);
            }
            // Errors stay open: the status bar counts them.
            None if notice.severity < Severity::Error => over.push(notice.id),
            None => {}
        }
    }
    own.held.retain(|id, _| fresh.iter().any(|notice| notice.id == *id));
    let mut effects = Vec::new();
    if !over.is_empty() {
        effects.push(Command::Dismiss(over).into());
    }
    if !fresh.is_empty() {
        let area = egui::Area::new(egui::Id::unique("notices")).order(egui::Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, egui::vec2(-14.0, -40.0)).show(ctx, |ui| {
            ui.set_width(WIDTH.min(ctx.content_rect().width() - 28.0));
            corner(ui, state, (&fresh, own), &mut effects);
        });
    }
    effects
}

fn corner(ui: &mut Ui, state: &State, (fresh, own): (&[&Notice], &mut Notices), effects: &mut Vec<Effect>) {
    let waiting = fresh.len().saturating_sub(SHOWN);
    if waiting > 0 {
        egui::Frame::popup(ui.style()).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(weak(format!("{waiting} more")));
                if ui.small_button("Show log").clicked() {
                    effects.push(WindowCommand::FocusPanel(Pane::Log).into());
                }
                if ui.small_button("Close all").clicked() {
                    effects.push(Command::Dismiss(fresh.iter().map(|notice| notice.id).collect()).into());
                }
            });
        });
    }
    for notice in fresh.iter().take(SHOWN).rev() {
        ui.push_id(notice.id, |ui| {
            if toast(ui, state, notice, effects) {
                own.held.insert(notice.id, Instant::now() + AFTERWARDS);
            }
        });
    }
}

/// One notice; whether the pointer rests on it.
fn toast(ui: &mut Ui, state: &State, notice: &Notice, effects: &mut Vec<Effect>) -> bool {
    let (word, _, color) = sign(notice.severity, ui.visuals());
    let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin { left: 14, right: 8, top: 8, bottom: 8 });
    let shown = frame.show(ui, |ui| {
        ui.horizontal_top(|ui| {
            let text = ui.available_width() - 30.0;
            ui.vertical(|ui| {
                ui.set_width(text);
                ui.horizontal(|ui| {
                    heading(ui, notice);
                    way_on(ui, state, notice, effects);
                });
                let label = ui.add(egui::Label::new(&notice.text).wrap().selectable(true));
                speak(&label, notice.severity);
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                if icons::button(ui, Icon::Close, &format!("Close {}", word.to_lowercase())).clicked() {
                    effects.push(notice.dismissal().into());
                }
            });
        });
    });
    let rect = shown.response.rect;
    let strip =
        egui::Rect::from_min_max(rect.min + egui::vec2(4.0, 6.0), egui::pos2(rect.left() + 7.0, rect.bottom() - 6.0));
    ui.painter().rect_filled(strip, 2.0, color);
    ui.rect_contains_pointer(rect)
}

/// The button by which one goes on from what a notice says.
pub(super) fn way_on(ui: &mut Ui, state: &State, notice: &Notice, effects: &mut Vec<Effect>) {
    match &notice.about {
        About::Nothing => {}
        About::Written(path) => {
            if ui.small_button("Copy path").clicked() {
                effects.push(WindowCommand::Copy(path.display().to_string()).into());
            }
        }
        About::Model(model) => {
            let place = state.checkpoints.iter().position(|checkpoint| checkpoint.id == *model);
            let Some(place) = place else { return };
            let tip = "See and change what was assumed of this model's file";
            if ui.small_button("Assumptions…").on_hover_text(tip).clicked() {
                effects.extend((place != state.model).then(|| Command::SetModel(place).into()));
                effects.push(WindowCommand::ReviewModel.into());
            }
        }
    }
}

/// Has screen readers read new text by themselves: errors at once, the rest when there is a pause.
fn speak(label: &egui::Response, severity: Severity) {
    let live = if severity == Severity::Error { accesskit::Live::Assertive } else { accesskit::Live::Polite };
    label.ctx.accesskit_node_builder(label.id, |node| node.set_live(live));
}

/// Sign and word of a notice, and how often it was told.
pub(super) fn heading(ui: &mut Ui, notice: &Notice) {
    let (word, icon, color) = sign(notice.severity, ui.visuals());
    icons::paint(ui, icon, color);
    let times = if notice.times > 1 { format!(" ×{}", notice.times) } else { String::new() };
    ui.label(RichText::new(format!("{word}{times}")).small().strong().color(color));
}

/// Colour is never the only sign of how serious a notice is.
pub(super) fn sign(severity: Severity, visuals: &Visuals) -> (&'static str, Icon, Color32) {
    match severity {
        Severity::Info => ("Done", Icon::Done, visuals.hyperlink_color),
        Severity::Warning => ("Warning", Icon::Warning, visuals.warn_fg_color),
        Severity::Error => ("Error", Icon::Error, visuals.error_fg_color),
    }
}
