//! How the picture is to be read: which layer, which head, which number, which colours.

use super::FigureKind;
use crate::analysis::chart::Scale;
use crate::analysis::{self, Quantity};
use crate::engine::ModelState;
use crate::scene::ColorMap;

/// Whether values or their changes are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coloring {
    /// The value after all edits.
    #[default]
    Value,
    /// Edited minus baseline.
    Difference,
}

/// Which edges between atoms without a bond are drawn as arcs; only models of full graphs have such edges.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Arcs {
    /// Whether any are drawn.
    pub shown: bool,
    /// The smallest magnitude drawn, in the number that is painted; `None` for the few strongest.
    #[serde(skip)]
    pub least: Option<f32>,
}

impl Default for Arcs {
    fn default() -> Self {
        Self { shown: true, least: None }
    }
}

/// The reading settings.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct View {
    /// Quantity, layer and head.
    pub reading: analysis::View,
    /// Value or difference.
    pub coloring: Coloring,
    /// Sequential colour map.
    pub map: ColorMap,
    /// A colour range that holds for every molecule, in values (not logarithms).
    pub locked: Option<(f32, f32)>,
    /// Whose log ratios the histogram shows.
    #[serde(skip)]
    pub histogram: ModelState,
    /// Whether atoms carry their numbers.
    pub atom_numbers: bool,
    /// Whether labels of atoms and bonds stand beside them.
    pub labels: bool,
    /// Arcs for absent bonds.
    pub arcs: Arcs,
    /// How curves of ratios have their heights.
    pub ratio_axis: Scale,
    /// How histograms have theirs.
    pub count_axis: Scale,
}

impl Default for View {
    fn default() -> Self {
        Self {
            reading: analysis::View::default(),
            coloring: Coloring::default(),
            map: ColorMap::default(),
            locked: None,
            histogram: ModelState::default(),
            atom_numbers: false,
            labels: true,
            arcs: Arcs::default(),
            ratio_axis: Scale::default(),
            count_axis: Scale::default(),
        }
    }
}

impl View {
    /// How a kind of chart has its heights; `None` for what is no chart.
    pub fn scale_mut(&mut self, kind: FigureKind) -> Option<&mut Scale> {
        match kind {
            FigureKind::EdgeRatios | FigureKind::Curves => Some(&mut self.ratio_axis),
            FigureKind::Histogram => Some(&mut self.count_axis),
            FigureKind::Molecule | FigureKind::Activations | FigureKind::ColorBar => None,
        }
    }

    /// Whether a kind of chart has heights instead of their logarithms.
    pub fn is_linear(&self, kind: FigureKind) -> bool {
        let scale = match kind {
            FigureKind::Histogram => self.count_axis,
            _ => self.ratio_axis,
        };
        scale == Scale::Linear
    }
}

/// The words in menus and at the colour bar; all three quantities are dimensionless.
pub fn quantity_name(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Ratio => "MA ratio",
        Quantity::Activation => "|activation|",
        Quantity::Attention => "attention weight",
    }
}

/// All quantities, in menu order.
pub const QUANTITIES: [Quantity; 3] = [Quantity::Ratio, Quantity::Activation, Quantity::Attention];
