//! Which column of a table is what, by its first rows and by what the user says, and how a row is read
//! then.

use super::preview::Role;
use super::row::{Outcome, Remarks, Row, Style, fields};
use super::sample::{Sample, is_id, is_missing, number, shortened, split_word};
use super::targets::Targets;
use crate::domain::{ColumnChoice, Columns, Part, Record, RowNote, Task};
use crate::io::{OpenError, smiles};
use std::path::Path;

/// How to read every row.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) style: Style,
    pub(super) header: bool,
    pub(super) format: &'static str,
    /// All but the targets, which are settled when all rows have been seen.
    pub(super) columns: Columns,
    pub(super) targets: Targets,
    pub(super) smiles: usize,
    pub(super) split: Option<usize>,
    pub(super) id: Option<usize>,
}

/// Finds columns that the user named.
struct Finder<'a> {
    sample: &'a Sample<'a>,
    choice: &'a ColumnChoice,
    path: &'a Path,
}

impl Layout {
    /// Finds the layout.
    ///
    /// # Errors
    /// No column holds structures, or a named one is not in the file or holds something else.
    pub(super) fn detect(text: &str, is_last: bool, choice: &ColumnChoice, path: &Path) -> Result<Self, OpenError> {
        let sample = Sample::detect(text, is_last, choice);
        let known = |sample: &Sample| choice.smiles.is_some() || sample.has_smiles();
        let Some(sample) = sample.filter(known) else {
            return Err(OpenError::NoSmiles { path: path.to_owned() });
        };
        Self::of(sample, choice, path)
    }

    /// Settles which column is what.
    pub(super) fn of(mut sample: Sample, choice: &ColumnChoice, path: &Path) -> Result<Self, OpenError> {
        if let Some(name) = &choice.smiles {
            sample.smiles = Finder { sample: &sample, choice, path }.smiles(name)?;
        }
        let sample = &sample;
        let finder = Finder { sample, choice, path };
        let others: Vec<usize> = (0..sample.width()).filter(|&column| column != sample.smiles).collect();
        let named = finder.targets(&others)?;
        let chosen = named.as_deref().unwrap_or(&[]);
        let split = match &choice.split {
            Part::Found => {
                others.iter().copied().filter(|column| !chosen.contains(column)).find(|&column| sample.is_split(column))
            }
            Part::Nobody => None,
            Part::Named(name) => Some(finder.split(name, &others)?),
        };
        let free: Vec<usize> = others.iter().copied().filter(|&column| Some(column) != split).collect();
        let unnamed: Vec<usize> = match &choice.id {
            Part::Named(name) => free.iter().copied().filter(|&column| sample.column_name(column) != *name).collect(),
            _ => free.clone(),
        };
        let targets = match &named {
            Some(columns) => Targets::named(sample, columns, choice),
            None => Targets::find(sample, &unnamed, choice),
        };
        let is_free = |column: &&usize| !targets.claim(**column);
        let id = match &choice.id {
            Part::Nobody => None,
            Part::Named(name) => Some(finder.other(name, "names", &others)?),
            Part::Found => {
                free.iter().filter(is_free).copied().find(|&column| is_id(&sample.title(column))).or_else(|| {
                    let first = free.iter().find(is_free).copied()?;
                    (!sample.header).then_some(first)
                })
            }
        };
        Ok(Self {
            style: sample.style,
            header: sample.header,
            format: match sample.style {
                Style::Delimited(b'\t') => "tsv",
                Style::Delimited(_) => "csv",
                Style::Blanks | Style::Name | Style::Single => "smi",
            },
            columns: Columns {
                smiles: sample.column_name(sample.smiles),
                split: split.map(|column| sample.column_name(column)),
                id: id.map(|column| sample.column_name(column)),
                doubts: sample.doubts(choice),
                ..Columns::default()
            },
            targets,
            smiles: sample.smiles,
            split,
            id,
        })
    }

    /// What a column is taken for, by the first rows.
    pub(super) fn role(&self, column: usize) -> Role {
        match column {
            _ if column == self.smiles => Role::Smiles,
            _ if self.split == Some(column) => Role::Split,
            _ if self.targets.is_likely(column) => Role::Target,
            _ if self.id == Some(column) => Role::Id,
            _ => Role::Ignored,
        }
    }

