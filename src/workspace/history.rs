//! The one history behind Undo and Redo: edits, labels, selections, the layout of panels and the figure that is put
//! together.
//!
//! A step is what all of these were before a command, so nothing has to know how to take itself back. Whatever
//! is changed by a command is found by comparing; what workers change is no step of the user's.

use super::State;
use super::composition::Composition;
use super::edits::Edits;
use super::labels::Labels;
use crate::domain::MoleculeId;
use crate::scene::Pick;
use std::collections::VecDeque;
use std::sync::Arc;

/// Steps that are kept; older ones are forgotten.
const MOST: usize = 1_000;

/// Everything that Undo brings back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Snapshot {
    pub(super) edits: Arc<Edits>,
    pub(super) labels: Arc<Labels>,
    pub(super) selected: Option<MoleculeId>,
    pub(super) pick: Option<Pick>,
    pub(super) layout: Option<Arc<str>>,
    pub(super) figure: Arc<Composition>,
}

impl Snapshot {
    pub(super) fn of(state: &State) -> Self {
        let State { edits, labels, selected, pick, layout, figure, .. } = state;
        Self {
            edits: Arc::clone(edits),
            labels: Arc::clone(labels),
            selected: *selected,
            pick: *pick,
            layout: layout.clone(),
            figure: Arc::clone(figure),
        }
    }
}

/// What a step was about; runs of some kinds become one step.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// Dragging the slider.
    ExplicitBias,
    Edits,
    Label,
    /// Walking through the table row by row.
    Walk,
    /// Choosing a molecule.
    Molecule,
    /// Choosing atoms and bonds of one molecule.
    Pick,
    Layout,
    /// The panels of the figure.
    Figure,
    /// Dragging or typing one setting of the figure.
    Setting(String),
}

impl Kind {
    fn of(before: &Snapshot, after: &Snapshot, walked: bool) -> Option<Self> {
        let same_but_bias = || {
            let mut edits = Edits::clone(&before.edits);
            edits.set_explicit_bias(after.edits.explicit_bias());
            edits == *after.edits
        };
        Some(if before.edits != after.edits {
            if same_but_bias() { Self::ExplicitBias } else { Self::Edits }
        } else if before.labels != after.labels {
            Self::Label
        } else if before.layout != after.layout {
            Self::Layout
        } else if before.figure != after.figure {
            before.figure.changed_setting(&after.figure).map_or(Self::Figure, Self::Setting)
        } else if before.selected != after.selected {
            if walked { Self::Walk } else { Self::Molecule }
        } else if before.pick != after.pick {
            Self::Pick
        } else {
            return None;
        })
    }

    fn merges(&self) -> bool {
        matches!(self, Self::ExplicitBias | Self::Walk | Self::Pick | Self::Setting(_))
    }
}

#[derive(Clone, Debug)]
struct Step {
    before: Snapshot,
    kind: Kind,
}

/// The steps back and the steps forward again.
#[derive(Clone, Debug, Default)]
pub struct History {
    undo: VecDeque<Step>,
    redo: Vec<Step>,
}

impl History {
    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// Takes note of what a command changed; `walked` if it was a step through the table.
    pub(super) fn record(&mut self, before: Snapshot, after: &Snapshot, walked: bool) {
        // The first selection and the first layout are where things begin, not steps.
        let before = Snapshot {
            selected: before.selected.or(after.selected),
            layout: before.layout.or_else(|| after.layout.clone()),
            ..before
        };
        let Some(kind) = Kind::of(&before, after, walked) else { return };
        let goes_on = self.redo.is_empty() && kind.merges() && self.undo.back().is_some_and(|last| last.kind == kind);
        self.redo.clear();
        if !goes_on {
            self.undo.push_back(Step { before, kind });
            if self.undo.len() > MOST {
                self.undo.pop_front();
            }
        } else if self.undo.back().is_some_and(|last| last.before == *after) {
            // There and back again.
            self.undo.pop_back();
        }
    }

    /// How things were before the last step, which is forgotten; `now` is how they are.
    pub(super) fn undo(&mut self, now: Snapshot) -> Option<Snapshot> {
        let Step { before, kind } = self.undo.pop_back()?;
        self.redo.push(Step { before: now, kind });
        Some(before)
    }

    /// How things were after the step that was taken back last.
    pub(super) fn redo(&mut self, now: Snapshot) -> Option<Snapshot> {
        let Step { before: after, kind } = self.redo.pop()?;
        self.undo.push_back(Step { before: now, kind });
        Some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AtomId, Scale};

