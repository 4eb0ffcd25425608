//! Starting and stopping long work.

use super::state::{JobStatus, Purpose, Severity};
use super::{SWEPT_UNASKED, Workspace};
use crate::engine::jobs::analyze::Analyze;
use crate::engine::jobs::evaluate::Evaluate;
use crate::engine::jobs::sweep::SweepJob;
use crate::engine::{JobId, Place, Rows, SweepOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Workspace {
    pub(super) fn start(&mut self, id: JobId, purpose: Purpose, title: String, job: Box<dyn crate::engine::Job>) {
        let place = match purpose {
            Purpose::Load | Purpose::Write => Place::Io,
            Purpose::Look => Place::Look,
            Purpose::Sweep | Purpose::Train => Place::Compute,
        };
        self.state.jobs.push(JobStatus { id, purpose, title, done: 0, total: 0, stopping: false, since: None });
        self.engine.start_as(id, place, job);
    }

    pub(super) fn stop(&mut self, id: JobId) {
        if let Some(status) = self.state.jobs.iter_mut().find(|status| status.id == id) {
            status.stopping = true;
            self.engine.cancel(id);
        }
    }

    /// Stops everything that runs, keeping what there is.
    pub fn stop_all(&mut self) {
        let ids: Vec<JobId> = self.state.jobs.iter().map(|status| status.id).collect();
        ids.into_iter().for_each(|id| self.stop(id));
    }

    pub(super) fn sweep_job(&mut self, side: usize, options: SweepOptions) -> Option<SweepJob> {
        let opened = self.state.opened.as_ref()?;
        let checkpoint = Arc::clone(self.state.side(side)?.checkpoint);
        Some(SweepJob::new(
            opened.revision,
            Arc::clone(&opened.dataset),
            checkpoint,
            options,
            self.engine.compute_device(),
        ))
    }

    pub(super) fn sweep(&mut self, side: usize, options: SweepOptions) {
        let Some(job) = self.sweep_job(side, options) else { return };
        if self.sweeping.as_ref().is_some_and(|(_, key)| key == job.key()) {
            return;
        }
        if let Some((id, _)) = self.sweeping.take() {
            self.stop(id);
        }
        let id = self.engine.reserve();
        self.sweeping = Some((id, job.key().clone()));
        let title = format!("Measuring {} molecules under {}", job.molecules(), job.key().model.name);
        self.start(id, Purpose::Sweep, title, Box::new(job));
    }

    pub(super) fn sweep_unasked(&mut self) {
        let table = &self.state.table;
        let options = SweepOptions { split: table.split, initial: self.state.initial, ..SweepOptions::default() };
        let few = Rows::counted(&table.counts, options.split) <= SWEPT_UNASKED;
        // A table that is being put in order is counted then, and this is asked again.
        let settled = self.state.opened.is_some() && table.sorting.is_none() && self.loading.is_none();
        if !self.unasked_sweeps || !settled || !few {
            return;
        }
        // One model of those side by side after the other, the main one first.
        let running = self.sweeping.as_ref().filter(|(_, key)| key.options == options).map(|(_, key)| &key.model);
        let next = (0..self.state.side_count()).find(|&side| {
            let model = self.state.side(side).map(|side| &side.checkpoint.id);
            self.state.survey_at(side).is_none() && !self.unmeasurable.iter().any(|known| Some(known) == model)
                || running.is_some() && running == model
        });
        if let Some(side) = next {
            self.sweep(side, options);
        }
    }

    pub(super) fn analyze(&mut self, options: SweepOptions, folder: PathBuf) {
        let Some(job) = self.sweep_job(0, options) else {
            self.state
                .notify(Severity::Error, "Nothing is open that could be analysed; open a file of molecules first.");
            return;
        };
        let id = self.engine.reserve();
        let title = format!("Analysing {} molecules under {}", job.molecules(), job.key().model.name);
        self.start(id, Purpose::Sweep, title, Box::new(Analyze::new(job, folder)));
    }

    pub(super) fn evaluate(&mut self, folder: &Path) {
        let Some(opened) = &self.state.opened else {
            self.state
                .notify(Severity::Error, "Nothing is open to judge a run by; open a file of test molecules first.");
            return;
        };
        let job = Evaluate::new(Arc::clone(&opened.dataset), folder, self.engine.compute_device());
        let id = self.engine.reserve();
        self.start(id, Purpose::Sweep, format!("Judging {}", folder.display()), Box::new(job));
    }
}
