//! The proxy list: where modules are looked for, and when to go on to the next place.

use std::fmt;
use std::path::PathBuf;

use crate::host::http::{Url, shown};
use crate::model::{Class, Failure, Outcome};

use super::escape;

/// A parsed proxy list. Printing it shows no password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxies(pub(super) Vec<Entry>);

/// One place of the list.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    /// Followed by `|`: any error leads to the next place; after `,` only "not found" does.
    pub(super) falls_back_on_error: bool,
}

/// Where to ask.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A proxy behind HTTP, with the user and password for it.
    Http { base: Url, auth: Option<(String, String)> },
    /// A proxy's tree on a file system.
    File(PathBuf),
    /// The module's own repository.
    Direct,
    /// Nowhere: the list ends here.
    Off,
}

/// The list of a go command that nobody told anything.
const GO_DEFAULT: &str = "https://proxy.golang.org,direct";

impl Proxies {
    /// The go command's own list, for hosts without a go that could be asked.
    ///
    /// # Errors
    /// Never: it can be read.
    pub fn go_default() -> Outcome<Self> {
        Self::parse(GO_DEFAULT)
    }

    /// Reads a list in the syntax of the go command's GOPROXY.
    ///
    /// # Errors
    /// `Config` naming the entry by its number: its text may hold a password.
    pub fn parse(text: &str) -> Outcome<Self> {
        let mut entries = Vec::new();
        let mut rest = text;
        let mut number = 0;
        while !rest.is_empty() {
            let (word, separator, after) = match rest.find([',', '|']) {
                Some(at) => (&rest[..at], &rest[at..=at], &rest[at + 1..]),
                None => (rest, "", ""),
            };
            rest = after;
            number += 1;
            let word = word.trim();
            if word.is_empty() {
                continue;
            }
            let place = place(word).map_err(|why| wrong(number, why))?;
            // Nothing after these two is ever asked.
            let is_last = matches!(place, Place::Direct | Place::Off);
            entries.push(Entry { place, falls_back_on_error: separator == "|" });
            if is_last {
                break;
            }
        }
        if entries.is_empty() {
            return Err(Failure::new(Class::Config, "the list of module proxies has no entries")
                .hint("set build.goproxy to a proxy's URL"));
        }
        Ok(Self(entries))
    }

    /// The list of a module that comes from its own repository and from nowhere else.
    pub(super) fn repository() -> Self {
        Self(vec![Entry { place: Place::Direct, falls_back_on_error: false }])
    }

    /// True when a request may go over HTTP; otherwise no client is ever built.
    pub fn need_http(&self) -> bool {
        self.0.iter().any(|entry| matches!(entry.place, Place::Http { .. }))
    }
}

impl Place {
    /// The place `path` below this one; the two words stay what they are.
    pub(super) fn below(&self, path: &str) -> Self {
        match self {
            Self::Http { base, auth } => {
                let mut base = base.clone();
                base.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
                Self::Http { base, auth: auth.clone() }
            }
            Self::File(root) => Self::File(root.join(path)),
            Self::Direct => Self::Direct,
            Self::Off => Self::Off,
        }
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, entry) in self.0.iter().enumerate() {
            let is_last = index + 1 == self.0.len();
            let separator = match (is_last, entry.falls_back_on_error) {
                (true, _) => "",
                (false, true) => "|",
                (false, false) => ",",
            };
            write!(f, "{}{separator}", entry.place)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxies({self})")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { base, .. } => f.write_str(&shown(base)),
            Self::File(path) => write!(f, "file://{}", path.display()),
            Self::Direct => f.write_str("direct"),
            Self::Off => f.write_str("off"),
        }
    }
}

