//! User names and passwords from a netrc file, as the go command reads it.
//!
//! Only what go understands counts, so that a check and the build that follows it agree: pairs of words
//! a line, the first of two entries for one machine, and no `default` entry.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Url;
use crate::model::{Class, Failure, Outcome};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 20;

/// The entries of a netrc file. Does not print itself: it holds passwords.
pub struct Netrc(Vec<Entry>);

struct Entry {
    /// A host, with its port where that is not the usual one, perhaps with a path.
    machine: String,
    login: String,
    password: String,
}

impl Netrc {
    /// Reads a file that must not be open to everybody.
    ///
    /// # Errors
    /// As [`check`].
    pub fn read(path: &Path) -> Outcome<Self> {
        check(path)?;
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
            .map_err(|error| unreadable(path, &error))?;
        Ok(Self::parse(&String::from_utf8_lossy(&bytes)))
    }

    fn parse(text: &str) -> Self {
        let mut entries = Vec::new();
        let blank = || Entry { machine: String::new(), login: String::new(), password: String::new() };
        let mut entry = blank();
        let mut in_macro = false;
        for line in text.split('\n') {
            if in_macro {
                in_macro = !line.is_empty();
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            for pair in words.chunks_exact(2) {
                match pair[0] {
                    "machine" => entry = Entry { machine: pair[1].to_owned(), ..blank() },
                    "login" => pair[1].clone_into(&mut entry.login),
                    "password" => pair[1].clone_into(&mut entry.password),
                    "macdef" => in_macro = true,
                    _ => {}
                }
                if [&entry.machine, &entry.login, &entry.password].iter().all(|word| !word.is_empty()) {
                    entries.push(std::mem::replace(&mut entry, blank()));
                }
            }
        }
        Self(entries)
    }

    /// User and password for a URL: over https only.
    pub fn find(&self, url: &Url) -> Option<(String, String)> {
        let wanted = machine(url).filter(|_| url.scheme() == "https")?;
        let mut place = format!("{wanted}{}", url.path().trim_end_matches('/'));
        // From the whole path up to the bare host.
        loop {
            if let Some(entry) = self.0.iter().find(|entry| entry.machine == place) {
                return Some((entry.login.clone(), entry.password.clone()));
            }
            place.truncate(place.rfind('/')?);
        }
    }
}

/// How a URL's server is called in a netrc file; `None` for a URL without one.
pub fn machine(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Checks that a netrc file is one, and is not open to everybody. For those who hand it to a program.
///
/// # Errors
/// `Config` when there is no such file, `Security` when everybody may read or write it, `Permission` or
/// `Disk` when it cannot be read. No message holds anything of its contents.
pub fn check(path: &Path) -> Outcome<()> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    // Anything else could block for ever.
    if !metadata.is_file() {
        return Err(Failure::new(Class::Config, format!("`{}` is no file", path.display())).hint(SETTING));
    }
    if is_open_to_all(&metadata) {
        let what = format!("`{}` holds passwords, and everybody may read or change it", path.display());
        return Err(Failure::new(Class::Security, what).hint(format!(
            "`chmod o-rwx {}`; the user that builds (build.user) needs to read it, by its group",
            path.display()
        )));
    }
    Ok(())
}

/// Puts a link to a netrc file into the directory `home`, where git looks for one. Elsewhere than on Unix
/// git asks its own keeper of passwords, and nothing is done.
///
/// # Errors
/// `Disk`.
pub fn offer(path: &Path, home: &Path) -> Outcome<()> {
    #[cfg(unix)]
    {
        let link = home.join(".netrc");
        std::os::unix::fs::symlink(path, &link).map_err(|error| Failure::io("link", &link, &error))?;
    }
    #[cfg(not(unix))]
    let _ = (path, home);
    Ok(())
}

const SETTING: &str = "correct build.netrc";

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let mut failure = Failure::io("read", path, error).hint(SETTING);
    if error.kind() == io::ErrorKind::NotFound {
        failure.class = Class::Config;
    }
    failure
}

#[cfg(unix)]
fn is_open_to_all(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn is_open_to_all(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str, url: &str) -> Option<String> {
        let pair = Netrc::parse(text).find(&Url::parse(url).unwrap());
        pair.map(|(user, password)| format!("{user} {password}"))
    }

    #[test]
    fn entries_are_found_as_the_go_command_finds_them() {
        let own = "machine go.corp.example login me password pw\n";
        for (text, url, expected) in [
            (own, "https://go.corp.example/m/@v/list", Some("me pw")),
            (own, "https://go.corp.example", Some("me pw")),
            (own, "https://go.corp.example:443/x", Some("me pw")),
            // Never in clear, never to another host, and a port is part of the name.
            (own, "http://go.corp.example/x", None),
            (own, "https://corp.example/x", None),
            (own, "https://x.go.corp.example/x", None),
            (own, "https://go.corp.example:8443/x", None),
            ("machine h:8443 login me password pw", "https://h:8443/x", Some("me pw")),
            (
                "machine h/team login a password b\nmachine h login c password d",
                "https://h/team/x",
                Some("a b"),
            ),
            (
                "machine h/team login a password b\nmachine h login c password d",
                "https://h/other",
                Some("c d"),
            ),
            ("machine h\n  login me\n\tpassword pw\r\n", "https://h/", Some("me pw")),
            ("machine h password pw login me", "https://h/", Some("me pw")),
            ("machine h login a password b\nmachine h login c password d", "https://h/", Some("a b")),
            ("machine h account x login a password b", "https://h/", Some("a b")),
            ("machine h login a\nmachine g password b", "https://h/", None),
            ("machine h login a\nmachine g password b", "https://g/", None),
            (
                "macdef m\nmachine h login a password b\n\nmachine h login c password d",
                "https://h/",
                Some("c d"),
            ),
            ("default login a password b", "https://h/", None),
            ("machine [::1]:8443 login a password b", "https://[::1]:8443/", Some("a b")),
            ("", "https://h/", None),
        ] {
            assert_eq!(found(text, url).as_deref(), expected, "{text:?} {url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_open_to_all_or_missing_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("netrc");
        assert_eq!(check(&path).unwrap_err().class, Class::Config);
        assert_eq!(check(dir.path()).unwrap_err().class, Class::Config);
        std::fs::write(&path, "machine h login me password HIDDEN").unwrap();
        for (mode, is_good) in [(0o600, true), (0o640, true), (0o644, false), (0o604, false), (0o602, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = Netrc::read(&path).map(drop);
            match read {
                Ok(()) => assert!(is_good, "{mode:o}"),
                Err(failure) => {
                    assert!(!is_good && failure.class == Class::Security, "{mode:o} {failure}");
                    assert!(failure.to_string().contains("chmod") && !failure.to_string().contains("HIDDEN"));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "([a-z]{0,8}[ \\n\\r\\t]|machine |login |password |default |macdef ){0,12}", path in "[a-z/]{0,12}") {
            let _ = Netrc::parse(&text).find(&Url::parse(&format!("https://h/{path}")).unwrap());
        }
    }
}
