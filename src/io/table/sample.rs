//! The first rows of a table under one way of separating fields, and what they say about its columns.
//!
//! Names lie and extensions more so; the one sure sign of a SMILES column is that its cells parse.

use super::row::{Rows, Style, fields};
use super::targets;
use crate::domain::{ColumnChoice, Delimiter, Split, unit};
use crate::io::smiles;
use std::borrow::Cow;

/// Rows looked at.
pub(super) const SAMPLE: usize = 200;

/// Least share of cells that must parse for a column without a telling name.
const LEAST_SHARE: f32 = 0.1;

/// Share of cells that parse from which a column is surely one of structures.
const SURE_SHARE: f32 = 0.5;

/// Separators in the order in which they are tried.
const TRIED: [Delimiter; 5] =
    [Delimiter::Tab, Delimiter::Comma, Delimiter::Semicolon, Delimiter::Blanks, Delimiter::None];

/// Words in a header that name or number the rows.
const IDS: [&str; 12] =
    ["id", "name", "mol_id", "zinc_id", "cid", "index", "idx", "no", "num", "number", "compound", "title"];

/// The first rows.
pub(super) struct Sample<'a> {
    pub(super) style: Style,
    /// All rows, a header among them.
    rows: Vec<Vec<Cow<'a, str>>>,
    /// Whether the first row names the columns.
    pub(super) header: bool,
    /// What each column is called; no two alike.
    pub(super) names: Vec<String>,
    /// The column that looks most like structures.
    pub(super) smiles: usize,
    /// Share of each column's cells below the first row that parse as structures.
    shares: Vec<f32>,
}

impl<'a> Sample<'a> {
    /// The way of separating fields that shows structures best, with what the user says about it; `None`
    /// for text without rows.
    pub(super) fn detect(text: &'a str, is_last: bool, choice: &ColumnChoice) -> Option<Self> {
        let chosen = choice.delimiter.map(|delimiter| Self::new(text, delimiter.into(), is_last, true));
        let mut sample = chosen.unwrap_or_else(|| {
            let mut best: Option<Self> = None;
            for sample in TRIED.into_iter().filter_map(|tried| Self::new(text, tried.into(), is_last, false)) {
                if best.as_ref().is_none_or(|best| sample.preference(choice) > best.preference(choice)) {
                    best = Some(sample);
                }
            }
            best
        })?;
        let is_title = |name: &str| (0..sample.width()).any(|column| sample.first(column) == name);
        let header = || choice.names().any(is_title) || sample.has_header();
        sample.header = choice.header.unwrap_or_else(header);
        sample.names = sample.unique_names();
        Some(sample)
    }

    /// Which of two ways to prefer: one that shows the named column, then one that shows structures.
    fn preference(&self, choice: &ColumnChoice) -> (bool, f32) {
        let is_named = |name: &String| (0..self.width()).any(|column| self.first(column) == name);
        (choice.smiles.as_ref().is_some_and(is_named), self.share())
    }

