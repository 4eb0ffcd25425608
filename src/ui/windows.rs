//! What opens above the panels: dialogs, pages, palette, tour and composer, and what comes back from native
//! dialogs and from the desktop.

use super::actions::Effect;
use super::export::{self, Outcome};
use super::files::{self, Answer, Purpose};
use super::{App, assumptions, base, clipboard, columns, composer, help, layout, notices, palette, theme, tour};
use crate::workspace::{Command, Compose, RunCommand, Severity};
use eframe::egui;
use std::sync::PoisonError;

impl App {
    /// Does what was chosen in native dialogs, and tells of a picture that could not be painted.
    pub(super) fn take_answers(&mut self, ctx: &egui::Context) {
        while let Some(answer) = self.dialogs.answer() {
            match answer {
                Answer::Cancelled => {}
                Answer::Picked(Purpose::Save(_), path) => {
                    if let Some(export) = &mut self.export {
                        export.picked(path);
                    }
                }
                Answer::Picked(Purpose::SaveFigure(_), path) => {
                    if let Some(composer) = &mut self.composer {
                        composer.picked(path);
                    }
                }
                Answer::Picked(Purpose::Figure, path) => self.workspace.apply(Command::Compose(Compose::Read(path))),
                Answer::Picked(Purpose::Model, path) => self.workspace.apply(Command::OpenModel(path, Box::default())),
                Answer::Picked(Purpose::Molecules, path) => self.execute(ctx, files::open_path(path).into()),
                Answer::Picked(Purpose::Run, path) => {
                    layout::bring_forward(&mut self.settings, layout::Pane::Training);
                    self.workspace.apply(Command::Run(RunCommand::Open(path)));
                }
                Answer::Picked(Purpose::RunBeside, path) => {
                    self.workspace.apply(Command::Run(RunCommand::CompareWith(path)));
                }
                Answer::Picked(Purpose::RunFolder(_), path) => self.session.training.picked(&path),
                Answer::Picked(purpose, path) => {
                    let command = self.document.picked(&purpose, path);
                    command.into_iter().for_each(|command| self.workspace.apply(command));
                }
                Answer::Missing(purpose) => {
                    let text = "This desktop offers no file dialog (it needs a desktop portal or zenity); type the path instead.";
                    self.workspace.apply(Command::Tell(Severity::Warning, text.to_owned()));
                    if matches!(purpose, Purpose::Molecules | Purpose::Model) {
                        self.focus_path();
                    }
                }
            }
        }
        let failed =
            self.failure.as_ref().and_then(|failure| failure.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(text) = failed {
            self.workspace.apply(Command::Tell(Severity::Error, text));
        }
    }

    /// Shows what is open, and returns what was asked for in it.
    pub(super) fn windows(&mut self, ctx: &egui::Context) -> Vec<Effect> {
        let mut effects = Vec::new();
        if let Some(palette) = &mut self.palette {
            match palette::show(ctx, &self.workspace.state, palette) {
                palette::Outcome::Open => {}
                palette::Outcome::Closed => self.palette = None,
                palette::Outcome::Chosen(chosen) => {
                    self.palette = None;
                    effects = chosen;
                }
            }
        }
        if let Some(page) = self.page
            && !help::show(ctx, page, &self.workspace)
        {
            self.page = None;
        }
        if let Some(export) = &mut self.export {
            match export::show(ctx, &self.workspace.state, export) {
                Outcome::Open => {}
                Outcome::Closed => self.export = None,
                Outcome::Browse(path) => self.dialogs.ask(Purpose::Save(path), ctx),
                Outcome::Write(command, path) => {
                    self.settings.export_folder = path.parent().map(std::path::Path::to_owned);
                    self.workspace.apply(command);
                    self.export = None;
                }
            }
        }
        self.leaving.show(ctx, &self.workspace.state);
        self.compose(ctx);
        for command in self.document.show(ctx, &self.workspace.state, &mut self.dialogs) {
            // What was asked about is not asked about again.
            self.workspace.apply(command);
            ctx.request_repaint();
        }
        if let Some(choice) = &mut self.base {
            match base::show(ctx, choice) {
                base::Outcome::Open => {}
                base::Outcome::Closed => self.base = None,
                base::Outcome::Chosen(name) => {
                    self.workspace.apply(Command::SetBase(name));
                    self.base = None;
                }
            }
        }
        let covered = self.export.is_some()
            || self.base.is_some()
            || self.page.is_some()
            || self.columns.is_some()
            || self.assumptions.is_some();
        if let Some(tour) = &mut self.tour
            && !tour::show(ctx, &self.workspace.state, tour, covered)
        {
            self.tour = None;
            self.settings.toured = true;
        }
        if let Some(answers) = &mut self.assumptions {
            match assumptions::show(ctx, answers) {
                assumptions::Outcome::Open => {}
                assumptions::Outcome::Closed => self.assumptions = None,
                assumptions::Outcome::Chosen(command) => {
                    self.workspace.apply(command);
                    self.assumptions = None;
                }
            }
        }
        effects.extend(columns::show(ctx, &self.workspace.state, &mut self.columns));
        effects.extend(notices::show(ctx, &self.workspace.state, &mut self.notices));
        effects.extend(dropped(ctx));
        effects
    }

    /// Opens the composer, unless it is open.
    pub(super) fn open_composer(&mut self) {
        let folder = self.settings.export_folder.as_deref();
        self.composer.get_or_insert_with(|| composer::Composer::new(folder));
    }

    /// Shows the composer, if it is open.
    fn compose(&mut self, ctx: &egui::Context) {
        let Some(composer) = &mut self.composer else { return };
        match composer::show(ctx, &mut self.workspace, composer) {
            composer::Outcome::Open(effects) => effects.into_iter().for_each(|effect| self.execute(ctx, effect)),
            composer::Outcome::Closed => self.composer = None,
            composer::Outcome::Save(path) => self.dialogs.ask(Purpose::SaveFigure(path), ctx),
            composer::Outcome::Browse => self.dialogs.ask(Purpose::Figure, ctx),
            composer::Outcome::Copy(draft, form) => self.clipboard.copy_svg(draft.svg.clone(), form, ctx),
        }
    }

    /// Puts what was drawn for it on the clipboard.
    pub(super) fn fill_clipboard(&mut self, ctx: &egui::Context) {
        while let Some(copied) = self.clipboard.ready() {
            match copied {
                clipboard::Copied::Picture(pixels) => {
                    ctx.copy_image(clipboard::image(&pixels));
                    self.workspace.apply(Command::Tell(Severity::Info, "The picture is on the clipboard.".to_owned()));
                }
                clipboard::Copied::Svg(svg) => {
                    ctx.copy_text(svg);
                    self.workspace.apply(Command::Tell(Severity::Info, "The SVG is on the clipboard.".to_owned()));
                }
                clipboard::Copied::Failed(reason) => self.workspace.apply(Command::Tell(Severity::Error, reason)),
            }
        }
    }
}

/// Files dropped onto the window, and the words shown while they hover above it.
fn dropped(ctx: &egui::Context) -> Vec<Effect> {
    if ctx.input(|input| !input.raw.hovered_files.is_empty()) {
        let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Tooltip, egui::Id::unique("drop")));
        let style = ctx.global_style();
        let window = ctx.content_rect();
        painter.rect_filled(window, 0.0, theme::veil(&style.visuals));
        let text =
            "Drop to open: molecules as SMILES in CSV, TSV or .smi, weights as .safetensors or .pt, or a workspace";
        let font = egui::TextStyle::Heading.resolve(&style);
        painter.text(window.center(), egui::Align2::CENTER_CENTER, text, font, style.visuals.text_color());
    }
    let files = ctx.input(|input| input.raw.dropped_files.clone());
    files.iter().map(|file| files::open_path(file.path().to_owned()).into()).collect()
}
