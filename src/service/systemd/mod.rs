//! systemd, spoken to through `systemctl`.
//!
//! **What happens between stop and start.** The agent is down from the moment its unit stops until it
//! has started, and a call of `systemctl` costs 5 to 20 ms. Therefore everything else is done while the
//! agent still runs: [`stop`](ServiceManager::stop) first reads the unit (for its control group) and
//! clears its failure and its count of starts (`reset-failed`), and only then stops it. The start that
//! follows finds nothing left to clear, so on the usual path there are one `systemctl stop` and one
//! `systemctl start`, and nothing between them. A start that no stop of ours preceded clears first, and
//! one that the limit on starts refuses all the same clears and tries once more.
//!
//! A failing call is never explained by its words, which differ between versions, but by the unit's
//! state afterwards; the words are shown.

mod cgroup;
mod definition;
mod escape;
mod name;
mod register;
mod show;
mod systemctl;
mod transient;
mod unit;
mod wait;

use std::path::Path;
use std::time::{Duration, Instant};

use crate::host::process::Captured;
use crate::host::{Attributes, atomic};
use crate::model::agent::Life;
use crate::model::plan::ServiceSpec;
use crate::model::{Class, Failure, Outcome, ServiceState};
use crate::ports::{Cancel, Definition, ServiceManager};

use name::unit_name;
use show::{PROPERTIES, Show};
use systemctl::{USUAL, refusal};
use wait::{Process, Waker};

pub use systemctl::Programs;
pub use transient::TransientRunner;

/// How long a start may take: more than the 90 s after which the manager gives up on an agent that does
/// not become ready, so that it is the manager who says so.
const START_LIMIT: Duration = Duration::from_secs(100);
/// How often a unit between two states is looked at.
const SOON: Duration = Duration::from_millis(250);
/// How often a unit without a process to watch is looked at.
const RARELY: Duration = Duration::from_secs(1);
/// A process has ended before its manager knows; how often the manager is asked until it does.
const CATCH_UP: Duration = Duration::from_millis(10);
/// How long a manager may take to notice.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(2);
/// A unit file is read by everybody.
const UNIT_MODE: u32 = 0o644;

/// The adapter. Needs root for everything but questions.
#[derive(Debug, Clone)]
pub struct Systemd {
    programs: Programs,
    /// The unit whose failures and starts have been cleared since it was last started.
    cleared: Option<String>,
    /// The unit that was looked at last, and the control group that its processes are in.
    looked_at: Option<(String, String)>,
}

impl Systemd {
    /// An adapter that runs `programs`.
    pub fn new(programs: Programs) -> Self {
        Self { programs, cleared: None, looked_at: None }
    }

    fn show(&self, unit: &str) -> Outcome<Show> {
        let property = format!("--property={PROPERTIES}");
        let args = ["show", property.as_str(), "--", unit];
        let captured = self.programs.ask(&args, |captured| Show::parse(&captured.text()).is_answer())?;
        Ok(Show::parse(&captured.text()))
    }

    /// Clears a recorded failure, the count of starts against their limit, and the count of restarts.
    /// Fails only for a unit that is not in memory, which has nothing to clear.
    fn reset_failed(&self, unit: &str) {
        let _ = self.programs.act(&["reset-failed", "--", unit], USUAL);
    }

    fn reload(&self) -> Outcome<()> {
        self.programs.must("systemd cannot read its units again", &["daemon-reload"])
    }

    /// What became of a start that did not succeed. `None`: it may be tried again.
    fn start_failure(&mut self, unit: &str, failure: Failure, again: bool) -> Outcome<Option<Failure>> {
        let show = self.show(unit)?;
        let state = show.state();
        if show.masked() {
            return Ok(Some(Failure { class: Class::Refused, ..failure }.hint(format!(
                "an administrator has masked it; `systemctl unmask {unit}` allows it to start again"
            ))));
        }
        if self.system_stopping() {
            return Ok(Some(Failure { class: Class::Cancelled, ..failure }.cause("the system is stopping")));
        }
        if again && show.result() == "start-limit-hit" {
            self.reset_failed(unit);
            return Ok(None);
        }
        let failure = state
            .ended
            .into_iter()
            .fold(failure, |failure, ended| failure.cause(format!("its process {ended}")));
        Ok(Some(failure.hint(format!("see `journalctl -u {unit} -n 50`"))))
    }

    fn wait_for_end_of_processes(&self, unit: &str, group: &str, deadline: Instant) -> Outcome<()> {
        cgroup::wait_until_empty(group, deadline).map_err(|pids| {
            let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
            Failure::new(Class::Timeout, format!("`{unit}` has stopped but left processes running"))
                .cause(format!("process {}", pids.join(", ")))
                .hint(format!("see `systemd-cgls -u {unit}`; `KillMode=mixed` in the unit ends them with it"))
        })
    }

    /// The state once the manager has noticed that the process seen has ended.
    fn after_end(&self, unit: &str, seen: &ServiceState) -> Outcome<ServiceState> {
        let deadline = Instant::now() + CATCH_UP_LIMIT;
        loop {
            let state = self.show(unit)?.state();
            if state != *seen || Instant::now() >= deadline {
                return Ok(state);
            }
            std::thread::sleep(CATCH_UP);
        }
    }

    /// Removes a unit: not started at boot any more, its file gone, forgotten by the manager.
    fn remove(&self, unit: &str, path: &Path) -> Outcome<()> {
        if definition::read(path)?.is_none() && self.show(unit)?.unknown() {
            return Ok(());
        }
        // Reads its links from the unit's file: before that is gone. Without a file there is nothing to
        // disable. One reload at the end is enough for both.
        let _ = self.programs.act(&["disable", "--no-reload", "--", unit], USUAL)?;
        atomic::remove(path)?;
        self.reload()
    }

