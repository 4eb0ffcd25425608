//! The gallery: a thumbnail of every listed molecule, coloured as the drawing is, in the order of the
//! table. Only what is on screen, or about to be, costs anything.

use super::actions::{ActionId, Effect, WindowCommand};
use super::layout::Pane;
use super::parts::{self, count, number, weak};
use super::{canvas, theme};
use crate::domain::{Dataset, MoleculeId};
use crate::render::Placed;
use crate::scene::Camera;
use crate::workspace::{Column, Command, Look, Sheet, State, Thumbnail, Workspace};
use eframe::egui::{
    self, Align2, EventFilter, FontId, Key, Modifiers, Painter, Pos2, Rect, Response, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use glam::Vec2 as World;
use std::ops::Range;
use std::sync::Arc;

/// Height of the line below each picture, points.
const CAPTION: f32 = 16.0;

/// Least space between pictures, points.
const GAP: f32 = 8.0;

/// Height of the colour bar with its ticks, points.
const BAR: f32 = 30.0;

/// How large thumbnails are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Size {
    Small,
    #[default]
    Medium,
    Large,
}

impl Size {
    const ALL: [(Self, &'static str); 3] = [(Self::Small, "Small"), (Self::Medium, "Medium"), (Self::Large, "Large")];

    /// Room for a picture, points: molecules are wider than high.
    fn cell(self) -> Vec2 {
        match self {
            Self::Small => vec2(92.0, 62.0),
            Self::Medium => vec2(148.0, 100.0),
            Self::Large => vec2(236.0, 164.0),
        }
    }
}

/// What the panel keeps for itself.
#[derive(Default)]
pub(super) struct Gallery {
    /// Whether it was shown in this frame.
    shown: bool,
    /// Whether the keyboard is to come here with the next pass: a frame may have two of them, and in the second
    /// the press that chose a thumbnail would take the keyboard away from the list again.
    takes_keyboard: bool,
    /// The first row that can be seen, as scrolled by the user; points.
    offset: f32,
    grid: Option<Grid>,
    /// The selection that was last brought into view, and its place in the list.
    followed: Option<(MoleculeId, Option<usize>)>,
    placed: Option<(Arc<Sheet>, Grid, Arc<[Placed]>)>,
}

impl Gallery {
    /// Lets the workers rest while no thumbnail is on screen; called once a frame.
    pub(super) fn end_frame(&mut self, workspace: &mut Workspace) {
        if !std::mem::take(&mut self.shown) && !workspace.state.gallery.visible().is_empty() {
            workspace.want_thumbnails(&[], 0..0);
        }
    }
}

/// Where the pictures stand: everything in points, rows counted from the top of the list.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Grid {
    cell: Vec2,
    columns: usize,
    /// From one picture to the next.
    pitch: Vec2,
    /// Molecules in all.
    count: usize,
}

// A list of a million rows of pictures is 3e8 points long; single precision tells pixels apart up to 1e7, and
// a row or two is all that is lost beyond.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
impl Grid {
    fn new(size: Size, width: f32, count: usize) -> Self {
        let cell = size.cell();
        let columns = ((width / (cell.x + GAP)) as usize).max(1);
        let pitch = vec2(width / columns as f32, cell.y + CAPTION + GAP);
        Self { cell, columns, pitch, count }
    }

    fn rows(&self) -> usize {
        self.count.div_ceil(self.columns)
    }

    fn height(&self) -> f32 {
        self.rows() as f32 * self.pitch.y
    }

    /// The rows that a view of that height shows, if it starts `offset` below the first.
    fn visible(&self, offset: f32, height: f32) -> Range<usize> {
        let row = |y: f32| (y / self.pitch.y).max(0.0);
        let end = (row(offset + height).ceil() as usize).min(self.rows());
        (row(offset) as usize).min(end)..end
    }

    /// The molecules of some rows, by their places in the list.
    fn places(&self, rows: &Range<usize>) -> Range<usize> {
        (rows.start * self.columns).min(self.count)..(rows.end * self.columns).min(self.count)
    }

    /// The upper left corner of a picture, from the upper left corner of row `first`.
    fn corner(&self, place: usize, first: usize) -> Vec2 {
        let (row, column) = (place / self.columns, place % self.columns);
        let slack = self.pitch.x - self.cell.x;
        vec2(column as f32 * self.pitch.x + slack / 2.0, (row as f32 - first as f32) * self.pitch.y + GAP / 2.0)
    }

