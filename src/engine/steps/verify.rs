//! Watch the agent run.

use std::time::Duration;

use crate::model::agent::Life;
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome, Plan, ServiceState};

use super::super::context::Context;
use super::super::interrupt::Wish;
use super::Applied;

/// How often the configured probes are asked.
const PROBE_PERIOD: Duration = Duration::from_secs(1);
/// How long a state between two states may last before it is a failure.
const CHANGING: Duration = Duration::from_secs(90);
/// How long the service may be stopped: an operator's restart passes through that in an instant.
const STOPPED: Duration = Duration::from_secs(3);

/// Watches the new version for the whole window.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    if !cx.plan.run_after {
        return Ok(Applied::skipped("the agent is stopped on purpose"));
    }
    let sha256 = cx.plan.new_kept.as_ref().map(|kept| kept.sha256.clone()).unwrap_or_default();
    let window = cx.plan.health.window;
    let probes = cx.plan.probes_passed_before;
    Watch { sha256, window, probes, back: false }.run(cx)?;
    Ok(Applied::done(format!("ran for {} s", window.as_secs_f32())))
}

/// The window, restarts of it, and a margin.
pub fn limit(plan: &Plan) -> Duration {
    plan.health.window * 4 + Duration::from_secs(300)
}

/// One watch over the agent.
pub struct Watch {
    /// Content of the binary that must run.
    pub sha256: String,
    /// How long it must run.
    pub window: Duration,
    /// Whether the configured probes count.
    pub probes: bool,
    /// The old version is being watched after a rollback: an abort is not listened to.
    pub back: bool,
}

impl Watch {
    /// Blocks for the window. An operator's restart begins it anew.
    ///
    /// # Errors
    /// `Unhealthy` when the agent does not keep running or its probes fail; `Cancelled` when no
    /// verdict can be given: the updater exits, or the system goes down.
    pub fn run(&self, cx: &mut Context) -> Outcome<()> {
        let service = cx.plan.place.service.clone();
        // What has changed since the start looked is seen by the first wait.
        let mut seen = match cx.seen.take().filter(ServiceState::is_running) {
            Some(seen) => seen,
            None => self.settled(cx, cx.world.clock.elapsed())?,
        };
        'window: loop {
            let began = cx.world.clock.elapsed();
            cx.survived = Duration::ZERO;
            self.identify(cx, &seen)?;
            let mut probe = Probe::default();
            loop {
                let ran = cx.world.clock.elapsed().saturating_sub(began);
                cx.survived = ran;
                self.listen(cx)?;
                probe.ask(self, cx);
                let left = self.window.saturating_sub(ran);
                cx.progress("verify", ran.as_secs(), self.window.as_secs(), None);
                if left.is_zero() {
                    cx.seen = Some(seen);
                    return probe.verdict();
                }
                let pause = if self.probes_configured(cx) { left.min(PROBE_PERIOD) } else { left };
                let cancel = cx.interrupt.cancel().clone();
                let now = cx.world.services.wait_change(&service, &seen, pause, &cancel)?;
                cx.survived = cx.world.clock.elapsed().saturating_sub(began);
                match judge(&seen, &now) {
                    Change::Same => {}
                    Change::Failed(how) => return Err(self.failed(cx, &how)),
                    Change::Restarted | Change::Unsettled => {
                        let settled = self.settled(cx, cx.world.clock.elapsed())?;
                        if let Change::Failed(how) = judge(&seen, &settled) {
                            return Err(self.failed(cx, &how));
                        }
                        cx.note(
                            Level::Info,
                            "the agent was restarted by an operator: its time of proof begins anew",
                        );
                        seen = settled;
                        continue 'window;
                    }
                }
                seen = now;
            }
        }
    }

    /// Waits until the service runs.
    fn settled(&self, cx: &mut Context, since: Duration) -> Outcome<ServiceState> {
        let service = cx.plan.place.service.clone();
        let mut state = cx.world.services.state(&service)?;
        while !state.is_running() {
            let waited = cx.world.clock.elapsed().saturating_sub(since);
            let patience = if state.life == Life::Changing { CHANGING } else { STOPPED };
            if state.is_failing() || waited >= patience {
                return Err(self.failed(cx, &describe(&state)));
            }
            self.listen(cx)?;
            let cancel = cx.interrupt.cancel().clone();
            state =
                cx.world.services.wait_change(&service, &state, patience.saturating_sub(waited), &cancel)?;
        }
        Ok(state)
    }

    /// The process must have been started from the file that was put in place.
    fn identify(&self, cx: &mut Context, state: &ServiceState) -> Outcome<()> {
        let Some(pid) = state.pid else { return Ok(()) };
        match cx.world.prober.runs_file(pid, &cx.plan.place.binary, &self.sha256) {
            Err(failure) if failure.class == Class::Permission => {
                cx.note(
                    Level::Warn,
                    format!("which file process {pid} runs cannot be told: {}", failure.line()),
                );
                Ok(())
            }
            other => other,
        }
    }

    /// Whether somebody wants something else.
    fn listen(&self, cx: &Context) -> Outcome<()> {
        match cx.interrupt.wish() {
            Some(Wish::Exit) => Err(no_verdict("the updater is to exit")),
            Some(Wish::Abort) if self.back => {
                // It is served already; left standing it would end every wait at once.
                cx.interrupt.run_over();
                Ok(())
            }
            Some(Wish::Abort) => Err(Failure::new(
                Class::Unhealthy,
                "the run was cancelled while the new version was being watched",
            )),
            None => Ok(()),
        }
    }

    /// While the system goes down everything ends: nobody is to blame.
    fn failed(&self, cx: &mut Context, how: &str) -> Failure {
        if cx.world.services.system_stopping() {
            return no_verdict("the system is going down");
        }
        Failure::new(
            Class::Unhealthy,
            format!("the agent did not keep running: {how} after {:.1} s", cx.survived.as_secs_f32()),
        )
        .hint("`sentinel-updater logs agent` shows its last words")
    }

    fn probes_configured(&self, cx: &Context) -> bool {
        self.probes && (cx.plan.health.http.is_some() || !cx.plan.health.command.is_empty())
    }
}

