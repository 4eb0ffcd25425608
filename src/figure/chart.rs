//! Draws a [`Chart`]: axes with ticks, grid, series, legend and notes. The legend stands above the
//! plot, where it can never cover data; notes go into the emptiest corner.

use super::page::{LEADING, Page};
use super::plot::Plot;
use super::svg::{Anchor, Area, Element, Path};
use super::text::Label;
use super::ticks::{Tick, range, ticks};
use crate::analysis::chart::{Chart, Pattern, Role, Series, Shape};
use crate::scene::Rgb;
use glam::DVec2;

/// Length of a tick beside text of 7 points, in points.
const TICK: f64 = 2.5;

/// Smallest width and height in which a chart is drawn, in font sizes.
const SHORTEST: f64 = 9.0;
const NARROWEST: f64 = 11.0;

/// Points of a line closer together than this are drawn as one, in points (35 micrometres). A line
/// of 60,000 sorted values shrinks to a few thousand points that look the same.
const FINEST: f64 = 0.1;

/// Width of dashed lines, in points.
const DASHED: f64 = 0.9;

/// How much wider than a line its casing is, in points: a strip of paper under fits and references,
/// so that they can be seen on bars and bands of any colour.
const CASING: f64 = 1.2;

const CASING_OPACITY: f32 = 0.75;

/// Draws a chart, without its title, into an area.
pub(super) fn draw(page: &mut Page, area: Area, chart: &Chart) {
    let (Some(x), Some(y)) = (range(&chart.x), range(&chart.y)) else {
        page.no_data(area);
        return;
    };
    let font = page.font;
    if area.width() < NARROWEST * font || area.height() < SHORTEST * font {
        page.no_room(area);
        return;
    }
    let area = legend(page, area, chart);
    let rows = ticks(&chart.y, (area.height() / (font * 2.2)).clamp(2.0, 12.0));
    let widest = rows.iter().filter_map(|tick| tick.label.as_ref()).map(|label| label.width(font)).fold(0.0, f64::max);
    let label_rows = |text: &str| if text.trim().is_empty() { 0.0 } else { font * LEADING };
    let mut frame = Area {
        left: area.left + label_rows(&chart.y.label) + widest + page.thin(TICK) + 3.0,
        top: area.top + font * 0.5,
        right: area.right - font * 0.5,
        bottom: area.bottom - page.thin(TICK) - font * 1.25 - label_rows(&chart.x.label),
    };
    let columns = ticks(&chart.x, (frame.width() / (font * 4.5)).clamp(2.0, 12.0));
    if let Some(Tick { at, label: Some(label) }) = columns.iter().rev().find(|tick| tick.label.is_some()) {
        // The last label is centred on its tick and must not stick out.
        let beyond = (at - x.0) / (x.1 - x.0) * frame.width() + frame.left + label.width(font) / 2.0 - area.right;
        frame.right -= beyond.max(0.0);
    }
    if frame.width() < font || frame.height() < font {
        page.no_room(area);
        return;
    }
    let plot = Plot { frame, x, y };
    grid(page, &plot, &columns, &rows);
    if chart.series.iter().any(has_data) {
        let clip = page.svg.clip(frame);
        page.svg.element("g").attribute("clip-path", &clip).open();
        for series in &chart.series {
            draw_series(page, &plot, series);
        }
        page.svg.close();
    } else {
        page.no_data(frame);
    }
    notes(page, &plot, chart);
    axes(page, &plot, (&columns, &rows));
    axis_labels(page, area, frame, chart);
}

/// Whether a series shows anything measured; reference lines alone do not make a chart.
fn has_data(series: &Series) -> bool {
    match &series.shape {
        Shape::Line(points) => points.iter().any(|point| point.iter().all(|value| value.is_finite())),
        Shape::Bars { width, bars } => width.is_finite() && bars.iter().any(|[_, top]| top.is_finite()),
        Shape::Band { low, high } => low.is_finite() && high.is_finite(),
        Shape::VLine(_) | Shape::HLine(_) => false,
    }
}