    /// How far the top of a row is below that of the first.
    fn top(&self, row: usize) -> f32 {
        row as f32 * self.pitch.y
    }

    /// The offset at which the picture at `place` can be seen whole, nearest to the present one.
    fn reveal(&self, place: usize, offset: f32, height: f32) -> f32 {
        let top = self.top(place / self.columns);
        let lowest = (top + self.pitch.y - height).max(0.0);
        offset.clamp(lowest.min(top), top)
    }

    /// Where an arrow key leads from a place in the list.
    fn moved(&self, from: usize, key: Key) -> usize {
        let last = self.count.saturating_sub(1);
        match key {
            Key::ArrowLeft => from.saturating_sub(1),
            Key::ArrowRight => (from + 1).min(last),
            Key::ArrowUp => from.checked_sub(self.columns).unwrap_or(from),
            Key::ArrowDown if from / self.columns < last / self.columns => (from + self.columns).min(last),
            Key::Home => 0,
            Key::End => last,
            _ => from,
        }
    }
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, workspace: &mut Workspace, own: &mut Gallery, size: &mut Size) -> Vec<Effect> {
    own.shown = true;
    let mut effects = Vec::new();
    egui::Frame::new().inner_margin(egui::Margin { left: 10, right: 8, top: 6, bottom: 4 }).show(ui, |ui| {
        head(ui, &workspace.state, size, &mut effects);
    });
    let rest = ui.available_rect_before_wrap();
    if workspace.state.table.order.is_empty() {
        let nothing = if workspace.state.opened.is_some() {
            "No molecule matches; change the search or the split in the library."
        } else {
            "Nothing is open yet."
        };
        ui.painter().text(rest.center(), Align2::CENTER_CENTER, nothing, FontId::proportional(13.0), weak_color(ui));
        return effects;
    }
    let (view, below) = rest.split_top_bottom_at_y((rest.bottom() - BAR).max(rest.top()));
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(view));
    let sheet = pictures(&mut inner, workspace, (own, *size), &mut effects);
    ui.allocate_rect(rest, Sense::hover());
    slim_bar(ui, below, &sheet);
    effects
}

fn weak_color(ui: &Ui) -> egui::Color32 {
    ui.visuals().weak_text_color()
}

fn head(ui: &mut Ui, state: &State, size: &mut Size, effects: &mut Vec<Effect>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 3.0;
        for (choice, name) in Size::ALL {
            let button = ui.selectable_label(*size == choice, name);
            if parts::named(button, &format!("{name} thumbnails")).clicked() {
                *size = choice;
            }
        }
        ui.add_space(8.0);
        effects.extend(parts::action_button(ui, ActionId::FitRangeToGallery, "Fit range", state));
        effects.extend(parts::action_switch(ui, ActionId::LockRange, "Lock range", state));
        ui.add_space(8.0);
        ui.label(weak(molecules(state.table.order.len())));
    });
}

/// `1 molecule`, `12,000 molecules`.
fn molecules(number: usize) -> String {
    format!("{} molecule{}", count(number), if number == 1 { "" } else { "s" })
}

/// The scrolled part. Returns what it shows.
fn pictures(
    ui: &mut Ui,
    workspace: &mut Workspace,
    (own, size): (&mut Gallery, Size),
    effects: &mut Vec<Effect>,
) -> Arc<Sheet> {
    let view = ui.available_rect_before_wrap();
    ui.painter().rect_filled(view, 0.0, theme::color(theme::background(ui).paper()));
    let list = ui.interact(view, ui.scope_id().with("pictures"), Sense::focusable_noninteractive());
    list.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, "Gallery of molecules"));
    if std::mem::take(&mut own.takes_keyboard) {
        list.request_focus();
    }
    let grid =
        Grid::new(size, view.width() - 2.0 * ui.spacing().scroll.bar_inner_margin, workspace.state.table.order.len());
    let mut area = ScrollArea::vertical().id_salt("gallery").auto_shrink(false);
    if let Some(offset) = follow(&workspace.state, own, grid, view.height()) {
        area = area.vertical_scroll_offset(offset);
    }
    let shown = area.show_viewport(ui, |ui, viewport| {
        ui.set_height(grid.height());
        ui.set_width(ui.available_width());
        let rows = grid.visible(viewport.top(), viewport.height());
        let near = rows.len().div_ceil(2);
        let wanted = rows.start.saturating_sub(near)..(rows.end + near).min(grid.rows());
        let (seen, all) = (grid.places(&rows), grid.places(&wanted));
        let ids: Vec<MoleculeId> = workspace.state.table.order.get(all.clone()).unwrap_or_default().to_vec();
        workspace.want_thumbnails(&ids, seen.start - all.start..seen.end - all.start);
        let look = Look { background: theme::background(ui), cell: World::new(grid.cell.x, grid.cell.y) };
        let sheet = workspace.thumbnails(look);
        let page = Page {
            grid,
            first: wanted.start,
            origin: pos2(view.left(), view.top() - viewport.top() + grid.top(wanted.start)),
        };
        let placed = own.placed(&sheet, &page);
        paint(ui, view, (&placed, &page), seen.start - all.start..seen.end - all.start);
        let thumbnails = sheet.thumbnails.get(seen.start - all.start..seen.end - all.start).unwrap_or_default();
        for (place, thumbnail) in seen.zip(thumbnails) {
            own.takes_keyboard |= cell(ui, &workspace.state, (&page, &list), (place, thumbnail), effects);
        }
        sheet
    });
    own.offset = shown.state.unclamped_offset().y;
    keys(ui, &workspace.state, (own, &list), grid, effects);
    shown.inner
}

