//! Runs read from their folders, one run laid over another, and weights on their way: those of the run that goes on,
//! epoch by epoch, and those that a run kept, to see its ratios grow again.
//!
//! Weights on their way take one place in the list of models, so that what is shown changes and nothing jumps.

use super::{Condition, RunCommand, name_of};
use crate::domain::ModelId;
use crate::engine::run::{KeptRun, RunFolder};
use crate::engine::{Checkpoint, Event, TrainOptions, Training};
use crate::models::{Hints, Plan};
use crate::workspace::models::read_checkpoint;
use crate::workspace::state::Severity;
use crate::workspace::{State, Workspace};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Epochs that are read ahead of the one that is looked at.
const AHEAD: usize = 3;

/// Weights of epochs that are kept in memory.
const KEPT: usize = 24;

/// Weights on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Moving {
    /// The place that they take in the list of models, by the name of those that took it last.
    shown: Option<ModelId>,
    /// Newer ones of the run that goes on, that come when the present ones were looked at.
    next: Option<Arc<Checkpoint>>,
    /// The run that is replayed.
    folder: Option<PathBuf>,
    /// The epoch that is looked at again.
    wanted: Option<u32>,
    /// Epochs that were read.
    read: BTreeMap<u32, Arc<Checkpoint>>,
    /// The epoch that is being read.
    reading: Option<u32>,
}

/// What is shown of a run, wherever it comes from.
#[derive(Clone, Debug)]
pub struct RunView<'a> {
    /// Its folder.
    pub folder: &'a Path,
    /// What is trained and how.
    pub plan: &'a Plan,
    /// Name of its data.
    pub data: &'a str,
    /// Its epochs, as far as they are known.
    pub training: Option<&'a Training>,
    /// How it is.
    pub condition: Condition,
    /// Whether it was read from its folder and is not the one that was begun here.
    pub opened: bool,
}

impl RunView<'_> {
    /// The last part of its folder.
    pub fn name(&self) -> String {
        name_of(self.folder)
    }
}

impl State {
    /// The run that the panel shows: the one that was opened, or the one that was begun here.
    pub fn run_view(&self) -> Option<RunView<'_>> {
        if let Some(opened) = &self.runs.opened {
            return Some(RunView {
                folder: opened.training.folder.as_deref()?,
                plan: &opened.file.plan,
                data: &opened.file.data.name,
                training: Some(&opened.training),
                condition: if opened.training.outcome.is_some() { Condition::Finished } else { Condition::Unfinished },
                opened: true,
            });
        }
        let run = self.run()?;
        Some(RunView {
            folder: &run.options.out,
            plan: &run.options.plan,
            data: &run.data,
            training: self.run_training(),
            condition: self.run_condition()?,
            opened: false,
        })
    }

    /// The run that lies over it.
    pub fn run_beside(&self) -> Option<&Arc<KeptRun>> {
        self.runs.beside.as_ref()
    }

    /// Whether the weights of the run that goes on are shown after each epoch.
    pub fn follows_training(&self) -> bool {
        self.runs.followed.load(Ordering::Relaxed)
    }

    /// The epochs of the run shown whose weights can be looked at again.
    pub fn replayable(&self) -> Vec<u32> {
        if let Some(opened) = &self.runs.opened {
            return opened.epochs.clone();
        }
        let every = self.run().map_or(0, |run| run.options.plan.keep_every);
        let epochs = self.run_training().map_or(0, |training| training.epochs.len());
        let last = u32::try_from(epochs).unwrap_or(u32::MAX);
        (1..=last.checked_div(every).unwrap_or(0)).map(|step| step * every).collect()
    }

    /// The epoch that is looked at again.
    pub fn replayed(&self) -> Option<u32> {
        let folder = self.run_view()?.folder.to_owned();
        self.runs.moving.wanted.filter(|_| self.runs.moving.folder.as_ref() == Some(&folder))
    }

    /// The run that was begun here and left before its end, to be offered at the next start.
    pub fn unfinished_run(&self) -> Option<&Path> {
        let run = self.run()?;
        let left = !matches!(self.run_condition()?, Condition::Finished | Condition::Stopped);
        (left && self.run_training().is_some()).then_some(run.options.out.as_path())
    }
}

impl Workspace {
    pub(super) fn command_kept(&mut self, command: RunCommand) {
        match command {
            RunCommand::Open(folder) => self.read_run(folder, false),
            RunCommand::CompareWith(folder) => self.read_run(folder, true),
            RunCommand::CloseOpened => self.state.runs.opened = None,
            RunCommand::CloseComparison => self.state.runs.beside = None,
            RunCommand::Follow(on) => {
                self.state.runs.followed.store(on, Ordering::Relaxed);
                self.state.runs.moving.next = None;
            }
            RunCommand::Replay(epoch) => self.replay(epoch),
            RunCommand::Pause | RunCommand::Stop | RunCommand::Resume | RunCommand::Withdraw(_) => {}
        }
    }

    fn read_run(&mut self, folder: PathBuf, beside: bool) {
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        self.write(format!("Opening the run {}", folder.display()), move |out| {
            let run = Arc::new(KeptRun::read(&folder)?);
            out.send(Event::RunOpened { run, beside });
            Ok(())
        });
    }

    /// Shows the run that a workspace was saved with, if it is still there.
    pub(in crate::workspace) fn restore_run(&mut self, folder: Option<&Path>) {
        if let Some(folder) = folder.filter(|folder| RunFolder::at(folder).run_file().is_file()) {
            self.read_run(folder.to_owned(), false);
        }
    }

