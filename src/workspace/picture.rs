//! What is derived from state for display: the painted molecule and the readings of a bond.
//!
//! Each is computed when its inputs changed and kept otherwise, so a frame that shows the same as the
//! one before costs nothing here.

use super::Workspace;
use super::lanes::{Difference, side_letter};
use super::memo::{Differences, Held, PICTURES, PictureKey, ReadingsKey, ScaleKey};
use super::readings::{self, AbsentPair, AbsentReading, EdgeReading, LayerReading, Readings};
use super::state::Shown;
use super::view::{Arcs, Coloring, View, quantity_name};
use crate::analysis::{MASSIVE_RATIO, Quantity};
use crate::domain::{Ablation, AtomId, Comparison, DirectedEdge};
use crate::scene::{self, Background, ColorBar, ColorMap, ColorScale, EdgePaint, Layout, Pick, Scene, Style};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Arcs drawn unless a threshold is set.
pub const FEW: usize = 10;

/// The pairs of atoms that exchange messages without a bond, which only full graphs have.
#[derive(Clone, Debug)]
pub struct AbsentBonds {
    readings: Arc<Readings>,
    drawn: usize,
}

impl AbsentBonds {
    /// All of them, strongest first.
    pub fn pairs(&self) -> &[AbsentPair] {
        &self.readings.absent
    }

    /// How many of them are drawn as arcs.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    /// The magnitude of the weakest that is drawn.
    pub fn weakest(&self) -> Option<f32> {
        self.pairs().get(self.drawn.checked_sub(1)?).map(|pair| pair.strength)
    }

    /// Whether these are of the same answer, looked at in the same way.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.readings, &other.readings)
    }

    /// What the arcs are, in one line; empty if none are drawn.
    fn note(&self, arcs: Arcs) -> String {
        let (drawn, all) = (self.drawn, self.pairs().len());
        match arcs.least {
            _ if drawn == 0 => String::new(),
            Some(least) => format!("thin arcs: the {drawn} of {all} absent bonds from {} up", three_digits(least)),
            None if drawn == all => format!("thin arcs: all {all} absent bonds"),
            None if self.pairs().get(drawn).map(|pair| pair.strength) == self.weakest() => {
                format!("thin arcs: {drawn} strongest of {all} absent, ties by attention")
            }
            None => format!("thin arcs: the {drawn} strongest of {all} absent bonds"),
        }
    }
}

