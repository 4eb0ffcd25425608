//! Draws a [`Scene`] as a structure diagram: halos, arcs, strokes and labels as on screen, with the
//! colour bar that explains them.

use super::page::Page;
use super::svg::{Anchor, Area, Element, Path, TextStyle};
use super::text::Label;
use super::{colorbar, font};
use crate::analysis::chart::Table;
use crate::domain::DirectedEdge;
use crate::scene::{ColorBar, Curve, LabelPiece, Scene, Stroke};
use glam::{DVec2, Vec2};

/// Longest drawn bond beside text of 7 points, in points: small molecules are not blown up to fill the page.
const LONGEST_BOND: f64 = 30.0;

/// World coordinates beyond this are not drawn; no molecule has a million bonds in a row.
const FARTHEST: f32 = 1e6;

/// A structure diagram and what stands around it.
#[derive(Clone, Debug, PartialEq)]
pub struct MoleculeFigure {
    /// What is drawn. Its colours must have been chosen for the figure's background.
    pub scene: Scene,
    /// Meaning of the colours; `None` if they have none.
    pub bar: Option<ColorBar>,
    /// The numbers behind the picture.
    pub table: Table,
}

/// Blank lines above and below a structure, in font sizes.
const ABOVE: f64 = 0.4;
const BELOW: f64 = 0.6;

/// Draws a molecule with its colour bar below.
pub(super) fn draw(page: &mut Page, area: Area, figure: &MoleculeFigure) {
    let font = page.font;
    let below = area.bottom - figure.bar.as_ref().map_or(0.0, |bar| colorbar::height(bar, area.width(), font));
    let room = Area { top: area.top + font * ABOVE, bottom: below - font * BELOW, ..area };
    let narrow = if figure.bar.is_some() { colorbar::NARROWEST * font } else { font };
    if room.height() < font || room.width() < narrow {
        page.no_room(area);
        return;
    }
    match View::fit(&figure.scene, room, longest_bond(font)) {
        Some(view) => draw_scene(page, view, &figure.scene),
        None => page.no_data(room),
    }
    if let Some(bar) = &figure.bar {
        colorbar::draw(page, Area { top: below, ..area }, bar, true);
    }
}

/// The height at which a molecule fills a width, or has its longest bonds.
pub(super) fn natural_height(figure: &MoleculeFigure, width: f64, font: f64) -> f64 {
    let bar = figure.bar.as_ref().map_or(0.0, |bar| colorbar::height(bar, width, font));
    let structure = bounds(&figure.scene).map_or(width * 0.4, |(low, high)| {
        let size = (high - low).max(DVec2::splat(1e-3));
        size.y * (width / size.x).min(longest_bond(font))
    });
    structure.clamp(6.0 * font, width.max(6.0 * font)) + font * (ABOVE + BELOW) + bar
}

fn longest_bond(font: f64) -> f64 {
    LONGEST_BOND * (font / 7.0).max(1.0)
}

/// World units (y up) to points (y down).
#[derive(Clone, Copy, Debug)]
struct View {
    /// Points per world unit.
    scale: f64,
    /// World position at the middle of the area.
    middle: DVec2,
    /// That middle on the page.
    center: DVec2,
}

impl View {
    /// The view that shows everything drawable inside `area`; `None` if nothing is.
    fn fit(scene: &Scene, area: Area, longest_bond: f64) -> Option<Self> {
        let (low, high) = bounds(scene)?;
        let size = (high - low).max(DVec2::splat(1e-3));
        let scale = (area.width() / size.x).min(area.height() / size.y).min(longest_bond);
        (scale > 0.0).then(|| Self { scale, middle: (low + high) / 2.0, center: area.center() })
    }

    fn point(&self, world: Vec2) -> DVec2 {
        let offset = (world.as_dvec2() - self.middle) * self.scale;
        self.center + DVec2::new(offset.x, -offset.y)
    }

    fn length(&self, world: f32) -> f64 {
        f64::from(world) * self.scale
    }
}

/// The lowest and the highest corner of everything drawable, in world units; `None` if nothing is.
fn bounds(scene: &Scene) -> Option<(DVec2, DVec2)> {
    let strokes = scene.halos.iter().chain(&scene.strokes).filter(|stroke| drawable(stroke));
    let ends = strokes.flat_map(|stroke| [(stroke.from, stroke.width / 2.0), (stroke.to, stroke.width / 2.0)]);
    let arcs = scene
        .arcs
        .iter()
        .filter(|half| bendable(half))
        .flat_map(|half| [half.from, half.point(0.5), half.to].map(|at| (at, half.width / 2.0)));
    let pieces = scene.atoms.iter().flat_map(|atom| &atom.pieces).filter(|piece| legible(piece));
    let spots =
        ends.chain(arcs).map(|(at, reach)| (at.as_dvec2(), DVec2::splat(f64::from(reach)))).chain(pieces.map(extent));
    let spots = spots.chain(scene.notes.iter().filter(|piece| legible(piece)).map(measured));
    spots.fold(None, |corners: Option<(DVec2, DVec2)>, (at, reach)| {
        let (low, high) = corners.unwrap_or((at, at));
        Some((low.min(at - reach), high.max(at + reach)))
    })
}

fn sound(at: Vec2) -> bool {
    at.is_finite() && at.abs().max_element() <= FARTHEST
}

fn drawable(stroke: &Stroke) -> bool {
    sound(stroke.from) && sound(stroke.to) && (0.0..=FARTHEST).contains(&stroke.width)
}

