//! What an administrator did to the agent and its machine stays as it is.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::host::{BINARY, Host};
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const UNIT: &str = "/etc/systemd/system/sentinelgo.service";
const WINDOW: &str = "verify.window = \"1s\"\n";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("surroundings::a_masked_agent_is_left_alone", masked),
        scenario("surroundings::a_drop_in_of_the_administrator_stays_in_effect", drop_in),
        scenario("surroundings::a_unit_edited_by_the_administrator_is_kept", edited),
        scenario("surroundings::owner_mode_and_capabilities_outlive_update_and_rollback", attributes),
        scenario("surroundings::the_binary_may_lie_on_another_file_system", other_file_system),
        scenario("surroundings::a_full_disk_fails_before_the_agent_is_touched", full_disk),
    ]
}

fn masked(base: &Base) -> Result<()> {
    let host = installed(base, "")?;
    let binary = host.installed_sha256();
    // systemctl does not mask a unit whose file lies in its own folder: it is moved away first.
    host.machine
        .sh(&format!("systemctl disable --now -q sentinelgo; mv {UNIT} /root/; systemctl mask -q sentinelgo"))
        .ok();
    host.publish("v1.1.0", Variant::Good)?;
    host.once(0);
    assert_eq!(host.history().len(), 1, "no run is made");
    let alerts = host.status()["alerts"].clone();
    assert!(
        alerts.as_array().is_some_and(|all| all.iter().any(|alert| alert["id"] == "masked")),
        "{alerts:#}"
    );
    assert_eq!(host.installed_sha256(), binary);
    assert_eq!(host.show("sentinelgo", "LoadState"), "masked");
    assert_eq!(host.show("sentinelgo", "ActiveState"), "inactive");

    host.machine.sh(&format!("systemctl unmask -q sentinelgo; mv /root/sentinelgo.service {UNIT}; systemctl daemon-reload; systemctl enable --now -q sentinelgo")).ok();
    host.once(0);
    host.last_run("updated");
    host.assert_settled("v1.1.0");
    Ok(())
}

fn drop_in(base: &Base) -> Result<()> {
    let host = installed(base, "")?;
    host.drop_in("sentinelgo", "[Service]\nEnvironment=WITNESS=here\nNice=7\n");
    host.machine.exec(&["systemctl", "restart", "sentinelgo"]).ok();
    update(&host, "v1.1.0")?;
    let nice = host.machine.exec(&["ps", "-o", "ni=", "-p", &host.pid()]).ok().stdout;
    assert_eq!(nice.trim(), "7");
    let environment = host.machine.sh(&format!("tr '\\0' '\\n' </proc/{}/environ", host.pid())).ok().stdout;
    assert!(environment.contains("WITNESS=here"), "{environment}");
    Ok(())
}

fn edited(base: &Base) -> Result<()> {
    let host = installed(base, "")?;
    host.machine.sh(&format!("sed -i 's/^\\[Service\\]$/[Service]\\nNice=6/' {UNIT}; systemctl daemon-reload; systemctl restart sentinelgo")).ok();
    let text = std::fs::read_to_string(host.machine.path(UNIT)).map_err(|error| error.to_string())?;
    assert!(text.contains("Nice=6"), "{text}");
    update(&host, "v1.1.0")?;
    // Even settings that would change the unit do not change this one.
    host.configure(&format!("{WINDOW}agent.user = \"daemon\"\n"));
    update(&host, "v1.2.0")?;
    let now = std::fs::read_to_string(host.machine.path(UNIT)).map_err(|error| error.to_string())?;
    assert_eq!(now, text);
    let nice = host.machine.exec(&["ps", "-o", "ni=", "-p", &host.pid()]).ok().stdout;
    assert_eq!(nice.trim(), "6");
    Ok(())
}

