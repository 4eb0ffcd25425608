//! A training run that is being put together: a preset, what was changed of it, and everything that keeps it from
//! being started.
//!
//! What is typed is kept as it was typed beside the plan it makes, so that a half-written number is neither lost
//! nor taken for another one.

use super::field::Field;
use crate::domain::{self, Dataset};
use crate::engine::run::RunFolder;
use crate::engine::{BASE_SEED, TrainOptions};
use crate::models::{Arch, Connectivity, Ebt, Features, ModelSpec, Plan, Preset, Task};
use crate::workspace::State;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Folder for the runs on data that have no folder of their own.
const RUNS: &str = "Bondscope runs";

/// What keeps a run from being started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The number to mend; none where it is another matter.
    pub about: About,
    /// One sentence.
    pub sentence: String,
}

/// Where on a form a problem belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A number.
    Field(Field),
    /// How the parts of the network go together.
    Network,
    /// The open file.
    Data,
    /// The folder.
    Folder,
}

/// What is to be trained on, as far as a form depends on it.
#[derive(Clone, Debug, PartialEq)]
struct Fitted {
    revision: u64,
    task: domain::Task,
    outputs: usize,
}

/// A run that is being put together.
#[derive(Clone, Debug)]
pub struct Draft {
    preset: Preset,
    plan: Plan,
    typed: BTreeMap<Field, (String, Option<String>)>,
    folder: String,
    /// Whether the folder was chosen and is not just proposed.
    chosen: bool,
    /// Why the folder cannot be used, looked up when it was named.
    obstacle: Option<String>,
    fitted: Option<Fitted>,
    parameters: Option<(ModelSpec, Option<usize>)>,
}

impl Draft {
    /// The preset that fits what is open and the chosen model.
    pub fn fitting(state: &State) -> Self {
        let chosen = state.checkpoint().map(|checkpoint| &checkpoint.spec);
        let labels = state.dataset().is_some_and(|dataset| dataset.columns.task == domain::Task::Labels);
        let preset = preset(labels, chosen.map_or(Arch::Gt, |spec| spec.arch));
        let mut draft = Self {
            preset,
            plan: Plan::of(preset.network(Ebt::Off), BASE_SEED),
            typed: BTreeMap::new(),
            folder: String::new(),
            chosen: false,
            obstacle: None,
            fitted: None,
            parameters: None,
        };
        draft.attend(state);
        draft
    }

    /// Follows the open file: as many outputs as it has labels, a folder beside it. Call it before each look.
    pub fn attend(&mut self, state: &State) {
        let Some(opened) = &state.opened else { return };
        let columns = &opened.dataset.columns;
        let fitted = Fitted { revision: opened.revision, task: columns.task, outputs: opened.dataset.outputs() };
        if self.fitted.as_ref() == Some(&fitted) {
            return;
        }
        let before = self.fitted.replace(fitted);
        let labels = columns.task == domain::Task::Labels;
        if before.is_none_or(|before| before.task != columns.task) {
            self.set_preset(preset(labels, self.plan.network.arch));
        }
        let needed = network_for(&opened.dataset, (Some(self.preset), None, None), self.plan.network.ebt);
        (self.plan.network.task, self.plan.network.outputs) = (needed.task, needed.outputs);
        if !self.chosen {
            self.propose(opened.dataset.path.as_deref());
        }
    }

    /// What would be trained, as far as it is sound.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The preset it began with.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// Whether anything differs from the preset.
    pub fn is_changed(&self) -> bool {
        let Plan { network, .. } = &self.plan;
        let standard = Plan::of(self.preset.network(network.ebt), self.plan.seed);
        let network = ModelSpec { task: standard.network.task, outputs: standard.network.outputs, ..network.clone() };
        Plan { network, ..self.plan.clone() } != standard
    }

    /// Begins with another preset; what differs from the old one's numbers stays.
    pub fn set_preset(&mut self, preset: Preset) {
        let ebt = self.plan.network.ebt;
        let (old, mut new) =
            (Plan::of(self.preset.network(ebt), BASE_SEED), Plan::of(preset.network(ebt), self.plan.seed));
        for field in Field::ALL.into_iter().filter(|field| field.read(&self.plan) != field.read(&old)) {
            // A number that could be written once can be written again.
            field.write(&mut new, &field.read(&self.plan)).unwrap_or_default();
        }
        let Plan { network, initial, allow_large, .. } = &self.plan;
        (new.network.task, new.network.outputs) = (network.task, network.outputs);
        new.network.encoding = network.encoding;
        if network.connectivity.is_full() {
            new.network.connectivity = Connectivity::full(new.network.arch);
        }
        (new.initial, new.allow_large) = (*initial, *allow_large);
        (self.preset, self.plan) = (preset, new);
        let plan = &self.plan;
        self.typed.retain(|field, (text, problem)| {
            let mut typed = plan.clone();
            problem.is_some() || field.write(&mut typed, text).is_ok() && typed == *plan
        });
        self.rename();
    }

