//! The app without a window: commands go in, state comes out, workers do the rest.
//!
//! The window, the command line and the tests all drive this. [`Workspace::apply`] is the only place
//! that changes state on a user's behalf, [`Workspace::pump`] the only one that does so on a worker's;
//! neither ever waits.

mod ablate;
mod bundled;
mod charts;
mod columns;
mod command;
mod composition;
mod edits;
mod export;
mod file;
mod gallery;
mod history;
mod jobs;
mod labels;
mod lanes;
mod memo;
mod models;
mod molecules;
mod notices;
mod picture;
mod property;
mod readings;
mod sides;
mod state;
mod studio;
mod table;
mod training;
mod view;

pub use crate::engine::{Column, Score};
pub use bundled::{BundledModel, bundled_models};
pub use columns::ColumnsView;
pub use command::{Command, FigureKind, Source};
pub use composition::{AblatedEdge, Compose, Composition, FIGURE_ENDING, MOST_PANELS, PartLabel, Recipe, Subject};
pub use edits::{Edits, List, Named, Set};
pub use file::{
    ENDING, FileCommand, FileRef, FileState, Found, ModelRef, ReadError, Recovery, Reference, Relocation, Saved,
    WeightFile, reference,
};
pub use gallery::{Gallery, Look, Sheet, Thumbnail};
pub use history::History;
pub use labels::{LONGEST_LABEL, Labelled, Labels};
pub use lanes::{Difference, Lane, MOST_LANES, SavedLane, Side, With, side_letter};
pub use picture::{AbsentBonds, FEW, Picture};
pub use property::Property;
pub use readings::{AbsentPair, AbsentReading, EdgeReading, LayerReading};
pub use state::{About, JobStatus, Notice, Opened, Purpose, Severity, Shown, State, Untraceable};
pub use table::Table;
pub use training::{
    Condition, Curve, Draft, DraftAbout, Field, LiveRun, Problem, RunCommand, RunView, Runs, network_for,
};
pub use view::{Arcs, Coloring, QUANTITIES, View, quantity_name};

