//! What stands above a panel: its letter and title, and the caption that says what it is of. Both are set in as
//! many lines as they take, up to a few; only what is longer still is cut, with an ellipsis.

use super::page::{LEADING, Page, wrapped};
use super::svg::{Anchor, Area, TextStyle};
use super::text::Label;
use super::{Figure, Panel};
use glam::DVec2;

/// Most lines of titles and of captions where there is room.
pub(super) const LINES: (usize, usize) = (2, 4);

/// The same where there is not.
pub(super) const FEWEST: (usize, usize) = (1, 1);

/// Size of letters relative to the text, and how much wider bold ones are than those that are measured.
const LETTER: f64 = 1.15;
const BOLD: f64 = 1.15;

/// A heading broken into lines.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Heading {
    letter: Label,
    title: Vec<Label>,
    caption: Vec<Label>,
    /// Lines that the titles of its row have, so that captions line up.
    titles: usize,
    /// Height of the headings of its row.
    pub(super) height: f64,
}

impl Heading {
    /// The heading of a panel as wide as `width`.
    pub(super) fn new(
        panel: &Panel,
        letter: &str,
        (figure, width): (&Figure, f64),
        (titles, captions): (usize, usize),
    ) -> Self {
        let font = figure.spec.font_size;
        let letter = Label::plain(letter);
        let title = wrapped(&panel.title, width - indent(&letter, font), font, titles);
        let captions = if figure.spec.captions { captions } else { 0 };
        let caption = wrapped(&panel.caption, width, font, captions);
        Self { letter, title, caption, titles: 0, height: 0.0 }
    }

    /// Makes the headings of one row equally high.
    pub(super) fn align(row: &mut [Self], font: f64) {
        let lettered = |heading: &Self| !heading.letter.text().is_empty();
        let titles = row.iter().map(|heading| heading.title.len().max(usize::from(lettered(heading)))).max();
        let captions = row.iter().map(|heading| heading.caption.len()).max();
        let (titles, captions) = (titles.unwrap_or(0), captions.unwrap_or(0));
        for heading in row {
            heading.titles = titles;
            heading.height = font * LEADING * (titles + captions) as f64;
        }
    }

    /// Sets it at the top of a cell; returns the area of the body.
    pub(super) fn draw(&self, page: &mut Page, cell: Area) -> Area {
        let font = page.font;
        if cell.height() < self.height {
            return Area { top: cell.bottom, ..cell };
        }
        let style = TextStyle { size: font * LETTER, bold: true, ..page.style(page.palette.ink()) };
        if self.letter.width(style.size) * BOLD <= cell.width() {
            page.svg.text(DVec2::new(cell.left, cell.top + font), Anchor::Start, style, &self.letter);
        }
        let baseline = |line: usize| cell.top + font * (1.0 + LEADING * line as f64);
        let left = cell.left + indent(&self.letter, font);
        for (line, title) in self.title.iter().enumerate() {
            page.text(DVec2::new(left, baseline(line)), Anchor::Start, title);
        }
        let muted = page.style(page.palette.muted());
        for (line, caption) in self.caption.iter().enumerate() {
            page.svg.text(DVec2::new(cell.left, baseline(self.titles + line)), Anchor::Start, muted, caption);
        }
        Area { top: cell.top + self.height, ..cell }
    }
}

/// How far a letter moves the title.
fn indent(letter: &Label, font: f64) -> f64 {
    let width = letter.width(font * LETTER);
    if width > 0.0 { width * BOLD + font * 0.5 } else { 0.0 }
}
