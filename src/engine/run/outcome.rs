//! `result.toml`: what came out of a run that is over.

use crate::io;
use crate::models::End;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Changes when the meaning of the file does.
const VERSION: u32 = 1;

/// What came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    version: u32,
    /// When the run was over, in UTC.
    pub finished: String,
    /// Why.
    pub end: End,
    /// Epochs trained.
    pub epochs: u32,
    /// Time they took together.
    pub seconds: f64,
    /// What the loss is called.
    pub loss: String,
    /// Molecules that the test results are of.
    pub test_molecules: usize,
    /// Weights of the last epoch: what the paper reports.
    pub last: Measured,
    /// Weights of the epoch with the lowest validation loss: what is usually reported.
    pub best: Measured,
}

/// How good the weights of one epoch are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// The epoch.
    pub epoch: u32,
    /// Mean over batches of the loss on the validation molecules.
    pub validation_loss: f64,
    /// Mean over the test molecules of each one's own loss; none without such molecules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<f64>,
    /// Mean over labels of the area under the ROC curve on the test molecules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_auc: Option<f64>,
}

impl Outcome {
    /// An outcome whose weights are still to be measured.
    pub(in crate::engine) fn new(finished: String, end: End, (epochs, seconds): (u32, f64), loss: &str) -> Self {
        let (last, best) = (Measured::default(), Measured::default());
        Self { version: VERSION, finished, end, epochs, seconds, loss: loss.to_owned(), test_molecules: 0, last, best }
    }

    /// Reads the file of a run that is over.
    ///
    /// # Errors
    /// One sentence: it cannot be read, or is of another version.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("The result of the run could not be read ({error}): {}", path.display()))?;
        let unusable = |reason: String| format!("This is no usable result of a run ({reason}): {}", path.display());
        let outcome: Self = toml::from_str(&text).map_err(|error| unusable(super::file::sentence(&error)))?;
        if outcome.version == VERSION {
            Ok(outcome)
        } else {
            Err(unusable(format!("it has version {}, this program reads {VERSION}", outcome.version)))
        }
    }

    pub(in crate::engine) fn write(&self, path: &Path) -> Result<(), String> {
        let text = toml::to_string(self).map_err(|error| format!("The result cannot be described: {error}"))?;
        io::write_bytes(path, text.as_bytes()).map_err(|error| error.to_string())
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let of = |measured: &Measured| {
            let auc = measured.test_auc.map_or_else(String::new, |auc| format!(", ROC-AUC {auc:.4}"));
            measured.test_loss.map(|loss| format!("{loss:.4}{auc}"))
        };
        match of(&self.last).zip(of(&self.best)) {
            Some((last, best)) => write!(
                f,
                "test {} {last} (last epoch, {}), {best} (best validation epoch, {})",
                self.loss, self.last.epoch, self.best.epoch
            ),
            None => write!(
                f,
                "validation {} {:.4} (last epoch, {}), {:.4} (best, {}); there are no test molecules",
                self.loss, self.last.validation_loss, self.last.epoch, self.best.validation_loss, self.best.epoch
            ),
        }
    }
}
