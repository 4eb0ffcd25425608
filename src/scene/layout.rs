//! Where the atoms stand on paper: the `chematic` depiction layout, mended where it fails, turned
//! the way textbooks turn molecules, with separate pieces side by side.
//!
//! World units: the median bond is 1 long, y points up, the drawing is centred on the origin.

use super::fallback::place as place_quickly;
use super::part::Part;
use super::quality::{Faults, Quality, median_bond};
use super::relief;
use crate::domain::{AtomId, BondOrder, Molecule};
use chematic_core::{Atom as DepictAtom, AtomIdx, BondOrder as DepictOrder, Element, MoleculeBuilder};
use glam::Vec2;

/// Pieces with more atoms than this skip `chematic`, whose time grows faster than the square of the
/// size, and get the quick layout.
const MAX_DEPICTED: usize = 600;

/// Space between separate pieces, from atom to atom.
const PIECE_GAP: f32 = 2.4;

/// A position for every atom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// One position per atom, in the molecule's order, in world units.
    pub positions: Vec<Vec2>,
}

impl Layout {
    /// Where an atom stands; the origin if the layout belongs to another molecule.
    pub fn position(&self, atom: AtomId) -> Vec2 {
        self.positions.get(atom.index()).copied().unwrap_or_default()
    }

    /// What is wrong with this drawing of `molecule`.
    pub fn quality(&self, molecule: &Molecule) -> Quality {
        let positions: Vec<Vec2> = (0..).take(molecule.atom_count()).map(|atom| self.position(AtomId(atom))).collect();
        let bonds: Vec<(usize, usize)> = molecule.bonds().map(|(a, b, _)| (a.index(), b.index())).collect();
        Faults::of(&positions, &bonds).quality
    }
}

/// The best drawing we can make. Usually takes a millisecond, but large cages and macrocycles have
/// taken seconds: call it where a time limit can be kept, and show [`fallback`] meanwhile.
pub fn layout(molecule: &Molecule) -> Layout {
    arrange(molecule, |part| {
        let Some(mut drawn) = depicted(molecule, part) else {
            return place_quickly(part);
        };
        relief::bend_chains(part, &mut drawn);
        if Faults::of(&drawn, &part.bonds).cost() == 0 {
            return drawn;
        }
        relief::improve(part, &mut drawn);
        let cost = Faults::of(&drawn, &part.bonds).cost();
        if cost == 0 {
            return drawn;
        }
        let quick = place_quickly(part);
        if Faults::of(&quick, &part.bonds).cost() < cost { quick } else { drawn }
    })
}

/// A plain drawing, made quickly whatever the molecule: regular polygons and zigzag chains.
pub fn fallback(molecule: &Molecule) -> Layout {
    arrange(molecule, place_quickly)
}

/// Draws each connected piece with `place`, scales, turns and sets them side by side.
fn arrange(molecule: &Molecule, place: impl Fn(&Part) -> Vec<Vec2>) -> Layout {
    let pieces: Vec<(Part, Vec<Vec2>)> = Part::all(molecule)
        .into_iter()
        .map(|part| {
            let mut positions = place(&part);
            let unit = median_bond(&positions, &part.bonds);
            positions.iter_mut().for_each(|position| *position /= unit);
            turn(&part, &mut positions);
            (part, positions)
        })
        .collect();
    let sizes: Vec<Vec2> = pieces.iter().map(|(_, positions)| extent(positions)).collect();
    let mut all = vec![Vec2::ZERO; molecule.atom_count()];
    for ((part, positions), center) in pieces.iter().zip(shelves(&sizes)) {
        for (&atom, &position) in part.atoms.iter().zip(positions) {
            all[atom] = position + center;
        }
    }
    center(&mut all);
    Layout { positions: all }
}

