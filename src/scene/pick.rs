//! What is under the pointer, found on the CPU: a molecule is small, and the answer is testable.

use super::{Camera, Curve, Pick, Scene, Stroke};
use crate::domain::DirectedEdge;
use glam::Vec2;

/// How far outside a shape still counts, pixels.
const TOLERANCE: f32 = 6.0;

/// Radius within which an unlabelled carbon is hit, world units: bonds keep two thirds of their
/// length.
const ATOM_RADIUS: f32 = 0.17;

/// Most that tolerance may add to an atom, world units, so that bonds can be hit in small pictures.
const ATOM_SLACK: f32 = 0.08;

/// What was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The atom, bond or pair.
    pub pick: Pick,
    /// For a bond or pair, the directed edge shown by the half that was hit.
    pub edge: Option<DirectedEdge>,
}

/// What is at `position` (pixels from the viewport's top left corner, of which `viewport` is the size): an
/// atom's disc first, then the nearest bond within six pixels, then the nearest arc.
pub fn pick(scene: &Scene, camera: &Camera, viewport: Vec2, position: Vec2) -> Option<Hit> {
    let point = camera.to_world(position, viewport);
    let slack = TOLERANCE / camera.zoom;
    let atom = scene
        .atoms
        .iter()
        .map(|atom| (atom.center.distance(point) - atom.radius.max(ATOM_RADIUS) - slack.min(ATOM_SLACK), atom.atom))
        .filter(|&(outside, _)| outside <= 0.0)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((_, atom)) = atom {
        return Some(Hit { pick: Pick::Atom(atom), edge: None });
    }
    let nearest = |hits: &mut dyn Iterator<Item = (f32, Hit)>| {
        hits.filter(|&(outside, _)| outside <= slack).min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, hit)| hit)
    };
    let mut bonds = scene
        .strokes
        .iter()
        .filter_map(|stroke| Some((outside(stroke, point), Hit { pick: Pick::Bond(stroke.bond?), edge: stroke.edge })));
    // Arcs run across everything else; what they are drawn as where they are zeroed has no bond.
    let arc = |edge: DirectedEdge| Hit { pick: Pick::pair(edge), edge: Some(edge) };
    let near = scene.arcs.iter().filter(|half| is_near(half, point, slack));
    let mut arcs = near.map(|half| (beside(half, point), arc(half.edge))).chain(
        scene
            .strokes
            .iter()
            .filter(|stroke| stroke.bond.is_none())
            .filter_map(|stroke| Some((outside(stroke, point), arc(stroke.edge?)))),
    );
    nearest(&mut bonds).or_else(|| nearest(&mut arcs))
}

/// Distance from a point to the edge of a stroke, negative inside; world units.
fn outside(stroke: &Stroke, point: Vec2) -> f32 {
    distance((stroke.from, stroke.to), point) - stroke.width / 2.0
}

/// Whether a point may lie on half an arc at all: there can be tens of thousands of them.
fn is_near(half: &Curve, point: Vec2, slack: f32) -> bool {
    let room = Vec2::splat(slack + half.width / 2.0);
    let low = half.from.min(half.control).min(half.to) - room;
    let high = half.from.max(half.control).max(half.to) + room;
    point.cmpge(low).all() && point.cmple(high).all()
}

/// The same for half an arc.
fn beside(half: &Curve, point: Vec2) -> f32 {
    half.pieces().map(|piece| distance(piece, point)).fold(f32::INFINITY, f32::min) - half.width / 2.0
}

