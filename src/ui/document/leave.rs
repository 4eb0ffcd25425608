//! The question before unsaved work in a named file is left. Work without a name is kept by itself and asks nothing.

use super::{Then, escaped, main_button, window};
use crate::ui::parts;
use crate::workspace::State;
use eframe::egui::{self, Button, Color32};

/// What the user said.
pub(super) enum Answer {
    Save,
    DontSave,
    Cancel,
}

pub(super) fn show(ctx: &egui::Context, state: &State, then: &Then) -> Option<Answer> {
    let name = state.file.path.as_deref().and_then(|path| path.file_name()).unwrap_or_default().to_string_lossy();
    let mut answer = None;
    window("Unsaved changes").show(ctx, |ui| {
        ui.set_width(420.0);
        let before = match then {
            Then::Close => "before Bondscope closes",
            Then::Do(_) => "before something else is opened",
        };
        ui.add(egui::Label::new(format!("Save the changes to {name} {before}?")).wrap());
        ui.add_space(8.0);
        parts::from_right(ui, |ui| {
            let plain = |text: &'static str| Button::new(text).fill(Color32::TRANSPARENT);
            if ui.add(main_button(ui, "Save")).clicked() {
                answer = Some(Answer::Save);
            }
            if ui.add(plain("Don’t save")).clicked() {
                answer = Some(Answer::DontSave);
            }
            if ui.add(plain("Cancel")).clicked() {
                answer = Some(Answer::Cancel);
            }
        });
    });
    if escaped(ctx) { Some(Answer::Cancel) } else { answer }
}
