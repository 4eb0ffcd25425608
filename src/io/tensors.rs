//! Named tensors as safetensors, npz or JSON, chosen by extension; repeating gives the same bytes.

use super::safetensors::{self as container, Entry};
use super::{WriteError, write_atomically};
use npyz::WriterBuilder as _;
use npyz::zip::write::FileOptions;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::Path;

/// A row-major array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor {
    /// Floating point numbers.
    F32 {
        /// Length of each axis.
        shape: Vec<usize>,
        /// Row-major values.
        values: Vec<f32>,
    },
    /// Integers.
    I64 {
        /// Length of each axis.
        shape: Vec<usize>,
        /// Row-major values.
        values: Vec<i64>,
    },
}

impl Tensor {
    fn shape(&self) -> &[usize] {
        match self {
            Self::F32 { shape, .. } | Self::I64 { shape, .. } => shape,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::F32 { values, .. } => values.len(),
            Self::I64 { values, .. } => values.len(),
        }
    }
}

/// Formats for named tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TensorFormat {
    /// `.safetensors`, metadata in the header.
    Safetensors,
    /// `.npz` for NumPy; metadata as UTF-8 JSON in the bytes of the array `metadata_json`.
    Npz,
    /// `.json`: `{name: nested lists, .., "metadata": {..}}`; what JSON has no number for is one of the
    /// strings `NaN`, `Infinity`, `-Infinity`.
    Json,
}

impl TensorFormat {
    /// The format that a file's extension names.
    ///
    /// # Errors
    /// Another extension, or none.
    pub fn of(path: &Path) -> Result<Self, WriteError> {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_ascii_lowercase();
        match extension.as_str() {
            "safetensors" => Ok(Self::Safetensors),
            "npz" => Ok(Self::Npz),
            "json" => Ok(Self::Json),
            _ => Err(WriteError::Extension { path: path.to_owned() }),
        }
    }
}

/// Writes named tensors and metadata in the format that the extension names.
///
/// # Errors
/// An unknown extension, a tensor whose values do not fill its shape, or the file cannot be written.
pub fn write_tensors(
    path: &Path,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> Result<(), WriteError> {
    let format = TensorFormat::of(path)?;
    for (name, tensor) in tensors {
        let (shape, values) = (tensor.shape(), tensor.len());
        if shape.iter().product::<usize>() != values {
            return Err(WriteError::Shape { name: name.clone(), values, shape: shape.to_vec() });
        }
    }
    write_atomically(path, |out| match format {
        TensorFormat::Safetensors => {
            let entries = tensors.iter().map(|(name, tensor)| (name.clone(), entry(tensor))).collect();
            container::write(out, &entries, metadata)
        }
        TensorFormat::Npz => write_npz(out, tensors, metadata),
        TensorFormat::Json => write_json(out, tensors, metadata),
    })
}

fn entry(tensor: &Tensor) -> Entry {
    match tensor {
        Tensor::F32 { shape, values } => Entry {
            dtype: "F32",
            shape: shape.clone(),
            bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        },
        Tensor::I64 { shape, values } => Entry {
            dtype: "I64",
            shape: shape.clone(),
            bytes: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        },
    }
}

fn write_npz(
    out: &mut dyn Write,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    // A zip directory refers back to its members, so the archive is put together in memory.
    let mut archive = npyz::npz::NpzWriter::new(Cursor::new(Vec::new()));
    for (name, tensor) in tensors {
        match tensor {
            Tensor::F32 { shape, values } => add_array(&mut archive, name, shape, values)?,
            Tensor::I64 { shape, values } => add_array(&mut archive, name, shape, values)?,
        }
    }
    if !metadata.is_empty() {
        let text = serde_json::to_vec(metadata)?;
        add_array(&mut archive, "metadata_json", &[text.len()], &text)?;
    }
    let archive = archive.zip_writer().finish()?;
    out.write_all(archive.get_ref())
}

fn add_array<T: npyz::AutoSerialize + Copy>(
    archive: &mut npyz::npz::NpzWriter<Cursor<Vec<u8>>>,
    name: &str,
    shape: &[usize],
    values: &[T],
) -> io::Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    // The start of zip's calendar in place of the current time.
    let options = FileOptions::default().last_modified_time(npyz::zip::DateTime::default());
    let mut writer = archive.array(name, options)?.default_dtype().shape(&shape).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}

/// Nested lists, outermost axis first.
fn nested<T>(shape: &[usize], values: &[T], number: &impl Fn(&T) -> Value) -> Value {
    match shape {
        [] => values.first().map_or(Value::Null, number),
        [_] => values.iter().map(number).collect(),
        [_, inner @ ..] => {
            let size = inner.iter().product::<usize>().max(1);
            values.chunks(size).map(|row| nested(inner, row, number)).collect()
        }
    }
}

