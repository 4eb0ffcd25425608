//! Sorts, filters and scores the molecule table.
//!
//! A table of 250,000 rows takes some tenths of a second to put in order, so this is a question to a worker,
//! made of shared values only: putting it costs nothing. Small tables are answered at once by the same function.

use super::event::{Event, Outbox};
use super::jobs::sweep::Survey;
use crate::domain::{Dataset, MoleculeId, Record, Split};
use std::cmp::Ordering;
use std::sync::Arc;

/// A column of the molecule table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// Place in the file.
    #[default]
    Index,
    /// Name given in the file.
    Name,
    /// SMILES text.
    Smiles,
    /// Number of atoms.
    Atoms,
    /// Measured value.
    Target,
    /// What the model says.
    Prediction,
    /// |prediction - target|.
    Error,
    /// Largest MA ratio over edges and layers.
    Ratio,
}

/// What a sweep found out about one molecule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The model's prediction of the target shown; of a label its probability. NaN if there is none.
    pub prediction: f32,
    /// Largest MA ratio over all edges and layers; NaN if there is none.
    pub largest_ratio: f32,
}

impl Score {
    /// Of a molecule that was not measured.
    const UNKNOWN: Self = Self { prediction: f32::NAN, largest_ratio: f32::NAN };
}

/// What the columns of targets, predictions and errors speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Its place among the file's targets.
    pub target: Option<usize>,
    /// Its place among the model's outputs.
    pub output: Option<usize>,
    /// Whether what is predicted is what is measured.
    pub related: bool,
}

impl Measure {
    /// The number in a cell; `None` where it is missing or unknown.
    pub fn value(self, (id, record): (MoleculeId, &Record), score: Option<&Score>, column: Column) -> Option<f32> {
        // Atom counts and indices are far below 2^24, so f32 holds them exactly.
        #[allow(clippy::cast_precision_loss, reason = "counts below 2^24")]
        let value = match column {
            Column::Index => Some(id.0 as f32),
            Column::Name | Column::Smiles => None,
            Column::Atoms => Some(record.atoms as f32),
            Column::Target => record.targets.get(self.target?).copied(),
            Column::Prediction => score.map(|score| score.prediction),
            Column::Error => {
                let target = self.target.filter(|_| self.related)?;
                Some((score?.prediction - record.targets.get(target)?).abs())
            }
            Column::Ratio => score.map(|score| score.largest_ratio),
        };
        value.filter(|value| !value.is_nan())
    }
}

/// Which rows are listed, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Sorting column.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
    /// Rows are listed that contain this text.
    pub search: String,
    /// Rows are listed that belong to this split; all if `None`.
    pub split: Option<Split>,
    /// What numbers are about.
    pub measure: Measure,
}

/// A table to be put in order.
#[derive(Clone, Debug)]
pub struct TableQuestion {
    /// Counts up, so that late answers are recognised.
    pub ticket: u64,
    /// The records.
    pub dataset: Arc<Dataset>,
    /// What was measured of them under the chosen model; newer ones win.
    pub surveys: Vec<Arc<Survey>>,
    /// What is wanted.
    pub query: Query,
}

/// A table in order.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The molecules listed.
    pub order: Vec<MoleculeId>,
    /// Scores of all molecules by their numbers; shorter where nothing is known of the rest.
    pub scores: Vec<Score>,
    /// Records by split: all, then train, val, test.
    pub counts: [usize; 4],
}

impl TableQuestion {
    /// Scores, filters and sorts. Rows without a value for the sorting column come last either way.
    pub fn answer(&self) -> Rows {
        let Self { ticket: _, dataset, surveys, query } = self;
        let scores = scores(dataset, surveys, query.measure.output);
        let mut counts = [dataset.records.len(), 0, 0, 0];
        dataset.records.iter().filter_map(|record| record.split).for_each(|split| counts[place(split)] += 1);
        let search = Search::new(&query.search);
        let listed = |&(id, record): &(MoleculeId, &Record)| {
            (query.split.is_none() || record.split == query.split) && search.matches(id, record)
        };
        let rows = dataset.ids().zip(&dataset.records).filter(listed);
        let order = match query.column {
            Column::Index => {
                let mut order: Vec<MoleculeId> = rows.map(|(id, _)| id).collect();
                if query.descending {
                    order.reverse();
                }
                order
            }
            Column::Name => sorted(rows.map(|(id, record)| (record.id.as_deref(), id)), query.descending, Ord::cmp),
            Column::Smiles => sorted(rows.map(|(id, record)| (Some(&*record.smiles), id)), query.descending, Ord::cmp),
            column => {
                let value = |row: (MoleculeId, &Record)| query.measure.value(row, scores.get(row.0.index()), column);
                sorted(rows.map(|row| (value(row), row.0)), query.descending, f32::total_cmp)
            }
        };
        Rows { order, scores, counts }
    }
}

/// The worker's part.
pub(super) fn answer(question: &TableQuestion, out: &Outbox) {
    out.send(Event::Arranged { ticket: question.ticket, rows: Box::new(question.answer()) });
}

/// The place of a split in [`Rows::counts`].
fn place(split: Split) -> usize {
    match split {
        Split::Train => 1,
        Split::Val => 2,
        Split::Test => 3,
    }
}

