//! The map between the drawing's world (bond lengths, y up) and the screen (pixels, y down).
//!
//! Whatever is asked of a camera, its numbers stay finite and within limits: a camera read from a
//! saved session, or zoomed by a broken touchpad, must never lose the picture for good.

use glam::Vec2;

/// Least and most pixels per world unit.
const ZOOM: (f32, f32) = (0.01, 10_000.0);

/// Zoom beyond which fitting a small molecule would only make it coarse, pixels per world unit.
const FIT_ZOOM: f32 = 90.0;

/// Farthest the centre may be from the origin, world units.
const REACH: f32 = 1e6;

/// What part of the world is seen. Viewports are given by their size, and screen positions are
/// measured from the viewport's top left corner, both in logical pixels.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Camera {
    /// The world point in the middle of the viewport.
    pub center: Vec2,
    /// Pixels per world unit.
    pub zoom: f32,
}

impl Default for Camera {
    fn default() -> Self {
        Self { center: Vec2::ZERO, zoom: 40.0 }
    }
}

impl Camera {
    /// A camera within the limits; what is not finite is replaced by the default.
    pub fn new(center: Vec2, zoom: f32) -> Self {
        let standard = Self::default();
        let center = if center.is_finite() { center } else { standard.center };
        let zoom = if zoom.is_finite() { zoom } else { standard.zoom };
        Self { center: center.clamp(Vec2::splat(-REACH), Vec2::splat(REACH)), zoom: zoom.clamp(ZOOM.0, ZOOM.1) }
    }

    /// The camera that shows `bounds` (smallest and largest corner) whole and centred, but small
    /// molecules no larger than bonds of 90 pixels. The default camera if there is nothing to show.
    pub fn fit(bounds: Option<(Vec2, Vec2)>, viewport: Vec2) -> Self {
        let Some((low, high)) = bounds else { return Self::default() };
        let size = (high - low).max(Vec2::splat(1e-3));
        let zoom = (viewport / size).min_element().min(FIT_ZOOM);
        Self::new((low + high) / 2.0, zoom)
    }

    /// Moves the picture by `delta` pixels, as a drag does.
    #[must_use]
    pub fn panned(self, delta: Vec2) -> Self {
        let moved = self.center - Vec2::new(delta.x, -delta.y) / self.zoom;
        Self::new(if moved.is_finite() { moved } else { self.center }, self.zoom)
    }

    /// Magnifies by `factor`, keeping the world point under `anchor` (screen) where it is.
    #[must_use]
    pub fn zoomed(self, factor: f32, anchor: Vec2, viewport: Vec2) -> Self {
        if !(factor.is_finite() && factor > 0.0) {
            return self;
        }
        let under = self.to_world(anchor, viewport);
        let zoomed = Self::new(self.center, self.zoom * factor);
        let center = zoomed.center + under - zoomed.to_world(anchor, viewport);
        Self::new(if center.is_finite() { center } else { self.center }, zoomed.zoom)
    }

    /// Where a world point is on the screen.
    pub fn to_screen(&self, world: Vec2, viewport: Vec2) -> Vec2 {
        let offset = (world - self.center) * self.zoom;
        viewport / 2.0 + Vec2::new(offset.x, -offset.y)
    }

    /// The world point at a place on the screen.
    pub fn to_world(&self, screen: Vec2, viewport: Vec2) -> Vec2 {
        let offset = (screen - viewport / 2.0) / self.zoom;
        self.center + Vec2::new(offset.x, -offset.y)
    }
}

/// A camera as it is stored.
#[derive(serde::Serialize, serde::Deserialize)]
struct Saved {
    center: [f32; 2],
    zoom: f32,
}

impl From<Saved> for Camera {
    fn from(saved: Saved) -> Self {
        Self::new(saved.center.into(), saved.zoom)
    }
}

impl From<Camera> for Saved {
    fn from(camera: Camera) -> Self {
        Self { center: camera.center.into(), zoom: camera.zoom }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VIEWPORT: Vec2 = Vec2::new(800.0, 600.0);

    #[test]
    fn fit_shows_everything_with_y_up() {
        let camera = Camera::fit(Some((Vec2::new(-10.0, -2.0), Vec2::new(10.0, 4.0))), VIEWPORT);
        assert_eq!(camera.to_screen(Vec2::new(-10.0, 1.0), VIEWPORT), Vec2::new(0.0, 300.0));
        let above = camera.to_screen(Vec2::new(0.0, 4.0), VIEWPORT);
        assert!(above.y > 0.0 && above.y < 300.0);
        assert_eq!(Camera::fit(None, VIEWPORT), Camera::default());
        let ethane = Camera::fit(Some((Vec2::ZERO, Vec2::ONE)), VIEWPORT);
        assert!((ethane.zoom - FIT_ZOOM).abs() < 1e-3);
    }

    #[test]
    fn a_drag_moves_the_picture_with_the_pointer() {
        let camera = Camera::default();
        let delta = Vec2::new(30.0, -50.0);
        let point = Vec2::new(1.0, 2.0);
        let moved = camera.panned(delta).to_screen(point, VIEWPORT) - camera.to_screen(point, VIEWPORT);
        assert!((moved - delta).length() < 1e-3);
    }

    #[test]
    fn a_saved_camera_comes_back_and_a_broken_one_is_mended() {
        let camera = Camera::new(Vec2::new(1.5, -2.0), 33.0);
        let text = serde_json::to_string(&camera).unwrap();
        assert_eq!(serde_json::from_str::<Camera>(&text).unwrap(), camera);
        let broken: Camera = serde_json::from_str(r#"{"center": [1e30, 0.0], "zoom": 0.0}"#).unwrap();
        assert_eq!(broken, Camera { center: Vec2::new(REACH, 0.0), zoom: ZOOM.0 });
    }

    proptest! {
        #[test]
        fn zooming_keeps_the_point_under_the_pointer(
            x in 0.0_f32..800.0, y in 0.0_f32..600.0, factor in 0.2_f32..5.0, zoom in 5.0_f32..200.0,
        ) {
            let camera = Camera::new(Vec2::new(3.0, -4.0), zoom);
            let anchor = Vec2::new(x, y);
            let under = camera.to_world(anchor, VIEWPORT);
            let after = camera.zoomed(factor, anchor, VIEWPORT).to_screen(under, VIEWPORT);
            prop_assert!((after - anchor).length() < 0.1, "{} {}", anchor, after);
        }

        #[test]
        fn screen_and_world_are_inverse(x in -50.0_f32..50.0, y in -50.0_f32..50.0, zoom in 1.0_f32..500.0) {
            let camera = Camera::new(Vec2::new(0.5, 1.0), zoom);
            let world = Vec2::new(x, y);
            let back = camera.to_world(camera.to_screen(world, VIEWPORT), VIEWPORT);
            prop_assert!((back - world).length() < 1e-3);
        }

        #[test]
        fn nothing_makes_a_camera_lose_the_picture(steps in prop::collection::vec(any::<(f32, f32, f32)>(), 0..20)) {
            let mut camera = Camera::fit(Some((Vec2::NEG_INFINITY, Vec2::INFINITY)), Vec2::ZERO);
            for (x, y, factor) in steps {
                let point = Vec2::new(x, y);
                camera = camera.panned(point).zoomed(factor, point, VIEWPORT);
                prop_assert!(camera.center.is_finite() && camera.center.abs().max_element() <= REACH);
                prop_assert!((ZOOM.0..=ZOOM.1).contains(&camera.zoom));
            }
        }
    }
}
