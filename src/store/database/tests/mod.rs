use super::*;
use crate::host::digest;
use crate::host::fault::{self, Action};
use crate::model::Class;
use crate::store::sqlite::sidecar;
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Child, Command, Stdio};

mod restore;

/// What the second process of a test is asked to do, and with which database.
const ROLE: &str = "SENTINEL_UPDATER_TEST_ROLE";
const DATABASE: &str = "SENTINEL_UPDATER_TEST_DATABASE";

struct Place {
    dir: tempfile::TempDir,
    database: PathBuf,
    databases: SqliteDatabases,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let layout = Layout::new(dir.path().join("state"));
        layout.create().expect("create");
        let data = dir.path().join("data");
        std::fs::create_dir(&data).expect("directory");
        let databases = SqliteDatabases::new(&layout).with_patience(Duration::from_millis(20));
        Self { dir, database: data.join("agent.db"), databases }
    }

    fn with_rows(mode: &str, rows: u32) -> Self {
        let place = Self::new();
        let connection = create(&place.database, mode);
        insert(&connection, rows);
        place
    }

    fn snapshot(&mut self) -> Snapshot {
        self.databases.snapshot("run-1", &self.database).expect("snapshot").expect("there is one")
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Option<PathBuf> {
        self.databases.restore("run-1", snapshot).expect("restore")
    }

    fn names(&self) -> Vec<String> {
        let list = std::fs::read_dir(self.dir.path().join("data")).expect("list");
        let mut names: Vec<String> =
            list.map(|item| item.expect("item").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn create(path: &Path, mode: &str) -> Connection {
    let connection = Connection::open(path).expect("open");
    connection.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(())).expect("mode");
    connection.execute_batch("CREATE TABLE t(n INTEGER, pad TEXT)").expect("table");
    connection
}

fn insert(connection: &Connection, rows: u32) {
    let fill = "INSERT INTO t(n, pad) WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < ?1) \
                SELECT n, hex(zeroblob(200)) FROM c";
    connection.execute(fill, [rows]).expect("insert");
}

/// The number of rows; the database must be whole.
fn rows(path: &Path) -> u32 {
    let connection = Connection::open(path).expect("open");
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("check");
    assert_eq!(verdict, "ok", "{}", path.display());
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).expect("count")
}

fn migrate(path: &Path) {
    let connection = Connection::open(path).expect("open");
    connection.execute_batch("ALTER TABLE t ADD COLUMN new TEXT").expect("migrate");
    insert(&connection, 7);
}

/// This test in another process, once it says that it is ready.
fn second_process(test: &str, role: &str, database: &Path) -> Child {
    let mut child = Command::new(std::env::current_exe().expect("program"))
        .args(["--exact", &format!("store::database::tests::{test}"), "--nocapture"])
        .env(ROLE, role)
        .env(DATABASE, database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("spawn");
    let lines = BufReader::new(child.stdout.take().expect("output")).lines();
    for line in lines {
        if line.expect("line").ends_with("ready") {
            return child;
        }
    }
    panic!("the second process ended early: {:?}", child.wait());
}

/// The part of the second process; `None`: this is the first one.
fn role() -> Option<(String, PathBuf)> {
    Some((std::env::var(ROLE).ok()?, std::env::var_os(DATABASE)?.into()))
}

/// Says that everything is prepared, and waits to be killed.
fn wait_for_the_end() {
    use std::io::Write;
    let mut out = std::io::stdout();
    writeln!(out, "ready").expect("write");
    out.flush().expect("flush");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("read");
}

fn kill(mut child: Child) {
    child.kill().expect("kill");
    child.wait().expect("wait");
}

#[test]
fn nothing_committed_by_a_killed_agent_is_lost() {
    if let Some((mode, database)) = role() {
        let connection = create(&database, &mode);
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(())).expect("pragma");
        insert(&connection, 500);
        // An open transaction, larger than the cache, so that part of it is in the files.
        connection.pragma_update(None, "cache_size", 2).expect("pragma");
        connection.execute_batch("BEGIN").expect("begin");
        insert(&connection, 3000);
        return wait_for_the_end();
    }
    for mode in ["wal", "delete", "truncate", "persist"] {
        let mut place = Place::new();
        let test = "nothing_committed_by_a_killed_agent_is_lost";
        kill(second_process(test, mode, &place.database));
        let beside = if mode == "wal" { "-wal" } else { "-journal" };
        let length = std::fs::metadata(sidecar(&place.database, beside)).expect("left behind").len();
        assert!(length > 0, "{mode}: nothing to recover");

        let snapshot = place.snapshot();
        assert_eq!(snapshot.schema.expect("readable").schema_version, 1, "{mode}");
        place.databases.check(&snapshot).expect("whole");
        assert_eq!(rows(&snapshot.path), 500, "{mode}");
        assert_eq!(rows(&place.database), 500, "{mode}");
        let connection = Connection::open(&place.database).expect("open");
        let found: String =
            connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("mode");
        assert_eq!(found == "wal", mode == "wal", "the database's mode stays");
    }
}

#[test]
fn a_process_that_holds_the_database_is_named() {
    if let Some((_, database)) = role() {
        let connection = Connection::open(database).expect("open");
        connection.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1, '')").expect("write");
        return wait_for_the_end();
    }
    for mode in ["wal", "delete"] {
        let mut place = Place::with_rows(mode, 10);
        let snapshot = place.snapshot();
        let child = second_process("a_process_that_holds_the_database_is_named", "hold", &place.database);
        let pid = format!("process {} (", child.id());
        for failure in [
            place.databases.snapshot("run-2", &place.database).expect_err("held"),
            place.databases.restore("run-2", &snapshot).expect_err("held"),
        ] {
            assert_eq!(failure.class, Class::Database, "{failure}");
            assert!(failure.line().contains(&pid), "{mode}: {failure}");
        }
        let schema = place.databases.schema(&place.database).expect("a reader is let in");
        assert_eq!(schema, snapshot.schema, "{mode}");
        kill(child);
        place.snapshot();
        assert_eq!(rows(&place.database), 10, "{mode}");
    }
}