/// The layout of `chematic`, in bonds of length 1 with y up; `None` if it cannot be trusted.
fn depicted(molecule: &Molecule, part: &Part) -> Option<Vec<Vec2>> {
    if part.len() > MAX_DEPICTED {
        return None;
    }
    let mut builder = MoleculeBuilder::with_capacity(part.len(), part.bonds.len());
    for atom in 0..part.len() {
        let element = molecule.atom(part.id(atom))?.element;
        builder.add_atom(Element::from_atomic_number(element).map_or_else(DepictAtom::wildcard, DepictAtom::new));
    }
    let index = |atom: usize| u32::try_from(atom).ok().map(AtomIdx);
    for (&(a, b), kind) in part.bonds.iter().zip(&part.kinds) {
        let order = match kind.order {
            BondOrder::Single => DepictOrder::Single,
            BondOrder::Double => DepictOrder::Double,
            BondOrder::Triple => DepictOrder::Triple,
            BondOrder::Quadruple => DepictOrder::Quadruple,
        };
        builder.add_bond(index(a)?, index(b)?, order).ok()?;
    }
    let built = builder.build();
    // The drawing is only worth something if its atoms and bonds are ours, in our order.
    let same = built.atom_count() == part.len()
        && built.bond_count() == part.bonds.len()
        && built
            .bonds()
            .zip(&part.bonds)
            .all(|((_, bond), &(a, b))| (bond.atom1.0 as usize, bond.atom2.0 as usize) == (a, b));
    let points = chematic_depict::compute_layout(&built).coords;
    let scale = 1.0 / chematic_depict::BOND_LEN;
    #[allow(clippy::cast_possible_truncation, reason = "a drawing needs no more than f32")]
    let positions: Vec<Vec2> =
        points.iter().map(|point| Vec2::new((point.x * scale) as f32, (-point.y * scale) as f32)).collect();
    (same && positions.len() == part.len() && positions.iter().all(|point| point.is_finite())).then_some(positions)
}

/// Turns a piece so that it lies on its long axis, in steps that keep most bonds at multiples of
/// 30 degrees where they can be, with its first atom on the left.
fn turn(part: &Part, positions: &mut [Vec2]) {
    center(positions);
    let step = std::f32::consts::TAU / 12.0;
    let long_axis = principal_angle(positions);
    let angle = match grid_phase(part, positions, step) {
        // Twelve turns keep the bonds on the grid; half of them differ only by 180 degrees.
        Some(phase) => (0..6)
            .map(|turn| turn as f32 * step - phase)
            .min_by(|&a, &b| {
                let tilt = |turn: f32| half_turn_distance(long_axis + turn) + 0.15 * flat_bonds(part, positions, turn);
                tilt(a).total_cmp(&tilt(b))
            })
            .unwrap_or(-long_axis),
        None => -long_axis,
    };
    rotate(positions, angle);
    center(positions);
    if positions.first().is_some_and(|first| first.x > 1e-3 || (first.x > -1e-3 && first.y < -1e-3)) {
        positions.iter_mut().for_each(|position| *position = -*position);
    }
}

/// The angle, modulo `step`, at which most bonds lie; `None` if fewer than half agree.
fn grid_phase(part: &Part, positions: &[Vec2], step: f32) -> Option<f32> {
    let tolerance = 0.05;
    let angles: Vec<f32> =
        part.bonds.iter().map(|&(a, b)| (positions[b] - positions[a]).to_angle().rem_euclid(step)).collect();
    let apart = |a: f32, b: f32| {
        let difference = (a - b).abs();
        difference.min(step - difference)
    };
    let agreeing = |phase: f32| angles.iter().filter(|&&angle| apart(angle, phase) < tolerance).count();
    // `max_by_key` keeps the last of equals; reversed, the first bond decides.
    let best = angles.iter().take(200).copied().rev().max_by_key(|&phase| agreeing(phase))?;
    (2 * agreeing(best) > angles.len()).then_some(best)
}

/// Fraction of bonds that would be horizontal or 60 degrees off it after `turn`: textbooks stand
/// hexagons on a corner and let chains zigzag by 30 degrees.
fn flat_bonds(part: &Part, positions: &[Vec2], turn: f32) -> f32 {
    let sixth = std::f32::consts::TAU / 6.0;
    let flat = |&&(a, b): &&(usize, usize)| {
        let angle = ((positions[b] - positions[a]).to_angle() + turn).rem_euclid(sixth);
        angle.min(sixth - angle) < 0.05
    };
    part.bonds.iter().filter(flat).count() as f32 / part.bonds.len().max(1) as f32
}

/// How far an axis at `angle` is from horizontal, 0..=π/2.
fn half_turn_distance(angle: f32) -> f32 {
    let within = angle.rem_euclid(std::f32::consts::PI);
    within.min(std::f32::consts::PI - within)
}

