//! What is done to the molecule shown, and what is taken from it.

use super::super::row::{
    action, copy, ctrl, ctrl_alt, ctrl_shift, is_ablated, just, key, panel, picked_edges, replaced, shift, smiles,
    toggled, when,
};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::domain::Ablation;
use crate::ui::clipboard::CopyAs;
use crate::ui::layout::Pane;
use crate::workspace::Command;
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    when(
        action(
            Id::Undo,
            "Undo",
            "Take back the last edit, selection or change of panels or figure",
            &[ctrl(Key::Z)],
            |_| just(Command::Undo),
        ),
        |state| state.history.can_undo(),
    ),
    when(
        action(Id::Redo, "Redo", "Do again what was taken back", &[ctrl_shift(Key::Z), ctrl(Key::Y)], |_| {
            just(Command::Redo)
        }),
        |state| state.history.can_redo(),
    ),
    when(
        action(
            Id::ToggleBond,
            "Ablate or restore bond",
            "Take the selected bond, or arc, out of message passing, or put it back",
            &[key(Key::Delete)],
            toggled,
        ),
        |state| picked_edges(state).is_some(),
    ),
    when(
        action(
            Id::ZeroBond,
            "Set bond to zero",
            "Give the selected bond an activation of zero in every layer, or its own again",
            &[key(Key::Num0)],
            |state| replaced(state, Ablation::Zero),
        ),
        |state| picked_edges(state).is_some(),
    ),
    when(
        action(
            Id::AverageBond,
            "Set bond to mean",
            "Give the selected bond the mean activation of its layer in every layer, or its own again",
            &[key(Key::V)],
            |state| replaced(state, Ablation::LayerMean),
        ),
        |state| picked_edges(state).is_some(),
    ),
    when(
        action(Id::ClearAblation, "Put all bonds back", "Undo every ablation in this molecule", &[], |_| {
            just(Command::ClearAblation)
        }),
        is_ablated,
    ),
    when(
        action(
            Id::Label,
            "Label…",
            "Write a short note on the chosen bond or atom, or on the molecule",
            &[key(Key::T)],
            |_| just(WindowCommand::FocusLabel),
        ),
        |state| state.shown.is_some(),
    ),
    when(
        action(
            Id::CopyPicture,
            "Copy picture",
            "Put the drawing of this molecule with its colour bar on the clipboard",
            &[ctrl_shift(Key::C)],
            |_| copy(CopyAs::Picture),
        ),
        |state| state.shown.is_some(),
    ),
    when(
        action(
            Id::CopySvg,
            "Copy SVG",
            "Put the same drawing on the clipboard as SVG text",
            &[ctrl_alt(Key::C)],
            |_| copy(CopyAs::Svg),
        ),
        |state| state.shown.is_some(),
    ),
    when(
        action(
            Id::EndRule,
            "End the rule in force",
            "Molecules without a list of their own are as computed again",
            &[],
            |_| just(Command::SetRule(None)),
        ),
        |state| state.edits.rule().is_some(),
    ),
    when(
        action(
            Id::FollowRule,
            "Follow the rule in force",
            "Give up this molecule's own list of ablations",
            &[],
            |_| just(Command::FollowRule),
        ),
        |state| state.edits.rule().is_some() && state.selected.is_some_and(|id| state.edits.list(id).is_some()),
    ),
    action(
        Id::PanelEdits,
        "Go to the edits",
        "What is taken out of the molecule shown: ablations, rules, names",
        &[ctrl(Key::Num9), shift(Key::E)],
        |_| panel(Pane::Edits),
    ),
    when(
        action(
            Id::CopySmiles,
            "Copy SMILES",
            "Put this molecule's SMILES on the clipboard",
            &[ctrl_alt(Key::S)],
            |state| smiles(state).map_or_else(Vec::new, |text| just(WindowCommand::Copy(text))),
        ),
        |state| state.selected.is_some(),
    ),
];