    /// Takes in a run that was read.
    pub(in crate::workspace) fn run_opened(&mut self, run: Arc<KeptRun>, beside: bool) {
        if beside {
            self.state.runs.beside = Some(run);
        } else {
            // The run that goes on here is shown as it goes on.
            let live =
                self.state.run_job().is_some() && self.state.run().is_some_and(|live| live.options.out == run.folder());
            self.state.runs.opened = (!live).then_some(run);
        }
    }

    /// Goes on with the run that was opened, on the data that are open.
    pub(super) fn resume_opened(&mut self, run: &KeptRun) {
        let Some(dataset) = self.state.dataset().cloned() else {
            self.state.notify(Severity::Error, "Nothing is open to train on; open the data of the run first.");
            return;
        };
        if dataset.path.as_deref() != run.file.data.path.as_deref() {
            let place = run.file.data.path.as_ref().map_or_else(String::new, |path| format!(": {}", path.display()));
            let text = format!("The run was begun on {}; open that, then resume{place}", run.file.data.name);
            self.state.notify(Severity::Error, text);
            return;
        }
        let out = run.folder();
        self.state.training = run.training.clone();
        self.state.runs.opened = None;
        self.begin_run(TrainOptions { plan: run.file.plan.clone(), resume: true, out }, dataset);
    }

    /// Takes in the weights of the run that goes on. However fast its epochs are, each that is shown is answered.
    pub(in crate::workspace) fn follow(&mut self, checkpoint: Arc<Checkpoint>) {
        if !self.state.follows_training() {
            return;
        }
        let shown = &self.state.runs.moving.shown;
        if self.asked.iter().any(|probe| Some(&probe.model) == shown.as_ref()) {
            self.state.runs.moving.next = Some(checkpoint);
        } else {
            self.show_moving(checkpoint);
        }
    }

    /// Shows the newest weights once those before them were looked at.
    pub(in crate::workspace) fn follow_on(&mut self) {
        if let Some(next) = self.state.runs.moving.next.take() {
            self.follow(next);
        }
    }

    /// Shows weights on their way: in the place of those before them, or at the end of the list and chosen.
    pub(in crate::workspace) fn show_moving(&mut self, checkpoint: Arc<Checkpoint>) {
        let id = checkpoint.id.clone();
        let before = self.state.runs.moving.shown.replace(id.clone());
        let known = before.and_then(|before| {
            let place = self.state.checkpoints.iter().position(|known| known.id == before)?;
            Some((place, before))
        });
        match known {
            Some((place, before)) => {
                if let Some(slot) = self.state.checkpoints.get_mut(place) {
                    *slot = checkpoint;
                }
                self.state.move_in_lanes(&before, &id);
            }
            None => self.add_model(checkpoint),
        }
        if !self.state.table.scores.is_empty() {
            // They are those of other weights.
            self.state.table.scores.clear();
            self.arrange();
        }
        let (layer, head) = (self.last_layer(), self.last_head());
        let reading = &mut self.state.view.reading;
        reading.layer = reading.layer.min(layer);
        reading.head = reading.head.map(|known| known.min(head));
    }

    /// Looks at the weights of an epoch again, or at none.
    fn replay(&mut self, epoch: Option<u32>) {
        let Some(folder) = self.state.run_view().map(|view| view.folder.to_owned()) else { return };
        let moving = &mut self.state.runs.moving;
        if moving.folder.as_ref() != Some(&folder) {
            (moving.folder, moving.read) = (Some(folder), BTreeMap::new());
        }
        moving.wanted = epoch;
        if let Some(checkpoint) = epoch.and_then(|epoch| moving.read.get(&epoch)).cloned() {
            self.show_moving(checkpoint);
        }
        self.read_ahead();
    }

    /// Reads the epoch that is wanted, or else the next ones after it, one at a time.
    fn read_ahead(&mut self) {
        let epochs = self.state.replayable();
        let moving = &self.state.runs.moving;
        let (Some(folder), Some(wanted), None) = (moving.folder.clone(), moving.wanted, moving.reading) else { return };
        let next = epochs.iter().filter(|&&epoch| epoch >= wanted).take(1 + AHEAD);
        let Some(&epoch) = next.into_iter().find(|epoch| !moving.read.contains_key(epoch)) else { return };
        self.state.runs.moving.reading = Some(epoch);
        let path = RunFolder::at(&folder).epoch(epoch);
        self.write(format!("Opening epoch {epoch} of {}", name_of(&folder)), move |out| {
            let weights = read_checkpoint(&path, &Hints::default()).map(|(checkpoint, _)| Arc::new(checkpoint));
            out.send(Event::Replayed { folder, epoch, weights });
            Ok(())
        });
    }

    /// Takes in the weights of an epoch.
    pub(in crate::workspace) fn replayed(
        &mut self,
        folder: &Path,
        epoch: u32,
        weights: Result<Arc<Checkpoint>, String>,
    ) {
        let moving = &mut self.state.runs.moving;
        moving.reading = None;
        let current = moving.folder.as_deref() == Some(folder);
        match weights {
            Ok(checkpoint) if current => {
                if moving.read.len() >= KEPT {
                    moving.read.pop_first();
                }
                moving.read.insert(epoch, Arc::clone(&checkpoint));
                if moving.wanted == Some(epoch) {
                    self.show_moving(checkpoint);
                }
            }
            Ok(_) => {}
            Err(message) => {
                // Another epoch may be whole; this one is not tried again unasked.
                if moving.wanted == Some(epoch) {
                    moving.wanted = None;
                }
                self.state.notify(Severity::Error, message);
            }
        }
        self.read_ahead();
    }
}
