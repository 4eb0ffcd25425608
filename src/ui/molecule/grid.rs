//! How the states side by side share the panel: in the rows and columns that leave each drawing the most
//! room.

use eframe::egui::{Rect, Ui, Vec2, pos2};

/// Height of the lines above a drawing, points.
const HEAD: f32 = 44.0;

/// Blank space left and right of these lines, points.
const MARGIN: f32 = 10.0;

/// Least width of a cell: what its lines need, points.
const LEAST: f32 = 110.0;

/// Width of a typical drawing in units of its height.
const ASPECT: f32 = 2.2;

/// The place of one state.
pub(super) struct Cell {
    /// Everything.
    all: Rect,
    /// The lines above.
    pub(super) head: Rect,
    /// The drawing; all are of one size.
    pub(super) canvas: Rect,
}

/// Places for `count` states.
pub(super) fn cells(room: Rect, count: usize) -> Vec<Cell> {
    let columns = columns_of(room.size(), count);
    let rows = count.div_ceil(columns.max(1));
    let strips = rows_of(room, rows).into_iter().flat_map(|row| self::columns(row, columns));
    strips.take(count).map(Cell::of).collect()
}

impl Cell {
    fn of(all: Rect) -> Self {
        let below = (all.top() + HEAD).min(all.bottom());
        let head = Rect::from_min_max(all.min, pos2(all.right(), below)).shrink2(Vec2::new(MARGIN, 3.0));
        Self { all, head, canvas: Rect::from_min_max(pos2(all.left(), below), all.max).shrink(1.0) }
    }
}

/// Equal columns of a strip.
pub(super) fn columns(strip: Rect, count: usize) -> Vec<Rect> {
    #[allow(clippy::cast_precision_loss, reason = "a few columns")]
    let part = |place: usize| strip.left() + strip.width() * place as f32 / count as f32;
    (0..count).map(|place| Rect::from_x_y_ranges(part(place)..=part(place + 1), strip.y_range())).collect()
}

fn rows_of(room: Rect, count: usize) -> Vec<Rect> {
    #[allow(clippy::cast_precision_loss, reason = "a few rows")]
    let part = |place: usize| room.top() + room.height() * place as f32 / count as f32;
    (0..count).map(|place| Rect::from_x_y_ranges(room.x_range(), part(place)..=part(place + 1))).collect()
}

#[allow(clippy::cast_precision_loss, reason = "a few columns")]
fn width_of(room: Vec2, columns: usize) -> f32 {
    room.x / columns as f32
}

/// The number of columns with which a typical drawing is largest.
fn columns_of(room: Vec2, count: usize) -> usize {
    let size = |columns: usize| {
        let rows = count.div_ceil(columns);
        #[allow(clippy::cast_precision_loss, reason = "a few columns and rows")]
        let (width, height) = (room.x / columns as f32, room.y / rows as f32 - HEAD);
        height.min(width / ASPECT)
    };
    // Columns that are too narrow for their heads would be of no use.
    let fit = |&columns: &usize| columns == 1 || width_of(room, columns) >= LEAST;
    (1..=count).filter(fit).max_by(|&a, &b| size(a).total_cmp(&size(b)).then(b.cmp(&a))).unwrap_or(1)
}

/// The line around a cell.
pub(super) fn outline(ui: &Ui, cell: &Cell) {
    let line = ui.visuals().widgets.noninteractive.bg_stroke;
    ui.painter().rect_stroke(cell.all, 0.0, line, eframe::egui::StrokeKind::Middle);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_are_of_one_size_inside_the_panel_and_do_not_overlap() {
        for (width, height) in [(560.0, 360.0), (1800.0, 700.0), (300.0, 900.0), (80.0, 40.0)] {
            let room = Rect::from_min_size(pos2(3.0, 5.0), Vec2::new(width, height));
            for count in 1..=4 {
                let cells = cells(room, count);
                assert_eq!(cells.len(), count);
                for (place, cell) in cells.iter().enumerate() {
                    assert!(room.expand(0.1).contains_rect(cell.all));
                    assert!((cell.canvas.size() - cells[0].canvas.size()).length() < 0.1);
                    let overlap = |other: &Cell| cell.all.intersect(other.all).shrink(0.1).is_positive();
                    assert!(!cells[place + 1..].iter().any(overlap));
                }
            }
        }
    }

    #[test]
    fn wide_panels_have_columns_and_tall_ones_rows() {
        assert_eq!(columns_of(Vec2::new(560.0, 300.0), 2), 2);
        assert_eq!(columns_of(Vec2::new(560.0, 300.0), 3), 2);
        assert_eq!(columns_of(Vec2::new(1800.0, 500.0), 3), 3);
        assert_eq!(columns_of(Vec2::new(300.0, 900.0), 3), 1);
        assert_eq!(columns_of(Vec2::new(300.0, 60.0), 4), 2, "narrower ones would have no room for a head");
    }
}