/// Where a page of pictures stands on screen.
struct Page {
    grid: Grid,
    /// Its first row.
    first: usize,
    /// The upper left corner of that row.
    origin: Pos2,
}

impl Page {
    fn picture(&self, place: usize) -> Rect {
        Rect::from_min_size(self.origin + self.grid.corner(place, self.first), self.grid.cell)
    }

    fn camera(&self, canvas: Rect) -> Camera {
        let middle = canvas.center() - self.origin;
        Camera::new(World::new(middle.x, -middle.y), 1.0)
    }
}

impl Gallery {
    /// Every drawing in its place on the page, y up; the same list as long as nothing changed.
    fn placed(&mut self, sheet: &Arc<Sheet>, page: &Page) -> Arc<[Placed]> {
        if let Some((known, grid, placed)) = &self.placed
            && Arc::ptr_eq(known, sheet)
            && *grid == page.grid
        {
            return Arc::clone(placed);
        }
        let half = page.grid.cell / 2.0;
        let placed: Arc<[Placed]> = sheet
            .thumbnails
            .iter()
            .enumerate()
            .map(|(place, thumbnail)| match &thumbnail.drawing {
                Some((scene, fit)) => {
                    let middle = page.grid.corner(place, 0) + half;
                    let offset = World::new(middle.x, -middle.y) - fit.scale * fit.center;
                    Placed { scene: Arc::clone(scene), offset, scale: fit.scale }
                }
                None => Placed::at_origin(Arc::default()),
            })
            .collect();
        self.placed = Some((Arc::clone(sheet), page.grid, Arc::clone(&placed)));
        placed
    }
}

/// The offset to scroll to, if not where it is: to a selection that moved, or to what was on screen before
/// the grid changed.
fn follow(state: &State, own: &mut Gallery, grid: Grid, height: f32) -> Option<f32> {
    let before = own.grid.replace(grid).unwrap_or(grid);
    let seen = before.places(&before.visible(own.offset, height));
    let regrouped = before.cell != grid.cell || before.columns != grid.columns;
    let kept = if regrouped { grid.top(seen.start / grid.columns) } else { own.offset };
    // Found by walking the list, so only when the selection moved or the list changed.
    let stands = |(id, place): &(MoleculeId, Option<usize>)| {
        let stays = place.map_or(before.count == grid.count, |place| state.table.order.get(place) == Some(id));
        stays && state.selected == Some(*id)
    };
    let known = own.followed.filter(stands);
    own.followed = known.or_else(|| state.selected.map(|id| (id, state.table.row_of(id))));
    let place = own.followed.and_then(|(_, place)| place);
    let place = place.filter(|place| known.is_none() || regrouped && seen.contains(place));
    let offset = place.map_or(kept, |place| grid.reveal(place, kept, height));
    ((offset - own.offset).abs() > 0.01).then_some(offset)
}

fn paint(ui: &Ui, view: Rect, (placed, page): (&Arc<[Placed]>, &Page), visible: Range<usize>) {
    let canvas = canvas::whole_pixels(view, ui.pixels_per_point());
    let camera = page.camera(canvas);
    canvas::paint_all(ui, canvas, canvas::Surface::Gallery, (placed, camera));
    let painter = ui.painter().with_clip_rect(canvas.intersect(ui.clip_rect()));
    for placed in placed.get(visible).unwrap_or_default() {
        canvas::labels(&painter, canvas, placed, camera);
    }
}

