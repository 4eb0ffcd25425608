//! The table itself, in menu order.

use super::super::export::Subject;
use super::super::help::Page;
use super::super::settings::Appearance;
use super::{Action, ActionId, Effect, WindowCommand};
use crate::analysis::Quantity;
use crate::scene::Pick;
use crate::workspace::{Coloring, Command, FigureKind, Source, State};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};

const fn key(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn ctrl(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn ctrl_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers { shift: true, ..Modifiers::COMMAND }, key)
}

/// The next action of a chain: text, tip and keys first, the rest by default.
const fn action(
    id: ActionId,
    text: &'static str,
    tip: &'static str,
    shortcuts: &'static [KeyboardShortcut],
    run: fn(&State) -> Vec<Effect>,
) -> Action {
    Action { id, text, tip, shortcuts, enabled: |_| true, checked: None, run }
}

const fn when(action: Action, enabled: fn(&State) -> bool) -> Action {
    Action { enabled, ..action }
}

const fn switch(action: Action, checked: fn(&State) -> bool) -> Action {
    Action { checked: Some(checked), ..action }
}

fn just(effect: impl Into<Effect>) -> Vec<Effect> {
    vec![effect.into()]
}

fn has_rows(state: &State) -> bool {
    !state.table.order.is_empty()
}

fn has_trace(state: &State) -> bool {
    state.comparison.is_some()
}

fn has_survey(state: &State) -> bool {
    state.survey().is_some()
}

fn picked_bond(state: &State) -> Option<crate::domain::BondId> {
    match state.pick {
        Some(Pick::Bond(bond)) if state.shown.is_some() => Some(bond),
        _ => None,
    }
}

fn smiles(state: &State) -> Option<String> {
    state.dataset()?.record(state.selected?).map(|record| record.smiles.to_string())
}

/// Where the open dataset came from.
fn source(state: &State) -> Option<Source> {
    Some(state.dataset()?.path.clone().map_or(Source::Bundled, Source::File))
}

fn is_ablated(state: &State) -> bool {
    state.shown.as_ref().is_some_and(|shown| !state.edits.intervention(shown.id).ablated.is_empty())
}

fn step(rows: i64) -> Vec<Effect> {
    just(Command::Step(rows))
}

fn layer(state: &State, up: bool) -> Vec<Effect> {
    let layer = state.view.reading.layer;
    just(Command::SetLayer(if up { layer.saturating_add(1) } else { layer.saturating_sub(1) }))
}

fn next_head(state: &State) -> Vec<Effect> {
    let heads = state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads);
    let next = state.view.reading.head.map_or(0, |head| head + 1);
    just(Command::SetHead((next < heads).then_some(next)))
}

fn quantity(wanted: Quantity) -> Vec<Effect> {
    just(Command::SetQuantity(wanted))
}

fn difference(state: &State) -> Vec<Effect> {
    just(Command::SetColoring(match state.view.coloring {
        Coloring::Value => Coloring::Difference,
        Coloring::Difference => Coloring::Value,
    }))
}

fn export(kind: FigureKind) -> Vec<Effect> {
    just(WindowCommand::Export(Subject::Figure(kind)))
}

/// Rows that Page Up and Page Down go.
const PAGE: i64 = 20;

use ActionId as Id;

