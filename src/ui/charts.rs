//! The plots: the same charts that are exported, drawn with `egui_plot`. Positions on logarithmic axes
//! are logarithms already; here they only get their ticks.

use super::actions::Effect;
use super::parts::{self, weak};
use super::theme;
use crate::analysis::chart::{Chart, Role, Scale, Series, Shape};
use crate::domain::Dataset;
use crate::engine::{ModelState, Survey, SweepOptions};
use crate::workspace::{Command, FigureKind, JobStatus, Purpose, State, Workspace};
use eframe::egui::{self, Color32, ProgressBar, Rect, RichText, Ui, Vec2, WidgetInfo};
use egui_plot::{AxisHints, GridInput, GridMark, HoverPosition, Line, LineStyle, Plot, PlotPoint, PlotPoints, Span, VLine};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Points kept of a line: a few per pixel of a wide plot.
const POINTS: usize = 700;

/// From this width on, the histograms of both states stand side by side; points.
const SIDE_BY_SIDE: f32 = 760.0;

/// Molecules offered to be measured first where there are many.
const FIRST: usize = 1000;

/// A chart made ready for `egui_plot`.
struct Ready {
    kind: FigureKind,
    state: ModelState,
    chart: Arc<Chart>,
    /// Per series: its points if it is a line or bars, and its full name.
    lines: Vec<(Vec<PlotPoint>, String)>,
    /// Not drawn yet: the view starts afresh.
    fresh: bool,
}

/// What the panels keep for themselves.
#[derive(Default)]
pub(super) struct Charts {
    ready: Vec<Ready>,
}

impl Charts {
    fn ready(&mut self, kind: FigureKind, state: ModelState, chart: Arc<Chart>) -> Option<&mut Ready> {
        let known = self.ready.iter().position(|ready| ready.kind == kind && ready.state == state);
        if let Some(place) = known {
            if !Arc::ptr_eq(&self.ready.get(place)?.chart, &chart) {
                let before = self.ready.get(place)?;
                // The same axes show the same thing a little further on: a zoomed view stays.
                let fresh = before.chart.x.range != chart.x.range;
                *self.ready.get_mut(place)? = Ready { kind, state, lines: lines(&chart), chart, fresh };
            }
            return self.ready.get_mut(place);
        }
        self.ready.push(Ready { kind, state, lines: lines(&chart), chart, fresh: true });
        self.ready.last_mut()
    }
}

/// Shows one plot panel.
pub(super) fn show(ui: &mut Ui, workspace: &mut Workspace, kind: FigureKind, own: &mut Charts) -> Vec<Effect> {
    let mut effects = Vec::new();
    egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 10, top: 6, bottom: 4 }).show(ui, |ui| {
        if kind != FigureKind::EdgeRatios {
            survey_line(ui, &workspace.state, &mut effects);
        }
        if kind == FigureKind::Histogram {
            histograms(ui, workspace, own, &mut effects);
        } else {
            match workspace.chart(kind, ModelState::Trained) {
                Ok(chart) => plot(ui, own.ready(kind, ModelState::Trained, chart)),
                Err(reason) => empty(ui, &reason),
            }
        }
    });
    effects
}

fn empty(ui: &mut Ui, reason: &str) {
    ui.add_space(10.0);
    ui.label(weak(reason));
}

/// Trained and base beside each other, or one of them where there is not enough room.
fn histograms(ui: &mut Ui, workspace: &mut Workspace, own: &mut Charts, effects: &mut Vec<Effect>) {
    let Some(survey) = workspace.state.survey() else { return };
    let states: Vec<ModelState> = survey.states.iter().map(|(state, _)| *state).collect();
    if states.len() > 1 && ui.available_width() >= SIDE_BY_SIDE {
        ui.columns(states.len(), |columns| {
            for (ui, &state) in columns.iter_mut().zip(&states) {
                histogram(ui, workspace, own, state);
            }
        });
        return;
    }
    let chosen = workspace.state.view.histogram;
    let chosen = if states.contains(&chosen) { chosen } else { states.first().copied().unwrap_or_default() };
    if states.len() > 1 {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0;
            for &state in &states {
                if ui.selectable_label(state == chosen, state.name()).clicked() {
                    effects.push(Command::SetHistogram(state).into());
                }
            }
        });
    }
    histogram(ui, workspace, own, chosen);
}

