//! The app without a window: commands go in, state comes out, workers do the rest.
//!
//! The window, the command line and the tests all drive this. [`Workspace::apply`] is the only place
//! that changes state on a user's behalf, [`Workspace::pump`] the only one that does so on a worker's;
//! neither ever waits.

mod bundled;
mod command;
mod edits;
mod export;
mod picture;
mod state;
mod table;
mod view;

pub use bundled::{BundledModel, bundled_models};
pub use command::{Column, Command, FigureKind, Source};
pub use edits::Edits;
pub use picture::{EdgeReading, LayerReading, Picture};
pub use state::{JobStatus, Notice, Opened, Purpose, Severity, Shown, State};
pub use table::{Score, Table};
pub use view::{Coloring, QUANTITIES, View, quantity_name};

use crate::domain::{Comparison, Dataset, EdgeList, Molecule, MoleculeId, Probe};
use crate::engine::jobs::load::{Input, Load};
use crate::engine::jobs::sweep::SweepJob;
use crate::engine::jobs::{analyze::Analyze, train::Train};
use crate::engine::{Checkpoint, DrawRequest, Engine, Event, JobId, Place, Question, SurveyKey, SweepOptions};
use crate::gpu::Gpu;
use crate::models::zinc_codes;
use crate::scene::{self, Layout, Pick};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Splits of at most this many molecules are measured without being asked: some ten seconds.
const SWEPT_UNASKED: usize = 2_000;

/// After this long without a layout the quick one is shown until the good one arrives.
const LAYOUT_PATIENCE: Duration = Duration::from_millis(100);

/// Files remembered as recent.
const RECENT: usize = 10;

/// State and the engine that fills it.
pub struct Workspace {
    /// What there is to show. Change it through [`Workspace::apply`].
    pub state: State,
    engine: Engine,
    loading: Option<JobId>,
    sweeping: Option<(JobId, SurveyKey)>,
    asked: Option<Probe>,
    unasked_sweeps: bool,
    revision: u64,
    fatal: bool,
    memo: picture::Memo,
}

impl Workspace {
    /// Starts the workers and lists the bundled models; nothing is open yet. `wake` is called from
    /// other threads whenever there is something to [`pump`](Self::pump).
    ///
    /// # Errors
    /// The system refuses to start a thread.
    pub fn new(gpu: Gpu, wake: Arc<dyn Fn() + Send + Sync>) -> std::io::Result<Self> {
        let mut workspace = Self {
            state: State::default(),
            engine: Engine::new(gpu, wake)?,
            loading: None,
            sweeping: None,
            asked: None,
            unasked_sweeps: false,
            revision: 0,
            fatal: false,
            memo: picture::Memo::default(),
        };
        for checkpoint in bundled::checkpoints() {
            match checkpoint {
                Ok(checkpoint) => workspace.state.checkpoints.push(Arc::new(checkpoint)),
                Err(error) => workspace.state.notify(Severity::Error, error.to_string()),
            }
        }
        Ok(workspace)
    }

    /// Measures small splits without being asked, as a window should and a script should not.
    pub fn with_unasked_sweeps(mut self) -> Self {
        self.unasked_sweeps = true;
        self
    }

    /// One line about where things are computed.
    pub fn describe_device(&self) -> String {
        self.engine.describe_device()
    }

