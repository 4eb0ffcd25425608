//! What a trace says of each directed edge, and of those that no bond stands for.
//!
//! A full graph has an edge for every ordered pair of atoms, tens of thousands in a large molecule, so
//! readings are made once per answer and shared by the picture, the lists and the tables.

use super::state::Shown;
use super::view::Coloring;
use crate::analysis::{self, EdgeStat, Quantity};
use crate::domain::{Ablation, AtomId, BondId, Comparison, DirectedEdge, Intervention, LayerTrace, Matrix, Trace};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the picture says of one directed edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeReading {
    /// The edge.
    pub edge: DirectedEdge,
    /// Its bond; `None` for an edge that only a full graph has.
    pub bond: Option<BondId>,
    /// The quantity after all edits; `None` if the edge is removed or there is no number.
    pub value: Option<f64>,
    /// The quantity before any edit.
    pub baseline: Option<f64>,
    /// MA ratio in the layer shown, whatever the quantity.
    pub ratio: Option<f64>,
    /// Place among the molecule's edges by the quantity, from 1 (largest).
    pub rank: Option<usize>,
    /// How the edge is taken out, if it is.
    pub ablated: Option<Ablation>,
}

impl EdgeReading {
    /// Edited minus baseline.
    pub fn difference(&self) -> Option<f64> {
        Some(self.value? - self.baseline?)
    }

    /// The number that is painted: the value, or its change.
    pub fn shown(&self, coloring: Coloring) -> Option<f64> {
        match coloring {
            Coloring::Value => self.value,
            Coloring::Difference => self.difference(),
        }
    }

    /// The magnitude of that number; what has none is weaker than anything.
    pub fn strength(&self, coloring: Coloring) -> f64 {
        self.shown(coloring).map_or(f64::NEG_INFINITY, f64::abs)
    }
}

/// Both directions of a bond or pair, the stronger first: it is what one looks for. Equal ones stay as they are.
pub(super) fn stronger_first(
    readings: &[EdgeReading],
    edges: [DirectedEdge; 2],
    coloring: Coloring,
) -> [DirectedEdge; 2] {
    let strength = |edge: DirectedEdge| {
        let reading = readings.iter().find(|reading| reading.edge == edge);
        reading.map_or(f64::NEG_INFINITY, |reading| reading.strength(coloring))
    };
    let [there, back] = edges;
    if strength(back) > strength(there) { [back, there] } else { edges }
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
    /// Attention logit per head before the clamp.
    pub logits: Vec<f32>,
}

/// Two atoms without a bond that exchange messages nevertheless.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsentPair {
    /// The direction with the larger magnitude.
    pub edge: DirectedEdge,
    /// That magnitude of the number that is painted.
    pub strength: f32,
}

/// The edges of the molecule shown, by the quantity, layer and head looked at.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Readings {
    /// One per directed edge, in row order.
    pub(super) edges: Vec<EdgeReading>,
    /// Pairs of atoms without a bond, strongest first; empty where attention runs along bonds only.
    pub(super) absent: Vec<AbsentPair>,
}

