//! The structure diagram: a molecule, where its atoms stand, and what is known of its edges, made
//! into the primitives that screen and figure draw.

use super::arc::{ArcEnd, arc};
use super::bond::{BondLines, End, Side, side_of};
use super::label::{LABEL_SIZE, Label, half_size};
use super::layout::Layout;
use super::mark;
use super::paint::{Background, Rgb, element_color};
use super::scale::{ColorScale, WIDTH_LOW};
use super::{AtomMark, Curve, LabelPiece, Pick, Scene, Stroke};
use crate::domain::{Ablation, Atom, AtomId, BondId, BondOrder, DirectedEdge, Molecule};
use glam::Vec2;
use std::collections::BTreeMap;
use std::f32::consts::TAU;

/// Free space around everything drawn, world units.
const MARGIN: f32 = 0.35;

/// Width of the halo of a bond, world units.
const BOND_HALO: f32 = 0.5;

/// Width of the halo of an arc, world units.
const ARC_HALO: f32 = 0.24;

/// Diameter of the halo of an atom, world units.
const ATOM_HALO: f32 = 0.8;

/// Width of the line around what is selected, world units.
const OUTLINE: f32 = 0.03;

/// How one directed edge is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EdgeInk {
    /// It carries no value: a plain line of a drawing without values.
    Plain,
    /// It has a value, shown by colour and width (world units).
    Painted {
        /// Colour of the value.
        color: Rgb,
        /// Width of the value, world units.
        width: f32,
    },
    /// It has no value in a drawing of values: thin and grey.
    Missing,
    /// It was taken out of message passing: thin, grey and dashed.
    Removed,
}

impl EdgeInk {
    /// Width of a single line, world units.
    pub fn width(self) -> f32 {
        match self {
            Self::Painted { width, .. } => width,
            Self::Plain | Self::Missing | Self::Removed => WIDTH_LOW,
        }
    }

    /// Colour on a background.
    pub fn color(self, background: Background) -> Rgb {
        match self {
            Self::Painted { color, .. } => color,
            Self::Plain => background.ink(),
            Self::Missing | Self::Removed => background.grey(),
        }
    }
}

/// How the directed edges of a molecule are drawn; the default draws a plain molecule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EdgePaint {
    inks: BTreeMap<DirectedEdge, EdgeInk>,
    ablated: BTreeMap<DirectedEdge, Ablation>,
    /// One direction of each pair of atoms that is joined by an arc.
    arcs: Vec<DirectedEdge>,
    /// Whether edges without an entry lack a value, or there are no values at all.
    valued: bool,
}

impl EdgePaint {
    /// Colours and widths for the value of each edge. NaN, and edges without a value, are drawn as
    /// missing.
    pub fn of_values(
        values: impl IntoIterator<Item = (DirectedEdge, f32)>,
        scale: &ColorScale,
        background: Background,
    ) -> Self {
        let ink = |value: f32| match value {
            value if value.is_nan() => EdgeInk::Missing,
            value => EdgeInk::Painted { color: scale.color(value, background), width: scale.width(value) },
        };
        let inks = values.into_iter().map(|(edge, value)| (edge, ink(value))).collect();
        Self { inks, valued: true, ..Self::default() }
    }

    /// Joins pairs of atoms without a bond by arcs, both directions in one; `pairs` names one direction
    /// of each.
    #[must_use]
    pub fn with_arcs(mut self, pairs: impl IntoIterator<Item = DirectedEdge>) -> Self {
        self.arcs.extend(pairs);
        self
    }

    /// Draws `edges` as ablated: removed ones dashed, zeroed ones dotted, averaged ones with a bar across.
    #[must_use]
    pub fn with_ablated(mut self, edges: impl IntoIterator<Item = (DirectedEdge, Ablation)>) -> Self {
        self.ablated.extend(edges);
        self
    }

