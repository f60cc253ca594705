//! Steering, judged by what is going on at that very moment: under the lock through which events pass.

use super::super::orders::{Answer, Order, Request};
use super::{Hub, Inner};
use crate::control::protocol::{Begun, CancelEffect, Cancelled};
use crate::engine::{Interrupt, Wish};
use crate::model::event::Level;
use crate::model::status::State;
use crate::model::{Class, EventKind, Failure, Outcome, Run, RunKind, StepId, Verdict};

impl Hub {
    /// Gives the engine a request, unless it has work.
    ///
    /// # Errors
    /// `Busy` naming the run.
    pub(in crate::daemon) fn ask(&self, request: Request) -> Outcome<()> {
        let inner = self.lock();
        match inner.busy() {
            Some(why) => Err(why),
            None if inner.ended => Err(ending()),
            None => {
                // Under the lock: a run that begins now finds it waiting, and answers it.
                self.orders.send(Order::Wish(request));
                Ok(())
            }
        }
    }

    /// The engine takes a request for a run up: `answer` is told as soon as the run has begun.
    pub(in crate::daemon) fn prepare(&self, answer: Answer<Begun>) {
        self.lock().preparing = Some(Some(answer));
    }

    /// The engine is done with it; the way to whoever has not been answered.
    pub(in crate::daemon) fn prepared(&self) -> Option<Answer<Begun>> {
        let mut inner = self.lock();
        inner.promised = None;
        inner.preparing.take().flatten()
    }

    /// Standing orders wait for no run, but for what an interrupted one needs.
    ///
    /// # Errors
    /// `Busy`.
    pub(in crate::daemon) fn not_recovering(&self) -> Outcome<()> {
        let inner = self.lock();
        match inner.view.status.updater.state {
            State::Recovering => Err(inner.busy().unwrap_or_else(|| recovering(None))),
            _ => Ok(()),
        }
    }

    /// Aborts what is under way, or has it taken back.
    ///
    /// # Errors
    /// `Refused` where neither is possible, `Busy` while an interrupted run is taken up.
    pub(in crate::daemon) fn cancel(&self, interrupt: &Interrupt) -> Outcome<Cancelled> {
        let mut inner = self.lock();
        let (effect, run) = inner.cancel()?;
        // Under the lock: the run cannot have ended before it is asked, nor another one have begun.
        let text = match (effect, &run) {
            (CancelEffect::Nothing, _) => {
                let text = "no run is under way: there is nothing to cancel".into();
                return Ok(Cancelled { effect, run, text });
            }
            (CancelEffect::Aborts, Some(run)) => {
                format!("run {run} is aborted; the agent is not touched")
            }
            (CancelEffect::Aborts, None) => "what was asked for is aborted before a run begins".into(),
            (CancelEffect::RollsBack, run) => {
                let run = run.as_deref().unwrap_or("?");
                format!("run {run} is taken back: the version before comes back now")
            }
        };
        inner.promised = Some(effect);
        interrupt.ask(Wish::Abort);
        Ok(Cancelled { effect, run, text })
    }
}

impl Inner {
    /// The run under way. What somebody else changed is only told as one.
    fn run(&self) -> Option<&Run> {
        self.view.status.run.as_ref().filter(|run| run.kind != RunKind::External)
    }

    /// Why the engine takes no request now.
    pub(super) fn busy(&self) -> Option<Failure> {
        let run = self.run();
        if self.view.status.updater.state == State::Recovering {
            return Some(recovering(run));
        }
        let run = run?;
        let to = run.to.as_deref().unwrap_or("nothing");
        Some(
            Failure::new(Class::Busy, format!("run {} to {to} is under way", run.id)).hint(
                "wait for its end (`sentinel-updater status`), or end it with `sentinel-updater cancel`",
            ),
        )
    }

    /// What a cancel can promise now, and about which run.
    fn cancel(&self) -> Outcome<(CancelEffect, Option<String>)> {
        let state = self.view.status.updater.state;
        let Some(run) = self.run() else {
            return match (state, &self.preparing) {
                (State::Recovering, _) => Err(recovering(None)),
                (_, Some(Some(_))) => Ok((CancelEffect::Aborts, None)),
                _ => Ok((CancelEffect::Nothing, None)),
            };
        };
        let refused = |why: &str| Err(Failure::new(Class::Refused, format!("run {} {why}", run.id)));
        match state {
            State::Recovering => Err(recovering(Some(run))),
            State::Switching => refused(
                "is between stopping and starting the agent, where going on is the fastest way to a running agent",
            )
            .map_err(|failure: Failure| failure.hint("cancel again when the new version is being watched")),
            State::RollingBack => {
                refused("is being taken back already").map_err(|failure: Failure| failure.hint("wait for its end"))
            }
            State::Verifying if run.step == Some(StepId::Commit) => refused("has succeeded and is being recorded")
                .map_err(|failure: Failure| failure.hint("`sentinel-updater rollback` goes back to the version before")),
            State::Verifying => Ok((CancelEffect::RollsBack, Some(run.id.clone()))),
            _ => Ok((CancelEffect::Aborts, Some(run.id.clone()))),
        }
    }

    /// What there is to say about an event: that a promise is not kept as it was given. The engine may have
    /// passed its safe point in the very moment.
    pub(super) fn remark(&mut self, kind: &EventKind) -> Option<EventKind> {
        let text = match (kind, self.promised) {
            (EventKind::StateChanged { state: State::Switching }, Some(CancelEffect::Aborts)) => {
                self.promised = Some(CancelEffect::RollsBack);
                "the abort came in the moment in which the agent was stopped: the run goes on until the new version runs, and is taken back then".to_owned()
            }
            (EventKind::RunEnded { run }, Some(_)) => {
                self.promised = None;
                match run.verdict {
                    Some(Verdict::Updated | Verdict::Staged) => {
                        format!("run {} was at its end when it was cancelled: it stays as it is", run.id)
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(EventKind::Note { level: Level::Warn, text })
    }
}

/// The engine takes no requests any more.
pub(super) fn ending() -> Failure {
    Failure::new(Class::Unreachable, "the service is ending").hint("ask again when it runs")
}

fn recovering(run: Option<&Run>) -> Failure {
    let which =
        run.map_or_else(|| "an interrupted run".to_owned(), |run| format!("the interrupted run {}", run.id));
    Failure::new(Class::Busy, format!("{which} is being taken up"))
        .hint("wait until it is over: `sentinel-updater status` shows it")
}
