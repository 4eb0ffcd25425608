//! What is derived from state for display: the painted molecule, the readings of a bond, the charts.
//!
//! Each is computed when its inputs changed and kept otherwise, so a frame that shows the same as the
//! one before costs nothing here.

use super::state::State;
use super::view::{Coloring, quantity_name};
use super::{FigureKind, Workspace};
use crate::analysis::chart::{Chart, Role};
use crate::analysis::{self, Band, Curves, EdgeStat, HistogramTitle, MASSIVE_RATIO, Quantity};
use crate::domain::{Ablation, BondId, Comparison, DirectedEdge, Trace};
use crate::engine::{ModelState, Survey};
use crate::scene::{self, Background, ColorBar, ColorMap, ColorScale, EdgePaint, Layout, Pick, Scene, Style};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the picture says of one directed edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeReading {
    /// The edge.
    pub edge: DirectedEdge,
    /// Its bond.
    pub bond: BondId,
    /// The quantity after all edits; `None` if the edge is taken out or there is no number.
    pub value: Option<f64>,
    /// The quantity before any edit.
    pub baseline: Option<f64>,
    /// MA ratio in the layer shown, whatever the quantity.
    pub ratio: Option<f64>,
    /// Place among the molecule's edges by the quantity, from 1 (largest).
    pub rank: Option<usize>,
    /// Whether the edge is taken out.
    pub ablated: bool,
}

impl EdgeReading {
    /// Edited minus baseline.
    pub fn difference(&self) -> Option<f64> {
        Some(self.value? - self.baseline?)
    }
}

/// A painted molecule.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What to draw.
    pub scene: Arc<Scene>,
    /// What the colours mean; `None` while there are no numbers.
    pub bar: Option<ColorBar>,
    /// One reading per directed edge, in row order.
    pub readings: Vec<EdgeReading>,
}

/// What one directed edge does in one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerReading {
    /// Ratio, median, maximum and where the maximum sits.
    pub stat: EdgeStat,
    /// Head of the maximum.
    pub head: usize,
    /// Channel of the maximum within its head.
    pub channel: usize,
    /// Place among the molecule's edges by ratio, from 1.
    pub rank: Option<usize>,
    /// Attention weight per head.
    pub attention: Vec<f32>,
}

/// Everything the picture depends on.
#[derive(Clone, PartialEq)]
struct PictureKey {
    comparison: Held<Comparison>,
    layout: Held<Layout>,
    view: super::View,
    ablated: BTreeMap<DirectedEdge, Ablation>,
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
        let shown = self.state.shown.as_ref()?;
        let layout = shown.layout.as_ref()?;
        let ablated = self.state.edits.intervention(shown.id).ablated;
        let key = PictureKey {
            comparison: Held(self.state.comparison.clone()),
            layout: Held(Some(Arc::clone(layout))),
            view: self.state.view.clone(),
            ablated,
            pick,
            hovered,
            background,
        };
        if let Some((known, picture)) = &self.memo.picture
            && *known == key
        {
            return Some(Arc::clone(picture));
        }
        let picture = Arc::new(paint(&self.state, layout, &key));
        self.memo.picture = Some((key, Arc::clone(&picture)));
        Some(picture)
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
        if self.memo.charts.len() >= CHARTS_KEPT {
            drop(self.memo.charts.remove(0));
        }
        self.memo.charts.push((key, chart.clone()));
        chart
    }

    /// What a directed edge of the molecule shown does in every layer; empty if it is taken out.
    pub fn edge_layers(&self, edge: DirectedEdge) -> Vec<LayerReading> {
        self.state.comparison.as_ref().map_or_else(Vec::new, |comparison| edge_layers(&comparison.edited, edge))
    }
}

/// What a directed edge does in every layer of a trace; empty if it took no part.
pub(super) fn edge_layers(trace: &Trace, edge: DirectedEdge) -> Vec<LayerReading> {
    let Some(row) = trace.edges.find(edge) else { return Vec::new() };
    let reading = |layer: &crate::domain::LayerTrace| {
        let stats = analysis::edge_stats(&layer.edges);
        let ratios: Vec<f64> = stats.iter().map(|stat| stat.ratio).collect();
        let channels = (layer.edges.cols / trace.heads.max(1)).max(1);
        let stat = *stats.get(row)?;
        Some(LayerReading {
            head: stat.feature / channels,
            channel: stat.feature % channels,
            rank: analysis::rank(&ratios, row),
            attention: layer.attention.row(row).to_vec(),
            stat,
        })
    };
    trace.layers.iter().filter_map(reading).collect()
}

