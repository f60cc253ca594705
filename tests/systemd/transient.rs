//! Programs in transient units, and an agent that registers itself.

use std::fs;
use std::time::{Duration, Instant};

use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::model::{Class, Outcome};
use sentinel_updater::ports::{Cancel, Exit, Limits, Program, Runner, ServiceManager};
use sentinel_updater::service::systemd::TransientRunner;

use super::{LONG, Scenario, fifo, programs, run, script, spec, state, systemd, unit};

pub(crate) const SCENARIOS: &[Scenario] = &[
    ("transient::ends_are_told_as_they_were", ends),
    ("transient::a_program_gets_what_it_asked_for", surroundings),
    ("transient::a_limit_on_time_ends_the_whole_tree", limit),
    ("transient::a_cancellation_ends_it", cancelled),
    ("transient::bound_work_ends_with_its_service", bound),
    ("transient::an_agent_registers_itself_or_says_why_not", register),
];

fn program(script: &str) -> Program {
    Program {
        executable: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: vec![],
        directory: "/".into(),
        stdin: None,
        limits: Limits { timeout: LONG, memory_max: None, offline: false, user: None },
    }
}

fn runner(name: &str) -> TransientRunner {
    TransientRunner::new(programs(), name).expect("a runner")
}

/// The end, and the lines.
fn play(name: &str, program: &Program) -> (Outcome<Exit>, Vec<String>) {
    let mut lines = Vec::new();
    let exit = runner(name)
        .run(program, &Cancel::new(), &mut |stream, line| lines.push(format!("{stream:?} {line}")));
    (exit, lines)
}

fn ends() {
    let exit = |code, signal| Exit { code, signal, out_of_memory: false };
    for (script, expected) in [
        ("exit 0", exit(Some(0), None)),
        ("exit 1", exit(Some(1), None)),
        ("exit 203", exit(Some(203), None)),
        ("kill -9 $$", exit(None, Some(9))),
    ] {
        assert_eq!(play("ends", &program(script)).0.expect("ran"), expected, "{script}");
    }
    let missing = Program { executable: "/bin/no-such".into(), ..program("") };
    let failure = play("ends", &missing).0.expect_err("missing");
    assert_eq!(failure.class, Class::Toolchain, "{failure}");
    let elsewhere = Program { directory: "/no/such".into(), ..program("exit 0") };
    let failure = play("ends", &elsewhere).0.expect_err("no folder");
    assert_eq!(failure.class, Class::Toolchain, "{failure}");
    let (_, lines) = play("ends", &program("echo one; echo \"\\033[31mtwo\" >&2"));
    assert!(lines.contains(&"Out one".to_owned()) && lines.contains(&"Err two".to_owned()), "{lines:?}");
    let bytes = "{\"big\": \"".to_owned() + &"x".repeat(200_000) + "\"}";
    let fed = Program { stdin: Some(bytes.clone().into_bytes()), ..program("wc -c") };
    assert_eq!(play("ends", &fed).1, [format!("Out {}", bytes.len())]);
    let deaf = Program { stdin: Some(bytes.into_bytes()), ..program("exit 0") };
    assert!(play("ends", &deaf).0.expect("ran").success(), "nobody has to read");
    // Nothing is left of any of them.
    assert_eq!(run(&["systemctl", "list-units", "--all", "--plain", "--no-legend", "ends.service"]), "");
}

