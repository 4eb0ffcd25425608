//! The table itself, in menu order.

use super::super::clipboard::CopyAs;
use super::super::export::Subject;
use super::super::help::Page;
use super::super::layout::Pane;
use super::super::settings::Appearance;
use super::super::walk::Walk;
use super::row::{
    PAGE, action, add, base, can_compare_base, can_compare_trained, can_compare_twin, columns, copy, ctrl, ctrl_alt,
    ctrl_shift, difference, export, has_absent, has_bonds, has_molecule, has_rows, has_survey, has_trace, is_ablated,
    just, key, layer, next_head, panel, picked_edges, previous_head, quantity, replaced, scale, shift, smiles, source,
    step, switch, toggled, walk, when,
};
use super::{Action, ActionId, WindowCommand};
use crate::analysis::Quantity;
use crate::domain::{Ablation, Detail};
use crate::models::Initial;
use crate::workspace::{Coloring, Command, Difference, FigureKind, FileCommand, Source, With};
use eframe::egui::Key;

use ActionId as Id;

/// The table, in menu order.
pub static ACTIONS: &[Action] = &[
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
    when(
        action(
            Id::FitRangeToGallery,
            "Fit colour range to gallery",
            "Keep the colour range that holds every value of the thumbnails on screen",
            &[],
            |_| just(Command::FitRangeToGallery),
        ),
        |state| state.gallery.has_numbers(),
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
    switch(
        action(
            Id::DrawnLabels,
            "Labels in the drawing",
            "Write your labels of atoms and bonds beside them, in the window and in figures",
            &[shift(Key::T)],
            |state| just(Command::ShowLabels(!state.view.labels)),
        ),
        |state| state.view.labels,
    ),
    switch(
        action(
            Id::LinearRatios,
            "Linear ratio axis",
            "Draw curves of ratios with the ratios as they are instead of their logarithms",
            &[],
            |state| scale(state, FigureKind::EdgeRatios),
        ),
        |state| state.view.is_linear(FigureKind::EdgeRatios),
    ),
    switch(
        action(
            Id::LinearCounts,
            "Linear count axis",
            "Draw histograms with the counts as they are instead of their logarithms",
            &[],
            |state| scale(state, FigureKind::Histogram),
        ),
        |state| state.view.is_linear(FigureKind::Histogram),
    ),
    when(
        switch(
            action(
                Id::Arcs,
                "Arcs for absent bonds",
                "Join atoms that exchange messages without a bond by thin arcs (full-graph models)",
                &[key(Key::B)],
                |state| just(Command::ShowArcs(!state.view.arcs.shown)),
            ),
            |state| state.view.arcs.shown && has_absent(state),
        ),
        has_absent,
    ),
    when(
        action(
            Id::StrongestArcs,
            "Strongest arcs only",
            "Draw the few strongest arcs instead of a threshold",
            &[],
            |_| just(Command::SetArcThreshold(None)),
        ),
        |state| has_absent(state) && state.view.arcs.least.is_some(),
    ),
    switch(
        action(
            Id::Projections,
            "Projections Q, K, V, P",
            "Record and show queries, keys, values and edge projections of the chosen atom or bond",
            &[key(Key::P)],
            |state| {
                just(Command::SetDetail(match state.detail {
                    Detail::Standard => Detail::Projections,
                    Detail::Projections => Detail::Standard,
                }))
            },
        ),
        |state| state.detail == Detail::Projections,
    ),
    switch(
        action(
            Id::XavierBase,
            "Base range by Xavier",
            "Draw the untrained state behind the base range as the paper says (Xavier) instead of as its authors' program does",
            &[],
            |state| {
                just(Command::SetInitial(match state.initial {
                    Initial::Framework => Initial::Xavier,
                    Initial::Xavier => Initial::Framework,
                }))
            },
        ),
        |state| state.initial == Initial::Xavier,
    ),
    when(
        action(Id::AllowLarge, "Compute anyway", "Compute full graphs of any size, memory permitting", &[], |_| {
            just(Command::AllowLarge)
        }),
        |state| state.untraceable.as_ref().is_some_and(|reason| reason.large),
    ),
    when(
        action(
            Id::CompareTrained,
            "Compare with as trained",
            "Show this model without your edits beside it",
            &[key(Key::C)],
            |_| just(Command::Compare(With::AsTrained)),
        ),
        can_compare_trained,
    ),
    when(
        action(
            Id::CompareTwin,
            "Compare with the EBT twin",
            "Show the model beside it that differs by explicit bias only (or, beside one with EBT, the one without)",
            &[key(Key::E)],
            |_| just(Command::Compare(With::Twin)),
        ),
        can_compare_twin,
    ),
    when(
        action(
            Id::CompareBase,
            "Compare with the base state",
            "Show the untrained state of this model beside it",
            &[key(Key::U)],
            |_| just(Command::Compare(With::Base)),
        ),
        can_compare_base,
    ),
    when(
        action(
            Id::SwapSides,
            "Swap A and B",
            "Make the model beside the chosen one, and the other way round",
            &[key(Key::X)],
            |_| just(Command::SwapLane(1)),
        ),
        |state| !state.lanes.is_empty(),
    ),
    when(
        switch(
            action(
                Id::DifferenceMap,
                "Difference map",
                "Show what B has more than A, edge by edge, on a scale about zero",
                &[key(Key::M)],
                |state| {
                    let shown = state.difference.is_none().then_some(Difference { of: 1, minus: 0 });
                    just(Command::ShowDifference(shown))
                },
            ),
            |state| state.difference.is_some(),
        ),
        |state| !state.lanes.is_empty(),
    ),
    when(
        action(
            Id::CloseSides,
            "Close the comparison",
            "Show the chosen model alone again",
            &[shift(Key::C)],
            |state| (1..state.side_count()).rev().map(|side| Command::RemoveLane(side).into()).collect(),
        ),
        |state| !state.lanes.is_empty(),
    ),
    action(
        Id::GraphitFull,
        "GraphiT, full graph",
        "Untrained GraphiT on every pair of atoms, weighted by its random-walk kernel",
        &[],
        |_| base("graphit-full-base"),
    ),
    action(
        Id::SanFull,
        "SAN, full graph",
        "Untrained SAN on every pair of atoms, absent bonds weighted by a fixed gamma",
        &[],
        |_| base("san-full-base"),
    ),
    action(
        Id::SanLearned,
        "SAN, learned gamma",
        "Untrained SAN on every pair of atoms, absent bonds weighted by a learned gamma",
        &[],
        |_| base("san-full-learned-base"),
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
    action(Id::NextPanel, "Next panel", "Bring the keyboard to the next panel", &[key(Key::F6)], |_| {
        just(WindowCommand::CyclePanels(true))
    }),
    action(Id::PreviousPanel, "Previous panel", "Bring the keyboard to the panel before", &[shift(Key::F6)], |_| {
        just(WindowCommand::CyclePanels(false))
    }),
    action(Id::PanelLibrary, "Go to the library", "The list of molecules", &[ctrl(Key::Num1)], |_| {
        panel(Pane::Library)
    }),
    action(Id::PanelMolecule, "Go to the molecule", "The drawing", &[ctrl(Key::Num2)], |_| panel(Pane::Molecule)),
    action(Id::PanelInspector, "Go to the inspector", "Bonds and their layers", &[ctrl(Key::Num3)], |_| {
        panel(Pane::Inspector)
    }),
    action(Id::PanelEdgeRatios, "Go to the edge ratios", "Sorted ratios of this molecule", &[ctrl(Key::Num4)], |_| {
        panel(Pane::EdgeRatios)
    }),
    action(
        Id::PanelBatchMaxima,
        "Go to the batch maxima",
        "Largest ratios of many molecules",
        &[ctrl(Key::Num5)],
        |_| panel(Pane::BatchMaxima),
    ),
    action(Id::PanelHistogram, "Go to the histogram", "Log ratios with their gamma fit", &[ctrl(Key::Num6)], |_| {
        panel(Pane::Histogram)
    }),
    action(
        Id::PanelGallery,
        "Go to the gallery",
        "Thumbnails of all listed molecules",
        &[ctrl(Key::Num8), key(Key::G)],
        |_| panel(Pane::Gallery),
    ),
    action(Id::PanelLog, "Go to the log", "Everything that was done or went wrong", &[ctrl(Key::Num7)], |_| {
        panel(Pane::Log)
    }),
    when(
        action(Id::CloseNotices, "Close all notices", "The log keeps them", &[], |state| {
            let open = state.notices.iter().filter(|notice| notice.open);
            just(Command::Dismiss(open.map(|notice| notice.id).collect()))
        }),
        |state| state.notices.iter().any(|notice| notice.open),
    ),
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
        Id::Tour,
        "Tour of the first minutes",
        "Five steps on the bundled molecules, from choosing one to a figure in a file",
        &[],
        |_| just(WindowCommand::Tour),
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
