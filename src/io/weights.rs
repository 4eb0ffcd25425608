//! Model weights: safetensors files, and files of PyTorch to read.

use super::pytorch;
use super::safetensors::{self as container, Entry};
use super::{WeightsError, WriteError, write_atomically};
use crate::domain::{Array, Weights};
use safetensors::{Dtype, SafeTensors};
use std::path::Path;

/// Largest weight file that is read; the largest model of this program has 0.11 GB.
const MAX_SIZE: u64 = 1 << 31;

/// Reads weights and metadata from a safetensors file, or weights from a `state_dict` of PyTorch
/// under the names they have there. Nothing in a PyTorch file is ever executed.
///
/// # Errors
/// As [`weights_from_bytes`], or the file cannot be read.
pub fn read_weights(path: &Path) -> Result<Weights, WeightsError> {
    let read = || {
        let size = std::fs::metadata(path).map_err(WeightsError::Io)?.len();
        if size > MAX_SIZE {
            return Err(WeightsError::TooLarge { size, limit: MAX_SIZE });
        }
        weights_from_bytes(&std::fs::read(path).map_err(WeightsError::Io)?)
    };
    read().map_err(|source| WeightsError::File { source: Box::new(source), path: path.to_owned() })
}

/// Reads weights and metadata from the bytes of a file of either kind, which its content tells. F16,
/// BF16 and F64 become F32.
///
/// # Errors
/// Neither a complete safetensors file nor one of PyTorch that holds tensors and asks for nothing
/// else, or values that are not finite floating point numbers.
pub fn weights_from_bytes(bytes: &[u8]) -> Result<Weights, WeightsError> {
    if pytorch::is_pytorch(bytes) {
        return pytorch::read(bytes);
    }
    let damaged = |error: safetensors::SafeTensorError| WeightsError::Damaged { reason: error.to_string() };
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut weights = Weights::default();
    if let Some(metadata) = header.metadata() {
        weights.metadata = metadata.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    }
    for (name, view) in file.iter().filter(|(name, _)| !is_counter(name)) {
        let array = to_array(name, view.shape(), view.dtype(), view.data())?;
        weights.arrays.insert(name.to_owned(), array);
    }
    Ok(weights)
}

/// Whether a tensor counts the batches a batch norm has seen: an integer that nothing computed depends on.
pub(super) fn is_counter(name: &str) -> bool {
    name.ends_with("num_batches_tracked")
}

/// A tensor from its little-endian bytes.
///
/// # Errors
/// Values that are not finite floating point numbers.
pub(super) fn to_array(name: &str, shape: &[usize], dtype: Dtype, bytes: &[u8]) -> Result<Array, WeightsError> {
    let values = floats(dtype, bytes)
        .ok_or_else(|| WeightsError::Type { name: name.to_owned(), dtype: format!("{dtype:?}") })?;
    if values.iter().any(|value| !value.is_finite()) {
        return Err(WeightsError::NotFinite { name: name.to_owned() });
    }
    Ok(Array { shape: shape.to_vec(), values })
}

/// Writes weights as F32; the same weights always give the same bytes.
///
/// # Errors
/// A tensor whose values do not fill its shape, or the file cannot be written.
pub fn write_weights(path: &Path, weights: &Weights) -> Result<(), WriteError> {
    let mut entries = std::collections::BTreeMap::new();
    for (name, Array { shape, values }) in &weights.arrays {
        if shape.iter().product::<usize>() != values.len() {
            return Err(WriteError::Shape { name: name.clone(), values: values.len(), shape: shape.clone() });
        }
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        entries.insert(name.clone(), Entry { dtype: "F32", shape: shape.clone(), bytes });
    }
    write_atomically(path, |out| container::write(out, &entries, &weights.metadata))
}

/// Little-endian floats of any width as `f32`; `None` for other types.
fn floats(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        Dtype::F16 => bytes.as_chunks().0.iter().map(|&bytes| half(u16::from_le_bytes(bytes))).collect(),
        Dtype::BF16 => bytes
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16))
            .collect(),
        // Beyond the range of f32 this gives infinity, which the caller refuses.
        #[allow(clippy::cast_possible_truncation, reason = "models compute in f32")]
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        _ => return None,
    })
}

