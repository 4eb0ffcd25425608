//! A choice of edges that is made anew for every molecule, so that one experiment can be repeated on many.
//!
//! A rule is only a value: which edges it means in a molecule is decided in `analysis`, because the bonds of
//! highest ratio are known from the unedited answer alone.

use super::{Ablation, AtomId, Bond, BondOrder};
use std::fmt;

/// Which edges are taken out, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Rule {
    /// Which.
    pub choice: Choice,
    /// How.
    pub how: Ablation,
}

/// Which edges; a bond is chosen in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The bonds whose MA ratio before any edit is highest, in the direction in which it is higher.
    Strongest {
        /// How many.
        count: usize,
        /// The layer that decides, from 0; `None` for the highest of all layers.
        layer: Option<usize>,
        /// The head that decides, from 0; `None` for all features together.
        head: Option<usize>,
    },
    /// All bonds of one type.
    Kind(BondKind),
    /// So many bonds drawn with equal chances. The draw depends on the seed and on the number of bonds alone.
    Random {
        /// How many.
        count: usize,
        /// Where the draw starts.
        seed: u64,
    },
    /// Every edge from and to an atom, absent bonds of a full graph included.
    Atom(AtomId),
}

/// Types of bonds that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BondKind {
    /// Single in the Kekulé form, as drawn.
    Single,
    /// Double in the Kekulé form, as drawn.
    Double,
    /// Triple.
    Triple,
    /// Of an aromatic system, drawn single or double.
    Aromatic,
}

impl BondKind {
    /// All types, in menu order.
    pub const ALL: [Self; 4] = [Self::Single, Self::Double, Self::Triple, Self::Aromatic];

    /// Whether a bond is of this type.
    pub fn holds(self, bond: &Bond) -> bool {
        match self {
            Self::Single => bond.order == BondOrder::Single,
            Self::Double => bond.order == BondOrder::Double,
            Self::Triple => bond.order == BondOrder::Triple,
            Self::Aromatic => bond.aromatic,
        }
    }

    /// The word chemists use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Double => "double",
            Self::Triple => "triple",
            Self::Aromatic => "aromatic",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bonds = |count: usize| if count == 1 { "bond".to_owned() } else { format!("{count} bonds") };
        match *self {
            Self::Strongest { count, layer, head } => {
                write!(f, "{} of highest ratio, ", bonds(count))?;
                match layer {
                    Some(layer) => write!(f, "layer {layer}")?,
                    None => f.write_str("any layer")?,
                }
                head.map_or(Ok(()), |head| write!(f, ", head {head}"))
            }
            Self::Kind(kind) => write!(f, "all {} bonds", kind.name()),
            Self::Random { count: 1, seed } => write!(f, "1 random bond, seed {seed}"),
            Self::Random { count, seed } => write!(f, "{count} random bonds, seed {seed}"),
            Self::Atom(atom) => write!(f, "all edges of atom {}", atom.0),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.choice, self.how.participle())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_say_in_words_what_they_do() {
        let rule = |choice, how| Rule { choice, how }.to_string();
        let strongest = |count, layer, head| Choice::Strongest { count, layer, head };
        assert_eq!(rule(strongest(3, None, None), Ablation::Remove), "3 bonds of highest ratio, any layer: removed");
        assert_eq!(
            rule(strongest(1, Some(8), Some(2)), Ablation::Zero),
            "bond of highest ratio, layer 8, head 2: zeroed"
        );
        assert_eq!(rule(Choice::Kind(BondKind::Aromatic), Ablation::LayerMean), "all aromatic bonds: averaged");
        assert_eq!(rule(Choice::Random { count: 2, seed: 41 }, Ablation::Zero), "2 random bonds, seed 41: zeroed");
        assert_eq!(rule(Choice::Atom(AtomId(5)), Ablation::Remove), "all edges of atom 5: removed");
    }

    #[test]
    fn rules_are_saved_in_a_readable_form() {
        let rule = Rule { choice: Choice::Kind(BondKind::Double), how: Ablation::LayerMean };
        let text = serde_json::to_string(&rule).unwrap();
        assert_eq!(text, r#"{"choice":{"kind":"double"},"how":"layer_mean"}"#);
        assert_eq!(serde_json::from_str::<Rule>(&text).unwrap(), rule);
    }
}
