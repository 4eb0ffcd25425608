//! What a user wrote about atoms and bonds, beside them: each note stands where it covers the least of the drawing
//! and of the other notes, and rather outside the molecule than within.

use super::label::half_size;
use super::paint::Background;
use super::{LabelPiece, Layout, Pick, Scene};
use crate::domain::Molecule;
use glam::Vec2;
use std::f32::consts::TAU;

/// Font size of notes, world units.
const SIZE: f32 = 0.25;

/// Characters of a note that are drawn; tooltips and lists have all of it.
const MOST: usize = 32;

/// Free space between a note and its atom or bond, world units: that of what is behind them when they are chosen.
const BESIDE_ATOM: f32 = 0.45;
const BESIDE_BOND: f32 = 0.31;

/// How much farther out a note goes where it finds no room nearer.
const FARTHER: [f32; 3] = [0.0, 0.4, 0.9];

/// Directions that are tried.
const DIRECTIONS: u8 = 12;

/// Free space around everything drawn, as around a molecule without notes.
const MARGIN: f32 = 0.35;

/// Writes notes into the drawing of a molecule; those about parts that it lacks are left out.
pub fn annotate<'a>(
    scene: &mut Scene,
    (molecule, layout): (&Molecule, &Layout),
    notes: impl Iterator<Item = (Pick, &'a str)>,
    background: Background,
) {
    let (low, high) = scene.bounds.unwrap_or_default();
    let middle = (low + high) / 2.0;
    for (pick, text) in notes {
        let anchor = match pick {
            Pick::Atom(atom) => molecule.atom(atom).map(|_| (layout.position(atom), BESIDE_ATOM)),
            Pick::Bond(bond) => {
                molecule.bond(bond).map(|(a, b, _)| ((layout.position(a) + layout.position(b)) / 2.0, BESIDE_BOND))
            }
            // At the top of the arc, if there is one.
            Pick::Pair(..) => {
                let half = scene.arcs.iter().find(|half| Pick::pair(half.edge) == pick);
                half.map(|half| (half.to, BESIDE_BOND))
            }
        };
        let Some((at, gap)) = anchor else { continue };
        let color = background.grey().lerp(background.ink(), 0.6);
        let mut piece = LabelPiece { text: shortened(text), center: at, size: SIZE, color };
        let half = half_size(&piece);
        let places = FARTHER.into_iter().flat_map(|farther| {
            (0..DIRECTIONS).map(move |direction| {
                let along = Vec2::from_angle(TAU * f32::from(direction) / f32::from(DIRECTIONS));
                (at + along * (half + gap + farther), farther - 0.1 * along.dot((at - middle).normalize_or_zero()))
            })
        });
        let cost = |&(center, strain): &(Vec2, f32)| strain + crowding(scene, (center - half, center + half));
        let best = places.min_by(|one, other| cost(one).total_cmp(&cost(other)));
        piece.center = best.map_or(at, |(center, _)| center);
        let (low, high) = scene.bounds.unwrap_or((piece.center, piece.center));
        scene.bounds = Some((low.min(piece.center - half - MARGIN), high.max(piece.center + half + MARGIN)));
        scene.notes.push(piece);
    }
}

/// What of a drawing a box would cover: letters and other notes count most.
fn crowding(scene: &Scene, (low, high): (Vec2, Vec2)) -> f32 {
    let covers = |at: Vec2| at.cmpge(low).all() && at.cmple(high).all();
    let meets = |piece: &LabelPiece| {
        let half = half_size(piece);
        (piece.center + half).cmpge(low).all() && (piece.center - half).cmple(high).all()
    };
    let letters = scene.atoms.iter().flat_map(|atom| &atom.pieces).filter(|piece| meets(piece)).count();
    let notes = scene.notes.iter().filter(|piece| meets(piece)).count();
    let along =
        |from: Vec2, to: Vec2| (0..=8u8).map(f32::from).filter(|step| covers(from.lerp(to, step / 8.0))).count();
    let strokes: usize = scene.strokes.iter().map(|stroke| along(stroke.from, stroke.to)).sum();
    let arcs: usize = scene.arcs.iter().map(|half| along(half.from, half.to)).sum();
    // Counts of a few dozen.
    #[allow(clippy::cast_precision_loss, reason = "a few dozen")]
    let weigh = |count: usize, weight: f32| count as f32 * weight;
    weigh(letters, 1.0) + weigh(notes, 2.0) + weigh(strokes, 0.3) + weigh(arcs, 0.02)
}

/// The beginning of a text, with an ellipsis where something was left out.
fn shortened(text: &str) -> String {
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(MOST - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, AtomId, Bond, BondId};
    use crate::scene::{EdgePaint, Style, depict, layout};

    #[test]
    fn notes_stand_beside_their_parts_and_cover_nothing() {
        let bonds: Vec<(u32, u32, Bond)> = (0..6).map(|place| (place, (place + 1) % 6, Bond::default())).collect();
        let ring = Molecule::new(vec![Atom { element: 7, ..Atom::default() }; 6], bonds).unwrap();
        let drawn = layout(&ring);
        let bare = depict(&ring, &drawn, &EdgePaint::default(), &Style::default());
        let long = "a note that is far too long for a drawing of any molecule";
        let notes =
            [(Pick::Atom(AtomId(0)), "hub"), (Pick::Bond(BondId(0)), long), (Pick::Bond(BondId(2)), "carries it")];
        let mut scene = bare.clone();
        annotate(
            &mut scene,
            (&ring, &drawn),
            notes.into_iter().chain([(Pick::Atom(AtomId(99)), "x")]),
            Background::Light,
        );
        assert_eq!(scene.notes.iter().map(|piece| piece.text.chars().count()).collect::<Vec<_>>(), [3, MOST, 10]);
        assert!(scene.notes[1].text.ends_with('…'));
        let boxes: Vec<(Vec2, Vec2)> = scene
            .notes
            .iter()
            .map(|piece| (piece.center - half_size(piece), piece.center + half_size(piece)))
            .collect();
        for (place, note) in boxes.iter().enumerate() {
            assert!(crowding(&bare, *note) < 0.01, "{place} covers something");
            let apart = |other: &(Vec2, Vec2)| other.0.cmpgt(note.1).any() || other.1.cmplt(note.0).any();
            assert!(boxes[place + 1..].iter().all(apart), "{place} covers another note");
            let (low, high) = scene.bounds.unwrap();
            assert!(note.0.cmpge(low).all() && note.1.cmple(high).all(), "{place} is beyond the drawing");
        }
        let nearest = |at: Vec2| {
            (0..6)
                .map(AtomId)
                .min_by(|a, b| drawn.position(*a).distance(at).total_cmp(&drawn.position(*b).distance(at)))
        };
        assert_eq!(nearest(scene.notes[0].center), Some(AtomId(0)));
        assert_eq!((&scene.strokes, &scene.atoms), (&bare.strokes, &bare.atoms));
    }
}
