//! The question before a window is closed in which a network is being trained.

use crate::ui::document::{escaped, main_button, window};
use crate::ui::parts;
use crate::workspace::State;
use eframe::egui::{self, Button, Color32, Label, ViewportCommand};

/// What became of the wish to close the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::ui) enum Leaving {
    /// There was none.
    #[default]
    No,
    /// The user is being asked.
    Asking,
    /// When the training is over.
    WhenDone,
    /// At once.
    Now,
}

impl Leaving {
    /// Before each frame: whether the window has to stay open although it was to be closed.
    pub(in crate::ui) fn holds(&mut self, ctx: &egui::Context, state: &State) -> bool {
        let trains = state.run_job().is_some();
        if *self == Self::WhenDone && !trains {
            *self = Self::Now;
            ctx.send_viewport_cmd(ViewportCommand::Close);
        }
        let held = trains && *self != Self::Now && ctx.input(|input| input.viewport().close_requested());
        if held {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            *self = Self::Asking;
        }
        held
    }

    /// Shows the question, if it is to be asked.
    pub(in crate::ui) fn show(&mut self, ctx: &egui::Context, state: &State) {
        if *self != Self::Asking {
            return;
        }
        if state.run_job().is_none() {
            *self = Self::Now;
            ctx.send_viewport_cmd(ViewportCommand::Close);
            return;
        }
        window("Training goes on").show(ctx, |ui| {
            ui.set_width(460.0);
            let name = state.run().map_or_else(String::new, |run| run.name());
            let text = format!(
                "{name} is being trained. Stopped, it keeps everything it has learned and can be resumed exactly there."
            );
            ui.add(Label::new(text).wrap());
            ui.add_space(8.0);
            parts::from_right(ui, |ui| {
                if ui.add(main_button(ui, "Stop and close")).clicked() {
                    *self = Self::Now;
                    ctx.send_viewport_cmd(ViewportCommand::Close);
                }
                let plain = |text: &'static str| Button::new(text).fill(Color32::TRANSPARENT);
                let tip = "Goes on as a small window and closes by itself";
                if ui.add(plain("Close when done")).on_hover_text(tip).clicked() {
                    *self = Self::WhenDone;
                    ctx.send_viewport_cmd(ViewportCommand::Minimized(true));
                }
                if ui.add(plain("Cancel")).clicked() {
                    *self = Self::No;
                }
            });
        });
        if escaped(ctx) {
            *self = Self::No;
        }
    }
}
