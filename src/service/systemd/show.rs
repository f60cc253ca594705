//! What `systemctl show` prints, read into the words of the domain. Pure.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::host::text;
use crate::model::agent::Life;
use crate::model::{ServiceState, Timestamp};

/// What is asked for, in one call.
pub(super) const PROPERTIES: &str = "LoadState,ActiveState,SubState,Result,MainPID,NRestarts,InvocationID,\
    ExecMainCode,ExecMainStatus,UnitFileState,ActiveEnterTimestampMonotonic,ActiveExitTimestampMonotonic,\
    StateChangeTimestamp,ControlGroup,FragmentPath,NeedDaemonReload,ExecStart";

/// Programs that run another one: what they run cannot be told from the definition.
const WRAPPERS: [&str; 12] = [
    "sh", "bash", "dash", "busybox", "env", "nice", "ionice", "chrt", "taskset", "setpriv", "numactl",
    "prlimit",
];

/// The properties of one unit. One that was not printed is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Show(BTreeMap<String, String>);

impl Show {
    /// Reads lines of `Name=value`; anything else is skipped. Of a property printed more than once
    /// (commands) the first counts.
    pub(super) fn parse(output: &str) -> Self {
        let mut properties = BTreeMap::new();
        for (name, value) in output.lines().filter_map(|line| line.split_once('=')) {
            properties.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
        Self(properties)
    }

    /// Whether this is an answer at all: every unit, known or not, has this property.
    pub(super) fn is_answer(&self) -> bool {
        !self.get("LoadState").is_empty()
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn number<T: std::str::FromStr + Default>(&self, name: &str) -> T {
        self.get(name).parse().unwrap_or_default()
    }

    /// The unit as the engine sees it.
    pub(super) fn state(&self) -> ServiceState {
        ServiceState {
            life: self.life(),
            masked: self.masked(),
            // Anything else (static, linked, generated, disabled) starts at boot only because of others.
            enabled: self.get("UnitFileState").starts_with("enabled"),
            pid: Some(self.number("MainPID")).filter(|pid| *pid != 0),
            since: timestamp(self.get("StateChangeTimestamp")),
            restarts: self.number("NRestarts"),
            result: text::clean(self.get("Result")),
            invocation: text::clean(self.get("InvocationID")),
            ended: self.ended(),
            active_enter_us: self.number("ActiveEnterTimestampMonotonic"),
            active_exit_us: self.number("ActiveExitTimestampMonotonic"),
        }
    }

    fn life(&self) -> Life {
        match (self.get("ActiveState"), self.get("SubState")) {
            // A unit that stays active after its process ended (RemainAfterExit=).
            ("active", "exited") => Life::Stopped,
            ("active" | "reloading" | "refreshing", _) => Life::Running,
            ("activating" | "deactivating", _) => Life::Changing,
            ("failed", _) => Life::Failed,
            // Its file may be gone while it still runs: only an idle unit without a file is absent.
            _ if self.unknown() => Life::Absent,
            _ => Life::Stopped,
        }
    }

    fn ended(&self) -> Option<String> {
        let status: i32 = self.number("ExecMainStatus");
        // The values of CLD_EXITED, CLD_KILLED and CLD_DUMPED; 0 while it runs.
        match self.get("ExecMainCode") {
            "1" => Some(format!("exited with {status}")),
            "2" => Some(format!("killed by signal {status}")),
            "3" => Some(format!("killed by signal {status}, memory image written")),
            _ => None,
        }
    }

    /// No file defines the unit.
    pub(super) fn unknown(&self) -> bool {
        self.get("LoadState") == "not-found"
    }

    /// An administrator forbade starting it.
    pub(super) fn masked(&self) -> bool {
        self.get("LoadState") == "masked"
    }

    /// It is known and does not start at boot by itself.
    pub(super) fn disabled(&self) -> bool {
        self.get("UnitFileState") == "disabled"
    }

    /// It was active at some time since boot, as far as the manager remembers.
    pub(super) fn was_active(&self) -> bool {
        self.number::<u64>("ActiveEnterTimestampMonotonic") != 0
    }

    /// The manager has read another text than the files say now.
    pub(super) fn needs_reload(&self) -> bool {
        self.get("NeedDaemonReload") == "yes"
    }

    /// Its control group, from the root of the hierarchy; `None`: it has no processes.
    pub(super) fn control_group(&self) -> Option<&str> {
        Some(self.get("ControlGroup")).filter(|group| !group.is_empty())
    }

    /// The file that defines it.
    pub(super) fn fragment(&self) -> Option<PathBuf> {
        Some(self.get("FragmentPath")).filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// The binary of its first start command; `None` when there is none, or when it is a program that
    /// only runs another one.
    pub(super) fn runs(&self) -> Option<PathBuf> {
        let command = self.get("ExecStart").trim_start_matches('{').trim_start();
        let (path, _) = command.strip_prefix("path=")?.split_once(" ; argv[]=")?;
        let path = PathBuf::from(path);
        let wrapper =
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| WRAPPERS.contains(&name));
        (path.is_absolute() && !wrapper).then_some(path)
    }

    /// The manager's word for how it ended: `success`, `exit-code`, `signal`, `oom-kill`, …
    pub(super) fn result(&self) -> &str {
        self.get("Result")
    }

    /// How its main process ended: code, or signal.
    pub(super) fn main_exit(&self) -> (Option<i32>, Option<i32>) {
        let status = self.get("ExecMainStatus").parse().ok();
        match self.get("ExecMainCode") {
            "1" => (status, None),
            "2" | "3" => (None, status),
            _ => (None, None),
        }
    }
}

/// `Tue 2026-11-24 04:08:50 UTC`, the form for TZ=UTC of every version; empty or `n/a`: never.
fn timestamp(text: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%a %Y-%m-%d %H:%M:%S UTC", text).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests;
