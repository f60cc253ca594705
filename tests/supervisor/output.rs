//! What a service is given, and what becomes of what it says.

use std::fs;

use sentinel_updater::host::privilege;

use super::kit::trials::{Test, skip, tests};
use super::place::{LONG, Place, define, wait_for};
use crate::kit::waiting::until;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        the_environment_is_exactly_what_was_defined_and_no_file_leaks,
        a_service_runs_as_its_user_with_its_groups,
        a_flood_loses_and_tears_no_line_across_rotations,
        hostile_and_huge_lines_are_tamed,
    ]
}

fn the_environment_is_exactly_what_was_defined_and_no_file_leaks() {
    let place = Place::new();
    place.script("agent", "tr '\\0' '\\n' </proc/self/environ >env.new; ls -l /proc/$$/fd >fds; pwd >cwd; mv env.new env; exec sleep 1000");
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    let mut spec = place.spec("agent");
    spec.env = vec![("TOKEN".into(), "a b=c".into()), ("PATH".into(), "/bin:/usr/bin".into())];
    define(manager.as_mut(), &spec);
    manager.start("agent").expect("started");
    until("it told its environment", || place.path("env").exists());
    let env = place.read("env");
    // The shell adds its own.
    let mut names: Vec<&str> = env
        .lines()
        .filter(|line| {
            !["PWD", "OLDPWD", "SHLVL", "_"].iter().any(|own| line.starts_with(&format!("{own}=")))
        })
        .collect();
    names.sort_unstable();
    assert_eq!(names.len(), 3, "{env}");
    assert!(names[0].starts_with("HOME=/"), "{env}");
    assert_eq!(names[1..], ["PATH=/bin:/usr/bin", "TOKEN=a b=c"]);
    let fds = place.read("fds");
    let numbers: Vec<&str> = fds
        .lines()
        .filter_map(|line| line.split(" -> ").next()?.split(' ').next_back())
        .filter(|number| number.parse().is_ok_and(|number: u32| number < 10))
        .collect();
    assert!(numbers.iter().all(|number| ["0", "1", "2", "3"].contains(number)), "{fds}");
    assert!(!fds.contains("socket:") && !fds.contains("anon_inode"), "{fds}");
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(place.path("services/agent.json")).expect("stat").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

fn a_service_runs_as_its_user_with_its_groups() {
    if !privilege::is_root() {
        return skip("only root can become somebody else");
    }
    let place = Place::new();
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(place.folder.path(), fs::Permissions::from_mode(0o777)).expect("mode");
    place.script("agent", "id >who.new; echo $HOME $USER >>who.new; mv who.new who; exec sleep 1000");
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    let mut spec = place.spec("agent");
    spec.user = Some("nobody".into());
    define(manager.as_mut(), &spec);
    manager.start("agent").expect("started");
    until("it told who it is", || place.path("who").exists());
    let who = place.read("who");
    assert!(
        who.contains("uid=65534(nobody)") && !who.contains("(root)") && who.contains(" nobody\n"),
        "{who}"
    );
    manager.stop("agent", LONG).expect("stopped by root");
    spec.user = Some("no-such-user".into());
    define(manager.as_mut(), &spec);
    let failure = manager.start("agent").expect_err("nobody of that name");
    assert!(failure.line().contains("no user `no-such-user`"), "{failure}");
}

fn a_flood_loses_and_tears_no_line_across_rotations() {
    const LINES: usize = 20_000;
    let place = Place::new();
    place.script(
        "agent",
        &format!("seq -f 'line %06g of a flood, long enough to be a line' 1 {LINES}; seq -f 'fault %06g' 1 {LINES} >&2; >done; exec sleep 1000"),
    );
    let (supervisor, _notes) = place.supervise_with(200_000, 50);
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    until("the flood is over", || place.path("done").exists());
    // Stopping reads to the end.
    manager.stop("agent", LONG).expect("stopped");
    let mut lines: Vec<String> = Vec::new();
    let mut files = 0;
    for entry in fs::read_dir(place.folder.path()).expect("listed").flatten() {
        if entry.file_name().to_string_lossy().starts_with("agent.log") {
            files += 1;
            lines.extend(fs::read_to_string(entry.path()).expect("text").lines().map(str::to_owned));
        }
    }
    lines.sort_unstable();
    let mut wanted: Vec<String> =
        (1..=LINES).map(|n| format!("line {n:06} of a flood, long enough to be a line")).collect();
    wanted.extend((1..=LINES).map(|n| format!("fault {n:06}")));
    wanted.sort_unstable();
    assert_eq!(lines.len(), wanted.len());
    assert!(lines == wanted && files > 3, "{files} files");
}

fn hostile_and_huge_lines_are_tamed() {
    let place = Place::new();
    place.script(
        "agent",
        "printf '\\033]0;title\\007\\033[31mred\\033[0m\\n'; head -c 3000000 /dev/zero | tr '\\0' x; echo; printf 'no end'",
    );
    let (supervisor, _notes) = place.supervise();
    let mut manager = supervisor.manager();
    define(manager.as_mut(), &place.spec("agent"));
    manager.start("agent").expect("started");
    wait_for(manager.as_mut(), "agent", |state| state.restarts >= 1);
    manager.stop("agent", LONG).expect("stopped");
    let log = place.read("agent.log");
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!((lines[0], lines[2]), ("red", "no end"));
    assert!(lines[1].len() <= 4096 && lines[1].ends_with('…'), "{}", lines[1].len());
}
