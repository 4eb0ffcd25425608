//! Several states of the molecule shown, side by side: the chosen model with the user's edits is side 0,
//! each lane is another model, or the same one without the edits. Selection, layer, head, colours and
//! edits are those of the whole comparison; a lane only says which model, and whether the edits apply.

use super::state::{State, Untraceable};
use super::{Severity, Workspace};
use crate::analysis;
use crate::domain::{Comparison, Detail, Intervention, ModelId, MoleculeId, Probe, Scale};
use crate::engine::{Checkpoint, Survey};
use crate::models::{Ebt, FULL_GRAPH_LIMIT};
use std::sync::Arc;

/// Most lanes beside the main state.
pub const MOST_LANES: usize = 2;

/// A state beside the main one, with its latest answer.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Its model, one of the list.
    pub model: ModelId,
    /// Whether the user's edits apply, or the model is shown as trained.
    pub edited: bool,
    /// The last answer about the molecule shown.
    pub comparison: Option<Arc<Comparison>>,
    /// Why there is no answer.
    pub untraceable: Option<Untraceable>,
    /// The question that could not be answered.
    pub(super) refused: Option<Probe>,
}

impl Lane {
    fn new(model: ModelId, edited: bool) -> Self {
        Self { model, edited, comparison: None, untraceable: None, refused: None }
    }
}

/// A lane as it is saved: by name, since places in the list differ from session to session.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedLane {
    /// Name of its model.
    pub model: String,
    /// Whether the user's edits apply.
    pub edited: bool,
}

/// A further picture: what one side has more than another, edge by edge. Sides count from 0, the main one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Difference {
    /// The side that is looked at.
    pub of: usize,
    /// The side that is subtracted.
    pub minus: usize,
}

/// What is put beside the main state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// The chosen model without the edits.
    AsTrained,
    /// The untrained state of the chosen model.
    Base,
    /// The listed model that differs from the chosen one by explicit bias only.
    Twin,
    /// A model by its place in the list.
    Model {
        /// The place.
        place: usize,
        /// Whether the user's edits apply.
        edited: bool,
    },
}

/// One of the states side by side.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// Its model.
    pub checkpoint: &'a Arc<Checkpoint>,
    /// Whether the user's edits apply.
    pub edited: bool,
    /// Its last answer about the molecule shown.
    pub comparison: Option<&'a Arc<Comparison>>,
    /// Why there is no answer.
    pub untraceable: Option<&'a Untraceable>,
}

impl Side<'_> {
    /// What of the user's edits applies to a molecule here. A model without explicit bias has nothing to
    /// scale.
    fn intervention(&self, edits: Intervention) -> Intervention {
        if !self.edited {
            return Intervention::default();
        }
        let explicit_bias = match self.checkpoint.spec.ebt {
            Ebt::Paper => edits.explicit_bias,
            // Attention from the bias alone cannot be faded out: it is there or not (model-spec section 4).
            Ebt::Code => Scale::new(edits.explicit_bias.value().round()),
            Ebt::Off => Scale::ONE,
        };
        Intervention { explicit_bias, ..edits }
    }
}

/// `A` for the main state, `B` and `C` for the lanes.
pub fn side_letter(side: usize) -> char {
    ['A', 'B', 'C'].get(side).copied().unwrap_or('?')
}

impl State {
    /// How many states are side by side, the main one included.
    pub fn side_count(&self) -> usize {
        1 + self.lanes.len()
    }

