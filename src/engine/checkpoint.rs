//! A model as something that can be sent between threads: plain weights, or a seed.

use crate::domain::{ModelId, Weights};
use crate::gpu::Device;
use crate::models::{Initial, Model, ModelError, ModelSpec};
use std::sync::Arc;

/// The seed of every base state, as in the paper's program.
pub const BASE_SEED: u64 = 41;

/// Where a model's parameters come from.
#[derive(Clone, Debug)]
enum Source {
    /// A trained checkpoint.
    Weights(Arc<Weights>),
    /// The untrained state that a seed gives.
    Base(Initial, u64),
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
            source: Source::Weights(Arc::new(weights)),
        })
    }

    /// The untrained state of a model.
    pub fn base(name: &str, spec: ModelSpec, initial: Initial) -> Self {
        let drawn = if initial == Initial::Xavier { "untrained, Xavier" } else { "untrained" };
        Self {
            id: ModelId { name: name.into(), revision: BASE_SEED },
            title: format!("{name} ({}, {drawn}, seed {BASE_SEED})", spec.kind()),
            spec,
            source: Source::Base(initial, BASE_SEED),
        }
    }

    /// The untrained state that a name stands for, see [`ModelSpec::named`].
    pub fn named_base(name: &str) -> Option<Self> {
        ModelSpec::named(name).map(|(spec, initial)| Self::base(name, spec, initial))
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
