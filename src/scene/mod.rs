//! What to draw: layout, colours, primitives, camera, picking. How to draw it is `render`'s and
//! `figure`'s business.
//!
//! World units are bond lengths: the median bond of a laid-out molecule is 1 long. y points up.

mod arc;
mod bond;
mod camera;
mod depict;
mod fallback;
mod label;
mod layout;
mod mark;
mod note;
mod paint;
mod part;
mod pick;
mod quality;
mod relief;
mod scale;
mod thumbnail;

pub use camera::Camera;
pub use depict::{EdgeInk, EdgePaint, Style, depict};
pub use label::LABEL_SIZE;
pub use layout::{Layout, fallback, layout};
pub use note::annotate;
pub use paint::{Background, ColorMap, Rgb, element_color};
pub use pick::{Hit, pick};
pub use quality::Quality;
pub use scale::{ColorBar, ColorScale, Tick, WIDTH_HIGH, WIDTH_LOW};
pub use thumbnail::{Fit, thumbnail};

use crate::domain::{AtomId, BondId, DirectedEdge, Molecule};
use glam::Vec2;

/// What lies under the pointer, or is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub enum Pick {
    /// An atom.
    Atom(AtomId),
    /// A bond, both directions.
    Bond(BondId),
    /// Two atoms that no bond joins but that exchange messages, both directions; the lower number first.
    Pair(AtomId, AtomId),
}

impl Pick {
    /// What joins the atoms of an edge: their bond, or nothing but the edge.
    pub fn between(molecule: &Molecule, edge: DirectedEdge) -> Self {
        molecule.bond_between(edge.source, edge.target).map_or_else(|| Self::pair(edge), Self::Bond)
    }

    /// The atoms of an edge that no bond stands for.
    pub fn pair(edge: DirectedEdge) -> Self {
        Self::Pair(edge.source.min(edge.target), edge.source.max(edge.target))
    }

    /// Both directed edges, the one from the first atom first; `None` for atoms and for what the molecule lacks.
    pub fn edges(self, molecule: &Molecule) -> Option<[DirectedEdge; 2]> {
        let (source, target) = match self {
            Self::Atom(_) => return None,
            Self::Bond(bond) => molecule.bond(bond).map(|(a, b, _)| (a, b))?,
            Self::Pair(a, b) => {
                molecule.atom(a).and(molecule.atom(b))?;
                (a != b && molecule.bond_between(a, b).is_none()).then_some((a, b))?
            }
        };
        let edge = DirectedEdge { source, target };
        Some([edge, edge.reversed()])
    }
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
    /// Whether it is drawn dashed (a removed edge).
    pub dashed: bool,
    /// The directed edge whose value the stroke shows.
    pub edge: Option<DirectedEdge>,
    /// The bond it belongs to; `None` for the halo of an atom and for marks on an arc.
    pub bond: Option<BondId>,
}

/// Half of the arc between two atoms that no bond joins: a quadratic Bézier curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Start beside the sending atom, world units.
    pub from: Vec2,
    /// Control point, world units.
    pub control: Vec2,
    /// End in the middle of the arc, world units.
    pub to: Vec2,
    /// Width, world units.
    pub width: f32,
    /// Colour.
    pub color: Rgb,
    /// Whether it is drawn dashed (a removed edge).
    pub dashed: bool,
    /// The directed edge whose value it shows.
    pub edge: DirectedEdge,
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
    /// Element symbol with hydrogens and charge (`NH`, `O−`) in one line, for lists and readers
    /// without a picture; empty for a plain carbon.
    pub label: String,
    /// The label as it is set in the picture (and the atom's number, where that is shown): draw each
    /// piece centred on its place.
    pub pieces: Vec<LabelPiece>,
    /// Text colour.
    pub color: Rgb,
}

/// A few characters of a label, all of one size.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelPiece {
    /// The characters, none raised or lowered by themselves.
    pub text: String,
    /// Where the middle of the text goes: half its width, half the height of its capitals; world
    /// units.
    pub center: Vec2,
    /// Font size (one em), world units.
    pub size: f32,
    /// Colour.
    pub color: Rgb,
}

/// Everything drawn of one molecule, back to front: halos, arcs, strokes, atoms, notes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Wide soft strokes and discs behind selected or hovered things.
    pub halos: Vec<Stroke>,
    /// Both halves of every arc between atoms that no bond joins.
    pub arcs: Vec<Curve>,
    /// All strokes.
    pub strokes: Vec<Stroke>,
    /// All atoms.
    pub atoms: Vec<AtomMark>,
    /// What a user wrote about atoms and bonds, beside them.
    pub notes: Vec<LabelPiece>,
    /// Smallest and largest corner that contain everything; `None` if there is nothing.
    pub bounds: Option<(Vec2, Vec2)>,
}
