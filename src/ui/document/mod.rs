//! The workspace file in the window: saving under a name, asking before work is left unsaved, saying which files
//! moved, and offering what a crash left behind. Each asks only what a person must answer.

mod leave;
mod moved;
mod recovery;
mod save;

pub(super) use recovery::show as recovery;

use super::files::{self, Dialogs, Purpose};
use crate::workspace::{Command, ENDING, FileCommand, Purpose as Work, Relocation, State};
use eframe::egui::{self, Key, ViewportCommand};
use std::path::PathBuf;

/// What waits until the user has said what becomes of unsaved work.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Then {
    /// Close the window.
    Close,
    /// Do this.
    Do(Command),
}

/// What the window keeps about the workspace file.
#[derive(Default)]
pub(super) struct Document {
    saving: Option<save::SaveAs>,
    moved: Option<moved::Moved>,
    asking: Option<Then>,
    /// What follows once the file was written.
    after_save: Option<Then>,
    /// Whether the user has answered that the window may close.
    may_close: bool,
    title: String,
}

impl Document {
    /// Writes the open file; asks for a name where there is none.
    pub(super) fn save(&mut self, state: &State) -> Option<Command> {
        match &state.file.path {
            Some(path) => Some(Command::File(FileCommand::Save(path.clone()))),
            None => {
                self.save_as(state);
                None
            }
        }
    }

    /// Asks for a name.
    pub(super) fn save_as(&mut self, state: &State) {
        self.saving = Some(save::SaveAs::new(state));
    }

    /// Takes the file chosen in a native dialog.
    pub(super) fn picked(&mut self, purpose: &Purpose, path: PathBuf) -> Option<Command> {
        match purpose {
            Purpose::Locate(place) => Some(Command::File(FileCommand::Locate(*place, path))),
            _ => {
                if let Some(saving) = &mut self.saving {
                    saving.picked(path);
                }
                None
            }
        }
    }

    /// Holds back what would leave unsaved work behind, and asks.
    pub(super) fn holds_back(&mut self, state: &State, command: &Command) -> bool {
        let leaves = match command {
            Command::Open(source) => state.leaves_file(source),
            Command::File(command) => {
                matches!(command, FileCommand::Open(_) | FileCommand::Reopen | FileCommand::Recover)
            }
            _ => false,
        };
        if leaves && state.file.unsaved {
            self.asking = Some(Then::Do(command.clone()));
        }
        leaves && state.file.unsaved
    }

    /// Before each frame: the window's title, and whether it may close.
    pub(super) fn attend(&mut self, ctx: &egui::Context, state: &State) -> Option<Command> {
        let title = state.title();
        if self.title != title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
        if ctx.input(|input| input.viewport().close_requested()) && state.file.unsaved && !self.may_close {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.asking = Some(Then::Close);
        }
        let writing = state.jobs.iter().any(|job| job.purpose == Work::Write);
        match self.after_save.take() {
            Some(then) if !state.file.unsaved && state.file.path.is_some() => self.go_on(ctx, then),
            // A file that could not be written keeps the work where it is; why is among the notices.
            Some(then) => {
                self.after_save = Some(then).filter(|_| writing || self.saving.is_some());
                None
            }
            None => None,
        }
    }

    fn go_on(&mut self, ctx: &egui::Context, then: Then) -> Option<Command> {
        match then {
            Then::Close => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
                None
            }
            Then::Do(command) => Some(command),
        }
    }

    /// Shows the dialogs. What they ask for is not held back again.
    pub(super) fn show(&mut self, ctx: &egui::Context, state: &State, dialogs: &mut Dialogs) -> Vec<Command> {
        let mut commands = Vec::new();
        if let Some(saving) = &mut self.saving {
            match save::show(ctx, saving) {
                save::Outcome::Open => {}
                save::Outcome::Closed => (self.saving, self.after_save) = (None, None),
                save::Outcome::Browse(path) => dialogs.ask(Purpose::SaveWorkspace(path), ctx),
                save::Outcome::Save(path) => {
                    commands.push(Command::File(FileCommand::Save(path)));
                    self.saving = None;
                }
            }
        }
        if let Some(relocation) = &state.file.relocation {
            commands.extend(self.moved(ctx, relocation, dialogs).map(Command::File));
        } else {
            self.moved = None;
        }
        if let Some(then) = self.asking.take() {
            match leave::show(ctx, state, &then) {
                None => self.asking = Some(then),
                Some(leave::Answer::Cancel) => {}
                Some(leave::Answer::DontSave) => commands.extend(self.go_on(ctx, then)),
                Some(leave::Answer::Save) => {
                    self.after_save = Some(then);
                    commands.extend(self.save(state));
                }
            }
        }
        commands
    }

    fn moved(&mut self, ctx: &egui::Context, relocation: &Relocation, dialogs: &mut Dialogs) -> Option<FileCommand> {
        let moved = self.moved.get_or_insert_with(moved::Moved::default);
        match moved::show(ctx, relocation, moved) {
            moved::Outcome::Open => None,
            moved::Outcome::Browse(place) => {
                dialogs.ask(Purpose::Locate(place), ctx);
                None
            }
            moved::Outcome::Do(command) => Some(command),
        }
    }
}

/// A dialog of this kind: in the middle, of this width, above everything else.
pub(super) fn window(title: &str) -> egui::Window<'_> {
    let window = egui::Window::new(title).collapsible(false).resizable(false);
    window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground)
}

pub(super) fn escaped(ctx: &egui::Context) -> bool {
    ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape))
}

/// The main button of a dialog.
pub(super) fn main_button(ui: &egui::Ui, text: &str) -> egui::Button<'static> {
    egui::Button::new(egui::RichText::new(text).strong()).fill(ui.visuals().selection.bg_fill)
}

/// The path with the ending of workspace files.
fn with_ending(path: PathBuf) -> PathBuf {
    if files::is_workspace(&path) || path.file_name().is_none() {
        return path;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ENDING);
    path.with_file_name(name)
}
