//! A module proxy on disk, in the layout that `GOPROXY=file://…` and any static web server understand.
//!
//! ```text
//! ROOT/github.com/!brain!station-23/!sentinel!go/@latest
//!                                               /@v/list
//!                                               /@v/v1.0.0.info  .mod  .zip
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use semver::Version;

use super::archive::module_zip;
use super::release::Release;
use crate::model::{Failure, Outcome};

/// The tree. Publishing and withdrawing may happen while somebody reads: every file appears whole, and
/// a version is listed only after its files are there.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
}

impl Tree {
    /// Opens the tree at `root`, an absolute path, creating the folder if it is missing.
    pub fn new(root: impl Into<PathBuf>) -> Outcome<Self> {
        let root = root.into();
        fs::create_dir_all(&root).map_err(|error| Failure::io("create", &root, &error))?;
        Ok(Self { root })
    }

    /// Where the tree lies.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The tree as an entry of `GOPROXY`.
    pub fn url(&self) -> String {
        url_of(&self.root)
    }

    /// Publishes a version, or publishes it again with other content.
    pub fn publish(&self, release: &Release) -> Outcome<()> {
        let folder = self.folder(&release.module);
        fs::create_dir_all(&folder).map_err(|error| Failure::io("create", &folder, &error))?;
        let zip = module_zip(&release.module, &release.version, &release.files())?;
        let info = serde_json::json!({ "Version": release.version, "Time": release.time.to_string() });
        self.put(&self.file(&release.module, &release.version, "zip"), &zip)?;
        self.put(&self.file(&release.module, &release.version, "mod"), release.go_mod().as_bytes())?;
        self.put(&self.file(&release.module, &release.version, "info"), info.to_string().as_bytes())?;
        self.relist(&release.module)
    }

    /// Takes a version back, as if it had never been there; no error if it was not.
    pub fn withdraw(&self, module: &str, version: &str) -> Outcome<()> {
        // The info first: without it the version is out of the list.
        remove(&self.file(module, version, "info"))?;
        self.relist(module)?;
        remove(&self.file(module, version, "mod"))?;
        remove(&self.file(module, version, "zip"))
    }

    /// Writes `@v/list` and `@latest` anew from the versions that are there.
    fn relist(&self, module: &str) -> Outcome<()> {
        let folder = self.folder(module);
        let (listed, unlisted): (Vec<_>, Vec<_>) =
            versions_in(&folder)?.into_iter().partition(|version| !is_pseudo(version));
        let list: String = listed.iter().map(|version| format!("v{version}\n")).collect();
        self.put(&folder.join("list"), list.as_bytes())?;

        let release = listed.iter().rfind(|version| version.pre.is_empty());
        let latest = folder.with_file_name("@latest");
        match release.or(listed.last()).or(unlisted.last()) {
            Some(version) => {
                let info = self.file(module, &format!("v{version}"), "info");
                let info = fs::read(&info).map_err(|error| Failure::io("read", &info, &error))?;
                self.put(&latest, &info)
            }
            None => remove(&latest),
        }
    }

    fn folder(&self, module: &str) -> PathBuf {
        self.root.join(escape(module)).join("@v")
    }

    fn file(&self, module: &str, version: &str, kind: &str) -> PathBuf {
        self.folder(module).join(format!("{}.{kind}", escape(version)))
    }

    /// Writes a file beside its place and moves it there. The tree is a throw-away: nothing is synced.
    fn put(&self, path: &Path, content: &[u8]) -> Outcome<()> {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let draft = self.root.join(format!(".draft-{}-{serial}", std::process::id()));
        fs::write(&draft, content).map_err(|error| Failure::io("write", &draft, &error))?;
        fs::rename(&draft, path).map_err(|error| Failure::io("write", path, &error))
    }
}

/// A folder as an entry of `GOPROXY`.
pub(super) fn url_of(folder: &Path) -> String {
    let path = folder.display().to_string().replace('\\', "/");
    // A path with a drive letter needs a slash before it.
    if path.starts_with('/') { format!("file://{path}") } else { format!("file:///{path}") }
}

/// The versions that have an `.info`, lowest first.
fn versions_in(folder: &Path) -> Outcome<Vec<Version>> {
    let mut versions = Vec::new();
    let entries = fs::read_dir(folder).map_err(|error| Failure::io("read", folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::io("read", folder, &error))?;
        let name = unescape(&entry.file_name().to_string_lossy());
        let version = name.strip_suffix(".info").and_then(|name| name.strip_prefix('v'));
        versions.extend(version.and_then(|version| Version::parse(version).ok()));
    }
    versions.sort_by(Version::cmp_precedence);
    Ok(versions)
}

fn remove(path: &Path) -> Outcome<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::io("remove", path, &error))
        }
        _ => Ok(()),
    }
}

/// Whether a version names a commit without a tag (`v0.0.0-20260101120000-abcdefabcdef`); proxies serve
/// those but do not list them.
fn is_pseudo(version: &Version) -> bool {
    let mut tail = version.pre.rsplit('-');
    let (Some(commit), Some(rest)) = (tail.next(), tail.next()) else { return false };
    let time = rest.rsplit('.').next().unwrap_or(rest);
    commit.len() == 12
        && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        && time.len() == 14
        && time.bytes().all(|byte| byte.is_ascii_digit())
}

