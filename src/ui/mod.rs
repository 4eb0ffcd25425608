//! The window. Panels read the state and return what the user asked for; [`App`] hands that to the
//! workspace once a frame. Nothing here waits: files, models and dialogs have threads of their own, and
//! egui types never leave this layer.

mod absent;
pub mod actions;
mod assumptions;
mod bars;
mod base;
mod canvas;
mod charts;
mod clipboard;
mod columns;
mod composer;
mod detail;
mod export;
mod files;
mod help;
mod icons;
mod inspector;
mod lanes;
mod layout;
mod library;
mod model;
mod molecule;
mod notices;
mod parts;
mod plot;
mod prediction;
mod projections;
mod run;
mod saturation;
mod settings;
mod strip;
mod theme;
mod tooltip;

pub use clipboard::CopyAs;
pub use export::Subject;
pub use files::{NativePicker, Picker, Purpose};
pub use help::Page;
pub use run::{Start, egui_setup, run};
pub use settings::Appearance;

use crate::scene::Pick;
use crate::workspace::{Command, Compose, Picture, Severity, Workspace};
use actions::{Effect, WindowCommand};
use eframe::egui::{self, ViewportCommand};
use export::{Export, Outcome};
use files::{Answer, Dialogs};
use settings::Settings;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How the window differs from the standard.
pub struct Options {
    /// Whether settings are read at start and written at the end.
    pub persist: bool,
    /// Who asks the user for files.
    pub picker: Arc<dyn Picker>,
}

impl Default for Options {
    fn default() -> Self {
        Self { persist: true, picker: Arc::new(NativePicker) }
    }
}

/// What the window keeps while it is open.
#[derive(Default)]
struct Session {
    library: library::Library,
    molecule: molecule::Molecule,
    inspector: inspector::Inspector,
    charts: charts::Charts,
    /// The painted molecule of the last frame, in every state side by side.
    pictures: lanes::Pictures,
    /// Width of the panels in the last frame, points.
    width: Option<f32>,
    /// Widths of the columns as the user last set them, points.
    columns: Option<Vec<f32>>,
}

/// The window's side of the program.
pub struct App {
    workspace: Workspace,
    settings: Settings,
    session: Session,
    dialogs: Dialogs,
    export: Option<Export>,
    base: Option<base::Choice>,
    assumptions: Option<assumptions::Answers>,
    columns: Option<columns::Draft>,
    composer: Option<composer::Composer>,
    clipboard: clipboard::Clipboard,
    page: Option<Page>,
    notices: notices::Notices,
    failure: Option<canvas::Failure>,
    persist: bool,
    frame_time: Duration,
}

impl App {
    /// The app for a window that eframe (or a test) is making. Settings are applied, nothing is opened.
    pub fn new(cc: &eframe::CreationContext<'_>, mut workspace: Workspace, options: Options) -> Self {
        theme::install(&cc.egui_ctx);
        let settings = cc.storage.filter(|_| options.persist).map_or_else(Settings::default, Settings::load);
        settings.apply(&cc.egui_ctx);
        workspace.state.recent.clone_from(&settings.recent);
        settings.view_commands().into_iter().for_each(|command| workspace.apply(command));
        let mut notices = notices::Notices::default();
        let failure = cc
            .wgpu_render_state
            .as_ref()
            .and_then(|state| canvas::install(state).map_err(|error| notices.tell(Severity::Error, error)).ok());
        Self {
            workspace,
            settings,
            session: Session::default(),
            dialogs: Dialogs::new(options.picker),
            export: None,
            base: None,
            assumptions: None,
            columns: None,
            composer: None,
            clipboard: clipboard::Clipboard::default(),
            page: None,
            notices,
            failure,
            persist: options.persist,
            frame_time: Duration::ZERO,
        }
    }

    /// What is shown.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// Gives a command as a menu or shortcut would.
    pub fn apply(&mut self, command: Command) {
        self.workspace.apply(command);
    }

    /// Where on screen an atom or bond of the molecule is drawn, in points; `None` if it is not.
    pub fn screen_position(&self, pick: Pick) -> Option<egui::Pos2> {
        self.session.molecule.screen_position(&self.session.pictures.main()?.scene, pick)
    }

    /// What the molecule panel shows of the main state, colours included.
    pub fn picture(&self) -> Option<&Arc<Picture>> {
        self.session.pictures.main()
    }

    /// Where on screen a point of the picture is, in points.
    pub fn to_screen(&self, point: glam::Vec2) -> Option<egui::Pos2> {
        self.session.molecule.to_screen(point)
    }

    /// Our own time in the last frame: from the first widget to the last.
    pub fn frame_time(&self) -> Duration {
        self.frame_time
    }

    /// Does what keys ask for, each press on the state that the one before left.
    fn obey_keys(&mut self, ctx: &egui::Context) {
        for action in actions::pressed(ctx) {
            if (action.enabled)(&self.workspace.state) {
                for effect in (action.run)(&self.workspace.state) {
                    self.execute(ctx, effect);
                }
                ctx.request_repaint();
            }
        }
    }

    fn execute(&mut self, ctx: &egui::Context, effect: Effect) {
        match effect {
            Effect::Do(command) => self.workspace.apply(command),
            Effect::Window(command) => self.execute_in_window(ctx, command),
        }
    }