    /// How an edge is drawn.
    pub fn ink(&self, edge: DirectedEdge) -> EdgeInk {
        if self.ablated.get(&edge) == Some(&Ablation::Remove) {
            return EdgeInk::Removed;
        }
        let rest = if self.valued { EdgeInk::Missing } else { EdgeInk::Plain };
        self.inks.get(&edge).copied().unwrap_or(rest)
    }

    /// How an edge is ablated, if it is.
    pub fn ablation(&self, edge: DirectedEdge) -> Option<Ablation> {
        self.ablated.get(&edge).copied()
    }
}

/// What a drawing looks like apart from its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// What it is drawn on.
    pub background: Background,
    /// Font size of the labels, world units.
    pub label_size: f32,
    /// Whether every atom shows its number, counted from 0.
    pub numbers: bool,
    /// What is selected.
    pub selected: Option<Pick>,
    /// What is under the pointer.
    pub hovered: Option<Pick>,
}

impl Default for Style {
    fn default() -> Self {
        Self { background: Background::Light, label_size: LABEL_SIZE, numbers: false, selected: None, hovered: None }
    }
}

/// Draws a molecule: bonds in Kekulé form, each half in the ink of the directed edge that starts at
/// the atom beside it; arcs behind them; labels for everything but plain carbon. The bounds do not
/// depend on what is selected or hovered.
pub fn depict(molecule: &Molecule, layout: &Layout, paint: &EdgePaint, style: &Style) -> Scene {
    let atoms: Vec<Drawn> =
        (0..).take(molecule.atom_count()).map(|atom| Drawn::new(molecule, layout, style, AtomId(atom))).collect();
    let mut scene = Scene::default();
    for (id, (a, b, bond)) in (0..).zip(molecule.bonds()) {
        let end = |atom: AtomId, other: AtomId| {
            let at = layout.position(atom);
            let along = (layout.position(other) - at).normalize_or(Vec2::X);
            let label = atoms.get(atom.index()).and_then(|drawn| drawn.label.as_ref());
            let edge = DirectedEdge { source: atom, target: other };
            let covered = label.map_or(0.0, |label| label.reach(along));
            End { atom, at, covered, ink: paint.ink(edge), ablation: paint.ablation(edge) }
        };
        let double = bond.order == BondOrder::Double;
        let side = if double { side_of(molecule, |atom| layout.position(atom), (a, b)) } else { Side::Middle };
        let lines = BondLines { id: BondId(id), order: bond.order, side, ends: [end(a, b), end(b, a)] };
        lines.draw(style.background, &mut scene.strokes);
    }
    let arcs = arcs(&atoms, paint, style.background);
    for &half in &arcs {
        mark::arc(half, paint.ablation(half.edge), &mut scene);
    }
    scene.atoms = atoms.into_iter().map(|drawn| drawn.mark(style)).collect();
    scene.bounds = bounds(&scene);
    let halos = |pick: Option<Pick>, color: Rgb| -> Vec<Stroke> {
        let halves = arcs.iter().filter(|half| pick == Some(Pick::pair(half.edge)));
        let halves = halves.flat_map(|half| arc_halo(half, color));
        pick.and_then(|pick| halo(molecule, layout, pick, color)).into_iter().chain(halves).collect()
    };
    let around = |halo: Stroke| Stroke { width: halo.width + 2.0 * OUTLINE, ..halo };
    scene.halos.extend(halos(style.selected, style.background.outlined()).into_iter().map(around));
    scene.halos.extend(halos(style.selected, style.background.selected()));
    scene.halos.extend(halos(style.hovered, style.background.hovered()));
    scene
}

/// Both halves of every arc; atoms that the molecule lacks have none.
fn arcs(atoms: &[Drawn], paint: &EdgePaint, background: Background) -> Vec<Curve> {
    let middle = atoms.iter().map(|atom| atom.at).sum::<Vec2>() / atoms.len().max(1) as f32;
    let end = |edge: DirectedEdge| {
        let Drawn { atom, at, label, .. } = atoms.get(edge.source.index())?;
        let covered = label.as_ref().map_or(0.0, Label::radius);
        Some(ArcEnd { atom: *atom, at: *at, covered, ink: paint.ink(edge) })
    };
    let halves = |&edge: &DirectedEdge| Some(arc([end(edge)?, end(edge.reversed())?], middle, background));
    paint.arcs.iter().filter_map(halves).flatten().collect()
}

