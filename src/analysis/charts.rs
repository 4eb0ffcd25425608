//! The paper's figures as plain charts: sorted ratio curves (figures 1, 2, 4) and the histogram (figure 3).
//!
//! Only finite values are drawn; what was left out is told in the notes. Lines are thinned for drawing, the table
//! behind each chart keeps every number.

use super::chart::{Axis, Chart, Role, Scale, Series, Shape, Table};
use super::gamma::Fit;
use super::stats::Sample;
use super::sweep::{Band, Sweep};

/// Bins of figure 3.
const BINS: usize = 1000;

/// Points a line is thinned to.
const MAX_POINTS: usize = 2000;

/// The reference line of figure 3: a ratio of 1000.
const MASSIVE_LOG: f64 = -3.0;

/// The ratios of one state of a model, by layer, in any order.
#[derive(Clone, Debug)]
pub struct Curves<'a> {
    /// Name in the legend and in the table's header, e.g. `trained`.
    pub name: &'a str,
    /// Meaning, hence colour.
    pub role: Role,
    /// Ratios of each layer; NaN and infinite ones are left out and counted.
    pub layers: Vec<Vec<f64>>,
}

/// What a histogram is of.
#[derive(Clone, Copy, Debug)]
pub struct HistogramTitle<'a> {
    /// The layer, counted from 0.
    pub layer: usize,
    /// Name of the state, e.g. `trained`.
    pub state: &'a str,
    /// Colour of the bars.
    pub role: Role,
    /// Log ratios left out because they are not finite.
    pub left_out: u64,
}