/// A magnitude in about three digits.
fn three_digits(value: f32) -> String {
    match value {
        100.0..1e6 => format!("{value:.0}"),
        1.0..100.0 => format!("{value:.1}"),
        1e-3..1.0 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// A painted molecule.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What to draw.
    pub scene: Arc<Scene>,
    /// What the colours mean; `None` while there are no numbers.
    pub bar: Option<ColorBar>,
    /// The edges without a bond; `None` where attention runs along bonds only.
    pub absent: Option<AbsentBonds>,
    readings: Arc<Readings>,
}

impl Picture {
    /// One reading per directed edge, in row order.
    pub fn readings(&self) -> &[EdgeReading] {
        &self.readings.edges
    }

    /// The two directions of a bond or pair, the one with the larger number first.
    pub fn stronger_first(&self, edges: [DirectedEdge; 2], coloring: Coloring) -> [DirectedEdge; 2] {
        readings::stronger_first(self.readings(), edges, coloring)
    }

    /// The pairs of atoms without a bond that are drawn as arcs, strongest first.
    pub fn arcs(&self) -> impl Iterator<Item = Pick> {
        let absent = self.absent.iter();
        let pairs = absent.flat_map(|absent| absent.pairs().get(..absent.drawn).unwrap_or_default());
        pairs.map(|pair| Pick::pair(pair.edge))
    }
}

impl Workspace {
    /// The painted molecule in the main state, if one was read and laid out.
    pub fn picture(&mut self, background: Background, hovered: Option<Pick>) -> Option<Arc<Picture>> {
        self.lane_picture(0, background, hovered)
    }

    /// The painted molecule in one of the states side by side, 0 being the main one. All of them have one
    /// colour scale.
    pub fn lane_picture(&mut self, side: usize, background: Background, hovered: Option<Pick>) -> Option<Arc<Picture>> {
        let readings = self.readings(side)?;
        let scale = self.color_scale();
        let label = bar_label(&self.state.view);
        let note = String::new();
        self.remember(side, (readings, scale, label, note), (background, hovered))
    }

    /// The picture of what one of two states has more than the other, if it is asked for and known: colours
    /// diverge from zero.
    pub fn difference_picture(&mut self, background: Background, hovered: Option<Pick>) -> Option<Arc<Picture>> {
        let Difference { of, minus } = self.state.difference?;
        let (readings, only) = self.differences(of, minus)?;
        let arcs = self.state.view.arcs.shown;
        let values = readings.edges.iter().filter(|reading| arcs || reading.bond.is_some());
        let values = values.filter_map(|reading| reading.value).map(narrow);
        let scale = ColorScale::fit_range(ColorMap::PurpleOrange, false, values);
        let (a, b) = (side_letter(of), side_letter(minus));
        let label = format!("{a} − {b}: {}", bar_label(&View { coloring: Coloring::Value, ..self.state.view.clone() }));
        let alone = |count: usize, side: usize| {
            (count > 0)
                .then(|| format!("{count} edge{} only in {}", if count == 1 { "" } else { "s" }, side_letter(side)))
        };
        let alone: Vec<String> = [alone(only[0], of), alone(only[1], minus)].into_iter().flatten().collect();
        let note = if alone.is_empty() { String::new() } else { format!("grey: {}", alone.join(", ")) };
        self.remember(PICTURES - 1, (readings, scale, label, note), (background, hovered))
    }

    /// A picture made anew only if something it depends on changed.
    fn remember(
        &mut self,
        place: usize,
        (readings, scale, label, note): (Arc<Readings>, ColorScale, String, String),
        (background, hovered): (Background, Option<Pick>),
    ) -> Option<Arc<Picture>> {
        let shown = self.state.shown.as_ref()?;
        let layout = Arc::clone(shown.layout.as_ref()?);
        let mut view = self.state.view.clone();
        if scale.map.is_diverging() && place == PICTURES - 1 {
            view.coloring = Coloring::Value;
        }
        let key = PictureKey {
            readings: Held::of(&readings),
            layout: Held::of(&layout),
            view,
            scale,
            label,
            labels: if self.state.view.labels { Held::of(&self.state.labels) } else { Held(None) },
            pick: self.picked(),
            hovered,
            background,
        };
        let known = self.memo.pictures.get_mut(place)?;
        if let Some((known, picture)) = known
            && *known == key
        {
            return Some(Arc::clone(picture));
        }
        let picture = Arc::new(paint(shown, (&layout, readings), &key, note));
        *known = Some((key, Arc::clone(&picture)));
        Some(picture)
    }

    /// What is known of every edge of the molecule shown in one of the states, made anew only if the answer
    /// or the way it is looked at changed.
    pub(super) fn readings(&mut self, side: usize) -> Option<Arc<Readings>> {
        let state = &self.state;
        let shown = state.shown.as_ref()?;
        let comparison = state.side(side).and_then(|side| side.comparison);
        let key = ReadingsKey {
            comparison: Held(comparison.cloned()),
            molecule: Held::of(&shown.molecule),
            reading: state.reading_at(side),
            coloring: state.view.coloring,
            intervention: state.intervention_at(side, shown.id),
        };
        let slot = self.memo.readings.get_mut(side)?;
        if let Some((known, readings)) = slot
            && *known == key
        {
            return Some(Arc::clone(readings));
        }
        let readings = Arc::new(Readings::of(shown, comparison, (key.reading, key.coloring), &key.intervention));
        *slot = Some((key, Arc::clone(&readings)));
        Some(readings)
    }

    /// What one state has more than another, made anew only if one of them changed.
    fn differences(&mut self, of: usize, minus: usize) -> Option<Differences> {
        let (of, minus) = (self.readings(of)?, self.readings(minus)?);
        let key = [Held::of(&of), Held::of(&minus)];
        if let Some((known, differences)) = &self.memo.differences
            && *known == key
        {
            return Some(differences.clone());
        }
        let (readings, only) = Readings::difference(&of, &minus);
        let differences = (Arc::new(readings), only);
        self.memo.differences = Some((key, differences.clone()));
        Some(differences)
    }

    /// The scale that holds everything drawn of all states, so that a colour means one thing.
    fn color_scale(&mut self) -> ColorScale {
        let sides = 0..self.state.side_count();
        let readings: Vec<Arc<Readings>> = sides.filter_map(|side| self.readings(side)).collect();
        let key = ScaleKey { readings: readings.iter().map(Held::of).collect(), view: self.state.view.clone() };
        if let Some((known, scale)) = &self.memo.scale
            && *known == key
        {
            return *scale;
        }
        let scale = color_scale(&self.state.view, readings.iter().flat_map(|readings| &readings.edges));
        self.memo.scale = Some((key, scale));
        scale
    }

    /// The colour range fitted to the molecule shown, for locking; `None` while there are no values.
    pub(super) fn fitted_range(&mut self) -> Option<(f32, f32)> {
        let sides = 0..self.state.side_count();
        let readings: Vec<Arc<Readings>> = sides.filter_map(|side| self.readings(side)).collect();
        let mut edges = readings.iter().flat_map(|readings| &readings.edges);
        let view = View { locked: None, coloring: Coloring::Value, ..self.state.view.clone() };
        let scale = color_scale(&view, edges.clone());
        edges.any(|reading| reading.value.is_some()).then_some((scale.low, scale.high))
    }

    /// What directed edges of the molecule shown do in every layer; empty for those that are taken out.
    pub fn edge_layers<const N: usize>(&self, edges: [DirectedEdge; N]) -> [Vec<LayerReading>; N] {
        match &self.state.comparison {
            Some(comparison) => readings::edge_layers(&comparison.edited, edges),
            None => edges.map(|_| Vec::new()),
        }
    }

    /// What is looked at of a directed edge, per state side by side and layer, an empty list for a state in
    /// which it takes no part; nothing at all if there is one state only.
    pub fn compared(&self, edge: DirectedEdge) -> Vec<Vec<f64>> {
        let state = &self.state;
        if state.lanes.is_empty() {
            return Vec::new();
        }
        let values = |side: usize| {
            let trace = state.side(side).and_then(|side| side.comparison).map(|comparison| &comparison.edited);
            trace.map_or_else(Vec::new, |trace| readings::edge_in_layers(trace, edge, state.reading_at(side)))
        };
        (0..state.side_count()).map(values).collect()
    }

    /// Ratio of a directed edge per layer before any edit; empty if nothing is edited.
    pub fn ratios_before(&self, edge: DirectedEdge) -> Vec<f64> {
        let edited = |comparison: &&Arc<Comparison>| !Arc::ptr_eq(&comparison.baseline, &comparison.edited);
        let comparison = self.state.comparison.as_ref().filter(edited);
        comparison.map_or_else(Vec::new, |comparison| readings::edge_ratios(&comparison.baseline, edge))
    }

    /// The strongest edges without a bond in a picture of the molecule shown, at `atom` or anywhere; at most
    /// `most`, strongest first.
    pub fn strongest_absent(&self, picture: &Picture, atom: Option<AtomId>, most: usize) -> Vec<AbsentReading> {
        let view = &self.state.view;
        self.state.comparison.as_ref().map_or_else(Vec::new, |comparison| {
            let looked_at = (view.reading, view.coloring);
            readings::strongest_absent(&comparison.edited, picture.readings(), looked_at, atom, most)
        })
    }
}

fn paint(shown: &Shown, (layout, readings): (&Layout, Arc<Readings>), key: &PictureKey, note: String) -> Picture {
    let PictureKey { view, scale, .. } = key;
    let has_numbers = readings.edges.iter().any(|reading| reading.shown(view.coloring).is_some());
    let absent = (!readings.absent.is_empty())
        .then(|| AbsentBonds { drawn: drawn(&readings.absent, view.arcs), readings: Arc::clone(&readings) });
    let arcs = absent.as_ref().map_or(&[][..], |absent| absent.pairs().get(..absent.drawn).unwrap_or_default());
    let joined = joined(shown, (&readings, arcs), key);
    let in_arcs: BTreeSet<DirectedEdge> = joined.iter().flat_map(|&edge| [edge, edge.reversed()]).collect();
    let drawn = readings.edges.iter().filter(|reading| reading.bond.is_some() || in_arcs.contains(&reading.edge));
    let value = |reading: &EdgeReading| (reading.edge, narrow(reading.shown(view.coloring).unwrap_or(f64::NAN)));
    let edges = if has_numbers {
        EdgePaint::of_values(drawn.clone().map(value), scale, key.background)
    } else {
        EdgePaint::default()
    };
    let ablated: Vec<(DirectedEdge, Ablation)> =
        drawn.filter_map(|reading| Some((reading.edge, reading.ablated?))).collect();
    let edges = edges.with_ablated(ablated.iter().copied()).with_arcs(joined);
    let style = Style {
        background: key.background,
        selected: key.pick,
        hovered: key.hovered,
        numbers: view.atom_numbers,
        ..Style::default()
    };
    let mut scene = scene::depict(&shown.molecule, layout, &edges, &style);
    let labels = key.labels.0.iter().flat_map(|labels| labels.of_parts(shown.id));
    scene::annotate(&mut scene, (&shown.molecule, layout), labels, key.background);
    let arcs_note = absent.as_ref().map_or_else(String::new, |absent| absent.note(view.arcs));
    let notes: Vec<String> = [arcs_note, marks(&ablated), note].into_iter().filter(|note| !note.is_empty()).collect();
    let bar =
        has_numbers.then(|| ColorBar::new(*scale, key.label.clone(), marker(view, scale)).with_note(notes.join("\n")));
    Picture { scene: Arc::new(scene), bar, absent, readings }
}

/// One direction of every pair that is drawn as an arc: those that are strong enough, those that are ablated,
/// which may have no number left, and the chosen one.
fn joined(shown: &Shown, (readings, strong): (&Readings, &[AbsentPair]), key: &PictureKey) -> Vec<DirectedEdge> {
    let mut edges: Vec<DirectedEdge> = strong.iter().map(|pair| pair.edge).collect();
    let mut known: BTreeSet<Pick> = edges.iter().map(|&edge| Pick::pair(edge)).collect();
    let ablated = readings.edges.iter().filter(|reading| reading.bond.is_none() && reading.ablated.is_some());
    let ablated = ablated.map(|reading| reading.edge).filter(|_| key.view.arcs.shown);
    let chosen = key.pick.filter(|pick| matches!(pick, Pick::Pair(..))).and_then(|pick| pick.edges(&shown.molecule));
    let chosen = chosen.map(|[edge, _]| edge).filter(|edge| readings.edges.iter().any(|known| known.edge == *edge));
    edges.extend(ablated.chain(chosen).filter(|&edge| known.insert(Pick::pair(edge))));
    edges
}

/// What the marks of ablated edges mean, in one line; empty if there are none.
fn marks(ablated: &[(DirectedEdge, Ablation)]) -> String {
    let words = |kind: Ablation| match kind {
        Ablation::Remove => "dashed: removed",
        Ablation::Zero => "dotted: zeroed",
        Ablation::LayerMean => "bar across: averaged",
    };
    let present = |kind: &Ablation| ablated.iter().any(|(_, how)| how == kind);
    Ablation::ALL.into_iter().filter(present).map(words).collect::<Vec<_>>().join(", ")
}

/// How many of the pairs, strongest first, become arcs.
fn drawn(pairs: &[AbsentPair], arcs: Arcs) -> usize {
    match arcs.least {
        _ if !arcs.shown => 0,
        Some(least) => pairs.partition_point(|pair| pair.strength >= least),
        None => pairs.len().min(FEW),
    }
}

/// The line at a ratio of 1000.
pub(super) fn marker(view: &View, scale: &ColorScale) -> Option<f32> {
    let ratios = view.reading.quantity == Quantity::Ratio && !scale.map.is_diverging();
    ratios.then(|| narrow(MASSIVE_RATIO))
}

/// Colours need no more than f32.
#[allow(clippy::cast_possible_truncation, reason = "for colours")]
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

/// The scale that holds everything drawn. Absent bonds count as long as arcs are shown at all, so that
/// their threshold does not change what colours mean.
pub(super) fn color_scale<'a>(view: &View, readings: impl Iterator<Item = &'a EdgeReading>) -> ColorScale {
    let readings = readings.filter(|reading| view.arcs.shown || reading.bond.is_some());
    if view.coloring == Coloring::Difference {
        let changes = readings.filter_map(EdgeReading::difference).map(narrow);
        return ColorScale::fit_range(ColorMap::PurpleOrange, false, changes);
    }
    let log = view.reading.quantity != Quantity::Attention;
    match view.locked {
        Some((low, high)) => ColorScale { map: view.map, low, high, log },
        // Fitted to before and after together, so that an edit does not silently change what colours mean.
        None => {
            let values = readings.flat_map(|reading| [reading.value, reading.baseline]).flatten().map(narrow);
            ColorScale::fit_range(view.map, log, values)
        }
    }
}

/// What the colours mean, in words.
pub(super) fn bar_label(view: &View) -> String {
    let head = view.reading.head.map_or_else(|| "all heads".to_owned(), |head| format!("head {head}"));
    let what = quantity_name(view.reading.quantity);
    let change = if view.coloring == Coloring::Difference { "change of " } else { "" };
    format!("{change}{what}, layer {}, {head}", view.reading.layer)
}
