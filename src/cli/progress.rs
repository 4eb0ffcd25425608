//! One line of progress on standard error: rewritten in place on a terminal, now and then elsewhere.

use crate::workspace::State;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How often a line is written where it cannot be rewritten.
const QUIET: Duration = Duration::from_secs(5);

/// How often a line is rewritten.
const LIVELY: Duration = Duration::from_millis(100);

/// Prints the job in front, and the notices as they come.
pub(super) struct Progress {
    terminal: bool,
    last: Option<Instant>,
    /// Of the next notice to print.
    notice: u64,
    /// The training run that is told of, and how many of its epochs were.
    run: Option<PathBuf>,
    epochs: usize,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), last: None, notice: 0, run: None, epochs: 0 }
    }

    /// Shows what is going on.
    pub(super) fn show(&mut self, state: &State) {
        let training = &state.training;
        if training.folder != self.run {
            self.run.clone_from(&training.folder);
            self.epochs = training.resumed;
        }
        for report in training.epochs.iter().skip(self.epochs) {
            self.line(&report.to_string());
        }
        self.epochs = training.epochs.len();
        for notice in state.notices.iter().filter(|notice| notice.id >= self.notice) {
            if notice.severity < crate::workspace::Severity::Error {
                self.line(&notice.text);
            }
        }
        self.notice = state.notices.last().map_or(0, |notice| notice.id + 1);
        let Some(job) = state.jobs.first() else { return };
        self.share(&job.title, job.fraction());
    }

    /// Shows how far one piece of work is, 0..=1 where that is known.
    pub(super) fn share(&mut self, title: &str, fraction: Option<f32>) {
        let every = if self.terminal { LIVELY } else { QUIET };
        // The first line waits too: work that is over at once needs none.
        if self.last.get_or_insert_with(Instant::now).elapsed() < every {
            return;
        }
        self.last = Some(Instant::now());
        let part = fraction.map_or_else(String::new, |fraction| format!(": {:.0} %", fraction * 100.0));
        if self.terminal {
            eprint!("\r\x1b[K{title}{part}");
            // Progress that cannot be shown is no reason to stop.
            std::io::stderr().flush().unwrap_or_default();
        } else {
            eprintln!("{title}{part}");
        }
    }

    /// Ends the rewritten line.
    pub(super) fn finish(&self) {
        if self.terminal && self.last.is_some() {
            eprint!("\r\x1b[K");
        }
    }

    fn line(&self, text: &str) {
        self.finish();
        eprintln!("{text}");
    }
}
