use super::*;
use crate::host::Attributes;
use crate::host::stamp::Stamp;
use crate::model::held::HeldCause;
use crate::model::{By, Kept, RunKind};
use crate::store::sqlite;
use std::path::Path;

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("directory") }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("updater.db")
    }

    fn records(&self) -> SqliteRecords {
        SqliteRecords::new(self.path())
    }

    fn reader(&self) -> SqliteRecords {
        SqliteRecords::reader(self.path())
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("time")
}

fn version(text: &str) -> Version {
    Version::parse(text).expect("version")
}

fn run(id: &str, second: i64) -> Run {
    Run::new(id.into(), RunKind::Update, By::Timer, at(second))
}

fn held(text: &str, reason: &str) -> Held {
    Held {
        version: version(text),
        reason: reason.into(),
        at: at(1),
        retry_at: None,
        cause: HeldCause::Failed,
        attempts: 1,
        fingerprint: None,
    }
}

fn ids(runs: &[Run]) -> Vec<&str> {
    runs.iter().map(|run| run.id.as_str()).collect()
}

#[test]
fn runs_are_upserted_and_come_newest_first() {
    let place = Place::new();
    let mut records = place.records();
    for (id, second) in [("b", 20), ("a", 10), ("d", 30), ("c", 30)] {
        records.put_run(&run(id, second)).expect("put");
    }
    let mut again = run("a", 10);
    again.error = Some("it's \"wrong\"".into());
    records.put_run(&again).expect("put");
    let mut records = place.records();
    assert_eq!(ids(&records.runs(9).expect("runs")), ["d", "c", "b", "a"]);
    assert_eq!(ids(&records.runs(2).expect("runs")), ["d", "c"]);
    assert_eq!(records.run("a").expect("run"), Some(again));
    assert_eq!(records.run("x").expect("run"), None);
}

#[test]
fn history_has_an_end() {
    let place = Place::new();
    let mut records = place.records();
    records.put_run(&run("oldest", 0)).expect("put");
    let json = serde_json::to_string(&run("n", 1)).expect("json");
    records
        .file
        .write(|db| {
            let fill =
                "INSERT INTO run WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM c WHERE n < ?1)
                        SELECT 'n' || n, n, ?2 FROM c";
            db.execute(fill, params![HISTORY - 1, json])
        })
        .expect("fill");
    assert!(records.run("oldest").expect("run").is_some());
    records.put_run(&run("newest", 99_999)).expect("put");
    assert_eq!(records.run("oldest").expect("run"), None);
    assert_eq!(records.runs(5000).expect("runs").len(), usize::from(HISTORY));
}

#[test]
fn a_version_is_held_once_and_in_order() {
    let place = Place::new();
    let mut records = place.records();
    for text in ["v1.9.0", "v1.10.0", "v1.10.0-rc.1"] {
        records.hold(&held(text, "first")).expect("hold");
    }
    records.hold(&held("v1.9.0", "second")).expect("hold");
    let found = records.held().expect("held");
    let shown: Vec<(&str, &str)> = found.iter().map(|h| (h.version.as_str(), h.reason.as_str())).collect();
    assert_eq!(shown, [("v1.10.0", "first"), ("v1.10.0-rc.1", "first"), ("v1.9.0", "second")]);
    assert!(records.unhold(&version("v1.9.0")).expect("unhold"));
    assert!(!records.unhold(&version("v1.9.0")).expect("unhold"));
}

#[test]
fn the_first_answer_is_told_from_later_ones() {
    let place = Place::new();
    let mut records = place.records();
    records.note_offered("m", &[version("v1.0.0")], at(10)).expect("note");
    records.note_offered("m", &[version("v1.0.0"), version("v1.1.0")], at(20)).expect("note");
    records.note_offered("empty", &[], at(30)).expect("note");
    let mut records = place.records();
    records.note_offered("empty", &[version("v1.0.0")], at(40)).expect("note");
    records.set_commit_time("m", &version("v1.1.0"), at(5)).expect("time");
    let shown = |seen: &[Seen]| -> Vec<(String, i64, bool, Option<i64>)> {
        let second = |time: &Timestamp| time.as_second();
        seen.iter()
            .map(|s| {
                let commit = s.commit_time.as_ref().map(second);
                (s.version.to_string(), second(&s.first_seen_at), s.in_first_answer, commit)
            })
            .collect()
    };
    let expected = [("v1.0.0".to_owned(), 10, true, None), ("v1.1.0".to_owned(), 20, false, Some(5))];
    assert_eq!(shown(&records.seen("m").expect("seen")), expected);
    assert_eq!(shown(&records.seen("empty").expect("seen")), [("v1.0.0".to_owned(), 40, false, None)]);
}

