//! The window itself, running work, and help.

use super::super::row::{action, ctrl, just, key, panel, shift, when};
use super::super::{Action, ActionId as Id, WindowCommand};
use crate::ui::help::Page;
use crate::ui::layout::Pane;
use crate::ui::settings::Appearance;
use crate::workspace::Command;
use eframe::egui::Key;

pub(super) static ROWS: &[Action] = &[
    action(Id::Light, "Light theme", "Dark on white, as on paper", &[], |_| {
        just(WindowCommand::Appearance(Appearance::Light))
    }),
    action(Id::Dark, "Dark theme", "Bright on dark", &[], |_| just(WindowCommand::Appearance(Appearance::Dark))),
    action(Id::System, "System theme", "As the desktop has it", &[], |_| {
        just(WindowCommand::Appearance(Appearance::System))
    }),
    action(
        Id::LargerText,
        "Larger text",
        "Magnify the whole window, up to 200 %",
        &[ctrl(Key::Plus), ctrl(Key::Equals)],
        |_| just(WindowCommand::TextZoom(Some(0.1))),
    ),
    action(Id::SmallerText, "Smaller text", "Shrink the whole window, down to 80 %", &[ctrl(Key::Minus)], |_| {
        just(WindowCommand::TextZoom(Some(-0.1)))
    }),
    action(Id::NormalText, "Normal text", "Back to 100 %", &[ctrl(Key::Num0)], |_| just(WindowCommand::TextZoom(None))),
    action(Id::NextPanel, "Next panel", "Bring the keyboard to the next panel", &[key(Key::F6)], |_| {
        just(WindowCommand::CyclePanels(true))
    }),
    action(Id::PreviousPanel, "Previous panel", "Bring the keyboard to the panel before", &[shift(Key::F6)], |_| {
        just(WindowCommand::CyclePanels(false))
    }),
    action(Id::PanelLibrary, "Go to the library", "The list of molecules", &[ctrl(Key::Num1)], |_| {
        panel(Pane::Library)
    }),
    action(Id::PanelMolecule, "Go to the molecule", "The drawing", &[ctrl(Key::Num2)], |_| panel(Pane::Molecule)),
    action(Id::PanelInspector, "Go to the inspector", "Bonds and their layers", &[ctrl(Key::Num3)], |_| {
        panel(Pane::Inspector)
    }),
    action(Id::PanelEdgeRatios, "Go to the edge ratios", "Sorted ratios of this molecule", &[ctrl(Key::Num4)], |_| {
        panel(Pane::EdgeRatios)
    }),
    action(
        Id::PanelBatchMaxima,
        "Go to the batch maxima",
        "Largest ratios of many molecules",
        &[ctrl(Key::Num5)],
        |_| panel(Pane::BatchMaxima),
    ),
    action(Id::PanelHistogram, "Go to the histogram", "Log ratios with their gamma fit", &[ctrl(Key::Num6)], |_| {
        panel(Pane::Histogram)
    }),
    action(
        Id::PanelGallery,
        "Go to the gallery",
        "Thumbnails of all listed molecules",
        &[ctrl(Key::Num8), key(Key::G)],
        |_| panel(Pane::Gallery),
    ),
    action(Id::PanelLog, "Go to the log", "Everything that was done or went wrong", &[ctrl(Key::Num7)], |_| {
        panel(Pane::Log)
    }),
    when(
        action(Id::CloseNotices, "Close all notices", "The log keeps them", &[], |state| {
            let open = state.notices.iter().filter(|notice| notice.open);
            just(Command::Dismiss(open.map(|notice| notice.id).collect()))
        }),
        |state| state.notices.iter().any(|notice| notice.open),
    ),
    action(Id::ResetLayout, "Reset layout", "Put every panel back where it was at first", &[], |_| {
        just(WindowCommand::ResetLayout)
    }),
    when(
        action(Id::StopAll, "Stop background work", "Stop everything that runs and keep what it has", &[], |state| {
            state.jobs.iter().filter(|job| !job.stopping).map(|job| Command::Stop(job.id).into()).collect()
        }),
        |state| state.jobs.iter().any(|job| !job.stopping),
    ),
    action(
        Id::Tour,
        "Tour of the first minutes",
        "Five steps on the bundled molecules, from choosing one to a figure in a file",
        &[],
        |_| just(WindowCommand::Tour),
    ),
    action(
        Id::Terms,
        "What the numbers mean",
        "Ratio, base band, explicit bias, KS statistic",
        &[key(Key::F1)],
        |_| just(WindowCommand::Show(Page::Terms)),
    ),
    action(Id::Keys, "Keyboard shortcuts", "All keys in one list", &[ctrl(Key::Slash)], |_| {
        just(WindowCommand::Show(Page::Keys))
    }),
    action(Id::About, "About Bondscope", "Version, licences, models and device", &[], |_| {
        just(WindowCommand::Show(Page::About))
    }),
];
