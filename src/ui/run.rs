//! Opens the window, or says in one sentence why it cannot and what works without one.

use super::{App, NativePicker, Options, files};
use crate::domain::ColumnChoice;
use crate::gpu::{Compute, Gpu};
use crate::workspace::{Command, Source, Workspace};
use eframe::egui::{self, ViewportBuilder};
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup, WgpuSetupExisting};
use std::path::PathBuf;
use std::sync::Arc;

/// Name under which desktops and the settings folder know the program.
const APP_ID: &str = "bondscope";

/// Inner size of the window at the very first start, points.
const SIZE: [f32; 2] = [1280.0, 800.0];

/// Inner size below which panels would overlap.
const SMALLEST: [f32; 2] = [820.0, 560.0];

/// What needs no window.
const HEADLESS: &str = "inspect, trace, analyze, figure, train and models work without a window (see --help)";

const ICON: &[u8] = include_bytes!("../../assets/icon.png");

/// How to start.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Molecules, a workspace or weights to open; the bundled molecules if there is none.
    pub file: Option<PathBuf>,
    /// What is known about its columns.
    pub columns: ColumnChoice,
    /// Where to compute.
    pub device: Compute,
    /// Whether settings are remembered.
    pub persist: bool,
}

/// Our device handles in the form that egui wants; `None` if there is no adapter.
pub fn egui_setup(gpu: &Gpu) -> Option<WgpuSetup> {
    let setup = gpu.setup.clone()?;
    let existing = WgpuSetupExisting {
        instance: setup.instance,
        adapter: setup.adapter,
        device: setup.device,
        queue: setup.queue,
    };
    Some(WgpuSetup::Existing(existing))
}

/// Opens the window and returns when it is closed.
///
/// # Errors
/// One sentence: there is no display, no graphics adapter, or the window system refused.
pub fn run(start: Start) -> Result<(), String> {
    if !has_display() {
        return Err(format!("no display was found (neither DISPLAY nor WAYLAND_DISPLAY is set); {HEADLESS}"));
    }
    let gpu = Gpu::new(start.device).map_err(|error| error.to_string())?;
    let Some(wgpu_setup) = egui_setup(&gpu) else {
        return Err(format!(
            "no graphics adapter was found to draw the window with; install the Mesa drivers (Debian and Ubuntu: mesa-vulkan-drivers); {HEADLESS}"
        ));
    };
    let mut viewport = ViewportBuilder::default()
        .with_title("Bondscope")
        .with_app_id(APP_ID)
        .with_inner_size(SIZE)
        .with_min_inner_size(SMALLEST)
        .with_drag_and_drop(true);
    match eframe::icon_data::from_png_bytes(ICON) {
        Ok(icon) => viewport = viewport.with_icon(icon),
        Err(error) => log::warn!("the window has no icon: {error}"),
    }
    let options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Wgpu,
        wgpu_options: WgpuConfiguration { wgpu_setup, ..WgpuConfiguration::default() },
        persist_window: start.persist,
        ..eframe::NativeOptions::default()
    };
    let create: eframe::AppCreator<'_> = Box::new(move |cc| Ok(Box::new(create(cc, gpu, start)?)));
    eframe::run_native(APP_ID, options, create).map_err(|error| {
        format!(
            "the window could not be opened ({error}); if the adapter cannot show windows, name another in CUBECL_WGPU_DEFAULT_DEVICE; {HEADLESS}"
        )
    })
}

fn create(cc: &eframe::CreationContext<'_>, gpu: Gpu, start: Start) -> std::io::Result<App> {
    let ctx: egui::Context = cc.egui_ctx.clone();
    let mut workspace = Workspace::new(gpu, Arc::new(move || ctx.request_repaint()))?.with_unasked_sweeps();
    if let Some(folder) = eframe::storage_dir(APP_ID).filter(|_| start.persist) {
        workspace = workspace.with_autosave(folder.join("unsaved"));
    }
    let options = Options { persist: start.persist, picker: Arc::new(NativePicker) };
    let mut app = App::new(cc, workspace, options);
    let choice = start.columns;
    let first = start.file.map(|path| match files::open_path(path) {
        Command::Open(Source::File(path)) => Command::Open(Source::Columns { path, choice }),
        other => other,
    });
    if !matches!(first, Some(Command::Open(_) | Command::File(_))) {
        app.apply(Command::Open(Source::Bundled));
    }
    first.into_iter().for_each(|command| app.apply(command));
    Ok(app)
}

/// Whether there is anything to open a window on; other systems always have one.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(not(target_os = "linux")) || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
