//! The numbers of a plan that a person types, each under the name that files and complaints know it by.

use crate::models::Plan;
use std::str::FromStr;

/// A number to type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "each is a field of the plan and explained by its tip")]
pub enum Field {
    Layers,
    Heads,
    Width,
    Batch,
    LearningRate,
    Epochs,
    Patience,
    Seed,
    Dropout,
    Factor,
    Threshold,
    MinLearningRate,
    EarlyStop,
    ProbeEvery,
    KeepEvery,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Layers,
        Self::Heads,
        Self::Width,
        Self::Batch,
        Self::LearningRate,
        Self::Epochs,
        Self::Patience,
        Self::Seed,
        Self::Dropout,
        Self::Factor,
        Self::Threshold,
        Self::MinLearningRate,
        Self::EarlyStop,
        Self::ProbeEvery,
        Self::KeepEvery,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Heads => "heads",
            Self::Width => "dim",
            Self::Batch => "batch",
            Self::LearningRate => "learning_rate",
            Self::Epochs => "epochs",
            Self::Patience => "patience",
            Self::Seed => "seed",
            Self::Dropout => "dropout",
            Self::Factor => "factor",
            Self::Threshold => "threshold",
            Self::MinLearningRate => "min_learning_rate",
            Self::EarlyStop => "early_stop",
            Self::ProbeEvery => "probe_every",
            Self::KeepEvery => "keep_every",
        }
    }

    /// Its name on a form.
    pub fn label(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Heads => "Heads",
            Self::Width => "Width",
            Self::Batch => "Batch",
            Self::LearningRate => "Learning rate",
            Self::Epochs => "Epochs",
            Self::Patience => "Patience",
            Self::Seed => "Seed",
            Self::Dropout => "Dropout",
            Self::Factor => "Factor",
            Self::Threshold => "Threshold",
            Self::MinLearningRate => "Least rate",
            Self::EarlyStop => "Early stop",
            Self::ProbeEvery => "Probe every",
            Self::KeepEvery => "Keep every",
        }
    }

    /// What it is good for, in a sentence.
    pub fn tip(self) -> &'static str {
        match self {
            Self::Layers => "Number of layers",
            Self::Heads => "Attention heads; they share the width evenly",
            Self::Width => "Hidden width",
            Self::Batch => "Molecules per step",
            Self::LearningRate => "Learning rate at the start",
            Self::Epochs => "Training ends after this many epochs at the latest",
            Self::Patience => "Epochs without a lower validation loss before the learning rate is lowered",
            Self::Seed => {
                "Decides initial weights, the order of molecules, dropout, and the splits of a file without any"
            }
            Self::Dropout => "Rate of dropout while training",
            Self::Factor => "Factor on the learning rate when the validation loss stands still",
            Self::Threshold => "Relative improvement of the validation loss that counts",
            Self::MinLearningRate => "Training ends below this learning rate",
            Self::EarlyStop => "Training ends after this many epochs without a lower validation loss; 0 for never",
            Self::ProbeEvery => "MA ratios are measured after every so many epochs; 0 for never",
            Self::KeepEvery => {
                "The weights of every so many epochs are kept to be replayed; 0 for none but last and best"
            }
        }
    }

    /// The number that a conflict is about.
    pub(super) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// The number in a plan, as text.
    pub(super) fn read(self, plan: &Plan) -> String {
        let Plan { network, recipe, .. } = plan;
        match self {
            Self::Layers => network.layers.to_string(),
            Self::Heads => network.heads.to_string(),
            Self::Width => network.dim.to_string(),
            Self::Batch => recipe.batch.to_string(),
            Self::LearningRate => short(recipe.learning_rate),
            Self::Epochs => recipe.epochs.to_string(),
            Self::Patience => recipe.patience.to_string(),
            Self::Seed => plan.seed.to_string(),
            Self::Dropout => recipe.dropout.to_string(),
            Self::Factor => short(recipe.factor),
            Self::Threshold => short(recipe.threshold),
            Self::MinLearningRate => short(recipe.min_learning_rate),
            Self::EarlyStop => recipe.early_stop.to_string(),
            Self::ProbeEvery => plan.probe_every.to_string(),
            Self::KeepEvery => plan.keep_every.to_string(),
        }
    }

    /// Puts a typed number into a plan, or says why it is none; the plan then keeps what it had.
    pub(super) fn write(self, plan: &mut Plan, text: &str) -> Result<(), String> {
        let Plan { network, recipe, .. } = plan;
        match self {
            Self::Layers => self.whole(text).map(|number| network.layers = number),
            Self::Heads => self.whole(text).map(|number| network.heads = number),
            Self::Width => self.whole(text).map(|number| network.dim = number),
            Self::Batch => self.whole(text).map(|number| recipe.batch = number),
            Self::LearningRate => self.number(text).map(|number| recipe.learning_rate = number),
            Self::Epochs => self.whole(text).map(|number| recipe.epochs = number),
            Self::Patience => self.whole(text).map(|number| recipe.patience = number),
            Self::Seed => self.whole(text).map(|number| plan.seed = number),
            Self::Dropout => self.number(text).map(|number| recipe.dropout = number),
            Self::Factor => self.number(text).map(|number| recipe.factor = number),
            Self::Threshold => self.number(text).map(|number| recipe.threshold = number),
            Self::MinLearningRate => self.number(text).map(|number| recipe.min_learning_rate = number),
            Self::EarlyStop => self.whole(text).map(|number| recipe.early_stop = number),
            Self::ProbeEvery => self.whole(text).map(|number| plan.probe_every = number),
            Self::KeepEvery => self.whole(text).map(|number| plan.keep_every = number),
        }
    }

    fn whole<T: FromStr>(self, text: &str) -> Result<T, String> {
        let wrong = |_| format!("`{}` must be a whole number from 0 on", self.name());
        text.trim().replace(['_', ','], "").parse().map_err(wrong)
    }

    fn number<T: FromStr>(self, text: &str) -> Result<T, String> {
        let wrong = |_| format!("`{}` must be a number", self.name());
        text.trim().parse().map_err(wrong)
    }
}

/// A number as people write it: `7e-4`, `0.5`.
fn short(number: f64) -> String {
    if number != 0.0 && number.abs() < 1e-2 { format!("{number:e}") } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Ebt, Preset};

    #[test]
    fn every_number_is_written_where_it_is_read() {
        for field in Field::ALL {
            let mut plan = Plan::of(Preset::ZincGt.network(Ebt::Off), 41);
            let before = plan.clone();
            assert!(field.write(&mut plan, "much").is_err());
            assert_eq!(plan, before);
            field.write(&mut plan, " 17 ").unwrap();
            assert_eq!(field.read(&plan), "17", "{field:?}");
            assert_ne!(plan, before);
            let others = Field::ALL.into_iter().filter(|other| *other != field);
            others.for_each(|other| assert_eq!(other.read(&plan), other.read(&before), "{field:?} moved {other:?}"));
            assert_eq!(Field::of(field.name()), Some(field));
        }
    }
}
