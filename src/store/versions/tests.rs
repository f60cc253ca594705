use super::*;
use crate::host::fault::{self, Action};

struct Place {
    dir: tempfile::TempDir,
    layout: Layout,
    store: VersionFolder,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let layout = Layout::new(dir.path().join("state"));
        layout.create().expect("create");
        let store = VersionFolder::new(&layout);
        Self { dir, layout, store }
    }

    fn binary(&self, content: &str) -> PathBuf {
        let path = self.dir.path().join("sentinel");
        std::fs::write(&path, content).expect("write");
        path
    }

    fn keep(&mut self, version: &str) -> Kept {
        let binary = self.binary(&format!("program {version}"));
        self.store.keep(&binary, version, Some("h1:x")).expect("keep")
    }

    fn versions(&mut self) -> Vec<String> {
        self.store.kept().expect("kept").into_iter().map(|kept| kept.version).collect()
    }

    fn snapshot(&self, id: &str) -> Snapshot {
        let path = self.layout.snapshots().join(format!("{id}.db"));
        std::fs::write(&path, "data").expect("write");
        Snapshot {
            path,
            database: PathBuf::from("/var/lib/agent/agent.db"),
            at: Timestamp::UNIX_EPOCH,
            schema: None,
            size: 4,
            method: "copy".into(),
        }
    }
}

#[test]
fn what_is_kept_is_found_again_newest_first() {
    let mut place = Place::new();
    let one = place.keep("v1.0.0");
    let two = place.keep("v1.1.0");
    assert_eq!(one.path.file_name(), Some("sentinel".as_ref()));
    assert_eq!(std::fs::read_to_string(&one.path).expect("read"), "program v1.0.0");
    assert_eq!(place.store.kept().expect("kept"), [two.clone(), one.clone()]);
    assert_eq!(VersionFolder::reader(&place.layout).kept().expect("kept"), [two, one.clone()]);
    place.store.check(&one).expect("whole");
}

#[test]
fn keeping_again_is_success_and_makes_it_the_newest() {
    let mut place = Place::new();
    let one = place.keep("v1.0.0");
    let snapshot = place.snapshot("1");
    place.store.set_snapshot(&one, Some(&snapshot)).expect("set");
    place.keep("v1.1.0");
    let binary = place.binary("program v1.0.0");
    let again = place.store.keep(&binary, "v1.0.0", None).expect("keep");
    assert_eq!((again.sum, again.snapshot), (Some("h1:x".into()), Some(snapshot)));
    assert_eq!(place.versions(), ["v1.0.0", "v1.1.0"]);
}

#[test]
fn keeping_heals_a_binary_that_rotted() {
    let mut place = Place::new();
    let one = place.keep("v1.0.0");
    std::fs::write(&one.path, "prograM v1.0.0").expect("write");
    assert_eq!(place.store.check(&one).expect_err("changed").class, Class::Security);
    let again = place.keep("v1.0.0");
    place.store.check(&again).expect("healed");
}

#[test]
fn a_damaged_entry_is_left_out_and_set_aside_whatever_is_damaged() {
    let break_it: [fn(&Kept); 7] = [
        |kept| std::fs::write(kept.path.with_file_name("meta.json"), "").expect("write"),
        |kept| std::fs::write(kept.path.with_file_name("meta.json"), "{\"version\":").expect("write"),
        |kept| std::fs::write(kept.path.with_file_name("meta.json"), [0; 300]).expect("write"),
        |kept| std::fs::write(&kept.path, "short").expect("write"),
        |kept| std::fs::remove_file(&kept.path).expect("remove"),
        |kept| {
            std::fs::remove_file(&kept.path).expect("remove");
            std::os::unix::fs::symlink("/etc/hostname", &kept.path).expect("link");
        },
        |kept| {
            let folder = kept.path.parent().expect("folder");
            std::fs::rename(folder, folder.with_file_name("v9.9.9-000000000000")).expect("rename");
        },
    ];
    for (number, break_it) in break_it.iter().enumerate() {
        let mut place = Place::new();
        let one = place.keep("v1.0.0");
        place.keep("v1.1.0");
        break_it(&one);
        let mut reader = VersionFolder::reader(&place.layout);
        assert_eq!(reader.kept().expect("kept").len(), 1, "case {number}");
        assert_eq!(place.store.look().expect("look").damaged.len(), 1, "a reader moves nothing");
        assert_eq!(place.versions(), ["v1.1.0"], "case {number}");
        let found = place.store.look().expect("look");
        assert_eq!((found.damaged.len(), found.set_aside.len()), (0, 1), "case {number}");
        let again = place.keep("v1.0.0");
        place.store.check(&again).expect("kept anew");
    }
}

