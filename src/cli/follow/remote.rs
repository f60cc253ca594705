//! Following a run of the service, over the end of a connection and of the service itself.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::course::{Course, Seen};
use super::teller::Teller;
use crate::cli::console::Stop;
use crate::cli::exit::Exit;
use crate::cli::service::{Link, Service, may_pass};
use crate::cli::{Call, Ended};
use crate::control::Request;
use crate::control::protocol::{Begun, History, Subscribe, Subscribed};
use crate::host::signals::Signals;
use crate::model::{Class, Failure, Outcome, Run, Timestamp};

/// Between two tries to reach the service again.
const PAUSE: Duration = Duration::from_millis(500);
/// How long a service that went away is waited for: it may be updated itself, or the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// How often a line of progress is drawn, for the time in it.
const BEAT: Duration = Duration::from_secs(1);
/// In how many of the newest runs ours is looked for.
const RECENT: usize = 100;

/// What the service is asked to do, and how it is told of.
pub(in crate::cli) struct Work {
    /// What is sent.
    pub request: Request,
    /// The word for it: `update`.
    pub name: &'static str,
    /// Events as JSON.
    pub json: bool,
}

/// Has the service begin something and follows it to its verdict.
pub(in crate::cli) fn begin(call: &Call<'_>, service: Service, work: Work) -> Ended {
    let (runtime, link) = service.into_parts();
    let ended = runtime.block_on(async {
        // Before it begins: nothing of it is missed.
        let subscribed: Subscribed = link.ask(Request::Subscribe(Subscribe::default())).await?;
        // Until here a signal simply ends us, as nothing has been asked for.
        let mut signals = Signals::listen();
        let begun: Begun = tokio::select! {
            begun = link.ask(work.request) => begun.map_err(busy)?,
            _ = signals.next() => return Err(unanswered(work.name).into()),
        };
        let Some(id) = begun.run else {
            let why = begun.nothing.unwrap_or_else(|| "there is nothing to do".into());
            return super::nothing(call.console, &why, work.json);
        };
        let follower = Follower {
            name: work.name,
            course: Course::new(id, subscribed),
            teller: Teller::new(call.console, work.json),
            link,
        };
        match follower.follow(&mut signals).await? {
            Some(run) => super::ended(call.console, &run, work.json),
            None => Ok(Exit::Failed),
        }
    });
    runtime.shutdown_background();
    ended
}

/// What may be done while another run is under way.
fn busy(failure: Failure) -> Failure {
    match failure.class {
        Class::Busy => failure.hint(
            "follow it with `sentinel-updater status --watch`, or abort it with `sentinel-updater cancel`",
        ),
        _ => failure,
    }
}

fn unanswered(name: &str) -> Failure {
    Failure::new(Class::Cancelled, format!("stopped before the service said whether the {name} begins"))
        .hint("`sentinel-updater status` tells what it does")
}

struct Follower<'a> {
    name: &'static str,
    course: Course,
    teller: Teller<'a>,
    link: Link,
}

