//! Which columns are targets: guessed from the first rows, settled when all have been seen.
//!
//! Several columns of 0, 1 and blanks are labels, and all of them are targets. But a column may hold
//! its first value, or its first number other than 0 and 1, in the last row. A file is not read twice
//! for that: every column that may turn out to be a target is read, and what was none is dropped.

use super::row::Style;
use super::sample::{Sample, is_id, is_missing, number, shortened};
use crate::domain::{ColumnChoice, Dataset, Record, RowNote, Task, unit};
use std::borrow::Cow;

/// Words in a header that name a target, best first. The first three, as the whole name, say that no
/// other column is one.
const NAMES: [&str; 15] = [
    "target",
    "y",
    "label",
    "value",
    "measured",
    "experimental",
    "expt",
    "activity",
    "property",
    "logp",
    "logd",
    "logs",
    "pic50",
    "solubility",
    "energy",
];

/// How many of the names say that no other column is a target.
const ALONE: usize = 3;

/// Stands for a word that does not say "not measured"; a number is always finite.
const WORD: f32 = f32::INFINITY;

/// The columns that are targets or may turn out to be.
#[derive(Clone, Debug)]
pub(super) struct Targets {
    /// In the order of the file; a record read has a value for each.
    candidates: Vec<Candidate>,
    /// Cells that are no numbers, each with the candidate it belongs to.
    remarks: Vec<(usize, RowNote)>,
    /// What the user says the values are.
    task: Option<Task>,
    /// Why the one chosen may be the wrong one.
    doubt: Option<String>,
}

/// A column that is a target or may turn out to be one.
#[derive(Clone, Debug)]
struct Candidate {
    /// Its place in a row.
    column: usize,
    name: String,
    unit: Option<String>,
    /// Whether it is a target unless several columns of labels are found.
    chosen: bool,
    /// Whether it may still turn out to be one of several columns of labels.
    label: bool,
    /// Whether the first rows leave it blank, so that it may not hold numbers at all.
    blank: bool,
    /// Numbers seen.
    values: usize,
    /// Whether each of them was 0 or 1.
    binary: bool,
}

/// Whether a lower-case header is a word for a target.
pub(super) fn is_name(title: &str) -> bool {
    NAMES.contains(&title)
}

impl Targets {
    /// These columns and no others.
    pub(super) fn named(sample: &Sample, columns: &[usize], choice: &ColumnChoice) -> Self {
        let candidate = |&column: &usize| Candidate { chosen: true, ..Candidate::new(sample, column, choice) };
        Self {
            candidates: columns.iter().map(candidate).collect(),
            remarks: Vec::new(),
            task: choice.task,
            doubt: None,
        }
    }

    /// The columns among `free` that look like targets.
    pub(super) fn find(sample: &Sample, free: &[usize], choice: &ColumnChoice) -> Self {
        let chosen = sample.find_target(free);
        if let Some(column) = chosen.filter(|&column| NAMES[..ALONE].contains(&sample.title(column).as_str())) {
            return Self::named(sample, &[column], choice);
        }
        let candidate = |&column: &usize| {
            let (chosen, label) = (Some(column) == chosen, sample.may_be_label(column));
            (chosen || label).then(|| Candidate { chosen, label, ..Candidate::new(sample, column, choice) })
        };
        Self {
            candidates: free.iter().filter_map(candidate).collect(),
            remarks: Vec::new(),
            task: choice.task,
            doubt: chosen.and_then(|column| sample.doubt_target(column, free)),
        }
    }

    /// Whether a column is taken, as far as the first rows tell.
    pub(super) fn claim(&self, column: usize) -> bool {
        self.candidates.iter().any(|candidate| candidate.column == column && (candidate.chosen || !candidate.blank))
    }

    /// Whether a column is a target, as far as the first rows tell.
    pub(super) fn is_likely(&self, column: usize) -> bool {
        let is_label = |one: &Candidate| one.label && !one.blank;
        let several = self.candidates.iter().filter(|one| is_label(one)).count() > 1;
        let found = self.candidates.iter().find(|one| one.column == column);
        found.is_some_and(|one| if several { is_label(one) } else { one.chosen })
    }

    /// The value of every candidate, and a remark on the first cell that should hold a number and does not.
    pub(super) fn read(&self, cells: &[Cow<str>]) -> (Box<[f32]>, Option<(usize, String)>) {
        let mut remark = None;
        let value = |(at, candidate): (usize, &Candidate)| {
            let Some(cell) = cells.get(candidate.column).filter(|cell| !cell.is_empty() && candidate.is_read()) else {
                return f32::NAN;
            };
            let value = number(cell);
            if let Some(value) = value.filter(|&value| self.task != Some(Task::Labels) || is_binary(value)) {
                return value;
            }
            if value.is_some() {
                remark.get_or_insert_with(|| (at, format!("the label {:?} is neither 0 nor 1", shortened(cell))));
                return f32::NAN;
            }
            if remark.is_none() && candidate.may_remark() {
                remark = Some((at, format!("the target {:?} is not a finite number", shortened(cell))));
            }
            if is_missing(cell) { f32::NAN } else { WORD }
        };
        (self.candidates.iter().enumerate().map(value).collect(), remark)
    }

