//! The socket's file and its directory.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::Path;

use sentinel_updater::control::{Access, Client, Listener, Warning};
use sentinel_updater::model::Class;

use crate::fake::Fake;
use crate::house::{House, run};
use crate::kit::trials::{Test, skip, tests};

pub(crate) fn tests() -> Vec<Test> {
    tests![
        directory_and_socket_have_the_modes_promised,
        the_group_gets_both,
        a_group_that_does_not_exist_is_told,
        rules_are_replaced_while_serving,
        the_file_goes_with_the_service,
        a_stale_socket_is_replaced_and_a_live_one_is_not,
        what_is_no_socket_stays,
        planted_links_are_refused,
        a_directory_of_strangers_is_refused,
        a_directory_that_a_group_may_exchange_is_refused,
        a_directory_with_other_things_stays_as_it_is,
        paths_that_cannot_be_are_refused_in_words,
        the_client_says_why_it_cannot_connect,
    ]
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().expect("there").mode() & 0o7777
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn viewers() -> Access {
    Access { viewers: true, ..Access::default() }
}

fn directory_and_socket_have_the_modes_promised() {
    for (access, directory, socket) in [(Access::default(), 0o750, 0o660), (viewers(), 0o755, 0o666)] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b/control.sock");
        // Whatever they were before.
        for before in [0o700, 0o775] {
            let (listener, warnings) = Listener::bind(&path, &access).expect("bound");
            assert_eq!((warnings, mode(path.parent().unwrap()), mode(&path)), (vec![], directory, socket));
            drop(listener);
            fs::set_permissions(path.parent().unwrap(), PermissionsExt::from_mode(before)).expect("mode");
        }
    }
}

fn the_group_gets_both() {
    if !is_root() {
        return skip("needs root to give files away");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("own/control.sock");
    let access = Access { group: "daemon".into(), viewers: false };
    let (listener, warnings) = Listener::bind(&path, &access).expect("bound");
    assert_eq!(warnings, []);
    let group = path.metadata().expect("there").gid();
    assert!(group != 0 && path.parent().unwrap().metadata().expect("there").gid() == group);
    drop(listener);
    // Without the group it is taken back.
    let _listener = Listener::bind(&path, &Access::default()).expect("bound");
    assert_eq!(path.metadata().expect("there").gid(), 0);
    assert_eq!(path.parent().unwrap().metadata().expect("there").gid(), 0);
}

fn a_group_that_does_not_exist_is_told() {
    let access = Access { group: "no-such-group".into(), viewers: false };
    let house = House::with(Fake::new(), &access);
    assert_eq!(house.warnings, [Warning::NoGroup("no-such-group".into())]);
    assert!(house.warnings[0].to_string().contains("no group `no-such-group`: only root"));
    assert_eq!(mode(&house.socket), 0o660);
    run(async { drop(house.client().await) });
}

fn rules_are_replaced_while_serving() {
    let house = House::open(Fake::new());
    let directory = house.socket.parent().unwrap();
    run(async {
        let talk = house.client().await;
        assert_eq!(house.gate.replace(&viewers()).expect("set"), []);
        assert_eq!((mode(directory), mode(&house.socket)), (0o755, 0o666));
        house.gate.replace(&Access::default()).expect("set");
        assert_eq!((mode(directory), mode(&house.socket)), (0o750, 0o660));
        talk.client.send(&sentinel_updater::control::Request::Status).await.expect("we may still");
    });
}

fn the_file_goes_with_the_service() {
    let mut house = House::open(Fake::new());
    assert!(house.socket.exists());
    house.close();
    assert!(!house.socket.exists());
    // Another one's file is not ours to remove.
    let (listener, _) = Listener::bind(&house.socket, &Access::default()).expect("bound");
    fs::remove_file(&house.socket).expect("removed");
    let other = std::os::unix::net::UnixListener::bind(&house.socket).expect("another service");
    drop(listener);
    assert!(house.socket.exists());
    drop(other);
}

fn a_stale_socket_is_replaced_and_a_live_one_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("control.sock");
    // The file of a service that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
    assert!(path.exists());
    let (listener, _) = Listener::bind(&path, &Access::default()).expect("a stale one is replaced");
    let failure = Listener::bind(&path, &Access::default()).expect_err("a live one is not");
    assert_eq!(failure.class, Class::Busy, "{failure}");
    assert!(failure.line().contains(path.to_str().unwrap()));
    drop(listener);
    let house = House::at(Fake::new(), &Access::default(), folder, path).expect("free again");
    run(async { drop(house.client().await) });
}

