//! The sample agent as a systemd service, built in the machine by its own compiler.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::{Release, Tree};

use super::scenario;
use crate::kit::base::Base;
use crate::kit::machine::Machine;
use crate::kit::{Result, network, proxy};

const PACKAGE: &str = "github.com/BrainStation-23/SentinelGo/cmd/sentinel";
const BUILD_CACHE: &str = "/var/cache/build/go-build";
const MODULES: &str = "/var/cache/build/mod";
const BINARY: &str = "/root/bin/sentinel";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![scenario("agent::it_is_built_installed_and_survives_a_pulled_plug", life)]
}

fn life(base: &Base) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let tree = Tree::new(folder.path()).map_err(|error| error.to_string())?;
    tree.publish(&Release::new("v1.0.0")).map_err(|error| error.to_string())?;
    let mut machine = Machine::boot(base, proxy::machine_setup(base, &tree, BUILD_CACHE, MODULES)?)?;

    let build =
        proxy::machine_go(MODULES, BUILD_CACHE, &["install", "-trimpath", &format!("{PACKAGE}@v1.0.0")]);
    machine.exec_within(proxy::BUILD, &build)?.check()?;
    let address = format!("127.0.0.1:{}", machine.port());
    let install = [BINARY, "install", "-health", &address, "-period", "100ms"];
    machine.exec(&install).ok();
    assert_eq!(is_active(&machine), "inactive", "install does not start it");
    let again = machine.exec(&install);
    assert_eq!(again.code, Some(1), "{again}");
    assert!(again.stderr.contains("already exists"), "{again}");

    machine.exec(&["systemctl", "start", "sentinelgo"]).ok();
    let before = beats(&machine)?;
    machine.kill()?;
    machine.reup()?;
    assert_eq!(is_active(&machine), "active", "install enables it");
    let after = beats(&machine)?;
    assert!(
        after > before,
        "{before} beats were committed before the plug was pulled, {after} are there now"
    );

    machine.exec(&["systemctl", "stop", "sentinelgo"]).ok();
    let result = ["systemctl", "show", "--property=Result", "--value", "sentinelgo"];
    assert_eq!(machine.exec(&result).ok().stdout, "success\n", "SIGTERM is a clean end");
    machine.exec(&[BINARY, "uninstall"]).ok();
    assert_eq!(machine.exec(&["test", "-e", "/etc/systemd/system/sentinelgo.service"]).code, Some(1));
    assert_eq!(machine.exec(&[BINARY, "uninstall"]).code, Some(1), "it is gone");
    Ok(())
}

fn is_active(machine: &Machine) -> String {
    machine.exec(&["systemctl", "is-active", "sentinelgo"]).stdout.trim().to_owned()
}

/// The number of heartbeats by the agent's own word. A unit of this type counts as started before the
/// agent listens, so its line in the journal comes first.
fn beats(machine: &Machine) -> Result<u64> {
    machine.sh("journalctl --boot --follow --lines=all --unit=sentinelgo | grep --quiet --max-count=1 ' runs, schema '");
    let (status, body) = network::get(machine.port(), "/healthz")?;
    assert_eq!(status, 200, "{body}");
    let body: serde_json::Value = serde_json::from_str(&body).map_err(|error| format!("{body}: {error}"))?;
    body["beats"].as_u64().ok_or_else(|| format!("no beats in {body}"))
}
