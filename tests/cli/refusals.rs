//! Who may not, and when not.

use std::path::Path;
use std::process::{Command, Stdio};

use sentinel_updater::host::lock::Lock;
use sentinel_updater::host::privilege::is_root;

use super::place::{Answer, PROGRAM, Place, ask, skipped};

#[test]
fn a_change_beside_another_updater_is_refused_with_its_process() {
    if !is_root() {
        skipped("root");
        return;
    }
    let place = Place::new();
    place.layout().create().expect("the state");
    let _lock = Lock::acquire(&place.layout().lock()).expect("free");
    for line in ["update", "rollback", "hold v1.0.0", "unhold v1.0.0"] {
        let refused = place.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (Some(6), ""), "{line}: {refused:?}");
        assert!(refused.talk.contains(&format!("(pid {})", std::process::id())), "{line}: {refused:?}");
        assert!(refused.talk.contains("\n  next: "), "{line}: {refused:?}");
    }
}

#[test]
fn without_a_service_manager_only_the_running_updater_switches() {
    if !is_root() {
        skipped("root");
        return;
    }
    let place = Place::new();
    for line in ["update", "rollback", "run --once"] {
        let refused = place.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (Some(6), ""), "{line}: {refused:?}");
    }
}

#[test]
fn who_is_not_root_is_told_how_to_become_it() {
    let place = Place::new();
    place.layout().create().expect("the state");
    let Some(mut as_nobody) = as_nobody(&place) else {
        skipped("root and setpriv");
        return;
    };
    for (line, remedy) in [
        ("update", "sudo sentinel-updater update"),
        ("rollback", "sudo sentinel-updater rollback"),
        ("hold v1.0.0", "sudo sentinel-updater hold v1.0.0"),
        ("unhold v1.0.0", "sudo sentinel-updater unhold v1.0.0"),
        ("history", "sudo sentinel-updater history"),
        ("versions", "sudo sentinel-updater versions"),
        ("logs build", "sudo sentinel-updater logs build"),
        ("status", "sudo sentinel-updater status"),
    ] {
        let refused = as_nobody(line);
        assert_eq!(refused.code, Some(5), "{line}: {refused:?}");
        assert!(refused.talk.contains(&format!("\n  next: `{remedy}`")), "{line}: {refused:?}");
    }
    assert!(as_nobody("status").out.contains("cli-test-agent"), "what can be seen is shown");
    assert_eq!(as_nobody("config check").code, Some(0));
}

/// Runs the program as a user without rights; `None` where that cannot be done.
fn as_nobody(place: &Place) -> Option<impl FnMut(&str) -> Answer> {
    use std::os::unix::fs::PermissionsExt;
    let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].iter().find(|path| Path::new(path).exists())?;
    if !is_root() {
        return None;
    }
    // The test's own program may lie where only its owner looks.
    let program = place.path("program");
    std::fs::copy(PROGRAM, &program).expect("copy");
    std::fs::set_permissions(place.folder.path(), PermissionsExt::from_mode(0o755)).expect("mode");
    let config = place.path("updater.toml");
    Some(move |line: &str| {
        let mut command = Command::new(setpriv);
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
        command.arg(&program).arg("--config").arg(&config).args(line.split_whitespace());
        ask(command.env_clear().stdin(Stdio::null()))
    })
}
