//! The plot panels: what was measured and is being measured, the legend, and the plot below.

use super::actions::Effect;
use super::parts::{self, weak};
use super::plot::{self, Ready};
use super::theme;
use crate::analysis::chart::{Chart, Shape};
use crate::domain::{Dataset, Split};
use crate::engine::{ModelState, Survey, SweepOptions};
use crate::workspace::{Command, FigureKind, JobStatus, Purpose, State, Workspace};
use eframe::egui::{self, Align, Layout, ProgressBar, RichText, Ui, Vec2, WidgetInfo};
use std::sync::Arc;

/// From this width on, the histograms of all states stand side by side; points.
const SIDE_BY_SIDE: f32 = 760.0;

/// Molecules offered to be measured first where there are many.
const FIRST: usize = 1000;

/// What the panels keep for themselves.
#[derive(Default)]
pub(super) struct Charts {
    ready: Vec<Ready>,
}

impl Charts {
    /// A chart in the form that is drawn, made once.
    fn ready(&mut self, kind: FigureKind, state: ModelState, chart: Arc<Chart>) -> Option<&mut Ready> {
        let known = self.ready.iter().position(|ready| ready.is(kind, state));
        match known.and_then(|place| self.ready.get_mut(place)) {
            Some(ready) => ready.update(chart),
            None => self.ready.push(Ready::new(kind, state, chart)),
        }
        match known {
            Some(place) => self.ready.get_mut(place),
            None => self.ready.last_mut(),
        }
    }
}

/// Shows one plot panel.
pub(super) fn show(ui: &mut Ui, workspace: &mut Workspace, kind: FigureKind, own: &mut Charts) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 10, top: 5, bottom: 3 }).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        if kind == FigureKind::Histogram {
            histograms(ui, workspace, own, &mut effects);
            return;
        }
        let chart = workspace.chart(kind, ModelState::Trained);
        first_row(ui, |ui| {
            if kind == FigureKind::Curves {
                survey(ui, &workspace.state, &mut effects);
            }
            legend(ui, chart.as_deref().ok(), true);
        });
        match chart {
            Ok(chart) => draw(ui, own.ready(kind, ModelState::Trained, chart)),
            Err(reason) => empty(ui, &reason),
        }
    });
    effects
}

/// One row above the plot, filled from the right.
fn first_row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let size = Vec2::new(ui.available_width(), 22.0);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), add);
}

fn draw(ui: &mut Ui, ready: Option<&mut Ready>) {
    if let Some(ready) = ready {
        plot::show(ui, ready);
    }
}

fn empty(ui: &mut Ui, reason: &str) {
    ui.add_space(10.0);
    ui.label(weak(reason));
}

/// All states beside each other, or one of them where there is not enough room.
fn histograms(ui: &mut Ui, workspace: &mut Workspace, own: &mut Charts, effects: &mut Vec<Effect>) {
    let survey_states = workspace.state.survey().map(|survey| survey.states.iter().map(|(state, _)| *state).collect());
    let states: Vec<ModelState> = survey_states.unwrap_or_default();
    let abreast = states.len() > 1 && ui.available_width() >= SIDE_BY_SIDE;
    let chosen = workspace.state.view.histogram;
    let chosen = if states.contains(&chosen) { chosen } else { states.first().copied().unwrap_or_default() };
    let chart = workspace.chart(FigureKind::Histogram, chosen);
    first_row(ui, |ui| {
        survey(ui, &workspace.state, effects);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if states.len() > 1 && !abreast {
                ui.spacing_mut().item_spacing.x = 3.0;
                for &state in &states {
                    if ui.selectable_label(state == chosen, RichText::new(state.name()).small()).clicked() {
                        effects.push(Command::SetHistogram(state).into());
                    }
                }
                ui.add_space(8.0);
            }
            // The switch says whose bars they are.
            legend(ui, chart.as_deref().ok().filter(|_| !abreast), states.len() < 2);
        });
    });
    if abreast {
        ui.columns(states.len(), |columns| {
            for (ui, &state) in columns.iter_mut().zip(&states) {
                let chart = workspace.chart(FigureKind::Histogram, state);
                first_row(ui, |ui| legend(ui, chart.as_deref().ok(), true));
                histogram(ui, own, (state, chart));
            }
        });
    } else if !states.is_empty() {
        histogram(ui, own, (chosen, chart));
    }
}

fn histogram(ui: &mut Ui, own: &mut Charts, (state, chart): (ModelState, Result<Arc<Chart>, String>)) {
    match chart {
        Ok(chart) => draw(ui, own.ready(FigureKind::Histogram, state, chart)),
        Err(reason) => empty(ui, &reason),
    }
}

