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
    for line in
        ["update", "update --stage-only", "rollback", "hold v1.0.0", "unhold v1.0.0", "pause", "resume"]
    {
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
    for (line, code) in [("update", 4), ("rollback", 4), ("run --once", 6)] {
        let refused = place.run(line);
        assert_eq!((refused.code, refused.out.as_str()), (Some(code), ""), "{line}: {refused:?}");
        assert!(refused.talk.contains("`sentinel-updater run`"), "{line}: {refused:?}");
    }
}

#[test]
fn orders_for_later_need_no_service_manager() {
    if !is_root() {
        skipped("root");
        return;
    }
    let place = Place::new();
    let paused = || place.run("status --json").json()["updater"]["paused"].clone();
    let answer = ask(&mut place.command(["pause", "--for", "2h", "--reason", "freeze of the year"]));
    assert_eq!(answer.code, Some(0), "{answer:?}");
    assert!(answer.out.starts_with("automatic updates are paused until 2"), "{answer:?}");
    assert!(answer.out.trim_end().ends_with("by uid 0: freeze of the year"), "{answer:?}");
    let found = paused();
    assert_eq!(super::place::keys(&found), ["by", "reason", "since", "until"]);
    assert_eq!((&found["by"], &found["reason"]), (&"uid 0".into(), &"freeze of the year".into()));
    assert_eq!(place.run("pause").code, Some(0), "a pause replaces the one before");
    assert_eq!(
        (&paused()["until"], &paused()["reason"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
    assert!(place.run("status").out.contains("automatic updates are paused until resumed by uid 0"));
    for said in ["automatic updates are resumed", "automatic updates were not paused"] {
        let answer = place.run("resume");
        assert_eq!((answer.code, answer.out.trim_end()), (Some(0), said));
    }
    assert_eq!(paused(), serde_json::Value::Null);
    assert_eq!(place.run("hold v1.0.0").code, Some(0));
    assert_eq!(place.run("status --json").json()["held"][0]["version"], "v1.0.0");
    assert_eq!(place.run("unhold v1.0.0").out, "v1.0.0 is no longer held\n");
    assert_eq!(place.run("unhold v1.0.0").out, "v1.0.0 was not held\n");
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
        ("pause", "sudo sentinel-updater pause"),
        ("resume", "sudo sentinel-updater resume"),
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
