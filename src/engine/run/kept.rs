//! A run as it lies in its folder, whoever trained it: its curves and its weights.

use super::{Outcome, Record, RunFile, RunFolder};
use crate::engine::jobs::train::{Training, TrainingReport, loss_name};
use crate::io;
use crate::models::history_of;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A run read from its folder.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptRun {
    /// What was trained, and on what.
    pub file: RunFile,
    /// Its epochs, and what came out if it is over.
    pub training: Training,
    /// The epochs whose weights were kept, in order.
    pub epochs: Vec<u32>,
}

impl KeptRun {
    /// Reads a run.
    ///
    /// # Errors
    /// One sentence: there is no run, or it cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let folder = RunFolder::at(path);
        if !folder.run_file().is_file() {
            return Err(format!("There is no training run here, since run.toml is missing: {}", path.display()));
        }
        let file = RunFile::read(&folder.run_file())?;
        let unusable = |reason: String| format!("The run cannot be shown ({reason}): {}", path.display());
        let mut training = Training { folder: Some(path.to_owned()), ..Training::default() };
        if folder.state().is_file() {
            let state = io::read_weights(&folder.state()).map_err(|error| error.to_string())?;
            let history = history_of(&state).map_err(|error| unusable(error.to_string()))?;
            let record = Record::of(&state.metadata).map_err(unusable)?;
            let loss = loss_name(&file.plan.network);
            let counts = (file.plan.recipe.epochs, molecules(&folder));
            let report = |epoch| Arc::new(TrainingReport::of(epoch, &record, counts, loss));
            training.epochs = history.iter().map(report).collect();
            training.resumed = training.epochs.len();
            training.base = record.ratios_of(0).cloned().unwrap_or_default();
        }
        if folder.result().is_file() {
            training.outcome = Some(Arc::new(Outcome::read(&folder.result())?));
        }
        Ok(Self { file, training, epochs: epochs(&folder) })
    }

    /// The folder.
    pub fn folder(&self) -> PathBuf {
        self.training.folder.clone().unwrap_or_default()
    }
}

/// How many molecules the run learned from, as its last weights say; 0 where they do not.
fn molecules(folder: &RunFolder) -> usize {
    let weights = io::read_weights(&folder.last()).ok();
    let text = weights.and_then(|weights| weights.metadata.get("training").cloned());
    let told = text.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
    let count = told.and_then(|told| told.get("train_graphs")?.as_u64());
    count.and_then(|count| usize::try_from(count).ok()).unwrap_or(0)
}

/// The epochs whose weights lie there.
fn epochs(folder: &RunFolder) -> Vec<u32> {
    let epoch = |name: &str| name.strip_prefix("epoch-")?.strip_suffix(".safetensors")?.parse().ok();
    let parent = folder.epoch(1).parent().map(Path::to_owned).unwrap_or_default();
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut epochs: Vec<u32> = entries.filter_map(|entry| epoch(&entry.file_name().to_string_lossy())).collect();
    epochs.sort_unstable();
    epochs
}