use crate::domain::{ColumnChoice, ModelId, Probe};
use crate::engine::{Engine, Event, JobId, SurveyKey};
use crate::gpu::Gpu;
use crate::scene::Pick;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Splits of at most this many molecules are measured without being asked: some ten seconds.
pub const SWEPT_UNASKED: usize = 2_000;

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
    /// The job that looks at columns.
    looking: Option<JobId>,
    /// The job that reads a file with the columns chosen for it, and the file.
    applied: Option<(JobId, PathBuf)>,
    /// The line of a file read anew whose molecule is to be shown again.
    return_to: Option<u32>,
    sweeping: Option<(JobId, SurveyKey)>,
    /// Questions put and not answered yet.
    asked: Vec<Probe>,
    /// The last question of the main state that could not be answered.
    refused: Option<Probe>,
    /// The job that opened the file that is open.
    opened_by: Option<JobId>,
    unasked_sweeps: bool,
    /// Models whose measurement failed; it is not begun again unasked.
    unmeasurable: Vec<ModelId>,
    /// Whether the listed split is a guess and not the user's choice.
    guessed_split: bool,
    arranging: table::Arranging,
    revision: u64,
    fatal: bool,
    memo: memo::Memo,
    studio: studio::Studio,
    files: file::Files,
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
            looking: None,
            applied: None,
            return_to: None,
            sweeping: None,
            asked: Vec::new(),
            refused: None,
            opened_by: None,
            unasked_sweeps: false,
            unmeasurable: Vec::new(),
            guessed_split: true,
            arranging: table::Arranging::default(),
            revision: 0,
            fatal: false,
            memo: memo::Memo::default(),
            studio: studio::Studio::default(),
            files: file::Files::default(),
        };
        for checkpoint in bundled::checkpoints() {
            match checkpoint {
                Ok(checkpoint) => workspace.state.checkpoints.push(Arc::new(checkpoint)),
                Err(error) => workspace.state.notify(Severity::Error, error.to_string()),
            }
        }
        workspace.state.built_in = workspace.state.checkpoints.len();
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
        let before = history::Snapshot::of(&self.state);
        let walked = matches!(command, Command::Step(_));
        let new = !matches!(command, Command::Undo | Command::Redo);
        self.obey(command);
        if new {
            self.state.history.record(before, &history::Snapshot::of(&self.state), walked);
        }
        self.files.touched = true;
        self.ask();
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(source) => {
                self.leave_file(&source);
                self.open(source);
            }
            Command::File(command) => self.apply_to_file(command),
            Command::Label(about, text) => {
                if self.state.dataset().is_some_and(|dataset| dataset.record(about.molecule).is_some()) {
                    Arc::make_mut(&mut self.state.labels).set(about, &text);
                }
            }
            Command::LookAtColumns(path, choice) => self.look_at_columns(path, *choice),
            Command::CloseColumns => self.close_columns(),
            Command::ShowTarget(name) => self.show_target(name),
            Command::SelectMolecule(id) => {
                self.return_to = None;
                self.select(id);
            }
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
                self.guessed_split = false;
                self.state.table.split = split;
                self.arrange();
            }
            Command::SetModel(place) => self.set_model(place),
            Command::SetBase(name) => self.set_base(&name),
            Command::OpenModel(path, hints) => self.open_model(path, *hints),
            Command::Compare(with) => self.add_lane(with),
            Command::SetLane(side, with) => self.set_lane(side, with),
            Command::RemoveLane(side) => self.remove_lane(side),
            Command::SwapLane(side) => self.swap_lane(side),
            Command::ShowDifference(difference) => self.show_difference(difference),
            Command::RestoreLanes(saved) => self.restore_lanes(saved),
            Command::SetDetail(detail) => self.state.detail = detail,
            Command::AllowLarge => self.state.allow_large = self.state.shown.as_ref().map(|shown| shown.id),
            Command::SetInitial(initial) => {
                self.state.initial = initial;
                self.sweep_unasked();
            }
            Command::SetLayer(layer) => self.state.view.reading.layer = layer.min(self.last_layer()),
            Command::SetHead(head) => self.state.view.reading.head = head.map(|head| head.min(self.last_head())),
            Command::SetQuantity(quantity) => {
                self.state.view.reading.quantity = quantity;
                (self.state.view.locked, self.state.view.arcs.least) = (None, None);
            }
            Command::SetColoring(coloring) => {
                self.state.view.coloring = coloring;
                self.state.view.arcs.least = None;
            }
            Command::SetColorMap(map) => self.state.view.map = map,
            Command::LockRange(lock) => {
                self.state.view.locked = self.fitted_range().filter(|_| lock);
            }
            Command::FitRangeToGallery => {
                let range = self.state.gallery.range(self.state.view.reading);
                self.state.view.locked = range.or(self.state.view.locked);
            }
            Command::SetHistogram(state) => self.state.view.histogram = state,
            Command::SetScale(kind, scale) => {
                if let Some(axis) = self.state.view.scale_mut(kind) {
                    *axis = scale;
                }
            }
            Command::ShowAtomNumbers(show) => self.state.view.atom_numbers = show,
            Command::ShowLabels(show) => self.state.view.labels = show,
            Command::ShowArcs(show) => self.state.view.arcs.shown = show,
            Command::SetArcThreshold(least) => {
                self.state.view.arcs.least = least.filter(|least| least.is_finite());
            }
            Command::Select(pick) => self.state.pick = pick,
            Command::SetExplicitBias(scale) => self.edits().set_explicit_bias(scale),
            Command::Ablate(edges, how) => self.ablate(&edges, how),
            Command::Restore(edges) => self.put_back(&edges),
            Command::Toggle(pick) => self.toggle(pick),
            Command::ClearAblation => self.clear_ablation(),
            Command::ApplyRule(rule) => self.apply_rule(rule),
            Command::SetRule(rule) => self.edits().set_rule(rule),
            Command::FollowRule => self.follow_rule(),
            Command::NameList(name) => self.name_list(name),
            Command::NameRule(name, rule) => self.edits().name(name, Set::Rule(rule)),
            Command::ApplyNamed(name) => self.apply_named(&name),
            Command::ForgetNamed(name) => self.edits().forget(&name),
            Command::SetLayout(layout) => self.state.layout = layout,
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Sweep(options) => self.sweep(0, options),
            Command::SweepSide(side, options) => self.sweep(side, options),
            Command::Stop(id) => self.stop(id),
            Command::Export { kind, format, path } => self.export(kind, format, path),
            Command::Compose(command) => self.compose_command(command),
            Command::SaveTrace(path) => self.save_trace(path),
            Command::Analyze { options, folder } => self.analyze(options, folder),
            Command::Train(options) => self.train(*options),
            Command::Run(command) => self.command_run(command),
            Command::Evaluate(folder) => self.evaluate(&folder),
            Command::Tell(severity, text) => self.state.notify(severity, text),
            Command::Dismiss(ids) => self.dismiss(&ids),
        }
    }

    /// Takes in what the workers have said; call it once a frame. Returns whether anything changed.
    pub fn pump(&mut self) -> bool {
        let mut changed = false;
        while let Some(event) = self.engine.try_next() {
            self.take(event);
            changed = true;
        }
        self.watch();
        match self.engine.revive() {
            Ok(died) => {
                for name in died {
                    self.mourn(name);
                    changed = true;
                }
            }
            Err(error) => {
                if !self.fatal {
                    let text =
                        format!("A background thread could not be started again ({error}); please restart Bondscope.");
                    self.state.notify(Severity::Error, text);
                    self.fatal = true;
                }
            }
        }
        self.draw_quickly();
        self.ask();
        self.ask_for_thumbnails();
        changed
    }

    /// Whether nothing is queued, running, or still to be answered.
    pub fn is_idle(&self) -> bool {
        let drawn = match (&self.state.selected, &self.state.shown) {
            (Some(selected), Some(shown)) => shown.id == *selected && shown.settled,
            (Some(_), None) => self.state.untraceable.is_some(),
            (None, _) => true,
        };
        self.state.jobs.is_empty() && drawn && self.asked.is_empty() && !self.arranging.waits && self.has_thumbnails()
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
        // What a worker said about files it said before what follows from it.
        self.take_file_answers();
        match event {
            Event::Loaded { job, dataset, complete: _ } => self.loaded(job, dataset),
            Event::Previewed { job, preview } => self.previewed(job, preview),
            Event::Unclear(path) => {
                if self.state.columns.is_none() {
                    self.look_at_columns(path, ColumnChoice::default());
                }
            }
            Event::Read { dataset, id, molecule } => self.read(dataset, id, molecule),
            Event::Drawn { dataset, id, layout } => self.drawn(dataset, id, layout),
            Event::Unreadable { dataset, id, message } => {
                if self.is_selected(dataset, id) {
                    self.state.shown = None;
                    self.forget_answers();
                    for side in 0..self.state.side_count() {
                        if let Some(slot) = self.slot(side) {
                            *slot.untraceable = Some(Untraceable { message: message.clone(), large: false });
                        }
                    }
                }
            }
            Event::Sketched { dataset, id, drawn } => self.sketched(dataset, id, drawn),
            Event::Summarised { dataset, model, answers } => self.summarised(dataset, &model, answers),
            Event::Traced(comparison) => {
                self.traced(*comparison);
                self.follow_on();
            }
            Event::Untraceable { probe, message, large } => {
                self.refuse(&probe, &Untraceable { message, large });
            }
            Event::Swept(survey) => {
                self.state.surveys.retain(|known| known.key != survey.key);
                if self.state.opened.as_ref().is_some_and(|opened| opened.revision == survey.key.dataset) {
                    self.state.surveys.push(survey);
                    self.score();
                }
            }
            Event::Arranged { ticket, rows } => self.arranged(ticket, *rows),
            Event::ModelOpened(checkpoint) => {
                self.add_model(checkpoint);
                self.files.touched = true;
            }
            Event::Evaluated(evaluation) => self.state.evaluations.push(evaluation),
            Event::Training(news) => self.take_training(news),
            Event::Followed(checkpoint) => self.follow(checkpoint),
            Event::Replayed { folder, epoch, weights } => self.replayed(&folder, epoch, weights),
            Event::RunOpened { run, beside } => self.run_opened(run, beside),
            Event::Written(path) => {
                self.state.note(Severity::Info, format!("Wrote {}", path.display()), state::About::Written(path));
            }
            Event::Drafted { ticket, complete, draft } => self.drafted(ticket, complete, *draft),
            Event::Remark(message) => self.state.notify(Severity::Warning, message),
            Event::Assumed(model, message) => self.state.note(Severity::Warning, message, state::About::Model(model)),
            Event::Complaint(message) => self.state.notify(Severity::Error, message),
            Event::Progress { job, done, total } => {
                if let Some(status) = self.state.jobs.iter_mut().find(|status| status.id == job) {
                    status.advance(done, total, Instant::now());
                }
            }
            Event::Finished(job) => {
                self.run_ended(job, false, None);
                let swept = self.sweeping.as_ref().is_some_and(|(id, _)| *id == job);
                self.ended(job);
                // The next model side by side; who stopped a measurement wants no other.
                if swept {
                    self.sweep_unasked();
                }
            }
            Event::Stopped(job) => {
                self.run_ended(job, true, None);
                self.ended(job);
            }
            Event::Failed { job, message } => {
                self.run_ended(job, false, Some(&message));
                let failed = self.sweeping.as_ref().filter(|(id, _)| *id == job);
                self.unmeasurable.extend(failed.map(|(_, key)| key.model.clone()));
                self.ended(job);
                if !self.complain_about_columns(job, &message) {
                    self.state.notify(Severity::Error, message);
                }
            }
        }
    }

    /// Takes note that a thread died: what it was doing is lost, everything else goes on.
    fn mourn(&mut self, name: &str) {
        let text = format!(
            "The {name} thread stopped because of a fault in Bondscope and was started again; what it was doing is lost."
        );
        let lost: &[Purpose] = match name {
            "compute" => &[Purpose::Sweep, Purpose::Train],
            "io" => &[Purpose::Load, Purpose::Write],
            _ => &[],
        };
        self.state.jobs.retain(|status| !lost.contains(&status.purpose));
        match name {
            "compute" => {
                self.sweeping = None;
                self.mourn_runs(&text);
            }
            "io" => {
                self.loading = None;
                self.leave_opening();
            }
            "gallery" => self.give_up_on_thumbnails(),
            "table" => self.give_up_on_rows(),
            _ => {
                for probe in self.asked.clone() {
                    self.refuse(&probe, &Untraceable { message: text.clone(), large: false });
                }
            }
        }
        self.state.notify(Severity::Error, text);
    }

    /// A question has no answer; the states that put it do not put it again.
    fn refuse(&mut self, probe: &Probe, reason: &Untraceable) {
        self.asked.retain(|asked| asked != probe);
        for side in 0..self.state.side_count() {
            if self.state.probe(side).as_ref() == Some(probe)
                && let Some(slot) = self.slot(side)
            {
                (*slot.comparison, *slot.untraceable, *slot.refused) =
                    (None, Some(reason.clone()), Some(probe.clone()));
            }
        }
    }

    fn ended(&mut self, job: JobId) {
        self.state.jobs.retain(|status| status.id != job);
        if self.sweeping.as_ref().is_some_and(|(id, _)| *id == job) {
            self.sweeping = None;
        }
        if self.loading == Some(job) {
            (self.loading, self.return_to) = (None, None);
            if self.opened_by == Some(job) {
                self.finish_restoring();
            } else {
                self.restore_without_molecules();
            }
            self.files.touched = true;
            self.sweep_unasked();
        }
    }

    /// What is selected, if it still exists.
    pub fn picked(&self) -> Option<Pick> {
        let molecule = &self.state.shown.as_ref()?.molecule;
        self.state.pick.filter(|pick| match pick {
            Pick::Atom(atom) => molecule.atom(*atom).is_some(),
            Pick::Bond(_) | Pick::Pair(..) => pick.edges(molecule).is_some(),
        })
    }
}
