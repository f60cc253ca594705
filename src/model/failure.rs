//! The one error type that crosses rooms: what failed, why, and what to do next.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What most fallible functions of this crate return.
pub type Outcome<T> = Result<T, Failure>;

/// What a failure means for the next attempt. Decided where the failure is seen, used by the engine
/// (back off, hold, give up) and by the commands (exit code).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The command line or a request is wrong.
    Usage,
    /// A setting is wrong.
    Config,
    /// The network or a proxy did not answer usefully; the same request may work later.
    Network,
    /// The module system answered for good: no such module, no such version, wrong module path.
    Module,
    /// A security property does not hold: checksum mismatch, planted file, unexpected content.
    Security,
    /// Go, gcc or git is missing, too old or unusable.
    Toolchain,
    /// The compiler refused the code.
    Build,
    /// A child ended because memory ran out.
    OutOfMemory,
    /// The built binary is not what was asked for.
    Proof,
    /// A file or a file system failed: no space, read-only, permission, input or output error.
    Disk,
    /// The service manager failed or answered unexpectedly.
    Service,
    /// The agent did not run or did not pass its probes.
    Unhealthy,
    /// The agent's database could not be snapshotted, checked or restored.
    Database,
    /// The caller may not do this.
    Permission,
    /// Policy says no: held, downgrade, outside the constraint, choice missing.
    Refused,
    /// Another process holds the lock, or another run is under way.
    Busy,
    /// The service does not run, or does not answer.
    Unreachable,
    /// A limit on time was reached.
    Timeout,
    /// Somebody asked to stop.
    Cancelled,
    /// A broken promise inside this program.
    Internal,
}

/// An error as it is shown, logged, journalled and sent: a sentence that names the file, command or
/// URL, its causes from near to far, and the next thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind of failure it is.
    pub class: Class,
    /// What failed, naming the object: ``cannot write `/usr/local/bin/.sentinel.next` ``.
    pub what: String,
    /// Why, from the nearest cause to the farthest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
    /// The next thing to do, as a command or a sentence without a full stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// How long the other side asked us to wait (`Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of `class`; `what` names the object that failed.
    pub fn new(class: Class, what: impl Into<String>) -> Self {
        Self { class, what: what.into(), causes: Vec::new(), hint: None, retry_after: None }
    }

    /// Adds an error and its sources as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            let text = error.to_string();
            // Many libraries repeat the source's text in their own: say each thing once.
            if !self.causes.last().is_some_and(|last| last.ends_with(&text)) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds a cause in words.
    #[must_use]
    pub fn cause(mut self, text: impl Into<String>) -> Self {
        self.causes.push(text.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(text.into());
        self
    }

    /// Puts the failure under a wider sentence: the present sentence becomes the first cause.
    #[must_use]
    pub fn context(mut self, what: impl Into<String>) -> Self {
        let was = std::mem::replace(&mut self.what, what.into());
        self.causes.insert(0, was);
        self
    }

    /// A file operation failed: ``cannot {verb} `{path}` ``, classed by the error's kind.
    pub fn io(verb: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let mut failure =
            Self::new(Class::Disk, format!("cannot {verb} `{}`", path.display())).because(error);
        failure.hint = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Some("run as root, or check the owner and mode".into()),
            std::io::ErrorKind::StorageFull => Some("free some space on that file system".into()),
            std::io::ErrorKind::ReadOnlyFilesystem => Some("mount that file system writable".into()),
            _ => None,
        };
        failure
    }

    /// Everything on one line, without the hint.
    pub fn line(&self) -> String {
        let mut line = self.what.clone();
        for cause in &self.causes {
            line.push_str(": ");
            line.push_str(cause);
        }
        line
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_why_and_what_next() {
        let error = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let failure =
            Failure::io("write", std::path::Path::new("/x/y"), &error).context("cannot stage v1.2.3");
        assert_eq!(failure.class, Class::Disk);
        assert_eq!(
            failure.to_string(),
            format!("cannot stage v1.2.3: cannot write `/x/y`: {error}; free some space on that file system")
        );
    }

    #[test]
    fn repeated_source_texts_are_said_once() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "outer: {}", self.0)
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let failure =
            Failure::new(Class::Network, "cannot ask").because(&Outer(std::io::Error::other("refused")));
        assert_eq!(failure.line(), "cannot ask: outer: refused");
    }
}
