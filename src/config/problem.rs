//! What is wrong with a configuration: one entry for each bad key, told all at once.

use std::fmt;

use crate::model::{Class, Failure};

/// One thing that keeps a configuration from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, `updater.check_interval`; absent when the whole file is meant.
    pub key: Option<String>,
    /// The value as given, without passwords.
    pub value: Option<String>,
    /// Where it stands: `file /etc/sentinelgo/updater.toml:4`, `environment CHECK_INTERVAL`.
    pub place: String,
    /// What is wrong.
    pub reason: String,
    /// What would be right.
    pub accepted: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match (&self.key, &self.value) {
            (Some(key), Some(value)) => format!("{key} = {value} ({})", self.place),
            (Some(key), None) => format!("{key} ({})", self.place),
            (None, _) => self.place.clone(),
        };
        let accepted = self.accepted.as_ref().map(|accepted| format!("; accepted: {accepted}"));
        let accepted = accepted.unwrap_or_default();
        f.write_str(&visible(&format!("{subject}: {}{accepted}", self.reason)))
    }
}

/// What a terminal may be shown: a value may hold control characters, and TOML lets some stand as they are.
fn visible(text: &str) -> String {
    let escaped = |symbol: char| match symbol.is_control() {
        true => symbol.escape_default().to_string(),
        false => symbol.to_string(),
    };
    text.chars().map(escaped).collect()
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// Every bad value; never empty.
    pub problems: Vec<Problem>,
    /// What is odd besides: often the reason.
    pub warnings: Vec<String>,
}

impl From<Rejected> for Failure {
    /// All problems as the causes of one failure.
    fn from(rejected: Rejected) -> Self {
        let what = match rejected.problems.len() {
            1 => "the configuration has a problem".to_owned(),
            count => format!("the configuration has {count} problems"),
        };
        let problems = rejected.problems.iter().map(Problem::to_string);
        let causes =
            problems.chain(rejected.warnings.iter().map(|warning| visible(&format!("besides, {warning}"))));
        causes
            .fold(Self::new(Class::Config, what), Self::cause)
            .hint("correct it, then see `sentinel-updater config check`")
    }
}
