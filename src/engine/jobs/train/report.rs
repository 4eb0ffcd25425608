//! What a training job says, as plain data for a window or a line of text.

use crate::engine::run::{Outcome, Ratios, Record};
use crate::models::EpochReport;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Something to tell about a training run.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainingNews {
    /// The run is set up, or taken up again.
    Begun {
        /// Its folder.
        folder: PathBuf,
        /// The epochs it has behind it.
        history: Vec<Arc<TrainingReport>>,
        /// The ratios before training; no layers where none are measured.
        base: Ratios,
    },
    /// A batch was learned or validated.
    Batch(BatchReport),
    /// An epoch is over.
    Epoch(Arc<TrainingReport>),
    /// The run is over.
    Ended(Arc<Outcome>),
}

/// One batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchReport {
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// Batches done in this epoch.
    pub done: usize,
    /// Batches of this kind in an epoch.
    pub total: usize,
    /// Loss of a training batch before its step; none of a validation batch.
    pub loss: Option<f32>,
}

/// One epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingReport {
    /// The epoch.
    pub epoch: EpochReport,
    /// Epochs that there will be at most.
    pub epochs: u32,
    /// Time it took, validation, measuring and saving included.
    pub seconds: f64,
    /// Training molecules per second of that time.
    pub molecules_per_second: f64,
    /// Time until the last epoch at this speed; the schedule may end it sooner.
    pub time_left: Duration,
    /// What the loss is called.
    pub loss: &'static str,
    /// MA ratios, where they were measured.
    pub ratios: Option<Arc<Ratios>>,
}

/// What is known of the run that is going on, or was the last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Training {
    /// Its folder; none before the first run.
    pub folder: Option<PathBuf>,
    /// Its epochs, those of before a resumption included.
    pub epochs: Vec<Arc<TrainingReport>>,
    /// How many of them were there when the run was taken up again.
    pub resumed: usize,
    /// The ratios before training.
    pub base: Ratios,
    /// The newest batch.
    pub batch: Option<BatchReport>,
    /// What came out, once the run is over.
    pub outcome: Option<Arc<Outcome>>,
}

impl Training {
    /// Takes in what a job said.
    pub fn take(&mut self, news: TrainingNews) {
        match news {
            TrainingNews::Begun { folder, history, base } => {
                let resumed = history.len();
                *self = Self { folder: Some(folder), epochs: history, resumed, base, ..Self::default() };
            }
            TrainingNews::Batch(batch) => self.batch = Some(batch),
            TrainingNews::Epoch(report) => self.epochs.push(report),
            TrainingNews::Ended(outcome) => self.outcome = Some(outcome),
        }
    }
}

impl TrainingReport {
    /// What a record tells of an epoch; of how many epochs, and of how many training molecules.
    pub(in crate::engine) fn of(
        epoch: &EpochReport,
        record: &Record,
        (epochs, molecules): (u32, usize),
        loss: &'static str,
    ) -> Self {
        let place = (epoch.epoch as usize).saturating_sub(1);
        let seconds = record.seconds.get(place).copied().unwrap_or(f64::NAN);
        // Counts far below 2^53.
        #[allow(clippy::cast_precision_loss, reason = "a count of molecules")]
        let molecules = molecules as f64;
        let left = f64::from(epochs.saturating_sub(epoch.epoch)) * seconds;
        Self {
            epoch: epoch.clone(),
            epochs,
            seconds,
            molecules_per_second: molecules / seconds,
            time_left: Duration::try_from_secs_f64(left).unwrap_or_default(),
            loss,
            ratios: record.ratios_of(epoch.epoch).cloned().map(Arc::new),
        }
    }
}

impl fmt::Display for TrainingReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EpochReport { epoch, train_loss, validation_loss, validation_auc, learning_rate, best, .. } = &self.epoch;
        let auc = validation_auc.map_or_else(String::new, |auc| format!(", ROC-AUC {auc:.4}"));
        let left = super::super::in_words(self.time_left);
        let largest = |ratios: &Arc<Ratios>| ratios.maximum.iter().copied().fold(f64::NAN, f64::max);
        let ratio = self.ratios.as_ref().map(largest).filter(|ratio| !ratio.is_nan());
        let ratio = ratio.map_or_else(String::new, |ratio| format!(", largest MA ratio {ratio:.0}"));
        write!(
            f,
            "epoch {epoch}/{}: loss {train_loss:.4}, validation {} {validation_loss:.4}{auc}{}, \
             learning rate {learning_rate:.1e}{ratio}, {:.0} molecules/s, {left} left",
            self.epochs,
            self.loss,
            if *best { " (best)" } else { "" },
            self.molecules_per_second,
        )
    }
}
