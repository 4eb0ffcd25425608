//! What is known of a run's epochs, and the tables written from it.
//!
//! Times and ratios travel in the metadata of the state, beside the trainer's own history, so that the tables of
//! a resumed run are those of an uninterrupted one.

use crate::analysis;
use crate::models::{EpochReport, GraphInput, Model};
use serde::{Deserialize, Serialize};

/// Key in the metadata of a state.
const METADATA_KEY: &str = "run";
/// Changes when the meaning of a saved record does.
const VERSION: u32 = 1;

/// MA ratios of every layer over the probe set, after some epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ratios {
    /// Counted from 1; 0 for the state before training.
    pub epoch: u32,
    /// Median over molecules of the largest edge ratio of each, per layer.
    pub median: Vec<f64>,
    /// The largest of them, per layer.
    pub maximum: Vec<f64>,
}

impl Ratios {
    /// Measures a model on some graphs.
    ///
    /// # Errors
    /// A graph does not fit the model, or the device failed.
    pub(in crate::engine) fn measure(epoch: u32, model: &Model, graphs: &[GraphInput]) -> Result<Self, String> {
        let mut sweep = analysis::Sweep::default();
        if !graphs.is_empty() {
            let answers = model.edge_activations(graphs, &Default::default()).map_err(|error| error.to_string())?;
            let layers: Vec<Vec<_>> = answers.iter().map(|answer| answer.layers.iter().collect()).collect();
            sweep.add(&layers).map_err(|error| error.to_string())?;
        }
        Ok(Self::of(epoch, &sweep))
    }

    /// The medians and maxima of a sweep.
    pub(in crate::engine) fn of(epoch: u32, sweep: &analysis::Sweep) -> Self {
        let known = |layer: &analysis::LayerSweep| layer.batch_max.iter().copied().flatten().collect::<Vec<f64>>();
        let layers: Vec<Vec<f64>> = sweep.layers().iter().map(known).collect();
        Self {
            epoch,
            median: layers.iter().map(|values| median(values.clone())).collect(),
            maximum: layers.iter().map(|values| values.iter().copied().fold(f64::NAN, f64::max)).collect(),
        }
    }
}

/// The middle value, or the mean of the two; NaN of nothing.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.get(middle.wrapping_sub(1)), values.get(middle)) {
        (Some(&low), Some(&high)) if values.len().is_multiple_of(2) => f64::midpoint(low, high),
        (_, Some(&value)) => value,
        _ => f64::NAN,
    }
}

/// Times and ratios.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::engine) struct Record {
    version: u32,
    /// Of each epoch that is over.
    pub(in crate::engine) seconds: Vec<f64>,
    /// Spent on the epoch that is not.
    pub(in crate::engine) begun: f64,
    /// The state before training first, in order of epochs.
    pub(in crate::engine) ratios: Vec<Ratios>,
}

impl Record {
    /// Nothing yet.
    pub(in crate::engine) fn new() -> Self {
        Self { version: VERSION, ..Self::default() }
    }

    /// Puts the record beside what else a state says. TOML, since ratios may be infinite.
    pub(in crate::engine) fn attach(&self, metadata: &mut std::collections::BTreeMap<String, String>) {
        metadata.insert(METADATA_KEY.to_owned(), toml::to_string(self).unwrap_or_default());
    }

    /// The record in a state.
    ///
    /// # Errors
    /// It is missing, unreadable, or of another version.
    pub(in crate::engine) fn of(metadata: &std::collections::BTreeMap<String, String>) -> Result<Self, String> {
        let text = metadata.get(METADATA_KEY).ok_or("its state has no record of times and ratios")?;
        let record: Self = toml::from_str(text).map_err(|error| format!("its record is unreadable: {error}"))?;
        if record.version != VERSION {
            return Err(format!("its record has version {}, this program reads {VERSION}", record.version));
        }
        Ok(record)
    }

    /// The ratios measured after an epoch.
    pub(in crate::engine) fn ratios_of(&self, epoch: u32) -> Option<&Ratios> {
        self.ratios.iter().find(|ratios| ratios.epoch == epoch)
    }

    /// `metrics.csv`: a row per epoch. `loss` is what the loss is called, `molecules` the number trained on.
    pub(in crate::engine) fn metrics(&self, history: &[EpochReport], loss: &str, molecules: usize) -> Vec<u8> {
        let labels = history.iter().any(|report| report.validation_auc.is_some());
        let layers = history.first().map_or(0, |report| report.gradients.layers.len());
        let mut header = vec!["epoch".to_owned(), "train_loss".to_owned()];
        header.push(format!("validation_{}", loss.to_lowercase()));
        header.extend(labels.then(|| "validation_roc_auc".to_owned()));
        header.extend(["learning_rate", "best", "seconds", "molecules_per_second"].map(str::to_owned));
        header.push("gradient_norm_embedding".to_owned());
        header.extend((0..layers).map(|layer| format!("gradient_norm_{layer}")));
        header.push("gradient_norm_readout".to_owned());
        let rows = history.iter().enumerate().map(|(place, report)| {
            let seconds = self.seconds.get(place).copied().unwrap_or(f64::NAN);
            let mut row = vec![report.epoch.to_string(), number(report.train_loss), number(report.validation_loss)];
            row.extend(labels.then(|| number(report.validation_auc.unwrap_or(f64::NAN))));
            row.extend([number(report.learning_rate), report.best.to_string()]);
            row.extend([number(seconds), number(molecules as f64 / seconds)]);
            let norms = &report.gradients;
            row.push(number(norms.embedding));
            row.extend(norms.layers.iter().map(|&norm| number(norm)));
            row.push(number(norms.readout));
            row
        });
        table(&header, rows)
    }

