//! A model's parameters as plain arrays, named as in the parity fixtures.

use super::Fingerprint;
use std::collections::BTreeMap;

/// One tensor: shape and row-major values.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// Row-major values; their number is the product of `shape`.
    pub values: Vec<f32>,
}

/// All parameters and buffers of a model, and what a file says about them.
///
/// Linear weights are `[out, in]`. Names carry no `w.` prefix: `layers.0.q.weight`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Tensors by name.
    pub arrays: BTreeMap<String, Array>,
    /// Free text by key: the model's configuration and how it was trained, as JSON texts.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// A number that changes with any tensor; metadata do not count.
    pub fn fingerprint(&self) -> u64 {
        let mut fingerprint = Fingerprint::default();
        for (name, array) in &self.arrays {
            fingerprint.add(name.as_bytes());
            array.values.iter().for_each(|value| fingerprint.add(&value.to_le_bytes()));
        }
        fingerprint.value()
    }
}
