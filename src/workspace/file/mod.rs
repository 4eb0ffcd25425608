//! The workspace file: saving all that a user would have to do again, and restoring it exactly.
//!
//! Reading, looking for the files referred to, and writing happen on the `io` worker; its answers come back
//! through a channel of their own, because the engine knows nothing of workspaces. Opening changes nothing
//! until the file was understood and the user has said what to do about files that moved.

mod autosave;
mod capture;
mod check;
mod document;
mod kept;
mod restore;
mod saved;

pub use autosave::Recovery;
pub use capture::reference;
pub use check::{Found, Reference};
pub use document::{ENDING, ReadError};
pub use saved::{FileRef, ModelRef, Saved, WeightFile};

use super::{Severity, Source, State, Workspace};
use crate::engine::{Checkpoint, Event};
use autosave::{Left, Session};
use restore::Restore;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Instant;

/// What a user can do with workspace files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileCommand {
    /// Read a workspace file; what is shown stays until everything it refers to was looked for.
    Open(PathBuf),
    /// Write a workspace file, which is the one that is open from then on.
    Save(PathBuf),
    /// Say where one of the files is that were not found, by its place in [`Relocation::references`].
    Locate(usize, PathBuf),
    /// Go on with what was found.
    Proceed,
    /// Leave everything as it is.
    Cancel,
    /// Open what a Bondscope that ended unexpectedly left behind.
    Recover,
    /// Throw that away.
    Discard,
    /// Open what was shown when Bondscope was closed last.
    Reopen,
}

/// A workspace that waits for the user's word about files that moved or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Relocation {
    /// The workspace file.
    pub path: PathBuf,
    /// The files it refers to that were not found as they were, and those among them found since.
    pub references: Vec<Reference>,
}

/// What is known about the workspace file.
#[derive(Debug, Default)]
pub struct FileState {
    /// The file that is open; `None` before the first save.
    pub path: Option<PathBuf>,
    /// Whether that file lacks some of the work.
    pub unsaved: bool,
    /// Whether a workspace is being opened.
    pub opening: bool,
    /// What the user must decide before a workspace opens.
    pub relocation: Option<Relocation>,
    /// What a Bondscope that ended unexpectedly left behind; newest first.
    pub recovery: Vec<Recovery>,
    /// Whether work is kept against a crash.
    pub kept: bool,
    /// The state when Bondscope was closed last, if it was kept.
    pub last: Option<PathBuf>,
}

/// What the worker found out.
enum Answer {
    Read(Box<Reading>),
    Unread(u64),
    Looked(u64, Vec<Reference>),
    Models(u64, Vec<Result<Arc<Checkpoint>, String>>),
    Written(PathBuf, Box<Saved>),
    Session(Option<Session>, Vec<Left>, Option<PathBuf>),
    NotKept(String),
}

/// A workspace file as it was read.
struct Reading {
    ticket: u64,
    /// The file that it will be saved to.
    path: Option<PathBuf>,
    /// The file that it was read from.
    source: PathBuf,
    saved: Saved,
    references: Vec<Reference>,
}

/// The workspace's side of all this.
pub(super) struct Files {
    sender: mpsc::Sender<Answer>,
    answers: mpsc::Receiver<Answer>,
    /// Counts up with every file that is opened, so that answers about another one are recognised.
    ticket: u64,
    waiting: Option<Box<Reading>>,
    restore: Option<Box<Restore>>,
    /// What the open file holds, as far as that is known.
    on_disk: Option<Box<Saved>>,
    /// Whether anything may have changed since the state was last looked at.
    pub(super) touched: bool,
    session: Option<Session>,
    left: Vec<Left>,
    /// Labels of files that were open before.
    labels: kept::Kept,
    /// What was last kept, or found not to need it.
    kept: Option<Box<Saved>>,
    changed_at: Option<Instant>,
}

impl Default for Files {
    fn default() -> Self {
        let (sender, answers) = mpsc::channel();
        Self {
            sender,
            answers,
            ticket: 0,
            waiting: None,
            restore: None,
            on_disk: None,
            touched: false,
            session: None,
            left: Vec::new(),
            labels: kept::Kept::new(),
            kept: None,
            changed_at: None,
        }
    }
}

impl Workspace {
    pub(super) fn apply_to_file(&mut self, command: FileCommand) {
        // What is remembered must mean the same at the next start.
        let whole = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
        match command {
            FileCommand::Open(path) => {
                let path = whole(path);
                self.remember_file(&path);
                self.read_workspace(path.clone(), Some(path));
            }
            FileCommand::Save(path) => self.save_workspace(whole(path)),
            FileCommand::Locate(place, path) => self.locate(place, whole(path)),
            FileCommand::Proceed => {
                if let (Some(reading), Some(relocation)) =
                    (self.files.waiting.take(), self.state.file.relocation.take())
                {
                    self.begin(*reading, &relocation.references);
                }
            }
            FileCommand::Cancel => self.leave_opening(),
            FileCommand::Recover => self.recover(),
            FileCommand::Discard => self.discard(),
            FileCommand::Reopen => {
                if let Some(path) = self.state.file.last.clone() {
                    self.read_workspace(path, None);
                }
            }
        }
    }

    /// Gives up a workspace that is being opened, because something else was.
    pub(super) fn leave_opening(&mut self) {
        self.files.ticket += 1;
        (self.files.waiting, self.files.restore) = (None, None);
        (self.state.file.relocation, self.state.file.opening) = (None, false);
    }

