//! One chart, drawn with `egui_plot`: the same values that are exported. Positions on logarithmic axes
//! are logarithms already; here they only get their ticks.

use super::parts;
use super::theme;
use crate::analysis::chart::{Axis, Chart, Pattern, Role, Scale, Series, Shape};
use eframe::egui::{self, Color32, Id, Rect, RichText, Ui, Vec2, WidgetInfo};
use egui_plot::{
    AxisHints, GridInput, GridMark, HoverPosition, Line, LineStyle, Plot, PlotPoint, PlotPoints, Span, VLine,
};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Points kept of a line: a few per pixel of a wide plot.
const POINTS: usize = 700;

/// A chart made ready for `egui_plot`.
pub(super) struct Ready {
    id: Id,
    chart: Arc<Chart>,
    /// Per series: its points if it is a line or bars, and its full name.
    lines: Vec<(Vec<PlotPoint>, String)>,
    /// Not drawn yet: the view starts afresh.
    fresh: bool,
}

impl Ready {
    /// A chart on its first way to the screen.
    pub(super) fn new(id: Id, chart: Arc<Chart>) -> Self {
        Self { id, lines: lines(&chart), chart, fresh: true }
    }

    /// Whether this is the place of that name.
    pub(super) fn is(&self, id: Id) -> bool {
        self.id == id
    }

    /// Takes a newer chart of the same kind.
    pub(super) fn update(&mut self, chart: Arc<Chart>) {
        if !Arc::ptr_eq(&self.chart, &chart) {
            // The same axes show the same thing a little further on: a zoomed view stays.
            let same = self.chart.x.range == chart.x.range && self.chart.y.scale == chart.y.scale;
            self.fresh |= !same;
            self.lines = lines(&chart);
            self.chart = chart;
        }
    }
}

/// Draws a chart into all the room there is.
pub(super) fn show(ui: &mut Ui, ready: &mut Ready) {
    let fresh = std::mem::take(&mut ready.fresh);
    let Ready { id, chart, lines, .. } = ready;
    let chart: &Chart = chart;
    let weak = ui.visuals().weak_text_color();
    let font = egui::FontId::proportional(11.0);
    let axis = |hints: AxisHints<'static>, axis: &Axis| {
        let scale = axis.scale;
        let hints =
            hints.label(RichText::new(&axis.label).size(11.5)).tick_label_font(font.clone()).tick_label_color(weak);
        hints.formatter(move |mark, range| tick(scale, mark, range))
    };
    let mut plot = Plot::new(*id)
        .custom_x_axes(vec![axis(AxisHints::new_x().label_spacing(50.0..=70.0), &chart.x)])
        .custom_y_axes(vec![axis(AxisHints::new_y().label_spacing(14.0..=18.0), &chart.y)])
        .include_x(chart.x.range.0)
        .include_x(chart.x.range.1)
        .include_y(chart.y.range.0)
        .include_y(chart.y.range.1)
        .set_margin_fraction(Vec2::new(0.0, 0.02))
        .allow_scroll(false)
        .grid_color(theme::color(theme::palette(ui).grid()))
        .x_grid_spacer(spacer(chart.x.scale, 9.0))
        .y_grid_spacer(spacer(chart.y.scale, 3.5))
        .label_formatter(|position| readout(chart, position));
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

fn draw<'a>(
    plot: &mut egui_plot::PlotUi<'a>,
    series: &Series,
    (points, name): (&'a [PlotPoint], &'a str),
    color: Color32,
    index: usize,
) {
    match &series.shape {
        Shape::Line(_) => {
            let line = Line::new(name, PlotPoints::Borrowed(points)).color(color).width(width(series));
            let style = match series.pattern() {
                Pattern::Solid => LineStyle::Solid,
                Pattern::Dashed => LineStyle::Dashed { length: 9.0 },
                Pattern::Dotted => LineStyle::Dotted { spacing: 6.0 },
            };
            plot.line(line.style(style).id(index));
        }
        Shape::Bars { .. } => {
            // egui fills down to a height, and the bars stand on the lowest one.
            let floor = points.first().map_or(0.0, |point| point.y);
            #[allow(clippy::cast_possible_truncation, reason = "a position in a plot")]
            let line = Line::new(name, PlotPoints::Borrowed(points))
                .color(color)
                .width(0.0)
                .fill(floor as f32)
                .fill_alpha(1.0);
            plot.line(line.id(index).allow_band(false));
        }
        Shape::Band { low, high } => {
            let span = Span::new("", *low..=*high).axis(egui_plot::Axis::Y).fill(band_fill(color)).border_color(color);
            plot.span(span.border_width(1.0));
        }
        Shape::VLine(at) => {
            plot.vline(
                VLine::new(name, *at)
                    .color(color)
                    .width(1.2)
                    .style(LineStyle::dashed_dense())
                    .id(index)
                    .allow_hover(false),
            );
        }
        Shape::HLine(at) => {
            let line = egui_plot::HLine::new(name, *at).color(color).width(1.2).style(LineStyle::dashed_dense());
            plot.hline(line.id(index).allow_hover(false));
        }
    }
}

/// The inside of a band: lines must stay visible on it.
pub(super) fn band_fill(color: Color32) -> Color32 {
    color.gamma_multiply(0.3)
}

