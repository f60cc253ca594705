//! The rule that ties a module's path to the major number of its versions.

use crate::model::{Class, Failure, Outcome, Version};

pub(super) fn check(module: &str, version: &Version) -> Outcome<()> {
    let major = version.major();
    let (suffix, fits) = match Suffix::of(module) {
        Suffix::None => (String::from("no /vN"), major < 2 || version.is_incompatible()),
        Suffix::Slash(n) => (format!("/v{n}"), major == n && !version.is_incompatible()),
        Suffix::Dot(n) => {
            // Commits of a v1 were once numbered v0.0.0-…, and stay valid.
            let early = n == 1 && version.is_pseudo() && major == 0;
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
            let (rest, is_unstable) =
                rest.strip_suffix("-unstable").map_or((rest, false), |rest| (rest, true));
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
}
