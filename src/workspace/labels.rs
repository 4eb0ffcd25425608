//! Short notes on molecules, atoms and bonds: what a user found out and wants to find again.

use crate::domain::MoleculeId;
use crate::scene::Pick;
use std::collections::BTreeMap;

/// Longest note, in characters.
pub const LONGEST_LABEL: usize = 200;

/// What a note is about: a molecule, or an atom or bond of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The molecule.
    pub molecule: MoleculeId,
    /// Its atom or bond; the whole molecule if `None`.
    pub part: Option<Pick>,
}

/// All notes of the open file, in the order of molecules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(BTreeMap<(MoleculeId, u8, u32), String>);

/// Molecules before their atoms before their bonds.
fn key(about: Labelled) -> (MoleculeId, u8, u32) {
    match about.part {
        None => (about.molecule, 0, 0),
        Some(Pick::Atom(atom)) => (about.molecule, 1, atom.0),
        Some(Pick::Bond(bond)) => (about.molecule, 2, bond.0),
    }
}

fn about(key: (MoleculeId, u8, u32)) -> Labelled {
    let (molecule, kind, number) = key;
    let part = match kind {
        0 => None,
        1 => Some(Pick::Atom(crate::domain::AtomId(number))),
        _ => Some(Pick::Bond(crate::domain::BondId(number))),
    };
    Labelled { molecule, part }
}

impl Labels {
    /// The note on something.
    pub fn get(&self, about: Labelled) -> Option<&str> {
        self.0.get(&key(about)).map(String::as_str)
    }

    /// All notes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Labelled, &str)> {
        self.0.iter().map(|(&key, text)| (about(key), text.as_str()))
    }

    /// The notes on the atoms and bonds of a molecule.
    pub fn of_parts(&self, molecule: MoleculeId) -> impl Iterator<Item = (Pick, &str)> {
        let notes = self.0.range((molecule, 1, 0)..=(molecule, u8::MAX, u32::MAX));
        notes.filter_map(|(&key, text)| Some((about(key).part?, text.as_str())))
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
            self.0.remove(&key(about));
        } else {
            self.0.insert(key(about), text);
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
        let parts = [None, Some(Pick::Atom(AtomId(0))), Some(Pick::Bond(BondId(0)))];
        for (part, text) in parts.into_iter().zip(["odd one", " ring\nnitrogen ", "carries the MA"]) {
            labels.set(here(part), text);
        }
        labels.set(Labelled { molecule: MoleculeId(2), part: None }, &"x".repeat(3 * LONGEST_LABEL));
        assert_eq!(labels.get(here(parts[1])), Some("ring nitrogen"));
        let listed: Vec<Labelled> = labels.iter().map(|(about, _)| about).collect();
        assert_eq!(listed[0].molecule, MoleculeId(2));
        assert_eq!(listed[1..], parts.map(here));
        assert_eq!(labels.iter().next().unwrap().1.len(), LONGEST_LABEL);
        let of_parts: Vec<_> = labels.of_parts(MoleculeId(4)).map(|(part, text)| (Some(part), text)).collect();
        assert_eq!(of_parts, [(parts[1], "ring nitrogen"), (parts[2], "carries the MA")]);
        labels.set(here(None), "  ");
        assert_eq!(labels.get(here(None)), None);
    }
}
