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
        // As `usize` saturates, an area without height has no line.
        let lines = wrapped(sentence, area.width(), font, (area.height() / (font * LEADING)) as usize);
        let height = font * LEADING * lines.len() as f64;
        for (place, line) in lines.iter().enumerate() {
            let y = area.center().y - height / 2.0 + font * LEADING * (place as f64 + 0.75);
            self.svg.text(DVec2::new(area.center().x, y), Anchor::Middle, style, line);
        }
    }
}

/// A sentence as at most so many lines of a width; what is longer is cut and ends with an ellipsis.
pub(super) fn wrapped(sentence: &str, width: f64, font: f64, most: usize) -> Vec<Label> {
    let fits = |text: &str| Label::plain(text).width(font) <= width;
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace().filter(|_| most > 0) {
        let parts = if fits(word) { vec![word] } else { hyphenated(word) };
        for (place, part) in parts.into_iter().enumerate() {
            let gap = if place == 0 { " " } else { "" };
            // The last line takes all that is left.
            let last = lines.len() == most;
            match lines.last_mut() {
                Some(line) if last || fits(&format!("{line}{gap}{part}")) => {
                    line.push_str(gap);
                    line.push_str(part);
                }
                _ => lines.push(part.to_owned()),
            }
        }
    }
    // A point between two parts stands between them, not after the first.
    let lines = lines.iter().map(|line| Label::plain(line.trim_end_matches([' ', '·'])).cut_to(width, font));
    lines.filter(|line| line.width(font) <= width).collect()
}

/// A word in the parts between which a line may end: behind hyphens between letters, as names of models have.
fn hyphenated(word: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    let ends = |rest: &str| {
        let mut hyphens = rest.match_indices('-').map(|(at, _)| at + 1);
        let is_letter = |at: Option<char>| at.is_some_and(char::is_alphanumeric);
        let between = |&end: &usize| {
            let (before, after) = (rest.get(..end - 1), rest.get(end..));
            is_letter(before.and_then(|text| text.chars().next_back()))
                && is_letter(after.and_then(|text| text.chars().next()))
        };
        hyphens.find(between)
    };
    while let Some((part, after)) = ends(rest).and_then(|end| rest.split_at_checked(end)) {
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_break_between_words_and_long_names_behind_hyphens() {
        let lines =
            |text: &str, most| -> Vec<String> { wrapped(text, 60.0, 10.0, most).iter().map(Label::text).collect() };
        assert_eq!(lines("B graphit-ebt-base · untrained", 9), ["B graphit-", "ebt-base", "untrained"]);
        let cut = lines("prediction 1.23 · CC(=O)[O-]CCCCCCCCCCCC", 2);
        assert!(
            cut.len() == 2 && cut[0] == "prediction" && cut[1].starts_with("1.23") && cut[1].ends_with('…'),
            "{cut:?}"
        );
        assert_eq!(hyphenated("CC[O-]C-"), ["CC[O-]C-"]);
        assert!(lines("a", 0).is_empty() && wrapped("a b", 1.0, 10.0, 2).is_empty());
    }
}
