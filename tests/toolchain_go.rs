//! Builds with the real go and C compiler from a module proxy that is a directory.

#![allow(clippy::print_stdout)]

#[path = "toolchain/mod.rs"]
mod support;
#[path = "kit/trials.rs"]
mod trials;

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sentinel_updater::model::{Class, Failure, Version};
use sentinel_updater::ports::{Builder, Cancel};
use sentinel_updater::toolchain::Choice;
use support::{Bench, Ran, bench, cancel_at_c, entries, publish_endless};

const MAIN: &str = "package main\n\nfunc main() {}\n";

fn main() {
    trials::run(trials::tests![
        a_module_with_c_and_a_dependency_is_built_and_every_package_is_counted,
        what_the_module_system_refuses_is_said_in_its_class,
        code_that_does_not_compile_is_the_builds_fault_and_named,
        a_proxy_that_refuses_is_the_networks_and_one_that_hangs_is_given_up,
        #[cfg(unix)]
        cancelling_ends_the_compiler_too,
        #[cfg(unix)]
        a_build_without_end_is_ended,
        missing_and_old_tools_are_named_before_anything_is_built,
        #[cfg(unix)]
        root_runs_no_go_that_others_could_have_put_there,
        #[cfg(target_os = "linux")]
        as_root_the_build_runs_as_another_user,
        #[cfg(target_os = "linux")]
        a_full_disk_is_the_disks_fault,
        go_answers_what_only_go_knows,
    ]);
}

/// The failure of a build, after which nothing may be left.
fn failure(bench: &Bench, ran: Ran) -> Failure {
    let failure = ran.outcome.expect_err("it must fail");
    println!("{failure}");
    bench.assert_nothing_is_left();
    failure
}

/// A module with a C file and a dependency, whose every package of its own contains `fresh`.
fn publish_with_c(bench: &Bench, module: &str, lib: &str, fresh: u128) {
    bench.publish(lib, &[("lib.go", "package lib\n\nfunc One() int { return 1 }\n")]);
    let main = format!(
        "package main\n\nimport (\n\t\"os\"\n\n\t\"{module}/c\"\n\tlib \"{lib}\"\n)\n\n\
         func main() {{\n\tos.Stdout.WriteString(\"app v1.0.0\\n\")\n\tprintln(lib.One()+c.Two(), \"{fresh}\")\n}}\n"
    );
    let number = fresh % 1000;
    bench.publish(
        module,
        &[
            ("go.mod", &format!("module {module}\n\ngo 1.21\n\nrequire {lib} v1.0.0\n")),
            ("cmd/app/main.go", &main),
            ("c/c.go", &format!("package c\n\n// #include \"two.h\"\nimport \"C\"\n\nfunc Two() int {{ return int(C.two()) - {number} }}\n")),
            ("c/two.h", "int two(void);\n"),
            ("c/two.c", &format!("#include \"two.h\"\n#warning careful\nint two(void) {{ return {number}; }}\n")),
        ],
    );
}

