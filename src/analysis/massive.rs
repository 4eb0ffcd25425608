//! The massive-activation measures of one layer of one molecule (model-spec section 5, points 1 to 4).
//!
//! A directed edge has one activation per feature; it is massive where its largest is far above its median. Figures
//! 1, 2 and 4 of the paper divide by the *lower* median, figure 3 by the ordinary one; both are here, each in its place.

use crate::domain::{Matrix, Trace};
use std::ops::Range;

/// The ratio above which an activation is massive in the sense of Sun et al. (the picture's reference line).
pub const MASSIVE_RATIO: f64 = 1000.0;

/// The activations of one directed edge in one layer, as magnitudes. Dimensionless.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EdgeStat {
    /// `max / median`: NaN if both are 0 or an activation is NaN, infinite if only the median is 0, else at least 1.
    pub ratio: f64,
    /// Lower median: of n magnitudes the one at sorted place (n - 1) / 2, counted from 0.
    pub median: f64,
    /// Largest magnitude.
    pub max: f64,
    /// The (first) feature of the largest magnitude; its head and channel are quotient and remainder by H / heads.
    pub feature: usize,
}

/// What a picture shows of an edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Largest over lower median activation magnitude ([`EdgeStat::ratio`]).
    #[default]
    Ratio,
    /// Largest activation magnitude ([`EdgeStat::max`]).
    Activation,
    /// Attention weight, 0..=1; the mean over heads unless one is chosen.
    Attention,
}

/// Which numbers of a trace are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct View {
    /// The quantity.
    pub quantity: Quantity,
    /// The layer, counted from 0.
    pub layer: usize,
    /// One head, counted from 0, or all of them.
    pub head: Option<usize>,
}

/// The features of one head out of `heads`, or of all; empty if there is no such head.
pub fn channels(width: usize, heads: usize, head: Option<usize>) -> Range<usize> {
    match head {
        None => 0..width,
        Some(head) if head < heads => {
            let depth = width / heads;
            head * depth..(head + 1) * depth
        }
        Some(_) => 0..0,
    }
}

/// Edge ratio with what it is made of, for every row of an edge activation `[E, H]` over all features.
pub fn edge_stats(edges: &Matrix) -> Vec<EdgeStat> {
    edge_stats_of(edges, 0..edges.cols)
}

/// The same over some features only, e.g. one head's ([`channels`]): maximum *and* median are taken within them.
pub fn edge_stats_of(edges: &Matrix, features: Range<usize>) -> Vec<EdgeStat> {
    let mut scratch = Vec::with_capacity(features.len());
    (0..edges.rows)
        .map(|row| edge_stat(edges.row(row).get(features.clone()).unwrap_or(&[]), features.start, &mut scratch))
        .collect()
}

/// One edge; `scratch` only saves allocations.
pub(super) fn edge_stat(activations: &[f32], first_feature: usize, scratch: &mut Vec<u32>) -> EdgeStat {
    magnitudes(activations, scratch);
    let Some(place) = scratch.len().checked_sub(1).map(|last| last / 2) else {
        return EdgeStat { ratio: f64::NAN, median: f64::NAN, max: f64::NAN, feature: first_feature };
    };
    let largest = scratch.iter().copied().max().unwrap_or(0);
    let feature = first_feature + scratch.iter().position(|&bits| bits == largest).unwrap_or(0);
    let max = f64::from(f32::from_bits(largest));
    let median = f64::from(f32::from_bits(*scratch.select_nth_unstable(place).1));
    EdgeStat { ratio: max / median, median, max, feature }
}

/// Fills `scratch` with the bits of the absolute values: they sort as the values do, NaN last, and as integers faster.
fn magnitudes(activations: &[f32], scratch: &mut Vec<u32>) {
    scratch.clear();
    scratch.extend(activations.iter().map(|a| a.abs().to_bits()));
}

/// The largest ratio, infinite ones included and NaN left out; `None` if nothing is left.
pub fn batch_max(ratios: impl IntoIterator<Item = f64>) -> Option<f64> {
    ratios.into_iter().filter(|ratio| !ratio.is_nan()).reduce(f64::max)
}

