//! Where the panels are. Panels are tiles: they can be dragged, stacked, resized and made to fill the
//! window, but not closed, so none can be lost.

use super::actions::{ActionId, Effect};
use super::{Session, Settings};
use super::{
    charts, edits, focus, gallery, icons, inspector, lanes, library, log, molecule, parts, theme, tour, training,
};
use crate::workspace::{FigureKind, Workspace};
use eframe::egui::{self, Color32, Rect, Stroke, Style, Ui, Visuals, WidgetText};
use egui_tiles::{
    Behavior, Container, EditAction, SimplificationOptions, TabState, Tabs, Tile, TileId, Tiles, UiResponse,
};

/// The panels and their places.
pub(super) type Tree = egui_tiles::Tree<Pane>;

/// Widths of the panels left and right of the drawing, and height of the plots, at first; points.
const LIBRARY: f32 = 376.0;
const INSPECTOR: f32 = 360.0;
const PLOTS: f32 = 280.0;

/// Largest part of the window's width for everything beside the drawing.
const MOST_FOR_SIDES: f32 = 0.64;

/// Height of all panels, points, below which drawing and plots have no room above each other.
const LOW: f32 = 340.0;

/// The window's inner size for which the first layout is meant, points.
const FIRST: [f32; 2] = [1280.0, 690.0];

/// One panel.
#[allow(missing_docs, reason = "each is named by its title")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub enum Pane {
    Library,
    Molecule,
    Inspector,
    Edits,
    EdgeRatios,
    BatchMaxima,
    Histogram,
    Gallery,
    Log,
    Training,
}

impl Pane {
    /// All panels, in the order in which the keyboard goes through them.
    pub(super) const ALL: [Self; 10] = [
        Self::Library,
        Self::Molecule,
        Self::Inspector,
        Self::Edits,
        Self::EdgeRatios,
        Self::BatchMaxima,
        Self::Histogram,
        Self::Gallery,
        Self::Log,
        Self::Training,
    ];

    /// The title on its tab.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Library => "Library",
            Self::Molecule => "Molecule",
            Self::Inspector => "Inspector",
            Self::Edits => "Edits",
            Self::EdgeRatios => "Edge ratios",
            Self::BatchMaxima => "Batch maxima",
            Self::Histogram => "Histogram",
            Self::Log => "Log",
            Self::Gallery => "Gallery",
            Self::Training => "Training",
        }
    }

    /// What adds it to the figure.
    fn add(self) -> Option<ActionId> {
        match self {
            Self::Molecule => Some(ActionId::AddMolecule),
            Self::Inspector => Some(ActionId::AddActivations),
            Self::EdgeRatios => Some(ActionId::AddEdgeRatios),
            Self::BatchMaxima => Some(ActionId::AddCurves),
            Self::Histogram => Some(ActionId::AddHistogram),
            _ => None,
        }
    }

    /// The export that belongs to it.
    fn export(self) -> Option<ActionId> {
        match self {
            Self::Library | Self::Gallery | Self::Log | Self::Edits | Self::Training => None,
            Self::Molecule => Some(ActionId::ExportMolecule),
            Self::Inspector => Some(ActionId::ExportActivations),
            Self::EdgeRatios => Some(ActionId::ExportEdgeRatios),
            Self::BatchMaxima => Some(ActionId::ExportCurves),
            Self::Histogram => Some(ActionId::ExportHistogram),
        }
    }
}

