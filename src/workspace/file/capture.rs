//! From what is shown to what is saved.

use super::saved::{
    Ablated, Bundled, ComparePart, Data, DataFile, EditsPart, FileRef, Hash, Label, LanePart, ModelRef, NamedPart,
    RecordRef, Saved, Selected, SetPart, TablePart, ViewPart, WeightFile,
};
use crate::domain::{Ablations, Dataset, MoleculeId};
use crate::engine::Checkpoint;
use crate::workspace::{Composition, Edits, Labelled, Lane, List, Named, Set, State};
use std::sync::Arc;

pub(super) fn capture(state: &State) -> Saved {
    let dataset = state.dataset().map(AsRef::as_ref);
    let record = |id: MoleculeId| dataset.and_then(|dataset| record(dataset, id));
    let (models, model, compare) = models(state);
    Saved {
        copy_of: None,
        data: dataset.map_or(Data::Nothing, data),
        models,
        model,
        compare,
        base: state.initial,
        detail: state.detail,
        table: TablePart {
            split: state.table.split,
            search: state.table.search.clone(),
            sort: state.table.column,
            descending: state.table.descending,
            target: state.table.target.clone(),
        },
        selected: state.selected.and_then(record).map(|molecule| Selected {
            molecule,
            part: state.pick.map(Into::into),
            allow_large: state.allow_large.is_some() && state.allow_large == state.selected,
        }),
        view: ViewPart::of(&state.view),
        edits: edits(&state.edits, record),
        labels: labels(state),
        figure: Composition::clone(&state.figure),
        run: state.run_view().map(|view| view.folder.to_owned()),
        layout: state.layout.as_ref().and_then(|text| serde_json::from_str(text).ok()),
    }
}

/// The notes on molecules, as they are found again.
pub(super) fn labels(state: &State) -> Vec<Label> {
    let Some(dataset) = state.dataset() else { return Vec::new() };
    state.labels.iter().filter_map(|(about, text)| label(about, text, |id| record(dataset, id))).collect()
}

fn label(about: Labelled, text: &str, record: impl Fn(MoleculeId) -> Option<RecordRef>) -> Option<Label> {
    Some(Label { molecule: record(about.molecule)?, part: about.part.map(Into::into), text: text.to_owned() })
}

fn edits(edits: &Edits, record: impl Fn(MoleculeId) -> Option<RecordRef>) -> EditsPart {
    let list = |id, edges: &Ablations| Some(Ablated { molecule: record(id)?, edges: edges.clone() });
    let named = |named: &Named| {
        let set = match &named.set {
            Set::List { molecule, edges: List(edges) } => SetPart::List(list(*molecule, edges)?),
            Set::Rule(rule) => SetPart::Rule(*rule),
        };
        Some(NamedPart { name: named.name.clone(), set })
    };
    EditsPart {
        explicit_bias: edits.explicit_bias().value(),
        rule: edits.rule(),
        lists: edits.lists().filter_map(|(id, edges)| list(id, edges)).collect(),
        named: edits.named().iter().filter_map(named).collect(),
    }
}

fn data(dataset: &Dataset) -> Data {
    dataset.path.as_ref().map_or(Data::Bundled, |path| {
        let file = FileRef { path: path.clone(), hash: dataset.hash.map(Hash) };
        Data::File(DataFile { file, columns: dataset.choice.clone() })
    })
}

fn record(dataset: &Dataset, id: MoleculeId) -> Option<RecordRef> {
    let record = dataset.record(id)?;
    Some(RecordRef { place: id.0, line: record.line, smiles: record.smiles.to_string() })
}

/// The models that were added to the list and those in use, in the order of the list, and who uses which of them.
fn models(state: &State) -> (Vec<ModelRef>, usize, ComparePart) {
    let listed = state.checkpoints.iter().enumerate();
    let wanted = |place: usize, model: &Checkpoint| {
        // Weights in training lie nowhere yet, so they cannot be found again.
        let lost = place >= state.built_in && model.file.is_none() && !model.is_base();
        let used = place == state.model || state.lanes.iter().any(|lane| lane.model == model.id);
        !lost && (place >= state.built_in || used)
    };
    let (places, models): (Vec<usize>, Vec<&Arc<Checkpoint>>) =
        listed.filter(|(place, model)| wanted(*place, model)).unzip();
    let lane = |lane: &Lane| {
        let model = models.iter().position(|model| model.id == lane.model)?;
        Some(LanePart { model, edited: lane.edited })
    };
    let compare = ComparePart { lanes: state.lanes.iter().filter_map(lane).collect(), difference: state.difference };
    let chosen = places.iter().position(|&place| place == state.model).unwrap_or(0);
    (models.into_iter().map(|model| reference(model)).collect(), chosen, compare)
}

/// How a model is found again.
pub fn reference(checkpoint: &Checkpoint) -> ModelRef {
    let name = || checkpoint.id.name.to_string();
    match &checkpoint.file {
        Some(file) => ModelRef::File(WeightFile {
            file: FileRef { path: file.path.clone(), hash: Some(Hash(file.hash)) },
            hints: file.hints.clone(),
        }),
        None if checkpoint.is_base() => ModelRef::Untrained(name()),
        None => ModelRef::Bundled(Bundled { name: name(), hash: Some(Hash(checkpoint.id.revision)) }),
    }
}