fn histogram(ui: &mut Ui, workspace: &mut Workspace, own: &mut Charts, state: ModelState) {
    match workspace.chart(FigureKind::Histogram, state) {
        Ok(chart) => plot(ui, own.ready(FigureKind::Histogram, state, chart)),
        Err(reason) => empty(ui, &reason),
    }
}

/// What was measured, what is being measured, and the button that measures.
fn survey_line(ui: &mut Ui, state: &State, effects: &mut Vec<Effect>) {
    let Some(dataset) = state.dataset() else { return };
    let split = state.table.split;
    let name = split.map_or_else(|| "all".to_owned(), |split| split.name().to_owned());
    let running = state.jobs.iter().find(|job| job.purpose == Purpose::Sweep);
    ui.horizontal(|ui| {
        if let Some(job) = running {
            progress(ui, job, effects);
        } else if let Some(survey) = state.survey() {
            ui.label(weak(measured(survey, &name)).small());
            if !survey.is_complete() && ui.small_button("Measure again").clicked() {
                effects.push(Command::Sweep(survey.key.options).into());
            }
        } else {
            measure_buttons(ui, dataset, split, effects);
        }
    });
}

fn measured(survey: &Survey, split: &str) -> String {
    let (done, total) = (survey.ids.len(), survey.total);
    let mut text = if survey.is_complete() {
        format!("{} molecules ({split}), one by one, model {}", parts::count(done), survey.key.model.name)
    } else {
        format!("{} of {} molecules ({split}), model {}", parts::count(done), parts::count(total), survey.key.model.name)
    };
    if !survey.unscored.is_empty() {
        text += &format!("; {} cannot be scored", parts::count(survey.unscored.len()));
    }
    text
}

/// How far the measuring has come, with a way to stop it.
pub(super) fn progress(ui: &mut Ui, job: &JobStatus, effects: &mut Vec<Effect>) {
    let bar = ProgressBar::new(job.fraction().unwrap_or(0.0)).desired_width(120.0).desired_height(8.0);
    ui.add(bar).widget_info(|| WidgetInfo::labeled(egui::Role::ProgressIndicator, true, &job.title));
    if job.stopping {
        ui.label(weak("stopping…").small());
    } else if ui.small_button("Stop").on_hover_text("Stop and keep what was done").clicked() {
        effects.push(Command::Stop(job.id).into());
    }
    ui.add(egui::Label::new(weak(&job.title).small()).truncate());
}

fn measure_buttons(ui: &mut Ui, dataset: &Dataset, split: Option<crate::domain::Split>, effects: &mut Vec<Effect>) {
    let number = dataset.records.iter().filter(|record| split.is_none() || record.split == split).count();
    if number == 0 {
        return;
    }
    if ui.button(format!("Measure these {} molecules", parts::count(number))).on_hover_text("Under the chosen model and its base state, in the background").clicked() {
        effects.push(Command::Sweep(SweepOptions { split, limit: None }).into());
    }
    if number > 2 * FIRST && ui.button(format!("Only the first {}", parts::count(FIRST))).clicked() {
        effects.push(Command::Sweep(SweepOptions { split, limit: Some(FIRST) }).into());
    }
}

