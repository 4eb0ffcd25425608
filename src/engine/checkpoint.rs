//! A model as something that can be sent between threads: plain weights, or a seed.

use crate::domain::{self, Columns, Fingerprint, ModelId, Weights};
use crate::gpu::Device;
use crate::models::{Hints, Initial, Model, ModelError, ModelSpec, Question, SpecError, Task};
use std::path::PathBuf;
use std::sync::Arc;

/// The seed of every base state, as in the paper's program.
pub const BASE_SEED: u64 = 41;

/// Key of the names of the columns that weights predict, as JSON, in their metadata.
pub(super) const TARGETS_KEY: &str = "targets";

/// Where a model's parameters come from.
#[derive(Clone, Debug)]
enum Source {
    /// A trained checkpoint.
    Weights(Arc<Weights>),
    /// The untrained state that a seed gives.
    Base(Initial, u64),
}

/// The file that a model was read from, and what was known about it beside its tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Fingerprint of its bytes.
    pub hash: u64,
    /// What the user said.
    pub hints: Hints,
    /// What the tensors do not tell.
    pub open: Vec<Question>,
    /// What was assumed of that, one sentence each.
    pub assumed: Vec<String>,
}

/// A model that can be built on any device.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Its identity in questions and caches.
    pub id: ModelId,
    /// What people read in menus.
    pub title: String,
    /// Architecture and sizes.
    pub spec: ModelSpec,
    /// The file it was read from; `None` for bundled and untrained models.
    pub file: Option<Arc<ModelFile>>,
    /// Names of the columns it was trained to predict; empty where nothing says so.
    targets: Vec<String>,
    source: Source,
}

impl Checkpoint {
    /// A trained model from its weights, whose metadata hold the specification.
    ///
    /// # Errors
    /// The weights do not say what model they are, or do not fit it.
    pub fn from_weights(name: &str, weights: Weights) -> Result<Self, ModelError> {
        // Building once on the CPU is the check that every tensor is there and fits.
        let spec = Model::from_weights(&weights, &Device::flex())?.spec().clone();
        Ok(Self {
            // The content tells two files of one name apart, and a file from itself after retraining.
            id: ModelId { name: name.into(), revision: weights.fingerprint() },
            title: format!("{name} ({}, trained)", spec.kind()),
            spec,
            file: None,
            targets: weights
                .metadata
                .get(TARGETS_KEY)
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
            source: Source::Weights(Arc::new(weights)),
        })
    }

    /// The same model with the file it was read from. Where that left something open, the answers are part of
    /// the model's identity: other answers make another network of the same tensors.
    #[must_use]
    pub fn from_file(mut self, file: ModelFile) -> Self {
        if !file.open.is_empty() {
            let mut revision = Fingerprint::default();
            revision.add(format!("{} {:?}", self.id.revision, self.spec).as_bytes());
            self.id.revision = revision.value();
        }
        self.file = Some(Arc::new(file));
        self
    }

    /// The untrained state of a model.
    pub fn base(name: &str, spec: ModelSpec, initial: Initial) -> Self {
        let drawn = if initial == Initial::Xavier { "untrained, Xavier" } else { "untrained" };
        // Two untrained states of one name may be of different networks.
        let mut revision = Fingerprint::default();
        revision.add(format!("{spec:?} {initial:?} {BASE_SEED}").as_bytes());
        Self {
            id: ModelId { name: name.into(), revision: revision.value() },
            title: format!("{name} ({}, {drawn}, seed {BASE_SEED})", spec.kind()),
            spec,
            file: None,
            targets: Vec::new(),
            source: Source::Base(initial, BASE_SEED),
        }
    }

    /// The untrained state that a name stands for, see [`ModelSpec::named`].
    ///
    /// # Errors
    /// The name stands for a network that cannot be.
    pub fn named_base(name: &str) -> Option<Result<Self, SpecError>> {
        Some(ModelSpec::named(name)?.map(|(spec, initial)| Self::base(name, spec, initial)))
    }

    /// Whether a column of that name is what the weights were trained on: only then are its units theirs.
    pub fn predicts(&self, column: &str) -> bool {
        self.targets.iter().any(|target| target == column)
    }

    /// The column that an output was trained on, if that is known.
    pub fn trained_on(&self, output: usize) -> Option<&str> {
        self.targets.get(output).map(String::as_str)
    }

