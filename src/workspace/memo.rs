//! What is remembered of things derived from state: one value for each, with everything it depends on, so
//! that a frame that shows the same as the one before costs nothing.

use super::labels::Labels;
use super::lanes::MOST_LANES;
use super::picture::Picture;
use super::readings::Readings;
use super::view::{Coloring, View};
use super::{FigureKind, gallery};
use crate::analysis;
use crate::analysis::chart::Chart;
use crate::domain::{Comparison, Intervention, Molecule};
use crate::engine::{ModelState, Survey};
use crate::scene::{Background, ColorScale, Layout, Pick};
use std::sync::Arc;

/// Everything the readings of one state depend on.
#[derive(Clone, PartialEq)]
pub(super) struct ReadingsKey {
    pub(super) comparison: Held<Comparison>,
    pub(super) molecule: Held<Molecule>,
    pub(super) reading: analysis::View,
    pub(super) coloring: Coloring,
    pub(super) intervention: Intervention,
}

/// Everything the colours of all states depend on.
#[derive(Clone, PartialEq)]
pub(super) struct ScaleKey {
    pub(super) readings: Vec<Held<Readings>>,
    pub(super) view: View,
}

/// Everything a picture depends on.
#[derive(Clone, PartialEq)]
pub(super) struct PictureKey {
    pub(super) readings: Held<Readings>,
    pub(super) layout: Held<Layout>,
    pub(super) view: View,
    pub(super) scale: ColorScale,
    pub(super) label: String,
    /// Those that are drawn.
    pub(super) labels: Held<Labels>,
    pub(super) pick: Option<Pick>,
    pub(super) hovered: Option<Pick>,
    pub(super) background: Background,
}

/// What two states differ by, and how many edges have a number in only one of them.
pub(super) type Differences = (Arc<Readings>, [usize; 2]);

/// States side by side, and the difference of two of them.
pub(super) const PICTURES: usize = MOST_LANES + 2;

/// Everything a chart depends on.
#[derive(Clone, PartialEq)]
pub(super) struct ChartKey {
    pub(super) kind: FigureKind,
    pub(super) state: ModelState,
    pub(super) comparisons: Vec<Held<Comparison>>,
    pub(super) surveys: Vec<Held<Survey>>,
    pub(super) names: Vec<String>,
    pub(super) reading: analysis::View,
    pub(super) linear: bool,
}

/// Charts kept: every kind in both states, with room for one export.
pub(super) const CHARTS_KEPT: usize = 8;

/// A shared value that is told from others by being held, not by its contents.
pub(super) struct Held<T>(pub(super) Option<Arc<T>>);

impl<T> Held<T> {
    pub(super) fn of(value: &Arc<T>) -> Self {
        Self(Some(Arc::clone(value)))
    }
}

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

/// One remembered value per derived thing.
#[derive(Default)]
pub(super) struct Memo {
    pub(super) readings: [Option<(ReadingsKey, Arc<Readings>)>; MOST_LANES + 1],
    pub(super) scale: Option<(ScaleKey, ColorScale)>,
    pub(super) differences: Option<([Held<Readings>; 2], Differences)>,
    pub(super) pictures: [Option<(PictureKey, Arc<Picture>)>; PICTURES],
    pub(super) charts: Vec<(ChartKey, Result<Arc<Chart>, String>)>,
    pub(super) curves: Vec<(super::training::CurveKey, Option<Arc<Chart>>)>,
    pub(super) gallery: gallery::Memo,
}