    fn selecting(id: u32) -> Snapshot {
        Snapshot { selected: Some(MoleculeId(id)), ..Snapshot::default() }
    }

    fn picking(atom: u32) -> Snapshot {
        Snapshot { pick: Some(Pick::Atom(AtomId(atom))), ..selecting(0) }
    }

    fn biased(scale: f32) -> Snapshot {
        let mut edits = Edits::default();
        edits.set_explicit_bias(Scale::new(scale));
        Snapshot { edits: Arc::new(edits), ..selecting(0) }
    }

    /// Records the steps from one snapshot to the next.
    fn walk(snapshots: &[Snapshot], walked: bool) -> History {
        let mut history = History::default();
        snapshots.windows(2).for_each(|pair| history.record(pair[0].clone(), &pair[1], walked));
        history
    }

    fn composed(change: impl FnOnce(&mut Composition)) -> Snapshot {
        let mut figure = Composition::default();
        change(&mut figure);
        Snapshot { figure: Arc::new(figure), ..selecting(0) }
    }

    #[test]
    fn dragging_one_setting_of_a_figure_is_one_step_and_another_setting_another() {
        let widths = [85.0, 86.0, 90.0].map(|width| composed(|figure| figure.page.width = width));
        let titled = |title: &str| composed(|figure| (figure.page.width, figure.page.title) = (90.0, title.to_owned()));
        let [first, .., last] = widths.clone();
        let mut history = walk(&[&widths[..], &["T", "Ti", "Tit"].map(titled)].concat(), false);
        assert_eq!(history.undo(titled("Tit")), Some(last.clone()));
        assert_eq!(history.undo(last.clone()), Some(first.clone()));
        assert!(!history.can_undo());
        assert_eq!(history.redo(first), Some(last));
        // Several at once, as a preset does, are a step of their own.
        let preset = |width: f64| composed(|figure| (figure.page.width, figure.page.font_size) = (width, width / 10.0));
        let mut history = walk(&[50.0, 60.0, 70.0].map(preset), false);
        assert_eq!(history.undo(preset(70.0)), Some(preset(60.0)));
        assert!(history.can_undo());
    }

    #[test]
    fn runs_become_one_step() {
        let mut history = walk(&[1.0, 0.9, 0.5, 0.2].map(biased), false);
        assert_eq!(history.undo(biased(0.2)), Some(biased(1.0)));
        assert!(!history.can_undo() && history.can_redo());
        assert_eq!(history.redo(biased(1.0)), Some(biased(0.2)));

        let mut history = walk(&[0, 1, 2, 3].map(selecting), true);
        assert_eq!(history.undo(selecting(3)), Some(selecting(0)));
        let mut history = walk(&[selecting(0), picking(1), picking(2)], false);
        assert_eq!(history.undo(picking(2)), Some(selecting(0)));
        assert!(!history.can_undo());
    }

    #[test]
    fn choosing_one_molecule_after_another_is_one_step_each() {
        let mut history = walk(&[0, 7, 5].map(selecting), false);
        assert_eq!(history.undo(selecting(5)), Some(selecting(7)));
        assert_eq!(history.undo(selecting(7)), Some(selecting(0)));
        assert_eq!(history.undo(selecting(0)), None);
    }

    #[test]
    fn what_leads_back_or_nowhere_is_no_step() {
        let nothing = [biased(1.0), biased(1.0)];
        assert!(!walk(&nothing, false).can_undo());
        let there_and_back = [1.0, 0.5, 1.0].map(biased);
        assert!(!walk(&there_and_back, false).can_undo());
        let mut history = History::default();
        history.record(Snapshot::default(), &selecting(0), false);
        let laid_out = Snapshot { layout: Some("a".into()), ..selecting(0) };
        history.record(selecting(0), &laid_out, false);
        assert!(!history.can_undo(), "these are where things begin");
        history.record(laid_out.clone(), &Snapshot { layout: Some("b".into()), ..laid_out }, false);
        assert!(history.can_undo());
    }

    #[test]
    fn a_new_step_ends_the_way_forward_and_old_steps_are_forgotten() {
        let mut history = walk(&[0, 1, 2].map(selecting), false);
        history.undo(selecting(2));
        history.record(selecting(1), &selecting(9), false);
        assert!(!history.can_redo());
        let many: Vec<Snapshot> = (0..).map(selecting).take(MOST + 5).collect();
        let history = walk(&many, false);
        assert_eq!(history.undo.len(), MOST);
        assert_eq!(history.undo.front().map(|step| step.before.selected), Some(Some(MoleculeId(4))));
    }
}
