//! The text of the agent's unit where we write it, and whether somebody has edited it since. Pure.

use super::escape;
use crate::host::digest;
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome};

/// How we know a unit of ours.
const MARKER: &str = "# Written by sentinel-updater; edits are kept";
/// How we know that nobody has edited it: the digest of everything below.
const DIGEST: &str = "# sha256 ";

/// Whose a unit's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    /// Ours, to the last byte.
    Us,
    /// Somebody else's, or ours with edits.
    Other,
}

/// The unit that runs the agent as `spec` says.
///
/// `Type=exec` makes the start fail when the binary is missing or cannot be executed; the default type
/// would call it started. `Restart=always` without a limit on starts: an agent that fails for an hour,
/// for lack of a network say, must come back by itself; whether it fails *after an update* is judged by
/// the number of restarts, not by the manager giving up. The leading `-` lets it start where its data
/// directory does not exist yet, as on its very first start.
///
/// # Errors
/// `Config` naming the setting that a unit cannot carry.
pub(super) fn write(spec: &ServiceSpec) -> Outcome<String> {
    let binary = utf8("agent.binary", &spec.binary)?;
    let mut command = escape::executable("agent.binary", binary)?;
    for arg in &spec.args {
        command.push(' ');
        command.push_str(&escape::argument("agent.args", arg)?);
    }
    let data = escape::bare_path("paths.data", utf8("paths.data", &spec.data)?)?;
    let mut body = format!(
        "[Unit]\n\
         Description=Agent {service}, kept current by sentinel-updater\n\
         After=network.target\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         Type=exec\n\
         ExecStart={command}\n\
         WorkingDirectory=-{data}\n",
        // The name has passed `unit_name` when it gets here, where `%` is not allowed.
        service = spec.service,
    );
    if let Some(user) = &spec.user {
        body.push_str(&format!("User={}\n", escape::user(user)?));
    }
    for (name, value) in &spec.env {
        body.push_str(&format!("Environment={}\n", escape::variable(name, value)?));
    }
    body.push_str("Restart=always\nRestartSec=5\n\n[Install]\nWantedBy=multi-user.target\n");
    Ok(format!("{MARKER}\n{DIGEST}{}\n{body}", digest::sha256(body.as_bytes())))
}

/// Whose `text` is.
pub(super) fn author(text: &str) -> Author {
    let ours = || {
        let rest = text.strip_prefix(MARKER)?.strip_prefix('\n')?;
        let (digest, body) = rest.strip_prefix(DIGEST)?.split_once('\n')?;
        (digest == digest::sha256(body.as_bytes())).then_some(())
    };
    if ours().is_some() { Author::Us } else { Author::Other }
}

fn utf8<'a>(setting: &str, path: &'a std::path::Path) -> Outcome<&'a str> {
    path.to_str().ok_or_else(|| {
        Failure::new(Class::Config, format!("`{setting}` cannot be `{}`", path.display()))
            .cause("a unit is written in UTF-8")
    })
}

#[cfg(test)]
mod tests;
