//! The tests themselves.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sentinel_updater::host::Guard;
use sentinel_updater::model::{Class, Version};
use sentinel_updater::ports::{BuildEvent, BuildJob, Builder, Cancel};
use sentinel_updater::toolchain::{Choice, GoToolchain, Options, ProcessGroupRunner};

use crate::kit::trials;
use crate::releases::{File, Host, LINE, Served, platform};

pub(crate) fn main() {
    trials::run(trials::tests![
        a_release_is_fetched_proven_and_kept,
        a_newer_release_comes_and_the_oldest_goes,
        a_pin_needs_no_database_and_must_not_differ_from_one,
        what_nobody_vouches_for_is_not_fetched,
        every_lie_about_an_archive_is_refused,
        an_archive_that_was_exchanged_or_cut_is_refused,
        every_lie_of_a_database_is_refused,
        a_log_never_shrinks_and_never_forks,
        a_fetch_can_be_cancelled_at_any_time,
        a_host_without_any_go_gets_one,
        the_real_release_is_fetched_and_builds,
    ]);
}

fn a_release_is_fetched_proven_and_kept() {
    let served = Served::new(&["go1.27.0", "go1.27.1", "go1.28rc1"]);
    let host = Host::new(&served);
    let mut builder = host.builder();
    let said = builder.ready(Some(LINE)).expect("ready");
    assert!(
        said.contains("go1.27.1 will be fetched from file://") && said.contains("database sum.test"),
        "{said}"
    );
    assert!(host.shelved().is_empty(), "only `build` fetches");

    let mut phases = Vec::new();
    let mut sink = |event| {
        if let BuildEvent::Progress(progress) = event
            && phases.last() != Some(&progress.phase)
        {
            phases.push(progress.phase);
        }
    };
    let go = builder.go(Some(LINE), &mut sink, &Cancel::new()).expect("fetched");
    assert_eq!(phases, ["download go1.27.1", "check go1.27.1", "unpack go1.27.1"]);
    let output = Command::new(&go).arg("version").output().expect("it runs");
    assert!(String::from_utf8_lossy(&output.stdout).contains("go1.27.1"), "{output:?}");
    assert_eq!(host.shelved(), ["go1.27.1"]);
    for (file, mode) in
        [("bin/go", 0o755), ("pkg/tool/compile", 0o755), ("src/go.mod", 0o644), ("src/x.go", 0o644)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let path = host.releases().join("go1.27.1").join(file);
        assert_eq!(std::fs::metadata(path).expect(file).permissions().mode() & 0o777, mode, "{file}");
    }
    let said = builder.ready(Some(LINE)).expect("ready");
    assert!(said.starts_with("go1.27.1 (") && said.contains("releases/go1.27.1/bin/go"), "{said}");

    // What is here serves on when nobody answers.
    std::fs::remove_dir_all(served.proxy()).expect("gone");
    let said = host.builder().ready(Some(LINE)).expect("ready");
    assert!(said.starts_with("go1.27.1 ("), "{said}");
}

fn a_newer_release_comes_and_the_oldest_goes() {
    let mut served = Served::new(&["go1.26.1"]);
    let host = Host::new(&served);
    for next in ["go1.26.2", "go1.26.3", "go1.26.4"] {
        host.fetch().expect("fetched");
        served.publish(next, &[]);
    }
    host.fetch().expect("fetched");
    assert_eq!(host.shelved(), ["go1.26.3", "go1.26.4"]);
}

