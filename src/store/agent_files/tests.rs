use super::*;
use crate::host::fault::{self, Action};
use crate::ports::VersionStore;
use crate::store::{Layout, VersionFolder, backup_of, staged_of};
use std::cell::Cell;
use std::os::unix::fs::{chown, symlink};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const OLD: &[u8] = b"old program";
const NEW: &[u8] = b"new program, longer";

struct Host {
    _state: tempfile::TempDir,
    bin: tempfile::TempDir,
    place: AgentPlace,
    store: VersionFolder,
    files: BinaryFiles,
}

/// A reader that finds the version `v1.2.3` in everything, and counts.
fn reader(count: &Arc<AtomicUsize>) -> ReadBuildInfo {
    let count = Arc::clone(count);
    Box::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        let mut info = BuildInfo::default();
        info.main.path = "example.com/agent".into();
        info.main.version = "v1.2.3".into();
        Ok(Some(info))
    })
}

impl Host {
    /// Binary and state on file systems of their own, where the machine has a second one.
    fn new() -> Self {
        let elsewhere = Path::new("/dev/shm");
        let state = if elsewhere.is_dir() { tempfile::tempdir_in(elsewhere) } else { tempfile::tempdir() };
        let (state, bin) = (state.expect("directory"), tempfile::tempdir().expect("directory"));
        let layout = Layout::new(state.path().join("updater"));
        layout.create().expect("create");
        let binary = bin.path().join("sentinel");
        std::fs::write(&binary, OLD).expect("write");
        let place = AgentPlace {
            service: "agent".into(),
            backup: backup_of(&binary),
            staged: staged_of(&binary),
            binary,
            database: None,
        };
        let files = BinaryFiles::new(reader(&Arc::default()));
        Self { _state: state, bin, place, store: VersionFolder::new(&layout), files }
    }

    fn keep(&mut self, content: &[u8], version: &str) -> Kept {
        let source = tempfile::tempdir().expect("directory");
        let path = source.path().join("sentinel");
        std::fs::write(&path, content).expect("write");
        self.store.keep(&path, version, None).expect("keep")
    }

