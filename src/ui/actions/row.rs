//! What the rows of the table are made of: short constructors, and questions to the state.

use super::super::clipboard::CopyAs;
use super::super::export::Subject;
use super::super::layout::Pane;
use super::super::walk::Walk;
use super::{Action, ActionId, Effect, WindowCommand};
use crate::analysis::Quantity;
use crate::analysis::chart::Scale;
use crate::domain::{Ablation, Dataset, DirectedEdge};
use crate::workspace::{Coloring, Command, Compose, FigureKind, MOST_LANES, Source, State};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use std::sync::Arc;

pub(super) const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

pub(super) const fn shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::SHIFT, key)
}

pub(super) const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

pub(super) const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers { shift: true, ..Modifiers::COMMAND }, key)
}

pub(super) const fn ctrl_alt(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers { alt: true, ..Modifiers::COMMAND }, key)
}

/// The next action of a chain: text, tip and keys first, the rest by default.
pub(super) const fn action(
    id: ActionId,
    text: &'static str,
    tip: &'static str,
    shortcuts: &'static [KeyboardShortcut],
    run: fn(&State) -> Vec<Effect>,
) -> Action {
    Action { id, text, tip, shortcuts, enabled: |_| true, checked: None, run }
}

pub(super) const fn when(action: Action, enabled: fn(&State) -> bool) -> Action {
    Action { enabled, ..action }
}

pub(super) const fn switch(action: Action, checked: fn(&State) -> bool) -> Action {
    Action { checked: Some(checked), ..action }
}

pub(super) fn just(effect: impl Into<Effect>) -> Vec<Effect> {
    vec![effect.into()]
}

pub(super) fn has_rows(state: &State) -> bool {
    !state.table.order.is_empty()
}

pub(super) fn has_trace(state: &State) -> bool {
    state.comparison.is_some()
}

pub(super) fn has_bonds(state: &State) -> bool {
    state.shown.as_ref().is_some_and(|shown| shown.molecule.bond_count() > 0)
}

pub(super) fn has_molecule(state: &State) -> bool {
    state.shown.is_some()
}

pub(super) fn has_survey(state: &State) -> bool {
    state.survey().is_some()
}

/// Both directions of the chosen bond or pair.
pub(super) fn picked_edges(state: &State) -> Option<[DirectedEdge; 2]> {
    state.pick?.edges(&state.shown.as_ref()?.molecule)
}

/// Takes the chosen bond or pair out in both directions, or puts it back if it is out.
pub(super) fn toggled(state: &State) -> Vec<Effect> {
    picked_edges(state).and(state.pick).map_or_else(Vec::new, |pick| just(Command::Toggle(pick)))
}

/// Gives the chosen bond or pair another activation in both directions, or its own again if it has that already.
pub(super) fn replaced(state: &State, how: Ablation) -> Vec<Effect> {
    let Some(both) = picked_edges(state) else { return Vec::new() };
    let is_so = both.iter().all(|edge| state.ablated().get(edge) == Some(&how));
    just(if is_so { Command::Restore(both.to_vec()) } else { Command::Ablate(both.to_vec(), how) })
}

pub(super) fn smiles(state: &State) -> Option<String> {
    state.dataset()?.record(state.selected?).map(|record| record.smiles.to_string())
}

/// Where the open dataset came from.
pub(super) fn source(state: &State) -> Option<Source> {
    let dataset = state.dataset()?;
    let of_file = |path| Source::Columns { path, choice: dataset.choice.clone() };
    Some(dataset.path.clone().map_or(Source::Bundled, of_file))
}

/// Looks at the columns of the open file.
pub(super) fn columns(state: &State) -> Vec<Effect> {
    let of_file =
        |dataset: &Arc<Dataset>| Some(Command::LookAtColumns(dataset.path.clone()?, Box::new(dataset.choice.clone())));
    state.dataset().and_then(of_file).map_or_else(Vec::new, just)
}

