//! The go command.

use std::path::{Path, PathBuf};

use crate::host::{privilege, text};
use crate::model::{Class, Failure, Outcome};

use super::super::go_version::{GoVersion, OLDEST};
use super::super::options::{Choice, Options};
use super::advice::{self, Need};
use super::{Go, ask, first_good, in_path, missing};

/// Finds a go that can build a module with this `go` line.
pub(super) fn find(options: &Options, go_line: Option<&str>) -> Outcome<Go> {
    // A line that cannot be read is for go itself to judge.
    let wanted = go_line.and_then(GoVersion::parse);
    let examine = |candidate: &Path| {
        let go = identify(candidate)?;
        match objection(&go, wanted, options.fetch_toolchain) {
            None => Ok(go),
            Some(failure) => Err(failure),
        }
    };
    match &options.go {
        Choice::Path(path) => first_good([path.clone()], examine)?.ok_or_else(|| {
            missing(
                &format!("go at `{}`", path.display()),
                "set build.go to \"auto\" or to where it is".to_owned(),
            )
        }),
        Choice::Auto => {
            let places = in_path(options, "go").into_iter().chain(usual());
            first_good(places, examine)?.ok_or_else(|| missing("the go command", advice::get(Need::Go)))
        }
    }
}

/// Where Go is installed besides PATH, which is short under a service manager. No home directories.
fn usual() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        ["/usr/local/go/bin/go", "/usr/lib/go/bin/go", "/usr/lib/golang/bin/go"].map(PathBuf::from).to_vec();
    all.extend(versioned(Path::new("/usr/lib")));
    all.extend(
        [
            "/snap/go/current/bin/go",
            "/usr/local/bin/go",
            "/usr/bin/go",
            "/opt/homebrew/bin/go",
            "/opt/local/bin/go",
            "C:\\Program Files\\Go\\bin\\go.exe",
        ]
        .map(PathBuf::from),
    );
    all
}

/// `go-1.22` and the like, as Debian installs releases side by side; the newest first.
fn versioned(library: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(library).into_iter().flatten().flatten();
    let mut found: Vec<(GoVersion, PathBuf)> = entries
        .filter_map(|entry| {
            let version = GoVersion::parse(entry.file_name().to_str()?.strip_prefix("go-")?)?;
            Some((version, entry.path().join("bin/go")))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// Asks `candidate` what it is. If it is a wrapper, goes on to the real one.
pub(super) fn identify(candidate: &Path) -> Outcome<Go> {
    let said = ask(candidate, &["env", "GOROOT", "GOVERSION", "GOPROXY"])?;
    let mut lines = said.lines().map(str::trim);
    let mut next = || lines.next().unwrap_or_default();
    let (root, release, default_proxy) = (PathBuf::from(next()), text::clean(next()), next().to_owned());
    let version = GoVersion::parse(&release).ok_or_else(|| {
        Failure::new(Class::Toolchain, format!("`{}` is no usable go command", candidate.display()))
            .cause(format!("it gives its version as `{release}`"))
    })?;
    let real = root.join("bin").join(format!("go{}", std::env::consts::EXE_SUFFIX));
    let path = if real.is_absolute() && real.is_file() {
        privilege::safe_executable(&real)?;
        real
    } else {
        candidate.to_owned()
    };
    Ok(Go { path, version, release, default_proxy })
}

/// Why this go will not do.
fn objection(go: &Go, wanted: Option<GoVersion>, may_fetch: bool) -> Option<Failure> {
    let name = format!("`{}` ({})", go.path.display(), go.release);
    if go.version < OLDEST {
        let what = format!("{name} is too old: {OLDEST} or later is needed");
        return Some(Failure::new(Class::Toolchain, what).hint(advice::get(Need::Go)));
    }
    let wanted = wanted.filter(|wanted| go.version < *wanted && !may_fetch)?;
    Some(
        Failure::new(Class::Toolchain, format!("{name} is too old: the module needs go {wanted} or later"))
            .hint("install a newer Go, or set build.toolchain = \"auto\" to let go fetch one"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_releases_are_refused_by_what_needs_more() {
        let go = |release: &str| Go {
            path: "/g/go".into(),
            version: GoVersion::parse(release).expect("a version"),
            release: release.to_owned(),
            default_proxy: String::new(),
        };
        for (release, line, may_fetch, words) in [
            ("go1.20.14", None, true, Some("1.21 or later is needed")),
            ("go1.21.0", None, false, None),
            ("go1.22.3", Some("1.22.3"), false, None),
            ("go1.22.3", Some("1.22.4"), false, Some("the module needs go 1.22.4")),
            ("go1.22rc1", Some("1.22"), false, None),
            ("go1.22rc1", Some("1.22.0"), false, Some("the module needs go 1.22.0")),
            ("go1.22.3", Some("1.99"), true, None),
        ] {
            let failure = objection(&go(release), line.and_then(GoVersion::parse), may_fetch);
            assert_eq!(failure.is_some(), words.is_some(), "{release} {line:?}");
            let line = failure.map(|failure| failure.line()).unwrap_or_default();
            assert!(line.contains(words.unwrap_or_default()), "{line}");
        }
    }

    #[test]
    fn side_by_side_releases_come_newest_first() {
        let library = tempfile::tempdir().expect("directory");
        for name in ["go-1.9", "go-1.22", "go-1.21", "go-fonts", "gopher"] {
            std::fs::create_dir(library.path().join(name)).expect("made");
        }
        let found = versioned(library.path());
        let names = ["go-1.22", "go-1.21", "go-1.9"].map(|name| library.path().join(name).join("bin/go"));
        assert_eq!(found, names);
    }
}