fn a_module_with_c_and_a_dependency_is_built_and_every_package_is_counted() {
    let Some(bench) = bench() else { return };
    // Different each time: the compiler's cache outlives the test.
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
    // The first build brings the standard library into the cache, which other tests may be filling too:
    // what the second one plans is then only its own.
    publish_with_c(&bench, "example.test/warm", "example.test/warmlib", fresh + 1);
    bench.build("example.test/warm", "cmd/app").outcome.expect("built");
    publish_with_c(&bench, "example.test/app", "example.test/lib", fresh);
    let ran = bench.build("example.test/app", "cmd/app");
    let built = ran.outcome.expect("built");
    assert!(built.sum.starts_with("h1:"), "{}", built.sum);
    assert_eq!(built.binary.file_name().expect("name"), "app");

    let log = std::fs::read_to_string(ran.log.expect("a log")).expect("read");
    let done = log.lines().filter(|line| line.starts_with("cp $WORK/") && line.contains("/_pkg_.a ")).count();
    assert!(built.packages >= 2, "{}", built.packages);
    assert_eq!(done as u64, built.packages, "planned and done");
    let last = ran.progress.last().expect("progress");
    assert_eq!((last.phase.as_str(), last.done, last.total), ("compile", built.packages, built.packages));
    assert!(ran.progress.iter().any(|progress| progress.detail.as_deref() == Some("compiling C: two.c")));
    let downloads: Vec<_> = ran.progress.iter().filter(|progress| progress.phase == "download").collect();
    assert!(!downloads.is_empty());
    let wrong = downloads
        .iter()
        .find(|report| report.detail.as_deref().is_some_and(|text| text.contains("compiling")));
    assert_eq!(wrong, None, "a plan is not the work");
    let counts: Vec<u64> = ran
        .progress
        .iter()
        .filter(|progress| progress.phase == "compile")
        .map(|progress| progress.done)
        .collect();
    assert!(counts.is_sorted(), "{counts:?}");

    let said = ran.lines.join("\n");
    assert!(said.contains("go: downloading example.test/lib v1.0.0"), "{said}");
    assert!(said.contains("#warning careful"), "{said}");
    assert!(!said.contains("$WORK") && !said.contains("gcc -I"), "{said}");

    let mut builder = bench.builder();
    builder.check_target(&built.binary).expect("ours");
    let info = builder.inspect(&built.binary).expect("read").expect("build information");
    assert_eq!(info.package, "example.test/app/cmd/app");
    assert_eq!(info.main.path, "example.test/app");
    assert_eq!(info.main.sum, built.sum);
    assert_eq!(info.version().expect("a version").as_str(), "v1.0.0");
    assert_eq!(info.dependencies[0].path, "example.test/lib");
    assert_eq!(info.setting("CGO_ENABLED"), Some("1"));
    assert_eq!(builder.version_output(&built.binary, &[]).as_deref(), Some("app v1.0.0"));
    assert_eq!(builder.version_output(&PathBuf::from("/bin/false"), &[]), None);

    builder.clean().expect("cleaned");
    bench.assert_nothing_is_left();
}

fn what_the_module_system_refuses_is_said_in_its_class() {
    let Some(bench) = bench() else { return };
    bench.publish("example.test/plain", &[("main.go", MAIN)]);
    bench.publish("example.test/library", &[("lib.go", "package library\n")]);
    bench.publish("example.test/moved", &[("go.mod", "module example.test/elsewhere\n"), ("main.go", MAIN)]);
    bench.publish(
        "example.test/newgo",
        &[("go.mod", "module example.test/newgo\n\ngo 1.99.0\n"), ("main.go", MAIN)],
    );
    let replaced = "module example.test/replaced\n\ngo 1.21\n\nreplace example.test/x => ./x\n";
    bench.publish("example.test/replaced", &[("go.mod", replaced), ("main.go", MAIN)]);
    bench.publish("example.test/cut", &[("main.go", MAIN)]);
    let zip = bench.path("proxy/example.test/cut/@v/v1.0.0.zip");
    let bytes = std::fs::read(&zip).expect("read");
    std::fs::write(&zip, &bytes[..bytes.len() / 2]).expect("cut");
    let orphan = "package main\n\nimport _ \"example.test/missing\"\n\nfunc main() {}\n";
    let requires = "module example.test/orphan\n\ngo 1.21\n\nrequire example.test/missing v1.0.0\n";
    bench.publish("example.test/orphan", &[("go.mod", requires), ("main.go", orphan)]);

    for (module, package, version, class, words) in [
        ("example.test/plain", "", "v9.9.9", Class::Module, "v9.9.9"),
        ("example.test/unknown", "", "v1.0.0", Class::Module, "example.test/unknown"),
        ("example.test/plain", "cmd/x", "v1.0.0", Class::Module, "does not contain package"),
        ("example.test/library", "", "v1.0.0", Class::Module, "not a main package"),
        ("example.test/moved", "", "v1.0.0", Class::Module, "example.test/elsewhere"),
        ("example.test/newgo", "", "v1.0.0", Class::Toolchain, "requires go >= 1.99.0"),
        ("example.test/replaced", "", "v1.0.0", Class::Module, "replace directives"),
        ("example.test/cut", "", "v1.0.0", Class::Module, "not a valid zip"),
        ("example.test/orphan", "", "v1.0.0", Class::Module, "example.test/missing"),
    ] {
        let ran = bench.build_version(module, package, version, &Cancel::new(), &mut |_| {});
        let failure = failure(&bench, ran);
        assert_eq!(failure.class, class, "{failure}");
        assert!(failure.line().contains(words), "{failure}");
    }
}

