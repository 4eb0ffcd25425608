//! From what was saved to what is shown: models first, since layers and heads depend on them, then the molecules,
//! then everything that names one of them, as soon as their numbers are final.

use super::check::{Found, Reference};
use super::saved::{Ablated, Bundled, Data, EditsPart, Label, ModelRef, NamedPart, RecordRef, Saved, SetPart};
use super::{Answer, Reading, answer};
use crate::domain::{Ablations, Dataset, DirectedEdge, MoleculeId, Scale};
use crate::engine::Checkpoint;
use crate::scene::Pick;
use crate::workspace::labels::{Labelled, Labels};
use crate::workspace::{Edits, History, List, Set, Severity, Source, With, Workspace, models};
use std::path::PathBuf;
use std::sync::Arc;

/// A workspace that is being opened.
pub(super) struct Restore {
    saved: Saved,
    path: Option<PathBuf>,
    /// The file that it was read from.
    source: PathBuf,
    /// Whether the user went on without some of its files.
    incomplete: bool,
    /// Whether only the molecules are read again: what the table lists and shows follows its own rules then.
    again: bool,
    selected: Option<MoleculeId>,
}

impl Workspace {
    /// Starts to open what was read, with files where they were found.
    pub(super) fn begin(&mut self, reading: Reading, references: &[Reference]) {
        let Reading { ticket, path, source, mut saved, .. } = reading;
        // A copy that was kept says nothing about the file that it is a copy of.
        self.files.on_disk = saved.copy_of.is_none().then(|| Box::new(saved.clone()));
        let old: Vec<PathBuf> = saved.files().map(|file| file.path.clone()).collect();
        for (file, reference) in saved.files().zip(references) {
            file.path.clone_from(&reference.path);
        }
        for path in saved.paths_in_figure() {
            let moved = old.iter().zip(references).find(|(old, _)| *old == path);
            path.clone_from(moved.map_or(&path.clone(), |(_, reference)| &reference.path));
        }
        let missing: Vec<&PathBuf> =
            references.iter().filter(|reference| reference.found == Found::Missing).map(|known| &known.path).collect();
        if matches!(&saved.data, Data::File(data) if missing.contains(&&data.file.path)) {
            saved.data = Data::Nothing;
        }
        let wanted: Vec<ModelRef> = saved.models.clone();
        let weights: Vec<_> = wanted
            .into_iter()
            .filter_map(|model| match model {
                ModelRef::File(weights) if !missing.contains(&&weights.file.path) => Some(weights),
                _ => None,
            })
            .collect();
        let incomplete = !missing.is_empty();
        let data = saved.data.clone();
        self.files.restore = Some(Box::new(Restore { saved, path, source, incomplete, again: false, selected: None }));
        (self.state.file.opening, self.state.file.path, self.state.file.unsaved) = (true, None, false);
        let answers = self.files.sender.clone();
        // The same queue reads the molecules afterwards, so models are there before the first of them.
        self.write("Opening the models of the workspace".to_owned(), move |_| {
            let read = |weights: super::WeightFile| {
                let (checkpoint, _) = models::read_checkpoint(&weights.file.path, &weights.hints)?;
                Ok(Arc::new(checkpoint))
            };
            answer(&answers, Answer::Models(ticket, weights.into_iter().map(read).collect()));
            Ok(())
        });
        match data {
            Data::Nothing => {}
            Data::Bundled => self.open(Source::Bundled),
            Data::File(data) => self.open(Source::Columns { path: data.file.path, choice: data.columns }),
        }
    }

    /// Keeps what names molecules while their file is read again, perhaps with other columns.
    pub(super) fn keep_over_reading(&mut self) {
        let (saved, path) = (Saved::of(&self.state), self.state.file.path.clone());
        let restore = Restore { saved, path, source: PathBuf::new(), incomplete: false, again: true, selected: None };
        self.files.restore = Some(Box::new(restore));
        self.state.file.opening = true;
    }

    /// Lists and chooses the models, and sets everything that names no molecule.
    pub(super) fn models_ready(&mut self, read: Vec<Result<Arc<Checkpoint>, String>>) {
        let Some(restore) = &mut self.files.restore else { return };
        let saved = restore.saved.clone();
        let mut opened = Vec::new();
        for checkpoint in read {
            match checkpoint {
                Ok(checkpoint) => opened.push(checkpoint),
                Err(message) => {
                    restore.incomplete = true;
                    self.state.notify(Severity::Error, message);
                }
            }
        }
        if saved.data == Data::Nothing {
            self.close_molecules();
        }
        self.state.checkpoints.truncate(self.state.built_in);
        self.set_model(0);
        self.state.lanes.clear();
        self.state.difference = None;
        let places: Vec<Option<usize>> = saved.models.iter().map(|model| self.find(model, &opened)).collect();
        let place = |model: usize| places.get(model).copied().flatten();
        match place(saved.model) {
            Some(place) => self.set_model(place),
            None if saved.models.is_empty() => {}
            None => {
                let text = "The model that the workspace shows is not there; another one is chosen.";
                self.state.notify(Severity::Warning, text);
            }
        }
        let lanes = saved.compare.lanes.iter();
        for (place, edited) in lanes.filter_map(|lane| Some((place(lane.model)?, lane.edited))) {
            self.add_lane(With::Model { place, edited });
        }
        self.show_difference(saved.compare.difference.filter(|_| self.state.lanes.len() == saved.compare.lanes.len()));
        self.restore_run(saved.run.as_deref());
        self.state.initial = saved.base;
        self.state.detail = saved.detail;
        let mut view = saved.view.view();
        view.reading.layer = view.reading.layer.min(self.last_layer());
        view.reading.head = view.reading.head.map(|head| head.min(self.last_head()));
        self.state.view = view;
        self.edits().set_explicit_bias(Scale::new(saved.edits.explicit_bias));
        if saved.data == Data::Nothing {
            self.restore_table();
            self.finish_restoring();
        }
    }

