//! Who may come in, and that another configuration changes it for those who are in already.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use sentinel_updater::control::protocol::Pause;
use sentinel_updater::control::{Client, Request};

use super::client::Follower;
use super::client::within;
use super::host::{Host, LONG};
use super::kit::child;
use super::kit::trials::{Test, skip, tests};
use super::kit::waiting::until_within;

/// Somebody who is nobody.
const STRANGER: u32 = 65534;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![another_configuration_changes_who_may_come_in]
}

/// This program, called to try what the user that it runs as may do.
pub(crate) fn asked() -> bool {
    let mut args = std::env::args().skip(1);
    let (Some(word), Some(socket)) = (args.next(), args.next()) else { return false };
    if word != "--try" {
        return false;
    }
    within(LONG, async {
        match Client::connect(Path::new(&socket), "0.0.0").await {
            Err(failure) => println!("{:?}: {failure}", failure.class),
            Ok(connection) => {
                let paused = connection.client.send(&Request::Pause(Pause::default())).await;
                let how = paused.map_or_else(|failure| failure.to_string(), |_| "may steer".into());
                println!("{:?}: {how}", connection.welcome.role);
            }
        }
    });
    true
}

fn another_configuration_changes_who_may_come_in() {
    if !rustix::process::geteuid().is_root() {
        return skip("only root can become somebody else");
    }
    within(3 * LONG, another());
}

async fn another() {
    let host = Host::new("control.group = \"no-such-group\"\n");
    // The tests' own folder may be closed to strangers.
    let program = host.path("try");
    fs::copy(std::env::current_exe().expect("this program"), &program).expect("copied");
    let run = host.run();
    let stranger = || {
        let mut command = Command::new(&program);
        command.arg("--try").arg(host.socket()).uid(STRANGER).gid(STRANGER).current_dir("/");
        child::run(command, LONG).expect("ran").ok().stdout
    };
    let modes = || {
        let mode = |path: &Path| fs::metadata(path).map_or(0, |found| found.permissions().mode() & 0o7777);
        (mode(host.socket().parent().expect("a folder")), mode(&host.socket()))
    };
    assert_eq!(modes(), (0o750, 0o660));
    let said = stranger();
    assert!(said.starts_with("Permission: "), "{said}");
    let mut root = Follower::new(&host).await;
    let group = |view: &sentinel_updater::model::View| {
        view.status.alerts.iter().any(|alert| alert.id == "control_group" && alert.text.contains("groupadd"))
    };
    root.until("the missing group is told", group).await;

    host.configure("control.group = \"\"\ncontrol.viewers = \"all\"\n");
    run.signal_alone(Signal::HUP);
    root.until("no group is missed", |view| !group(view)).await;
    until_within(LONG, "everybody may look", || modes() == (0o755, 0o666), || host.log());
    let said = stranger();
    assert!(said.starts_with("Viewer: ") && said.contains("look but not steer"), "{said}");

    host.configure("control.group = \"nogroup\"\n");
    run.signal_alone(Signal::HUP);
    until_within(LONG, "only the group may", || modes() == (0o750, 0o660), || host.log());
    let said = stranger();
    assert!(said.starts_with("Operator: may steer"), "{said}");
    root.until("it is paused", |view| {
        view.status.updater.paused.as_ref().is_some_and(|paused| paused.by == format!("uid {STRANGER}"))
    })
    .await;
    let settings = root.client.send(&Request::Settings).await.expect("settings");
    assert!(settings.to_string().contains("nogroup"), "{settings}");
}
