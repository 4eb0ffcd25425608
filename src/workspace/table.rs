//! The molecule table: which records are listed, in which order, with which scores.
//!
//! Small tables are put in order on the spot. Of large ones the rows so far stay until a worker has the new ones,
//! so that typing and sorting never wait.

use super::property::Property;
use super::{Column, Score, Workspace};
use crate::domain::{Dataset, MoleculeId, Split};
use crate::engine::{Measure, Query, Rows, TableQuestion};
use std::sync::Arc;
use std::time::Instant;

/// Tables of at most this many records are put in order on the spot: a few milliseconds.
pub(super) const SORTED_AT_ONCE: usize = 20_000;

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
    /// Since when other rows are awaited than those listed, if they are.
    pub sorting: Option<Instant>,
    /// The target that the user chose, by name.
    pub target: Option<String>,
    /// What the columns of targets, predictions and errors speak of.
    pub property: Option<Property>,
    /// Scores under the chosen model; shorter where nothing is known of the rest.
    pub scores: Vec<Score>,
    /// Records by split, see [`Rows::counted`].
    pub counts: [usize; 4],
}

/// What is under way with the rows.
#[derive(Default)]
pub(super) struct Arranging {
    /// The newest question.
    ticket: u64,
    /// Whether its answer is still to come.
    pub(super) waits: bool,
    /// Whether there are newer scores than those that it was put with.
    outdated: bool,
    /// Whether the first row is to be shown as soon as it is known.
    pub(super) choose_first: bool,
}

impl Table {
    /// Sorts by `column`, or turns the order round if it already sorts by it.
    pub(super) fn sort_by(&mut self, column: Column) {
        self.descending = self.column == column && !self.descending;
        self.column = column;
    }

    /// The number in a cell; `None` where it is missing or unknown.
    pub fn value(&self, dataset: &Dataset, id: MoleculeId, column: Column) -> Option<f32> {
        self.measure().value((id, dataset.record(id)?), self.score(id), column)
    }

    /// What was measured of a molecule; not a number where it was not.
    pub fn score(&self, id: MoleculeId) -> Option<&Score> {
        self.scores.get(id.index())
    }

    /// The row of a molecule, if it is listed.
    pub fn row_of(&self, id: MoleculeId) -> Option<usize> {
        self.order.iter().position(|&row| row == id)
    }

    fn measure(&self) -> Measure {
        self.property.as_ref().map(Property::measure).unwrap_or_default()
    }

    fn query(&self) -> Query {
        Query {
            column: self.column,
            descending: self.descending,
            search: self.search.clone(),
            split: self.split,
            measure: self.measure(),
        }
    }
}

impl Workspace {
    /// Lists what is wanted now, after the file, the model or what is listed changed.
    pub(super) fn arrange(&mut self) {
        if self.state.opened.is_some() {
            self.settle_property();
            self.state.table.sorting.get_or_insert_with(Instant::now);
            self.put_in_order();
        }
        self.sweep_unasked();
    }

    /// Takes in what was measured. While rows are awaited this has to wait for them: asking anew each time could
    /// put them off for ever.
    pub(super) fn score(&mut self) {
        if self.arranging.waits {
            self.arranging.outdated = true;
        } else {
            self.put_in_order();
        }
    }

    fn put_in_order(&mut self) {
        let (Some(opened), Some(model)) = (&self.state.opened, self.state.checkpoint()) else { return };
        let of_model = self.state.surveys.iter().filter(|survey| survey.key.model == model.id);
        self.arranging.ticket += 1;
        let question = TableQuestion {
            ticket: self.arranging.ticket,
            dataset: Arc::clone(&opened.dataset),
            surveys: of_model.cloned().collect(),
            query: self.state.table.query(),
        };
        self.arranging.outdated = false;
        if opened.dataset.records.len() <= SORTED_AT_ONCE {
            self.list(question.answer());
        } else {
            self.arranging.waits = true;
            self.engine.arrange(question);
        }
    }

    /// Takes in rows, unless others were asked for since.
    pub(super) fn arranged(&mut self, ticket: u64, rows: Rows) {
        if !self.arranging.waits || ticket != self.arranging.ticket {
            return;
        }
        let wanted = self.state.table.sorting.is_some();
        self.list(rows);
        if std::mem::take(&mut self.arranging.choose_first) {
            self.select_first();
        }
        if self.arranging.outdated {
            self.put_in_order();
        }
        if wanted {
            self.sweep_unasked();
        }
    }

    fn list(&mut self, rows: Rows) {
        let table = &mut self.state.table;
        let Rows { order, scores, counts } = rows;
        (table.order, table.scores, table.counts) = (order, scores, counts);
        table.sorting = None;
        self.arranging.waits = false;
    }

    /// Shows the first row, now or as soon as it is known.
    pub(super) fn select_first(&mut self) {
        if self.arranging.waits {
            self.arranging.choose_first = true;
        } else if let Some(&id) = self.state.table.order.first() {
            self.select(id);
        }
    }

    /// Forgets the rows of a file that is no longer open, and those that are on their way.
    pub(super) fn forget_rows(&mut self) {
        let table = &mut self.state.table;
        (table.order, table.scores, table.counts, table.sorting) = Default::default();
        self.arranging = Arranging { ticket: self.arranging.ticket, ..Arranging::default() };
    }

    /// What was asked of a worker that died has no answer; the rows stay as they were.
    pub(super) fn give_up_on_rows(&mut self) {
        (self.state.table.sorting, self.arranging.waits) = (None, false);
    }
}

#[cfg(test)]
mod tests;
