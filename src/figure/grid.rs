//! Where the panels of a figure stand: rows of cells with relative widths and heights. Headings of one
//! row are equally high, so that what is below them lines up; cells never overlap, and what is drawn into
//! one is meant to stay there.

use super::page::{LEADING, Page};
use super::svg::{Anchor, Area, TextStyle};
use super::text::Label;
use super::{Content, Figure, FigureError, Panel, colorbar, inspector, molecule};
use glam::DVec2;

/// Space between neighbouring cells, in font sizes.
const GAP: f64 = 1.6;

/// Height of a chart relative to its width, where nothing else decides it.
const CHART: f64 = 0.7;

/// Largest height that a chart asks for, in font sizes: 84 mm at 7 pt.
const TALLEST_CHART: f64 = 34.0;

/// Relative widths and heights below this, or not finite, count as this.
const LEAST_SHARE: f64 = 0.05;

/// One row of a grid.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Row<T> {
    /// Height relative to what its cells ask for.
    #[serde(default = "one")]
    pub height: f64,
    /// From left to right.
    pub cells: Vec<Cell<T>>,
}

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Cell<T> {
    /// Width relative to its neighbours.
    #[serde(default = "one")]
    pub width: f64,
    /// What stands in it.
    pub panel: T,
}

fn one() -> f64 {
    1.0
}

impl<T> Row<T> {
    /// A row of equally wide cells.
    pub fn of(panels: impl IntoIterator<Item = T>) -> Self {
        Self { height: 1.0, cells: panels.into_iter().map(|panel| Cell { width: 1.0, panel }).collect() }
    }
}

/// A page with the places of everything on it, in points.
pub(super) struct Places {
    /// The page.
    pub(super) size: DVec2,
    /// Where the title stands; without height if there is none.
    pub(super) title: Area,
    /// One area per panel, row by row, headings included.
    pub(super) cells: Vec<Area>,
    /// Height of the heading of each panel.
    pub(super) headings: Vec<f64>,
}

/// What a row asks for.
struct Wish {
    heading: f64,
    body: f64,
    /// Whether the body looks no better when it is higher.
    fixed: bool,
}

/// Places every panel.
///
/// # Errors
/// The page has an absurd size or font.
pub(super) fn places(figure: &Figure) -> Result<Places, FigureError> {
    let Figure { spec, rows, .. } = figure;
    spec.check()?;
    let (font, margin) = (spec.font_size, margin(spec.font_size));
    let gap = GAP * font;
    let width = spec.points(0.0).x - 2.0 * margin;
    let title = if spec.title.trim().is_empty() { 0.0 } else { font * TITLE * LEADING };
    let lettered = figure.is_lettered();
    let wishes: Vec<Wish> = rows.iter().map(|row| wish(row, width, figure, lettered)).collect();
    let gaps = gap * rows.len().saturating_sub(1) as f64;
    let natural: f64 = wishes.iter().map(|wish| wish.heading + wish.body).sum();
    let size = spec.points(natural + gaps + title + 2.0 * margin);
    let stretch = stretch(&wishes, size.y - 2.0 * margin - title - gaps);
    let mut top = margin + title;
    let (mut cells, mut headings) = (Vec::new(), Vec::new());
    for (row, wish) in rows.iter().zip(&wishes) {
        let body = if wish.fixed { wish.body } else { wish.body * stretch };
        let bottom = (top + wish.heading + body).min((size.y - margin).max(top));
        for (left, width) in columns(row, width, gap) {
            cells.push(Area { left: margin + left, top, right: margin + left + width, bottom });
            headings.push(wish.heading);
        }
        top = (bottom + gap).min(size.y - margin);
    }
    let title = Area { left: margin, top: margin, right: margin + width, bottom: margin + title };
    Ok(Places { size, title, cells, headings })
}

/// Font size of the title relative to the text.
pub(super) const TITLE: f64 = 1.25;

/// Blank border of every figure, in points.
fn margin(font: f64) -> f64 {
    4.0 * super::page::growth(font)
}

