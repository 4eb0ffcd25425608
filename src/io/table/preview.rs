//! A look at a table before it is read: its columns, what they seem to be, the first rows, and how many
//! cells of each hold what. It needs no column of structures, since a user may be about to name it.

use super::layout::Layout;
use super::lines::Lines;
use super::row::{Row, Rows, Style, fields};
use super::sample::{Sample, is_missing, number, shortened};
use super::targets::is_binary;
use super::{CHUNK, FIRST_CHUNK, Step};
use crate::domain::{ColumnChoice, Delimiter, unit};
use crate::io::OpenError;
use rayon::prelude::*;
use std::path::Path;

/// Rows that are shown.
const SHOWN: usize = 8;

/// Most columns that are listed.
pub const MAX_COLUMNS: usize = 10_000;

/// What a column is taken for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Not read.
    #[default]
    Ignored,
    /// The structures.
    Smiles,
    /// Names of the rows.
    Id,
    /// Train, val or test.
    Split,
    /// Values to be predicted.
    Target,
}

/// One column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PreviewColumn {
    /// Its name, as in [`crate::domain::Columns`].
    pub name: String,
    /// The unit that its header names.
    pub unit: Option<String>,
    /// What it seems to be.
    pub role: Role,
    /// What its cells hold.
    pub cells: Cells,
    /// The first of them.
    pub first: Vec<String>,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// Neither blank nor a word for "not measured".
    pub filled: usize,
    /// Numbers.
    pub numbers: usize,
    /// Zeros and ones.
    pub binary: usize,
}

/// The columns of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What stands between fields.
    pub delimiter: Delimiter,
    /// Whether the first row names the columns.
    pub header: bool,
    /// In the order of the file, at most [`MAX_COLUMNS`].
    pub columns: Vec<PreviewColumn>,
    /// Data lines whose cells were counted.
    pub lines: usize,
    /// Whether these are all of them.
    pub complete: bool,
}

/// Looks through a file in steps.
pub struct Previewer {
    lines: Lines,
    choice: ColumnChoice,
    style: Style,
    header_ahead: bool,
    preview: Option<Preview>,
}

impl Previewer {
    /// Opens a file.
    ///
    /// # Errors
    /// It is missing, a folder, or unreadable.
    pub fn open(path: &Path, choice: ColumnChoice) -> Result<Self, OpenError> {
        Ok(Self { lines: Lines::open(path)?, choice, style: Style::Single, header_ahead: false, preview: None })
    }

    /// Reads the next chunk.
    ///
    /// # Errors
    /// The file is no table of text or goes beyond a limit.
    pub fn step(&mut self) -> Result<Step, OpenError> {
        if self.preview.as_ref().is_some_and(|preview| preview.complete) {
            return Ok(self.lines.progress(true));
        }
        self.lines.fill(if self.preview.is_none() { FIRST_CHUNK } else { CHUNK })?;
        if self.preview.is_none() && self.lines.has_begun()? {
            self.begin()?;
        }
        self.count()?;
        let finished = self.lines.end.is_some();
        if let Some(preview) = &mut self.preview {
            preview.complete = finished;
        }
        Ok(self.lines.progress(finished))
    }

    /// What is known so far; `None` before the first rows.
    pub fn preview(&self) -> Option<&Preview> {
        self.preview.as_ref()
    }

    fn begin(&mut self) -> Result<(), OpenError> {
        let sample = Sample::detect(self.lines.text()?, self.lines.is_last(), &self.choice);
        let Some(sample) = sample else { return Err(OpenError::Empty { path: self.lines.path.clone() }) };
        let first: Vec<Vec<String>> = (0..sample.width())
            .map(|column| {
                let cell =
                    |row: &[std::borrow::Cow<str>]| row.get(column).map_or_else(String::new, |cell| shortened(cell));
                sample.data().take(SHOWN).map(cell).collect()
            })
            .collect();
        let names = sample.names.clone();
        (self.style, self.header_ahead) = (sample.style, sample.header);
        let (delimiter, header, knows_smiles) = (sample.style.delimiter(), sample.header, sample.has_smiles());
        // What was said about the columns may be wrong: then the guess stands, if there is one.
        let layout = Layout::of(sample, &self.choice, &self.lines.path).ok().filter(|_| knows_smiles);
        let role = |column: usize| layout.as_ref().map_or(Role::Ignored, |layout| layout.role(column));
        let columns = names.into_iter().zip(first).take(MAX_COLUMNS).enumerate().map(|(column, (name, first))| {
            PreviewColumn { unit: unit::split(&name).1, name, role: role(column), cells: Cells::default(), first }
        });
        let columns = columns.collect();
        self.preview = Some(Preview { delimiter, header, columns, lines: 0, complete: false });
        Ok(())
    }

    /// Counts the cells of the rows that are there.
    fn count(&mut self) -> Result<(), OpenError> {
        let Some(preview) = &mut self.preview else { return Ok(()) };
        let Rows { rows, taken, next_line } = self.lines.rows(self.style)?;
        let (header, data) = rows.split_at(rows.len().min(usize::from(self.header_ahead)));
        self.header_ahead &= header.is_empty();
        let width = preview.columns.len();
        let of_row = |mut all: Vec<Cells>, row: &Row| {
            for (cells, cell) in all.iter_mut().zip(fields(row.text, self.style)) {
                cells.see(&cell);
            }
            all
        };
        let sum = |mut all: Vec<Cells>, more: Vec<Cells>| {
            all.iter_mut().zip(more).for_each(|(cells, more)| cells.add(more));
            all
        };
        let none = || vec![Cells::default(); width];
        let counts = data.par_iter().with_min_len(256).fold(none, of_row).reduce(none, sum);
        preview.columns.iter_mut().zip(counts).for_each(|(column, more)| column.cells.add(more));
        preview.lines += data.len();
        self.lines.take(taken, next_line);
        Ok(())
    }
}

impl Cells {
    fn see(&mut self, cell: &str) {
        if cell.is_empty() || is_missing(cell) {
            return;
        }
        self.filled += 1;
        if let Some(value) = number(cell) {
            self.numbers += 1;
            self.binary += usize::from(is_binary(value));
        }
    }

    fn add(&mut self, more: Self) {
        self.filled += more.filled;
        self.numbers += more.numbers;
        self.binary += more.binary;
    }
}
