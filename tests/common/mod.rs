//! What the tests of the window share: a real window on whatever adapter there is (software Vulkan in
//! CI), computing on the CPU, driven by accessible names. Waiting is by condition with a deadline, never
//! by number of frames.

#![allow(dead_code, reason = "not every file of tests needs all of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a failed step is a failed test")]
#![allow(unreachable_pub, reason = "shared by several files of tests")]

pub mod windowless;

use bondscope::gpu::{Compute, Gpu};
use bondscope::ui::{App, Options, Picker, Purpose, egui_setup};
use bondscope::workspace::{Command, Source, State, Workspace};
use eframe::egui::{Key, Modifiers, Pos2, Role, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

pub use windowless::DEADLINE;

/// The one device of the process; `None` without an adapter.
pub static GPU: LazyLock<Option<Gpu>> = LazyLock::new(|| Gpu::new(Compute::Cpu).ok().filter(|gpu| gpu.setup.is_some()));

/// Software rasterisers are slow enough without each other's company.
pub static TURN: Mutex<()> = Mutex::new(());

/// A dialog that always answers the same.
pub struct Always(pub Option<PathBuf>);

impl Picker for Always {
    fn pick(&self, _: &Purpose) -> Option<PathBuf> {
        self.0.clone()
    }
}

/// A window on which nothing is open; `None` (with a word) without an adapter.
pub fn empty(picked: Option<PathBuf>) -> Option<(Harness<'static, App>, MutexGuard<'static, ()>)> {
    prepared(picked, |workspace| workspace)
}

/// The same on a workspace with something special about it.
pub fn prepared(
    picked: Option<PathBuf>,
    prepare: impl FnOnce(Workspace) -> Workspace,
) -> Option<(Harness<'static, App>, MutexGuard<'static, ()>)> {
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(gpu) = GPU.clone() else {
        assert!(std::env::var_os("BONDSCOPE_REQUIRE_GPU").is_none(), "a graphics adapter is required here");
        println!("skipped: there is no graphics adapter");
        return None;
    };
    let setup = egui_setup(&gpu).expect("an adapter");
    let builder = Harness::builder().with_size([1280.0, 800.0]).with_theme(Theme::Light).wgpu_setup(setup);
    let harness = builder.build_eframe(|cc| {
        let ctx = cc.egui_ctx.clone();
        let workspace = Workspace::new(gpu, Arc::new(move || ctx.request_repaint())).expect("threads");
        App::new(cc, prepare(workspace), Options { persist: false, picker: Arc::new(Always(picked)) })
    });
    Some((harness, turn))
}

/// A window with the bundled molecules, its first picture drawn.
pub fn open(picked: Option<PathBuf>) -> Option<(Harness<'static, App>, MutexGuard<'static, ()>)> {
    let (mut harness, turn) = empty(picked)?;
    harness.state_mut().apply(Command::Open(Source::Bundled));
    run_until(&mut harness, "the first molecule is measured and drawn", |app| {
        settled(app) && state(app).comparison.is_some()
    });
    Some((harness, turn))
}

pub fn state(app: &App) -> &State {
    &app.workspace().state
}

/// Whether everything asked for is there and painted.
pub fn settled(app: &App) -> bool {
    app.workspace().is_idle() && !state(app).is_stale() && app.picture().is_some()
}

#[track_caller]
pub fn run_until(harness: &mut Harness<'_, App>, what: &str, condition: impl Fn(&App) -> bool) {
    let since = Instant::now();
    harness.step();
    while !condition(harness.state()) {
        assert!(since.elapsed() < DEADLINE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    // One more frame shows what the last event changed.
    harness.step();
}

pub fn click_at(harness: &mut Harness<'_, App>, at: Pos2) {
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    harness.step();
}

/// Clicks a widget as soon as it is there: menus and dialogs take a frame or two to appear.
#[track_caller]
pub fn click(harness: &mut Harness<'_, App>, role: Role, label: &str) {
    let since = Instant::now();
    while harness.query_by_role_and_label(role, label).is_none() {
        assert!(since.elapsed() < DEADLINE, "waited in vain for {role:?} {label:?}");
        harness.step();
    }
    harness.get_by_role_and_label(role, label).click();
    harness.step();
}

#[track_caller]
pub fn type_path(harness: &mut Harness<'_, App>, field: &str, path: &Path) {
    harness.get_by_label(field).set_text_value_accesskit(&path.display().to_string());
    harness.step();
}

pub fn open_by_path_field(harness: &mut Harness<'_, App>, path: &Path) {
    type_path(harness, "Path of a file to open", path);
    click(harness, Role::Button, "Open");
}

pub fn prediction(app: &App) -> (f32, f32) {
    let comparison = state(app).comparison.as_ref().expect("an answer");
    (comparison.baseline.prediction[0], comparison.edited.prediction[0])
}

/// Whether the model of that name has answered about the molecule shown.
pub fn answered(app: &App, name: &str) -> bool {
    state(app).comparison.as_ref().is_some_and(|comparison| &*comparison.probe.model.name == name) && settled(app)
}

/// Chooses an untrained model by the menu and waits for its answer.
#[track_caller]
pub fn choose(harness: &mut Harness<'_, App>, name: &str) {
    let listed = state(harness.state()).checkpoints.iter().find(|checkpoint| &*checkpoint.id.name == name);
    let title = listed.expect("a listed model").title.clone();
    click(harness, Role::ComboBox, "Model");
    click(harness, Role::Button, &title);
    run_until(harness, "the chosen model has answered", |app| answered(app, name));
}

/// Opens the palette.
pub fn open_palette(harness: &mut Harness<'_, App>) {
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.step();
    harness.step();
}

/// Opens the palette, types and presses Enter.
pub fn find(harness: &mut Harness<'_, App>, text: &str) {
    open_palette(harness);
    harness.get_by_label("Command palette").type_text(text);
    harness.step();
    harness.step();
    harness.key_press(Key::Enter);
    harness.step();
    harness.step();
}
