//! Saving under a name: a path to type, or the desktop's dialog, and a word before a file is replaced.

use super::{escaped, main_button, window, with_ending};
use crate::ui::files;
use crate::ui::parts;
use crate::workspace::{ENDING, State};
use eframe::egui::{self, Button, Color32, Key, TextEdit};
use std::path::{Path, PathBuf};

/// An open dialog.
pub(super) struct SaveAs {
    path: String,
    /// The existing file that the user was asked about.
    asked: Option<PathBuf>,
    fresh: bool,
}

/// How the dialog ended this frame.
pub(super) enum Outcome {
    /// It stays.
    Open,
    /// It was closed.
    Closed,
    /// Ask for the file with the native dialog.
    Browse(PathBuf),
    /// Write to this file.
    Save(PathBuf),
}

impl SaveAs {
    /// Proposes the open file, or a name beside the molecules.
    pub(super) fn new(state: &State) -> Self {
        let data = state.dataset().and_then(|dataset| dataset.path.as_deref());
        let proposed = state.file.path.clone().or_else(|| data.map(named_after));
        let proposed = proposed
            .unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join("workspace").with_extension(ENDING));
        Self { path: proposed.display().to_string(), asked: None, fresh: true }
    }

    /// Takes the file chosen in the native dialog, whose own question about overwriting was answered.
    pub(super) fn picked(&mut self, path: PathBuf) {
        self.path = path.display().to_string();
        self.asked = path.exists().then_some(path);
    }
}

/// `molecules.csv.gz` gives `molecules.bondscope`.
fn named_after(data: &Path) -> PathBuf {
    let name = data.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("workspace");
    data.with_file_name(format!("{stem}.{ENDING}"))
}

pub(super) fn show(ctx: &egui::Context, dialog: &mut SaveAs) -> Outcome {
    let mut outcome = Outcome::Open;
    let mut open = true;
    window("Save workspace").open(&mut open).show(ctx, |ui| {
        ui.set_width(470.0);
        let mut entered = false;
        parts::from_right(ui, |ui| {
            if ui.button("Browse…").clicked() {
                outcome = Outcome::Browse(files::expand(dialog.path.trim()));
            }
            let field = TextEdit::singleline(&mut dialog.path).desired_width(f32::INFINITY);
            let field = parts::named(ui.add(field), "Workspace file to write");
            if std::mem::take(&mut dialog.fresh) {
                field.request_focus();
            }
            if field.changed() {
                dialog.asked = None;
            }
            entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        });
        let path = with_ending(files::expand(dialog.path.trim()));
        let asked = dialog.asked.as_ref() == Some(&path);
        let text =
            "Keeps models, selection, edits, labels, views, panels and the figure. Molecules and weights stay in their own files.";
        ui.add(egui::Label::new(parts::weak(text)).wrap());
        if asked {
            let text = "This file exists. Saving replaces it.";
            ui.label(egui::RichText::new(text).color(ui.visuals().warn_fg_color));
        }
        ui.add_space(6.0);
        parts::from_right(ui, |ui| {
            let ready = path.file_name().is_some();
            let button = main_button(ui, if asked { "Replace" } else { "Save" });
            if ready && (ui.add_enabled(ready, button).clicked() || entered) {
                if path.exists() && !asked {
                    dialog.path = path.display().to_string();
                    dialog.asked = Some(path.clone());
                } else {
                    outcome = Outcome::Save(path.clone());
                }
            }
            if ui.add(Button::new("Cancel").fill(Color32::TRANSPARENT)).clicked() {
                outcome = Outcome::Closed;
            }
        });
    });
    if !open || escaped(ctx) { Outcome::Closed } else { outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_proposed_beside_the_molecules_and_always_has_its_ending() {
        assert_eq!(named_after(Path::new("/data/zinc.csv.gz")), Path::new("/data/zinc.bondscope"));
        assert_eq!(named_after(Path::new("/data/.csv")), Path::new("/data/workspace.bondscope"));
        assert_eq!(with_ending("/a/x".into()), Path::new("/a/x.bondscope"));
        assert_eq!(with_ending("/a/x.v2".into()), Path::new("/a/x.v2.bondscope"));
        assert_eq!(with_ending("/a/x.Bondscope".into()), Path::new("/a/x.Bondscope"));
    }
}
