//! How far a build is: counted, not estimated.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::model::Progress;

use super::trace::Line;

/// The shortest time between two reports, unless a new C file begins: those take long, and what is
/// shown meanwhile should be true.
const PACE: Duration = Duration::from_millis(100);

/// Counts what the trace shows.
#[derive(Debug)]
pub(super) struct Meter {
    phase: &'static str,
    done: u64,
    total: u64,
    /// The C file in hand, by the action that compiles it; one action compiles one at a time.
    c_files: BTreeMap<u64, String>,
    /// What was begun last.
    latest: Option<String>,
    /// Something changed since the last report.
    changed: bool,
    urgent: bool,
    reported: Option<Instant>,
}

impl Meter {
    /// Counts downloads, of which nobody knows how many there will be.
    pub(super) fn download() -> Self {
        Self::new("download", 0)
    }

    /// Counts packages.
    pub(super) fn compile(total: u64) -> Self {
        Self::new("compile", total)
    }

    fn new(phase: &'static str, total: u64) -> Self {
        Self {
            phase,
            done: 0,
            total,
            c_files: BTreeMap::new(),
            latest: None,
            changed: true,
            urgent: true,
            reported: None,
        }
    }

    /// Takes note of a line.
    pub(super) fn see(&mut self, line: &Line<'_>) {
        let before = self.detail();
        match line {
            Line::Downloading(what) => {
                self.done += 1;
                self.latest = Some((*what).to_owned());
            }
            Line::Started(package) => self.latest = Some((*package).to_owned()),
            Line::Done(action) => {
                // A package that was planned late, or twice, must not make more than all.
                // Without a plan nobody knows how many there will be.
                let most = if self.total == 0 { u64::MAX } else { self.total.max(self.done) };
                self.done = (self.done + 1).min(most);
                self.c_files.remove(action);
            }
            Line::Go(action) => {
                self.c_files.remove(action);
            }
            Line::C(action, file) => {
                self.c_files.insert(*action, (*file).to_owned());
                self.urgent = true;
            }
            Line::Link => {
                self.latest = Some("linking".to_owned());
                self.urgent = true;
            }
            Line::Noise | Line::Head(_) | Line::Message(_) => return,
        }
        self.changed |= matches!(line, Line::Done(_) | Line::Downloading(_)) || before != self.detail();
    }

    /// A report, when there is something new and it is time for it.
    pub(super) fn report(&mut self, now: Instant) -> Option<Progress> {
        let due = self.reported.is_none_or(|last| now.saturating_duration_since(last) >= PACE);
        if !self.changed || !(due || self.urgent) {
            return None;
        }
        self.changed = false;
        self.urgent = false;
        self.reported = Some(now);
        Some(self.now())
    }

    /// All is done: the last report.
    pub(super) fn finish(&mut self) -> Progress {
        self.c_files.clear();
        self.latest = None;
        self.done = self.done.max(self.total);
        self.now()
    }

    /// The same work begins again; what is done stays done.
    pub(super) fn again(&mut self) {
        self.c_files.clear();
        self.latest = None;
        self.changed = true;
        self.urgent = true;
    }

    /// How many packages are done.
    #[cfg(test)]
    fn done(&self) -> u64 {
        self.done
    }

    fn now(&self) -> Progress {
        Progress { phase: self.phase.to_owned(), done: self.done, total: self.total, detail: self.detail() }
    }

    fn detail(&self) -> Option<String> {
        match self.c_files.values().next_back() {
            Some(file) => Some(format!("compiling C: {file}")),
            None => self.latest.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_keeps_its_pace() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut meter = Meter::compile(3);
        let first = meter.report(at(0)).expect("the first comes at once");
        assert_eq!((first.phase.as_str(), first.done, first.total), ("compile", 0, 3));
        assert_eq!(meter.report(at(500)), None, "nothing new");
        meter.see(&Line::Started("a"));
        meter.see(&Line::Done(1));
        assert_eq!(meter.report(at(550)).expect("new").done, 1);
        meter.see(&Line::Done(2));
        assert_eq!(meter.report(at(600)), None, "too soon");
        meter.see(&Line::C(3, "big.c"));
        let urgent = meter.report(at(601)).expect("a C file does not wait");
        assert_eq!((urgent.done, urgent.detail.as_deref()), (2, Some("compiling C: big.c")));
        meter.see(&Line::Go(3));
        meter.see(&Line::Done(3));
        meter.see(&Line::Done(4));
        assert_eq!(meter.done(), 3, "never more than all");
        meter.see(&Line::Link);
        assert_eq!(meter.report(at(602)).expect("linking").detail.as_deref(), Some("linking"));
        let last = meter.finish();
        assert_eq!((last.done, last.total, last.detail), (3, 3, None));
    }

    #[test]
    fn downloads_are_counted_without_an_end() {
        let mut meter = Meter::download();
        meter.see(&Line::Downloading("m v1.0.0"));
        meter.see(&Line::Downloading("n v1.0.0"));
        let report = meter.report(Instant::now()).expect("new");
        assert_eq!((report.done, report.total, report.detail.as_deref()), (2, 0, Some("n v1.0.0")));
    }
}