fn plot(ui: &mut Ui, ready: Option<&mut Ready>) {
    let Some(ready) = ready else { return };
    legend(ui, &ready.chart);
    let fresh = std::mem::take(&mut ready.fresh);
    let Ready { kind, state, chart, lines, .. } = ready;
    let chart: &Chart = chart;
    let weak = ui.visuals().weak_text_color();
    let font = egui::FontId::proportional(11.0);
    let axis = |hints: AxisHints<'static>, axis: &crate::analysis::chart::Axis| {
        let scale = axis.scale;
        let hints = hints.label(RichText::new(&axis.label).size(11.5)).tick_label_font(font.clone()).tick_label_color(weak);
        hints.formatter(move |mark, range| tick(scale, mark, range))
    };
    let mut plot = Plot::new(("chart", format!("{kind:?}"), state.name()))
        .custom_x_axes(vec![axis(AxisHints::new_x().label_spacing(50.0..=70.0), &chart.x)])
        .custom_y_axes(vec![axis(AxisHints::new_y().label_spacing(14.0..=18.0), &chart.y)])
        .include_x(chart.x.range.0)
        .include_x(chart.x.range.1)
        .include_y(chart.y.range.0)
        .include_y(chart.y.range.1)
        .set_margin_fraction(Vec2::new(0.0, 0.02))
        .allow_scroll(false)
        .grid_color(theme::color(theme::palette(ui).grid()))
        .label_formatter(|position| readout(chart, lines, position));
    if chart.y.scale == Scale::Log10 {
        plot = plot.y_grid_spacer(powers);
    }
    if fresh {
        plot = plot.reset();
    }
    let palette = theme::palette(ui);
    let response = plot.show(ui, |plot| {
        for (index, (series, (points, name))) in chart.series.iter().zip(lines.iter()).enumerate() {
            let color = theme::color(palette.role(series.role)).gamma_multiply(series.opacity);
            draw(plot, series, (points.as_slice(), name), color, index);
        }
    });
    let name = format!("Plot: {}, {} against {}", chart.title, chart.y.label, chart.x.label);
    response.response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, &name));
    notes(ui, response.response.rect, chart);
}

fn draw<'a>(plot: &mut egui_plot::PlotUi<'a>, series: &Series, (points, name): (&'a [PlotPoint], &'a str), color: Color32, index: usize) {
    match &series.shape {
        Shape::Line(_) => {
            let line = Line::new(name, PlotPoints::Borrowed(points)).color(color).width(width(series.role));
            plot.line(line.id(index));
        }
        Shape::Bars { .. } => {
            // egui fills down to a height, and the bars stand on the lowest one.
            let floor = points.first().map_or(0.0, |point| point.y);
            #[allow(clippy::cast_possible_truncation, reason = "a position in a plot")]
            let line = Line::new(name, PlotPoints::Borrowed(points)).color(color).width(1.0).fill(floor as f32).fill_alpha(0.8);
            plot.line(line.id(index).allow_band(false));
        }
        Shape::Band { low, high } => {
            let span = Span::new("", *low..=*high).axis(egui_plot::Axis::Y).fill(color.gamma_multiply(0.35)).border_color(color);
            plot.span(span.border_width(1.0));
        }
        Shape::VLine(at) => {
            plot.vline(VLine::new(name, *at).color(color).width(1.2).style(LineStyle::dashed_dense()).id(index).allow_hover(false));
        }
        Shape::HLine(at) => {
            let line = egui_plot::HLine::new(name, *at).color(color).width(1.2).style(LineStyle::dashed_dense());
            plot.hline(line.id(index).allow_hover(false));
        }
    }
}

fn width(role: Role) -> f32 {
    match role {
        Role::Selected => 2.4,
        Role::Fit => 1.6,
        _ => 1.2,
    }
}

