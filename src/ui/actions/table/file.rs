//! Files, models, figures: what comes in and what goes out.

use super::super::row::{
    action, add, columns, ctrl, ctrl_shift, export, has_survey, has_trace, just, picked_edges, source, when,
};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::ui::export::Subject;
use crate::workspace::{Command, FigureKind, FileCommand, Source};
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    action(
        Id::Palette,
        "Command palette…",
        "Find any command, molecule, layer, head, model or word by typing a few letters of it",
        &[ctrl(Key::K), ctrl(Key::P)],
        |_| just(WindowCommand::Palette),
    ),
    action(
        Id::Open,
        "Open…",
        "Open a workspace, or a file of SMILES: CSV, TSV or .smi, plain or gzip",
        &[ctrl(Key::O)],
        |_| just(WindowCommand::PickMolecules),
    ),
    action(
        Id::OpenPath,
        "Open path…",
        "Type the path of a file of molecules, a workspace or weights",
        &[ctrl_shift(Key::O)],
        |_| just(WindowCommand::FocusPath),
    ),
    action(Id::OpenBundled, "Open bundled molecules", "The 12,000 ZINC molecules inside the program", &[], |_| {
        just(Command::Open(Source::Bundled))
    }),
    when(
        action(Id::ReopenLast, "Reopen last state", "Show what was shown when Bondscope was closed last", &[], |_| {
            just(Command::File(FileCommand::Reopen))
        }),
        |state| state.file.last.is_some(),
    ),
    when(
        action(Id::Reload, "Reload", "Read the open file again", &[ctrl(Key::R)], |state| {
            source(state).map_or_else(Vec::new, |source| just(Command::Open(source)))
        }),
        |state| state.opened.is_some(),
    ),
    when(
        action(
            Id::Columns,
            "Columns…",
            "See which column of the file is what, and change it: SMILES, names, split, targets and their units",
            &[],
            columns,
        ),
        |state| state.dataset().is_some_and(|dataset| dataset.path.is_some()),
    ),
    action(
        Id::Save,
        "Save workspace",
        "Write everything that is shown, ablated and labelled to one file",
        &[ctrl(Key::S)],
        |_| just(WindowCommand::Save),
    ),
    action(Id::SaveAs, "Save workspace as…", "Write the workspace under another name", &[ctrl_shift(Key::S)], |_| {
        just(WindowCommand::SaveAs)
    }),
    action(
        Id::OpenModel,
        "Open model…",
        "Read trained weights from a .safetensors or PyTorch file",
        &[ctrl(Key::M)],
        |_| just(WindowCommand::PickModel),
    ),
    when(
        action(
            Id::ModelAssumptions,
            "Model assumptions…",
            "See and change what the chosen model's file leaves open: heads, readout and the like",
            &[],
            |_| just(WindowCommand::ReviewModel),
        ),
        |state| {
            let file = state.checkpoint().and_then(|checkpoint| checkpoint.file.as_ref());
            file.is_some_and(|file| !file.open.is_empty())
        },
    ),
    action(
        Id::Untrained,
        "Untrained model…",
        "Put a base state together: architecture, explicit bias, full graph, encoding, features",
        &[ctrl_shift(Key::M)],
        |_| just(WindowCommand::ChooseBase),
    ),
    action(
        Id::ComposeFigure,
        "Figure…",
        "Lay several panels out in one figure: sizes, letters, colours; copy, save, redraw",
        &[ctrl_shift(Key::E)],
        |_| just(WindowCommand::Compose),
    ),
    when(
        action(
            Id::AddMolecule,
            "Add molecule to figure",
            "A panel with this molecule, layer and model",
            &[ctrl_shift(Key::A)],
            |_| add(FigureKind::Molecule),
        ),
        |state| state.shown.is_some(),
    ),
    when(
        action(Id::AddColorBar, "Add colour bar to figure", "One bar for several molecules", &[], |_| {
            add(FigureKind::ColorBar)
        }),
        has_trace,
    ),
    when(
        action(Id::AddEdgeRatios, "Add edge ratios to figure", "A panel with these ratio curves", &[], |_| {
            add(FigureKind::EdgeRatios)
        }),
        has_trace,
    ),
    when(
        action(Id::AddCurves, "Add batch maxima to figure", "A panel with the sorted batch maxima", &[], |_| {
            add(FigureKind::Curves)
        }),
        has_survey,
    ),
    when(
        action(Id::AddHistogram, "Add histogram to figure", "A panel with the log ratios and their fit", &[], |_| {
            add(FigureKind::Histogram)
        }),
        has_survey,
    ),
    when(
        action(
            Id::AddActivations,
            "Add activations to figure",
            "A panel with the heat strip of the selected bond",
            &[],
            |_| add(FigureKind::Activations),
        ),
        |state| has_trace(state) && picked_edges(state).is_some(),
    ),
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
        |state| has_trace(state) && picked_edges(state).is_some(),
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
            &[ctrl(Key::T)],
            |_| just(WindowCommand::Export(Subject::Trace)),
        ),
        has_trace,
    ),
    action(Id::Quit, "Quit", "Close the window", &[ctrl(Key::Q)], |_| just(WindowCommand::Quit)),
];