/// The log ratios of figure 3, row after row: `-log10(|a| / median + 2^-52)` with the ordinary median of the edge.
/// Values that are not finite (median 0) are passed on.
pub fn neg_log10(edges: &Matrix) -> Vec<f64> {
    let mut values = Vec::with_capacity(edges.values.len());
    for_each_neg_log10(edges, edges.rows, |value| values.push(value));
    values
}

/// Calls `visit` with the log ratios of the first `rows` edges.
pub(super) fn for_each_neg_log10(edges: &Matrix, rows: usize, mut visit: impl FnMut(f64)) {
    let mut scratch = Vec::with_capacity(edges.cols);
    for row in 0..rows.min(edges.rows) {
        let activations = edges.row(row);
        let median = ordinary_median(activations, &mut scratch);
        for &activation in activations {
            let ratio = f64::from(activation.abs()) / median;
            visit(-(ratio + f64::EPSILON).log10());
        }
    }
}

/// The mean of the two middle magnitudes (of the middle one if their number is odd); NaN if one is NaN.
fn ordinary_median(activations: &[f32], scratch: &mut Vec<u32>) -> f64 {
    if activations.iter().any(|a| a.is_nan()) {
        return f64::NAN;
    }
    magnitudes(activations, scratch);
    let even = scratch.len().is_multiple_of(2);
    let (below, &mut middle, _) = match scratch.len() / 2 {
        0 if even => return f64::NAN,
        place => scratch.select_nth_unstable(place),
    };
    let upper = f64::from(f32::from_bits(middle));
    match below.iter().max() {
        Some(&lower) if even => f64::midpoint(f64::from(f32::from_bits(lower)), upper),
        _ => upper,
    }
}

/// What `view` shows for every edge, in row order; empty if the trace has no such layer.
pub fn edge_values(trace: &Trace, view: View) -> Vec<f64> {
    let Some(layer) = trace.layers.get(view.layer) else { return Vec::new() };
    let features = channels(layer.edges.cols, trace.heads, view.head);
    let stats = |value: fn(&EdgeStat) -> f64| edge_stats_of(&layer.edges, features).iter().map(value).collect();
    match view.quantity {
        Quantity::Ratio => stats(|stat| stat.ratio),
        Quantity::Activation => stats(|stat| stat.max),
        Quantity::Attention => attention(&layer.attention, view.head),
    }
}

/// Attention weight of every edge: of one head, or the mean over all.
pub(super) fn attention(weights: &Matrix, head: Option<usize>) -> Vec<f64> {
    (0..weights.rows)
        .map(|row| match (weights.row(row), head) {
            (row, Some(head)) => row.get(head).map_or(f64::NAN, |&weight| f64::from(weight)),
            (row, None) => row.iter().map(|&weight| f64::from(weight)).sum::<f64>() / row.len() as f64,
        })
        .collect()
}

