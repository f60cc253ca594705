//! `hooks.on_result`, outside the updater's sandbox and out of its way.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;
use serde_json::Value;

use super::host::Host;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const HOOK: &str = "/usr/local/bin/on-result";
const RESULTS: &str = "/srv/results";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("hooks::each_run_is_told_outside_the_sandbox", told),
        scenario("hooks::one_that_hangs_or_is_missing_delays_nothing", hanging),
    ]
}

fn hook(host: &Host, script: &str) {
    host.machine.write(HOOK, format!("#!/bin/sh\n{script}\n"));
    host.machine.sh(&format!("chmod 755 {HOOK} && mkdir -p {RESULTS}")).ok();
}

fn setting(path: &str) -> String {
    format!("hooks.on_result = [\"{path}\", \"an argument\"]\n")
}

/// The hooks that run now.
fn units(host: &Host) -> Vec<String> {
    let list = "systemctl list-units --plain --no-legend --state=running 'sentinelgo-updater-hook-*'";
    let output = host.machine.sh(list).ok().stdout;
    output.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}

fn told(base: &Base) -> Result<()> {
    let host = Host::with(base, &setting(HOOK))?;
    // /usr is read-only inside the sandbox; the rename tells a whole file.
    hook(
        &host,
        &format!(
            "f={RESULTS}/$$\ncat >$f.part; cat /proc/self/cgroup >$f.cgroup; echo \"$1\" >/usr/outside\n\
             env | grep -c UPDATER >$f.env; mv $f.part $f.json"
        ),
    );
    host.start_service();
    let runs = |count: usize| -> Vec<Value> {
        host.wait(&format!("{count} runs are told"), || {
            let output = host.machine.sh(&format!("cat {RESULTS}/*.json 2>/dev/null")).stdout;
            let values: Vec<Value> = serde_json::Deserializer::from_str(&output)
                .into_iter()
                .collect::<std::result::Result<_, _>>()
                .unwrap_or_default();
            (values.len() >= count).then_some(values)
        })
    };
    runs(1);
    for (count, version, variant) in [
        (2, "v1.1.0", Variant::Good),
        (3, "v1.2.0", Variant::CrashLoop),
        (4, "v1.3.0", Variant::BrokenCompile),
    ] {
        host.publish(version, variant)?;
        runs(count);
    }
    let mut told = runs(4);
    told.sort_by_key(|run| std::cmp::Reverse(run["id"].as_str().unwrap_or_default().to_owned()));
    assert_eq!(told, host.history(), "what is told is what history has");
    let verdicts: Vec<&str> = told.iter().filter_map(|run| run["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["failed", "rolled_back", "updated", "updated"]);
    let log = told[0]["build_log"].as_str().expect("the log of the build that failed");
    assert!(host.machine.path(log).exists(), "{log}");
    assert!(told[1]["changes"]["dependencies"].is_array(), "{:#}", told[1]);
    host.machine.exec(&["systemctl", "stop", "sentinelgo-updater"]).ok();
    host.publish("v1.4.0", Variant::Good)?;
    host.once(0);
    let count = host.machine.sh(&format!("ls {RESULTS}/*.json | wc -l")).ok().stdout;
    assert_eq!(count.trim(), "5", "a command waits until its run is told");
    let preview = host.updater(&["update", "v1.1.0", "--dry-run", "--force", "--json"]).ok();
    let preview: Value = serde_json::from_str(&preview.stdout).map_err(|error| error.to_string())?;
    assert!(preview["declared_changes"]["dependencies"].is_array(), "{preview:#}");
    let text = host.updater(&["history", told[1]["id"].as_str().expect("an id")]).ok().stdout;
    assert!(text.contains("\nchanges ") && text.contains("\nbuild log "), "{text}");
    let seen = host.machine.sh(&format!("cat {RESULTS}/*.cgroup /usr/outside")).ok().stdout;
    assert_eq!(seen.matches("sentinelgo-updater-hook-").count(), 5, "{seen}");
    assert!(seen.ends_with("an argument\n"), "{seen}");
    Ok(())
}

fn hanging(base: &Base) -> Result<()> {
    let host = Host::with(base, &setting(HOOK))?;
    hook(&host, "exec sleep infinity");
    host.start_service();
    let first = host.wait("the hook runs", || units(&host).pop());
    assert_eq!(host.show(&first, "RuntimeMaxUSec"), "1min", "its limit is the manager's to keep");
    host.publish("v1.1.0", Variant::Good)?;
    host.wait("the next update is made", || (host.history().len() == 2).then_some(()));
    assert_eq!(
        units(&host),
        std::slice::from_ref(&first),
        "while the hook still hangs, and the second waits for it"
    );
    host.machine.exec(&["systemctl", "kill", "--signal=KILL", &first]).ok();
    let second = host.wait("the second is told", || units(&host).pop().filter(|unit| *unit != first));
    host.wait_for_log("signal 9");
    host.machine.exec(&["systemctl", "kill", "--signal=KILL", &second]).ok();

    host.configure(&setting("/no/such"));
    host.machine.exec(&["systemctl", "reload", "sentinelgo-updater"]).ok();
    host.wait_for_log("configuration read again");
    host.publish("v1.2.0", Variant::Good)?;
    host.wait_for_log("hooks.on_result `/no/such` failed");
    host.machine.exec(&["systemctl", "stop", "sentinelgo-updater"]).ok();
    let log = host.machine.sh("grep -c '/no/such. failed' /var/lib/sentinelgo/updater.log").ok().stdout;
    assert_eq!(log.trim(), "1");
    assert_eq!(host.agent_version(), "v1.2.0");
    Ok(())
}
