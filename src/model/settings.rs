//! One effective setting and where its value comes from, as `config show --origin` prints it and the
//! control socket sends it.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// An effective setting, ready to be shown: passwords are already taken out of `value`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// Section and key: `updater.check_interval`.
    pub key: String,
    /// The value in the syntax of the configuration file: `"30s"`, `5`, `["serve"]`.
    pub value: String,
    /// Which layer won.
    pub origin: Origin,
}

/// The layer a value comes from, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Built in, or derived from other settings.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1; absent when the value cannot be placed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        line: Option<usize>,
    },
    /// A variable of the environment.
    Environment {
        /// The variable's name.
        name: String,
    },
    /// The command line.
    Flag {
        /// The flag as it is typed: `--set`.
        name: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: Some(line) } => write!(f, "file {}:{line}", path.display()),
            Self::File { path, line: None } => write!(f, "file {}", path.display()),
            Self::Environment { name } => write!(f, "environment {name}"),
            Self::Flag { name } => write!(f, "flag {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_as_a_place_and_survives_the_wire() {
        let cases = [
            (Origin::Default, "default", r#"{"from":"default"}"#),
            (
                Origin::File { path: "/etc/u.toml".into(), line: Some(4) },
                "file /etc/u.toml:4",
                r#"{"from":"file","path":"/etc/u.toml","line":4}"#,
            ),
            (
                Origin::File { path: "/etc/u.toml".into(), line: None },
                "file /etc/u.toml",
                r#"{"from":"file","path":"/etc/u.toml"}"#,
            ),
            (
                Origin::Environment { name: "GOPROXY".into() },
                "environment GOPROXY",
                r#"{"from":"environment","name":"GOPROXY"}"#,
            ),
            (Origin::Flag { name: "--set".into() }, "flag --set", r#"{"from":"flag","name":"--set"}"#),
        ];
        for (origin, text, json) in cases {
            assert_eq!(origin.to_string(), text);
            assert_eq!(serde_json::to_string(&origin).ok().as_deref(), Some(json));
            assert_eq!(serde_json::from_str::<Origin>(json).ok(), Some(origin));
        }
    }
}
