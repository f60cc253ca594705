//! Where a command writes: data to one writer, talk to the other.

use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use super::exit::Exit;
use crate::config::{self, Rejected};
use crate::model::{Class, Failure};

type Writer = Arc<Mutex<dyn Write + Send>>;

/// Two writers that a run's events may use from another thread.
#[derive(Clone)]
pub struct Console {
    out: Writer,
    talk: Writer,
    /// Which of them is a terminal that text can be drawn on.
    draws: Draws,
}

/// Which writers are terminals that do what they are told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Draws {
    pub out: bool,
    pub talk: bool,
}

/// Why a command ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something failed.
    Failed(Box<Failure>),
    /// The configuration cannot be used.
    Rejected(Rejected),
    /// Nobody reads the output any more, which is no error: `status | head -1`.
    Gone,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<Rejected> for Stop {
    fn from(rejected: Rejected) -> Self {
        Self::Rejected(rejected)
    }
}

impl Console {
    /// Standard output and standard error.
    pub fn of_process() -> Self {
        let obeys = config::env::read("TERM").is_none_or(|name| name != "dumb");
        let draws =
            Draws { out: obeys && io::stdout().is_terminal(), talk: obeys && io::stderr().is_terminal() };
        Self { draws, ..Self::new(io::stdout(), io::stderr()) }
    }

    /// Any two writers.
    pub fn new(out: impl Write + Send + 'static, talk: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(out)), talk: Arc::new(Mutex::new(talk)), draws: Draws::default() }
    }

    /// Where text can be drawn anew in its place.
    pub(super) fn draws(&self) -> Draws {
        self.draws
    }

    /// Writes data as it is.
    pub(super) fn print(&self, text: &str) -> Result<(), Stop> {
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Stop::Gone,
            _ => Failure::new(Class::Disk, "cannot write to standard output").because(&error).into(),
        })
    }

    /// Writes a line of data.
    pub(super) fn line(&self, line: &str) -> Result<(), Stop> {
        self.print(&format!("{line}\n"))
    }

    /// Writes lines of data, at once.
    pub(super) fn lines(&self, lines: &[String]) -> Result<(), Stop> {
        if lines.is_empty() {
            return Ok(());
        }
        self.print(&(lines.join("\n") + "\n"))
    }

    /// Writes a value as JSON that people can read, too.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Stop> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::new(Class::Internal, "cannot write JSON").because(&error))?;
        self.line(&text)
    }

    /// Says a line. That nobody listens is no reason to stop.
    pub(super) fn talk(&self, line: &str) {
        self.talk_as_is(&format!("{line}\n"));
    }

    /// Says text as it is.
    pub(super) fn talk_as_is(&self, text: &str) {
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        let said = talk.write_all(text.as_bytes()).and_then(|()| talk.flush());
        drop(said);
    }

    /// Says what failed, why, and what to do next.
    pub(super) fn error(&self, failure: &Failure) {
        self.talk(&format!("error: {}", failure.line()));
        if let Some(hint) = &failure.hint {
            self.talk(&format!("  next: {hint}"));
        }
    }

    /// Says how a command ended, if it did not end well.
    pub(super) fn close(&self, ended: Result<Exit, Stop>) -> Exit {
        match ended {
            Ok(exit) => exit,
            Err(Stop::Gone) => Exit::Done,
            Err(Stop::Failed(failure)) => {
                self.error(&failure);
                Exit::of_class(failure.class)
            }
            Err(Stop::Rejected(rejected)) => {
                self.rejected(&rejected);
                Exit::Usage
            }
        }
    }

    /// Everything that is wrong with a configuration, one line each.
    fn rejected(&self, rejected: &Rejected) {
        for warning in &rejected.warnings {
            self.talk(&format!("warning: {warning}"));
        }
        let failure = Failure::from(Rejected { warnings: Vec::new(), ..rejected.clone() });
        self.talk(&format!("error: {}:", failure.what));
        for problem in &failure.causes {
            self.talk(&format!("  - {problem}"));
        }
        if let Some(hint) = &failure.hint {
            self.talk(&format!("  next: {hint}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Problem;

    /// A pipe whose other end is closed.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        fn text(&self) -> String {
            String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_left_is_no_error() {
        let talk = Paper::default();
        let console = Console::new(Closed, talk.clone());
        let ended = console.line("x").map(|()| Exit::SomethingToDo);
        assert_eq!(console.close(ended), Exit::Done);
        assert_eq!(talk.text(), "");
    }

    #[test]
    fn a_failure_says_what_why_and_what_next() {
        let (out, talk) = (Paper::default(), Paper::default());
        let console = Console::new(out.clone(), talk.clone());
        let failure = Failure::new(Class::Busy, "no").cause("busy").cause("really").hint("wait");
        assert_eq!(console.close(Err(failure.into())), Exit::Refused);
        assert_eq!(talk.text(), "error: no: busy: really\n  next: wait\n");
        assert_eq!(out.text(), "");
    }

    #[test]
    fn every_problem_of_a_configuration_has_its_line() {
        let talk = Paper::default();
        let console = Console::new(io::sink(), talk.clone());
        let problem = |key: &str| Problem {
            key: Some(key.into()),
            value: Some("7".into()),
            place: "flag --set".into(),
            reason: "bad".into(),
            accepted: None,
        };
        let problems = vec![problem("a.b"), problem("c.d")];
        let rejected = Rejected { problems, warnings: vec!["odd".into()] };
        assert_eq!(console.close(Err(rejected.into())), Exit::Usage);
        let text = talk.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..4],
            [
                "warning: odd",
                "error: the configuration has 2 problems:",
                "  - a.b = 7 (flag --set): bad",
                "  - c.d = 7 (flag --set): bad",
            ]
        );
        assert!(lines[4].starts_with("  next: "), "{text}");
    }
}
