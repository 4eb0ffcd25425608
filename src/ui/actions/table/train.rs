//! Training runs.

use super::super::row::{action, ctrl, ctrl_shift, just, panel, switch, when};
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
    action(Id::OpenRun, "Open run…", "Show the curves and weights of a run in its folder", &[], |_| {
        just(WindowCommand::PickRun)
    }),
    when(
        action(Id::CloseOpenedRun, "Close opened run", "Show the run that was begun here again", &[], |_| {
            just(Command::Run(RunCommand::CloseOpened))
        }),
        |state| state.run_view().is_some_and(|view| view.opened),
    ),
    when(
        action(Id::CompareRun, "Compare with run…", "Lay the curves of another run over these", &[], |_| {
            just(WindowCommand::PickRunBeside)
        }),
        |state| state.run_view().is_some(),
    ),
    when(
        action(Id::CloseRunComparison, "Compare no longer", "Show the curves of one run alone", &[], |_| {
            just(Command::Run(RunCommand::CloseComparison))
        }),
        |state| state.run_beside().is_some(),
    ),
    switch(
        action(
            Id::FollowTraining,
            "Follow training",
            "Show the molecule under the network in training after every epoch",
            &[],
            |state| just(Command::Run(RunCommand::Follow(!state.follows_training()))),
        ),
        State::follows_training,
    ),
    action(
        Id::PanelTraining,
        "Go to training",
        "The training run, its curves, and the form for a new one",
        &[ctrl(Key::J)],
        |_| panel(Pane::Training),
    ),
];
