//! Opens a file: lists its rows as they are read, then checks every record to the end.

use crate::domain::{ColumnChoice, Dataset};
use crate::engine::event::{Event, Outbox};
use crate::engine::worker::{Job, JobId, Step};
use crate::io::{Loader, OpenError, Validator, hash_file};
use std::path::PathBuf;
use std::sync::Arc;

/// Where the bytes come from.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file, and what is known about its columns.
    File(PathBuf, ColumnChoice),
    /// Bytes inside the program, and the name to show.
    Bytes(&'static str, &'static [u8]),
}

enum Phase {
    Opening(Input),
    Reading { loader: Box<Loader>, shown: bool },
    Validating(Box<Validator>),
}

/// The job.
pub struct Load {
    id: JobId,
    phase: Phase,
}

impl Load {
    /// A job that reads `input`; `id` is the one it will be queued under.
    pub fn new(id: JobId, input: Input) -> Self {
        Self { id, phase: Phase::Opening(input) }
    }

    fn advance(&mut self, out: &Outbox) -> Result<Step, OpenError> {
        match &mut self.phase {
            Phase::Opening(input) => {
                let loader = match input {
                    Input::File(path, choice) => Loader::open(path)?.with_columns(std::mem::take(choice)),
                    Input::Bytes(name, bytes) => Loader::from_bytes(name, *bytes)?,
                };
                self.phase = Phase::Reading { loader: Box::new(loader), shown: false };
                Ok(Step::Working { done: 0, total: 0 })
            }
            Phase::Reading { loader, shown } => {
                let step = loader.step()?;
                if step.finished || !*shown {
                    let dataset = loader.dataset();
                    *shown = !dataset.records.is_empty();
                    let validator = step.finished.then(|| Box::new(Validator::new(&dataset)));
                    if *shown {
                        publish(self.id, out, dataset, step.finished);
                    }
                    if let Some(validator) = validator {
                        self.phase = Phase::Validating(validator);
                    }
                }
                // Reading is the first half of the bar, checking the second.
                Ok(Step::Working { done: step.done_bytes, total: 2 * step.total_bytes })
            }
            Phase::Validating(validator) => {
                let (done, total) = validator.step();
                if done < total {
                    return Ok(Step::Working { done: total + done, total: 2 * total });
                }
                let mut dataset = validator.finish()?;
                // Read again rather than on the way: the pages are in memory, and gzip ends before the file does.
                dataset.hash = dataset.path.as_ref().and_then(|path| hash_file(path).ok());
                publish(self.id, out, dataset, true);
                Ok(Step::Done)
            }
        }
    }
}

impl Job for Load {
    fn step(&mut self, out: &Outbox) -> Result<Step, String> {
        self.advance(out).map_err(|error| {
            if let OpenError::NoSmiles { path } = &error {
                out.send(Event::Unclear(path.clone()));
            }
            error.to_string()
        })
    }

    fn stop(&mut self, out: &Outbox) {
        if let Phase::Reading { loader, .. } = &self.phase {
            let dataset = loader.dataset();
            if !dataset.records.is_empty() {
                publish(self.id, out, dataset, true);
            }
        }
    }
}

fn publish(job: JobId, out: &Outbox, dataset: Dataset, complete: bool) {
    out.send(Event::Loaded { job, dataset: Arc::new(dataset), complete });
}