/// How much higher than asked for the rows become that can be any height.
fn stretch(wishes: &[Wish], room: f64) -> f64 {
    let fixed: f64 = wishes.iter().map(|wish| wish.heading + if wish.fixed { wish.body } else { 0.0 }).sum();
    let free: f64 = wishes.iter().filter(|wish| !wish.fixed).map(|wish| wish.body).sum();
    ((room - fixed) / free.max(1e-6)).max(0.0)
}

/// Left edge and width of every cell of a row.
fn columns(row: &Row<Panel>, width: f64, gap: f64) -> Vec<(f64, f64)> {
    let share = |cell: &Cell<Panel>| sound(cell.width);
    let all: f64 = row.cells.iter().map(share).sum();
    let room = (width - gap * row.cells.len().saturating_sub(1) as f64).max(0.0);
    let mut left = 0.0;
    let place = |cell: &Cell<Panel>| {
        let place = (left, room * share(cell) / all.max(LEAST_SHARE));
        left += place.1 + gap;
        place
    };
    row.cells.iter().map(place).collect()
}

fn sound(share: f64) -> f64 {
    if share.is_finite() { share.clamp(LEAST_SHARE, 1.0 / LEAST_SHARE) } else { 1.0 }
}

fn wish(row: &Row<Panel>, width: f64, figure: &Figure, lettered: bool) -> Wish {
    let font = figure.spec.font_size;
    let line = |wanted: bool| if wanted { font * LEADING } else { 0.0 };
    let titled = row.cells.iter().any(|cell| !cell.panel.title.trim().is_empty() || lettered && cell.panel.counts());
    let captioned = figure.spec.captions && row.cells.iter().any(|cell| !cell.panel.caption.trim().is_empty());
    let heights = row.cells.iter().zip(columns(row, width, GAP * font));
    let body = heights.map(|(cell, (_, width))| natural(&cell.panel.content, width, font)).fold(font, f64::max);
    let fixed = row.cells.iter().all(|cell| matches!(cell.panel.content, Content::ColorBar(_)));
    let body = if fixed { body } else { body * sound(row.height) };
    Wish { heading: line(titled) + line(captioned), body, fixed }
}

/// The height that something of a width asks for, in points.
fn natural(content: &Content, width: f64, font: f64) -> f64 {
    match content {
        Content::Molecule(figure) => molecule::natural_height(figure, width, font),
        Content::Chart(_) => (width * CHART).clamp(14.0 * font, TALLEST_CHART * font),
        Content::Activations(strip) => inspector::natural_height(strip, width, font),
        Content::ColorBar(bar) => colorbar::height(bar, font),
        Content::Missing(_) => (width * 0.3).clamp(6.0 * font, 14.0 * font),
    }
}

/// Sets letter, title and caption of a panel; returns the area of its body.
pub(super) fn heading(
    page: &mut Page,
    cell: Area,
    height: f64,
    panel: &Panel,
    (letter, captions): (&str, bool),
) -> Area {
    let font = page.font;
    if cell.height() < height {
        return Area { top: cell.bottom, ..cell };
    }
    let body = Area { top: cell.top + height, ..cell };
    let mut left = cell.left;
    let mut baseline = cell.top + font;
    if !letter.is_empty() {
        let label = Label::plain(letter);
        let style = TextStyle { size: font * 1.15, bold: true, ..page.style(page.palette.ink()) };
        // Bold letters are a little wider than those that are measured.
        let width = label.width(style.size) * 1.15;
        if width <= cell.width() {
            page.svg.text(DVec2::new(left, baseline), Anchor::Start, style, &label);
        }
        left += width + font * 0.5;
    }
    if !panel.title.trim().is_empty() && left + font < cell.right {
        let title = Label::plain(panel.title.trim()).cut_to(cell.right - left, font);
        page.text(DVec2::new(left, baseline), Anchor::Start, &title);
    }
    if captions && !panel.caption.trim().is_empty() {
        baseline = body.top - font * (LEADING - 1.0);
        let style = page.style(page.palette.muted());
        let caption = Label::plain(panel.caption.trim()).cut_to(cell.width(), style.size);
        page.svg.text(DVec2::new(cell.left, baseline), Anchor::Start, style, &caption);
    }
    body
}