#[test]
fn a_snapshot_is_private_and_changes_nothing() {
    let mut place = Place::with_rows("wal", 10);
    let wanted = Attributes::with_mode(0o640);
    let file = std::fs::File::open(&place.database).expect("open");
    wanted.apply(&file, &place.database).expect("mode");
    let before = digest::sha256_file(&place.database).expect("digest");
    let snapshot = place.snapshot();
    assert_eq!(digest::sha256_file(&place.database).expect("digest"), before);
    assert_eq!(digest::sha256_file(&snapshot.path).expect("digest"), before);
    assert_eq!(Attributes::of(&place.database).expect("read").mode, 0o640);
    assert_eq!(Attributes::of(&snapshot.path).expect("read").mode, 0o600);
    assert_eq!(place.names(), ["agent.db"], "nothing is left open beside it");
    assert_eq!(place.databases.schema(&place.database).expect("schema"), snapshot.schema);
    place.databases.snapshot("../x", &place.database).expect_err("no id");
}

#[test]
fn what_is_no_database_is_copied_as_it_is() {
    let truncated = {
        let place = Place::with_rows("delete", 500);
        let mut bytes = std::fs::read(&place.database).expect("read");
        bytes.truncate(4096);
        bytes[100..200].fill(0xff);
        bytes
    };
    let cases: [(&[u8], &str, bool); 4] = [
        (b"{\"not\": \"a database\"}", "copy", false),
        (b"SQLite", "copy", false),
        (&truncated, "copy (not readable by SQLite)", false),
        (b"", "copy", true),
    ];
    for (content, method, readable) in cases {
        let mut place = Place::new();
        std::fs::write(&place.database, content).expect("write");
        let snapshot = place.snapshot();
        assert!(std::fs::read(&snapshot.path).expect("read") == content, "{method}");
        assert_eq!(snapshot.schema.is_some(), readable, "{method}");
        if snapshot.method != "reflink" {
            assert_eq!(snapshot.method, method);
        }
        place.databases.check(&snapshot).expect("the same size");
        std::fs::write(&place.database, b"tomorrow's").expect("write");
        let aside = place.restore(&snapshot).expect("set aside");
        assert_eq!(std::fs::read(aside).expect("read"), b"tomorrow's");
        assert_eq!(std::fs::read(&place.database).expect("read"), content);
    }
}

#[test]
fn a_missing_database_is_none() {
    let mut place = Place::new();
    for path in [place.database.clone(), place.dir.path().join("no/such/folder.db")] {
        assert_eq!(place.databases.snapshot("run-1", &path).expect("look"), None);
        assert_eq!(place.databases.schema(&path).expect("look"), None);
    }
}

