//! From molecule to molecule, layer to layer, bond to bond.

use super::super::row::{
    PAGE, action, ctrl, has_bonds, has_molecule, has_rows, just, key, layer, next_head, previous_head, shift, step,
    switch, walk, when,
};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::ui::walk::Walk;
use crate::workspace::Command;
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    when(
        action(Id::NextMolecule, "Next molecule", "One row down the list", &[key(Key::ArrowDown)], |_| step(1)),
        has_rows,
    ),
    when(
        action(Id::PreviousMolecule, "Previous molecule", "One row up the list", &[key(Key::ArrowUp)], |_| step(-1)),
        has_rows,
    ),
    when(
        action(Id::NextPage, "Twenty molecules on", "Twenty rows down the list", &[key(Key::PageDown)], |_| step(PAGE)),
        has_rows,
    ),
    when(
        action(Id::PreviousPage, "Twenty molecules back", "Twenty rows up the list", &[key(Key::PageUp)], |_| {
            step(-PAGE)
        }),
        has_rows,
    ),
    action(Id::NextLayer, "Next layer", "One layer further through the model", &[key(Key::CloseBracket)], |state| {
        layer(state, true)
    }),
    action(Id::PreviousLayer, "Previous layer", "One layer back", &[key(Key::OpenBracket)], |state| {
        layer(state, false)
    }),
    switch(
        action(Id::AllHeads, "All heads", "Numbers over all attention heads together", &[key(Key::A)], |_| {
            just(Command::SetHead(None))
        }),
        |state| state.view.reading.head.is_none(),
    ),
    action(Id::NextHead, "Next head", "Numbers of one attention head after the other", &[key(Key::H)], next_head),
    action(Id::PreviousHead, "Previous head", "The attention head before", &[shift(Key::H)], previous_head),
    when(
        action(
            Id::NextBond,
            "Next bond",
            "Choose the next bond in the order of the list; at first the one of largest value",
            &[key(Key::Period)],
            |_| walk(Walk::Bonds, 1),
        ),
        has_bonds,
    ),
    when(
        action(
            Id::PreviousBond,
            "Previous bond",
            "Choose the bond before in the order of the list",
            &[key(Key::Comma)],
            |_| walk(Walk::Bonds, -1),
        ),
        has_bonds,
    ),
    when(
        action(Id::NextAtom, "Next atom", "Choose the next atom by number", &[ctrl(Key::Period)], |_| {
            walk(Walk::Atoms, 1)
        }),
        has_molecule,
    ),
    when(
        action(Id::PreviousAtom, "Previous atom", "Choose the atom before", &[ctrl(Key::Comma)], |_| {
            walk(Walk::Atoms, -1)
        }),
        has_molecule,
    ),
    when(
        action(
            Id::ContextMenu,
            "Menu of what is chosen",
            "What can be done to the chosen bond or atom, as by a right click",
            &[shift(Key::F10), key(Key::Menu)],
            |_| just(WindowCommand::ContextMenu),
        ),
        has_molecule,
    ),
    when(
        action(Id::Deselect, "Choose nothing", "Drop the choice of a bond or atom", &[key(Key::Backspace)], |_| {
            just(Command::Select(None))
        }),
        |state| state.pick.is_some(),
    ),
];
