//! Whose unit it is, and writing ours.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sentinel_updater::model::agent::Life;
use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::ports::{Definition, ServiceManager};

use super::{LONG, Scenario, fifo, run, script, spec, state, systemd, unit};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("definition::a_new_unit_is_written_enabled_and_runs", new_unit),
    ("definition::a_changed_one_is_replaced_and_drop_ins_stay", drop_in),
    ("definition::an_edited_unit_is_kept", edited),
    ("definition::a_packages_unit_and_a_foreign_one_are_left_alone", foreign),
    ("definition::a_crash_before_enabling_is_made_good", interrupted),
    ("definition::a_disabled_unit_stays_disabled", disabled),
    ("definition::what_settings_say_arrives_byte_for_byte", round_trip),
];

fn define(spec: &ServiceSpec) -> Definition {
    let mut systemd = systemd();
    let found = systemd.definition(spec).expect("a definition");
    systemd.define(&spec.service, &found.path, found.wanted.as_deref()).expect("defined");
    let after = systemd.definition(spec).expect("a definition");
    assert!(!after.must_change());
    after
}

fn path(name: &str) -> PathBuf {
    format!("/etc/systemd/system/{name}.service").into()
}

fn new_unit() {
    let mut systemd = systemd();
    let spec = ServiceSpec { args: vec!["infinity".into()], ..spec("fresh", "/bin/sleep") };
    let found = systemd.definition(&spec).expect("a definition");
    assert_eq!(
        (&found.path, &found.present, found.masked, &found.runs),
        (&path("fresh"), &None, false, &None)
    );
    let after = define(&spec);
    assert_eq!(after.runs.as_deref(), Some(Path::new("/bin/sleep")));
    run(&["systemd-analyze", "verify", "/etc/systemd/system/fresh.service"]);
    assert_eq!((state("fresh").life, state("fresh").enabled), (Life::Stopped, true));
    systemd.start("fresh").expect("started");
    assert!(state("fresh").is_running());
    systemd.stop("fresh", LONG).expect("stopped");
    for _ in 0..2 {
        systemd.define("fresh", &path("fresh"), None).expect("removed");
        assert_eq!(state("fresh").life, Life::Absent);
        assert!(!path("fresh").exists());
        assert!(!Path::new("/etc/systemd/system/multi-user.target.wants/fresh.service").exists());
    }
}

fn drop_in() {
    let old = ServiceSpec { args: vec!["1d".into()], ..spec("dropin", "/bin/sleep") };
    define(&old);
    let folder = "/etc/systemd/system/dropin.service.d";
    fs::create_dir(folder).expect("a folder");
    fs::write(format!("{folder}/override.conf"), "[Service]\nNice=7\n").expect("written");
    run(&["systemctl", "daemon-reload"]);
    let new = ServiceSpec { args: vec!["2d".into()], ..old };
    let found = systemd().definition(&new).expect("a definition");
    assert!(found.must_change());
    define(&new);
    let shown = run(&["systemctl", "show", "-p", "Nice,ExecStart,DropInPaths,NeedDaemonReload", "dropin"]);
    for part in ["Nice=7", "/bin/sleep 2d", "override.conf", "NeedDaemonReload=no"] {
        assert!(shown.contains(part), "no {part} in {shown}");
    }
}

fn edited() {
    define(&spec("edited", "/bin/true"));
    let text = fs::read_to_string(path("edited")).expect("read");
    fs::write(path("edited"), format!("{text}# ours\n")).expect("written");
    let found = systemd().definition(&spec("edited", "/bin/false")).expect("a definition");
    assert!(found.wanted.is_none() && !found.must_change());
    assert!(found.present.is_some_and(|text| text.ends_with("# ours\n")));
}

fn foreign() {
    let packaged = "/usr/lib/systemd/system/packaged.service";
    fs::write(packaged, "[Service]\nExecStart=/bin/sleep infinity\n").expect("written");
    unit("written-by-hand", "ExecStart=/usr/bin/env A=b /bin/sleep infinity");
    for (name, place, runs) in [
        ("packaged", packaged.into(), Some("/bin/sleep".into())),
        ("written-by-hand", path("written-by-hand"), None),
    ] {
        let found = systemd().definition(&spec(name, "/bin/true")).expect("a definition");
        assert_eq!((found.path, found.runs), (place, runs));
        assert!(found.wanted.is_none() && found.present.is_some());
    }
}