fn distance((from, to): (Vec2, Vec2), point: Vec2) -> f32 {
    let along = to - from;
    let part = (point - from).dot(along) / along.length_squared().max(f32::MIN_POSITIVE);
    point.distance(from + along * part.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, AtomId, Bond, BondId, BondOrder, Molecule};
    use crate::scene::{EdgePaint, Layout, Style, depict, layout};
    use proptest::prelude::*;

    const VIEWPORT: Vec2 = Vec2::new(900.0, 700.0);

    fn molecule(atoms: &[u8], bonds: &[(u32, u32, BondOrder)]) -> Molecule {
        let atoms = atoms.iter().map(|&element| Atom { element, ..Atom::default() }).collect();
        let bonds = bonds.iter().map(|&(a, b, order)| (a, b, Bond { order, ..Bond::default() })).collect();
        Molecule::new(atoms, bonds).unwrap()
    }

    /// Every atom, and the place a quarter of a bond from each atom on each of its bonds.
    fn check(molecule: &Molecule, drawn: &Layout, camera: &Camera) {
        let scene = depict(molecule, drawn, &EdgePaint::default(), &Style::default());
        let hit = |world: Vec2| pick(&scene, camera, VIEWPORT, camera.to_screen(world, VIEWPORT));
        for mark in &scene.atoms {
            assert_eq!(hit(mark.center), Some(Hit { pick: Pick::Atom(mark.atom), edge: None }));
        }
        for (id, (a, b, _)) in (0..).zip(molecule.bonds()) {
            for (source, target) in [(a, b), (b, a)] {
                let spot = drawn.position(source).lerp(drawn.position(target), 0.42);
                let edge = Some(DirectedEdge { source, target });
                assert_eq!(hit(spot), Some(Hit { pick: Pick::Bond(BondId(id)), edge }), "{molecule:?}");
            }
        }
    }

    #[test]
    fn every_atom_and_both_halves_of_every_bond_are_hit() {
        use BondOrder::{Double, Single, Triple};
        let cyanophenol = molecule(
            &[8, 6, 6, 6, 6, 6, 6, 6, 7],
            &[
                (0, 1, Single),
                (1, 2, Double),
                (2, 3, Single),
                (3, 4, Double),
                (4, 5, Single),
                (5, 6, Double),
                (6, 1, Single),
                (4, 7, Single),
                (7, 8, Triple),
            ],
        );
        let drawn = layout(&cyanophenol);
        let bounds = depict(&cyanophenol, &drawn, &EdgePaint::default(), &Style::default()).bounds;
        check(&cyanophenol, &drawn, &Camera::fit(bounds, VIEWPORT));
        check(&cyanophenol, &drawn, &Camera::new(Vec2::new(1.0, 0.5), 21.0));
    }

    #[test]
    fn the_background_and_an_empty_scene_are_no_hit() {
        let pair = molecule(&[6, 6], &[(0, 1, BondOrder::Single)]);
        let scene = depict(&pair, &layout(&pair), &EdgePaint::default(), &Style::default());
        let camera = Camera::default();
        assert_eq!(pick(&scene, &camera, VIEWPORT, Vec2::new(450.0, 330.0)), None);
        // Five pixels beside the bond still hit it, ten do not.
        let beside = |pixels: f32| camera.to_screen(Vec2::ZERO, VIEWPORT) + Vec2::new(0.0, pixels);
        assert!(pick(&scene, &camera, VIEWPORT, beside(5.0)).is_some());
        assert_eq!(pick(&scene, &camera, VIEWPORT, beside(10.0)), None);
        assert_eq!(pick(&Scene::default(), &camera, VIEWPORT, Vec2::ZERO), None);
        assert_eq!(pick(&scene, &camera, Vec2::ZERO, Vec2::NAN), None);
    }

    proptest! {
        #[test]
        fn projected_atoms_and_bonds_of_any_chain_are_hit(
            parents in prop::collection::vec(any::<u32>(), 1..14),
            elements in prop::collection::vec(prop::sample::select(vec![6_u8, 7, 8, 16, 17]), 14),
            zoom in 25.0_f32..120.0,
            shift in (-5.0_f32..5.0, -5.0_f32..5.0),
        ) {
            // A random tree of at most three bonds per atom.
            let mut bonds: Vec<(u32, u32, BondOrder)> = Vec::new();
            for (child, parent) in (1..).zip(&parents) {
                let degree = |atom: u32| bonds.iter().filter(|&&(a, b, _)| a == atom || b == atom).count();
                let open: Vec<u32> = (0..child).filter(|&atom| degree(atom) < 3).collect();
                bonds.push((open[*parent as usize % open.len()], child, BondOrder::Single));
            }
            let tree = molecule(&elements[..=parents.len()], &bonds);
            let drawn = layout(&tree);
            let quality = drawn.quality(&tree);
            prop_assume!(quality.is_clean() && quality.min_distance > 0.6 && quality.crossings == 0);
            check(&tree, &drawn, &Camera::new(Vec2::from(shift), zoom));
        }
    }

    #[test]
    fn both_halves_of_an_arc_are_hit_however_it_is_ablated() {
        use crate::domain::Ablation;
        let apart = molecule(&[6; 2], &[]);
        let drawn = layout(&apart);
        let (there, back) = (DirectedEdge::new(1, 0), DirectedEdge::new(0, 1));
        let camera = Camera::default();
        for ablation in [None, Some(Ablation::Remove), Some(Ablation::Zero), Some(Ablation::LayerMean)] {
            let ablated = ablation.into_iter().flat_map(|how| [(there, how), (back, how)]);
            let paint = EdgePaint::default().with_arcs([there]);
            let whole = depict(&apart, &drawn, &paint, &Style::default());
            let scene = depict(&apart, &drawn, &paint.with_ablated(ablated), &Style::default());
            for half in &whole.arcs {
                for part in [0.5, 0.8] {
                    let hit = pick(&scene, &camera, VIEWPORT, camera.to_screen(half.point(part), VIEWPORT));
                    let wanted = Hit { pick: Pick::Pair(AtomId(0), AtomId(1)), edge: Some(half.edge) };
                    assert_eq!(hit, Some(wanted), "{ablation:?}");
                }
            }
            assert_eq!(whole.arcs.len(), 2);
        }
    }

    #[test]
    fn a_selected_atom_does_not_hide_the_bonds_around_it() {
        let pair = molecule(&[6, 6], &[(0, 1, BondOrder::Double)]);
        let style = Style { selected: Some(Pick::Atom(AtomId(0))), ..Style::default() };
        let scene = depict(&pair, &layout(&pair), &EdgePaint::default(), &style);
        let hit = pick(&scene, &Camera::default(), VIEWPORT, VIEWPORT / 2.0).unwrap();
        assert_eq!(hit.pick, Pick::Bond(BondId(0)));
    }
}