/// The table, in menu order.
pub static ACTIONS: &[Action] = &[
    action(Id::Open, "Open…", "Open a file of SMILES: CSV, TSV or .smi, plain or gzip", &[ctrl(Key::O)], |_| {
        just(WindowCommand::PickMolecules)
    }),
    action(
        Id::OpenPath,
        "Open path…",
        "Type the path of a file of molecules or weights",
        &[ctrl_shift(Key::O)],
        |_| just(WindowCommand::FocusPath),
    ),
    action(Id::OpenBundled, "Open bundled molecules", "The 12,000 ZINC molecules inside the program", &[], |_| {
        just(Command::Open(Source::Bundled))
    }),
    when(
        action(Id::Reload, "Reload", "Read the open file again", &[ctrl(Key::R)], |state| {
            source(state).map_or_else(Vec::new, |source| just(Command::Open(source)))
        }),
        |state| state.opened.is_some(),
    ),
    action(Id::OpenModel, "Open model…", "Read trained weights from a .safetensors or PyTorch file", &[ctrl(Key::M)], |_| {
        just(WindowCommand::PickModel)
    }),
    when(
        action(
            Id::ExportMolecule,
            "Export molecule…",
            "The drawing with its colour bar, or its numbers",
            &[ctrl(Key::E)],
            |_| export(FigureKind::Molecule),
        ),
        |state| state.shown.is_some(),
    ),
    when(
        action(
            Id::ExportActivations,
            "Export activations…",
            "The heat strip of the selected bond, or its numbers",
            &[],
            |_| export(FigureKind::Activations),
        ),
        |state| has_trace(state) && picked_bond(state).is_some(),
    ),
    when(
        action(Id::ExportEdgeRatios, "Export edge ratios…", "The sorted ratio curves of this molecule", &[], |_| {
            export(FigureKind::EdgeRatios)
        }),
        has_trace,
    ),
    when(
        action(
            Id::ExportCurves,
            "Export batch maxima…",
            "The sorted batch maxima of the measured molecules",
            &[],
            |_| export(FigureKind::Curves),
        ),
        has_survey,
    ),
    when(
        action(Id::ExportHistogram, "Export histogram…", "The log ratios with their gamma fit", &[], |_| {
            export(FigureKind::Histogram)
        }),
        has_survey,
    ),
    when(
        action(
            Id::ExportTrace,
            "Save trace…",
            "Every activation of this molecule as safetensors, npz or JSON",
            &[ctrl(Key::S)],
            |_| just(WindowCommand::Export(Subject::Trace)),
        ),
        has_trace,
    ),
    action(Id::Quit, "Quit", "Close the window", &[ctrl(Key::Q)], |_| just(WindowCommand::Quit)),
    when(
        action(Id::Undo, "Undo", "Take back the last ablation or bias change", &[ctrl(Key::Z)], |_| {
            just(Command::Undo)
        }),
        |state| state.edits.can_undo(),
    ),
    when(
        action(Id::Redo, "Redo", "Do again what was taken back", &[ctrl_shift(Key::Z), ctrl(Key::Y)], |_| {
            just(Command::Redo)
        }),
        |state| state.edits.can_redo(),
    ),
    when(
        action(
            Id::ToggleBond,
            "Ablate or restore bond",
            "Take the selected bond out of message passing, or put it back",
            &[key(Key::Delete)],
            |state| picked_bond(state).map_or_else(Vec::new, |bond| just(Command::ToggleBond(bond))),
        ),
        |state| picked_bond(state).is_some(),
    ),
    when(
        action(Id::ClearAblation, "Put all bonds back", "Undo every ablation in this molecule", &[], |_| {
            just(Command::ClearAblation)
        }),
        is_ablated,
    ),
    when(
        action(
            Id::CopySmiles,
            "Copy SMILES",
            "Put this molecule's SMILES on the clipboard",
            &[ctrl_shift(Key::C)],
            |state| smiles(state).map_or_else(Vec::new, |text| just(WindowCommand::Copy(text))),
        ),
        |state| state.selected.is_some(),
    ),
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
    switch(
        action(
            Id::Ratio,
            "MA ratio",
            "Largest over median activation of each directed edge",
            &[key(Key::Num1)],
            |_| quantity(Quantity::Ratio),
        ),
        |state| state.view.reading.quantity == Quantity::Ratio,
    ),
    switch(
        action(Id::Activation, "|activation|", "Largest activation of each directed edge", &[key(Key::Num2)], |_| {
            quantity(Quantity::Activation)
        }),
        |state| state.view.reading.quantity == Quantity::Activation,
    ),
    switch(
        action(
            Id::Attention,
            "Attention weight",
            "How much of the receiving atom's attention an edge gets",
            &[key(Key::Num3)],
            |_| quantity(Quantity::Attention),
        ),
        |state| state.view.reading.quantity == Quantity::Attention,
    ),
    switch(
        action(
            Id::Difference,
            "Colour the difference",
            "Colour what your edits changed instead of the value",
            &[key(Key::D)],
            difference,
        ),
        |state| state.view.coloring == Coloring::Difference,
    ),
    switch(
        action(
            Id::LockRange,
            "Lock colour range",
            "Keep the colour range while you walk through molecules and layers",
            &[key(Key::L)],
            |state| just(Command::LockRange(state.view.locked.is_none())),
        ),
        |state| state.view.locked.is_some(),
    ),
    switch(
        action(
            Id::AtomNumbers,
            "Atom numbers",
            "Write every atom's number, counted from 0, beside it",
            &[key(Key::N)],
            |state| just(Command::ShowAtomNumbers(!state.view.atom_numbers)),
        ),
        |state| state.view.atom_numbers,
    ),
    action(Id::Fit, "Fit molecule", "Show the whole molecule", &[key(Key::F), key(Key::Home)], |_| {
        just(WindowCommand::Fit)
    }),
    action(Id::ZoomIn, "Zoom in", "Draw the molecule larger", &[key(Key::Plus), key(Key::Equals)], |_| {
        just(WindowCommand::Zoom(1.25))
    }),
    action(Id::ZoomOut, "Zoom out", "Draw the molecule smaller", &[key(Key::Minus)], |_| {
        just(WindowCommand::Zoom(0.8))
    }),
    action(Id::Light, "Light theme", "Dark on white, as on paper", &[], |_| {
        just(WindowCommand::Appearance(Appearance::Light))
    }),
    action(Id::Dark, "Dark theme", "Bright on dark", &[], |_| just(WindowCommand::Appearance(Appearance::Dark))),
    action(Id::System, "System theme", "As the desktop has it", &[], |_| {
        just(WindowCommand::Appearance(Appearance::System))
    }),
    action(
        Id::LargerText,
        "Larger text",
        "Magnify the whole window, up to 200 %",
        &[ctrl(Key::Plus), ctrl(Key::Equals)],
        |_| just(WindowCommand::TextZoom(Some(0.1))),
    ),
    action(Id::SmallerText, "Smaller text", "Shrink the whole window, down to 80 %", &[ctrl(Key::Minus)], |_| {
        just(WindowCommand::TextZoom(Some(-0.1)))
    }),
    action(Id::NormalText, "Normal text", "Back to 100 %", &[ctrl(Key::Num0)], |_| just(WindowCommand::TextZoom(None))),
    action(Id::ResetLayout, "Reset layout", "Put every panel back where it was at first", &[], |_| {
        just(WindowCommand::ResetLayout)
    }),
    when(
        action(Id::StopAll, "Stop background work", "Stop everything that runs and keep what it has", &[], |state| {
            state.jobs.iter().filter(|job| !job.stopping).map(|job| Command::Stop(job.id).into()).collect()
        }),
        |state| state.jobs.iter().any(|job| !job.stopping),
    ),
    action(
        Id::Terms,
        "What the numbers mean",
        "Ratio, base band, explicit bias, KS statistic",
        &[key(Key::F1)],
        |_| just(WindowCommand::Show(Page::Terms)),
    ),
    action(Id::Keys, "Keyboard shortcuts", "All keys in one list", &[ctrl(Key::Slash)], |_| {
        just(WindowCommand::Show(Page::Keys))
    }),
    action(Id::About, "About Bondscope", "Version, licences, models and device", &[], |_| {
        just(WindowCommand::Show(Page::About))
    }),
];
