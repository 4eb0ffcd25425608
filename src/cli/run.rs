//! The subcommands that drive a workspace without a window.

use super::args::{Analyze, Chosen, ColumnArgs, DeviceChoice, Subject, Trace};
use super::edits::Edges;
use super::network::ModelHints;
use super::progress::Progress;
use super::{Failure, interrupted};
use crate::domain::{Choice, ColumnChoice, Detail, DirectedEdge, MoleculeId, Rule, Scale, Split};
use crate::engine::SweepOptions;
use crate::gpu::Gpu;
use crate::models::{Ebt, ModelSpec, NAME_WORDS};
use crate::workspace::{Command, ENDING, FileCommand, Found, Severity, Source, Workspace, bundled_models};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

pub(super) fn trace(task: &Trace, device: DeviceChoice) -> Result<(), Failure> {
    // Known to be writable in this form before anything is computed.
    crate::io::TensorFormat::of(&task.out).map_err(|error| error.to_string())?;
    let mut session = Session::for_one_molecule(device)?;
    session.open(&task.subject.file, &task.subject.columns)?;
    if task.projections {
        session.run(Command::SetDetail(Detail::Projections))?;
    }
    session.show_molecule(&task.subject)?;
    session.check_traceable()?;
    session.run(Command::SaveTrace(task.out.clone()))
}

pub(super) fn analyze(task: &Analyze, device: DeviceChoice) -> Result<(), Failure> {
    let mut session = Session::new(device)?;
    session.open(&task.file, &task.columns)?;
    session.choose(task.model.as_deref(), &task.hints)?;
    if task.chosen.init == super::args::Init::Xavier && session.is_base() {
        let reason = "--init chooses the untrained state behind a trained model; an untrained model says it in its name, \
                      such as gt-base-xavier";
        return Err(Failure::Unusable(reason.to_owned()));
    }
    let options = SweepOptions { allow_large: task.allow_large, ..session.options(&task.chosen)? };
    session.run(Command::Analyze { options, folder: task.out.clone() })
}

pub(super) fn models() -> Result<(), Failure> {
    let mut text =
        format!("{:<22} {:>9}  {:<34} {}\n", "name", "size", "data", "test loss (last epoch, molecule by molecule)");
    for model in bundled_models() {
        text += &format!("{:<22} {:>6.1} MB  {:<34} {}\n", model.name, model.megabytes, model.data, model.test);
    }
    print(&text)
}

/// Writes results to standard output; a reader that went away is no error.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Unusable(format!("the result could not be written to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

pub(super) fn is_workspace(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(ENDING))
}

/// A workspace that is run one command at a time.
pub(super) struct Session {
    pub(super) workspace: Workspace,
    pub(super) progress: Progress,
}

impl Session {
    /// One molecule is computed on the CPU anyway unless the GPU is asked for, so none is looked for.
    pub(super) fn for_one_molecule(device: DeviceChoice) -> Result<Self, Failure> {
        Self::new(if device == DeviceChoice::Auto { DeviceChoice::Cpu } else { device })
    }

    pub(super) fn new(device: DeviceChoice) -> Result<Self, Failure> {
        let gpu = match device {
            DeviceChoice::Cpu => Gpu::cpu_only(),
            other => Gpu::new(other.into()).map_err(|error| error.to_string())?,
        };
        let workspace = Workspace::new(gpu, Arc::new(|| {}))
            .map_err(|error| format!("the system refused to start a background thread: {error}"))?;
        Ok(Self { workspace, progress: Progress::new() })
    }

    /// Gives a command and waits until all is done; the first error ends it.
    pub(super) fn run(&mut self, command: Command) -> Result<(), Failure> {
        self.workspace.apply(command);
        let progress = &mut self.progress;
        let done = self.workspace.run_until_idle(|state| {
            progress.show(state);
            !interrupted()
        });
        if !done {
            self.workspace.stop_all();
            self.workspace.run_until_idle(|state| {
                progress.show(state);
                true
            });
        }
        self.progress.show(&self.workspace.state);
        self.progress.finish();
        let mut notices = self.workspace.state.notices.iter();
        let error = notices.find(|notice| notice.open && notice.severity == Severity::Error);
        match error {
            Some(notice) => Err(Failure::Unusable(notice.text.clone())),
            None if done => Ok(()),
            None => Err(Failure::Interrupted),
        }
    }

