//! Mends a drawing that has atoms on top of each other, odd bonds or crossings: first by swinging
//! branches about their bonds, which keeps every angle a chemist expects, and only then by pushing
//! atoms apart. A change is kept only if it removes faults.

use super::part::Part;
use super::quality::Faults;
use glam::Vec2;
use std::f32::consts::FRAC_PI_3;

/// Positions measured in one round of swinging, the most that a large molecule may cost (some 50 ms).
const SWING_BUDGET: usize = 150_000;

/// Pairs of atoms looked at in one relaxation (some 30 ms).
const RELAX_BUDGET: usize = 8_000_000;

/// A relaxation that cannot have this many rounds is not worth starting.
const MIN_ROUNDS: usize = 20;

/// Distance that relaxation opens between atoms that are neither bonded nor share a neighbour.
const SPACE: f32 = 0.9;

/// Distance that relaxation opens between two neighbours of an atom: an angle of 80 degrees.
const SPREAD: f32 = 1.29;

/// Removes faults from `positions` (bonds about 1 long) where it can.
pub(super) fn improve(part: &Part, positions: &mut Vec<Vec2>) {
    swing(part, positions);
    let before = Faults::of(positions, &part.bonds);
    if before.quality.is_clean() {
        return;
    }
    let start = positions.clone();
    let mut least = before.cost();
    for strength in [0.15, 0.4] {
        let mut relaxed = start.clone();
        relax(part, &mut relaxed, strength);
        swing(part, &mut relaxed);
        let cost = Faults::of(&relaxed, &part.bonds).cost();
        if cost < least {
            least = cost;
            *positions = relaxed;
        }
    }
}

/// Bends flat zigzags to the 120 degrees of a textbook, all of them if that makes nothing worse, else
/// those that do not.
pub(super) fn bend_chains(part: &Part, positions: &mut Vec<Vec2>) {
    let ring = part.ring_bonds();
    let mut bent = positions.clone();
    let mut angles = Vec::new();
    for (middle, around) in part.adjacent.iter().enumerate() {
        let &[(a, first), (b, second)] = around.as_slice() else { continue };
        if ring[first] || ring[second] || part.is_linear(middle) {
            continue;
        }
        let turn = (positions[middle] - positions[a]).angle_to(positions[b] - positions[middle]);
        let missing = FRAC_PI_3 - turn.abs();
        if (0.1..0.9).contains(&missing.abs()) && turn.abs() > 0.1 {
            let branch = part.side(b, second);
            let hinge = Hinge { pivot: middle, branch };
            bent = self::turn(&bent, &hinge, missing * turn.signum());
            angles.push((hinge, missing * turn.signum()));
        }
    }
    let before = Faults::of(positions, &part.bonds);
    let harmless = |candidate: &[Vec2]| {
        let after = Faults::of(candidate, &part.bonds);
        after.cost() <= before.cost() && after.crowded <= before.crowded
    };
    if harmless(&bent) {
        *positions = bent;
        return;
    }
    for (hinge, angle) in angles {
        let candidate = turn(positions, &hinge, angle);
        if harmless(&candidate) {
            *positions = candidate;
        }
    }
}

/// A bond in no ring, about which the smaller side of the molecule can be moved.
struct Hinge {
    /// The atom that stays.
    pivot: usize,
    /// The atoms that move, the pivot's neighbour first.
    branch: Vec<usize>,
}

fn hinges(part: &Part) -> Vec<Hinge> {
    let ring = part.ring_bonds();
    let free = part.bonds.iter().enumerate().filter(|&(bond, _)| !ring[bond]);
    free.map(|(bond, &(a, b))| {
        let branch = part.side(b, bond);
        if 2 * branch.len() <= part.len() {
            Hinge { pivot: a, branch }
        } else {
            Hinge { pivot: b, branch: part.side(a, bond) }
        }
    })
    .collect()
}

/// Takes the best single move (mirror a branch across its bond, or turn it about its hinge) again
/// and again until none helps.
fn swing(part: &Part, positions: &mut Vec<Vec2>) {
    let mut cost = Faults::of(positions, &part.bonds).cost();
    // Finding the branches alone takes the square of the size.
    if cost == 0 || part.len() * part.len() > SWING_BUDGET {
        return;
    }
    let hinges = hinges(part);
    let turns = [30.0_f32, -30.0, 60.0, -60.0].map(f32::to_radians);
    let mut budget = SWING_BUDGET;
    while cost > 0 {
        let mut best = None;
        for hinge in &hinges {
            let mirrored = (hinge.branch.len() > 1).then(|| mirror(positions, hinge));
            let turned = turns.iter().map(|&angle| turn(positions, hinge, angle));
            for candidate in mirrored.into_iter().chain(turned) {
                budget = budget.saturating_sub(part.len());
                let changed = Faults::of(&candidate, &part.bonds).cost();
                if changed < best.as_ref().map_or(cost, |&(least, _)| least) {
                    best = Some((changed, candidate));
                }
            }
            if budget == 0 {
                break;
            }
        }
        let Some((changed, candidate)) = best else { return };
        cost = changed;
        *positions = candidate;
        if budget == 0 {
            return;
        }
    }
}

