//! Paths on their way in: what a dropped, typed or picked file is, and the native dialog, which runs
//! on a thread of its own because it waits for the user.

use crate::workspace::{Command, ENDING, FileCommand, Source};
use eframe::egui;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Endings of weight files.
const WEIGHTS: [&str; 4] = ["safetensors", "pt", "pth", "pkl"];

/// A dialog that ends sooner than this without a file was most likely never shown: desktops without a
/// portal have none, and say "cancelled".
const NEVER_SHOWN: Duration = Duration::from_millis(400);

/// What a file is wanted for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Molecules to open.
    Molecules,
    /// Weights to open.
    Model,
    /// A file to write, with the name proposed for it.
    Save(PathBuf),
    /// The figure that is put together, with the name proposed for it.
    SaveFigure(PathBuf),
    /// The specification of a figure, or a picture that carries one.
    Figure,
    /// A workspace file to write, with the name proposed for it.
    SaveWorkspace(PathBuf),
    /// The folder of a new training run, with the one proposed for it.
    RunFolder(PathBuf),
    /// The folder of a training run to show.
    Run,
    /// The folder of a training run to lay over the one that is shown.
    RunBeside,
    /// A file of a workspace that moved, by its place among them.
    Locate(usize),
}

/// Asks the user for a file and waits for the answer; `None` if there is none.
pub trait Picker: Send + Sync {
    /// The chosen file.
    fn pick(&self, purpose: &Purpose) -> Option<PathBuf>;
}

/// The desktop's own dialog.
pub struct NativePicker;

impl Picker for NativePicker {
    fn pick(&self, purpose: &Purpose) -> Option<PathBuf> {
        let dialog = rfd::FileDialog::new();
        match purpose {
            Purpose::Molecules => dialog
                .set_title("Open molecules or a workspace")
                .add_filter("SMILES or workspace", &["csv", "tsv", "smi", "smiles", "txt", "gz", ENDING])
                .add_filter("All files", &["*"])
                .pick_file(),
            Purpose::Model => dialog.set_title("Open model").add_filter("Weights", &WEIGHTS).pick_file(),
            Purpose::Figure => {
                dialog.set_title("Open figure").add_filter("Figures", &["json", "svg", "png"]).pick_file()
            }
            Purpose::RunFolder(path) => {
                let dialog = dialog.set_title("Folder of the run");
                let start = path.ancestors().skip(1).find(|folder| folder.is_dir());
                start.map_or(dialog.clone(), |folder| dialog.set_directory(folder)).pick_folder()
            }
            Purpose::Run => dialog.set_title("Open the folder of a run").pick_folder(),
            Purpose::RunBeside => dialog.set_title("Compare with the run in this folder").pick_folder(),
            Purpose::Locate(_) => dialog.set_title("Locate the file").pick_file(),
            Purpose::Save(path) | Purpose::SaveFigure(path) | Purpose::SaveWorkspace(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let title = if matches!(purpose, Purpose::SaveWorkspace(_)) { "Save workspace" } else { "Export" };
                let dialog = dialog.set_title(title).set_file_name(name);
                match path.parent().filter(|folder| folder.is_dir()) {
                    Some(folder) => dialog.set_directory(folder).save_file(),
                    None => dialog.save_file(),
                }
            }
        }
    }
}

/// How a dialog ended.
pub(super) enum Answer {
    /// With a file.
    Picked(Purpose, PathBuf),
    /// Without one.
    Cancelled,
    /// There was no dialog, it seems.
    Missing(Purpose),
}

/// Dialogs under way.
pub(super) struct Dialogs {
    picker: Arc<dyn Picker>,
    sender: mpsc::Sender<Answer>,
    answers: mpsc::Receiver<Answer>,
    open: bool,
}

impl Dialogs {
    pub(super) fn new(picker: Arc<dyn Picker>) -> Self {
        let (sender, answers) = mpsc::channel();
        Self { picker, sender, answers, open: false }
    }

    /// Opens a dialog unless one is open already.
    pub(super) fn ask(&mut self, purpose: Purpose, ctx: &egui::Context) {
        if self.open {
            return;
        }
        let (picker, sender, ctx) = (Arc::clone(&self.picker), self.sender.clone(), ctx.clone());
        let asked = purpose.clone();
        let work = move || {
            let since = Instant::now();
            let answer = match picker.pick(&asked) {
                Some(path) => Answer::Picked(asked, path),
                None if since.elapsed() < NEVER_SHOWN => Answer::Missing(asked),
                None => Answer::Cancelled,
            };
            // Nobody listens any more once the window is closed.
            if sender.send(answer).is_ok() {
                ctx.request_repaint();
            }
        };
        match std::thread::Builder::new().name("file dialog".to_owned()).spawn(work) {
            Ok(_) => self.open = true,
            Err(error) => {
                log::warn!("no thread for a file dialog: {error}");
                self.sender.send(Answer::Missing(purpose)).unwrap_or_default();
            }
        }
    }

    /// An answer that has come in.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        let answer = self.answers.try_recv().ok()?;
        self.open = false;
        Some(answer)
    }
}

/// The command that opens a typed path; nothing for an empty one.
pub(super) fn open(text: &str) -> Option<Command> {
    let text = text.trim().trim_matches('"');
    if text.is_empty() {
        return None;
    }
    Some(open_path(expand(text)))
}

/// Whether a file is a workspace, by its ending.
pub(super) fn is_workspace(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING))
}

/// The command that opens a file: weights and workspaces by their ending, everything else as molecules.
pub(super) fn open_path(path: PathBuf) -> Command {
    // Recent files are remembered, so a path must mean the same at the next start.
    let path = std::path::absolute(&path).unwrap_or(path);
    if is_workspace(&path) {
        return Command::File(FileCommand::Open(path));
    }
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    let is_model = ending.is_some_and(|ending| WEIGHTS.contains(&ending.as_str()));
    if is_model { Command::OpenModel(path, Box::default()) } else { Command::Open(Source::File(path)) }
}

/// `~/` as shells understand it.
pub(super) fn expand(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_tells_models_from_molecules() {
        assert_eq!(open("  "), None);
        assert!(matches!(open("/a/w.SafeTensors"), Some(Command::OpenModel(..))));
        assert!(matches!(open("/a/w.pt"), Some(Command::OpenModel(..))));
        assert!(matches!(open("/a/w.Bondscope"), Some(Command::File(FileCommand::Open(_)))));
        let molecules = Command::Open(Source::File(PathBuf::from("/a b/x.smi.gz")));
        assert_eq!(open("\"/a b/x.smi.gz\""), Some(molecules));
        let Some(Command::Open(Source::File(path))) = open("x.csv") else { panic!("no file") };
        assert!(path.is_absolute());
    }
}
