//! The curves of a training run as charts: what every tool shows, and how the MA ratios emerge. Positions on
//! logarithmic axes are logarithms, as in every chart.

use crate::analysis::chart::{Axis, Chart, Role, Scale, Series, Shape, Table};
use crate::engine::run::Ratios;
use crate::engine::{Training, TrainingReport};
use crate::models::{EpochReport, GradientNorms};
use std::sync::Arc;

/// One chart of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// Median and maximum of the MA ratios, layer by layer.
    Ratios,
    /// Training and validation loss.
    Loss,
    /// Area under the ROC curve on the validation molecules.
    Auc,
    /// Lengths of the gradients, layer by layer.
    Gradients,
    /// Learning rate.
    LearningRate,
    /// Molecules per second.
    Speed,
}

impl Curve {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 6] = [Self::Ratios, Self::Loss, Self::Auc, Self::Gradients, Self::LearningRate, Self::Speed];

    /// The title above it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ratios => "MA ratios",
            Self::Loss => "Loss",
            Self::Auc => "ROC-AUC",
            Self::Gradients => "Gradient norms",
            Self::LearningRate => "Learning rate",
            Self::Speed => "Molecules per second",
        }
    }
}

/// A run with the words that tell it from the one beside it, if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) training: &'a Training,
    /// `A ` or nothing.
    pub(super) prefix: &'static str,
    pub(super) role: Role,
}

