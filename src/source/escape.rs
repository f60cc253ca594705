//! How module paths and versions are written in a proxy's URLs.

use crate::model::{Class, Failure, Outcome, Version};

/// The path of a module in a proxy's tree: capitals become `!` and the small letter, so that file
/// systems that fold case keep modules apart.
///
/// # Errors
/// `Config` for what is no module path: it must not lead out of a proxy's tree either.
pub(super) fn module(path: &str) -> Outcome<String> {
    let wrong = |why: &str| {
        Failure::new(Class::Config, format!("`{}` is not a module path: {why}", path.escape_debug()))
            .hint("set agent.module to a path like example.org/team/agent")
    };
    if path.split('/').any(str::is_empty) {
        return Err(wrong("a part of it is empty"));
    }
    if path.split('/').any(|part| part.starts_with('.') || part.ends_with('.')) {
        return Err(wrong("a part of it begins or ends with a dot"));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '/');
    if let Some(symbol) = path.chars().find(|&c| !is_allowed(c)) {
        return Err(wrong(&format!("it contains {symbol:?}")));
    }
    let host = path.split('/').next().unwrap_or_default();
    if path.starts_with('-') || host.chars().any(|c| c.is_ascii_uppercase() || c == '_' || c == '~') {
        return Err(wrong("it does not begin with a host's name in small letters"));
    }
    Ok(fold(path))
}

/// A version in a proxy's tree, by the same rule.
pub(super) fn version(version: &Version) -> String {
    fold(version.as_str())
}

/// What [`module`] and [`version`] gave, as it goes over the wire. `!` is the only symbol they let
/// through that the go command encodes.
pub(super) fn wire(escaped: &str) -> String {
    escaped.replace('!', "%21")
}

/// The text behind `%41` and the like; what is no such code stays as it is.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| first == b'%').and_then(|code| std::str::from_utf8(code).ok());
        match code.filter(|code| !code.starts_with('+')).and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + 8);
    for symbol in text.chars() {
        if symbol.is_ascii_uppercase() {
            folded.push('!');
        }
        folded.push(symbol.to_ascii_lowercase());
    }
    folded
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_marked() {
        let escaped = module("github.com/BrainStation-23/SentinelGo").unwrap();
        assert_eq!(escaped, "github.com/!brain!station-23/!sentinel!go");
        assert_eq!(wire(&escaped), "github.com/%21brain%21station-23/%21sentinel%21go");
        assert_eq!(version(&Version::parse("v1.1.0-RC1").unwrap()), "v1.1.0-!r!c1");
        assert_eq!(module("example.org/a/v2").unwrap(), "example.org/a/v2");
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for bad in [
            "",
            "/etc",
            "a/",
            "a//b",
            "..",
            "../../etc/passwd",
            "example.org/../x",
            "example.org/a b",
            "example.org/a?x",
            "example.org/a%2f",
            "example.org/é",
            "example.org/a\\b",
            "-example.org/a",
            "Example.org/a",
            "example.org/a.",
            "example.org/@v",
            "example.org/!a",
        ] {
            assert_eq!(module(bad).unwrap_err().class, Class::Config, "{bad:?}");
        }
    }

    #[test]
    fn percent_codes_are_read() {
        for (text, expected) in [
            ("p%40ss", "p@ss"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%+1", "%+1"),
            ("é%C3%A9", "éé"),
        ] {
            assert_eq!(percent_decoded(text), expected, "{text:?}");
        }
    }
}
