//! The run that is going on or was the last: how far it is, what can be done about it, and its curves.

use super::Panel;
use crate::engine::jobs::in_words;
use crate::engine::run::RunFolder;
use crate::ui::actions::{ActionId, Effect};
use crate::ui::parts::{self, weak};
use crate::ui::{charts, plot};
use crate::workspace::{Command, Condition, Curve, RunCommand, RunView, State, Workspace};
use eframe::egui::{self, Align, Id, Label, Layout, ProgressBar, RichText, ScrollArea, Slider, Ui, WidgetInfo};
use std::time::Instant;

/// Height of a plot, and the width that it needs; points.
const PLOT: f32 = 150.0;
const LEAST: f32 = 330.0;

pub(super) fn show(ui: &mut Ui, workspace: &mut Workspace, own: &mut Panel, effects: &mut Vec<Effect>) {
    let state = &workspace.state;
    let Some(run) = state.run_view() else {
        ui.add_space(6.0);
        ui.add(Label::new(weak("No network was trained in this session yet.")).wrap());
        ui.add_space(4.0);
        effects.extend(parts::action_button(ui, ActionId::NewRun, "New training run…", state));
        return;
    };
    heading(ui, &run);
    progress(ui, state, &run);
    buttons(ui, state, &run, effects);
    replay(ui, state, effects);
    beside(ui, state, effects);
    waiting(ui, state, effects);
    ui.add_space(2.0);
    ui.separator();
    curves(ui, workspace, own);
}

fn heading(ui: &mut Ui, run: &RunView<'_>) {
    let condition = &run.condition;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let failed = matches!(condition, Condition::Failed(_));
            let color = if failed { ui.visuals().error_fg_color } else { ui.visuals().text_color() };
            ui.label(RichText::new(condition.word()).strong().color(color));
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let tip = run.folder.display().to_string();
                ui.add(Label::new(RichText::new(run.name()).strong()).truncate()).on_hover_text(tip);
            });
        });
    });
    let network = &run.plan.network;
    ui.add(Label::new(weak(format!("{} on {}", network.kind(), run.data))).truncate());
    if let Condition::Failed(reason) = condition {
        ui.add(Label::new(RichText::new(reason).color(ui.visuals().error_fg_color)).wrap());
    }
}

/// How far it is, in a bar and in words.
fn progress(ui: &mut Ui, state: &State, run: &RunView<'_>) {
    let (training, condition) = (run.training, &run.condition);
    let epochs = run.plan.recipe.epochs;
    let done = training.and_then(|training| training.epochs.last()).map_or(0, |report| report.epoch.epoch);
    let (mut fraction, mut words) = (share(done, epochs), format!("epoch {done} of {epochs}"));
    let job = state.run_job().filter(|_| !run.opened);
    if let (Some(job), Some(batch)) = (job, training.and_then(|training| training.batch)) {
        fraction = job.fraction().unwrap_or(fraction);
        let kind = if batch.loss.is_some() { "batch" } else { "validating, batch" };
        words = format!("epoch {} of {epochs}, {kind} {} of {}", batch.epoch, batch.done, batch.total);
    }
    let bar = ProgressBar::new(fraction).desired_height(8.0);
    ui.add(bar).widget_info(|| WidgetInfo::labeled(egui::Role::ProgressIndicator, true, "Training progress"));
    ui.label(words);
    let mut facts = Vec::new();
    if let (Condition::Running, Some(left)) = (condition, job.and_then(|job| job.time_left(Instant::now()))) {
        facts.push(format!("{} left at most", in_words(left)));
    }
    if let Some(report) = training.and_then(|training| training.epochs.last()) {
        if report.molecules_per_second.is_finite() {
            facts.push(format!("{} molecules/s", parts::number(report.molecules_per_second)));
        }
        facts.push(format!("validation {} {}", report.loss, parts::number(report.epoch.validation_loss)));
    }
    if let Some(best) = training.and_then(|training| training.epochs.iter().rev().find(|report| report.epoch.best)) {
        facts.push(format!("best {} in epoch {}", parts::number(best.epoch.validation_loss), best.epoch.epoch));
    }
    let text = facts.join(" · ");
    ui.add(Label::new(weak(text)).wrap());
    if let Some(outcome) = training.and_then(|training| training.outcome.as_ref()) {
        ui.add(Label::new(outcome.to_string()).wrap());
    }
}

#[allow(clippy::cast_precision_loss, reason = "a progress bar")]
fn share(done: u32, total: u32) -> f32 {
    done as f32 / total.max(1) as f32
}