/// Width of a line, points.
pub(super) fn width(series: &Series) -> f32 {
    match series.role {
        Role::Selected => 2.4,
        Role::Fit => 1.6,
        Role::Trained | Role::Second | Role::Third | Role::Edited if series.is_prominent() => 2.2,
        _ => 1.2,
    }
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
    let is_plain = |series: &Series| {
        matches!(series.shape, Shape::Line(_)) && series.role != Role::Fit && !is_selected(chart, series)
    };
    let plain = chart.series.iter().filter(|series| is_plain(series)).count();
    let known = names.len() == plain;
    let line = |series: &Series| {
        let name = names.next_if_known(known && is_plain(series)).unwrap_or_else(|| series.name.trim().to_owned());
        let points = match &series.shape {
            Shape::Line(points) => thinned(points, chart.y.range),
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
    let selected: Vec<String> = chart
        .series
        .iter()
        .filter(|series| is_selected(chart, series))
        .map(|series| series.name.replace(", layer ", " layer "))
        .collect();
    chart
        .table
        .columns
        .iter()
        .filter(|column| column.contains(" layer ") && !selected.contains(column))
        .cloned()
        .collect()
}

/// A few of the points, both ends included, without what lies above or below the chart.
fn thinned(points: &[[f64; 2]], (low, high): (f64, f64)) -> Vec<PlotPoint> {
    let last = points.len().saturating_sub(1);
    let kept = points.len().min(POINTS);
    let place = |index: usize| last * index / kept.saturating_sub(1).max(1);
    let inside = |point: &[f64; 2]| (low..=high).contains(&point[1]);
    // The logarithm of zero is the bottom of the plot.
    let grounded = |&[x, y]: &[f64; 2]| [x, if y == f64::NEG_INFINITY { low } else { y }];
    let points = (0..kept).filter_map(|index| points.get(place(index))).map(grounded).filter(inside);
    points.map(|[x, y]| PlotPoint::new(x, y)).collect()
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

/// Ticks of an axis; `room` is the least distance of labels in units of egui's smallest grid step.
fn spacer(scale: Scale, room: f64) -> impl Fn(GridInput) -> Vec<GridMark> {
    move |input| {
        let (low, high) = input.bounds;
        if !(low.is_finite() && high.is_finite() && input.base_step_size > 0.0) {
            return Vec::new();
        }
        let rough = room * input.base_step_size;
        let step = if scale == Scale::Log10 { nice_step(rough.max(1.0)) } else { nice_step(rough) };
        let mut marks = multiples((low, high), step);
        if scale == Scale::Log10 && high - low < 3.0 {
            let between = multiples((low.floor(), high), 1.0);
            let finer = between.iter().flat_map(|mark| (2..10).map(|factor| mark.value + f64::from(factor).log10()));
            marks.extend(
                finer.filter(|value| (low..=high).contains(value)).map(|value| GridMark { value, step_size: 0.1 }),
            );
        }
        marks
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is at least `rough`.
fn nice_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

/// Marks at all multiples of `step` within a range, ends included.
fn multiples((low, high): (f64, f64), step: f64) -> Vec<GridMark> {
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let mut marks = Vec::new();
    let mut index = first;
    while index <= last && marks.len() < 1000 {
        // Adding zero turns −0 into 0.
        marks.push(GridMark { value: index * step + 0.0, step_size: step });
        index += 1.0;
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
            let decimals = (-(mark.step_size.log10() + 1e-9).floor()).clamp(0.0, 6.0) as usize;
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
fn readout(chart: &Chart, position: &HoverPosition<'_>) -> Option<String> {
    let HoverPosition::NearDataPoint { plot_name, position, .. } = position else { return None };
    let value = |axis: &Axis, value: f64| match axis.scale {
        Scale::Linear if value.fract().abs() < 1e-9 => format!("{} {value:.0}", axis.label),
        Scale::Linear => format!("{} {}", axis.label, parts::number(value)),
        Scale::Log10 => format!("{} {}", plain(&axis.label), parts::number(10f64.powf(value))),
    };
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
        let marks =
            |low, high, base_step_size| spacer(Scale::Log10, 3.0)(GridInput { bounds: (low, high), base_step_size });
        let values: Vec<f64> = marks(-0.02, 6.02, 0.1).iter().map(|mark| mark.value).collect();
        assert_eq!(values, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(marks(-300.0, 90.0, 4.0).len() < 30 && marks(f64::NAN, 1.0, 0.1).is_empty());
        let mark = |value| GridMark { value, step_size: 1.0 };
        assert_eq!(tick(Scale::Log10, mark(3.0), &(0.0..=6.0)), "10³");
        assert_eq!(tick(Scale::Log10, mark(-12.0), &(0.0..=6.0)), "10⁻¹²");
    }

    #[test]
    fn linear_axes_are_marked_at_round_numbers() {
        let marks = spacer(Scale::Linear, 8.0)(GridInput { bounds: (0.0, 999.0), base_step_size: 16.0 });
        let texts: Vec<String> = marks.iter().map(|mark| tick(Scale::Linear, *mark, &(0.0..=999.0))).collect();
        assert_eq!(texts, ["0", "200", "400", "600", "800"]);
        let marks = spacer(Scale::Linear, 8.0)(GridInput { bounds: (-0.1, 0.1), base_step_size: 0.005 });
        assert_eq!(tick(Scale::Linear, marks[0], &(-0.1..=0.1)), "−0.10");
        let halves = [0.5, 2.0].map(|step_size| tick(Scale::Linear, GridMark { value: 1.5, step_size }, &(0.0..=3.0)));
        assert_eq!(halves, ["1.5", "2"]);
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
        let thin = thinned(&points, (-1.0, 1.0));
        assert_eq!((thin.len(), thin[0].x, thin[POINTS - 1].x), (POINTS, 0.0, 4999.0));
        assert_eq!(thinned(&points[..1], (-1.0, 1.0)).len(), 1);
        assert!(thinned(&points, (1.0, 2.0)).is_empty());
    }
}
