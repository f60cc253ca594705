//! What is armed, as a line of text from outside the process: the program as it is built, killed and
//! failed at every point of a real run.

use std::io;
use std::path::Path;

use super::{Action, Arm};

/// Arms what `script` says: `count`, or `kill:N`, `stop:N`, `error:EIO:N` for the N-th operation (from
/// 1); `N+` is that one and all after it; `@RECORD` at the end counts from that kind of record of the
/// journal on. Each operation is written to the file `log`, one line each, as are records.
///
/// # Errors
/// What of it is not understood.
#[doc(hidden)]
pub fn arm_from(script: &str, log: Option<&Path>) -> Result<(), String> {
    let mut arm = parse(script).ok_or_else(|| format!("`{script}` is no fault"))?;
    if let Some(path) = log {
        let open = std::fs::File::options().append(true).create(true).open(path);
        arm.log = Some(open.map_err(|error| format!("`{}`: {error}", path.display()))?);
    }
    super::set(arm);
    Ok(())
}

fn parse(script: &str) -> Option<Arm> {
    let (what, from) = match script.split_once('@') {
        Some((what, from)) => (what, Some(from.to_owned())),
        None => (script, None),
    };
    let words: Vec<&str> = what.split(':').collect();
    let (action, place) = match words[..] {
        ["count"] => return Some(Arm { from, ..Arm::NONE }),
        ["kill", place] => (Action::Kill, place),
        ["stop", place] => (Action::Stop, place),
        ["error", name, place] => (Action::System(code(name)?), place),
        _ => return None,
    };
    let lasting = place.ends_with('+');
    let left = place.trim_end_matches('+').parse().ok().filter(|left| *left > 0)?;
    Some(Arm { left, action, lasting, from, ..Arm::NONE })
}

#[cfg(unix)]
fn code(name: &str) -> Option<i32> {
    use rustix::io::Errno;
    let error = match name {
        "EACCES" => Errno::ACCESS,
        "EDQUOT" => Errno::DQUOT,
        "EIO" => Errno::IO,
        "ENOSPC" => Errno::NOSPC,
        "EROFS" => Errno::ROFS,
        _ => return None,
    };
    Some(io::Error::from(error).raw_os_error().unwrap_or_default())
}

#[cfg(not(unix))]
fn code(_name: &str) -> Option<i32> {
    io::Error::from(io::ErrorKind::Unsupported).raw_os_error()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_read_exactly() {
        let read = |script| parse(script).map(|arm| (arm.action, arm.left, arm.lasting, arm.from));
        let full = code("ENOSPC").expect("known");
        let from = || Some("switch".to_owned());
        for (script, expected) in [
            ("count", Some((Action::Pass, 0, false, None))),
            ("count@switch", Some((Action::Pass, 0, false, from()))),
            ("kill:17", Some((Action::Kill, 17, false, None))),
            ("stop:1@switch", Some((Action::Stop, 1, false, from()))),
            ("error:ENOSPC:3+@switch", Some((Action::System(full), 3, true, from()))),
            ("kill:0", None),
            ("kill", None),
            ("error:ENOSUCH:1", None),
            ("error:1", None),
            ("", None),
        ] {
            assert_eq!(read(script), expected, "{script}");
        }
    }
}
