//! What a user changes about a forward pass without changing weights or molecule.

use super::DirectedEdge;
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
}

/// Everything a user changed; the default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Intervention {
    /// Scale of the trained explicit bias terms; ignored by models without them.
    pub explicit_bias: Scale,
    /// The edges taken out, and how.
    pub ablated: BTreeMap<DirectedEdge, Ablation>,
}

impl Intervention {
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
