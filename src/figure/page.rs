//! One page: the SVG under construction with the colours and the font size everything on it
//! shares, and the title that every kind of figure has.

use super::palette::Palette;
use super::svg::{Anchor, Area, Svg, TextStyle};
use super::text::Label;
use crate::scene::Rgb;
use glam::DVec2;

/// Blank border of every figure, in points.
pub(super) const MARGIN: f64 = 4.0;

/// Distance of two baselines, in font sizes.
pub(super) const LEADING: f64 = 1.4;

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
        TextStyle { size: self.font, color }
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

    /// Says in the middle of `area` that there is nothing to draw.
    pub(super) fn no_data(&mut self, area: Area) {
        let at = area.center() + DVec2::new(0.0, self.font * 0.35);
        self.svg.text(at, Anchor::Middle, self.style(self.palette.muted()), &Label::plain("no data"));
    }
}