    /// One of the states side by side, the main one first.
    pub fn side(&self, side: usize) -> Option<Side<'_>> {
        let Some(place) = side.checked_sub(1) else {
            return Some(Side {
                checkpoint: self.checkpoint()?,
                edited: true,
                comparison: self.comparison.as_ref(),
                untraceable: self.untraceable.as_ref(),
            });
        };
        let lane = self.lanes.get(place)?;
        Some(Side {
            checkpoint: self.checkpoints.iter().find(|checkpoint| checkpoint.id == lane.model)?,
            edited: lane.edited,
            comparison: lane.comparison.as_ref(),
            untraceable: lane.untraceable.as_ref(),
        })
    }

    /// All states side by side, the main one first.
    pub fn sides(&self) -> impl Iterator<Item = Side<'_>> {
        (0..self.side_count()).filter_map(|side| self.side(side))
    }

    /// What the user's edits are to a molecule in one of the states.
    pub fn intervention_at(&self, side: usize, id: MoleculeId) -> Intervention {
        self.side(side).map_or_else(Intervention::default, |side| side.intervention(self.edits.intervention(id)))
    }

    /// Which numbers of one of the states are looked at: models have different numbers of layers and
    /// heads, so what lies beyond the last one of this model is its last.
    pub fn reading_at(&self, side: usize) -> analysis::View {
        let reading = self.view.reading;
        let Some(spec) = self.side(side).map(|side| &side.checkpoint.spec) else { return reading };
        analysis::View {
            layer: reading.layer.min(spec.layers.saturating_sub(1)),
            head: reading.head.map(|head| head.min(spec.heads.saturating_sub(1))),
            ..reading
        }
    }

    /// Whether the user's edits change anything about the molecule shown in one of the states.
    pub fn is_edited_at(&self, side: usize) -> bool {
        self.shown.as_ref().is_some_and(|shown| self.intervention_at(side, shown.id) != Intervention::default())
    }

    /// What is special about one of the states, in a word or two: `as trained`, `untrained`, `edited`.
    pub fn condition_at(&self, side: usize) -> &'static str {
        let untrained = self.side(side).is_some_and(|side| side.checkpoint.is_base());
        match (untrained, self.is_edited_at(side)) {
            (false, false) => "as trained",
            (false, true) => "edited",
            (true, false) => "untrained",
            (true, true) => "untrained, edited",
        }
    }

    /// The name of one of the states in legends, heads and tables: `gt-zinc, as trained`.
    pub fn name_at(&self, side: usize) -> String {
        let model = self.side(side).map_or("", |side| &*side.checkpoint.id.name);
        format!("{model}, {}", self.condition_at(side))
    }

    /// Whether the answer shown of one of the states belongs to an older question than the one now put.
    pub fn is_stale_at(&self, side: usize) -> bool {
        let answer = self.side(side).and_then(|side| side.comparison);
        answer.zip(self.probe(side)).is_some_and(|(answer, probe)| !answers(&answer.probe, &probe))
    }

    /// What was measured of the listed split under the model of one of the states.
    pub fn survey_at(&self, side: usize) -> Option<&Arc<Survey>> {
        self.survey_of(&self.side(side)?.checkpoint.id)
    }

    /// The lanes in the form that is saved.
    pub fn saved_lanes(&self) -> Vec<SavedLane> {
        let saved = |lane: &Lane| SavedLane { model: lane.model.name.to_string(), edited: lane.edited };
        self.lanes.iter().map(saved).collect()
    }

    /// The place in the list of the model that differs from the chosen one by explicit bias only.
    pub fn twin(&self) -> Option<usize> {
        let chosen = self.checkpoint()?;
        let is_twin = |other: &Arc<Checkpoint>| {
            other.spec.has_ebt() != chosen.spec.has_ebt()
                && other.is_base() == chosen.is_base()
                && other.spec.without_ebt() == chosen.spec.without_ebt()
        };
        self.checkpoints.iter().position(is_twin)
    }

    /// Puts a model in the place of another wherever that is beside the main one.
    pub(super) fn replace_in_lanes(&mut self, old: &ModelId, new: &ModelId) {
        for lane in self.lanes.iter_mut().filter(|lane| lane.model == *old) {
            *lane = Lane::new(new.clone(), lane.edited);
        }
    }

    /// The same for another state of one network: what was known of it is shown until more is.
    pub(super) fn move_in_lanes(&mut self, old: &ModelId, new: &ModelId) {
        self.lanes.iter_mut().filter(|lane| lane.model == *old).for_each(|lane| lane.model = new.clone());
    }

    /// Whether a model is beside the main one already, with or without the edits.
    pub fn is_lane(&self, model: &ModelId, edited: bool) -> bool {
        self.lanes.iter().any(|lane| lane.model == *model && lane.edited == edited)
    }

    /// The question that one of the states now puts.
    pub(super) fn probe(&self, side: usize) -> Option<Probe> {
        let shown = self.shown.as_ref()?;
        Some(Probe {
            dataset: self.opened.as_ref()?.revision,
            model: self.side(side)?.checkpoint.id.clone(),
            molecule: shown.id,
            intervention: self.intervention_at(side, shown.id),
            detail: self.detail,
            edge_limit: if self.allow_large == Some(shown.id) { usize::MAX } else { FULL_GRAPH_LIMIT },
        })
    }
}

/// Whether an answer to one question answers another: how large a graph may be matters only to those
/// that were refused.
pub(super) fn answers(answered: &Probe, wanted: &Probe) -> bool {
    let Probe { dataset, model, molecule, intervention, detail, edge_limit: _ } = wanted;
    let (detail, molecule): (&Detail, &MoleculeId) = (detail, molecule);
    answered.dataset == *dataset
        && answered.model == *model
        && answered.molecule == *molecule
        && answered.intervention == *intervention
        && answered.detail == *detail
}

/// What is known of one of the states, to be changed.
pub(super) struct Slot<'a> {
    pub(super) comparison: &'a mut Option<Arc<Comparison>>,
    pub(super) untraceable: &'a mut Option<Untraceable>,
    pub(super) refused: &'a mut Option<Probe>,
}

