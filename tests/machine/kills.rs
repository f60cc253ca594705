//! The updater is killed before and after every record of its journal, and started again.
//!
//! Between two records lies one effect on the agent, so these are all the states that a dead updater can
//! leave. A record is one write and one sync of the journal; strace ends the process at the entry of
//! either, and lets go of its children, so that a build runs at full speed.

use std::time::Instant;

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::checks::STATE;
use super::host::{Host, UPDATER_PLACE};
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

/// Set to `exhaustive`: every point, not a sample.
pub(super) const EXTENT: &str = "SENTINEL_TESTS";
/// Where a machine keeps the states that it returns to.
const IMAGES: &str = "/var/images";
/// Everything that an update changes.
const PLACES: &str =
    "usr/local/bin/sentinel usr/local/bin/sentinel.backup var/lib/sentinelgo etc/systemd/system";
const ONCE: [&str; 2] = ["run", "--once"];

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("kills::of_an_update", update),
        scenario("kills::of_an_install", install),
        scenario("kills::of_a_rollback_on_request", rollback),
        scenario("kills::of_an_automatic_rollback", crash),
        scenario("kills::of_a_recovery", recovery),
    ]
}

fn update(base: &Base) -> Result<()> {
    let host = ready(base)?;
    host.publish("v1.1.0", Variant::Good)?;
    host.save("start");
    Table { host: &host, name: "update", image: "start", words: &ONCE, first: 1, ends: &["v1.1.0"] }.play()
}

fn install(base: &Base) -> Result<()> {
    let host = Host::with(base, "verify.window = \"1s\"\n")?;
    host.save("start");
    Table { host: &host, name: "install", image: "start", words: &ONCE, first: 1, ends: &["v1.0.0"] }.play()
}

/// Without a service the command goes on with what another command left.
fn rollback(base: &Base) -> Result<()> {
    let host = ready(base)?;
    host.publish("v1.1.0", Variant::Good)?;
    host.once(0);
    host.save("start");
    // Killed before the agent was touched it is dropped; after that it goes on.
    let ends = ["v1.0.0", "v1.1.0"];
    Table { host: &host, name: "rollback", image: "start", words: &["rollback"], first: 1, ends: &ends }
        .play()
}

fn crash(base: &Base) -> Result<()> {
    let host = ready(base)?;
    // Longer than the version runs.
    host.configure("");
    host.publish("v1.1.0", Variant::CrashLoop)?;
    host.save("start");
    let name = "automatic rollback";
    Table { host: &host, name, image: "start", words: &ONCE, first: 10, ends: &["v1.0.0"] }.play()?;
    host.last_run("rolled_back");
    Ok(())
}

/// A recovery that goes forward and one that goes back, both killed on their way.
fn recovery(base: &Base) -> Result<()> {
    let host = ready(base)?;
    host.publish("v1.1.0", Variant::Good)?;
    host.save("start");
    host.die(&ONCE, Point { record: 6, after: true });
    host.save("forward");
    let first = host.journal().len() + 1;
    let name = "recovery forward";
    Table { host: &host, name, image: "forward", words: &ONCE, first, ends: &["v1.1.0"] }.play()?;

    host.load("start");
    // Longer than that version runs.
    host.configure("");
    host.publish("v1.2.0", Variant::CrashLoop)?;
    host.die(&ONCE, Point { record: 12, after: true });
    host.save("back");
    let first = host.journal().len() + 1;
    let name = "recovery back";
    Table { host: &host, name, image: "back", words: &ONCE, first, ends: &["v1.0.0", "v1.1.0"] }.play()
}

/// A machine that runs v1.0.0.
fn ready(base: &Base) -> Result<Host> {
    let host = Host::with(base, "verify.window = \"1s\"\n")?;
    host.install();
    Ok(host)
}

/// Before or after one record of the journal.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Its number in its run, from 1.
    record: usize,
    after: bool,
}

/// All the points of one command.
struct Table<'a> {
    host: &'a Host,
    name: &'a str,
    /// The state from which it starts each time.
    image: &'a str,
    words: &'a [&'a str],
    /// The first record that counts; those before it are another table's.
    first: usize,
    /// The versions of which one must run at the end.
    ends: &'a [&'a str],
}

