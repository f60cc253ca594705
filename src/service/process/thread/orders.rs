//! Orders: start, stop, define, end.

use std::time::{Duration, Instant};

use super::{CLEARING, GRACE, Reply, Stopping, Thread, Unit, answer, now};
use crate::model::event::Level;
use crate::model::{Class, Failure, Outcome};
use crate::service::process::definition::{self, Definition};
use crate::service::process::life::Story;
use crate::service::process::supervisor::LAST_GRACE;

impl Thread {
    pub(super) fn start(&mut self, service: &str, reply: Reply) {
        if let Err(failure) = self.know(service) {
            return answer(&reply, Err(failure));
        }
        let Some(unit) = self.units.get_mut(service) else {
            let what = format!("cannot start `{service}`: it is not defined");
            let hint = "an update defines it; see `sentinel-updater status`";
            return answer(&reply, Err(Failure::new(Class::Service, what).hint(hint)));
        };
        if unit.stopping.is_some() || self.ending {
            let what = format!("cannot start `{service}` while it is being stopped");
            return answer(&reply, Err(Failure::new(Class::Service, what)));
        }
        if unit.story.state.is_running() && unit.running.is_some() && unit.ended.is_none() {
            self.unmark(service);
            return answer(&reply, Ok(()));
        }
        unit.story.asked_to_start();
        unit.starting = Some(reply);
        if unit.running.is_none() {
            self.launch(service, false);
        } else {
            // Its last life is being cleared up.
            unit.due = Some(Instant::now());
        }
    }

    pub(super) fn start_all(&mut self) {
        let services = self.folder.services().unwrap_or_else(|failure| {
            (self.note)(Level::Error, &failure.to_string());
            Vec::new()
        });
        for service in services {
            if let Err(failure) = self.know(&service) {
                (self.note)(Level::Error, &failure.to_string());
            }
            let idle =
                self.units.get(&service).is_some_and(|unit| unit.running.is_none() && unit.due.is_none());
            if idle && self.units[&service].story.state.enabled && !self.ending {
                self.launch(&service, false);
            }
        }
    }

    /// Sees to it that the unit of a defined service is there.
    pub(super) fn know(&mut self, service: &str) -> Outcome<()> {
        if self.units.contains_key(service) {
            return Ok(());
        }
        let path = self.folder.definition(service)?;
        let Some(text) = definition::read(&path)? else { return Ok(()) };
        self.define(service, Some(Definition::parse(&text, &path)?))
    }

    pub(super) fn define(&mut self, service: &str, words: Option<Definition>) -> Outcome<()> {
        let Some(words) = words else {
            // What runs is not touched: the engine has stopped it before.
            self.units.remove(service);
            self.shared.tell(service, None);
            let _ = std::fs::remove_file(self.folder.state(service)?);
            return Ok(());
        };
        match self.units.get_mut(service) {
            Some(unit) => unit.words = words,
            None => {
                let enabled = !self.folder.stopped(service)?.exists();
                let story = Story::stopped(enabled, now());
                self.units.insert(
                    service.to_owned(),
                    Unit {
                        words,
                        story,
                        running: None,
                        due: None,
                        ended: None,
                        starting: None,
                        stopping: None,
                        news: false,
                    },
                );
                self.tell(service);
            }
        }
        Ok(())
    }

    pub(super) fn stop(&mut self, service: &str, deadline: Duration, reply: Reply) {
        if let Err(failure) = self.know(service) {
            return answer(&reply, Err(failure));
        }
        let Some(unit) = self.units.get_mut(service) else { return answer(&reply, Ok(())) };
        // Durable while it still runs: the time in which it is down is short.
        let marked = self.folder.stopped(service).and_then(|path| match path.exists() {
            true => Ok(()),
            false => definition::write(&path, ""),
        });
        if let Err(failure) = marked {
            // It goes on running. The mark may be there all the same: a directory's sync fails after the rename.
            self.unmark(service);
            return answer(&reply, Err(failure));
        }
        unit.story.state.enabled = false;
        unit.due = None;
        let Some(running) = &mut unit.running else {
            unit.story.stopped_now(unit.ended.take().and_then(Result::ok), now());
            self.tell(service);
            return answer(&reply, Ok(()));
        };
        let until = Instant::now() + deadline;
        running.stop(GRACE.min(deadline.saturating_sub(CLEARING)));
        match &mut unit.stopping {
            Some(stopping) => {
                stopping.until = stopping.until.min(until);
                stopping.replies.push(reply);
            }
            None => {
                unit.stopping = Some(Stopping { until, replies: vec![reply] });
                unit.story.stopping(now());
            }
        }
        self.tell(service);
    }

    /// Everything is stopped, but not on purpose: the next start brings it up again.
    pub(super) fn end(&mut self) {
        self.ending = true;
        let mut services = Vec::new();
        for (service, unit) in &mut self.units {
            unit.due = None;
            if let Some(running) = &mut unit.running {
                running.stop(LAST_GRACE);
                let until = Instant::now() + LAST_GRACE + CLEARING;
                unit.stopping.get_or_insert(Stopping { until, replies: Vec::new() });
                unit.story.stopping(now());
                services.push(service.clone());
            }
        }
        services.iter().for_each(|service| self.tell(service));
    }
}
