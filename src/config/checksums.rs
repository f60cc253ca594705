//! Is the module compared with a checksum database? The environment alone must not switch that off.

use super::layers::Layers;
use super::problem::Problem;
use crate::model::Origin;
use crate::model::patterns::matches_any;

/// The settings that can switch it off, as texts.
struct Rules<'a> {
    database: &'a str,
    private: &'a str,
    unchecked: &'a str,
}

impl Rules<'_> {
    /// The key that switches the comparison off for the module.
    fn off_by(&self, module: &str) -> Option<&'static str> {
        // As for Go: the special patterns replace the general ones as soon as there are any.
        let (key, patterns) = match self.unchecked {
            "" => ("build.goprivate", self.private),
            unchecked => ("build.gonosumdb", unchecked),
        };
        if self.database == "off" {
            Some("build.gosumdb")
        } else {
            matches_any(patterns, module).then_some(key)
        }
    }
}

/// A problem if the checksum database is off for `module`, and would be on without the environment.
pub(super) fn check(layers: &Layers, module: &str) -> Option<Problem> {
    let text = |path| layers.winner(path).and_then(|entry| entry.value.as_str()).unwrap_or_default();
    let own = |path| {
        layers.winner_without_environment(path).and_then(|entry| entry.value.as_str()).unwrap_or_default()
    };
    let all = Rules {
        database: text("build.gosumdb"),
        private: text("build.goprivate"),
        unchecked: text("build.gonosumdb"),
    };
    let without = Rules {
        database: own("build.gosumdb"),
        private: own("build.goprivate"),
        unchecked: own("build.gonosumdb"),
    };
    let key = all.off_by(module)?;
    if without.off_by(module).is_some() {
        return None;
    }
    let place =
        layers.winner(key).map_or_else(|| Origin::Default.to_string(), |entry| entry.origin.to_string());
    Some(Problem {
        key: Some(key.to_owned()),
        value: layers.winner(key).map(|entry| entry.value.to_string()),
        place,
        reason: format!(
            "it switches the checksum database off for `{module}`, and the environment alone may not"
        ),
        accepted: Some(format!(
            "the same in the configuration file, as `{}`, if that is meant",
            key.replace("build.", "[build] ")
        )),
    })
}
