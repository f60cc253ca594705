//! What guards say, and what follows from it.

use std::time::Instant;

use super::{Thread, answer, now};
use crate::host::atomic;
use crate::host::process::Said;
use crate::model::Failure;
use crate::model::event::Level;
use crate::service::process::life::{in_words, result};

/// How often the removal of a mark is tried.
const MARK_TRIES: u32 = 3;

impl Thread {
    pub(super) fn heard(&mut self, service: &str, said: Said) {
        let Some(unit) = self.units.get_mut(service) else { return };
        match said {
            Said::Started(pid) => {
                unit.story.runs(pid, now());
                if unit.stopping.is_some() {
                    unit.story.stopping(now());
                }
                let reply = unit.starting.take();
                self.tell(service);
                if let Some(reply) = reply {
                    answer(&reply, Ok(()));
                }
                self.started(service, pid);
            }
            Said::Failed(errno) => unit.ended = Some(Err(errno)),
            Said::Ended(how) => {
                unit.ended = Some(Ok(how));
                if unit.stopping.is_none() {
                    self.ended(service, result(how), in_words(how));
                }
            }
            Said::Gone => self.gone(service),
        }
    }

    /// It runs: what said otherwise is removed now that nobody waits.
    pub(super) fn started(&mut self, service: &str, pid: u32) {
        (self.note)(Level::Info, &format!("{service} runs as process {pid}"));
        self.unmark(service);
    }

    /// It is not stopped on purpose. A mark that stayed would keep it down after the next start of ours,
    /// so that one failure of the disk is not the last word.
    pub(super) fn unmark(&mut self, service: &str) {
        let Ok(path) = self.folder.stopped(service) else { return };
        let mut tries = 1;
        while path.exists() {
            match atomic::remove(&path) {
                Err(failure) if tries >= MARK_TRIES => {
                    (self.note)(Level::Warn, &failure.to_string());
                    return;
                }
                _ => tries += 1,
            }
        }
    }

    /// It ended unasked.
    pub(super) fn ended(&mut self, service: &str, result: &str, how: String) {
        let Some(unit) = self.units.get_mut(service) else { return };
        let text = how.clone();
        let wait = unit.story.failed(result, how, now());
        unit.due.get_or_insert(Instant::now() + wait);
        (self.note)(Level::Warn, &format!("{service} {text}; it is started again in {wait:?}"));
        self.tell(service);
    }

    /// Nothing of it is left.
    pub(super) fn gone(&mut self, service: &str) {
        let Some(unit) = self.units.get_mut(service) else { return };
        unit.running = None;
        let how = unit.ended.take();
        if let Some(stopping) = unit.stopping.take() {
            unit.story.stopped_now(how.and_then(Result::ok), now());
            self.tell(service);
            stopping.replies.iter().for_each(|reply| answer(reply, Ok(())));
            (self.note)(Level::Info, &format!("{service} is stopped"));
            return;
        }
        match how {
            // Told already.
            Some(Ok(_)) => {}
            Some(Err(errno)) => {
                let error = std::io::Error::from_raw_os_error(errno);
                let failure = Failure::io("run", &unit.words.binary, &error);
                self.not_started(service, &failure);
            }
            None => {
                self.ended(service, "signal", "was ended together with its guard".into());
            }
        }
    }
}
