use super::*;
use std::os::unix::fs::symlink;

#[test]
fn planted_files_are_refused_and_do_not_block() {
    let dir = tempfile::tempdir().expect("directory");
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("good"), b"x").expect("write");
    std::fs::write(at("linked"), b"x").expect("write");
    std::fs::hard_link(at("linked"), at("hard")).expect("link");
    symlink(at("good"), at("soft")).expect("link");
    symlink(at("nowhere"), at("dangling")).expect("link");
    std::fs::create_dir(at("directory")).expect("directory");
    rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .expect("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(at("socket")).expect("socket");

    for name in ["hard", "soft", "dangling", "directory", "fifo", "socket"] {
        let failure = open_nofollow(&at(name), Owner::Any).expect_err(name);
        assert_eq!(failure.class, Class::Security, "{name}: {failure}");
        assert!(failure.what.contains(name), "{failure}");
        let failure = open_or_create(&at(name), 0o600).expect_err(name);
        assert!(matches!(failure.class, Class::Security | Class::Disk), "{name}: {failure}");
        open_append(&at(name), 0o600).expect_err(name);
    }
    assert!(!at("nowhere").exists(), "a dangling link must not create its target");

    let me = rustix::process::geteuid().as_raw();
    let mut file = open_nofollow(&at("good"), Owner::User(me)).expect("good");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("read");
    assert_eq!(text, "x");
    let failure = open_nofollow(&at("good"), Owner::User(me + 1)).expect_err("another's");
    assert!(failure.line().contains("belongs to user"), "{failure}");
    assert_eq!(open_nofollow(&at("none"), Owner::Any).expect_err("missing").class, Class::Disk);
}

#[test]
fn room_and_file_systems_are_measured() {
    let dir = tempfile::tempdir().expect("directory");
    let space = free_space(dir.path()).expect("room");
    assert!(space.bytes > 0 && space.bytes <= space.total);
    assert!(same_filesystem(dir.path(), dir.path()).expect("same"));
    #[cfg(target_os = "linux")]
    assert!(!same_filesystem(dir.path(), Path::new("/proc")).expect("different"));
    free_space(&dir.path().join("none")).expect_err("missing");
    same_filesystem(dir.path(), Path::new("/nonexistent")).expect_err("missing");
}

#[test]
fn a_directory_is_writable_only_if_it_takes_a_file() {
    let dir = tempfile::tempdir().expect("directory");
    writable_directory(dir.path()).expect("writable");
    assert_eq!(std::fs::read_dir(dir.path()).expect("list").count(), 0);
    for path in ["none", "file"] {
        std::fs::write(dir.path().join("file"), b"x").expect("write");
        let failure = writable_directory(&dir.path().join(path)).expect_err(path);
        assert!(failure.what.contains(path), "{failure}");
    }
    #[cfg(target_os = "linux")]
    writable_directory(Path::new("/proc/sys")).expect_err("takes no files even from root");
}

#[test]
fn a_full_file_system_is_found_out() {
    let dir = tempfile::tempdir().expect("directory");
    crate::host::fault::arm_here(2, crate::host::fault::Action::Full);
    let failure = writable_directory(dir.path()).expect_err("full");
    assert!(!crate::host::fault::disarm_here());
    assert!(failure.hint.expect("hint").contains("space"));
    assert_eq!(std::fs::read_dir(dir.path()).expect("list").count(), 0);
}

#[test]
fn tail_gives_the_last_lines_cleaned() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("log");
    let mut text = String::new();
    for number in 0..50_000 {
        text.push_str(&format!("\u{1b}[1mline {number}\n"));
    }
    for (end, last) in [("", "line 49999"), ("rest", "rest")] {
        std::fs::write(&path, format!("{text}{end}")).expect("write");
        let lines = tail(&path, 3).expect("tail");
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], last);
    }
    assert_eq!(tail(&path, 20_000).expect("tail").len(), 20_000);
    assert_eq!(tail(&path, 0).expect("tail"), [""; 0]);
    std::fs::write(&path, "one\ntwo").expect("write");
    assert_eq!(tail(&path, 10).expect("tail"), ["one", "two"]);
    std::fs::write(&path, "").expect("write");
    assert_eq!(tail(&path, 10).expect("tail"), [""; 0]);
    assert_eq!(tail(&dir.path().join("none"), 10).expect("missing"), [""; 0]);
}

#[test]
fn tail_of_an_endless_line_is_bounded() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("log");
    std::fs::write(&path, vec![b'x'; 6 * 1024 * 1024]).expect("write");
    let lines = tail(&path, 5).expect("tail");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].len() <= crate::host::text::LINE_LIMIT);
}