impl Follower<'_> {
    /// The run with its verdict; none: nobody wants to follow it any more.
    async fn follow(mut self, signals: &mut Signals) -> Result<Option<Run>, Stop> {
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let heard = tokio::select! {
                heard = self.link.next() => heard,
                _ = beat.tick(), if self.teller.is_live() => {
                    self.teller.beat(self.course.view(), Timestamp::now());
                    continue;
                }
                _ = signals.next() => return Ok(self.leave()),
            };
            let seen = match heard {
                Ok(notice) => self.course.take(notice),
                Err(failure) => match self.again(failure, signals).await? {
                    Some(seen) => seen,
                    None => return Ok(self.leave()),
                },
            };
            // The service may be asked, and it may say nothing.
            let ended = tokio::select! {
                biased;
                ended = self.see(seen) => ended?,
                _ = signals.next() => return Ok(self.leave()),
            };
            if let Some(run) = ended {
                self.teller.wipe();
                return Ok(Some(run));
            }
        }
    }

    /// Tells of what was seen; the run, when it has ended.
    async fn see(&mut self, seen: Seen) -> Result<Option<Run>, Stop> {
        match seen {
            Seen::Nothing => {}
            Seen::Event(event) => self.teller.event(&event, self.course.view()),
            Seen::Missed(count) => {
                self.teller.say(&format!("    … {count} lines are missing here: they came too fast"));
            }
            Seen::Ended(run, event) => {
                self.teller.end(&run, event.as_deref(), self.course.view());
                return Ok(Some(*run));
            }
            Seen::Unknown => return self.remembered().await,
        }
        Ok(None)
    }

    /// The run as the service remembers it. None: it may still take it up.
    async fn remembered(&mut self) -> Result<Option<Run>, Stop> {
        let runs: Vec<Run> = match self.link.ask(Request::History(History { limit: Some(RECENT) })).await {
            Ok(runs) => runs,
            // The next look at the connection tells, and this is asked again after it.
            Err(failure) if may_pass(&failure) => return Ok(None),
            Err(failure) => return Err(failure.into()),
        };
        if let Some(run) = runs.into_iter().find(|run| run.id == self.course.id()) {
            self.teller.end(&run, None, self.course.view());
            return Ok(Some(run));
        }
        if self.course.may_come() {
            return Ok(None);
        }
        self.teller.wipe();
        let what = format!("the service knows nothing of the run {} any more", self.course.id());
        Err(Failure::new(Class::Internal, what)
            .hint("`sentinel-updater history` lists the runs that ended, `sentinel-updater logs` tells more")
            .into())
    }

    /// Reaches the service again and goes on where we were. None: nobody wants to follow it any more.
    async fn again(&mut self, failure: Failure, signals: &mut Signals) -> Result<Option<Seen>, Stop> {
        let why = failure.line();
        self.teller
            .say(&format!("  the connection to the service is lost ({why}); trying to reach it again"));
        let until = Instant::now() + PATIENCE;
        loop {
            let attempt = async {
                let link = self.link.again().await?;
                let subscribed = link.ask(Request::Subscribe(self.course.position())).await?;
                Ok::<_, Failure>((link, subscribed))
            };
            let reached = tokio::select! {
                reached = attempt => reached,
                _ = signals.next() => return Ok(None),
            };
            match reached {
                Ok((link, subscribed)) => {
                    self.link = link;
                    self.teller.say("  the service is there again");
                    return Ok(Some(self.course.resume(subscribed)));
                }
                Err(failure) if may_pass(&failure) && Instant::now() < until => {
                    tokio::select! {
                        () = sleep(PAUSE) => {}
                        _ = signals.next() => return Ok(None),
                    }
                }
                Err(failure) => {
                    self.teller.wipe();
                    let what =
                        format!("the {} (run {}) cannot be followed to its end", self.name, self.course.id());
                    return Err(failure.context(what).into());
                }
            }
        }
    }

    /// Somebody at the terminal has seen enough.
    fn leave(&mut self) -> Option<Run> {
        self.teller.wipe();
        let (name, id) = (self.name, self.course.id().to_owned());
        self.teller.say(&format!("the {name} goes on in the service (run {id})"));
        self.teller
            .say("  next: `sentinel-updater status --watch` follows it, `sentinel-updater cancel` aborts it");
        None
    }
}

/// Has the service begin something and leaves it to it: the id of the run on standard output.
pub(in crate::cli) fn detach(call: &Call<'_>, service: &mut Service, work: &Work) -> Ended {
    let begun: Outcome<Begun> = service.ask(work.request.clone());
    let begun = begun.map_err(busy)?;
    match (&begun.run, work.json) {
        (_, true) => call.console.json(&begun)?,
        (Some(id), false) => call.console.line(id)?,
        (None, false) => {
            call.console.talk(begun.nothing.as_deref().unwrap_or("there is nothing to do"));
        }
    }
    Ok(Exit::Done)
}
