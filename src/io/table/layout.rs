//! What a table looks like, found from its first rows: delimiter, header, and which column is what.
//!
//! Names lie and extensions more so; the one sure sign of a SMILES column is that its cells parse.

use super::row::{Outcome, Remarks, Row, Rows, Style, fields};
use super::targets::{self, Targets};
use crate::domain::{Columns, Record, RowNote, Split};
use crate::io::{OpenError, smiles};
use std::borrow::Cow;
use std::path::Path;

/// Rows looked at.
const SAMPLE: usize = 200;

/// Least share of cells that must parse for a column without a telling name.
const LEAST_SHARE: f32 = 0.1;

/// Words in a header that name or number the rows.
const IDS: [&str; 12] =
    ["id", "name", "mol_id", "zinc_id", "cid", "index", "idx", "no", "num", "number", "compound", "title"];

/// How to read every row.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) style: Style,
    pub(super) header: bool,
    pub(super) format: &'static str,
    /// All but the targets, which are settled when all rows have been seen.
    pub(super) columns: Columns,
    pub(super) targets: Targets,
    smiles: usize,
    split: Option<usize>,
    id: Option<usize>,
}

/// The first rows under one way of separating fields.
pub(super) struct Sample<'a> {
    pub(super) style: Style,
    /// All rows, a header among them.
    rows: Vec<Vec<Cow<'a, str>>>,
    /// Whether the first row names the columns.
    header: bool,
    /// The column that looks most like structures.
    smiles: usize,
    /// Share of its cells below the first row that parse.
    share: f32,
}

impl Layout {
    /// Finds the layout. The columns in `named` are the targets; those that look like it, if it is empty.
    ///
    /// # Errors
    /// No column holds structures, or a named one is not in the file.
    pub(super) fn detect(text: &str, is_last: bool, named: &[String], path: &Path) -> Result<Self, OpenError> {
        let styles =
            [Style::Delimited(b'\t'), Style::Delimited(b','), Style::Delimited(b';'), Style::Blanks, Style::Single];
        let mut best: Option<Sample> = None;
        for style in styles {
            if let Some(sample) = Sample::new(text, style, is_last)
                && best.as_ref().is_none_or(|best| sample.share > best.share)
            {
                best = Some(sample);
            }
        }
        let has_smiles = |sample: &Sample| sample.share >= LEAST_SHARE || sample.names_smiles(sample.smiles);
        let Some(mut sample) = best.filter(has_smiles) else {
            return Err(OpenError::NoSmiles { path: path.to_owned() });
        };
        sample.header = sample.has_header();
        sample.layout(named, path)
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

impl<'a> Sample<'a> {
    fn new(text: &'a str, style: Style, is_last: bool) -> Option<Self> {
        let split = Rows::split(text, style, 1, is_last);
        let rows: Vec<_> = split.rows.iter().take(SAMPLE).map(|row| fields(row.text, style)).collect();
        let wide = rows.iter().filter(|row| row.len() > 1).count();
        let (style, rows) = match style {
            // A delimiter shows in most rows.
            Style::Delimited(_) if wide * 2 <= rows.len() => return None,
            Style::Blanks if wide == 0 => return None,
            // Rows of different lengths are structures with names that hold blanks.
            Style::Blanks if rows.iter().any(|row| row.len() != rows[0].len()) => {
                (Style::Name, split.rows.iter().take(SAMPLE).map(|row| fields(row.text, Style::Name)).collect())
            }
            _ => (style, rows),
        };
        let mut sample = Self { style, rows, header: false, smiles: 0, share: 0.0 };
        sample.find_smiles()?;
        Some(sample)
    }

    /// Filled cells of a column below the first row, or in it if there is no other.
    pub(super) fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        let skip = usize::from(self.rows.len() > 1);
        self.rows
            .iter()
            .skip(skip)
            .filter_map(move |row| row.get(column))
            .map(AsRef::as_ref)
            .filter(|cell| !cell.is_empty())
    }

    fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    fn name(&self, column: usize) -> &str {
        self.rows.first().and_then(|row| row.get(column)).map_or("", AsRef::as_ref)
    }

    fn names_smiles(&self, column: usize) -> bool {
        let name = self.name(column).to_ascii_lowercase();
        name.contains("smiles") || matches!(name.as_str(), "smi" | "structure" | "mol" | "molecule")
    }

    fn find_smiles(&mut self) -> Option<()> {
        let mut best = (-1.0, 0, 0.0);
        for column in 0..self.width() {
            let (mut cells, mut parsed, mut atoms) = (0_u16, 0_u16, 0.0);
            for cell in self.cells(column) {
                cells += 1;
                if let Ok(count) = smiles::scan(cell) {
                    parsed += 1;
                    atoms += f32::from(u16::try_from(count).unwrap_or(u16::MAX)).min(20.0);
                }
            }
            let share = f32::from(parsed) / f32::from(cells.max(1));
            // Labels such as C and N parse too: structures have more atoms. A telling name settles it.
            let score = share * (1.0 + atoms) + if self.names_smiles(column) { 1e6 * (share + 0.01) } else { 0.0 };
            if score > best.0 {
                best = (score, column, share);
            }
        }
        (_, self.smiles, self.share) = best;
        (self.width() > 0).then_some(())
    }

    fn has_header(&self) -> bool {
        if smiles::scan(self.name(self.smiles)).is_ok() {
            return false;
        }
        let is_known = |column| {
            let name = self.name(column).to_ascii_lowercase();
            self.names_smiles(column) || name == "split" || is_id(&name) || targets::is_name(&name)
        };
        let is_title =
            |column| !self.name(column).is_empty() && number(self.name(column)).is_none() && self.is_numeric(column);
        (0..self.width()).any(|column| is_known(column) || is_title(column))
    }

    /// Whether most cells below the first row are numbers.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let filled = self.cells(column).filter(|cell| !is_missing(cell)).count();
        let numbers = self.cells(column).filter(|cell| number(cell).is_some()).count();
        numbers > 0 && numbers * 2 > filled
    }

