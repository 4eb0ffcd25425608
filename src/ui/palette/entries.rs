//! What the palette can lead to: every action of the table, and places that no menu could list: layers,
//! heads, models, recent files, and molecules by number or by a piece of their SMILES.

use super::super::actions::{Action, ActionId, Effect, WindowCommand, actions};
use super::super::files;
use super::super::help::Page;
use super::super::terms::DEFINITIONS;
use super::rank::{self, Fit};
use crate::domain::{Dataset, MoleculeId};
use crate::workspace::{Command, State};
use std::sync::Arc;

/// Molecules listed that contain what was typed.
const MOLECULES: usize = 5;

/// By how much better something that cannot be done now has to fit than something that can.
const DISADVANTAGE: i32 = 45;

/// What happens when an entry is chosen.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// A line of the table.
    Action(&'static Action),
    /// Something of its own.
    Do(Vec<Effect>),
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.id)
    }
}

/// One line of the palette.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// What it is called.
    pub(super) text: String,
    /// What it is good for, or of what kind it is.
    pub(super) tip: String,
    /// Why it cannot be chosen now.
    pub(super) missing: Option<&'static str>,
    /// What it does.
    pub(super) act: Act,
    /// How well it fits what was typed.
    pub(super) fit: Fit,
}

/// What fits, best first; of two that fit alike what can be done now comes before what cannot.
pub(super) fn matching(query: &str, state: &State, molecules: &[MoleculeId]) -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    let mut add = |text: String, tip: String, missing: Option<&'static str>, act: Act| {
        if let Some(fit) = rank::fit(query, &text, &tip) {
            found.push(Entry { text, tip, missing, act, fit });
        }
    };
    for action in actions().filter(|action| action.id != ActionId::Palette) {
        let missing = (!(action.enabled)(state)).then(|| action.needs());
        add(action.text.trim_end_matches('…').to_owned(), action.tip.to_owned(), missing, Act::Action(action));
    }
    // Places come up when something is typed; the list at rest is of commands.
    if !query.trim().is_empty() {
        for (text, tip, command) in places(state) {
            add(text, tip, None, Act::Do(vec![command.into()]));
        }
        for definition in &DEFINITIONS {
            let page = WindowCommand::Show(Page::Term(definition.term));
            add(format!("What is: {}", definition.name), "definition".to_owned(), None, Act::Do(vec![page.into()]));
        }
    }
    found.extend(by_number(query, state));
    found.extend(molecules.iter().filter_map(|&id| molecule(state, id, 70)));
    if !molecules.is_empty() {
        let text = format!("List the molecules with “{}”", query.trim());
        let act = Act::Do(vec![Command::Search(query.trim().to_owned()).into()]);
        found.push(Entry { text, tip: "in the library".to_owned(), missing: None, act, fit: plain(69) });
    }
    found.sort_by_key(|entry| if entry.missing.is_some() { DISADVANTAGE - entry.fit.score } else { -entry.fit.score });
    found
}

fn plain(score: i32) -> Fit {
    Fit { score, letters: Vec::new() }
}

/// Layers, heads, models and recent files, each with its kind and the way there.
fn places(state: &State) -> Vec<(String, String, Command)> {
    let mut places = Vec::new();
    if let Some(checkpoint) = state.checkpoint() {
        let layers = 0..checkpoint.spec.layers;
        places
            .extend(layers.map(|layer| (format!("Layer {layer}"), "show this layer".into(), Command::SetLayer(layer))));
        let heads = 0..checkpoint.spec.heads;
        places
            .extend(heads.map(|head| (format!("Head {head}"), "show this head".into(), Command::SetHead(Some(head)))));
    }
    let models = state.checkpoints.iter().enumerate();
    places.extend(
        models.map(|(place, model)| (model.title.clone(), "choose this model".into(), Command::SetModel(place))),
    );
    places.extend(state.recent.iter().map(|path| {
        let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
        (format!("Open {name}"), format!("opened before: {}", path.display()), files::open_path(path.clone()))
    }));
    places
}

/// `11023`, `#11023` and `molecule 11023` lead to that molecule.
fn by_number(query: &str, state: &State) -> Option<Entry> {
    let query = query.trim().to_lowercase();
    let words = ["molecule", "mol", "#"];
    let digits = words.iter().find_map(|word| query.strip_prefix(word)).unwrap_or(&query).trim();
    let digits = digits.strip_prefix('#').unwrap_or(digits).trim();
    molecule(state, MoleculeId(digits.parse().ok()?), 200)
}

fn molecule(state: &State, id: MoleculeId, score: i32) -> Option<Entry> {
    let record = state.dataset()?.record(id)?;
    let name = record.id.as_ref().map_or_else(String::new, |name| format!("{name}  "));
    Some(Entry {
        text: format!("Molecule {}", id.0),
        tip: format!("{name}{}", record.smiles),
        missing: None,
        act: Act::Do(vec![Command::SelectMolecule(id).into()]),
        fit: plain(score),
    })
}

/// The first molecules whose SMILES or name contains what was typed, found once per query.
#[derive(Default)]
pub(super) struct Molecules {
    of: Option<(String, Arc<Dataset>)>,
    found: Vec<MoleculeId>,
}

impl Molecules {
    pub(super) fn containing(&mut self, query: &str, state: &State) -> &[MoleculeId] {
        let piece = query.trim();
        let Some(dataset) = state.dataset() else { return &[] };
        let known = |(of, in_file): &(String, Arc<Dataset>)| of == piece && Arc::ptr_eq(in_file, dataset);
        if !self.of.as_ref().is_some_and(known) {
            self.found = if is_piece(piece) { search(dataset, piece) } else { Vec::new() };
            self.of = Some((piece.to_owned(), Arc::clone(dataset)));
        }
        &self.found
    }
}

/// Whether it may be a piece of a SMILES or of a name, rather than words or a number.
fn is_piece(piece: &str) -> bool {
    piece.len() >= 2 && !piece.contains(char::is_whitespace) && piece.parse::<u32>().is_err()
}

fn search(dataset: &Dataset, piece: &str) -> Vec<MoleculeId> {
    let finder = memchr::memmem::Finder::new(piece.as_bytes());
    let ids = (0..).map(MoleculeId).zip(&dataset.records);
    let contains = |text: &str| finder.find(text.as_bytes()).is_some();
    ids.filter(|(_, record)| contains(&record.smiles) || record.id.as_deref().is_some_and(contains))
        .map(|(id, _)| id)
        .take(MOLECULES)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_found_by_its_text_and_says_why_it_cannot_be_done() {
        let state = State::default();
        for action in actions().filter(|action| action.id != ActionId::Palette) {
            let text = action.text.trim_end_matches('…');
            let found = matching(text, &state, &[]);
            let entry = found.iter().find(|entry| entry.text == text);
            let entry = entry.unwrap_or_else(|| panic!("{text} is not found"));
            assert_eq!(entry.missing.is_none(), (action.enabled)(&state), "{text}");
            let same = found.iter().filter(|entry| entry.text == text).count();
            assert_eq!(same, 1, "{text} is listed {same} times");
        }
        let found = matching("", &state, &[]);
        assert_eq!(found.len() + 1, actions().count());
        assert!(found.iter().skip_while(|entry| entry.missing.is_none()).all(|entry| entry.missing.is_some()));
    }

    #[test]
    fn pieces_of_smiles_are_told_from_words_and_numbers() {
        assert_eq!(["CC(=O)N", "layer 5", "11023", "C"].map(is_piece), [true, false, false, false]);
    }
}
