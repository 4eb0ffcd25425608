//! A quick drawing of our own: rings as regular polygons, chains as zigzags, grown outwards from the
//! largest ring system. It is what is shown while the better layout takes too long, so it must be
//! fast on anything: large cages are cut to a spanning tree instead of being searched for rings.

use super::part::Part;
use super::relief;
use glam::Vec2;
use std::collections::{BTreeMap, VecDeque};
use std::f32::consts::{FRAC_PI_3, PI, TAU};

/// Ring bonds times atoms of a piece beyond which rings are not looked for (about 50 ms).
const RING_BUDGET: usize = 4_000_000;

/// Positions for one piece, bonds about 1 long.
pub(super) fn place(part: &Part) -> Vec<Vec2> {
    let ring_bonds = part.ring_bonds();
    let in_rings = ring_bonds.iter().filter(|&&ring| ring).count();
    let systems =
        if in_rings * part.len() > RING_BUDGET { vec![None; part.len()] } else { part.ring_systems(&ring_bonds) };
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (atom, system) in systems.iter().enumerate() {
        if let Some(system) = system {
            members.entry(*system).or_default().push(atom);
        }
    }
    let templates = members.values().map(|atoms| template(part, &ring_bonds, atoms)).collect();
    let linear = (0..part.len()).map(|atom| part.is_linear(atom)).collect();
    let mut growth = Growth { part, systems, templates, linear, placed: vec![None; part.len()] };
    growth.run();
    let mut positions: Vec<Vec2> = growth.placed.into_iter().map(Option::unwrap_or_default).collect();
    relief::improve(part, &mut positions);
    positions
}

/// A ring system's shape: its atoms, each with a position.
type Template = Vec<(usize, Vec2)>;

/// Draws a ring system: a smallest ring as a regular polygon, then again and again the shortest
/// chain of undrawn atoms between drawn ones, bent outwards as a part of a regular polygon.
fn template(part: &Part, ring_bonds: &[bool], atoms: &[usize]) -> Template {
    let mut placed: Vec<Option<Vec2>> = vec![None; part.len()];
    let ring = smallest_ring(part, ring_bonds, atoms);
    let radius = 0.5 / (PI / ring.len().max(3) as f32).sin();
    for (corner, &atom) in ring.iter().enumerate() {
        placed[atom] = Some(radius * Vec2::from_angle(TAU * corner as f32 / ring.len() as f32));
    }
    while let Some(ear) = shortest_ear(part, ring_bonds, atoms, &placed) {
        place_ear(part, &ear, &mut placed);
    }
    atoms.iter().map(|&atom| (atom, placed[atom].unwrap_or_default())).collect()
}

/// A shortest cycle through the system's atoms, found by a breadth-first search across every bond.
fn smallest_ring(part: &Part, ring_bonds: &[bool], atoms: &[usize]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::new();
    for &start in atoms {
        for &(goal, across) in part.adjacent[start].iter().filter(|&&(goal, bond)| ring_bonds[bond] && goal > start) {
            let mut parent = vec![usize::MAX; part.len()];
            parent[start] = start;
            let mut queue = VecDeque::from([start]);
            while let Some(atom) = queue.pop_front() {
                if atom == goal {
                    break;
                }
                for &(other, bond) in &part.adjacent[atom] {
                    if ring_bonds[bond] && bond != across && parent[other] == usize::MAX {
                        parent[other] = atom;
                        queue.push_back(other);
                    }
                }
            }
            let ring = trace(&parent, goal);
            // Six is the shape the eye expects first; then any small one.
            let rank = |ring: &[usize]| (ring.len() != 6, ring.len());
            if best.is_empty() || rank(&ring) < rank(&best) {
                best = ring;
            }
        }
        if best.len() == 6 {
            break;
        }
    }
    best
}

/// The atoms from `end` back to the atom that is its own parent.
fn trace(parent: &[usize], end: usize) -> Vec<usize> {
    let mut path = vec![end];
    let mut atom = end;
    while parent[atom] != atom && parent[atom] != usize::MAX {
        atom = parent[atom];
        path.push(atom);
    }
    path
}