/// The layout at first start: molecules, drawing over plots, inspector. In a low window the plots are further tabs
/// of the drawing.
pub(super) fn first(low: bool) -> Tree {
    let mut tiles = Tiles::default();
    let mut tab = |panes: &[Pane]| {
        let panes = panes.iter().map(|&pane| tiles.insert_pane(pane)).collect();
        tiles.insert_tab_tile(panes)
    };
    let library = tab(&[Pane::Library]);
    let (drawings, plots) = ([Pane::Molecule, Pane::Gallery], [Pane::EdgeRatios, Pane::BatchMaxima, Pane::Histogram]);
    let upper = if low { tab(&[&drawings[..], &plots, &[Pane::Log]].concat()) } else { tab(&drawings) };
    let lower = (!low).then(|| tab(&[&plots[..], &[Pane::Log]].concat()));
    let inspector = tab(&[Pane::Inspector, Pane::Edits, Pane::Training]);
    let middle = lower.map_or(upper, |lower| {
        let mut middle = egui_tiles::Linear::new(egui_tiles::LinearDir::Vertical, vec![upper, lower]);
        middle.shares.set_share(upper, FIRST[1] - PLOTS);
        middle.shares.set_share(lower, PLOTS);
        tiles.insert_container(middle)
    });
    let mut root = egui_tiles::Linear::new(egui_tiles::LinearDir::Horizontal, vec![library, middle, inspector]);
    root.shares.set_share(library, LIBRARY);
    root.shares.set_share(middle, FIRST[0] - LIBRARY - INSPECTOR);
    root.shares.set_share(inspector, INSPECTOR);
    let root = tiles.insert_container(root);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

/// Changes between the first layouts of low and of high windows; one that the user made stays.
fn fit_height(tree: &mut Tree, low: bool) {
    let other = first(!low);
    if shape(tree, tree.root()) != shape(&other, other.root()) {
        return;
    }
    let active = tree.active_tiles().into_iter().filter_map(|tile| tree.tiles.get_pane(&tile).copied());
    let mut active: Vec<Pane> = active.collect();
    // The last one wins where several are tabs of one place now.
    active.sort_by_key(|pane| matches!(pane, Pane::Molecule | Pane::Gallery));
    *tree = first(low);
    for pane in active {
        tree.make_active(|_, tile| matches!(tile, Tile::Pane(known) if *known == pane));
    }
}

/// Which panels are where, whatever their sizes and whichever tab is in front.
fn shape(tree: &Tree, tile: Option<TileId>) -> String {
    match tile.and_then(|tile| tree.tiles.get(tile)) {
        Some(Tile::Pane(pane)) => format!("{pane:?}"),
        Some(Tile::Container(container)) => {
            let children: Vec<String> = container.children().map(|&child| shape(tree, Some(child))).collect();
            format!("{:?}({})", container.kind(), children.join(" "))
        }
        None => String::new(),
    }
}

/// Rows of cells of one size, each with some panels as tabs. A panel that is named twice keeps its first place,
/// and those that are not named at all become further tabs of the last cell.
pub(super) fn rows(cells: &[&[&[Pane]]]) -> Tree {
    let mut left = Pane::ALL.to_vec();
    let mut take = |wanted: &[Pane]| -> Vec<Pane> {
        wanted.iter().filter_map(|pane| Some(left.remove(left.iter().position(|other| other == pane)?))).collect()
    };
    let mut rows: Vec<Vec<Vec<Pane>>> =
        cells.iter().map(|row| row.iter().map(|cell| take(cell)).filter(|cell| !cell.is_empty()).collect()).collect();
    rows.retain(|row| !row.is_empty());
    match rows.last_mut().and_then(|row| row.last_mut()) {
        Some(cell) => cell.extend(left),
        None => rows.push(vec![left]),
    }
    let mut tiles = Tiles::default();
    let mut row = |cells: Vec<Vec<Pane>>| {
        let cells = cells.into_iter().map(|panes| {
            let panes = panes.into_iter().map(|pane| tiles.insert_pane(pane)).collect();
            tiles.insert_tab_tile(panes)
        });
        let cells = cells.collect();
        tiles.insert_horizontal_tile(cells)
    };
    let rows = rows.into_iter().map(&mut row).collect();
    let root = tiles.insert_vertical_tile(rows);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

/// Panels that arrangements of older versions do not know, and beside which they are put.
const LATER: [(Pane, Pane); 1] = [(Pane::Training, Pane::Inspector)];

/// Adds the panels that an arrangement of an older version does not have.
pub(super) fn complete(tree: &mut Tree) {
    for (pane, beside) in LATER {
        if tree.tiles.find_pane(&pane).is_some() {
            continue;
        }
        let parent = tree.tiles.find_pane(&beside).and_then(|beside| tree.tiles.parent_of(beside));
        let tile = parent.map(|parent| (parent, tree.tiles.insert_pane(pane)));
        if let Some((parent, tile)) = tile
            && let Some(Tile::Container(container)) = tree.tiles.get_mut(parent)
        {
            container.add_child(tile);
        }
    }
}

/// Whether every panel is there once and reachable from the root.
pub(super) fn is_sound(tree: &Tree) -> bool {
    let mut found = Vec::new();
    let mut open: Vec<TileId> = tree.root().into_iter().collect();
    // A damaged tree may run in circles; a sound one has few tiles.
    for _ in 0..100 {
        let Some(id) = open.pop() else { break };
        match tree.tiles.get(id) {
            Some(Tile::Pane(pane)) => found.push(*pane),
            Some(Tile::Container(container)) => open.extend(container.children()),
            None => return false,
        }
    }
    found.sort_unstable();
    found == Pane::ALL
        && open.is_empty()
        && found.iter().all(|pane| tree.tiles.find_pane(pane).is_some_and(|id| tree.tiles.is_visible(id)))
}

/// Gives the width that the window won or lost to the column with the drawing, so that lists keep
/// theirs. `wanted` are the widths that the user chose; they come back when there is room again.
fn keep_side_columns(tree: &mut Tree, wanted: &mut Option<Vec<f32>>, now: f32) {
    let Some(drawing) = tree.tiles.find_pane(&Pane::Molecule) else { return };
    let mut column = drawing;
    let root = tree.root();
    while let Some(parent) = tree.tiles.parent_of(column).filter(|parent| Some(*parent) != root) {
        column = parent;
    }
    let Some(Tile::Container(Container::Linear(row))) = root.and_then(|root| tree.tiles.get_mut(root)) else { return };
    let shares: Vec<f32> = row.children.iter().map(|&child| row.shares[child]).collect();
    // Shares are widths in points once this has run; those of a row that was just put together are not.
    if row.dir != egui_tiles::LinearDir::Horizontal
        || !row.children.contains(&column)
        || shares.iter().sum::<f32>() < 300.0
    {
        return;
    }
    let widths = wanted.get_or_insert(shares).clone();
    let sides: f32 =
        row.children.iter().zip(&widths).filter(|&(&child, _)| child != column).map(|(_, width)| width).sum();
    let squeeze = (now * MOST_FOR_SIDES / sides.max(1.0)).min(1.0);
    for (&child, width) in row.children.iter().zip(&widths) {
        row.shares.set_share(child, if child == column { now - sides * squeeze } else { width * squeeze });
    }
}

/// Brings a panel to the front: its tab, and itself where another one fills the window.
pub(super) fn bring_forward(settings: &mut Settings, pane: Pane) {
    if settings.maximized.is_some() {
        settings.maximized = Some(pane);
    }
    settings.tree.make_active(|_, tile| matches!(tile, Tile::Pane(known) if *known == pane));
}

/// The panel after or before one among those that can be seen.
pub(super) fn neighbour(settings: &Settings, from: Option<Pane>, forward: bool) -> Option<Pane> {
    if settings.maximized.is_some() {
        return settings.maximized;
    }
    let active = settings.tree.active_tiles();
    let seen = |pane: &Pane| settings.tree.tiles.find_pane(pane).is_some_and(|tile| active.contains(&tile));
    let seen: Vec<Pane> = Pane::ALL.into_iter().filter(seen).collect();
    let at = from.and_then(|from| seen.iter().position(|pane| *pane == from));
    let next = match (at, forward) {
        (Some(at), true) => (at + 1) % seen.len(),
        (Some(at), false) => (at + seen.len() - 1) % seen.len(),
        (None, true) => 0,
        (None, false) => seen.len().checked_sub(1)?,
    };
    seen.get(next).copied()
}

/// Shows all panels, or the one that fills the window.
pub(super) fn show(
    ui: &mut Ui,
    workspace: &mut Workspace,
    settings: &mut Settings,
    session: &mut Session,
) -> Vec<Effect> {
    session.pictures = lanes::Pictures::of(workspace, theme::background(ui), session.molecule.hovered_pick());
    let mut panels = Panels {
        workspace,
        session,
        bonds_by_value: settings.bonds_by_value,
        thumbnails: settings.thumbnails,
        maximized: settings.maximized,
        effects: Vec::new(),
    };
    if let Some(pane) = panels.maximized {
        alone(ui, &mut panels, pane);
    } else {
        let low = ui.available_height() < LOW;
        if panels.session.low != Some(low) {
            fit_height(&mut settings.tree, low);
            (panels.session.low, panels.session.width, panels.session.columns) = (Some(low), None, None);
        }
        let width = ui.available_width();
        if panels.session.width.is_none_or(|before| (before - width).abs() > 0.5) {
            keep_side_columns(&mut settings.tree, &mut panels.session.columns, width);
        }
        panels.session.width = Some(width);
        settings.tree.ui(&mut panels, ui);
    }
    settings.bonds_by_value = panels.bonds_by_value;
    settings.thumbnails = panels.thumbnails;
    settings.maximized = panels.maximized;
    let effects = panels.effects;
    session.gallery.end_frame(workspace);
    effects
}

/// One panel over the whole window.
fn alone(ui: &mut Ui, panels: &mut Panels<'_>, pane: Pane) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let bar = egui::Frame::new().fill(theme::chrome(ui.visuals())).inner_margin(egui::Margin::symmetric(10, 2));
    bar.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(pane.title());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| panels.corner(ui, pane));
        });
    });
    ui.scope(|ui| {
        ui.reset_style();
        panels.pane(ui, pane);
    });
}