    fn new(text: &'a str, style: Style, is_last: bool, forced: bool) -> Option<Self> {
        let split = Rows::split(text, style, 1, is_last);
        let of = |style| split.rows.iter().take(SAMPLE).map(|row| fields(row.text, style)).collect::<Vec<_>>();
        let rows = of(style);
        let wide = rows.iter().filter(|row| row.len() > 1).count();
        let (style, rows) = match style {
            _ if forced => (style, rows),
            // A delimiter shows in most rows.
            Style::Delimited(_) if wide * 2 <= rows.len() => return None,
            Style::Blanks if wide == 0 => return None,
            // Rows of different lengths are structures with names that hold blanks.
            Style::Blanks if rows.iter().any(|row| row.len() != rows[0].len()) => (Style::Name, of(Style::Name)),
            _ => (style, rows),
        };
        let mut sample = Self { style, rows, header: false, names: Vec::new(), smiles: 0, shares: Vec::new() };
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

    /// The rows below the header, as cells.
    pub(super) fn data(&self) -> impl Iterator<Item = &[Cow<'a, str>]> {
        self.rows.iter().skip(usize::from(self.header)).map(Vec::as_slice)
    }

    pub(super) fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The cell of the first row.
    fn first(&self, column: usize) -> &str {
        self.rows.first().and_then(|row| row.get(column)).map_or("", AsRef::as_ref)
    }

    /// Share of the likeliest column's cells that are structures.
    fn share(&self) -> f32 {
        self.shares.get(self.smiles).copied().unwrap_or(0.0)
    }

    /// Whether any column holds structures.
    pub(super) fn has_smiles(&self) -> bool {
        self.share() >= LEAST_SHARE || self.names_smiles(self.smiles)
    }

    /// Whether a cell of the column is a structure.
    pub(super) fn holds_smiles(&self, column: usize) -> bool {
        self.cells(column).any(|cell| smiles::scan(cell).is_ok())
    }

    fn names_smiles(&self, column: usize) -> bool {
        let name = self.first(column).to_ascii_lowercase();
        name.contains("smiles") || matches!(name.as_str(), "smi" | "structure" | "mol" | "molecule")
    }

    fn find_smiles(&mut self) -> Option<()> {
        let mut best = (-1.0, 0);
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
                best = (score, column);
            }
            self.shares.push(share);
        }
        self.smiles = best.1;
        (self.width() > 0).then_some(())
    }

    fn has_header(&self) -> bool {
        if smiles::scan(self.first(self.smiles)).is_ok() {
            return false;
        }
        let is_known = |column| {
            let name = base(self.first(column));
            self.names_smiles(column) || name == "split" || is_id(&name) || targets::is_name(&name)
        };
        let is_title =
            |column| !self.first(column).is_empty() && number(self.first(column)).is_none() && self.is_numeric(column);
        (0..self.width()).any(|column| is_known(column) || is_title(column))
    }

    /// Whether most cells below the first row are numbers.
    pub(super) fn is_numeric(&self, column: usize) -> bool {
        let filled = self.cells(column).filter(|cell| !is_missing(cell)).count();
        let numbers = self.cells(column).filter(|cell| number(cell).is_some()).count();
        numbers > 0 && numbers * 2 > filled
    }

    /// Whether most filled cells of a column, and at least one, say train, val or test.
    pub(super) fn is_split(&self, column: usize) -> bool {
        let words = self.cells(column).filter(|cell| split_word(cell).is_some()).count();
        words > 0 && words * 10 >= self.cells(column).count() * 9
    }

    /// Whether the cells count up by one.
    pub(super) fn counts_up(&self, column: usize) -> bool {
        let cells: Option<Vec<i64>> = self.cells(column).map(|cell| cell.parse().ok()).collect();
        cells.is_some_and(|cells| {
            cells.len() > 2 && cells.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(1))
        })
    }

    /// The lower-case name of a column in the header, without its unit; empty without a header.
    pub(super) fn title(&self, column: usize) -> String {
        if self.header { base(self.first(column)) } else { String::new() }
    }

    /// What to call a column.
    pub(super) fn column_name(&self, column: usize) -> String {
        self.names.get(column).cloned().unwrap_or_else(|| numbered(column))
    }

    /// The column of that name.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// Names from the header; a name that stands twice gets its number.
    fn unique_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::with_capacity(self.width());
        for column in 0..self.width() {
            let title = if self.header { self.first(column) } else { "" };
            let name = match title {
                "" => numbered(column),
                title if names.iter().any(|known| known == title) => format!("{title} ({})", numbered(column)),
                title => title.to_owned(),
            };
            names.push(name);
        }
        names
    }

    /// What was guessed about structures and header although something else is as likely.
    pub(super) fn doubts(&self, choice: &ColumnChoice) -> Vec<String> {
        let mut doubts = Vec::new();
        let name = self.column_name(self.smiles);
        if choice.smiles.is_none() && !self.names_smiles(self.smiles) {
            let rivals = self.shares.iter().filter(|&&share| share >= SURE_SHARE).count();
            if self.share() < SURE_SHARE {
                let percent = self.share() * 100.0;
                doubts.push(format!(
                    "SMILES are taken from {name:?}, where {percent:.0} % of the first cells are structures."
                ));
            } else if rivals > 1 {
                doubts.push(format!("SMILES are taken from {name:?}, one of {rivals} columns that hold structures."));
            }
        }
        if choice.header.is_none() && !self.header && smiles::scan(self.first(self.smiles)).is_err() {
            doubts.push("The first line is taken for a molecule that cannot be read, not for a header.".to_owned());
        }
        doubts
    }
}

fn numbered(column: usize) -> String {
    format!("column {}", column + 1)
}

/// A header in lower case and without its unit.
fn base(header: &str) -> String {
    unit::split(header).0.to_ascii_lowercase()
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

pub(super) fn split_word(cell: &str) -> Option<Split> {
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
