//! Small drawn signs for buttons without room for words. Each has a name, which screen readers read
//! and which is its tooltip.

use eframe::egui::{self, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2};

/// A sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Icon {
    /// Four corners.
    Maximize,
    /// Two windows.
    Restore,
    /// A cross.
    Close,
    /// An arrow into a tray.
    Export,
    /// Two arrows past each other.
    Swap,
    /// A plus on a page.
    Add,
    /// An arrow head upwards.
    Up,
    /// An arrow head downwards.
    Down,
}

/// A button with a sign on it.
pub(super) fn button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(22.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), name));
    if ui.is_rect_visible(rect) {
        let visuals = ui.style().interact(&response);
        if response.hovered() || response.has_focus() {
            ui.painter().rect(
                rect,
                visuals.corner_radius,
                visuals.weak_bg_fill,
                visuals.bg_stroke,
                egui::StrokeKind::Inside,
            );
        }
        let color = if ui.is_enabled() { visuals.fg_stroke.color } else { ui.visuals().weak_text_color() };
        let middle = Rect::from_center_size(rect.center(), Vec2::splat(11.0));
        ui.painter().extend(shapes(icon, middle, Stroke::new(1.3, color)));
    }
    response.on_hover_text(name)
}

fn shapes(icon: Icon, rect: Rect, stroke: Stroke) -> Vec<Shape> {
    let at = |x: f32, y: f32| pos2(egui::lerp(rect.x_range(), x), egui::lerp(rect.y_range(), y));
    let line = |points: &[(f32, f32)]| Shape::line(points.iter().map(|&(x, y)| at(x, y)).collect(), stroke);
    match icon {
        Icon::Maximize => vec![
            line(&[(0.0, 0.35), (0.0, 0.0), (0.35, 0.0)]),
            line(&[(0.65, 0.0), (1.0, 0.0), (1.0, 0.35)]),
            line(&[(1.0, 0.65), (1.0, 1.0), (0.65, 1.0)]),
            line(&[(0.35, 1.0), (0.0, 1.0), (0.0, 0.65)]),
        ],
        Icon::Restore => vec![
            line(&[(0.0, 0.3), (0.7, 0.3), (0.7, 1.0), (0.0, 1.0), (0.0, 0.3)]),
            line(&[(0.3, 0.3), (0.3, 0.0), (1.0, 0.0), (1.0, 0.7), (0.7, 0.7)]),
        ],
        Icon::Close => vec![line(&[(0.1, 0.1), (0.9, 0.9)]), line(&[(0.9, 0.1), (0.1, 0.9)])],
        Icon::Swap => vec![
            line(&[(0.0, 0.3), (1.0, 0.3)]),
            line(&[(0.72, 0.05), (1.0, 0.3), (0.72, 0.55)]),
            line(&[(1.0, 0.78), (0.0, 0.78)]),
            line(&[(0.28, 0.53), (0.0, 0.78), (0.28, 1.0)]),
        ],
        Icon::Add => vec![
            line(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)]),
            line(&[(0.5, 0.25), (0.5, 0.75)]),
            line(&[(0.25, 0.5), (0.75, 0.5)]),
        ],
        Icon::Up => vec![line(&[(0.1, 0.7), (0.5, 0.25), (0.9, 0.7)])],
        Icon::Down => vec![line(&[(0.1, 0.3), (0.5, 0.75), (0.9, 0.3)])],
        Icon::Export => vec![
            line(&[(0.5, 0.0), (0.5, 0.65)]),
            line(&[(0.22, 0.38), (0.5, 0.66), (0.78, 0.38)]),
            line(&[(0.0, 0.6), (0.0, 1.0), (1.0, 1.0), (1.0, 0.6)]),
        ],
    }
}
