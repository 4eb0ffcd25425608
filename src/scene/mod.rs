//! What to draw: layout, colours, primitives, camera, picking. How to draw it is `render`'s and
//! `figure`'s business.
//!
//! World units are bond lengths: the median bond of a laid-out molecule is 1 long. y points up.

mod camera;
mod layout;
mod paint;
mod pick;

pub use camera::Camera;
pub use layout::{Layout, Quality, fallback, layout};
pub use paint::{ColorMap, ColorScale, Rgb};
pub use pick::pick;

use crate::domain::{AtomId, BondId, DirectedEdge};
use glam::Vec2;

/// What lies under the pointer, or is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Pick {
    /// An atom.
    Atom(AtomId),
    /// A bond, both directions.
    Bond(BondId),
}

/// One straight stroke with round ends, e.g. one line of half a double bond.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Start, world units.
    pub from: Vec2,
    /// End, world units.
    pub to: Vec2,
    /// Width, world units.
    pub width: f32,
    /// Colour.
    pub color: Rgb,
    /// Whether it is drawn dashed (an ablated edge).
    pub dashed: bool,
    /// The directed edge whose value the stroke shows.
    pub edge: Option<DirectedEdge>,
    /// The bond it belongs to.
    pub bond: BondId,
}

/// One atom: an optional disc behind its label.
#[derive(Clone, Debug, PartialEq)]
pub struct AtomMark {
    /// Which atom.
    pub atom: AtomId,
    /// Centre, world units.
    pub center: Vec2,
    /// Radius of the disc that the label stands on, 0 for an unlabelled carbon; world units.
    pub radius: f32,
    /// Element symbol with hydrogens and charge (`NH`, `O−`), empty for a plain carbon. Digits are
    /// meant as subscripts, a trailing charge as superscript.
    pub label: String,
    /// Text colour.
    pub color: Rgb,
}

/// Everything drawn of one molecule, back to front: halos, strokes, atoms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Wide soft strokes and discs behind selected or hovered things.
    pub halos: Vec<Stroke>,
    /// All strokes.
    pub strokes: Vec<Stroke>,
    /// All atoms.
    pub atoms: Vec<AtomMark>,
    /// Smallest and largest corner that contain everything; `None` if there is nothing.
    pub bounds: Option<(Vec2, Vec2)>,
}
