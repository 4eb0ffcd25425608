//! Editing what is taken out of the molecule shown, and of all that follow.

use super::edits::{self, Edits, List, Set};
use super::history::Snapshot;
use super::{Severity, Workspace};
use crate::analysis;
use crate::domain::{Ablation, Ablations, DirectedEdge, Molecule, Rule};
use crate::scene::Pick;
use std::sync::Arc;

impl Workspace {
    pub(super) fn edits(&mut self) -> &mut Edits {
        Arc::make_mut(&mut self.state.edits)
    }

    pub(super) fn ablate(&mut self, edges: &[DirectedEdge], how: Ablation) {
        self.edit_list(|_, mut list| {
            list.extend(edges.iter().map(|&edge| (edge, how)));
            list
        });
    }

    pub(super) fn put_back(&mut self, edges: &[DirectedEdge]) {
        self.edit_list(|_, mut list| {
            list.retain(|edge, _| !edges.contains(edge));
            list
        });
    }

    pub(super) fn toggle(&mut self, pick: Pick) {
        self.edit_list(|molecule, list| edits::toggled(list, molecule, pick));
    }

    pub(super) fn clear_ablation(&mut self) {
        self.edit_list(|_, _| Ablations::new());
    }

    /// Changes the list of the molecule shown; what the rule chose becomes its own list first.
    fn edit_list(&mut self, change: impl FnOnce(&Molecule, Ablations) -> Ablations) {
        let Some(shown) = &self.state.shown else { return };
        if self.state.awaits_rule() {
            let text = "What the rule takes out of this molecule is still being computed; change it when it is drawn.";
            self.state.notify(Severity::Warning, text);
            return;
        }
        let before = self.state.ablated();
        let after = change(&shown.molecule, before.clone());
        if after != *before {
            let id = shown.id;
            self.edits().set_list(id, after);
        }
    }

    /// Adds what a rule chooses to the list of the molecule shown.
    pub(super) fn apply_rule(&mut self, rule: Rule) {
        let Some(shown) = &self.state.shown else { return };
        let answered = self.state.comparison.as_ref().filter(|comparison| comparison.probe.molecule == shown.id);
        let Some(comparison) = answered.filter(|_| !self.state.is_stale()) else {
            let text = "A rule needs the model's answer about this molecule, which is not there; apply it once it is.";
            self.state.notify(Severity::Warning, text);
            return;
        };
        let chosen = analysis::resolve(&rule, &shown.molecule, &comparison.baseline);
        if chosen.is_empty() {
            self.state.notify(Severity::Info, format!("The rule chooses nothing in this molecule ({rule})."));
            return;
        }
        self.edit_list(|_, mut list| {
            list.extend(chosen);
            list
        });
    }

    pub(super) fn follow_rule(&mut self) {
        if let Some(id) = self.state.shown.as_ref().map(|shown| shown.id) {
            self.edits().follow(id);
        }
    }

    /// Keeps the list of the molecule shown under a name.
    pub(super) fn name_list(&mut self, name: String) {
        let Some(molecule) = self.state.shown.as_ref().map(|shown| shown.id) else { return };
        let edges = List(self.state.ablated().clone());
        self.edits().name(name, Set::List { molecule, edges });
    }

    /// Adds a named rule to the molecule shown; a named list is put in place of that of its own molecule, which
    /// is shown.
    pub(super) fn apply_named(&mut self, name: &str) {
        let Some(named) = self.state.edits.named().iter().find(|named| named.name == name) else { return };
        match named.set.clone() {
            Set::Rule(rule) => self.apply_rule(rule),
            Set::List { molecule, edges: List(edges) } => {
                self.edits().set_list(molecule, edges);
                if self.state.selected != Some(molecule) {
                    self.select(molecule);
                }
            }
        }
    }

    pub(super) fn undo(&mut self) {
        let now = Snapshot::of(&self.state);
        if let Some(before) = self.state.history.undo(now) {
            self.bring_back(before);
        }
    }

    pub(super) fn redo(&mut self) {
        let now = Snapshot::of(&self.state);
        if let Some(after) = self.state.history.redo(now) {
            self.bring_back(after);
        }
    }

    fn bring_back(&mut self, Snapshot { edits, labels, selected, pick, layout, figure }: Snapshot) {
        (self.state.edits, self.state.labels, self.state.layout, self.state.figure) = (edits, labels, layout, figure);
        if let Some(id) = selected.filter(|_| selected != self.state.selected) {
            self.select(id);
        }
        self.state.pick = pick;
    }
}