/// The agent as a user of its own that may bind low ports; by the service, whose rights are cut down.
fn attributes(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.machine.sh("useradd --system --no-create-home agent; mkdir -p /var/lib/sentinelgo; chown agent: /var/lib/sentinelgo; chmod 0750 /var/lib/sentinelgo").ok();
    host.configure("agent.user = \"agent\"\n");
    host.once(0);
    host.machine.sh(&format!(
        "chown root:agent {BINARY}; chmod 0750 {BINARY}; setcap cap_net_bind_service=ep {BINARY}; systemctl restart sentinelgo"
    )).ok();
    let before = facts(&host);
    assert!(before.contains("root agent 750") && before.contains("cap_net_bind_service=ep"), "{before}");

    host.start_service();
    let installed = host.last_run("updated");
    host.publish("v1.1.0", Variant::Good)?;
    let updated = host.wait_for_run(&installed);
    assert_eq!(updated["verdict"], "updated", "{updated:#}");
    host.assert_settled("v1.1.0");
    assert_eq!(facts(&host), before);

    host.publish("v1.2.0", Variant::CrashLoop)?;
    let back = host.wait_for_run(&updated);
    assert_eq!(back["verdict"], "rolled_back", "{back:#}");
    host.assert_settled("v1.1.0");
    assert_eq!(facts(&host), before);

    host.machine.exec(&["systemctl", "stop", "sentinelgo-updater"]).ok();
    host.updater(&["rollback"]).ok();
    host.assert_settled("v1.0.0");
    assert_eq!(facts(&host), before);
    Ok(())
}

/// Owner, mode and capabilities of the binary; owner and mode of the data; the user of the process.
fn facts(host: &Host) -> String {
    host.agent_version();
    host.machine
        .sh(&format!(
            "stat -c '%U %G %a' {BINARY} /var/lib/sentinelgo /var/lib/sentinelgo/sentinel.db; getcap {BINARY}; ps -o user= -p {}",
            host.pid()
        ))
        .ok()
        .stdout
}

fn other_file_system(base: &Base) -> Result<()> {
    let host = on_tmpfs(base, "256M")?;
    host.install();
    assert_eq!(host.machine.exec(&["stat", "-f", "-c", "%T", BINARY]).ok().stdout, "tmpfs\n");
    update(&host, "v1.1.0")?;
    host.publish("v1.2.0", Variant::CrashLoop)?;
    host.once(3);
    host.last_run("rolled_back");
    host.assert_settled("v1.1.0");
    host.updater(&["rollback"]).ok();
    host.assert_settled("v1.0.0");
    Ok(())
}

fn full_disk(base: &Base) -> Result<()> {
    let host = on_tmpfs(base, "256M")?;
    host.install();
    let (pid, binary) = (host.pid(), host.installed_sha256());
    host.machine.sh("head -c 1G /dev/zero >/usr/local/bin/ballast || true").ok();
    host.publish("v1.1.0", Variant::Good)?;
    host.once(1);
    let run = host.last_run("failed");
    let step = run["steps"].as_array().and_then(|steps| steps.iter().find(|step| step["status"] == "failed"));
    assert_eq!(step.map(|step| &step["id"]), Some(&"preflight".into()), "{run:#}");
    assert!(run["error"].as_str().is_some_and(|error| error.contains("/usr/local/bin")), "{run:#}");
    assert_eq!((host.pid(), host.installed_sha256()), (pid, binary), "the agent is untouched");
    host.assert_settled("v1.0.0");

    host.machine.sh("rm /usr/local/bin/ballast").ok();
    host.updater(&["update"]).ok();
    host.assert_settled("v1.1.0");
    Ok(())
}

/// A machine whose `/usr/local/bin` is a file system of its own.
fn on_tmpfs(base: &Base, size: &str) -> Result<Host> {
    let host = Host::new(base)?;
    host.machine
        .sh(&format!(
            "cp /usr/local/bin/sentinel-updater /root/; mount -t tmpfs -o size={size},mode=755 tmpfs /usr/local/bin
            install -m 755 /root/sentinel-updater /usr/local/bin/; touch {BINARY}; rm {BINARY}"
        ))
        .ok();
    Ok(host)
}

/// A machine that runs v1.0.0.
fn installed(base: &Base, settings: &str) -> Result<Host> {
    let host = Host::with(base, &format!("{WINDOW}{settings}"))?;
    host.install();
    Ok(host)
}

fn update(host: &Host, version: &str) -> Result<()> {
    host.publish(version, Variant::Good)?;
    host.once(0);
    host.last_run("updated");
    host.assert_settled(version);
    Ok(())
}
