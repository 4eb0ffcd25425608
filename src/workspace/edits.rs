//! What the user changed about forward passes, with undo and redo.
//!
//! Ablations belong to a molecule and wait there while another one is shown; the scale of the
//! explicit bias belongs to the session.

use crate::domain::{Ablation, BondId, DirectedEdge, Intervention, Molecule, MoleculeId, Scale};
use std::collections::BTreeMap;

/// The present state of all edits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    explicit_bias: Scale,
    ablated: BTreeMap<MoleculeId, BTreeMap<DirectedEdge, Ablation>>,
}

/// What an edit touched, so that undo can show it and drags of the slider become one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Touched {
    ExplicitBias,
    Molecule(MoleculeId),
}

/// All edits, the steps back and the steps forward again.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    state: State,
    undo: Vec<(State, Touched)>,
    redo: Vec<(State, Touched)>,
}

impl Edits {
    /// What applies to a molecule.
    pub fn intervention(&self, molecule: MoleculeId) -> Intervention {
        Intervention {
            explicit_bias: self.state.explicit_bias,
            ablated: self.state.ablated.get(&molecule).cloned().unwrap_or_default(),
        }
    }

    /// Scale of the explicit bias terms.
    pub fn explicit_bias(&self) -> Scale {
        self.state.explicit_bias
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Sets the scale; a run of such changes is one step.
    pub(super) fn set_explicit_bias(&mut self, scale: Scale) {
        let dragging = matches!(self.undo.last(), Some((_, Touched::ExplicitBias))) && self.redo.is_empty();
        let mut state = self.state.clone();
        state.explicit_bias = scale;
        if dragging {
            self.state = state;
        } else {
            self.change(state, Touched::ExplicitBias);
        }
    }

    /// Takes edges out of a molecule.
    pub(super) fn ablate(&mut self, molecule: MoleculeId, edges: &[DirectedEdge]) {
        self.edit(molecule, |ablated| ablated.extend(edges.iter().map(|&edge| (edge, Ablation::Remove))));
    }

    /// Puts edges of a molecule back.
    pub(super) fn restore(&mut self, molecule: MoleculeId, edges: &[DirectedEdge]) {
        self.edit(molecule, |ablated| ablated.retain(|edge, _| !edges.contains(edge)));
    }

    /// Takes a bond out in both directions; puts it back if both are out already.
    pub(super) fn toggle_bond(&mut self, id: MoleculeId, molecule: &Molecule, bond: BondId) {
        let Some((a, b, _)) = molecule.bond(bond) else { return };
        let edge = DirectedEdge { source: a, target: b };
        let both = [edge, edge.reversed()];
        let ablated = self.state.ablated.get(&id);
        if both.iter().all(|edge| ablated.is_some_and(|ablated| ablated.contains_key(edge))) {
            self.restore(id, &both);
        } else {
            self.ablate(id, &both);
        }
    }

    /// Puts every edge of a molecule back.
    pub(super) fn clear(&mut self, molecule: MoleculeId) {
        self.edit(molecule, BTreeMap::clear);
    }

    /// Takes the last step back and says which molecule it was about, if any.
    pub(super) fn undo(&mut self) -> Option<MoleculeId> {
        let (state, touched) = self.undo.pop()?;
        self.redo.push((std::mem::replace(&mut self.state, state), touched));
        touched.molecule()
    }

    /// Does the step again that was taken back.
    pub(super) fn redo(&mut self) -> Option<MoleculeId> {
        let (state, touched) = self.redo.pop()?;
        self.undo.push((std::mem::replace(&mut self.state, state), touched));
        touched.molecule()
    }

    /// Forgets ablations and steps, which name molecules of a file that is no longer open.
    pub(super) fn forget_molecules(&mut self) {
        *self =
            Self { state: State { explicit_bias: self.state.explicit_bias, ..State::default() }, ..Self::default() };
    }

    fn edit(&mut self, molecule: MoleculeId, change: impl FnOnce(&mut BTreeMap<DirectedEdge, Ablation>)) {
        let mut state = self.state.clone();
        let ablated = state.ablated.entry(molecule).or_default();
        change(ablated);
        if ablated.is_empty() {
            state.ablated.remove(&molecule);
        }
        self.change(state, Touched::Molecule(molecule));
    }

    fn change(&mut self, state: State, touched: Touched) {
        if state != self.state {
            self.undo.push((std::mem::replace(&mut self.state, state), touched));
            self.redo.clear();
        }
    }
}

impl Touched {
    fn molecule(self) -> Option<MoleculeId> {
        match self {
            Self::ExplicitBias => None,
            Self::Molecule(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Atom, Bond};

    const HERE: MoleculeId = MoleculeId(3);

    fn chain() -> Molecule {
        Molecule::new(vec![Atom::default(); 3], vec![(0, 1, Bond::default()), (1, 2, Bond::default())]).unwrap()
    }

    #[test]
    fn a_bond_goes_and_comes_back_with_undo_and_redo() {
        let mut edits = Edits::default();
        edits.toggle_bond(HERE, &chain(), BondId(1));
        let removed = edits.intervention(HERE).removed();
        assert_eq!(removed, [DirectedEdge::new(1, 2), DirectedEdge::new(2, 1)].into());
        assert!(edits.intervention(MoleculeId(0)).removed().is_empty());
        assert_eq!(edits.undo(), Some(HERE));
        assert_eq!(edits.intervention(HERE), Intervention::default());
        assert_eq!(edits.redo(), Some(HERE));
        assert_eq!(edits.intervention(HERE).removed(), removed);
        edits.toggle_bond(HERE, &chain(), BondId(1));
        assert_eq!(edits.intervention(HERE), Intervention::default());
    }

    #[test]
    fn half_a_bond_is_completed_before_it_comes_back() {
        let mut edits = Edits::default();
        edits.ablate(HERE, &[DirectedEdge::new(1, 0)]);
        edits.toggle_bond(HERE, &chain(), BondId(0));
        assert_eq!(edits.intervention(HERE).removed().len(), 2);
    }

    #[test]
    fn dragging_the_slider_is_one_step_and_nothing_is_no_step() {
        let mut edits = Edits::default();
        for step in [0.9, 0.5, 0.2] {
            edits.set_explicit_bias(Scale::new(step));
        }
        edits.restore(HERE, &[DirectedEdge::new(0, 1)]);
        assert_eq!(edits.undo(), None);
        assert_eq!(edits.explicit_bias(), Scale::ONE);
        assert!(!edits.can_undo() && edits.can_redo());
    }
}