fn code_that_does_not_compile_is_the_builds_fault_and_named() {
    let Some(bench) = bench() else { return };
    bench
        .publish("example.test/badgo", &[("main.go", "package main\n\nfunc main() { undefinedSymbol() }\n")]);
    let ran = bench.build("example.test/badgo", "");
    assert!(ran.lines.iter().any(|line| line.contains("undefined: undefinedSymbol")), "{:?}", ran.lines);
    let failed = failure(&bench, ran);
    assert_eq!(failed.class, Class::Build);
    assert!(failed.causes[0].contains("main.go:3:15: undefined: undefinedSymbol"), "{failed}");

    bench.publish(
        "example.test/badc",
        &[
            (
                "main.go",
                "package main\n\n// int two(void);\nimport \"C\"\n\nfunc main() { println(C.two()) }\n",
            ),
            ("two.c", "int two(void) { return unknown_name; }\n"),
        ],
    );
    let failed = failure(&bench, bench.build("example.test/badc", ""));
    assert_eq!(failed.class, Class::Build);
    assert!(failed.line().contains("unknown_name"), "{failed}");

    bench.publish("example.test/nolib", &[(
        "main.go",
        "package main\n\n// #cgo LDFLAGS: -lnosuchlib\n// static int two(void) { return 2; }\nimport \"C\"\n\nfunc main() { println(C.two()) }\n",
    )]);
    let failed = failure(&bench, bench.build("example.test/nolib", ""));
    assert_eq!(failed.class, Class::Build);
    assert!(failed.line().contains("nosuchlib"), "{failed}");
    // The reason stays readable after everything else is gone.
    assert_eq!(entries(&bench.options.logs).len(), 1);
}

fn a_proxy_that_refuses_is_the_networks_and_one_that_hangs_is_given_up() {
    let Some(mut bench) = bench() else { return };
    let refusing = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = refusing.local_addr().expect("address");
    drop(refusing);
    bench.options.modules.goproxy = format!("http://{address}");
    let failed = failure(&bench, bench.build("example.test/plain", ""));
    assert_eq!(failed.class, Class::Network, "{failed}");

    // The kernel accepts and nobody answers.
    let hanging = TcpListener::bind("127.0.0.1:0").expect("bound");
    bench.options.modules.goproxy = format!("http://{}", hanging.local_addr().expect("address"));
    bench.options.timeout = Duration::from_secs(3);
    let failed = failure(&bench, bench.build("example.test/plain", ""));
    assert_eq!(failed.class, Class::Timeout);
    assert!(failed.what.contains("downloading"), "{failed}");
}

#[cfg(unix)]
fn cancelling_ends_the_compiler_too() {
    let Some(bench) = bench() else { return };
    publish_endless(&bench);
    let cancel = Cancel::new();
    let (sender, seen) = mpsc::channel();
    let mut on_progress = cancel_at_c(&cancel, sender);
    let ran = bench.build_version("example.test/endless", "", "v1.0.0", &cancel, &mut on_progress);
    seen.try_recv().expect("cancelled while C was compiled");
    assert_eq!(failure(&bench, ran).class, Class::Cancelled);
}

#[cfg(unix)]
fn a_build_without_end_is_ended() {
    let Some(mut bench) = bench() else { return };
    publish_endless(&bench);
    bench.options.timeout = Duration::from_secs(15);
    let failed = failure(&bench, bench.build("example.test/endless", ""));
    assert_eq!(failed.class, Class::Timeout, "{failed}");
}

fn missing_and_old_tools_are_named_before_anything_is_built() {
    let Some(mut bench) = bench() else { return };
    let failure = bench.builder().ready(Some("1.99.0")).expect_err("too new");
    assert_eq!(failure.class, Class::Toolchain);
    assert!(failure.line().contains("needs go 1.99.0"), "{failure}");
    let with_c = bench.builder().fingerprint();

    bench.options.cc = Choice::Path(bench.path("no-gcc"));
    let failure = bench.builder().ready(None).expect_err("no compiler");
    assert_eq!(failure.class, Class::Toolchain);
    assert!(failure.line().contains("no-gcc") && failure.hint.is_some(), "{failure}");
    bench.options.cgo = false;
    let found = bench.builder().ready(Some("1.21")).expect("no C, no compiler");
    assert!(found.starts_with("go1."), "{found}");
    assert_ne!(bench.builder().fingerprint(), with_c);

    bench.options.go = Choice::Path("/bin/true".into());
    assert_eq!(bench.builder().ready(None).expect_err("no go").class, Class::Toolchain);
}

