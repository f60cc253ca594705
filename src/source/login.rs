//! Who we say that we are to a proxy.

use std::path::{Path, PathBuf};

use crate::host::http::Url;
use crate::host::http::netrc::{self, Netrc};
use crate::model::{Failure, Outcome};

/// User and password for a proxy, and where they come from. Does not print itself.
pub(super) struct Login {
    /// User and password; `None`: there are none for it.
    pub(super) pair: Option<(String, String)>,
    origin: Origin,
}

enum Origin {
    /// The proxy's own URL.
    Address,
    /// This netrc file, whether it names the proxy or not.
    File(PathBuf),
    /// There is no place where they could be.
    Nowhere,
}

impl Login {
    /// What is known for `base`: its own credentials before those of the netrc file, which is read each
    /// time: a changed password counts from the next request on.
    ///
    /// # Errors
    /// Those of the netrc file.
    pub(super) fn of(base: &Url, own: Option<&(String, String)>, file: Option<&Path>) -> Outcome<Self> {
        Ok(match (own, file) {
            (Some(own), _) => Self { pair: Some(own.clone()), origin: Origin::Address },
            (None, Some(file)) if base.scheme() == "https" => {
                Self { pair: Netrc::read(file)?.find(base), origin: Origin::File(file.to_owned()) }
            }
            _ => Self { pair: None, origin: Origin::Nowhere },
        })
    }

    /// Completes the failure of a request that the proxy `base` refused.
    pub(super) fn refused(&self, base: &Url, failure: Failure) -> Failure {
        let machine = netrc::machine(base).unwrap_or_default();
        let line = format!("`machine {machine} login USER password PASSWORD`");
        match (&self.origin, &self.pair) {
            (Origin::Address, _) => failure
                .cause(format!("{machine} does not accept the user and the password in build.goproxy"))
                .hint("correct them in build.goproxy, as https://USER:PASSWORD@HOST"),
            (Origin::File(file), Some(_)) => {
                let file = file.display();
                failure
                    .cause(format!(
                        "{machine} does not accept the user and the password that `{file}` has for it"
                    ))
                    .hint(format!("correct the entry for {machine} in `{file}` (build.netrc)"))
            }
            (Origin::File(file), None) => {
                let file = file.display();
                failure
                    .cause(format!("`{file}` (build.netrc) has no user and password for {machine}"))
                    .hint(format!("add {line} to it"))
            }
            (Origin::Nowhere, _) if base.scheme() == "https" => failure
                .cause(format!("no user and password are configured for {machine}"))
                .hint(format!("put {line} into a file and name that file in build.netrc")),
            (Origin::Nowhere, _) => failure.hint(
                "it may want a user and a password: those are only sent to an https URL of build.goproxy",
            ),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Class;

    #[test]
    fn a_refusal_names_host_and_place_and_no_secret() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("netrc");
        crate::host::atomic::write(
            &file,
            b"machine h:8443 login me password HIDDEN",
            &crate::host::Attributes::with_mode(0o600),
        )
        .unwrap();
        let own = ("me".to_owned(), "HIDDEN".to_owned());
        let shown = file.display().to_string();
        for (url, own, file, expected) in [
            ("https://h:8443/", Some(&own), Some(file.as_path()), "build.goproxy"),
            ("https://h:8443/", None, Some(file.as_path()), shown.as_str()),
            ("https://other.example/", None, Some(file.as_path()), "machine other.example login USER"),
            ("https://other.example/", None, None, "build.netrc"),
            ("http://h:8443/", None, Some(file.as_path()), "only sent to an https URL"),
        ] {
            let base = Url::parse(url).unwrap();
            let login = Login::of(&base, own, file).unwrap();
            let text = login.refused(&base, Failure::new(Class::Network, "it answered 401")).to_string();
            assert!(text.contains(expected) && !text.contains("HIDDEN"), "{url}: {text}");
            if !url.starts_with("http:") {
                assert!(text.contains(&netrc::machine(&base).unwrap()), "{url}: {text}");
            }
        }
    }
}
