//! Draws a [`Chart`]: axes with ticks, grid, series, legend and notes. The legend stands above the
//! plot, where it can never cover data; notes go into the emptiest corner.

use super::page::{LEADING, Page};
use super::plot::Plot;
use super::svg::{Anchor, Area, Path};
use super::text::Label;
use super::ticks::{Tick, range, ticks};
use crate::analysis::chart::{Chart, Role, Series, Shape};
use crate::scene::Rgb;
use glam::DVec2;

/// Length of a tick, in points.
const TICK: f64 = 2.5;

/// Points of a line closer together than this are drawn as one, in points (35 micrometres). A line
/// of 60,000 sorted values shrinks to a few thousand points that look the same.
const FINEST: f64 = 0.1;

/// Draws a chart, without its title, into an area.
pub(super) fn draw(page: &mut Page, area: Area, chart: &Chart) {
    let (Some(x), Some(y)) = (range(&chart.x), range(&chart.y)) else {
        page.no_data(area);
        return;
    };
    let area = legend(page, area, chart);
    let font = page.font;
    let rows = ticks(&chart.y, (area.height() / (font * 2.2)).clamp(2.0, 12.0));
    let widest = rows.iter().filter_map(|tick| tick.label.as_ref()).map(|label| label.width(font)).fold(0.0, f64::max);
    let label_rows = |text: &str| if text.trim().is_empty() { 0.0 } else { font * LEADING };
    let mut frame = Area {
        left: area.left + label_rows(&chart.y.label) + widest + TICK + 3.0,
        top: area.top + font * 0.5,
        right: area.right - font * 0.5,
        bottom: area.bottom - TICK - font * 1.25 - label_rows(&chart.x.label),
    };
    let columns = ticks(&chart.x, (frame.width() / (font * 4.5)).clamp(2.0, 12.0));
    if let Some(Tick { at, label: Some(label) }) = columns.iter().rev().find(|tick| tick.label.is_some()) {
        // The last label is centred on its tick and must not stick out.
        let beyond = (at - x.0) / (x.1 - x.0) * frame.width() + frame.left + label.width(font) / 2.0 - area.right;
        frame.right -= beyond.max(0.0);
    }
    if frame.width() < font || frame.height() < font {
        page.no_data(area);
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
            line.number("stroke-width", width(series.role).max(1.2)).end();
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
fn width(role: Role) -> f64 {
    match role {
        Role::Trained | Role::Base | Role::Edited => 0.9,
        Role::Fit => 1.1,
        Role::Selected => 1.6,
        Role::Threshold => 0.9,
    }
}

fn dashed(line: super::svg::Element<'_>, color: Rgb, opacity: f32) {
    let line = line.attribute("class", "reference").color("stroke", color).opacity("stroke-opacity", opacity);
    line.number("stroke-width", 0.9).attribute("stroke-dasharray", "3 2").end();
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
    page.svg.element("g").attribute("class", "axes").open();
    for tick in columns {
        let (x, length) = (plot.x(tick.at), if tick.label.is_some() { TICK } else { TICK * 0.6 });
        page.svg.line(DVec2::new(x, bottom), DVec2::new(x, bottom + length), ink, 0.5);
        if let Some(label) = &tick.label {
            page.text(DVec2::new(x, bottom + TICK + font * 1.1), Anchor::Middle, label);
        }
    }
    for tick in rows {
        let (y, length) = (plot.y(tick.at), if tick.label.is_some() { TICK } else { TICK * 0.6 });
        page.svg.line(DVec2::new(left, y), DVec2::new(left - length, y), ink, 0.5);
        if let Some(label) = &tick.label {
            page.text(DVec2::new(left - TICK - 2.0, y + font * 0.36), Anchor::End, label);
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
    let beside = Label::plain(chart.y.label.trim()).cut_to(area.height(), font);
    let half = beside.width(font) / 2.0;
    let y = frame.center().y.clamp(area.top + half, (area.bottom - half).max(area.top + half));
    page.svg.turned_text(DVec2::new(area.left + font * 0.9, y), -90.0, Anchor::Middle, style, &beside);
}

fn draw_series(page: &mut Page, plot: &Plot, series: &Series) {
    let color = page.palette.role(series.role);
    let frame = plot.frame;
    match &series.shape {
        Shape::Line(points) => {
            let path = polyline(plot, points);
            let line = page.svg.element("path").path(&path).attribute("fill", "none").color("stroke", color);
            let line = line.number("stroke-width", width(series.role)).opacity("stroke-opacity", series.opacity);
            line.attribute("stroke-linejoin", "round").end();
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
            let line = page.svg.element("line").span(DVec2::new(x, frame.bottom), DVec2::new(x, frame.top));
            dashed(line, color, series.opacity);
        }
        Shape::HLine(at) => {
            let y = plot.y(*at);
            let line = page.svg.element("line").span(DVec2::new(frame.left, y), DVec2::new(frame.right, y));
            dashed(line, color, series.opacity);
        }
    }
}

/// A line through all points that are numbers, broken where one is not.
fn polyline(plot: &Plot, points: &[[f64; 2]]) -> Path {
    let mut path = Path::new();
    // The last point written, and one left out since because it lies too close to it.
    let (mut last, mut pending): (Option<DVec2>, Option<DVec2>) = (None, None);
    for &[x, y] in points {
        if x.is_nan() || y.is_nan() {
            if let Some(point) = pending.take() {
                path.line_to(point);
            }
            last = None;
            continue;
        }
        let point = DVec2::new(plot.x(x), plot.y(y));
        match last {
            Some(previous) if previous.distance_squared(point) < FINEST * FINEST => pending = Some(point),
            Some(_) => {
                path.line_to(point);
                (last, pending) = (Some(point), None);
            }
            None => {
                path.move_to(point);
                (last, pending) = (Some(point), None);
            }
        }
    }
    if let Some(point) = pending {
        path.line_to(point);
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
    if lines.is_empty() {
        return;
    }
    let pad = font * 0.5;
    let width = lines.iter().map(|line| line.width(font)).fold(0.0, f64::max) + 2.0 * pad;
    let height = (lines.len() as f64 - 1.0) * font * LEADING + font + 2.0 * pad;
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
    sheet.color("stroke", grid).number("stroke-width", 0.4).end();
    let (x, anchor) = if right { (area.right - pad, Anchor::End) } else { (area.left + pad, Anchor::Start) };
    for (index, line) in lines.iter().enumerate() {
        let y = area.top + pad + font * 0.86 + index as f64 * font * LEADING;
        page.text(DVec2::new(x, y), anchor, line);
    }
}
