//! One case: the strikes, the start after them, the rest.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::checks::{self, Health};
use super::made::{self, PATIENCE};
use super::plan::{Blow, Case, Report, Strike};
use super::process::{self, Process, State};
use super::stand::{POINTS, SAID, Stand};
use super::traced;
use crate::kit::Result;

/// How long what cannot be recorded may go on before it is ended: the agent must run by then.
const LASTING: Duration = Duration::from_secs(20);

/// How long what must hold at rest may not hold yet.
const SETTLING: Duration = Duration::from_secs(10);

/// Plays a case on the stand; nothing is left of it.
pub(crate) fn play(stand: &Stand, case: &Case) -> Report {
    let (began, worked) = (Instant::now(), process::cpu_ms());
    let mut report = Report { met: true, ..Report::default() };
    let result = Play { stand, case, rows: Rows::default(), report: &mut report }.whole();
    let end = process::kill_all().and_then(|()| stand.unmount());
    if let Err(error) = result.and(end) {
        let said = fs::read_to_string(SAID).unwrap_or_default();
        let tail: Vec<&str> = said.lines().rev().take(40).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        report.wrong = Some(format!("{error}\n{}", tail.join("\n")));
    }
    report.cpu_ms = process::cpu_ms().saturating_sub(worked);
    report.took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    report
}

struct Play<'a> {
    stand: &'a Stand,
    case: &'a Case,
    rows: Rows,
    report: &'a mut Report,
}

/// Rows of the agent's database that must not be lost.
///
/// The agent commits as SQLite does with a write-ahead log by default: a commit outlives the end of its process,
/// but it reaches the disk only when the agent ends well, so a power cut may take it.
#[derive(Default)]
struct Rows {
    /// What the version of before was seen to have committed.
    committed: i64,
    /// What of it is on the disk.
    synced: i64,
    /// The process that was seen last since the last fault, and its rows.
    last: Option<(i32, i64)>,
}

impl Rows {
    fn seen(&mut self, agent: &Health) {
        if let Some((pid, beats)) = self.last.replace((agent.pid, agent.beats))
            && pid != agent.pid
        {
            self.synced = self.synced.max(beats);
        }
        self.committed = self.committed.max(agent.beats);
    }

    /// The power is about to fail; an agent that is gone was ended by the updater, and well.
    fn cut(&mut self) {
        if let Some((pid, beats)) = self.last.take()
            && process::others().iter().all(|(id, _)| *id != pid)
        {
            self.synced = self.synced.max(beats);
        }
        self.committed = self.synced;
    }
}

