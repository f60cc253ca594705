//! How the one who follows a run is told of it: lines and, on a terminal, a line of progress below them; or
//! every event as JSON.

use std::time::Duration;

use super::said;
use crate::cli::console::Console;
use crate::cli::screen::Place;
use crate::host::terminal;
use crate::model::{Event, EventKind, Run, StepId, Timestamp, View};
use crate::render::words;

/// Tells of a run.
pub(super) struct Teller<'a> {
    console: &'a Console,
    json: bool,
    /// The line of progress, on a terminal.
    place: Option<Place>,
    shown: String,
    /// Of the terminal, as it was lately: it is not asked for each line.
    size: (u16, u16),
}

impl<'a> Teller<'a> {
    pub(super) fn new(console: &'a Console, json: bool) -> Self {
        let place = (!json && console.draws().talk).then(Place::default);
        Self { console, json, place, shown: String::new(), size: terminal::size() }
    }

    /// Whether something is drawn that changes with time.
    pub(super) fn is_live(&self) -> bool {
        self.place.is_some()
    }

    /// An event of the run; `view` is what has become of everything by it.
    pub(super) fn event(&mut self, event: &Event, view: &View) {
        match self.json {
            true => self.object(event),
            false => {
                if let Some(line) = said(&event.kind) {
                    self.say(&line);
                }
                self.progress(view, event.at);
            }
        }
    }

    /// The end of the run.
    pub(super) fn end(&mut self, run: &Run, event: Option<&Event>, view: &View) {
        self.wipe();
        if self.json {
            // The last line is always this one, whether or not we were there.
            let missed =
                Event { seq: view.seq, at: Timestamp::now(), kind: EventKind::RunEnded { run: run.clone() } };
            self.object(event.unwrap_or(&missed));
        }
    }

    /// A remark of ours.
    pub(super) fn say(&mut self, line: &str) {
        let Some(place) = &mut self.place else { return self.console.talk(line) };
        let mut text = place.wipe();
        text.push_str(line);
        text.push('\n');
        text.push_str(&place.draw(&self.shown, self.size));
        self.console.talk_as_is(&text);
    }

    /// Time has passed.
    pub(super) fn beat(&mut self, view: &View, now: Timestamp) {
        self.size = terminal::size();
        self.progress(view, now);
    }

    /// Draws how far the step under way is.
    fn progress(&mut self, view: &View, now: Timestamp) {
        let Some(place) = &mut self.place else { return };
        let line = progress(view, now).unwrap_or_default();
        if line != self.shown {
            self.console.talk_as_is(&place.draw(&line, self.size));
            self.shown = line;
        }
    }

    /// Nothing more is drawn.
    pub(super) fn wipe(&mut self) {
        if let Some(place) = &mut self.place {
            let text = place.wipe();
            self.console.talk_as_is(&text);
            self.shown.clear();
        }
    }

    /// That nobody reads it never matters to a run.
    fn object(&self, event: &Event) {
        if let Ok(line) = serde_json::to_string(event) {
            drop(self.console.line(&line));
        }
    }
}

/// How far the step under way is, on one line; none while there is no step.
fn progress(view: &View, now: Timestamp) -> Option<String> {
    let run = view.status.run.as_ref()?;
    let step: StepId = run.step?;
    let mut line = format!("  > {}", step.title());
    if let Some(progress) = &run.progress {
        line.push_str(&format!(": {} {}", progress.phase, progress.done));
        if progress.total > 0 {
            line.push_str(&format!(" of {}", progress.total));
        }
        if let Some(detail) = &progress.detail {
            line.push_str(&format!(" ({detail})"));
        }
    }
    if let Some(since) = view.step_since {
        let seconds = u64::try_from(now.as_second() - since.as_second()).unwrap_or_default();
        if seconds > 0 {
            line.push_str(&format!(", {}", words::duration(Duration::from_secs(seconds))));
        }
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Progress;
    use crate::model::{By, RunKind, Status};

    #[test]
    fn progress_is_one_line() {
        let at = |second| Timestamp::from_second(second).expect("a time");
        let mut view = View::new(Status::default(), 0);
        assert_eq!(progress(&view, at(9)), None);
        let mut run = Run::new("r".into(), RunKind::Update, By::Timer, at(0));
        run.step_started(StepId::Build);
        run.progress =
            Some(Progress { phase: "compile".into(), done: 12, total: 90, detail: Some("sqlite3.c".into()) });
        view.status.run = Some(run);
        view.step_since = Some(at(2));
        assert_eq!(
            progress(&view, at(74)).as_deref(),
            Some("  > Download & compile: compile 12 of 90 (sqlite3.c), 1 min 12 s")
        );
    }
}
