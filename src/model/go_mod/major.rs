//! The rule that ties a module's path to the major number of its versions.

use crate::model::{Class, Failure, Outcome, Version};

pub(super) fn check(module: &str, version: &Version) -> Outcome<()> {
    let major = version.major();
    let (suffix, fits) = match Suffix::of(module) {
        Suffix::None => (String::from("no /vN"), major < 2 || version.is_incompatible()),
        Suffix::Slash(n) => (format!("/v{n}"), major == n && !version.is_incompatible()),
        Suffix::Dot(n) => {
            // Commits of a v1 were once numbered v0.0.0-…, and stay valid.
            let early = n == 1 && version.as_str().starts_with("v0.0.0-");
            (format!(".v{n}"), (major == n || early) && !version.is_incompatible())
        }
        Suffix::Wrong(suffix) => (format!("the invalid ending {suffix}"), false),
    };
    if fits {
        return Ok(());
    }
    let what = format!("{version} is no version of {}: its path has {suffix}", module.escape_debug());
    Err(Failure::new(Class::Module, what).hint(
        "from major version 2 on a module's path ends in its major version, as in example.org/agent/v2",
    ))
}

pub(super) fn path_of(module: &str, version: &Version) -> String {
    match check(module, version) {
        Ok(()) => module.to_owned(),
        // From before go.mod, and so from before suffixes.
        Err(_) if version.is_incompatible() => with_major(module, 1),
        Err(_) => with_major(module, version.major()),
    }
}

pub(super) fn next(module: &str) -> Option<String> {
    Some(with_major(module, number_of(module)?.checked_add(1)?))
}

pub(super) fn later<'a>(module: &'a str, other: &'a str) -> &'a str {
    match (number_of(module), number_of(other)) {
        (Some(this), Some(that)) if that > this && with_major(module, that) == other => other,
        _ => module,
    }
}

/// The major number that the path stands for; without a suffix it is 0 and 1 in one. `None`: the ending
/// is invalid.
fn number_of(module: &str) -> Option<u64> {
    match Suffix::of(module) {
        Suffix::None => Some(1),
        Suffix::Slash(n) | Suffix::Dot(n) => Some(n),
        Suffix::Wrong(_) => None,
    }
}

/// The path of the same module at another major number.
fn with_major(module: &str, major: u64) -> String {
    match Suffix::of(module) {
        Suffix::Dot(_) => {
            let unstable = if module.ends_with(UNSTABLE) { UNSTABLE } else { "" };
            let stem = module.strip_suffix(UNSTABLE).unwrap_or(module);
            let stem = stem.rsplit_once(".v").map_or(stem, |(stem, _)| stem);
            format!("{stem}.v{major}{unstable}")
        }
        Suffix::Slash(_) | Suffix::None => {
            let stem = match Suffix::of(module) {
                Suffix::Slash(_) => module.rsplit_once('/').map_or(module, |(stem, _)| stem),
                _ => module,
            };
            if major < 2 { stem.to_owned() } else { format!("{stem}/v{major}") }
        }
        // There is no other path for what has none.
        Suffix::Wrong(_) => module.to_owned(),
    }
}

/// How paths of `gopkg.in` end whose versions are not meant to last.
const UNSTABLE: &str = "-unstable";

/// How a module path ends.
enum Suffix {
    None,
    Slash(u64),
    Dot(u64),
    Wrong(String),
}

impl Suffix {
    fn of(module: &str) -> Self {
        if let Some(rest) = module.strip_prefix("gopkg.in/") {
            let (rest, is_unstable) = rest.strip_suffix(UNSTABLE).map_or((rest, false), |rest| (rest, true));
            let number = rest.rsplit_once(".v").and_then(|(_, digits)| number(digits));
            let number = number.filter(|number| *number > 0 || !is_unstable);
            return number.map_or_else(|| Self::Wrong(String::from("without .vN")), Self::Dot);
        }
        let Some((_, last)) = module.rsplit_once('/') else { return Self::None };
        let Some(digits) = last.strip_prefix('v') else { return Self::None };
        // `v2.1` is no major version and never a valid ending either; `vanilla` is just a name.
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            return Self::None;
        }
        match number(digits) {
            Some(n) if n >= 2 => Self::Slash(n),
            _ => Self::Wrong(format!("/{last}")),
        }
    }
}

