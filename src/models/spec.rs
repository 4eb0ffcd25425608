//! What a network looks like, apart from its numbers.
//!
//! A specification travels as JSON in the metadata of every weight file, so a file alone is enough
//! to rebuild its network, and a file of another network is refused by name instead of by shape.

use serde::{Deserialize, Serialize};

/// Key of the specification in the metadata of [`crate::domain::Weights`].
pub(super) const METADATA_KEY: &str = "spec";

/// Which architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// Graph Transformer with an edge stream: edges are updated by a tail of their own.
    Gt,
}

/// How node rows become one row per graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Readout {
    /// Average over the nodes of the graph.
    Mean,
    /// Sum over the nodes of the graph.
    Sum,
}

/// Everything that fixes the shapes of a network and how it computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Architecture.
    pub arch: Arch,
    /// Number of layers, at least 1.
    pub layers: usize,
    /// Attention heads h; divides `dim`.
    pub heads: usize,
    /// Hidden width H, at least 4.
    pub dim: usize,
    /// Rows of the node table: node codes are `0..node_codes`.
    pub node_codes: usize,
    /// Rows of the edge table: edge codes are `0..edge_codes`.
    pub edge_codes: usize,
    /// Values predicted per graph.
    pub outputs: usize,
    /// How node rows become one row per graph.
    pub readout: Readout,
    /// Whether the projections Wq, Wk, Wv, We have biases.
    pub use_bias: bool,
    /// Whether the network has explicit bias terms (EBT) k', e', v' in every layer.
    pub ebt: bool,
}

/// Why a specification describes no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A count is zero or the width too small to be quartered by the readout.
    #[error("`{field}` is {value}, but must be at least {least}")]
    TooSmall {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: usize,
        /// The smallest value allowed.
        least: usize,
    },
    /// A count is larger than any network this program could hold.
    #[error("`{field}` is {value}, but must be at most {most}")]
    TooLarge {
        /// Name of the field.
        field: &'static str,
        /// Its value.
        value: usize,
        /// The largest value allowed.
        most: usize,
    },
    /// Heads must share the width evenly.
    #[error("`heads` is {heads}, which does not divide `dim` {dim}")]
    Heads {
        /// Number of heads.
        heads: usize,
        /// Hidden width.
        dim: usize,
    },
}

impl ModelSpec {
    /// GT on ZINC as the paper trains it: 10 layers, 8 heads, width 64, mean readout. Runs with
    /// explicit bias terms also have projection biases.
    pub fn gt_zinc(ebt: bool) -> Self {
        Self {
            arch: Arch::Gt,
            layers: 10,
            heads: 8,
            dim: 64,
            node_codes: 28,
            edge_codes: 4,
            outputs: 1,
            readout: Readout::Mean,
            use_bias: ebt,
            ebt,
        }
    }

    /// Checks every field; a specification read from a file may say anything.
    ///
    /// # Errors
    /// A field out of range, or heads that do not divide the width.
    pub fn validate(&self) -> Result<(), SpecError> {
        let bounds = [
            ("layers", self.layers, 1, 256),
            ("heads", self.heads, 1, 256),
            ("dim", self.dim, 4, 4096),
            ("node_codes", self.node_codes, 1, 1 << 12),
            ("edge_codes", self.edge_codes, 1, 1 << 12),
            ("outputs", self.outputs, 1, 1 << 12),
        ];
        for (field, value, least, most) in bounds {
            if value < least {
                return Err(SpecError::TooSmall { field, value, least });
            }
            if value > most {
                return Err(SpecError::TooLarge { field, value, most });
            }
        }
        // Four times the largest network of the paper; a file may not make the program ask for more memory.
        let (field, value, most) = ("layers x dim x dim", self.layers * self.dim * self.dim, 1 << 23);
        if value > most {
            return Err(SpecError::TooLarge { field, value, most });
        }
        if !self.dim.is_multiple_of(self.heads) {
            return Err(SpecError::Heads { heads: self.heads, dim: self.dim });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_round_trips_and_refuses_unknown_fields() {
        let spec = ModelSpec::gt_zinc(true);
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<ModelSpec>(&text).unwrap(), spec);
        assert!(text.contains(r#""arch":"gt""#) && text.contains(r#""readout":"mean""#), "{text}");
        let unknown = text.replacen("\"ebt\"", "\"ebtt\"", 1);
        assert!(serde_json::from_str::<ModelSpec>(&unknown).is_err());
    }

    #[test]
    fn validation_names_the_field() {
        let base = ModelSpec::gt_zinc(false);
        assert_eq!(base.validate(), Ok(()));
        let heads = ModelSpec { heads: 7, ..base.clone() };
        assert_eq!(heads.validate().unwrap_err().to_string(), "`heads` is 7, which does not divide `dim` 64");
        let layers = ModelSpec { layers: 0, ..base.clone() };
        assert_eq!(layers.validate().unwrap_err().to_string(), "`layers` is 0, but must be at least 1");
        let dim = ModelSpec { dim: usize::MAX, ..base.clone() };
        assert!(matches!(dim.validate(), Err(SpecError::TooLarge { field: "dim", .. })));
        let memory = ModelSpec { dim: 4096, layers: 256, ..base };
        assert!(matches!(memory.validate(), Err(SpecError::TooLarge { field: "layers x dim x dim", .. })));
    }
}
