//! A file's usable records and what was wrong with the others.
//!
//! Records keep their SMILES text, and molecules are built from it when asked for (about 0.1 ms):
//! a quarter of a million parsed graphs would cost more memory than all the rest of the program.

use super::{ColumnChoice, Columns, Fingerprint, MoleculeId};
use std::path::PathBuf;

/// The part of a dataset a record belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Used to fit weights.
    Train,
    /// Used to choose learning rate and checkpoint.
    Val,
    /// Used to report.
    Test,
}

impl Split {
    /// The lower-case word used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Val => "val",
            Self::Test => "test",
        }
    }
}

/// One usable record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Line of the file, counted from 1 (the header is line 1 where there is one).
    pub line: u32,
    /// The SMILES as written.
    pub smiles: Box<str>,
    /// Name or number given in the file.
    pub id: Option<Box<str>>,
    /// Measured values, one per target column; NaN where one is missing or not a number.
    pub targets: Box<[f32]>,
    /// Part of the dataset, where the file says so.
    pub split: Option<Split>,
    /// Number of atoms of the graph.
    pub atoms: u32,
}

impl Record {
    /// Measured value of the first target column; `None` where it is missing or not a number.
    pub fn target(&self) -> Option<f32> {
        self.targets.first().copied().filter(|value| !value.is_nan())
    }
}

/// Something to tell about one line of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowNote {
    /// Line of the file, counted from 1.
    pub line: u32,
    /// One sentence.
    pub reason: String,
}

/// An opened file, immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Name shown to people.
    pub name: String,
    /// Where it was read from; `None` for bundled data.
    pub path: Option<PathBuf>,
    /// Fingerprint of the file's bytes; `None` for bundled data, and until all of it was read.
    pub hash: Option<u64>,
    /// What the bytes were found to be, e.g. `csv`, `tsv`, `smi`, with `+gzip` where packed.
    pub format: String,
    /// Which column is what.
    pub columns: Columns,
    /// What the user said about that.
    pub choice: ColumnChoice,
    /// Data lines seen, usable or not.
    pub lines: usize,
    /// Usable records; a [`MoleculeId`] is an index into them.
    pub records: Vec<Record>,
    /// Lines left out, each with its reason.
    pub skipped: Vec<RowNote>,
    /// Lines that opened but deserve a word.
    pub warnings: Vec<RowNote>,
    /// Whether every record has been checked to the end, Kekulé form included.
    pub validated: bool,
}

impl Dataset {
    /// One record, if the id belongs to this dataset.
    pub fn record(&self, id: MoleculeId) -> Option<&Record> {
        self.records.get(id.index())
    }

    /// All ids, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = MoleculeId> + use<> {
        (0..u32::try_from(self.records.len()).unwrap_or(u32::MAX)).map(MoleculeId)
    }

    /// The ids of one part, in order; of all records if `split` is `None`.
    pub fn ids_of(&self, split: Option<Split>) -> Vec<MoleculeId> {
        self.ids()
            .zip(&self.records)
            .filter(|(_, record)| split.is_none() || record.split == split)
            .map(|(id, _)| id)
            .collect()
    }

    /// Number of target columns: of values in [`Record::targets`], and of outputs of a model of them.
    pub fn outputs(&self) -> usize {
        self.columns.targets.len()
    }

    /// A number that changes with any structure or target.
    pub fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint::default();
        for record in &self.records {
            fingerprint.add(record.smiles.as_bytes());
            fingerprint.add(b"\n");
            for value in &record.targets {
                fingerprint.add(&value.to_le_bytes());
            }
        }
        fingerprint.value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(rows: &[(&str, &[f32])]) -> Dataset {
        let record = |&(smiles, targets): &(&str, &[f32])| Record {
            line: 1,
            smiles: smiles.into(),
            id: None,
            targets: targets.into(),
            split: None,
            atoms: 1,
        };
        Dataset { records: rows.iter().map(record).collect(), ..Dataset::default() }
    }

    #[test]
    fn the_first_target_is_there_or_missing() {
        let rows = dataset(&[("C", &[0.5, 1.0]), ("C", &[f32::NAN, 1.0]), ("C", &[])]).records;
        assert_eq!(rows.iter().map(Record::target).collect::<Vec<_>>(), [Some(0.5), None, None]);
    }

    #[test]
    fn the_fingerprint_covers_every_structure_and_target() {
        let prints = [
            dataset(&[("CC", &[1.0, 0.0]), ("O", &[0.0, 1.0])]),
            dataset(&[("CC", &[1.0, 0.0]), ("O", &[0.0, 0.0])]),
            dataset(&[("CC", &[1.0, 0.0]), ("O", &[0.0, f32::NAN])]),
            dataset(&[("CC", &[1.0]), ("O", &[0.0])]),
            dataset(&[("CC", &[]), ("O", &[])]),
            dataset(&[("C", &[]), ("CO", &[])]),
        ]
        .map(|dataset| dataset.fingerprint());
        let distinct: std::collections::BTreeSet<u64> = prints.into();
        assert_eq!(distinct.len(), prints.len());
    }
}
