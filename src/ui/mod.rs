//! The window. Panels read the state and return what the user asked for; [`App`] hands that to the
//! workspace once a frame. Nothing here waits: files, models and dialogs have threads of their own, and
//! egui types never leave this layer.

mod ablation;
mod absent;
pub mod actions;
mod arrangement;
mod assumptions;
mod bars;
mod base;
mod canvas;
mod charts;
mod clipboard;
mod columns;
mod composer;
mod detail;
mod document;
mod edits;
mod export;
mod files;
mod focus;
mod formula;
mod gallery;
mod help;
mod icons;
mod inspector;
mod labels;
mod lanes;
mod layout;
mod library;
mod log;
mod model;
mod molecule;
mod notices;
mod palette;
mod parts;
mod plot;
mod prediction;
mod projections;
mod rules;
mod run;
mod saturation;
mod settings;
mod spoken;
mod status;
mod strip;
mod terms;
mod theme;
mod tooltip;
mod tour;
mod training;
mod walk;
mod windows;

pub use clipboard::CopyAs;
pub use export::Subject;
pub use files::{NativePicker, Picker, Purpose};
pub use help::Page;
pub use layout::Pane;
pub use run::{Start, egui_setup, run};
pub use settings::Appearance;
pub use terms::Term;
pub use walk::Walk;