    fn read(&self) -> Vec<u8> {
        std::fs::read(&self.place.binary).expect("read")
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.bin.path())
            .expect("list")
            .map(|item| item.expect("item").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Marks the agent's binary as an administrator may: owner, mode, a capability.
    fn mark(&self) -> Attributes {
        let mut wanted = Attributes::with_mode(0o750);
        if rustix::process::geteuid().is_root() {
            chown(&self.place.binary, Some(7), Some(8)).expect("chown");
            (wanted.uid, wanted.gid) = (Some(7), Some(8));
            // cap_net_bind_service=ep as the kernel stores it.
            let bind = vec![1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
            wanted.xattrs.insert("security.capability".into(), bind);
        }
        let file = std::fs::File::open(&self.place.binary).expect("open");
        wanted.apply(&file, &self.place.binary).expect("apply");
        Attributes::of(&self.place.binary).expect("read")
    }
}

fn sha(content: &[u8]) -> String {
    digest::sha256(content)
}

#[test]
fn a_switch_and_its_undo_keep_the_attributes() {
    let mut host = Host::new();
    let marked = host.mark();
    let place = host.place.clone();
    let old = host.store.keep(&place.binary, "v1.0.0", None).expect("keep");
    let new = host.keep(NEW, "v1.1.0");
    host.files.back_up(&place).expect("back up");
    host.files.stage(&new, &place).expect("stage");
    for path in [&place.backup, &place.staged] {
        assert_eq!(Attributes::of(path).expect("read"), marked, "{}", path.display());
    }
    assert_eq!(host.read(), OLD, "nothing has happened to the agent");

    host.files.install(&place, &new.sha256).expect("install");
    host.files.install(&place, &new.sha256).expect("again");
    assert_eq!((host.read(), Attributes::of(&place.binary).expect("read")), (NEW.to_vec(), marked.clone()));

    host.files.put_back(&place, Some(&old), &old.sha256).expect("put back");
    host.files.put_back(&place, Some(&old), &old.sha256).expect("again");
    assert_eq!((host.read(), Attributes::of(&place.binary).expect("read")), (OLD.to_vec(), marked));
    host.files.clean(&place).expect("clean");
    assert_eq!(host.names(), ["sentinel", "sentinel.backup"]);
}

#[test]
fn a_binary_that_vanished_comes_back_as_it_was() {
    for backup_left in [true, false] {
        let mut host = Host::new();
        if !backup_left {
            // Kept by its own user, so that the store may remember its attributes.
            let file = std::fs::File::open(&host.place.binary).expect("open");
            Attributes::with_mode(0o711).apply(&file, &host.place.binary).expect("apply");
        } else {
            host.mark();
        }
        let marked = Attributes::of(&host.place.binary).expect("read");
        let place = host.place.clone();
        let old = host.store.keep(&place.binary, "v1.0.0", None).expect("keep");
        host.files.back_up(&place).expect("back up");
        host.files.remove(&place).expect("remove");
        host.files.remove(&place).expect("again");
        if !backup_left {
            std::fs::remove_file(&place.backup).expect("remove");
        }
        host.files.put_back(&place, Some(&old), &old.sha256).expect("put back");
        assert_eq!(host.read(), OLD);
        assert_eq!(Attributes::of(&place.binary).expect("read"), marked, "backup left: {backup_left}");
    }
}

#[test]
fn a_first_installation_is_an_ordinary_program() {
    let mut host = Host::new();
    let place = host.place.clone();
    host.files.remove(&place).expect("remove");
    assert_eq!(host.files.installed(&place.binary).expect("look"), None);
    let new = host.keep(NEW, "v1.1.0");
    host.files.back_up(&place).expect_err("there is nothing to back up");
    host.files.stage(&new, &place).expect("stage");
    host.files.install(&place, &new.sha256).expect("install");
    assert_eq!(Attributes::of(&place.binary).expect("read").mode, 0o755);
}

#[test]
fn nothing_but_the_proven_content_is_installed() {
    let mut host = Host::new();
    let place = host.place.clone();
    assert_eq!(host.files.install(&place, &sha(NEW)).expect_err("not staged").class, Class::Proof);
    let new = host.keep(NEW, "v1.1.0");
    host.files.stage(&new, &place).expect("stage");
    std::fs::write(&place.staged, b"something else").expect("write");
    assert_eq!(host.files.install(&place, &new.sha256).expect_err("changed").class, Class::Proof);
    std::fs::write(&new.path, b"neW program, longer").expect("write");
    assert_eq!(host.files.stage(&new, &place).expect_err("changed").class, Class::Security);
    assert!(!place.staged.exists());
    assert_eq!(host.read(), OLD);
}

#[test]
fn a_spoilt_backup_does_not_keep_the_store_from_helping() {
    let spoil: [fn(&AgentPlace); 4] = [
        |place| std::fs::write(&place.backup, b"rot").expect("write"),
        |place| std::fs::remove_file(&place.backup).expect("remove"),
        |place| {
            std::fs::remove_file(&place.backup).expect("remove");
            std::fs::create_dir(&place.backup).expect("directory");
        },
        |place| {
            std::fs::remove_file(&place.backup).expect("remove");
            symlink("/etc/hostname", &place.backup).expect("link");
        },
    ];
    for spoil in spoil {
        let mut host = Host::new();
        let place = host.place.clone();
        let old = host.store.keep(&place.binary, "v1.0.0", None).expect("keep");
        let new = host.keep(NEW, "v1.1.0");
        host.files.back_up(&place).expect("back up");
        host.files.stage(&new, &place).expect("stage");
        host.files.install(&place, &new.sha256).expect("install");
        spoil(&place);
        assert_eq!(host.files.put_back(&place, None, &old.sha256).expect_err("no copy").class, Class::Proof);
        assert_eq!(host.read(), NEW, "a failed undo changes nothing");
        host.files.put_back(&place, Some(&old), &old.sha256).expect("put back");
        assert_eq!(host.read(), OLD);
    }
}

#[test]
fn only_a_regular_file_is_the_agent() {
    let host = Host::new();
    let mut files = host.files;
    let link = host.bin.path().join("link");
    symlink(&host.place.binary, &link).expect("link");
    let failure = files.installed(&link).expect_err("link");
    assert_eq!(failure.class, Class::Security);
    assert!(failure.hint.expect("hint").contains("sentinel"));
    assert_eq!(files.installed(host.bin.path()).expect_err("directory").class, Class::Security);
}

#[test]
fn a_settled_file_is_read_once() {
    let host = Host::new();
    let count = Arc::default();
    let mut files = BinaryFiles::new(reader(&count));
    let path = &host.place.binary;
    let first = files.installed(path).expect("look").expect("there");
    assert_eq!((first.shown(), first.sha256.clone()), ("v1.2.3".into(), sha(OLD)));
    // The kernel's clock ticks on until the file's last change is far enough away.
    let stamp = || Stamp::of(&std::fs::metadata(path).expect("stat"));
    while !stamp().is_settled(std::time::SystemTime::now()) {
        std::thread::yield_now();
    }
    files.installed(path).expect("look");
    let before = count.load(Ordering::SeqCst);
    files.installed(path).expect("look");
    assert_eq!(count.load(Ordering::SeqCst), before, "unchanged: not read again");
    std::fs::write(path, b"OLD program").expect("write");
    assert_eq!(files.installed(path).expect("look").expect("there").sha256, sha(b"OLD program"));
}

#[test]
fn an_error_anywhere_leaves_a_whole_binary_and_the_next_try_works() {
    type Act = fn(&mut Host, &Kept, &Kept) -> Outcome<()>;
    let acts: [(&str, Act); 4] = [
        ("back up", |host, _, _| host.files.back_up(&host.place)),
        ("stage", |host, _, new| host.files.stage(new, &host.place)),
        ("install", |host, _, new| host.files.install(&host.place, &new.sha256)),
        ("put back", |host, old, _| host.files.put_back(&host.place, Some(old), &old.sha256)),
    ];
    let struck = Cell::new(0);
    for target in 0..acts.len() {
        for kth in 1.. {
            let mut host = Host::new();
            let place = host.place.clone();
            let old = host.store.keep(&place.binary, "v1.0.0", None).expect("keep");
            let new = host.keep(NEW, "v1.1.0");
            for (_, act) in &acts[..target] {
                act(&mut host, &old, &new).expect("before");
            }
            fault::arm_here(kth, Action::Error);
            let result = acts[target].1(&mut host, &old, &new);
            if fault::disarm_here() {
                result.expect("nothing was injected");
                break;
            }
            struck.set(struck.get() + 1);
            let what = format!("{}, operation {kth}", acts[target].0);
            result.expect_err(&what);
            assert!([OLD, NEW].contains(&host.read().as_slice()), "{what}");
            for (_, act) in &acts[target..] {
                act(&mut host, &old, &new).expect(&what);
            }
            assert_eq!(host.read(), OLD, "{what}");
            host.files.clean(&place).expect("clean");
            assert_eq!(host.names(), ["sentinel", "sentinel.backup"], "{what}");
        }
    }
    assert!(struck.get() > 15, "{} operations", struck.get());
}

#[test]
fn cleaning_takes_what_interrupted_writes_left() {
    let mut host = Host::new();
    let litter = host.bin.path().join(".sentinel.tmp-0123456789abcdef");
    std::fs::write(&litter, b"half").expect("write");
    let other = PathBuf::from(format!("{}.mine", litter.display()));
    std::fs::write(&other, b"not ours").expect("write");
    let place = host.place.clone();
    host.files.clean(&place).expect("clean");
    host.files.clean(&place).expect("again");
    assert!(!litter.exists() && other.exists());
}