impl Readings {
    /// What an answer says of every directed edge of the molecule shown, nothing left out.
    pub(super) fn of(
        shown: &Shown,
        comparison: Option<&Arc<Comparison>>,
        (view, coloring): (analysis::View, Coloring),
        intervention: &Intervention,
    ) -> Self {
        let comparison = comparison.filter(|comparison| comparison.probe.molecule == shown.id);
        let ruled = comparison.filter(|answer| answer.probe.intervention.rule == intervention.rule);
        let ablated = match (intervention.rule, ruled) {
            (Some(_), Some(answer)) => &answer.ablated,
            _ => &intervention.ablated,
        };
        // Before the first answer the bonds are known and nothing else.
        let list = comparison.map_or(&shown.edges, |comparison| &comparison.baseline.edges);
        let numbers = comparison.map(|comparison| Numbers::of(comparison, view));
        let at = |values: &[f64], row: Option<usize>| values.get(row?).copied().filter(|value| !value.is_nan());
        let edges = list.iter().zip(&list.bond).enumerate().map(|(row, (edge, &bond))| {
            let edited = comparison.and_then(|comparison| comparison.edited.edges.find(edge));
            let value = numbers.as_ref().and_then(|numbers| at(&numbers.edited, edited));
            EdgeReading {
                edge,
                bond,
                value,
                baseline: numbers.as_ref().and_then(|numbers| at(&numbers.baseline, Some(row))),
                ratio: numbers.as_ref().and_then(|numbers| at(&numbers.ratios, edited)),
                rank: numbers.as_ref().zip(value).map(|(numbers, value)| numbers.rank(value)),
                ablated: ablated.get(&edge).copied(),
            }
        });
        let edges: Vec<EdgeReading> = edges.collect();
        let mut absent = absent_pairs(&edges, coloring);
        if let Some(comparison) = comparison {
            attended_first(&mut absent, &comparison.edited, view);
        }
        Self { edges, absent }
    }

    /// What one state has more than another, edge by edge, and how many edges have a number in the first,
    /// or in the second, only. There is no difference where one has no number.
    pub(super) fn difference(of: &Self, minus: &Self) -> (Self, [usize; 2]) {
        let mut pairs: BTreeMap<DirectedEdge, [Option<&EdgeReading>; 2]> = BTreeMap::new();
        for (place, readings) in [of, minus].into_iter().enumerate() {
            for reading in &readings.edges {
                pairs.entry(reading.edge).or_default()[place] = Some(reading);
            }
        }
        let mut only = [0; 2];
        let edges = pairs.into_iter().map(|(edge, both)| {
            let [of, minus] = both.map(|reading| reading.and_then(|reading| reading.value));
            match (of, minus) {
                (Some(_), None) => only[0] += 1,
                (None, Some(_)) => only[1] += 1,
                _ => {}
            }
            EdgeReading {
                edge,
                bond: both.iter().flatten().find_map(|reading| reading.bond),
                value: of.zip(minus).map(|(of, minus)| of - minus).filter(|value| !value.is_nan()),
                baseline: None,
                ratio: None,
                rank: None,
                ablated: both.iter().flatten().find_map(|reading| reading.ablated),
            }
        });
        let edges: Vec<EdgeReading> = edges.collect();
        let absent = absent_pairs(&edges, Coloring::Value);
        (Self { edges, absent }, only)
    }
}

/// The looked-at numbers of a comparison, one per row.
struct Numbers {
    edited: Vec<f64>,
    baseline: Vec<f64>,
    ratios: Vec<f64>,
    /// Those of `edited` that are numbers, largest first.
    sorted: Vec<f64>,
}

impl Numbers {
    fn of(comparison: &Comparison, view: analysis::View) -> Self {
        let is_edited = !Arc::ptr_eq(&comparison.baseline, &comparison.edited);
        let edited = analysis::edge_values(&comparison.edited, view);
        let baseline = if is_edited { analysis::edge_values(&comparison.baseline, view) } else { edited.clone() };
        let ratios = match view.quantity {
            Quantity::Ratio => edited.clone(),
            _ => analysis::edge_values(&comparison.edited, analysis::View { quantity: Quantity::Ratio, ..view }),
        };
        let mut sorted: Vec<f64> = edited.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_unstable_by(|a, b| b.total_cmp(a));
        Self { edited, baseline, ratios, sorted }
    }

    /// The place of a value from 1; equal values share the better place.
    fn rank(&self, value: f64) -> usize {
        1 + self.sorted.partition_point(|&other| other > value)
    }
}

/// Equally strong edges that are ordered by attention in a list.
const MOST_TIES: usize = 2_000;

