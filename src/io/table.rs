//! Tables of SMILES: CSV, TSV and `.smi`, plain or gzip, told apart by content.
//!
//! A file is read in chunks that are split into rows here and looked at on all cores, so listing a
//! quarter of a million lines takes a second or two, the first rows come at once, and a worker can
//! stop between chunks. Limits keep a file that unpacks without end from taking the machine along.

mod layout;
mod row;
mod source;
mod targets;

use super::OpenError;
use super::validate::nothing_usable;
use crate::domain::{Dataset, RowNote};
use layout::Layout;
use rayon::prelude::*;
use row::{Outcome, Rows, Style};
use source::{End, Source};
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
    path: PathBuf,
    source: Source,
    total_bytes: u64,
    /// Text read and not yet split into rows.
    buffer: Vec<u8>,
    unpacked: u64,
    end: Option<End>,
    /// Physical line on which the buffer starts, counted from 1.
    line: u32,
    layout: Option<Layout>,
    /// Names of the target columns; those that look like it, if there are none.
    named: Vec<String>,
    /// Whether the next row is the header.
    header_ahead: bool,
    /// What has been read; targets are not settled in it.
    dataset: Dataset,
    finished: bool,
    /// [`MAX_UNPACKED`] and [`MAX_LINES`], which tests lower.
    most_text: u64,
    most_lines: usize,
}

