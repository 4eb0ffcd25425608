//! What tells edges that stay with another activation from the rest, without colour: a zeroed edge is a row of
//! dots, an averaged one bears a bar across its middle. Both are plain strokes, so screen and figure agree.

use super::{Curve, Scene, Stroke};
use crate::domain::Ablation;
use glam::Vec2;

/// Distance of dots, relative to their diameter.
const PITCH: f32 = 1.75;

/// Smallest diameter of a dot, world units.
const DOT: f32 = 0.07;

/// Length of a bar beyond the lines it crosses, on either side, world units.
const BEYOND: f32 = 0.11;

/// Width of a bar, world units.
const BAR: f32 = 0.05;

/// A stroke as a row of dots that fills its length evenly.
pub(super) fn dots(stroke: Stroke) -> impl Iterator<Item = Stroke> {
    let width = stroke.width.max(DOT);
    let places = positions(stroke.from.distance(stroke.to), width);
    let at = move |place: f32| stroke.from.lerp(stroke.to, place);
    places.map(move |place| Stroke { from: at(place), to: at(place), width, ..stroke })
}

/// Where dots of this diameter stand along a line, as parts of its length: the last one keeps half a pitch from
/// the end, where another row may begin.
fn positions(length: f32, width: f32) -> impl Iterator<Item = f32> {
    // A molecule's bonds are about 1 long, so there are few; a damaged layout must not make many.
    let count = (length / (PITCH * width)).round().clamp(1.0, 30.0);
    (0u8..).map(f32::from).take_while(move |&place| place < count).map(move |place| (place + 0.5) / count)
}

/// A bar across a line whose widest reach from its axis is `reach`, at a point of the axis that runs `along`.
pub(super) fn bar(stroke: Stroke, at: Vec2, along: Vec2, reach: f32) -> Stroke {
    let half = along.perp() * (reach + BEYOND);
    Stroke { from: at - half, to: at + half, width: BAR, ..stroke }
}

/// Adds half an arc to a scene, in the form that its ablation asks for.
pub(super) fn arc(half: Curve, ablation: Option<Ablation>, scene: &mut Scene) {
    let Curve { from, to, width, color, edge, .. } = half;
    let stroke = Stroke { from, to, width, color, dashed: false, edge: Some(edge), bond: None };
    match ablation {
        Some(Ablation::Zero) => {
            let width = width.max(0.75 * DOT);
            let at = |place: f32| half.point(place);
            let dots = positions(from.distance(to), width);
            scene.strokes.extend(dots.map(|place| Stroke { from: at(place), to: at(place), width, ..stroke }));
        }
        Some(Ablation::LayerMean) => {
            let along = (half.point(0.6) - half.point(0.4)).normalize_or(Vec2::X);
            scene.strokes.push(bar(stroke, half.point(0.5), along, width / 2.0));
            scene.arcs.push(half);
        }
        Some(Ablation::Remove) | None => scene.arcs.push(half),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Rgb;

    fn line(length: f32, width: f32) -> Stroke {
        let color = Rgb::new(1, 2, 3);
        Stroke { from: Vec2::ZERO, to: Vec2::new(length, 0.0), width, color, dashed: false, edge: None, bond: None }
    }

    #[test]
    fn dots_fill_a_line_evenly_and_do_not_touch() {
        for (length, width) in [(0.5, 0.06), (0.4, 0.2), (1.0, 0.1)] {
            let dots: Vec<Stroke> = dots(line(length, width)).collect();
            assert!(dots.iter().all(|dot| dot.from == dot.to && dot.width >= DOT));
            for pair in dots.windows(2) {
                assert!(pair[1].from.x - pair[0].from.x > 1.1 * pair[0].width, "{length} {width}");
            }
            assert!((dots[0].from.x - (length - dots[dots.len() - 1].from.x)).abs() < 1e-5);
        }
        assert_eq!(dots(line(0.0, 0.1)).count(), 1);
        assert_eq!(dots(line(1e9, 0.1)).count(), 30);
    }

    #[test]
    fn a_bar_crosses_its_line() {
        let bar = bar(line(1.0, 0.1), Vec2::new(0.25, 0.0), Vec2::X, 0.05);
        assert!((bar.from.x - 0.25).abs() < 1e-6 && (bar.to.x - 0.25).abs() < 1e-6);
        assert!(bar.from.y < -0.15 && bar.to.y > 0.15);
    }
}
