//! Writing whole files or nothing.

use super::WriteError;
use std::io::{BufWriter, Write};
use std::path::Path;

/// How the names of temporary files begin.
const TEMPORARY: &str = ".bondscope-";

/// Removes temporary files that a process left in a folder when it was killed. Only for a folder that no other
/// process writes to.
pub fn remove_leftovers(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_leftover) {
        if let Err(error) = std::fs::remove_file(entry.path()) {
            log::warn!("a temporary file cannot be removed ({error}): {}", entry.path().display());
        }
    }
}

/// Whether something in a folder is a temporary file.
pub fn is_leftover(entry: &std::fs::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
}

/// Writes a file through a temporary one beside it, which takes its place when complete: whoever
/// reads meets the old file or the new one.
///
/// # Errors
/// The folder does not exist, or the system cannot write.
pub fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), WriteError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(WriteError::NoFolder { folder: folder.to_owned() });
    }
    let attempt = || -> std::io::Result<()> {
        let file = builder().tempfile_in(folder)?;
        let mut writer = BufWriter::new(file);
        write(&mut writer)?;
        let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        // Before the name: after a power cut the name must not stand for content that never reached the disk.
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    attempt().map_err(|source| WriteError::Io { source, path: path.to_owned() })
}

/// Writes bytes that are already there.
///
/// # Errors
/// Those of [`write_atomically`].
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    write_atomically(path, |out| out.write_all(bytes))
}

/// A file without a name yet in `folder`, for results that are written bit by bit.
///
/// # Errors
/// The folder is missing or may not be written to.
pub fn temporary_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    builder().tempfile_in(folder)
}

fn builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Temporary files are private by default; a result is an ordinary file (less the umask).
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("result.csv");
        write_bytes(&path, b"old").unwrap();
        let failed = write_atomically(&path, |out| {
            out.write_all(b"half")?;
            Err(std::io::Error::other("disk full"))
        });
        assert!(failed.unwrap_err().to_string().contains("disk full"));
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_bytes(&folder.path().join("no/result.csv"), b"").unwrap_err();
        assert!(matches!(error, WriteError::NoFolder { .. }), "{error}");
        assert!(matches!(write_bytes(folder.path(), b""), Err(WriteError::Io { .. })));
    }
}
