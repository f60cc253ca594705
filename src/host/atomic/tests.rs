use super::*;
use crate::host::fault::Action;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .expect("list")
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("read")
}

/// Runs `act` with the K-th operation failing, for each K, and hands what is found to `check`;
/// how many operations there were.
fn fail_everywhere(action: Action, act: impl Fn(&Path) -> Outcome<()>, check: impl Fn(&Path, u64)) -> u64 {
    for kth in 1.. {
        let dir = tempfile::tempdir().expect("directory");
        std::fs::write(dir.path().join("old"), b"old").expect("write");
        fault::arm_here(kth, action);
        let result = act(dir.path());
        if fault::disarm_here() {
            result.expect("nothing was injected");
            return kth - 1;
        }
        if let Err(failure) = result {
            assert_eq!(failure.class, Class::Disk, "{failure}");
        }
        check(dir.path(), kth);
    }
    unreachable!("the loop ends when no operation is left")
}

#[test]
fn writes_and_replaces() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("file");
    write(&path, b"one", &Attributes::with_mode(0o640)).expect("create");
    write(&path, b"two", &Attributes::with_mode(0o600)).expect("replace");
    assert_eq!(read(&path), b"two");
    assert_eq!(names(dir.path()), ["file"]);
    #[cfg(unix)]
    assert_eq!(Attributes::of(&path).expect("read").mode, 0o600);
}

#[test]
fn an_error_anywhere_leaves_old_or_new_and_no_temporary_file() {
    for action in [Action::Error, Action::Full] {
        let operations = fail_everywhere(
            action,
            |dir| write(&dir.join("old"), b"new", &Attributes::default()),
            |dir, kth| {
                let found = read(&dir.join("old"));
                assert!(found == b"old" || found == b"new", "operation {kth}: {found:?}");
                assert_eq!(names(dir), ["old"], "operation {kth}");
            },
        );
        assert!(operations >= 6, "create, write, mode, sync, rename, sync: {operations}");
    }
}

#[test]
fn an_error_in_a_rename_loses_nothing() {
    fail_everywhere(
        Action::Error,
        |dir| {
            create_dir(&dir.join("sub"), 0o700)?;
            rename(&dir.join("old"), &dir.join("sub/new"))
        },
        |dir, kth| {
            let (old, new) = (dir.join("old").exists(), dir.join("sub/new").exists());
            assert!(old != new, "operation {kth}: old {old}, new {new}");
        },
    );
}

#[test]
fn dropping_a_writer_leaves_nothing() {
    let dir = tempfile::tempdir().expect("directory");
    let mut writer = Writer::create(&dir.path().join("file"), &Attributes::default()).expect("create");
    writer.append(b"half").expect("write");
    assert_eq!(names(dir.path()).len(), 1);
    drop(writer);
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_torn_writer_cannot_be_committed() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("file");
    let mut writer = Writer::create(&path, &Attributes::default()).expect("create");
    fault::arm_here(1, Action::Full);
    let failure = writer.append(b"bytes").expect_err("full");
    assert!(!fault::disarm_here());
    assert!(failure.hint.expect("hint").contains("space"));
    writer.append(b"more").expect("space again");
    writer.commit().expect_err("torn");
    assert!(!path.exists());
}

#[test]
fn copies_with_and_without_digest() {
    let dir = tempfile::tempdir().expect("directory");
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    let bytes: Vec<u8> = (0..3 * CHUNK + 5).map(|at| (at % 251) as u8).collect();
    std::fs::write(&from, &bytes).expect("write");
    let copied = copy(&from, &to, &Attributes::default(), Hash::Sha256).expect("copy");
    assert_eq!(copied.bytes, bytes.len() as u64);
    assert_eq!(copied.sha256, Some(digest::sha256(&bytes)));
    assert_eq!(read(&to), bytes);
    let copied = copy(&from, &to, &Attributes::default(), Hash::Skip).expect("copy again");
    assert_eq!((copied.bytes, copied.sha256), (bytes.len() as u64, None));
    assert_eq!(read(&to), bytes);
}

#[test]
fn removal_and_creation_may_be_repeated() {
    let dir = tempfile::tempdir().expect("directory");
    let sub = dir.path().join("a/b/c");
    for _ in 0..2 {
        create_dir(&sub, 0o700).expect("create");
    }
    #[cfg(unix)]
    assert_eq!(Attributes::of(&sub).expect("read").mode, 0o700);
    std::fs::write(sub.join("file"), b"x").expect("write");
    for _ in 0..2 {
        remove(&sub.join("file")).expect("remove");
    }
    remove(&dir.path().join("none/file")).expect("a missing directory is fine");
    for _ in 0..2 {
        remove_tree(&dir.path().join("a")).expect("remove tree");
    }
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn a_file_in_the_way_of_a_directory_is_a_failure() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("file");
    std::fs::write(&path, b"x").expect("write");
    let failure = create_dir(&path, 0o700).expect_err("a file is there");
    assert_eq!(failure.class, Class::Disk);
    assert!(failure.what.contains("file"), "{failure}");
    create_dir(&path.join("sub"), 0o700).expect_err("a file is above");
}

#[cfg(unix)]
#[test]
fn a_link_at_the_target_is_replaced_not_followed() {
    let dir = tempfile::tempdir().expect("directory");
    let (victim, link) = (dir.path().join("victim"), dir.path().join("link"));
    std::fs::write(&victim, b"precious").expect("write");
    std::os::unix::fs::symlink(&victim, &link).expect("link");
    write(&link, b"ours", &Attributes::default()).expect("write");
    assert_eq!(read(&victim), b"precious");
    assert!(!link.is_symlink());
}

#[test]
fn sweeps_only_what_a_write_of_that_file_left() {
    let dir = tempfile::tempdir().expect("directory");
    let path = dir.path().join("agent");
    let writer = Writer::create(&path, &Attributes::default()).expect("create");
    let left = writer.temporary.clone();
    // A killed process runs no destructor.
    std::mem::forget(writer);
    for other in ["agent", ".agent.next", ".agent.tmp-short", ".agents.tmp-0123456789abcdef"] {
        std::fs::write(dir.path().join(other), b"x").expect("write");
    }
    assert!(dir.path().join(&left).exists());
    assert_eq!(sweep(&path).expect("sweep"), 1);
    assert_eq!(names(dir.path()).len(), 4);
    assert_eq!(sweep(&dir.path().join("none/agent")).expect("no directory"), 0);
}

#[test]
fn a_directory_in_the_way_is_a_failure_and_leaves_nothing() {
    let dir = tempfile::tempdir().expect("directory");
    std::fs::create_dir(dir.path().join("file")).expect("directory");
    write(&dir.path().join("file"), b"x", &Attributes::default()).expect_err("a directory is there");
    assert_eq!(names(dir.path()), ["file"]);
}
