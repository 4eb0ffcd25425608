//! Model weights in PyTorch files (`.pt`, `.pth`): a `state_dict`, alone or inside a checkpoint.
//!
//! Such a file is a pickle, a program for a small stack machine that may ask its reader to call any
//! function. Nothing is ever called here, but a file that asks for more than tensors is refused by the
//! name of what it asks for (`pickle`), so that nobody takes a trap for a model. The tensors of what
//! passes are read by the engine of burn-store, which needs no burn.

mod pickle;

use super::WeightsError;
use super::weights::{is_counter, to_array};
use crate::domain::Weights;
use pytorch_reader::{DType, PickleValue, PytorchError, PytorchReader, Tensor};
use safetensors::Dtype;
use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read, Write};
use zip::{CompressionMethod, ZipArchive};

/// Where checkpoints keep the `state_dict` when it is not all they hold.
const STATE_DICT_KEYS: [&str; 4] = ["state_dict", "model_state_dict", "model", "net"];
/// What data-parallel training puts before every name.
const DATA_PARALLEL: &str = "module.";
/// Longest pickle that is looked at; tensors lie outside of it, so 0.1 MB is much.
const MAX_PICKLE: u64 = 1 << 25;
/// How much larger than the file its tensors may be; the same bytes may serve several tensors.
const MAX_GROWTH: usize = 16;

/// Whether the bytes start as files of PyTorch do: a ZIP archive, or a pickle.
pub(super) fn is_pytorch(bytes: &[u8]) -> bool {
    is_zip(bytes) || pickle::starts(bytes)
}

fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// Reads the tensors of a `state_dict` under the names they have there.
///
/// # Errors
/// The pickle asks for anything but tensors; there is no `state_dict`; the file is damaged or claims
/// more than it can hold; values that are not finite floating point numbers.
pub(super) fn read(bytes: &[u8]) -> Result<Weights, WeightsError> {
    if is_zip(bytes) {
        check_archive(bytes)?;
    } else {
        pickle::check_stream(bytes)?;
    }
    // The reader wants a file. With a copy it also cannot meet other bytes than those just checked.
    let mut copy = tempfile::NamedTempFile::new().map_err(WeightsError::Io)?;
    copy.write_all(bytes).and_then(|()| copy.flush()).map_err(WeightsError::Io)?;
    let root = PytorchReader::read_pickle_data(copy.path(), None).map_err(|error| damaged(&error))?;
    let reader = match state_dict_key(root)? {
        Some(key) => PytorchReader::with_top_level_key(copy.path(), key),
        None => PytorchReader::new(copy.path()),
    };
    let tensors = without_prefix(reader.map_err(|error| damaged(&error))?.into_tensors());
    check_growth(&tensors, bytes.len())?;
    let mut weights = Weights::default();
    for (name, tensor) in tensors {
        let dtype = match tensor.dtype() {
            DType::F64 => Dtype::F64,
            DType::F32 => Dtype::F32,
            DType::F16 => Dtype::F16,
            DType::BF16 => Dtype::BF16,
            _ if is_counter(&name) => continue,
            other => return Err(WeightsError::Type { name, dtype: format!("{other:?}") }),
        };
        let data = tensor.read().map_err(|error| WeightsError::PyTorch { reason: error.to_string() })?;
        let array = to_array(&name, tensor.shape(), dtype, &data)?;
        weights.arrays.insert(name, array);
    }
    Ok(weights)
}

fn damaged(error: &PytorchError) -> WeightsError {
    WeightsError::PyTorch { reason: error.to_string() }
}

/// Checks every pickle of an archive, and that nothing in it grows by being unpacked.
fn check_archive(bytes: &[u8]) -> Result<(), WeightsError> {
    let damaged = |reason: String| WeightsError::PyTorch { reason };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
    let mut pickles = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| damaged(error.to_string()))?;
        if entry.compression() != CompressionMethod::Stored {
            return Err(damaged("its parts are compressed, which torch.save never does".into()));
        }
        if entry.name().map_err(|error| damaged(error.to_string()))?.ends_with("data.pkl") {
            let mut program = Vec::new();
            let read = entry.take(MAX_PICKLE + 1).read_to_end(&mut program);
            read.map_err(|error| damaged(error.to_string()))?;
            if program.len() as u64 > MAX_PICKLE {
                return Err(damaged("its list of tensors is too long for any network".into()));
            }
            pickle::check(&program)?;
            pickles += 1;
        }
    }
    if pickles == 0 { Err(damaged("it is a ZIP archive without data.pkl".into())) } else { Ok(()) }
}

/// Which entry of the saved object is the `state_dict`; `None` if the object itself is.
fn state_dict_key(root: PickleValue) -> Result<Option<&'static str>, WeightsError> {
    let PickleValue::Dict(root) = root else {
        return Err(WeightsError::NoStateDict { found: "something that is no dictionary".into() });
    };
    if let Some(key) = STATE_DICT_KEYS.into_iter().find(|&key| root.get(key).is_some_and(holds_tensors)) {
        return Ok(Some(key));
    }
    if root.values().any(is_tensor) {
        return Ok(None);
    }
    let keys: BTreeMap<&String, ()> = root.keys().map(|key| (key, ())).collect();
    let shown: Vec<String> = keys.keys().take(8).map(|key| format!("`{}`", key.escape_debug())).collect();
    let found = if shown.is_empty() { "nothing".into() } else { shown.join(", ") };
    Err(WeightsError::NoStateDict { found })
}

fn holds_tensors(value: &PickleValue) -> bool {
    matches!(value, PickleValue::Dict(entries) if entries.values().any(|value| is_tensor(value) || holds_tensors(value)))
}

fn is_tensor(value: &PickleValue) -> bool {
    matches!(value, PickleValue::Unsupported(kind) if kind == "torch.Tensor")
}

/// Sorts the tensors by name and takes off what data-parallel training put before all names.
fn without_prefix(tensors: HashMap<String, Tensor>) -> BTreeMap<String, Tensor> {
    let parallel = tensors.keys().all(|name| name.starts_with(DATA_PARALLEL));
    let rest = |name: &str| name.strip_prefix(DATA_PARALLEL).filter(|_| parallel).unwrap_or(name).to_owned();
    tensors.into_iter().map(|(name, tensor)| (rest(&name), tensor)).collect()
}

/// Refuses tensors that claim far more bytes than the file has, before any of them is built.
fn check_growth(tensors: &BTreeMap<String, Tensor>, file: usize) -> Result<(), WeightsError> {
    let bytes = |tensor: &Tensor| {
        let values = tensor.shape().iter().fold(1_usize, |count, &length| count.saturating_mul(length));
        values.saturating_mul(tensor.dtype().size())
    };
    let size = tensors.values().fold(0_usize, |sum, tensor| sum.saturating_add(bytes(tensor)));
    if size > file.saturating_mul(MAX_GROWTH) { Err(WeightsError::Inflated { size, file }) } else { Ok(()) }
}