/// An atom on its way to becoming a mark.
struct Drawn {
    atom: AtomId,
    at: Vec2,
    /// Unit vectors along its bonds.
    bonds: Vec<Vec2>,
    label: Option<Label>,
    color: Rgb,
}

impl Drawn {
    fn new(molecule: &Molecule, layout: &Layout, style: &Style, atom: AtomId) -> Self {
        let at = layout.position(atom);
        let bonds: Vec<Vec2> =
            molecule.neighbours(atom).map(|(other, _)| (layout.position(other) - at).normalize_or(Vec2::X)).collect();
        let kind = molecule.atom(atom).copied().unwrap_or_default();
        let color = element_color(kind.element, style.background);
        let labelled = !is_plain_carbon(molecule, atom, &kind);
        let label = labelled.then(|| Label::of(&kind, &bonds, style.label_size, color));
        Self { atom, at, bonds, label, color }
    }

    fn mark(self, style: &Style) -> AtomMark {
        let number = style.numbers.then(|| self.number(style));
        let (radius, label, mut pieces) = match self.label {
            Some(label) => (label.radius(), label.text, label.pieces),
            None => (0.0, String::new(), Vec::new()),
        };
        pieces.extend(number);
        pieces.iter_mut().for_each(|piece| piece.center += self.at);
        AtomMark { atom: self.atom, center: self.at, radius, label, pieces, color: self.color }
    }

    /// The atom's number, in the widest gap between its bonds and clear of its label.
    fn number(&self, style: &Style) -> LabelPiece {
        let mut taken: Vec<f32> = self.bonds.iter().map(|bond| bond.to_angle()).collect();
        let letters = self.label.iter().flat_map(|label| &label.pieces).map(|piece| piece.center);
        taken.extend(letters.filter(|center| center.length() > 0.1).map(Vec2::to_angle));
        taken.sort_unstable_by(f32::total_cmp);
        let gap = |index: usize| taken.get(index + 1).copied().unwrap_or(taken[0] + TAU) - taken[index];
        let widest = (0..taken.len()).max_by(|&a, &b| gap(a).total_cmp(&gap(b)));
        let angle = widest.map_or(TAU / 8.0, |index| taken[index] + gap(index) / 2.0);
        let distance = if self.label.is_some() { 0.85 * style.label_size } else { 0.6 * style.label_size };
        LabelPiece {
            text: self.atom.0.to_string(),
            center: Vec2::from_angle(angle) * distance,
            size: 0.55 * style.label_size,
            color: style.background.grey().lerp(style.background.ink(), 0.4),
        }
    }
}

/// Whether an atom is a carbon that chemists draw as a mere corner. One on its own, or in the middle
/// of two double bonds, would not be seen.
pub(super) fn is_plain_carbon(molecule: &Molecule, id: AtomId, atom: &Atom) -> bool {
    const CARBON: u8 = 6;
    let bonds = molecule.neighbours(id).filter_map(|(_, bond)| molecule.bond(bond));
    let orders: Vec<BondOrder> = bonds.map(|(_, _, bond)| bond.order).collect();
    let unseen = matches!(orders.as_slice(), [] | [BondOrder::Double, BondOrder::Double]);
    atom.element == CARBON && atom.charge == 0 && atom.isotope == 0 && !unseen
}

/// The wide stroke, or disc, behind something picked out.
fn halo(molecule: &Molecule, layout: &Layout, pick: Pick, color: Rgb) -> Option<Stroke> {
    let (from, to, width, bond) = match pick {
        Pick::Atom(atom) => {
            molecule.atom(atom)?;
            (layout.position(atom), layout.position(atom), ATOM_HALO, None)
        }
        Pick::Bond(bond) => {
            let (a, b, _) = molecule.bond(bond)?;
            (layout.position(a), layout.position(b), BOND_HALO, Some(bond))
        }
        Pick::Pair(..) => return None,
    };
    Some(Stroke { from, to, width, color, dashed: false, edge: None, bond })
}