fn a_pin_needs_no_database_and_must_not_differ_from_one() {
    let served = Served::new(&["go1.27.0", "go1.27.1"]);
    let sum = served.sum("go1.27.0");
    let mut host = Host::new(&served);
    host.set("build.toolchain_sum", &format!("go1.27.0 {sum}"));
    let said = host.builder().ready(Some(LINE)).expect("ready");
    assert!(said.contains("go1.27.0 will be") && said.contains("sum.test and build.toolchain_sum"), "{said}");

    host.set("build.gosumdb", "off");
    let said = host.builder().ready(Some(LINE)).expect("ready");
    assert!(said.contains("by build.toolchain_sum"), "{said}");
    host.fetch().expect("fetched");
    assert_eq!(host.shelved(), ["go1.27.0"]);

    let mut host = Host::new(&served);
    host.set("build.toolchain_sum", &format!("go1.27.0 {}", served.sum("go1.27.1")));
    let failure = host.fetch().expect_err("they differ");
    assert!(
        failure.class == Class::Security && failure.line().contains("differ about go1.27.0"),
        "{failure}"
    );
    host.set("build.gosumdb", "off");
    let failure = host.fetch().expect_err("another content");
    assert!(
        failure.class == Class::Security && failure.line().contains("its content has the hash"),
        "{failure}"
    );
    assert!(host.shelved().is_empty());
}

fn what_nobody_vouches_for_is_not_fetched() {
    let served = Served::new(&["go1.27.1"]);
    for (key, value) in
        [("build.gosumdb", "off"), ("build.gonosumdb", "golang.org/*"), ("build.goprivate", "golang.org")]
    {
        let mut host = Host::new(&served);
        host.set(key, value);
        let failure = host.builder().ready(Some(LINE)).expect_err("nobody");
        assert_eq!(failure.class, Class::Security, "{failure}");
        assert!(failure.to_string().contains("set build.toolchain_sum to \"go1.27.1 h1:"), "{failure}");
    }
}

fn every_lie_about_an_archive_is_refused() {
    let cases: [(&str, Vec<File>); 9] = [
        ("no plain path", vec![File::plain("../x", b"x")]),
        ("no plain path", vec![File::plain("bin/../../x", b"x")]),
        ("is not below", vec![File::outside("elsewhere@v1.0.0/x")]),
        ("no plain file", vec![File::link("bin/sh", "/bin/sh")]),
        ("no file's name", vec![File::plain("a\\b", b"x")]),
        ("no plain path", vec![File::plain("/etc/x", b"x")]),
        ("unpacks to more", vec![File::claiming("big", 501 << 20)]),
        ("larger than", vec![File::claiming("small", 1)]),
        ("another length", vec![File::claiming("large", 20)]),
    ];
    for (why, files) in cases {
        let mut served = Served::new(&[]);
        served.publish("go1.27.1", &files);
        let host = Host::new(&served);
        let failure = host.fetch().expect_err(why);
        assert!(failure.class == Class::Security && failure.line().contains(why), "{why}: {failure}");
        assert!(host.is_untouched(), "{why}");
    }
}

fn an_archive_that_was_exchanged_or_cut_is_refused() {
    let served = Served::new(&["go1.27.0", "go1.27.1"]);
    let host = Host::new(&served);
    let zip = served.zip("go1.27.1");
    let whole = std::fs::read(&zip).expect("archive");
    std::fs::write(&zip, &whole[..whole.len() / 2]).expect("cut");
    assert_eq!(host.fetch().expect_err("cut").class, Class::Security);
    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 1;
    std::fs::write(&zip, flipped).expect("flipped");
    assert_eq!(host.fetch().expect_err("flipped").class, Class::Security);
    std::fs::remove_file(&zip).expect("removed");
    let failure = host.fetch().expect_err("absent");
    assert!(failure.class == Class::Module && failure.to_string().contains("set build.go"), "{failure}");
    assert!(host.is_untouched());
    std::fs::write(&zip, whole).expect("as before");
    host.fetch().expect("whole again");
}