/// Entries of named series in rows above the plot; returns what is left below them.
fn legend(page: &mut Page, area: Area, chart: &Chart) -> Area {
    let (font, swatch, gap) = (page.font, page.font * 1.6, page.font * 0.4);
    let mut named: Vec<&Series> = Vec::new();
    for series in chart.series.iter().filter(|series| !series.name.trim().is_empty()) {
        if !named.iter().any(|other| other.name == series.name && other.role == series.role) {
            named.push(series);
        }
    }
    if named.is_empty() {
        return area;
    }
    let (mut x, mut baseline) = (area.left, area.top + font);
    for series in named {
        let label = Label::plain(series.name.trim()).cut_to(area.width() - swatch - gap, font);
        let width = swatch + gap + label.width(font);
        if x > area.left && x + width > area.right {
            (x, baseline) = (area.left, baseline + font * LEADING);
        }
        let box_ = Area { left: x, top: baseline - font * 0.7, right: x + swatch, bottom: baseline };
        draw_swatch(page, box_, series);
        page.text(DVec2::new(x + swatch + gap, baseline), Anchor::Start, &label);
        x += width + font;
    }
    Area { top: baseline + font * 0.6, ..area }
}

fn draw_swatch(page: &mut Page, area: Area, series: &Series) {
    let color = page.palette.role(series.role);
    let (left, right) = (DVec2::new(area.left, area.center().y), DVec2::new(area.right, area.center().y));
    match series.shape {
        Shape::Line(_) => {
            let line = page.svg.element("line").span(left, right).color("stroke", color);
            patterned(line.pen(width(series).max(1.2)), series.pattern()).end();
        }
        Shape::VLine(_) | Shape::HLine(_) => {
            dashed(page.svg.element("line").span(left, right), color, series.opacity);
        }
        Shape::Band { .. } | Shape::Bars { .. } => {
            page.svg.element("rect").area(area).color("fill", color).opacity("fill-opacity", series.opacity).end();
        }
    }
}

/// Line width of a series, in points.
fn width(series: &Series) -> f64 {
    match series.role {
        Role::Trained | Role::Second | Role::Third if series.is_prominent() => 1.3,
        Role::Trained | Role::Base | Role::OtherBase | Role::Edited | Role::Second | Role::Third => 0.9,
        Role::Fit => 1.1,
        Role::Selected => 1.6,
        Role::Threshold => 0.9,
    }
}

fn dashed(line: super::svg::Element<'_>, color: Rgb, opacity: f32) {
    let line = line.attribute("class", "reference").color("stroke", color).opacity("stroke-opacity", opacity);
    line.pen(DASHED).dashes([3.0, 2.0]).end();
}

fn grid(page: &mut Page, plot: &Plot, columns: &[Tick], rows: &[Tick]) {
    let (Area { left, top, right, bottom }, color) = (plot.frame, page.palette.grid());
    page.svg.element("g").attribute("class", "grid").open();
    for tick in columns.iter().filter(|tick| tick.label.is_some()) {
        let x = plot.x(tick.at);
        page.svg.line(DVec2::new(x, top), DVec2::new(x, bottom), color, 0.4);
    }
    for tick in rows.iter().filter(|tick| tick.label.is_some()) {
        let y = plot.y(tick.at);
        page.svg.line(DVec2::new(left, y), DVec2::new(right, y), color, 0.4);
    }
    page.svg.close();
}

fn axes(page: &mut Page, plot: &Plot, (columns, rows): (&[Tick], &[Tick])) {
    let (Area { left, top, right, bottom }, ink, font) = (plot.frame, page.palette.ink(), page.font);
    let tick_length = page.thin(TICK);
    page.svg.element("g").attribute("class", "axes").open();
    for tick in columns {
        let (x, length) = (plot.x(tick.at), if tick.label.is_some() { tick_length } else { tick_length * 0.6 });
        page.svg.line(DVec2::new(x, bottom), DVec2::new(x, bottom + length), ink, 0.5);
        if let Some(label) = &tick.label {
            page.text(DVec2::new(x, bottom + tick_length + font * 1.1), Anchor::Middle, label);
        }
    }
    for tick in rows {
        let (y, length) = (plot.y(tick.at), if tick.label.is_some() { tick_length } else { tick_length * 0.6 });
        page.svg.line(DVec2::new(left, y), DVec2::new(left - length, y), ink, 0.5);
        if let Some(label) = &tick.label {
            page.text(DVec2::new(left - tick_length - 2.0, y + font * 0.36), Anchor::End, label);
        }
    }
    page.svg.line(DVec2::new(left, top), DVec2::new(left, bottom), ink, 0.6);
    page.svg.line(DVec2::new(left, bottom), DVec2::new(right, bottom), ink, 0.6);
    page.svg.close();
}

