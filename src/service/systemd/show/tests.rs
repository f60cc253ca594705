use super::*;

const RUNNING: &str = "MainPID=102
Result=success
NRestarts=0
ExecMainCode=0
ExecMainStatus=0
ExecStart={ path=/opt/My App/sentinel ; argv[]=/opt/My App/sentinel -c a=b ; ignore_errors=no ; start_time=[Tue 2026-11-24 04:08:49 UTC] ; stop_time=[n/a] ; pid=102 ; code=(null) ; status=0/0 }
ControlGroup=/system.slice/a.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/a.service
UnitFileState=enabled
StateChangeTimestamp=Tue 2026-11-24 04:08:49 UTC
ActiveEnterTimestampMonotonic=1553041904
ActiveExitTimestampMonotonic=0
NeedDaemonReload=no
InvocationID=195a6da0859e4da4bdfffbbc27d1ecf3
";

#[test]
fn a_running_unit() {
    let show = Show::parse(RUNNING);
    let state = show.state();
    assert_eq!(
        state,
        ServiceState {
            life: Life::Running,
            masked: false,
            enabled: true,
            pid: Some(102),
            since: "2026-11-24T04:08:49Z".parse().ok(),
            restarts: 0,
            result: "success".into(),
            invocation: "195a6da0859e4da4bdfffbbc27d1ecf3".into(),
            ended: None,
            active_enter_us: 1_553_041_904,
            active_exit_us: 0,
        }
    );
    assert!(state.since.is_some() && !state.is_failing());
    assert_eq!(show.control_group(), Some("/system.slice/a.service"));
    assert_eq!(show.runs(), Some("/opt/My App/sentinel".into()));
    assert!(show.is_answer() && show.was_active() && !show.needs_reload() && !show.unknown());
}

#[test]
fn lives() {
    for (load, active, sub, result, life, failing) in [
        ("loaded", "active", "running", "success", Life::Running, false),
        ("loaded", "active", "exited", "success", Life::Stopped, false),
        ("loaded", "reloading", "reload", "success", Life::Running, false),
        ("loaded", "refreshing", "running", "success", Life::Running, false),
        ("loaded", "activating", "start", "success", Life::Changing, false),
        ("loaded", "activating", "auto-restart", "exit-code", Life::Changing, true),
        ("loaded", "deactivating", "stop-sigterm", "success", Life::Changing, false),
        ("loaded", "failed", "failed", "start-limit-hit", Life::Failed, true),
        ("loaded", "inactive", "dead", "success", Life::Stopped, false),
        ("not-found", "inactive", "dead", "success", Life::Absent, false),
        ("not-found", "active", "running", "success", Life::Running, false),
        ("masked", "inactive", "dead", "success", Life::Stopped, false),
        ("bad-setting", "inactive", "dead", "success", Life::Stopped, false),
    ] {
        let text = format!("LoadState={load}\nActiveState={active}\nSubState={sub}\nResult={result}\n");
        let state = Show::parse(&text).state();
        assert_eq!((state.life, state.is_failing()), (life, failing), "{text}");
        assert_eq!(state.masked, load == "masked");
    }
}

#[test]
fn ends_in_words() {
    for (code, status, words, exit) in [
        ("0", "0", None, (None, None)),
        ("1", "7", Some("exited with 7"), (Some(7), None)),
        ("2", "9", Some("killed by signal 9"), (None, Some(9))),
        ("3", "11", Some("killed by signal 11, memory image written"), (None, Some(11))),
    ] {
        let show = Show::parse(&format!("ExecMainCode={code}\nExecMainStatus={status}\n"));
        assert_eq!((show.state().ended.as_deref(), show.main_exit()), (words, exit));
    }
}

#[test]
fn what_it_runs() {
    for (value, runs) in [
        ("{ path=/bin/a ; argv[]=/bin/a ; x }", Some("/bin/a")),
        ("{ path=/usr/bin/env ; argv[]=/usr/bin/env A=b /bin/a ; x }", None),
        ("{ path=/bin/sh ; argv[]=/bin/sh -c a ; x }", None),
        ("{ path=a ; argv[]=a ; x }", None),
        ("", None),
        ("nonsense", None),
    ] {
        let show = Show::parse(&format!("ExecStart={value}\nExecStart={{ path=/second ; argv[]= ; }}\n"));
        assert_eq!(show.runs(), runs.map(PathBuf::from), "{value}");
    }
}

#[test]
fn silence_is_no_answer() {
    assert!(!Show::parse("").is_answer());
    assert!(!Show::parse("Failed to connect to bus\nLoadState=\n").is_answer());
}

#[test]
fn times() {
    for text in ["", "n/a", "0", "Tue 2026-11-24 04:08:49 CET", "Tue 2026-13-24 04:08:49 UTC"] {
        assert_eq!(timestamp(text), None, "{text}");
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(512))]
    #[test]
    fn foreign_output_never_panics_and_leaves_no_control_characters(output in "(?s).{0,400}") {
        let state = Show::parse(&output).state();
        let seen = format!("{}{}", state.result, state.invocation);
        proptest::prop_assert!(!seen.chars().any(char::is_control));
    }
}
