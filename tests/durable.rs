//! Killed at every file operation in turn: what is found afterwards is the old or the new, and what was
//! left lying about can be swept up.

#[cfg(unix)]
#[path = "kit/fault_table.rs"]
#[allow(dead_code)] // Nothing here is in memory.
mod fault_table;

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod unix {
    use std::os::unix::process::ExitStatusExt;
    use std::path::Path;

    use libtest_mimic::{Arguments, Trial};
    use sentinel_updater::host::atomic::{self, Hash};
    use sentinel_updater::host::{Attributes, fault};
    use sentinel_updater::model::Outcome;

    use crate::fault_table::{self, Met};

    const VICTIM: &str = "be-the-victim";

    /// Acts on a directory that holds `old` ("old") and `source` ("new").
    type Act = fn(&Path) -> Outcome<()>;

    const ACTS: [(&str, Act); 3] = [
        ("write", |dir| atomic::write(&dir.join("old"), b"new", &Attributes::default())),
        ("copy", |dir| {
            atomic::copy(&dir.join("source"), &dir.join("old"), &Attributes::default(), Hash::Sha256)
                .map(drop)
        }),
        ("rename", |dir| atomic::rename(&dir.join("source"), &dir.join("old"))),
    ];

    pub(crate) fn main() {
        let args: Vec<String> = std::env::args().collect();
        if let [_, mode, name, kth, dir] = &args[..]
            && mode == VICTIM
        {
            let (_, act) = ACTS.iter().find(|(known, _)| known == name).expect("act");
            fault::arm(kth.parse().expect("number"), fault::Action::Kill);
            act(Path::new(dir)).expect("killed or done");
            return;
        }
        let trial = |(name, _): &(&'static str, Act)| {
            let name = *name;
            Trial::test(format!("{name}_killed_anywhere"), move || {
                let kills = kill_everywhere(name);
                // All of them, or this is not reached.
                fault_table::tell(&format!("{name}-of-a-file,-killed"), kills, kills, Met::Real);
                Ok(())
            })
        };
        libtest_mimic::run(&Arguments::from_args(), ACTS.iter().map(trial).collect()).exit();
    }

    /// How often it was killed.
    fn kill_everywhere(name: &str) -> usize {
        for kth in 1_usize.. {
            let dir = tempfile::tempdir().expect("directory");
            let path = dir.path().join("old");
            std::fs::write(&path, "old").expect("write");
            std::fs::write(dir.path().join("source"), "new").expect("write");
            let status = std::process::Command::new(std::env::current_exe().expect("this test"))
                .args([VICTIM, name, &kth.to_string()])
                .arg(dir.path())
                .status()
                .expect("victim");
            let text = std::fs::read_to_string(&path).expect("there is always a file");
            assert!(text == "old" || text == "new", "killed before operation {kth}: {text:?}");
            atomic::sweep(&path).expect("sweep");
            for entry in std::fs::read_dir(dir.path()).expect("list") {
                let entry = entry.expect("entry").file_name();
                assert!(entry == "old" || entry == "source", "killed before operation {kth}: {entry:?}");
            }
            if status.success() {
                assert_eq!(text, "new");
                assert!(kth > 2, "at least the rename and the sync of its directory");
                return kth - 1;
            }
            assert_eq!(status.signal(), Some(9));
        }
        unreachable!("operations come to an end");
    }
}
