//! How good a drawing is, in the three numbers a chemist would complain about: atoms on top of each
//! other, bonds of odd length, crossing bonds. The app shows what was drawn badly instead of hiding
//! it, and the layout uses the same numbers to choose between two drawings.

use glam::Vec2;

/// Two atoms closer than this many bond lengths clash.
pub(super) const CLASH_DISTANCE: f32 = 0.4;

/// Two atoms closer than this look like one.
const STACK_DISTANCE: f32 = 0.15;

/// Two atoms closer than this stand uncomfortably close.
const CROWDED_DISTANCE: f32 = 0.75;

/// A bond whose length is off the median by more than this fraction looks wrong.
pub(super) const BOND_TOLERANCE: f32 = 0.2;

/// What is wrong with a drawing, in units of its median bond length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Smallest distance between any two atoms; infinite for a single atom.
    pub min_distance: f32,
    /// Largest `|length / median - 1|` over the bonds; 0 without bonds.
    pub worst_bond_deviation: f32,
    /// Pairs of bonds without a common atom that cross.
    pub crossings: usize,
}

impl Quality {
    /// Whether no two atoms clash and no bond has an odd length. Crossings are allowed: a bridged
    /// cage cannot be drawn well without one.
    pub fn is_clean(&self) -> bool {
        self.min_distance >= CLASH_DISTANCE && self.worst_bond_deviation <= BOND_TOLERANCE
    }
}

/// Counted faults of a drawing; drawings are compared by [`Faults::cost`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Faults {
    /// The figures told to people.
    pub(super) quality: Quality,
    /// Pairs of atoms closer than [`CLASH_DISTANCE`].
    pub(super) clashes: usize,
    /// Those of them that look like one atom.
    stacked: usize,
    /// Pairs of atoms closer than is comfortable, clashes included.
    pub(super) crowded: usize,
    /// Bonds off the median by more than [`BOND_TOLERANCE`].
    pub(super) odd_bonds: usize,
}

impl Faults {
    /// Measures `positions`, joined by `bonds` (indices into `positions`).
    pub(super) fn of(positions: &[Vec2], bonds: &[(usize, usize)]) -> Self {
        let unit = median_bond(positions, bonds);
        let (min_distance, [stacked, clashes, crowded]) = close_pairs(positions, unit);
        let deviations = bonds.iter().map(|&(a, b)| (positions[a].distance(positions[b]) / unit - 1.0).abs());
        let (worst, odd_bonds) = deviations.fold((0.0_f32, 0), |(worst, odd), deviation| {
            (worst.max(deviation), odd + usize::from(deviation > BOND_TOLERANCE))
        });
        let quality = Quality { min_distance, worst_bond_deviation: worst, crossings: crossings(positions, bonds) };
        Self { quality, clashes, stacked, crowded, odd_bonds }
    }

    /// What a reader stumbles over most counts most: clashes, then odd bonds, then crossings.
    pub(super) fn cost(&self) -> usize {
        4 * self.clashes + 12 * self.stacked + 3 * self.odd_bonds + self.quality.crossings
    }
}

/// Median bond length; 1 without bonds, or where every bond has length zero.
pub(super) fn median_bond(positions: &[Vec2], bonds: &[(usize, usize)]) -> f32 {
    let mut lengths: Vec<f32> = bonds.iter().map(|&(a, b)| positions[a].distance(positions[b])).collect();
    if lengths.is_empty() {
        return 1.0;
    }
    let middle = lengths.len() / 2;
    let (_, &mut median, _) = lengths.select_nth_unstable_by(middle, f32::total_cmp);
    if median > 1e-6 && median.is_finite() { median } else { 1.0 }
}

/// Smallest distance in `unit`s, and how many pairs are stacked, clash, are crowded; a sweep along x,
/// since most pairs are far apart.
fn close_pairs(positions: &[Vec2], unit: f32) -> (f32, [usize; 3]) {
    let limits = [STACK_DISTANCE, CLASH_DISTANCE, CROWDED_DISTANCE].map(|limit| limit * unit);
    let mut sorted = positions.to_vec();
    sorted.sort_unstable_by(|a, b| a.x.total_cmp(&b.x));
    let mut nearest = f32::INFINITY;
    let mut counts = [0; 3];
    for (index, a) in sorted.iter().enumerate() {
        for b in &sorted[index + 1..] {
            if b.x - a.x >= nearest.max(CROWDED_DISTANCE * unit) {
                break;
            }
            let distance = a.distance(*b);
            nearest = nearest.min(distance);
            for (count, limit) in counts.iter_mut().zip(limits) {
                *count += usize::from(distance < limit);
            }
        }
    }
    (nearest / unit, counts)
}

/// Number of crossing pairs of bonds; a sweep along x as above.
fn crossings(positions: &[Vec2], bonds: &[(usize, usize)]) -> usize {
    let mut spans: Vec<(f32, f32, usize, usize)> = bonds
        .iter()
        .map(|&(a, b)| {
            let (left, right) = (positions[a].x, positions[b].x);
            (left.min(right), left.max(right), a, b)
        })
        .collect();
    spans.sort_unstable_by(|p, q| p.0.total_cmp(&q.0));
    let mut count = 0;
    for (index, &(_, end, a, b)) in spans.iter().enumerate() {
        for &(start, _, c, d) in &spans[index + 1..] {
            if start > end {
                break;
            }
            let apart = a != c && a != d && b != c && b != d;
            count += usize::from(apart && cross(positions[a], positions[b], positions[c], positions[d]));
        }
    }
    count
}

/// Whether segment `a`-`b` properly crosses segment `c`-`d`.
fn cross(a: Vec2, b: Vec2, c: Vec2, d: Vec2) -> bool {
    let side = |p: Vec2, q: Vec2, r: Vec2| (q - p).perp_dot(r - p);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_with_both_diagonals_has_one_crossing() {
        let square = [Vec2::ZERO, Vec2::X, Vec2::ONE, Vec2::Y];
        let bonds = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3)];
        let faults = Faults::of(&square, &bonds);
        assert_eq!((faults.quality.crossings, faults.clashes, faults.odd_bonds), (1, 0, 2));
        assert!((faults.quality.min_distance - 1.0).abs() < 1e-6);
        assert!((faults.quality.worst_bond_deviation - 0.414_214).abs() < 1e-5);
        assert!(!faults.quality.is_clean());
    }

    #[test]
    fn distances_are_in_median_bond_lengths() {
        let chain = [Vec2::ZERO, Vec2::new(40.0, 0.0), Vec2::new(80.0, 0.0), Vec2::new(82.0, 0.0)];
        let faults = Faults::of(&chain, &[(0, 1), (1, 2)]);
        assert_eq!((faults.clashes, faults.odd_bonds), (1, 0));
        assert!((faults.quality.min_distance - 0.05).abs() < 1e-6);
        assert!(Faults::of(&[Vec2::ZERO], &[]).quality.min_distance.is_infinite());
    }
}
