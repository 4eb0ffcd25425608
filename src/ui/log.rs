//! The log: everything that was done, was not as expected or went wrong since the start, newest first.

use super::actions::{Effect, WindowCommand};
use super::notices;
use super::parts::{self, weak};
use super::{focus, icons};
use crate::engine::jobs::in_words;
use crate::workspace::{Notice, Severity, State};
use eframe::egui::{self, Button, Label, RichText, ScrollArea, TextEdit, Ui};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Entries laid out at once; older ones on request.
const SHOWN: usize = 100;

/// How often the ages of entries are brought up to date.
const AGEING: Duration = Duration::from_secs(10);

/// What is kept of the panel.
#[derive(Default)]
pub(super) struct Log {
    severity: Option<Severity>,
    search: String,
    all: bool,
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, state: &State, own: &mut Log) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 8, top: 6, bottom: 4 }).show(ui, |ui| {
        let sought = own.search.to_lowercase();
        let matches = |notice: &&Notice| {
            own.severity.is_none_or(|severity| severity == notice.severity)
                && (sought.is_empty() || notice.text.to_lowercase().contains(&sought))
        };
        let found: Vec<&Notice> = state.notices.iter().rev().filter(matches).collect();
        ui.horizontal_wrapped(|ui| tools(ui, state, &found, own, &mut effects));
        if found.is_empty() {
            let text = if state.notices.is_empty() { "Nothing has happened yet." } else { "Nothing matches." };
            ui.label(weak(text));
            return;
        }
        ui.ctx().request_repaint_after(AGEING);
        let shown = if own.all { found.len() } else { SHOWN };
        ScrollArea::vertical().id_salt("log").auto_shrink(false).show(ui, |ui| {
            for notice in found.iter().take(shown) {
                ui.push_id(notice.id, |ui| entry(ui, state, notice, &mut effects));
            }
            if found.len() > shown {
                own.all |= ui.button(format!("Show {} older", parts::count(found.len() - shown))).clicked();
            }
        });
    });
    effects
}

/// Which entries are listed, and the button that copies them.
fn tools(ui: &mut Ui, state: &State, found: &[&Notice], own: &mut Log, effects: &mut Vec<Effect>) {
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().button_padding.x = 6.0;
    let number = |severity| state.notices.iter().filter(|notice| notice.severity == severity).count();
    let kinds = [(None, "All", state.notices.len())].into_iter().chain(
        [(Severity::Error, "Errors"), (Severity::Warning, "Warnings"), (Severity::Info, "Done")]
            .map(|(severity, name)| (Some(severity), name, number(severity))),
    );
    for (severity, name, number) in kinds {
        let text = format!("{name} {}", parts::count(number));
        if ui.add(parts::choice(ui, own.severity == severity, text)).clicked() {
            own.severity = severity;
        }
    }
    let field = TextEdit::singleline(&mut own.search).hint_text("Search the log").desired_width(130.0);
    focus::leave_by_escape(&parts::named(ui.add(field), "Search the log"));
    if ui.add_enabled(!found.is_empty(), Button::new("Copy all")).on_hover_text("Everything listed below").clicked() {
        let lines: Vec<String> = found.iter().rev().map(|notice| line(notice)).collect();
        effects.push(WindowCommand::Copy(lines.join("\n")).into());
    }
}

fn entry(ui: &mut Ui, state: &State, notice: &Notice, effects: &mut Vec<Effect>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        notices::heading(ui, notice);
        ui.label(weak(age(notice.at.elapsed())).small()).on_hover_text(clock(notice.time));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if icons::button(ui, icons::Icon::Copy, "Copy this entry").clicked() {
                effects.push(WindowCommand::Copy(line(notice)).into());
            }
            notices::way_on(ui, state, notice, effects);
        });
    });
    ui.add(Label::new(RichText::new(&notice.text).size(12.5)).wrap().selectable(true));
    ui.add_space(1.0);
    let (rect, _) = ui.allocate_exact_size(egui::vec2(ui.available_width(), 1.0), egui::Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, ui.visuals().widgets.noninteractive.bg_stroke);
}

/// One entry as text.
fn line(notice: &Notice) -> String {
    let word = match notice.severity {
        Severity::Info => "done",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let times = if notice.times > 1 { format!(" ({} times)", notice.times) } else { String::new() };
    format!("{} {word}: {}{times}", clock(notice.time), notice.text)
}

/// How long ago, in units that fit.
fn age(elapsed: Duration) -> String {
    if elapsed < AGEING {
        return "just now".to_owned();
    }
    let whole = Duration::from_secs(elapsed.as_secs() / 10 * 10);
    format!(
        "{} ago",
        in_words(if elapsed.as_secs() < 60 { whole } else { Duration::from_secs(elapsed.as_secs() / 60 * 60) })
    )
}

/// `2026-11-21 16:40:58 UTC`; the days are counted as H. Hinnant's civil calendar does, from March on.
fn clock(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + carry;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", rest / 3600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_calendar_and_clock() {
        let at = |seconds| clock(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(at(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(at(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(at(1_795_279_258), "2026-11-21 16:40:58 UTC");
    }

    #[test]
    fn ages_are_coarse() {
        let texts = [3, 25, 59, 61, 150, 4000].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(texts, ["just now", "20 s ago", "50 s ago", "1 min ago", "2 min ago", "1 h 6 min ago"]);
    }
}