/// Everything about one thumbnail but its drawing. Returns whether it was clicked.
fn cell(
    ui: &Ui,
    state: &State,
    (page, list): (&Page, &Response),
    (place, thumbnail): (usize, &Thumbnail),
    effects: &mut Vec<Effect>,
) -> bool {
    let Thumbnail { id, drawing, problem, .. } = thumbnail;
    let picture = page.picture(place);
    let whole = Rect::from_min_max(picture.min, picture.max + vec2(0.0, CAPTION));
    let selected = state.selected == Some(*id);
    let response = ui.interact(whole.expand(GAP / 2.0), list.id.with(id.0), Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, name(state, thumbnail)));
    let painter = ui.painter();
    let frame = whole.expand(2.0);
    if selected {
        let width = if list.has_focus() { 3.0 } else { 2.0 };
        painter.rect_stroke(frame, 5.0, Stroke::new(width, theme::accent(ui)), StrokeKind::Inside);
    } else if response.hovered() {
        painter.rect_stroke(frame, 5.0, ui.visuals().widgets.inactive.bg_stroke, StrokeKind::Inside);
    }
    if problem.is_some() {
        let (at, anchor, text) = match drawing {
            Some(_) => (picture.right_top() + vec2(-3.0, 2.0), Align2::RIGHT_TOP, "no values"),
            None => (picture.center(), Align2::CENTER_CENTER, "no drawing"),
        };
        painter.text(at, anchor, text, FontId::proportional(10.5), ui.visuals().warn_fg_color);
    }
    caption(ui, painter, state, (thumbnail, Rect::from_min_max(picture.left_bottom(), whole.max)));
    let clicked = response.clicked();
    if clicked {
        effects.push(Command::SelectMolecule(*id).into());
    }
    if response.double_clicked() {
        effects.push(WindowCommand::FocusPanel(Pane::Molecule).into());
    }
    if response.hovered() {
        response.on_hover_ui(|ui| tip(ui, state, thumbnail));
    }
    clicked
}

/// Number on the left; on the right what the table is sorted by, or the largest ratio.
fn caption(ui: &Ui, painter: &Painter, state: &State, (thumbnail, line): (&Thumbnail, Rect)) {
    let line = line.shrink2(vec2(4.0, 0.0));
    let font = FontId::proportional(11.0);
    painter.text(line.left_center(), Align2::LEFT_CENTER, thumbnail.id.0.to_string(), font.clone(), weak_color(ui));
    let sorted = state.dataset().and_then(|dataset| sorted_by(state, dataset, thumbnail.id));
    let value = sorted.or_else(|| largest_ratio(state, thumbnail).map(number));
    if let Some(value) = value {
        painter.text(line.right_center(), Align2::RIGHT_CENTER, value, font, ui.visuals().text_color());
    }
}

/// The value that decided a molecule's place in the list, where it is a measured number.
fn sorted_by(state: &State, dataset: &Dataset, id: MoleculeId) -> Option<String> {
    let column = state.table.column;
    let measured = matches!(column, Column::Target | Column::Prediction | Column::Error);
    state.table.value(dataset, id, column).filter(|_| measured).map(parts::decimal)
}

/// As in the table; where that has none, as computed for the thumbnail.
fn largest_ratio(state: &State, thumbnail: &Thumbnail) -> Option<f64> {
    let listed = state.table.score(thumbnail.id).map(|score| f64::from(score.largest_ratio));
    listed.filter(|ratio| !ratio.is_nan()).or(thumbnail.largest_ratio)
}

/// What a screen reader says.
fn name(state: &State, thumbnail: &Thumbnail) -> String {
    let ratio = largest_ratio(state, thumbnail).map(|ratio| format!(", largest ratio {}", number(ratio)));
    let problem = thumbnail.problem.as_ref().map(|problem| {
        let lacks = if thumbnail.drawing.is_some() { "no values" } else { "no drawing" };
        format!(", {lacks}: {problem}")
    });
    format!("molecule {}{}{}", thumbnail.id.0, ratio.unwrap_or_default(), problem.unwrap_or_default())
}

