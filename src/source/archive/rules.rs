//! Which archives are a module's, by the go command's rules: everything below one prefix, plain files
//! with plain names, and not too much of it.

use std::io::{Read, Seek};

use zip::ZipArchive;

/// The go command's limit, both on an archive and on what is in it, in bytes.
pub(super) const MOST_BYTES: u64 = 500 << 20;
/// A release of Go has twelve thousand files.
const MOST_FILES: usize = 100_000;
/// The longest path of a file, in bytes.
const LONGEST_NAME: usize = 4096;
/// The type in the mode of a file, and the only two values that are plain files.
const TYPE: u32 = 0o170_000;
const PLAIN: [u32; 2] = [0, 0o100_000];

/// A file of an archive that keeps the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    /// Its number in the archive.
    pub(super) index: usize,
    /// Its whole name, prefix included: what is hashed.
    pub(super) name: String,
    /// Its length in bytes, as the archive says.
    pub(super) size: u64,
}

impl Member {
    /// True for the entry of a directory, which holds nothing.
    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// Looks at every name and length of an archive; nothing is unpacked.
///
/// # Errors
/// What breaks the rules, in words.
pub(super) fn members<R: Read + Seek>(zip: &mut ZipArchive<R>, prefix: &str) -> Result<Vec<Member>, String> {
    if zip.len() > MOST_FILES {
        return Err(format!("it has {} files, {MOST_FILES} at most are allowed", zip.len()));
    }
    let mut members = Vec::with_capacity(zip.len());
    let mut total: u64 = 0;
    for index in 0..zip.len() {
        let file = zip.by_index_raw(index).map_err(|error| error.to_string())?;
        let name = std::str::from_utf8(file.name_raw()).map_err(|_| "a name in it is no text".to_owned())?;
        let shown = name.escape_debug();
        let below = name.strip_prefix(prefix).ok_or_else(|| format!("`{shown}` is not below `{prefix}`"))?;
        if let Some(why) = objection(below) {
            return Err(format!("`{shown}` {why}"));
        }
        if let Some(mode) = file.unix_mode()
            && !PLAIN.contains(&(mode & TYPE))
            && !file.is_dir()
        {
            return Err(format!("`{shown}` is no plain file"));
        }
        total = total.saturating_add(file.size());
        if total > MOST_BYTES {
            return Err(format!("it unpacks to more than {} MiB", MOST_BYTES >> 20));
        }
        members.push(Member { index, name: name.to_owned(), size: file.size() });
    }
    Ok(members)
}

/// Why a path is none that an archive may have.
fn objection(path: &str) -> Option<&'static str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.len() > LONGEST_NAME {
        return Some("is too long");
    }
    // A backslash or a colon would mean something on Windows.
    if path.contains(|c: char| c.is_control() || "\\:*?\"<>|".contains(c)) {
        return Some("has a character that no file's name may have");
    }
    let leads_out = |part: &str| part.is_empty() || part == "." || part == "..";
    path.split('/').any(leads_out).then_some("is no plain path below it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_pass() {
        for good in ["bin/go", "a", "src/_go.mod", "src/x/", "a b/ü", "..a/b..", "x/.git"] {
            assert_eq!(objection(good), None, "{good}");
        }
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "a/.",
            "a\\b",
            "c:x",
            "a\0b",
            "a\nb",
            "//",
        ] {
            assert!(objection(bad).is_some(), "{bad:?}");
        }
    }
}
