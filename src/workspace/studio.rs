//! Draws figures that are put together, on a thread of its own. The thread has a workspace of its own, which is
//! brought into the state that each panel is about; molecules, models and measurements are shared with the one
//! that is shown. The command line does the same with the only workspace it has.

use super::charts::share_axes;
use super::composition::{AblatedEdge, Composition, PartLabel, Recipe, Subject, absolute};
use super::labels::{Labelled, Labels};
use super::state::{Opened, Severity};
use super::{Command, FigureKind, SWEPT_UNASKED, Source, State, Workspace};
use crate::domain::{Dataset, DirectedEdge, MoleculeId, Scale};
use crate::engine::{Checkpoint, Event, Outbox, Survey, SweepOptions};
use crate::figure::{self, Content, Draft, Figure, Format, Panel, Provenance, Row, SPECIFICATION};
use crate::gpu::Gpu;
use crate::io;
use crate::scene::ColorMap;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Files that the thread opens by itself count from here, so that they are never mistaken for those that are shown.
const OWN_REVISIONS: u64 = 1 << 40;

/// Why a panel was not drawn.
enum Undrawn {
    /// Something newer is wanted.
    Interrupted,
    /// One sentence.
    Because(String),
}

impl From<String> for Undrawn {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

/// What the thread shares with the workspace that is shown.
struct Snapshot {
    opened: Option<Opened>,
    checkpoints: Vec<Arc<Checkpoint>>,
    surveys: Vec<Arc<Survey>>,
}

/// One figure to draw.
struct Order {
    ticket: u64,
    figure: Arc<Composition>,
    scale: f32,
    snapshot: Snapshot,
}

#[derive(Default)]
struct Desk {
    order: Option<Order>,
    closed: bool,
}

type Shared = Arc<(Mutex<Desk>, Condvar)>;

/// What was ordered last, and the thread that draws.
#[derive(Default)]
pub(super) struct Studio {
    shared: Option<Shared>,
    /// Whether to do without measurements that take time, and whether one was done without.
    hasty: bool,
    skipped: bool,
    ticket: u64,
    ordered: Option<(Arc<Composition>, u32, u64, usize)>,
}

impl Drop for Studio {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            lock(shared).closed = true;
            shared.1.notify_one();
        }
    }
}

