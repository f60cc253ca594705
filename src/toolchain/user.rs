//! The user that builds, by name.

use std::time::Duration;

use crate::host::{Cancel, Command, privilege, process};
use crate::model::{Class, Failure, Outcome};

const PATIENCE: Duration = Duration::from_secs(10);

/// User and group of `name` (a name, or `UID` or `UID:GID` in numbers), for a process that may become
/// another user; `None` when it may not, or need not.
///
/// # Errors
/// `Config` when there is no such user.
pub(super) fn resolve(name: Option<&str>) -> Outcome<Option<(u32, u32)>> {
    let Some(name) = name.filter(|_| privilege::is_root()) else { return Ok(None) };
    if let Some(numbers) = numbers(name) {
        return Ok(Some(numbers));
    }
    // The system's own answer, which knows directories besides /etc/passwd.
    let ask = |option: &str| -> Outcome<u32> {
        let command = Command::new("/usr/bin/id").args([option, "--", name]);
        let unknown = || {
            Failure::new(Class::Config, format!("there is no user `{name}`"))
                .hint("create it, or set build.user to one that exists")
        };
        let said = process::capture(&command, PATIENCE, &Cancel::new())?;
        if !said.exit.success() {
            return Err(unknown());
        }
        said.text().trim().parse().map_err(|_| unknown())
    };
    Ok(Some((ask("-u")?, ask("-g")?)))
}

fn numbers(text: &str) -> Option<(u32, u32)> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    Some((uid.parse().ok()?, gid.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_lookup() {
        assert_eq!(numbers("65534"), Some((65534, 65534)));
        assert_eq!(numbers("1000:50"), Some((1000, 50)));
        assert_eq!(numbers("nobody"), None);
        assert_eq!(resolve(None), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn names_are_looked_up() {
        if !privilege::is_root() {
            assert_eq!(resolve(Some("root")), Ok(None), "nobody else can become another user");
            return;
        }
        assert_eq!(resolve(Some("root")), Ok(Some((0, 0))));
        assert_eq!(resolve(Some("-x")).expect_err("an option is no user").class, Class::Config);
    }
}
