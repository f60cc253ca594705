use super::*;
use crate::host::fault::{self, Action};
use crate::model::journal::Direction;
use crate::model::plan::{AgentPlace, ServiceSpec};
use crate::model::{By, Plan, Run, RunKind, StepId, Timestamp};

mod properties;

fn run(id: &str) -> Run {
    Run::new(id.into(), RunKind::Update, By::Timer, Timestamp::UNIX_EPOCH)
}

fn plan(id: &str) -> Box<Plan> {
    let binary = PathBuf::from("/usr/local/bin/sentinel");
    let place = AgentPlace {
        service: "agent".into(),
        backup: layout::backup_of(&binary),
        staged: layout::staged_of(&binary),
        binary: binary.clone(),
        database: None,
    };
    let spec = ServiceSpec {
        service: "agent".into(),
        binary,
        args: vec!["line\nend".into(), "zero\0byte".into()],
        env: Vec::new(),
        user: None,
        install_args: Vec::new(),
        data: PathBuf::from("/var/lib/agent"),
    };
    Box::new(Plan {
        package: "cmd/sentinel".into(),
        keep_versions: 3,
        build_timeout: std::time::Duration::from_secs(60),
        state: PathBuf::from("/var/lib/agent/updater"),
        ..Plan::new(run(id), "example.com/agent", place, spec)
    })
}

fn begin(id: &str) -> Record {
    Record::Begin { plan: plan(id) }
}

fn end(id: &str) -> Record {
    Record::End { run: Box::new(run(id)) }
}

fn enter(step: StepId) -> Record {
    Record::Enter { step, direction: Direction::Forward, boot: "b".into(), at: Timestamp::UNIX_EPOCH }
}

struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("directory") }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    fn journal(&self) -> FileJournal {
        FileJournal::new(self.path())
    }

    fn with(records: &[Record]) -> Self {
        let place = Self::new();
        let mut journal = place.journal();
        for record in records {
            journal.append(record).expect("append");
        }
        place
    }

    fn open(&self) -> OpenRun {
        self.journal().open_run().expect("open run")
    }

    fn content(&self) -> Vec<u8> {
        Reserved::read(&self.path()).expect("read")
    }
}

#[test]
fn an_absent_journal_has_no_run() {
    let place = Place::new();
    assert_eq!(place.open(), OpenRun::default());
    assert_eq!(place.journal().last_end().expect("end"), None);
    assert!(!place.path().exists(), "looking creates nothing");
}

#[test]
fn a_run_is_open_from_begin_to_end() {
    let records = [begin("1"), enter(StepId::Stop), enter(StepId::Install)];
    let place = Place::with(&records);
    assert_eq!(place.open().records, records);
    let mut journal = place.journal();
    journal.append(&end("1")).expect("append");
    assert_eq!(journal.open_run().expect("open"), OpenRun::default());
    assert_eq!(place.journal().last_end().expect("end"), Some(end("1")));
}

