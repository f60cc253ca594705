//! Proxies, checksum databases, patterns of modules, and probe URLs.

use super::{Kind, or_empty, unless_empty};
use crate::config::redact::{Secret, redact};

/// `GOPROXY`: a list that Go reads from the left.
pub(in crate::config) const MODULE_PROXIES: Kind<Option<Secret>> = Kind {
    accepts: "a list of `https://`, `http://` or `file://` URLs, `direct` and `off`, separated by `,` or `|`; a password only with https",
    parse: |value, _| unless_empty(value, module_proxies),
    show: |list| or_empty(list.as_ref().map(Secret::expose)),
};

/// A forward proxy; `host:port` is `http://host:port`.
pub(in crate::config) const FORWARD_PROXY: Kind<Option<Secret>> = Kind {
    accepts: "a proxy such as `http://proxy.example:3128` or `https://proxy.example`, or the empty text for none",
    parse: |value, _| unless_empty(value, forward_proxy),
    show: |proxy| or_empty(proxy.as_ref().map(Secret::expose)),
};

/// `GOSUMDB`: a name, a key and a URL, the last two optional, or `off`.
pub(in crate::config) const CHECKSUM_DATABASE: Kind<Option<String>> = Kind {
    accepts: "a checksum database as Go writes it, `NAME`, `NAME+KEY` or `NAME+KEY URL`, or `off`",
    parse: |value, _| {
        unless_empty(value, |text| {
            let mut words = text.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some(name), None, None) if !name.contains("://") => Ok(text.into()),
                (Some(_), Some(url), None) if is_web_url(url) && !has_user(url) => Ok(text.into()),
                (Some(_), Some(url), None) => Err(format!("`{}` is not a plain URL", redact(url))),
                (_, _, Some(_)) => Err("it has more than two words".into()),
                _ => Err("it has no name".into()),
            }
        })
    },
    show: |text| or_empty(text.as_deref()),
};

/// A release of Go and the content hash of its archive.
pub(in crate::config) const PINNED_RELEASE: Kind<Option<String>> = Kind {
    accepts: "a release of Go and its hash such as `go1.26.8 h1:…=`, or the empty text for none",
    parse: |value, _| {
        unless_empty(value, |text| {
            let is_hash = |hash: &str| {
                // 32 bytes in base64.
                let digits = hash.strip_prefix("h1:").and_then(|hash| hash.strip_suffix('='));
                digits.is_some_and(|digits| {
                    digits.len() == 43
                        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
                })
            };
            match text.split_once(' ') {
                None => Err("it is not a release and a hash".into()),
                Some((release, _)) if !release.starts_with("go1.") => {
                    Err(format!("`{release}` is no release of Go"))
                }
                Some((_, hash)) if !is_hash(hash) => Err(format!("`{hash}` is no hash of the form `h1:…=`")),
                Some(_) => Ok(text.into()),
            }
        })
    },
    show: |text| or_empty(text.as_deref()),
};

/// `GOPRIVATE` and its family: globs of module paths; `none` matches nothing.
pub(in crate::config) const PATTERNS: Kind<Option<String>> = Kind {
    accepts: "patterns of module paths such as `corp.example/*,example.com/private`, separated by commas",
    parse: |value, _| {
        unless_empty(value, |text| {
            match text
                .split(',')
                .find(|pattern| pattern.contains(char::is_whitespace) || pattern.contains("://"))
            {
                Some(pattern) => Err(format!("`{pattern}` is not a pattern")),
                None => Ok(text.into()),
            }
        })
    },
    show: |text| or_empty(text.as_deref()),
};

/// `NO_PROXY`: hosts, domains and networks.
pub(in crate::config) const HOSTS: Kind<Option<String>> = Kind {
    accepts: "hosts, domains and networks such as `localhost,.corp.example,10.0.0.0/8`, separated by commas",
    parse: |value, _| {
        unless_empty(value, |text| {
            match text
                .split(',')
                .find(|host| host.trim().contains(char::is_whitespace) || host.contains("://"))
            {
                Some(host) => Err(format!("`{}` is not a host", host.trim())),
                None => Ok(text.into()),
            }
        })
    },
    show: |text| or_empty(text.as_deref()),
};

/// What is asked whether the agent is healthy.
pub(in crate::config) const PROBE_URL: Kind<Option<String>> = Kind {
    accepts: "an `http://` or `https://` URL without user and password such as `http://127.0.0.1:8080/healthz`, or the empty text for none",
    parse: |value, _| {
        unless_empty(value, |text| match () {
            () if has_user(text) => Err("it holds a user or a password".into()),
            () if !is_web_url(text) => Err("it is not an http or https URL".into()),
            () => Ok(text.into()),
        })
    },
    show: |url| or_empty(url.as_deref()),
};

fn module_proxies(text: &str) -> Result<Secret, String> {
    let mut entries = text.split([',', '|']).map(str::trim).filter(|entry| !entry.is_empty()).peekable();
    if entries.peek().is_none() {
        return Err("the list has no entry".into());
    }
    for entry in entries {
        let shown = redact(entry);
        match entry.split_once("://") {
            // As Go does, a bare host is taken as https.
            None if matches!(entry, "direct" | "off") => {}
            None if entry.contains(['.', ':', '/'])
                && !entry.starts_with('/')
                && is_web_url(&format!("https://{entry}")) => {}
            None => return Err(format!("`{shown}` is neither a URL nor `direct` nor `off`")),
            Some(("http", _)) if has_user(entry) => {
                return Err(format!("`{shown}` would send its password unencrypted"));
            }
            Some(("http" | "https", _)) if is_web_url(entry) => {}
            Some(("file", path)) if path.starts_with('/') => {}
            Some(("http" | "https", _)) => return Err(format!("`{shown}` is not a URL with a host")),
            Some(("file", _)) => return Err(format!("`{shown}` has no absolute path")),
            Some((scheme, _)) => return Err(format!("`{scheme}` is not a scheme that Go's proxies have")),
        }
    }
    Ok(Secret::new(text))
}

