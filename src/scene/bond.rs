//! The lines of one bond: one to four of them, each in two halves, because a bond is two directed
//! edges with two values. **The half next to an atom shows the edge that starts at that atom.**

use super::depict::EdgeInk;
use super::mark;
use super::paint::Background;
use super::{Stroke, WIDTH_LOW};
use crate::domain::{Ablation, AtomId, BondId, BondOrder, DirectedEdge, Molecule};
use glam::Vec2;
use std::collections::VecDeque;

/// Free space between the lines of a multiple bond, world units.
const GAP: f32 = 0.08;

/// Width of a line of a multiple bond relative to a single bond with the same value.
const SHARE: f32 = 0.6;

/// How much shorter the inner line of a double bond is at an end with further bonds, relative to its
/// distance from the outer line (the lines of a hexagon then end on one ray).
const INSET: f32 = 0.75;

/// Largest ring searched for the inner side of its double bonds.
const RING_REACH: usize = 12;

/// One end of a bond.
#[derive(Clone, Copy)]
pub(super) struct End {
    /// The atom.
    pub(super) atom: AtomId,
    /// Its place, world units.
    pub(super) at: Vec2,
    /// Length covered by its label along the bond, world units.
    pub(super) covered: f32,
    /// How the edge that starts here is drawn.
    pub(super) ink: EdgeInk,
    /// What was done to that edge.
    pub(super) ablation: Option<Ablation>,
}

/// A bond ready to be drawn.
pub(super) struct BondLines {
    /// Which bond.
    pub(super) id: BondId,
    /// Its electron pairs.
    pub(super) order: BondOrder,
    /// Where the second line of a double bond goes.
    pub(super) side: Side,
    /// Both ends.
    pub(super) ends: [End; 2],
}

/// Where the second line of a double bond goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Side {
    /// Both lines beside the axis, as in a carbonyl group.
    Middle,
    /// Left (1) or right (-1) of the way from the first atom to the second; `inset` tells at which
    /// end the line is shortened.
    Beside { sign: f32, inset: [bool; 2] },
}

/// One line of a bond.
struct Line {
    /// Distance from the axis, to the left, world units.
    offset: f32,
    /// Width relative to the value's width.
    share: f32,
    /// Whether the line is shortened at either end.
    inset: [bool; 2],
}

impl BondLines {
    /// Appends the strokes; the wider half first, so that both meet near the middle.
    pub(super) fn draw(&self, background: Background, strokes: &mut Vec<Stroke>) {
        let [first, second] = self.ends;
        let length = first.at.distance(second.at);
        let widths = self.ends.map(|end| end.ink.width());
        let order = if widths[0] >= widths[1] { [0, 1] } else { [1, 0] };
        for line in self.lines(widths[0].max(widths[1])) {
            for index in order {
                let (near, far) = (self.ends[index], self.ends[1 - index]);
                let along = (far.at - near.at).normalize_or(Vec2::X);
                // Left of the bond is right of it for the half that looks the other way.
                let shift = (second.at - first.at).normalize_or(Vec2::X).perp() * line.offset;
                let width = (near.ink.width() * line.share).max(0.75 * WIDTH_LOW);
                let inset = if line.inset[index] { INSET * line.offset.abs() } else { 0.0 };
                // The round end would reach into the label.
                let covered = if near.covered > 0.0 { near.covered + width / 2.0 } else { 0.0 };
                let start = covered.max(inset).min(0.42 * length);
                let stroke = Stroke {
                    from: near.at + along * start + shift,
                    to: near.at + along * (length / 2.0) + shift,
                    width,
                    color: near.ink.color(background),
                    dashed: near.ink == EdgeInk::Removed,
                    edge: Some(DirectedEdge { source: near.atom, target: far.atom }),
                    bond: Some(self.id),
                };
                match near.ablation {
                    Some(Ablation::Zero) => strokes.extend(mark::dots(stroke)),
                    Some(Ablation::Remove | Ablation::LayerMean) | None => strokes.push(stroke),
                }
            }
        }
        self.bars(strokes);
    }

    /// A bar across each averaged half.
    fn bars(&self, strokes: &mut Vec<Stroke>) {
        for (index, near) in self.ends.iter().enumerate() {
            let edge = DirectedEdge { source: near.atom, target: self.ends[1 - index].atom };
            let Some(line) = strokes.iter().find(|stroke| stroke.edge == Some(edge)).copied() else { continue };
            if near.ablation == Some(Ablation::LayerMean) {
                let lines = strokes.iter().filter(|stroke| stroke.edge == Some(edge));
                let along = (line.to - line.from).normalize_or(Vec2::X);
                let aside = |stroke: &Stroke| along.perp_dot(stroke.to - near.at);
                let sides = lines.map(|line| (aside(line) - line.width / 2.0, aside(line) + line.width / 2.0));
                let (low, high) = sides.fold((0.0f32, 0.0f32), |(low, high), side| (low.min(side.0), high.max(side.1)));
                let middle = near.at + along * along.dot((line.from + line.to) / 2.0 - near.at);
                let at = middle + along.perp() * f32::midpoint(low, high);
                strokes.push(mark::bar(line, at, along, (high - low) / 2.0));
            }
        }
    }

