//! The whole state of a training run as plain arrays and one JSON text, so that a resumed run is
//! the run that was interrupted, bit for bit.

use super::learner::{Adam, Learner};
use super::random::Generator;
use super::recipe::{Recipe, Schedule};
use super::train::{Best, EpochReport, Position, TrainError, Trainer};
use super::{TrainingData, weights_of};
use crate::domain::Weights;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Key of the JSON text in the metadata.
const METADATA_KEY: &str = "trainer";
/// Changes when the meaning of a saved state does.
const VERSION: u32 = 3;
/// First part of the names of each kind of array.
const CURRENT: &str = "current.";
const BEST: &str = "best.";
const MEAN: &str = "adam.mean.";
const SQUARE: &str = "adam.square.";

/// Everything about a run that is not an array.
#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    recipe: Recipe,
    seed: u64,
    data: u64,
    shuffle: u64,
    position: Position,
    norms: Vec<f64>,
    schedule: Schedule,
    adam_steps: u32,
    best: Option<EpochReport>,
    history: Vec<EpochReport>,
}

impl Trainer {
    /// Everything that [`Trainer::resume`] needs.
    pub fn state(&self) -> Weights {
        let Learner { spec, layout, values, optimiser, .. } = &self.learner;
        let saved = Saved {
            version: VERSION,
            recipe: self.recipe.clone(),
            seed: self.seed,
            data: self.fingerprint,
            shuffle: self.shuffle.state(),
            position: self.position.resumable(),
            norms: self.norms.clone(),
            schedule: self.schedule.clone(),
            adam_steps: optimiser.steps,
            best: self.best.as_ref().map(|best| best.report.clone()),
            history: self.history.clone(),
        };
        let mut state = weights_of(spec, layout, values);
        state.arrays = layout.to_arrays(values, CURRENT).collect();
        state.arrays.extend(layout.to_arrays(&optimiser.mean, MEAN));
        state.arrays.extend(layout.to_arrays(&optimiser.square, SQUARE));
        if let Some(best) = &self.best {
            state.arrays.extend(layout.to_arrays(&best.values, BEST));
        }
        let text = serde_json::to_string(&saved).unwrap_or_default();
        state.metadata.insert(METADATA_KEY.to_owned(), text);
        state
    }

    /// Continues a saved run on the same data, exactly as if it had not been interrupted.
    ///
    /// # Errors
    /// A state that cannot be read, or that was saved while training on other data.
    pub fn resume(state: &Weights, data: TrainingData, device: &Device) -> Result<Self, TrainError> {
        let saved = saved(state)?;
        let mut learner = Learner::new(&current(state), device)?.with_randomness(saved.recipe.dropout, saved.seed);
        let layout = &learner.layout;
        let optimiser = Adam {
            mean: layout.read(&state.arrays, MEAN, false)?,
            square: layout.read(&state.arrays, SQUARE, false)?,
            steps: saved.adam_steps,
        };
        let best = match saved.best {
            Some(report) => Some(Best { report, values: layout.read(&state.arrays, BEST, true)? }),
            None => None,
        };
        learner.optimiser = optimiser;
        let mut trainer = Self {
            recipe: saved.recipe,
            seed: saved.seed,
            learner,
            fingerprint: data.fingerprint(),
            data,
            shuffle: Generator::resume(saved.shuffle),
            order: Vec::new(),
            position: saved.position,
            norms: saved.norms,
            schedule: saved.schedule,
            best,
            history: saved.history,
            evaluated: None,
        };
        trainer.check()?;
        if trainer.fingerprint != saved.data {
            return Err(TrainError::Resume { reason: "it was training on other molecules or targets".into() });
        }
        trainer.draw_order();
        Ok(trainer)
    }
}

/// The epochs that a saved run has behind it.
///
/// # Errors
/// A state that cannot be read.
pub fn history_of(state: &Weights) -> Result<Vec<EpochReport>, TrainError> {
    Ok(saved(state)?.history)
}

/// The JSON part of a state.
fn saved(state: &Weights) -> Result<Saved, TrainError> {
    let unreadable = |reason: String| TrainError::Resume { reason };
    let text = state.metadata.get(METADATA_KEY);
    let text = text.ok_or_else(|| unreadable("the file holds no training state (metadata key `trainer`)".into()))?;
    let saved: Saved =
        serde_json::from_str(text).map_err(|error| unreadable(format!("its state is unreadable: {error}")))?;
    if saved.version != VERSION {
        return Err(unreadable(format!("its state has version {}, this program reads {VERSION}", saved.version)));
    }
    Ok(saved)
}

/// The weights of the moment the state was saved.
fn current(state: &Weights) -> Weights {
    let named = state.arrays.iter().filter_map(|(name, array)| Some((name.strip_prefix(CURRENT)?.to_owned(), array)));
    let arrays: BTreeMap<_, _> = named.map(|(name, array)| (name, array.clone())).collect();
    Weights { arrays, metadata: state.metadata.clone() }
}