fn surroundings() {
    fs::create_dir_all("/var/lib/a b").expect("a folder");
    let value = "x  $HOME ${y} %H \"q\" \\ 'z' é";
    let asked = Program {
        executable: "/bin/sh".into(),
        args: vec![
            "-c".into(),
            "printf '%s\\n' \"$A\" \"$PWD\" \"$1\"; id -un; bash -c 'echo >/dev/tcp/127.0.0.1/1' 2>&1 || :"
                .into(),
            "sh".into(),
            value.into(),
        ],
        env: vec![("A".into(), value.into())],
        directory: "/var/lib/a b".into(),
        stdin: None,
        limits: Limits {
            offline: true,
            user: Some("nobody".into()),
            memory_max: Some(64 << 20),
            timeout: LONG,
        },
    };
    let (exit, lines) = play("asked", &asked);
    assert!(exit.expect("ran").success(), "{lines:?}");
    let expected = [value, "/var/lib/a b", value, "nobody"].map(|line| format!("Out {line}"));
    assert_eq!(lines[..4], expected);
    // Not "refused", as on a port that nobody listens on: there is no network to refuse.
    assert!(lines.iter().any(|line| line.contains("Address family not supported")), "{lines:?}");
}

fn limit() {
    fifo("/run/limit");
    let reader = std::thread::spawn(|| fs::read_to_string("/run/limit").expect("read"));
    let script = "setsid sh -c 'trap \"\" TERM; echo $$ >/run/limit; while :; do sleep 1; done' & sleep 3600";
    let mut slow = program(script);
    slow.limits.timeout = Duration::from_secs(1);
    let failure = play("limit", &slow).0.expect_err("too slow");
    assert_eq!(failure.class, Class::Timeout, "{failure}");
    let child = reader.join().expect("no panic");
    assert!(!fs::exists(format!("/proc/{}", child.trim())).expect("told"), "{child}");
}

fn cancelled() {
    let cancel = Cancel::new();
    let other = cancel.clone();
    // Cancels as soon as the program says that it runs.
    let failure = runner("cancel")
        .run(&program("echo up; sleep 3600"), &cancel, &mut |_, _| other.request())
        .expect_err("cancelled");
    assert_eq!(failure.class, Class::Cancelled, "{failure}");
    assert!(!fs::exists("/run/systemd/transient/cancel.service").expect("told"));
    assert!(play("cancel", &program("exit 0")).0.expect("ran").success());
}

fn bound() {
    unit("client", "ExecStart=/bin/sleep infinity");
    systemd().start("client").expect("started");
    let mut runner = runner("work").bound_to("client").expect("a name");
    let began = Instant::now();
    let mut kill = |_, _: &str| drop(run(&["systemctl", "kill", "--signal=KILL", "client"]));
    let exit = runner.run(&program("echo up; exec sleep 3600"), &Cancel::new(), &mut kill).expect("ended");
    assert!(!exit.success() || began.elapsed() < LONG, "{exit:?}");
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    assert!(!state("work").is_running());
}

fn register() {
    let agent = script(
        "self-made",
        "[ \"$1 $2\" = 'install $HOME' ] || { echo 'bad \x1b[31margument' \"$2\" >&2; exit 3; }\n\
         printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/self-made.service",
    );
    let with = |args: &[&str]| ServiceSpec {
        install_args: args.iter().map(ToString::to_string).collect(),
        ..spec("self-made", &agent)
    };
    let mut systemd = systemd();
    let failure = systemd.self_register(&with(&["install", "50%"])).expect_err("exit 3");
    assert_eq!(failure.class, Class::Service, "{failure}");
    assert!(failure.causes.contains(&"exit code 3".to_owned()), "{failure}");
    assert!(failure.causes.contains(&"bad argument 50%".to_owned()), "{failure}");

    let good = with(&["install", "$HOME"]);
    let found = systemd.definition(&good).expect("a definition");
    assert!(found.present.is_none() && found.wanted.is_none());
    systemd.self_register(&good).expect("registered");
    assert!(systemd.definition(&good).expect("a definition").present.is_some());
    systemd.start("self-made").expect("started");

    let idle = script("idle-made", "exit 0");
    let idle = ServiceSpec { install_args: vec!["install".into()], ..spec("idle-made", &idle) };
    let failure = systemd.self_register(&idle).expect_err("no unit came of it");
    assert!(failure.what.contains("idle-made.service"), "{failure}");
}