/// A chain of undrawn ring atoms with a drawn atom at either end (possibly the same one).
fn shortest_ear(part: &Part, ring_bonds: &[bool], atoms: &[usize], placed: &[Option<Vec2>]) -> Option<Vec<usize>> {
    // `parent` leads back to a drawn atom, `branch` names the first undrawn atom on the way there.
    let mut parent = vec![usize::MAX; part.len()];
    let mut branch = vec![usize::MAX; part.len()];
    let mut queue = VecDeque::new();
    for &root in atoms.iter().filter(|&&atom| placed[atom].is_some()) {
        parent[root] = root;
        for &(other, bond) in &part.adjacent[root] {
            if !ring_bonds[bond] || placed[other].is_some() {
                continue;
            }
            if branch[other] != usize::MAX {
                return Some(vec![parent[other], other, root]);
            }
            (parent[other], branch[other]) = (root, other);
            queue.push_back(other);
        }
    }
    while let Some(atom) = queue.pop_front() {
        for &(other, bond) in &part.adjacent[atom] {
            if !ring_bonds[bond] || placed[other].is_some() {
                continue;
            }
            if branch[other] == usize::MAX {
                (parent[other], branch[other]) = (atom, branch[atom]);
                queue.push_back(other);
            } else if branch[other] != branch[atom] {
                let mut ear = trace(&parent, atom);
                ear.reverse();
                ear.extend(trace(&parent, other));
                return Some(ear);
            }
        }
    }
    None
}

/// Bends the inner atoms of `ear` away from what is drawn, with unit bonds along a circle.
fn place_ear(part: &Part, ear: &[usize], placed: &mut [Option<Vec2>]) {
    let (Some(&first), Some(&last)) = (ear.first(), ear.last()) else { return };
    let (Some(from), Some(to)) = (placed[first], placed[last]) else { return };
    let steps = ear.len() - 1;
    let drawn: Vec<Vec2> = placed.iter().flatten().copied().collect();
    let arcs = if first == last {
        let drawn_around = part.adjacent[first].iter().filter_map(|&(other, _)| placed[other]);
        let outward = -drawn_around.map(|other| (other - from).normalize_or_zero()).sum::<Vec2>();
        let interior = PI - TAU / steps as f32;
        vec![arc(from, outward.normalize_or(Vec2::X).to_angle() - interior / 2.0, TAU / steps as f32, steps)]
    } else {
        let chord = from.distance(to).max(1e-3);
        let bend = bend_for(chord, steps);
        let along = (to - from).to_angle();
        let lift = bend * (steps as f32 - 1.0) / 2.0;
        vec![arc(from, along + lift, -bend, steps), arc(from, along - lift, bend, steps)]
    };
    let clearance = |points: &[Vec2]| {
        let nearest = |point: &Vec2| drawn.iter().map(|other| point.distance(*other)).fold(f32::INFINITY, f32::min);
        points.iter().map(nearest).fold(f32::INFINITY, f32::min)
    };
    let best = arcs.into_iter().max_by(|a, b| clearance(a).total_cmp(&clearance(b)));
    for (&atom, point) in ear[1..steps].iter().zip(best.into_iter().flatten()) {
        placed[atom] = Some(point);
    }
}

/// The inner points of a walk of `steps` unit steps, starting at `heading` and turning by `bend`.
fn arc(from: Vec2, heading: f32, bend: f32, steps: usize) -> Vec<Vec2> {
    let mut at = from;
    (0..steps - 1)
        .map(|step| {
            at += Vec2::from_angle(heading + bend * step as f32);
            at
        })
        .collect()
}

/// The turn between unit steps that makes `steps` of them span `chord`; 0 where they cannot reach.
fn bend_for(chord: f32, steps: usize) -> f32 {
    // Span as a function of the turn falls steadily from `steps` at 0 to 0 at a full circle.
    let count = steps as f32;
    let (mut low, mut high) = (0.0, TAU / count);
    for _ in 0..40 {
        let bend: f32 = f32::midpoint(low, high);
        let span = (count * bend / 2.0).sin() / (bend / 2.0).sin().max(1e-9);
        if span > chord { low = bend } else { high = bend }
    }
    low
}

