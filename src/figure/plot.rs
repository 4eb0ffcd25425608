//! The rectangle of a chart in which positions become points on the page.

use super::svg::Area;
use crate::analysis::chart::Shape;

/// How far outside the plot, in points, a position may land. Farther ones (also infinite ones: the
/// logarithm of zero) stop there, out of sight, so that no absurd number reaches a file.
const OUTSIDE: f64 = 2e4;

/// A plot's rectangle on the page and the positions its edges stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Plot {
    pub(super) frame: Area,
    /// Positions at the left and the right edge.
    pub(super) x: (f64, f64),
    /// Positions at the bottom and the top edge.
    pub(super) y: (f64, f64),
}

impl Plot {
    /// Where a horizontal position lies on the page; NaN stays NaN.
    pub(super) fn x(&self, at: f64) -> f64 {
        let share = (at - self.x.0) / (self.x.1 - self.x.0);
        (self.frame.left + share * self.frame.width()).clamp(self.frame.left - OUTSIDE, self.frame.right + OUTSIDE)
    }

    /// Where a vertical position lies on the page; NaN stays NaN.
    pub(super) fn y(&self, at: f64) -> f64 {
        let share = (at - self.y.0) / (self.y.1 - self.y.0);
        (self.frame.bottom - share * self.frame.height()).clamp(self.frame.top - OUTSIDE, self.frame.bottom + OUTSIDE)
    }

    /// How many pieces of a shape an area would cover; bands are meant to have things on them.
    pub(super) fn crowding(&self, area: Area, shape: &Shape) -> usize {
        let meets = |(x0, x1): (f64, f64), (y0, y1): (f64, f64)| {
            x0.min(x1) <= area.right && x0.max(x1) >= area.left && y0.min(y1) <= area.bottom && y0.max(y1) >= area.top
        };
        let everywhere = (f64::NEG_INFINITY, f64::INFINITY);
        match shape {
            Shape::Line(points) => {
                let segments = points.iter().zip(points.iter().skip(1));
                let covered = segments
                    .filter(|&(&[x0, y0], &[x1, y1])| meets((self.x(x0), self.x(x1)), (self.y(y0), self.y(y1))));
                covered.count()
            }
            Shape::Bars { width, bars } => {
                let bar = |&&[left, top]: &&[f64; 2]| {
                    meets((self.x(left), self.x(left + width)), (self.y(top), self.frame.bottom))
                };
                bars.iter().filter(bar).count()
            }
            Shape::VLine(at) => usize::from(meets((self.x(*at), self.x(*at)), everywhere)),
            Shape::HLine(at) => usize::from(meets(everywhere, (self.y(*at), self.y(*at)))),
            Shape::Band { .. } => 0,
        }
    }
}
