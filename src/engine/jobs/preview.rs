//! Looks at the columns of a file: the first rows come at once, the counts when all were seen.

use crate::domain::ColumnChoice;
use crate::engine::event::{Event, Outbox};
use crate::engine::worker::{Job, JobId, Step};
use crate::io::{OpenError, Previewer};
use std::path::PathBuf;
use std::sync::Arc;

/// The job.
pub struct LookAtColumns {
    id: JobId,
    path: PathBuf,
    choice: ColumnChoice,
    previewer: Option<Box<Previewer>>,
    shown: bool,
}

impl LookAtColumns {
    /// A job that looks at `path`; `id` is the one it will be queued under.
    pub fn new(id: JobId, path: PathBuf, choice: ColumnChoice) -> Self {
        Self { id, path, choice, previewer: None, shown: false }
    }

    fn advance(&mut self, out: &Outbox) -> Result<Step, OpenError> {
        let Some(previewer) = &mut self.previewer else {
            self.previewer = Some(Box::new(Previewer::open(&self.path, self.choice.clone())?));
            return Ok(Step::Working { done: 0, total: 0 });
        };
        let step = previewer.step()?;
        if let Some(preview) = previewer.preview().filter(|_| step.finished || !self.shown) {
            self.shown = true;
            out.send(Event::Previewed { job: self.id, preview: Arc::new(preview.clone()) });
        }
        Ok(if step.finished { Step::Done } else { Step::Working { done: step.done_bytes, total: step.total_bytes } })
    }
}

impl Job for LookAtColumns {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        self.advance(out).map_err(|error| error.to_string())
    }
}