    /// Puts every number back to what the preset says.
    pub fn reset(&mut self) {
        let network = self.preset.network(self.plan.network.ebt);
        let (task, outputs) = (self.plan.network.task, self.plan.network.outputs);
        self.plan = Plan::of(ModelSpec { task, outputs, ..network }, BASE_SEED);
        self.typed.clear();
        self.rename();
    }

    /// Changes architecture, with the preset of the same data for it.
    pub fn set_arch(&mut self, arch: Arch) {
        let labels = self.preset.network(Ebt::Off).task != Task::GraphRegression;
        self.set_preset(preset(labels, arch));
    }

    /// Trains with explicit bias terms or without.
    pub fn set_ebt(&mut self, ebt: Ebt) {
        self.plan.network.ebt = ebt;
        // The terms come with biases, which nobody asked for otherwise.
        self.plan.network.use_bias = ebt != Ebt::Off;
        self.rename();
    }

    /// Changes the parts of the plan that are chosen and not typed.
    pub fn change(&mut self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan);
    }

    /// A number as it was typed.
    pub fn text(&self, field: Field) -> String {
        self.typed.get(&field).map_or_else(|| field.read(&self.plan), |(text, _)| text.clone())
    }

    /// Takes in what was typed.
    pub fn type_in(&mut self, field: Field, text: &str) {
        let problem = field.write(&mut self.plan, text).err();
        self.typed.insert(field, (text.to_owned(), problem));
        if field == Field::Seed {
            self.rename();
        }
    }

    /// The folder of the run, as it was typed.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Chooses the folder.
    pub fn set_folder(&mut self, folder: &str) {
        folder.clone_into(&mut self.folder);
        self.chosen = true;
        self.look_at_folder();
    }

    /// Looks for what is in the way of the folder.
    fn look_at_folder(&mut self) {
        let path = Path::new(self.folder.trim());
        self.obstacle = if path.is_absolute() {
            RunFolder::at(path).obstacle()
        } else {
            Some("The folder of the run needs a whole path, from the root on.".to_owned())
        };
    }

    fn propose(&mut self, data: Option<&Path>) {
        let home = || std::env::home_dir().unwrap_or_else(std::env::temp_dir).join(RUNS);
        let parent = data.and_then(Path::parent).map_or_else(home, |folder| folder.join(RUNS));
        self.name_within(&parent);
    }

    /// Names the folder after what is trained, as long as nobody chose another name.
    fn rename(&mut self) {
        if !self.chosen
            && let Some(parent) = Path::new(&self.folder).parent().map(Path::to_owned)
        {
            self.name_within(&parent);
        }
    }

    fn name_within(&mut self, parent: &Path) {
        let ebt = match self.plan.network.ebt {
            Ebt::Off => "",
            Ebt::Paper => "-ebt",
            Ebt::Code => "-ebt-code",
        };
        let name = format!("{}{ebt}-seed{}", self.preset.name(), self.plan.seed);
        let numbered = |number: usize| match number {
            1 => parent.join(&name),
            _ => parent.join(format!("{name}-{number}")),
        };
        let free = (1..1000).map(numbered).find(|path| !path.exists());
        self.folder = free.unwrap_or_else(|| numbered(1000)).display().to_string();
        self.look_at_folder();
    }

    /// A new name for the next run, beside the one that was just begun.
    pub fn next(&mut self) {
        self.chosen = false;
        self.rename();
    }

    /// Number of trained values; none where there is no such network.
    pub fn parameters(&mut self) -> Option<usize> {
        if let Some((spec, count)) = &self.parameters
            && *spec == self.plan.network
        {
            return *count;
        }
        let count = self.plan.network.parameter_count().ok();
        self.parameters = Some((self.plan.network.clone(), count));
        count
    }

    /// Everything that keeps the run from being started.
    pub fn problems(&self, state: &State) -> Vec<Problem> {
        let typed = |(field, (_, problem)): (&Field, &(String, Option<String>))| {
            Some(Problem { about: About::Field(*field), sentence: problem.clone()? })
        };
        let mut problems: Vec<Problem> = self.typed.iter().filter_map(typed).collect();
        for conflict in self.plan.conflicts() {
            let about = Field::of(conflict.field).map_or(About::Network, About::Field);
            problems.push(Problem { about, sentence: conflict.to_string() });
        }
        let others = [(About::Data, data_problem(state)), (About::Folder, self.obstacle.clone())];
        problems
            .extend(others.into_iter().filter_map(|(about, sentence)| Some(Problem { about, sentence: sentence? })));
        problems
    }

    /// The run as it would be started.
    pub fn options(&self) -> TrainOptions {
        TrainOptions { plan: self.plan.clone(), resume: false, out: PathBuf::from(self.folder.trim()) }
    }
}

/// Why the open file cannot be trained on.
fn data_problem(state: &State) -> Option<String> {
    let Some(dataset) = state.dataset() else {
        return Some("Nothing is open to train on; open a file of molecules with targets.".to_owned());
    };
    if dataset.outputs() == 0 {
        return Some("The open file has no targets to learn; File, Columns… says which columns are.".to_owned());
    }
    let [_, train, validation, _] = state.table.counts;
    let drawn = state.table.counts.iter().skip(1).all(|&count| count == 0);
    (!drawn && (train == 0 || validation == 0))
        .then(|| "The open file has no molecules in the splits `train` and `val`.".to_owned())
}

