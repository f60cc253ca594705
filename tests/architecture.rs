//! The house rules that the compiler does not know: which room may import which, and which room alone
//! may touch the system. Reads every source file under `src` as tokens, so that comments and texts do
//! not count.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "architecture/paths.rs"]
mod paths;
#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/selftest.rs"]
mod selftest;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/table.rs"]
mod table;
#[path = "architecture/tokens.rs"]
mod tokens;

#[test]
fn every_room_keeps_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &root, &mut files);
    assert!(files.iter().any(|(path, _)| path == "lib.rs"), "no crate under {}", root.display());
    let found = rules::check(&files);
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// Every `.rs` file below `folder` with its path relative to `root`, `/` between the parts.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let parts: Vec<_> = path
                .strip_prefix(root)
                .expect("below the root")
                .iter()
                .map(|part| part.to_string_lossy().into_owned())
                .collect();
            files.push((parts.join("/"), fs::read_to_string(&path).expect("text")));
        }
    }
}
