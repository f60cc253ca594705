//! Our reader of build information against Go's own, on binaries that Go built.

#![allow(clippy::print_stdout)]

#[path = "toolchain/mod.rs"]
#[allow(dead_code)]
mod support;
#[path = "kit/trials.rs"]
mod trials;

use std::path::{Path, PathBuf};
use std::process::Command;

use sentinel_updater::model::build_info::ModuleRef;
use sentinel_updater::model::{BuildInfo, Class};
use sentinel_updater::ports::Builder;
use support::{Bench, bench};

fn main() {
    trials::run(trials::tests![
        we_read_what_go_reads,
        other_systems_binaries_are_read_and_refused,
        programs_of_other_languages_have_none,
    ]);
}

/// GOROOT of the go that the bench uses.
fn go_root(bench: &Bench) -> PathBuf {
    let found = bench.builder().ready(None).expect("go");
    let (_, rest) = found.split_once('(').expect("a place");
    let go = Path::new(rest.split_once(')').expect("a place").0);
    go.parent().and_then(Path::parent).expect("a root").to_owned()
}

/// What `go version -m` prints, from our own reading.
fn shown(path: &Path, info: &BuildInfo) -> String {
    let mut text = format!("{}: {}\n", path.display(), info.go_version);
    text.push_str(&format!("\tpath\t{}\n", info.package));
    let mut module = |word: &str, module: &ModuleRef| {
        text.push_str(&format!("\t{word}\t{}\t{}", module.path, module.version));
        match &module.replaced_by {
            None => text.push_str(&format!("\t{}\n", module.sum)),
            Some(new) => text.push_str(&format!("\n\t=>\t{}\t{}\t{}\n", new.path, new.version, new.sum)),
        }
    };
    if !info.main.path.is_empty() {
        module("mod", &info.main);
    }
    info.dependencies.iter().for_each(|dependency| module("dep", dependency));
    for (key, value) in &info.settings {
        let quoted = value.contains([' ', '\t', '"', '`']);
        text.push_str(&if quoted {
            format!("\tbuild\t{key}={value:?}\n")
        } else {
            format!("\tbuild\t{key}={value}\n")
        });
    }
    text
}

fn compare(bench: &Bench, go: &Path, binary: &Path) {
    let theirs = Command::new(go).args(["version", "-m"]).arg(binary).output().expect("go version");
    let theirs = String::from_utf8(theirs.stdout).expect("text");
    let info = bench.builder().inspect(binary).expect("read").expect("build information");
    assert_eq!(shown(binary, &info), theirs);
}

fn we_read_what_go_reads() {
    let Some(bench) = bench() else { return };
    let root = go_root(&bench);
    let go = root.join("bin/go");
    for name in ["bin/go", "bin/gofmt", "pkg/tool/linux_amd64/compile"] {
        let path = root.join(name);
        if path.exists() {
            compare(&bench, &go, &path);
            bench.builder().check_target(&path).expect("ours");
        }
    }
}

fn other_systems_binaries_are_read_and_refused() {
    let Some(bench) = bench() else { return };
    let go = go_root(&bench).join("bin/go");
    let source = bench.path("m");
    std::fs::create_dir(&source).expect("made");
    std::fs::write(source.join("go.mod"), "module example.test/m\n\ngo 1.21\n").expect("written");
    std::fs::write(source.join("main.go"), "package main\n\nvar V string\n\nfunc main() { println(V) }\n")
        .expect("written");
    let build = |system: &str, machine: &str, flags: &[&str]| {
        let binary = bench.path(&format!("{system}-{machine}-{}", flags.len()));
        let output = Command::new(&go)
            .args(["build", "-o"])
            .arg(&binary)
            .args(flags)
            .current_dir(&source)
            .env_clear()
            .env("HOME", bench.path("home"))
            .env("GOCACHE", std::fs::canonicalize(bench.path("cache/build")).expect("a cache"))
            .envs([
                ("GOENV", "off"),
                ("GOTOOLCHAIN", "local"),
                ("CGO_ENABLED", "0"),
                ("GOOS", system),
                ("GOARCH", machine),
            ])
            .output()
            .expect("go build");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        binary
    };
    let ours = [std::env::consts::OS, std::env::consts::ARCH] == ["linux", "x86_64"];
    for (system, machine) in [("linux", "arm64"), ("darwin", "arm64"), ("windows", "amd64"), ("linux", "386")]
    {
        let binary = build(system, machine, &[]);
        compare(&bench, &go, &binary);
        if ours {
            assert_eq!(bench.builder().check_target(&binary).expect_err("not ours").class, Class::Proof);
        }
        // Cut anywhere it is not whole, which must show before it is installed.
        let bytes = std::fs::read(&binary).expect("read");
        for part in [1, 50, 90, 99] {
            let cut = bench.path("cut");
            std::fs::write(&cut, &bytes[..bytes.len() * part / 100]).expect("written");
            let mut builder = bench.builder();
            assert_eq!(builder.inspect(&cut).expect_err("cut").class, Class::Proof, "{system} {part}%");
            assert_eq!(builder.check_target(&cut).expect_err("cut").class, Class::Proof);
        }
    }
    // Stripped, position-independent, with settings that need quoting.
    for flags in [&["-ldflags=-s -w -X main.V=a"][..], &["-buildmode=pie", "-tags=one"]] {
        let binary = build("linux", "amd64", flags);
        compare(&bench, &go, &binary);
        if ours {
            bench.builder().check_target(&binary).expect("ours");
        }
    }
}

fn programs_of_other_languages_have_none() {
    let Some(bench) = bench() else { return };
    let other = std::env::current_exe().expect("path");
    assert_eq!(bench.builder().inspect(&other), Ok(None));
    assert_eq!(bench.builder().inspect(&bench.path("missing")).expect_err("missing").class, Class::Disk);
}