/// IEEE binary16 to binary32; exact.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(bits & 0x3ff);
    let exponent = i32::from(bits >> 10 & 0x1f);
    sign * match exponent {
        0 => fraction * 2.0_f32.powi(-24),
        31 if fraction > 0.0 => f32::NAN,
        31 => f32::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2.0_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn sample() -> Weights {
        let arrays = [
            ("layers.1.q.weight", vec![2, 3], vec![1.0, -2.5, 3.0e-9, f32::MAX, 0.0, -0.0]),
            ("embed", vec![0, 4], vec![]),
            ("alpha", vec![], vec![7.0]),
        ];
        Weights {
            arrays: arrays.map(|(name, shape, values)| (name.to_owned(), Array { shape, values })).into(),
            metadata: (0..20).map(|key| (format!("key {key}"), format!("{{\"value\": {key}}}"))).collect(),
        }
    }

    fn bytes_of(weights: &Weights) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        write_weights(&path, weights).unwrap();
        assert_eq!(&read_weights(&path).unwrap(), weights);
        std::fs::read(path).unwrap()
    }

    fn container(dtype: &'static str, shape: Vec<usize>, bytes: Vec<u8>) -> Vec<u8> {
        let entries = BTreeMap::from([("x".to_owned(), Entry { dtype, shape, bytes })]);
        let mut out = Vec::new();
        super::container::write(&mut out, &entries, &BTreeMap::new()).unwrap();
        out
    }

    #[test]
    fn weights_come_back_and_bytes_repeat() {
        assert_eq!(bytes_of(&sample()), bytes_of(&sample()));
    }

    #[test]
    fn other_widths_become_f32() {
        let read = |dtype, bytes: Vec<u8>| {
            weights_from_bytes(&container(dtype, vec![2], bytes)).unwrap().arrays["x"].values.clone()
        };
        assert_eq!(read("F16", vec![0x00, 0xbe, 0x01, 0x00]), [-1.5, 2.0_f32.powi(-24)]);
        assert_eq!(read("BF16", vec![0xc0, 0xbf, 0x80, 0x3f]), [-1.5, 1.0]);
        assert_eq!(read("F64", [-1.5_f64, 0.1].iter().flat_map(|value| value.to_le_bytes()).collect()), [-1.5, 0.1]);
    }

    #[test]
    fn unusable_files_are_refused_with_a_sentence() {
        let whole = bytes_of(&sample());
        for cut in [0, 4, 8, 100, whole.len() - 1] {
            let error = weights_from_bytes(&whole[..cut]).unwrap_err();
            assert!(matches!(error, WeightsError::Damaged { .. }), "{cut}: {error}");
        }
        let nan = container("F32", vec![1], f32::NAN.to_le_bytes().into());
        assert!(matches!(weights_from_bytes(&nan), Err(WeightsError::NotFinite { .. })));
        let huge = container("F64", vec![1], f64::MAX.to_le_bytes().into());
        assert!(matches!(weights_from_bytes(&huge), Err(WeightsError::NotFinite { .. })));
        let integers = container("I64", vec![1], vec![0; 8]);
        assert!(weights_from_bytes(&integers).unwrap_err().to_string().contains("I64"));
        let missing = read_weights(Path::new("no/such/file")).unwrap_err().to_string();
        assert!(missing.ends_with("no/such/file"), "{missing}");
        assert!(read_weights(&std::env::temp_dir()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(weights_from_bytes(&bytes).is_err() || bytes.len() >= 8);
        }

        #[test]
        fn mutated_files_are_answered(at in 0_usize..2000, byte: u8) {
            let mut bytes = container("F32", vec![3], vec![0; 12]);
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(weights) = weights_from_bytes(&bytes) {
                for array in weights.arrays.values() {
                    prop_assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
                }
            }
        }
    }
}