/// Figure 1 for one molecule: the ratios of its edges, sorted per layer, for each state; `selected` is the layer drawn
/// on top. Every band is drawn behind the lines, with its name in the legend.
pub fn edge_ratio_curves(states: &[Curves<'_>], bands: &[(&str, Band)], selected: Option<usize>) -> Chart {
    curves(["Edge ratios of one molecule", "edge rank", "edge ratio"], states, bands, selected)
}

/// Figure 1 for a sweep: all recorded edge ratios of the trained model, sorted per layer, over base bands.
pub fn sweep_edge_curves(trained: &Sweep, bands: &[(&str, Band)], selected: Option<usize>) -> Chart {
    let layers = trained.layers().iter().map(|layer| layer.ratios.clone()).collect();
    let states = [Curves { name: "trained", role: Role::Trained, layers }];
    curves(["Edge ratios", "edge rank", "edge ratio"], &states, bands, selected)
}

/// Figures 2 and 4: the batch maxima of the trained model, sorted per layer, over base bands.
pub fn batch_curves(trained: &Sweep, bands: &[(&str, Band)], selected: Option<usize>) -> Chart {
    batch_curves_of(&[("trained", Role::Trained, trained)], bands, selected)
}

/// The same for several states, each with its name and meaning.
pub fn batch_curves_of(states: &[(&str, Role, &Sweep)], bands: &[(&str, Band)], selected: Option<usize>) -> Chart {
    let maxima = |sweep: &Sweep| {
        sweep.layers().iter().map(|layer| layer.batch_max.iter().flatten().copied().collect()).collect()
    };
    let states: Vec<Curves<'_>> =
        states.iter().map(|&(name, role, sweep)| Curves { name, role, layers: maxima(sweep) }).collect();
    curves(["Batch maxima", "molecule rank", "batch maximum of the edge ratio"], &states, bands, selected)
}

/// Sorted curves, with their title, x label and y label.
fn curves([title, x, y]: [&str; 3], states: &[Curves<'_>], bands: &[(&str, Band)], selected: Option<usize>) -> Chart {
    let sorted: Vec<Vec<Vec<f64>>> =
        states.iter().map(|state| state.layers.iter().map(|ratios| finite_sorted(ratios)).collect()).collect();
    let mut series: Vec<Series> = band_series(bands);
    let mut on_top = Vec::new();
    // Of several states side by side the selected layer is what is compared; the others stay behind it.
    let compared = selected.is_some() && states.iter().any(|state| matches!(state.role, Role::Second | Role::Third));
    for (state, layers) in states.iter().zip(&sorted) {
        let mut named = compared;
        let selected = selected.map(|selected| selected.min(layers.len().saturating_sub(1)));
        for (layer, ratios) in layers.iter().enumerate().filter(|(_, ratios)| !ratios.is_empty()) {
            let shape = Shape::Line(thinned(ratios));
            if selected == Some(layer) {
                let name = format!("{}, layer {layer}", state.name);
                let role = if state.role == Role::Trained && !compared { Role::Selected } else { state.role };
                on_top.push(Series { name, role, opacity: 1.0, shape });
            } else {
                // One entry in the legend stands for all layers of a state.
                let name = if named { String::new() } else { state.name.to_owned() };
                named = true;
                series.push(Series { name, role: state.role, opacity: if compared { 0.22 } else { 0.5 }, shape });
            }
        }
    }
    series.append(&mut on_top);
    let longest = sorted.iter().flatten().map(Vec::len).max().unwrap_or(0);
    let decades = decades(series.iter().flat_map(Series::heights));
    Chart {
        title: title.to_owned(),
        x: axis(x, Scale::Linear, (0.0, position(longest.saturating_sub(1).max(1)))),
        y: axis(y, Scale::Log10, decades),
        series,
        notes: left_out_notes(states),
        table: curve_table(states, &sorted, longest),
    }
}

/// The whole decades that hold all of some logarithms; six, as in the paper, if there are none.
fn decades(logs: impl Iterator<Item = f64>) -> (f64, f64) {
    let range = logs.filter(|log| log.is_finite()).fold(None, |range: Option<(f64, f64)>, log| {
        let (low, high) = range.unwrap_or((log, log));
        Some((low.min(log), high.max(log)))
    });
    range.map_or((0.0, 6.0), |(low, high)| (low.floor(), high.ceil().max(low.floor() + 1.0)))
}

fn axis(label: &str, scale: Scale, range: (f64, f64)) -> Axis {
    Axis { label: label.to_owned(), scale, range }
}

/// One band is solid, as in the paper; two let each other show and differ in colour.
fn band_series(bands: &[(&str, Band)]) -> Vec<Series> {
    let opacity = if bands.len() > 1 { 0.4 } else { 1.0 };
    let roles = std::iter::once(Role::Base).chain(std::iter::repeat(Role::OtherBase));
    let series = |((name, band), role): (&(&str, Band), Role)| {
        let shape = Shape::Band { low: band.low.log10(), high: band.high.log10() };
        Series { name: (*name).to_owned(), role, opacity, shape }
    };
    bands.iter().zip(roles).map(series).collect()
}

/// The finite values, ascending.
fn finite_sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Rank and decimal logarithm of evenly spaced values, first and last included.
fn thinned(ratios: &[f64]) -> Vec<[f64; 2]> {
    let point = |rank: usize| ratios.get(rank).map(|ratio| [position(rank), ratio.log10()]);
    let last = ratios.len().saturating_sub(1);
    let points = ratios.len().min(MAX_POINTS);
    (0..points).filter_map(|place| point(last * place / (points - 1).max(1))).collect()
}

fn position(rank: usize) -> f64 {
    rank as f64
}

fn left_out_notes(states: &[Curves<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    for state in states {
        let count = |kind: fn(f64) -> bool| state.layers.iter().flatten().filter(|&&ratio| kind(ratio)).count();
        for (number, kind) in
            [(count(f64::is_nan), "undefined (0/0)"), (count(f64::is_infinite), "infinite (median 0)")]
        {
            if number > 0 {
                notes.push(format!("{}: {number} {kind} ratios not drawn", state.name));
            }
        }
    }
    notes
}

/// One row per rank, one column per state and layer; cells beyond the end of a curve are empty.
fn curve_table(states: &[Curves<'_>], sorted: &[Vec<Vec<f64>>], longest: usize) -> Table {
    let names =
        states.iter().flat_map(|state| (0..state.layers.len()).map(|layer| format!("{} layer {layer}", state.name)));
    let cell = |ratios: &[f64], rank: usize| ratios.get(rank).map_or_else(String::new, f64::to_string);
    let row = |rank: usize| {
        std::iter::once(rank.to_string()).chain(sorted.iter().flatten().map(|ratios| cell(ratios, rank))).collect()
    };
    Table { columns: std::iter::once("rank".to_owned()).chain(names).collect(), rows: (0..longest).map(row).collect() }
}

/// Figure 3: the log ratios of one layer in 1000 equal bins, the density fitted to them, and the line at -3.
pub fn histogram(sample: &Sample, fit: Option<&Fit>, title: HistogramTitle<'_>) -> Chart {
    let counts = sample.histogram(BINS);
    let width = sample.range() / position(BINS);
    let left = |bin: usize| sample.min() + width * position(bin);
    let bar = |(bin, &count): (usize, &u64)| (count > 0).then(|| [left(bin), (count as f64).log10()]);
    let bars: Vec<[f64; 2]> = counts.iter().enumerate().filter_map(bar).collect();
    let expected = |x: f64| fit.map_or(0.0, |fit| sample.count() as f64 * width * fit.gamma.pdf(x));
    let line = fit.map_or_else(Vec::new, |fit| density(sample, fit, expected));
    let tops = bars.iter().chain(&line).map(|point| point[1]).filter(|top| top.is_finite());
    let top = tops.fold(1.0, f64::max).ceil();
    let mut series = vec![Series {
        name: title.state.to_owned(),
        role: title.role,
        opacity: 1.0,
        shape: Shape::Bars { width, bars },
    }];
    if !line.is_empty() {
        let name = "gamma fit".to_owned();
        series.push(Series { name, role: Role::Fit, opacity: 1.0, shape: Shape::Line(line) });
    }
    let name = "ratio 1000".to_owned();
    series.push(Series { name, role: Role::Threshold, opacity: 1.0, shape: Shape::VLine(MASSIVE_LOG) });
    let row = |(bin, &count): (usize, &u64)| {
        let fitted = fit.map_or_else(String::new, |_| expected(left(bin) + 0.5 * width).to_string());
        vec![left(bin).to_string(), left(bin + 1).to_string(), count.to_string(), fitted]
    };
    Chart {
        title: format!("Layer {}, {}", title.layer, title.state),
        x: axis("-log10(ratio)", Scale::Linear, (sample.min().min(MASSIVE_LOG - 0.2), sample.max())),
        y: axis("count", Scale::Log10, (-1.0, top)),
        series,
        notes: histogram_notes(sample, fit, title),
        table: Table {
            columns: ["bin_left", "bin_right", "count", "fitted_count"].map(str::to_owned).into(),
            rows: counts.iter().enumerate().map(row).collect(),
        },
    }
}

/// One of several states whose log ratios share a histogram.
#[derive(Clone, Copy, Debug)]
pub struct Overlaid<'a> {
    /// Name in the legend and in the table's header.
    pub name: &'a str,
    /// Meaning, hence colour.
    pub role: Role,
    /// The layer, counted from 0.
    pub layer: usize,
    /// The log ratios.
    pub sample: &'a Sample,
    /// The density fitted to them.
    pub fit: Option<&'a Fit>,
}

/// Bins of several histograms in one: fewer than of one alone, so that their outlines can be told apart.
const OVERLAID_BINS: usize = 200;

/// Figure 3 of several states in one: outlines in common bins, the density fitted to each, and the line at -3.
pub fn histograms(states: &[Overlaid<'_>]) -> Chart {
    let low = states.iter().map(|state| state.sample.min()).fold(f64::INFINITY, f64::min);
    let high = states.iter().map(|state| state.sample.max()).fold(f64::NEG_INFINITY, f64::max);
    let width = (high - low) / position(OVERLAID_BINS);
    let left = |bin: usize| low + width * position(bin);
    let counts: Vec<Vec<u64>> = states.iter().map(|state| state.sample.counts(low, high, OVERLAID_BINS)).collect();
    let expected =
        |state: &Overlaid<'_>, x: f64| state.fit.map(|fit| state.sample.count() as f64 * width * fit.gamma.pdf(x));
    let mut series = Vec::new();
    for (state, counts) in states.iter().zip(&counts) {
        let steps = counts.iter().enumerate();
        let steps = steps.flat_map(|(bin, &count)| [left(bin), left(bin + 1)].map(|x| [x, (count as f64).log10()]));
        let shape = Shape::Line(steps.collect());
        series.push(Series { name: String::new(), role: state.role, opacity: 0.45, shape });
    }
    for state in states {
        let points = (0..=OVERLAID_BINS).filter_map(|bin| Some((left(bin), expected(state, left(bin))?)));
        let points = points.filter(|(_, count)| *count >= 0.1 && count.is_finite());
        let name = format!("{}, layer {}", state.name, state.layer);
        let shape = Shape::Line(points.map(|(x, count)| [x, count.log10()]).collect());
        series.push(Series { name, role: state.role, opacity: 1.0, shape });
    }
    let name = "ratio 1000".to_owned();
    series.push(Series { name, role: Role::Threshold, opacity: 1.0, shape: Shape::VLine(MASSIVE_LOG) });
    let top = counts.iter().flatten().copied().max().unwrap_or(1);
    let note = |state: &Overlaid<'_>| {
        let ks = state.fit.map_or_else(|| "no fit".to_owned(), |fit| format!("KS = {:.3}", fit.ks));
        let (below, count) = (state.sample.count_below(MASSIVE_LOG), state.sample.count());
        format!("{}: {ks}, {below} of {count} below -3", state.name)
    };
    let names = states.iter().flat_map(|state| ["count", "fitted_count"].map(|what| format!("{} {what}", state.name)));
    let row = |bin: usize| {
        let cells = states.iter().zip(&counts).flat_map(|(state, counts)| {
            let fitted = expected(state, left(bin) + 0.5 * width).map_or_else(String::new, |count| count.to_string());
            [counts.get(bin).map_or_else(String::new, u64::to_string), fitted]
        });
        [left(bin).to_string(), left(bin + 1).to_string()].into_iter().chain(cells).collect()
    };
    Chart {
        title: "Log ratios side by side; lines are gamma fits".to_owned(),
        x: axis("-log10(ratio)", Scale::Linear, (low.min(MASSIVE_LOG - 0.2), high)),
        y: axis("count", Scale::Log10, (-1.0, (top as f64).log10().ceil().max(1.0))),
        series,
        notes: states.iter().map(note).collect(),
        table: Table {
            columns: ["bin_left", "bin_right"].map(str::to_owned).into_iter().chain(names).collect(),
            rows: (0..OVERLAID_BINS).map(row).collect(),
        },
    }
}

/// The fitted counts per bin where they reach 0.01, as decimal logarithms, from the location (or the smallest value,
/// if the location lies outside the picture) to the largest value.
fn density(sample: &Sample, fit: &Fit, expected: impl Fn(f64) -> f64) -> Vec<[f64; 2]> {
    let start = fit.gamma.loc.max(sample.min().min(MASSIVE_LOG - 0.2));
    let step = (sample.max() - start) / position(BINS);
    let points = (0..=BINS).map(|place| start + step * position(place)).map(|x| (x, expected(x)));
    points.filter(|(_, count)| *count >= 0.01 && count.is_finite()).map(|(x, count)| [x, count.log10()]).collect()
}

fn histogram_notes(sample: &Sample, fit: Option<&Fit>, title: HistogramTitle<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(fit) = fit {
        notes.push(format!("KS = {:.3}", fit.ks));
        notes.push(format!("mean log-likelihood = {:.3}", fit.mean_log_likelihood));
        if fit.at_bound {
            notes.push("fit at the bound of its search".to_owned());
        }
    }
    notes.push(format!("{} of {} values below -3", sample.count_below(MASSIVE_LOG), sample.count()));
    if title.left_out > 0 {
        notes.push(format!("{} values that are not finite left out", title.left_out));
    }
    notes
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::analysis::chart::Pattern;
    use crate::analysis::gamma::fit;
    use crate::domain::Matrix;

    fn line(series: &Series) -> &[[f64; 2]] {
        match &series.shape {
            Shape::Line(points) => points,
            other => panic!("not a line: {other:?}"),
        }
    }

    #[test]
    fn curves_are_sorted_thinned_and_told_apart() {
        let many: Vec<f64> = (0..5001).rev().map(|i| 10f64.powf(f64::from(i) / 1000.0)).collect();
        let odd = vec![10.0, f64::NAN, f64::INFINITY, 1.0];
        let base = vec![vec![3.0, 2.0]; 3];
        let states = [
            Curves { name: "edited", role: Role::Trained, layers: vec![many, odd, vec![7.0]] },
            Curves { name: "base", role: Role::Base, layers: base },
        ];
        let chart = edge_ratio_curves(&states, &[("base range", Band { low: 10.0, high: 100.0 })], Some(1));
        assert_eq!(chart.series[0].shape, Shape::Band { low: 1.0, high: 2.0 });
        let names: Vec<&str> = chart.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["base range", "edited", "", "base", "", "edited, layer 1", "base, layer 1"]);
        let long = line(&chart.series[1]);
        assert_eq!((long.len(), long[0], long[1999]), (MAX_POINTS, [0.0, 0.0], [5000.0, 5.0]));
        assert!(long.windows(2).all(|pair| pair[0][0] < pair[1][0] && pair[0][1] <= pair[1][1]));
        assert_eq!((line(&chart.series[5]), chart.series[5].role), (&[[0.0, 0.0], [1.0, 1.0]][..], Role::Selected));
        assert_eq!((chart.x.range, chart.y.range), ((0.0, 5000.0), (0.0, 5.0)));
        assert_eq!(chart.table.rows.len(), 5001);
        assert_eq!(chart.table.columns[..3], ["rank", "edited layer 0", "edited layer 1"]);
        assert_eq!(chart.table.rows[1][2..], ["10", "", "3", "3", "3"]);
        assert!(chart.table.rows.iter().all(|row| row.len() == chart.table.columns.len()));
        assert_eq!(chart.notes.len(), 2);
        assert!(chart.notes[0].contains("edited: 1 undefined"), "{:?}", chart.notes);
    }

    #[test]
    fn sweeps_make_batch_and_edge_curves() {
        let edges = |top: f32| Matrix::new(2, 2, vec![1.0, top, 1.0, 2.0]).unwrap();
        let (a, b) = (edges(1e7), edges(50.0));
        let mut sweep = Sweep::default();
        sweep.add(&[vec![&a], vec![&b]]).unwrap();
        let band = sweep.band().unwrap();
        let batch = batch_curves(&sweep, &[("base range", band)], None);
        assert_eq!(batch.table.rows, [["0", "50"], ["1", "10000000"]]);
        // Whole decades that hold the curves and the band.
        assert_eq!((batch.x.range, batch.y.range), ((0.0, 1.0), (1.0, 7.0)));
        assert_eq!(sweep_edge_curves(&sweep, &[], None).table.rows.len(), 4);
        let empty = batch_curves(&Sweep::default(), &[], Some(0));
        assert_eq!((empty.series.len(), empty.table.rows.len(), empty.y.range), (0, 0, (0.0, 6.0)));
    }

    #[test]
    fn the_axis_of_ratios_holds_the_decades_of_curves_and_bands() {
        let chart = |ratios: &[f64], bands: &[(&str, Band)]| {
            edge_ratio_curves(&[Curves { name: "a", role: Role::Trained, layers: vec![ratios.to_vec()] }], bands, None)
        };
        assert_eq!(chart(&[20.0, 900.0], &[]).y.range, (1.0, 3.0));
        assert_eq!(chart(&[0.02, 0.0, 900.0, f64::INFINITY], &[]).y.range, (-2.0, 3.0));
        assert_eq!(chart(&[20.0], &[("base", Band { low: 3.0, high: 2e4 })]).y.range, (0.0, 5.0));
        assert_eq!(chart(&[100.0], &[]).y.range, (2.0, 3.0), "never without height");
    }

    #[test]
    fn states_side_by_side_share_bins_and_name_the_compared_layer_only() {
        let samples = crate::analysis::gamma::tests::samples().into_iter().take(3);
        let samples: Vec<Sample> = samples.map(|values| Sample::new(values).unwrap()).collect();
        let fits: Vec<Fit> = samples.iter().map(fit).collect();
        let names = ["A x", "B y", "C z"];
        let roles = [Role::Trained, Role::Second, Role::Third];
        let states: Vec<Overlaid<'_>> = samples
            .iter()
            .zip(&fits)
            .zip(names.iter().zip(roles))
            .map(|((sample, fit), (name, role))| Overlaid { name, role, layer: 4, sample, fit: Some(fit) })
            .collect();
        let chart = histograms(&states);
        for (place, state) in states.iter().enumerate() {
            let column = |at: usize| chart.table.rows.iter().map(move |row| row[at].parse::<f64>().unwrap());
            assert_eq!(column(2 + 2 * place).sum::<f64>(), state.sample.count() as f64);
            assert!((column(3 + 2 * place).sum::<f64>() / state.sample.count() as f64 - 1.0).abs() < 0.05);
            assert!(chart.notes[place].starts_with(state.name) && chart.notes[place].contains("KS"));
        }
        let patterns = |chart: &Chart| -> Vec<(String, Pattern)> {
            let named = chart.series.iter().filter(|series| !series.name.is_empty() && series.role != Role::Threshold);
            named.map(|series| (series.name.clone(), series.pattern())).collect()
        };
        let expected = [("A x", Pattern::Solid), ("B y", Pattern::Dashed), ("C z", Pattern::Dotted)];
        let expected = &expected[..states.len()];
        assert_eq!(
            patterns(&chart),
            expected.iter().map(|(name, pattern)| (format!("{name}, layer 4"), *pattern)).collect::<Vec<_>>()
        );
        // A state with fewer layers shows its last.
        let curves = |name, role, layers| Curves { name, role, layers: vec![vec![1.0, 10.0]; layers] };
        let chart = edge_ratio_curves(&[curves("A x", Role::Trained, 6), curves("B y", Role::Second, 3)], &[], Some(4));
        assert_eq!(
            patterns(&chart),
            [("A x, layer 4".to_owned(), Pattern::Solid), ("B y, layer 2".to_owned(), Pattern::Dashed)]
        );
    }

    #[test]
    fn histogram_shows_counts_fit_and_numbers() {
        for values in crate::analysis::gamma::tests::samples() {
            let sample = Sample::new(values).unwrap();
            let fit = fit(&sample);
            let title = HistogramTitle { layer: 3, state: "base", role: Role::Base, left_out: 2 };
            let chart = histogram(&sample, Some(&fit), title);
            let cells = |column: usize| chart.table.rows.iter().map(move |row| row[column].parse::<f64>().unwrap());
            assert_eq!(chart.table.rows.len(), BINS);
            assert_eq!(cells(2).sum::<f64>(), sample.count() as f64);
            // The fitted counts add up to the number of values, up to what lies outside.
            assert!((cells(3).sum::<f64>() / sample.count() as f64 - 1.0).abs() < 0.05);
            let Shape::Bars { bars, .. } = &chart.series[0].shape else { panic!("no bars") };
            assert_eq!(bars.len(), cells(2).filter(|&count| count > 0.0).count());
            assert!(line(&chart.series[1]).iter().all(|point| point[1] >= -2.0 && point[1] <= chart.y.range.1));
            assert_eq!(chart.series[2].shape, Shape::VLine(-3.0));
            assert!(chart.x.range.0 < -3.0 && chart.y.range.0 == -1.0);
            assert_eq!(chart.notes[0], format!("KS = {:.3}", fit.ks));
            assert!(chart.notes.last().unwrap().starts_with("2 values"));
            assert_eq!(histogram(&sample, None, title).series.len(), 2);
        }
    }
}