/// Angle of the axis along which the points spread most; 0 for a single point.
fn principal_angle(positions: &[Vec2]) -> f32 {
    let mean = positions.iter().sum::<Vec2>() / positions.len().max(1) as f32;
    let (mut xx, mut xy, mut yy) = (0.0_f32, 0.0_f32, 0.0_f32);
    for offset in positions.iter().map(|&position| position - mean) {
        xx += offset.x * offset.x;
        xy += offset.x * offset.y;
        yy += offset.y * offset.y;
    }
    0.5 * (2.0 * xy).atan2(xx - yy)
}

fn rotate(positions: &mut [Vec2], angle: f32) {
    let turn = Vec2::from_angle(angle);
    positions.iter_mut().for_each(|position| *position = turn.rotate(*position));
}

/// Moves the middle of the bounding box to the origin.
fn center(positions: &mut [Vec2]) {
    let Some(&first) = positions.first() else { return };
    let (low, high) = positions.iter().fold((first, first), |(low, high), &at| (low.min(at), high.max(at)));
    let middle = (low + high) / 2.0;
    positions.iter_mut().for_each(|position| *position -= middle);
}

/// Width and height of the bounding box.
fn extent(positions: &[Vec2]) -> Vec2 {
    let Some(&first) = positions.first() else { return Vec2::ZERO };
    let (low, high) = positions.iter().fold((first, first), |(low, high), &at| (low.min(at), high.max(at)));
    high - low
}

