//! Passwords in settings: a type that does not print itself, and URLs without their user part.

use std::fmt;

use toml::Value;

/// Text that may hold a password. `Debug` hides it; there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that hands it on: a child's environment or a request.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// The text with the user part of every URL in it replaced: `https://…@proxy.example`.
///
/// A text that is no proper URL is cut generously: better to lose a host's name than to show half a
/// password that holds a slash, a comma or an `@`.
pub fn redact(text: &str) -> String {
    let Some(colon) = text.find("://") else { return redact_bare(text) };
    let (before, rest) = (&text[..colon], &text[colon + 3..]);
    let end = next_url(rest).unwrap_or(rest.len());
    let (url, next) = rest.split_at(end);
    let mut shown = format!("{}://{}", redact_bare(before), redact_url(url));
    if !next.is_empty() {
        shown.push_str(&redact(next));
    }
    shown
}

/// A value as it may be shown: URLs redacted, and of a table (the agent's environment) only the names.
pub(super) fn concealed(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(redact(text)),
        Value::Array(items) => Value::Array(items.iter().map(concealed).collect()),
        Value::Table(table) => {
            Value::Table(table.keys().map(|key| (key.clone(), Value::from("…"))).collect())
        }
        other => other.clone(),
    }
}

/// Where the next URL of a list begins. Only after a separator: a password may hold `://`.
fn next_url(text: &str) -> Option<usize> {
    let starts =
        |at: &usize| ["http://", "https://", "file://"].iter().any(|s| text[at + 1..].starts_with(s));
    text.match_indices([',', '|', ' ']).map(|(at, _)| at).find(starts).map(|at| at + 1)
}

/// What follows `://`. `user:pa/ss@host` looks like host `user` with a port: only a text with neither
/// colon nor `@` before its first slash has no user part for certain.
fn redact_url(url: &str) -> String {
    let authority = &url[..url.find(['/', '?', '#']).unwrap_or(url.len())];
    match url.rfind('@') {
        Some(at) if authority.contains([':', '@']) => format!("…{}", &url[at..]),
        _ => url.to_owned(),
    }
}

/// A text without a scheme: `user:password@host:3128` is how proxies are written, too.
fn redact_bare(text: &str) -> String {
    match text.rfind('@') {
        Some(at) if text[..at].contains(':') => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_the_user_part_out_and_leaves_the_rest() {
        let cases = [
            ("https://proxy.example", "https://proxy.example"),
            ("https://proxy.example:8443/go", "https://proxy.example:8443/go"),
            ("https://proxy.example/go@v1", "https://proxy.example/go@v1"),
            ("https://proxy.example:8443/go@v1", "https://…@v1"),
            ("http://[::1]:8080/a", "http://[::1]:8080/a"),
            ("https://user:pw@proxy.example/x", "https://…@proxy.example/x"),
            ("https://token@proxy.example", "https://…@proxy.example"),
            (
                "https://u:p@a.example,https://v:q@b.example|direct",
                "https://…@a.example,https://…@b.example|direct",
            ),
            ("https://u:p@ss@a.example", "https://…@a.example"),
            ("https://u:pa/ss@a.example", "https://…@a.example"),
            ("https://u:1/2@a.example", "https://…@a.example"),
            ("https://u:p://w@a.example", "https://…@a.example"),
            ("http://u:p,w@a.example", "http://…@a.example"),
            ("user:pw@proxy:3128", "…@proxy:3128"),
            ("user:pw@proxy:3128,https://b.example", "…@proxy:3128,https://b.example"),
            ("direct", "direct"),
            ("sum.example", "sum.example"),
            ("someone@example", "someone@example"),
        ];
        for (text, shown) in cases {
            assert_eq!(redact(text), shown, "{text}");
        }
    }

    #[test]
    fn a_secret_and_the_values_of_a_table_do_not_print() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(…)");
        let table: Value = Value::Table([("TOKEN".to_owned(), Value::from("hunter2"))].into_iter().collect());
        assert!(!concealed(&table).to_string().contains("hunter2"));
        assert!(concealed(&table).to_string().contains("TOKEN"));
    }

    proptest! {
        #[test]
        fn no_password_gets_through(
            before in "(https://[a-z]{1,5}\\.example,)?",
            password in "HIDDEN[a-zA-Z0-9,/@:|?#]{0,8}",
            after in "(,direct|\\|https://[a-z]{1,5}\\.example)?",
        ) {
            let shown = redact(&format!("{before}https://user:{password}@host.example{after}"));
            prop_assert!(!shown.contains("HIDDEN"), "{}", shown);
        }
    }
}
