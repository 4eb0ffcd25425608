//! The export dialog: what, as what, and where to. It only ever gives a command; drawing and writing
//! happen elsewhere, and so does every check of the path but the one that a person must answer.

use super::files;
use super::parts::{self, weak};
use crate::figure::Format;
use crate::workspace::{Command, FigureKind, State};
use eframe::egui::{self, Button, Color32, DragValue, Key, TextEdit, Ui};
use std::path::{Path, PathBuf};

/// What can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A figure, or the numbers behind it.
    Figure(FigureKind),
    /// Every activation of the molecule shown.
    Trace,
}

const SUBJECTS: [(Subject, &str, &str); 6] = [
    (Subject::Figure(FigureKind::Molecule), "Molecule", "molecule"),
    (Subject::Figure(FigureKind::EdgeRatios), "Edge ratios of this molecule", "edge-ratios"),
    (Subject::Figure(FigureKind::Curves), "Batch maxima", "curves"),
    (Subject::Figure(FigureKind::Histogram), "Histogram with gamma fit", "histogram"),
    (Subject::Figure(FigureKind::Activations), "Activations of the selected bond", "activations"),
    (Subject::Trace, "Trace: every activation", "trace"),
];

/// Endings of figures, and of traces.
const FIGURES: [(&str, &str); 4] = [("svg", "SVG"), ("pdf", "PDF"), ("png", "PNG"), ("csv", "CSV numbers")];
const TRACES: [(&str, &str); 3] = [("safetensors", "safetensors"), ("npz", "NumPy npz"), ("json", "JSON")];

/// Largest scale of a PNG.
const LARGEST_SCALE: f32 = 20.0;

/// An open dialog.
pub(super) struct Export {
    subject: Subject,
    ending: &'static str,
    scale: f32,
    path: String,
    /// The existing file that the user was asked about.
    asked: Option<PathBuf>,
}

/// What a frame of the dialog led to.
pub(super) enum Outcome {
    /// Nothing yet.
    Open,
    /// It was closed.
    Closed,
    /// Ask for the file with the native dialog.
    Browse(PathBuf),
    /// Write to this file.
    Write(Command, PathBuf),
}

impl Export {
    /// A dialog for `subject`, proposing a name in `folder`.
    pub(super) fn new(subject: Subject, state: &State, folder: Option<&Path>) -> Self {
        let ending = endings(subject).first().map_or("svg", |(ending, _)| ending);
        let folder = folder.map(Path::to_owned).or_else(std::env::home_dir).unwrap_or_default();
        let path = folder.join(name(subject, state, ending)).display().to_string();
        Self { subject, ending, scale: Format::DEFAULT_SCALE, path, asked: None }
    }

    /// Takes the file chosen in the native dialog, whose own question about overwriting was answered.
    pub(super) fn picked(&mut self, path: PathBuf) {
        if let Some((ending, _)) = endings(self.subject).iter().find(|(ending, _)| has_ending(&path, ending)) {
            self.ending = ending;
        }
        self.path = path.display().to_string();
        self.asked = path.exists().then_some(path);
    }

    fn choose(&mut self, subject: Subject, state: &State) {
        let folder = Path::new(&self.path).parent().map(Path::to_owned);
        let scale = self.scale;
        *self = Self { scale, ..Self::new(subject, state, folder.as_deref()) };
    }

    fn set_ending(&mut self, ending: &'static str) {
        self.ending = ending;
        self.path = files::expand(&self.path).with_extension(ending).display().to_string();
        self.asked = None;
    }

    fn command(&self, path: PathBuf) -> Command {
        let format = match self.ending {
            "pdf" => Format::Pdf,
            "png" => Format::Png { scale: self.scale },
            "csv" => Format::Csv,
            _ => Format::Svg,
        };
        match self.subject {
            Subject::Figure(kind) => Command::Export { kind, format, path },
            Subject::Trace => Command::SaveTrace(path),
        }
    }
}

fn endings(subject: Subject) -> &'static [(&'static str, &'static str)] {
    if subject == Subject::Trace { &TRACES } else { &FIGURES }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// `gt-zinc-molecule-12-layer-3-curves.svg`, with what the figure depends on.
fn name(subject: Subject, state: &State, ending: &str) -> String {
    let word = SUBJECTS.iter().find(|(known, ..)| *known == subject).map_or("figure", |(.., word)| word);
    let model = state.checkpoint().map_or("bondscope", |checkpoint| &checkpoint.id.name);
    let layer = state.view.reading.layer;
    let molecule = state.selected.map_or_else(String::new, |id| format!("-molecule-{}", id.0));
    match subject {
        Subject::Trace | Subject::Figure(FigureKind::EdgeRatios | FigureKind::Activations) => {
            format!("{model}{molecule}-{word}.{ending}")
        }
        Subject::Figure(FigureKind::Molecule | FigureKind::ColorBar) => {
            format!("{model}{molecule}-layer-{layer}.{ending}")
        }
        Subject::Figure(FigureKind::Curves) => format!("{model}-{word}.{ending}"),
        Subject::Figure(FigureKind::Histogram) => {
            format!("{model}-{word}-layer-{layer}-{}.{ending}", state.view.histogram.name()).replace(' ', "-")
        }
    }
}