/// A number without leading zeros.
fn number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_versions_that_belong_together() {
        for (module, version) in [
            ("example.org/agent", "v0.1.0"),
            ("example.org/agent", "v1.9.0"),
            ("example.org/agent", "v3.0.0+incompatible"),
            ("example.org/agent/v2", "v2.0.0-rc.1"),
            ("example.org/agent/v12", "v12.0.0"),
            ("example.org/vanilla", "v1.0.0"),
            ("gopkg.in/yaml.v3", "v3.0.1"),
            ("gopkg.in/yaml.v0", "v0.4.0"),
            ("gopkg.in/yaml.v1", "v0.0.0-20191109021931-daa7c04131f5"),
            ("gopkg.in/yaml.v2-unstable", "v2.1.0"),
        ] {
            assert_eq!(check(module, &Version::parse(version).unwrap()), Ok(()), "{module} {version}");
        }
    }

    #[test]
    fn paths_and_versions_that_do_not() {
        for (module, version) in [
            ("example.org/agent", "v2.0.0"),
            ("example.org/agent/v2", "v1.0.0"),
            ("example.org/agent/v2", "v3.0.0"),
            ("example.org/agent/v2", "v2.0.0+incompatible"),
            ("example.org/agent/v1", "v1.0.0"),
            ("example.org/agent/v02", "v2.0.0"),
            ("example.org/agent/v2.1", "v2.1.0"),
            ("gopkg.in/yaml", "v1.0.0"),
            ("gopkg.in/yaml.v3", "v2.0.0"),
            ("gopkg.in/yaml.v2", "v2.0.0+incompatible"),
        ] {
            let failure = check(module, &Version::parse(version).unwrap()).unwrap_err();
            assert_eq!(failure.class, Class::Module, "{module} {version}");
        }
    }

    #[test]
    fn each_major_number_has_its_path() {
        for (module, version, path) in [
            ("example.org/agent", "v1.4.0", "example.org/agent"),
            ("example.org/agent", "v0.4.0", "example.org/agent"),
            ("example.org/agent", "v2.0.0", "example.org/agent/v2"),
            ("example.org/agent", "v2.0.0+incompatible", "example.org/agent"),
            ("example.org/agent/v2", "v2.0.0+incompatible", "example.org/agent"),
            ("example.org/agent/v2", "v3.1.0-rc.1", "example.org/agent/v3"),
            ("example.org/agent/v2", "v1.0.0", "example.org/agent"),
            ("example.org/agent/v2", "v0.1.0", "example.org/agent"),
            ("gopkg.in/yaml.v1", "v0.0.0-20191109021931-daa7c04131f5", "gopkg.in/yaml.v1"),
            ("gopkg.in/yaml.v2", "v3.0.1", "gopkg.in/yaml.v3"),
            ("gopkg.in/yaml.v2-unstable", "v3.0.0", "gopkg.in/yaml.v3-unstable"),
            ("example.org/agent/v1", "v2.0.0", "example.org/agent/v1"),
        ] {
            assert_eq!(path_of(module, &Version::parse(version).unwrap()), path, "{module} {version}");
        }
    }

    #[test]
    fn the_next_major_number() {
        for (module, after) in [
            ("example.org/agent", Some("example.org/agent/v2")),
            ("example.org/agent/v2", Some("example.org/agent/v3")),
            ("example.org/agent/v9", Some("example.org/agent/v10")),
            ("example.org/vanilla", Some("example.org/vanilla/v2")),
            ("gopkg.in/yaml.v0", Some("gopkg.in/yaml.v1")),
            ("gopkg.in/yaml.v1", Some("gopkg.in/yaml.v2")),
            ("gopkg.in/yaml.v2-unstable", Some("gopkg.in/yaml.v3-unstable")),
            ("example.org/agent/v1", None),
            ("gopkg.in/yaml", None),
        ] {
            assert_eq!(next(module).as_deref(), after, "{module}");
        }
        assert_eq!(next(&format!("example.org/agent/v{}", u64::MAX)), None);
    }

    #[test]
    fn only_a_later_major_number_of_the_same_module_counts_as_later() {
        for (module, other, later_of_them) in [
            ("a.b/c", "a.b/c/v2", "a.b/c/v2"),
            ("a.b/c/v2", "a.b/c/v4", "a.b/c/v4"),
            ("a.b/c/v2", "a.b/c", "a.b/c/v2"),
            ("a.b/c", "a.b/d/v2", "a.b/c"),
            ("a.b/c", "a.b/c/cmd", "a.b/c"),
            ("a.b/c", "a.b/c/v1", "a.b/c"),
            ("gopkg.in/yaml.v2", "gopkg.in/yaml.v3", "gopkg.in/yaml.v3"),
            ("gopkg.in/yaml.v2", "gopkg.in/yaml.v3-unstable", "gopkg.in/yaml.v2"),
        ] {
            assert_eq!(later(module, other), later_of_them, "{module} {other}");
        }
    }
}
