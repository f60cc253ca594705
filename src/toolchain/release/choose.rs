//! Which release is fetched.

use std::env::consts::{ARCH, OS};
use std::fmt;

use crate::model::{Class, Failure, Outcome, Version};

use super::super::go_version::{GoVersion, OLDEST};

/// A release of Go for this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::toolchain) struct Release {
    /// Its number.
    pub(in crate::toolchain) number: GoVersion,
    /// As a version of the module.
    pub(in crate::toolchain) version: Version,
}

impl Release {
    /// The release `go1.26.8` and the like for this machine. `None`: that is no name of one.
    pub(in crate::toolchain) fn named(name: &str) -> Option<Self> {
        let number = GoVersion::parse(name)?;
        // Only in its plain form: it becomes part of an address.
        if name != format!("go{number}") {
            return None;
        }
        Some(Self { number, version: Version::parse(&format!("v0.0.1-{name}.{}", platform())).ok()? })
    }

    /// The release that a version of the module is, if it is one for this machine.
    fn of(version: &Version) -> Option<Self> {
        let name = version.as_str().strip_prefix("v0.0.1-")?.strip_suffix(&platform())?.strip_suffix('.')?;
        Self::named(name)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go{}", self.number)
    }
}

/// The newest stable release that is at least `wanted`: what was fixed last is in it.
///
/// # Errors
/// `Toolchain` when there is none.
pub(super) fn newest(versions: &[Version], wanted: Option<GoVersion>) -> Outcome<Release> {
    let all = versions.iter().filter_map(Release::of);
    let stable = all.filter(|release| release.number.is_stable() && release.number >= OLDEST);
    let Some(best) = stable.max_by_key(|release| release.number) else {
        let what = format!("no release of Go for {} is on offer", platform());
        return Err(Failure::new(Class::Toolchain, what));
    };
    match wanted {
        Some(wanted) if best.number < wanted => {
            let what = format!("the module needs go {wanted} or later, and the newest on offer is {best}");
            Err(Failure::new(Class::Toolchain, what))
        }
        _ => Ok(best),
    }
}

/// The machine in the words of Go.
fn platform() -> String {
    let system = if OS == "macos" { "darwin" } else { OS };
    let machine = match ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    };
    format!("{system}-{machine}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn versions(names: &[&str]) -> Vec<Version> {
        names.iter().map(|name| Version::parse(&name.replace("HERE", &platform())).unwrap()).collect()
    }

    #[test]
    fn the_newest_stable_release_for_this_machine_is_taken() {
        let all = versions(&[
            "v0.0.1-go1.20.14.HERE",
            "v0.0.1-go1.26.8.HERE",
            "v0.0.1-go1.26.10.HERE",
            "v0.0.1-go1.27rc1.HERE",
            "v0.0.1-go1.99.0.plan9-mips",
            "v0.0.1-go1.98.0.xHERE",
            "v0.0.2-go1.97.0.HERE",
            "v1.0.0",
        ]);
        for (wanted, found) in
            [(None, Some("go1.26.10")), (Some("1.26.9"), Some("go1.26.10")), (Some("1.27"), None)]
        {
            let release = newest(&all, wanted.and_then(GoVersion::parse));
            assert_eq!(release.as_ref().ok().map(ToString::to_string).as_deref(), found, "{wanted:?}");
        }
        assert_eq!(newest(&all[..1], None).unwrap_err().class, Class::Toolchain);
        assert_eq!(newest(&[], None).unwrap_err().class, Class::Toolchain);
    }

    #[test]
    fn names_are_exact() {
        let release = Release::named("go1.26.8").unwrap();
        assert_eq!(release.version.as_str(), format!("v0.0.1-go1.26.8.{}", platform()));
        for bad in ["1.26.8", "go1.26.8 ", "go1.26.8-custom", "go01.26.8", "go1.26.8/../x", "go"] {
            assert_eq!(Release::named(bad), None, "{bad}");
        }
    }
}