fn every_lie_of_a_database_is_refused() {
    type Lie = fn(&mut Served);
    let lies: [(&str, Lie); 6] = [
        ("not signed by the trusted key", |served| served.sign_with(2)),
        ("does not fit its signed head", |served| served.flip_tile()),
        ("another record", |served| served.exchange_record()),
        ("does not know", Served::forget),
        ("malformed", Served::answer_nothing),
        ("is not that of", Served::answer_with_other_record),
    ];
    for (why, lie) in lies {
        let mut served = Served::new(&["go1.27.0", "go1.27.1"]);
        let host = Host::new(&served);
        lie(&mut served);
        let failure = host.fetch().expect_err(why);
        assert!(failure.class == Class::Security && failure.line().contains(why), "{why}: {failure}");
        assert!(host.is_untouched(), "{why}");
    }
}

fn a_log_never_shrinks_and_never_forks() {
    let mut served = Served::new(&["go1.27.0", "go1.27.1"]);
    let host = Host::new(&served);
    let early = served.log();
    served.grow(700);
    host.fetch().expect("fetched");
    let head = host.head();
    assert!(head.contains(&format!("\n{}\n", served.log().size())), "{head}");

    // An older head of the same log is no lie, and is not remembered.
    let late = served.log();
    served.show_head_of(&early);
    host.ask().expect("the same log");
    assert_eq!(host.head(), head);

    // Another history, shorter or longer, is one.
    for forked in [50, 1500] {
        let mut fork = early.at(1);
        (0..forked).for_each(|number| fork.add(format!("fork {number}\n").as_bytes()));
        served.show_head_of(&fork);
        served.serve_tiles_of(&late);
        served.serve_tiles_of(&fork);
        let failure = host.ask().expect_err("forked");
        assert_eq!(failure.class, Class::Security, "{failure}");
        assert_eq!(host.head(), head);
    }
}

fn a_fetch_can_be_cancelled_at_any_time() {
    for phase in ["download", "check", "unpack"] {
        let served = Served::new(&["go1.27.1"]);
        let host = Host::new(&served);
        let cancel = Cancel::new();
        let mut sink = |event| {
            if let BuildEvent::Progress(progress) = event
                && progress.phase.starts_with(phase)
            {
                cancel.request();
            }
        };
        let failure = host.builder().go(Some(LINE), &mut sink, &cancel).expect_err(phase);
        assert_eq!(failure.class, Class::Cancelled, "{phase}: {failure}");
        assert!(host.is_untouched(), "{phase}");
    }
}

/// Set in a child that sees no go in any of the usual places.
const BARE: &str = "TEST_SEES_NO_GO";

fn a_host_without_any_go_gets_one() {
    if std::env::var_os(BARE).is_none() {
        return hide_every_go("a_host_without_any_go_gets_one");
    }
    let served = Served::new(&["go1.27.1"]);
    let host = Host::new(&served).without_setting();
    let said = host.builder().ready(None).expect("ready");
    assert!(said.starts_with("go1.27.1 will be fetched"), "{said}");
    let go = host.fetch().expect("fetched");
    assert!(go.ends_with("releases/go1.27.1/bin/go"), "{}", go.display());
    assert_eq!(host.builder().default_proxy().expect("its own"), "https://p.test");

    let mut host = Host::new(&served).without_setting();
    host.set("build.gosumdb", "off");
    let failure = host.builder().ready(None).expect_err("nobody vouches");
    assert!(failure.line().starts_with("cannot find the go command, and none can be fetched"), "{failure}");
}

/// Runs the test of this name again in a mount namespace of its own.
fn hide_every_go(test: &str) {
    const HIDE: &str = "for place in /usr/local/go /usr/lib/go /usr/lib/golang /usr/lib/go-* /snap/go; do \
                        [ ! -d $place ] || mount -t tmpfs none $place || exit 9; done; \
                        for file in /usr/bin/go /usr/local/bin/go; do \
                        [ ! -e $file ] || mount --bind /dev/null $file || exit 9; done; exec \"$@\"";
    let me = std::env::current_exe().expect("this program");
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", HIDE, "sh"]).arg(me).args(["--exact", test, "--nocapture"]);
    command.env(BARE, "1");
    match crate::kit::child::run(command, Duration::from_secs(300)) {
        Ok(output) if output.succeeded() => {}
        Ok(output) if output.stdout.contains("running 1 test") => panic!("{output}"),
        Ok(output) => trials::skip(format!("no mount namespace: {output}")),
        Err(why) => trials::skip(why),
    }
}