/// A drawing that grows from its first atoms outwards.
struct Growth<'a> {
    part: &'a Part,
    systems: Vec<Option<usize>>,
    templates: Vec<Template>,
    linear: Vec<bool>,
    placed: Vec<Option<Vec2>>,
}

impl Growth<'_> {
    fn run(&mut self) {
        // The drawing starts at the largest ring system, else at the first chain end.
        let largest = (0..self.templates.len()).rev().max_by_key(|&system| self.templates[system].len());
        let mut queue: VecDeque<(usize, f32)> = VecDeque::new();
        if let Some(system) = largest {
            for (atom, position) in self.templates[system].clone() {
                self.placed[atom] = Some(position);
                queue.push_back((atom, 1.0));
            }
        } else {
            let end = (0..self.part.len()).find(|&atom| self.part.adjacent[atom].len() <= 1).unwrap_or(0);
            self.placed[end] = Some(Vec2::ZERO);
            queue.push_back((end, 1.0));
        }
        // Breadth first; each atom carries the side to which its zigzag turns next.
        while let Some((atom, side)) = queue.pop_front() {
            let open: Vec<usize> = self.part.adjacent[atom]
                .iter()
                .map(|&(other, _)| other)
                .filter(|&other| self.placed[other].is_none())
                .collect();
            for (other, angle) in open.iter().zip(self.directions(atom, open.len(), side)) {
                if self.placed[*other].is_none() {
                    queue.extend(self.attach(atom, *other, angle).into_iter().map(|placed| (placed, -side)));
                }
            }
        }
    }

    /// Directions for `open` new bonds at `atom`.
    fn directions(&self, atom: usize, open: usize, side: f32) -> Vec<f32> {
        let at = self.placed[atom].unwrap_or_default();
        let others = self.part.adjacent[atom].iter().filter_map(|&(other, _)| self.placed[other]);
        let mut taken: Vec<f32> = others.map(|other| (other - at).to_angle()).collect();
        taken.sort_unstable_by(f32::total_cmp);
        match (taken.as_slice(), open) {
            ([], _) => (0..open).map(|index| TAU * index as f32 / open as f32).collect(),
            ([back], 1) if self.linear[atom] => vec![back + PI],
            ([back], 1) => vec![back + PI - side * FRAC_PI_3],
            // The zigzag goes on, the branch takes the third place.
            ([back], 2) => vec![back + PI - side * FRAC_PI_3, back + PI + side * FRAC_PI_3],
            (taken, _) => {
                // Share the widest gap between the bonds that are there.
                let gap = |index: usize| {
                    let next = taken.get(index + 1).copied().unwrap_or(taken[0] + TAU);
                    next - taken[index]
                };
                let widest = (0..taken.len()).max_by(|&a, &b| gap(a).total_cmp(&gap(b))).unwrap_or(0);
                let share = gap(widest) / (open + 1) as f32;
                (1..=open).map(|index| taken[widest] + share * index as f32).collect()
            }
        }
    }

    /// Places `atom` one bond from `parent`, with its whole ring system if it has one; returns what
    /// was placed.
    fn attach(&mut self, parent: usize, atom: usize, angle: f32) -> Vec<usize> {
        let at = self.placed[parent].unwrap_or_default() + Vec2::from_angle(angle);
        let Some(template) = self.systems[atom].and_then(|system| self.templates.get(system)) else {
            self.placed[atom] = Some(at);
            return vec![atom];
        };
        let origin = template.iter().find(|&&(member, _)| member == atom).map_or(Vec2::ZERO, |&(_, point)| point);
        let inward: Vec2 = self.part.adjacent[atom]
            .iter()
            .filter_map(|&(other, _)| template.iter().find(|&&(member, _)| member == other))
            .map(|&(_, point)| (point - origin).normalize_or_zero())
            .sum();
        let rotation = Vec2::from_angle(angle - inward.normalize_or(Vec2::X).to_angle());
        for &(member, point) in template {
            self.placed[member] = Some(at + rotation.rotate(point - origin));
        }
        template.iter().map(|&(member, _)| member).collect()
    }
}
