//! Equations in a line of text: `_` and `^` lower and raise what follows, one letter or all between braces.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, Color32, FontId};

/// Size of letters on the line, and of raised and lowered ones, points.
const LINE: f32 = 14.5;
const SMALL: f32 = 10.5;

/// Where letters stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Line,
    Below,
    Above,
}

/// Pieces of an equation by level.
fn pieces(text: &str) -> Vec<(Level, String)> {
    let mut pieces = Vec::new();
    let mut letters = text.chars().peekable();
    let mut line = String::new();
    while let Some(letter) = letters.next() {
        let level = match letter {
            '_' => Level::Below,
            '^' => Level::Above,
            plain => {
                line.push(plain);
                continue;
            }
        };
        if !line.is_empty() {
            pieces.push((Level::Line, std::mem::take(&mut line)));
        }
        let moved = if letters.next_if_eq(&'{').is_some() {
            letters.by_ref().take_while(|&letter| letter != '}').collect()
        } else {
            letters.next().into_iter().collect()
        };
        pieces.push((level, moved));
    }
    if !line.is_empty() {
        pieces.push((Level::Line, line));
    }
    pieces
}

/// An equation ready to be shown.
pub(super) fn layout(text: &str, color: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (level, piece) in pieces(text) {
        let (size, valign) = match level {
            Level::Line => (LINE, Align::Center),
            Level::Below => (SMALL, Align::BOTTOM),
            Level::Above => (SMALL, Align::TOP),
        };
        job.append(&piece, 0.0, TextFormat { valign, ..TextFormat::simple(FontId::proportional(size), color) });
    }
    job
}

/// The same in words that can be read aloud: without the signs that raise and lower.
pub(super) fn spoken(text: &str) -> String {
    pieces(text).into_iter().map(|(_, piece)| piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_raised_and_lowered() {
        let found = pieces("ρ_e = max_c |a_{ec}|, 10^{−6}");
        let moved: Vec<(Level, &str)> = found.iter().map(|(level, piece)| (*level, piece.as_str())).collect();
        let expected = [
            (Level::Line, "ρ"),
            (Level::Below, "e"),
            (Level::Line, " = max"),
            (Level::Below, "c"),
            (Level::Line, " |a"),
            (Level::Below, "ec"),
            (Level::Line, "|, 10"),
            (Level::Above, "−6"),
        ];
        assert_eq!(moved, expected);
        assert_eq!(spoken("x_{ij}^2"), "xij2");
        assert_eq!(layout("x_i", Color32::BLACK).text, "xi");
    }
}