pub(super) fn is_ablated(state: &State) -> bool {
    !state.ablated().is_empty()
}

/// Whether the answer has edges that no bond stands for.
pub(super) fn has_absent(state: &State) -> bool {
    state.comparison.as_ref().is_some_and(|comparison| comparison.baseline.edges.bond.iter().any(Option::is_none))
}

/// Whether another state can be put beside the main one.
pub(super) fn has_room(state: &State) -> bool {
    state.checkpoint().is_some() && state.lanes.len() < MOST_LANES
}

/// Whether the chosen model's own state without edits can be put beside it.
pub(super) fn can_compare_trained(state: &State) -> bool {
    has_room(state)
        && state.checkpoint().is_some_and(|chosen| state.is_edited_at(0) && !state.is_lane(&chosen.id, false))
}

/// Whether the listed model that differs by explicit bias only can be put beside the main one.
pub(super) fn can_compare_twin(state: &State) -> bool {
    let twin = state.twin().and_then(|place| state.checkpoints.get(place));
    has_room(state) && twin.is_some_and(|twin| !state.is_lane(&twin.id, true))
}

/// Whether the untrained state of the chosen model can be put beside it.
pub(super) fn can_compare_base(state: &State) -> bool {
    has_room(state) && state.checkpoint().is_some_and(|chosen| !chosen.is_base())
}

/// Chooses an untrained state.
pub(super) fn base(name: &str) -> Vec<Effect> {
    just(Command::SetBase(name.to_owned()))
}

pub(super) fn step(rows: i64) -> Vec<Effect> {
    just(Command::Step(rows))
}

pub(super) fn layer(state: &State, up: bool) -> Vec<Effect> {
    let layer = state.view.reading.layer;
    just(Command::SetLayer(if up { layer.saturating_add(1) } else { layer.saturating_sub(1) }))
}

/// All heads, then one after the other, and round again.
pub(super) fn previous_head(state: &State) -> Vec<Effect> {
    let heads = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads);
    let previous = state.view.reading.head.map_or_else(|| heads.checked_sub(1), |head| head.checked_sub(1));
    just(Command::SetHead(previous))
}

pub(super) fn next_head(state: &State) -> Vec<Effect> {
    let heads = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads);
    let next = state.view.reading.head.map_or(0, |head| head + 1);
    just(Command::SetHead((next < heads).then_some(next)))
}

/// Chooses the next bond or atom, forward or back.
pub(super) fn walk(along: Walk, by: i64) -> Vec<Effect> {
    just(WindowCommand::Walk(along, by))
}

pub(super) fn panel(pane: Pane) -> Vec<Effect> {
    just(WindowCommand::FocusPanel(pane))
}

pub(super) fn quantity(wanted: Quantity) -> Vec<Effect> {
    just(Command::SetQuantity(wanted))
}

pub(super) fn difference(state: &State) -> Vec<Effect> {
    just(Command::SetColoring(match state.view.coloring {
        Coloring::Value => Coloring::Difference,
        Coloring::Difference => Coloring::Value,
    }))
}

/// From logarithms to heights and back.
pub(super) fn scale(state: &State, kind: FigureKind) -> Vec<Effect> {
    just(Command::SetScale(kind, if state.view.is_linear(kind) { Scale::Log10 } else { Scale::Linear }))
}

/// Copies the picture of the molecule.
pub(super) fn copy(form: CopyAs) -> Vec<Effect> {
    just(WindowCommand::CopyFigure(FigureKind::Molecule, form))
}

/// Adds a panel of what is shown, and shows the figure.
pub(super) fn add(kind: FigureKind) -> Vec<Effect> {
    vec![Command::Compose(Compose::Add(kind)).into(), WindowCommand::Compose.into()]
}

pub(super) fn export(kind: FigureKind) -> Vec<Effect> {
    just(WindowCommand::Export(Subject::Figure(kind)))
}

/// Rows that Page Up and Page Down go.
pub(super) const PAGE: i64 = 20;
