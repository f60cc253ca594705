//! The user that a service runs as.

use std::time::Duration;

use crate::host::{Cancel, Command, privilege, process};
use crate::model::{Class, Failure, Outcome};

const PATIENCE: Duration = Duration::from_secs(10);
const GETENT: &str = "/usr/bin/getent";
const ID: &str = "/usr/bin/id";

/// A user with what its services get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    /// Its name.
    pub name: String,
    /// Number of the user and of its group.
    pub ids: (u32, u32),
    /// All its groups.
    pub groups: Vec<u32>,
    /// Where it is at home.
    pub home: String,
}

/// The user `name` (a name or a number), for a process that may become another user; `None` when it may not.
///
/// # Errors
/// `Config` when there is no such user.
pub(super) fn resolve(name: &str) -> Outcome<Option<User>> {
    if !privilege::is_root() {
        return Ok(None);
    }
    let unknown = || {
        Failure::new(Class::Config, format!("there is no user `{name}`"))
            .hint("create it, or set agent.user to one that exists")
    };
    let line = entry(name).ok_or_else(unknown)?;
    let (name, ids, home) = parse(&line).ok_or_else(unknown)?;
    let groups = ask(ID, &["-G", "--", &name]).unwrap_or_default();
    let groups = groups.split_ascii_whitespace().filter_map(|group| group.parse().ok()).collect();
    Ok(Some(User { name, ids, groups, home }))
}

/// The home of the user that we are.
pub(super) fn own_home() -> Option<String> {
    let uid = rustix::process::geteuid().as_raw().to_string();
    parse(&entry(&uid)?).map(|(_, _, home)| home)
}

/// The system's own answer, which knows directories besides /etc/passwd; that file where nobody answers.
fn entry(name: &str) -> Option<String> {
    if let Some(line) = ask(GETENT, &["passwd", "--", name]) {
        return Some(line);
    }
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    let is_it = |line: &&str| {
        let mut fields = line.split(':');
        fields.next() == Some(name) || fields.nth(1) == Some(name)
    };
    text.lines().find(is_it).map(str::to_owned)
}

fn ask(program: &str, args: &[&str]) -> Option<String> {
    let said = process::capture(&Command::new(program).args(args), PATIENCE, &Cancel::new()).ok()?;
    said.exit.success().then(|| said.text().trim().to_owned()).filter(|text| !text.is_empty())
}

/// Name, numbers and home of a line of passwd(5).
fn parse(line: &str) -> Option<(String, (u32, u32), String)> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _, uid, gid, _, home, _] = fields[..] else { return None };
    Some((name.to_owned(), (uid.parse().ok()?, gid.parse().ok()?), home.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_or_refused() {
        let line = "agent:x:990:985:The agent:/var/lib/agent:/usr/sbin/nologin";
        assert_eq!(parse(line), Some(("agent".into(), (990, 985), "/var/lib/agent".into())));
        for line in ["", "agent", "agent:x:-1:0:::", "agent:x:0:0::/root"] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn users_are_looked_up_by_name_and_number() {
        assert_eq!(entry("root"), entry("0"));
        assert!(own_home().is_some());
        if !privilege::is_root() {
            assert_eq!(resolve("root"), Ok(None), "nobody else can become another user");
            return;
        }
        let root = resolve("root").expect("known").expect("we may");
        assert_eq!((root.ids, root.groups.contains(&0)), ((0, 0), true));
        assert_eq!(resolve("no-such-user").expect_err("unknown").class, Class::Config);
    }
}