#[test]
fn prune_keeps_the_newest_and_the_protected() {
    let mut place = Place::new();
    let kept: Vec<Kept> = (0..5).map(|minor| place.keep(&format!("v1.{minor}.0"))).collect();
    for (number, kept) in kept.iter().enumerate() {
        let snapshot = place.snapshot(&number.to_string());
        place.store.set_snapshot(kept, Some(&snapshot)).expect("set");
    }
    std::fs::create_dir(place.layout.versions().join("v2.0.0-unfinished")).expect("directory");
    place.store.prune(2, &[kept[0].sha256.clone()]).expect("prune");
    assert_eq!(place.versions(), ["v1.4.0", "v1.3.0", "v1.0.0"]);
    let left = |folder: PathBuf| std::fs::read_dir(folder).expect("list").count();
    assert_eq!((left(place.layout.versions()), left(place.layout.snapshots())), (3, 3));
}

#[test]
fn snapshots_go_when_nothing_names_them() {
    let mut place = Place::new();
    let one = place.keep("v1.0.0");
    let two = place.keep("v1.1.0");
    let (first, second) = (place.snapshot("1"), place.snapshot("2"));
    place.store.set_snapshot(&one, Some(&first)).expect("set");
    place.store.set_snapshot(&two, Some(&first)).expect("set");
    place.store.set_snapshot(&one, Some(&second)).expect("set");
    assert!(first.path.exists(), "the other entry names it");
    place.store.set_snapshot(&two, None).expect("forget");
    assert!(!first.path.exists());
    let outside = Snapshot { path: place.binary("not a snapshot"), ..first };
    place.store.set_snapshot(&two, Some(&outside)).expect("set");
    place.store.set_snapshot(&two, None).expect("forget");
    assert!(outside.path.exists(), "a path that only a file names is not removed elsewhere");

    let (stray, newest) = (place.snapshot("3"), place.snapshot("4"));
    place.store.prune(9, &[]).expect("prune");
    assert!(!stray.path.exists() && newest.path.exists() && second.path.exists());
}

#[test]
fn an_error_anywhere_leaves_whole_entries_and_the_next_try_works() {
    for kth in 1.. {
        let mut place = Place::new();
        place.keep("v1.0.0");
        let binary = place.binary("program v1.1.0");
        fault::arm_here(kth, Action::Error);
        let result = place.store.keep(&binary, "v1.1.0", None);
        if fault::disarm_here() {
            result.expect("nothing was injected");
            assert!(kth > 8, "the operations are struck one by one");
            break;
        }
        result.expect_err("injected");
        for kept in place.store.kept().expect("kept") {
            place.store.check(&kept).expect("whole");
        }
        place.store.keep(&binary, "v1.1.0", None).expect("again");
        assert_eq!(place.versions(), ["v1.1.0", "v1.0.0"], "operation {kth}");
    }
}

#[test]
fn a_removal_that_fails_anywhere_leaves_no_half_entry() {
    for kth in 1.. {
        let mut place = Place::new();
        let one = place.keep("v1.0.0");
        place.keep("v1.1.0");
        let snapshot = place.snapshot("1");
        place.store.set_snapshot(&one, Some(&snapshot)).expect("set");
        fault::arm_here(kth, Action::Error);
        let result = place.store.prune(1, &[]);
        let done = fault::disarm_here();
        for kept in place.store.kept().expect("kept") {
            place.store.check(&kept).expect("whole");
        }
        if done {
            result.expect("nothing was injected");
            break;
        }
        result.expect_err("injected");
        place.store.prune(1, &[]).expect("again");
        assert_eq!(place.versions(), ["v1.1.0"], "operation {kth}");
    }
}

#[test]
fn versions_cannot_name_other_folders() {
    for version in ["../../etc", "", ".", "a/b", "v1.0.0\n", "ü"] {
        let name = entry::folder_name(version, &"0".repeat(64));
        let path = Path::new(&name);
        assert_eq!(path.file_name(), Some(name.as_ref()), "{version:?}");
        assert!(!name.starts_with('.'), "{version:?}");
    }
    let mut place = Place::new();
    let binary = place.binary("x");
    place.store.keep(&binary, "../evil", None).expect("keep");
    assert_eq!(place.versions(), ["../evil"]);
}

#[test]
fn attributes_are_kept_of_files_that_are_ours() {
    let mut place = Place::new();
    let binary = place.binary("x");
    let file = std::fs::File::open(&binary).expect("open");
    Attributes::with_mode(0o750).apply(&file, &binary).expect("mode");
    let kept = place.store.keep(&binary, "v1.0.0", None).expect("keep");
    assert_eq!(attributes_of(&kept).expect("ours").mode, 0o750);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&binary, Some(7), Some(7)).expect("chown");
        let kept = place.store.keep(&binary, "v1.0.0", None).expect("keep");
        assert_eq!(attributes_of(&kept), None, "a builder's file");
    }
}
