//! One run of the service among everything that the service tells.

use crate::control::protocol::Subscribe;
use crate::control::{Notice, protocol::Subscribed};
use crate::model::status::State;
use crate::model::view::Folded;
use crate::model::{Event, EventKind, Run, View};

/// A run that is followed, by the events of its service.
#[derive(Debug)]
pub(super) struct Course {
    id: String,
    epoch: String,
    view: View,
    /// What we knew came to an end, and the run has not been seen since.
    doubt: bool,
}

/// What a notice is to the one who follows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing.
    Nothing,
    /// An event of the run.
    Event(Box<Event>),
    /// The run has ended. The event that said so; none: it was missed.
    Ended(Box<Run>, Option<Box<Event>>),
    /// So many events did not reach us.
    Missed(u64),
    /// The service knows nothing of the run that it has under way or that ended last: its memory may.
    Unknown,
}

impl Course {
    /// The run `id`, from a subscription that was made before it began.
    pub(super) fn new(id: String, subscribed: Subscribed) -> Self {
        Self { id, epoch: subscribed.epoch, view: subscribed.view.unwrap_or_default(), doubt: false }
    }

    /// Its id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What is known.
    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// Where we are, for another subscription.
    pub(super) fn position(&self) -> Subscribe {
        Subscribe { epoch: Some(self.epoch.clone()), from: self.view.seq }
    }

    /// The connection was made again.
    pub(super) fn resume(&mut self, subscribed: Subscribed) -> Seen {
        self.epoch = subscribed.epoch;
        match subscribed.view {
            // What was missed follows.
            None => Seen::Nothing,
            Some(view) => self.replace(view),
        }
    }

    /// Takes a notice in.
    pub(super) fn take(&mut self, notice: Notice) -> Seen {
        match notice {
            Notice::Event(event) => self.event(event),
            Notice::Dropped(dropped) => Seen::Missed(dropped.count),
            Notice::Resync(view) => self.replace(*view),
            Notice::Log(_) => Seen::Nothing,
        }
    }

    fn event(&mut self, event: Box<Event>) -> Seen {
        if self.view.apply(&event) == Folded::Known {
            return Seen::Nothing;
        }
        match &event.kind {
            EventKind::RunEnded { run } if run.id == self.id => {
                Seen::Ended(Box::new(run.clone()), Some(event))
            }
            _ if self.is_under_way() => {
                self.doubt = false;
                Seen::Event(event)
            }
            // It is done with whatever it had to do, and our run was not it.
            EventKind::StateChanged { state: State::Idle | State::Checking | State::Stuck } if self.doubt => {
                Seen::Unknown
            }
            _ => Seen::Nothing,
        }
    }

    fn replace(&mut self, view: View) -> Seen {
        self.view = view;
        if let Some(run) = self.view.status.last_run.as_ref().filter(|run| run.id == self.id) {
            return Seen::Ended(Box::new(run.clone()), None);
        }
        self.doubt = !self.is_under_way();
        if self.doubt { Seen::Unknown } else { Seen::Nothing }
    }

    /// Whether the service is at it.
    pub(super) fn is_under_way(&self) -> bool {
        self.view.status.run.as_ref().is_some_and(|run| run.id == self.id)
    }

    /// Whether the service may still take the run up: it has just been started.
    pub(super) fn may_come(&self) -> bool {
        matches!(self.view.status.updater.state, State::Off | State::Recovering)
            || self.view.status.run.is_some()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::control::protocol::Dropped;
    use crate::model::{By, RunKind, Status, StepId, Timestamp, Verdict};

    fn run(id: &str) -> Run {
        Run::new(id.into(), RunKind::Update, By::Uid(0), Timestamp::UNIX_EPOCH)
    }

    fn event(seq: u64, kind: EventKind) -> Notice {
        Notice::Event(Box::new(Event { seq, at: Timestamp::UNIX_EPOCH, kind }))
    }

    fn begun() -> Course {
        let view = View::new(Status::default(), 4);
        Course::new("ours".into(), Subscribed { epoch: "e1".into(), view: Some(view) })
    }

    fn state(state: State) -> EventKind {
        EventKind::StateChanged { state }
    }

    #[test]
    fn only_the_events_of_the_run_are_seen_and_each_once() {
        let mut course = begun();
        let step = EventKind::StepStarted { step: StepId::Build };
        let other = event(5, EventKind::RunStarted { run: run("other") });
        assert_eq!(course.take(other), Seen::Nothing);
        assert_eq!(course.take(event(6, state(State::Idle))), Seen::Nothing, "it has not begun yet");
        assert_eq!(course.take(event(7, EventKind::RunEnded { run: run("other") })), Seen::Nothing);
        assert!(matches!(course.take(event(8, EventKind::RunStarted { run: run("ours") })), Seen::Event(_)));
        assert!(matches!(course.take(event(9, step.clone())), Seen::Event(_)));
        assert_eq!(course.take(event(9, step)), Seen::Nothing);
        assert_eq!(course.take(Notice::Dropped(Dropped { count: 3 })), Seen::Missed(3));
        let position = Subscribe { epoch: Some("e1".into()), from: 9 };
        assert_eq!(course.position(), position);
        let mut done = run("ours");
        done.verdict = Some(Verdict::Updated);
        let Seen::Ended(ended, Some(last)) =
            course.take(event(13, EventKind::RunEnded { run: done.clone() }))
        else {
            panic!("it has ended");
        };
        assert_eq!((ended.as_ref(), last.seq), (&done, 13));
    }

    #[test]
    fn a_view_after_a_gap_tells_where_the_run_is() {
        let view = |change: &dyn Fn(&mut Status)| {
            let mut status = Status::default();
            change(&mut status);
            Subscribed { epoch: "e2".into(), view: Some(View::new(status, 2)) }
        };
        let mut course = begun();
        let same = Subscribed { epoch: "e1".into(), view: None };
        assert_eq!(course.resume(same), Seen::Nothing);
        assert_eq!(course.resume(view(&|status| status.run = Some(run("ours")))), Seen::Nothing);
        assert!(course.is_under_way());
        let ended = course.resume(view(&|status| status.last_run = Some(run("ours"))));
        assert_eq!(ended, Seen::Ended(Box::new(run("ours")), None));

        let mut course = begun();
        assert_eq!(course.resume(view(&|status| status.updater.state = State::Recovering)), Seen::Unknown);
        assert!(course.may_come());
        assert_eq!(course.take(event(3, state(State::Building))), Seen::Nothing);
        assert_eq!(course.take(event(4, state(State::Idle))), Seen::Unknown);
        assert!(!course.may_come());
    }
}