#[test]
fn planted_files_are_refused_and_what_they_lead_to_is_safe() {
    let precious = |place: &Place| {
        let path = place.dir.path().join("precious");
        std::fs::write(&path, "precious").expect("write");
        path
    };
    let fifo = |path: &Path| {
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, 0o600.into(), 0).expect("fifo");
    };
    for suffix in ["", "-wal", "-journal", "-shm"] {
        for how in ["link", "hard link", "directory", "fifo"] {
            let mut place = Place::with_rows("delete", 1);
            let snapshot = place.snapshot();
            let (target, precious) = (sidecar(&place.database, suffix), precious(&place));
            if suffix.is_empty() {
                std::fs::remove_file(&target).expect("remove");
            }
            match how {
                "link" => symlink(&precious, &target).expect("link"),
                "hard link" => std::fs::hard_link(&precious, &target).expect("link"),
                "directory" => std::fs::create_dir(&target).expect("directory"),
                _ => fifo(&target),
            }
            let what = format!("{how} as agent.db{suffix}");
            let failure = place.databases.snapshot("run-2", &place.database).expect_err(&what);
            assert_eq!(failure.class, Class::Security, "{what}: {failure}");
            place.databases.restore("run-2", &snapshot).expect_err(&what);
            assert_eq!(std::fs::read(&precious).expect("read"), b"precious", "{what}");
        }
    }
}

#[test]
fn a_strangers_file_in_a_folder_of_everybody_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let mut place = Place::with_rows("delete", 1);
    let folder = place.dir.path().join("data");
    let open = std::fs::File::open(&folder).expect("open");
    std::os::unix::fs::chown(&place.database, Some(7), Some(7)).expect("chown");
    place.snapshot();
    Attributes::with_mode(0o777).apply(&open, &folder).expect("mode");
    let failure = place.databases.snapshot("run-2", &place.database).expect_err("planted");
    assert_eq!(failure.class, Class::Security, "{failure}");
    std::os::unix::fs::chown(&folder, Some(7), Some(7)).expect("chown");
    place.snapshot();
}

#[test]
fn damage_to_a_snapshot_is_found_and_never_restored() {
    let damage: [fn(&mut Vec<u8>); 3] = [
        |bytes| bytes.truncate(bytes.len() - 4096),
        |bytes| bytes[4096..8192].fill(0xa5),
        |bytes| bytes[40..44].fill(9),
    ];
    for (number, damage) in damage.iter().enumerate() {
        let mut place = Place::with_rows("wal", 500);
        let snapshot = place.snapshot();
        let mut bytes = std::fs::read(&snapshot.path).expect("read");
        damage(&mut bytes);
        std::fs::write(&snapshot.path, bytes).expect("write");
        let failure = place.databases.check(&snapshot).expect_err("damaged");
        assert_eq!(failure.class, Class::Database, "case {number}: {failure}");
        place.databases.restore("run-1", &snapshot).expect_err("damaged");
        assert_eq!(rows(&place.database), 500, "case {number}");
        assert_eq!(place.names(), ["agent.db"], "case {number}");
    }
}

#[test]
fn odd_names_are_no_trouble() {
    let mut place = Place::new();
    place.database = place.dir.path().join("data/100% #1?mode=memory ä.db");
    insert(&create(&place.database, "wal"), 5);
    let state = Layout::new(place.dir.path().join("st?te #%41"));
    state.create().expect("create");
    place.databases = SqliteDatabases::new(&state);
    let snapshot = place.snapshot();
    place.databases.check(&snapshot).expect("whole");
    migrate(&place.database);
    assert_eq!(rows(&place.restore(&snapshot).expect("set aside")), 12);
    assert_eq!(rows(&place.database), 5);
}

#[test]
fn an_error_anywhere_in_a_snapshot_leaves_the_database_and_the_next_try_works() {
    for kth in 1.. {
        let mut place = Place::with_rows("wal", 50);
        fault::arm_here(kth, Action::Full);
        let result = place.databases.snapshot("run-1", &place.database);
        if fault::disarm_here() {
            result.expect("nothing was injected");
            assert!(kth > 4, "the operations are struck one by one");
            break;
        }
        assert_eq!(result.expect_err("injected").class, Class::Disk, "operation {kth}");
        assert_eq!(rows(&place.database), 50);
        let snapshot = place.snapshot();
        place.databases.check(&snapshot).expect("whole");
    }
}
