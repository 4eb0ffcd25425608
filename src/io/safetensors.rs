//! The safetensors container, written with its header in sorted order.
//!
//! The `safetensors` crate keeps metadata in a hash map, so two runs would give different bytes;
//! reading is left to the crate, the header of eight bytes and one JSON object is written here.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// One tensor as it goes to disk, values in little-endian order.
pub(super) struct Entry {
    /// `F32` or `I64`.
    pub(super) dtype: &'static str,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Header<'a> {
    Metadata(&'a BTreeMap<String, String>),
    Tensor { dtype: &'static str, shape: &'a [usize], data_offsets: [usize; 2] },
}

/// Writes tensors and metadata; the same input always gives the same bytes.
///
/// # Errors
/// The writer fails.
pub(super) fn write(
    out: &mut dyn Write,
    tensors: &BTreeMap<String, Entry>,
    metadata: &BTreeMap<String, String>,
) -> io::Result<()> {
    // Wider types first, as the format's own writer does, so that every tensor stays aligned.
    let mut order: Vec<_> = tensors.iter().collect();
    order.sort_by_key(|(_, entry)| entry.dtype != "I64");
    let mut header = BTreeMap::new();
    if !metadata.is_empty() {
        header.insert("__metadata__", Header::Metadata(metadata));
    }
    let mut end = 0;
    for (name, Entry { dtype, shape, bytes }) in &order {
        let start = end;
        end += bytes.len();
        header.insert(name.as_str(), Header::Tensor { dtype, shape, data_offsets: [start, end] });
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    order.iter().try_for_each(|(_, entry)| out.write_all(&entry.bytes))
}