impl Loader {
    /// Opens a file.
    ///
    /// # Errors
    /// It is missing, a folder, or unreadable.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Missing { path: path.to_owned() },
            _ => OpenError::Io { source, path: path.to_owned() },
        };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(OpenError::Folder { path: path.to_owned() });
        }
        let file = std::fs::File::open(path).map_err(failed)?;
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        let mut loader = Self::new(&name, path.to_owned(), Box::new(file), metadata.len())?;
        loader.dataset.path = Some(path.to_owned());
        Ok(loader)
    }

    /// Opens bytes that are already in memory.
    ///
    /// # Errors
    /// None in practice: memory can be read.
    pub fn from_bytes(name: &str, bytes: impl AsRef<[u8]> + Send + 'static) -> Result<Self, OpenError> {
        let total = bytes.as_ref().len() as u64;
        Self::new(name, name.into(), Box::new(Cursor::new(bytes)), total)
    }

    fn new(name: &str, path: PathBuf, reader: source::Input, total_bytes: u64) -> Result<Self, OpenError> {
        let source = Source::new(reader).map_err(|source| OpenError::Io { source, path: path.clone() })?;
        Ok(Self {
            path,
            source,
            total_bytes,
            buffer: Vec::new(),
            unpacked: 0,
            end: None,
            line: 1,
            layout: None,
            named: Vec::new(),
            header_ahead: false,
            dataset: Dataset { name: name.to_owned(), ..Dataset::default() },
            finished: false,
            most_text: MAX_UNPACKED,
            most_lines: MAX_LINES,
        })
    }

    /// Names the target columns, as the header does, or `column 2` without one; they stand in the order of the
    /// file then. Without names, the columns that look like targets are taken.
    #[must_use]
    pub fn with_targets(mut self, names: Vec<String>) -> Self {
        self.named = names;
        self
    }

    /// Reads the next chunk.
    ///
    /// # Errors
    /// The file is not a table of SMILES, has no column of a name given for a target, goes beyond a limit,
    /// or (with the last step) holds nothing usable. What was read before stays available.
    pub fn step(&mut self) -> Result<Step, OpenError> {
        if !self.finished {
            self.fill()?;
            if self.layout.is_none() {
                self.begin()?;
            }
            self.take_rows()?;
            if self.end.is_some() {
                self.finish()?;
            }
        }
        Ok(Step {
            done_bytes: self.source.taken().min(self.total_bytes),
            total_bytes: self.total_bytes,
            finished: self.finished,
        })
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
        self.path.clone()
    }

    fn fill(&mut self) -> Result<(), OpenError> {
        let wanted = if self.layout.is_none() { FIRST_CHUNK } else { CHUNK };
        let before = self.buffer.len();
        self.end = self
            .source
            .read_into(&mut self.buffer, wanted)
            .map_err(|source| OpenError::Io { source, path: self.path() })?;
        self.unpacked += (self.buffer.len() - before) as u64;
        if self.unpacked > self.most_text {
            return Err(OpenError::TooLarge { path: self.path() });
        }
        Ok(())
    }

    /// Recognises encoding, delimiter, header and columns from the first chunk with a whole line.
    fn begin(&mut self) -> Result<(), OpenError> {
        let has_line = memchr::memchr2(b'\n', b'\r', &self.buffer).is_some();
        if !has_line && self.end == Some(End::Damaged) {
            return Err(OpenError::Damaged { path: self.path() });
        }
        source::check_start(&self.buffer, &self.path)?;
        if !has_line && self.buffer.len() > MAX_LINE {
            return Err(OpenError::LongLine { line: self.line, path: self.path() });
        }
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        let text = self.text()?;
        if text.trim().is_empty() {
            if self.end.is_some() {
                return Err(OpenError::Empty { path: self.path() });
            }
            let blank = Rows::split(text, Style::Single, self.line, false);
            let (taken, next_line) = (blank.taken, blank.next_line);
            self.buffer.drain(..taken);
            self.line = next_line;
            return Ok(());
        }
        if !has_line && self.end.is_none() {
            return Ok(());
        }
        source::check_text(text, &self.path)?;
        let layout = Layout::detect(text, self.is_last(), &self.named, &self.path)?;
        self.dataset.format = layout.format.to_owned() + if self.source.is_packed() { "+gzip" } else { "" };
        self.dataset.columns = layout.columns.clone();
        self.header_ahead = layout.header;
        self.layout = Some(layout);
        Ok(())
    }

    /// Whether the buffer holds the end of the file, so that a line without a line end is complete.
    fn is_last(&self) -> bool {
        self.end == Some(End::Complete)
    }

    /// The part of the buffer that is whole UTF-8 characters.
    fn text(&self) -> Result<&str, OpenError> {
        let refuse = |valid: &[u8]| source::encoding_error(valid, &self.buffer, self.line, self.path());
        if memchr::memchr(0, &self.buffer).is_some() {
            return Err(OpenError::Binary { path: self.path() });
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => Ok(text),
            Err(error) => {
                let valid = self.buffer.get(..error.valid_up_to()).unwrap_or(&[]);
                match std::str::from_utf8(valid) {
                    // The last character goes on in the next chunk.
                    Ok(text) if error.error_len().is_none() && !self.is_last() => Ok(text),
                    _ => Err(refuse(valid)),
                }
            }
        }
    }

    fn take_rows(&mut self) -> Result<(), OpenError> {
        let Some(layout) = &self.layout else { return Ok(()) };
        let text = self.text()?;
        let rows = Rows::split(text, layout.style, self.line, self.is_last());
        if text.len() - rows.taken > MAX_LINE || rows.rows.iter().any(|row| row.text.len() > MAX_LINE) {
            let line = rows.rows.iter().find(|row| row.text.len() > MAX_LINE).map_or(rows.next_line, |row| row.line);
            return Err(OpenError::LongLine { line, path: self.path() });
        }
        let (header, data) = rows.rows.split_at(rows.rows.len().min(usize::from(self.header_ahead)));
        let header_ahead = self.header_ahead && header.is_empty();
        if self.dataset.lines + data.len() > self.most_lines {
            return Err(OpenError::TooManyLines { path: self.path() });
        }
        let outcomes: Vec<Outcome> = data.par_iter().with_min_len(256).map(|row| layout.read(row)).collect();
        let (taken, next_line, count) = (rows.taken, rows.next_line, data.len());
        self.dataset.lines += count;
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
        self.buffer.drain(..taken);
        self.line = next_line;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), OpenError> {
        if self.end == Some(End::Damaged) {
            let reason = "the gzip file is damaged or cut off here; what could be unpacked before was read".to_owned();
            self.dataset.warnings.push(RowNote { line: self.line, reason });
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