/// What was measured, what is being measured, or the button that measures.
fn survey(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let Some(dataset) = state.dataset() else { return };
    let split = state.table.split;
    if let Some(job) = state.jobs.iter().find(|job| job.purpose == Purpose::Sweep) {
        stop_button(ui, job, effects);
        progress_bar(ui, job, 90.0);
    } else if let Some(survey) = state.survey() {
        if !survey.is_complete() && ui.small_button("Measure again").clicked() {
            effects.push(Command::Sweep(survey.key.options).into());
        }
        let (short, long) = measured(survey, split);
        ui.label(weak(short).small()).on_hover_text(long);
    } else {
        let options = SweepOptions { split, initial: state.initial, ..SweepOptions::default() };
        measure_buttons(ui, dataset, options, effects);
    }
}

/// What a survey is of, in a few words and in a sentence.
fn measured(survey: &Survey, split: Option<Split>) -> (String, String) {
    let (done, total) = (parts::count(survey.ids.len()), parts::count(survey.total));
    let split = split.map_or("all splits", Split::name);
    let short = if survey.is_complete() {
        format!("{done} molecules ({split})")
    } else {
        format!("{done} of {total} molecules ({split})")
    };
    let mut long = format!(
        "{done} of {total} molecules ({split}) measured one by one (batch size 1) under {}",
        survey.key.model.name
    );
    if !survey.unscored.is_empty() {
        long += &format!("; {} cannot be scored by it", parts::count(survey.unscored.len()));
    }
    (short, long)
}

/// How far a job has come.
pub(super) fn progress_bar(ui: &mut Ui, job: &JobStatus, width: f32) {
    let bar = ProgressBar::new(job.fraction().unwrap_or(0.0)).desired_width(width).desired_height(8.0);
    ui.add(bar)
        .on_hover_text(&job.title)
        .widget_info(|| WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &job.title));
}

/// The button that stops a job, or the word that it is stopping.
pub(super) fn stop_button(ui: &mut Ui, job: &JobStatus, effects: &mut Vec<Effect>) {
    if job.stopping {
        ui.label(weak("stopping…").small());
    } else if ui.small_button("Stop").on_hover_text("Stop and keep what was done").clicked() {
        effects.push(Command::Stop(job.id).into());
    }
}

/// Buttons that start a sweep with the given options.
fn measure_buttons(ui: &mut Ui, dataset: &Dataset, options: SweepOptions, effects: &mut Vec<Effect>) {
    let split = options.split;
    let number = dataset.records.iter().filter(|record| split.is_none() || record.split == split).count();
    if number == 0 {
        return;
    }
    let tip = "Under the chosen model and its base state, in the background";
    if ui.button(format!("Measure these {} molecules", parts::count(number))).on_hover_text(tip).clicked() {
        effects.push(Command::Sweep(options).into());
    }
    if number > 2 * FIRST && ui.button(format!("Only the first {}", parts::count(FIRST))).on_hover_text(tip).clicked() {
        effects.push(Command::Sweep(SweepOptions { limit: Some(FIRST), ..options }).into());
    }
}

/// What the series are, above the plot, where it never covers data.
fn legend(ui: &mut Ui, chart: Option<&Chart>, with_bars: bool) {
    let Some(chart) = chart else { return };
    let palette = theme::palette(ui);
    ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
        ui.spacing_mut().item_spacing = Vec2::new(5.0, 1.0);
        ui.spacing_mut().interact_size.y = 14.0;
        for series in chart.series.iter().filter(|series| !series.name.trim().is_empty()) {
            if !with_bars && matches!(series.shape, Shape::Bars { .. }) {
                continue;
            }
            let color = theme::color(palette.role(series.role)).gamma_multiply(series.opacity.max(0.6));
            let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, 10.0), egui::Sense::hover());
            match series.shape {
                Shape::Line(_) => {
                    ui.painter().hline(
                        rect.x_range(),
                        rect.center().y,
                        egui::Stroke::new(plot::width(series.role) + 0.6, color),
                    );
                }
                Shape::VLine(_) | Shape::HLine(_) => {
                    let ends = [rect.left_center(), rect.right_center()];
                    ui.painter().extend(egui::Shape::dashed_line(&ends, egui::Stroke::new(1.2, color), 4.0, 3.0));
                }
                Shape::Band { .. } => {
                    ui.painter().rect(
                        rect,
                        1.0,
                        plot::band_fill(color),
                        egui::Stroke::new(1.0, color),
                        egui::StrokeKind::Inside,
                    );
                }
                Shape::Bars { .. } => {
                    ui.painter().rect_filled(rect, 1.0, color);
                }
            }
            ui.label(RichText::new(series.name.trim()).small());
            ui.add_space(6.0);
        }
    });
}
