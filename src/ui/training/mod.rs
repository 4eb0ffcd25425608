//! The training panel: a form for a new run, and the run that is going on with its live curves.

mod form;
mod leave;
mod offer;
mod run;

pub(super) use leave::Leaving;
pub(super) use offer::Offer;

use super::actions::{ActionId, Effect};
use super::charts::Charts;
use super::parts;
use crate::workspace::{Draft, Workspace};
use eframe::egui::{Frame, Margin, Ui};
use std::path::Path;

/// What the panel shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Face {
    /// The form.
    #[default]
    New,
    /// The run.
    Run,
}

/// What is kept of the panel.
#[derive(Default)]
pub(super) struct Panel {
    face: Face,
    draft: Option<Draft>,
    /// Whether the numbers that are rarely changed are shown.
    more: bool,
    /// The run that was shown last, by its folder: a new one brings its face forward.
    shown: Option<std::path::PathBuf>,
    charts: Charts,
}

impl Panel {
    /// Shows the form.
    pub(super) fn begin_form(&mut self) {
        self.face = Face::New;
    }

    /// Takes the folder chosen in a native dialog.
    pub(super) fn picked(&mut self, path: &Path) {
        if let Some(draft) = &mut self.draft {
            draft.set_folder(&path.display().to_string());
        }
    }
}

/// Shows the panel.
pub(super) fn show(ui: &mut Ui, workspace: &mut Workspace, own: &mut Panel) -> Vec<Effect> {
    let run = workspace.state.run_view().map(|run| run.folder.to_owned());
    if run != own.shown {
        own.shown = run;
        if own.shown.is_some() {
            own.face = Face::Run;
        }
    }
    let mut effects = Vec::new();
    Frame::new().inner_margin(Margin { left: 10, right: 8, top: 6, bottom: 4 }).show(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for (face, text) in [(Face::New, "New run"), (Face::Run, "Run")] {
                if ui.add(parts::choice(ui, own.face == face, text)).clicked() {
                    own.face = face;
                }
            }
            effects.extend(parts::action_button(ui, ActionId::OpenRun, "Open run…", &workspace.state));
        });
        ui.add_space(2.0);
        match own.face {
            Face::New => form::show(ui, &workspace.state, own, &mut effects),
            Face::Run => run::show(ui, workspace, own, &mut effects),
        }
    });
    effects
}
