//! Where text comes from: a plain or gzip stream, and a look at what its first bytes say.

use crate::io::OpenError;
use flate2::read::MultiGzDecoder;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

/// Any stream of bytes that a worker thread may own.
pub(super) type Input = Box<dyn Read + Send>;

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All of it was read.
    Complete,
    /// A gzip stream is cut off or wrong from here on.
    Damaged,
}

/// A stream that is unpacked on the way if need be.
pub(super) enum Source {
    Plain(Counted),
    Gzip(Box<MultiGzDecoder<Counted>>),
}

/// Counts the bytes taken, for the progress bar.
pub(super) struct Counted {
    reader: io::Chain<Cursor<Vec<u8>>, Input>,
    count: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.reader.read(buffer)?;
        self.count += length as u64;
        Ok(length)
    }
}

impl Source {
    /// Looks at the first two bytes, which say whether a stream is gzip.
    pub(super) fn new(mut input: Input) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(2);
        (&mut input).take(2).read_to_end(&mut magic)?;
        let is_gzip = magic == [0x1f, 0x8b];
        let counted = Counted { reader: Cursor::new(magic).chain(input), count: 0 };
        Ok(if is_gzip { Self::Gzip(Box::new(MultiGzDecoder::new(counted))) } else { Self::Plain(counted) })
    }

    pub(super) fn is_packed(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }

    /// Bytes of the file taken so far.
    pub(super) fn taken(&self) -> u64 {
        match self {
            Self::Plain(counted) => counted.count,
            Self::Gzip(decoder) => decoder.get_ref().count,
        }
    }

    /// Appends up to `wanted` bytes of text; `Some` when there is no more.
    pub(super) fn read_into(&mut self, buffer: &mut Vec<u8>, wanted: usize) -> io::Result<Option<End>> {
        let (reader, is_packed): (&mut dyn Read, bool) = match self {
            Self::Plain(counted) => (counted, false),
            Self::Gzip(decoder) => (decoder, true),
        };
        let before = buffer.len();
        // Bytes unpacked before an error stay in the buffer.
        match reader.take(wanted as u64).read_to_end(buffer) {
            Ok(_) => Ok((buffer.len() - before < wanted).then_some(End::Complete)),
            Err(error) if is_packed && is_damage(error.kind()) => Ok(Some(End::Damaged)),
            Err(error) => Err(error),
        }
    }
}

fn is_damage(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

/// Refuses what the first bytes show to be something else.
pub(super) fn check_start(bytes: &[u8], path: &Path) -> Result<(), OpenError> {
    let path = || path.to_owned();
    let is_utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || {
        // Latin text in UTF-16 without a mark: every other byte is zero.
        let pairs = bytes.get(..bytes.len().min(256)).unwrap_or(&[]).as_chunks::<2>().0;
        let halves = [0, 1].map(|half| pairs.iter().filter(|pair| pair[half] == 0).count());
        pairs.len() >= 2 && halves.contains(&pairs.len()) && halves.contains(&0)
    };
    if is_utf16 {
        return Err(OpenError::Encoding { encoding: "UTF-16", line: 1, path: path() });
    }
    let known: [(&[u8], &str); 8] = [
        (b"PK\x03\x04", "a zip archive or spreadsheet"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an xz archive"),
        (b"\x28\xb5\x2f\xfd", "a zstd archive"),
        (b"\x1f\x8b", "gzip packed twice"),
        (b"%PDF", "a PDF document"),
        (b"PAR1", "a Parquet file"),
        (b"\x89PNG", "a picture"),
    ];
    match known.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        Some((_, what)) => Err(OpenError::OtherFormat { what, path: path() }),
        None => Ok(()),
    }
}

/// Refuses text that is plainly of another format.
pub(super) fn check_text(text: &str, path: &Path) -> Result<(), OpenError> {
    let start = text.trim_start();
    let what = if text.contains("\n$$$$") || text.contains("V2000\n") || text.contains("V3000\n") {
        "an SDF or MOL file"
    } else if start.starts_with("{\"") || start.starts_with("[{") {
        "a JSON file"
    } else if start.starts_with("<?xml") || start.starts_with("<!") {
        "an XML or HTML file"
    } else {
        return Ok(());
    };
    Err(OpenError::OtherFormat { what, path: path.to_owned() })
}

/// The error for text that stops being UTF-8 after `valid`.
pub(super) fn encoding_error(valid: &[u8], all: &[u8], first_line: u32, path: PathBuf) -> OpenError {
    // Control characters occur in no 8-bit alphabet's text.
    let is_text = all.iter().all(|&byte| byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c));
    if !is_text {
        return OpenError::Binary { path };
    }
    let lines = memchr::memchr_iter(b'\n', valid).count();
    let line = first_line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
    OpenError::Encoding { encoding: "Latin-1 or another 8-bit encoding", line, path }
}