impl Table<'_> {
    fn play(&self) -> Result<()> {
        let began = Instant::now();
        let last = self.undisturbed();
        let points =
            (self.first..=last).flat_map(|record| [false, true].map(|after| Point { record, after }));
        let points: Vec<Point> = points.collect();
        let every = if std::env::var(EXTENT).is_ok_and(|extent| extent == "exhaustive") { 1 } else { 4 };
        // Neither end of the table is left out.
        let chosen: Vec<Point> =
            points.iter().rev().step_by(every).chain(points.first().filter(|_| every > 1)).copied().collect();
        for point in &chosen {
            self.at(*point);
        }
        eprintln!(
            "kill table: {} {}/{} points, every one recovered, {:.0?}",
            self.name,
            chosen.len(),
            points.len(),
            began.elapsed()
        );
        let kind = format!("{}-under-systemd,-killed-at-a-record", self.name.replace(' ', "-"));
        println!("fault-table: {kind} {0} {0} REAL", chosen.len());
        Ok(())
    }

    /// The number of the last record when nothing happens.
    fn undisturbed(&self) -> usize {
        self.host.load(self.image);
        let output = self.host.updater(self.words);
        let version = self.host.agent_version();
        assert_eq!(Some(&version.as_str()), self.ends.first(), "{}: {output}", self.name);
        self.host.assert_settled(&version);
        self.host.journal().len()
    }

    fn at(&self, point: Point) {
        let Self { host, name, .. } = self;
        host.load(self.image);
        let old = host.installed_sha256();
        let rows = if old.is_empty() { Vec::new() } else { host.rows() };
        host.die(self.words, point);
        let left = host.installed_sha256();
        assert!(
            left == old || host.kept().contains(&left),
            "{name} {point:?}: the binary {left} is neither the old one, {old}, nor a proven one"
        );
        let output = host.updater(&ONCE);
        let run = &host.history()[0];
        let expected = match run["verdict"].as_str() {
            Some("updated") => 0,
            // Killed before the agent was touched, and nothing newer is on offer.
            Some("aborted") => 1,
            Some("rolled_back") => 3,
            _ => panic!("{name} {point:?}: {run:#}"),
        };
        assert!(output.code == Some(0) || output.code == Some(expected), "{name} {point:?}: {output}");
        let version = host.agent_version();
        assert!(self.ends.contains(&version.as_str()), "{name} {point:?}: {version} runs: {output}");
        assert!(host.rows().starts_with(&rows), "{name} {point:?}: rows of the agent's database are lost");
        host.assert_settled(&version);
    }
}

impl Host {
    /// Runs a command of the updater that is killed at `point` of the run that it begins or takes up.
    #[track_caller]
    fn die(&self, words: &[&str], point: Point) {
        let known = self.journal();
        let open = known.last().is_some_and(|last| last["record"] != "end");
        let nth = if open { point.record - known.len() } else { point.record - 1 };
        let journal = format!("{STATE}/journal");
        // The first record of a run comes with a file of its own, renamed into place; a first start has made the
        // updater's database in the same way before. After it the room on the disk is asked for.
        let (place, call, count) = match (nth, point.after) {
            (0, false) => (STATE.to_owned(), "renameat", if known.is_empty() { 2 } else { 1 }),
            (0, true) => (STATE.to_owned(), "%statfs,%fstatfs", 1),
            (nth, false) => (journal, "write", nth),
            (nth, true) => (journal, "fdatasync", nth),
        };
        let strace = "strace -f -b execve -qq -o /dev/null".split(' ').map(ToOwned::to_owned);
        let inject = format!("inject={call}:signal=SIGKILL:when={count}");
        let mut all: Vec<String> = strace.collect();
        all.extend(
            ["-P", &place, "-e", &format!("trace={call}"), "-e", &inject, UPDATER_PLACE].map(Into::into),
        );
        all.extend(words.iter().map(|word| (*word).to_owned()));
        let output = self.machine.exec(&all);
        assert_eq!(output.signal.or(output.code.map(|code| code - 128)), Some(9), "{point:?}: {output}");
        let left = self.journal();
        match point.record - usize::from(!point.after) {
            0 => assert_eq!(left, known, "{point:?}: a run has begun"),
            count => assert_eq!(left.len(), count, "{point:?}: {left:#?}"),
        }
    }

    /// The digests of the binaries that the updater keeps.
    fn kept(&self) -> Vec<String> {
        let sums = self.machine.sh(&format!("sha256sum {STATE}/versions/*/sentinel | cut -d ' ' -f 1")).ok();
        sums.stdout.lines().map(ToOwned::to_owned).collect()
    }

    /// Keeps the state of agent and updater under a name, and whether the agent runs.
    pub(super) fn save(&self, image: &str) {
        self.machine
            .sh(&format!(
                "mkdir -p {IMAGES}; cd /
                if systemctl -q is-active sentinelgo; then touch {IMAGES}/{image}.runs; fi
                systemctl stop sentinelgo 2>/dev/null || true
                tar cf {IMAGES}/{image} $(ls -d {PLACES} 2>/dev/null)"
            ))
            .ok();
        self.load(image);
    }

    /// Returns to a saved state.
    pub(super) fn load(&self, image: &str) {
        self.machine
            .sh(&format!(
                "systemctl stop sentinelgo 2>/dev/null || true
                cd /; rm -rf {PLACES}; tar xf {IMAGES}/{image}; systemctl daemon-reload
                systemctl reset-failed sentinelgo 2>/dev/null || true
                if [ -e {IMAGES}/{image}.runs ]; then systemctl start sentinelgo; fi"
            ))
            .ok();
    }
}