/// The hash that the real go command finds for the real release, from the cache of tests.
fn by_the_go_command(version: &str) -> crate::kit::Result<String> {
    let go = crate::kit::go::Go::find()?;
    let entry = crate::kit::cache::entry(&format!("toolchain-{version}"), |draft| {
        let mut command = Command::new(go.binary());
        command.args(["mod", "download", "-json", &format!("golang.org/toolchain@{version}")]);
        command.current_dir(draft).env("GOMODCACHE", draft.join("mod")).env("GOFLAGS", "-modcacherw");
        let output = crate::kit::child::run(command, Duration::from_secs(600))?.check()?;
        crate::kit::cache::remove(&draft.join("mod/golang.org"))?;
        std::fs::write(draft.join("said"), output.stdout).map_err(|error| error.to_string())
    })?;
    let said = std::fs::read_to_string(entry.join("said")).map_err(|error| error.to_string())?;
    let said: serde_json::Value = serde_json::from_str(&said).map_err(|error| error.to_string())?;
    said["Sum"].as_str().map(str::to_owned).ok_or_else(|| "no Sum".to_owned())
}

/// GOPROXY of this host, if it can be asked at all.
fn real_proxy() -> crate::kit::Result<String> {
    let mut command = Command::new(crate::kit::go::Go::find()?.binary());
    command.args(["env", "GOPROXY"]).current_dir("/");
    let proxy = crate::kit::child::run(command, Duration::from_secs(60))?.check()?.stdout.trim().to_owned();
    if proxy.starts_with("http") { Ok(proxy) } else { Err(format!("GOPROXY is {proxy}")) }
}

fn the_real_release_is_fetched_and_builds() {
    let proxy = match real_proxy() {
        Ok(proxy) => proxy,
        Err(why) => return trials::skip(why),
    };
    let mut host = Host::bare();
    host.set("build.goproxy", &proxy);
    let mut builder = host.builder();
    let started = Instant::now();
    let said = match builder.ready(Some(LINE)) {
        Ok(said) => said,
        Err(failure) if failure.class == Class::Network => {
            return trials::skip(failure.to_string());
        }
        Err(failure) => panic!("{failure}"),
    };
    let proven = started.elapsed();
    let go = builder.go(Some(LINE), &mut |_| {}, &Cancel::new()).expect("fetched");
    println!("proven in {proven:?}, here after {:?}: {said}", started.elapsed());

    let mark =
        std::fs::read_to_string(host.releases().join(&host.shelved()[0]).join(".fetched")).expect("mark");
    let (version, sum) = mark.trim().split_once(' ').expect("two words");
    assert_eq!(by_the_go_command(version), Ok(sum.to_owned()));

    let published = crate::releases::publish_module();
    let mut options = Options::new(host.path("cache"), host.path("work"), host.path("logs"));
    options.go = Choice::Path(go);
    options.cgo = false;
    options.timeout = Duration::from_secs(900);
    options.modules.goproxy = format!("file://{}", published.path().display());
    options.modules.gosumdb = "off".to_owned();
    let guard = Guard::new(Path::new(env!("CARGO_BIN_EXE_sentinel-updater")));
    let mut builder = GoToolchain::new(options, Box::new(ProcessGroupRunner::new(guard)));
    let job = BuildJob {
        run: "20260102T030405-1".to_owned(),
        module: "example.test/hello".to_owned(),
        package: String::new(),
        version: Version::parse("v1.0.0").expect("a version"),
    };
    let built = builder.build(&job, &mut |_| {}, &Cancel::new()).expect("built");
    let info = builder.inspect(&built.binary).expect("read").expect("information");
    assert!(
        version.ends_with(&format!("{}.{}", info.go_version, platform())),
        "{version} {}",
        info.go_version
    );
}