fn interrupted() {
    let spec = spec("interrupted", "/bin/true");
    let wanted = systemd().definition(&spec).expect("a definition").wanted.expect("a text");
    fs::write(path("interrupted"), &wanted).expect("written");
    systemd().define("interrupted", &path("interrupted"), Some(&wanted)).expect("defined");
    assert!(state("interrupted").enabled);

    let changed = ServiceSpec { args: vec!["x".into()], ..spec };
    let wanted = systemd().definition(&changed).expect("a definition").wanted.expect("a text");
    fs::write(path("interrupted"), &wanted).expect("written");
    systemd().define("interrupted", &path("interrupted"), Some(&wanted)).expect("defined");
    let shown = run(&["systemctl", "show", "-p", "ExecStart,NeedDaemonReload", "interrupted"]);
    assert!(shown.contains("/bin/true x") && shown.contains("NeedDaemonReload=no"), "{shown}");
}

fn disabled() {
    let old = ServiceSpec { args: vec!["1d".into()], ..spec("disabled", "/bin/sleep") };
    define(&old);
    run(&["systemctl", "disable", "disabled"]);
    define(&ServiceSpec { args: vec!["2d".into()], ..old });
    assert!(!state("disabled").enabled);
}

/// Any text without control characters, often what matters to systemd and to a shell.
fn text() -> impl Strategy<Value = String> {
    let symbol = proptest::prop_oneof![
        3 => proptest::sample::select(r#" "'\%$;#=-{}[]@:!+|&H~*?"#.chars().collect::<Vec<_>>()),
        2 => proptest::char::range('a', 'z'),
        1 => proptest::char::any(),
    ];
    let bad = |symbol: &char| symbol.is_control() || matches!(symbol, '\u{2028}' | '\u{2029}');
    proptest::collection::vec(symbol, 0..20)
        .prop_map(move |text| text.into_iter().filter(|c| !bad(c)).collect())
}

fn round_trip() {
    fifo("/run/dump.args");
    fifo("/run/dump.env");
    let folder = "/opt/My Agent 5% $HOME ${x} #;";
    fs::create_dir_all(folder).expect("a folder");
    let body =
        "cat /proc/$$/cmdline >/run/dump.args\ncat /proc/$$/environ >/run/dump.env\nexec sleep infinity";
    let dump = script("dump", body);
    let binary = format!("{folder}/dump");
    fs::rename(dump, &binary).expect("moved");
    let data = "/var/lib/My \"Data\" 5% $x";
    fs::create_dir_all(data).expect("a folder");
    let mut runner = TestRunner::default();
    let mut some = |count| -> Vec<String> {
        proptest::collection::vec(text(), count).new_tree(&mut runner).expect("texts").current()
    };
    for round in 0..6 {
        let args = some(30);
        let env: Vec<_> = some(30).into_iter().enumerate().map(|(n, text)| (format!("V{n}"), text)).collect();
        let spec =
            ServiceSpec { args: args.clone(), env: env.clone(), data: data.into(), ..spec("bytes", &binary) };
        define(&spec);
        let mut systemd = systemd();
        systemd.start("bytes").expect("started");
        let words = |path: &str| -> Vec<String> {
            let bytes = fs::read(path).expect("read");
            let text = String::from_utf8(bytes).expect("UTF-8");
            text.trim_end_matches('\0').split('\0').map(str::to_owned).collect()
        };
        let mut expected = args;
        // The shell and the script come first; trailing empty arguments are lost by this reading of them.
        while expected.last().is_some_and(String::is_empty) {
            expected.pop();
        }
        let found = words("/run/dump.args");
        assert_eq!(found[1], binary);
        assert_eq!(found[2..], expected, "round {round}");
        let found = words("/run/dump.env");
        for (name, value) in env {
            assert!(found.contains(&format!("{name}={value}")), "{name}={value} is not in {found:?}");
        }
        let pid = state("bytes").pid.expect("a process");
        assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("a link"), Path::new(data));
        assert_eq!(systemd.definition(&spec).expect("a definition").runs, Some(binary.clone().into()));
        systemd.stop("bytes", LONG).expect("stopped");
    }
}