use crate::scene::Pick;
use crate::workspace::{Command, Compose, Picture, Severity, Workspace};
use actions::{ActionId, Effect, WindowCommand};
use eframe::egui::{self, ViewportCommand};
use export::Export;
use files::Dialogs;
use settings::Settings;
use std::sync::Arc;
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
    log: log::Log,
    gallery: gallery::Gallery,
    edits: edits::Panel,
    training: training::Panel,
    /// Whether panels were moved since the layout was last written down.
    rearranged: bool,
    /// The painted molecule of the last frame, in every state side by side.
    pictures: lanes::Pictures,
    /// Whether there was room for one row of panels only in the last frame.
    low: Option<bool>,
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
    document: document::Document,
    export: Option<Export>,
    base: Option<base::Choice>,
    composer: Option<composer::Composer>,
    clipboard: clipboard::Clipboard,
    assumptions: Option<assumptions::Answers>,
    columns: Option<columns::Draft>,
    page: Option<Page>,
    notices: notices::Notices,
    palette: Option<palette::Palette>,
    tour: Option<tour::Tour>,
    leaving: training::Leaving,
    offer: training::Offer,
    memory: status::Memory,
    failure: Option<canvas::Failure>,
    /// The arrangement of panels that the window last took over or handed over.
    layout: Option<Arc<str>>,
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
        settings.model_command(&workspace.state).into_iter().for_each(|command| workspace.apply(command));
        settings.view_commands().into_iter().for_each(|command| workspace.apply(command));
        let installed = cc.wgpu_render_state.as_ref().map(canvas::install);
        let failure = match installed {
            Some(Err(error)) => {
                workspace.apply(Command::Tell(Severity::Error, error));
                None
            }
            Some(Ok(failure)) => Some(failure),
            None => None,
        };
        // Where nothing is remembered every start would be the first.
        let tour = (options.persist && !settings.toured).then(tour::Tour::default);
        let layout = arrangement::write(&settings);
        let offer = training::Offer::of(settings.unfinished.clone());
        workspace.apply(Command::SetLayout(layout.clone()));
        Self {
            workspace,
            settings,
            session: Session::default(),
            dialogs: Dialogs::new(options.picker),
            document: document::Document::default(),
            export: None,
            base: None,
            composer: None,
            clipboard: clipboard::Clipboard::default(),
            assumptions: None,
            columns: None,
            page: None,
            notices: notices::Notices::default(),
            palette: None,
            tour,
            leaving: training::Leaving::default(),
            offer,
            memory: status::Memory::default(),
            failure,
            layout,
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

    /// Puts the panels into rows of cells, each with some panels as tabs; panels that are not named become
    /// further tabs of the last cell.
    pub fn lay_out(&mut self, rows: &[&[&[Pane]]]) {
        self.settings.tree = layout::rows(rows);
        self.settings.maximized = None;
        (self.session.width, self.session.columns) = (None, None);
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
        if self.palette.is_some() {
            // Whatever is typed is meant for it.
            return;
        }
        for action in actions::pressed(ctx) {
            if let (ActionId::ExportMolecule, Some(composer)) = (action.id, &mut self.composer) {
                composer.save();
            } else if (action.enabled)(&self.workspace.state) {
                for effect in (action.run)(&self.workspace.state) {
                    self.execute(ctx, effect);
                }
                ctx.request_repaint();
            }
        }
    }

    fn execute(&mut self, ctx: &egui::Context, effect: Effect) {
        match effect {
            Effect::Do(command) => {
                if !self.document.holds_back(&self.workspace.state, &command) {
                    let figure = Arc::clone(&self.workspace.state.figure);
                    let back_or_on = matches!(command, Command::Undo | Command::Redo);
                    self.workspace.apply(command);
                    if back_or_on && !Arc::ptr_eq(&figure, &self.workspace.state.figure) {
                        // Nothing changes unseen.
                        self.open_composer();
                    }
                }
            }
            Effect::Window(command) => self.execute_in_window(ctx, command),
        }
    }

    fn execute_in_window(&mut self, ctx: &egui::Context, command: WindowCommand) {
        match command {
            WindowCommand::PickMolecules => self.dialogs.ask(Purpose::Molecules, ctx),
            WindowCommand::PickModel => self.dialogs.ask(Purpose::Model, ctx),
            WindowCommand::PickRun => self.dialogs.ask(Purpose::Run, ctx),
            WindowCommand::PickRunBeside => self.dialogs.ask(Purpose::RunBeside, ctx),
            WindowCommand::PickRunFolder(path) => self.dialogs.ask(Purpose::RunFolder(path), ctx),
            WindowCommand::ChooseBase => {
                let chosen = self.workspace.state.checkpoint().map(|checkpoint| &checkpoint.spec);
                self.base = Some(base::Choice::like(chosen));
            }
            WindowCommand::ReviewModel => {
                self.assumptions =
                    self.workspace.state.checkpoint().and_then(|checkpoint| assumptions::Answers::of(checkpoint));
            }
            WindowCommand::FocusPath => self.focus_path(),
            WindowCommand::Save => {
                let command = self.document.save(&self.workspace.state);
                command.into_iter().for_each(|command| self.workspace.apply(command));
            }
            WindowCommand::SaveAs => self.document.save_as(&self.workspace.state),
            WindowCommand::FocusLabel => {
                if self.settings.maximized.is_some_and(|pane| pane != layout::Pane::Inspector) {
                    self.settings.maximized = None;
                }
                self.session.inspector.focus_label();
            }
            WindowCommand::Export(subject) => {
                self.export = Some(Export::new(subject, &self.workspace.state, self.settings.export_folder.as_deref()));
            }
            WindowCommand::Compose => {
                self.workspace.apply(Command::Compose(Compose::Begin));
                self.open_composer();
            }
            WindowCommand::CopyFigure(kind, form) => match self.workspace.figure(kind) {
                Ok(figure) => self.clipboard.copy(figure, form, ctx),
                Err(reason) => self.workspace.apply(Command::Tell(Severity::Warning, reason)),
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
                self.settings.tree = layout::first(self.session.low == Some(true));
                self.settings.maximized = None;
                (self.session.width, self.session.columns) = (None, None);
                self.session.rearranged = true;
            }
            WindowCommand::Show(page) => self.page = Some(page),
            WindowCommand::Tour => self.tour = Some(tour::Tour::default()),
            WindowCommand::Palette => self.palette = Some(palette::Palette::new(ctx)),
            WindowCommand::Walk(along, by) => {
                let picture = self.session.pictures.main().map(AsRef::as_ref);
                let step = walk::step(&self.workspace.state, picture, self.settings.bonds_by_value, (along, by));
                step.into_iter().for_each(|command| self.workspace.apply(command));
            }
            WindowCommand::ContextMenu => self.session.molecule.ask_for_menu(),
            WindowCommand::FocusPanel(pane) => {
                layout::bring_forward(&mut self.settings, pane);
                focus::send(ctx, pane);
            }
            WindowCommand::CyclePanels(forward) => {
                if let Some(pane) = layout::neighbour(&self.settings, focus::panel(ctx), forward) {
                    focus::send(ctx, pane);
                }
            }
            WindowCommand::NewRun => {
                layout::bring_forward(&mut self.settings, Pane::Training);
                self.session.training.begin_form();
            }
            WindowCommand::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
        }
    }

    /// Takes the arrangement of panels from the state if it changed there, as Undo does, else hands it over
    /// once the user has let go of a panel.
    fn keep_layout(&mut self, ctx: &egui::Context) {
        let wanted = &self.workspace.state.layout;
        if *wanted != self.layout {
            self.layout.clone_from(wanted);
            if self.layout.as_deref().is_some_and(|text| arrangement::restore(&mut self.settings, text)) {
                (self.session.width, self.session.columns) = (None, None);
            }
        } else if self.session.rearranged && !ctx.input(|input| input.pointer.any_down()) {
            self.session.rearranged = false;
            self.layout = arrangement::write(&self.settings);
            self.workspace.apply(Command::SetLayout(self.layout.clone()));
        }
    }

    /// The path field is in the library, which another panel may cover.
    fn focus_path(&mut self) {
        if self.settings.maximized.is_some_and(|pane| pane != layout::Pane::Library) {
            self.settings.maximized = None;
        }
        self.session.library.focus_path();
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        if self.workspace.pump() {
            ctx.request_repaint();
        }
        self.take_answers(ctx);
        if !self.leaving.holds(ctx, &self.workspace.state) {
            let waited_for = self.document.attend(ctx, &self.workspace.state);
            waited_for.into_iter().for_each(|command| self.workspace.apply(command));
        }
        if let Some(wait) = self.workspace.keeps_in() {
            ctx.request_repaint_after(wait);
        }
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
        self.keep_layout(&ctx);
        let mut effects = bars::menu(ui, &self.workspace.state, self.settings.appearance);
        effects.extend(bars::tools(ui, &self.workspace.state));
        effects.extend(document::recovery(ui, &self.workspace.state));
        effects.extend(self.offer.show(ui));
        effects.extend(status::show(ui, &self.workspace, &mut self.memory));
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
        focus::ring(&ctx);
        self.frame_time = since.elapsed();
    }

    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if self.persist {
            self.settings.unfinished = self.offer.next(&self.workspace.state);
            self.settings.save(storage, &self.workspace.state);
        }
    }

    fn on_exit(&mut self) {
        self.workspace.end_session();
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        theme::chrome(visuals).to_normalized_gamma_f32()
    }

    fn persist_egui_memory(&self) -> bool {
        // Our own settings are checked when they are read; egui's memory of widgets is not.
        false
    }
}