/// JSON has no number for what is not finite.
fn number(value: f32) -> Value {
    if value.is_finite() {
        // By way of the shortest text: as f64, 0.1 would be written 0.10000000149011612.
        return value.to_string().parse::<serde_json::Number>().map_or(Value::Null, Value::Number);
    }
    let word = if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    };
    Value::from(word)
}

fn write_json(
    out: &mut dyn Write,
    tensors: &BTreeMap<String, Tensor>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    let lists = tensors.iter().map(|(name, tensor)| {
        let list = match tensor {
            Tensor::F32 { shape, values } => nested(shape, values, &|&value| number(value)),
            Tensor::I64 { shape, values } => nested(shape, values, &|&value| Value::from(value)),
        };
        (name.clone(), list)
    });
    let metadata = metadata.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let entries: BTreeMap<String, Value> = lists.chain([("metadata".to_owned(), Value::Object(metadata))]).collect();
    serde_json::to_writer(&mut *out, &entries)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (BTreeMap<String, Tensor>, BTreeMap<String, String>) {
        let tensors = [
            ("prediction", Tensor::F32 { shape: vec![1, 1], values: vec![0.1] }),
            ("layers.0.edge_ratio", Tensor::F32 { shape: vec![3], values: vec![1.5, f32::INFINITY, f32::NAN] }),
            ("edge_index", Tensor::I64 { shape: vec![2, 2], values: vec![0, 1, 1, 0] }),
            ("empty", Tensor::F32 { shape: vec![0, 4], values: vec![] }),
        ];
        let metadata = (0..10).map(|key| (format!("k{key}"), key.to_string())).collect();
        (tensors.map(|(name, tensor)| (name.to_owned(), tensor)).into(), metadata)
    }

    fn written(name: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (tensors, metadata) = sample();
        let path = folder.path().join(name);
        write_tensors(&path, &tensors, &metadata).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn every_format_repeats_byte_for_byte() {
        for name in ["t.safetensors", "t.npz", "t.json"] {
            assert_eq!(written(name), written(name), "{name}");
        }
    }

    #[test]
    fn safetensors_hold_the_values() {
        let bytes = written("t.safetensors");
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let index = file.tensor("edge_index").unwrap();
        assert_eq!((index.dtype(), index.shape()), (safetensors::Dtype::I64, &[2, 2][..]));
        assert_eq!(index.data()[8..16], 1_i64.to_le_bytes());
        assert_eq!(file.tensor("prediction").unwrap().data(), 0.1_f32.to_le_bytes());
    }

    #[test]
    fn npz_holds_the_values() {
        let mut archive = npyz::npz::NpzArchive::new(Cursor::new(written("t.npz"))).unwrap();
        let index = archive.by_name("edge_index").unwrap().unwrap();
        assert_eq!(index.shape(), [2, 2]);
        assert_eq!(index.into_vec::<i64>().unwrap(), [0, 1, 1, 0]);
        let ratio = archive.by_name("layers.0.edge_ratio").unwrap().unwrap().into_vec::<f32>().unwrap();
        assert!(ratio[1].is_infinite() && ratio[2].is_nan());
        assert_eq!(archive.by_name("empty").unwrap().unwrap().shape(), [0, 4]);
        let metadata = archive.by_name("metadata_json").unwrap().unwrap().into_vec::<u8>().unwrap();
        assert_eq!(serde_json::from_slice::<BTreeMap<String, String>>(&metadata).unwrap(), sample().1);
    }

    #[test]
    fn json_holds_the_values() {
        let json: serde_json::Value = serde_json::from_slice(&written("t.json")).unwrap();
        assert_eq!(json["layers.0.edge_ratio"], serde_json::json!([1.5, "Infinity", "NaN"]));
        assert_eq!(json["prediction"].to_string(), "[[0.1]]");
        assert_eq!(json["edge_index"], serde_json::json!([[0, 1], [1, 0]]));
        assert_eq!(json["empty"], serde_json::json!([]));
        assert_eq!(json["metadata"]["k3"], "3");
    }

    #[test]
    fn wrong_shapes_and_names_are_refused() {
        let wrong = BTreeMap::from([("x".to_owned(), Tensor::I64 { shape: vec![2], values: vec![1] })]);
        let path = std::env::temp_dir().join("bondscope-wrong.npz");
        assert!(matches!(write_tensors(&path, &wrong, &BTreeMap::new()), Err(WriteError::Shape { .. })));
        assert!(!path.exists());
        assert!(matches!(TensorFormat::of(Path::new("trace.txt")), Err(WriteError::Extension { .. })));
    }
}