    /// Reads one row.
    pub(super) fn read(&self, row: &Row) -> Outcome {
        let cells = fields(row.text, self.style);
        let cell = |column: Option<usize>| column.and_then(|column| cells.get(column)).filter(|cell| !cell.is_empty());
        let skip = |reason: String| Outcome::Skipped(RowNote { line: row.line, reason });
        let Some(smiles) = cell(Some(self.smiles)) else { return skip("there is no SMILES in this line".to_owned()) };
        let atoms = match smiles::scan(smiles) {
            Ok(atoms) => atoms,
            Err(error) => return skip(error.to_string()),
        };
        let (targets, target_remark) = self.targets.read(&cells);
        let mut remarks = Remarks { target: target_remark, split: None };
        let split = cell(self.split).and_then(|cell| {
            let split = split_word(cell);
            if split.is_none() {
                remarks.split = Some(format!("{:?} is not train, val or test", shortened(cell)));
            }
            split
        });
        let id = cell(self.id).map(|cell| cell.as_ref().into());
        Outcome::Record(Record { line: row.line, smiles: smiles.as_ref().into(), id, targets, split, atoms }, remarks)
    }
}

impl Finder<'_> {
    fn smiles(&self, name: &str) -> Result<usize, OpenError> {
        let column =
            self.sample.position(name).ok_or_else(|| self.missing(name, "structures", &self.sample.names, false))?;
        if self.sample.holds_smiles(column) { Ok(column) } else { Err(self.wrong(column, "SMILES", |_| true)) }
    }

    fn split(&self, name: &str, others: &[usize]) -> Result<usize, OpenError> {
        let column = self.other(name, "splits", others)?;
        if self.sample.cells(column).any(|cell| split_word(cell).is_some()) {
            return Ok(column);
        }
        Err(self.wrong(column, "words for splits (train, val, test)", |_| true))
    }

    /// The columns that are named as targets, in the order of the file; `None` if nothing was said.
    fn targets(&self, others: &[usize]) -> Result<Option<Vec<usize>>, OpenError> {
        let Some(names) = &self.choice.targets else { return Ok(None) };
        let mut found = Vec::with_capacity(names.len());
        for target in names {
            let column = self.other(&target.column, "targets", others)?;
            let mut filled = self.sample.cells(column).filter(|cell| !is_missing(cell)).peekable();
            if filled.peek().is_some() && !filled.any(|cell| number(cell).is_some()) {
                return Err(self.wrong(column, "numbers", |cell| !is_missing(cell)));
            }
            let is_odd = |cell: &str| number(cell).is_some_and(|value| !super::targets::is_binary(value));
            if self.choice.task == Some(Task::Labels) && self.sample.cells(column).any(is_odd) {
                return Err(self.wrong(column, "labels (0 and 1)", is_odd));
            }
            found.push(column);
        }
        found.sort_unstable();
        found.dedup();
        Ok(Some(found))
    }

    /// A column beside the structures by its name.
    fn other(&self, name: &str, what: &'static str, others: &[usize]) -> Result<usize, OpenError> {
        self.sample.position(name).filter(|column| others.contains(column)).ok_or_else(|| {
            let columns: Vec<String> = others.iter().map(|&column| self.sample.column_name(column)).collect();
            self.missing(name, what, &columns, true)
        })
    }

    fn missing(&self, name: &str, what: &'static str, columns: &[String], beside: bool) -> OpenError {
        OpenError::NoColumn {
            name: name.to_owned(),
            what,
            beside,
            columns: columns.to_vec(),
            path: self.path.to_owned(),
        }
    }

    /// A column that does not hold what it should; `shows` says which cell shows it.
    fn wrong(&self, column: usize, what: &'static str, shows: impl Fn(&str) -> bool) -> OpenError {
        let example = self.sample.cells(column).find(|cell| shows(cell)).map_or_else(String::new, shortened);
        OpenError::WrongColumn { column: self.sample.column_name(column), what, example, path: self.path.to_owned() }
    }
}
