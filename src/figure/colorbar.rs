//! The legend of painted values: ticks below the bar, the marked value (where an activation counts
//! as massive) as a line across it. Where values are also told by stroke width, the bar has it too.

use super::page::{LEADING, Page, wrapped};
use super::svg::{Anchor, Area, Path};
use super::text::Label;
use crate::scene::ColorBar;
use glam::DVec2;

/// Smallest width in which a bar with its texts is drawn, in font sizes.
pub(super) const NARROWEST: f64 = 10.0;

/// Largest width of a bar, in font sizes: 99 mm at 7 pt.
const WIDEST: f64 = 40.0;

/// Most lines of a label or note where the bar is narrow.
const MOST_LINES: usize = 3;

/// Colours of the gradient and points of the outline.
const SAMPLES: usize = 33;

/// The texts of a bar, broken into lines of its width.
struct Texts {
    width: f64,
    /// Whether label and marker share a row.
    abreast: bool,
    label: Vec<Label>,
    marker: Option<Label>,
    notes: Vec<Label>,
}

impl Texts {
    fn of(bar: &ColorBar, width: f64, font: f64) -> Self {
        let width = (width * 0.84).min(font * WIDEST);
        let marker = bar.marker.as_ref().map(|marker| Label::plain(&marker.label));
        let label = Label::plain(bar.label.trim());
        let room = bar.marker.as_ref().zip(marker.as_ref()).map_or(width, |(marker, label)| {
            let (start, end) = marker_ends(marker.position, label.width(font), width);
            if marker.position < 0.5 { width - end - font } else { start - font }
        });
        let abreast = label.width(font) <= room;
        let label = if abreast { vec![label] } else { wrapped(&bar.label, width, font, MOST_LINES) };
        let notes = bar.note.lines().flat_map(|note| wrapped(note, width, font, MOST_LINES)).collect();
        Self { width, abreast, label, marker, notes }
    }

    /// Rows above the bar.
    fn rows(&self) -> usize {
        self.label.len().max(1) + usize::from(!self.abreast && self.marker.is_some())
    }

    fn height(&self, font: f64) -> f64 {
        let above = LEADING * (self.rows() - 1) as f64;
        font * (above + if self.notes.is_empty() { 3.5 } else { 3.75 + LEADING * self.notes.len() as f64 })
    }
}

/// Where the label of a marker starts and ends on a bar of a width.
fn marker_ends(position: f32, label: f64, width: f64) -> (f64, f64) {
    let half = label / 2.0;
    let center = (width * f64::from(position)).clamp(half, (width - half).max(half));
    (center - half, center + half)
}

/// Height of a colour bar with its texts in an area of a width, in points.
pub(super) fn height(bar: &ColorBar, width: f64, font: f64) -> f64 {
    Texts::of(bar, width, font).height(font)
}

/// A bar in a panel of its own.
pub(super) fn draw_alone(page: &mut Page, area: Area, bar: &ColorBar) {
    if area.height() + 1e-6 < height(bar, area.width(), page.font) || area.width() < NARROWEST * page.font {
        page.no_room(area);
    } else {
        draw(page, area, bar, true);
    }
}

/// Draws a bar at the top of `area`, which must be [`height`] high and is not filled where it is very wide; with
/// `widths`, as thick at every value as strokes of that value are, magnified.
pub(super) fn draw(page: &mut Page, area: Area, bar: &ColorBar, widths: bool) {
    let font = page.font;
    let texts = Texts::of(bar, area.width(), font);
    let left = area.center().x - texts.width / 2.0;
    let top = area.top + font * (1.3 + LEADING * (texts.rows() - 1) as f64);
    let frame = Area { left, right: left + texts.width, top, bottom: top + font * 0.8 };
    let samples = bar.samples(SAMPLES, page.palette.background);
    let colors: Vec<_> = samples.iter().map(|&(color, _)| color).collect();
    let fill = page.svg.gradient(&colors);
    let widest = samples.iter().map(|&(_, width)| width).fold(f32::MIN_POSITIVE, f32::max);
    let share = |width: f32| if widths { f64::from(width / widest) } else { 1.0 };
    let outline = wedge(frame, &samples.iter().map(|&(_, width)| share(width) * frame.height()).collect::<Vec<_>>());
    page.svg.element("path").path(&outline).attribute("fill", &fill).attribute("class", "color-bar").end();
    let below = ticks(page, frame, bar);
    for (line, note) in texts.notes.iter().enumerate() {
        let baseline = below + font * LEADING * (line + 1) as f64;
        let style = page.style(page.palette.muted());
        page.svg.text(DVec2::new(frame.left, baseline), Anchor::Start, style, note);
    }
    caption(page, frame, bar, &texts);
}

/// Ticks with their labels, those at the ends first: they say how far the colours reach. Returns their baseline.
fn ticks(page: &mut Page, frame: Area, bar: &ColorBar) -> f64 {
    let (font, ink, length) = (page.font, page.palette.ink(), page.thin(2.0));
    let baseline = frame.bottom + length + font;
    let x = |position: f32| frame.left + frame.width() * f64::from(position);
    let marked = |at: f64| bar.marker.as_ref().is_some_and(|marker| (x(marker.position) - at).abs() < 0.5);
    let last = bar.ticks.len().saturating_sub(1);
    let ends_first = [0, last].into_iter().chain(1..last);
    let mut taken: Vec<(f64, f64)> = Vec::new();
    for tick in &bar.ticks {
        let at = x(tick.position);
        page.svg.line(DVec2::new(at, frame.bottom), DVec2::new(at, frame.bottom + length), ink, 0.5);
    }
    for tick in ends_first.filter_map(|place| bar.ticks.get(place)).filter(|tick| !marked(x(tick.position))) {
        let label = Label::plain(&tick.label);
        let half = label.width(font) / 2.0;
        // A label may reach over the ends of the bar, but not over a neighbour or the page.
        let center = x(tick.position).clamp(frame.left + half - font, frame.right + font * 0.4 - half);
        let gap = font * 0.3;
        if taken.iter().all(|&(start, end)| center + half + gap <= start || end + gap <= center - half) {
            page.text(DVec2::new(center, baseline), Anchor::Middle, &label);
            taken.push((center - half, center + half));
        }
    }
    baseline
}

/// The bar's own label above it, and that of its marker in the same row or right above the bar.
fn caption(page: &mut Page, frame: Area, bar: &ColorBar, texts: &Texts) {
    let (font, ink) = (page.font, page.palette.ink());
    let baseline = |row: usize| frame.top - font * (0.4 + LEADING * (texts.rows() - 1 - row) as f64);
    let right = bar.marker.as_ref().is_some_and(|marker| texts.abreast && marker.position < 0.5);
    let (x, anchor) = if right { (frame.right, Anchor::End) } else { (frame.left, Anchor::Start) };
    for (row, label) in texts.label.iter().enumerate() {
        page.text(DVec2::new(x, baseline(row)), anchor, label);
    }
    if let (Some(marker), Some(label)) = (&bar.marker, &texts.marker) {
        let at = frame.left + frame.width() * f64::from(marker.position);
        let (from, to) = (DVec2::new(at, frame.top - page.thin(2.0)), DVec2::new(at, frame.bottom + page.thin(2.0)));
        page.svg.line(from, to, ink, 1.0);
        let (start, end) = marker_ends(marker.position, label.width(font), texts.width);
        let center = frame.left + (start + end) / 2.0;
        page.text(DVec2::new(center, baseline(texts.rows() - 1)), Anchor::Middle, label);
    }
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
