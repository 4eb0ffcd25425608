//! The second look at a file: every record to the end, Kekulé form included.
//!
//! Listing checks the grammar only, which is ten times quicker. What fails here moves from the
//! records to the skipped lines, so molecules get their final numbers when this is done.

use super::{Loader, OpenError, smiles};
use crate::domain::{Dataset, RowNote};
use rayon::prelude::*;

/// Records checked per step: some tens of milliseconds.
const CHUNK: usize = 4_000;

/// Checks a dataset in steps.
#[derive(Clone, Debug)]
pub struct Validator {
    dataset: Dataset,
    /// What is wrong with each record looked at so far.
    failures: Vec<Option<String>>,
    warnings: Vec<RowNote>,
}

impl Validator {
    /// Prepares to check a copy of `dataset`.
    pub fn new(dataset: &Dataset) -> Self {
        Self { dataset: dataset.clone(), failures: Vec::new(), warnings: Vec::new() }
    }

    /// Checks the next few thousand records on all cores. Answers (records done, records in all).
    pub fn step(&mut self) -> (u64, u64) {
        let done = self.failures.len();
        let end = self.dataset.records.len().min(done + CHUNK);
        let records = &self.dataset.records[done..end];
        let results: Vec<_> =
            records.par_iter().map(|record| smiles::read(&record.smiles).map(|reading| reading.warnings)).collect();
        for (result, record) in results.into_iter().zip(records) {
            match result {
                Ok(warnings) => {
                    self.failures.push(None);
                    self.warnings.extend(warnings.into_iter().map(|reason| RowNote { line: record.line, reason }));
                }
                Err(error) => self.failures.push(Some(error.to_string())),
            }
        }
        (self.failures.len() as u64, self.dataset.records.len() as u64)
    }

    /// The dataset with what failed moved to the skipped lines. Records not yet looked at stay.
    ///
    /// # Errors
    /// No record is left.
    pub fn finish(&mut self) -> Result<Dataset, OpenError> {
        let mut dataset = std::mem::take(&mut self.dataset);
        let mut failures = std::mem::take(&mut self.failures).into_iter();
        dataset.validated = failures.len() == dataset.records.len();
        let skipped = &mut dataset.skipped;
        dataset.records.retain(|record| match failures.next().flatten() {
            Some(reason) => {
                skipped.push(RowNote { line: record.line, reason });
                false
            }
            None => true,
        });
        dataset.warnings.append(&mut self.warnings);
        dataset.skipped.sort_by_key(|note| note.line);
        dataset.warnings.sort_by_key(|note| note.line);
        nothing_usable(&dataset).map_or(Ok(dataset), Err)
    }
}

/// The error for a dataset without records.
pub(super) fn nothing_usable(dataset: &Dataset) -> Option<OpenError> {
    let first = dataset.skipped.first().filter(|_| dataset.records.is_empty())?;
    Some(OpenError::NothingUsable {
        lines: dataset.lines,
        line: first.line,
        reason: first.reason.clone(),
        path: dataset.path.clone().unwrap_or_else(|| dataset.name.clone().into()),
    })
}

/// Reads and checks a file, which `loader` has opened, to the end. `progress` is told the share done, 0 to 1, and answers
/// whether to go on.
///
/// # Errors
/// The file is no table of SMILES, nothing in it is usable, or `progress` asked to stop.
pub fn load_fully(mut loader: Loader, mut progress: impl FnMut(f32) -> bool) -> Result<Dataset, OpenError> {
    // Reading takes about a third of the time.
    const READING: f32 = 0.3;
    let path = loader.path();
    let mut report = |share: f32| {
        if progress(share) { Ok(()) } else { Err(OpenError::Stopped { path: path.clone() }) }
    };
    loop {
        let step = loader.step()?;
        report(READING * share(step.done_bytes, step.total_bytes))?;
        if step.finished {
            break;
        }
    }
    let mut validator = Validator { dataset: loader.into_dataset(), failures: Vec::new(), warnings: Vec::new() };
    loop {
        let (done, total) = validator.step();
        report(READING + (1.0 - READING) * share(done, total))?;
        if done == total {
            return validator.finish();
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a share for a progress bar")]
fn share(done: u64, total: u64) -> f32 {
    if total == 0 { 1.0 } else { (done as f32 / total as f32).min(1.0) }
}
