//! `run.toml`: enough to repeat a run, and to go on with it only where it belongs.

use super::utc;
use crate::domain::{ColumnChoice, Dataset};
use crate::models::Plan;
use crate::{build_info, io};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Changes when the meaning of the file does.
pub(super) const VERSION: i64 = 1;

/// First lines of the file.
const ABOUT: &str =
    "# A training run of Bondscope. `bondscope train FILE --config run.toml --out FOLDER` repeats it.\n";

/// What was trained, on what, by which program.
#[derive(Clone, Debug, PartialEq)]
pub struct RunFile {
    /// When the run began, in UTC.
    pub started: String,
    /// What is trained and how.
    pub plan: Plan,
    /// On what.
    pub data: DataInfo,
    /// By what.
    pub program: Program,
}

/// The data of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataInfo {
    /// Name shown to people.
    pub name: String,
    /// Where it was; none for bundled data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Fingerprint of its structures and targets.
    pub content: String,
    /// Usable records.
    pub records: usize,
    /// The columns that are learned, in order.
    pub targets: Vec<String>,
    /// How molecules are assigned to training, validation and test.
    pub split: String,
    /// What was said about the columns.
    #[serde(default)]
    pub columns: ColumnChoice,
}

/// What trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Program {
    /// Version, and commit where known.
    pub bondscope: String,
    /// Version and features of burn.
    pub burn: String,
    /// What computed.
    pub device: String,
    /// Threads of the CPU.
    pub threads: usize,
}

impl Program {
    /// This program on a device.
    pub(in crate::engine) fn here(device: &str) -> Self {
        let burn = build_info::facts().into_iter().find(|(name, _)| *name == "burn");
        Self {
            bondscope: build_info::version(),
            burn: burn.map(|(_, fact)| fact).unwrap_or_default(),
            device: device.to_owned(),
            threads: rayon::current_num_threads(),
        }
    }
}

impl DataInfo {
    /// What a run has to know of its data to find them again.
    pub(in crate::engine) fn of(dataset: &Dataset, outputs: usize) -> Self {
        let drawn = dataset.records.iter().all(|record| record.split.is_none());
        let split = if drawn { "drawn 80/10/10 by SMILES text and seed" } else { "column of the file" };
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        Self {
            name: dataset.name.clone(),
            path: dataset.path.as_ref().map(absolute),
            content: format!("{:016x}", dataset.fingerprint()),
            records: dataset.records.len(),
            targets: dataset.columns.targets.iter().take(outputs).cloned().collect(),
            split: split.to_owned(),
            columns: dataset.choice.clone(),
        }
    }

    /// Whether these are the data a run was begun with, wherever they lie.
    pub fn is_of(&self, dataset: &Dataset) -> bool {
        self.content == format!("{:016x}", dataset.fingerprint())
    }
}

/// The file as it is written.
#[derive(Serialize)]
struct Written<'a> {
    version: i64,
    started: &'a str,
    #[serde(flatten)]
    plan: &'a Plan,
    data: &'a DataInfo,
    program: &'a Program,
}

impl RunFile {
    pub(in crate::engine) fn new(plan: Plan, data: DataInfo, device: &str) -> Self {
        Self { started: utc(SystemTime::now()), plan, data, program: Program::here(device) }
    }

    /// Reads the file of a run.
    ///
    /// # Errors
    /// One sentence: it cannot be read, is of another version, or does not say all.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("The file of the run could not be read ({error}): {}", path.display()))?;
        Self::parse(&text).map_err(|reason| format!("This is no usable file of a run ({reason}): {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut table: toml::Table = toml::from_str(text).map_err(|error| sentence(&error))?;
        check_version(&mut table)?;
        let mut part = |name: &str| table.remove(name).ok_or_else(|| format!("`{name}` is missing"));
        let started = part("started")?.try_into().map_err(|error| sentence(&error))?;
        let data = part("data")?.try_into().map_err(|error| sentence(&error))?;
        let program = part("program")?.try_into().map_err(|error| sentence(&error))?;
        let plan: Plan = table.try_into().map_err(|error| sentence(&error))?;
        if let Some(conflict) = plan.conflicts().first() {
            return Err(conflict.to_string());
        }
        Ok(Self { started, plan, data, program })
    }

    pub(in crate::engine) fn write(&self, path: &Path) -> Result<(), String> {
        let Self { started, plan, data, program } = self;
        let written = Written { version: VERSION, started, plan, data, program };
        let text = toml::to_string(&written).map_err(|error| format!("The run cannot be described: {error}"))?;
        io::write_bytes(path, (ABOUT.to_owned() + &text).as_bytes()).map_err(|error| error.to_string())
    }
}

/// Takes the version out of a table.
pub(super) fn check_version(table: &mut toml::Table) -> Result<(), String> {
    match table.remove("version") {
        Some(toml::Value::Integer(VERSION)) => Ok(()),
        Some(other) => Err(format!("it has version {other}, this program reads {VERSION}")),
        None => Err("`version` is missing".to_owned()),
    }
}

/// What is wrong with a TOML text, on one line.
pub(super) fn sentence(error: &toml::de::Error) -> String {
    error.message().trim().replace('\n', ", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Connectivity, Ebt, Encoding, Preset};

    fn file() -> RunFile {
        let mut plan = Plan::of(Preset::ZincSan.network(Ebt::Off), 41);
        plan.network.connectivity = Connectivity::Gamma { gamma: 1e-5 };
        plan.network.encoding = Encoding::LEARNED;
        plan.recipe.dropout = 0.1;
        let data = DataInfo::of(&Dataset { path: Some("/tmp/x \"y\".csv".into()), ..Dataset::default() }, 1);
        RunFile::new(plan, data, "CPU")
    }

    #[test]
    fn the_file_comes_back_and_is_readable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        file().write(&path).unwrap();
        assert_eq!(RunFile::read(&path).unwrap(), file());
        let text = std::fs::read_to_string(&path).unwrap();
        for part in ["version = 1", "seed = 41", "[network]", "arch = \"san\"", "[recipe]", "batch = 32", "[program]"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        file().write(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let refused = |from: &str, to: &str| RunFile::parse(&text.replacen(from, to, 1)).unwrap_err();
        assert!(refused("version = 1", "version = 7").contains("version 7"));
        assert!(refused("version = 1\n", "").contains("`version` is missing"));
        assert!(refused("batch = 32", "batch = 0").contains("`batch` is 0"));
        assert!(refused("batch = 32", "bach = 32").contains("bach"));
        assert!(refused("seed = 41\n", "").contains("seed"));
        assert!(refused("[program]", "[programme]").contains("`program` is missing"));
        assert!(!refused("seed = 41", "seed = \"\nx\"").contains('\n'));
        assert!(RunFile::read(&folder.path().join("none")).unwrap_err().contains("could not be read"));
    }
}
