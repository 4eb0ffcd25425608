//! The file itself: pretty JSON with a version, so that people can read it and compare two of them, and paths
//! that stay true when the file moves together with what it refers to.

use super::saved::{FileRef, Saved};
use crate::io;
use serde::{Deserialize, Serialize};
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

/// The ending of workspace files.
pub const ENDING: &str = "bondscope";

/// The form that is written. Parts that are added need no new one; parts that change their meaning do.
const VERSION: u64 = 1;

/// Largest file that is read; usual ones have a few thousand bytes.
const LARGEST: u64 = 16 << 20;

/// The key that tells a workspace file from other JSON.
const KEY: &str = "bondscope_workspace";

#[derive(Serialize)]
struct Document<'a> {
    bondscope_workspace: u64,
    written_by: &'a str,
    #[serde(flatten)]
    saved: &'a Saved,
}

/// Only the version, whatever else there is.
#[derive(Deserialize)]
struct Head {
    bondscope_workspace: Option<u64>,
}

/// Why a file is no workspace that can be opened; paths come last.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system could not read it.
    #[error("The workspace could not be read ({source}): {}", path.display())]
    Io {
        /// What the system says.
        source: std::io::Error,
        /// The file.
        path: PathBuf,
    },
    /// Larger than any workspace.
    #[error("This is no Bondscope workspace: it is larger than {} MB: {}", LARGEST >> 20, path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Something else.
    #[error("This is no Bondscope workspace ({reason}): {}", path.display())]
    Other {
        /// What is wrong.
        reason: String,
        /// The file.
        path: PathBuf,
    },
    /// Written by a later Bondscope.
    #[error("This workspace was written by a newer Bondscope (form {version}, this one knows {VERSION}); open it with that one: {}", path.display())]
    Newer {
        /// Its form.
        version: u64,
        /// The file.
        path: PathBuf,
    },
    /// A workspace with a value that cannot be.
    #[error("The workspace is damaged ({reason}): {}", path.display())]
    Damaged {
        /// What is wrong, with line and column.
        reason: String,
        /// The file.
        path: PathBuf,
    },
}

/// Reads a workspace file.
///
/// # Errors
/// It cannot be read, is none, is newer than this program, or holds something that cannot be.
pub(super) fn read(path: &Path) -> Result<Saved, ReadError> {
    let failed = |source| ReadError::Io { source, path: path.to_owned() };
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that is too large, without trusting what the system says of its size.
    std::fs::File::open(path).map_err(failed)?.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge { path: path.to_owned() });
    }
    parse(&bytes, path)
}

fn parse(bytes: &[u8], path: &Path) -> Result<Saved, ReadError> {
    let other = |reason: String| ReadError::Other { reason, path: path.to_owned() };
    let head: Head = serde_json::from_slice(bytes).map_err(|error| other(error.to_string()))?;
    let version = head.bondscope_workspace.ok_or_else(|| other(format!("it has no {KEY}")))?;
    if version > VERSION {
        return Err(ReadError::Newer { version, path: path.to_owned() });
    }
    let mut saved: Saved = serde_json::from_slice(bytes)
        .map_err(|error| ReadError::Damaged { reason: error.to_string(), path: path.to_owned() })?;
    saved.figure.check().map_err(|reason| ReadError::Damaged { reason, path: path.to_owned() })?;
    let folder = folder(path);
    saved.files().for_each(|FileRef { path, .. }| *path = folder.join(&path));
    saved.paths_in_figure().for_each(|path| *path = folder.join(&path));
    Ok(saved)
}

/// Writes a workspace file, whole or not at all.
///
/// # Errors
/// The folder is missing, or the system cannot write.
pub(super) fn write(path: &Path, saved: &Saved) -> Result<(), io::WriteError> {
    io::write_bytes(path, text(saved, path).as_bytes())
}