/// Pairs of atoms without a bond, strongest first, equal ones in the order of their atoms. Pairs whose
/// numbers are all missing or zero are left out: there is nothing to show.
fn absent_pairs(edges: &[EdgeReading], coloring: Coloring) -> Vec<AbsentPair> {
    let strength = |reading: &EdgeReading| {
        let value = reading.shown(coloring).filter(|value| !value.is_nan())?;
        // Shown, and compared with thresholds that people set, in three digits.
        #[allow(clippy::cast_possible_truncation, reason = "for display")]
        let value = value.abs() as f32;
        (value > 0.0).then_some(value)
    };
    let mut directed: Vec<AbsentPair> = edges
        .iter()
        .filter(|reading| reading.bond.is_none())
        .filter_map(|reading| Some(AbsentPair { edge: reading.edge, strength: strength(reading)? }))
        .collect();
    let ends = |pair: &AbsentPair| {
        let (a, b) = (pair.edge.source, pair.edge.target);
        (a.min(b), a.max(b))
    };
    directed.sort_unstable_by(|a, b| {
        ends(a).cmp(&ends(b)).then(b.strength.total_cmp(&a.strength)).then(a.edge.cmp(&b.edge))
    });
    directed.dedup_by_key(|pair| ends(pair));
    directed.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    directed
}

/// Orders equally strong pairs by attention: in the first layer many pairs of atoms are alike, and the order of
/// their atoms would make a hub of the first one.
fn attended_first(pairs: &mut [AbsentPair], trace: &Trace, view: analysis::View) {
    let attention = analysis::edge_values(trace, analysis::View { quantity: Quantity::Attention, ..view });
    let of = |pair: &AbsentPair| trace.edges.find(pair.edge).and_then(|row| attention.get(row).copied()).unwrap_or(0.0);
    for ties in pairs.chunk_by_mut(|a, b| a.strength.total_cmp(&b.strength).is_eq()) {
        ties.sort_by(|a, b| of(b).total_cmp(&of(a)));
    }
}

/// One edge that no bond stands for, in the layer and head looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsentReading {
    /// The edge.
    pub edge: DirectedEdge,
    /// Largest over lower median activation.
    pub ratio: f64,
    /// Largest activation magnitude.
    pub activation: f64,
    /// Attention weight.
    pub attention: f64,
}

/// The strongest edges without a bond, at `atom` or anywhere, by the number that is painted, equal ones by
/// attention; at most `most`.
pub(super) fn strongest_absent(
    trace: &Trace,
    readings: &[EdgeReading],
    (view, coloring): (analysis::View, Coloring),
    atom: Option<AtomId>,
    most: usize,
) -> Vec<AbsentReading> {
    let touches = |edge: DirectedEdge| atom.is_none_or(|atom| edge.source == atom || edge.target == atom);
    let mut found: Vec<(f64, DirectedEdge)> = readings
        .iter()
        .filter(|reading| reading.bond.is_none() && touches(reading.edge))
        .filter_map(|reading| Some((reading.shown(coloring)?.abs(), reading.edge)))
        .filter(|(strength, _)| !strength.is_nan())
        .collect();
    let order =
        |a: &(f64, DirectedEdge), b: &(f64, DirectedEdge)| -> Ordering { b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)) };
    // Those as strong as the last one compete with it, as far as it is worth the time of a frame.
    if most > 0 && found.len() > most {
        let (_, &mut (least, _), _) = found.select_nth_unstable_by(most - 1, order);
        found.retain(|&(strength, _)| strength >= least);
    }
    found.sort_unstable_by(order);
    found.truncate(MOST_TIES.max(most));
    let rows: Vec<(DirectedEdge, usize)> =
        found.iter().filter_map(|&(_, edge)| Some((edge, trace.edges.find(edge)?))).collect();
    let places: Vec<usize> = rows.iter().map(|&(_, row)| row).collect();
    let few = only(trace, view.layer, &places);
    let values = |quantity| analysis::edge_values(&few, analysis::View { quantity, layer: 0, head: view.head });
    let [ratios, activations, attention] = [Quantity::Ratio, Quantity::Activation, Quantity::Attention].map(values);
    let strengths = found.iter().map(|&(strength, _)| strength);
    let mut readings: Vec<(f64, AbsentReading)> = rows
        .iter()
        .zip(ratios.into_iter().zip(activations).zip(attention))
        .map(|(&(edge, _), ((ratio, activation), attention))| AbsentReading { edge, ratio, activation, attention })
        .zip(strengths)
        .map(|(reading, strength)| (strength, reading))
        .collect();
    readings.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.attention.total_cmp(&a.1.attention)));
    readings.truncate(most);
    readings.into_iter().map(|(_, reading)| reading).collect()
}

