//! Derived places, and instances side by side.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

#[test]
fn instances_with_names_and_data_of_their_own_share_no_place() {
    fn places(machine: &Machine) -> BTreeSet<String> {
        let settings = machine.accepted().settings;
        let paths = [
            &settings.paths.data,
            &settings.paths.state,
            &settings.paths.socket,
            &settings.paths.cache,
            &settings.log_file(),
            &settings.staged_binary(),
            &settings.backup_binary(),
        ]
        .map(|path| path.display().to_string());
        let agent = [settings.agent.database.as_deref(), settings.agent.log.as_deref()];
        let names = [settings.build_unit(), settings.build_user()];
        let agent = agent.into_iter().flatten().map(Path::display).map(|path| path.to_string());
        paths.into_iter().chain(agent).chain(names).collect()
    }
    for (platform, data, binary) in [
        (Platform::Linux, "/srv/second", "/srv/bin/second"),
        (Platform::MacOs, "/srv/second", "/srv/bin/second"),
        (Platform::Windows, r"D:\second", r"D:\bin\second.exe"),
    ] {
        let first = Machine { platform, ..Machine::new() };
        let second = Machine { platform, ..Machine::new() }.file(format!(
            "[updater]\nservice_name = 'second'\n[agent]\nbinary = '{binary}'\n[paths]\ndata = '{data}'\n"
        ));
        let (first, second) = (places(&first), places(&second));
        // Nine paths, and the names of unit and user, which may be the same.
        assert!(first.len() >= 10 && second.len() >= 10, "{first:?} {second:?}");
        assert!(first.is_disjoint(&second), "{first:?} {second:?}");
    }
}

#[test]
fn derived_places_lie_beside_what_they_belong_to() {
    let linux = Machine::new().accepted().settings;
    assert_eq!(linux.log_file(), Path::new("/var/lib/sentinelgo/updater.log"));
    assert_eq!(linux.staged_binary(), Path::new("/usr/local/bin/.sentinel.next"));
    assert_eq!(linux.backup_binary(), Path::new("/usr/local/bin/sentinel.backup"));
    assert_eq!(linux.build_unit(), "sentinelgo-updater-build");
    assert_eq!(linux.build_user(), "sentinelgo-updater-build");
    assert_eq!(Machine::new().flag("build.user=gopher").accepted().settings.build_user(), "gopher");
    let windows = Machine { platform: Platform::Windows, ..Machine::new() }.accepted().settings;
    assert_eq!(windows.staged_binary(), Path::new(r"C:\Program Files\SentinelGo\.sentinel.exe.next"));
    assert_eq!(windows.backup_binary(), Path::new(r"C:\Program Files\SentinelGo\sentinel.exe.backup"));
    assert_eq!(windows.log_file(), Path::new(r"C:\ProgramData\SentinelGo\updater.log"));
}
