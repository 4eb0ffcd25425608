//! Bytes to domain values and back: structure tables, SMILES, weights, named tensors.
//!
//! Formats are recognised by content, not by name. Reading goes in steps so that a worker can report,
//! be cancelled and show the first rows early; writing goes through a temporary file beside the
//! target, so that a reader never meets half a file.

mod error;
mod hash;
mod inspect;
mod pytorch;
mod safetensors;
pub mod smiles;
mod table;
mod tensors;
mod validate;
mod weights;
mod write;

pub use error::{OpenError, WeightsError, WriteError};
pub use hash::hash_file;
pub use inspect::{RecordLine, Summary, TargetSummary, describe_records};
pub use table::{
    Cells, Loader, MAX_COLUMNS, MAX_LINE, MAX_LINES, MAX_UNPACKED, Preview, PreviewColumn, Previewer, Role, Step,
};
pub use tensors::{Tensor, TensorFormat, write_tensors};
pub use validate::{Validator, load_fully};
pub use weights::{read_weights, weights_from_bytes, write_weights};
pub use write::{is_leftover, remove_leftovers, temporary_file, write_atomically, write_bytes};
