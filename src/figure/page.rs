//! One page: the SVG under construction with the colours and the font size everything on it
//! shares, and the title that every kind of figure has.

use super::palette::Palette;
use super::svg::{Anchor, Area, Svg, TextStyle};
use super::text::Label;
use crate::scene::Rgb;
use glam::DVec2;

/// Distance of two baselines, in font sizes.
pub(super) const LEADING: f64 = 1.4;

/// How much thicker and longer small things are than beside text of 7 points.
pub(super) fn growth(font: f64) -> f64 {
    (font / 7.0).max(0.75)
}

/// A page being drawn; lengths in points.
pub(super) struct Page {
    pub(super) svg: Svg,
    pub(super) palette: Palette,
    pub(super) font: f64,
}

impl Page {
    /// Text in the page's size and ink.
    pub(super) fn text(&mut self, at: DVec2, anchor: Anchor, label: &Label) {
        self.svg.text(at, anchor, self.style(self.palette.ink()), label);
    }

    /// The page's font size in a colour.
    pub(super) fn style(&self, color: Rgb) -> TextStyle {
        TextStyle { size: self.font, color, bold: false }
    }

    /// Sets a line at the top left of `area`, cut to its width; returns what is left below it.
    pub(super) fn heading(&mut self, area: Area, text: &str, style: TextStyle) -> Area {
        if text.trim().is_empty() {
            return area;
        }
        let label = Label::plain(text.trim()).cut_to(area.width(), style.size);
        self.svg.text(DVec2::new(area.left, area.top + style.size), Anchor::Start, style, &label);
        Area { top: area.top + style.size * LEADING, ..area }
    }

    /// A line width (or another small length) given for text of 7 points.
    pub(super) fn thin(&self, width: f64) -> f64 {
        width * growth(self.font)
    }

    /// Says in the middle of `area` that there is nothing to draw.
    pub(super) fn no_data(&mut self, area: Area) {
        self.say(area, "no data");
    }

    /// Says in the middle of `area` that it is too small for what belongs there.
    pub(super) fn no_room(&mut self, area: Area) {
        self.say(area, "no room");
    }

    /// A sentence in the middle of `area`, in as many lines as it takes and fit.
    pub(super) fn say(&mut self, area: Area, sentence: &str) {
        let (font, style) = (self.font, self.style(self.palette.muted()));
        let lines = wrapped(sentence, area.width(), font);
        // As `usize` saturates, an area without height has no line.
        let fitting = (area.height() / (font * LEADING)) as usize;
        let lines: Vec<Label> = lines.into_iter().take(fitting).collect();
        let height = font * LEADING * lines.len() as f64;
        for (place, line) in lines.iter().enumerate() {
            let y = area.center().y - height / 2.0 + font * LEADING * (place as f64 + 0.75);
            self.svg.text(DVec2::new(area.center().x, y), Anchor::Middle, style, line);
        }
    }
}

/// A sentence as lines of at most a width.
fn wrapped(sentence: &str, width: f64, font: f64) -> Vec<Label> {
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if Label::plain(format!("{line} {word}")).width(font) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let fits = |label: &Label| label.width(font) <= width;
    lines.into_iter().map(|line| Label::plain(line).cut_to(width, font)).filter(fits).collect()
}