/// `!` and the small letter for each capital, so that paths survive a file system that ignores case.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(letter.to_ascii_lowercase());
    }
    escaped
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut capital = false;
    for letter in text.chars() {
        match letter {
            '!' => capital = true,
            _ if std::mem::take(&mut capital) => plain.push(letter.to_ascii_uppercase()),
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: &str = "github.com/BrainStation-23/SentinelGo";
    const FOLDER: &str = "github.com/!brain!station-23/!sentinel!go";

    fn tree() -> (tempfile::TempDir, Tree) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = Tree::new(folder.path().join("proxy")).expect("a tree");
        (folder, tree)
    }

    fn read(tree: &Tree, path: &str) -> String {
        fs::read_to_string(tree.root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn publish(tree: &Tree, versions: &[&str]) {
        for version in versions {
            tree.publish(&Release::new(version)).expect("published");
        }
    }

    #[test]
    fn a_version_has_its_four_files_under_the_escaped_path() {
        let (_keep, tree) = tree();
        let time = "2026-05-04T03:02:01Z".parse().expect("a time");
        tree.publish(&Release::new("v1.1.0-RC1").at(time)).expect("published");
        let info = r#"{"Time":"2026-05-04T03:02:01Z","Version":"v1.1.0-RC1"}"#;
        assert_eq!(read(&tree, &format!("{FOLDER}/@v/list")), "v1.1.0-RC1\n");
        assert_eq!(read(&tree, &format!("{FOLDER}/@v/v1.1.0-!r!c1.info")), info);
        assert_eq!(read(&tree, &format!("{FOLDER}/@latest")), info);
        assert!(
            read(&tree, &format!("{FOLDER}/@v/v1.1.0-!r!c1.mod")).starts_with(&format!("module {MODULE}\n"))
        );
        let zip = fs::read(tree.root().join(format!("{FOLDER}/@v/v1.1.0-!r!c1.zip"))).expect("a zip");
        let zip = zip::ZipArchive::new(std::io::Cursor::new(zip)).expect("is a zip");
        let prefix = format!("{MODULE}@v1.1.0-RC1/");
        for name in zip.file_names() {
            let name = name.expect("a name");
            assert!(name.starts_with(&prefix), "{name}");
        }
    }

    #[test]
    fn the_list_is_sorted_and_latest_prefers_a_release() {
        let (_keep, tree) = tree();
        publish(&tree, &["v1.10.0", "v1.9.0", "v2.0.0-rc.1", "v0.0.0-20260101120000-abcdefabcdef"]);
        assert_eq!(read(&tree, &format!("{FOLDER}/@v/list")), "v1.9.0\nv1.10.0\nv2.0.0-rc.1\n");
        assert!(read(&tree, &format!("{FOLDER}/@latest")).contains(r#""v1.10.0""#));
    }

    #[test]
    fn a_module_without_tags_has_a_latest_and_an_empty_list() {
        let (_keep, tree) = tree();
        publish(&tree, &["v0.0.0-20260101120000-abcdefabcdef"]);
        assert_eq!(read(&tree, &format!("{FOLDER}/@v/list")), "");
        assert!(read(&tree, &format!("{FOLDER}/@latest")).contains("20260101120000"));
    }

    #[test]
    fn a_withdrawn_version_is_gone_and_may_be_withdrawn_again() {
        let (_keep, tree) = tree();
        publish(&tree, &["v1.0.0", "v1.1.0"]);
        for _ in 0..2 {
            tree.withdraw(MODULE, "v1.1.0").expect("withdrawn");
        }
        assert_eq!(read(&tree, &format!("{FOLDER}/@v/list")), "v1.0.0\n");
        assert!(read(&tree, &format!("{FOLDER}/@latest")).contains(r#""v1.0.0""#));
        tree.withdraw(MODULE, "v1.0.0").expect("withdrawn");
        let mut left: Vec<_> = fs::read_dir(tree.root().join(FOLDER).join("@v"))
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["list"]);
        assert!(!tree.root().join(FOLDER).join("@latest").exists());
    }

    #[test]
    fn publishing_leaves_no_drafts() {
        let (_keep, tree) = tree();
        publish(&tree, &["v1.0.0"]);
        let left: Vec<_> = fs::read_dir(tree.root())
            .expect("the root")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("plain text"))
            .collect();
        assert_eq!(left, ["github.com"]);
    }

    #[test]
    fn pseudo_versions_are_told_from_prereleases() {
        let cases = [
            ("0.0.0-20260101120000-abcdefabcdef", true),
            ("1.2.4-0.20260101120000-abcdefabcdef", true),
            ("1.2.4-rc.1.0.20260101120000-abcdefabcdef", true),
            ("1.2.4-rc.1", false),
            ("1.2.4-20260101120000", false),
            ("1.2.4", false),
        ];
        for (text, pseudo) in cases {
            assert_eq!(is_pseudo(&Version::parse(text).expect(text)), pseudo, "{text}");
        }
    }

    #[test]
    fn escaping_comes_back() {
        for text in [MODULE, "v1.1.0-RC1", "plain"] {
            assert_eq!(unescape(&escape(text)), text);
        }
        assert_eq!(escape(MODULE), FOLDER);
    }
}