    /// The lines of the bond, whose wider half would be `width` wide as a single line.
    fn lines(&self, width: f32) -> Vec<Line> {
        let thin = (SHARE * width).max(0.75 * WIDTH_LOW);
        let pitch = thin + GAP;
        let even = |offsets: &[f32]| {
            offsets.iter().map(|&offset| Line { offset: offset * pitch, share: SHARE, inset: [false; 2] }).collect()
        };
        match (self.order, self.side) {
            (BondOrder::Single, _) => vec![Line { offset: 0.0, share: 1.0, inset: [false; 2] }],
            (BondOrder::Double, Side::Middle) => even(&[-0.5, 0.5]),
            (BondOrder::Double, Side::Beside { sign, inset }) => {
                let offset = sign * (width / 2.0 + GAP + thin / 2.0);
                vec![Line { offset: 0.0, share: 1.0, inset: [false; 2] }, Line { offset, share: SHARE, inset }]
            }
            (BondOrder::Triple, _) => even(&[0.0, -1.0, 1.0]),
            (BondOrder::Quadruple, _) => even(&[-0.5, 0.5, -1.5, 1.5]),
        }
    }
}

/// Where the second line of a double bond between `a` and `b` goes: into the ring, towards the side
/// with more neighbours, or to both sides at a chain's end.
pub(super) fn side_of(molecule: &Molecule, position: impl Fn(AtomId) -> Vec2, (a, b): (AtomId, AtomId)) -> Side {
    let (from, to) = (position(a), position(b));
    let left = |point: Vec2| (to - from).perp_dot(point - from);
    let others = |atom: AtomId, not: AtomId| -> Vec<Vec2> {
        molecule.neighbours(atom).filter(|&(other, _)| other != not).map(|(other, _)| position(other)).collect()
    };
    let ends = [others(a, b), others(b, a)];
    let straight = |atom: AtomId, around: &[Vec2], toward: Vec2| {
        let at = position(atom);
        matches!(around, [other] if (other - at).normalize_or_zero().dot((toward - at).normalize_or_zero()) < -0.98)
    };
    let ring = smallest_ring(molecule, a, b);
    let ends_chain = ends.iter().any(Vec::is_empty) || straight(a, &ends[0], to) || straight(b, &ends[1], from);
    if ring.is_none() && ends_chain {
        return Side::Middle;
    }
    let balance = match &ring {
        Some(ring) => {
            let middle = ring.iter().map(|&atom| position(atom)).sum::<Vec2>() / ring.len() as f32;
            left(middle)
        }
        None => ends.iter().flatten().map(|&point| left(point).signum()).sum(),
    };
    let sign = if balance < 0.0 { -1.0 } else { 1.0 };
    let inset = ends.map(|around| around.iter().any(|&point| left(point) * sign > 0.0));
    Side::Beside { sign, inset }
}

/// The atoms of the smallest ring through the bond between `a` and `b`, through aromatic bonds only
/// if there is such a ring.
fn smallest_ring(molecule: &Molecule, a: AtomId, b: AtomId) -> Option<Vec<AtomId>> {
    ring_through(molecule, (a, b), true).or_else(|| ring_through(molecule, (a, b), false))
}

