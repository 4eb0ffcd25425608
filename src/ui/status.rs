//! The status bar: what is being worked on and how long it will take on the left; what is open, the
//! memory taken and where things are computed on the right.

use super::actions::{Effect, WindowCommand};
use super::icons;
use super::layout::Pane;
use super::notices;
use super::parts::{self, separator, weak};
use super::{charts, theme};
use crate::engine::jobs::in_words;
use crate::workspace::{JobStatus, Purpose, Severity, State, Workspace};
use eframe::egui::{self, Align, Button, Label, Layout, RichText, Ui, accesskit};
use std::time::{Duration, Instant};

/// How often the memory is looked at.
const SAMPLING: Duration = Duration::from_secs(2);

/// Width of one job, and of the name of the device, points.
const JOB: f32 = 320.0;
const DEVICE: f32 = 200.0;

/// Memory of the process, as it was a moment ago.
#[derive(Default)]
pub(super) struct Memory {
    sampled: Option<(Instant, Option<usize>)>,
}

impl Memory {
    /// Bytes in physical memory; `None` where the system does not say.
    fn bytes(&mut self, ctx: &egui::Context) -> Option<usize> {
        ctx.request_repaint_after(SAMPLING);
        if let Some((at, bytes)) = self.sampled
            && at.elapsed() < SAMPLING
        {
            return bytes;
        }
        let bytes = memory_stats::memory_stats().map(|stats| stats.physical_mem);
        self.sampled = Some((Instant::now(), bytes));
        bytes
    }
}

/// Shows the bar.
pub(super) fn show(ui: &mut Ui, workspace: &Workspace, memory: &mut Memory) -> Vec<Effect> {
    let mut effects = Vec::new();
    let state = &workspace.state;
    egui::Panel::bottom("status").frame(theme::bar(ui)).exact_size(28.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                facts(ui, workspace, memory);
                errors(ui, state, &mut effects);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| work(ui, state, &mut effects));
            });
        });
    });
    effects
}

fn facts(ui: &mut Ui, workspace: &Workspace, memory: &mut Memory) {
    let state = &workspace.state;
    let device = workspace.describe_device();
    ui.allocate_ui_with_layout(egui::vec2(DEVICE, 20.0), Layout::right_to_left(Align::Center), |ui| {
        let fits = |text: &str| {
            let font = egui::TextStyle::Small.resolve(ui.style());
            ui.painter().layout_no_wrap(text.to_owned(), font, egui::Color32::PLACEHOLDER).size().x <= DEVICE
        };
        let tip = format!("Computing on: {device}");
        ui.label(weak(middle_cut(&device, fits)).small()).on_hover_text(tip);
    });
    if let Some(bytes) = memory.bytes(ui.ctx()) {
        separator(ui);
        ui.label(weak(megabytes(bytes)).small()).on_hover_text("Memory that Bondscope takes");
    }
    if let Some(dataset) = state.dataset() {
        separator(ui);
        let loading = state.jobs.iter().any(|job| job.purpose == Purpose::Load);
        let checked = if dataset.validated || !loading { "" } else { ", being checked" };
        let text = format!(
            "{} usable, {} skipped{checked}",
            parts::count(dataset.records.len()),
            parts::count(dataset.skipped.len())
        );
        ui.label(weak(text).small()).on_hover_text("Lines of the open file");
    }
}

/// The count of errors that nobody has closed; it leads to the log and is then gone.
fn errors(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let open: Vec<u64> = state
        .notices
        .iter()
        .filter(|notice| notice.open && notice.severity == Severity::Error)
        .map(|notice| notice.id)
        .collect();
    if open.is_empty() {
        return;
    }
    let (_, icon, color) = notices::sign(Severity::Error, ui.visuals());
    let text = RichText::new(parts::counted(open.len(), "error")).small().strong().color(color);
    if ui.add(Button::new(text)).on_hover_text("Show the log").clicked() {
        effects.push(WindowCommand::FocusPanel(Pane::Log).into());
        effects.push(crate::workspace::Command::Dismiss(open).into());
    }
    icons::paint(ui, icon, color);
}