    /// Whether the cells count up by one.
    pub(super) fn counts_up(&self, column: usize) -> bool {
        let cells: Option<Vec<i64>> = self.cells(column).map(|cell| cell.parse().ok()).collect();
        cells.is_some_and(|cells| {
            cells.len() > 2 && cells.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(1))
        })
    }

    /// The lower-case name of a column in the header; empty without one.
    pub(super) fn title(&self, column: usize) -> String {
        if self.header { self.name(column).to_ascii_lowercase() } else { String::new() }
    }

    /// What to call a column.
    pub(super) fn column_name(&self, column: usize) -> String {
        let name = self.name(column);
        if self.header && !name.is_empty() { name.to_owned() } else { format!("column {}", column + 1) }
    }

    fn layout(&self, named: &[String], path: &Path) -> Result<Layout, OpenError> {
        let others: Vec<usize> = (0..self.width()).filter(|&column| column != self.smiles).collect();
        let named = self.find_named(named, &others, path)?;
        let split = others.iter().copied().filter(|column| !named.contains(column)).find(|&column| {
            let words = self.cells(column).filter(|cell| split_word(cell).is_some()).count();
            words > 0 && words * 10 >= self.cells(column).count() * 9
        });
        let free: Vec<usize> = others.iter().copied().filter(|&column| Some(column) != split).collect();
        let targets = if named.is_empty() { Targets::find(self, &free) } else { Targets::named(self, &named) };
        let is_free = |column: &&usize| !targets.claim(**column);
        let id = free.iter().filter(is_free).copied().find(|&column| is_id(&self.title(column))).or_else(|| {
            let first = free.iter().find(is_free).copied()?;
            (!self.header).then_some(first)
        });
        Ok(Layout {
            style: self.style,
            header: self.header,
            format: match self.style {
                Style::Delimited(b'\t') => "tsv",
                Style::Delimited(_) => "csv",
                Style::Blanks | Style::Name | Style::Single => "smi",
            },
            columns: Columns {
                smiles: self.column_name(self.smiles),
                split: split.map(|column| self.column_name(column)),
                id: id.map(|column| self.column_name(column)),
                ..Columns::default()
            },
            targets,
            smiles: self.smiles,
            split,
            id,
        })
    }

    /// The columns with these names, in the order of the file.
    fn find_named(&self, names: &[String], others: &[usize], path: &Path) -> Result<Vec<usize>, OpenError> {
        let mut found = Vec::new();
        for name in names {
            let Some(&column) = others.iter().find(|&&column| self.column_name(column) == *name) else {
                let columns = others.iter().map(|&column| self.column_name(column)).collect();
                return Err(OpenError::NoTarget { name: name.clone(), columns, path: path.to_owned() });
            };
            found.push(column);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

/// Whether a lower-case header names or numbers the rows.
pub(super) fn is_id(name: &str) -> bool {
    IDS.contains(&name)
        || name.starts_with("unnamed")
        || [" id", "_id", "_name", " name", "-id"].iter().any(|ending| name.ends_with(ending))
}

/// A finite number.
pub(super) fn number(cell: &str) -> Option<f32> {
    cell.parse::<f32>().ok().filter(|value| value.is_finite())
}

/// Words for "not measured", of which none is a number here.
pub(super) fn is_missing(cell: &str) -> bool {
    matches!(cell.to_ascii_lowercase().as_str(), "nan" | "na" | "n/a" | "none" | "null" | "inf" | "-inf" | "-" | "?")
}

fn split_word(cell: &str) -> Option<Split> {
    match cell.to_ascii_lowercase().as_str() {
        "train" | "training" => Some(Split::Train),
        "val" | "valid" | "validation" | "dev" => Some(Split::Val),
        "test" | "testing" => Some(Split::Test),
        _ => None,
    }
}

/// At most 40 characters of a cell, for a message.
pub(super) fn shortened(cell: &str) -> String {
    if cell.chars().count() <= 40 { cell.to_owned() } else { cell.chars().take(39).chain(['…']).collect() }
}
