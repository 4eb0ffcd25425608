//! The paper's training recipes (model-spec section 7): Adam on the task's loss, a learning
//! rate that halves when the validation loss stands still, an end when it has become tiny.

use super::spec::{Arch, ModelSpec, Task};
use serde::{Deserialize, Serialize};

/// The numbers of the training recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Graphs per step.
    pub batch: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Factor on the learning rate when the validation loss stands still.
    pub factor: f64,
    /// Epochs without improvement that are tolerated.
    pub patience: u32,
    /// Relative improvement that counts.
    pub threshold: f64,
    /// Training ends below this learning rate.
    pub min_learning_rate: f64,
    /// Training ends after this many epochs.
    pub epochs: u32,
    /// Rate of dropout.
    pub dropout: f32,
}

impl Recipe {
    /// The recipe for a network of [`ModelSpec::recipe`].
    pub fn of(spec: &ModelSpec) -> Self {
        let labels = spec.task != Task::GraphRegression;
        let (batch, learning_rate, patience, dropout) = match (spec.arch, labels) {
            (Arch::Gt, _) => (128, 7e-4, 15, 0.0),
            (Arch::Graphit, false) => (32, 3e-4, 25, 0.0),
            (Arch::San, false) => (32, 7e-4, 25, 0.0),
            (Arch::Graphit, true) => (256, 7e-4, 25, 0.5),
            (Arch::San, true) => (128, 7e-4, 25, 0.5),
        };
        Self {
            batch,
            learning_rate,
            factor: 0.5,
            patience,
            threshold: 1e-4,
            min_learning_rate: 1e-6,
            epochs: 1000,
            dropout,
        }
    }
}

/// Learning rate, and how long the validation loss has stood still (reduce on plateau).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) learning_rate: f64,
    pub(super) lowest: Option<f64>,
    pub(super) waited: u32,
}

impl Schedule {
    /// The state before the first epoch.
    pub(super) fn new(recipe: &Recipe) -> Self {
        Self { learning_rate: recipe.learning_rate, lowest: None, waited: 0 }
    }

    /// Takes note of an epoch's validation loss and lowers the learning rate when it is time.
    pub(super) fn observe(&mut self, loss: f64, recipe: &Recipe) {
        if self.lowest.is_none_or(|lowest| loss < lowest * (1.0 - recipe.threshold)) {
            self.lowest = Some(loss);
            self.waited = 0;
            return;
        }
        self.waited += 1;
        if self.waited > recipe.patience {
            self.learning_rate *= recipe.factor;
            self.waited = 0;
        }
    }
}
