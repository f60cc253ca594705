//! The metadata of a version as proxies write it: a small JSON object.

use serde::Deserialize;

use crate::model::{Timestamp, Version};
use crate::ports::Info;

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "Version")]
    version: String,
    #[serde(rename = "Time", default)]
    time: Option<String>,
}

/// Reads a `.info` or `@latest` file.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn parse(bytes: &[u8]) -> Result<Info, String> {
    let wire: Wire = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let version = Version::parse(&wire.version).map_err(|failure| failure.what)?;
    // A version is none the worse for a date that cannot be read: it is shown, and ages nothing.
    let time: Option<Timestamp> = wire.time.and_then(|time| time.parse().ok());
    Ok(Info { version, time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_proxies_write() {
        let info = parse(br#"{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z","Origin":{"VCS":"git"}}"#)
            .expect("info");
        assert_eq!(info.version.as_str(), "v1.0.0");
        assert_eq!(info.time.map(|time| time.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
        for text in [
            r#"{"Version":"v1.0.0"}"#,
            r#"{"Version":"v1.0.0","Time":null}"#,
            r#"{"Version":"v1.0.0","Time":"then"}"#,
        ] {
            assert_eq!(parse(text.as_bytes()).expect("info").time, None, "{text}");
        }
        for bad in
            ["", "<html>", "{}", "[]", r#"{"Version":1}"#, r#"{"Version":"main"}"#, r#"{"Version":"v1.0"}"#]
        {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse(&bytes);
        }
    }
}