#[test]
fn an_unchanged_answer_writes_nothing() {
    let place = Place::new();
    let versions = [version("v1.0.0"), version("v1.1.0")];
    place.records().note_offered("m", &versions, at(10)).expect("note");
    let stamp = || Stamp::of(&std::fs::metadata(place.path()).expect("stat"));
    let (before, bytes) = (stamp(), std::fs::read(place.path()).expect("read"));
    let mut records = place.records();
    for second in 20..40 {
        records.note_offered("m", &versions, at(second)).expect("note");
        records.note_offered("m", &versions[..1], at(second)).expect("note");
    }
    assert_eq!(stamp(), before);
    // Without the file nobody would notice a read either.
    std::fs::remove_file(place.path()).expect("remove");
    records.note_offered("m", &versions, at(50)).expect("note");
    assert!(!bytes.is_empty() && !place.path().exists());
}

#[test]
fn the_first_sum_is_the_one_that_counts() {
    let place = Place::new();
    let mut records = place.records();
    let v = version("v1.0.0");
    assert_eq!(records.pin_sum("m", &v, "h1:a").expect("pin"), "h1:a");
    assert_eq!(records.pin_sum("m", &v, "h1:b").expect("pin"), "h1:a");
    assert_eq!(place.records().pin_sum("m", &v, "h1:c").expect("pin"), "h1:a");
    assert_eq!(records.pin_sum("other", &v, "h1:b").expect("pin"), "h1:b");
}

#[test]
fn single_values_come_back_and_go() {
    let place = Place::new();
    let mut records = place.records();
    assert_eq!(records.latest().expect("latest"), Latest::default());
    assert_eq!((records.committed().expect("get"), records.stuck().expect("get")), (None, None));
    let committed = Committed { version: "v1.0.0".into(), sha256: "00".into(), at: at(1) };
    let paused = Paused { since: at(1), until: Some(at(2)), reason: None, by: "uid 0".into() };
    let latest = Latest { version: Some("v1.0.0".into()), ..Latest::default() };
    let alerts = [Alert { id: "masked".into(), text: "t".into(), since: at(3) }];
    records.set_committed(&committed).expect("set");
    records.set_paused(Some(&paused)).expect("set");
    records.set_latest(&latest).expect("set");
    records.set_alerts(&alerts).expect("set");
    records.set_stuck(Some("v1.2.0")).expect("set");
    let kept = Kept {
        version: "v1.3.0".into(),
        sha256: "ef".into(),
        path: "/versions/v1.3.0/agent".into(),
        kept_at: at(4),
        sum: None,
        snapshot: None,
    };
    let staged = Staged {
        version: version("v1.3.0"),
        module: "m".into(),
        package: "p".into(),
        fingerprint: "f".into(),
        kept,
        at: at(5),
        run: "r".into(),
        forced: true,
    };
    records.set_staged(Some(&staged)).expect("set");
    for mut records in [place.records(), place.reader()] {
        assert_eq!(records.staged().expect("get"), Some(staged.clone()));
        assert_eq!(records.committed().expect("get"), Some(committed.clone()));
        assert_eq!(records.paused().expect("get"), Some(paused.clone()));
        assert_eq!(records.latest().expect("get"), latest);
        assert_eq!(records.alerts().expect("get"), alerts);
        assert_eq!(records.stuck().expect("get"), Some("v1.2.0".into()));
    }
    records.set_paused(None).expect("set");
    records.set_stuck(None).expect("set");
    assert_eq!((records.paused().expect("get"), records.stuck().expect("get")), (None, None));
}

#[test]
fn the_file_is_private() {
    let place = Place::new();
    place.records().set_stuck(Some("v1.0.0")).expect("set");
    assert_eq!(Attributes::of(&place.path()).expect("read").mode, 0o600);
}

fn damage(place: &Place, spoil: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = std::fs::read(place.path()).expect("read");
    spoil(&mut bytes);
    std::fs::write(place.path(), &bytes).expect("write");
    bytes
}

fn filled() -> Place {
    let place = Place::new();
    let mut records = place.records();
    records.hold(&held("v1.9.0", "it failed")).expect("hold");
    for number in 0..40 {
        records.put_run(&run(&format!("run-{number:02}"), number)).expect("put");
    }
    place
}

#[test]
fn a_damaged_file_is_set_aside_and_the_memory_goes_on() {
    let spoil: [fn(&mut Vec<u8>); 5] = [
        |bytes| *bytes = b"no database at all".to_vec(),
        |bytes| bytes.fill(0),
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes[..100].fill(0xff),
        |bytes| bytes[100..].fill(0x5a),
    ];
    for (number, spoil) in spoil.iter().enumerate() {
        let place = filled();
        let bytes = damage(&place, spoil);
        let mut records = place.records();
        records.put_run(&run("after", 99)).expect("put");
        let aside = records.set_aside().expect("reported");
        assert!(std::fs::read(aside).expect("kept") == bytes, "case {number}");
        assert_eq!(records.set_aside(), None, "reported once");
        assert!(records.run("after").expect("run").is_some());
        let mut again = place.records();
        assert!(again.run("after").expect("run").is_some(), "case {number}");
        assert_eq!(again.set_aside(), None, "case {number}");
    }
}

