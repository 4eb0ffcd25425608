//! Tables of SMILES: CSV, TSV and `.smi`, plain or gzip, told apart by content.
//!
//! A file is read in chunks that are split into rows here and looked at on all cores, so listing a
//! quarter of a million lines takes a second or two, the first rows come at once, and a worker can
//! stop between chunks. Limits keep a file that unpacks without end from taking the machine along.

mod layout;
mod lines;
mod preview;
mod row;
mod sample;
mod source;
mod targets;

use super::OpenError;
use super::validate::nothing_usable;
use crate::domain::{ColumnChoice, Dataset, RowNote};
use layout::Layout;
use lines::Lines;
pub use preview::{Cells, MAX_COLUMNS, Preview, PreviewColumn, Previewer, Role};
use rayon::prelude::*;
use row::{Outcome, Rows};
use source::End;
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Most text that is read from one file, in bytes after unpacking.
pub const MAX_UNPACKED: u64 = 1 << 30;

/// Most data lines that are read from one file.
pub const MAX_LINES: usize = 4_000_000;

/// Longest line, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// Text read before the first rows are shown and the layout is decided.
const FIRST_CHUNK: usize = 128 << 10;

/// Text read per step after that: some ten thousand lines.
const CHUNK: usize = 512 << 10;

/// How far a file has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the file (packed, if it is) taken so far.
    pub done_bytes: u64,
    /// Size of the file.
    pub total_bytes: u64,
    /// Whether all has been read.
    pub finished: bool,
}

/// Reads a table in steps.
pub struct Loader {
    lines: Lines,
    layout: Option<Layout>,
    /// Whether the next row is the header.
    header_ahead: bool,
    /// What has been read; targets are not settled in it.
    dataset: Dataset,
    finished: bool,
}

impl Loader {
    /// Opens a file.
    ///
    /// # Errors
    /// It is missing, a folder, or unreadable.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let mut loader = Self::new(&name, Lines::open(path)?);
        loader.dataset.path = Some(path.to_owned());
        Ok(loader)
    }

    /// Opens bytes that are already in memory.
    ///
    /// # Errors
    /// None in practice: memory can be read.
    pub fn from_bytes(name: &str, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<Self, OpenError> {
        let total = bytes.as_ref().len() as u64;
        Ok(Self::new(name, Lines::new(name.into(), Box::new(Cursor::new(bytes)), total)?))
    }

    fn new(name: &str, lines: Lines) -> Self {
        let dataset = Dataset { name: name.to_owned(), ..Dataset::default() };
        Self { lines, layout: None, header_ahead: false, dataset, finished: false }
    }

    /// Says what is known about the columns; what is not said is found by content.
    #[must_use]
    pub fn with_columns(mut self, choice: ColumnChoice) -> Self {
        self.dataset.choice = choice;
        self
    }

    /// Reads the next chunk.
    ///
    /// # Errors
    /// The file is not a table of SMILES, has no column of a name that was given or holds something else in it,
    /// goes beyond a limit, or (with the last step) holds nothing usable. What was read before stays available.
    pub fn step(&mut self) -> Result<Step, OpenError> {
        if !self.finished {
            self.lines.fill(if self.layout.is_none() { FIRST_CHUNK } else { CHUNK })?;
            if self.layout.is_none() && self.lines.has_begun()? {
                self.begin()?;
            }
            self.take_rows()?;
            if self.lines.end.is_some() {
                self.finish()?;
            }
        }
        Ok(self.lines.progress(self.finished))
    }

    /// A copy of what has been read so far. Which columns are targets may change as more is read.
    pub fn dataset(&self) -> Dataset {
        let mut dataset = self.dataset.clone();
        if let Some(layout) = &self.layout {
            layout.targets.settle(&mut dataset);
        }
        dataset
    }

    /// What has been read so far, without copying it.
    pub fn into_dataset(mut self) -> Dataset {
        if let Some(layout) = &self.layout {
            layout.targets.settle(&mut self.dataset);
        }
        self.dataset
    }

    /// The file, or the name of the bytes.
    pub(super) fn path(&self) -> PathBuf {
        self.lines.path.clone()
    }

    /// Recognises delimiter, header and columns from the first chunk with a whole line.
    fn begin(&mut self) -> Result<(), OpenError> {
        let layout = Layout::detect(self.lines.text()?, self.lines.is_last(), &self.dataset.choice, &self.lines.path)?;
        self.dataset.format = layout.format.to_owned() + if self.lines.is_packed() { "+gzip" } else { "" };
        self.dataset.columns = layout.columns.clone();
        self.header_ahead = layout.header;
        self.layout = Some(layout);
        Ok(())
    }

    fn take_rows(&mut self) -> Result<(), OpenError> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let Rows { rows, taken, next_line } = self.lines.rows(layout.style)?;
        let (header, data) = rows.split_at(rows.len().min(usize::from(self.header_ahead)));
        let header_ahead = self.header_ahead && header.is_empty();
        if self.dataset.lines + data.len() > self.lines.most_lines {
            return Err(OpenError::TooManyLines { path: self.path() });
        }
        let outcomes: Vec<Outcome> = data.par_iter().with_min_len(256).map(|row| layout.read(row)).collect();
        self.dataset.lines += data.len();
        self.header_ahead = header_ahead;
        for outcome in outcomes {
            match outcome {
                Outcome::Record(mut record, remarks) => {
                    let line = record.line;
                    self.dataset.warnings.extend(remarks.split.map(|reason| RowNote { line, reason }));
                    if let Some(layout) = &mut self.layout {
                        layout.targets.see(&mut record, remarks.target);
                    }
                    self.dataset.records.push(record);
                }
                Outcome::Skipped(note) => self.dataset.skipped.push(note),
            }
        }
        self.lines.take(taken, next_line);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OpenError> {
        if self.lines.end == Some(End::Damaged) {
            let reason = "the gzip file is damaged or cut off here; what could be unpacked before was read".to_owned();
            self.dataset.warnings.push(RowNote { line: self.lines.line, reason });
        }
        self.finished = true;
        if self.dataset.lines == 0 {
            return Err(OpenError::OnlyHeader { path: self.path() });
        }
        nothing_usable(&self.dataset).map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests;
