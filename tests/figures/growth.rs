//! What ten thousand checks that find nothing leave behind in memory.
//!
//! The service checks once a second at most, so its own turns are taken here one after the other: the
//! library's engine with the adapters, the lock and the log of the service, in a process of its own beside
//! a real systemd, which asks a proxy over HTTP.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_updater::config::{self, Sources};
use sentinel_updater::daemon;
use sentinel_updater::engine::Interrupt;
use sentinel_updater::model::{Event, Status, Timestamp, View};

use crate::host::Host;
use crate::idle::{number, read};
use crate::kit::Result;
use crate::kit::base::Base;
use crate::test_server::{Asked, Play, TestServer, text};

/// The first argument of the process that checks.
pub(crate) const PART: &str = "checks";

const PLACE: &str = "/usr/local/bin/figures";
const CONFIG: &str = "/etc/sentinelgo/updater.toml";
const WARM: u32 = 100;
const CHECKS: u32 = 10_000;
/// It takes seconds: this stops what hangs and judges nothing.
const LIMIT: Duration = Duration::from_secs(600);

/// The growth of resident memory in KiB between the hundredth check and the last one.
pub(crate) fn figure() -> Result<Vec<f64>> {
    let host = Host::new(&Base::get()?)?;
    host.install();
    let root = host.tree.root().to_owned();
    let server = TestServer::start(move |asked| serve(&root, asked));
    let proxy = format!("s#^ *build.goproxy = .*#build.goproxy = \"{}\"#", server.base());
    host.machine.exec(&["sed", "-i", &proxy, CONFIG]).ok();
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let program = std::fs::read(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    host.machine.write(PLACE, program);
    host.machine.exec(&["chmod", "755", PLACE]).ok();
    let output = host.machine.exec_within(LIMIT, &[PLACE, PART, CONFIG])?.check()?;
    eprint!("{}", output.stderr);
    let asked = server.take_asked().len();
    if asked < CHECKS as usize {
        return Err(format!("the proxy was asked only {asked} times\n{output}"));
    }
    let growth = output.stdout.trim().parse().map_err(|error| format!("{error}: {output}"))?;
    Ok(vec![growth])
}

/// The tree over HTTP, its list with an ETag.
fn serve(root: &Path, asked: &Asked) -> Play {
    let Ok(file) = std::fs::read(root.join(asked.path.trim_start_matches('/').replace("%21", "!"))) else {
        return text(404, "");
    };
    if !asked.path.ends_with("/list") {
        return Play::Answer(200, vec![], file);
    }
    let tag = format!("\"{}\"", file.len());
    if asked.header("if-none-match") == Some(&tag) {
        return Play::Answer(304, vec![], vec![]);
    }
    Play::Answer(200, vec![("ETag", tag)], file)
}

/// The process of its own: prints the growth.
pub(crate) fn part(file: &Path) -> Result<()> {
    let sources = Sources::here(Some(PathBuf::from(file)), Vec::new());
    let loaded = config::load(&sources).map_err(|rejected| format!("{rejected:?}"))?;
    // What the service does with events.
    let mut view = View::new(Status::default(), 0);
    let sink = Box::new(move |kind| {
        let seq = view.seq + 1;
        view.apply(&Event { seq, at: Timestamp::now(), kind });
    });
    let (early, late) = daemon::with_engine(&loaded.settings, sink, &Interrupt::new(), |engine| {
        let mut checks = |count| {
            for _ in 0..count {
                let (_, run) = engine.turn();
                if run.is_some() || engine.latest().error.is_some() {
                    return Err(format!("a check found something: {run:?} {:?}", engine.latest()));
                }
            }
            number(&read(Path::new("/proc/self/status"))?, "VmRSS:")
        };
        checks(WARM).and_then(|early| Ok((early, checks(CHECKS - WARM)?)))
    })
    .map_err(|failure| failure.to_string())??;
    eprintln!("resident after {WARM} checks: {early} KiB, after {CHECKS}: {late} KiB");
    println!("{}", late as f64 - early as f64);
    Ok(())
}