    /// The place of a model in the list, put there if it is not.
    fn find(&mut self, model: &ModelRef, opened: &[Arc<Checkpoint>]) -> Option<usize> {
        let named = |name: &str| self.state.checkpoints.iter().position(|known| &*known.id.name == name);
        let checkpoint = match model {
            ModelRef::Bundled(Bundled { name, hash }) => {
                let place = named(name).filter(|&place| place < self.state.built_in)?;
                let revision = self.state.checkpoints.get(place).map(|known| known.id.revision);
                if hash.is_some_and(|hash| Some(hash.0) != revision) {
                    let text = format!("The weights of {name} are others in this version of Bondscope.");
                    self.state.notify(Severity::Warning, text);
                }
                return Some(place);
            }
            ModelRef::Untrained(name) => {
                if let Some(place) = named(name) {
                    return Some(place);
                }
                Arc::new(Checkpoint::named_base(name)?.ok()?)
            }
            ModelRef::File(weights) => {
                let of =
                    |known: &&Arc<Checkpoint>| known.file.as_ref().is_some_and(|file| file.path == weights.file.path);
                Arc::clone(opened.iter().find(of)?)
            }
        };
        self.state.checkpoints.push(checkpoint);
        Some(self.state.checkpoints.len() - 1)
    }

    /// Sets what the table lists, when the first molecules are there and before one is chosen.
    pub(in crate::workspace) fn restore_table(&mut self) {
        let Some(restore) = self.files.restore.as_ref().filter(|restore| !restore.again) else { return };
        let table = &restore.saved.table;
        (self.guessed_split, self.return_to) = (false, None);
        self.state.table.split = table.split;
        self.state.table.search.clone_from(&table.search);
        (self.state.table.column, self.state.table.descending) = (table.sort, table.descending);
        self.state.table.target.clone_from(&table.target);
    }

    /// Shows the molecule that was shown, as soon as it is among those that were read.
    pub(in crate::workspace) fn restore_selection(&mut self, dataset: &Dataset) {
        let Some(restore) = self.files.restore.as_mut().filter(|restore| !restore.again) else { return };
        let Some(selected) = restore.saved.selected.clone() else { return };
        let found = find_record(dataset, &selected.molecule);
        if let Some(id) = found.filter(|&id| restore.selected != Some(id)) {
            restore.selected = found;
            self.select(id);
            self.state.pick = selected.part.map(Pick::from);
            self.state.allow_large = selected.allow_large.then_some(id);
        }
    }

    /// Sets what names molecules once they have their final numbers, and says what could not be restored.
    pub(in crate::workspace) fn finish_restoring(&mut self) {
        let Some(restore) = self.files.restore.take() else { return self.bring_labels_back() };
        let Restore { saved, path, source, incomplete, again, selected: _ } = *restore;
        self.state.file.opening = false;
        let dataset = self.state.dataset().cloned().unwrap_or_default();
        let (edits, lost_edits) = edits(saved.edits, &dataset);
        let (labels, lost_labels) = labels(saved.labels, &dataset);
        let lost = lost_edits + lost_labels;
        (self.state.edits, self.state.labels) = (Arc::new(edits), Arc::new(labels));
        if !again {
            self.state.figure = Arc::new(saved.figure);
            if let Some(layout) = saved.layout {
                self.state.layout = Some(layout.to_string().into());
            }
        }
        self.state.history = History::default();
        if let (Some(selected), Some(id)) = (&saved.selected, self.state.selected)
            && find_record(&dataset, &selected.molecule) == Some(id)
        {
            self.state.pick = selected.part.map(Pick::from);
            self.state.allow_large = selected.allow_large.then_some(id);
        }
        if lost > 0 {
            let text = format!(
                "{lost} ablations and labels belong to molecules that are not in the file any more and were left out."
            );
            self.state.notify(Severity::Warning, text);
        }
        // Saving what is incomplete over the file would lose the rest without a word.
        self.state.file.path = path.filter(|_| !incomplete && lost == 0);
        if self.state.file.path.is_none() {
            self.files.on_disk = None;
        }
        self.files.touched = true;
        // Kept under our own name first, then no more under the one it was left under.
        self.note_change(Saved::of(&self.state));
        self.keep_now();
        self.forget_left(&source);
    }

