//! The control socket with the system's own users and groups.

use libtest_mimic::Trial;

use super::host::{Host, UPDATER_PLACE};
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

const SOCKET: &str = "/run/sentinelgo-updater/control.sock";
const STATUS: &str = r#"{"jsonrpc":"2.0","id":2,"method":"status"}"#;
const PAUSE: &str = r#"{"jsonrpc":"2.0","id":2,"method":"pause","params":{"reason":"freeze"}}"#;
const RESUME: &str = r#"{"jsonrpc":"2.0","id":2,"method":"resume"}"#;

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![scenario("socket::the_group_steers_others_look_or_stay_outside", access)]
}

/// What the service answers to a request of `user`, and what is said instead.
fn ask(host: &Host, user: &str, request: &str) -> String {
    let script = r#"
        trap '' PIPE
        coproc A { exec runuser -u "$1" -- "$2" attach --stdio 2>&1; }
        # The shell closes its own ends as soon as the program is gone.
        exec {in}>&${A[1]} {out}<&${A[0]}
        printf '%s\n' '{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}' "$3" >&$in || true
        while IFS= read -r -t 30 line <&$out; do
            printf '%s\n' "$line"
            case $line in *'"id":2'*|*'"id":null'*) break;; esac
        done
    "#;
    host.machine.exec(&["bash", "-c", script, "ask", user, UPDATER_PLACE, request]).stdout
}

/// Owner, group and mode of the socket's folder and of the socket.
fn modes(host: &Host) -> String {
    host.machine.exec(&["stat", "-c", "%U:%G %a", "/run/sentinelgo-updater", SOCKET]).ok().stdout
}

fn systemctl(host: &Host, verb: &str) {
    host.machine.exec(&["systemctl", verb, "sentinelgo-updater"]).ok();
}

fn wait_for(host: &Host, wanted: &str) {
    host.wait(wanted, || (modes(host) == wanted).then_some(()));
}

fn access(base: &Base) -> Result<()> {
    // Without a group root alone comes in, and is told what is missing.
    let host = Host::new(base)?;
    host.machine.sh("useradd -m alice; useradd -m bob").ok();
    host.start_service();
    assert_eq!(modes(&host), "root:root 750\nroot:root 660\n", "there when the service counts as started");
    let said = ask(&host, "root", STATUS);
    assert!(said.contains("control_group") && said.contains("groupadd"), "{said}");
    let said = ask(&host, "alice", STATUS);
    assert!(said.contains("sudo") && !said.contains("result"), "{said}");

    // A reload finds it.
    host.machine.sh("groupadd --system sentinelgo; usermod -aG sentinelgo alice").ok();
    systemctl(&host, "reload");
    wait_for(&host, "root:sentinelgo 750\nroot:sentinelgo 660\n");
    let said = ask(&host, "root", STATUS);
    assert!(said.contains("\"operator\"") && !said.contains("control_group"), "{said}");
    let said = ask(&host, "bob", STATUS);
    assert!(said.contains("sudo") && !said.contains("result"), "{said}");
    let said = ask(&host, "alice", PAUSE);
    assert!(said.contains("\"operator\"") && said.contains("\"reason\":\"freeze\""), "{said}");
    let uid = host.machine.exec(&["id", "-u", "alice"]).ok().stdout.trim().to_owned();
    host.wait_for_log(&format!("by uid {uid}, pid "));
    let said = ask(&host, "root", RESUME);
    assert!(said.contains("\"was\":true"), "{said}");

    // Viewers look and do not steer; that holds from the start, too.
    host.configure("control.viewers = \"all\"\n");
    for verb in ["reload", "restart"] {
        systemctl(&host, verb);
        wait_for(&host, "root:sentinelgo 755\nroot:sentinelgo 666\n");
        let said = ask(&host, "bob", STATUS);
        assert!(said.contains("\"viewer\"") && said.contains("\"updater\""), "{verb}: {said}");
        let said = ask(&host, "bob", PAUSE);
        assert!(said.contains("look but not steer") && said.contains("sentinelgo"), "{verb}: {said}");
        let said = ask(&host, "alice", RESUME);
        assert!(said.contains("\"was\":false"), "{verb}: {said}");
    }

    // And is over with the next start.
    host.configure("");
    systemctl(&host, "restart");
    assert_eq!(modes(&host), "root:sentinelgo 750\nroot:sentinelgo 660\n");
    let said = ask(&host, "bob", STATUS);
    assert!(said.contains("sudo") && !said.contains("result"), "{said}");
    systemctl(&host, "stop");
    assert_eq!(host.machine.exec(&["test", "-e", SOCKET]).code, Some(1));
    Ok(())
}
