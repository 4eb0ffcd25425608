//! Everything that can be done by menu, shortcut or button, in one table, so that these cannot drift
//! apart and a test can go through all of them.

mod row;
mod table;

pub use table::actions;

use super::Page;
use super::clipboard::CopyAs;
use super::export::Subject;
use super::focus;
use super::layout::Pane;
use super::settings::Appearance;
use super::walk::Walk;
use crate::workspace::{Command, FigureKind, State};
use eframe::egui::{Context, Key, KeyboardShortcut, Popup};
use std::path::PathBuf;

/// What an action does: something to the workspace, or to the window alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Changes the state that the window shows.
    Do(Command),
    /// Changes only how it is shown.
    Window(WindowCommand),
}

impl From<Command> for Effect {
    fn from(command: Command) -> Self {
        Self::Do(command)
    }
}

impl From<WindowCommand> for Effect {
    fn from(command: WindowCommand) -> Self {
        Self::Window(command)
    }
}

/// Something that concerns the window alone.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowCommand {
    /// Ask for a file of molecules.
    PickMolecules,
    /// Ask for a weight file.
    PickModel,
    /// Put an untrained model together.
    ChooseBase,
    /// See and change what was assumed of the chosen model's file.
    ReviewModel,
    /// Put the cursor into the path field.
    FocusPath,
    /// Write the workspace file; ask for its name first if it has none.
    Save,
    /// Write the workspace under another name.
    SaveAs,
    /// Put the cursor into the field for the label of what is chosen.
    FocusLabel,
    /// Open the export dialog.
    Export(Subject),
    /// Put a figure together.
    Compose,
    /// Put a figure of what is shown on the clipboard.
    CopyFigure(FigureKind, CopyAs),
    /// Put text on the clipboard.
    Copy(String),
    /// Show the whole molecule.
    Fit,
    /// Magnify the molecule by a factor.
    Zoom(f32),
    /// Choose the theme.
    Appearance(Appearance),
    /// Magnify the window by so much more, or not at all.
    TextZoom(Option<f32>),
    /// Put every panel back where it was at first.
    ResetLayout,
    /// Show a page of help.
    Show(Page),
    /// Find a command by typing.
    Palette,
    /// Choose the next bond or atom, or the one so many places further on.
    Walk(Walk, i64),
    /// Open the menu of what is chosen in the drawing.
    ContextMenu,
    /// Bring a panel to the front and the keyboard to it.
    FocusPanel(Pane),
    /// Bring the keyboard to the next panel, or the one before.
    CyclePanels(bool),
    /// Put a training run together.
    NewRun,
    /// Ask for the folder of a run to show.
    PickRun,
    /// Ask for the folder of a run to lay over the one that is shown.
    PickRunBeside,
    /// Ask for the folder of a new run, with the one proposed for it.
    PickRunFolder(PathBuf),
    /// Begin the tour of the first minutes.
    Tour,
    /// Close the window.
    Quit,
}

/// Names of actions, for menus and tool bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is explained by its text and tip in the table")]
pub enum ActionId {
    Open,
    OpenPath,
    OpenBundled,
    ReopenLast,
    Reload,
    Columns,
    Save,
    SaveAs,
    OpenModel,
    ModelAssumptions,
    Untrained,
    ComposeFigure,
    AddMolecule,
    AddColorBar,
    AddEdgeRatios,
    AddCurves,
    AddHistogram,
    AddActivations,
    ExportMolecule,
    ExportActivations,
    ExportEdgeRatios,
    ExportCurves,
    ExportHistogram,
    ExportTrace,
    Quit,
    Undo,
    Redo,
    ToggleBond,
    ZeroBond,
    AverageBond,
    ClearAblation,
    CopyPicture,
    CopySvg,
    EndRule,
    FollowRule,
    PanelEdits,
    Label,
    CopySmiles,
    NextMolecule,
    PreviousMolecule,
    NextPage,
    PreviousPage,
    NextLayer,
    PreviousLayer,
    AllHeads,
    NextHead,
    Ratio,
    Activation,
    Attention,
    Difference,
    LockRange,
    FitRangeToGallery,
    PanelGallery,
    AtomNumbers,
    DrawnLabels,
    LinearRatios,
    LinearCounts,
    Arcs,
    StrongestArcs,
    Projections,
    XavierBase,
    AllowLarge,
    CompareTrained,
    CompareTwin,
    CompareBase,
    SwapSides,
    DifferenceMap,
    CloseSides,
    GraphitFull,
    SanFull,
    SanLearned,
    Fit,
    ZoomIn,
    ZoomOut,
    Light,
    Dark,
    System,
    LargerText,
    SmallerText,
    NormalText,
    ResetLayout,
    StopAll,
    Palette,
    NextBond,
    PreviousBond,
    NextAtom,
    PreviousAtom,
    PreviousHead,
    ContextMenu,
    Deselect,
    NextPanel,
    PreviousPanel,
    PanelLibrary,
    PanelMolecule,
    PanelInspector,
    PanelEdgeRatios,
    PanelBatchMaxima,
    PanelHistogram,
    PanelLog,
    PanelTraining,
    NewRun,
    PauseRun,
    ResumeRun,
    StopRun,
    OpenRun,
    CloseOpenedRun,
    CompareRun,
    CloseRunComparison,
    FollowTraining,
    CloseNotices,
    Tour,
    Terms,
    Keys,
    About,
}