/// One layer of a trace, reduced to some rows of its edges.
fn only(trace: &Trace, layer: usize, rows: &[usize]) -> Trace {
    let reduced = |matrix: &Matrix| Matrix {
        rows: rows.len(),
        cols: matrix.cols,
        values: rows.iter().flat_map(|&row| matrix.row(row).iter().copied()).collect(),
    };
    let layers = trace.layers.get(layer).map(|layer| LayerTrace {
        edges: reduced(&layer.edges),
        attention: reduced(&layer.attention),
        ..LayerTrace::default()
    });
    Trace {
        prediction: Vec::new(),
        layers: layers.into_iter().collect(),
        edges: Default::default(),
        heads: trace.heads,
    }
}

/// Ratio of one edge in every layer of a trace; empty if it took no part.
pub(super) fn edge_ratios(trace: &Trace, edge: DirectedEdge) -> Vec<f64> {
    edge_in_layers(trace, edge, analysis::View { quantity: Quantity::Ratio, layer: 0, head: None })
}

/// What is looked at of one edge, in every layer of a trace; empty if it took no part.
pub(super) fn edge_in_layers(trace: &Trace, edge: DirectedEdge, view: analysis::View) -> Vec<f64> {
    let Some(row) = trace.edges.find(edge) else { return Vec::new() };
    let view = analysis::View { layer: 0, ..view };
    (0..trace.layers.len()).flat_map(|layer| analysis::edge_values(&only(trace, layer, &[row]), view)).collect()
}

