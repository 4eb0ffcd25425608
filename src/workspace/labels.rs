//! Short notes on molecules, atoms, bonds and pairs of atoms: what a user found out and wants to find again.

use crate::domain::MoleculeId;
use crate::scene::Pick;
use std::collections::BTreeMap;

/// Longest note, in characters.
pub const LONGEST_LABEL: usize = 200;

/// What a note is about: a molecule, or something in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labelled {
    /// The molecule.
    pub molecule: MoleculeId,
    /// Its atom, bond or pair; the whole molecule if `None`.
    pub part: Option<Pick>,
}

/// All notes of the open file: molecule by molecule, each before its atoms, before its bonds, before its pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<Labelled, String>);

impl Labels {
    /// The note on something.
    pub fn get(&self, about: Labelled) -> Option<&str> {
        self.0.get(&about).map(String::as_str)
    }

    /// All notes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Labelled, &str)> {
        self.0.iter().map(|(&about, text)| (about, text.as_str()))
    }

    /// The notes on the atoms, bonds and pairs of a molecule.
    pub fn of_parts(&self, molecule: MoleculeId) -> impl Iterator<Item = (Pick, &str)> {
        let notes = self.0.range(Labelled { molecule, part: None }..);
        let notes = notes.take_while(move |(about, _)| about.molecule == molecule);
        notes.filter_map(|(about, text)| Some((about.part?, text.as_str())))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Writes a note: one line, not too long. Without any text there is none.
    pub(super) fn set(&mut self, about: Labelled, text: &str) {
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text: String = text.chars().take(LONGEST_LABEL).collect();
        if text.is_empty() {
            self.0.remove(&about);
        } else {
            self.0.insert(about, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AtomId, BondId};

    #[test]
    fn notes_are_one_line_and_go_with_their_text() {
        let mut labels = Labels::default();
        let here = |part| Labelled { molecule: MoleculeId(4), part };
        let pair = Pick::Pair(AtomId(0), AtomId(2));
        let parts = [None, Some(Pick::Atom(AtomId(0))), Some(Pick::Bond(BondId(0))), Some(pair)];
        for (part, text) in parts.into_iter().zip(["odd one", " ring\nnitrogen ", "carries the MA", "far apart"]) {
            labels.set(here(part), text);
        }
        labels.set(Labelled { molecule: MoleculeId(2), part: None }, &"x".repeat(3 * LONGEST_LABEL));
        assert_eq!(labels.get(here(parts[1])), Some("ring nitrogen"));
        let listed: Vec<Labelled> = labels.iter().map(|(about, _)| about).collect();
        assert_eq!(listed[0].molecule, MoleculeId(2));
        assert_eq!(listed[1..], parts.map(here));
        assert_eq!(labels.iter().next().unwrap().1.len(), LONGEST_LABEL);
        let of_parts: Vec<_> = labels.of_parts(MoleculeId(4)).map(|(part, text)| (Some(part), text)).collect();
        assert_eq!(of_parts, [(parts[1], "ring nitrogen"), (parts[2], "carries the MA"), (parts[3], "far apart")]);
        labels.set(here(None), "  ");
        assert_eq!(labels.get(here(None)), None);
    }
}