fn axis_labels(page: &mut Page, area: Area, frame: Area, chart: &Chart) {
    let (font, style) = (page.font, page.style(page.palette.ink()));
    let below = Label::plain(chart.x.label.trim()).cut_to(area.width(), font);
    // Centred under the plot, unless it is so long that it would stick out of the area.
    let half = below.width(font) / 2.0;
    let x = frame.center().x.clamp(area.left + half, (area.right - half).max(area.left + half));
    page.text(DVec2::new(x, area.bottom - font * 0.25), Anchor::Middle, &below);
    // A long label beside a low plot is set smaller before it is cut.
    let beside = Label::plain(chart.y.label.trim());
    let size = font * (area.height() / beside.width(font).max(1e-6)).clamp(0.75, 1.0);
    let beside = beside.cut_to(area.height(), size);
    let style = super::svg::TextStyle { size, ..style };
    let half = beside.width(size) / 2.0;
    let y = frame.center().y.clamp(area.top + half, (area.bottom - half).max(area.top + half));
    page.svg.turned_text(DVec2::new(area.left + font * 0.9, y), -90.0, Anchor::Middle, style, &beside);
}

fn draw_series(page: &mut Page, plot: &Plot, series: &Series) {
    let (color, paper) = (page.palette.role(series.role), page.palette.paper());
    let frame = plot.frame;
    match &series.shape {
        Shape::Line(points) => {
            let path = polyline(plot, points);
            if matches!(series.role, Role::Fit | Role::Selected) {
                curve(page, &path, paper, (width(series) + CASING, CASING_OPACITY));
            }
            stroked(page, &path, color, series);
        }
        Shape::Band { low, high } => {
            let (bottom, top) = (plot.y(low.min(*high)), plot.y(low.max(*high)));
            let band = page.svg.element("rect").area(Area { top, bottom, ..frame }).color("fill", color);
            band.opacity("fill-opacity", series.opacity).end();
        }
        Shape::Bars { width, bars } => {
            let path = skyline(plot, *width, bars);
            page.svg.element("path").path(&path).color("fill", color).opacity("fill-opacity", series.opacity).end();
        }
        Shape::VLine(at) => {
            let x = plot.x(*at);
            reference(page, (DVec2::new(x, frame.bottom), DVec2::new(x, frame.top)), series);
        }
        Shape::HLine(at) => {
            let y = plot.y(*at);
            reference(page, (DVec2::new(frame.left, y), DVec2::new(frame.right, y)), series);
        }
    }
}

/// The line of a series in its pattern.
fn stroked(page: &mut Page, path: &Path, color: Rgb, series: &Series) {
    let line = page.svg.element("path").path(path).attribute("fill", "none").color("stroke", color);
    let line = line.pen(width(series)).opacity("stroke-opacity", series.opacity).attribute("stroke-linejoin", "round");
    patterned(line, series.pattern()).end();
}

