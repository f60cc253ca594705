//! The newest head that was ever believed. The log only grows: whoever shows a shorter or another one
//! later is caught by it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::host::{Attributes, atomic};
use crate::model::{Failure, Outcome};

use super::note::Key;
use super::tree::Head;

/// Far more than a signed head needs, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The signed head remembered in `folder` for a key; `None`: there is none yet.
///
/// # Errors
/// `Disk`. What is no head signed by the key is set aside and counts as none: it must not stop updates
/// for ever, and who can write here needs no forged log.
pub(super) fn load(folder: &Path, key: &Key) -> Outcome<Option<Head>> {
    let path = place(folder, key);
    let mut text = String::new();
    let read = File::open(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
        Err(error) => return Err(Failure::io("read", &path, &error)),
    }
    let head = key.open(&text).ok().and_then(Head::parse);
    if head.is_none() {
        atomic::rename(&path, &path.with_extension("corrupt"))?;
    }
    Ok(head)
}

/// Remembers a signed head, durably.
///
/// # Errors
/// `Disk`.
pub(super) fn save(folder: &Path, key: &Key, note: &str) -> Outcome<()> {
    atomic::create_dir(folder, 0o700)?;
    atomic::write(&place(folder, key), note.as_bytes(), &Attributes::with_mode(0o600))
}

/// One file a key.
fn place(folder: &Path, key: &Key) -> PathBuf {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let name: String = key.id().chars().map(|c| if fits(c) { c } else { '_' }).collect();
    folder.join(format!("{name}.head"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::testing::{Grown, Signer};
    use super::*;

    #[test]
    fn a_head_is_kept_by_key_and_garbage_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (Signer::new("sum.test/x", 1), Signer::new("sum.test/x", 2));
        let key = |signer: &Signer| Key::parse(&signer.key()).unwrap();
        assert_eq!(load(folder.path(), &key(&one)), Ok(None));
        let mut log = Grown::default();
        log.add(b"record\n");
        save(folder.path(), &key(&one), &one.sign(&log.head_text())).unwrap();
        assert_eq!(load(folder.path(), &key(&one)).unwrap().map(|head| head.size), Some(1));
        assert_eq!(load(folder.path(), &key(&two)), Ok(None));

        for garbage in [&b"garbage"[..], b"\xff\xfe", two.sign(&log.head_text()).as_bytes()] {
            std::fs::write(place(folder.path(), &key(&one)), garbage).unwrap();
            assert_eq!(load(folder.path(), &key(&one)), Ok(None));
            assert!(!place(folder.path(), &key(&one)).exists());
        }
    }
}