    /// `ratios.csv`: a row per measured epoch and layer, each with the state before training beside it.
    pub(in crate::engine) fn ratio_table(&self) -> Vec<u8> {
        let header = ["epoch", "layer", "median", "maximum", "base_median", "base_maximum"].map(str::to_owned);
        let base = self.ratios.first();
        let rows = self.ratios.iter().flat_map(|of| {
            (0..of.median.len()).map(move |layer| {
                let at = |values: Option<&Vec<f64>>| {
                    number(values.and_then(|values| values.get(layer)).copied().unwrap_or(f64::NAN))
                };
                let mut row = vec![of.epoch.to_string(), layer.to_string()];
                row.extend([at(Some(&of.median)), at(Some(&of.maximum))]);
                row.extend([at(base.map(|base| &base.median)), at(base.map(|base| &base.maximum))]);
                row
            })
        });
        table(&header, rows)
    }
}

/// The shortest text that reads as the same number; nothing where there is none.
fn number(value: f64) -> String {
    if value.is_nan() { String::new() } else { value.to_string() }
}

/// A table as CSV. Writing to memory does not fail.
pub(in crate::engine) fn table(header: &[String], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut text = header.join(",") + "\n";
    for row in rows {
        text += &row.join(",");
        text.push('\n');
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::GradientNorms;
    use std::collections::BTreeMap;

    fn record() -> Record {
        let ratios = |epoch, low: f64| Ratios { epoch, median: vec![low, 2.5], maximum: vec![f64::INFINITY, 7.0] };
        Record {
            seconds: vec![0.5, 0.1 + 0.2],
            begun: 1e-9,
            ratios: vec![ratios(0, 1.0), ratios(2, 0.1)],
            ..Record::new()
        }
    }

    #[test]
    fn a_record_comes_back_to_the_bit() {
        let mut metadata = BTreeMap::new();
        record().attach(&mut metadata);
        assert_eq!(Record::of(&metadata), Ok(record()));
        assert!(Record::of(&BTreeMap::new()).unwrap_err().contains("no record"));
        metadata.insert("run".to_owned(), "version = 9\nseconds = []\nbegun = 0.0\nratios = []".to_owned());
        assert!(Record::of(&metadata).unwrap_err().contains("version 9"));
    }

    #[test]
    fn tables_have_a_row_per_epoch_and_layer() {
        let report = |epoch, auc| EpochReport {
            epoch,
            train_loss: 0.25,
            validation_loss: 0.5,
            validation_auc: auc,
            learning_rate: 7e-4,
            best: epoch == 1,
            gradients: GradientNorms { embedding: 1.0, layers: vec![2.0, 3.0], readout: 4.0 },
        };
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let found = text(record().metrics(&[report(1, None), report(2, None)], "MAE", 30));
        let lines: Vec<&str> = found.lines().collect();
        assert_eq!(
            lines[0],
            "epoch,train_loss,validation_mae,learning_rate,best,seconds,molecules_per_second,\
             gradient_norm_embedding,gradient_norm_0,gradient_norm_1,gradient_norm_readout"
        );
        assert_eq!(lines[1], "1,0.25,0.5,0.0007,true,0.5,60,1,2,3,4");
        assert!(lines[2].starts_with("2,0.25,0.5,0.0007,false,0.30000000000000004,") && lines.len() == 3);
        let labels = text(record().metrics(&[report(1, Some(0.75)), report(2, None)], "BCE", 30));
        assert!(labels.contains("validation_bce,validation_roc_auc,") && labels.contains("\n1,0.25,0.5,0.75,"));
        assert!(labels.contains("\n2,0.25,0.5,,0.0007"));
        let ratios = text(record().ratio_table());
        assert_eq!(ratios.lines().count(), 5);
        assert!(ratios.contains("\n2,0,0.1,inf,1,inf\n") && ratios.contains("\n0,1,2.5,7,2.5,7\n"));
    }

    #[test]
    fn medians_are_of_the_middle() {
        let of = |values: &[f64]| median(values.to_vec()).to_string();
        assert_eq!(of(&[3.0, 1.0, 2.0]), "2");
        assert_eq!(of(&[4.0, 1.0, 2.0, f64::INFINITY]), "3");
        assert_eq!(of(&[]), "NaN");
    }
}