fn place(word: &str) -> Result<Place, &'static str> {
    match word {
        "direct" => return Ok(Place::Direct),
        "off" => return Ok(Place::Off),
        _ => {}
    }
    // A bare word or an absolute path is reserved; anything else without a scheme is a host.
    let is_bare_host = word.contains(['.', ':', '/']) && !word.contains(":/") && !word.starts_with('/');
    let text = if is_bare_host { format!("https://{word}") } else { word.to_owned() };
    let mut url = Url::parse(&text).map_err(|_| "is no URL")?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has more than a path");
    }
    match url.scheme() {
        "file" => url.to_file_path().map(Place::File).map_err(|()| "is no file:// URL of an absolute path"),
        "http" | "https" => {
            let auth = credentials(&url);
            if auth.is_some() && url.scheme() == "http" {
                return Err("would send its password over http");
            }
            // From here on the URL can be shown.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            Ok(Place::Http { base: url, auth })
        }
        _ => Err("has a scheme other than https, http or file"),
    }
}

fn credentials(url: &Url) -> Option<(String, String)> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let password = url.password().unwrap_or_default();
    Some((escape::percent_decoded(url.username()), escape::percent_decoded(password)))
}

fn wrong(number: usize, why: &str) -> Failure {
    Failure::new(Class::Config, format!("entry {number} of the list of module proxies {why}"))
        .hint("correct build.goproxy (or GOPROXY)")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_lists_as_the_go_command_does() {
        for (text, expected) in [
            ("https://proxy.example", "https://proxy.example/"),
            ("https://proxy.example/go, direct", "https://proxy.example/go,direct"),
            ("http://a.example|file:///srv/go|off", "http://a.example/|file:///srv/go|off"),
            ("proxy.example:8443", "https://proxy.example:8443/"),
            ("proxy.example", "https://proxy.example/"),
            (",,proxy.example,", "https://proxy.example/"),
            ("direct,https://never.asked.example", "direct"),
            ("off,,", "off"),
            ("https://user:pw@a.example,https://tok@b.example", "https://a.example/,https://b.example/"),
            ("file:///srv/with%20blank", "file:///srv/with blank"),
        ] {
            let proxies = Proxies::parse(text).unwrap();
            assert_eq!(proxies.to_string(), expected, "{text}");
            assert!(!format!("{proxies:?}").contains("pw"));
        }
    }

    #[test]
    fn keeps_credentials_apart_and_decoded() {
        let proxies = Proxies::parse("https://me%40x:p%3Aw@a.example").unwrap();
        let Place::Http { auth, .. } = &proxies.0[0].place else { panic!("no HTTP") };
        assert_eq!(auth.as_ref().unwrap(), &("me@x".to_owned(), "p:w".to_owned()));
        assert!(proxies.need_http());
        assert!(!Proxies::parse("file:///srv|off").unwrap().need_http());
    }

    #[test]
    fn refuses_what_the_go_command_refuses() {
        for bad in [
            "",
            ",",
            " | ",
            "ftp://a.example",
            "/srv/go",
            "proxy",
            "http://user:HIDDEN@a.example",
            "https://a.example,ftp://user:HIDDEN@b.example",
            "https://user:HIDDEN,x@a.example",
            "file://host/srv",
            "file:srv?x",
            "https://a.example?x=1",
            "https://",
        ] {
            let failure = Proxies::parse(bad).unwrap_err();
            assert_eq!(failure.class, Class::Config, "{bad:?}");
            assert!(!failure.to_string().contains("HIDDEN"), "{failure}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,60}|[a-z:/.,|@%0-9]{0,60}") {
            let _ = Proxies::parse(&text);
        }

        #[test]
        fn shows_what_it_reads_back(hosts in proptest::collection::vec("[a-z]{1,8}\\.example", 1..5), bars: u8) {
            let mut text = String::new();
            for (index, host) in hosts.iter().enumerate() {
                if index > 0 {
                    text.push(if bars >> index & 1 == 1 { '|' } else { ',' });
                }
                text.push_str(&format!("https://{host}/"));
            }
            prop_assert_eq!(Proxies::parse(&text).unwrap().to_string(), text);
        }
    }
}