#[test]
fn the_next_run_starts_a_new_file_and_only_then_is_the_end_gone() {
    let place = Place::with(&[begin("1"), enter(StepId::Stop), end("1")]);
    let mut journal = place.journal();
    assert_eq!(journal.last_end().expect("end"), Some(end("1")));
    journal.append(&begin("2")).expect("append");
    assert_eq!(journal.last_end().expect("end"), None);
    assert_eq!(place.open().records, [begin("2")]);
    assert_eq!(place.content().iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[test]
fn another_process_may_have_gone_on() {
    let place = Place::with(&[begin("1")]);
    let mut early = place.journal();
    early.open_run().expect("open");
    place.journal().append(&enter(StepId::Stop)).expect("append");
    assert_eq!(early.open_run().expect("open").records, [begin("1"), enter(StepId::Stop)]);
    early.append(&end("1")).expect("append");
    assert_eq!(place.open(), OpenRun::default());
}

#[test]
fn cut_anywhere_it_holds_a_prefix_and_goes_on() {
    let records = [begin("1"), enter(StepId::Stop), enter(StepId::Snapshot), enter(StepId::Install)];
    let whole = Place::with(&records).content();
    let ends: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
    for cut in 0..whole.len() {
        let place = Place::new();
        std::fs::write(place.path(), &whole[..cut]).expect("write");
        let expected = ends.iter().filter(|end| **end <= cut).count();
        let found = place.open();
        assert_eq!(found.records, records[..expected], "cut at {cut}");
        assert_eq!(found.set_aside.is_some(), expected == 0 && cut > 0, "cut at {cut}");
        if expected > 0 {
            let mut journal = place.journal();
            journal.append(&enter(StepId::Start)).expect("append");
            let mut longer = records[..expected].to_vec();
            longer.push(enter(StepId::Start));
            assert_eq!(place.open(), OpenRun { records: longer, set_aside: None }, "cut at {cut}");
        }
    }
}

#[test]
fn any_byte_changed_loses_one_record_at_most_and_invents_none() {
    let records = [begin("1"), enter(StepId::Stop), enter(StepId::Install), enter(StepId::Start)];
    let mut bytes = Place::with(&records).content();
    let last = bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines");
    for at in 0..bytes.len() {
        for bit in [0x01, 0x20, 0x80] {
            bytes[at] ^= bit;
            let Contents { records: found, fault, .. } = contents::parse(&bytes).expect("not foreign");
            bytes[at] ^= bit;
            let known = found.iter().all(|record| records.contains(record));
            assert!(known, "byte {at}: a record nobody wrote");
            if at >= last {
                // A line end that is gone makes one bad line of two.
                let left = if at > last { 3 } else { 2 };
                assert_eq!((found.as_slice(), fault), (&records[..left], Fault::TornTail), "byte {at}");
            } else {
                assert!(found.len() >= 2, "byte {at}");
                assert_eq!(fault, Fault::Damaged, "byte {at}");
            }
        }
    }
}

#[test]
fn a_damaged_journal_is_kept_reported_once_and_gone_on_with() {
    let records = [begin("1"), enter(StepId::Stop), enter(StepId::Install), enter(StepId::Start)];
    let place = Place::with(&records);
    let mut bytes = place.content();
    let middle = bytes.iter().position(|byte| *byte == b'\n').expect("line") + 30;
    bytes[middle] ^= 1;
    std::fs::write(place.path(), &bytes).expect("write");

    let mut journal = place.journal();
    let found = journal.open_run().expect("open");
    let left = [begin("1"), enter(StepId::Install), enter(StepId::Start)];
    assert_eq!(found.records, left);
    assert_eq!(std::fs::read(found.set_aside.expect("reported")).expect("kept"), bytes);
    assert_eq!(journal.open_run().expect("open"), OpenRun { records: left.to_vec(), set_aside: None });
    journal.append(&end("1")).expect("append");
    assert_eq!(place.open(), OpenRun::default());
}

#[test]
fn the_plan_in_switch_stands_in_for_a_lost_begin() {
    let switch = Record::Switch { plan: plan("1") };
    let place = Place::with(&[begin("1"), switch.clone(), enter(StepId::Stop)]);
    let mut bytes = place.content();
    bytes[40] ^= 1;
    std::fs::write(place.path(), &bytes).expect("write");
    assert_eq!(place.open().records, [begin("1"), switch, enter(StepId::Stop)]);
}

#[test]
fn damage_in_an_ended_run_opens_nothing() {
    let place = Place::with(&[begin("1"), enter(StepId::Stop), end("1")]);
    let mut bytes = place.content();
    let middle = bytes.iter().position(|byte| *byte == b'\n').expect("line") + 30;
    bytes[middle] ^= 1;
    std::fs::write(place.path(), &bytes).expect("write");
    let found = place.open();
    assert!(found.records.is_empty() && found.set_aside.is_some());
    assert_eq!(place.journal().last_end().expect("end"), Some(end("1")));
}

#[test]
fn what_a_killed_begin_left_is_swept_by_the_writer_only() {
    let place = Place::with(&[begin("a"), end("a")]);
    let left = place.path().with_file_name(".journal.tmp-0123456789abcdef");
    std::fs::write(&left, "half").expect("write");
    FileJournal::reader(place.path()).open_run().expect("read");
    assert!(left.exists());
    place.open();
    assert!(!left.exists());
}

#[test]
fn a_newer_journal_is_refused_and_left_alone() {
    let place = Place::with(&[begin("1")]);
    let json = r#"{"schema":99,"by":"7.1.0","seq":2,"entry":{"record":"recovered","attempt":1}}"#;
    let mut bytes = place.content();
    bytes.extend(format!("{} {json}\n", &crate::host::digest::sha256(json.as_bytes())[..16]).bytes());
    std::fs::write(place.path(), &bytes).expect("write");
    for failure in [
        place.journal().open_run().expect_err("newer"),
        place.journal().append(&begin("2")).expect_err("newer"),
    ] {
        assert_eq!(failure.class, Class::Refused);
        assert!(failure.to_string().contains("7.1.0"), "{failure}");
    }
    assert_eq!(std::fs::read(place.path()).expect("read"), bytes);
}

#[test]
fn a_reader_changes_nothing() {
    let place = Place::with(&[begin("1"), enter(StepId::Stop), enter(StepId::Start)]);
    let mut bytes = place.content();
    let middle = bytes.iter().position(|byte| *byte == b'\n').expect("line") + 30;
    bytes[middle] ^= 1;
    std::fs::write(place.path(), &bytes).expect("write");
    let mut reader = FileJournal::reader(place.path());
    assert_eq!(reader.open_run().expect("read").records, [begin("1"), enter(StepId::Start)]);
    reader.append(&end("1")).expect_err("reading only");
    assert_eq!(std::fs::read(place.path()).expect("read"), bytes);
    assert_eq!(std::fs::read_dir(place.dir.path()).expect("list").count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_planted_in_its_place_is_refused_without_blocking() {
    type Plant = fn(&Path);
    let plant: [(&str, Plant); 3] = [
        ("link", |path| std::os::unix::fs::symlink("/etc/hostname", path).expect("link")),
        ("directory", |path| std::fs::create_dir(path).expect("directory")),
        ("fifo", |path| {
            let kind = rustix::fs::FileType::Fifo;
            rustix::fs::mknodat(rustix::fs::CWD, path, kind, 0o600.into(), 0).expect("fifo");
        }),
    ];
    for (what, plant) in plant {
        let place = Place::new();
        plant(&place.path());
        assert_eq!(place.journal().open_run().expect_err(what).class, Class::Security, "{what}");
        place.journal().append(&begin("1")).expect_err(what);
    }
}

#[test]
fn an_append_that_fails_anywhere_leaves_the_acknowledged_and_the_next_one_works() {
    for action in [Action::Error, Action::Full] {
        for kth in 1.. {
            let place = Place::with(&[begin("1"), enter(StepId::Stop)]);
            let mut journal = place.journal();
            journal.open_run().expect("open");
            fault::arm_here(kth, action);
            let result = journal.append(&enter(StepId::Install));
            if fault::disarm_here() {
                result.expect("nothing was injected");
                assert!(kth > 2, "write and sync are both struck");
                break;
            }
            assert_eq!(result.expect_err("injected").class, Class::Disk);
            let found = place.open().records;
            let stop = [begin("1"), enter(StepId::Stop)];
            let install = [begin("1"), enter(StepId::Stop), enter(StepId::Install)];
            assert!(found == stop || found == install, "operation {kth}: {found:?}");
            journal.append(&end("1")).expect("the next one");
            assert_eq!(place.open(), OpenRun::default(), "operation {kth}");
        }
    }
}

#[test]
fn a_begin_that_fails_anywhere_leaves_the_former_end_or_the_new_run() {
    for kth in 1.. {
        let place = Place::with(&[begin("1"), end("1")]);
        let mut journal = place.journal();
        fault::arm_here(kth, Action::Error);
        let result = journal.append(&begin("2"));
        if fault::disarm_here() {
            result.expect("nothing was injected");
            break;
        }
        result.expect_err("injected");
        let found = place.open().records;
        if found.is_empty() {
            assert_eq!(place.journal().last_end().expect("end"), Some(end("1")), "operation {kth}");
        } else {
            assert_eq!(found, [begin("2")], "operation {kth}");
        }
        journal.append(&begin("2")).expect("again");
        assert_eq!(place.open().records, [begin("2")], "operation {kth}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn an_append_needs_no_room_on_the_disk() {
    let place = Place::with(&[begin("1")]);
    let before = std::fs::metadata(place.path()).expect("stat").len();
    let mut journal = place.journal();
    for _ in 0..50 {
        journal.append(&enter(StepId::Stop)).expect("append");
    }
    assert_eq!(std::fs::metadata(place.path()).expect("stat").len(), before);
}