fn bendable(half: &Curve) -> bool {
    [half.from, half.control, half.to].into_iter().all(sound) && (0.0..=FARTHEST).contains(&half.width)
}

fn legible(piece: &LabelPiece) -> bool {
    sound(piece.center) && (0.0..=FARTHEST).contains(&piece.size)
}

/// Centre and half size of a piece of a label, in world units; wide enough for any letter.
fn extent(piece: &LabelPiece) -> (DVec2, DVec2) {
    let (size, letters) = (f64::from(piece.size), piece.text.chars().count() as f64);
    (piece.center.as_dvec2(), DVec2::new(0.4 * letters, 0.5 * font::CAP_HEIGHT) * size)
}

/// The same for a note, whose words are as wide as they are.
fn measured(piece: &LabelPiece) -> (DVec2, DVec2) {
    let (center, half) = extent(piece);
    (center, DVec2::new(Label::plain(&piece.text).width(f64::from(piece.size)) / 2.0, half.y))
}

fn draw_scene(page: &mut Page, view: View, scene: &Scene) {
    draw_strokes(page, view, "halos", &scene.halos);
    if !scene.arcs.is_empty() {
        draw_arcs(page, view, &scene.arcs);
    }
    draw_strokes(page, view, "bonds", &scene.strokes);
    page.svg.element("g").attribute("class", "atoms").open();
    for atom in &scene.atoms {
        // On a halo a disc of paper would be a hole; bonds end short of labels anyhow.
        let hides = f32::MIN_POSITIVE..=FARTHEST;
        if sound(atom.center)
            && hides.contains(&atom.radius)
            && !scene.halos.iter().any(|halo| covers(halo, atom.center))
        {
            let (center, paper) = (view.point(atom.center), page.palette.paper());
            let disc = page.svg.element("circle").number("cx", center.x).number("cy", center.y);
            disc.number("r", view.length(atom.radius)).color("fill", paper).end();
        }
        draw_pieces(page, view, &atom.pieces);
    }
    page.svg.close();
    if !scene.notes.is_empty() {
        page.svg.element("g").attribute("class", "labels").open();
        draw_pieces(page, view, &scene.notes);
        page.svg.close();
    }
}

fn draw_strokes(page: &mut Page, view: View, class: &str, strokes: &[Stroke]) {
    page.svg.element("g").attribute("class", class).attribute("stroke-linecap", "round").open();
    for stroke in strokes.iter().filter(|stroke| drawable(stroke)) {
        draw_stroke(page, view, stroke);
    }
    page.svg.close();
}

/// Arcs stand behind the bonds, each half a path of its own.
fn draw_arcs(page: &mut Page, view: View, arcs: &[Curve]) {
    let group = page.svg.element("g").attribute("class", "absent-bonds").attribute("fill", "none");
    group.attribute("stroke-linecap", "round").open();
    for half in arcs.iter().filter(|half| bendable(half)) {
        let mut path = Path::new();
        path.move_to(view.point(half.from));
        path.curve_to(view.point(half.control), view.point(half.to));
        let curve = page.svg.element("path").path(&path).color("stroke", half.color);
        let curve = curve.number("stroke-width", view.length(half.width));
        let curve = curve.attribute("data-edge", &spelled(half.edge));
        if half.dashed { dashes(curve, view).end() } else { curve.end() }
    }
    page.svg.close();
}

/// `3>7`
fn spelled(edge: DirectedEdge) -> String {
    format!("{}>{}", edge.source.0, edge.target.0)
}

/// The dashes of an ablated edge.
fn dashes<'a>(line: Element<'a>, view: View) -> Element<'a> {
    let line = line.attribute("class", "ablated").attribute("stroke-linecap", "butt");
    line.attribute("stroke-dasharray", &super::svg::number(view.scale * 0.1))
}

fn draw_stroke(page: &mut Page, view: View, stroke: &Stroke) {
    let (from, to, width) = (view.point(stroke.from), view.point(stroke.to), view.length(stroke.width));
    if from.distance_squared(to) < 1e-6 {
        // A line without length is a dot, but renderers disagree about that.
        let dot = page.svg.element("circle").number("cx", from.x).number("cy", from.y).number("r", width / 2.0);
        dot.color("fill", stroke.color).end();
        return;
    }
    let mut line = page.svg.element("line").span(from, to).color("stroke", stroke.color).number("stroke-width", width);
    if let Some(edge) = stroke.edge {
        line = line.attribute("data-edge", &spelled(edge));
    }
    if stroke.dashed {
        line = dashes(line, view);
    }
    line.end();
}

/// Whether a point lies on a stroke.
fn covers(stroke: &Stroke, at: Vec2) -> bool {
    let along = stroke.to - stroke.from;
    let share = (at - stroke.from).dot(along) / along.length_squared().max(f32::MIN_POSITIVE);
    at.distance(stroke.from + along * share.clamp(0.0, 1.0)) <= stroke.width / 2.0
}

fn draw_pieces(page: &mut Page, view: View, pieces: &[LabelPiece]) {
    for piece in pieces.iter().filter(|piece| legible(piece)) {
        let size = view.length(piece.size);
        let baseline = view.point(piece.center) + DVec2::new(0.0, 0.5 * font::CAP_HEIGHT * size);
        page.svg.text(
            baseline,
            Anchor::Middle,
            TextStyle { size, color: piece.color, bold: false },
            &Label::plain(&piece.text),
        );
    }
}