    /// Puts away what was told, so that a failure of the past is none of what comes next.
    pub(super) fn forget_notices(&mut self) {
        let ids = self.workspace.state.notices.iter().map(|notice| notice.id).collect();
        self.workspace.apply(Command::Dismiss(ids));
    }

    /// Opens molecules, or a workspace with all that belongs to it.
    pub(super) fn open(&mut self, file: &Path, columns: &ColumnArgs) -> Result<(), Failure> {
        let choice = columns.choice().map_err(Failure::Unusable)?;
        if is_workspace(file) {
            if choice != ColumnChoice::default() {
                return Err(Failure::Unusable("a workspace says itself how its columns are read".to_owned()));
            }
            self.run(Command::File(FileCommand::Open(file.to_owned())))?;
            let waiting = self.workspace.state.file.relocation.as_ref();
            let lost =
                waiting.and_then(|waiting| waiting.references.iter().find(|reference| reference.found != Found::Same));
            return lost.map_or(Ok(()), |lost| {
                let how = if lost.found == Found::Missing { "missing" } else { "not what it was" };
                Err(Failure::Unusable(format!(
                    "a file of the workspace is {how}; open the workspace in the window and save it again: {}",
                    lost.path.display()
                )))
            });
        }
        self.run(Command::Open(Source::Columns { path: file.to_owned(), choice }))
    }

    /// The molecule that is meant where none is named: that of a workspace, else the first.
    pub(super) fn molecule(&self) -> u32 {
        let state = &self.workspace.state;
        state.selected.filter(|_| state.file.path.is_some()).map_or(0, |id| id.0)
    }

    /// Chooses a bundled model by name, or a weight file.
    pub(super) fn choose(&mut self, model: Option<&str>, hints: &ModelHints) -> Result<(), Failure> {
        let Some(model) = model else { return Ok(()) };
        let state = &self.workspace.state;
        if let Some(place) = state.checkpoints.iter().position(|checkpoint| &*checkpoint.id.name == model) {
            return self.run(Command::SetModel(place));
        }
        if let Some(named) = ModelSpec::named(model) {
            named.map_err(|error| format!("there is no model {model}: {error}"))?;
            return self.run(Command::SetBase(model.to_owned()));
        }
        let path = Path::new(model);
        if !path.exists() {
            let names: Vec<&str> = state.checkpoints.iter().map(|checkpoint| &*checkpoint.id.name).collect();
            return Err(Failure::Unusable(format!(
                "there is neither a bundled model nor a file of that name; bundled are {}; an untrained one is gt, \
                 graphit or san with words between dashes, {NAME_WORDS}: {model}",
                names.join(", ")
            )));
        }
        self.run(Command::OpenModel(path.to_owned(), Box::new(hints.hints())))
    }

    /// Shows a molecule of the open file with everything that was asked for.
    pub(super) fn show_molecule(&mut self, subject: &Subject) -> Result<(), Failure> {
        self.choose(subject.model.as_deref(), &subject.hints)?;
        let molecule = subject.molecule.unwrap_or_else(|| self.molecule());
        let usable = self.workspace.state.dataset().map_or(0, |dataset| dataset.records.len());
        if molecule as usize >= usable {
            return Err(Failure::Unusable(format!(
                "there is no molecule {molecule}: {usable} are usable, counted from 0: {}",
                subject.file.display()
            )));
        }
        self.run(Command::SelectMolecule(MoleculeId(molecule)))?;
        if subject.edits.allow_large {
            self.run(Command::AllowLarge)?;
        }
        if let Some(scale) = subject.edits.ebt {
            if !self.workspace.state.checkpoint().is_some_and(|checkpoint| checkpoint.spec.has_ebt()) {
                return Err(Failure::Unusable(format!(
                    "--ebt scales the explicit bias terms of a model trained with them, which this one has not: {}",
                    self.model()
                )));
            }
            let coded = self.workspace.state.checkpoint().is_some_and(|checkpoint| checkpoint.spec.ebt == Ebt::Code);
            if coded && scale > 0.0 && scale < 1.0 {
                let reason = "EBT as coded takes attention from the bias alone, so it is on or off: --ebt 0 or --ebt 1";
                return Err(Failure::Unusable(reason.to_owned()));
            }
            self.run(Command::SetExplicitBias(Scale::new(scale)))?;
        }
        if let Some(rule) = subject.edits.ablate_rule {
            self.check_rule(rule)?;
            self.run(Command::SetRule(Some(rule)))?;
        }
        // The rule's edges are known by now; those that are named come on top.
        for Edges { edges, how } in &subject.edits.ablate {
            self.check_edges(edges)?;
            self.run(Command::Ablate(edges.clone(), *how))?;
        }
        Ok(())
    }