fn forward_proxy(text: &str) -> Result<Secret, String> {
    let url = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    if is_web_url(&url) { Ok(Secret::new(text)) } else { Err("it is not an http or https URL".into()) }
}

/// `http` or `https`, a host, perhaps a port, nothing that a URL cannot hold.
fn is_web_url(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_port.rfind(':') {
        Some(at) if !host_port.ends_with(']') => (&host_port[..at], Some(&host_port[at + 1..])),
        _ => (host_port, None),
    };
    let legal_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._".contains(c)),
    };
    matches!(scheme, "http" | "https")
        && legal_host
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Is there anything that [`redact`] would take out?
fn has_user(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    authority[..authority.find(['/', '?', '#']).unwrap_or(authority.len())].contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::kinds::testing::{accepts, refuses};

    #[test]
    fn module_proxies() {
        for list in [
            "",
            "https://proxy.example",
            "https://proxy.example:8443/go/,direct",
            "http://127.0.0.1:3000|off",
            "file:///srv/proxy",
            "https://user:pw@proxy.example",
            "proxy.example",
            "http://[::1]:3000",
            "direct",
        ] {
            let literal = format!("{list:?}");
            accepts(&MODULE_PROXIES, &[(&literal, &literal)]);
        }
        refuses(
            &MODULE_PROXIES,
            &[
                ("','", "no entry"),
                ("'none'", "neither a URL"),
                ("'ftp://x'", "`ftp` is not a scheme"),
                ("'https://'", "with a host"),
                ("'https://x:99999'", "with a host"),
                ("'https://a b'", "with a host"),
                ("'file://srv'", "no absolute path"),
                ("'http://user:pw@proxy.example'", "`http://…@proxy.example` would send its password"),
            ],
        );
    }

    #[test]
    fn forward_proxies_and_hosts() {
        accepts(
            &FORWARD_PROXY,
            &[
                ("''", r#""""#),
                ("'http://u:p@proxy:3128'", r#""http://u:p@proxy:3128""#),
                ("'proxy:3128'", r#""proxy:3128""#),
                ("'https://p.example'", r#""https://p.example""#),
            ],
        );
        refuses(
            &FORWARD_PROXY,
            &[("'socks5://x:1'", "not an http"), ("'http://'", "not an http"), ("'a b'", "not an http")],
        );
        accepts(
            &HOSTS,
            &[("'localhost, .corp.example,10.0.0.0/8,*'", r#""localhost, .corp.example,10.0.0.0/8,*""#)],
        );
        refuses(&HOSTS, &[("'a b'", "`a b` is not a host"), ("'http://x'", "is not a host")]);
    }

    #[test]
    fn checksum_databases_and_patterns() {
        accepts(
            &CHECKSUM_DATABASE,
            &[
                ("''", r#""""#),
                ("'off'", r#""off""#),
                ("'sum.example+1+abc https://sum.example/x'", r#""sum.example+1+abc https://sum.example/x""#),
            ],
        );
        refuses(
            &CHECKSUM_DATABASE,
            &[
                ("'https://sum.example'", "no name"),
                ("'a b'", "`b` is not a plain URL"),
                ("'a https://b c'", "more than two"),
                ("'a https://u:p@b'", "`https://…@b` is not"),
            ],
        );
        let pinned = "'go1.26.8 h1:8Tl0rBb7KdISSdPkZBjlpZxsUBb+004GI/SM2XbmSqI='";
        accepts(&PINNED_RELEASE, &[("''", r#""""#), (pinned, &pinned.replace('\'', "\""))]);
        refuses(
            &PINNED_RELEASE,
            &[
                ("'h1:x'", "not a release and a hash"),
                ("'1.26.8 h1:x'", "`1.26.8` is no release"),
                ("'go1.26.8 h1:x'", "`h1:x` is no hash"),
                ("'go1.26.8  h1:8Tl0rBb7KdISSdPkZBjlpZxsUBb+004GI/SM2XbmSqI='", "is no hash"),
            ],
        );
        accepts(&PATTERNS, &[("'corp.example/*,x'", r#""corp.example/*,x""#), ("'none'", r#""none""#)]);
        refuses(&PATTERNS, &[("'a b'", "`a b` is not"), ("'https://x'", "is not a pattern")]);
    }

    #[test]
    fn probe_urls() {
        accepts(
            &PROBE_URL,
            &[
                ("''", r#""""#),
                ("'http://127.0.0.1:8080/healthz?x=1'", r#""http://127.0.0.1:8080/healthz?x=1""#),
                ("'https://[::1]/'", r#""https://[::1]/""#),
            ],
        );
        refuses(
            &PROBE_URL,
            &[
                ("'127.0.0.1:8080'", "not an http"),
                ("'ftp://x'", "not an http"),
                ("'http://u:p@x'", "a user or a password"),
                ("'http://:80'", "not an http"),
                ("'http://[::g]/'", "not an http"),
            ],
        );
    }
}
