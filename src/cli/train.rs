//! `train`: a preset, what a file changes of it, and what the command line changes of both.

use super::Failure;
use super::args::{ColumnArgs, DeviceChoice, Init};
use super::network::{Arch, EbtChoice, EncodingChoice, FeatureChoice, FullGraph, ReadoutChoice};
use super::run::{Session, is_workspace};
use crate::domain::{ColumnChoice, Dataset};
use crate::engine::run::{Config, RunFile, RunFolder};
use crate::engine::{BASE_SEED, TrainOptions};
use crate::models::{self, Ebt, Features, ModelSpec, Plan, Preset, Recipe};
use crate::workspace::{Command, Source, network_for};
use clap::{Args as ClapArgs, ValueEnum};
use std::path::{Path, PathBuf};

/// Where the help puts the numbers of training.
const RECIPE: &str = "Recipe (what is not said is the paper's for the network)";

/// Where the help puts the parts of a network.
const NETWORK: &str = "Network (what is not said is the preset's)";

/// `train`
#[derive(Debug, ClapArgs)]
pub(super) struct TrainArgs {
    /// The file with molecules, targets and a train/val/test column (without one they are drawn 80/10/10); that of
    /// the run where one is resumed
    #[arg(required_unless_present = "resume")]
    file: Option<PathBuf>,
    #[command(flatten)]
    columns: ColumnArgs,
    /// A network and recipe of the paper
    #[arg(long, value_enum, conflicts_with_all = ["arch", "features"])]
    preset: Option<PresetChoice>,
    /// A TOML file that says how to train: what the options here say, or the run.toml of another run; options
    /// go before it
    #[arg(long, conflicts_with = "resume")]
    config: Option<PathBuf>,
    #[command(flatten)]
    changes: PlanArgs,
    /// Go on with the run in --out, by its own plan; only how long may be changed
    #[arg(long)]
    resume: bool,
    /// The folder of the run: plan, metrics, MA ratios, checkpoints, state and result
    #[arg(long)]
    out: PathBuf,
}

/// What can be changed of a plan.
#[derive(Clone, Debug, Default, ClapArgs)]
pub(super) struct PlanArgs {
    /// The architecture [default: gt]
    #[arg(long, value_enum, help_heading = NETWORK)]
    arch: Option<Arch>,
    /// Train with explicit bias terms; `code` takes attention weights from the bias alone, as the authors' program
    /// does for GraphiT and SAN
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "paper", help_heading = NETWORK)]
    ebt: Option<EbtChoice>,
    /// Give the projections Wq, Wk, Wv and We biases (models with explicit bias terms have them anyway)
    #[arg(long, help_heading = NETWORK)]
    bias: bool,
    /// Which numbers describe atoms and bonds [default: zinc; for labels canonical with gt, else ogb]
    #[arg(long, value_enum, help_heading = NETWORK)]
    features: Option<FeatureChoice>,
    /// Let every pair of atoms attend to each other (GraphiT: random-walk kernel; SAN: gamma 1e-5, or learned)
    #[arg(long, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "fixed", help_heading = NETWORK)]
    full_graph: Option<FullGraph>,
    /// What atoms are told about their place in the molecule
    #[arg(long, value_enum, help_heading = NETWORK)]
    encoding: Option<EncodingChoice>,
    /// Number of layers
    #[arg(long, help_heading = NETWORK)]
    layers: Option<usize>,
    /// Hidden width
    #[arg(long, help_heading = NETWORK)]
    dim: Option<usize>,
    /// Attention heads
    #[arg(long, help_heading = NETWORK)]
    heads: Option<usize>,
    /// How atoms become one row per molecule
    #[arg(long, value_enum, help_heading = NETWORK)]
    readout: Option<ReadoutChoice>,
    /// How the initial weights are drawn [default: framework]
    #[arg(long, value_enum, help_heading = NETWORK)]
    init: Option<Init>,
    /// Train on full graphs of more than 39,800 edges too, whatever memory they take
    #[arg(long, help_heading = NETWORK)]
    allow_large: bool,
    /// Molecules per step
    #[arg(long, help_heading = RECIPE)]
    batch: Option<usize>,
    /// Learning rate at the start
    #[arg(long, help_heading = RECIPE)]
    learning_rate: Option<f64>,
    /// Factor on the learning rate when the validation loss stands still
    #[arg(long, help_heading = RECIPE)]
    factor: Option<f64>,
    /// Epochs without improvement before that
    #[arg(long, help_heading = RECIPE)]
    patience: Option<u32>,
    /// Relative improvement that counts
    #[arg(long, help_heading = RECIPE)]
    threshold: Option<f64>,
    /// Training ends below this learning rate
    #[arg(long, help_heading = RECIPE)]
    min_learning_rate: Option<f64>,
    /// Rate of dropout
    #[arg(long, help_heading = RECIPE)]
    dropout: Option<f32>,
    /// At most this many epochs
    #[arg(long, help_heading = RECIPE)]
    epochs: Option<u32>,
    /// End after this many epochs without a lower validation loss; 0 for never
    #[arg(long, help_heading = RECIPE)]
    early_stop: Option<u32>,
    /// Seed of the initial weights, of the order of molecules and of drawn splits [default: 41]
    #[arg(long, help_heading = RECIPE)]
    seed: Option<u64>,
    /// Measure MA ratios after every N epochs; 0 for never [default: 1]
    #[arg(long, value_name = "N")]
    probe_every: Option<u32>,
    /// Keep the weights of every N epochs; 0 for none but the last and the best [default: 0]
    #[arg(long, value_name = "N")]
    keep_every: Option<u32>,
}