/// What the panels are shown with.
struct Panels<'a> {
    workspace: &'a mut Workspace,
    session: &'a mut Session,
    bonds_by_value: bool,
    thumbnails: gallery::Size,
    maximized: Option<Pane>,
    effects: Vec<Effect>,
}

impl Panels<'_> {
    fn pane(&mut self, ui: &mut Ui, pane: Pane) {
        let Self { workspace, session, bonds_by_value, thumbnails, effects, .. } = self;
        let fill = if pane == Pane::Molecule { ui.visuals().extreme_bg_color } else { ui.visuals().panel_fill };
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, fill);
        focus::place(ui, pane);
        let pictures = session.pictures.clone();
        let picture = pictures.main().map(AsRef::as_ref);
        let shown = match pane {
            Pane::Library => library::show(ui, &workspace.state, &mut session.library),
            Pane::Molecule => molecule::show(ui, &workspace.state, &pictures, &mut session.molecule),
            Pane::Inspector => inspector::show(ui, workspace, picture, (&mut session.inspector, bonds_by_value)),
            Pane::Edits => edits::show(ui, &workspace.state, &mut session.edits),
            Pane::EdgeRatios => charts::show(ui, workspace, FigureKind::EdgeRatios, &mut session.charts),
            Pane::BatchMaxima => charts::show(ui, workspace, FigureKind::Curves, &mut session.charts),
            Pane::Histogram => charts::show(ui, workspace, FigureKind::Histogram, &mut session.charts),
            Pane::Log => log::show(ui, &workspace.state, &mut session.log),
            Pane::Gallery => gallery::show(ui, workspace, &mut session.gallery, thumbnails),
            Pane::Training => training::show(ui, workspace, &mut session.training),
        };
        effects.extend(shown);
    }

    /// What a panel adds to the figure: of a bond the direction with the larger number.
    fn added(&self, pane: Pane) -> String {
        let state = &self.workspace.state;
        let direction = || {
            let picture = self.session.pictures.main().map(AsRef::as_ref);
            let shown = state.shown.as_ref()?;
            let [first, _] = parts::directions(&shown.molecule, state.pick?, picture, state.view.coloring)?;
            Some(format!("activations of {}", parts::edge_name(&shown.molecule, first)))
        };
        let direction = (pane == Pane::Inspector).then(direction).flatten();
        direction.unwrap_or_else(|| pane.title().to_owned())
    }

    /// Buttons at the right end of a panel's tab bar.
    fn corner(&mut self, ui: &mut Ui, pane: Pane) {
        let full = self.maximized == Some(pane);
        let (text, icon) = if full { ("Restore", icons::Icon::Restore) } else { ("Maximise", icons::Icon::Maximize) };
        if icons::button(ui, icon, &format!("{text} {}", pane.title())).clicked() {
            self.maximized = (!full).then_some(pane);
            self.session.rearranged = true;
        }
        if let Some(add) = pane.add() {
            ui.add_space(2.0);
            let what = self.added(pane);
            self.effects.extend(parts::add_button(ui, add, &what, &self.workspace.state));
        }
        if let Some(export) = pane.export() {
            ui.add_space(2.0);
            let button = ui.scope(|ui| parts::export_button(ui, export, pane.title(), &self.workspace.state));
            if pane == Pane::Molecule {
                tour::mark(ui.ctx(), tour::Spot::Export, button.response.rect);
            }
            self.effects.extend(button.inner);
        }
    }
}

