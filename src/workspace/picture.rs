//! What is derived from state for display: the painted molecule, the readings of a bond, the charts.
//!
//! Each is computed when its inputs changed and kept otherwise, so a frame that shows the same as the
//! one before costs nothing here.

use super::readings::{self, AbsentPair, AbsentReading, EdgeReading, LayerReading, Readings};
use super::state::State;
use super::view::{Arcs, Coloring, quantity_name};
use super::{FigureKind, Workspace};
use crate::analysis::chart::{Chart, Role};
use crate::analysis::{self, Band, Curves, HistogramTitle, MASSIVE_RATIO, Quantity};
use crate::domain::{Ablation, AtomId, Comparison, DirectedEdge, Molecule, Trace};
use crate::engine::{ModelState, Survey};
use crate::scene::{self, Background, ColorBar, ColorMap, ColorScale, EdgePaint, Layout, Pick, Scene, Style};
use std::collections::{BTreeMap, BTreeSet};
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
}

/// Everything the readings depend on.
#[derive(Clone, PartialEq)]
struct ReadingsKey {
    comparison: Held<Comparison>,
    molecule: Held<Molecule>,
    reading: analysis::View,
    coloring: Coloring,
    ablated: BTreeMap<DirectedEdge, Ablation>,
}

/// Everything the picture depends on.
#[derive(Clone, PartialEq)]
struct PictureKey {
    readings: Held<Readings>,
    layout: Held<Layout>,
    view: super::View,
    pick: Option<Pick>,
    hovered: Option<Pick>,
    background: Background,
}

/// Everything a chart depends on.
#[derive(Clone, PartialEq)]
struct ChartKey {
    kind: FigureKind,
    state: ModelState,
    comparison: Held<Comparison>,
    survey: Held<Survey>,
    reading: analysis::View,
}

/// One remembered value per derived thing.
#[derive(Default)]
pub(super) struct Memo {
    readings: Option<(ReadingsKey, Arc<Readings>)>,
    picture: Option<(PictureKey, Arc<Picture>)>,
    charts: Vec<(ChartKey, Result<Arc<Chart>, String>)>,
}

/// Charts kept: every kind in both states, with room for one export.
const CHARTS_KEPT: usize = 8;

/// A shared value that is told from others by being held, not by its contents.
struct Held<T>(Option<Arc<T>>);

impl<T> Clone for Held<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl Workspace {
    /// The painted molecule, if one was read and laid out.
    pub fn picture(&mut self, background: Background, hovered: Option<Pick>) -> Option<Arc<Picture>> {
        let pick = self.picked();
        let layout = Arc::clone(self.state.shown.as_ref()?.layout.as_ref()?);
        let readings = self.readings()?;
        let key = PictureKey {
            readings: Held(Some(Arc::clone(&readings))),
            layout: Held(Some(Arc::clone(&layout))),
            view: self.state.view.clone(),
            pick,
            hovered,
            background,
        };
        if let Some((known, picture)) = &self.memo.picture
            && *known == key
        {
            return Some(Arc::clone(picture));
        }
        let picture = Arc::new(paint(&self.state, (&layout, readings), &key));
        self.memo.picture = Some((key, Arc::clone(&picture)));
        Some(picture)
    }

    /// What is known of every edge of the molecule shown, made anew only if the answer or the way it is
    /// looked at changed.
    fn readings(&mut self) -> Option<Arc<Readings>> {
        let shown = self.state.shown.as_ref()?;
        let key = ReadingsKey {
            comparison: Held(self.state.comparison.clone()),
            molecule: Held(Some(Arc::clone(&shown.molecule))),
            reading: self.state.view.reading,
            coloring: self.state.view.coloring,
            ablated: self.state.edits.intervention(shown.id).ablated,
        };
        if let Some((known, readings)) = &self.memo.readings
            && *known == key
        {
            return Some(Arc::clone(readings));
        }
        let readings = Arc::new(Readings::of(&self.state));
        self.memo.readings = Some((key, Arc::clone(&readings)));
        Some(readings)
    }

