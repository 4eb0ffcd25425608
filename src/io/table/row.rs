//! Rows and fields: where a line ends, and where a quoted field does.

use crate::domain::{Delimiter, Record, RowNote};
use std::borrow::Cow;

/// How far the end of a quoted field may be from its start, in bytes. Further on, the quote is taken
/// as a character like any other: a stray one must not swallow the rest of the file.
const MAX_QUOTED: usize = 64 << 10;

/// How fields are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// By a byte (comma, semicolon, tab); fields may be quoted.
    Delimited(u8),
    /// By runs of blanks.
    Blanks,
    /// By the first run of blanks: a structure, then a name that may hold blanks.
    Name,
    /// Not at all: one column.
    Single,
}

impl From<Delimiter> for Style {
    fn from(delimiter: Delimiter) -> Self {
        match delimiter {
            Delimiter::Tab => Self::Delimited(b'\t'),
            Delimiter::Comma => Self::Delimited(b','),
            Delimiter::Semicolon => Self::Delimited(b';'),
            Delimiter::Blanks => Self::Blanks,
            Delimiter::FirstBlank => Self::Name,
            Delimiter::None => Self::Single,
        }
    }
}

impl Style {
    /// What it is called.
    pub(super) fn delimiter(self) -> Delimiter {
        match self {
            Self::Delimited(b'\t') => Delimiter::Tab,
            Self::Delimited(b';') => Delimiter::Semicolon,
            Self::Delimited(_) => Delimiter::Comma,
            Self::Blanks => Delimiter::Blanks,
            Self::Name => Delimiter::FirstBlank,
            Self::Single => Delimiter::None,
        }
    }
}

/// One row of the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// Physical line it starts on, counted from 1.
    pub(super) line: u32,
    /// Its text without the line end.
    pub(super) text: &'a str,
}

/// What became of a row.
pub(super) enum Outcome {
    /// A record with a value for every column that may be a target, and remarks on it.
    Record(Record, Remarks),
    Skipped(RowNote),
}

/// What is odd about a row that can be used.
#[derive(Default)]
pub(super) struct Remarks {
    /// A cell that is no number: which of the columns that may be targets it stands in, and one sentence.
    pub(super) target: Option<(usize, String)>,
    /// One sentence on the split.
    pub(super) split: Option<String>,
}

/// The rows of a piece of text. Blank rows are left out.
pub(super) struct Rows<'a> {
    pub(super) rows: Vec<Row<'a>>,
    /// Bytes of the text that they cover.
    pub(super) taken: usize,
    /// The physical line after them.
    pub(super) next_line: u32,
}

/// How a field that starts with a quote ends.
enum Quoted {
    /// At this byte, the one after the closing quote.
    Closed(usize),
    /// It is no quoted field.
    No,
    /// More text is needed to tell.
    Unfinished,
}

impl<'a> Rows<'a> {
    /// Splits text whose first line has number `line`. Unless `is_last`, a row without a line end is
    /// left for the next piece. Line ends are LF, CR LF, or CR.
    pub(super) fn split(text: &'a str, style: Style, line: u32, is_last: bool) -> Self {
        let bytes = text.as_bytes();
        let mut found = Self { rows: Vec::new(), taken: 0, next_line: line };
        let mut at = 0;
        // Line ends inside quoted fields of the current row.
        let mut inner = 0;
        let quotes = matches!(style, Style::Delimited(_));
        loop {
            let rest = bytes.get(at..).unwrap_or(&[]);
            let next =
                if quotes { memchr::memchr3(b'\n', b'\r', b'"', rest) } else { memchr::memchr2(b'\n', b'\r', rest) };
            let Some(next) = next.map(|offset| at + offset) else { break };
            if bytes[next] == b'"' {
                let is_start = next == found.taken || Style::Delimited(bytes[next - 1]) == style;
                at = next + 1;
                if is_start {
                    match quoted(bytes, next, style, is_last) {
                        Quoted::Closed(end) => {
                            inner += line_ends(&bytes[next..end]);
                            at = end;
                        }
                        Quoted::No => {}
                        Quoted::Unfinished => return found,
                    }
                }
                continue;
            }
            if bytes[next] == b'\r' && next + 1 == bytes.len() && !is_last {
                break;
            }
            let is_pair = bytes[next] == b'\r' && bytes.get(next + 1) == Some(&b'\n');
            at = next + 1 + usize::from(is_pair);
            found.push(&text[found.taken..next], at, inner + 1);
            inner = 0;
        }
        if is_last && found.taken < text.len() {
            found.push(&text[found.taken..], text.len(), inner + 1);
        }
        found
    }