    /// Does what a user asked for.
    pub fn apply(&mut self, command: Command) {
        let shown = self.state.shown.as_ref().map(|shown| shown.id);
        match command {
            Command::Open(source) => self.open(source),
            Command::SelectMolecule(id) => self.select(id),
            Command::Step(rows) => self.step(rows),
            Command::Sort(column) => {
                self.state.table.sort_by(column);
                self.arrange();
            }
            Command::Search(text) => {
                self.state.table.search = text;
                self.arrange();
            }
            Command::ShowSplit(split) => {
                self.state.table.split = split;
                self.arrange();
            }
            Command::SetModel(place) => self.set_model(place),
            Command::OpenModel(path) => self.open_model(&path),
            Command::SetLayer(layer) => self.state.view.reading.layer = layer.min(self.last_layer()),
            Command::SetHead(head) => self.state.view.reading.head = head.map(|head| head.min(self.last_head())),
            Command::SetQuantity(quantity) => {
                self.state.view.reading.quantity = quantity;
                self.state.view.locked = None;
            }
            Command::SetColoring(coloring) => self.state.view.coloring = coloring,
            Command::SetColorMap(map) => self.state.view.map = map,
            Command::LockRange(lock) => {
                self.state.view.locked = picture::fitted_range(&self.state).filter(|_| lock);
            }
            Command::SetHistogram(state) => self.state.view.histogram = state,
            Command::ShowAtomNumbers(show) => self.state.view.atom_numbers = show,
            Command::Select(pick) => self.state.pick = pick,
            Command::SetExplicitBias(scale) => self.state.edits.set_explicit_bias(scale),
            Command::Ablate(edges) => {
                if let Some(id) = shown {
                    self.state.edits.ablate(id, &edges);
                }
            }
            Command::Restore(edges) => {
                if let Some(id) = shown {
                    self.state.edits.restore(id, &edges);
                }
            }
            Command::ToggleBond(bond) => {
                if let Some(shown) = &self.state.shown {
                    self.state.edits.toggle_bond(shown.id, &shown.molecule, bond);
                }
            }
            Command::ClearAblation => {
                if let Some(id) = shown {
                    self.state.edits.clear(id);
                }
            }
            Command::Undo => {
                let molecule = self.state.edits.undo();
                self.revisit(molecule);
            }
            Command::Redo => {
                let molecule = self.state.edits.redo();
                self.revisit(molecule);
            }
            Command::Sweep(options) => self.sweep(options),
            Command::Stop(id) => self.stop(id),
            Command::Export { kind, format, path } => self.export(kind, format, path),
            Command::SaveTrace(path) => self.save_trace(path),
            Command::Analyze { options, folder } => self.analyze(options, folder),
            Command::Train(options) => self.train(*options),
            Command::Dismiss(place) => {
                if place < self.state.notices.len() {
                    self.state.notices.remove(place);
                }
            }
        }
        self.ask();
    }

    /// Takes in what the workers have said; call it once a frame. Returns whether anything changed.
    pub fn pump(&mut self) -> bool {
        let mut changed = false;
        while let Some(event) = self.engine.try_next() {
            self.take(event);
            changed = true;
        }
        match self.engine.revive() {
            Ok(died) => {
                for name in died {
                    self.state.jobs.clear();
                    (self.loading, self.sweeping, self.asked) = (None, None, None);
                    let text = format!(
                        "The {name} thread stopped because of a fault in Bondscope and was started again; its work is lost, please try it once more."
                    );
                    self.state.notify(Severity::Error, text);
                    changed = true;
                }
            }
            Err(error) => {
                if !self.fatal {
                    let text = format!("A background thread could not be started again ({error}); please restart Bondscope.");
                    self.state.notify(Severity::Error, text);
                    self.fatal = true;
                }
            }
        }
        self.draw_quickly();
        self.ask();
        changed
    }

    /// Whether nothing is queued, running, or still to be answered.
    pub fn is_idle(&self) -> bool {
        let drawn = match (&self.state.selected, &self.state.shown) {
            (Some(selected), Some(shown)) => shown.id == *selected && shown.layout.is_some(),
            (Some(_), None) => self.state.untraceable.is_some(),
            (None, _) => true,
        };
        self.state.jobs.is_empty() && drawn && self.asked.is_none()
    }

    /// Pumps until nothing is left to do or `go_on` says no; returns whether all was done. This is
    /// how the command line and the tests wait.
    pub fn run_until_idle(&mut self, mut go_on: impl FnMut(&State) -> bool) -> bool {
        loop {
            self.pump();
            if self.is_idle() {
                return true;
            }
            if !go_on(&self.state) {
                return false;
            }
            if let Some(event) = self.engine.next_within(Duration::from_millis(20)) {
                self.take(event);
            }
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Loaded { job, dataset, complete: _ } => self.loaded(job, dataset),
            Event::Read { dataset, id, molecule } => self.read(dataset, id, molecule),
            Event::Drawn { dataset, id, layout } => self.drawn(dataset, id, layout),
            Event::Unreadable { dataset, id, message } => {
                if self.is_selected(dataset, id) {
                    self.state.shown = None;
                    self.state.comparison = None;
                    self.state.untraceable = Some(message);
                }
            }
            Event::Traced(comparison) => self.traced(*comparison),
            Event::Untraceable { probe, message } => {
                if self.asked.as_ref() == Some(&*probe) {
                    self.asked = None;
                    self.state.comparison = None;
                    self.state.untraceable = Some(message);
                }
            }
            Event::Swept(survey) => {
                self.state.surveys.retain(|known| known.key != survey.key);
                if self.state.opened.as_ref().is_some_and(|opened| opened.revision == survey.key.dataset) {
                    self.state.surveys.push(survey);
                    self.score();
                }
            }
            Event::Trained(report) => self.state.training.push(report),
            Event::Written(path) => self.state.notify(Severity::Info, format!("Wrote {}", path.display())),
            Event::Complaint(message) => self.state.notify(Severity::Error, message),
            Event::Progress { job, done, total } => {
                if let Some(status) = self.state.jobs.iter_mut().find(|status| status.id == job) {
                    (status.done, status.total) = (done, total);
                }
            }
            Event::Finished(job) | Event::Stopped(job) => self.ended(job),
            Event::Failed { job, message } => {
                self.ended(job);
                self.state.notify(Severity::Error, message);
            }
        }
    }