fn buttons(ui: &mut Ui, state: &State, run: &RunView<'_>, effects: &mut Vec<Effect>) {
    ui.horizontal_wrapped(|ui| {
        if run.opened {
            effects.extend(parts::action_button(ui, ActionId::ResumeRun, "Resume", state));
            effects.extend(parts::action_button(ui, ActionId::CloseOpenedRun, "Close", state));
        } else {
            for (id, text) in
                [(ActionId::PauseRun, "Pause"), (ActionId::ResumeRun, "Resume"), (ActionId::StopRun, "Stop")]
            {
                effects.extend(parts::action_button(ui, id, text, state));
            }
            effects.extend(parts::action_switch(ui, ActionId::FollowTraining, "follow", state));
        }
        if run.training.is_some_and(|training| !training.epochs.is_empty()) {
            ui.menu_button("Weights", |ui| weights(ui, state, run, effects))
                .response
                .on_hover_text("Open weights that the run kept as a model to look at");
        }
    });
}

/// The weights that the run kept, each to be opened as a model.
fn weights(ui: &mut Ui, state: &State, run: &RunView<'_>, effects: &mut Vec<Effect>) {
    let folder = RunFolder::at(run.folder);
    let mut entries = vec![("Best epoch".to_owned(), folder.best()), ("Last epoch".to_owned(), folder.last())];
    let epochs = state.replayable();
    entries.extend(epochs.iter().rev().map(|&epoch| (format!("Epoch {epoch}"), folder.epoch(epoch))));
    ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for (text, path) in entries {
            if ui.button(text).clicked() {
                effects.push(Command::OpenModel(path, Box::default()).into());
                ui.close();
            }
        }
    });
}

/// Goes through the epochs whose weights were kept.
fn replay(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let epochs = state.replayable();
    let Some(last) = epochs.len().checked_sub(1) else { return };
    let replayed = state.replayed();
    let mut place = replayed.and_then(|epoch| epochs.iter().position(|known| *known == epoch)).unwrap_or(last);
    ui.horizontal(|ui| {
        let label = ui.label("Replay");
        let told = replayed.map_or_else(|| "off".to_owned(), |epoch| format!("epoch {epoch}"));
        parts::from_right(ui, |ui| {
            ui.add_sized([70.0, 18.0], Label::new(weak(told)));
            ui.spacing_mut().slider_width = (ui.available_width() - 4.0).max(60.0);
            let slider = ui.add(Slider::new(&mut place, 0..=last).show_value(false).trailing_fill(true));
            let tip = "Shows the molecule under the weights of an epoch, to see its ratios grow";
            if slider.labelled_by(label.id).on_hover_text(tip).changed() {
                effects.push(Command::Run(RunCommand::Replay(epochs.get(place).copied())).into());
            }
        });
    });
}

/// The run that lies over this one, or the way to choose one.
fn beside(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let Some(other) = state.run_beside() else {
        effects.extend(parts::action_button(ui, ActionId::CompareRun, "Compare with run…", state));
        return;
    };
    parts::from_right(ui, |ui| {
        effects.extend(parts::action_button(ui, ActionId::CloseRunComparison, "Remove", state));
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let folder = other.folder();
            let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = format!("B: {name}, {}", other.file.plan.network.kind());
            ui.add(Label::new(text).truncate()).on_hover_text(folder.display().to_string());
        });
    });
}

/// Runs that come next.
fn waiting(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    for run in state.waiting_runs() {
        ui.horizontal(|ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.small_button("Withdraw").on_hover_text("Do not train it").clicked() {
                    effects.push(Command::Run(RunCommand::Withdraw(run.options.out.clone())).into());
                }
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    ui.add(Label::new(weak(format!("then {}", run.name()))).truncate());
                });
            });
        });
    }
}

/// All curves that there are, in as many columns as there is room for.
fn curves(ui: &mut Ui, workspace: &mut Workspace, own: &mut Panel) {
    let charts: Vec<_> = Curve::ALL.into_iter().filter_map(|curve| Some((curve, workspace.curve(curve)?))).collect();
    if charts.is_empty() {
        ui.label(weak("Curves begin with the first epoch that is over."));
        return;
    }
    ScrollArea::vertical().id_salt("training curves").auto_shrink(false).show(ui, |ui| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few columns")]
        let abreast = ((ui.available_width() / LEAST) as usize).clamp(1, 3);
        for charts in charts.chunks(abreast) {
            ui.columns(abreast, |columns| {
                for (ui, (curve, chart)) in columns.iter_mut().zip(charts) {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    charts::first_row(ui, |ui| {
                        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                            ui.label(RichText::new(curve.title()).strong().small());
                            charts::legend(ui, Some(chart.as_ref()), true);
                        });
                    });
                    // However many lines the legend has, the plot keeps its height.
                    let size = egui::vec2(ui.available_width() - 4.0, PLOT);
                    let id = Id::unique(("training curve", curve.title()));
                    let ready = own.charts.ready(id, chart.clone());
                    ui.allocate_ui(size, |ui| ready.into_iter().for_each(|ready| plot::show(ui, ready)));
                }
            });
        }
    });
}
