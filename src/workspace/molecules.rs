//! Opening files and showing molecules.

use super::state::{Opened, Purpose, Shown};
use super::{History, LAYOUT_PATIENCE, RECENT, Source, Workspace, bundled};
use crate::domain::{ColumnChoice, Dataset, EdgeList, Molecule, MoleculeId, Split};
use crate::engine::jobs::load::{Input, Load};
use crate::engine::{DrawRequest, JobId};
use crate::scene::{self, Layout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

impl Workspace {
    pub(super) fn open(&mut self, source: Source) {
        if let Some(job) = self.loading.take() {
            self.engine.cancel(job);
        }
        match source {
            Source::Bundled => {
                self.close_columns();
                self.load("Opening the bundled molecules".to_owned(), bundled::molecules());
            }
            Source::File(path) => self.open_file(path, ColumnChoice::default()),
            Source::Columns { path, choice } => self.open_file(path, choice),
        }
    }

    fn open_file(&mut self, path: PathBuf, choice: ColumnChoice) {
        self.remember_file(&path);
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        let id = self.load(format!("Opening {name}"), Input::File(path.clone(), choice));
        match &mut self.state.columns {
            // What is wrong with the columns chosen is told where they were chosen.
            Some(view) if view.path == path => {
                view.complaint = None;
                self.applied = Some((id, path));
            }
            _ => self.close_columns(),
        }
    }

    fn load(&mut self, title: String, input: Input) -> JobId {
        let id = self.engine.reserve();
        self.loading = Some(id);
        self.start(id, Purpose::Load, title, Box::new(Load::new(id, input)));
        id
    }

    /// Puts a file first among the recent ones.
    pub(super) fn remember_file(&mut self, path: &Path) {
        self.state.recent.retain(|known| known != path);
        self.state.recent.insert(0, path.to_owned());
        self.state.recent.truncate(RECENT);
    }

    /// Shows no molecules at all.
    pub(super) fn close_molecules(&mut self) {
        if let Some(job) = self.loading.take() {
            self.engine.cancel(job);
        }
        self.revision += 1;
        self.keep_labels();
        self.forget_molecules();
        self.state.table.search.clear();
        self.state.opened = None;
    }

    /// Forgets everything about molecules of a file that is no longer open.
    fn forget_molecules(&mut self) {
        self.forget_names();
        self.forget_answers();
        self.asked.clear();
        (self.state.shown, self.state.pick, self.state.selected) = (None, None, None);
        self.state.allow_large = None;
        self.state.surveys.clear();
        self.unmeasurable.clear();
        self.forget_rows();
    }

    /// Forgets what names molecules by numbers that no longer hold: lists, labels and steps.
    fn forget_names(&mut self) {
        self.edits().forget_molecules();
        self.state.labels = Arc::default();
        self.state.history = History::default();
    }

    pub(super) fn loaded(&mut self, job: JobId, dataset: Arc<Dataset>) {
        if self.loading != Some(job) {
            return;
        }
        let first = self.opened_by != Some(job);
        let old = self.state.opened.as_ref().map(|opened| Arc::clone(&opened.dataset));
        let line = |id: MoleculeId| old.as_ref().and_then(|old| old.record(id)).map(|record| record.line);
        let again = old.as_ref().is_some_and(|old| old.path.is_some() && old.path == dataset.path);
        if first {
            self.return_to = self.state.selected.filter(|_| again).and_then(line);
            if self.applied.take_if(|(id, _)| *id == job).is_some() {
                self.close_columns();
            }
            self.opened_by = Some(job);
            self.keep_labels();
            self.revision += 1;
            self.forget_molecules();
            let same_splits = || old.as_ref().is_some_and(|old| old.columns.split == dataset.columns.split);
            if !again || !same_splits() {
                self.guessed_split = true;
            }
            if !again {
                self.state.table.search.clear();
            }
            self.restore_table();
        }
        let listed = self.state.table.split;
        if self.guessed_split {
            // The paper measures on the test split; files without splits show everything. The first rows
            // of a file may say nothing about it.
            let has_test = dataset.records.iter().any(|record| record.split == Some(Split::Test));
            self.state.table.split = has_test.then_some(Split::Test);
        }
        let regrouped = !first && listed != self.state.table.split;
        // Checking may drop records, and numbers are places among the usable ones: follow the line.
        let selected = self.return_to.or_else(|| self.state.selected.filter(|_| !first).and_then(line));
        let renumbered = old
            .as_ref()
            .filter(|_| !first)
            .is_some_and(|old| old.records.iter().zip(&dataset.records).any(|(old, new)| old.line != new.line));
        if renumbered {
            // Answers on their way name molecules by their old numbers.
            self.revision += 1;
            self.forget_answers();
            self.asked.clear();
            self.state.shown = None;
            if let Some((id, _)) = self.sweeping.take() {
                self.stop(id);
            }
            self.forget_names();
            self.state.surveys.clear();
            self.state.table.scores.clear();
            self.state.table.order.retain(|&id| dataset.record(id).is_some());
        }
        if renumbered || first {
            self.state.allow_large = None;
        }
        self.state.opened = Some(Opened { revision: self.revision, dataset: Arc::clone(&dataset) });
        self.arrange();
        let place = selected.and_then(|line| dataset.records.binary_search_by_key(&line, |record| record.line).ok());
        let id = place.and_then(|place| u32::try_from(place).ok()).map(MoleculeId);
        let returned = id.is_some() && self.return_to.take().is_some();
        let id = id.or(self.state.selected.filter(|_| !renumbered && !first)).filter(|_| !regrouped || returned);
        match id {
            Some(id) if !renumbered && self.state.selected == Some(id) => {}
            Some(id) => self.select(id),
            None => self.select_first(),
        }
        self.restore_selection(&dataset);
    }

    pub(super) fn select(&mut self, id: MoleculeId) {
        let Some(opened) = &self.state.opened else { return };
        let Some(record) = opened.dataset.record(id) else { return };
        self.engine.draw(DrawRequest { dataset: opened.revision, id, smiles: record.smiles.clone() });
        if self.state.selected != Some(id) {
            self.state.allow_large = None;
            for side in 0..self.state.side_count() {
                if let Some(slot) = self.slot(side) {
                    *slot.untraceable = None;
                }
            }
            self.state.pick = None;
        }
        self.state.selected = Some(id);
        self.arranging.choose_first = false;
    }

    pub(super) fn step(&mut self, rows: i64) {
        let table = &self.state.table;
        let Some(last) = table.order.len().checked_sub(1) else { return };
        let row = match self.state.selected.and_then(|id| table.row_of(id)) {
            Some(row) => i64::try_from(row).unwrap_or(i64::MAX).saturating_add(rows),
            None => 0,
        };
        let row = usize::try_from(row.max(0)).unwrap_or(0).min(last);
        if let Some(&id) = table.order.get(row) {
            self.select(id);
        }
    }

    pub(super) fn is_selected(&self, dataset: u64, id: MoleculeId) -> bool {
        self.state.selected == Some(id) && self.state.opened.as_ref().is_some_and(|opened| opened.revision == dataset)
    }

    pub(super) fn read(&mut self, dataset: u64, id: MoleculeId, molecule: Arc<Molecule>) {
        if !self.is_selected(dataset, id) {
            return;
        }
        // A molecule that is read again is asked about again.
        self.forget_refusals();
        let edges = EdgeList::of(&molecule);
        self.state.shown = Some(Shown { id, molecule, edges, layout: None, settled: false, since: Instant::now() });
    }

    pub(super) fn drawn(&mut self, dataset: u64, id: MoleculeId, layout: Arc<Layout>) {
        if self.is_selected(dataset, id)
            && let Some(shown) = self.state.shown.as_mut().filter(|shown| shown.id == id)
        {
            shown.layout = Some(layout);
            shown.settled = true;
        }
    }

    /// Shows the quick layout while the good one is late.
    pub(super) fn draw_quickly(&mut self) {
        if let Some(shown) = &mut self.state.shown
            && shown.layout.is_none()
            && shown.since.elapsed() > LAYOUT_PATIENCE
        {
            shown.layout = Some(Arc::new(scene::fallback(&shown.molecule)));
        }
    }
}