/// Every statement leaves the desk valid, so a poisoned lock is safe.
fn lock(shared: &Shared) -> MutexGuard<'_, Desk> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Workspace {
    /// The drawing of the figure that is put together, at `scale` pixels per CSS pixel. While it is under way the
    /// last one is returned, and `false`. Call it once a frame as long as it is looked at.
    pub fn draft(&mut self, scale: f32) -> (Option<Arc<Draft>>, bool) {
        let revision = self.state.opened.as_ref().map_or(0, |opened| opened.revision);
        let surveys: usize = self.state.surveys.iter().filter(|survey| survey.is_complete()).count();
        let wanted = (Arc::clone(&self.state.figure), scale.to_bits(), revision, surveys);
        if self.studio.ordered.as_ref() != Some(&wanted) {
            self.order(scale);
            self.studio.ordered = Some(wanted);
        }
        (self.state.draft.clone(), self.state.drafted == self.studio.ticket)
    }

    fn order(&mut self, scale: f32) {
        self.studio.ticket += 1;
        let order = Order {
            ticket: self.studio.ticket,
            figure: Arc::clone(&self.state.figure),
            scale,
            snapshot: Snapshot {
                opened: self.state.opened.clone(),
                checkpoints: self.state.checkpoints.clone(),
                surveys: self.state.surveys.clone(),
            },
        };
        let alive = self.studio.shared.clone().filter(|shared| Arc::strong_count(shared) > 2);
        let shared = match alive {
            Some(shared) => shared,
            None => match spawn(self.engine.gpu().clone(), self.engine.outbox()) {
                Ok(shared) => shared,
                Err(error) => {
                    self.state.notify(Severity::Error, format!("The figure cannot be drawn: {error}."));
                    return;
                }
            },
        };
        lock(&shared).order = Some(order);
        shared.1.notify_one();
        self.studio.shared = Some(shared);
    }

    pub(super) fn drafted(&mut self, ticket: u64, complete: bool, draft: Result<Draft, String>) {
        if ticket == self.studio.ticket {
            if complete {
                self.state.drafted = ticket;
            }
            match draft {
                Ok(draft) => self.state.draft = Some(Arc::new(draft)),
                Err(message) => {
                    self.state.draft = None;
                    self.state.notify(Severity::Error, message);
                }
            }
        }
    }

    /// Writes the drawing that is shown, its specification, or the numbers of its panels, by the ending of `path`.
    pub(super) fn write_figure(&mut self, path: PathBuf) {
        if path.extension().is_some_and(|ending| ending == "json") {
            let text = self.state.figure.to_text();
            self.write(format!("Writing {}", path.display()), move |out| {
                io::write_bytes(&path, text.as_bytes()).map_err(|error| error.to_string())?;
                out.send(Event::Written(path));
                Ok(())
            });
            return;
        }
        let format = match Format::from_path(&path) {
            Ok(format) => format,
            Err(error) => return self.state.notify(Severity::Error, error.to_string()),
        };
        let Some(draft) = self.state.draft.clone().filter(|_| self.state.drafted == self.studio.ticket) else {
            let text = "The figure is still being drawn; try again at once.";
            return self.state.notify(Severity::Error, text);
        };
        self.write(format!("Writing {}", path.display()), move |out| {
            let files = draft.files(&path, format).map_err(|error| error.to_string())?;
            for (path, bytes) in files {
                io::write_bytes(&path, &bytes).map_err(|error| error.to_string())?;
                out.send(Event::Written(path));
            }
            Ok(())
        });
    }

    /// Draws a figure that was put together, bringing this workspace into the state that each panel is about.
    /// Waits, as long as `go_on` says so.
    ///
    /// # Errors
    /// One sentence: the figure as a whole cannot be drawn. What only one panel lacks is said in its place.
    pub fn compose(
        &mut self,
        composition: &Composition,
        mut go_on: impl FnMut(&State) -> bool,
    ) -> Result<(Figure, Vec<String>), String> {
        let mut remarks = Vec::new();
        match self.compose_or_stop(composition, &mut remarks, &mut go_on) {
            Some(figure) => Ok((figure, remarks)),
            None => Err("The figure was not drawn to the end.".to_owned()),
        }
    }

    fn compose_or_stop(
        &mut self,
        composition: &Composition,
        remarks: &mut Vec<String>,
        go_on: &mut dyn FnMut(&State) -> bool,
    ) -> Option<Figure> {
        let ranges = if composition.one_range { self.ranges(composition, remarks, go_on)? } else { BTreeMap::new() };
        let mut sources: Vec<Provenance> = Vec::new();
        let mut rows = Vec::new();
        for row in &composition.rows {
            let mut panels = Vec::new();
            for cell in &row.cells {
                let panel = match self.stage(&cell.panel, composition.colors, remarks, go_on) {
                    Ok(()) => {
                        let key = range_key(&cell.panel.about);
                        if let Some(range) = ranges.get(&key).filter(|_| is_colored(&cell.panel)) {
                            self.state.view.locked = Some(*range);
                        }
                        self.made(&cell.panel, &mut sources)
                    }
                    Err(Undrawn::Interrupted) => return None,
                    Err(Undrawn::Because(reason)) => missing(&cell.panel, reason),
                };
                panels.push(figure::Cell { width: cell.width, panel });
            }
            rows.push(Row { height: row.height, cells: panels });
        }
        share_axes(composition.recipes().map(|recipe| recipe.kind), &mut rows);
        let mut provenance = merged(&sources);
        provenance.push((SPECIFICATION.to_owned(), composition.to_text()));
        remarks.dedup();
        Some(Figure { spec: composition.page.clone(), rows, provenance })
    }

    fn made(&mut self, recipe: &Recipe, sources: &mut Vec<Provenance>) -> Panel {
        let compared = !self.state.lanes.is_empty();
        let whole = match recipe.kind {
            // The bars of a comparison stand in the figure of its molecules.
            FigureKind::ColorBar if compared => FigureKind::Molecule,
            kind => kind,
        };
        let figure = match self.figure(whole) {
            Ok(figure) => figure,
            Err(reason) => return missing(recipe, reason),
        };
        sources.push(figure.provenance);
        let panels = figure.rows.into_iter().flat_map(|row| row.cells).map(|cell| cell.panel);
        let (bars, panels): (Vec<Panel>, Vec<Panel>) =
            panels.partition(|panel| matches!(panel.content, Content::ColorBar(_)) && compared);
        let bar = if recipe.side < self.state.side_count() { bars.first() } else { bars.last() }.cloned();
        let panel = match recipe.kind {
            FigureKind::ColorBar if compared => bar.clone(),
            FigureKind::Molecule => panels.into_iter().nth(recipe.side),
            _ => panels.into_iter().next(),
        };
        let Some(mut panel) = panel else { return missing(recipe, "There is nothing to draw.".to_owned()) };
        if let (Content::Molecule(molecule), Some(Content::ColorBar(bar))) =
            (&mut panel.content, bar.map(|bar| bar.content))
        {
            molecule.bar = Some(bar);
        }
        if let Some(title) = &recipe.title {
            panel.title.clone_from(title);
        }
        match &mut panel.content {
            Content::Molecule(molecule) if !recipe.bar => molecule.bar = None,
            // A bar for several molecules stands for all their layers.
            Content::ColorBar(bar) if !compared => {
                bar.label = super::quantity_name(recipe.about.view.reading.quantity).to_owned()
            }
            _ => {}
        }
        panel
    }

    /// The colour range that holds all molecules of a quantity.
    fn ranges(
        &mut self,
        composition: &Composition,
        remarks: &mut Vec<String>,
        go_on: &mut dyn FnMut(&State) -> bool,
    ) -> Option<BTreeMap<String, (f32, f32)>> {
        let mut ranges: BTreeMap<String, (f32, f32)> = BTreeMap::new();
        for recipe in composition.recipes().filter(|recipe| is_colored(recipe)) {
            match self.stage(recipe, composition.colors, remarks, go_on) {
                Ok(()) => {}
                Err(Undrawn::Interrupted) => return None,
                Err(Undrawn::Because(_)) => continue,
            }
            if let Some((low, high)) = self.fitted_range() {
                let range = ranges.entry(range_key(&recipe.about)).or_insert((low, high));
                *range = (range.0.min(low), range.1.max(high));
            }
        }
        Some(ranges)
    }

    /// Brings this workspace into the state that a panel is about.
    fn stage(
        &mut self,
        recipe: &Recipe,
        colors: ColorMap,
        remarks: &mut Vec<String>,
        go_on: &mut dyn FnMut(&State) -> bool,
    ) -> Result<(), Undrawn> {
        let about = &recipe.about;
        self.stage_dataset(about, remarks, go_on)?;
        self.stage_model(about, remarks, go_on)?;
        let dataset = self.state.dataset().cloned().ok_or_else(|| "No molecules are open.".to_owned())?;
        let id = record(&dataset, about)
            .ok_or_else(|| format!("There is no molecule {} in {} any more.", about.smiles, dataset.name))?;
        let mut view = about.sound_view(colors);
        view.reading.layer = view.reading.layer.min(self.last_layer());
        view.reading.head = view.reading.head.map(|head| head.min(self.last_head()));
        self.state.view = view;
        self.state.initial = about.base;
        let lanes = if recipe.kind == FigureKind::Activations { Vec::new() } else { about.lanes.clone() };
        let wanted = lanes.len();
        self.restore_lanes(lanes);
        self.show_difference(about.difference);
        if self.state.lanes.len() < wanted {
            let names: Vec<&str> = about.lanes.iter().map(|lane| lane.model.as_str()).collect();
            remarks.push(format!("Not all models that were compared are listed: {}", names.join(", ")));
        }
        self.state.edits = Arc::default();
        let mut labels = Labels::default();
        for PartLabel { part, text } in &about.labels {
            labels.set(Labelled { molecule: id, part: Some(*part) }, text);
        }
        self.state.labels = Arc::new(labels);
        if self.state.table.split != about.split {
            self.apply(Command::ShowSplit(about.split));
        }
        self.give(Command::SelectMolecule(id), go_on)?;
        self.state.allow_large = about.allow_large.then_some(id);
        self.state.pick = about.pick();
        let atoms = self.state.shown.as_ref().map_or(0, |shown| shown.molecule.atoms().len());
        let known = |edge: DirectedEdge| edge.source.index() < atoms && edge.target.index() < atoms;
        for &AblatedEdge { edge, how } in about.ablated.iter().filter(|ablated| known(ablated.edge)) {
            self.apply(Command::Ablate(vec![edge], how));
        }
        self.give(Command::SetExplicitBias(Scale::new(about.explicit_bias)), go_on)?;
        if !recipe.kind.is_measured()
            && let Some(reason) = &self.state.untraceable
        {
            return Err(Undrawn::Because(reason.message.clone()));
        }
        self.stage_survey(recipe, go_on)
    }

    fn stage_dataset(
        &mut self,
        about: &Subject,
        remarks: &mut Vec<String>,
        go_on: &mut dyn FnMut(&State) -> bool,
    ) -> Result<(), Undrawn> {
        let is_its = |dataset: &Dataset| dataset.path.as_deref().map(absolute) == about.file;
        let open = self.state.dataset().is_some_and(|dataset| is_its(dataset) && dataset.choice == about.columns);
        if !open {
            let source = match &about.file {
                None => Source::Bundled,
                Some(path) => Source::Columns { path: path.clone(), choice: about.columns.clone() },
            };
            self.give(Command::Open(source), go_on)?;
        }
        let dataset = self.state.dataset().filter(|dataset| is_its(dataset));
        let Some(dataset) = dataset else { return Err(self.last_error("The molecules could not be opened.")) };
        if format!("{:016x}", dataset.fingerprint()) != about.dataset_hash {
            remarks
                .push(format!("The molecules are not those that this figure was put together from: {}", dataset.name));
        }
        Ok(())
    }

    fn stage_model(
        &mut self,
        about: &Subject,
        remarks: &mut Vec<String>,
        go_on: &mut dyn FnMut(&State) -> bool,
    ) -> Result<(), Undrawn> {
        let hash = |checkpoint: &Checkpoint| format!("{:016x}", checkpoint.id.revision);
        let listed = |same: &dyn Fn(&Checkpoint) -> bool| self.state.checkpoints.iter().position(|known| same(known));
        let named = |known: &Checkpoint| *known.id.name == *about.model;
        let exact = listed(&|known| named(known) && hash(known) == about.weights_hash);
        let place = exact.or_else(|| about.weights.is_none().then(|| listed(&named)).flatten());
        match (place, &about.weights) {
            (Some(place), _) if place == self.state.model => {}
            (Some(place), _) => self.apply(Command::SetModel(place)),
            (None, Some(path)) => self.give(Command::OpenModel(path.clone(), Box::new(about.hints.clone())), go_on)?,
            (None, None) => self.give(Command::SetBase(about.model.clone()), go_on)?,
        }
        match self.state.checkpoint() {
            Some(known) if *known.id.name == *about.model => {
                if hash(known) != about.weights_hash {
                    let text = "The weights are not those that this figure was put together from";
                    remarks.push(format!("{text}: {}", about.model));
                }
                Ok(())
            }
            _ => Err(self.last_error("The model could not be opened.")),
        }
    }

    /// Measures what a panel needs, if nobody has; for the band behind the curves of one molecule only if it is
    /// soon done.
    fn stage_survey(&mut self, recipe: &Recipe, go_on: &mut dyn FnMut(&State) -> bool) -> Result<(), Undrawn> {
        let count = self.state.dataset().map_or(0, |dataset| dataset.ids_of(recipe.about.split).len());
        let wanted = recipe.kind.is_measured() || recipe.kind == FigureKind::EdgeRatios && count <= SWEPT_UNASKED;
        if wanted && !self.state.survey().is_some_and(|survey| survey.is_complete()) {
            if self.studio.hasty {
                self.studio.skipped = true;
                return Ok(());
            }
            let options = SweepOptions {
                split: recipe.about.split,
                initial: recipe.about.base,
                allow_large: recipe.about.allow_large,
                ..SweepOptions::default()
            };
            self.give(Command::Sweep(options), go_on)?;
        }
        Ok(())
    }

    /// Gives a command and waits until all is done.
    fn give(&mut self, command: Command, go_on: &mut dyn FnMut(&State) -> bool) -> Result<(), Undrawn> {
        self.apply(command);
        if self.run_until_idle(go_on) { Ok(()) } else { Err(Undrawn::Interrupted) }
    }

    fn last_error(&self, otherwise: &str) -> Undrawn {
        let mut errors = self.state.notices.iter().rev().filter(|notice| notice.severity == Severity::Error);
        Undrawn::Because(errors.next().map_or_else(|| otherwise.to_owned(), |notice| notice.text.clone()))
    }

    /// Takes over what the workspace that is shown has read and measured.
    fn adopt(&mut self, snapshot: Snapshot) {
        let Snapshot { opened, checkpoints, surveys } = snapshot;
        self.state.notices.clear();
        self.state.model = 0;
        self.state.lanes.clear();
        self.state.checkpoints = checkpoints;
        if let Some(opened) = opened {
            let known = self.state.opened.as_ref().map(|known| known.revision);
            if known != Some(opened.revision) {
                self.state.surveys.clear();
                (self.state.shown, self.state.selected) = (None, None);
                self.forget_answers();
            }
            let own = std::mem::take(&mut self.state.surveys);
            let newer = own.into_iter().filter(|own| surveys.iter().all(|known| known.key != own.key));
            self.state.surveys = newer.chain(surveys.iter().cloned()).collect();
            self.state.opened = Some(opened);
            self.state.table.split = None;
        }
    }
}