fn text(saved: &Saved, path: &Path) -> String {
    let mut saved = saved.clone();
    let folder = folder(path);
    saved.files().for_each(|file| file.path = relative(&file.path, &folder));
    saved.paths_in_figure().for_each(|path| *path = relative(path, &folder));
    let written_by = concat!("Bondscope ", env!("CARGO_PKG_VERSION"));
    let document = Document { bondscope_workspace: VERSION, written_by, saved: &saved };
    // Every map has text for keys and every path is text by now, which is all that JSON asks for.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The folder that relative paths start from.
fn folder(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.parent().map(Path::to_owned).unwrap_or_default()
}

/// The path from `folder` on if the file is beneath it, with `/` on every system; as text either way.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let path = &std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let Some(inner) = path.strip_prefix(folder).ok().filter(|_| !folder.as_os_str().is_empty()) else {
        return path.to_string_lossy().into_owned().into();
    };
    let names = inner.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_string_lossy()),
        _ => None,
    });
    names.collect::<Vec<_>>().join("/").into()
}

#[cfg(test)]
mod tests {
    use super::super::saved::{Data, DataFile, Hash};
    use super::*;
    use crate::domain::ColumnChoice;

    fn with_data(path: &str) -> Saved {
        let file = FileRef { path: path.into(), hash: Some(Hash(7)) };
        Saved {
            data: Data::File(DataFile { file, columns: ColumnChoice::of_targets(&["logP".to_owned()]) }),
            ..Saved::default()
        }
    }

    #[test]
    fn files_beneath_the_folder_move_with_it_and_others_stay() {
        for (written, read_at, expected) in [
            ("/study/a/data/x.csv", "/other/w.bondscope", "/other/data/x.csv"),
            ("/study/b/x.csv", "/other/w.bondscope", "/study/b/x.csv"),
            ("/study/ab/x.csv", "/other/w.bondscope", "/study/ab/x.csv"),
        ] {
            let text = text(&with_data(written), Path::new("/study/a/w.bondscope"));
            assert_eq!(parse(text.as_bytes(), Path::new(read_at)).unwrap(), with_data(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_workspace_is_refused_in_one_sentence() {
        let newer = format!("{{\"{KEY}\": 2, \"data\": {{\"from\": \"the future\"}}}}");
        let deep = "[".repeat(100_000);
        for (text, word) in [
            ("", "no Bondscope workspace"),
            ("{}", "it has no bondscope_workspace"),
            ("[1, 2]", "no Bondscope workspace"),
            ("{\"bondscope_workspace\": \"one\"}", "no Bondscope workspace"),
            ("{\"bondscope_workspace\": -1}", "no Bondscope workspace"),
            (&deep, "no Bondscope workspace"),
            (&newer, "newer Bondscope (form 2, this one knows 1)"),
            ("{\"bondscope_workspace\": 1, \"view\": {\"layer\": -3}}", "damaged"),
            ("{\"bondscope_workspace\": 1, \"view\": {\"locked\": [1]}}", "damaged"),
            ("{\"bondscope_workspace\": 1, \"edits\": {\"explicit_bias\": NaN}}", "no Bondscope workspace"),
            (
                "{\"bondscope_workspace\": 1, \"selected\": {\"place\": 1e99, \"line\": 1, \"smiles\": \"C\"}}",
                "damaged",
            ),
            (
                "{\"bondscope_workspace\": 1, \"data\": {\"file\": {\"path\": \"x\", \"hash\": \"nothing\"}}}",
                "16 hexadecimal",
            ),
        ] {
            let error = parse(text.as_bytes(), Path::new("/w.bondscope")).unwrap_err().to_string();
            assert!(error.contains(word) && error.ends_with(": /w.bondscope"), "{error}");
        }
    }

    #[test]
    fn numbers_beyond_all_bounds_are_refused_with_their_place() {
        let text = "{\"bondscope_workspace\": 1, \"view\": {\"locked\": [1e300, 2], \"least_arc\": 1e300}}";
        let error = parse(text.as_bytes(), Path::new("/w")).unwrap_err().to_string();
        assert!(error.contains("out of range at line 1"), "{error}");
    }

    #[test]
    fn a_file_of_which_parts_are_missing_opens_with_the_standard() {
        let saved = parse(b"{\"bondscope_workspace\": 1, \"later\": {\"part\": 3}}", Path::new("/w")).unwrap();
        assert_eq!(saved, Saved::default());
    }

    #[test]
    fn the_size_is_limited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.bondscope");
        std::fs::File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(matches!(read(&path), Err(ReadError::TooLarge { .. })));
        assert!(matches!(read(folder.path()), Err(ReadError::Io { .. })));
    }
}