impl Rows {
    /// Records of a split in `counts`, or of all.
    pub fn counted(counts: &[usize; 4], split: Option<Split>) -> usize {
        counts[split.map_or(0, place)]
    }
}

fn scores(dataset: &Dataset, surveys: &[Arc<Survey>], output: Option<usize>) -> Vec<Score> {
    if surveys.is_empty() {
        return Vec::new();
    }
    let mut scores = vec![Score::UNKNOWN; dataset.records.len()];
    for survey in surveys {
        for (id, prediction, largest_ratio) in survey.scores(output) {
            if let Some(score) = scores.get_mut(id.index()) {
                *score = Score { prediction, largest_ratio };
            }
        }
    }
    scores
}

/// Sorts by what is there; equal rows stay in the order of the file.
fn sorted<T: Copy>(
    rows: impl Iterator<Item = (Option<T>, MoleculeId)>,
    descending: bool,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<MoleculeId> {
    let mut rows: Vec<(Option<T>, MoleculeId)> = rows.collect();
    rows.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) if descending => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    rows.into_iter().map(|(_, id)| id).collect()
}

/// SMILES match letter by letter, since case carries meaning there; names match in any case.
struct Search {
    text: String,
    lower: String,
    index: Option<u32>,
}

impl Search {
    fn new(text: &str) -> Self {
        let text = text.trim();
        Self { text: text.to_owned(), lower: text.to_lowercase(), index: text.parse().ok() }
    }

    fn matches(&self, id: MoleculeId, record: &Record) -> bool {
        self.text.is_empty()
            || record.smiles.contains(&self.text)
            || self.index == Some(id.0)
            || record.id.as_ref().is_some_and(|name| name.to_lowercase().contains(&self.lower))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> Arc<Dataset> {
        let record = |smiles: &str, name: Option<&str>, target: Option<f32>, split| Record {
            line: 1,
            smiles: smiles.into(),
            id: name.map(Into::into),
            targets: target.into_iter().collect(),
            split,
            atoms: u32::try_from(smiles.len()).unwrap(),
        };
        Arc::new(Dataset {
            records: vec![
                record("CCO", Some("Mol-CCO"), Some(2.0), Some(Split::Test)),
                record("c1ccccc1", None, None, Some(Split::Test)),
                record("N", Some("Mol-A"), Some(-1.0), Some(Split::Train)),
            ],
            ..Dataset::default()
        })
    }

    fn rows(query: Query) -> Rows {
        TableQuestion { ticket: 0, dataset: dataset(), surveys: Vec::new(), query }.answer()
    }

    fn listed(query: Query) -> Vec<u32> {
        rows(query).order.iter().map(|id| id.0).collect()
    }

    const MEASURE: Measure = Measure { target: Some(0), output: Some(0), related: true };

    #[test]
    fn sorts_filters_and_keeps_missing_values_last() {
        let mut query = Query { measure: MEASURE, ..Query::default() };
        assert_eq!(listed(query.clone()), [0, 1, 2]);
        for (column, rising, falling) in [
            (Column::Target, [2, 0, 1], [0, 2, 1]),
            (Column::Index, [0, 1, 2], [2, 1, 0]),
            (Column::Smiles, [0, 2, 1], [1, 2, 0]),
            (Column::Name, [2, 0, 1], [0, 2, 1]),
            (Column::Atoms, [2, 0, 1], [1, 0, 2]),
            (Column::Ratio, [0, 1, 2], [0, 1, 2]),
        ] {
            assert_eq!(listed(Query { column, ..query.clone() }), rising, "{column:?}");
            assert_eq!(listed(Query { column, descending: true, ..query.clone() }), falling, "{column:?}");
        }
        query.split = Some(Split::Test);
        assert_eq!(listed(query.clone()), [0, 1]);
        query.search = "mol-cc".into();
        assert_eq!(listed(query.clone()), [0]);
        query.search = "cc".into();
        assert_eq!(listed(query), [0, 1], "names match in any case, `cc` is in `Mol-CCO`");
    }

    #[test]
    fn counts_every_split_whatever_is_listed() {
        let counts = rows(Query { search: "nothing".into(), ..Query::default() }).counts;
        assert_eq!(counts, [3, 1, 0, 2]);
        let of = |split| Rows::counted(&counts, split);
        assert_eq!([of(None), of(Some(Split::Train)), of(Some(Split::Test))], [3, 1, 2]);
    }

    #[test]
    fn error_needs_both_target_and_prediction() {
        let dataset = dataset();
        let score = Score { prediction: 1.5, largest_ratio: f32::NAN };
        let value = |measure: Measure, id: u32, column| {
            let id = MoleculeId(id);
            measure.value((id, dataset.record(id).unwrap()), Some(&score), column)
        };
        assert_eq!([0, 1, 2].map(|id| value(MEASURE, id, Column::Error)), [Some(0.5), None, Some(2.5)]);
        assert_eq!(value(Measure { related: false, ..MEASURE }, 0, Column::Error), None);
        assert_eq!(value(MEASURE, 0, Column::Ratio), None);
    }
}
