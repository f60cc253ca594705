use super::*;

#[test]
fn restoring_sets_today_aside_and_twice_is_success() {
    for mode in ["wal", "delete"] {
        let mut place = Place::with_rows(mode, 100);
        let file = std::fs::File::open(&place.database).expect("open");
        Attributes::with_mode(0o640).apply(&file, &place.database).expect("mode");
        let snapshot = place.snapshot();
        migrate(&place.database);
        let aside = place.restore(&snapshot).expect("set aside");
        assert_eq!(aside.file_name(), Some("agent.db.aside-run-1".as_ref()));
        assert_eq!(Attributes::of(&place.database).expect("read").mode, 0o640);
        assert_eq!(Attributes::of(&aside).expect("read").mode, 0o640);
        let whole = digest::sha256_file(&aside).expect("digest");
        assert_eq!(place.restore(&snapshot), Some(aside.clone()), "again");
        assert_eq!(place.names(), ["agent.db", "agent.db.aside-run-1"], "{mode}");
        assert_eq!((rows(&place.database), rows(&aside)), (100, 107), "{mode}");

        // The new version ran once more before it was done again.
        migrate(&place.database);
        let second = place.restore(&snapshot).expect("set aside");
        assert_eq!(second.file_name(), Some("agent.db.aside-run-1.2".as_ref()));
        assert_eq!(digest::sha256_file(&aside).expect("digest"), whole, "the first one stays");
        assert_eq!((rows(&place.database), rows(&second)), (100, 107), "{mode}");
    }
}

#[test]
fn a_database_that_is_gone_is_restored_for_its_owner() {
    let mut place = Place::with_rows("wal", 10);
    if rustix::process::geteuid().is_root() {
        std::os::unix::fs::chown(&place.database, Some(7), Some(8)).expect("chown");
    }
    let owner = |path: &Path| {
        let found = Attributes::of(path).expect("read");
        (found.uid, found.gid)
    };
    let before = owner(&place.database);
    let snapshot = place.snapshot();
    std::fs::remove_file(&place.database).expect("remove");
    std::fs::write(sidecar(&place.database, "-wal"), [7; 5000]).expect("write");
    assert_eq!(place.restore(&snapshot), None, "nothing was there");
    assert_eq!(owner(&place.database), before);
    assert_eq!(place.names(), ["agent.db", "agent.db.aside-run-1-wal"], "not the log of this one");
    assert_eq!(rows(&place.database), 10);
}

#[test]
fn what_the_new_version_broke_is_set_aside_as_it_is() {
    let mut place = Place::with_rows("wal", 100);
    let snapshot = place.snapshot();
    let mut bytes = std::fs::read(&place.database).expect("read");
    bytes[16..100].fill(0xff);
    std::fs::write(&place.database, &bytes).expect("write");
    std::fs::write(sidecar(&place.database, "-wal"), b"rest").expect("write");
    let aside = place.restore(&snapshot).expect("set aside");
    assert_eq!(std::fs::read(&aside).expect("read"), bytes);
    assert!(!sidecar(&place.database, "-wal").exists());
    assert_eq!(rows(&place.database), 100);
}

/// A database of 100 rows was snapshotted; today's has 107 in another layout, some only in the log.
fn migrated_place() -> (Place, Snapshot) {
    let mut place = Place::with_rows("wal", 100);
    let snapshot = place.snapshot();
    let connection = Connection::open(&place.database).expect("open");
    connection.execute_batch("ALTER TABLE t ADD COLUMN new TEXT").expect("migrate");
    insert(&connection, 7);
    // As if the agent had been killed: its files as they are before the connection ends.
    let image: Vec<(PathBuf, Vec<u8>)> = ["", "-wal", "-shm"]
        .iter()
        .map(|suffix| sidecar(&place.database, suffix))
        .map(|path| (path.clone(), std::fs::read(path).expect("read")))
        .collect();
    drop(connection);
    for (path, bytes) in image {
        std::fs::write(path, bytes).expect("write");
    }
    (place, snapshot)
}

/// Whatever was interrupted: the database is today's or the restored one, and doing it again ends right.
fn goes_on_after_an_interruption(place: &mut Place, snapshot: &Snapshot, what: &str) {
    let found = rows(&place.database);
    assert!([100, 107].contains(&found), "{what}: {found} rows");
    let aside = place.restore(snapshot);
    assert_eq!(rows(&place.database), 100, "{what}");
    assert_eq!(rows(&aside.expect("set aside")), 107, "{what}");
    assert_eq!(place.names(), ["agent.db", "agent.db.aside-run-1"], "{what}");
}

#[test]
fn an_error_anywhere_in_a_restore_leaves_a_whole_database() {
    for kth in 1.. {
        let (mut place, snapshot) = migrated_place();
        fault::arm_here(kth, Action::Error);
        let result = place.databases.restore("run-1", &snapshot);
        let done = fault::disarm_here();
        goes_on_after_an_interruption(&mut place, &snapshot, &format!("operation {kth}"));
        if done {
            result.expect("nothing was injected");
            assert!(kth > 12, "the operations are struck one by one");
            break;
        }
        result.expect_err("injected");
    }
}

#[test]
fn killed_anywhere_in_a_restore_it_leaves_a_whole_database() {
    if let Some((role, database)) = role() {
        let (kth, snapshot) = role.split_once(' ').expect("role");
        let snapshot: Snapshot = serde_json::from_str(snapshot).expect("snapshot");
        let snapshots = snapshot.path.parent().expect("folder").to_owned();
        let mut databases = SqliteDatabases { snapshots, patience: Duration::ZERO };
        assert_eq!(snapshot.database, database);
        fault::arm_here(kth.parse().expect("number"), Action::Kill);
        databases.restore("run-1", &snapshot).expect("not struck");
        return wait_for_the_end();
    }
    for kth in 1.. {
        let (mut place, snapshot) = migrated_place();
        let role = format!("{kth} {}", serde_json::to_string(&snapshot).expect("json"));
        let test = "killed_anywhere_in_a_restore_it_leaves_a_whole_database";
        let mut child = Command::new(std::env::current_exe().expect("program"))
            .args(["--exact", &format!("store::database::tests::restore::{test}")])
            .env(ROLE, role)
            .env(DATABASE, &place.database)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("spawn");
        let ended = child.wait().expect("wait");
        goes_on_after_an_interruption(&mut place, &snapshot, &format!("killed at operation {kth}"));
        if ended.success() {
            assert!(kth > 12, "the operations are struck one by one");
            break;
        }
        let signal = std::os::unix::process::ExitStatusExt::signal(&ended);
        assert_eq!(signal, Some(9), "operation {kth}: {ended}");
    }
}