#[cfg(unix)]
fn root_runs_no_go_that_others_could_have_put_there() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let Some(mut bench) = bench() else { return };
    if !sentinel_updater::host::privilege::is_root() {
        return trials::skip("others than root risk only themselves");
    }
    let open = bench.path("open");
    std::fs::create_dir(&open).expect("made");
    symlink("/bin/true", open.join("go")).expect("linked");
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).expect("opened");
    // Searched for, it is passed over.
    bench.options.search.insert(0, open.clone());
    bench.builder().ready(None).expect("the good one");
    bench.options.go = Choice::Path(open.join("go"));
    assert_eq!(bench.builder().ready(None).expect_err("planted").class, Class::Security);
}

#[cfg(target_os = "linux")]
fn as_root_the_build_runs_as_another_user() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let Some(mut bench) = bench() else { return };
    if !sentinel_updater::host::privilege::is_root() {
        return trials::skip("only root can build as another user");
    }
    std::fs::set_permissions(bench.root.path(), std::fs::Permissions::from_mode(0o755)).expect("opened");
    // The shared cache belongs to us.
    std::fs::remove_file(bench.path("cache/build")).expect("unlinked");
    bench.options.user = Some("65534:65534".to_owned());
    bench.options.cgo = false;
    bench.options.keep_cache = false;
    bench.publish("example.test/plain", &[("main.go", MAIN)]);
    let built = bench.build("example.test/plain", "").outcome.expect("built");
    assert_eq!(std::fs::metadata(&built.binary).expect("file").uid(), 65534);
    assert!(built.packages > 10, "{}: from nothing", built.packages);
    assert_eq!(entries(&bench.options.cache), Vec::<PathBuf>::new(), "no cache is kept");
}

#[cfg(target_os = "linux")]
fn a_full_disk_is_the_disks_fault() {
    struct Mounted(PathBuf);
    impl Drop for Mounted {
        fn drop(&mut self) {
            let _ = std::process::Command::new("umount").arg(&self.0).status();
        }
    }
    let Some(bench) = bench() else { return };
    std::fs::create_dir_all(&bench.options.work).expect("made");
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"])
        .arg(&bench.options.work)
        .output();
    if !mount.is_ok_and(|mount| mount.status.success()) {
        return trials::skip("cannot mount a small file system");
    }
    let mounted = Mounted(bench.options.work.clone());
    bench.publish("example.test/plain", &[("main.go", MAIN)]);
    let failed = failure(&bench, bench.build("example.test/plain", ""));
    drop(mounted);
    assert_eq!(failed.class, Class::Disk, "{failed}");
    assert!(failed.hint.is_some());
}

fn go_answers_what_only_go_knows() {
    let Some(bench) = bench() else { return };
    let go_mod = "module example.test/plain\n\ngo 1.21\n\nretract v0.9.0 // broken\n";
    bench.publish("example.test/plain", &[("go.mod", go_mod), ("main.go", MAIN)]);
    // A retracted version is listed too: what is made of that is decided elsewhere.
    let list = bench.path("proxy/example.test/plain/@v/list");
    std::fs::write(list, "v0.9.0\nv1.0.0\n").expect("written");
    let mut questions = bench.questions();
    let cancel = Cancel::new();
    let all = questions.versions("example.test/plain", &cancel).expect("versions");
    let all: Vec<&str> = all.iter().map(Version::as_str).collect();
    assert_eq!(all, ["v0.9.0", "v1.0.0"]);
    let latest = questions.latest("example.test/plain", &cancel).expect("latest");
    assert_eq!(latest.as_str(), "v1.0.0");
    let info = questions.info("example.test/plain", &latest, &cancel).expect("info");
    assert_eq!(
        (info.version, info.time.expect("time").to_string()),
        (latest.clone(), "2026-01-02T03:04:05Z".to_owned())
    );
    assert_eq!(questions.go_mod("example.test/plain", &latest, &cancel).expect("go.mod"), go_mod);
    let missing = Version::parse("v7.0.0").expect("a version");
    for failure in [
        questions.info("example.test/plain", &missing, &cancel).expect_err("no such version"),
        questions.latest("example.test/unknown", &cancel).expect_err("no such module"),
    ] {
        assert_eq!(failure.class, Class::Module, "{failure}");
    }
    bench.assert_nothing_is_left();
}