/// `--preset`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PresetChoice(Preset);

impl ValueEnum for PresetChoice {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [PresetChoice; Preset::ALL.len()] = {
            let mut all = [PresetChoice(Preset::ZincGt); Preset::ALL.len()];
            let mut place = 0;
            while place < all.len() {
                all[place] = PresetChoice(Preset::ALL[place]);
                place += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

/// Does what `train` asks for.
pub(super) fn run(task: &TrainArgs, device: DeviceChoice) -> Result<(), Failure> {
    // A wrong configuration is told before a large file is read.
    let config = task.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    let folder = RunFolder::at(&task.out);
    let begun = if task.resume && folder.run_file().exists() { Some(RunFile::read(&folder.run_file())?) } else { None };
    let mut session = Session::new(device)?;
    open(&mut session, task, begun.as_ref())?;
    let dataset = session.workspace.state.dataset().ok_or_else(|| "nothing is open to train on".to_owned())?;
    let plan = match begun {
        Some(begun) => task.changes.laid_over(begun.plan),
        None => plan(task, &config, dataset)?,
    };
    if let Some(conflict) = plan.conflicts().first() {
        return Err(Failure::Unusable(format!("such a run cannot be: {conflict}")));
    }
    session.run(Command::Train(Box::new(TrainOptions { plan, resume: task.resume, out: task.out.clone() })))
}

/// Opens what is named, or what a run was begun with; a run knows how the columns of its data are read.
fn open(session: &mut Session, task: &TrainArgs, begun: Option<&RunFile>) -> Result<(), Failure> {
    let said = task.columns.choice()? != ColumnChoice::default();
    match (&task.file, begun) {
        (Some(file), begun) if said || is_workspace(file) || begun.is_none() => session.open(file, &task.columns),
        (file, Some(begun)) => {
            let path = file.clone().map_or_else(|| own_data(&task.out, begun), Ok)?;
            session.run(Command::Open(Source::Columns { path, choice: begun.data.columns.clone() }))
        }
        (_, None) => {
            let place = task.out.display();
            Err(Failure::Unusable(format!("there is no run to go on with, since run.toml is missing: {place}")))
        }
    }
}

/// Where the data of a run are.
pub(super) fn own_data(folder: &Path, file: &RunFile) -> Result<PathBuf, String> {
    let path = file.data.path.clone().filter(|path| path.exists());
    let gone =
        || format!("the data of the run ({}) are gone; name where they are: {}", file.data.name, folder.display());
    path.ok_or_else(gone)
}

/// The plan that was asked for.
fn plan(task: &TrainArgs, config: &Config, dataset: &Dataset) -> Result<Plan, String> {
    let preset = task.preset.map(|choice| choice.0).or(config.preset);
    let changes = &task.changes;
    let arch = changes.arch.map(models::Arch::from).map_or_else(|| config.arch(), |arch| Ok(Some(arch)))?;
    let features = changes.features.map(Features::from).map_or_else(|| config.features(), |said| Ok(Some(said)))?;
    let ebt = changes.ebt.map(Ebt::from).or(config.ebt).unwrap_or(Ebt::Off);
    let network = network_for(dataset, (preset, arch, features), ebt);
    let plan = config.laid_over(&Plan::of(network, BASE_SEED))?;
    Ok(changes.laid_over(plan))
}

impl PlanArgs {
    /// A plan with everything changed that was said.
    pub(super) fn laid_over(&self, plan: Plan) -> Plan {
        let Plan { network, recipe, .. } = &plan;
        let arch = self.arch.map_or(network.arch, models::Arch::from);
        let ebt = self.ebt.map_or(network.ebt, Ebt::from);
        let network = ModelSpec {
            arch,
            ebt,
            features: self.features.map_or(network.features, Features::from),
            layers: self.layers.unwrap_or(network.layers),
            dim: self.dim.unwrap_or(network.dim),
            heads: self.heads.unwrap_or(network.heads),
            readout: self.readout.map_or(network.readout, models::Readout::from),
            use_bias: network.use_bias || self.bias || self.ebt.is_some(),
            connectivity: self.full_graph.map_or(network.connectivity, |full| full.connectivity(arch)),
            encoding: self.encoding.map_or(network.encoding, models::Encoding::from),
            ..network.clone()
        };
        let recipe = Recipe {
            batch: self.batch.unwrap_or(recipe.batch),
            learning_rate: self.learning_rate.unwrap_or(recipe.learning_rate),
            factor: self.factor.unwrap_or(recipe.factor),
            patience: self.patience.unwrap_or(recipe.patience),
            threshold: self.threshold.unwrap_or(recipe.threshold),
            min_learning_rate: self.min_learning_rate.unwrap_or(recipe.min_learning_rate),
            epochs: self.epochs.unwrap_or(recipe.epochs),
            dropout: self.dropout.unwrap_or(recipe.dropout),
            early_stop: self.early_stop.unwrap_or(recipe.early_stop),
        };
        Plan {
            seed: self.seed.unwrap_or(plan.seed),
            initial: self.init.map_or(plan.initial, Into::into),
            allow_large: plan.allow_large || self.allow_large,
            probe_every: self.probe_every.unwrap_or(plan.probe_every),
            keep_every: self.keep_every.unwrap_or(plan.keep_every),
            network,
            recipe,
        }
    }
}