fn ring_through(molecule: &Molecule, (a, b): (AtomId, AtomId), aromatic: bool) -> Option<Vec<AtomId>> {
    let aromatic_bond = |bond| molecule.bond(bond).is_some_and(|(_, _, kind)| kind.aromatic);
    let bond = molecule.bond_between(a, b)?;
    if aromatic && !aromatic_bond(bond) {
        return None;
    }
    // Paths from `a`, as (atom, index of the step before, length).
    let mut steps = vec![(a, 0, 1)];
    let mut queue = VecDeque::from([0]);
    while let Some(index) = queue.pop_front() {
        let (atom, _, length) = steps[index];
        let mut around: Vec<(AtomId, BondId)> = molecule.neighbours(atom).filter(|&(_, via)| via != bond).collect();
        around.sort_unstable();
        for (other, via) in around {
            if (aromatic && !aromatic_bond(via)) || steps.iter().any(|&(seen, _, _)| seen == other) {
                continue;
            }
            steps.push((other, index, length + 1));
            if other == b {
                let mut ring = vec![b];
                let mut at = index;
                while at != 0 {
                    ring.push(steps[at].0);
                    at = steps[at].1;
                }
                ring.push(a);
                return Some(ring);
            }
            if length + 1 < RING_REACH {
                queue.push_back(steps.len() - 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};

    /// A ring of six with double bonds 0=1, 2=3, 4=5 and a double bond 0=6 outside would be
    /// overfull; 6 hangs on atom 0 by a single bond instead, and 7 on 6 by a double one.
    fn styrene() -> (Molecule, Vec<Vec2>) {
        let double = Bond { order: BondOrder::Double, aromatic: true, ..Bond::default() };
        let single = Bond { order: BondOrder::Single, aromatic: true, ..Bond::default() };
        let ring = (0..6).map(|atom| (atom, (atom + 1) % 6, if atom % 2 == 0 { double } else { single }));
        let tail = [(0, 6, Bond::default()), (6, 7, Bond { order: BondOrder::Double, ..Bond::default() })];
        let molecule = Molecule::new(vec![Atom::default(); 8], ring.chain(tail).collect()).unwrap();
        let mut places: Vec<Vec2> =
            (0..6_u8).map(|corner| Vec2::from_angle(f32::from(corner).to_radians() * 60.0)).collect();
        places.extend([Vec2::new(2.0, 0.0), Vec2::new(2.5, 0.866)]);
        (molecule, places)
    }

    fn side(a: u32, b: u32) -> Side {
        let (molecule, places) = styrene();
        side_of(&molecule, |atom| places[atom.index()], (AtomId(a), AtomId(b)))
    }

    #[test]
    fn the_second_line_lies_inside_the_ring() {
        // The ring runs counter-clockwise, so its middle is on the left.
        let inside = Side::Beside { sign: 1.0, inset: [true; 2] };
        assert_eq!(side(2, 3), inside);
        assert_eq!(side(0, 1), inside);
        assert_eq!(side(3, 2), Side::Beside { sign: -1.0, inset: [true; 2] });
    }

    #[test]
    fn the_end_of_a_chain_has_both_lines_beside_the_axis() {
        assert_eq!(side(6, 7), Side::Middle);
    }

    #[test]
    fn a_fused_double_bond_turns_to_its_aromatic_ring() {
        // A five-ring (not aromatic) and a six-ring (aromatic) share bond 0=1.
        let aromatic = |order| Bond { order, aromatic: true, ..Bond::default() };
        let six = [(0, 1, BondOrder::Double), (1, 2, BondOrder::Single), (2, 3, BondOrder::Double)]
            .into_iter()
            .chain([(3, 4, BondOrder::Single), (4, 5, BondOrder::Double), (5, 0, BondOrder::Single)])
            .map(|(a, b, order)| (a, b, aromatic(order)));
        let five = [(1, 6), (6, 7), (7, 8), (8, 0)].map(|(a, b)| (a, b, Bond::default()));
        let molecule = Molecule::new(vec![Atom::default(); 9], six.chain(five).collect()).unwrap();
        assert_eq!(smallest_ring(&molecule, AtomId(0), AtomId(1)).map(|ring| ring.len()), Some(6));
        assert_eq!(smallest_ring(&molecule, AtomId(6), AtomId(7)).map(|ring| ring.len()), Some(5));
    }

    fn strokes(order: BondOrder, inks: [EdgeInk; 2]) -> Vec<Stroke> {
        let end = |atom: u32, x: f32| End {
            atom: AtomId(atom),
            at: Vec2::new(x, 0.0),
            covered: 0.0,
            ink: inks[atom as usize],
            ablation: None,
        };
        let side = Side::Beside { sign: 1.0, inset: [true, false] };
        let mut drawn = Vec::new();
        BondLines { id: BondId(5), order, side, ends: [end(0, 0.0), end(1, 1.0)] }.draw(Background::Light, &mut drawn);
        drawn
    }

    #[test]
    fn each_half_shows_the_edge_that_starts_beside_it() {
        let painted = |width| EdgeInk::Painted { color: super::super::Rgb::new(1, 2, 3), width };
        for order in [BondOrder::Single, BondOrder::Double, BondOrder::Triple, BondOrder::Quadruple] {
            let drawn = strokes(order, [painted(0.1), EdgeInk::Removed]);
            assert_eq!(drawn.len(), 2 * usize::from(order.pairs()));
            for stroke in &drawn {
                let edge = stroke.edge.unwrap();
                let middle = f32::midpoint(stroke.from.x, stroke.to.x);
                assert_eq!(edge.source.0 == 0, middle < 0.5, "{stroke:?}");
                assert_eq!(stroke.dashed, edge.source.0 == 1);
                assert_eq!(stroke.bond, Some(BondId(5)));
                assert!((stroke.to.x - 0.5).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn wide_halves_come_first_and_lines_keep_apart() {
        let painted = |width| EdgeInk::Painted { color: super::super::Rgb::new(1, 2, 3), width };
        let drawn = strokes(BondOrder::Double, [painted(0.06), painted(0.2)]);
        assert_eq!(drawn[0].edge, Some(DirectedEdge::new(1, 0)));
        // The inner line is left of the way from the first atom to the second, for both halves.
        assert!(drawn[2].from.y > 0.0 && (drawn[2].from.y - drawn[3].from.y).abs() < 1e-6);
        for pair in [[0, 2], [1, 3]] {
            let [outer, inner] = pair.map(|index| drawn[index]);
            assert!(inner.from.y - outer.from.y > (inner.width + outer.width) / 2.0 + 0.9 * GAP);
        }
        // Shortened only where another bond would be met.
        assert!(drawn[2].from.x > 0.99 && drawn[3].from.x > 0.05);
    }
}