#[test]
fn what_can_still_be_read_is_carried_over() {
    let place = filled();
    // Only the tail is gone: pages of history. What is held lies before it.
    damage(&place, |bytes| {
        let keep = bytes.len() - 3 * 4096;
        bytes[keep..].fill(0x5a);
    });
    let mut records = place.records();
    assert_eq!(records.held().expect("held"), [held("v1.9.0", "it failed")]);
    assert!(records.set_aside().is_some());
}

#[test]
fn damage_found_while_it_is_open_is_survived_too() {
    let place = filled();
    let mut records = place.records();
    let versions = [version("v1.0.0")];
    records.note_offered("m", &versions, at(1)).expect("note");
    damage(&place, |bytes| bytes.fill(0x5a));
    records.put_run(&run("after", 99)).expect("put");
    assert!(records.set_aside().is_some());
    records.note_offered("m", &versions, at(2)).expect("note");
    assert_eq!(records.seen("m").expect("seen").len(), 1, "noted anew");
}

#[test]
fn a_newer_file_is_refused_and_left_alone() {
    let place = filled();
    let change = Connection::open(place.path()).expect("open");
    change
        .execute_batch(
            "PRAGMA user_version = 99; UPDATE value SET json = '\"7.1.0\"' WHERE name = 'written_by'",
        )
        .expect("change");
    drop(change);
    let before = std::fs::read(place.path()).expect("read");
    for failure in [place.records().held().expect_err("newer"), place.reader().held().expect_err("newer")] {
        assert_eq!(failure.class, Class::Refused);
        assert!(failure.to_string().contains("7.1.0"), "{failure}");
    }
    assert!(std::fs::read(place.path()).expect("read") == before);
}

#[test]
fn a_reader_sees_what_is_committed_and_creates_nothing() {
    let place = Place::new();
    let mut reader = place.reader();
    assert!(reader.runs(9).expect("runs").is_empty());
    assert_eq!(reader.latest().expect("latest"), Latest::default());
    assert!(!place.path().exists());
    reader.put_run(&run("x", 1)).expect_err("reading only");

    let mut records = place.records();
    for second in 0..5 {
        records.put_run(&run(&format!("run-{second}"), second)).expect("put");
        assert_eq!(reader.runs(99).expect("runs").len() as i64, second + 1, "beside the writer");
    }
}

#[test]
fn a_row_that_cannot_be_understood_is_passed_over() {
    let place = filled();
    let change = Connection::open(place.path()).expect("open");
    change.execute_batch("UPDATE run SET json = '{}' WHERE id = 'run-39'").expect("change");
    change.execute_batch("INSERT INTO value VALUES ('committed', 'nonsense')").expect("change");
    drop(change);
    let mut records = place.records();
    assert_eq!(records.runs(1000).expect("runs").len(), 39);
    assert_eq!(records.committed().expect("get"), None);
}

#[test]
fn what_is_no_file_is_refused() {
    let plant: [fn(&Path); 2] = [
        |path| std::os::unix::fs::symlink("/etc/hostname", path).expect("link"),
        |path| {
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, path, kind, 0o600.into(), 0).expect("fifo");
        },
    ];
    for plant in plant {
        let place = Place::new();
        plant(&place.path());
        assert_eq!(place.records().held().expect_err("planted").class, Class::Security);
        assert_eq!(place.reader().held().expect_err("planted").class, Class::Security);
    }
}

#[test]
fn a_reader_is_not_stopped_by_what_a_killed_writer_left() {
    let place = filled();
    // The files of a writer in the middle of a transaction that is larger than its cache.
    let writer = Connection::open(place.path()).expect("open");
    writer.pragma_update(None, "cache_size", 1).expect("pragma");
    writer
        .execute_batch("BEGIN; UPDATE run SET json = 'half' || json || hex(zeroblob(4000))")
        .expect("update");
    let journal = sqlite::sidecar(&place.path(), "-journal");
    let image = (std::fs::read(place.path()).expect("read"), std::fs::read(&journal).expect("read"));
    drop(writer);
    std::fs::write(place.path(), &image.0).expect("write");
    std::fs::write(&journal, &image.1).expect("write");
    assert!(!image.1.is_empty() && image.1[0] != 0, "the journal is hot");

    assert_eq!(place.reader().runs(1000).expect("runs").len(), 40);
    let mut records = place.records();
    assert_eq!(records.runs(1000).expect("runs").len(), 40);
    assert_eq!(records.set_aside(), None, "nothing was damaged");
}
