//! A training run that a closed window or a crash left before its end, offered in a bar at the next start.

use crate::engine::run::RunFolder;
use crate::ui::actions::{Effect, WindowCommand};
use crate::ui::document::main_button;
use crate::ui::layout::Pane;
use crate::ui::theme;
use crate::workspace::{Command, RunCommand, State};
use eframe::egui::{self, Label, RichText, Ui};
use std::path::PathBuf;

/// What is offered.
#[derive(Clone, Debug, Default)]
pub(in crate::ui) struct Offer(Option<PathBuf>);

impl Offer {
    /// The run of that folder, if it is still there and not over.
    pub(in crate::ui) fn of(folder: Option<PathBuf>) -> Self {
        let waits = |folder: &PathBuf| {
            let run = RunFolder::at(folder);
            run.run_file().is_file() && !run.result().is_file()
        };
        Self(folder.filter(waits))
    }

    /// What is to be offered at the next start: what was left now, or what nobody has answered yet.
    pub(in crate::ui) fn next(&self, state: &State) -> Option<PathBuf> {
        state.unfinished_run().map(std::path::Path::to_owned).or_else(|| self.0.clone())
    }

    /// Shows the bar, if there is anything to offer.
    pub(in crate::ui) fn show(&mut self, ui: &mut Ui) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(folder) = self.0.clone() else { return effects };
        egui::Panel::top("unfinished run").frame(theme::bar(ui)).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new("A training run is not finished.").strong());
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                ui.add(Label::new(name).truncate()).on_hover_text(folder.display().to_string());
                if ui.add(main_button(ui, "Show run")).on_hover_text("Its curves, and the way to resume it").clicked() {
                    effects.push(WindowCommand::FocusPanel(Pane::Training).into());
                    effects.push(Command::Run(RunCommand::Open(folder)).into());
                    self.0 = None;
                }
                if ui.button("Not now").on_hover_text("The run stays in its folder").clicked() {
                    self.0 = None;
                }
            });
        });
        effects
    }
}