impl Workspace {
    pub(super) fn slot(&mut self, side: usize) -> Option<Slot<'_>> {
        let Self { state, refused, .. } = self;
        let Some(place) = side.checked_sub(1) else {
            let State { comparison, untraceable, .. } = state;
            return Some(Slot { comparison, untraceable, refused });
        };
        let Lane { comparison, untraceable, refused, .. } = state.lanes.get_mut(place)?;
        Some(Slot { comparison, untraceable, refused })
    }

    /// Forgets every answer about the molecule shown, of all states.
    pub(super) fn forget_answers(&mut self) {
        for side in 0..self.state.side_count() {
            if let Some(slot) = self.slot(side) {
                (*slot.comparison, *slot.untraceable, *slot.refused) = (None, None, None);
            }
        }
    }

    /// Forgets why there was no answer, of all states.
    pub(super) fn forget_refusals(&mut self) {
        for side in 0..self.state.side_count() {
            if let Some(slot) = self.slot(side) {
                (*slot.untraceable, *slot.refused) = (None, None);
            }
        }
    }

    /// Puts a state beside the main one, as far as there is room.
    pub(super) fn add_lane(&mut self, with: With) {
        if self.state.lanes.len() < MOST_LANES
            && let Some((model, edited)) = self.resolve(with)
            && !self.state.is_lane(&model, edited)
        {
            self.state.lanes.push(Lane::new(model, edited));
            self.sweep_unasked();
        }
    }

    /// Makes a lane show another state.
    pub(super) fn set_lane(&mut self, side: usize, with: With) {
        let resolved = self.resolve(with);
        let lane = side.checked_sub(1).and_then(|place| self.state.lanes.get_mut(place));
        if let (Some(lane), Some((model, edited))) = (lane, resolved) {
            if lane.model == model {
                lane.edited = edited;
            } else {
                *lane = Lane::new(model, edited);
            }
            self.sweep_unasked();
        }
    }

    pub(super) fn remove_lane(&mut self, side: usize) {
        let Some(place) = side.checked_sub(1).filter(|&place| place < self.state.lanes.len()) else { return };
        self.state.lanes.remove(place);
        let moved = |at: usize| (at != side).then(|| at - usize::from(at > side));
        self.state.difference = self
            .state
            .difference
            .and_then(|Difference { of, minus }| Some((moved(of)?, moved(minus)?)))
            .map(|(of, minus)| Difference { of, minus });
    }

    /// Makes a lane's model the chosen one, and the other way round. The edits stay with the chosen one.
    pub(super) fn swap_lane(&mut self, side: usize) {
        let Some(place) = side.checked_sub(1) else { return };
        let (Some(main), Some(lane)) =
            (self.state.checkpoint().map(|main| main.id.clone()), self.state.lanes.get_mut(place))
        else {
            return;
        };
        let model = std::mem::replace(&mut lane.model, main);
        std::mem::swap(&mut self.state.comparison, &mut lane.comparison);
        std::mem::swap(&mut self.state.untraceable, &mut lane.untraceable);
        std::mem::swap(&mut self.refused, &mut lane.refused);
        if let Some(place) = self.state.checkpoints.iter().position(|checkpoint| checkpoint.id == model) {
            self.set_model(place);
        }
    }

    pub(super) fn show_difference(&mut self, difference: Option<Difference>) {
        let sides = self.state.side_count();
        self.state.difference =
            difference.filter(|Difference { of, minus }| of != minus && *of < sides && *minus < sides);
    }

    /// Puts saved lanes back; a model that is no longer there is told and left out.
    pub(super) fn restore_lanes(&mut self, saved: Vec<SavedLane>) {
        self.state.lanes.clear();
        self.state.difference = None;
        for SavedLane { model, edited } in saved.into_iter().take(MOST_LANES) {
            let named = |checkpoint: &Arc<Checkpoint>| *checkpoint.id.name == *model;
            let place = self.state.checkpoints.iter().position(named).or_else(|| {
                let checkpoint = Checkpoint::named_base(&model)?.ok()?;
                Some(self.list_model(Arc::new(checkpoint)))
            });
            match place {
                Some(place) => self.add_lane(With::Model { place, edited }),
                None => self.state.notify(
                    Severity::Warning,
                    format!("The model {model} was compared with, but is not listed any more; open its weights again."),
                ),
            }
        }
    }

    /// The model that is meant, and whether the edits apply; an untrained state that is not listed yet is
    /// listed.
    fn resolve(&mut self, with: With) -> Option<(ModelId, bool)> {
        let chosen = Arc::clone(self.state.checkpoint()?);
        let (place, edited) = match with {
            With::AsTrained => return Some((chosen.id.clone(), false)),
            With::Base if chosen.is_base() => return None,
            With::Base => {
                let name = format!("{}-base", chosen.id.name);
                let base = Checkpoint::base(&name, chosen.spec.clone(), self.state.initial);
                let same = |known: &Arc<Checkpoint>| known.is_base() && known.id.revision == base.id.revision;
                let known = self.state.checkpoints.iter().position(same);
                (known.unwrap_or_else(|| self.list_model(Arc::new(base))), true)
            }
            With::Twin => (self.state.twin()?, true),
            With::Model { place, edited } => (place, edited),
        };
        Some((self.state.checkpoints.get(place)?.id.clone(), edited))
    }
}
