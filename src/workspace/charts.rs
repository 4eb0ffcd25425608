//! The charts of what is shown and measured, made when their inputs changed and kept otherwise.

use super::memo::{CHARTS_KEPT, ChartKey, Held};
use super::state::State;
use super::{FigureKind, Workspace};
use crate::analysis::chart::{Chart, Role};
use crate::analysis::{self, Band, Curves, HistogramTitle, Quantity};
use crate::domain::{Comparison, Trace};
use crate::engine::ModelState;
use std::sync::Arc;

impl Workspace {
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