impl Behavior<Pane> for Panels<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _: TileId, pane: &mut Pane) -> UiResponse {
        self.pane(ui, *pane);
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        pane.title().into()
    }

    fn top_bar_right_ui(&mut self, tiles: &Tiles<Pane>, ui: &mut Ui, _: TileId, tabs: &Tabs, _: &mut f32) {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_space(4.0);
        if let Some(&pane) = tabs.active.as_ref().and_then(|active| tiles.get_pane(active)) {
            self.corner(ui, pane);
        }
    }

    fn on_edit(&mut self, edit: EditAction) {
        if matches!(edit, EditAction::TileResized | EditAction::TileDropped) {
            self.session.columns = None;
            self.session.rearranged = true;
        }
    }

    fn tab_bar_height(&self, _: &Style) -> f32 {
        27.0
    }

    fn gap_width(&self, _: &Style) -> f32 {
        4.0
    }

    fn min_size(&self) -> f32 {
        120.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn tab_title_spacing(&self, _: &Visuals) -> f32 {
        11.0
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        theme::chrome(visuals)
    }

    fn tab_outline_stroke(&self, _: &Visuals, _: &Tiles<Pane>, _: TileId, _: &TabState) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(&self, visuals: &Visuals, _: &Tiles<Pane>, _: TileId, state: &TabState) -> Color32 {
        if state.active { visuals.text_color() } else { visuals.weak_text_color() }
    }

    fn paint_on_top_of_tile(&self, painter: &egui::Painter, style: &Style, _: TileId, rect: Rect) {
        painter.rect_stroke(rect, 0.0, style.visuals.widgets.noninteractive.bg_stroke, egui::StrokeKind::Inside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_layout_is_sound_and_an_incomplete_one_is_not() {
        assert!([false, true].into_iter().all(|low| is_sound(&first(low))));
        let mut tree = first(false);
        let id = tree.tiles.find_pane(&Pane::Histogram).unwrap();
        tree.remove_recursively(id);
        assert!(!is_sound(&tree));
        assert!(!is_sound(&Tree::empty(egui::Id::unique("none"))));
    }

    #[test]
    fn an_arrangement_of_before_the_training_panel_gets_it_as_a_tab() {
        let mut tree = first(false);
        let id = tree.tiles.find_pane(&Pane::Training).unwrap();
        tree.remove_recursively(id);
        assert!(!is_sound(&tree));
        complete(&mut tree);
        assert!(is_sound(&tree));
        let before = tree.clone();
        complete(&mut tree);
        assert_eq!(tree, before, "what is whole is left alone");
        let mut lost = Tree::empty(egui::Id::unique("none"));
        complete(&mut lost);
        assert!(!is_sound(&lost));
    }

    #[test]
    fn rows_of_panels_have_every_panel_once() {
        let tree = rows(&[&[&[Pane::Gallery], &[Pane::Molecule, Pane::Gallery]], &[], &[&[Pane::Library]]]);
        assert!(is_sound(&tree));
        assert!(is_sound(&rows(&[])));
        let active = tree.active_tiles();
        for pane in [Pane::Gallery, Pane::Molecule, Pane::Library] {
            assert!(active.contains(&tree.tiles.find_pane(&pane).unwrap()), "{pane:?} can be seen");
        }
    }

    #[test]
    fn a_low_window_shows_the_drawing_alone_unless_the_user_wants_otherwise() {
        let seen = |tree: &Tree, pane: Pane| tree.active_tiles().contains(&tree.tiles.find_pane(&pane).unwrap());
        let mut tree = first(false);
        tree.make_active(|_, tile| matches!(tile, Tile::Pane(Pane::Histogram | Pane::Gallery | Pane::Edits)));
        fit_height(&mut tree, true);
        assert!(is_sound(&tree));
        for (pane, there) in [(Pane::Gallery, true), (Pane::Histogram, false), (Pane::Edits, true)] {
            assert_eq!(seen(&tree, pane), there, "{pane:?}");
        }
        fit_height(&mut tree, false);
        assert_eq!(shape(&tree, tree.root()), shape(&first(false), first(false).root()));
        assert!(seen(&tree, Pane::Gallery) && seen(&tree, Pane::EdgeRatios));
        let own = rows(&[&[&[Pane::Library], &[Pane::Molecule]], &[&[Pane::Histogram]]]);
        let mut kept = own.clone();
        fit_height(&mut kept, true);
        assert_eq!(kept, own);
    }

    #[test]
    fn a_wider_window_widens_the_drawing_only() {
        let mut tree = first(false);
        let widths = |tree: &Tree, width: f32| {
            let Some(Tile::Container(Container::Linear(row))) = tree.root().and_then(|root| tree.tiles.get(root))
            else {
                panic!("no row")
            };
            row.shares.split(&row.children, width).iter().map(|width| width.round()).collect::<Vec<_>>()
        };
        let mut wanted = None;
        keep_side_columns(&mut tree, &mut wanted, 2000.0);
        assert_eq!(widths(&tree, 2000.0), [LIBRARY, 2000.0 - LIBRARY - INSPECTOR, INSPECTOR]);
        keep_side_columns(&mut tree, &mut wanted, 600.0);
        assert_eq!(widths(&tree, 600.0), [196.0, 216.0, 188.0]);
        keep_side_columns(&mut tree, &mut wanted, 1280.0);
        assert_eq!(widths(&tree, 1280.0), [LIBRARY, 1280.0 - LIBRARY - INSPECTOR, INSPECTOR]);
    }
}