/// One line of the table.
pub struct Action {
    /// Its name.
    pub id: ActionId,
    /// What menus say.
    pub text: &'static str,
    /// What it is good for, in one sentence.
    pub tip: &'static str,
    /// Keys; the first is shown.
    pub shortcuts: &'static [KeyboardShortcut],
    /// Whether it can be done now.
    pub enabled: fn(&State) -> bool,
    /// Whether it is on, for those that are switched.
    pub checked: Option<fn(&State) -> bool>,
    /// What it does.
    pub run: fn(&State) -> Vec<Effect>,
}

impl Action {
    /// What is missing while it cannot be done.
    pub(super) fn needs(&self) -> &'static str {
        use ActionId as Id;
        match self.id {
            Id::Undo => "needs an edit",
            Id::Redo => "needs an edit that was taken back",
            Id::ToggleBond | Id::ZeroBond | Id::AverageBond => "needs a chosen bond",
            Id::Deselect => "needs a chosen bond or atom",
            Id::ExportActivations => "needs a chosen bond with numbers",
            Id::ClearAblation => "needs a bond that is out",
            Id::ExportEdgeRatios | Id::ExportTrace => "needs a prediction",
            Id::ExportCurves | Id::ExportHistogram => "needs measured molecules",
            Id::Arcs | Id::StrongestArcs => "needs a full-graph model",
            Id::AllowLarge => "needs a graph too large for its model",
            Id::StopAll => "needs work that runs",
            Id::CloseNotices => "needs a notice",
            Id::PauseRun | Id::StopRun => "needs a training run that goes on",
            Id::CloseOpenedRun => "needs a run opened from its folder",
            Id::CompareRun => "needs a run",
            Id::CloseRunComparison => "needs two runs over each other",
            Id::ResumeRun => "needs a training run that was left before its end",
            Id::Columns => "needs molecules from a file: the columns of the bundled ones are known",
            Id::Reload | Id::NextMolecule | Id::PreviousMolecule | Id::NextPage | Id::PreviousPage => {
                "needs a list of molecules"
            }
            Id::ExportMolecule | Id::CopySmiles | Id::ContextMenu | Id::NextAtom | Id::PreviousAtom => {
                "needs a molecule"
            }
            Id::NextBond | Id::PreviousBond => "needs a molecule with bonds",
            _ => "not possible now",
        }
    }
}

/// The line of an action.
pub fn find(id: ActionId) -> Option<&'static Action> {
    actions().find(|action| action.id == id)
}

/// The actions that the keys pressed since the last frame ask for, one for every press. Keys that a
/// text field or an open menu may want for itself are left to it, and arrows to any widget with the focus.
pub(super) fn pressed(ctx: &Context) -> Vec<&'static Action> {
    let typing = ctx.text_edit_focused() || Popup::is_any_open(ctx);
    let inside = focus::is_inside_a_panel(ctx);
    let mut keys: Vec<(&Action, &KeyboardShortcut)> =
        actions().flat_map(|action| action.shortcuts.iter().map(move |shortcut| (action, shortcut))).collect();
    // A key with Shift also matches the one without: the more specific first.
    keys.sort_by_key(|(_, shortcut)| !shortcut.modifiers.shift);
    let mut actions = Vec::new();
    for (action, shortcut) in keys {
        let wanted_elsewhere =
            typing && shortcut.conflicts_with_text_editing() || inside && moves_focus(shortcut.logical_key);
        if !wanted_elsewhere {
            let presses = ctx.input_mut(|input| input.count_and_consume_key(shortcut.modifiers, shortcut.logical_key));
            actions.extend(std::iter::repeat_n(action, presses));
        }
    }
    actions
}

/// Keys by which widgets are operated or left.
fn moves_focus(key: Key) -> bool {
    use Key::{ArrowDown, ArrowLeft, ArrowRight, ArrowUp, End, Home};
    matches!(key, ArrowDown | ArrowLeft | ArrowRight | ArrowUp | Home | End)
}

#[cfg(test)]
mod tests {
    use super::ActionId as Id;
    use super::*;

    #[test]
    fn every_action_has_words_and_no_two_share_a_key() {
        let mut keys: Vec<KeyboardShortcut> = Vec::new();
        for action in actions() {
            assert!(!action.text.is_empty() && !action.tip.is_empty(), "{:?}", action.id);
            assert!(std::ptr::eq(find(action.id).unwrap(), action), "{:?} stands twice", action.id);
            for shortcut in action.shortcuts {
                assert!(!keys.contains(shortcut), "{shortcut:?} means two things");
                keys.push(*shortcut);
            }
        }
    }

    #[test]
    fn with_nothing_open_only_what_makes_sense_is_enabled() {
        let state = State::default();
        let enabled = |id| (find(id).unwrap().enabled)(&state);
        assert!(enabled(Id::Open) && enabled(Id::About));
        for id in [
            Id::Undo,
            Id::ToggleBond,
            Id::ExportMolecule,
            Id::NextMolecule,
            Id::StopAll,
            Id::Reload,
            Id::Arcs,
            Id::AllowLarge,
        ] {
            assert!(!enabled(id), "{id:?}");
        }
    }
}