    /// The molecules could not be read. Those that were to be read again stay as they are; of a workspace there is
    /// the rest, under no name.
    pub(in crate::workspace) fn restore_without_molecules(&mut self) {
        match &mut self.files.restore {
            Some(restore) if restore.again => (self.files.restore, self.state.file.opening) = (None, false),
            Some(restore) => {
                restore.incomplete = true;
                self.close_molecules();
                self.finish_restoring();
            }
            None => {}
        }
    }
}

/// The edits, and how many of them belong to molecules that are not there.
fn edits(part: EditsPart, dataset: &Dataset) -> (Edits, usize) {
    let EditsPart { explicit_bias, rule, lists, named } = part;
    let (mut edits, mut lost) = (Edits::default(), 0);
    edits.set_explicit_bias(Scale::new(explicit_bias));
    edits.set_rule(rule);
    for Ablated { molecule, edges } in lists {
        match find_record(dataset, &molecule) {
            Some(id) => edits.set_list(id, sound(edges, dataset, id)),
            None => lost += 1,
        }
    }
    for NamedPart { name, set } in named {
        match set {
            SetPart::Rule(rule) => edits.name(name, Set::Rule(rule)),
            SetPart::List(Ablated { molecule, edges }) => match find_record(dataset, &molecule) {
                Some(molecule) => {
                    let edges = List(sound(edges, dataset, molecule));
                    edits.name(name, Set::List { molecule, edges });
                }
                None => lost += 1,
            },
        }
    }
    (edits, lost)
}

/// The labels, and how many of them belong to molecules that are not there.
pub(super) fn labels(part: Vec<Label>, dataset: &Dataset) -> (Labels, usize) {
    let (mut labels, mut lost) = (Labels::default(), 0);
    for Label { molecule, part, text } in part {
        match find_record(dataset, &molecule) {
            Some(molecule) => labels.set(Labelled { molecule, part: part.map(Pick::from) }, &text),
            None => lost += 1,
        }
    }
    (labels, lost)
}

/// The edges that an ablation can be about: between two atoms of the molecule.
fn sound(edges: Ablations, dataset: &Dataset, id: MoleculeId) -> Ablations {
    let atoms = dataset.record(id).map_or(0, |record| record.atoms);
    let inside = |edge: &DirectedEdge| edge.source != edge.target && edge.source.0.max(edge.target.0) < atoms;
    edges.into_iter().filter(|(edge, _)| inside(edge)).collect()
}

/// The record that is meant: at its place, on its line, or else the only one, or the nearest, of its structure.
fn find_record(dataset: &Dataset, wanted: &RecordRef) -> Option<MoleculeId> {
    let place = usize::try_from(wanted.place).ok();
    let on_line = dataset.records.binary_search_by_key(&wanted.line, |record| record.line).ok();
    let same = |&place: &usize| dataset.records.get(place).is_some_and(|record| *record.smiles == *wanted.smiles);
    let both = place.filter(|_| place == on_line).filter(same);
    let found = both.or_else(|| on_line.filter(same)).or_else(|| {
        let alike = (0..dataset.records.len()).filter(same);
        alike.min_by_key(|&at| dataset.records.get(at).map_or(u32::MAX, |record| record.line.abs_diff(wanted.line)))
    });
    found.and_then(|place| u32::try_from(place).ok()).map(MoleculeId)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Ablation, Record};

    fn dataset(rows: &[(u32, &str)]) -> Dataset {
        let record = |&(line, smiles): &(u32, &str)| Record {
            line,
            smiles: smiles.into(),
            id: None,
            targets: Box::default(),
            split: None,
            atoms: 3,
        };
        Dataset { records: rows.iter().map(record).collect(), ..Dataset::default() }
    }

    #[test]
    fn a_molecule_is_found_again_where_rows_moved() {
        let wanted = RecordRef { place: 1, line: 3, smiles: "CCO".into() };
        let find = |rows: &[(u32, &str)]| find_record(&dataset(rows), &wanted).map(|id| id.0);
        assert_eq!(find(&[(2, "C"), (3, "CCO"), (4, "CCO")]), Some(1));
        assert_eq!(find(&[(3, "CCO"), (4, "C")]), Some(0), "a row before it is gone from the list");
        assert_eq!(find(&[(2, "CCO"), (3, "C"), (9, "CCO")]), Some(0), "the nearest of its structure");
        assert_eq!(find(&[(2, "C"), (3, "N")]), None);
    }

    #[test]
    fn ablations_of_edges_that_cannot_be_are_left_out() {
        let edges = [(0, 1), (1, 1), (2, 3), (u32::MAX, 0)].map(|(a, b)| (DirectedEdge::new(a, b), Ablation::Remove));
        let kept = sound(edges.into(), &dataset(&[(1, "CCO")]), MoleculeId(0));
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), [DirectedEdge::new(0, 1)]);
    }
}