/// As many jobs as there is room for; the rest behind a button.
fn work(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let titles: Vec<&str> = state.jobs.iter().map(|job| job.title.as_str()).collect();
    let spoken = if titles.is_empty() { "Ready".to_owned() } else { titles.join("; ") };
    let id = ui.scope_id().with("work");
    ui.interact(ui.max_rect(), id, egui::Sense::hover());
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(egui::Role::Status);
        node.set_label(format!("Work: {spoken}"));
        node.set_live(accesskit::Live::Polite);
    });
    if state.jobs.is_empty() {
        ui.label(RichText::new("Ready").small().weak());
        return;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few jobs")]
    let room = ((ui.available_width() / JOB) as usize).max(1);
    for (place, job) in state.jobs.iter().take(room).enumerate() {
        if place > 0 {
            separator(ui);
        }
        let last = place + 1 == room.min(state.jobs.len());
        let width = if last { ui.available_width() - 60.0 } else { JOB };
        ui.push_id(job.id.0, |ui| one(ui, state, job, width, effects));
    }
    if state.jobs.len() > room {
        let text = format!("{} more", state.jobs.len() - room);
        ui.menu_button(RichText::new(text).small(), |ui| {
            ui.set_min_width(JOB + 60.0);
            for job in &state.jobs {
                ui.push_id(job.id.0, |ui| ui.horizontal(|ui| one(ui, state, job, JOB + 40.0, effects)));
            }
        });
    }
}

/// One job: how far it is, the way to stop it, what it does and how long it will take.
fn one(ui: &mut Ui, state: &State, job: &JobStatus, width: f32, effects: &mut Vec<Effect>) {
    ui.allocate_ui_with_layout(egui::vec2(width.max(160.0), 20.0), Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        charts::progress_bar(ui, job, 84.0);
        charts::stop_button(ui, job, effects);
        let now = Instant::now();
        let left = match (job.stopping, job.since, job.time_left(now)) {
            (true, ..) => String::new(),
            (false, None, _) => "waiting".to_owned(),
            (false, Some(_), None) => String::new(),
            (false, Some(_), Some(left)) => format!("{} left", in_words(left)),
        };
        if !left.is_empty() {
            ui.label(RichText::new(left).small());
        }
        let (text, whole) = job_text(state, job);
        ui.add(Label::new(weak(text).small()).truncate()).on_hover_text(whole);
    });
}

/// What a job does; of training also how far its losses have come.
fn job_text(state: &State, job: &JobStatus) -> (String, String) {
    let report = state.training.epochs.last().filter(|_| job.purpose == Purpose::Train);
    let Some(report) = report else { return (job.title.clone(), job.title.clone()) };
    let epoch = &report.epoch;
    let auc = epoch.validation_auc.map_or_else(String::new, |auc| format!(", ROC-AUC {auc:.3}"));
    let short = format!(
        "{}: epoch {} of {}, loss {:.4}, validation {} {:.4}{auc}",
        job.title, epoch.epoch, report.epochs, epoch.train_loss, report.loss, epoch.validation_loss
    );
    (short, report.to_string())
}

/// As much of both ends of a text as fits: names of devices tell the maker first and the kind last.
fn middle_cut(text: &str, fits: impl Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| -> String {
        let tail = kept / 2;
        let (head, tail) = (letters.iter().take(kept - tail), letters.iter().skip(letters.len() - tail));
        let (head, tail): (String, String) = (head.collect(), tail.collect());
        format!("{}…{}", head.trim_end(), tail.trim_start())
    };
    // The longest that fits: each more letter makes it longer.
    let kept: Vec<usize> = (0..letters.len()).collect();
    cut(kept.partition_point(|&kept| fits(&cut(kept))).saturating_sub(1))
}

/// `312 MB`, `1.4 GB`
fn megabytes(bytes: usize) -> String {
    #[allow(clippy::cast_precision_loss, reason = "told in three digits")]
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 1000.0 { format!("{megabytes:.0} MB") } else { format!("{:.1} GB", megabytes / 1000.0) }
}

#[cfg(test)]
mod tests {
    use super::{megabytes, middle_cut};

    #[test]
    fn long_names_are_cut_in_the_middle() {
        let within = |most: usize| move |text: &str| text.chars().count() <= most;
        assert_eq!(middle_cut("CPU (flex)", within(10)), "CPU (flex)");
        assert_eq!(middle_cut("CPU (flex), drawing on llvmpipe", within(13)), "CPU (f…vmpipe");
        assert_eq!(middle_cut("llvmpipe (LLVM 19)", within(12)), "llvmpi…M 19)");
        assert_eq!(middle_cut("äöü", within(0)), "…");
    }

    #[test]
    fn memory_has_fitting_units() {
        assert_eq!([311_600_000, 1_440_000_000].map(megabytes), ["312 MB", "1.4 GB"]);
        let taken = memory_stats::memory_stats().map(|stats| stats.physical_mem);
        assert!(taken.is_none_or(|bytes| bytes > 1_000_000), "{taken:?}");
    }
}
