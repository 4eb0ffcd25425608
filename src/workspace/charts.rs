//! The charts of what is shown and measured, made when their inputs changed and kept otherwise.

use super::lanes::{MOST_LANES, side_letter};
use super::memo::{CHARTS_KEPT, ChartKey, Held};
use super::state::State;
use super::{FigureKind, Workspace};
use crate::analysis::chart::{Axis, Chart, Role};
use crate::analysis::{self, Band, Curves, HistogramTitle, Overlaid, Quantity};
use crate::domain::{ModelId, Trace};
use crate::engine::{ModelState, Survey};
use crate::figure::{Content, Panel, Row};
use std::sync::Arc;

impl Workspace {
    /// A chart of the molecule shown or of what was measured.
    ///
    /// # Errors
    /// One sentence: why there is no chart yet.
    pub fn chart(&mut self, kind: FigureKind, state: ModelState) -> Result<Arc<Chart>, String> {
        let sides = || self.state.sides();
        let key = ChartKey {
            kind,
            state,
            // Only this chart is about the molecule shown; the others do not change with it.
            comparisons: match kind {
                FigureKind::EdgeRatios => sides().map(|side| Held(side.comparison.cloned())).collect(),
                _ => Vec::new(),
            },
            surveys: (0..self.state.side_count()).map(|side| Held(self.state.survey_at(side).cloned())).collect(),
            names: (0..self.state.side_count()).map(|side| self.state.name_at(side)).collect(),
            reading: self.state.view.reading,
            linear: self.state.view.is_linear(kind),
        };
        if let Some((_, chart)) = self.memo.charts.iter().find(|(known, _)| *known == key) {
            return chart.clone();
        }
        let chart = chart(&self.state, kind, state);
        let chart = chart.map(|chart| if key.linear { chart.on_linear_heights() } else { chart }).map(Arc::new);
        // An answer about a full graph is large: only the one that is shown is worth keeping.
        self.memo.charts.retain(|(known, _)| known.kind != kind || known.comparisons == key.comparisons);
        if self.memo.charts.len() >= CHARTS_KEPT {
            drop(self.memo.charts.remove(0));
        }
        self.memo.charts.push((key, chart.clone()));
        chart
    }
}

fn chart(state: &State, kind: FigureKind, of: ModelState) -> Result<Chart, String> {
    let layer = Some(state.view.reading.layer);
    let bands = state.survey().map(|survey| survey.base_bands()).unwrap_or_default();
    // Beside other states it has to be said whose base this is.
    let whose =
        |band: ModelState| if state.lanes.is_empty() { band.name().to_owned() } else { format!("A: {}", band.name()) };
    let named: Vec<(String, Band)> = bands.iter().map(|(state, band)| (whose(*state), *band)).collect();
    let named: Vec<(&str, Band)> = named.iter().map(|(name, band)| (name.as_str(), *band)).collect();
    match kind {
        FigureKind::EdgeRatios => {
            let curves = edge_curves(state);
            if curves.is_empty() {
                return Err("There is no trace of this molecule yet.".to_owned());
            }
            let curves: Vec<Curves<'_>> = curves.iter().map(Named::curves).collect();
            Ok(analysis::edge_ratio_curves(&curves, &named, layer))
        }
        FigureKind::Curves => {
            let measured = measured(state);
            if measured.is_empty() {
                return Err(UNMEASURED.to_owned());
            }
            let sweeps: Vec<_> = measured.iter().map(|known| (known.name.as_str(), known.role, known.sweep)).collect();
            let mut chart = analysis::batch_curves_of(&sweeps, &named, layer);
            chart.notes.extend(unmeasured(state));
            Ok(chart)
        }
        FigureKind::Histogram if state.lanes.is_empty() => histogram(state, of),
        FigureKind::Histogram => histograms(state),
        FigureKind::Molecule | FigureKind::Activations | FigureKind::ColorBar => {
            Err("This figure is not a chart.".to_owned())
        }
    }
}

/// Gives curves of the same ratios one axis, so that the panels of a figure, whose kinds these are, can be compared.
pub(super) fn share_axes(kinds: impl Iterator<Item = FigureKind>, rows: &mut [Row<Panel>]) {
    let panels = rows.iter_mut().flat_map(|row| &mut row.cells).map(|cell| &mut cell.panel.content);
    let mut axes: Vec<&mut Axis> = Vec::new();
    for (kind, content) in kinds.zip(panels) {
        if let (FigureKind::EdgeRatios | FigureKind::Curves, Content::Chart(chart)) = (kind, content) {
            axes.push(&mut chart.y);
        }
    }
    let known: Vec<Axis> = axes.iter().map(|axis| (**axis).clone()).collect();
    for axis in axes {
        let alike = known.iter().filter(|other| other.label == axis.label && other.scale == axis.scale);
        axis.range = alike.fold(axis.range, |(low, high), other| (low.min(other.range.0), high.max(other.range.1)));
    }
}

