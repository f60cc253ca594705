//! Files and directories: always from the root, never with a step back.

use std::path::{Path, PathBuf};

use toml::Value;

use super::{Kind, list, or_empty, text, texts, unless_empty};
use crate::config::paths::Platform;

/// The longest path of a Unix socket: macOS has room for 103 bytes, Linux for 107.
const LONGEST_SOCKET: usize = 103;

pub(in crate::config) const PATH: Kind<PathBuf> = Kind {
    accepts: "an absolute path without `..`",
    parse: |value, platform| absolute(text(value)?, platform),
    show: |path| shown(path),
};

pub(in crate::config) const OPTIONAL_PATH: Kind<Option<PathBuf>> = Kind {
    accepts: "an absolute path without `..`, or the empty text for none",
    parse: |value, platform| unless_empty(value, |path| absolute(path, platform)),
    show: |path| or_empty(path.as_deref().map(Path::to_string_lossy).as_deref()),
};

pub(in crate::config) const SOCKET: Kind<PathBuf> = Kind {
    accepts: "an absolute path of at most 103 bytes (a pipe's name on Windows)",
    parse: |value, platform| {
        let path = text(value)?;
        match platform {
            Platform::Windows if !path.starts_with(r"\\.\pipe\") => {
                Err(r"it does not start with `\\.\pipe\`".into())
            }
            Platform::Windows => Ok(path.into()),
            _ if path.len() > LONGEST_SOCKET => Err(format!("it has {} bytes", path.len())),
            _ => absolute(path, platform),
        }
    },
    show: |path| shown(path),
};

/// A program that is looked for (`None`) unless its place is given.
pub(in crate::config) const TOOL: Kind<Option<PathBuf>> = Kind {
    accepts: "`auto` or an absolute path",
    parse: |value, platform| match text(value)? {
        "auto" => Ok(None),
        path => absolute(path, platform).map(Some),
    },
    show: |path| path.as_deref().map_or_else(|| Value::from("auto"), shown),
};

pub(in crate::config) const DIRECTORIES: Kind<Vec<PathBuf>> = Kind {
    accepts: r#"a list of absolute paths such as ["/opt/gcc/bin"]"#,
    parse: |value, platform| {
        let separator = if platform == Platform::Windows { ';' } else { ':' };
        let directory = |path: &str| match path.contains(separator) {
            true => {
                Err(format!("`{path}` holds the separator `{separator}`; use one item for each directory"))
            }
            false => absolute(path, platform).map_err(|why| format!("of `{path}`, {why}")),
        };
        texts(value)?.into_iter().map(directory).collect()
    },
    show: |paths| list(paths.iter().map(|path| shown(path))),
};

pub(super) fn absolute(path: &str, platform: Platform) -> Result<PathBuf, String> {
    if path.is_empty() {
        return Err("it is empty".into());
    }
    if !platform.is_absolute(path) {
        return Err("it is not absolute".into());
    }
    let mut components = platform.components(path).peekable();
    if components.peek().is_none() {
        return Err("it is the root".into());
    }
    if components.any(|part| part == "..") { Err("it holds `..`".into()) } else { Ok(path.into()) }
}

fn shown(path: &Path) -> Value {
    Value::from(path.to_string_lossy().as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::kinds::testing::{accepts, refuses};

    #[test]
    fn paths() {
        accepts(
            &PATH,
            &[("'/usr/local/bin/x'", r#""/usr/local/bin/x""#), ("'/with space/x'", r#""/with space/x""#)],
        );
        refuses(
            &PATH,
            &[
                ("''", "empty"),
                ("'x/y'", "not absolute"),
                ("'~/x'", "not absolute"),
                ("'/x/../y'", "`..`"),
                ("'/'", "the root"),
                ("1", "an integer"),
            ],
        );
        accepts(&OPTIONAL_PATH, &[("''", r#""""#), ("'/x'", r#""/x""#)]);
        accepts(&TOOL, &[("'auto'", r#""auto""#), ("'/usr/lib/go/bin/go'", r#""/usr/lib/go/bin/go""#)]);
        refuses(&TOOL, &[("'go'", "not absolute"), ("''", "empty")]);
        accepts(&DIRECTORIES, &[("[]", "[]"), ("['/a', '/b']", r#"["/a", "/b"]"#)]);
        refuses(
            &DIRECTORIES,
            &[
                ("['/a:/b']", "separator `:`"),
                ("['a']", "of `a`, it is not absolute"),
                ("'/a'", "not a list"),
            ],
        );
    }

    #[test]
    fn sockets() {
        accepts(&SOCKET, &[("'/run/x/control.sock'", r#""/run/x/control.sock""#)]);
        let long = format!("'/{}'", "x".repeat(103));
        refuses(&SOCKET, &[(long.as_str(), "104 bytes"), ("'x.sock'", "not absolute")]);
        let pipe = (SOCKET.parse)(&Value::from(r"\\.\pipe\x"), Platform::Windows);
        assert_eq!(pipe, Ok(PathBuf::from(r"\\.\pipe\x")));
        assert!((SOCKET.parse)(&Value::from(r"C:\x"), Platform::Windows).is_err());
    }
}