/// What some directed edges do in every layer of a trace; empty for those that took no part.
pub(super) fn edge_layers<const N: usize>(trace: &Trace, edges: [DirectedEdge; N]) -> [Vec<LayerReading>; N] {
    let rows = edges.map(|edge| trace.edges.find(edge));
    // A rank needs the ratios of all edges, which in a full graph are many.
    let layers: Vec<[Option<LayerReading>; N]> = trace
        .layers
        .par_iter()
        .map(|layer| {
            let stats = analysis::edge_stats(&layer.edges);
            let ratios: Vec<f64> = stats.iter().map(|stat| stat.ratio).collect();
            let channels = (layer.edges.cols / trace.heads.max(1)).max(1);
            rows.map(|row| {
                let row = row?;
                let stat = *stats.get(row)?;
                Some(LayerReading {
                    head: stat.feature / channels,
                    channel: stat.feature % channels,
                    rank: analysis::rank(&ratios, row),
                    attention: layer.attention.row(row).to_vec(),
                    logits: layer.logits.row(row).to_vec(),
                    stat,
                })
            })
        })
        .collect();
    let mut by_edge = edges.map(|_| Vec::with_capacity(layers.len()));
    for layer in layers {
        for (readings, reading) in by_edge.iter_mut().zip(layer) {
            readings.extend(reading);
        }
    }
    by_edge
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::EdgeList;

    /// Three atoms in a row, every pair connected: 0-1 and 1-2 are bonds, 0-2 is none.
    fn trace() -> Trace {
        let edges = EdgeList {
            source: vec![0, 0, 1, 1, 2, 2],
            target: vec![1, 2, 0, 2, 0, 1],
            bond: vec![Some(BondId(0)), None, Some(BondId(0)), Some(BondId(1)), None, Some(BondId(1))],
        };
        let activations = vec![1.0, 2.0, 1.0, 90.0, 1.0, 3.0, 1.0, 4.0, 1.0, 50.0, 1.0, 5.0];
        let layer = LayerTrace {
            edges: Matrix::new(6, 2, activations).unwrap(),
            attention: Matrix::new(6, 1, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6]).unwrap(),
            logits: Matrix::new(6, 1, vec![0.0, 7.0, 0.0, 0.0, -6.0, 0.0]).unwrap(),
            ..LayerTrace::default()
        };
        Trace { prediction: vec![0.0], layers: vec![layer], edges, heads: 1 }
    }

    fn readings(trace: &Trace) -> Vec<EdgeReading> {
        let values = analysis::edge_values(trace, analysis::View::default());
        let rows = trace.edges.iter().zip(&trace.edges.bond).zip(values);
        rows.map(|((edge, &bond), value)| EdgeReading {
            edge,
            bond,
            value: Some(value),
            baseline: Some(1.0),
            ratio: Some(value),
            rank: None,
            ablated: None,
        })
        .collect()
    }

    #[test]
    fn absent_pairs_are_one_per_pair_by_the_stronger_direction() {
        let pairs = absent_pairs(&readings(&trace()), Coloring::Value);
        assert_eq!(pairs, [AbsentPair { edge: DirectedEdge::new(0, 2), strength: 90.0 }]);
        let changed = absent_pairs(&readings(&trace()), Coloring::Difference);
        assert_eq!(changed, [AbsentPair { edge: DirectedEdge::new(0, 2), strength: 89.0 }]);
        let mut unchanged = readings(&trace());
        unchanged.iter_mut().for_each(|reading| reading.baseline = reading.value);
        assert!(absent_pairs(&unchanged, Coloring::Difference).is_empty());
    }

    #[test]
    fn equally_strong_pairs_are_ordered_by_attention() {
        // A fourth atom that no bond reaches: pairs 0-3, 1-3 and 2-3 are alike but for attention.
        let pair = |a, b| AbsentPair { edge: DirectedEdge::new(a, b), strength: 5.0 };
        let mut pairs = [pair(0, 3), pair(1, 3), pair(2, 3)];
        let edges = EdgeList { source: vec![0, 1, 2], target: vec![3; 3], bond: vec![None; 3] };
        let layer = LayerTrace { attention: Matrix::new(3, 1, vec![0.1, 0.7, 0.2]).unwrap(), ..LayerTrace::default() };
        let trace = Trace { prediction: vec![0.0], layers: vec![layer], edges, heads: 1 };
        attended_first(&mut pairs, &trace, analysis::View::default());
        assert_eq!(pairs, [pair(1, 3), pair(2, 3), pair(0, 3)]);
    }

    #[test]
    fn the_strongest_absent_edges_come_first_in_both_directions() {
        let trace = trace();
        let view = (analysis::View::default(), Coloring::Value);
        let found = strongest_absent(&trace, &readings(&trace), view, Some(AtomId(2)), 5);
        let edges: Vec<(DirectedEdge, f64, f64)> =
            found.iter().map(|reading| (reading.edge, reading.ratio, (100.0 * reading.attention).round())).collect();
        assert_eq!(edges, [(DirectedEdge::new(0, 2), 90.0, 20.0), (DirectedEdge::new(2, 0), 50.0, 50.0)]);
        assert_eq!(strongest_absent(&trace, &readings(&trace), view, None, 1).len(), 1);
        assert!(strongest_absent(&trace, &readings(&trace), view, Some(AtomId(1)), 5).is_empty());
    }

    #[test]
    fn layers_of_an_edge_have_rank_logit_and_ratio() {
        let trace = trace();
        let [strong, gone] = edge_layers(&trace, [DirectedEdge::new(2, 0), DirectedEdge::new(7, 8)]);
        assert_eq!((strong[0].rank, strong[0].channel, strong[0].logits.as_slice()), (Some(2), 1, &[-6.0][..]));
        assert!(gone.is_empty());
        assert_eq!(edge_ratios(&trace, DirectedEdge::new(2, 0)), [50.0]);
    }
}