fn what_is_no_socket_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "precious").expect("written");
    fs::create_dir(at("folder")).expect("made");
    symlink(at("file"), at("link")).expect("linked");
    symlink(at("nothing"), at("dangling")).expect("linked");
    for name in ["file", "folder", "link", "dangling"] {
        let failure = Listener::bind(&at(name), &Access::default()).expect_err(name);
        assert_eq!(failure.class, Class::Security, "{failure}");
        assert!(at(name).symlink_metadata().is_ok(), "{name} stays");
    }
    assert_eq!(fs::read_to_string(at("file")).expect("there"), "precious");
    assert!(!at("nothing").exists());
}

fn planted_links_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("victim")).expect("made");
    fs::set_permissions(at("victim"), PermissionsExt::from_mode(0o700)).expect("mode");
    symlink(at("victim"), at("own")).expect("linked");
    let failure = Listener::bind(&at("own/control.sock"), &viewers()).expect_err("a link");
    assert_eq!(failure.class, Class::Security, "{failure}");
    assert_eq!(mode(&at("victim")), 0o700);
    assert_eq!(fs::read_dir(at("victim")).expect("there").count(), 0);
}

fn a_directory_of_strangers_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let own = folder.path().join("own");
    fs::create_dir(&own).expect("made");
    fs::set_permissions(&own, PermissionsExt::from_mode(0o777)).expect("mode");
    let failure = Listener::bind(&own.join("control.sock"), &Access::default()).expect_err("open to all");
    assert!(failure.class == Class::Security && failure.line().contains("everybody may write"), "{failure}");
    if is_root() {
        fs::set_permissions(&own, PermissionsExt::from_mode(0o755)).expect("mode");
        std::os::unix::fs::chown(&own, Some(12345), None).expect("given away");
        for path in [own.join("control.sock"), own.join("deeper/control.sock")] {
            let failure = Listener::bind(&path, &Access::default()).expect_err("a stranger's");
            assert!(failure.line().contains("belongs to user 12345"), "{failure}");
        }
    }
}

fn a_directory_that_a_group_may_exchange_is_refused() {
    if !is_root() {
        return skip("needs root: others risk only themselves");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let above = folder.path().join("above");
    let path = above.join("own/control.sock");
    fs::create_dir(&above).expect("made");
    std::os::unix::fs::chown(&above, None, Some(54321)).expect("given to a group");
    let bind = |mode| {
        fs::set_permissions(&above, PermissionsExt::from_mode(mode)).expect("mode");
        Listener::bind(&path, &Access { group: "daemon".into(), viewers: false }).map(drop)
    };
    let failure = bind(0o2775).expect_err("its members may rename what is in it");
    assert_eq!(failure.class, Class::Security, "{failure}");
    let words =
        ["above/own` is no safe place", "above` is writable by group 54321", "chmod g-w", "paths.socket"];
    assert!(words.iter().all(|words| failure.to_string().contains(words)), "{failure}");
    // Its own directory is the users' group's.
    for mode in [0o2755, 0o3775] {
        bind(mode).expect("nobody else may");
    }
    fs::set_permissions(above.join("own"), PermissionsExt::from_mode(0o775)).expect("mode");
    bind(0o755).expect("nobody else may");
}

fn a_directory_with_other_things_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("data"), "").expect("written");
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o700)).expect("mode");
    let path = folder.path().join("control.sock");
    let _listener = Listener::bind(&path, &viewers()).expect("bound");
    assert_eq!((mode(folder.path()), mode(&path)), (0o700, 0o666));
}

fn paths_that_cannot_be_are_refused_in_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = folder.path().join("x".repeat(120));
    for (path, words) in [
        (long.as_path(), "too long"),
        (Path::new("run/x.sock"), "not absolute"),
        (Path::new("/"), "names no file"),
    ] {
        let failure = Listener::bind(path, &Access::default()).expect_err("refused");
        assert!(failure.class == Class::Config && failure.line().contains(words), "{failure}");
    }
}

fn the_client_says_why_it_cannot_connect() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    drop(std::os::unix::net::UnixListener::bind(at("stale")).expect("bound"));
    fs::write(at("file"), "").expect("written");
    // Somebody who lets clients in and says nothing.
    let _silent = std::os::unix::net::UnixListener::bind(at("silent")).expect("bound");
    let cases = [
        ("none", "does not run"),
        ("no/directory", "does not run"),
        ("stale", "has ended"),
        ("file", "nobody listens"),
        ("silent", "does not answer within 5 s"),
    ];
    run(async {
        for (name, words) in cases {
            let failure = Client::connect(&at(name), "1.0.0").await.expect_err(name);
            assert!(
                failure.class == Class::Unreachable && failure.line().contains(words),
                "{name}: {failure}"
            );
            assert!(failure.hint.is_some(), "{failure}");
        }
        let failure = Client::connect(&at(&"x".repeat(200)), "1.0.0").await.expect_err("too long");
        assert_eq!(failure.class, Class::Usage, "{failure}");
    });
}
