//! Files of a workspace that are not where they were, or not what they were: where they are now, or without them.

use super::{escaped, main_button, window};
use crate::ui::files;
use crate::ui::parts::{self, weak};
use crate::workspace::{FileCommand, Found, Reference, Relocation};
use eframe::egui::{self, Button, Color32, RichText, TextEdit, Ui};

/// The paths as they stand in the fields.
#[derive(Default)]
pub(super) struct Moved {
    paths: Vec<String>,
    /// The files that the fields were last brought in line with.
    known: Vec<Reference>,
}

/// What the dialog asks for this frame.
pub(super) enum Outcome {
    /// Nothing.
    Open,
    /// Ask for a file with the native dialog, by its place.
    Browse(usize),
    /// This.
    Do(FileCommand),
}

pub(super) fn show(ctx: &egui::Context, relocation: &Relocation, own: &mut Moved) -> Outcome {
    let references = &relocation.references;
    if own.known != *references {
        own.known.clone_from(references);
        own.paths = references.iter().map(|reference| reference.path.display().to_string()).collect();
    }
    let mut outcome = Outcome::Open;
    window("Files of the workspace").show(ctx, |ui| {
        ui.set_width(560.0);
        let name = relocation.path.file_name().unwrap_or_default().to_string_lossy();
        let text = format!("{name} needs files that have moved or changed. Where are they?");
        ui.add(egui::Label::new(text).wrap());
        ui.add_space(4.0);
        for (place, (reference, path)) in references.iter().zip(&mut own.paths).enumerate() {
            if let Some(found) = row(ui, place, reference, path) {
                outcome = found;
            }
        }
        let is_missing = |reference: &Reference| reference.found == Found::Missing;
        let missing = references.iter().filter(|reference| is_missing(reference)).count();
        let changed = references.iter().filter(|reference| reference.found == Found::Changed).count();
        ui.add_space(2.0);
        if references.iter().any(|reference| is_missing(reference) && reference.is_data) {
            note(ui, "Without its molecules a workspace opens without selection, ablations and labels.");
        } else if changed > 0 {
            note(ui, "In a changed file, molecules are found again by line and structure.");
        }
        ui.add_space(6.0);
        parts::from_right(ui, |ui| {
            let text = match (missing, changed) {
                (0, 0) => "Open",
                (0, _) => "Open with what is there",
                (1, _) => "Open without it",
                _ => "Open without them",
            };
            if ui.add(main_button(ui, text)).clicked() {
                outcome = Outcome::Do(FileCommand::Proceed);
            }
            if ui.add(Button::new("Cancel").fill(Color32::TRANSPARENT)).clicked() {
                outcome = Outcome::Do(FileCommand::Cancel);
            }
        });
    });
    if escaped(ctx) { Outcome::Do(FileCommand::Cancel) } else { outcome }
}

fn note(ui: &mut Ui, text: &str) {
    ui.add(egui::Label::new(weak(text)).wrap());
}

/// A piece of a row that is as wide in every row.
fn column(ui: &mut Ui, width: f32, add: impl FnOnce(&mut Ui) -> egui::Response) -> egui::Response {
    let size = egui::vec2(width, ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, egui::Layout::left_to_right(egui::Align::Center), |ui| {
        ui.set_min_width(width);
        add(ui)
    })
    .inner
}

/// A file: what it is, how it was met, and where it is.
fn row(ui: &mut Ui, place: usize, reference: &Reference, path: &mut String) -> Option<Outcome> {
    let mut outcome = None;
    let what = if reference.is_data { "Molecules" } else { "Weights" };
    let (state, tip, color) = match reference.found {
        Found::Same => ("found", "It is what it was", ui.visuals().weak_text_color()),
        Found::Changed => {
            ("changed", "It has another content than when the workspace was saved", ui.visuals().warn_fg_color)
        }
        Found::Missing => ("missing", "There is no such file", ui.visuals().error_fg_color),
    };
    ui.horizontal(|ui| {
        column(ui, 72.0, |ui| ui.label(what));
        column(ui, 60.0, |ui| ui.label(RichText::new(state).color(color))).on_hover_text(tip);
        parts::from_right(ui, |ui| {
            let browse = ui.add(Button::new("Locate…"));
            if parts::named(browse, &format!("Locate {}", what.to_lowercase())).clicked() {
                outcome = Some(Outcome::Browse(place));
            }
            let field = TextEdit::singleline(path).desired_width(f32::INFINITY);
            let field = parts::named(ui.add(field), &format!("Path of the {}", what.to_lowercase()));
            let field = field.on_hover_text(path.as_str());
            let typed = files::expand(path.trim());
            if field.lost_focus() && typed != reference.path {
                outcome = Some(Outcome::Do(FileCommand::Locate(place, typed)));
            }
        });
    });
    outcome
}