/// Whether a panel shows colours of values, which may share a range.
fn is_colored(recipe: &Recipe) -> bool {
    matches!(recipe.kind, FigureKind::Molecule | FigureKind::ColorBar)
        && recipe.about.view.coloring == super::Coloring::Value
}

fn range_key(about: &Subject) -> String {
    super::quantity_name(about.view.reading.quantity).to_owned()
}

fn missing(recipe: &Recipe, reason: String) -> Panel {
    let title = recipe.title.clone().unwrap_or_else(|| recipe.kind.name().to_owned());
    Panel { title, caption: String::new(), content: Content::Missing(reason) }
}

/// The record that is meant: at its place, or else the first of its structure.
fn record(dataset: &Dataset, about: &Subject) -> Option<MoleculeId> {
    let same = |id: &MoleculeId| dataset.record(*id).is_some_and(|record| *record.smiles == *about.smiles);
    Some(MoleculeId(about.molecule)).filter(same).or_else(|| dataset.ids().find(same))
}

/// What is true of all panels once, and the rest under their letters.
fn merged(sources: &[Provenance]) -> Provenance {
    let Some(first) = sources.first() else { return Provenance::new() };
    let common = |entry: &&(String, String)| sources.iter().all(|source| source.contains(entry));
    let mut all: Provenance = first.iter().filter(common).cloned().collect();
    for (place, source) in sources.iter().enumerate() {
        let own = source.iter().filter(|entry| !common(entry));
        all.extend(own.map(|(key, value)| (format!("panel_{}_{key}", place + 1), value.clone())));
    }
    all
}

