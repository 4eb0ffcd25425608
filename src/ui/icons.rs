//! Small drawn signs for buttons without room for words. Each has a name, which screen readers read
//! and which is its tooltip.

use eframe::egui::{self, Color32, Rect, Response, Role, Sense, Shape, Stroke, Ui, Vec2, WidgetInfo, pos2};

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
    /// Two sheets.
    Copy,
    /// A tick in a circle.
    Done,
    /// A question mark in a circle.
    Help,
    /// An exclamation mark in a triangle.
    Warning,
    /// A cross in an octagon.
    Error,
    /// Two arrows past each other.
    Swap,
}

/// A sign of the height of small text, for the eye only: words beside it say the same.
pub(super) fn paint(ui: &mut Ui, icon: Icon, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(Vec2::splat(13.0), Sense::hover());
    ui.painter().extend(shapes(icon, rect.shrink(0.5), Stroke::new(1.3, color)));
}

/// A button with a sign on it.
pub(super) fn button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    sized(ui, icon, name, 22.0)
}

/// One that stands beside a word.
pub(super) fn small(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    sized(ui, icon, name, 17.0)
}

fn sized(ui: &mut Ui, icon: Icon, name: &str, size: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::click());
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
        let middle = Rect::from_center_size(rect.center(), Vec2::splat(if size < 20.0 { 12.0 } else { 11.0 }));
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
        Icon::Copy => vec![
            line(&[(0.3, 0.3), (1.0, 0.3), (1.0, 1.0), (0.3, 1.0), (0.3, 0.3)]),
            line(&[(0.15, 0.72), (0.0, 0.72), (0.0, 0.0), (0.72, 0.0), (0.72, 0.15)]),
        ],
        Icon::Done => vec![
            Shape::circle_stroke(rect.center(), rect.width() / 2.0, stroke),
            line(&[(0.27, 0.52), (0.44, 0.69), (0.74, 0.34)]),
        ],
        Icon::Help => vec![
            Shape::circle_stroke(rect.center(), rect.width() / 2.0, Stroke::new(1.0, stroke.color)),
            line(&[(0.35, 0.4), (0.37, 0.29), (0.5, 0.22), (0.63, 0.29), (0.64, 0.41), (0.5, 0.53), (0.5, 0.62)]),
            line(&[(0.5, 0.72), (0.5, 0.79)]),
        ],
        Icon::Warning => vec![
            line(&[(0.5, 0.02), (1.0, 0.95), (0.0, 0.95), (0.5, 0.02)]),
            line(&[(0.5, 0.36), (0.5, 0.66)]),
            line(&[(0.5, 0.76), (0.5, 0.84)]),
        ],
        Icon::Error => vec![
            line(&[
                (0.3, 0.0),
                (0.7, 0.0),
                (1.0, 0.3),
                (1.0, 0.7),
                (0.7, 1.0),
                (0.3, 1.0),
                (0.0, 0.7),
                (0.0, 0.3),
                (0.3, 0.0),
            ]),
            line(&[(0.33, 0.33), (0.67, 0.67)]),
            line(&[(0.67, 0.33), (0.33, 0.67)]),
        ],
        Icon::Close => vec![line(&[(0.1, 0.1), (0.9, 0.9)]), line(&[(0.9, 0.1), (0.1, 0.9)])],
        Icon::Swap => vec![
            line(&[(0.0, 0.3), (1.0, 0.3)]),
            line(&[(0.72, 0.05), (1.0, 0.3), (0.72, 0.55)]),
            line(&[(1.0, 0.78), (0.0, 0.78)]),
            line(&[(0.28, 0.53), (0.0, 0.78), (0.28, 1.0)]),
        ],
        Icon::Export => vec![
            line(&[(0.5, 0.0), (0.5, 0.65)]),
            line(&[(0.22, 0.38), (0.5, 0.66), (0.78, 0.38)]),
            line(&[(0.0, 0.6), (0.0, 1.0), (1.0, 1.0), (1.0, 0.6)]),
        ],
    }
}