    /// For each output, the place among a file's targets of what it predicts. Columns are found by the
    /// name they were trained under; where none of the names is there, a file and a model with as many
    /// targets of the same kind are taken to mean each other.
    pub fn columns(&self, columns: &Columns) -> Vec<Option<usize>> {
        let labels = self.spec.task != Task::GraphRegression;
        let outputs = self.spec.outputs;
        if labels != (columns.task == domain::Task::Labels) || self.spec.task == Task::NodeLabels {
            return vec![None; outputs];
        }
        let place = |name: &String| columns.targets.iter().position(|column| column == name);
        let by_name: Vec<Option<usize>> = (0..outputs).map(|output| self.targets.get(output).and_then(place)).collect();
        let as_many = columns.targets.len() == outputs || (outputs == 1 && self.targets.is_empty());
        if by_name.iter().all(Option::is_none) && as_many {
            return (0..outputs).map(|output| (output < columns.targets.len()).then_some(output)).collect();
        }
        by_name
    }

    /// What an output is called: the column it was trained on, or else the one it is compared with.
    pub fn output_name(&self, output: usize, columns: &Columns) -> String {
        let compared = || columns.targets.get(self.columns(columns).get(output).copied().flatten()?);
        self.targets.get(output).or_else(compared).cloned().unwrap_or_else(|| format!("output {output}"))
    }

    /// Whether this is an untrained state.
    pub fn is_base(&self) -> bool {
        matches!(self.source, Source::Base(..))
    }

    /// What the weights file says about itself; empty for a base state.
    pub fn metadata(&self) -> Option<&std::collections::BTreeMap<String, String>> {
        match &self.source {
            Source::Weights(weights) => Some(&weights.metadata),
            Source::Base(..) => None,
        }
    }

    /// The model's tensors on a device.
    ///
    /// # Errors
    /// The weights do not fit the specification, or the device refused them.
    pub fn build(&self, device: &Device) -> Result<Model, ModelError> {
        match &self.source {
            Source::Weights(weights) => Model::from_weights(weights, device),
            Source::Base(initial, seed) => Model::init(self.spec.clone(), *initial, *seed, device),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Arch, Ebt, Features};

    fn trained(features: Features, targets: &[&str]) -> Checkpoint {
        let spec = ModelSpec { outputs: targets.len().max(1), ..ModelSpec::recipe(Arch::San, features, Ebt::Off) };
        let targets = targets.iter().map(|&name| name.to_owned()).collect();
        Checkpoint { targets, ..Checkpoint::base("x", spec, Initial::Framework) }
    }

    fn columns(task: domain::Task, targets: &[&str]) -> Columns {
        Columns { targets: targets.iter().map(|&name| name.to_owned()).collect(), task, ..Columns::default() }
    }

    #[test]
    fn outputs_are_compared_with_the_columns_they_were_trained_on() {
        let tox = columns(domain::Task::Labels, &["NR-AR", "NR-AhR", "SR-p53"]);
        let p53 = trained(Features::Ogb, &["SR-p53"]);
        assert_eq!((p53.columns(&tox), p53.output_name(0, &tox)), (vec![Some(2)], "SR-p53".to_owned()));
        assert_eq!(trained(Features::Ogb, &["SR-p53", "other"]).columns(&tox), [Some(2), None]);
        // Another number of unknown targets, and values where labels are predicted, mean nothing.
        assert_eq!(trained(Features::Ogb, &["a", "b"]).columns(&tox), [None, None]);
        let esol = columns(domain::Task::Regression, &["solubility"]);
        assert_eq!(p53.columns(&esol), [None]);
        // One value against one value: as good a guess as any.
        let zinc = trained(Features::Zinc, &["penalised"]);
        assert_eq!((zinc.columns(&esol), zinc.output_name(0, &esol)), (vec![Some(0)], "penalised".to_owned()));
        assert_eq!(trained(Features::Zinc, &[]).output_name(0, &esol), "solubility");
    }

    #[test]
    fn untrained_states_are_told_apart() {
        let base = |name| Checkpoint::named_base(name).unwrap().unwrap();
        assert_ne!(base("gt-base").id.revision, base("gt-base-xavier").id.revision);
        assert_ne!(base("gt-base").id.revision, base("gt-ebt-base").id.revision);
    }
}
