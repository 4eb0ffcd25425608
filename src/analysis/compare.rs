//! What an intervention changed: edge by edge and in the prediction.
//!
//! Taking edges out renumbers the rows of every matrix behind them, so rows are matched by directed edge.

use super::massive::{View, edge_values};
use crate::domain::{Comparison, DirectedEdge};

/// One directed edge of the baseline, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeChange {
    /// The edge.
    pub edge: DirectedEdge,
    /// The viewed quantity without the intervention.
    pub baseline: f64,
    /// The same with it; `None` if the edge was taken out.
    pub edited: Option<f64>,
}

impl EdgeChange {
    /// Edited minus baseline value; `None` if the edge was taken out.
    pub fn difference(&self) -> Option<f64> {
        Some(self.edited? - self.baseline)
    }

    /// log10(edited / baseline), the change on the logarithmic scale of ratios and activations; `None` if the edge was
    /// taken out, NaN or infinite where a value is 0, NaN or infinite.
    pub fn log10_fold(&self) -> Option<f64> {
        Some((self.edited? / self.baseline).log10())
    }
}

/// One output of the model before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PredictionChange {
    /// Without the intervention.
    pub baseline: f32,
    /// With it.
    pub edited: f32,
}

impl PredictionChange {
    /// Edited minus baseline output.
    pub fn difference(&self) -> f32 {
        self.edited - self.baseline
    }
}

/// The viewed quantity of every edge of the baseline, in its row order, before and after the intervention; empty if
/// the traces have no such layer.
pub fn edge_changes(comparison: &Comparison, view: View) -> Vec<EdgeChange> {
    let edited = edge_values(&comparison.edited, view);
    let find = |edge| edited.get(comparison.edited.edges.find(edge)?).copied();
    let edges = comparison.baseline.edges.iter().zip(edge_values(&comparison.baseline, view));
    edges.map(|(edge, baseline)| EdgeChange { edge, baseline, edited: find(edge) }).collect()
}

/// Every output of the model, before and after the intervention.
pub fn prediction_changes(comparison: &Comparison) -> Vec<PredictionChange> {
    let outputs = comparison.baseline.prediction.iter().zip(&comparison.edited.prediction);
    outputs.map(|(&baseline, &edited)| PredictionChange { baseline, edited }).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::domain::{
        Ablation, Atom, Bond, EdgeList, Intervention, LayerTrace, Matrix, ModelId, Molecule, MoleculeId,
    };
    use crate::domain::{Probe, Trace};
    use std::sync::Arc;

    fn trace(edges: EdgeList, values: Vec<f32>, prediction: f32) -> Arc<Trace> {
        let activation = Matrix::new(edges.len(), 2, values).unwrap();
        let layer = LayerTrace { edges: activation, ..LayerTrace::default() };
        Arc::new(Trace { prediction: vec![prediction], layers: vec![layer], edges, heads: 1 })
    }

    #[test]
    fn rows_are_matched_by_edge() {
        let bonds = vec![(0, 1, Bond::default()), (1, 2, Bond::default())];
        let propane = Molecule::new(vec![Atom::default(); 3], bonds).unwrap();
        let removed = DirectedEdge::new(0, 1);
        let comparison = Comparison {
            probe: Probe {
                dataset: 0,
                model: ModelId { name: "gt".into(), revision: 0 },
                molecule: MoleculeId(0),
                intervention: Intervention::default(),
                detail: crate::domain::Detail::Standard,
                edge_limit: usize::MAX,
            },
            baseline: trace(EdgeList::of(&propane), vec![1., 2., 1., 3., 1., 4., 1., 5.], 0.5),
            edited: trace(EdgeList::without(&propane, &[removed].into()), vec![1., 30., 1., 4., 1., 6.], 0.25),
            ablated: [(removed, Ablation::Remove)].into(),
        };
        let changes = edge_changes(&comparison, View::default());
        assert_eq!(changes[0], EdgeChange { edge: removed, baseline: 2.0, edited: None });
        assert_eq!((changes[0].difference(), changes[0].log10_fold()), (None, None));
        let edited: Vec<_> = changes.iter().map(|change| change.edited).collect();
        assert_eq!(edited, [None, Some(30.0), Some(4.0), Some(6.0)]);
        assert_eq!((changes[1].difference(), changes[1].log10_fold()), (Some(27.0), Some(1.0)));
        assert_eq!(prediction_changes(&comparison)[0].difference(), -0.25);
        assert!(edge_changes(&comparison, View { layer: 9, ..View::default() }).is_empty());
    }
}
