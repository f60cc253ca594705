//! The scenarios, one file a subject. Those that run inside share one machine and take turns, so that
//! none disturbs the times of another; each has units of its own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use sentinel_updater::model::ServiceState;
use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::ports::ServiceManager;
use sentinel_updater::service::systemd::{Programs, Systemd};

use crate::kit::Result;
use crate::kit::base::Base;
use crate::kit::machine::{Bind, Machine, Setup};

mod definition;
mod life;
mod shutdown;
mod transient;
mod updater_unit;
mod waiting;

/// Makes the test program play one scenario where it is.
pub(crate) const INSIDE: &str = "--inside";
/// Where a machine sees the test program.
pub(crate) const PROGRAM: &str = "/usr/local/libexec/systemd-test";
/// Longer than anything here takes.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A name that says what must hold, and how it is shown.
pub(crate) type Scenario = (&'static str, fn());

fn inside() -> Vec<Scenario> {
    [life::SCENARIOS, waiting::SCENARIOS, definition::SCENARIOS, transient::SCENARIOS].concat()
}

/// Every scenario there is.
pub(crate) fn all() -> Vec<Trial> {
    let machine: Arc<Mutex<Option<Machine>>> = Arc::default();
    let trial = |(name, _): Scenario| {
        let machine = machine.clone();
        Trial::test(name, move || {
            let mut machine = machine.lock().unwrap_or_else(PoisonError::into_inner);
            if machine.is_none() {
                *machine = Some(Machine::boot(&Base::get()?, setup(Setup::new())?)?);
            }
            let machine = machine.as_ref().expect("booted");
            let output = machine.exec_within(Duration::from_secs(120), &[PROGRAM, INSIDE, name])?;
            if std::env::var_os("SENTINEL_TEST_VERBOSE").is_some() {
                print!("{}", output.stdout);
            }
            output.check().map(drop).map_err(Failed::from)
        })
    };
    let mut all: Vec<Trial> = inside().into_iter().map(trial).collect();
    all.extend(shutdown::scenarios());
    all.extend(updater_unit::scenarios());
    all
}

/// Plays a scenario here, in the machine.
pub(crate) fn play(name: &str) {
    let known = inside().into_iter().chain(shutdown::INSIDE).chain(updater_unit::INSIDE);
    let (_, play) = known.into_iter().find(|(known, _)| *known == name).expect("a known scenario");
    play();
}

/// A machine that sees the test program.
pub(crate) fn setup(setup: Setup) -> Result<Setup> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(setup.bind(Bind::read_only(program, PROGRAM)))
}

/// The adapter under test.
pub(crate) fn systemd() -> Systemd {
    Systemd::new(programs())
}

pub(crate) fn programs() -> Programs {
    Programs::find().expect("systemd's programs")
}

/// Writes a unit of an administrator and makes the manager read it.
pub(crate) fn unit(name: &str, service: &str) {
    let text = format!("[Service]\nType=exec\n{service}\n[Install]\nWantedBy=multi-user.target\n");
    fs::write(format!("/etc/systemd/system/{name}.service"), text).expect("written");
    run(&["systemctl", "daemon-reload"]);
}

/// Writes an executable script and gives its path.
pub(crate) fn script(name: &str, body: &str) -> String {
    let path = format!("/usr/local/bin/{name}");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

/// A named pipe, to wait for what a service writes.
pub(crate) fn fifo(path: &str) {
    run(&["mkfifo", path]);
}

/// Runs a command that must succeed; its output.
pub(crate) fn run(words: &[&str]) -> String {
    let output = Command::new(words[0]).args(&words[1..]).output().expect("started");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn state(name: &str) -> ServiceState {
    systemd().state(name).expect("a state")
}

pub(crate) fn spec(name: &str, binary: &str) -> ServiceSpec {
    ServiceSpec {
        service: name.into(),
        binary: binary.into(),
        args: vec![],
        env: vec![],
        user: None,
        install_args: vec![],
        data: "/var/lib/agent".into(),
    }
}
