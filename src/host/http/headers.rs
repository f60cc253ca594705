//! The few headers that matter.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};

/// Longer validators are not worth keeping, nor are they sent by honest servers.
const MAX_VALIDATOR: usize = 1024;

/// By what a body can be recognised: sent back to ask for it only if it changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// The `ETag` header.
    pub etag: Option<String>,
    /// The `Last-Modified` header.
    pub last_modified: Option<String>,
}

impl Validators {
    /// True when the server gave nothing to recognise the body by.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }

    pub(super) fn of(headers: &HeaderMap) -> Self {
        let get = |name| text(headers, name).filter(|value| value.len() <= MAX_VALIDATOR).map(str::to_owned);
        Self { etag: get(header::ETAG), last_modified: get(header::LAST_MODIFIED) }
    }

    /// The conditional headers. An `ETag` is the better of the two and makes the date superfluous.
    pub(super) fn conditions(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match (&self.etag, &self.last_modified) {
            (Some(etag), _) => (header::IF_NONE_MATCH, etag),
            (None, Some(date)) => (header::IF_MODIFIED_SINCE, date),
            (None, None) => return None,
        };
        Some((name, HeaderValue::from_str(value).ok()?))
    }
}

/// The media type without its parameters.
pub(super) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = text(headers, header::CONTENT_TYPE)?;
    Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// `Retry-After`: seconds, or a date, which is counted from the server's own clock where it shows it.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = text(headers, header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let until = date(value)?;
    let now = text(headers, header::DATE).and_then(date).unwrap_or(now);
    Duration::try_from(until.duration_since(now)).ok()
}

fn date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(rows: &[(HeaderName, &'static str)]) -> HeaderMap {
        rows.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        for (value, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("Thu, 01 Jan 2026 00:01:30 GMT", Some(90)),
            ("Wed, 31 Dec 2025 00:00:00 GMT", None),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999", None),
        ] {
            let found = retry_after(&headers(&[(header::RETRY_AFTER, value)]), now);
            assert_eq!(found.map(|d| d.as_secs()), expected, "{value:?}");
        }
        let skewed = headers(&[
            (header::RETRY_AFTER, "Thu, 01 Jan 2026 05:00:30 GMT"),
            (header::DATE, "Thu, 01 Jan 2026 05:00:00 GMT"),
        ]);
        assert_eq!(retry_after(&skewed, now), Some(Duration::from_secs(30)));
    }

    #[test]
    fn validators_come_back_as_conditions() {
        let both =
            headers(&[(header::ETAG, "W/\"1\""), (header::LAST_MODIFIED, "Thu, 01 Jan 2026 00:00:00 GMT")]);
        let validators = Validators::of(&both);
        assert_eq!(validators.conditions().unwrap().0, header::IF_NONE_MATCH);
        let dated = Validators { etag: None, ..validators };
        assert_eq!(dated.conditions().unwrap().0, header::IF_MODIFIED_SINCE);
        assert!(Validators::default().is_empty() && Validators::default().conditions().is_none());
    }

    #[test]
    fn media_types_lose_their_parameters() {
        let html = headers(&[(header::CONTENT_TYPE, "Text/HTML; charset=utf-8")]);
        assert_eq!(content_type(&html).as_deref(), Some("text/html"));
    }
}
