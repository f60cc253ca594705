//! SHA-256 of files, in lower-case hexadecimal digits.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use ring::digest::{Context, SHA256};

use crate::model::{Failure, Outcome};

/// One read's worth: large enough to make system calls cheap, small enough for a cache.
const CHUNK: usize = 64 * 1024;

/// A digest in the making.
pub struct Sha256(Context);

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest: 64 hexadecimal digits.
    pub fn hex(self) -> String {
        hex(self.0.finish().as_ref())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// The digest of bytes in memory.
pub fn sha256(bytes: &[u8]) -> String {
    let mut digest = Sha256::default();
    digest.update(bytes);
    digest.hex()
}

/// The digest of the file at `path`, read in pieces; a symbolic link is followed.
///
/// # Errors
/// `Disk` when the file cannot be read.
pub fn sha256_file(path: &Path) -> Outcome<String> {
    File::open(path)
        .and_then(|mut file| sha256_reader(&mut file))
        .map_err(|error| Failure::io("read", path, &error))
}

/// The digest of everything `reader` still gives.
///
/// # Errors
/// The reader's.
pub fn sha256_reader(reader: &mut impl Read) -> io::Result<String> {
    let mut digest = Sha256::default();
    let mut buffer = vec![0; CHUNK];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(digest.hex()),
            Ok(length) => digest.update(&buffer[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        // FIPS 180-2, appendix B.
        for (bytes, hex) in [
            (&b""[..], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ] {
            assert_eq!(sha256(bytes), hex);
        }
    }

    #[test]
    fn a_file_of_several_chunks_is_read_whole() {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("file");
        let bytes = vec![7; 3 * CHUNK + 1];
        std::fs::write(&path, &bytes).expect("write");
        assert_eq!(sha256_file(&path).expect("digest"), sha256(&bytes));
    }

    #[test]
    fn a_missing_file_and_a_directory_are_failures() {
        let dir = tempfile::tempdir().expect("directory");
        assert!(sha256_file(&dir.path().join("none")).is_err());
        assert!(sha256_file(dir.path()).is_err());
    }
}