/// A chart of one run or two; none where there is nothing to show. `layer` is drawn on top of the others.
pub(super) fn chart(curve: Curve, runs: &[Shown<'_>], layer: usize) -> Option<Chart> {
    let series: Vec<Series> = runs
        .iter()
        .flat_map(|run| match curve {
            Curve::Ratios => ratios(run, layer),
            Curve::Loss => losses(run),
            Curve::Auc => lines(run, "validation", |report| report.epoch.validation_auc),
            Curve::Gradients => gradients(run, layer),
            Curve::LearningRate => lines(run, "learning rate", |report| Some(report.epoch.learning_rate.log10())),
            Curve::Speed => lines(run, "molecules per second", |report| {
                Some(report.molecules_per_second).filter(|speed| speed.is_finite())
            }),
        })
        .collect();
    let has_points = series.iter().any(|series| matches!(&series.shape, Shape::Line(points) if !points.is_empty()));
    if !has_points {
        return None;
    }
    let loss = runs.iter().find_map(|run| run.training.epochs.last()).map_or("loss", |report| report.loss);
    let (label, scale) = match curve {
        Curve::Ratios => ("MA ratio", Scale::Log10),
        Curve::Loss => (loss, Scale::Log10),
        Curve::Auc => ("ROC-AUC", Scale::Linear),
        Curve::Gradients => ("gradient norm", Scale::Log10),
        Curve::LearningRate => ("learning rate", Scale::Log10),
        Curve::Speed => ("molecules/s", Scale::Linear),
    };
    let epochs = runs.iter().filter_map(|run| run.training.epochs.last()).map(|report| report.epoch.epoch).max();
    let first = if curve == Curve::Ratios { 0.0 } else { 1.0 };
    let heights = series.iter().flat_map(Series::heights);
    let range = match curve {
        Curve::Speed => (0.0, heights.fold(1.0, f64::max) * 1.05),
        _ => fitted(heights, scale),
    };
    let columns = hover_names(runs, curve);
    let chart = Chart {
        title: curve.title().to_owned(),
        x: Axis { label: "epoch".to_owned(), scale: Scale::Linear, range: (first, round(epochs.unwrap_or(0))) },
        y: Axis { label: label.to_owned(), scale, range },
        series,
        notes: Vec::new(),
        table: Table { columns, rows: Vec::new() },
    };
    // Within a decade an axis from zero tells more than one with a single power of ten on it.
    let narrow = curve == Curve::Loss && range.1 - range.0 < 1.0;
    Some(if narrow { chart.on_linear_heights() } else { chart })
}

/// The next round number of epochs, so that the axis does not move with every epoch.
fn round(epochs: u32) -> f64 {
    let epochs = f64::from(epochs.max(5));
    let power = 10f64.powf(epochs.log10().floor());
    let factors = [1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0];
    let factor = factors.into_iter().find(|factor| factor * power >= epochs - 1e-9);
    factor.unwrap_or(10.0) * power
}

/// What holds all heights, with some air.
fn fitted(heights: impl Iterator<Item = f64>, scale: Scale) -> (f64, f64) {
    let range = heights.filter(|height| height.is_finite()).fold(None, |range: Option<(f64, f64)>, height| {
        Some(range.map_or((height, height), |(low, high)| (low.min(height), high.max(height))))
    });
    let (low, high) = range.unwrap_or((0.0, 1.0));
    let least = if scale == Scale::Log10 { 0.1 } else { 0.01 };
    let air = (0.06 * (high - low)).max(least / 2.0);
    (low - air, high + air)
}

fn series(name: String, role: Role, opacity: f32, points: Vec<[f64; 2]>) -> Series {
    Series { name, role, opacity, shape: Shape::Line(points) }
}

/// One line through a number of each epoch that has it.
fn lines(run: &Shown<'_>, name: &str, value: impl Fn(&TrainingReport) -> Option<f64>) -> Vec<Series> {
    let points = run.training.epochs.iter().filter_map(|report| Some([f64::from(report.epoch.epoch), value(report)?]));
    vec![series(format!("{}{name}", run.prefix), run.role, 1.0, points.collect())]
}

fn losses(run: &Shown<'_>) -> Vec<Series> {
    let of = |value: fn(&EpochReport) -> f64| -> Vec<[f64; 2]> {
        let epochs = run.training.epochs.iter();
        epochs.map(|report| [f64::from(report.epoch.epoch), value(&report.epoch).log10()]).collect()
    };
    let name = |what: &str| format!("{}{what}", run.prefix);
    vec![
        series(name("training"), run.role, 0.55, of(|report| report.train_loss)),
        series(name("validation"), run.role, 1.0, of(|report| report.validation_loss)),
    ]
}

/// Median and maximum of each layer, and the state before training as a band.
fn ratios(run: &Shown<'_>, layer: usize) -> Vec<Series> {
    let base = &run.training.base;
    let measured = run.training.epochs.iter().filter_map(|report| report.ratios.as_deref());
    let measured: Vec<_> = std::iter::once(base).filter(|base| !base.maximum.is_empty()).chain(measured).collect();
    let layers = measured.first().map_or(0, |first| first.maximum.len());
    let mut found = Vec::new();
    let ends = base.median.iter().chain(&base.maximum).filter(|value| value.is_finite());
    let ends = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    if ends.0 <= ends.1 && ends.0 > 0.0 {
        let shape = Shape::Band { low: ends.0.log10(), high: ends.1.log10() };
        found.push(Series { name: format!("{}before training", run.prefix), role: Role::Base, opacity: 1.0, shape });
    }
    let points = |of: fn(&Ratios) -> &Vec<f64>, layer: usize| -> Vec<[f64; 2]> {
        let value = |ratios: &&Ratios| {
            let value = of(ratios).get(layer).copied().filter(|value| value.is_finite() && *value > 0.0)?;
            Some([f64::from(ratios.epoch), value.log10()])
        };
        measured.iter().filter_map(value).collect()
    };
    let median = medians_of(run.role);
    for place in 0..layers {
        let name = if place == 0 { format!("{}median", run.prefix) } else { String::new() };
        found.push(series(name, median, thickness(place, layer), points(|ratios| &ratios.median, place)));
    }
    for place in 0..layers {
        let name = if place == 0 { format!("{}maximum", run.prefix) } else { String::new() };
        found.push(series(name, run.role, thickness(place, layer), points(|ratios| &ratios.maximum, place)));
    }
    found
}

/// The colour of the medians beside the maxima of a run.
fn medians_of(role: Role) -> Role {
    if role == Role::Trained { Role::Edited } else { Role::OtherBase }
}

/// The chosen layer stands out.
fn thickness(place: usize, layer: usize) -> f32 {
    if place == layer { 1.0 } else { 0.45 }
}

fn gradients(run: &Shown<'_>, layer: usize) -> Vec<Series> {
    let layers = run.training.epochs.first().map_or(0, |report| report.epoch.gradients.layers.len());
    let points = |of: &dyn Fn(&GradientNorms) -> Option<f64>| -> Vec<[f64; 2]> {
        let value = |report: &Arc<TrainingReport>| {
            let value = of(&report.epoch.gradients).filter(|value| *value > 0.0)?;
            Some([f64::from(report.epoch.epoch), value.log10()])
        };
        run.training.epochs.iter().filter_map(value).collect()
    };
    let name = |what: &str| format!("{}{what}", run.prefix);
    let mut found = vec![
        series(name("embedding"), Role::Base, 0.8, points(&|norms| Some(norms.embedding))),
        series(name("readout"), Role::Selected, 0.8, points(&|norms| Some(norms.readout))),
    ];
    for place in 0..layers {
        let name = if place == 0 { name("layers") } else { String::new() };
        let points = points(&|norms| norms.layers.get(place).copied());
        found.push(series(name, run.role, thickness(place, layer), points));
    }
    found
}

/// The names that stand beside the pointer where one entry of the legend stands for several lines, in the order of
/// the lines; nothing where each line has its own.
fn hover_names(runs: &[Shown<'_>], curve: Curve) -> Vec<String> {
    let mut names = Vec::new();
    for Shown { training, prefix, .. } in runs {
        match curve {
            Curve::Ratios => {
                let base = training.base.maximum.len();
                let measured = training.epochs.iter().find_map(|report| report.ratios.as_deref());
                let layers = if base > 0 { base } else { measured.map_or(0, |ratios| ratios.maximum.len()) };
                names.extend((0..layers).map(|layer| format!("{prefix}median, layer {layer}")));
                names.extend((0..layers).map(|layer| format!("{prefix}maximum, layer {layer}")));
            }
            Curve::Gradients => {
                let layers = training.epochs.first().map_or(0, |report| report.epoch.gradients.layers.len());
                let last = layers.saturating_sub(1);
                names.push(format!("{prefix}embedding, before layer 0"));
                names.push(format!("{prefix}readout, after layer {last}"));
                names.extend((0..layers).map(|layer| format!("{prefix}gradient in layer {layer}")));
            }
            Curve::Loss | Curve::Auc | Curve::LearningRate | Curve::Speed => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn training(losses: &[f64]) -> Training {
        let report = |(place, &loss): (usize, &f64)| {
            let epoch = u32::try_from(place).unwrap() + 1;
            let gradients = GradientNorms { embedding: 1.0, layers: vec![0.5, 0.0], readout: 2.0 };
            Arc::new(TrainingReport {
                epoch: EpochReport {
                    epoch,
                    train_loss: loss,
                    validation_loss: 2.0 * loss,
                    validation_auc: None,
                    learning_rate: 1e-3,
                    best: true,
                    gradients,
                },
                epochs: 9,
                seconds: 1.0,
                molecules_per_second: f64::NAN,
                time_left: Duration::ZERO,
                loss: "MAE",
                ratios: Some(Arc::new(Ratios { epoch, median: vec![10.0, 20.0], maximum: vec![100.0, f64::INFINITY] })),
            })
        };
        let base = Ratios { epoch: 0, median: vec![5.0, 6.0], maximum: vec![50.0, 60.0] };
        Training { epochs: losses.iter().enumerate().map(report).collect(), base, ..Training::default() }
    }

    fn of(curve: Curve, training: &Training) -> Option<Chart> {
        chart(curve, &[Shown { training, prefix: "", role: Role::Trained }], 1)
    }

    #[test]
    fn losses_are_logarithms_only_where_they_span_decades() {
        let narrow = of(Curve::Loss, &training(&[0.5, 0.4])).unwrap();
        assert_eq!((narrow.y.scale, narrow.series[1].heights()), (Scale::Linear, vec![1.0, 0.8]));
        let wide = of(Curve::Loss, &training(&[10.0, 0.1])).unwrap();
        assert_eq!((wide.y.scale, wide.series[0].heights()), (Scale::Log10, vec![1.0, -1.0]));
        assert_eq!(wide.y.label, "MAE");
        assert!(of(Curve::Loss, &Training::default()).is_none());
        assert!(of(Curve::Auc, &training(&[1.0])).is_none() && of(Curve::Speed, &training(&[1.0])).is_none());
    }

    #[test]
    fn ratios_begin_before_training_with_a_band_behind() {
        let chart = of(Curve::Ratios, &training(&[1.0, 1.0])).unwrap();
        assert_eq!(chart.series[0].shape, Shape::Band { low: 5f64.log10(), high: 60f64.log10() });
        let Shape::Line(points) = &chart.series[3].shape else { panic!("a line") };
        assert_eq!(points, &[[0.0, 50f64.log10()], [1.0, 2.0], [2.0, 2.0]]);
        let Shape::Line(infinite) = &chart.series[4].shape else { panic!("a line") };
        assert_eq!(infinite.len(), 1, "what is no number is not drawn");
        assert!(chart.series[4].is_prominent() && !chart.series[3].is_prominent(), "the chosen layer stands out");
        assert_eq!(chart.table.columns.len(), chart.series.len() - 1);
    }

    #[test]
    fn two_runs_lie_over_each_other() {
        let (a, b) = (training(&[1.0]), training(&[2.0, 3.0, 1.0]));
        let runs = [
            Shown { training: &a, prefix: "A ", role: Role::Trained },
            Shown { training: &b, prefix: "B ", role: Role::Second },
        ];
        let loss = chart(Curve::Loss, &runs, 0).unwrap();
        let names: Vec<&str> = loss.series.iter().map(|series| series.name.as_str()).collect();
        assert_eq!(names, ["A training", "A validation", "B training", "B validation"]);
        assert_eq!(chart(Curve::Gradients, &runs, 0).unwrap().table.columns.len(), 8);
        let rounded = [3, 7, 11, 100, 101, 240].map(|epochs| round(epochs).to_string());
        assert_eq!(rounded, ["5", "8", "12", "100", "120", "250"]);
    }
}