impl Play<'_> {
    fn whole(&mut self) -> Result<()> {
        let case = self.case;
        self.stand.load(case.image.as_deref(), case.disk)?;
        self.stand.configure(&case.tree, &case.window)?;
        for strike in &case.strikes {
            self.strike(strike)?;
            self.whole_binary()?;
        }
        if let Some(name) = &case.save {
            self.stand.unmount()?;
            self.stand.save(name, case.disk)?;
            return self.stand.mount(case.disk);
        }
        let mut updater = self.stand.start(&["run".to_owned()], None)?;
        self.rest(&mut updater, &case.ends)?;
        if let Some((tree, version)) = &case.after {
            self.end(&mut updater)?;
            self.stand.configure(tree, &case.window)?;
            updater = self.stand.start(&["run".to_owned()], None)?;
            self.wait("it is able to update afterwards", &mut updater, |_| {
                let agent = checks::health().filter(|agent| agent.version == *version)?;
                closed().then_some(agent)
            })?;
        }
        self.end(&mut updater)
    }

    /// One start that meets a fault.
    fn strike(&mut self, strike: &Strike) -> Result<()> {
        let before = last_run();
        match strike.blow {
            Blow::Full(left) => self.stand.fill(left)?,
            Blow::FullInodes(left) => self.stand.fill_inodes(left)?,
            Blow::ReadOnly => self.stand.read_only(true)?,
            _ => {}
        }
        if strike.blow == Blow::Trace {
            let mut updater =
                self.stand.start_under(Some(traced::before()), &strike.words, Some(&strike.fault))?;
            self.wait_for_end(&mut updater, &before)?;
            process::kill_all()?;
            self.end(&mut updater)?;
            return traced::check();
        }
        let mut updater = match strike.blow {
            Blow::KillInDatabase(nth) => {
                self.stand.start_under(Some(traced::killing(nth)), &strike.words, Some(&strike.fault))?
            }
            _ => self.stand.start(&strike.words, Some(&strike.fault))?,
        };
        match strike.blow {
            Blow::Kill | Blow::Cut(_) | Blow::Fill(_) | Blow::FillInodes(_) | Blow::KillInDatabase(_) => {
                let state = self.wait_for_blow(&mut updater, &before)?;
                match (strike.blow, state) {
                    (Blow::Kill, State::Killed(9)) => {}
                    // Neither strace nor whom it lets go is to live on.
                    (Blow::KillInDatabase(_), state) if traced::killed() || state == State::Runs => {
                        self.report.met = traced::killed();
                        process::kill_all()?;
                    }
                    (_, State::Runs) => self.report.met = false,
                    (Blow::Cut(how), State::Stopped) => {
                        self.rows.cut();
                        self.stand.leave_witness()?;
                        self.stand.cut(how)?;
                        process::kill_all()?;
                        self.stand.unmount()?;
                        self.stand.mount(self.case.disk)?;
                        let kept = usize::from(self.stand.take_witness());
                        self.report.kept += kept;
                        self.report.lost += 1 - kept;
                    }
                    (Blow::Fill(_) | Blow::FillInodes(_), State::Stopped) => {
                        match strike.blow {
                            Blow::FillInodes(left) => self.stand.fill_inodes(left)?,
                            Blow::Fill(left) => self.stand.fill(left)?,
                            _ => {}
                        }
                        updater.go_on();
                        self.wait_for_end(&mut updater, &before)?;
                    }
                    (_, other) => return Err(format!("it ended otherwise: {other:?}")),
                }
            }
            Blow::Error | Blow::Full(_) | Blow::FullInodes(_) | Blow::ReadOnly | Blow::Trace | Blow::None => {
                self.wait_for_end(&mut updater, &before)?;
            }
            Blow::Lasting => self.wait_for_agent(&mut updater),
        }
        self.end(&mut updater)?;
        // This end was no good one, and what follows is not known to be.
        self.rows.last = None;
        self.stand.empty();
        if strike.blow == Blow::ReadOnly {
            self.stand.read_only(false)?;
        }
        self.note_points();
        let is_aimed = matches!(strike.blow, Blow::Error | Blow::Lasting);
        self.report.met &= !is_aimed || self.was_struck();
        Ok(())
    }

    /// Waits until the fault is met; `Runs`: everything is over without it.
    fn wait_for_blow(&mut self, updater: &mut Process, before: &Value) -> Result<State> {
        let deadline = Instant::now() + PATIENCE;
        for turn in 0.. {
            let state = updater.look();
            if state != State::Runs || traced::killed() || turn % 10 == 9 && self.is_through(before) {
                return Ok(state);
            }
            if turn % 10 == 4 {
                self.look();
            }
            if Instant::now() > deadline {
                break;
            }
            std::thread::park_timeout(Duration::from_millis(4));
        }
        Err("it neither met its fault nor came to rest".into())
    }

    /// Waits until a run has ended with a verdict, or the one that was open, and the agent answers.
    fn wait_for_end(&mut self, updater: &mut Process, before: &Value) -> Result<()> {
        self.wait("it rests after its fault", updater, |_| {
            let agent = checks::health()?;
            let now = last_run();
            (!now.is_null() && now != *before).then_some(agent)
        })
        .map(drop)
    }

    /// Nothing can be recorded: the agent answers, and goes on answering.
    fn wait_for_agent(&mut self, updater: &mut Process) {
        let deadline = Instant::now() + LASTING;
        let mut since = Instant::now();
        while Instant::now() < deadline && !matches!(updater.look(), State::Exited(_)) {
            if checks::health().is_none() {
                since = Instant::now();
            } else if since.elapsed() > Duration::from_secs(1) && self.was_struck() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }

    /// What the agent says now; that of before counts.
    fn look(&mut self) -> Option<Health> {
        let agent = checks::health()?;
        if agent.version == made::OLD {
            self.rows.seen(&agent);
        }
        Some(agent)
    }

    /// Everything is over although the fault was not met: there are fewer operations than expected.
    fn is_through(&self, before: &Value) -> bool {
        let ended = |last: Value| {
            last["record"] == "end"
                && self.case.allows(&last["run"]["verdict"])
                && last["run"]["id"] != *before
        };
        checks::last_record().is_some_and(ended)
            && checks::health().is_some_and(|agent| self.case.ends.contains(&agent.version))
    }

    fn was_struck(&self) -> bool {
        fs::read_to_string(POINTS).unwrap_or_default().contains("struck ")
    }

    fn note_points(&mut self) {
        let points = fs::read_to_string(POINTS).unwrap_or_default();
        let struck = points.lines().find_map(|line| line.strip_prefix("struck "));
        self.report.struck.extend(struck.map(ToOwned::to_owned));
        self.report.passed = points.lines().map(ToOwned::to_owned).collect();
    }

    fn whole_binary(&self) -> Result<()> {
        let versions = [made::OLD, made::NEW, made::CRASHES, made::MIGRATES];
        checks::binary_is_whole(self.stand.made(), &versions, self.case.image.is_none())
    }

    /// Ends the updater as a power cut or an impatient administrator does; the agent goes with it.
    fn end(&self, updater: &mut Process) -> Result<()> {
        updater.kill();
        process::alone(Duration::from_secs(10))
    }

    /// Waits until everything holds that must hold at rest.
    fn rest(&mut self, updater: &mut Process, ends: &[String]) -> Result<()> {
        let look = |play: &mut Self| {
            let agent = play.look().filter(|agent| ends.contains(&agent.version))?;
            let last = checks::last_record()?;
            (last["record"] == "end" && play.case.allows(&last["run"]["verdict"])).then_some(agent)
        };
        // What follows the last record takes a moment, and a version that is not held is tried again. The
        // time for that begins at the first rest.
        let mut deadline = None;
        loop {
            let agent = self.wait("it rests", updater, look)?;
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + SETTLING);
            match checks::at_rest(self.stand.made(), self.case, &agent, self.rows.committed) {
                Err(_) if Instant::now() < deadline => std::thread::park_timeout(Duration::from_millis(50)),
                result => return result,
            }
        }
    }

    fn wait(
        &mut self,
        what: &str,
        updater: &mut Process,
        mut look: impl FnMut(&mut Self) -> Option<Health>,
    ) -> Result<Health> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(agent) = look(self) {
                return Ok(agent);
            }
            match updater.look() {
                State::Runs => {}
                state => return Err(format!("waited until {what}, but it ended: {state:?}")),
            }
            if Instant::now() > deadline {
                let last = checks::last_record().unwrap_or_default();
                let agent = checks::health();
                return Err(format!("waited in vain until {what}; agent {agent:?}, last record {last}"));
            }
            std::thread::park_timeout(Duration::from_millis(15));
        }
    }
}

/// No run is open in the journal.
fn closed() -> bool {
    checks::last_record().is_some_and(|last| last["record"] == "end")
}

/// The run that the journal's last record ended.
fn last_run() -> Value {
    checks::last_record().map(|mut last| last["run"]["id"].take()).unwrap_or_default()
}

/// The words of the service.
pub(crate) fn service() -> Vec<String> {
    vec!["run".to_owned()]
}

/// The number of operations among the points passed.
pub(crate) fn operations(passed: &[String]) -> usize {
    passed.iter().filter(|line| !line.starts_with("record ") && !line.starts_with("0 ")).count()
}

/// Fails with the first of what does not hold.
pub(crate) fn all_hold(cases: &[Case], reports: &[Report]) -> Result<()> {
    let wrong: Vec<String> = cases
        .iter()
        .zip(reports)
        .filter_map(|(case, report)| {
            let wrong = report.wrong.as_ref()?;
            Some(format!("{} {:?} {:?}: {wrong}", case.name, case.strikes, report.struck))
        })
        .collect();
    for each in &wrong {
        eprintln!("does not hold: {}", each.lines().next().unwrap_or_default());
    }
    match wrong.first() {
        None => Ok(()),
        Some(_) => Err(format!("{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n\n"))),
    }
}