/// The last answers of the configured probes. One that fails early is a slow start; the last one
/// counts.
#[derive(Default)]
struct Probe {
    failed: Option<Failure>,
}

impl Probe {
    fn ask(&mut self, watch: &Watch, cx: &mut Context) {
        if watch.probes_configured(cx) {
            self.failed = cx.world.prober.probe(&cx.plan.health).err();
        }
    }

    fn verdict(self) -> Outcome<()> {
        self.failed.map_or(Ok(()), |failure| Err(failure.context("the agent runs but its probe fails")))
    }
}

/// What a new state means.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::engine) enum Change {
    Same,
    Restarted,
    Unsettled,
    Failed(String),
}

/// Compares two states. The restart counter and the result tell a crash from an operator's restart,
/// which changes neither.
pub(in crate::engine) fn judge(before: &ServiceState, now: &ServiceState) -> Change {
    let crashed = now.restarts > before.restarts || now.is_failing();
    match now.life {
        _ if crashed => Change::Failed(describe(now)),
        Life::Running if now.invocation == before.invocation && now.pid == before.pid => Change::Same,
        Life::Running => Change::Restarted,
        Life::Changing | Life::Stopped => Change::Unsettled,
        Life::Failed | Life::Absent => Change::Failed(describe(now)),
    }
}

/// A state in words.
fn describe(state: &ServiceState) -> String {
    let how = state.ended.clone().unwrap_or_else(|| match state.life {
        Life::Absent => "the service is gone".into(),
        Life::Stopped => "it stopped".into(),
        _ => format!("result {}", if state.result.is_empty() { "unknown" } else { &state.result }),
    });
    match state.restarts {
        0 => how,
        n => format!("{how}, restarted {n} times"),
    }
}

fn no_verdict(why: &str) -> Failure {
    Failure::new(Class::Cancelled, format!("no verdict: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(invocation: &str, pid: u32, restarts: u32) -> ServiceState {
        ServiceState {
            life: Life::Running,
            pid: Some(pid),
            invocation: invocation.into(),
            restarts,
            result: "success".into(),
            ..ServiceState::default()
        }
    }

    #[test]
    fn tells_crashes_from_restarts() {
        let before = running("a", 1, 0);
        assert_eq!(judge(&before, &before), Change::Same);
        assert_eq!(judge(&before, &running("b", 2, 0)), Change::Restarted);
        assert!(matches!(judge(&before, &running("b", 2, 1)), Change::Failed(_)));
        let waiting = ServiceState { life: Life::Changing, result: "exit-code".into(), ..running("a", 1, 0) };
        assert!(matches!(judge(&before, &waiting), Change::Failed(_)));
        let stopping = ServiceState { life: Life::Changing, ..running("a", 1, 0) };
        assert_eq!(judge(&before, &stopping), Change::Unsettled);
        let gone = ServiceState { life: Life::Absent, ..running("a", 1, 0) };
        assert!(matches!(judge(&before, &gone), Change::Failed(_)));
    }
}