/// The place of a row when values are sorted from the largest, counted from 1; equal values share the better place.
/// `None` if there is no such row or its value is NaN.
pub fn rank(values: &[f64], row: usize) -> Option<usize> {
    let value = values.get(row).filter(|value| !value.is_nan())?;
    Some(1 + values.iter().filter(|&other| other > value).count())
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
pub(super) mod tests {
    use super::*;
    use crate::analysis::{Sample, fit};
    use crate::domain::LayerTrace;
    use proptest::prelude::*;
    use serde_json::Value;

    /// A parity case: its numbers, each layer's recorded edge activation, and the graph of each edge.
    pub(in crate::analysis) fn parity(name: &str) -> (Value, Vec<Matrix>, Vec<usize>) {
        let path = format!("{}/tests/fixtures/parity/{name}", env!("CARGO_MANIFEST_DIR"));
        let case: Value = serde_json::from_str(&std::fs::read_to_string(format!("{path}.json")).unwrap()).unwrap();
        let bytes = std::fs::read(format!("{path}.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let integers = |name: &str| -> Vec<usize> {
            let data = tensors.tensor(name).unwrap();
            data.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as usize).collect()
        };
        let layers = (0..case["layers"].as_array().unwrap().len()).map(|layer| {
            let tensor = tensors.tensor(&format!("out.layers.{layer}.edge_activation")).unwrap();
            let values = tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
            Matrix::new(tensor.shape()[0], tensor.shape()[1], values).unwrap()
        });
        let (source, graph) = (integers("in.edge_index"), integers("in.graph_id"));
        let edges = source.len() / 2;
        (case.clone(), layers.collect(), source[..edges].iter().map(|&node| graph[node]).collect())
    }

    fn numbers(list: &Value) -> Vec<f64> {
        list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    fn assert_near(ours: f64, reference: f64, what: &str) {
        assert!((ours - reference).abs() <= 1e-5 * reference.abs().max(1e-3), "{what}: {ours} is not {reference}");
    }

    #[test]
    fn measures_equal_the_reference() {
        for name in ["gt_plain", "gt_ebt"] {
            let (case, layers, graph) = parity(name);
            for (edges, expected) in layers.iter().zip(case["layers"].as_array().unwrap()) {
                let ratios: Vec<f64> = edge_stats(edges).iter().map(|stat| stat.ratio).collect();
                let reference = numbers(&expected["edge_ratio"]);
                assert_eq!(ratios.len(), reference.len());
                ratios.iter().zip(&reference).for_each(|(&ours, &theirs)| assert_near(ours, theirs, name));
                for (index, &theirs) in numbers(&expected["batch_max"]).iter().enumerate() {
                    let of_graph = ratios.iter().zip(&graph).filter(|&(_, &g)| g == index).map(|(&ratio, _)| ratio);
                    assert_near(batch_max(of_graph).unwrap(), theirs, name);
                }
                check_log_ratios(neg_log10(edges), expected);
            }
        }
    }

    fn check_log_ratios(values: Vec<f64>, expected: &Value) {
        let summary = |name: &str| expected["neg_log10"][name].as_f64().unwrap();
        let sample = Sample::new(values).unwrap();
        assert_near(sample.count() as f64, summary("n"), "n");
        assert_near(sample.min(), summary("min"), "min");
        assert_near(sample.max(), summary("max"), "max");
        assert_near(sample.mean(), summary("mean"), "mean");
        let variance = sample.average(|x| (x - sample.mean()).powi(2));
        assert_near(variance.sqrt(), summary("std"), "std");
        assert_near(sample.count_below(-3.0) as f64, summary("below_minus_3"), "below -3");
        let fit = fit(&sample);
        assert!(fit.mean_log_likelihood >= expected["gamma"]["mean_log_likelihood"].as_f64().unwrap() - 1e-3);
    }

    #[test]
    fn medians_are_the_lower_and_the_ordinary_one() {
        let edges = Matrix::new(1, 4, vec![-8.0, 1.0, 2.0, -4.0]).unwrap();
        let stat = EdgeStat { ratio: 4.0, median: 2.0, max: 8.0, feature: 0 };
        assert_eq!(edge_stats(&edges), [stat]);
        let logs = neg_log10(&edges);
        assert!((logs[0] - -(8.0f64 / 3.0).log10()).abs() < 1e-12, "{logs:?}");
        let odd = Matrix::new(1, 3, vec![-8.0, 1.0, 2.0]).unwrap();
        assert!((neg_log10(&odd)[0] - -(4.0f64).log10()).abs() < 1e-12);
    }

    #[test]
    fn zero_and_nan_activations_follow_the_rules() {
        let rows = vec![0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 1.0, f32::NAN, 3.0];
        let stats = edge_stats(&Matrix::new(3, 3, rows).unwrap());
        assert!(stats[0].ratio.is_nan() && stats[2].ratio.is_nan());
        assert_eq!((stats[1].ratio, stats[1].feature), (f64::INFINITY, 2));
        assert_eq!(batch_max(stats.iter().map(|stat| stat.ratio)), Some(f64::INFINITY));
        assert_eq!(batch_max([f64::NAN]), None);
        let zero = neg_log10(&Matrix::new(1, 3, vec![0.0, 1.0, 1.0]).unwrap());
        assert!((zero[0] - 15.65).abs() < 0.01, "{zero:?}");
        assert_eq!(edge_stats(&Matrix::new(2, 0, vec![]).unwrap()).len(), 2);
        assert!(neg_log10(&Matrix::new(2, 0, vec![]).unwrap()).is_empty());
    }

    #[test]
    fn heads_and_attention() {
        let layer = LayerTrace {
            edges: Matrix::new(1, 4, vec![1.0, -2.0, 3.0, 12.0]).unwrap(),
            attention: Matrix::new(1, 2, vec![0.25, 0.75]).unwrap(),
            ..LayerTrace::default()
        };
        let trace = Trace { prediction: vec![], layers: vec![layer], edges: Default::default(), heads: 2 };
        let view = |quantity, head| edge_values(&trace, View { quantity, layer: 0, head });
        assert_eq!(view(Quantity::Ratio, None), [6.0]);
        assert_eq!(view(Quantity::Ratio, Some(1)), [4.0]);
        assert_eq!(view(Quantity::Activation, Some(0)), [2.0]);
        assert_eq!(view(Quantity::Attention, None), [0.5]);
        assert_eq!(view(Quantity::Attention, Some(1)), [0.75]);
        assert!(view(Quantity::Ratio, Some(2))[0].is_nan());
        assert!(edge_values(&trace, View { layer: 1, ..View::default() }).is_empty());
        assert_eq!(edge_stats_of(&trace.layers[0].edges, 2..4)[0].feature, 3);
    }

    #[test]
    fn ranks_count_from_the_largest() {
        let values = [1.0, 5.0, f64::NAN, 5.0, 2.0];
        let ranks: Vec<_> = (0..6).map(|row| rank(&values, row)).collect();
        assert_eq!(ranks, [Some(4), Some(1), None, Some(1), Some(3), None]);
    }

    pub(in crate::analysis) fn matrices() -> impl Strategy<Value = Matrix> {
        let value = prop_oneof![9 => -1e3f32..1e3, 1 => Just(0.0f32)];
        (0usize..12, 1usize..20).prop_flat_map(move |(rows, cols)| {
            prop::collection::vec(value.clone(), rows * cols).prop_map(move |values| Matrix { rows, cols, values })
        })
    }

    /// Equality that lets NaN be NaN.
    fn same(a: &[EdgeStat], b: &[EdgeStat]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.ratio.is_nan() && b.ratio.is_nan()))
    }

    proptest! {
        #[test]
        fn ratios_are_at_least_one(edges in matrices()) {
            for stat in edge_stats(&edges) {
                prop_assert!(stat.ratio >= 1.0 || stat.ratio.is_nan());
                prop_assert!(stat.max >= stat.median && stat.feature < edges.cols);
            }
        }

        #[test]
        fn scale_does_not_matter(edges in matrices(), power in -6i32..7) {
            let factor = -(2.0f32.powi(power));
            let scaled = Matrix { values: edges.values.iter().map(|a| a * factor).collect(), ..edges.clone() };
            for (a, b) in edge_stats(&edges).iter().zip(edge_stats(&scaled)) {
                prop_assert!(a.ratio == b.ratio || (a.ratio.is_nan() && b.ratio.is_nan()));
                prop_assert_eq!(a.feature, b.feature);
            }
        }

        #[test]
        fn rows_do_not_influence_each_other(edges in matrices(), turn in 0usize..12) {
            let turn = turn.min(edges.rows);
            let mut turned = edges.clone();
            turned.values.rotate_left(turn * edges.cols);
            let mut expected = edge_stats(&edges);
            expected.rotate_left(turn);
            prop_assert!(same(&edge_stats(&turned), &expected));
        }

        #[test]
        fn the_lower_median_is_a_sorted_place(values in prop::collection::vec(-9.0f32..9.0, 1..70)) {
            let mut sorted: Vec<f32> = values.iter().map(|a| a.abs()).collect();
            sorted.sort_by(f32::total_cmp);
            let stat = edge_stats(&Matrix { rows: 1, cols: values.len(), values })[0];
            prop_assert_eq!(stat.median, f64::from(sorted[(sorted.len() - 1) / 2]));
        }
    }
}
