//! What the dashboard does outside of itself: the clipboard, and files.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::host::{files, terminal};
use crate::model::{Class, Failure, Outcome};
use crate::render::words;

/// What terminals take at most for the clipboard, in bytes of text: OSC 52 has room for 100,000 of base64 with
/// the rest of the sequence.
pub(super) const CLIPBOARD: usize = 74_994;

/// Puts `text` on the clipboard of the terminal, also over ssh. The terminal does not say whether it did.
///
/// # Errors
/// `Refused`: it is too much for terminals; `Internal`: the terminal is gone.
pub fn copy(text: &str, in_tmux: bool) -> Outcome<String> {
    if text.len() > CLIPBOARD {
        let what = format!("{} bytes are too much for a terminal's clipboard", text.len());
        return Err(Failure::new(Class::Refused, what).hint("save them to a file instead"));
    }
    terminal::write(sequence(text, in_tmux).as_bytes())
        .map_err(|error| Failure::new(Class::Internal, "cannot use the terminal").because(&error))?;
    Ok(match text.lines().count() {
        1 => "copied a line".to_owned(),
        count => format!("copied {count} lines"),
    })
}

/// OSC 52. Inside tmux both as tmux itself takes it and handed through to the terminal around it: which of
/// the two works is a matter of its configuration.
fn sequence(text: &str, in_tmux: bool) -> String {
    let plain = format!("\x1b]52;c;{}\x1b\\", STANDARD.encode(text));
    match in_tmux {
        true => format!("{plain}\x1bPtmux;{}\x1b\\", plain.replace('\x1b', "\x1b\x1b")),
        false => plain,
    }
}

/// Saves `lines` to a new file of this name in the working directory.
///
/// # Errors
/// `Disk`; a file that is there already is one.
pub fn save(name: &str, lines: &[String]) -> Outcome<String> {
    let path = std::path::absolute(Path::new(name)).unwrap_or_else(|_| name.into());
    files::write_new(&path, (lines.join("\n") + "\n").as_bytes())?;
    Ok(format!("saved {} to {}", words::count(lines.len(), "line"), path.display()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_gets_base64() {
        assert_eq!(sequence("héllo", false), "\x1b]52;c;aMOpbGxv\x1b\\");
        assert!(sequence("x", true).ends_with("\x1bPtmux;\x1b\x1b]52;c;eA==\x1b\x1b\\\x1b\\"));
        assert_eq!(copy(&"x".repeat(CLIPBOARD + 1), false).unwrap_err().class, Class::Refused);
    }

    #[test]
    fn a_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.txt");
        let name = path.to_str().unwrap();
        let said = save(name, &["a".into(), "b".into()]).unwrap();
        assert_eq!(said, format!("saved 2 lines to {name}"));
        assert!(save(name, &["c".into()]).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nb\n");
    }
}