    /// Other molecules are another piece of work: they must not be saved over the file that is open. The same ones
    /// keep what was done with them.
    pub(super) fn leave_file(&mut self, source: &Source) {
        self.leave_opening();
        if self.state.leaves_file(source) {
            (self.state.file.path, self.files.on_disk) = (None, None);
        } else {
            self.keep_over_reading();
        }
    }

    fn read_workspace(&mut self, source: PathBuf, path: Option<PathBuf>) {
        self.leave_opening();
        self.state.file.opening = true;
        let (ticket, answers) = (self.files.ticket, self.files.sender.clone());
        self.write(format!("Opening {}", name(&source)), move |_| {
            let (saved, references) = check::read(&source).map_err(|error| {
                answer(&answers, Answer::Unread(ticket));
                error.to_string()
            })?;
            // A copy that was kept belongs to the file that it is a copy of.
            let path = saved.copy_of.clone().or(path);
            answer(&answers, Answer::Read(Box::new(Reading { ticket, path, source, saved, references })));
            Ok(())
        });
    }

    fn save_workspace(&mut self, path: PathBuf) {
        if self.state.file.opening {
            self.state.notify(
                Severity::Warning,
                "The workspace is still being opened; save it when its molecules are there.",
            );
            return;
        }
        self.remember_file(&path);
        let saved = Saved::of(&self.state);
        let answers = self.files.sender.clone();
        self.write(format!("Saving {}", name(&path)), move |out| {
            document::write(&path, &saved).map_err(|error| error.to_string())?;
            out.send(Event::Written(path.clone()));
            answer(&answers, Answer::Written(path, Box::new(saved)));
            Ok(())
        });
    }

    fn locate(&mut self, place: usize, path: PathBuf) {
        let Some(mut references) = self.state.file.relocation.as_ref().map(|waiting| waiting.references.clone()) else {
            return;
        };
        let (ticket, answers) = (self.files.ticket, self.files.sender.clone());
        self.write(format!("Looking at {}", name(&path)), move |_| {
            let folder = path.parent().map(Path::to_owned);
            if let Some(reference) = references.get_mut(place) {
                reference.look_at(path);
            }
            if let Some(folder) = folder {
                // What was together is often still together.
                references.iter_mut().for_each(|reference| reference.look_in(&folder));
            }
            answer(&answers, Answer::Looked(ticket, references));
            Ok(())
        });
    }

    /// Takes in what the worker said about files.
    pub(super) fn take_file_answers(&mut self) {
        while let Ok(answer) = self.files.answers.try_recv() {
            match answer {
                Answer::Read(reading) if reading.ticket == self.files.ticket => self.consider(reading),
                Answer::Looked(ticket, references) if ticket == self.files.ticket => {
                    if let Some(relocation) = &mut self.state.file.relocation {
                        relocation.references = references;
                    }
                }
                Answer::Models(ticket, models) if ticket == self.files.ticket => self.models_ready(models),
                Answer::Unread(ticket) if ticket == self.files.ticket => self.leave_opening(),
                Answer::Unread(_) | Answer::Read(_) | Answer::Looked(..) | Answer::Models(..) => {}
                Answer::Written(path, saved) => {
                    self.state.file.path = Some(path);
                    self.files.on_disk = Some(saved);
                    self.files.touched = true;
                }
                Answer::Session(session, left, last) => self.session_began(session, left, last),
                Answer::NotKept(reason) => {
                    (self.files.session, self.state.file.kept) = (None, false);
                    let text = format!("Your work is not kept against a crash ({reason}); save it as a file.");
                    self.state.notify(Severity::Warning, text);
                }
            }
        }
    }

    /// Opens what was read at once if everything it refers to is as it was, else asks.
    fn consider(&mut self, reading: Box<Reading>) {
        if reading.references.iter().all(|reference| reference.found == Found::Same) {
            let references = reading.references.clone();
            self.begin(*reading, &references);
        } else {
            self.state.file.relocation =
                Some(Relocation { path: reading.source.clone(), references: reading.references.clone() });
            self.files.waiting = Some(reading);
        }
    }

    /// Compares what is shown with the file that is open and with what was kept; call it once a frame.
    pub(super) fn watch(&mut self) {
        if self.files.restore.is_some() {
            return;
        }
        if std::mem::take(&mut self.files.touched) {
            let now = Saved::of(&self.state);
            self.state.file.unsaved = self.state.file.path.is_some()
                && self.files.on_disk.as_ref().is_none_or(|on_disk| on_disk.work() != now.work());
            self.note_change(now);
        }
        self.keep();
    }
}

/// Sends an answer; the reader is only gone when the whole program ends.
fn answer(answers: &mpsc::Sender<Answer>, answer: Answer) {
    answers.send(answer).unwrap_or_default();
}

/// The file's name, for people.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

impl State {
    /// Whether molecules from there are others than those that are open, and so another piece of work.
    pub fn leaves_file(&self, source: &Source) -> bool {
        match (source, self.dataset().map(|dataset| dataset.path.as_ref())) {
            (Source::File(path) | Source::Columns { path, .. }, Some(Some(open))) => path != open,
            (Source::Bundled, Some(None)) => false,
            _ => true,
        }
    }

    /// What the window's title says: the workspace's name, with a mark if the file lacks some of the work.
    pub fn title(&self) -> String {
        match &self.file.path {
            Some(path) => format!("{}{} – Bondscope", name(path), if self.file.unsaved { " •" } else { "" }),
            None => "Bondscope".to_owned(),
        }
    }
}