/// The preset for a kind of targets and an architecture.
fn preset(labels: bool, arch: Arch) -> Preset {
    match (labels, arch) {
        (false, Arch::Gt) => Preset::ZincGt,
        (false, Arch::Graphit) => Preset::ZincGraphit,
        (false, Arch::San) => Preset::ZincSan,
        (true, Arch::Gt) => Preset::Tox21Gt,
        (true, Arch::Graphit) => Preset::Tox21Graphit,
        (true, Arch::San) => Preset::Tox21San,
    }
}

/// The network of a preset, or of the paper for an architecture and features, with an output for every target of
/// the data.
pub fn network_for(
    dataset: &Dataset,
    (preset, arch, features): (Option<Preset>, Option<Arch>, Option<Features>),
    ebt: Ebt,
) -> ModelSpec {
    let labels = dataset.columns.task == domain::Task::Labels;
    let arch = arch.unwrap_or(Arch::Gt);
    let usual = match (labels, arch) {
        (false, _) => Features::Zinc,
        (true, Arch::Gt) => Features::Canonical,
        (true, Arch::Graphit | Arch::San) => Features::Ogb,
    };
    let recipe = || ModelSpec::recipe(arch, features.unwrap_or(usual), ebt);
    ModelSpec {
        outputs: if labels { dataset.outputs() } else { 1 },
        task: if labels { Task::GraphLabels } else { Task::GraphRegression },
        ..preset.map_or_else(recipe, |preset| preset.network(ebt))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_survives_another_preset() {
        let mut draft = Draft::fitting(&State::default());
        assert_eq!(draft.preset(), Preset::ZincGt);
        assert!(!draft.is_changed());
        draft.type_in(Field::LearningRate, "1e-3");
        draft.set_arch(Arch::San);
        assert_eq!(draft.preset(), Preset::ZincSan);
        let recipe = &draft.plan().recipe;
        assert_eq!((recipe.batch, draft.plan().network.dim), (32, 56));
        assert!((recipe.learning_rate - 1e-3).abs() < 1e-12 && draft.is_changed());
        assert_eq!(draft.text(Field::LearningRate), "1e-3");
        draft.reset();
        assert_eq!((draft.text(Field::LearningRate).as_str(), draft.is_changed()), ("7e-4", false));
        draft.set_ebt(Ebt::Paper);
        assert!(draft.plan().network.use_bias && !draft.is_changed());
        assert_eq!(draft.parameters(), Some(294_449));
    }

    #[test]
    fn a_wrong_number_is_told_and_the_last_sound_one_is_kept() {
        let mut draft = Draft::fitting(&State::default());
        let about = |draft: &Draft, field| {
            let problems = draft.problems(&State::default());
            let found = problems.into_iter().find(|problem| problem.about == About::Field(field));
            found.map(|problem| problem.sentence)
        };
        draft.type_in(Field::Batch, "12x");
        assert_eq!(about(&draft, Field::Batch).unwrap(), "`batch` must be a whole number from 0 on");
        assert_eq!((draft.text(Field::Batch).as_str(), draft.plan().recipe.batch), ("12x", 128));
        draft.type_in(Field::Batch, "0");
        assert_eq!(about(&draft, Field::Batch).unwrap(), "`batch` is 0, but must be at least 1");
        draft.type_in(Field::Batch, "64");
        assert_eq!(about(&draft, Field::Batch), None);
        draft.type_in(Field::Heads, "7");
        assert!(about(&draft, Field::Heads).unwrap().contains("does not divide"));
        draft.type_in(Field::LearningRate, "fast");
        assert_eq!(about(&draft, Field::LearningRate).unwrap(), "`learning_rate` must be a number");
        draft.set_ebt(Ebt::Code);
        let problems = draft.problems(&State::default());
        assert!(problems.iter().any(|problem| problem.about == About::Data));
    }

    #[test]
    fn a_folder_is_proposed_that_is_free() {
        let parent = tempfile::tempdir().unwrap();
        let mut draft = Draft::fitting(&State::default());
        draft.name_within(parent.path());
        let first = draft.options().out;
        assert_eq!(first, parent.path().join("zinc-gt-seed41"));
        std::fs::create_dir(&first).unwrap();
        std::fs::write(first.join("run.toml"), "").unwrap();
        draft.next();
        assert_eq!(draft.options().out, parent.path().join("zinc-gt-seed41-2"));
        draft.set_folder(&first.display().to_string());
        let about = |draft: &Draft| {
            let problems = draft.problems(&State::default());
            problems.into_iter().find(|problem| problem.about == About::Folder).map(|problem| problem.sentence)
        };
        assert!(about(&draft).unwrap().contains("A run was kept here already"));
        draft.set_folder("runs");
        assert!(about(&draft).unwrap().contains("whole path"));
        draft.set_ebt(Ebt::Paper);
        assert_eq!(draft.folder(), "runs", "a chosen folder is left alone");
    }
}
