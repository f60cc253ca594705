//! A whole life under the real `run`, with the real go: installed and updated, killed meanwhile, and
//! rolled back.

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use super::kit::instance::Instance;
use super::kit::trials::{Test, tests};
use super::kit::{child, proxy};
use super::place::LONG;
use crate::kit::waiting::until_within;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![it_installs_updates_and_rolls_back_also_when_it_is_killed_meanwhile,]
}

struct Host(Instance);

impl Host {
    fn new() -> Self {
        let instance = Instance::new();
        instance.configure("1s", "4s", "");
        instance.publish("v1.0.0", Variant::Good);
        Self(instance)
    }

    fn status(&self) -> Value {
        let output = child::run(self.0.command(&["status", "--json"]), LONG).expect("ran");
        serde_json::from_str(&output.stdout).unwrap_or_default()
    }

    fn wait(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until_within(
            proxy::BUILD,
            what,
            || wanted(&self.status()),
            || format!("{:#}\n{}", self.status(), self.0.log()),
        );
        self.status()
    }

    /// Waits for the end of the run to `version`.
    fn over(&self, version: &str) -> Value {
        self.wait(&format!("the end of the run to {version}"), |status| {
            status["last_run"]["to"] == version && status["run"].is_null()
        })
    }
}

fn it_installs_updates_and_rolls_back_also_when_it_is_killed_meanwhile() {
    let host = Host::new();
    let mut run = host.0.run();
    for version in ["v1.0.0", "v1.1.0"] {
        host.0.publish(version, Variant::Good);
        let status = host.wait("the version is watched", |status| {
            status["run"]["to"] == version && status["updater"]["state"] == "verifying"
        });
        assert_eq!(status["agent"]["version"], version, "{status:#}");
        run.signal_alone(Signal::KILL);
        run.exit_within(LONG).expect("killed");
        run = host.0.run();
        let status = host.over(version);
        assert_eq!(status["last_run"]["verdict"], "updated", "{status:#}");
        assert_eq!(running(&status), version, "{status:#}");
    }

    host.0.publish("v1.2.0", Variant::Good);
    let status = host.over("v1.2.0");
    assert_eq!(status["last_run"]["verdict"], "updated", "{status:#}");
    assert_eq!(running(&status), "v1.2.0", "{status:#}");
    println!("downtime {} ms", status["last_run"]["downtime_ms"]);

    host.0.publish("v1.3.0", Variant::CrashLoop);
    let status = host.over("v1.3.0");
    assert_eq!(status["last_run"]["verdict"], "rolled_back", "{status:#}");
    assert_eq!(running(&status), "v1.2.0", "{status:#}");
    assert_eq!(status["held"][0]["version"], "v1.3.0");
    let said = status["last_run"]["error"].to_string();
    assert!(said.contains("did not keep running"), "{status:#}");

    run.signal_alone(Signal::TERM);
    assert_eq!(run.exit_within(LONG).expect("ended").code(), Some(0));
    let pid = status["agent"]["pid"].to_string();
    assert!(!super::place::lives(&pid));
}

/// The version that runs; null: none does.
fn running(status: &Value) -> Value {
    match status["agent"]["state"] == "running" {
        true => status["agent"]["version"].clone(),
        false => Value::Null,
    }
}