    fn push(&mut self, text: &'a str, taken: usize, lines: u32) {
        if !text.trim().is_empty() {
            self.rows.push(Row { line: self.next_line, text });
        }
        self.taken = taken;
        self.next_line = self.next_line.saturating_add(lines);
    }
}

fn quoted(bytes: &[u8], start: usize, style: Style, is_last: bool) -> Quoted {
    let mut at = start + 1;
    loop {
        let limit = bytes.len().min(start + MAX_QUOTED);
        let Some(offset) = bytes.get(at..limit).and_then(|rest| memchr::memchr(b'"', rest)) else {
            return if is_last || limit < bytes.len() { Quoted::No } else { Quoted::Unfinished };
        };
        at += offset + 1;
        match bytes.get(at) {
            Some(b'"') => at += 1,
            Some(b'\n' | b'\r') => return Quoted::Closed(at),
            Some(&byte) if Style::Delimited(byte) == style => return Quoted::Closed(at),
            Some(_) => return Quoted::No,
            None if is_last => return Quoted::Closed(at),
            None => return Quoted::Unfinished,
        }
    }
}

fn line_ends(bytes: &[u8]) -> u32 {
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count();
    let all = memchr::memchr2_iter(b'\n', b'\r', bytes).count();
    u32::try_from(all - pairs).unwrap_or(u32::MAX)
}

/// The fields of a row, without surrounding blanks and quotes.
pub(super) fn fields(text: &str, style: Style) -> Vec<Cow<'_, str>> {
    match style {
        Style::Single => vec![Cow::Borrowed(text.trim())],
        Style::Blanks => text.split_whitespace().map(Cow::Borrowed).collect(),
        Style::Name => text.trim().splitn(2, char::is_whitespace).map(|field| Cow::Borrowed(field.trim())).collect(),
        Style::Delimited(delimiter) => delimited(text, delimiter),
    }
}

fn delimited(text: &str, delimiter: u8) -> Vec<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let mut fields = Vec::with_capacity(4);
    let mut at = 0;
    loop {
        if bytes.get(at) == Some(&b'"')
            && let Quoted::Closed(end) = quoted(bytes, at, Style::Delimited(delimiter), true)
        {
            let inside = &text[at + 1..end - 1];
            let field =
                if inside.contains('"') { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) };
            fields.push(match field {
                Cow::Borrowed(field) => Cow::Borrowed(field.trim()),
                Cow::Owned(field) => Cow::Owned(field.trim().to_owned()),
            });
            at = end;
        } else {
            let end = memchr::memchr(delimiter, &bytes[at..]).map_or(bytes.len(), |offset| at + offset);
            fields.push(Cow::Borrowed(text[at..end].trim()));
            at = end;
        }
        if at >= bytes.len() {
            return fields;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Style = Style::Delimited(b',');

    fn split(text: &str, is_last: bool) -> (Vec<(u32, &str)>, usize) {
        let rows = Rows::split(text, COMMA, 1, is_last);
        (rows.rows.iter().map(|row| (row.line, row.text)).collect(), rows.taken)
    }

    #[test]
    fn every_line_end_counts_once() {
        assert_eq!(split("a\nb\r\nc\rd", true).0, [(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
        assert_eq!(split("a\n\n \r\n\rb\n", true).0, [(1, "a"), (5, "b")]);
    }

    #[test]
    fn an_open_row_waits_for_more() {
        assert_eq!(split("a\nb", false), (vec![(1, "a")], 2));
        assert_eq!(split("a\r", false), (vec![], 0));
        assert_eq!(split("a,\"x\ny", false), (vec![], 0));
    }

    #[test]
    fn quoted_line_ends_belong_to_the_field() {
        assert_eq!(split("a,\"x\r\ny\"\nb", true).0, [(1, "a,\"x\r\ny\""), (3, "b")]);
        assert_eq!(fields("a,\"x, \"\"y\"\"\",", COMMA), ["a", "x, \"y\"", ""]);
    }

    #[test]
    fn a_stray_quote_swallows_nothing() {
        assert_eq!(split("a,\"x\nb,5\" wide\nc\n", true).0.len(), 3);
        assert_eq!(fields("a, 5\" wide,\"b", COMMA), ["a", "5\" wide", "\"b"]);
        let long = format!("\"{}\"\nCC\n", "C".repeat(MAX_QUOTED));
        assert_eq!(split(&long, true).0.len(), 2);
    }

    #[test]
    fn blanks_separate() {
        assert_eq!(fields(" CC \t ethane  1 ", Style::Blanks), ["CC", "ethane", "1"]);
        assert_eq!(fields("CC acetic acid ", Style::Name), ["CC", "acetic acid"]);
    }
}
