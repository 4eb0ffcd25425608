//! Everything that decides what comes out of a training run, beside its data.
//!
//! The command line, files and a form in the window all fill in the same value, so what can be wrong with it
//! is said in one place, a sentence for each field.

use super::parameters::Initial;
use super::recipe::Recipe;
use super::spec::ModelSpec;
use serde::{Deserialize, Serialize};

/// The largest seed that a TOML file can hold.
const MOST_SEED: u64 = i64::MAX as u64;

/// What to train and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Seed of initial weights, of the order of molecules, of dropout, and of the splits of a file without any.
    pub seed: u64,
    /// How the initial weights are drawn.
    pub initial: Initial,
    /// Whether full graphs are trained on whatever their size.
    pub allow_large: bool,
    /// MA ratios are measured after every so many epochs; 0 for never.
    pub probe_every: u32,
    /// The weights of every so many epochs are kept; 0 for none but the last and the best.
    pub keep_every: u32,
    /// The network.
    pub network: ModelSpec,
    /// The numbers of training.
    pub recipe: Recipe,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Name of the field in files.
    pub field: &'static str,
    sentence: String,
}

impl Conflict {
    pub(super) fn range(field: &'static str, value: f64, range: &str) -> Self {
        Self { field, sentence: format!("`{field}` is {value}, but must be {range}") }
    }
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Plan {
    /// A network trained by the paper's recipe for it.
    pub fn of(network: ModelSpec, seed: u64) -> Self {
        let recipe = Recipe::of(&network);
        Self { seed, initial: Initial::Framework, allow_large: false, probe_every: 1, keep_every: 0, network, recipe }
    }

    /// Everything that keeps this from being trained.
    pub fn conflicts(&self) -> Vec<Conflict> {
        let network = self.network.conflicts();
        let mut found: Vec<Conflict> =
            network.iter().map(|error| Conflict { field: error.field(), sentence: error.to_string() }).collect();
        found.extend(self.recipe.conflicts());
        if self.seed > MOST_SEED {
            let sentence = format!("`seed` is {}, but must be at most {MOST_SEED}", self.seed);
            found.push(Conflict { field: "seed", sentence });
        }
        found
    }

    /// Whether two runs repeat each other with another seed.
    pub fn repeats(&self, other: &Self) -> bool {
        let Self { seed, recipe: Recipe { epochs, early_stop, .. }, .. } = *self;
        let same_length = (other.recipe.epochs, other.recipe.early_stop) == (epochs, early_stop);
        same_length && Self { seed, ..other.clone() }.departure(self).is_none()
    }

    /// The first field in which a run by this plan would be another one than by `begun`. How long training goes
    /// on and what is written beside it may change on the way.
    pub fn departure(&self, begun: &Self) -> Option<&'static str> {
        let Recipe { epochs, early_stop, .. } = begun.recipe;
        let recipe = Recipe { epochs, early_stop, ..self.recipe.clone() };
        let fields = [
            ("network", self.network != begun.network),
            ("recipe", recipe != begun.recipe),
            ("seed", self.seed != begun.seed),
            ("initial", self.initial != begun.initial),
            ("allow_large", self.allow_large != begun.allow_large),
        ];
        fields.into_iter().find(|(_, differs)| *differs).map(|(field, _)| field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Ebt, Preset};

    fn plan() -> Plan {
        Plan::of(Preset::ZincSan.network(Ebt::Paper), 41)
    }

    #[test]
    fn a_plan_says_all_that_is_wrong() {
        assert!(plan().conflicts().is_empty());
        let mut wrong = plan();
        (wrong.network.heads, wrong.recipe.batch, wrong.seed) = (9, 0, u64::MAX);
        let fields: Vec<&str> = wrong.conflicts().iter().map(|conflict| conflict.field).collect();
        assert_eq!(fields, ["heads", "batch", "seed"]);
        assert!(wrong.conflicts()[0].to_string().contains("does not divide"));
    }

    #[test]
    fn only_the_length_of_a_run_may_change() {
        let mut longer = plan();
        (longer.recipe.epochs, longer.recipe.early_stop, longer.keep_every, longer.probe_every) = (7, 3, 5, 0);
        assert_eq!(longer.departure(&plan()), None);
        let mut other = plan();
        other.recipe.dropout = 0.1;
        assert_eq!(other.departure(&plan()), Some("recipe"));
        other.network.layers = 3;
        assert_eq!(other.departure(&plan()), Some("network"));
        assert_eq!(Plan { seed: 42, ..plan() }.departure(&plan()), Some("seed"));
        assert!(Plan { seed: 42, ..plan() }.repeats(&plan()) && plan().repeats(&plan()));
        assert!(!longer.repeats(&plan()) && !other.repeats(&plan()));
    }
}
