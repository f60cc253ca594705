//! The hash that an archive must have, and who says so. Nothing is fetched that nobody vouches for.

use crate::model::{Class, Failure, Outcome};
use crate::ports::Cancel;

use super::super::go_version::GoVersion;
use super::super::options::Pin;
use super::{MODULE, Release, Releases, choose};

/// A release that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::toolchain) struct Promise {
    /// Which one.
    pub(in crate::toolchain) release: Release,
    /// The hash of its archive.
    pub(in crate::toolchain) sum: String,
    /// Who vouches for the hash, for people.
    pub(in crate::toolchain) by: String,
}

/// Chooses the release for a module that needs go `wanted`, and learns its hash.
///
/// # Errors
/// `Toolchain` when none will do; `Security` when nobody vouches for it or the words differ; `Network`.
pub(in crate::toolchain) fn promise(
    releases: &mut dyn Releases,
    pin: Option<&Pin>,
    wanted: Option<GoVersion>,
    cancel: &Cancel,
) -> Outcome<Promise> {
    let release = match pin {
        Some(pin) => pinned(pin, wanted)?,
        None => {
            let versions = releases.versions(MODULE, cancel).map_err(|failure| failure.hint(INSTEAD))?;
            choose::newest(&versions, wanted).map_err(|failure| failure.hint(INSTEAD))?
        }
    };
    let told = releases.sum(MODULE, &release.version, cancel);
    let (sum, by) = match (told, pin) {
        (Ok(Some((sum, by))), None) => (sum, format!("checksum database {by}")),
        (Ok(Some((sum, by))), Some(pin)) if sum == pin.sum => {
            (sum, format!("checksum database {by} and build.toolchain_sum"))
        }
        (Ok(Some((sum, by))), Some(pin)) => {
            let what = format!("build.toolchain_sum and the checksum database {by} differ about {release}");
            return Err(Failure::new(Class::Security, what)
                .cause(format!("the setting says {}", pin.sum))
                .cause(format!("the database says {sum}"))
                .hint("correct build.toolchain_sum; if it is right, do not trust the database"));
        }
        (Err(failure), _) if matches!(failure.class, Class::Security | Class::Cancelled) => {
            return Err(failure);
        }
        (Ok(None) | Err(_), Some(pin)) => (pin.sum.clone(), "build.toolchain_sum".to_owned()),
        (Err(failure), None) => return Err(failure),
        (Ok(None), None) => {
            let what = format!("{release} is not fetched: nobody vouches for it");
            let why = "the checksum database is switched off, and build.toolchain_sum is not set";
            return Err(Failure::new(Class::Security, what).cause(why).hint(format!(
                "set build.toolchain_sum to \"{release} h1:…\" as `go mod download -json {MODULE}@{}` \
                 shows it elsewhere, or install Go and set build.go",
                release.version
            )));
        }
    };
    Ok(Promise { release, sum, by })
}

/// What else helps who cannot fetch.
pub(super) const INSTEAD: &str = "install Go on this host (on Debian `apt install golang-go`) and set build.go, \
                                  or let a proxy of build.goproxy serve golang.org/toolchain";

fn pinned(pin: &Pin, wanted: Option<GoVersion>) -> Outcome<Release> {
    let release = Release::named(&pin.release).ok_or_else(|| {
        Failure::new(Class::Config, format!("`{}` is no release of Go", pin.release.escape_debug()))
            .hint("correct build.toolchain_sum")
    })?;
    match wanted {
        Some(wanted) if release.number < wanted => {
            let what =
                format!("the module needs go {wanted} or later, and build.toolchain_sum names {release}");
            Err(Failure::new(Class::Toolchain, what)
                .hint("set build.toolchain_sum to a newer release and its hash"))
        }
        _ => Ok(release),
    }
}
