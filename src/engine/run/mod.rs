//! A training run as a folder.
//!
//! `run.toml` says what is trained, `state.safetensors` holds all that going on needs and is the authority:
//! tables and checkpoints follow from it and are written again when a run is resumed. Each file is written
//! beside its place, synced and renamed, so a power cut leaves a whole one.

mod config;
mod file;
mod kept;
mod outcome;
mod record;

pub use config::Config;
pub use file::{DataInfo, Program, RunFile};
pub use kept::KeptRun;
pub use outcome::{Measured, Outcome};
pub use record::Ratios;
pub(super) use record::Record;

use crate::io;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The paths of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The run in, or to be in, a folder.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// What is trained, and how.
    pub fn run_file(&self) -> PathBuf {
        self.0.join("run.toml")
    }

    /// All that going on needs.
    pub fn state(&self) -> PathBuf {
        self.0.join("state.safetensors")
    }

    /// A row per epoch.
    pub fn metrics(&self) -> PathBuf {
        self.0.join("metrics.csv")
    }

    /// A row per measured epoch and layer.
    pub fn ratios(&self) -> PathBuf {
        self.0.join("ratios.csv")
    }

    /// What came out; there once the run is over.
    pub fn result(&self) -> PathBuf {
        self.0.join("result.toml")
    }

    /// Weights as they are now.
    pub fn last(&self) -> PathBuf {
        self.checkpoints().join("last.safetensors")
    }

    /// Weights of the epoch with the lowest validation loss; there once an epoch is over.
    pub fn best(&self) -> PathBuf {
        self.checkpoints().join("best.safetensors")
    }

    /// Weights kept at the end of an epoch.
    pub fn epoch(&self, epoch: u32) -> PathBuf {
        self.checkpoints().join(format!("epoch-{epoch:04}.safetensors"))
    }

    fn checkpoints(&self) -> PathBuf {
        self.0.join("checkpoints")
    }

    /// Makes the folders and keeps other processes out until the handle is dropped. A new run wants an empty
    /// place, a resumed one a run.
    ///
    /// # Errors
    /// One sentence: the place is taken or in use, or there is no run to go on with.
    pub(super) fn claim(&self, resume: bool) -> Result<File, String> {
        let place = self.0.display();
        if resume && !self.run_file().is_file() {
            return Err(format!("There is no run to go on with, since run.toml is missing: {place}"));
        }
        if let Some(reason) = self.obstacle().filter(|_| !resume) {
            return Err(reason);
        }
        let failed = |error: std::io::Error| format!("The folder for the run cannot be used ({error}): {place}");
        std::fs::create_dir_all(self.checkpoints()).map_err(failed)?;
        let lock = File::create(self.0.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {
                [&self.0, &self.checkpoints()].into_iter().for_each(|folder| io::remove_leftovers(folder));
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                Err(format!("Another Bondscope is training in this folder; stop it, or choose another folder: {place}"))
            }
            // Some network drives know no locks; whoever trains there keeps apart by himself.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => Ok(lock),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Why no new run can be kept here, in a sentence; none where it can, as far as one can see.
    pub fn obstacle(&self) -> Option<String> {
        let place = self.0.display();
        if self.run_file().exists() {
            return Some(format!(
                "A run was kept here already; resume it (--resume), or choose another folder: {place}"
            ));
        }
        self.is_taken()
            .then(|| format!("Something else is here already; choose a new or empty folder for the run: {place}"))
    }

    /// Whether there is anything that is not of a run that was never begun.
    fn is_taken(&self) -> bool {
        if self.0.is_file() {
            return true;
        }
        let entries = std::fs::read_dir(&self.0).into_iter().flatten().flatten();
        let own = |entry: &std::fs::DirEntry| entry.file_name() == LOCK || entry.file_name() == "checkpoints";
        entries.into_iter().any(|entry| !own(&entry) && !io::is_leftover(&entry))
    }
}

/// Held by the process that trains.
const LOCK: &str = "lock";

/// A moment as `2026-11-21T20:15:03Z`.
pub(super) fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years counted from March, so that the leap day comes last; 719,468 days from 0000-03-01 to 1970-01-01.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, late) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + late;
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn moments_are_written_as_people_read_them() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_795_291_455), "2026-11-21T20:04:15Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn a_folder_is_claimed_once_and_only_where_it_fits() {
        let parent = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(&parent.path().join("run"));
        assert!(folder.claim(true).unwrap_err().contains("no run to go on with"));
        let held = folder.claim(false).unwrap();
        assert!(folder.claim(false).unwrap_err().contains("Another Bondscope is training in this folder"));
        drop(held);
        let leftover = folder.path().join(".bondscope-x1y2");
        std::fs::write(&leftover, "half").unwrap();
        let held = folder.claim(false).unwrap();
        assert!(!leftover.exists(), "what a killed process left is cleared away");
        std::fs::write(folder.run_file(), "").unwrap();
        drop(held);
        assert!(folder.claim(false).unwrap_err().contains("--resume"));
        assert!(folder.claim(true).is_ok());
        std::fs::write(parent.path().join("other"), "").unwrap();
        let other = RunFolder::at(parent.path()).claim(false);
        assert!(other.unwrap_err().contains("Something else is here"));
        let file = RunFolder::at(&parent.path().join("other")).claim(false);
        assert!(file.unwrap_err().contains("Something else is here"));
    }
}
