//! What a user changes about a forward pass without changing weights or molecule.

use super::{DirectedEdge, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// A factor from 0 to 1 in steps of 1/100, so that questions about it can be compared and hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Scale(u8);

impl Scale {
    /// As trained.
    pub const ONE: Self = Self(100);
    /// Switched off.
    pub const ZERO: Self = Self(0);

    /// The nearest step to `value`; what lies outside 0..=1, and NaN, goes to the nearer end.
    pub fn new(value: f32) -> Self {
        // Saturating: the clamp keeps it in 0..=100 and `as` sends NaN to 0.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100 just before")]
        let steps = (value.clamp(0.0, 1.0) * 100.0).round() as u8;
        Self(steps)
    }

    /// The factor, 0..=1.
    pub fn value(self) -> f32 {
        f32::from(self.0) / 100.0
    }
}

impl Default for Scale {
    fn default() -> Self {
        Self::ONE
    }
}

/// How an edge is taken out of a forward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ablation {
    /// The edge leaves the graph before message passing; normalisation never sees it.
    Remove,
    /// The edge stays and its activation is 0 in every layer, whatever the model computed: its attention logit
    /// is 0, and an edge stream goes on from zeros.
    Zero,
    /// The edge stays and its activation is, in every layer and feature by feature, the mean over the edges of
    /// its molecule that keep theirs (over all of them if none does).
    LayerMean,
}

impl Ablation {
    /// All kinds, in menu order.
    pub const ALL: [Self; 3] = [Self::Remove, Self::Zero, Self::LayerMean];

    /// What to tell the program: `remove`, `zero` or `mean`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Remove => "remove",
            Self::Zero => "zero",
            Self::LayerMean => "mean",
        }
    }

    /// What became of the edge.
    pub fn participle(self) -> &'static str {
        match self {
            Self::Remove => "removed",
            Self::Zero => "zeroed",
            Self::LayerMean => "averaged",
        }
    }
}

/// The edges taken out of one molecule, and how.
pub type Ablations = BTreeMap<DirectedEdge, Ablation>;

/// Everything a user changed; the default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Intervention {
    /// Scale of the trained explicit bias terms; ignored by models without them.
    pub explicit_bias: Scale,
    /// The edges taken out, and how.
    pub ablated: Ablations,
    /// Takes out more edges, which ones is known once the unedited answer is.
    pub rule: Option<Rule>,
}

impl Intervention {
    /// The same with the edges that its rule chose in place of the rule; what was taken out by name stays so.
    pub fn resolved(&self, mut chosen: Ablations) -> Self {
        chosen.extend(&self.ablated);
        Self { explicit_bias: self.explicit_bias, ablated: chosen, rule: None }
    }

    /// The edges that leave the graph before message passing.
    pub fn removed(&self) -> BTreeSet<DirectedEdge> {
        self.ablated.iter().filter(|&(_, how)| *how == Ablation::Remove).map(|(&edge, _)| edge).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_goes_to_the_nearest_step() {
        assert_eq!(Scale::new(0.504), Scale::new(0.5));
        assert_eq!([Scale::new(-1.0), Scale::new(f32::NAN)], [Scale::ZERO; 2]);
        assert_eq!(Scale::new(7.0), Scale::default());
    }
}
