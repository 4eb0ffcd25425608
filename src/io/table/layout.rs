//! What a table looks like, found from its first rows: delimiter, header, and which column is what.
//!
//! Names lie and extensions more so; the one sure sign of a SMILES column is that its cells parse.

use super::row::{Outcome, Row, Rows, Style, fields};
use crate::domain::{Columns, Record, RowNote, Split};
use crate::io::smiles;
use std::borrow::Cow;

/// Rows looked at.
const SAMPLE: usize = 200;

/// Least share of cells that must parse for a column without a telling name.
const LEAST_SHARE: f32 = 0.1;

/// Words in a header that name a target, best first.
const TARGETS: [&str; 15] = [
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

/// Words in a header that name or number the rows.
const IDS: [&str; 12] =
    ["id", "name", "mol_id", "zinc_id", "cid", "index", "idx", "no", "num", "number", "compound", "title"];

/// How to read every row.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) style: Style,
    pub(super) header: bool,
    pub(super) format: &'static str,
    pub(super) columns: Columns,
    smiles: usize,
    target: Option<usize>,
    split: Option<usize>,
    id: Option<usize>,
}

/// The first rows under one way of separating fields.
struct Sample<'a> {
    style: Style,
    /// All rows, a header among them.
    rows: Vec<Vec<Cow<'a, str>>>,
    /// The column that looks most like structures.
    smiles: usize,
    /// Share of its cells below the first row that parse.
    share: f32,
}

impl Layout {
    /// Finds the layout; `None` if no column holds structures.
    pub(super) fn detect(text: &str, is_last: bool) -> Option<Self> {
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
        let sample = best?;
        (sample.share >= LEAST_SHARE || sample.names_smiles(sample.smiles)).then(|| sample.layout())
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
        let mut notes = Vec::new();
        let target = cell(self.target).and_then(|cell| {
            let value = number(cell);
            if value.is_none() {
                notes.push(format!("the target {:?} is not a finite number", shortened(cell)));
            }
            value
        });
        let split = cell(self.split).and_then(|cell| {
            let split = split_word(cell);
            if split.is_none() {
                notes.push(format!("{:?} is not train, val or test", shortened(cell)));
            }
            split
        });
        let id = cell(self.id).map(|cell| cell.as_ref().into());
        Outcome::Record(Record { line: row.line, smiles: smiles.as_ref().into(), id, target, split, atoms }, notes)
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
        let mut sample = Self { style, rows, smiles: 0, share: 0.0 };
        sample.find_smiles()?;
        Some(sample)
    }

    /// Cells of a column below the first row, or in it if there is no other.
    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
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
            self.names_smiles(column) || name == "split" || is_id(&name) || TARGETS.contains(&name.as_str())
        };
        let is_title =
            |column| !self.name(column).is_empty() && number(self.name(column)).is_none() && self.is_numeric(column);
        (0..self.width()).any(|column| is_known(column) || is_title(column))
    }

    /// Whether most cells below the first row are numbers.
    fn is_numeric(&self, column: usize) -> bool {
        let filled = self.cells(column).filter(|cell| !is_missing(cell)).count();
        let numbers = self.cells(column).filter(|cell| number(cell).is_some()).count();
        numbers > 0 && numbers * 2 > filled
    }

    /// Whether the cells count up by one.
    fn counts_up(&self, column: usize) -> bool {
        let cells: Option<Vec<i64>> = self.cells(column).map(|cell| cell.parse().ok()).collect();
        cells.is_some_and(|cells| {
            cells.len() > 2 && cells.windows(2).all(|pair| pair[1].checked_sub(pair[0]) == Some(1))
        })
    }

    fn layout(&self) -> Layout {
        let header = self.has_header();
        let title = |column: usize| if header { self.name(column).to_ascii_lowercase() } else { String::new() };
        let others: Vec<usize> = (0..self.width()).filter(|&column| column != self.smiles).collect();
        let split = others.iter().copied().find(|&column| {
            let words = self.cells(column).filter(|cell| split_word(cell).is_some()).count();
            words > 0 && words * 10 >= self.cells(column).count() * 9
        });
        let target = self.find_target(&others, split, title);
        let is_free = |column: &&usize| ![split, target].contains(&Some(**column));
        let id = others.iter().filter(is_free).copied().find(|&column| is_id(&title(column))).or_else(|| {
            let first = others.iter().find(is_free).copied()?;
            (!header).then_some(first)
        });
        let named = |column: usize| {
            let name = self.name(column);
            if header && !name.is_empty() { name.to_owned() } else { format!("column {}", column + 1) }
        };
        Layout {
            style: self.style,
            header,
            format: match self.style {
                Style::Delimited(b'\t') => "tsv",
                Style::Delimited(_) => "csv",
                Style::Blanks | Style::Name | Style::Single => "smi",
            },
            columns: Columns {
                smiles: named(self.smiles),
                target: target.map(named),
                split: split.map(named),
                id: id.map(named),
            },
            smiles: self.smiles,
            target,
            split,
            id,
        }
    }

    /// The numeric column with the most telling name, else the first that does not number the rows.
    fn find_target(&self, others: &[usize], split: Option<usize>, title: impl Fn(usize) -> String) -> Option<usize> {
        let rank = |column: usize| {
            let title = title(column);
            let exact = TARGETS.iter().position(|&word| title == word);
            let within = || TARGETS.iter().skip(2).position(|&word| title.contains(word)).map(|at| at + TARGETS.len());
            // What a formula predicts is not what was measured.
            exact.or_else(within).filter(|_| !title.contains("predict"))
        };
        let all_missing = |column: usize| self.cells(column).count() > 0 && self.cells(column).all(is_missing);
        others
            .iter()
            .copied()
            .filter(|&column| Some(column) != split)
            .filter(|&column| {
                let is_plain_name = matches!(self.style, Style::Blanks | Style::Name)
                    && title(column).is_empty()
                    && self.cells(column).all(|cell| cell.parse::<i64>().is_ok());
                let is_number = self.is_numeric(column) && !is_id(&title(column)) && !self.counts_up(column);
                (is_number && !is_plain_name) || (rank(column).is_some() && all_missing(column))
            })
            .min_by_key(|&column| (rank(column).unwrap_or(usize::MAX), column))
    }
}

/// Whether a lower-case header names or numbers the rows.
fn is_id(name: &str) -> bool {
    IDS.contains(&name)
        || name.starts_with("unnamed")
        || [" id", "_id", "_name", " name", "-id"].iter().any(|ending| name.ends_with(ending))
}

/// A finite number.
fn number(cell: &str) -> Option<f32> {
    cell.parse::<f32>().ok().filter(|value| value.is_finite())
}

/// Words for "not measured", of which none is a number here.
fn is_missing(cell: &str) -> bool {
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
fn shortened(cell: &str) -> String {
    if cell.chars().count() <= 40 { cell.to_owned() } else { cell.chars().take(39).chain(['…']).collect() }
}
