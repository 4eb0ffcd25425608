//! Where the panels of a figure stand: rows of cells with relative widths and heights. Headings of one
//! row are equally high, so that what is below them lines up; cells never overlap, and what is drawn into
//! one is meant to stay there.

use super::heading::{FEWEST, Heading, LINES};
use super::page::LEADING;
use super::svg::Area;
use super::{Content, Figure, FigureError, Letters, Panel, colorbar, inspector, letters, molecule};
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

    /// Rows of at most three equally wide cells, as equally filled as can be: more side by side are too small.
    pub fn grid(panels: impl IntoIterator<Item = T>) -> Vec<Self> {
        let mut panels: Vec<T> = panels.into_iter().collect();
        let rows = panels.len().div_ceil(3).max(1);
        let columns = panels.len().div_ceil(rows).max(1);
        let mut rows = Vec::new();
        while !panels.is_empty() {
            rows.push(Self::of(panels.drain(..columns.min(panels.len()))));
        }
        rows
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
    /// The heading of each panel.
    pub(super) headings: Vec<Heading>,
}

/// Bodies squeezed below this share of what they ask for take the room of long headings.
const SQUEEZED: f64 = 0.8;

/// What a row asks for.
struct Wish {
    headings: Vec<Heading>,
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
    let gaps = gap * rows.len().saturating_sub(1) as f64;
    let tried = |lines| {
        let wishes = wishes(figure, width, lines);
        let natural: f64 = wishes.iter().map(|wish| wish.heading + wish.body).sum();
        let size = spec.points(natural + gaps + title + 2.0 * margin);
        let stretch = stretch(&wishes, size.y - 2.0 * margin - title - gaps);
        (wishes, size, stretch)
    };
    let mut fitted = tried(LINES);
    if fitted.2 < SQUEEZED {
        fitted = tried(FEWEST);
    }
    let (wishes, size, stretch) = fitted;
    let mut top = margin + title;
    let (mut cells, mut headings) = (Vec::new(), Vec::new());
    for (row, wish) in rows.iter().zip(wishes) {
        let body = if wish.fixed { wish.body } else { wish.body * stretch };
        let bottom = (top + wish.heading + body).min((size.y - margin).max(top));
        for (left, width) in columns(row, width, gap) {
            cells.push(Area { left: margin + left, top, right: margin + left + width, bottom });
        }
        headings.extend(wish.headings);
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

/// What every row asks for, with headings of at most so many lines.
fn wishes(figure: &Figure, width: f64, lines: (usize, usize)) -> Vec<Wish> {
    let style = if figure.is_lettered() { figure.spec.letters } else { Letters::None };
    let mut letters = letters(figure.panels(), style).map(|(letter, _)| letter);
    let mut rows = Vec::new();
    for row in &figure.rows {
        let letters: Vec<String> = letters.by_ref().take(row.cells.len()).collect();
        rows.push(wish(row, &letters, (figure, width), lines));
    }
    rows
}

fn wish(row: &Row<Panel>, letters: &[String], (figure, width): (&Figure, f64), lines: (usize, usize)) -> Wish {
    let font = figure.spec.font_size;
    let columns = columns(row, width, GAP * font);
    let cells = || row.cells.iter().zip(&columns).map(|(cell, (_, width))| (&cell.panel, *width));
    let headings =
        cells().zip(letters).map(|((panel, width), letter)| Heading::new(panel, letter, (figure, width), lines));
    let mut headings: Vec<Heading> = headings.collect();
    Heading::align(&mut headings, font);
    let body = cells().map(|(panel, width)| natural(&panel.content, width, font)).fold(font, f64::max);
    let fixed = row.cells.iter().all(|cell| matches!(cell.panel.content, Content::ColorBar(_)));
    let body = if fixed { body } else { body * sound(row.height) };
    Wish { heading: headings.first().map_or(0.0, |heading| heading.height), headings, body, fixed }
}

/// The height that something of a width asks for, in points.
fn natural(content: &Content, width: f64, font: f64) -> f64 {
    match content {
        Content::Molecule(figure) => molecule::natural_height(figure, width, font),
        Content::Chart(_) => (width * CHART).clamp(14.0 * font, TALLEST_CHART * font),
        Content::Activations(strip) => inspector::natural_height(strip, width, font),
        Content::ColorBar(bar) => colorbar::height(bar, width, font),
        Content::Missing(_) => (width * 0.3).clamp(6.0 * font, 14.0 * font),
    }
}