    /// Takes note of a record that was read with [`Self::read`], and of the remark.
    pub(super) fn see(&mut self, record: &mut Record, remark: Option<(usize, String)>) {
        for (candidate, value) in self.candidates.iter_mut().zip(&mut record.targets) {
            if value.is_infinite() {
                candidate.label &= !candidate.blank;
                *value = f32::NAN;
            } else if !value.is_nan() {
                candidate.values += 1;
                candidate.binary &= is_binary(*value);
                candidate.label &= candidate.binary;
            }
        }
        self.remarks.extend(remark.map(|(at, reason)| (at, RowNote { line: record.line, reason })));
    }

    /// Leaves the values and remarks of those columns that are targets by what has been seen so far.
    pub(super) fn settle(&self, dataset: &mut Dataset) {
        let is_label = |candidate: &Candidate| candidate.label && candidate.values > 0;
        let several = self.candidates.iter().filter(|candidate| is_label(candidate)).count() > 1;
        let is_target: Vec<bool> =
            self.candidates.iter().map(|one| if several { is_label(one) } else { one.chosen }).collect();
        if is_target.contains(&false) {
            for record in &mut dataset.records {
                let values = record.targets.iter().zip(&is_target).filter(|(_, keep)| **keep);
                record.targets = values.map(|(&value, _)| value).collect();
            }
        }
        let targets = || self.candidates.iter().zip(&is_target).filter(|(_, keep)| **keep).map(|(one, _)| one);
        let are_labels = targets().all(|one| one.binary) && targets().any(|one| one.values > 0);
        dataset.columns.targets = targets().map(|one| one.name.clone()).collect();
        dataset.columns.units = targets().map(|one| one.unit.clone()).collect();
        dataset.columns.task = self.task.unwrap_or(if are_labels { Task::Labels } else { Task::Regression });
        dataset.columns.doubts.extend(self.doubt.clone().filter(|_| !several));
        let remarks = self.remarks.iter().filter(|(at, _)| is_target.get(*at) == Some(&true));
        dataset.warnings.extend(remarks.map(|(_, note)| note.clone()));
        dataset.warnings.sort_by_key(|note| note.line);
    }
}

impl Candidate {
    fn new(sample: &Sample, column: usize, choice: &ColumnChoice) -> Self {
        let name = sample.column_name(column);
        let unit = match choice.unit(&name) {
            Some(unit) => (!unit.is_empty()).then(|| unit.to_owned()),
            None => unit::split(&name).1,
        };
        Self {
            column,
            name,
            unit,
            chosen: false,
            label: false,
            blank: sample.is_blank(column),
            values: 0,
            binary: true,
        }
    }

    /// Whether its cells still matter.
    fn is_read(&self) -> bool {
        self.chosen || self.label
    }

    /// Whether what is no number in it is worth a remark; otherwise it shows that the column is no target.
    fn may_remark(&self) -> bool {
        self.chosen || !self.blank
    }
}

impl Sample<'_> {
    /// Whether the rows looked at leave the column blank.
    fn is_blank(&self, column: usize) -> bool {
        self.cells(column).all(is_missing)
    }

    /// Whether a column may hold labels, one of several: 0, 1 and blanks, or nothing yet.
    fn may_be_label(&self, column: usize) -> bool {
        let is_binary = self.cells(column).filter_map(number).all(is_binary);
        (self.is_number(column) && is_binary) || (self.is_blank(column) && !is_id(&self.title(column)))
    }

    /// Whether a column holds numbers that neither name nor number the rows.
    fn is_number(&self, column: usize) -> bool {
        let title = self.title(column);
        let is_plain_name = matches!(self.style, Style::Blanks | Style::Name)
            && title.is_empty()
            && self.cells(column).all(|cell| cell.parse::<i64>().is_ok());
        self.is_numeric(column) && !is_id(&title) && !self.counts_up(column) && !is_plain_name
    }

    /// How telling a column's name is, 0 for the best; `None` if it says nothing.
    fn rank(&self, column: usize) -> Option<usize> {
        let title = self.title(column);
        let exact = NAMES.iter().position(|&word| title == word);
        let within = || NAMES.iter().skip(2).position(|&word| title.contains(word)).map(|at| at + NAMES.len());
        // What a formula predicts is not what was measured.
        exact.or_else(within).filter(|_| !title.contains("predict"))
    }

    /// The numeric column with the most telling name, else the first that does not number the rows.
    fn find_target(&self, free: &[usize]) -> Option<usize> {
        let is_unmeasured =
            |column| self.cells(column).count() > 0 && self.is_blank(column) && self.rank(column).is_some();
        free.iter()
            .copied()
            .filter(|&column| self.is_number(column) || is_unmeasured(column))
            .min_by_key(|&column| (self.rank(column).unwrap_or(usize::MAX), column))
    }

    /// Why `chosen` may not be the target: its place is all that speaks for it.
    fn doubt_target(&self, chosen: usize, free: &[usize]) -> Option<String> {
        let numbers = free.iter().filter(|&&column| self.is_number(column)).count();
        (self.rank(chosen).is_none() && numbers > 1).then(|| {
            format!("Targets are taken from {:?}, the first of {numbers} columns of numbers.", self.column_name(chosen))
        })
    }
}

/// Whether a number is 0 or 1.
pub(super) fn is_binary(value: f32) -> bool {
    [0.0, 1.0].contains(&value)
}
