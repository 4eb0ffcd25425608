//! The plot panels: what was measured and is being measured, the legend, and the plot below.

use super::actions::{ActionId, Effect};
use super::parts::{self, weak};
use super::plot::{self, Ready};
use super::terms::{self, Term};
use super::theme;
use crate::analysis::chart::{Chart, Pattern, Series, Shape};
use crate::domain::{Dataset, Split};
use crate::engine::{ModelState, Survey, SweepOptions};
use crate::workspace::{Command, FigureKind, JobStatus, Purpose, State, Workspace, side_letter};
use eframe::egui::{self, Align, Id, Layout, ProgressBar, RichText, Ui, Vec2, WidgetInfo};
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
    pub(super) fn ready(&mut self, id: Id, chart: Arc<Chart>) -> Option<&mut Ready> {
        let known = self.ready.iter().position(|ready| ready.is(id));
        match known.and_then(|place| self.ready.get_mut(place)) {
            Some(ready) => ready.update(chart),
            None => self.ready.push(Ready::new(id, chart)),
        }
        match known {
            Some(place) => self.ready.get_mut(place),
            None => self.ready.last_mut(),
        }
    }
}

/// The place of a kind of chart.
fn place_of(kind: FigureKind, state: ModelState) -> Id {
    Id::unique(("chart", kind.name(), state.name()))
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
            let word = if kind == FigureKind::Curves { Term::BaseBand } else { Term::Ratio };
            terms::ask(ui, word);
            effects.extend(parts::action_switch(ui, ActionId::LinearRatios, "linear", &workspace.state));
            if kind == FigureKind::Curves {
                survey(ui, &workspace.state, &mut effects);
            }
            legend(ui, chart.as_deref().ok(), true);
        });
        match chart {
            Ok(chart) => draw(ui, own.ready(place_of(kind, ModelState::Trained), chart)),
            Err(reason) => empty(ui, &reason),
        }
    });
    effects
}

/// One row above the plot, filled from the right.
pub(super) fn first_row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
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
    if !workspace.state.lanes.is_empty() {
        overlaid(ui, workspace, own, effects);
        return;
    }
    let abreast = states.len() > 1 && ui.available_width() >= SIDE_BY_SIDE;
    let chosen = workspace.state.view.histogram;
    let chosen = if states.contains(&chosen) { chosen } else { states.first().copied().unwrap_or_default() };
    let chart = workspace.chart(FigureKind::Histogram, chosen);
    first_row(ui, |ui| {
        terms::ask(ui, Term::Ks);
        effects.extend(parts::action_switch(ui, ActionId::LinearCounts, "linear", &workspace.state));
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

/// The models side by side in one histogram.
fn overlaid(ui: &mut Ui, workspace: &mut Workspace, own: &mut Charts, effects: &mut Vec<Effect>) {
    let state = ModelState::Trained;
    let chart = workspace.chart(FigureKind::Histogram, state);
    first_row(ui, |ui| {
        effects.extend(parts::action_switch(ui, ActionId::LinearCounts, "linear", &workspace.state));
        survey(ui, &workspace.state, effects);
        legend(ui, chart.as_deref().ok(), true);
    });
    histogram(ui, own, (state, chart));
}

fn histogram(ui: &mut Ui, own: &mut Charts, (state, chart): (ModelState, Result<Arc<Chart>, String>)) {
    match chart {
        Ok(chart) => draw(ui, own.ready(place_of(FigureKind::Histogram, state), chart)),
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
        return;
    }
    let options = SweepOptions { split, initial: state.initial, ..SweepOptions::default() };
    if let Some(survey) = state.survey() {
        if !survey.is_complete() && ui.small_button("Measure again").clicked() {
            effects.push(Command::Sweep(survey.key.options).into());
        }
        measure_sides(ui, state, options, effects);
        let (short, long) = measured(survey, split);
        ui.label(weak(short).small()).on_hover_text(long);
    } else {
        measure_buttons(ui, dataset, options, effects);
    }
}

/// Buttons that measure what was not measured yet of the models side by side.
fn measure_sides(ui: &mut Ui, state: &State, options: SweepOptions, effects: &mut Vec<Effect>) {
    for side in (1..state.side_count()).filter(|&side| state.survey_at(side).is_none()) {
        let limit = state.survey().and_then(|survey| survey.key.options.limit);
        let tip = format!("The same molecules under {}, in the background", state.name_at(side));
        if ui.small_button(format!("Measure {}", side_letter(side))).on_hover_text(tip).clicked() {
            effects.push(Command::SweepSide(side, SweepOptions { limit, ..options }).into());
        }
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

/// What the series are, above the plot, where it never covers data. An entry is never broken.
pub(super) fn legend(ui: &mut Ui, chart: Option<&Chart>, with_bars: bool) {
    let Some(chart) = chart else { return };
    let palette = theme::palette(ui);
    ui.with_layout(Layout::left_to_right(Align::Center).with_main_wrap(true), |ui| {
        ui.spacing_mut().item_spacing = Vec2::new(11.0, 1.0);
        ui.spacing_mut().interact_size.y = 14.0;
        for series in chart.series.iter().filter(|series| !series.name.trim().is_empty()) {
            if with_bars || !matches!(series.shape, Shape::Bars { .. }) {
                entry(ui, series, theme::color(palette.role(series.role)).gamma_multiply(series.opacity.max(0.6)));
            }
        }
    });
}

/// A sample of a series and its name, as one piece.
fn entry(ui: &mut Ui, series: &Series, color: egui::Color32) {
    const SAMPLE: Vec2 = Vec2::new(22.0, 10.0);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let mut text =
        egui::text::LayoutJob::simple_singleline(series.name.trim().to_owned(), font, ui.visuals().text_color());
    text.wrap = egui::text::TextWrapping::truncate_at_width((ui.max_rect().width() - SAMPLE.x - 5.0).max(20.0));
    let galley = ui.painter().layout_job(text);
    let size = Vec2::new(SAMPLE.x + 5.0 + galley.size().x, galley.size().y.max(14.0));
    let (all, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Label, true, series.name.trim()));
    let rect = egui::Rect::from_center_size(egui::pos2(all.left() + SAMPLE.x / 2.0, all.center().y), SAMPLE);
    let painter = ui.painter();
    let ends = [rect.left_center(), rect.right_center()];
    match series.shape {
        Shape::Line(_) => {
            let stroke = egui::Stroke::new(plot::width(series) + 0.6, color);
            match series.pattern() {
                Pattern::Solid => {
                    painter.line_segment(ends, stroke);
                }
                Pattern::Dashed => {
                    painter.extend(egui::Shape::dashed_line(&ends, stroke, 5.0, 3.5));
                }
                Pattern::Dotted => {
                    painter.extend(egui::Shape::dotted_line(&ends, color, 5.0, 1.5));
                }
            }
        }
        Shape::VLine(_) | Shape::HLine(_) => {
            painter.extend(egui::Shape::dashed_line(&ends, egui::Stroke::new(1.2, color), 4.0, 3.0));
        }
        Shape::Band { .. } => {
            let edge = egui::Stroke::new(1.0, color);
            painter.rect(rect, 1.0, plot::band_fill(color), edge, egui::StrokeKind::Inside);
        }
        Shape::Bars { .. } => {
            painter.rect_filled(rect, 1.0, color);
        }
    }
    let corner = egui::pos2(all.left() + SAMPLE.x + 5.0, all.center().y - galley.size().y / 2.0);
    painter.galley(corner, galley, ui.visuals().text_color());
}