fn spawn(gpu: Gpu, out: Outbox) -> std::io::Result<Shared> {
    let shared = Shared::default();
    let theirs = Arc::clone(&shared);
    std::thread::Builder::new().name("studio".to_owned()).spawn(move || run(&theirs, gpu, &out))?;
    Ok(shared)
}

fn run(shared: &Shared, gpu: Gpu, out: &Outbox) {
    let mut workspace = match Workspace::new(gpu, Arc::new(|| {})) {
        Ok(workspace) => workspace,
        Err(error) => {
            let message = format!("The system refused to start a thread ({error}); the figure cannot be drawn.");
            return out.send(Event::Complaint(message));
        }
    };
    workspace.revision = OWN_REVISIONS;
    while let Some(order) = next(shared) {
        let Order { ticket, figure, scale, snapshot } = order;
        workspace.adopt(snapshot);
        let go_on = |_: &State| {
            let desk = lock(shared);
            desk.order.is_none() && !desk.closed
        };
        // What takes no time is shown first, then the whole.
        for hasty in [true, false] {
            (workspace.studio.hasty, workspace.studio.skipped) = (hasty, false);
            let mut remarks = Vec::new();
            let Some(drawn) = workspace.compose_or_stop(&figure, &mut remarks, &mut { go_on }) else { break };
            let complete = !workspace.studio.skipped;
            let draft = Box::new(draw(drawn, scale, remarks));
            out.send(Event::Drafted { ticket, complete, draft });
            if complete {
                break;
            }
        }
    }
}

fn draw(figure: Figure, scale: f32, remarks: Vec<String>) -> Result<Draft, String> {
    let svg = figure::draw(&figure).map_err(|error| error.to_string())?;
    let pixels = figure::pixels(&svg, scale).map_err(|error| error.to_string())?;
    Ok(Draft { figure, svg, pixels, remarks })
}

fn next(shared: &Shared) -> Option<Order> {
    let mut desk = lock(shared);
    loop {
        if desk.closed {
            return None;
        }
        if let Some(order) = desk.order.take() {
            return Some(order);
        }
        desk = shared.1.wait(desk).unwrap_or_else(PoisonError::into_inner);
    }
}