    /// A chart of the molecule shown or of what was measured.
    ///
    /// # Errors
    /// One sentence: why there is no chart yet.
    pub fn chart(&mut self, kind: FigureKind, state: ModelState) -> Result<Arc<Chart>, String> {
        let key = ChartKey {
            kind,
            state,
            // Only this chart is about the molecule shown; the others do not change with it.
            comparison: Held(self.state.comparison.clone().filter(|_| kind == FigureKind::EdgeRatios)),
            survey: Held(self.state.survey().cloned()),
            reading: self.state.view.reading,
        };
        if let Some((_, chart)) = self.memo.charts.iter().find(|(known, _)| *known == key) {
            return chart.clone();
        }
        let chart = chart(&self.state, kind, state).map(Arc::new);
        // An answer about a full graph is large: only the one that is shown is worth keeping.
        self.memo.charts.retain(|(known, _)| known.kind != kind || known.comparison == key.comparison);
        if self.memo.charts.len() >= CHARTS_KEPT {
            drop(self.memo.charts.remove(0));
        }
        self.memo.charts.push((key, chart.clone()));
        chart
    }

    /// What directed edges of the molecule shown do in every layer; empty for those that are taken out.
    pub fn edge_layers<const N: usize>(&self, edges: [DirectedEdge; N]) -> [Vec<LayerReading>; N] {
        match &self.state.comparison {
            Some(comparison) => readings::edge_layers(&comparison.edited, edges),
            None => edges.map(|_| Vec::new()),
        }
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

fn paint(state: &State, (layout, readings): (&Layout, Arc<Readings>), key: &PictureKey) -> Picture {
    let Some(shown) = &state.shown else {
        return Picture { scene: Arc::default(), bar: None, absent: None, readings };
    };
    let view = &state.view;
    let scale = color_scale(state, &readings.edges);
    let has_numbers = readings.edges.iter().any(|reading| reading.shown(view.coloring).is_some());
    let absent = (!readings.absent.is_empty())
        .then(|| AbsentBonds { drawn: drawn(&readings.absent, view.arcs), readings: Arc::clone(&readings) });
    let arcs = absent.as_ref().map_or(&[][..], |absent| absent.pairs().get(..absent.drawn).unwrap_or_default());
    let mut in_arcs: BTreeSet<DirectedEdge> = arcs.iter().map(|pair| pair.edge).collect();
    in_arcs.extend(arcs.iter().map(|pair| pair.edge.reversed()));
    let drawn = readings.edges.iter().filter(|reading| reading.bond.is_some() || in_arcs.contains(&reading.edge));
    let value = |reading: &EdgeReading| (reading.edge, narrow(reading.shown(view.coloring).unwrap_or(f64::NAN)));
    let edges = if has_numbers {
        EdgePaint::of_values(drawn.clone().map(value), &scale, key.background)
    } else {
        EdgePaint::default()
    };
    let ablated = drawn.filter(|reading| reading.ablated).map(|reading| reading.edge);
    let edges = edges.with_ablated(ablated).with_arcs(arcs.iter().map(|pair| pair.edge));
    let style = Style {
        background: key.background,
        selected: key.pick,
        hovered: key.hovered,
        numbers: view.atom_numbers,
        ..Style::default()
    };
    let scene = scene::depict(&shown.molecule, layout, &edges, &style);
    let note = absent.as_ref().map_or_else(String::new, |absent| absent.note(view.arcs));
    let bar = has_numbers.then(|| ColorBar::new(scale, bar_label(state), marker(state)).with_note(note));
    Picture { scene: Arc::new(scene), bar, absent, readings }
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
fn marker(state: &State) -> Option<f32> {
    let ratios = state.view.reading.quantity == Quantity::Ratio && state.view.coloring == Coloring::Value;
    ratios.then(|| narrow(MASSIVE_RATIO))
}

/// Colours need no more than f32.
#[allow(clippy::cast_possible_truncation, reason = "for colours")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The scale that holds everything drawn. Absent bonds count as long as arcs are shown at all, so that
/// their threshold does not change what colours mean.
fn color_scale(state: &State, readings: &[EdgeReading]) -> ColorScale {
    let view = &state.view;
    let readings = readings.iter().filter(|reading| view.arcs.shown || reading.bond.is_some());
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

/// The colour range fitted to the molecule shown, for locking; `None` while there are no values.
pub(super) fn fitted_range(state: &State) -> Option<(f32, f32)> {
    let readings = Readings::of(state).edges;
    let readings = readings.iter().filter(|reading| state.view.arcs.shown || reading.bond.is_some());
    let values: Vec<f32> = readings.filter_map(|reading| reading.value).map(narrow).collect();
    let log = state.view.reading.quantity != Quantity::Attention;
    let scale = ColorScale::fit_range(state.view.map, log, values.iter().copied());
    (!values.is_empty()).then_some((scale.low, scale.high))
}

/// What the colours mean, in words.
fn bar_label(state: &State) -> String {
    let view = &state.view;
    let head = view.reading.head.map_or_else(|| "all heads".to_owned(), |head| format!("head {head}"));
    let what = quantity_name(view.reading.quantity);
    let change = if view.coloring == Coloring::Difference { "change of " } else { "" };
    format!("{change}{what}, layer {}, {head}", view.reading.layer)
}

fn chart(state: &State, kind: FigureKind, of: ModelState) -> Result<Chart, String> {
    let layer = Some(state.view.reading.layer);
    match kind {
        FigureKind::EdgeRatios => {
            let comparison = state.comparison.as_ref().ok_or("There is no trace of this molecule yet.")?;
            let bands = state.survey().map(|survey| survey.base_bands()).unwrap_or_default();
            let named: Vec<(&str, Band)> = bands.iter().map(|(state, band)| (state.name(), *band)).collect();
            Ok(analysis::edge_ratio_curves(&edge_curves(state, comparison), &named, layer))
        }
        FigureKind::Curves => {
            let survey = state.survey().ok_or(UNMEASURED)?;
            let (_, sweep) = survey.states.first().ok_or(UNMEASURED)?;
            let bands = survey.base_bands();
            let named: Vec<(&str, Band)> = bands.iter().map(|(state, band)| (state.name(), *band)).collect();
            Ok(analysis::batch_curves(sweep, &named, layer))
        }
        FigureKind::Histogram => {
            let survey = state.survey().ok_or(UNMEASURED)?;
            let sweep = survey.state(of).ok_or("This state was not measured.")?;
            let layer = state.view.reading.layer;
            let measured = sweep.layers().get(layer).ok_or(UNMEASURED)?;
            let fit = survey.fit(of, layer);
            let sample = measured.log_ratios.sample().map_err(|error| error.to_string())?;
            let left_out = measured.log_ratios.nan() + measured.log_ratios.infinite();
            let role = if of == ModelState::Trained { Role::Trained } else { Role::Base };
            let title = HistogramTitle { layer, state: of.name(), role, left_out };
            Ok(analysis::histogram(&sample, fit, title))
        }
        FigureKind::Molecule | FigureKind::Activations => Err("This figure is not a chart.".to_owned()),
    }
}

const UNMEASURED: &str = "The molecules have not been measured under this model yet.";

/// Ratio curves of the molecule shown, and of its baseline where edits make a difference.
fn edge_curves<'a>(state: &State, comparison: &Comparison) -> Vec<Curves<'a>> {
    let view = analysis::View { quantity: Quantity::Ratio, head: state.view.reading.head, layer: 0 };
    let curves = |name, role, trace: &Trace| Curves {
        name,
        role,
        layers: (0..trace.layers.len())
            .map(|layer| analysis::edge_values(trace, analysis::View { layer, ..view }))
            .collect(),
    };
    if Arc::ptr_eq(&comparison.baseline, &comparison.edited) {
        return vec![curves("as trained", Role::Trained, &comparison.edited)];
    }
    vec![curves("as trained", Role::Trained, &comparison.baseline), curves("edited", Role::Edited, &comparison.edited)]
}