/// Shows the dialog.
pub(super) fn show(ctx: &egui::Context, state: &State, dialog: &mut Export) -> Outcome {
    let mut open = true;
    let mut outcome = Outcome::Open;
    let window = egui::Window::new("Export").collapsible(false).resizable(false).open(&mut open);
    let window = window.anchor(egui::Align2::CENTER_CENTER, egui::Vec2::ZERO).order(egui::Order::Foreground);
    window.show(ctx, |ui| {
        ui.set_width(470.0);
        what(ui, state, dialog);
        outcome = place(ui, dialog);
        buttons(ui, dialog, &mut outcome);
    });
    if !open || ctx.input_mut(|input| input.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        return Outcome::Closed;
    }
    outcome
}

fn what(ui: &mut Ui, state: &State, dialog: &mut Export) {
    egui::Grid::new("export").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
        let label = ui.label("What");
        let text = SUBJECTS.iter().find(|(subject, ..)| *subject == dialog.subject).map_or("", |(_, text, _)| text);
        let combo = egui::ComboBox::from_id_salt("what").selected_text(text).width(300.0).show_ui(ui, |ui| {
            for (subject, text, _) in SUBJECTS {
                if ui.selectable_label(dialog.subject == subject, text).clicked() {
                    dialog.choose(subject, state);
                }
            }
        });
        combo.response.labelled_by(label.id);
        ui.end_row();
        ui.label("As");
        ui.horizontal(|ui| {
            for (ending, text) in endings(dialog.subject) {
                if ui.selectable_label(dialog.ending == *ending, *text).clicked() {
                    dialog.set_ending(ending);
                }
            }
        });
        ui.end_row();
        if dialog.ending == "png" {
            let label = ui.label("Scale");
            ui.horizontal(|ui| {
                let value = DragValue::new(&mut dialog.scale).range(0.1..=LARGEST_SCALE).speed(0.05).max_decimals(3);
                ui.add(value).labelled_by(label.id);
                ui.label(weak(format!("{:.0} dots per inch", dialog.scale * 96.0)));
            });
            ui.end_row();
        }
    });
}

fn place(ui: &mut Ui, dialog: &mut Export) -> Outcome {
    let mut outcome = Outcome::Open;
    ui.add_space(4.0);
    parts::from_right(ui, |ui| {
        if ui.button("Browse…").clicked() {
            outcome = Outcome::Browse(files::expand(dialog.path.trim()));
        }
        let field = TextEdit::singleline(&mut dialog.path).hint_text("File to write").desired_width(f32::INFINITY);
        if parts::named(ui.add(field), "File to write").changed() {
            dialog.asked = None;
        }
    });
    outcome
}

fn buttons(ui: &mut Ui, dialog: &mut Export, outcome: &mut Outcome) {
    let path = files::expand(dialog.path.trim());
    if dialog.asked.as_ref() == Some(&path) {
        let text = "This file exists. Writing replaces it.";
        ui.label(egui::RichText::new(text).color(ui.visuals().warn_fg_color));
    } else if !dialog.path.trim().is_empty() && !has_ending(&path, dialog.ending) {
        ui.label(weak(format!("The file will be called {}.", full(&path, dialog.ending).display())));
    }
    ui.add_space(6.0);
    parts::from_right(ui, |ui| {
        let path = full(&path, dialog.ending);
        let asked = dialog.asked.as_ref() == Some(&path);
        let text = if asked { "Replace" } else { "Export" };
        let accent = Button::new(egui::RichText::new(text).strong()).fill(ui.visuals().selection.bg_fill);
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let ready = !dialog.path.trim().is_empty();
        if ui.add_enabled(ready, accent).clicked() || (entered && ready) {
            if path.exists() && !asked {
                dialog.path = path.display().to_string();
                dialog.asked = Some(path);
            } else {
                *outcome = Outcome::Write(dialog.command(path.clone()), path);
            }
        }
        if ui.add(Button::new("Cancel").fill(Color32::TRANSPARENT)).clicked() {
            *outcome = Outcome::Closed;
        }
    });
}

/// The path with the ending of the chosen format, added where another or none was typed.
fn full(path: &Path, ending: &str) -> PathBuf {
    if has_ending(path, ending) {
        return path.to_owned();
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_the_figure_depends_on() {
        let state = State::default();
        assert_eq!(name(Subject::Figure(FigureKind::Molecule), &state, "svg"), "bondscope-layer-0.svg");
        assert_eq!(name(Subject::Trace, &state, "npz"), "bondscope-trace.npz");
    }

    #[test]
    fn the_ending_follows_the_format_and_a_foreign_one_is_kept_in_the_name() {
        let mut dialog = Export::new(Subject::Figure(FigureKind::Curves), &State::default(), Some(Path::new("/tmp")));
        assert_eq!(dialog.path, "/tmp/bondscope-curves.svg");
        dialog.set_ending("png");
        assert_eq!(dialog.path, "/tmp/bondscope-curves.png");
        assert_eq!(full(Path::new("/tmp/figure.v2"), "svg"), Path::new("/tmp/figure.v2.svg"));
        let command = dialog.command(PathBuf::from("/tmp/x.png"));
        assert!(matches!(command, Command::Export { kind: FigureKind::Curves, format: Format::Png { .. }, .. }));
        dialog.picked(PathBuf::from("/tmp/other.PDF"));
        assert_eq!(dialog.ending, "pdf");
    }
}
