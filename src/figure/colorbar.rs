//! The legend of painted values: ticks below the bar, the marked value (where an activation counts
//! as massive) as a line across it. Where values are also told by stroke width, the bar has it too.

use super::page::{LEADING, Page};
use super::svg::{Anchor, Area, Path};
use super::text::Label;
use crate::scene::ColorBar;
use glam::DVec2;

/// Smallest width in which a bar with its texts is drawn, in font sizes.
pub(super) const NARROWEST: f64 = 10.0;

/// Largest width of a bar, in font sizes: 99 mm at 7 pt.
const WIDEST: f64 = 40.0;

/// Colours of the gradient and points of the outline.
const SAMPLES: usize = 33;

/// Height of a colour bar with its texts, in points.
pub(super) fn height(bar: &ColorBar, font: f64) -> f64 {
    let notes = bar.note.lines().count();
    font * if notes == 0 { 3.5 } else { 3.75 + LEADING * notes as f64 }
}

/// A bar in a panel of its own.
pub(super) fn draw_alone(page: &mut Page, area: Area, bar: &ColorBar) {
    if area.height() + 1e-6 < height(bar, page.font) || area.width() < NARROWEST * page.font {
        page.no_room(area);
    } else {
        draw(page, area, bar, true);
    }
}

/// Draws a bar at the top of `area`, which must be [`height`] high and is not filled where it is very wide; with `widths`, as thick at every value
/// as strokes of that value are, magnified.
pub(super) fn draw(page: &mut Page, area: Area, bar: &ColorBar, widths: bool) {
    let font = page.font;
    let width = (area.width() * 0.84).min(font * WIDEST);
    let left = area.center().x - width / 2.0;
    let frame = Area { left, right: left + width, top: area.top + font * 1.3, bottom: area.top + font * 2.1 };
    let samples = bar.samples(SAMPLES, page.palette.background);
    let colors: Vec<_> = samples.iter().map(|&(color, _)| color).collect();
    let fill = page.svg.gradient(&colors);
    let x = |position: f32| frame.left + frame.width() * f64::from(position);
    let widest = samples.iter().map(|&(_, width)| width).fold(f32::MIN_POSITIVE, f32::max);
    let share = |width: f32| if widths { f64::from(width / widest) } else { 1.0 };
    let outline = wedge(frame, &samples.iter().map(|&(_, width)| share(width) * frame.height()).collect::<Vec<_>>());
    page.svg.element("path").path(&outline).attribute("fill", &fill).attribute("class", "color-bar").end();
    let (ink, tick_length) = (page.palette.ink(), page.thin(2.0));
    let mut end = f64::NEG_INFINITY;
    for tick in &bar.ticks {
        let at = x(tick.position);
        page.svg.line(DVec2::new(at, frame.bottom), DVec2::new(at, frame.bottom + tick_length), ink, 0.5);
        let marked = bar.marker.as_ref().is_some_and(|marker| (x(marker.position) - at).abs() < 0.5);
        let label = Label::plain(&tick.label);
        let half = label.width(font) / 2.0;
        // A label may reach over the ends of the bar, but not over its left neighbour or the page.
        let center = at.clamp(frame.left + half - font, frame.right + font * 0.4 - half);
        if !marked && center - half > end {
            page.text(DVec2::new(center, frame.bottom + tick_length + font), Anchor::Middle, &label);
            end = center + half + font * 0.3;
        }
    }
    for (line, note) in bar.note.lines().enumerate() {
        let note = Label::plain(note).cut_to(frame.width(), font);
        let baseline = frame.bottom + tick_length + font * (1.0 + LEADING * (line + 1) as f64);
        let style = page.style(page.palette.muted());
        page.svg.text(DVec2::new(frame.left, baseline), Anchor::Start, style, &note);
    }
    caption(page, frame, bar);
}

/// The bar's own label, and that of its marker, in one row above it.
fn caption(page: &mut Page, frame: Area, bar: &ColorBar) {
    let (font, ink, baseline) = (page.font, page.palette.ink(), frame.top - page.font * 0.4);
    let mut room = (frame.left, frame.right);
    if let Some(marker) = &bar.marker {
        let at = frame.left + frame.width() * f64::from(marker.position);
        page.svg.line(
            DVec2::new(at, frame.top - page.thin(2.0)),
            DVec2::new(at, frame.bottom + page.thin(2.0)),
            ink,
            1.0,
        );
        let label = Label::plain(&marker.label);
        let half = label.width(font) / 2.0;
        let center = at.clamp(frame.left + half, (frame.right - half).max(frame.left + half));
        page.text(DVec2::new(center, baseline), Anchor::Middle, &label);
        room = if marker.position < 0.5 {
            (center + half + font, frame.right)
        } else {
            (frame.left, center - half - font)
        };
    }
    let label = Label::plain(bar.label.trim()).cut_to(room.1 - room.0, font);
    let (x, anchor) = if room.0 > frame.left { (room.1, Anchor::End) } else { (room.0, Anchor::Start) };
    page.text(DVec2::new(x, baseline), anchor, &label);
}

/// A band along the middle of `frame` with the given heights from its left to its right end.
fn wedge(frame: Area, heights: &[f64]) -> Path {
    let mut path = Path::new();
    let last = heights.len().saturating_sub(1).max(1) as f64;
    let point = |index: usize, height: f64| {
        DVec2::new(frame.left + frame.width() * index as f64 / last, frame.center().y + height / 2.0)
    };
    for (index, &height) in heights.iter().enumerate() {
        path.draw_to(point(index, -height));
    }
    for (index, &height) in heights.iter().enumerate().rev() {
        path.draw_to(point(index, height));
    }
    path.close();
    path
}