const UNMEASURED: &str = "The molecules have not been measured under this model yet.";

/// The colours of the states side by side.
const ROLES: [Role; MOST_LANES + 1] = [Role::Trained, Role::Second, Role::Third];

/// The ratios of one state, with a name of its own.
struct Named {
    name: String,
    role: Role,
    layers: Vec<Vec<f64>>,
}

impl Named {
    fn of(state: &State, name: String, role: Role, trace: &Trace) -> Self {
        let (quantity, head) = (Quantity::Ratio, state.view.reading.head);
        let layers = 0..trace.layers.len();
        let layers = layers.map(|layer| analysis::edge_values(trace, analysis::View { quantity, layer, head }));
        Self { name, role, layers: layers.collect() }
    }

    fn curves(&self) -> Curves<'_> {
        Curves { name: &self.name, role: self.role, layers: self.layers.clone() }
    }
}

/// Ratio curves of the molecule shown: of all states side by side, or of the only one and its baseline where
/// edits make a difference.
fn edge_curves(state: &State) -> Vec<Named> {
    if !state.lanes.is_empty() {
        let known = state.sides().zip(ROLES).enumerate();
        let known = known.filter_map(|(place, (side, role))| Some((place, side.comparison?, role)));
        return known
            .map(|(place, answer, role)| Named::of(state, title(state, place), role, &answer.edited))
            .collect();
    }
    let Some(comparison) = &state.comparison else { return Vec::new() };
    let untrained = state.checkpoint().is_some_and(|checkpoint| checkpoint.is_base());
    let before = if untrained { "untrained" } else { "as trained" }.to_owned();
    let mut curves = vec![Named::of(state, before, Role::Trained, &comparison.baseline)];
    if !Arc::ptr_eq(&comparison.baseline, &comparison.edited) {
        curves.push(Named::of(state, "edited".to_owned(), Role::Edited, &comparison.edited));
    }
    curves
}

/// `A gt-zinc, as trained`
fn title(state: &State, side: usize) -> String {
    format!("{} {}", side_letter(side), state.name_at(side))
}

/// What was measured of the model of one of the states; edits do not count there.
struct Measured<'a> {
    name: String,
    role: Role,
    state: ModelState,
    survey: &'a Survey,
    sweep: &'a analysis::Sweep,
    layer: usize,
}

/// What was measured of the models of all states, each model once.
fn measured(state: &State) -> Vec<Measured<'_>> {
    let alone = state.lanes.is_empty();
    let mut seen: Vec<&ModelId> = Vec::new();
    let mut measured = Vec::new();
    for ((place, side), role) in state.sides().enumerate().zip(ROLES) {
        let Some((survey, (of, sweep))) =
            state.survey_at(place).and_then(|survey| Some((survey, survey.states.first()?)))
        else {
            continue;
        };
        let model = &side.checkpoint.id;
        if seen.contains(&model) {
            continue;
        }
        seen.push(model);
        let condition = if side.checkpoint.is_base() { "untrained" } else { "trained" };
        let name = match alone {
            true => condition.to_owned(),
            false => format!("{} {}, {condition}", side_letter(place), model.name),
        };
        let layer = state.reading_at(place).layer;
        measured.push(Measured { name, role, state: *of, survey: survey.as_ref(), sweep, layer });
    }
    measured
}

/// Which of the models side by side were not measured yet, in a line.
fn unmeasured(state: &State) -> Option<String> {
    let missing = (0..state.side_count()).filter(|&side| state.survey_at(side).is_none());
    let missing: Vec<String> = missing.map(|side| side_letter(side).to_string()).collect();
    (!missing.is_empty()).then(|| format!("not measured yet: {}", missing.join(", ")))
}

fn histogram(state: &State, of: ModelState) -> Result<Chart, String> {
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

/// The log ratios of all models side by side in one.
fn histograms(state: &State) -> Result<Chart, String> {
    let measured = measured(state);
    let sample = |known: &Measured<'_>| known.sweep.layers().get(known.layer)?.log_ratios.sample().ok();
    let samples: Vec<_> = measured.iter().filter_map(|known| Some((known, sample(known)?))).collect();
    if samples.is_empty() {
        return Err(UNMEASURED.to_owned());
    }
    let overlaid: Vec<Overlaid<'_>> = samples
        .iter()
        .map(|(known, sample)| Overlaid {
            name: &known.name,
            role: known.role,
            layer: known.layer,
            sample,
            fit: known.survey.fit(known.state, known.layer),
        })
        .collect();
    let mut chart = analysis::histograms(&overlaid);
    chart.notes.extend(unmeasured(state));
    Ok(chart)
}
