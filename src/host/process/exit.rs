//! How a child ended.

use std::time::Duration;

use super::Command;
use crate::model::{Class, Failure, Outcome};

/// In which way a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// By this signal, which did not come from us.
    Signal(i32),
}

/// How a child ended. One that we ended is a failure of [`super::run`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// In which way.
    pub ended: Ended,
    /// It, or a part of its tree, was most likely killed because memory ran out: it got a SIGKILL that
    /// we did not send, or it failed while the kernel's count of such killings rose.
    pub out_of_memory: bool,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Exit {
    /// Whether it ended by itself with code 0.
    pub fn success(&self) -> bool {
        self.ended == Ended::Code(0)
    }

    /// Turns anything but success into a failure that names the command.
    ///
    /// # Errors
    /// `OutOfMemory` when memory ran out, `class` otherwise.
    pub fn check(&self, command: &Command, class: Class) -> Outcome<()> {
        if self.success() {
            return Ok(());
        }
        let class = if self.out_of_memory { Class::OutOfMemory } else { class };
        let how = match self.ended {
            Ended::Code(code) => format!("exit code {code}"),
            Ended::Signal(signal) => format!("killed by {}", signal_name(signal)),
        };
        let failure = Failure::new(class, format!("`{}` failed", command.line())).cause(how);
        Err(if self.out_of_memory {
            failure.cause("memory ran out").hint("give the machine more memory or swap, or lower build.jobs")
        } else {
            failure
        })
    }
}

/// The usual name of a signal that ends programs, else its number.
fn signal_name(signal: i32) -> String {
    let name = match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_zero_is_success_and_memory_outranks_the_class() {
        let command = Command::new("/bin/go").arg("install");
        for (ended, out_of_memory, class, text) in [
            (Ended::Code(2), false, Class::Build, "`/bin/go install` failed: exit code 2"),
            (Ended::Signal(11), false, Class::Build, "`/bin/go install` failed: killed by SIGSEGV"),
            (Ended::Signal(40), false, Class::Build, "`/bin/go install` failed: killed by signal 40"),
            (
                Ended::Signal(9),
                true,
                Class::OutOfMemory,
                "`/bin/go install` failed: killed by SIGKILL: memory ran out",
            ),
        ] {
            let exit = Exit { ended, out_of_memory, elapsed: Duration::ZERO };
            let failure = exit.check(&command, Class::Build).expect_err("failed");
            assert_eq!((failure.class, failure.line().as_str()), (class, text));
        }
        let exit = Exit { ended: Ended::Code(0), out_of_memory: false, elapsed: Duration::ZERO };
        exit.check(&command, Class::Build).expect("success");
    }
}
