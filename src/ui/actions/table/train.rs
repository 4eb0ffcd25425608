//! Training runs.

use super::super::row::{action, ctrl, ctrl_shift, just, panel, when};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::ui::layout::Pane;
use crate::workspace::{Command, RunCommand, State};
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    action(
        Id::NewRun,
        "New training run…",
        "Train a network on the open molecules: preset, recipe and folder",
        &[ctrl_shift(Key::T)],
        |_| just(WindowCommand::NewRun),
    ),
    when(
        action(Id::PauseRun, "Pause training", "Stop within a batch, to be resumed exactly there", &[], |_| {
            just(Command::Run(RunCommand::Pause))
        }),
        State::can_stop_run,
    ),
    when(
        action(Id::ResumeRun, "Resume training", "Go on exactly where the run was left", &[], |_| {
            just(Command::Run(RunCommand::Resume))
        }),
        State::can_resume_run,
    ),
    when(
        action(Id::StopRun, "Stop training", "Stop within a batch and keep the best weights so far", &[], |_| {
            just(Command::Run(RunCommand::Stop))
        }),
        State::can_stop_run,
    ),
    action(
        Id::PanelTraining,
        "Go to training",
        "The training run, its curves, and the form for a new one",
        &[ctrl(Key::J)],
        |_| panel(Pane::Training),
    ),
];
