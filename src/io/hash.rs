//! The content of a file as a number, so that a file that moved is recognised and one that changed is noticed.

use crate::domain::Fingerprint;
use std::io::Read as _;
use std::path::Path;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// The fingerprint of all bytes of a file.
///
/// # Errors
/// It is missing or cannot be read.
pub fn hash_file(path: &Path) -> std::io::Result<u64> {
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; CHUNK];
    let mut fingerprint = Fingerprint::default();
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(fingerprint.value()),
            read => fingerprint.add(buffer.get(..read).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides_not_the_name() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            hash_file(&path).unwrap()
        };
        let long = vec![7; CHUNK + 5];
        assert_eq!(write("a", &long), write("b", &long));
        assert_ne!(write("c", &long[1..]), write("a", &long));
        assert_eq!(write("d", b"foobar"), 0x8594_4171_f739_67e8);
        assert!(hash_file(&folder.path().join("none")).is_err() && hash_file(folder.path()).is_err());
    }
}
