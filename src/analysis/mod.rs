//! Numbers from traces: massive-activation ratios, their statistics, comparisons, charts as plain values.
//!
//! Nothing here knows a model or a window, so every claim about massive activations can be checked from
//! recorded activations alone. Measured quantities are `f64`, computed from the `f32` values of a trace.

pub mod chart;
mod charts;
mod compare;
mod gamma;
mod interval;
mod massive;
mod rule;
mod special;
mod stats;
mod summary;
mod sweep;
mod tally;

pub use charts::{
    Curves, HistogramTitle, Overlaid, batch_curves, batch_curves_of, edge_ratio_curves, histogram, histograms,
    sweep_edge_curves,
};
pub use compare::{EdgeChange, PredictionChange, edge_changes, prediction_changes};
pub use gamma::{Fit, Gamma, fit};
pub use interval::Interval;
pub use massive::{
    EdgeStat, MASSIVE_RATIO, Quantity, View, batch_max, channels, edge_stats, edge_stats_of, edge_values, neg_log10,
    rank,
};
pub use rule::resolve;
pub use stats::{Sample, SampleError, ks};
pub use summary::EdgeSummary;
pub use sweep::{Band, BatchRatios, Detection, EDGES_IN_CURVES, EDGES_IN_HISTOGRAM, LayerSweep, Sweep, SweepError};
pub use tally::Tally;
