//! Keeping the work against a crash. Every running Bondscope has one file of its own, held by a lock that the
//! system takes away when the process ends, however it ends: a file whose lock is free was left behind.

use super::saved::Saved;
use super::{Answer, Files, answer, document, name};
use crate::engine::Place;
use crate::engine::jobs::Task;
use crate::workspace::Workspace;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

/// From a change until it is kept, so that a run of changes is written once.
const DELAY: Duration = Duration::from_secs(3);

/// The state when a Bondscope was closed.
const LAST: &str = "last.bondscope";

/// Most processes with one number that are expected at a time: containers may share a folder.
const NAMESAKES: u32 = 64;

/// What an unexpected end left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// When it was written.
    pub at: SystemTime,
    /// The name of the workspace file that was open.
    pub name: Option<String>,
}

/// A kept file whose process is gone; the lock makes it ours to offer.
pub(super) struct Left {
    path: PathBuf,
    lock: Lock,
    offer: Recovery,
}

/// The file of this process.
pub(super) struct Session {
    path: PathBuf,
    last: PathBuf,
    lock: Lock,
    written: bool,
}

/// A locked file.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes a lock that nobody holds.
    fn take(path: PathBuf) -> Option<Self> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).ok()?;
        file.try_lock().ok()?;
        Some(Self { path, _file: file })
    }

    fn remove(self) {
        // Gone already is as good.
        std::fs::remove_file(&self.path).unwrap_or_default();
    }
}

/// Makes the file of this process, and claims what was left behind.
fn begin(folder: &Path) -> Result<(Session, Vec<Left>), String> {
    let failed = |error: std::io::Error| format!("{error}: {}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut left = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)?.flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "lock")
            && let Some(lock) = Lock::take(path.clone())
        {
            match offer(&path.with_extension(document::ENDING)) {
                Some(offer) => left.push(Left { path: path.with_extension(document::ENDING), lock, offer }),
                None => lock.remove(),
            }
        }
    }
    left.sort_by(|a, b| b.offer.at.cmp(&a.offer.at).then_with(|| a.path.cmp(&b.path)));
    let own = (0..NAMESAKES).find_map(|number| {
        let path = folder.join(format!("{}-{number}.lock", std::process::id()));
        // A lock in use here is one of ours or of a namesake; one left behind was just claimed.
        Lock::take(path.clone()).map(|lock| (path, lock))
    });
    let (path, lock) = own.ok_or_else(|| format!("no file could be locked: {}", folder.display()))?;
    let path = path.with_extension(document::ENDING);
    Ok((Session { path, last: folder.join(LAST), lock, written: false }, left))
}

/// What a kept file has to offer; nothing if it cannot be read.
fn offer(path: &Path) -> Option<Recovery> {
    let at = std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()?;
    let saved = document::read(path).ok()?;
    Some(Recovery { at, name: saved.copy_of.as_deref().map(name) })
}

impl Workspace {
    /// Keeps the work in `folder` every few seconds after a change, and offers what a crash left there.
    pub fn with_autosave(mut self, folder: PathBuf) -> Self {
        let answers = self.files.sender.clone();
        self.quietly(move || {
            let last = folder.join(LAST);
            let last = last.is_file().then_some(last);
            match begin(&folder) {
                Ok((session, left)) => answer(&answers, Answer::Session(Some(session), left, last)),
                Err(reason) => answer(&answers, Answer::NotKept(reason)),
            }
        });
        self
    }

    pub(super) fn session_began(&mut self, session: Option<Session>, left: Vec<Left>, last: Option<PathBuf>) {
        (self.state.file.last, self.state.file.kept) = (last, session.is_some());
        self.files.session = session;
        self.files.left = left;
        self.offer_recovery();
    }

    /// When the work must be looked at again to be kept; a window that sleeps must wake by then.
    pub fn keeps_in(&self) -> Option<Duration> {
        let Files { session, changed_at, .. } = &self.files;
        session.as_ref().and(changed_at.map(|at| DELAY.saturating_sub(at.elapsed())))
    }

    pub(super) fn note_change(&mut self, now: Saved) {
        if self.files.kept.as_deref() != Some(&now) {
            // Looking around in the bundled molecules is nothing to keep.
            let began = self.files.session.as_ref().is_some_and(|session| session.written) || now.has_work();
            if began {
                self.files.changed_at.get_or_insert_with(Instant::now);
            }
            self.files.kept = Some(Box::new(now));
        }
    }

    /// Writes what changed, once the delay is over.
    pub(super) fn keep(&mut self) {
        if self.files.changed_at.is_some_and(|at| at.elapsed() >= DELAY) {
            self.keep_now();
        }
    }

    pub(super) fn keep_now(&mut self) {
        if let (Some(_), Some(session), Some(saved)) =
            (self.files.changed_at, &mut self.files.session, &self.files.kept)
        {
            session.written = true;
            self.files.changed_at = None;
            let (path, copy) = (session.path.clone(), copy(saved, self.state.file.path.as_deref()));
            let answers = self.files.sender.clone();
            self.quietly(move || write(&path, &copy, &answers));
        }
    }

    /// Call when the program ends as it should: nothing is left to recover, but what was shown can be opened again.
    pub fn end_session(&mut self) {
        let Some(session) = self.files.session.take() else { return };
        if let Some(saved) = self.files.kept.as_ref().filter(|_| session.written || self.files.changed_at.is_some())
            && let Err(error) = document::write(&session.last, &copy(saved, self.state.file.path.as_deref()))
        {
            log::warn!("the last state was not kept: {error}");
        }
        std::fs::remove_file(&session.path).unwrap_or_default();
        session.lock.remove();
    }

    pub(super) fn recover(&mut self) {
        if let Some(left) = self.files.left.first() {
            self.read_workspace(left.path.clone(), None);
        }
    }

    pub(super) fn discard(&mut self) {
        if let Some(path) = self.files.left.first().map(|left| left.path.clone()) {
            self.forget_left(&path);
        }
    }

    /// Removes what was left behind, if the file is one of those.
    pub(super) fn forget_left(&mut self, path: &Path) {
        if let Some(place) = self.files.left.iter().position(|left| left.path == path) {
            let left = self.files.left.remove(place);
            self.quietly(move || {
                std::fs::remove_file(&left.path).unwrap_or_default();
                left.lock.remove();
            });
            self.offer_recovery();
        }
    }

    fn offer_recovery(&mut self) {
        self.state.file.recovery = self.files.left.iter().map(|left| left.offer.clone()).collect();
    }

    /// Has the `io` worker do something that nobody waits for.
    fn quietly(&mut self, work: impl FnOnce() + Send + 'static) {
        self.engine.start(
            Place::Io,
            Task::boxed(move |_| {
                work();
                Ok(())
            }),
        );
    }
}

fn copy(saved: &Saved, of: Option<&Path>) -> Saved {
    Saved { copy_of: of.map(Path::to_owned), ..saved.clone() }
}

fn write(path: &Path, saved: &Saved, answers: &mpsc::Sender<Answer>) {
    if let Err(error) = document::write(path, saved) {
        answer(answers, Answer::NotKept(error.to_string()));
    }
}