    fn execute_in_window(&mut self, ctx: &egui::Context, command: WindowCommand) {
        match command {
            WindowCommand::PickMolecules => self.dialogs.ask(Purpose::Molecules, ctx),
            WindowCommand::PickModel => self.dialogs.ask(Purpose::Model, ctx),
            WindowCommand::ChooseBase => {
                let chosen = self.workspace.state.checkpoint().map(|checkpoint| &checkpoint.spec);
                self.base = Some(base::Choice::like(chosen));
            }
            WindowCommand::ReviewModel => {
                self.assumptions =
                    self.workspace.state.checkpoint().and_then(|checkpoint| assumptions::Answers::of(checkpoint));
            }
            WindowCommand::FocusPath => self.focus_path(),
            WindowCommand::Export(subject) => {
                self.export = Some(Export::new(subject, &self.workspace.state, self.settings.export_folder.as_deref()));
            }
            WindowCommand::Compose => {
                let folder = self.settings.export_folder.as_deref();
                self.composer.get_or_insert_with(|| composer::Composer::new(folder));
            }
            WindowCommand::CopyFigure(kind, form) => match self.workspace.figure(kind) {
                Ok(figure) => self.clipboard.copy(figure, form, ctx),
                Err(reason) => self.notices.tell(Severity::Warning, reason),
            },
            WindowCommand::Copy(text) => ctx.copy_text(text),
            WindowCommand::Fit => self.session.molecule.fit(),
            WindowCommand::Zoom(factor) => self.session.molecule.zoom(factor),
            WindowCommand::Appearance(appearance) => {
                self.settings.appearance = appearance;
                self.settings.apply(ctx);
            }
            WindowCommand::TextZoom(step) => {
                let zoom = step.map_or(1.0, |step| ((self.settings.text_zoom + step) * 10.0).round() / 10.0);
                self.settings.text_zoom = zoom.clamp(*theme::TEXT_ZOOM.start(), *theme::TEXT_ZOOM.end());
                self.settings.apply(ctx);
            }
            WindowCommand::ResetLayout => {
                self.settings.tree = layout::first();
                self.settings.maximized = None;
                (self.session.width, self.session.columns) = (None, None);
            }
            WindowCommand::Show(page) => self.page = Some(page),
            WindowCommand::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// The path field is in the library, which another panel may cover.
    fn focus_path(&mut self) {
        if self.settings.maximized.is_some_and(|pane| pane != layout::Pane::Library) {
            self.settings.maximized = None;
        }
        self.session.library.focus_path();
    }

    fn take_answers(&mut self) {
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
                Answer::Picked(Purpose::Molecules, path) => self.workspace.apply(files::open_path(path)),
                Answer::Missing(purpose) => {
                    let text = "This desktop offers no file dialog (it needs a desktop portal or zenity); type the path instead.";
                    self.notices.tell(Severity::Warning, text);
                    if matches!(purpose, Purpose::Molecules | Purpose::Model) {
                        self.focus_path();
                    }
                }
            }
        }
        let failed =
            self.failure.as_ref().and_then(|failure| failure.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(text) = failed {
            self.notices.tell(Severity::Error, text);
        }
    }

    fn windows(&mut self, ctx: &egui::Context) -> Vec<Effect> {
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
        self.compose(ctx);
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
        let mut effects = columns::show(ctx, &self.workspace.state, &mut self.columns);
        effects.extend(notices::show(ctx, &self.workspace.state, &mut self.notices));
        effects.extend(dropped(ctx));
        effects
    }
}

impl App {
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
    fn fill_clipboard(&mut self, ctx: &egui::Context) {
        while let Some(copied) = self.clipboard.ready() {
            match copied {
                clipboard::Copied::Picture(pixels) => {
                    ctx.copy_image(clipboard::image(&pixels));
                    self.notices.tell(Severity::Info, "The picture is on the clipboard.");
                }
                clipboard::Copied::Svg(svg) => {
                    ctx.copy_text(svg);
                    self.notices.tell(Severity::Info, "The SVG is on the clipboard.");
                }
                clipboard::Copied::Failed(reason) => self.notices.tell(Severity::Error, reason),
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
        let text = "Drop to open: molecules as SMILES in CSV, TSV or .smi, weights as .safetensors or .pt";
        let font = egui::TextStyle::Heading.resolve(&style);
        painter.text(window.center(), egui::Align2::CENTER_CENTER, text, font, style.visuals.text_color());
    }
    let files = ctx.input(|input| input.raw.dropped_files.clone());
    files.iter().map(|file| files::open_path(file.path().to_owned()).into()).collect()
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if self.workspace.pump() {
            ctx.request_repaint();
        }
        self.take_answers();
        if self.workspace.state.shown.as_ref().is_some_and(|shown| shown.layout.is_none()) {
            // The quick layout takes over when the good one is late.
            ctx.request_repaint_after(Duration::from_millis(110));
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        let since = Instant::now();
        let ctx = ui.ctx().clone();
        self.fill_clipboard(&ctx);
        self.obey_keys(&ctx);
        let mut effects = bars::menu(ui, &self.workspace.state, self.settings.appearance);
        effects.extend(bars::tools(ui, &self.workspace.state));
        effects.extend(bars::status(ui, &self.workspace));
        let panels = egui::CentralPanel::no_frame()
            .show(ui, |ui| layout::show(ui, &mut self.workspace, &mut self.settings, &mut self.session));
        effects.extend(panels.inner);
        effects.extend(self.windows(&ctx));
        if !effects.is_empty() {
            ctx.request_repaint();
        }
        for effect in effects {
            self.execute(&ctx, effect);
        }
        self.frame_time = since.elapsed();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if self.persist {
            self.settings.save(storage, &self.workspace.state);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::chrome(visuals).to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        // Our own settings are checked when they are read; egui's memory of widgets is not.
        false
    }
}
