//! What pictures show of a trace, without the activations it comes from: a hundredth of the numbers, so that
//! hundreds of molecules can be recoloured by layer, head and quantity without being computed again.

use super::massive::{Quantity, View, attention, batch_max, channels, edge_stat};
use crate::domain::{DirectedEdge, Matrix, Trace};

/// One layer: `[E, 1 + heads]` of each of the two, all heads together in the first column.
#[derive(Clone, Debug, PartialEq)]
struct Layer {
    max: Matrix,
    median: Matrix,
    /// `[E, heads]`.
    attention: Matrix,
}

/// The numbers of every bond, in both directions, in every layer and head.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeSummary {
    edges: Vec<DirectedEdge>,
    heads: usize,
    layers: Vec<Layer>,
}

impl EdgeSummary {
    /// The numbers of those edges of a trace that stand for bonds.
    pub fn of(trace: &Trace) -> Self {
        let bonded = trace.edges.bond.iter().enumerate().filter(|(_, bond)| bond.is_some());
        let rows: Vec<usize> = bonded.map(|(row, _)| row).collect();
        let edges = rows.iter().filter_map(|&row| trace.edges.get(row)).collect();
        let columns: Vec<Option<usize>> = std::iter::once(None).chain((0..trace.heads).map(Some)).collect();
        let layers = trace.layers.iter().map(|layer| {
            let mut scratch = Vec::with_capacity(layer.edges.cols);
            let (mut max, mut median) = (Vec::new(), Vec::new());
            for &row in &rows {
                for &head in &columns {
                    let features = channels(layer.edges.cols, trace.heads, head);
                    let activations = layer.edges.row(row).get(features).unwrap_or(&[]);
                    let stat = edge_stat(activations, 0, &mut scratch);
                    max.push(narrow(stat.max));
                    median.push(narrow(stat.median));
                }
            }
            let matrix = |values| Matrix { rows: rows.len(), cols: columns.len(), values };
            let attention: Vec<f32> = rows.iter().flat_map(|&row| layer.attention.row(row)).copied().collect();
            let attention = Matrix { rows: rows.len(), cols: layer.attention.cols, values: attention };
            Layer { max: matrix(max), median: matrix(median), attention }
        });
        Self { edges, heads: trace.heads, layers: layers.collect() }
    }

    /// What `view` shows of every bond in both directions: exactly [`super::edge_values`] of the trace. Empty if
    /// there is no such layer.
    pub fn values(&self, view: View) -> impl Iterator<Item = (DirectedEdge, f64)> {
        let layer = self.layers.get(view.layer);
        let column = view.head.map_or(Some(0), |head| (head < self.heads).then_some(head + 1));
        let values = layer.map_or_else(Vec::new, |layer| {
            let at = |matrix: &Matrix, row: usize| {
                column.and_then(|column| matrix.row(row).get(column)).map_or(f64::NAN, |&value| f64::from(value))
            };
            let rows = 0..self.edges.len();
            match view.quantity {
                Quantity::Ratio => rows.map(|row| at(&layer.max, row) / at(&layer.median, row)).collect(),
                Quantity::Activation => rows.map(|row| at(&layer.max, row)).collect(),
                Quantity::Attention => attention(&layer.attention, view.head),
            }
        });
        self.edges.iter().copied().zip(values)
    }

    /// The largest ratio over all edges and layers; `None` if there is none.
    pub fn largest_ratio(&self) -> Option<f64> {
        let view = |layer| View { layer, ..View::default() };
        batch_max((0..self.layers.len()).flat_map(|layer| self.values(view(layer))).map(|(_, ratio)| ratio))
    }

    /// Memory it takes, about, in bytes.
    pub fn bytes(&self) -> usize {
        let numbers = |layer: &Layer| [&layer.max, &layer.median, &layer.attention].map(|matrix| matrix.values.len());
        let numbers: usize = self.layers.iter().flat_map(numbers).sum();
        size_of::<f32>() * numbers + size_of_val(self.edges.as_slice())
    }
}

/// Back to the `f32` that it was.
#[allow(clippy::cast_possible_truncation, reason = "magnitudes of f32, widened without loss")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the same numbers, or NaN")]
mod tests {
    use super::*;
    use crate::analysis::edge_values;
    use crate::domain::{BondId, EdgeList, LayerTrace};
    use proptest::prelude::*;

    const QUANTITIES: [Quantity; 3] = [Quantity::Ratio, Quantity::Activation, Quantity::Attention];

    proptest! {
        #[test]
        fn values_are_those_of_the_trace(
            edges in prop::collection::vec(-1e3_f32..1e3, 2 * 4 * 6),
            attention in prop::collection::vec(0.0_f32..1.0, 2 * 4 * 2),
        ) {
            // Two layers, four edges of which the second is no bond, two heads of three channels.
            let layer = |index: usize| LayerTrace {
                edges: Matrix::new(4, 6, edges[24 * index..24 * (index + 1)].to_vec()).unwrap(),
                attention: Matrix::new(4, 2, attention[8 * index..8 * (index + 1)].to_vec()).unwrap(),
                ..LayerTrace::default()
            };
            let list = EdgeList {
                source: vec![0, 0, 1, 2],
                target: vec![1, 2, 0, 0],
                bond: vec![Some(BondId(0)), None, Some(BondId(0)), Some(BondId(1))],
            };
            let trace = Trace { prediction: vec![0.0], layers: vec![layer(0), layer(1)], edges: list, heads: 2 };
            let summary = EdgeSummary::of(&trace);
            for quantity in QUANTITIES {
                for layer in 0..2 {
                    for head in [None, Some(0), Some(1), Some(2)] {
                        let view = View { quantity, layer, head };
                        let whole = edge_values(&trace, view);
                        let expected: Vec<(DirectedEdge, u64)> =
                            [0, 2, 3].map(|row| (trace.edges.get(row).unwrap(), whole[row].to_bits())).into();
                        let got: Vec<_> = summary.values(view).map(|(edge, value)| (edge, value.to_bits())).collect();
                        prop_assert_eq!(got, expected);
                    }
                }
            }
            prop_assert_eq!(summary.values(View { layer: 2, ..View::default() }).count(), 0);
            let ratios = (0..2).flat_map(|layer| summary.values(View { layer, ..View::default() }));
            prop_assert_eq!(summary.largest_ratio(), ratios.map(|(_, ratio)| ratio).reduce(f64::max));
            prop_assert_eq!(summary.bytes(), 4 * 2 * (2 * 9 + 6) + 3 * 8);
        }
    }
}