/// Centres for boxes of the given sizes, filled into rows from left to right in their order: a
/// salt's ions stand side by side, twenty waters make a block instead of a queue.
fn shelves(sizes: &[Vec2]) -> Vec<Vec2> {
    let gap = Vec2::splat(PIECE_GAP);
    let area: f32 = sizes.iter().map(|&size| (size + gap).element_product()).sum();
    let widest = sizes.iter().map(|size| size.x).fold(0.0, f32::max);
    let limit = (2.5 * area).sqrt().max(1.5 * widest + PIECE_GAP);
    let mut centers = vec![Vec2::ZERO; sizes.len()];
    let mut row_start = 0;
    let mut top = 0.0;
    while row_start < sizes.len() {
        let mut x = 0.0;
        let mut row_end = row_start;
        while row_end < sizes.len() && (row_end == row_start || x + sizes[row_end].x <= limit) {
            centers[row_end].x = x + sizes[row_end].x / 2.0;
            x += sizes[row_end].x + PIECE_GAP;
            row_end += 1;
        }
        let height = sizes[row_start..row_end].iter().map(|size| size.y).fold(0.0, f32::max);
        for center in &mut centers[row_start..row_end] {
            *center = Vec2::new(center.x - (x - PIECE_GAP) / 2.0, top - height / 2.0);
        }
        top -= height + PIECE_GAP;
        row_start = row_end;
    }
    centers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};
    use proptest::prelude::*;

    fn graph(atoms: usize, bonds: impl IntoIterator<Item = (u32, u32)>) -> Molecule {
        let carbon = Atom { element: 6, ..Atom::default() };
        let bonds = bonds.into_iter().map(|(a, b)| (a, b, Bond::default())).collect();
        Molecule::new(vec![carbon; atoms], bonds).unwrap()
    }

    fn chain(atoms: u32) -> Molecule {
        graph(atoms as usize, (1..atoms).map(|atom| (atom - 1, atom)))
    }

    fn both(molecule: &Molecule) -> [Layout; 2] {
        [layout(molecule), fallback(molecule)]
    }

    fn size(layout: &Layout) -> Vec2 {
        extent(&layout.positions)
    }

    #[test]
    fn a_chain_lies_flat_and_zigzags_by_thirty_degrees() {
        for drawn in both(&chain(12)) {
            assert!(size(&drawn).y < 1.0 && size(&drawn).x > 9.0, "{drawn:?}");
            assert!(drawn.positions[0].x < drawn.positions[11].x);
            for pair in drawn.positions.windows(2) {
                assert!(((pair[1] - pair[0]).to_angle().to_degrees().abs() - 30.0).abs() < 0.5);
            }
        }
    }

    #[test]
    fn a_hexagon_is_regular_stands_on_a_corner_and_is_centred() {
        for drawn in both(&graph(6, (0..6).map(|atom| (atom, (atom + 1) % 6)))) {
            let size = size(&drawn);
            assert!((size - Vec2::new(3.0_f32.sqrt(), 2.0)).length() < 1e-3, "{size}");
            assert!(drawn.positions.iter().all(|position| (position.length() - 1.0).abs() < 1e-3));
        }
    }

    #[test]
    fn fused_spiro_and_bridged_rings_are_clean() {
        let decalin = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (4, 6), (6, 7), (7, 8), (8, 9), (9, 5)];
        let spiro = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (4, 5), (5, 6), (6, 7), (7, 8), (8, 4)];
        let norbornane = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 6), (6, 3)];
        for molecule in [graph(10, decalin), graph(9, spiro), graph(7, norbornane)] {
            for drawn in both(&molecule) {
                let quality = drawn.quality(&molecule);
                assert!(quality.is_clean(), "{quality:?}");
            }
        }
    }

    #[test]
    fn pieces_stand_apart_in_their_order() {
        // Two chains and a lone atom, their atoms interleaved.
        let salt = graph(7, [(0, 2), (2, 4), (1, 3), (3, 6)]);
        for drawn in both(&salt) {
            let group = |atoms: [usize; 3]| atoms.map(|atom| drawn.positions[atom]);
            for a in group([0, 2, 4]) {
                assert!(group([1, 3, 6]).iter().chain([&drawn.positions[5]]).all(|b| a.distance(*b) > 1.5));
            }
            assert!(drawn.positions[0].x < drawn.positions[5].x);
        }
        let waters = graph(20, []);
        let size = size(&layout(&waters));
        assert!(size.x > 3.0 && size.y > 3.0, "{size}");
    }

    #[test]
    fn odd_molecules_are_drawn() {
        let wildcard = Molecule::new(vec![Atom::default()], vec![]).unwrap();
        for drawn in both(&wildcard) {
            assert_eq!(drawn.positions, [Vec2::ZERO]);
        }
        let star = graph(40, (1..40).map(|atom| (0, atom)));
        let complete = graph(12, (0..12).flat_map(|a| (0..a).map(move |b| (b, a))));
        let ladder =
            graph(200, (0..198).map(|atom| (atom, atom + 2)).chain((0..100).map(|step| (2 * step, 2 * step + 1))));
        // Nobody can draw the complete graph; the others have no atom on top of another.
        for (molecule, apart) in [(star, 0.1), (complete, 0.0), (ladder, 0.2), (chain(1000), 0.9)] {
            for drawn in both(&molecule) {
                assert_eq!(drawn.positions.len(), molecule.atom_count());
                assert!(drawn.positions.iter().all(|position| position.is_finite()));
                let nearest = drawn.quality(&molecule).min_distance;
                assert!(nearest >= apart, "{} atoms: {nearest}", molecule.atom_count());
            }
        }
    }

    #[test]
    fn huge_molecules_are_drawn_quickly_on_a_small_stack() {
        let draw = || {
            let ring = graph(30_000, (0..30_000).map(|atom| (atom, (atom + 1) % 30_000)));
            for molecule in [chain(100_000), ring] {
                let start = std::time::Instant::now();
                let drawn = layout(&molecule);
                assert!(drawn.positions.iter().all(|position| position.is_finite()));
                assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
            }
        };
        let thread = std::thread::Builder::new().name("small stack".into()).stack_size(256 << 10);
        thread.spawn(draw).unwrap().join().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_graph_is_drawn_the_same_way_twice(
            atoms in 1_u32..30, pairs in prop::collection::btree_set((0_u32..30, 0_u32..30), 0..40), element in 0_u8..119,
        ) {
            let bonds = pairs.into_iter().filter(|&(a, b)| a < b && b < atoms);
            let bonds = bonds.map(|(a, b)| (a, b, Bond::default())).collect();
            let molecule = Molecule::new(vec![Atom { element, ..Atom::default() }; atoms as usize], bonds).unwrap();
            for (once, again) in both(&molecule).into_iter().zip(both(&molecule)) {
                prop_assert_eq!(once.positions.len(), atoms as usize);
                prop_assert!(once.positions.iter().all(|position| position.is_finite()));
                prop_assert_eq!(once, again);
            }
        }
    }
}