/// What a series is, in a row above the plot, where it never covers data.
fn legend(ui: &mut Ui, chart: &Chart) {
    let palette = theme::palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = Vec2::new(5.0, 1.0);
        ui.spacing_mut().interact_size.y = 14.0;
        for series in chart.series.iter().filter(|series| !series.name.trim().is_empty()) {
            let color = theme::color(palette.role(series.role)).gamma_multiply(series.opacity.max(0.6));
            let (rect, _) = ui.allocate_exact_size(Vec2::new(18.0, 10.0), egui::Sense::hover());
            match series.shape {
                Shape::Line(_) => {
                    ui.painter().hline(rect.x_range(), rect.center().y, egui::Stroke::new(width(series.role) + 0.6, color));
                }
                Shape::VLine(_) | Shape::HLine(_) => {
                    let ends = [rect.left_center(), rect.right_center()];
                    ui.painter().extend(egui::Shape::dashed_line(&ends, egui::Stroke::new(1.2, color), 4.0, 3.0));
                }
                Shape::Band { .. } => {
                    ui.painter().rect(rect, 1.0, color.gamma_multiply(0.35), egui::Stroke::new(1.0, color), egui::StrokeKind::Inside);
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

/// The chart's notes in its upper right corner, where sorted curves and histograms leave room.
fn notes(ui: &Ui, plot: Rect, chart: &Chart) {
    if chart.notes.is_empty() {
        return;
    }
    let text = chart.notes.join("\n");
    let galley = ui.painter().layout_no_wrap(text, egui::FontId::proportional(11.5), ui.visuals().text_color());
    let corner = plot.right_top() + Vec2::new(-galley.size().x - 12.0, 8.0);
    let behind = Rect::from_min_size(corner, galley.size()).expand(4.0);
    ui.painter().rect_filled(behind, 3.0, ui.visuals().extreme_bg_color.gamma_multiply(0.8));
    ui.painter().galley(corner, galley, ui.visuals().text_color());
}

/// Points and full name of every series.
fn lines(chart: &Chart) -> Vec<(Vec<PlotPoint>, String)> {
    let mut names = unnamed(chart).into_iter();
    let is_plain = |series: &Series| matches!(series.shape, Shape::Line(_)) && series.role != Role::Fit && !is_selected(chart, series);
    let plain = chart.series.iter().filter(|series| is_plain(series)).count();
    let known = names.len() == plain;
    let line = |series: &Series| {
        let name = names.next_if_known(known && is_plain(series)).unwrap_or_else(|| series.name.trim().to_owned());
        let points = match &series.shape {
            Shape::Line(points) => thinned(points),
            Shape::Bars { width, bars } => skyline(*width, bars, chart.y.range.0),
            Shape::Band { .. } | Shape::VLine(_) | Shape::HLine(_) => Vec::new(),
        };
        (points, name)
    };
    chart.series.iter().map(line).collect()
}

/// Takes the next name only where it belongs.
trait NextIfKnown {
    fn next_if_known(&mut self, wanted: bool) -> Option<String>;
}

impl<I: Iterator<Item = String>> NextIfKnown for I {
    fn next_if_known(&mut self, wanted: bool) -> Option<String> {
        if wanted { self.next() } else { None }
    }
}

/// Whether a line is a selected layer, which has a full name of its own.
fn is_selected(chart: &Chart, series: &Series) -> bool {
    let column = series.name.replace(", layer ", " layer ");
    series.name.contains(", layer ") && chart.table.columns.contains(&column)
}

/// The names of lines that have none in the legend (one entry stands for all layers), from the table
/// behind the chart, whose columns stand in the order of the lines.
fn unnamed(chart: &Chart) -> Vec<String> {
    let selected: Vec<String> =
        chart.series.iter().filter(|series| is_selected(chart, series)).map(|series| series.name.replace(", layer ", " layer ")).collect();
    chart.table.columns.iter().filter(|column| column.contains(" layer ") && !selected.contains(column)).cloned().collect()
}

fn thinned(points: &[[f64; 2]]) -> Vec<PlotPoint> {
    let last = points.len().saturating_sub(1);
    let kept = points.len().min(POINTS);
    let place = |index: usize| last * index / kept.saturating_sub(1).max(1);
    (0..kept).filter_map(|index| points.get(place(index))).map(|&[x, y]| PlotPoint::new(x, y)).collect()
}

/// The outline of bars standing on `floor`, gaps included.
fn skyline(width: f64, bars: &[[f64; 2]], floor: f64) -> Vec<PlotPoint> {
    let mut points: Vec<PlotPoint> = Vec::with_capacity(4 * bars.len());
    let mut end = f64::NAN;
    for &[left, top] in bars.iter().filter(|[_, top]| top.is_finite()) {
        if (left - end).abs() > 1e-6 * width.abs() || end.is_nan() {
            if !end.is_nan() {
                points.push(PlotPoint::new(end, floor));
            }
            points.push(PlotPoint::new(left, floor));
        }
        end = left + width;
        points.extend([PlotPoint::new(left, top), PlotPoint::new(end, top)]);
    }
    if !end.is_nan() {
        points.push(PlotPoint::new(end, floor));
    }
    points
}

/// Ticks of a logarithmic axis: powers of ten, and 2 to 9 times them where there is room.
#[allow(clippy::needless_pass_by_value, reason = "the form egui_plot asks for")]
fn powers(input: GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 400.0 {
        return Vec::new();
    }
    let stride = ((high - low) / 40.0).ceil().max(1.0);
    let (first, last) = ((low / stride).floor(), (high / stride).ceil());
    let mut marks = Vec::new();
    let mut power = first;
    while power <= last {
        let value = power * stride;
        marks.push(GridMark { value, step_size: stride });
        if high - low < 3.0 {
            marks.extend((2..10).map(|factor| GridMark { value: value + f64::from(factor).log10(), step_size: 0.1 }));
        }
        power += 1.0;
    }
    marks
}

fn tick(scale: Scale, mark: GridMark, range: &RangeInclusive<f64>) -> String {
    let span = range.end() - range.start();
    match scale {
        Scale::Log10 if mark.step_size >= 1.0 => power_of_ten(mark.value.round()),
        // Between powers only where they alone would leave the axis bare.
        Scale::Log10 if span < 1.2 => parts::number(10f64.powf(mark.value)),
        Scale::Log10 => String::new(),
        Scale::Linear => {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let decimals = (-mark.step_size.log10().round()).clamp(0.0, 6.0) as usize;
            format!("{:.decimals$}", mark.value).replace('-', "−")
        }
    }
}

/// `10³`
fn power_of_ten(exponent: f64) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let raised = |digit: char| digit.to_digit(10).and_then(|digit| DIGITS.get(digit as usize)).copied().unwrap_or('⁻');
    format!("10{}", format!("{exponent:.0}").chars().map(raised).collect::<String>())
}

/// What stands beside the pointer: values, not logarithms.
fn readout(chart: &Chart, lines: &[(Vec<PlotPoint>, String)], position: &HoverPosition<'_>) -> Option<String> {
    let HoverPosition::NearDataPoint { plot_name, position, .. } = position else { return None };
    let value = |axis: &crate::analysis::chart::Axis, value: f64| match axis.scale {
        Scale::Linear if value.fract().abs() < 1e-9 => format!("{} {value:.0}", axis.label),
        Scale::Linear => format!("{} {}", axis.label, parts::number(value)),
        Scale::Log10 => format!("{} {}", plain(&axis.label), parts::number(10f64.powf(value))),
    };
    debug_assert!(lines.iter().any(|(_, name)| name == plot_name));
    Some(format!("{plot_name}\n{}\n{}", value(&chart.y, position.y), value(&chart.x, position.x)))
}

/// `log10(edge ratio)` is told as `edge ratio`.
fn plain(label: &str) -> &str {
    label.strip_prefix("log10(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_axes_are_marked_at_whole_powers() {
        let marks = powers(GridInput { bounds: (0.2, 6.0), base_step_size: 0.1 });
        assert!(marks.iter().all(|mark| mark.value.fract().abs() < 1e-12));
        let mark = |value| GridMark { value, step_size: 1.0 };
        assert_eq!(tick(Scale::Log10, mark(3.0), &(0.0..=6.0)), "10³");
        assert_eq!(tick(Scale::Log10, mark(-12.0), &(0.0..=6.0)), "10⁻¹²");
        assert!(powers(GridInput { bounds: (f64::NAN, 1.0), base_step_size: 0.1 }).is_empty());
        assert!(powers(GridInput { bounds: (-300.0, 90.0), base_step_size: 1.0 }).len() < 60);
    }

    #[test]
    fn bars_are_one_outline_with_gaps() {
        let points = skyline(1.0, &[[0.0, 2.0], [1.0, 3.0], [5.0, 1.0]], -1.0);
        let plain: Vec<[f64; 2]> = points.iter().map(|point| [point.x, point.y]).collect();
        let first = [[0.0, -1.0], [0.0, 2.0], [1.0, 2.0], [1.0, 3.0], [2.0, 3.0], [2.0, -1.0]];
        assert_eq!(plain[..6], first);
        assert_eq!(plain[6..], [[5.0, -1.0], [5.0, 1.0], [6.0, 1.0], [6.0, -1.0]]);
        assert!(skyline(1.0, &[], 0.0).is_empty());
    }

    #[test]
    fn thinning_keeps_both_ends() {
        let points: Vec<[f64; 2]> = (0..5000).map(|x| [f64::from(x), 0.0]).collect();
        let thin = thinned(&points);
        assert_eq!((thin.len(), thin[0].x, thin[POINTS - 1].x), (POINTS, 0.0, 4999.0));
        assert_eq!(thinned(&points[..1]).len(), 1);
    }
}
