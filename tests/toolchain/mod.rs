//! A module proxy as a directory tree, and builders that build from it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use sentinel_updater::host::Guard;
use sentinel_updater::model::{Outcome, Progress, Version};
use sentinel_updater::ports::{BuildEvent, BuildJob, Builder, Built, Cancel};
use sentinel_updater::toolchain::{GoToolchain, ModuleQuestions, Options, ProcessGroupRunner};

/// Everything a test needs below one temporary directory.
pub(crate) struct Bench {
    pub(crate) root: tempfile::TempDir,
    pub(crate) options: Options,
}

/// What a build came to.
pub(crate) struct Ran {
    /// Where its whole output is kept.
    pub(crate) log: Option<PathBuf>,
    pub(crate) outcome: Outcome<Built>,
    pub(crate) lines: Vec<String>,
    pub(crate) progress: Vec<Progress>,
}

/// A bench, or one line that says why there is none.
pub(crate) fn bench() -> Option<Bench> {
    let root = tempfile::tempdir().expect("directory");
    let at = |name: &str| root.path().join(name);
    let mut options = Options::new(at("cache"), at("work"), at("logs"));
    options.search = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    options.timeout = Duration::from_secs(600);
    options.jobs = 2;
    // Not the whole world: the tree beside it, which no checksum database knows.
    options.modules.goproxy = format!("file://{}", at("proxy").display());
    options.modules.gosumdb = "off".to_owned();
    // The standard library is compiled once for all tests.
    std::fs::create_dir_all(at("cache")).expect("made");
    let shared = shared_cache();
    std::fs::create_dir_all(&shared).expect("made");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&shared, at("cache/build")).expect("linked");
    let bench = Bench { root, options };
    match bench.builder().ready(None) {
        Ok(_) => Some(bench),
        Err(failure) => {
            super::trials::skip(failure.to_string());
            None
        }
    }
}

fn runner() -> Box<ProcessGroupRunner> {
    Box::new(ProcessGroupRunner::new(Guard::new(env!("CARGO_BIN_EXE_sentinel-updater"))))
}

fn shared_cache() -> PathBuf {
    let base = std::env::var_os("SENTINEL_TEST_CACHE").map(PathBuf::from).unwrap_or_else(|| {
        let home = std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from);
        home.join(".cache/sentinel-updater-tests")
    });
    base.join("gocache")
}

impl Bench {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn builder(&self) -> GoToolchain {
        GoToolchain::new(self.options.clone(), runner())
    }

    pub(crate) fn questions(&self) -> ModuleQuestions {
        ModuleQuestions::new(self.options.clone(), runner())
    }

    /// Publishes version v1.0.0 of `module` with these files; a go.mod is made unless one is given.
    pub(crate) fn publish(&self, module: &str, files: &[(&str, &str)]) {
        self.publish_version(module, "v1.0.0", files);
    }

    /// The same as another version, the only one.
    pub(crate) fn publish_version(&self, module: &str, version: &str, files: &[(&str, &str)]) {
        let directory = self.path("proxy").join(module).join("@v");
        std::fs::create_dir_all(&directory).expect("made");
        let default = format!("module {module}\n\ngo 1.21\n");
        let go_mod =
            files.iter().find(|(name, _)| *name == "go.mod").map_or(default.as_str(), |(_, text)| text);
        let write = |name: &str, text: &str| std::fs::write(directory.join(name), text).expect("written");
        write("list", &format!("{version}\n"));
        let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2026-01-02T03:04:05Z\"}}");
        write(&format!("{version}.info"), &info);
        write(&format!("{version}.mod"), go_mod);
        let file = std::fs::File::create(directory.join(format!("{version}.zip"))).expect("created");
        let mut zip = zip::ZipWriter::new(file);
        let mut add = |name: &str, text: &str| {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{module}@{version}/{name}"), options).expect("begun");
            zip.write_all(text.as_bytes()).expect("written");
        };
        add("go.mod", go_mod);
        files.iter().filter(|(name, _)| *name != "go.mod").for_each(|(name, text)| add(name, text));
        zip.finish().expect("finished");
    }

    pub(crate) fn build(&self, module: &str, package: &str) -> Ran {
        self.build_version(module, package, "v1.0.0", &Cancel::new(), &mut |_| {})
    }

    pub(crate) fn build_version(
        &self,
        module: &str,
        package: &str,
        version: &str,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(&Progress),
    ) -> Ran {
        let job = BuildJob {
            run: "20260102T030405-1".to_owned(),
            module: module.to_owned(),
            package: package.to_owned(),
            version: Version::parse(version).expect("a version"),
        };
        let (mut lines, mut progress, mut log) = (Vec::new(), Vec::new(), None);
        let mut sink = |event| match event {
            BuildEvent::Log(path) => log = Some(path),
            BuildEvent::Output(line) => lines.push(line),
            BuildEvent::Progress(report) => {
                on_progress(&report);
                progress.push(report);
            }
        };
        let outcome = self.builder().build(&job, &mut sink, cancel);
        Ran { outcome, lines, progress, log }
    }

    /// Nothing runs that was started for this bench, and its work directory is empty.
    pub(crate) fn assert_nothing_is_left(&self) {
        assert_eq!(processes_with(self.root.path()), Vec::<String>::new());
        assert_eq!(entries(&self.options.work), Vec::<PathBuf>::new());
    }
}

pub(crate) fn entries(directory: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Living processes in whose environment `path` occurs. A test's own has no such variable.
fn processes_with(path: &Path) -> Vec<String> {
    let needle = path.as_os_str().as_encoded_bytes();
    entries(Path::new("/proc"))
        .into_iter()
        .filter(|process| {
            let environ = std::fs::read(process.join("environ")).unwrap_or_default();
            environ.windows(needle.len()).any(|window| window == needle)
        })
        .map(|process| {
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            format!("{}: {}", process.display(), String::from_utf8_lossy(&line).replace('\0', " "))
        })
        .collect()
}

/// A module whose only C file includes a pipe that nobody writes to: its compiler waits for ever.
pub(crate) fn publish_endless(bench: &Bench) -> PathBuf {
    let pipe = bench.path("pipe.h");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    let c = format!("#include \"{}\"\nint two(void) {{ return 2; }}\n", pipe.display());
    bench.publish(
        "example.test/endless",
        &[
            (
                "main.go",
                "package main\n\n// int two(void);\nimport \"C\"\n\nfunc main() { println(C.two()) }\n",
            ),
            ("endless.c", &c),
        ],
    );
    pipe
}

/// Requests `cancel` when the first report says that a C file is compiled; the sender tells that it did.
pub(crate) fn cancel_at_c(cancel: &Cancel, seen: mpsc::Sender<()>) -> impl FnMut(&Progress) + '_ {
    move |progress| {
        if progress.detail.as_deref() == Some("compiling C: endless.c") {
            let _ = seen.send(());
            cancel.request();
        }
    }
}