/// A line in a pattern: round ends would close the gaps of broken ones.
fn patterned(line: Element<'_>, pattern: Pattern) -> Element<'_> {
    match pattern {
        Pattern::Solid => line.attribute("stroke-linecap", "round"),
        Pattern::Dashed => line.attribute("stroke-dasharray", "4 2.4"),
        Pattern::Dotted => line.attribute("stroke-dasharray", "1.3 1.5"),
    }
}

/// A path as a line of a width and an opacity.
fn curve(page: &mut Page, path: &Path, color: Rgb, (width, opacity): (f64, f32)) {
    let line = page.svg.element("path").path(path).attribute("fill", "none").color("stroke", color);
    let line = line.pen(width).opacity("stroke-opacity", opacity);
    line.attribute("stroke-linejoin", "round").attribute("stroke-linecap", "round").end();
}

/// A dashed line on a casing.
fn reference(page: &mut Page, (from, to): (DVec2, DVec2), series: &Series) {
    let (color, paper) = (page.palette.role(series.role), page.palette.paper());
    let casing = page.svg.element("line").span(from, to).color("stroke", paper);
    casing.pen(DASHED + CASING).opacity("stroke-opacity", CASING_OPACITY).end();
    dashed(page.svg.element("line").span(from, to), color, series.opacity);
}

/// A line through all points that are numbers, broken where one is not; a point on its own is a dot.
fn polyline(plot: &Plot, points: &[[f64; 2]]) -> Path {
    let mut path = Path::new();
    for run in points.split(|[x, y]| x.is_nan() || y.is_nan()) {
        let mut places = run.iter().map(|&[x, y]| DVec2::new(plot.x(x), plot.y(y)));
        let Some(mut last) = places.next() else { continue };
        path.move_to(last);
        let mut skipped = (run.len() == 1).then_some(last + DVec2::X * FINEST);
        for place in places {
            if last.distance_squared(place) < FINEST * FINEST {
                skipped = Some(place);
            } else {
                path.line_to(place);
                (last, skipped) = (place, None);
            }
        }
        if let Some(end) = skipped {
            path.line_to(end);
        }
    }
    path
}

/// The outline of all bars: neighbours share one outline, so that no seams show between them.
fn skyline(plot: &Plot, width: f64, bars: &[[f64; 2]]) -> Path {
    let mut path = Path::new();
    let mut end: Option<f64> = None;
    for &[left, top] in bars {
        let (from, to, height) = (plot.x(left), plot.x(left + width), plot.y(top));
        if (left + width).is_nan() || top.is_nan() || height >= plot.frame.bottom {
            continue;
        }
        match end {
            Some(previous) if (previous - from).abs() < 1e-3 => {}
            _ => {
                if let Some(previous) = end {
                    path.line_to(DVec2::new(previous, plot.frame.bottom));
                    path.close();
                }
                path.move_to(DVec2::new(from, plot.frame.bottom));
            }
        }
        path.line_to(DVec2::new(from, height));
        path.line_to(DVec2::new(to, height));
        end = Some(to);
    }
    if let Some(previous) = end {
        path.line_to(DVec2::new(previous, plot.frame.bottom));
        path.close();
    }
    path
}

/// Short lines in whichever corner of the plot covers the least.
fn notes(page: &mut Page, plot: &Plot, chart: &Chart) {
    let (font, frame) = (page.font, plot.frame);
    let room = frame.width() * 0.6;
    let lines = chart.notes.iter().filter(|note| !note.trim().is_empty());
    let lines: Vec<Label> = lines.map(|note| Label::plain(note.trim()).cut_to(room, font)).collect();
    // In a low plot the first ones count.
    let pad = font * 0.5;
    let most = ((frame.height() * 0.45 - 2.0 * pad) / (font * LEADING)).max(1.0) as usize;
    let lines: Vec<Label> = lines.into_iter().take(most).collect();
    if lines.is_empty() {
        return;
    }
    let width = lines.iter().map(|line| line.width(font)).fold(0.0, f64::max) + 2.0 * pad;
    let height = (lines.len() as f64 - 1.0) * font * LEADING + font + 2.0 * pad;
    if width + 4.0 > frame.width() || height + 4.0 > frame.height() {
        return;
    }
    let corner = |right: bool, low: bool| {
        let left = if right { frame.right - width - 2.0 } else { frame.left + 2.0 };
        let top = if low { frame.bottom - height - 2.0 } else { frame.top + 2.0 };
        Area { left, top, right: left + width, bottom: top + height }
    };
    let corners = [(true, false), (false, false), (true, true), (false, true)];
    let crowding = |area: Area| chart.series.iter().map(|series| plot.crowding(area, &series.shape)).sum::<usize>();
    let best = corners.into_iter().min_by_key(|&(right, low)| crowding(corner(right, low)));
    let Some((right, low)) = best else { return };
    let area = corner(right, low);
    let paper = page.palette.paper();
    let grid = page.palette.grid();
    let sheet = page.svg.element("rect").area(area).color("fill", paper).opacity("fill-opacity", 0.9);
    sheet.color("stroke", grid).pen(0.4).end();
    let (x, anchor) = if right { (area.right - pad, Anchor::End) } else { (area.left + pad, Anchor::Start) };
    for (index, line) in lines.iter().enumerate() {
        let y = area.top + pad + font * 0.86 + index as f64 * font * LEADING;
        page.text(DVec2::new(x, y), anchor, line);
    }
}
