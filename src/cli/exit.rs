//! Exit codes: one table, which scripts rely on.

use crate::model::{Class, Run, Verdict};
use crate::tui::Ending;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, or there was nothing to do.
    Done,
    /// Failed or aborted; the agent is untouched.
    Failed,
    /// The command line or the configuration is wrong.
    Usage,
    /// The update failed and was rolled back.
    RolledBack,
    /// The service cannot be reached.
    Unreachable,
    /// The caller may not do this.
    NotPermitted,
    /// Refused: held, a downgrade, outside the policy, busy.
    Refused,
    /// Neither version runs.
    Stuck,
    /// There is something to do; only where it was asked for.
    SomethingToDo,
    /// A signal ended it; the shell's number of it.
    Signal(u8),
}

impl Exit {
    /// The process's exit code.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::RolledBack => 3,
            Self::Unreachable => 4,
            Self::NotPermitted => 5,
            Self::Refused => 6,
            Self::Stuck => 7,
            Self::SomethingToDo => 10,
            Self::Signal(code) => code,
        }
    }

    /// The end of a command that failed.
    pub(super) fn of_class(class: Class) -> Self {
        match class {
            Class::Usage | Class::Config => Self::Usage,
            Class::Permission => Self::NotPermitted,
            Class::Refused | Class::Busy => Self::Refused,
            Class::Unreachable => Self::Unreachable,
            Class::Network
            | Class::Module
            | Class::Security
            | Class::Toolchain
            | Class::Build
            | Class::OutOfMemory
            | Class::Proof
            | Class::Disk
            | Class::Service
            | Class::Unhealthy
            | Class::Database
            | Class::Timeout
            | Class::Cancelled
            | Class::Internal => Self::Failed,
        }
    }

    /// The end of the dashboard.
    pub(super) fn of_ending(ending: Ending) -> Self {
        match ending {
            Ending::Detached => Self::Done,
            Ending::Told(signal) => Self::Signal(signal.code()),
        }
    }

    /// The end of a command that made a run.
    pub(super) fn of_run(run: &Run) -> Self {
        match run.verdict {
            Some(Verdict::Updated | Verdict::Staged) => Self::Done,
            Some(Verdict::RolledBack) => Self::RolledBack,
            Some(Verdict::Failed | Verdict::Aborted) | None => Self::Failed,
            Some(Verdict::Stuck) => Self::Stuck,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{By, RunKind, Timestamp};

    #[test]
    fn classes_have_their_codes() {
        for (class, code) in [
            (Class::Usage, 2),
            (Class::Config, 2),
            (Class::Network, 1),
            (Class::Module, 1),
            (Class::Security, 1),
            (Class::Toolchain, 1),
            (Class::Build, 1),
            (Class::OutOfMemory, 1),
            (Class::Proof, 1),
            (Class::Disk, 1),
            (Class::Service, 1),
            (Class::Unhealthy, 1),
            (Class::Database, 1),
            (Class::Permission, 5),
            (Class::Refused, 6),
            (Class::Busy, 6),
            (Class::Unreachable, 4),
            (Class::Timeout, 1),
            (Class::Cancelled, 1),
            (Class::Internal, 1),
        ] {
            assert_eq!(Exit::of_class(class).code(), code, "{class:?}");
        }
    }

    #[test]
    fn verdicts_have_their_codes() {
        let mut run = Run::new("x".into(), RunKind::Update, By::Uid(0), Timestamp::UNIX_EPOCH);
        for (verdict, code) in [
            (Some(Verdict::Updated), 0),
            (Some(Verdict::Staged), 0),
            (Some(Verdict::Failed), 1),
            (Some(Verdict::Aborted), 1),
            (Some(Verdict::RolledBack), 3),
            (Some(Verdict::Stuck), 7),
            (None, 1),
        ] {
            run.verdict = verdict;
            assert_eq!(Exit::of_run(&run).code(), code, "{verdict:?}");
        }
        assert_eq!([Exit::Unreachable.code(), Exit::SomethingToDo.code()], [4, 10]);
    }
}