fn tip(ui: &mut Ui, state: &State, thumbnail: &Thumbnail) {
    let id = thumbnail.id;
    let Some(dataset) = state.dataset() else { return };
    let Some(record) = dataset.record(id) else { return };
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new(format!("#{}", id.0)).strong());
        if let Some(name) = &record.id {
            ui.label(name.as_ref());
        }
    });
    ui.label(weak(record.smiles.as_ref()));
    let values = [(Column::Target, "target"), (Column::Prediction, "prediction")];
    let mut parts: Vec<String> = values
        .into_iter()
        .filter_map(|(column, name)| {
            Some(format!("{name} {}", parts::decimal(state.table.value(dataset, id, column)?)))
        })
        .collect();
    parts.extend(largest_ratio(state, thumbnail).map(|ratio| format!("largest ratio {}", number(ratio))));
    if !parts.is_empty() {
        ui.label(parts.join(", "));
    }
    if let Some(problem) = &thumbnail.problem {
        ui.colored_label(ui.visuals().warn_fg_color, problem.as_ref());
    }
    ui.label(egui::RichText::new("click chooses, double-click shows the drawing").small().weak());
}

/// Arrow keys, as long as the gallery has the keyboard.
fn keys(ui: &Ui, state: &State, (own, list): (&Gallery, &Response), grid: Grid, effects: &mut Vec<Effect>) {
    if !list.has_focus() {
        return;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    let start = own.followed.and_then(|(_, place)| place);
    let mut place = start.unwrap_or(0);
    for key in [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown, Key::Home, Key::End] {
        let presses = ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        place = (0..presses).fold(place, |place, _| grid.moved(place, key));
    }
    if let Some(&id) = state.table.order.get(place).filter(|_| start != Some(place)) {
        effects.push(Command::SelectMolecule(id).into());
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
        effects.push(WindowCommand::FocusPanel(Pane::Molecule).into());
    }
}

/// The colour bar in one line: what it means on the left, the scale on the right.
fn slim_bar(ui: &Ui, place: Rect, sheet: &Sheet) {
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    painter.hline(place.x_range(), place.top(), ui.visuals().widgets.noninteractive.bg_stroke);
    let bar = &sheet.bar;
    let inner = place.shrink2(vec2(12.0, 6.0));
    let font = FontId::proportional(11.0);
    let label = painter.layout_no_wrap(bar.label.clone(), font, ui.visuals().text_color());
    let left = inner.left() + label.size().x + 18.0;
    painter.galley(pos2(inner.left(), inner.top() - 3.0), label, ui.visuals().text_color());
    let right = (inner.right() - 10.0).min(left + 360.0);
    if right - left < 60.0 {
        return;
    }
    let frame = Rect::from_min_max(pos2(left, inner.top() - 1.0), pos2(right, inner.top() + 7.0));
    canvas::scale_with_ticks(ui, &painter, frame, bar);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_knows_what_is_seen_and_where() {
        let grid = Grid::new(Size::Medium, 500.0, 250_000);
        assert_eq!((grid.columns, grid.rows()), (3, 83_334));
        let rows = grid.visible(grid.top(1000) + 1.0, 300.0);
        assert_eq!(rows, 1000..1003);
        assert_eq!(grid.places(&rows), 3000..3009);
        let last = grid.visible(grid.height() - 300.0, 300.0);
        assert_eq!(grid.places(&last).end, 250_000);
        assert_eq!(grid.visible(-5.0, 0.0), 0..0);
        // The same picture, whichever row the page starts with.
        let [a, b] = [1000, 990].map(|first| grid.corner(3004, first));
        assert!((b - a - vec2(0.0, 10.0 * grid.pitch.y)).length() < 1e-2);
    }

    #[test]
    fn arrows_stay_in_the_list() {
        let grid = Grid { columns: 4, ..Grid::new(Size::Small, 500.0, 10) };
        let moved = |from, key| grid.moved(from, key);
        assert_eq!([moved(0, Key::ArrowLeft), moved(9, Key::ArrowRight), moved(2, Key::ArrowUp)], [0, 9, 2]);
        assert_eq!([moved(1, Key::ArrowDown), moved(7, Key::ArrowDown), moved(8, Key::ArrowDown)], [5, 9, 8]);
        assert_eq!([moved(5, Key::ArrowUp), moved(5, Key::Home), moved(5, Key::End)], [1, 0, 9]);
    }

    #[test]
    fn revealing_scrolls_no_further_than_needed() {
        let grid = Grid::new(Size::Small, 500.0, 1000);
        let (height, top) = (3.0 * grid.pitch.y, grid.top(10));
        let at = |offset| grid.reveal(10 * grid.columns, offset, height);
        for (from, to) in [(0.0, grid.top(11) - height), (grid.top(9), grid.top(9)), (grid.top(30), top)] {
            assert!((at(from) - to).abs() < 1e-3, "{from} to {}", at(from));
        }
    }
}
