//! Why a file could not be read or written: one sentence each, with the path last.

use super::table::{MAX_LINE, MAX_LINES, MAX_UNPACKED};
use std::path::PathBuf;

const GIB: u64 = 1 << 30;
const MIB: usize = 1 << 20;

/// Why a structure file was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such file.
    #[error("There is no such file: {}", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder was given.
    #[error("This is a folder, not a file; choose a file in it: {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The system could not read it.
    #[error("The file could not be read ({source}): {}", path.display())]
    Io {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// Nothing in it, or only blank lines.
    #[error("The file is empty: {}", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A known kind of file that holds no structure table.
    #[error("This is {what}, not a table of SMILES (CSV, TSV or .smi, plain or gzip): {}", path.display())]
    OtherFormat {
        /// What it is, with an article.
        what: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// Bytes that are no text.
    #[error("This is a binary file, not a table of SMILES (CSV, TSV or .smi, plain or gzip): {}", path.display())]
    Binary {
        /// The file.
        path: PathBuf,
    },
    /// Text, but not UTF-8.
    #[error("The text is not UTF-8 but looks like {encoding} (line {line}); save it as UTF-8 and open it again: {}", path.display())]
    Encoding {
        /// What it looks like.
        encoding: &'static str,
        /// First line that is not UTF-8, counted from 1.
        line: u32,
        /// The file.
        path: PathBuf,
    },
    /// A gzip file of which nothing could be unpacked.
    #[error("The gzip file is damaged and nothing could be unpacked from it: {}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// More text than [`MAX_UNPACKED`].
    #[error("The file holds more than {} GiB of text, the most that is read; split it: {}", MAX_UNPACKED / GIB, path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// More lines than [`MAX_LINES`].
    #[error("The file has more than {MAX_LINES} lines, the most that are read; split it: {}", path.display())]
    TooManyLines {
        /// The file.
        path: PathBuf,
    },
    /// A line longer than [`MAX_LINE`].
    #[error("Line {line} is longer than {} MiB, so this is no table of SMILES: {}", MAX_LINE / MIB, path.display())]
    LongLine {
        /// The line, counted from 1.
        line: u32,
        /// The file.
        path: PathBuf,
    },
    /// No column holds structures.
    #[error("No column with SMILES was found; say which one it is, by File, Columns… or --smiles-column: {}", path.display())]
    NoSmiles {
        /// The file.
        path: PathBuf,
    },
    /// A column was named and is not there.
    #[error("There is no column {name:?} to take {what} from; {}{}: {}", if *beside { "beside the SMILES, " } else { "" }, listed(columns), path.display())]
    NoColumn {
        /// The name.
        name: String,
        /// What was to be taken from it.
        what: &'static str,
        /// Whether the column with structures is left out of `columns`.
        beside: bool,
        /// The columns to choose from.
        columns: Vec<String>,
        /// The file.
        path: PathBuf,
    },
    /// A column was named for something that it does not hold.
    #[error("The column {column:?} holds no {what}: one of its cells is {example:?}; choose another column: {}", path.display())]
    WrongColumn {
        /// Its name.
        column: String,
        /// What it should hold.
        what: &'static str,
        /// A cell that shows that it does not.
        example: String,
        /// The file.
        path: PathBuf,
    },
    /// A header and nothing below it.
    #[error("The file has a header but no lines below it: {}", path.display())]
    OnlyHeader {
        /// The file.
        path: PathBuf,
    },
    /// Every line was left out.
    #[error("None of the {lines} lines can be used; line {line}, for example: {reason}: {}", path.display())]
    NothingUsable {
        /// Data lines seen.
        lines: usize,
        /// The first of them.
        line: u32,
        /// What is wrong with it.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// The caller asked to stop.
    #[error("Reading was stopped: {}", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
}

/// What there is instead of a column that is missing.
fn listed(columns: &[String]) -> String {
    const SHOWN: usize = 20;
    let names: Vec<String> = columns.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    match columns.len() {
        0 => "the file has no columns".to_owned(),
        count if count > SHOWN => format!("the file has {} and {} more", names.join(", "), count - SHOWN),
        _ => format!("the file has {}", names.join(", ")),
    }
}

/// Why weights were not read.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The system could not read the file.
    #[error("The weight file could not be read ({0})")]
    Io(std::io::Error),
    /// Larger than any model this program builds.
    #[error("The weight file has {size} bytes, more than the {limit} that are read")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Neither safetensors nor PyTorch, or cut off.
    #[error(
        "This is neither a complete safetensors file ({reason}) nor a PyTorch file; it may be cut off or of another format"
    )]
    Damaged {
        /// What the parser met.
        reason: String,
    },
    /// A file of PyTorch whose container, pickle or tensors cannot be read.
    #[error("This PyTorch file could not be read ({reason}); write it again with torch.save(model.state_dict(), ..)")]
    PyTorch {
        /// What is wrong with it.
        reason: String,
    },
    /// A pickle that names something to call.
    #[error(
        "The file asks to call `{name}`, which no weights need, so it was not opened; a file written with torch.save(model.state_dict(), ..) asks for nothing of the kind"
    )]
    Callable {
        /// What it names.
        name: String,
    },
    /// A checkpoint without tensors where checkpoints keep them.
    #[error(
        "This PyTorch file has no tensors at its top and none under `state_dict`, `model_state_dict`, `model` or `net`, only {found}; write the weights with torch.save(model.state_dict(), ..)"
    )]
    NoStateDict {
        /// What is there instead.
        found: String,
    },
    /// Tensors that a file of this size cannot hold.
    #[error("The tensors of this PyTorch file claim {size} bytes, but the file has only {file}, so it was not opened")]
    Inflated {
        /// What they claim.
        size: usize,
        /// What there is.
        file: usize,
    },
    /// Values that are not floating point numbers.
    #[error("Tensor {name} has type {dtype}; weights must be F16, BF16, F32 or F64")]
    Type {
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
    /// NaN or infinity.
    #[error("Tensor {name} holds values that are not finite numbers; the weights are unusable")]
    NotFinite {
        /// The tensor.
        name: String,
    },
    /// Any of these, with the file's name.
    #[error("{source}: {}", path.display())]
    File {
        /// What is wrong.
        source: Box<WeightsError>,
        /// The file.
        path: PathBuf,
    },
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The folder is missing.
    #[error("The folder to write into does not exist; create it first: {}", folder.display())]
    NoFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The system could not write it.
    #[error("The file could not be written ({source}): {}", path.display())]
    Io {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// The extension says nothing about the format.
    #[error("The name must end in .safetensors, .npz or .json, which chooses the format: {}", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// Number of values and shape disagree.
    #[error("Tensor {name} has {values} values, which do not fill its shape {shape:?}")]
    Shape {
        /// The tensor.
        name: String,
        /// How many values it has.
        values: usize,
        /// Its shape.
        shape: Vec<usize>,
    },
}
