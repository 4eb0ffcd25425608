//! A file's usable records and what was wrong with the others.
//!
//! Records keep their SMILES text, and molecules are built from it when asked for (about 0.1 ms):
//! a quarter of a million parsed graphs would cost more memory than all the rest of the program.

use super::{Fingerprint, MoleculeId};
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
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Line of the file, counted from 1 (the header is line 1 where there is one).
    pub line: u32,
    /// The SMILES as written.
    pub smiles: Box<str>,
    /// Name or number given in the file.
    pub id: Option<Box<str>>,
    /// Measured value of the first target column; `None` where it is missing or not a number.
    pub target: Option<f32>,
    /// Part of the dataset, where the file says so.
    pub split: Option<Split>,
    /// Number of atoms of the graph.
    pub atoms: u32,
}

/// Something to tell about one line of a file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowNote {
    /// Line of the file, counted from 1.
    pub line: u32,
    /// One sentence.
    pub reason: String,
}

/// Which column is what, by header name, or by number counted from 1 (`column 2`) without a header.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Columns {
    /// Where the structures stand.
    pub smiles: String,
    /// The regression target shown and trained on.
    pub target: Option<String>,
    /// The train/val/test column.
    pub split: Option<String>,
    /// The name column.
    pub id: Option<String>,
}

/// An opened file, immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Name shown to people.
    pub name: String,
    /// Where it was read from; `None` for bundled data.
    pub path: Option<PathBuf>,
    /// What the bytes were found to be, e.g. `csv`, `tsv`, `smi`, with `+gzip` where packed.
    pub format: String,
    /// Which column is what.
    pub columns: Columns,
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

    /// A number that changes with any structure or target.
    pub fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint::default();
        for record in &self.records {
            fingerprint.add(record.smiles.as_bytes());
            fingerprint.add(&record.target.unwrap_or(f32::NAN).to_le_bytes());
        }
        fingerprint.value()
    }
}
