//! Whether the files that a workspace refers to are where they were, and what they were. Runs on a worker.

use super::document::{self, ReadError};
use super::saved::{FileRef, Hash, Saved};
use crate::io;
use std::path::{Path, PathBuf};

/// How a file was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it was.
    Same,
    /// With another content.
    Changed,
    /// Not at all.
    Missing,
}

/// A file that a workspace refers to.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// Whether it holds molecules; weights otherwise.
    pub is_data: bool,
    /// Where it is looked for.
    pub path: PathBuf,
    /// How it was met.
    pub found: Found,
    hash: Option<Hash>,
}

impl Reference {
    fn of(file: &FileRef, is_data: bool, path: PathBuf) -> Self {
        Self { is_data, found: meet(&path, file.hash), path, hash: file.hash }
    }

    /// Looks at another place, where the user says it is.
    pub(super) fn look_at(&mut self, path: PathBuf) {
        self.found = meet(&path, self.hash);
        self.path = path;
    }

    /// Looks for it in another folder, under its name; takes only what it was.
    pub(super) fn look_in(&mut self, folder: &Path) {
        if let Some(path) = self.path.file_name().map(|name| folder.join(name))
            && self.found == Found::Missing
            && self.hash.is_some()
            && meet(&path, self.hash) == Found::Same
        {
            (self.path, self.found) = (path, Found::Same);
        }
    }
}

fn meet(path: &Path, hash: Option<Hash>) -> Found {
    // Devices and pipes may never end.
    if !path.is_file() {
        return Found::Missing;
    }
    match (io::hash_file(path), hash) {
        (Err(_), _) => Found::Missing,
        (Ok(now), Some(Hash(then))) if now != then => Found::Changed,
        (Ok(_), _) => Found::Same,
    }
}

/// Reads a workspace file and looks at everything that it refers to; what is missing is looked for beside it.
pub(super) fn read(path: &Path) -> Result<(Saved, Vec<Reference>), ReadError> {
    let mut saved = document::read(path)?;
    let has_data = matches!(saved.data, super::saved::Data::File(_));
    let mut references: Vec<Reference> = Vec::new();
    for (place, file) in saved.files().enumerate() {
        references.push(Reference::of(file, has_data && place == 0, file.path.clone()));
    }
    if let Some(folder) = path.parent() {
        references.iter_mut().for_each(|reference| reference.look_in(folder));
    }
    Ok((saved, references))
}