    /// The name of the chosen model.
    pub(super) fn model(&self) -> String {
        self.workspace.state.checkpoint().map_or_else(String::new, |checkpoint| checkpoint.id.name.to_string())
    }

    fn is_base(&self) -> bool {
        self.workspace.state.checkpoint().is_some_and(|checkpoint| checkpoint.is_base())
    }

    /// Refuses a molecule that the model cannot score.
    pub(super) fn check_traceable(&self) -> Result<(), Failure> {
        match &self.workspace.state.untraceable {
            Some(reason) if reason.large => Err(Failure::Unusable(format!("{}: --allow-large", reason.message))),
            Some(reason) => Err(Failure::Unusable(reason.message.clone())),
            None => Ok(()),
        }
    }

    /// Refuses a rule about a layer, head or atom that does not exist.
    fn check_rule(&self, rule: Rule) -> Result<(), Failure> {
        let state = &self.workspace.state;
        let (layers, heads) = state.checkpoint().map_or((0, 0), |model| (model.spec.layers, model.spec.heads));
        let atoms = state.shown.as_ref().map_or(0, |shown| shown.molecule.atom_count());
        let refused = |what: &str, place: usize, count: usize| {
            let text = format!("--ablate-rule names {what} {place}, but there are {count}, counted from 0");
            Err(Failure::Unusable(text))
        };
        match rule.choice {
            Choice::Strongest { layer: Some(layer), .. } if layer >= layers => refused("layer", layer, layers),
            Choice::Strongest { head: Some(head), .. } if head >= heads => refused("head", head, heads),
            Choice::Atom(atom) if atom.index() >= atoms => refused("atom", atom.index(), atoms),
            _ => Ok(()),
        }
    }

    fn check_edges(&self, edges: &[DirectedEdge]) -> Result<(), Failure> {
        let state = &self.workspace.state;
        // In full-graph mode there are more edges than bonds.
        let known = state.comparison.as_ref().map(|comparison| &comparison.baseline.edges);
        let known = known.or(state.shown.as_ref().map(|shown| &shown.edges));
        match edges.iter().find(|edge| known.is_none_or(|known| known.find(**edge).is_none())) {
            Some(edge) => Err(Failure::Unusable(format!(
                "--ablate names an edge that the molecule does not have: {}>{} (atoms count from 0)",
                edge.source.0, edge.target.0
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn options(&self, chosen: &Chosen) -> Result<SweepOptions, Failure> {
        let dataset = self.workspace.state.dataset();
        let has = |split| dataset.is_some_and(|dataset| dataset.records.iter().any(|row| row.split == Some(split)));
        let split = match chosen.split {
            Some(choice) => choice.split(),
            None => has(Split::Test).then_some(Split::Test),
        };
        match split.filter(|&split| !has(split)) {
            Some(split) => {
                Err(Failure::Unusable(format!("no molecule of the file belongs to the split `{}`", split.name())))
            }
            None if chosen.limit == Some(0) => {
                Err(Failure::Unusable("--limit 0 leaves no molecule to measure; give a larger number".to_owned()))
            }
            None => Ok(SweepOptions { split, limit: chosen.limit, initial: chosen.init.into(), allow_large: false }),
        }
    }

    /// How many molecules `options` choose.
    pub(super) fn count(&self, options: SweepOptions) -> usize {
        let all = self.workspace.state.dataset().map_or(0, |dataset| dataset.ids_of(options.split).len());
        all.min(options.limit.unwrap_or(usize::MAX))
    }
}