fn paint(state: &State, layout: &Layout, key: &PictureKey) -> Picture {
    let Some(shown) = &state.shown else {
        return Picture { scene: Arc::default(), bar: None, readings: Vec::new() };
    };
    let readings = readings(state);
    let values: Vec<f32> =
        readings.iter().map(|reading| narrow(shown_value(state, reading).unwrap_or(f64::NAN))).collect();
    let has_numbers = values.iter().any(|value| !value.is_nan());
    // Fitted to before and after together, so that an edit does not silently change what colours mean.
    let before =
        readings.iter().filter(|_| state.view.coloring == Coloring::Value).filter_map(|reading| reading.baseline);
    let fitted: Vec<f32> = values.iter().copied().chain(before.map(narrow)).collect();
    let scale = color_scale(state, &fitted);
    let ablated = readings.iter().filter(|reading| reading.ablated).map(|reading| reading.edge);
    let edges = if has_numbers {
        EdgePaint::of_values(&shown.edges, &values, &scale, key.background)
    } else {
        EdgePaint::default()
    };
    let style = Style {
        background: key.background,
        selected: key.pick,
        hovered: key.hovered,
        numbers: state.view.atom_numbers,
        ..Style::default()
    };
    let scene = scene::depict(&shown.molecule, layout, &edges.with_ablated(ablated), &style);
    let bar = has_numbers.then(|| ColorBar::new(scale, bar_label(state), marker(state)));
    Picture { scene: Arc::new(scene), bar, readings }
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

/// What the picture says of every directed edge, nothing left out.
fn readings(state: &State) -> Vec<EdgeReading> {
    let Some(shown) = &state.shown else { return Vec::new() };
    let removed = state.edits.intervention(shown.id).removed();
    let comparison = state.comparison.as_ref().filter(|comparison| comparison.probe.molecule == shown.id);
    let view = state.view.reading;
    let ratio_view = analysis::View { quantity: Quantity::Ratio, ..view };
    let values = |trace: fn(&Comparison) -> &Trace, view| {
        comparison.map_or_else(Vec::new, |comparison| analysis::edge_values(trace(comparison), view))
    };
    let (edited, baseline) = (values(|c| &c.edited, view), values(|c| &c.baseline, view));
    let ratios = values(|c| &c.edited, ratio_view);
    let at = |values: &[f64], row: Option<usize>| values.get(row?).copied().filter(|value| !value.is_nan());
    let edges = shown.edges.iter().zip(&shown.edges.bond).enumerate();
    edges
        .filter_map(|(row, (edge, bond))| {
            let row_edited = comparison.and_then(|comparison| comparison.edited.edges.find(edge));
            Some(EdgeReading {
                edge,
                bond: (*bond)?,
                value: at(&edited, row_edited),
                baseline: at(&baseline, Some(row)),
                ratio: at(&ratios, row_edited),
                rank: row_edited.and_then(|row| analysis::rank(&edited, row)),
                ablated: removed.contains(&edge),
            })
        })
        .collect()
}

/// The number that is painted: the value, or its change.
fn shown_value(state: &State, reading: &EdgeReading) -> Option<f64> {
    match state.view.coloring {
        Coloring::Value => reading.value,
        Coloring::Difference => reading.difference(),
    }
}

fn color_scale(state: &State, values: &[f32]) -> ColorScale {
    let view = &state.view;
    if view.coloring == Coloring::Difference {
        return ColorScale::fit_range(ColorMap::PurpleOrange, false, values.iter().copied());
    }
    let log = view.reading.quantity != Quantity::Attention;
    match view.locked {
        Some((low, high)) => ColorScale { map: view.map, low, high, log },
        None => ColorScale::fit_range(view.map, log, values.iter().copied()),
    }
}

/// The colour range fitted to the molecule shown, for locking; `None` while there are no values.
pub(super) fn fitted_range(state: &State) -> Option<(f32, f32)> {
    let values: Vec<f32> = readings(state).iter().filter_map(|reading| reading.value).map(narrow).collect();
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
