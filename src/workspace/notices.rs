//! What the user is told. A notice stands in the corner of the window until its time is over or it is
//! closed; the log keeps all of them, so that nothing is lost by closing it too early.

use super::{Command, State, Workspace};
use crate::domain::ModelId;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// Notices that the log keeps; the oldest go first.
const KEPT: usize = 1000;

/// How serious a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something was done.
    Info,
    /// Something is not as expected; work goes on.
    Warning,
    /// Something asked for could not be done.
    Error,
}

/// What a notice is about, where that leads further.
#[derive(Clone, Debug, PartialEq)]
pub enum About {
    /// Nothing that it does not say itself.
    Nothing,
    /// A file that was written.
    Written(PathBuf),
    /// A model of whose file something was assumed.
    Model(ModelId),
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// Counts up from 0 with every notice of this run.
    pub id: u64,
    /// How serious.
    pub severity: Severity,
    /// One sentence.
    pub text: String,
    /// What one may want to go on with.
    pub about: About,
    /// When it was told last.
    pub at: Instant,
    /// The same by the clock.
    pub time: SystemTime,
    /// How often it was told, one time after the other.
    pub times: u32,
    /// Whether it was not closed yet.
    pub open: bool,
}

impl State {
    pub(super) fn notify(&mut self, severity: Severity, text: impl Into<String>) {
        self.note(severity, text.into(), About::Nothing);
    }

    pub(super) fn note(&mut self, severity: Severity, text: String, about: About) {
        match severity {
            Severity::Info => log::info!("{text}"),
            Severity::Warning => log::warn!("{text}"),
            Severity::Error => log::error!("{text}"),
        }
        let (at, time) = (Instant::now(), SystemTime::now());
        let last = self.notices.last_mut().filter(|last| severity != Severity::Info && last.open);
        if let Some(last) = last.filter(|last| (last.severity, &last.text) == (severity, &text)) {
            // The same failure in every frame is one failure.
            (last.at, last.time) = (at, time);
            last.times = last.times.saturating_add(1);
            return;
        }
        if self.notices.len() >= KEPT {
            drop(self.notices.remove(0));
        }
        let id = self.notices.last().map_or(0, |last| last.id + 1);
        self.notices.push(Notice { id, severity, text, about, at, time, times: 1, open: true });
    }
}

impl Workspace {
    /// Closes notices; the log keeps them.
    pub(super) fn dismiss(&mut self, ids: &[u64]) {
        for notice in self.state.notices.iter_mut().filter(|notice| ids.contains(&notice.id)) {
            notice.open = false;
        }
    }
}

impl Notice {
    /// The file that was written, where that is the news.
    pub fn path(&self) -> Option<&Path> {
        match &self.about {
            About::Written(path) => Some(path),
            About::Nothing | About::Model(_) => None,
        }
    }

    /// The command that closes it.
    pub fn dismissal(&self) -> Command {
        Command::Dismiss(vec![self.id])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_failure_is_one_notice_and_the_log_is_bounded() {
        let mut state = State::default();
        for _ in 0..3 {
            state.notify(Severity::Error, "the disk is full");
        }
        assert_eq!(state.notices.iter().map(|notice| notice.times).collect::<Vec<_>>(), [3]);
        for file in 0..KEPT {
            state.notify(Severity::Info, format!("Wrote {file}"));
        }
        assert_eq!(state.notices.len(), KEPT);
        assert_eq!(state.notices.first().map(|notice| notice.id), Some(1), "the oldest went");
        assert!(state.notices.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
