//! The service of another machine: over a real ssh, to this one.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::kit::child::{self, Child};
use super::kit::network;
use super::kit::trials::{Test, skip, tests};
use super::kit::waiting::until;
use super::place::{PROGRAM, Place, SIZE};
use super::pty::{LONG, Tty, code};

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_dashboard_over_ssh_is_the_same,
        attach_without_a_service_says_so,
        what_ssh_says_is_told_before_the_screen,
    ]
}

const SSHD: &str = "/usr/sbin/sshd";

/// An sshd of our own, and a command `ssh` that finds it as `there`.
fn server(place: &Place) -> Option<Child> {
    if !rustix::process::geteuid().is_root() || !Path::new(SSHD).exists() {
        skip("it needs root and openssh-server");
        return None;
    }
    let bin = place.path("bin");
    fs::create_dir_all(&bin).expect("a directory");
    // Where sshd puts those who have not logged in yet.
    fs::create_dir_all("/run/sshd").expect("a directory");
    std::os::unix::fs::symlink(PROGRAM, bin.join("sentinel-updater")).expect("linked");
    for name in ["host", "user"] {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(place.path(name));
        child::run(keygen, LONG).expect("ran").ok();
    }
    let (port, at) =
        (network::free_port().expect("a port"), |name: &str| place.path(name).display().to_string());
    let config = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
         PidFile none\nPermitRootLogin yes\nSetEnv PATH={}:/usr/bin:/bin\n",
        at("host"),
        at("user.pub"),
        bin.display(),
    );
    fs::write(place.path("sshd_config"), config).expect("written");
    let config = format!(
        "Host there\nHostName 127.0.0.1\nPort {port}\nUser root\nIdentityFile {}\nIdentitiesOnly yes\n\
         UserKnownHostsFile {}\nStrictHostKeyChecking accept-new\n",
        at("user"),
        at("known"),
    );
    fs::write(place.path("ssh_config"), config).expect("written");
    super::kit::instance::script(
        &bin.join("ssh"),
        &format!("exec /usr/bin/ssh -F '{}' \"$@\"", at("ssh_config")),
    );
    let mut command = Command::new(SSHD);
    command.args(["-D", "-e", "-f"]).arg(place.path("sshd_config"));
    let sshd = Child::spawn(command).expect("started");
    until("sshd listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    Some(sshd)
}

fn command(place: &Place) -> Command {
    let mut command = place.command(&["--host", "there"]);
    command.env("PATH", format!("{}:/usr/bin:/bin", place.path("bin").display()));
    command
}

fn a_dashboard_over_ssh_is_the_same() {
    let place = Place::new();
    let Some(_sshd) = server(&place) else { return };
    let service = place.serve();
    let mut tty = Tty::start(&command(&place), SIZE);
    tty.wait_for("there  sentinel-updater");
    tty.wait_for("v1.4.2");
    tty.type_in("p");
    tty.wait_for("Pause until resumed");
    tty.type_in("\x1b[C\x1b[C\r");
    tty.wait_for("Resume");
    assert_eq!(service.asked().len(), 1);
    drop(service);
    tty.wait_for("lost");
    let _service = place.serve();
    tty.wait_without("lost");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn what_ssh_says_is_told_before_the_screen() {
    let place = Place::new();
    let Some(_sshd) = server(&place) else { return };
    let mut tty = Tty::start(&command(&place), SIZE);
    assert_eq!(code(tty.end_restored()), 4, "{}", tty.text());
    assert!(tty.text().contains("not reached") && !tty.screen().alternate_screen(), "{}", tty.text());
}

fn attach_without_a_service_says_so() {
    let place = Place::new();
    let mut command = Command::new(PROGRAM);
    command
        .arg("--set")
        .arg(format!("paths.socket={}", place.socket().display()))
        .args(["attach", "--stdio"]);
    let output = child::run(command, LONG).expect("ran");
    assert_eq!((output.code, output.stdout.as_str()), (Some(4), ""), "{output}");
    assert!(output.stderr.starts_with("error: "), "{output}");
}