/// The drawing with a branch mirrored across the line of its hinge.
fn mirror(positions: &[Vec2], hinge: &Hinge) -> Vec<Vec2> {
    let pivot = positions[hinge.pivot];
    let axis = (positions[hinge.branch[0]] - pivot).normalize_or(Vec2::X);
    let mut moved = positions.to_vec();
    for &atom in &hinge.branch {
        let offset = positions[atom] - pivot;
        moved[atom] = pivot + 2.0 * offset.dot(axis) * axis - offset;
    }
    moved
}

/// The drawing with a branch turned about its pivot.
fn turn(positions: &[Vec2], hinge: &Hinge, angle: f32) -> Vec<Vec2> {
    let pivot = positions[hinge.pivot];
    let rotation = Vec2::from_angle(angle);
    let mut moved = positions.to_vec();
    for &atom in &hinge.branch {
        moved[atom] = pivot + rotation.rotate(positions[atom] - pivot);
    }
    moved
}

/// Pulls bonds to length 1 and pushes close atoms apart, by a fraction `strength` of what they lack
/// in each of many rounds.
fn relax(part: &Part, positions: &mut [Vec2], strength: f32) {
    let count = part.len();
    let rounds = (RELAX_BUDGET / (count * count).max(1)).min(300);
    if rounds < MIN_ROUNDS {
        return;
    }
    let mut wanted = vec![SPACE; count * count];
    for list in &part.adjacent {
        for &(a, _) in list {
            list.iter().for_each(|&(b, _)| wanted[a * count + b] = SPREAD);
        }
    }
    for &(a, b) in &part.bonds {
        (wanted[a * count + b], wanted[b * count + a]) = (0.0, 0.0);
    }
    // Atoms on one line would push each other along that line for ever.
    for (atom, position) in positions.iter_mut().enumerate() {
        *position += 0.05 * direction_of(atom);
    }
    for round in 0..rounds {
        for a in 0..count {
            for b in a + 1..count {
                push(positions, (a, b), wanted[a * count + b], strength);
            }
        }
        // The last rounds only settle the bond lengths.
        let passes = if round + 10 > rounds { 4 } else { 1 };
        for &(a, b) in std::iter::repeat_n(&part.bonds, passes).flatten() {
            let along = positions[b] - positions[a];
            let correction = 0.25 * (along.length() - 1.0) * along.normalize_or(direction_of(a));
            positions[a] += correction;
            positions[b] -= correction;
        }
    }
}

/// Moves two atoms apart if they are closer than `wanted`.
fn push(positions: &mut [Vec2], (a, b): (usize, usize), wanted: f32, strength: f32) {
    let apart = positions[b] - positions[a];
    let distance = apart.length();
    if distance < wanted {
        let correction = strength * (wanted - distance) * apart.normalize_or(direction_of(a));
        positions[a] -= correction;
        positions[b] += correction;
    }
}

/// Some direction for atoms that coincide, different from atom to atom and always the same.
fn direction_of(atom: usize) -> Vec2 {
    // The golden angle never repeats.
    Vec2::from_angle(2.399_963 * (atom % 1024) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond, Molecule};

    fn part(atoms: usize, bonds: &[(u32, u32)]) -> Part {
        let bonds = bonds.iter().map(|&(a, b)| (a, b, Bond::default())).collect();
        let molecule = Molecule::new(vec![Atom::default(); atoms], bonds).unwrap();
        Part::all(&molecule).remove(0)
    }

    #[test]
    fn a_branch_folded_onto_its_neighbour_is_swung_away() {
        // A chain 0-1-2-3-4-5 whose last atoms lie on the first ones.
        let part = part(6, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)]);
        let mut positions = vec![
            Vec2::new(0.0, 0.0),
            Vec2::new(1.0, 0.0),
            Vec2::new(1.5, 0.866),
            Vec2::new(1.0, 1.732),
            Vec2::new(0.0, 1.732),
            Vec2::new(0.0, 0.2),
        ];
        positions[5] = Vec2::new(0.1, 0.1);
        improve(&part, &mut positions);
        assert!(Faults::of(&positions, &part.bonds).quality.is_clean(), "{positions:?}");
    }

    #[test]
    fn coincident_ring_atoms_are_pushed_apart() {
        let part = part(5, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]);
        let mut positions = vec![Vec2::ZERO; 5];
        positions[1] = Vec2::X;
        improve(&part, &mut positions);
        assert!(Faults::of(&positions, &part.bonds).quality.is_clean(), "{positions:?}");
    }
}
