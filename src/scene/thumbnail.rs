//! A molecule as a picture of a hundred points or so: letters only where they can be read, coloured discs for
//! other elements than carbon below that, and single lines where two would run together.

use super::bond::{BondLines, End, Side, side_of};
use super::depict::is_plain_carbon;
use super::{Background, EdgePaint, LABEL_SIZE, Layout, Scene, Stroke, Style, depict, element_color};
use crate::domain::{AtomId, BondId, BondOrder, DirectedEdge, Molecule};
use glam::Vec2;

/// Free space around the atoms, world units: for labels and round ends.
const MARGIN: f32 = 0.55;

/// Smallest size of letters that can be read, points.
const READABLE: f32 = 9.0;

/// Length of a bond from which two lines can be told from one, points.
const TWO_LINES: f32 = 10.0;

/// Smaller bonds have lines as wide as those of this length, points.
const WIDENED: f32 = 13.0;

/// Longest bond of a small molecule, as a part of the cell's height: structures side by side should not look
/// magnified against each other.
const LONGEST_BOND: f32 = 0.2;

/// Diameters of the discs for atoms, world units, where bonds are single and where they are not.
const DISCS: [f32; 2] = [0.62, 0.44];

/// How a molecule fits into a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The point of the drawing that stands in the middle of the cell, world units.
    pub center: Vec2,
    /// Points per world unit.
    pub scale: f32,
}

impl Fit {
    /// The fit into a cell of that size, points.
    pub fn of(layout: &Layout, cell: Vec2) -> Self {
        let corners = layout.positions.iter().fold(None, |corners: Option<(Vec2, Vec2)>, &point| {
            let (low, high) = corners.unwrap_or((point, point));
            Some((low.min(point), high.max(point)))
        });
        let (low, high) = corners.unwrap_or_default();
        let size = high - low + 2.0 * MARGIN;
        Self { center: (low + high) / 2.0, scale: (cell / size).min_element().min(LONGEST_BOND * cell.y) }
    }
}

/// Draws a molecule to be shown at `scale` points per world unit.
pub fn thumbnail(
    (molecule, layout): (&Molecule, &Layout),
    paint: &EdgePaint,
    background: Background,
    scale: f32,
) -> Scene {
    if LABEL_SIZE * scale >= READABLE {
        return depict(molecule, layout, paint, &Style { background, ..Style::default() });
    }
    let double = scale >= TWO_LINES;
    let mut strokes = Vec::with_capacity(3 * molecule.bond_count());
    for (id, (a, b, bond)) in (0..).zip(molecule.bonds()) {
        let end = |atom: AtomId, other: AtomId| {
            let ink = paint.ink(DirectedEdge { source: atom, target: other });
            End { atom, at: layout.position(atom), covered: 0.0, ink }
        };
        let order = if double { bond.order } else { BondOrder::Single };
        let side = if order == BondOrder::Double {
            side_of(molecule, |atom| layout.position(atom), (a, b))
        } else {
            Side::Middle
        };
        BondLines { id: BondId(id), order, side, ends: [end(a, b), end(b, a)] }.draw(background, &mut strokes);
    }
    let widening = (WIDENED / scale).max(1.0);
    strokes.iter_mut().for_each(|stroke| stroke.width *= widening);
    strokes.extend((0..).zip(molecule.atoms()).filter_map(|(atom, kind)| {
        let atom = AtomId(atom);
        let at = layout.position(atom);
        let color = element_color(kind.element, background);
        let disc = Stroke {
            from: at,
            to: at,
            width: DISCS[usize::from(double)],
            color,
            dashed: false,
            edge: None,
            bond: None,
        };
        (!is_plain_carbon(molecule, atom, kind)).then_some(disc)
    }));
    Scene { strokes, ..Scene::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};
    use crate::scene::layout;

    /// Acetaldehyde: CH3, CH, O (double).
    fn acetaldehyde() -> Molecule {
        let atom = |element| Atom { element, ..Atom::default() };
        let double = Bond { order: BondOrder::Double, ..Bond::default() };
        Molecule::new(vec![atom(6), atom(6), atom(8)], vec![(0, 1, Bond::default()), (1, 2, double)]).unwrap()
    }

    #[test]
    fn the_smaller_the_picture_the_less_is_drawn() {
        let molecule = acetaldehyde();
        let layout = layout(&molecule);
        let at = |scale| thumbnail((&molecule, &layout), &EdgePaint::default(), Background::Light, scale);
        let (large, medium, small) = (at(30.0), at(12.0), at(6.0));
        assert_eq!(large.atoms.iter().filter(|atom| atom.label == "O").count(), 1);
        assert!(medium.atoms.is_empty() && small.atoms.is_empty());
        let discs = |scene: &Scene| {
            let discs = scene.strokes.iter().filter(|stroke| stroke.edge.is_none());
            discs.map(|disc| (disc.from, disc.color)).collect::<Vec<_>>()
        };
        let oxygen = [(layout.positions[2], element_color(8, Background::Light))];
        assert_eq!((discs(&medium), discs(&small)), (oxygen.into(), oxygen.into()));
        // Halves of lines: three lines, or two where both lines of the double bond would be one.
        assert_eq!((medium.strokes.len(), small.strokes.len()), (6 + 1, 4 + 1));
        assert!(6.0 * small.strokes[0].width > 0.9 * 12.0 * medium.strokes[0].width, "thin lines stay visible");
    }

    #[test]
    fn everything_fits_and_small_molecules_are_not_blown_up() {
        let cell = Vec2::new(100.0, 70.0);
        let chain = Layout { positions: (0..11_u8).map(|atom| Vec2::new(f32::from(atom), 3.0)).collect() };
        let fit = Fit::of(&chain, cell);
        assert_eq!(fit.center, Vec2::new(5.0, 3.0));
        assert!((fit.scale - 100.0 / 11.1).abs() < 1e-4);
        assert!((Fit::of(&layout(&acetaldehyde()), cell).scale - 14.0).abs() < 1e-4);
        assert!(Fit::of(&Layout::default(), cell).scale > 0.0);
    }
}