    fn is_word_of_manager(captured: &Captured) -> bool {
        let words = ["initializing", "starting", "running", "degraded", "maintenance", "stopping"];
        words.contains(&captured.text().trim())
    }
}

impl ServiceManager for Systemd {
    fn name(&self) -> &'static str {
        crate::service::Kind::Systemd.name()
    }

    fn state(&mut self, service: &str) -> Outcome<ServiceState> {
        let unit = unit_name(service)?;
        let show = self.show(&unit)?;
        self.looked_at = show.control_group().map(|group| (unit, group.to_owned()));
        Ok(show.state())
    }

    fn start(&mut self, service: &str) -> Outcome<()> {
        let unit = unit_name(service)?;
        if self.cleared.take().as_ref() != Some(&unit) {
            self.reset_failed(&unit);
        }
        let what = format!("cannot start `{unit}`");
        let mut again = true;
        loop {
            let failure = match self.programs.act(&["start", "--", &unit], START_LIMIT) {
                Ok(captured) if captured.exit.success() => return Ok(()),
                Ok(captured) => refusal(Class::Service, &what, &captured),
                Err(failure) if self.show(&unit)?.state().is_running() => {
                    // The answer was lost, not the start.
                    drop(failure);
                    return Ok(());
                }
                Err(failure) => failure.context(&what),
            };
            if let Some(failure) = self.start_failure(&unit, failure, again)? {
                return Err(failure);
            }
            again = false;
        }
    }

    fn stop(&mut self, service: &str, deadline: Duration) -> Outcome<()> {
        let unit = unit_name(service)?;
        let until = Instant::now() + deadline;
        // A unit that is there stays in its control group as long as its definition is the same.
        let group = match self.looked_at.take().filter(|(looked_at, _)| *looked_at == unit) {
            Some((_, group)) => Some(group),
            None => {
                let show = self.show(&unit)?;
                if show.state().life == Life::Absent {
                    return Ok(());
                }
                show.control_group().map(str::to_owned)
            }
        };
        self.reset_failed(&unit);
        let what = format!("cannot stop `{unit}`");
        // Also when it is stopped already: a start may be waiting in the manager's queue.
        match self.programs.act(&["stop", "--", &unit], until.saturating_duration_since(Instant::now())) {
            Ok(captured) if captured.exit.success() => {}
            other => {
                let failure = match other {
                    Ok(captured) => refusal(Class::Service, &what, &captured),
                    Err(failure) => failure.context(&what),
                };
                if matches!(self.show(&unit)?.state().life, Life::Running | Life::Changing) {
                    return Err(failure.hint(format!("see `systemctl status {unit}`")));
                }
            }
        }
        self.cleared = Some(unit.clone());
        match group {
            Some(group) => self.wait_for_end_of_processes(&unit, &group, until),
            None => Ok(()),
        }
    }

    fn wait_change(
        &mut self,
        service: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState> {
        let unit = unit_name(service)?;
        let deadline = Instant::now() + timeout;
        let waker = Waker::new(cancel)?;
        loop {
            // Watched first, looked at then: whatever happens in between is seen by one of the two, and a
            // process that got the number of an ended one shows as a change.
            let process = seen.pid.and_then(Process::watch);
            let state = self.show(&unit)?.state();
            let left = deadline.saturating_duration_since(Instant::now());
            if state != *seen || left.is_zero() || cancel.requested() {
                return Ok(state);
            }
            let limit = match (state.life, &process) {
                (Life::Running, Some(_)) => left,
                (Life::Changing, _) => SOON.min(left),
                _ => RARELY.min(left),
            };
            if waker.wait(process.as_ref(), limit) {
                return self.after_end(&unit, seen);
            }
        }
    }

    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition> {
        let unit = unit_name(&spec.service)?;
        definition::compare(&unit, spec, &self.show(&unit)?)
    }

    fn define(&mut self, service: &str, path: &Path, text: Option<&str>) -> Outcome<()> {
        let unit = unit_name(service)?;
        self.looked_at = None;
        let Some(text) = text else { return self.remove(&unit, path) };
        let before = definition::read(path)?;
        let enable = if before.as_deref() == Some(text) {
            // Perhaps the second attempt, after a crash between the writing and what follows it. A unit
            // that does not start at boot and never ran is one that had just been created.
            let show = self.show(&unit)?;
            let created = show.unknown() || (show.disabled() && !show.was_active());
            if !created && !show.needs_reload() {
                return Ok(());
            }
            created
        } else {
            atomic::write(path, text.as_bytes(), &Attributes::with_mode(UNIT_MODE))?;
            before.is_none()
        };
        if enable {
            // Makes the manager read its units, too.
            self.programs.must(&format!("cannot enable `{unit}`"), &["enable", "--", &unit])
        } else {
            self.reload()
        }
    }

    fn self_register(&mut self, spec: &ServiceSpec) -> Outcome<()> {
        let unit = unit_name(&spec.service)?;
        register::register(&self.programs, spec)?;
        self.reload()?;
        if self.show(&unit)?.unknown() {
            let what = format!("the agent has registered itself, but systemd knows no `{unit}`");
            return Err(Failure::new(Class::Service, what)
                .hint("check `agent.install_args` and `agent.service_name`"));
        }
        Ok(())
    }

    /// Asked at the moment of our own SIGTERM the answer is right: the shutdown is in the manager's queue
    /// before any unit is told to stop. A manager that does not answer counts as not stopping.
    fn system_stopping(&mut self) -> bool {
        let answer = self.programs.ask(&["is-system-running"], Self::is_word_of_manager);
        answer.is_ok_and(|captured| captured.text().trim() == "stopping")
    }
}
