//! The molecule table: which records are listed, in which order, with which scores.

use super::command::Column;
use super::property::Property;
use crate::domain::{Dataset, MoleculeId, Record, Split};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// What a sweep or a trace found out about one molecule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The model's prediction of the target shown; of a label its probability.
    pub prediction: f32,
    /// Largest MA ratio over all edges and layers; NaN if there is none.
    pub largest_ratio: f32,
}

/// Rows in display order.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Sorting column.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
    /// Rows are listed that contain this text.
    pub search: String,
    /// Rows are listed that belong to this split; all if `None`.
    pub split: Option<Split>,
    /// The rows.
    pub order: Vec<MoleculeId>,
    /// The target that the user chose, by name.
    pub target: Option<String>,
    /// What the columns of targets, predictions and errors speak of.
    pub property: Option<Property>,
    /// Scores of the chosen model by molecule.
    pub scores: BTreeMap<MoleculeId, Score>,
}

impl Table {
    /// Sorts by `column`, or turns the order round if it already sorts by it.
    pub(super) fn sort_by(&mut self, column: Column) {
        self.descending = self.column == column && !self.descending;
        self.column = column;
    }

    /// Recomputes the rows. Rows without a value for the sorting column come last either way.
    pub(super) fn arrange(&mut self, dataset: &Dataset) {
        let search = Search::new(&self.search);
        let listed = |id: MoleculeId, record: &Record| {
            (self.split.is_none() || record.split == self.split) && search.matches(id, record)
        };
        let mut order: Vec<MoleculeId> =
            dataset.ids().zip(&dataset.records).filter(|&(id, record)| listed(id, record)).map(|(id, _)| id).collect();
        match self.column {
            Column::Index => {
                if self.descending {
                    order.reverse();
                }
            }
            Column::Smiles => {
                order.sort_by(|a, b| {
                    let order =
                        dataset.record(*a).map(|row| &row.smiles).cmp(&dataset.record(*b).map(|row| &row.smiles));
                    if self.descending { order.reverse() } else { order }
                });
            }
            _ => {
                let mut keyed: Vec<(Option<f32>, MoleculeId)> =
                    order.iter().map(|&id| (self.value(dataset, id, self.column), id)).collect();
                keyed.sort_by(|a, b| by_value(a.0, b.0, self.descending));
                order = keyed.into_iter().map(|(_, id)| id).collect();
            }
        }
        self.order = order;
    }

    /// The number in a cell; `None` where it is missing or unknown.
    pub fn value(&self, dataset: &Dataset, id: MoleculeId, column: Column) -> Option<f32> {
        let record = dataset.record(id)?;
        let score = self.scores.get(&id);
        // Atom counts and indices are far below 2^24, so f32 holds them exactly.
        #[allow(clippy::cast_precision_loss, reason = "counts below 2^24")]
        let value = match column {
            Column::Index => Some(id.0 as f32),
            Column::Smiles => None,
            Column::Atoms => Some(record.atoms as f32),
            Column::Target => record.targets.get(self.property.as_ref()?.column?).copied(),
            Column::Prediction => score.map(|score| score.prediction),
            Column::Error => {
                let column = self.property.as_ref().filter(|property| property.related)?.column?;
                Some((score?.prediction - record.targets.get(column)?).abs())
            }
            Column::Ratio => score.map(|score| score.largest_ratio),
        };
        value.filter(|value| !value.is_nan())
    }

    /// The row of a molecule, if it is listed.
    pub fn row_of(&self, id: MoleculeId) -> Option<usize> {
        self.order.iter().position(|&row| row == id)
    }
}

fn by_value(a: Option<f32>, b: Option<f32>, descending: bool) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if descending => b.total_cmp(&a),
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
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

    fn dataset() -> Dataset {
        let record = |smiles: &str, target: Option<f32>, split| Record {
            line: 1,
            smiles: smiles.into(),
            id: Some(format!("Mol-{smiles}").into()),
            targets: target.into_iter().collect(),
            split,
            atoms: u32::try_from(smiles.len()).unwrap(),
        };
        Dataset {
            records: vec![
                record("CCO", Some(2.0), Some(Split::Test)),
                record("c1ccccc1", None, Some(Split::Test)),
                record("N", Some(-1.0), Some(Split::Train)),
            ],
            ..Dataset::default()
        }
    }

    fn table(related: bool) -> Table {
        let property = Property {
            name: "y".into(),
            title: "y".into(),
            unit: None,
            column: Some(0),
            output: related.then_some(0),
            related,
        };
        Table { property: Some(property), ..Table::default() }
    }

    fn rows(table: &mut Table) -> Vec<u32> {
        table.arrange(&dataset());
        table.order.iter().map(|id| id.0).collect()
    }

    #[test]
    fn sorts_filters_and_keeps_missing_values_last() {
        let mut table = table(true);
        assert_eq!(rows(&mut table), [0, 1, 2]);
        table.sort_by(Column::Target);
        assert_eq!(rows(&mut table), [2, 0, 1]);
        table.sort_by(Column::Target);
        assert_eq!(rows(&mut table), [0, 2, 1]);
        table.split = Some(Split::Test);
        assert_eq!(rows(&mut table), [0, 1]);
        table.search = "mol-cc".into();
        assert_eq!(rows(&mut table), [0]);
        table.search = "cc".into();
        assert_eq!(rows(&mut table), [0, 1], "names match in any case, `cc` is in `Mol-CCO`");
    }

    #[test]
    fn error_needs_both_target_and_prediction() {
        let mut table = table(true);
        for id in 0..3 {
            table.scores.insert(MoleculeId(id), Score { prediction: 1.5, largest_ratio: f32::NAN });
        }
        let errors = [0, 1, 2].map(|id| table.value(&dataset(), MoleculeId(id), Column::Error));
        assert_eq!(errors, [Some(0.5), None, Some(2.5)]);
        table.property.as_mut().unwrap().related = false;
        assert_eq!(table.value(&dataset(), MoleculeId(0), Column::Error), None);
        assert_eq!(table.value(&dataset(), MoleculeId(0), Column::Ratio), None);
    }
}