/// The wide band behind half an arc that is picked out.
fn arc_halo(half: &Curve, color: Rgb) -> impl Iterator<Item = Stroke> {
    half.pieces().map(move |(from, to)| Stroke {
        from,
        to,
        width: ARC_HALO,
        color,
        dashed: false,
        edge: None,
        bond: None,
    })
}

/// The corners of everything drawn, with a margin.
fn bounds(scene: &Scene) -> Option<(Vec2, Vec2)> {
    let strokes = scene.strokes.iter().flat_map(|stroke| {
        let half = Vec2::splat(stroke.width / 2.0);
        [(stroke.from.min(stroke.to) - half), (stroke.from.max(stroke.to) + half)]
    });
    let atoms = scene.atoms.iter().flat_map(|atom| {
        let letters =
            atom.pieces.iter().flat_map(|piece| [piece.center - half_size(piece), piece.center + half_size(piece)]);
        letters.chain([atom.center])
    });
    let arcs = scene.arcs.iter().flat_map(|half| [half.from, half.point(0.5), half.to]);
    let corners = strokes.chain(atoms).chain(arcs).fold(None, |corners: Option<(Vec2, Vec2)>, point| {
        let (low, high) = corners.unwrap_or((point, point));
        Some((low.min(point), high.max(point)))
    });
    corners.map(|(low, high)| (low - MARGIN, high + MARGIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bond, EdgeList};
    use crate::scene::{ColorMap, layout};

    /// Acetamide: CH3, C, O (double), NH2.
    fn acetamide() -> Molecule {
        let atom = |element, hydrogens| Atom { element, hydrogens, ..Atom::default() };
        let double = Bond { order: BondOrder::Double, ..Bond::default() };
        Molecule::new(
            vec![atom(6, 3), atom(6, 0), atom(8, 0), atom(7, 2)],
            vec![(0, 1, Bond::default()), (1, 2, double), (1, 3, Bond::default())],
        )
        .unwrap()
    }

    #[test]
    fn values_colour_the_half_beside_the_source() {
        let molecule = acetamide();
        let edges = EdgeList::of(&molecule);
        let scale = ColorScale { map: ColorMap::Cividis, low: 1.0, high: 1000.0, log: true };
        let values = [1.0, 1000.0, f32::NAN, 30.0, f32::INFINITY, 2.0];
        let paint = EdgePaint::of_values(edges.iter().zip(values), &scale, Background::Light);
        let paint = paint.with_ablated([(DirectedEdge::new(3, 1), Ablation::Remove)]);
        let drawn = layout(&molecule);
        let scene = depict(&molecule, &drawn, &paint, &Style::default());
        assert_eq!(scene.strokes.len(), 2 + 4 + 2);
        for stroke in &scene.strokes {
            let edge = stroke.edge.unwrap();
            let middle = (stroke.from + stroke.to) / 2.0;
            let (near, far) = (drawn.position(edge.source), drawn.position(edge.target));
            assert!(middle.distance(near) < middle.distance(far), "{stroke:?}");
            let ablated = edge == DirectedEdge::new(3, 1);
            assert_eq!(stroke.dashed, ablated);
            let value = values[edges.find(edge).unwrap()];
            let expected = if ablated { Background::Light.grey() } else { scale.color(value, Background::Light) };
            assert_eq!(stroke.color, expected);
        }
        assert_eq!(paint.ink(DirectedEdge::new(1, 2)), EdgeInk::Missing);
        assert_eq!(EdgePaint::default().ink(DirectedEdge::new(1, 2)), EdgeInk::Plain);
    }

    #[test]
    fn pairs_without_a_bond_are_joined_by_arcs_behind_the_bonds() {
        let molecule = acetamide();
        let drawn = layout(&molecule);
        let scale = ColorScale { map: ColorMap::Cividis, low: 1.0, high: 1000.0, log: true };
        let (there, back) = (DirectedEdge::new(0, 2), DirectedEdge::new(2, 0));
        let paint = EdgePaint::of_values([(there, 1000.0), (back, 1.0)], &scale, Background::Light);
        let paint = paint.with_arcs([there, DirectedEdge::new(0, 99)]);
        let scene = depict(&molecule, &drawn, &paint, &Style::default());
        assert_eq!(scene.arcs.iter().map(|half| half.edge).collect::<Vec<_>>(), [there, back]);
        assert_eq!(scene.arcs[0].color, scale.color(1000.0, Background::Light));
        assert_eq!(scene.arcs[1].color, scale.color(1.0, Background::Light));
        let bond = scene.strokes.iter().map(|stroke| stroke.width).fold(f32::INFINITY, f32::min);
        assert!(scene.arcs[1].width < bond, "arcs are thinner than bonds");
        let (low, high) = scene.bounds.unwrap();
        for point in scene.arcs.iter().flat_map(|half| (0..=8_u8).map(|step| half.point(f32::from(step) / 8.0))) {
            assert!(point.cmpgt(low).all() && point.cmplt(high).all());
        }
        let plain = depict(&molecule, &drawn, &EdgePaint::default(), &Style::default());
        assert!(plain.arcs.is_empty());
    }

    #[test]
    fn labels_are_marked_and_bonds_stop_before_them() {
        let molecule = acetamide();
        let drawn = layout(&molecule);
        let scene = depict(&molecule, &drawn, &EdgePaint::default(), &Style::default());
        let labels: Vec<&str> = scene.atoms.iter().map(|atom| atom.label.as_str()).collect();
        assert_eq!(&labels[..3], ["", "", "O"]);
        assert!(["NH2", "H2N"].contains(&labels[3]));
        for stroke in &scene.strokes {
            let source = &scene.atoms[stroke.edge.unwrap().source.index()];
            let distance = stroke.from.distance(source.center) - stroke.width / 2.0;
            assert!(distance > source.radius - 0.1, "{distance} {source:?}");
        }
        let (low, high) = scene.bounds.unwrap();
        for point in scene.atoms.iter().flat_map(|atom| &atom.pieces).map(|piece| piece.center) {
            assert!(point.cmpgt(low).all() && point.cmplt(high).all());
        }
    }

    #[test]
    fn halos_and_numbers_are_there_when_asked_for() {
        let molecule = acetamide();
        let drawn = layout(&molecule);
        let plain = depict(&molecule, &drawn, &EdgePaint::default(), &Style::default());
        let style = Style {
            numbers: true,
            selected: Some(Pick::Bond(BondId(1))),
            hovered: Some(Pick::Atom(AtomId(3))),
            ..Style::default()
        };
        let scene = depict(&molecule, &drawn, &EdgePaint::default(), &style);
        // The outline of what is selected, what is selected, what is pointed at.
        let [outline, selected, hovered] = scene.halos.as_slice() else { panic!("{:?}", scene.halos) };
        assert_eq!([outline, selected, hovered].map(|halo| halo.bond), [Some(BondId(1)), Some(BondId(1)), None]);
        assert!(outline.width > selected.width && outline.color == Background::Light.outlined());
        assert_eq!(scene.strokes, plain.strokes);
        for (number, mark) in scene.atoms.iter().enumerate() {
            assert_eq!(mark.pieces.last().unwrap().text, number.to_string());
        }
        let foreign = Style { selected: Some(Pick::Atom(AtomId(99))), ..Style::default() };
        assert!(depict(&molecule, &drawn, &EdgePaint::default(), &foreign).halos.is_empty());
    }

    #[test]
    fn a_layout_of_another_molecule_is_no_crash() {
        let scene = depict(&acetamide(), &Layout::default(), &EdgePaint::default(), &Style::default());
        assert!(scene.strokes.iter().all(|stroke| stroke.from.is_finite() && stroke.to.is_finite()));
        assert!(scene.bounds.is_some());
    }
}
