//! Edges between atoms that no bond joins: in a full graph every pair of atoms exchanges messages.
//!
//! Each pair is one thin arc, told from bonds by its shape alone. Like a bond it is drawn in two
//! halves: **the half next to an atom shows the edge that starts at that atom.**

use super::Curve;
use super::depict::EdgeInk;
use super::paint::Background;
use crate::domain::{AtomId, DirectedEdge};
use glam::Vec2;

/// Width of an arc relative to a single bond with the same value.
const SHARE: f32 = 0.28;

/// Height of an arc relative to the distance of its atoms.
const HEIGHT: f32 = 0.17;

/// Greatest height of an arc, world units: long ones would leave the picture.
const HIGHEST: f32 = 0.9;

/// Arcs stop at least so far from an atom, world units, so that a crowd of them leaves its corner free.
const CLEAR: f32 = 0.14;

/// Straight pieces that half an arc is drawn as where only straight strokes can be drawn.
const PIECES: u8 = 6;

impl Curve {
    /// The point a fraction `t` (0..=1) of the way along.
    pub fn point(&self, t: f32) -> Vec2 {
        self.from.lerp(self.control, t).lerp(self.control.lerp(self.to, t), t)
    }

    /// The curve as a chain of straight lines, from its start to its end.
    pub fn pieces(&self) -> impl Iterator<Item = (Vec2, Vec2)> {
        let at = |step: u8| self.point(f32::from(step) / f32::from(PIECES));
        (0..PIECES).map(move |step| (at(step), at(step + 1)))
    }
}

/// One end of an arc.
#[derive(Clone, Copy)]
pub(super) struct ArcEnd {
    /// The atom.
    pub(super) atom: AtomId,
    /// Its place, world units.
    pub(super) at: Vec2,
    /// Radius of its label, world units.
    pub(super) covered: f32,
    /// How the edge that starts here is drawn.
    pub(super) ink: EdgeInk,
}

/// Both halves of an arc that bends away from `middle`, so that arcs run around a molecule rather than through it.
pub(super) fn arc(ends: [ArcEnd; 2], middle: Vec2, background: Background) -> [Curve; 2] {
    let [a, b] = ends;
    let along = b.at - a.at;
    let length = along.length();
    let away = along.normalize_or(Vec2::X).perp();
    let center = (a.at + b.at) / 2.0;
    let side = if away.dot(center - middle) < 0.0 { -1.0 } else { 1.0 };
    // The top of a quadratic curve lies half as high as its control point.
    let control = center + away * (side * 2.0 * (HEIGHT * length).min(HIGHEST));
    let start = |end: ArcEnd| {
        let clear = end.covered.max(CLEAR).min(0.3 * length);
        end.at + clear * (control - end.at).normalize_or_zero()
    };
    let starts = ends.map(start);
    // Half of a quadratic curve is one whose control point lies halfway to that of the whole.
    let top = (starts[0] + 2.0 * control + starts[1]) / 4.0;
    let half = |index: usize| {
        let (near, far) = (ends[index], ends[1 - index]);
        Curve {
            from: starts[index],
            control: (starts[index] + control) / 2.0,
            to: top,
            width: SHARE * near.ink.width(),
            color: near.ink.color(background),
            dashed: near.ink == EdgeInk::Removed,
            edge: DirectedEdge { source: near.atom, target: far.atom },
        }
    };
    // The wider half first, as with bonds.
    if a.ink.width() >= b.ink.width() { [half(0), half(1)] } else { [half(1), half(0)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Rgb;
    use proptest::prelude::*;

    fn ends(a: Vec2, b: Vec2, widths: [f32; 2]) -> [ArcEnd; 2] {
        let ink = |width| EdgeInk::Painted { color: Rgb::new(1, 2, 3), width };
        [
            ArcEnd { atom: AtomId(4), at: a, covered: 0.0, ink: ink(widths[0]) },
            ArcEnd { atom: AtomId(9), at: b, covered: 0.3, ink: ink(widths[1]) },
        ]
    }

    #[test]
    fn each_half_starts_beside_its_source_and_both_meet_at_the_top() {
        let (a, b) = (Vec2::ZERO, Vec2::new(4.0, 0.0));
        let halves = arc(ends(a, b, [0.06, 0.2]), Vec2::new(2.0, -1.0), Background::Light);
        assert_eq!(halves[0].edge, DirectedEdge::new(9, 4), "the wider half lies below");
        for half in halves {
            let (source, other) = if half.edge.source.0 == 4 { (a, b) } else { (b, a) };
            assert!(half.from.distance(source) < 0.31 && half.from.distance(other) > 3.0, "{half:?}");
            assert!((half.to - halves[0].to).length() < 1e-6);
            assert!(half.width < 0.08, "thinner than any bond of its value");
        }
        let top = halves[0].to;
        assert!(top.y > 0.4 && (top.x - 2.0).abs() < 0.2, "{top}");
        let mirrored = arc(ends(a, b, [0.06, 0.2]), Vec2::new(2.0, 1.0), Background::Light);
        assert!((mirrored[0].to.y + top.y).abs() < 1e-6, "it bends away from the middle of the molecule");
    }

    #[test]
    fn a_label_is_left_free() {
        let halves = arc(ends(Vec2::ZERO, Vec2::new(0.0, 3.0), [0.1; 2]), Vec2::ZERO, Background::Dark);
        let from = |source: u32| halves.iter().find(|half| half.edge.source.0 == source).unwrap().from;
        assert!((from(9).distance(Vec2::new(0.0, 3.0)) - 0.3).abs() < 1e-5);
        assert!((from(4).length() - CLEAR).abs() < 1e-5);
    }

    proptest! {
        #[test]
        fn arcs_are_finite_and_their_pieces_join(
            a in (-9.0_f32..9.0, -9.0_f32..9.0), b in (-9.0_f32..9.0, -9.0_f32..9.0), middle in (-9.0_f32..9.0, -9.0_f32..9.0),
            same in any::<bool>(),
        ) {
            let (a, b) = (Vec2::from(a), if same { Vec2::from(a) } else { Vec2::from(b) });
            for half in arc(ends(a, b, [0.1; 2]), Vec2::from(middle), Background::Light) {
                let pieces: Vec<(Vec2, Vec2)> = half.pieces().collect();
                prop_assert_eq!(pieces.len(), usize::from(PIECES));
                prop_assert!(pieces.iter().all(|(from, to)| from.is_finite() && to.is_finite()));
                prop_assert!(pieces.windows(2).all(|pair| pair[0].1 == pair[1].0));
                prop_assert!((pieces[0].0 - half.from).length() < 1e-5 && (pieces[pieces.len() - 1].1 - half.to).length() < 1e-5);
            }
        }
    }
}
