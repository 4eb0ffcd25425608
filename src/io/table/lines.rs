//! A file as text that comes in pieces: opened, unpacked, checked, and split into rows on request.

use super::row::{Rows, Style};
use super::source::{self, End, Source};
use super::{MAX_LINE, MAX_LINES, MAX_UNPACKED, Step};
use crate::io::OpenError;
use std::path::{Path, PathBuf};

/// Text read and not yet taken.
pub(super) struct Lines {
    pub(super) path: PathBuf,
    source: Source,
    total_bytes: u64,
    pub(super) buffer: Vec<u8>,
    unpacked: u64,
    pub(super) end: Option<End>,
    /// Physical line on which the buffer starts, counted from 1.
    pub(super) line: u32,
    /// [`MAX_UNPACKED`] and [`MAX_LINES`], which tests lower.
    pub(super) most_text: u64,
    pub(super) most_lines: usize,
}

impl Lines {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::Missing { path: path.to_owned() },
            _ => OpenError::Io { source, path: path.to_owned() },
        };
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if metadata.is_dir() {
            return Err(OpenError::Folder { path: path.to_owned() });
        }
        let file = std::fs::File::open(path).map_err(failed)?;
        Self::new(path.to_owned(), Box::new(file), metadata.len())
    }

    pub(super) fn new(path: PathBuf, reader: source::Input, total_bytes: u64) -> Result<Self, OpenError> {
        let source = Source::new(reader).map_err(|source| OpenError::Io { source, path: path.clone() })?;
        Ok(Self {
            path,
            source,
            total_bytes,
            buffer: Vec::new(),
            unpacked: 0,
            end: None,
            line: 1,
            most_text: MAX_UNPACKED,
            most_lines: MAX_LINES,
        })
    }

    pub(super) fn is_packed(&self) -> bool {
        self.source.is_packed()
    }

    /// How far the file has been read.
    pub(super) fn progress(&self, finished: bool) -> Step {
        Step { done_bytes: self.source.taken().min(self.total_bytes), total_bytes: self.total_bytes, finished }
    }

    /// Reads up to `wanted` bytes of text more.
    pub(super) fn fill(&mut self, wanted: usize) -> Result<(), OpenError> {
        let before = self.buffer.len();
        self.end = self
            .source
            .read_into(&mut self.buffer, wanted)
            .map_err(|source| OpenError::Io { source, path: self.path.clone() })?;
        self.unpacked += (self.buffer.len() - before) as u64;
        if self.unpacked > self.most_text {
            return Err(OpenError::TooLarge { path: self.path.clone() });
        }
        Ok(())
    }

    /// Whether the buffer begins with a whole line that says something; blank lines are dropped.
    pub(super) fn has_begun(&mut self) -> Result<bool, OpenError> {
        let has_line = memchr::memchr2(b'\n', b'\r', &self.buffer).is_some();
        if !has_line && self.end == Some(End::Damaged) {
            return Err(OpenError::Damaged { path: self.path.clone() });
        }
        source::check_start(&self.buffer, &self.path)?;
        if !has_line && self.buffer.len() > MAX_LINE {
            return Err(OpenError::LongLine { line: self.line, path: self.path.clone() });
        }
        if self.buffer.starts_with(b"\xef\xbb\xbf") {
            self.buffer.drain(..3);
        }
        let text = self.text()?;
        if text.trim().is_empty() {
            if self.end.is_some() {
                return Err(OpenError::Empty { path: self.path.clone() });
            }
            let blank = Rows::split(text, Style::Single, self.line, false);
            let (taken, next_line) = (blank.taken, blank.next_line);
            self.take(taken, next_line);
            return Ok(false);
        }
        if !has_line && self.end.is_none() {
            return Ok(false);
        }
        source::check_text(text, &self.path)?;
        Ok(true)
    }

    /// Whether the buffer holds the end of the file, so that a line without a line end is complete.
    pub(super) fn is_last(&self) -> bool {
        self.end == Some(End::Complete)
    }

    /// The part of the buffer that is whole UTF-8 characters.
    pub(super) fn text(&self) -> Result<&str, OpenError> {
        let refuse = |valid: &[u8]| source::encoding_error(valid, &self.buffer, self.line, self.path.clone());
        if memchr::memchr(0, &self.buffer).is_some() {
            return Err(OpenError::Binary { path: self.path.clone() });
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

    /// The whole rows of the buffer.
    pub(super) fn rows(&self, style: Style) -> Result<Rows<'_>, OpenError> {
        let text = self.text()?;
        let rows = Rows::split(text, style, self.line, self.is_last());
        if text.len() - rows.taken > MAX_LINE || rows.rows.iter().any(|row| row.text.len() > MAX_LINE) {
            let line = rows.rows.iter().find(|row| row.text.len() > MAX_LINE).map_or(rows.next_line, |row| row.line);
            return Err(OpenError::LongLine { line, path: self.path.clone() });
        }
        Ok(rows)
    }

    /// Drops rows from the buffer.
    pub(super) fn take(&mut self, bytes: usize, next_line: u32) {
        self.buffer.drain(..bytes);
        self.line = next_line;
    }
}
