//! The paper's training recipes (model-spec section 7): Adam on the task's loss, a learning
//! rate that halves when the validation loss stands still, an end when it has become tiny.

use super::spec::{Arch, Ebt, ModelSpec, Task};
use super::{Conflict, Features};
use serde::{Deserialize, Serialize};

/// The numbers of the training recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// Training ends after so many epochs without a lower validation loss; 0 for never.
    pub early_stop: u32,
}

/// A network and a recipe of the paper, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// GT on ZINC.
    ZincGt,
    /// GraphiT on ZINC.
    ZincGraphit,
    /// SAN on ZINC.
    ZincSan,
    /// GT on TOX21: 27.8 million parameters.
    Tox21Gt,
    /// GraphiT on TOX21.
    Tox21Graphit,
    /// SAN on TOX21.
    Tox21San,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::ZincGt, Self::ZincGraphit, Self::ZincSan, Self::Tox21Gt, Self::Tox21Graphit, Self::Tox21San];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ZincGt => "zinc-gt",
            Self::ZincGraphit => "zinc-graphit",
            Self::ZincSan => "zinc-san",
            Self::Tox21Gt => "tox21-gt",
            Self::Tox21Graphit => "tox21-graphit",
            Self::Tox21San => "tox21-san",
        }
    }

    /// Its network, with or without explicit bias terms; [`Recipe::of`] gives its recipe.
    pub fn network(self, ebt: Ebt) -> ModelSpec {
        let (arch, features) = match self {
            Self::ZincGt => (Arch::Gt, Features::Zinc),
            Self::ZincGraphit => (Arch::Graphit, Features::Zinc),
            Self::ZincSan => (Arch::San, Features::Zinc),
            Self::Tox21Gt => (Arch::Gt, Features::Canonical),
            Self::Tox21Graphit => (Arch::Graphit, Features::Ogb),
            Self::Tox21San => (Arch::San, Features::Ogb),
        };
        ModelSpec::recipe(arch, features, ebt)
    }
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
            early_stop: 0,
        }
    }

    /// Every number that makes no sense, with one sentence.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let Self { batch, learning_rate, factor, threshold, min_learning_rate, epochs, dropout, .. } = *self;
        let dropout = f64::from(dropout);
        let rules = [
            ("batch", batch as f64, batch >= 1, "at least 1"),
            ("learning_rate", learning_rate, learning_rate > 0.0 && learning_rate <= 10.0, "above 0 and at most 10"),
            ("factor", factor, factor > 0.0 && factor < 1.0, "above 0 and below 1"),
            ("threshold", threshold, (0.0..1.0).contains(&threshold), "from 0 to below 1"),
            (
                "min_learning_rate",
                min_learning_rate,
                (0.0..=learning_rate).contains(&min_learning_rate),
                "from 0 to the learning rate",
            ),
            ("epochs", f64::from(epochs), epochs >= 1, "at least 1"),
            ("dropout", dropout, (0.0..1.0).contains(&dropout), "from 0 to below 1"),
        ];
        let wrong = rules.into_iter().filter(|(.., holds, _)| !holds);
        wrong.map(|(field, value, _, range)| Conflict::range(field, value, range)).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_the_recipes_of_the_paper() {
        // Layers, heads, width, batch, learning rate, patience, dropout: model-spec section 7.
        let expected = [
            (10, 8, 64, 128, 7e-4, 15, 0.0),
            (10, 8, 64, 32, 3e-4, 25, 0.0),
            (10, 8, 56, 32, 7e-4, 25, 0.0),
            (10, 12, 444, 128, 7e-4, 15, 0.0),
            (10, 8, 88, 256, 7e-4, 25, 0.5),
            (10, 8, 88, 128, 7e-4, 25, 0.5),
        ];
        for (preset, expected) in Preset::ALL.into_iter().zip(expected) {
            let spec = preset.network(Ebt::Off);
            let Recipe { batch, learning_rate, patience, dropout, .. } = Recipe::of(&spec);
            let found = (spec.layers, spec.heads, spec.dim, batch, learning_rate, patience, dropout);
            assert_eq!(found, expected, "{}", preset.name());
            assert!(spec.conflicts().is_empty() && Recipe::of(&spec).conflicts().is_empty());
            assert_eq!(serde_json::to_string(&preset).unwrap(), format!("{:?}", preset.name()));
        }
    }

    #[test]
    fn every_wrong_number_is_named() {
        let good = Recipe::of(&Preset::ZincGt.network(Ebt::Off));
        let fields = |recipe: Recipe| recipe.conflicts().iter().map(|conflict| conflict.field).collect::<Vec<_>>();
        assert!(fields(good.clone()).is_empty());
        let wrong = Recipe {
            batch: 0,
            learning_rate: f64::NAN,
            factor: 1.0,
            threshold: -0.1,
            epochs: 0,
            dropout: 1.0,
            ..good.clone()
        };
        let all = ["batch", "learning_rate", "factor", "threshold", "min_learning_rate", "epochs", "dropout"];
        assert_eq!(fields(wrong), all);
        let slow = Recipe { min_learning_rate: 1e-2, ..good };
        let said: Vec<String> = slow.conflicts().iter().map(ToString::to_string).collect();
        assert_eq!(said, ["`min_learning_rate` is 0.01, but must be from 0 to the learning rate"]);
    }
}