    fn ended(&mut self, job: JobId) {
        self.state.jobs.retain(|status| status.id != job);
        if self.sweeping.as_ref().is_some_and(|(id, _)| *id == job) {
            self.sweeping = None;
        }
        if self.loading == Some(job) {
            self.loading = None;
            self.sweep_unasked();
        }
    }

    // ---- files and molecules

    fn open(&mut self, source: Source) {
        if let Some(job) = self.loading.take() {
            self.engine.cancel(job);
        }
        let (title, input) = match source {
            Source::Bundled => ("Opening the bundled molecules".to_owned(), bundled::molecules()),
            Source::File(path) => {
                self.state.recent.retain(|known| *known != path);
                self.state.recent.insert(0, path.clone());
                self.state.recent.truncate(RECENT);
                let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into());
                (format!("Opening {name}"), Input::File(path))
            }
        };
        let id = self.engine.reserve();
        self.loading = Some(id);
        self.start(id, Purpose::Load, title, Box::new(Load::new(id, input)));
    }

    fn loaded(&mut self, job: JobId, dataset: Arc<Dataset>) {
        if self.loading != Some(job) {
            return;
        }
        let first = self.revision != job.0;
        if first {
            self.revision = job.0;
            self.state.edits.forget_molecules();
            (self.state.shown, self.state.comparison, self.state.untraceable) = (None, None, None);
            (self.state.pick, self.asked, self.state.selected) = (None, None, None);
            self.state.surveys.clear();
            self.state.table.scores.clear();
            // The paper measures on the test split; files without splits show everything.
            let has_test = dataset.records.iter().any(|record| record.split == Some(crate::domain::Split::Test));
            self.state.table.split = has_test.then_some(crate::domain::Split::Test);
            self.state.table.search.clear();
        }
        // Checking may drop records, and numbers are places among the usable ones: follow the line.
        let old = self.state.opened.as_ref().map(|opened| Arc::clone(&opened.dataset));
        let line = |id: MoleculeId| old.as_ref().and_then(|old| old.record(id)).map(|record| record.line);
        let selected = self.state.selected.filter(|_| !first).and_then(line);
        let renumbered = old.filter(|_| !first).is_some_and(|old| {
            old.records.iter().zip(&dataset.records).any(|(old, new)| old.line != new.line)
        });
        if renumbered {
            self.state.edits.forget_molecules();
            self.state.table.scores.clear();
            self.state.surveys.clear();
        }
        self.state.opened = Some(Opened { revision: self.revision, dataset: Arc::clone(&dataset) });
        self.arrange();
        let place = selected.and_then(|line| dataset.records.binary_search_by_key(&line, |record| record.line).ok());
        let id = place.and_then(|place| u32::try_from(place).ok()).map(MoleculeId);
        match id.or(self.state.selected.filter(|_| !renumbered && !first)) {
            Some(id) if !renumbered => self.state.selected = Some(id),
            Some(id) => self.select(id),
            None => {
                if let Some(&id) = self.state.table.order.first() {
                    self.select(id);
                }
            }
        }
    }

    fn arrange(&mut self) {
        if let Some(opened) = &self.state.opened {
            let dataset = Arc::clone(&opened.dataset);
            self.state.table.arrange(&dataset);
        }
        self.sweep_unasked();
    }

    fn select(&mut self, id: MoleculeId) {
        let Some(opened) = &self.state.opened else { return };
        let Some(record) = opened.dataset.record(id) else { return };
        self.engine.draw(DrawRequest { dataset: opened.revision, id, smiles: record.smiles.clone() });
        if self.state.selected != Some(id) {
            self.state.untraceable = None;
            self.state.pick = None;
        }
        self.state.selected = Some(id);
    }

    fn step(&mut self, rows: i64) {
        let table = &self.state.table;
        let Some(last) = table.order.len().checked_sub(1) else { return };
        let row = match self.state.selected.and_then(|id| table.row_of(id)) {
            Some(row) => i64::try_from(row).unwrap_or(i64::MAX).saturating_add(rows),
            None => 0,
        };
        let row = usize::try_from(row.max(0)).unwrap_or(0).min(last);
        if let Some(&id) = table.order.get(row) {
            self.select(id);
        }
    }

    fn revisit(&mut self, molecule: Option<MoleculeId>) {
        if let Some(id) = molecule.filter(|&id| self.state.selected != Some(id)) {
            self.select(id);
        }
    }

    fn is_selected(&self, dataset: u64, id: MoleculeId) -> bool {
        self.state.selected == Some(id) && self.state.opened.as_ref().is_some_and(|opened| opened.revision == dataset)
    }

    fn read(&mut self, dataset: u64, id: MoleculeId, molecule: Arc<Molecule>) {
        if !self.is_selected(dataset, id) {
            return;
        }
        let input = zinc_codes(&molecule).map(Arc::new).map_err(|error| error.to_string());
        self.state.untraceable = input.as_ref().err().cloned();
        if self.state.untraceable.is_some() {
            self.state.comparison = None;
        }
        let edges = EdgeList::of(&molecule);
        self.state.shown = Some(Shown { id, molecule, edges, layout: None, input, since: Instant::now() });
    }

    fn drawn(&mut self, dataset: u64, id: MoleculeId, layout: Arc<Layout>) {
        if self.is_selected(dataset, id)
            && let Some(shown) = self.state.shown.as_mut().filter(|shown| shown.id == id)
        {
            shown.layout = Some(layout);
        }
    }

    /// Shows the quick layout while the good one is late.
    fn draw_quickly(&mut self) {
        if let Some(shown) = &mut self.state.shown
            && shown.layout.is_none()
            && shown.since.elapsed() > LAYOUT_PATIENCE
        {
            shown.layout = Some(Arc::new(scene::fallback(&shown.molecule)));
        }
    }

    // ---- models and questions

    fn set_model(&mut self, place: usize) {
        if place < self.state.checkpoints.len() {
            self.state.model = place;
            self.state.view.reading.layer = self.state.view.reading.layer.min(self.last_layer());
            self.state.view.reading.head = self.state.view.reading.head.map(|head| head.min(self.last_head()));
            self.state.table.scores.clear();
            self.score();
            self.sweep_unasked();
        }
    }

    fn open_model(&mut self, path: &Path) {
        match open_checkpoint(path) {
            Ok(checkpoint) => {
                self.state.checkpoints.push(Arc::new(checkpoint));
                self.set_model(self.state.checkpoints.len() - 1);
            }
            Err(message) => self.state.notify(Severity::Error, message),
        }
    }

    fn last_layer(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.layers.saturating_sub(1))
    }

    fn last_head(&self) -> usize {
        self.state.checkpoint().map_or(0, |checkpoint| checkpoint.spec.heads.saturating_sub(1))
    }

    /// The question that the state now puts.
    fn probe(&self) -> Option<Probe> {
        let shown = self.state.shown.as_ref()?;
        shown.input.as_ref().ok()?;
        Some(Probe {
            dataset: self.state.opened.as_ref()?.revision,
            model: self.state.checkpoint()?.id.clone(),
            molecule: shown.id,
            intervention: self.state.edits.intervention(shown.id),
        })
    }

    /// Asks if the question differs from the one asked or answered last.
    fn ask(&mut self) {
        let Some(probe) = self.probe() else {
            self.asked = None;
            return;
        };
        let answered = self.state.comparison.as_ref().is_some_and(|comparison| comparison.probe == probe);
        if answered || self.asked.as_ref() == Some(&probe) || self.state.untraceable.is_some() {
            return;
        }
        if let (Some(shown), Some(checkpoint)) = (&self.state.shown, self.state.checkpoint())
            && let Ok(input) = &shown.input
        {
            let question =
                Question { probe: probe.clone(), checkpoint: Arc::clone(checkpoint), input: Arc::clone(input) };
            self.engine.ask(question);
            self.asked = Some(probe);
        }
    }

    fn traced(&mut self, comparison: Comparison) {
        if self.asked.as_ref() == Some(&comparison.probe) {
            self.asked = None;
        }
        let current = self.state.shown.as_ref().is_some_and(|shown| shown.id == comparison.probe.molecule)
            && self.state.opened.as_ref().is_some_and(|opened| opened.revision == comparison.probe.dataset);
        if current {
            self.state.untraceable = None;
            self.state.comparison = Some(Arc::new(comparison));
        }
    }

    // ---- jobs

    fn start(&mut self, id: JobId, purpose: Purpose, title: String, job: Box<dyn crate::engine::Job>) {
        let place = match purpose {
            Purpose::Load | Purpose::Write => Place::Io,
            Purpose::Sweep | Purpose::Train => Place::Compute,
        };
        self.state.jobs.push(JobStatus { id, purpose, title, done: 0, total: 0, stopping: false });
        self.engine.start_as(id, place, job);
    }

    fn stop(&mut self, id: JobId) {
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

    fn sweep_job(&mut self, options: SweepOptions) -> Option<SweepJob> {
        let opened = self.state.opened.as_ref()?;
        let checkpoint = Arc::clone(self.state.checkpoint()?);
        Some(SweepJob::new(
            opened.revision,
            Arc::clone(&opened.dataset),
            checkpoint,
            options,
            self.engine.compute_device(),
        ))
    }

    fn sweep(&mut self, options: SweepOptions) {
        let Some(job) = self.sweep_job(options) else { return };
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

    fn sweep_unasked(&mut self) {
        let Some(opened) = &self.state.opened else { return };
        let options = SweepOptions { split: self.state.table.split, limit: None };
        let few = opened.dataset.ids_of(options.split).len() <= SWEPT_UNASKED;
        if self.unasked_sweeps && self.loading.is_none() && few && self.state.survey().is_none() {
            self.sweep(options);
        }
    }

    /// Fills the table's score columns from the sweeps of the chosen model.
    fn score(&mut self) {
        let Some(model) = self.state.checkpoint().map(|checkpoint| checkpoint.id.clone()) else { return };
        let table = &mut self.state.table;
        for survey in self.state.surveys.iter().filter(|survey| survey.key.model == model) {
            table.scores.extend(survey.scores().map(|(id, prediction, largest_ratio)| {
                (id, Score { prediction, largest_ratio })
            }));
        }
        if matches!(table.column, Column::Prediction | Column::Error | Column::Ratio)
            && let Some(opened) = &self.state.opened
        {
            table.arrange(&opened.dataset);
        }
    }

    fn analyze(&mut self, options: SweepOptions, folder: PathBuf) {
        let Some(job) = self.sweep_job(options) else {
            self.state.notify(Severity::Error, "Nothing is open that could be analysed; open a file of molecules first.");
            return;
        };
        let id = self.engine.reserve();
        let title = format!("Analysing {} molecules under {}", job.molecules(), job.key().model.name);
        self.start(id, Purpose::Sweep, title, Box::new(Analyze::new(job, folder)));
    }

    fn train(&mut self, options: crate::engine::jobs::train::TrainOptions) {
        let Some(opened) = &self.state.opened else {
            self.state.notify(Severity::Error, "Nothing is open to train on; open a file of molecules with targets first.");
            return;
        };
        let dataset = Arc::clone(&opened.dataset);
        self.state.training.clear();
        let id = self.engine.reserve();
        let title = format!("Training {:?} for {} epochs", options.spec.arch, options.epochs);
        let job = Train::new(dataset, options, self.engine.compute_device());
        self.start(id, Purpose::Train, title, Box::new(job));
    }


    /// What is selected, if it still exists.
    pub fn picked(&self) -> Option<Pick> {
        let molecule = &self.state.shown.as_ref()?.molecule;
        self.state.pick.filter(|pick| match pick {
            Pick::Atom(atom) => molecule.atom(*atom).is_some(),
            Pick::Bond(bond) => molecule.bond(*bond).is_some(),
        })
    }
}

/// Reads a weight file as a model to choose.
///
/// # Errors
/// One sentence with the path last.
pub fn open_checkpoint(path: &Path) -> Result<Checkpoint, String> {
    let weights = crate::io::read_weights(path).map_err(|error| error.to_string())?;
    let name = path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy());
    Checkpoint::from_weights(&name, weights)
        .map_err(|error| format!("{error}: {}", path.display()))
}
