//! What the user should know, in the lower right corner, never in the way: news goes by itself, errors
//! stay until they are closed.

use super::actions::Effect;
use super::icons::{self, Icon};
use super::parts::weak;
use crate::workspace::{Command, Notice, Severity, State};
use eframe::egui::{self, Align2, Color32, RichText, Ui, Visuals};
use std::time::{Duration, Instant};

/// Notices shown at once; the oldest wait.
const SHOWN: usize = 4;

/// Notices of the window itself, which the workspace knows nothing of.
#[derive(Default)]
pub(super) struct Notices {
    own: Vec<Notice>,
}

/// How long a notice stays by itself.
fn lifetime(severity: Severity) -> Option<Duration> {
    match severity {
        Severity::Info => Some(Duration::from_secs(6)),
        Severity::Warning => Some(Duration::from_secs(15)),
        Severity::Error => None,
    }
}

impl Notices {
    /// Tells something.
    pub(super) fn tell(&mut self, severity: Severity, text: impl Into<String>) {
        let text = text.into();
        if severity == Severity::Error {
            // The same failure in every frame is one failure.
            self.own.retain(|notice| notice.text != text);
        }
        self.own.push(Notice { severity, text, at: Instant::now() });
    }
}

/// Shows the newest notices and removes those whose time is over.
pub(super) fn show(ctx: &egui::Context, state: &State, own: &mut Notices) -> Vec<Effect> {
    let mut closed = expired(&state.notices, ctx);
    let mut own_closed = expired(&own.own, ctx);
    let total = state.notices.len() + own.own.len();
    if total > 0 {
        let area = egui::Area::new(egui::Id::unique("notices")).order(egui::Order::Foreground);
        area.anchor(Align2::RIGHT_BOTTOM, egui::vec2(-14.0, -40.0)).show(ctx, |ui| {
            ui.set_width(390.0);
            let mut left = SHOWN;
            let waiting = total.saturating_sub(SHOWN);
            if waiting > 0 {
                ui.horizontal(|ui| {
                    ui.label(weak(format!("{waiting} more")));
                    if ui.small_button("Close all").clicked() {
                        closed = (0..state.notices.len()).collect();
                        own_closed = (0..own.own.len()).collect();
                    }
                });
            }
            for (notices, closed) in [(&own.own, &mut own_closed), (&state.notices, &mut closed)] {
                for (place, notice) in notices.iter().enumerate().rev().take(left) {
                    left -= 1;
                    if toast(ui, notice) {
                        closed.push(place);
                    }
                }
            }
        });
    }
    own_closed.sort_unstable();
    own_closed.dedup();
    own_closed.into_iter().rev().for_each(|place| {
        own.own.remove(place);
    });
    closed.sort_unstable();
    closed.dedup();
    // From the end, so that the places of the others stay true.
    closed.into_iter().rev().map(|place| Command::Dismiss(place).into()).collect()
}

/// The places of notices whose time is over; asks for a frame when the next one's will be.
fn expired(notices: &[Notice], ctx: &egui::Context) -> Vec<usize> {
    let mut places = Vec::new();
    for (place, notice) in notices.iter().enumerate() {
        let Some(lifetime) = lifetime(notice.severity) else { continue };
        match lifetime.checked_sub(notice.at.elapsed()) {
            Some(left) => ctx.request_repaint_after(left),
            None => places.push(place),
        }
    }
    places
}

/// One notice; whether it was closed.
fn toast(ui: &mut Ui, notice: &Notice) -> bool {
    let (word, color) = word(notice.severity, ui.visuals());
    let frame = egui::Frame::popup(ui.style()).inner_margin(egui::Margin { left: 14, right: 8, top: 8, bottom: 8 });
    let shown = frame.show(ui, |ui| {
        let mut closed = false;
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| {
                ui.set_width(328.0);
                ui.label(RichText::new(word).small().strong().color(color));
                ui.add(egui::Label::new(&notice.text).wrap().selectable(true));
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                closed = icons::button(ui, Icon::Close, &format!("Close {}", word.to_lowercase())).clicked();
            });
        });
        closed
    });
    let rect = shown.response.rect;
    let strip =
        egui::Rect::from_min_max(rect.min + egui::vec2(4.0, 6.0), egui::pos2(rect.left() + 7.0, rect.bottom() - 6.0));
    ui.painter().rect_filled(strip, 2.0, color);
    shown.inner
}

/// Colour is never the only sign of how serious a notice is.
fn word(severity: Severity, visuals: &Visuals) -> (&'static str, Color32) {
    match severity {
        Severity::Info => ("Done", visuals.hyperlink_color),
        Severity::Warning => ("Warning", visuals.warn_fg_color),
        Severity::Error => ("Error", visuals.error_fg_color),
    }
}
