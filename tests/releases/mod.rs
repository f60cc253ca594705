//! A proxy's tree with small releases of Go and a checksum database, and a host that has only an old go.

#[path = "../../src/source/sumdb/testing.rs"]
mod sumdb;
#[path = "../../src/host/http/test_runtime.rs"]
mod test_runtime;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use sentinel_updater::config::{self, ConfigFile, Platform, Sources};
use sentinel_updater::model::Outcome;
use sentinel_updater::ports::{BuildEvent, Builder as _, Cancel};
use sentinel_updater::toolchain::{Choice, GoToolchain, Options, Pin, ProcessGroupRunner};
use sentinel_updater::{host::Guard, world};
use sumdb::{Grown, Signer};
use test_runtime::TestRuntime;

/// More than the host's old go can do.
pub(crate) const LINE: &str = "1.22";
const MODULE: &str = "golang.org/toolchain";

/// The platform in the words of Go.
pub(crate) fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{machine}")
}

fn version(release: &str) -> String {
    format!("v0.0.1-{release}.{}", platform())
}

/// A file of an archive.
#[derive(Clone)]
pub(crate) struct File {
    name: String,
    content: Vec<u8>,
    is_link: bool,
    is_outside: bool,
    /// The length that the archive gives for it, if not its own.
    claims: Option<u32>,
}

impl File {
    pub(crate) fn plain(name: &str, content: &[u8]) -> Self {
        Self { name: name.into(), content: content.into(), is_link: false, is_outside: false, claims: None }
    }

    pub(crate) fn link(name: &str, to: &str) -> Self {
        Self { is_link: true, ..Self::plain(name, to.as_bytes()) }
    }

    /// Of another length than the archive says.
    pub(crate) fn claiming(name: &str, length: u32) -> Self {
        Self { claims: Some(length), ..Self::plain(name, b"0123456789") }
    }

    /// Not below the archive's prefix.
    pub(crate) fn outside(name: &str) -> Self {
        Self { is_outside: true, ..Self::plain(name, b"") }
    }
}

/// The tree.
pub(crate) struct Served {
    dir: tempfile::TempDir,
    log: Grown,
    signer: Signer,
    releases: Vec<String>,
}

impl Served {
    pub(crate) fn new(releases: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let mut served =
            Self { dir, log: Grown::default(), signer: Signer::new("sum.test", 1), releases: Vec::new() };
        served.log.add(b"example.test/other v1.0.0 h1:AAAA=\n");
        served.write("sumdb/sum.test/supported", b"");
        releases.iter().for_each(|release| served.publish(release, &[]));
        served
    }

    pub(crate) fn proxy(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, below: &str, bytes: &[u8]) {
        let path = self.dir.path().join(below);
        fs::create_dir_all(path.parent().expect("parent")).expect("made");
        fs::write(path, bytes).expect("written");
    }

    pub(crate) fn zip(&self, release: &str) -> PathBuf {
        self.dir.path().join(format!("{MODULE}/@v/{}.zip", version(release)))
    }

    /// Adds a release whose go tells its name, and these files.
    pub(crate) fn publish(&mut self, release: &str, more: &[File]) {
        let script = format!(
            "#!/bin/sh\ncase $1 in\nenv) root=${{0%/bin/go}}; printf '%s\\n' \"$root\" {release} https://p.test ;;\n\
             *) echo go version {release} ;;\nesac\n"
        );
        let mut files = vec![
            File::plain("bin/go", script.as_bytes()),
            File::plain("pkg/tool/compile", b"x"),
            File::plain("src/_go.mod", b"module std\n"),
            File::plain("src/x.go", &noise()),
        ];
        files.extend_from_slice(more);
        let prefix = format!("{MODULE}@{}/", version(release));
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let mut lines = Vec::new();
        for file in &files {
            let name = if file.is_outside { file.name.clone() } else { format!("{prefix}{}", file.name) };
            let options = zip::write::SimpleFileOptions::default();
            if file.is_link {
                let target = String::from_utf8(file.content.clone()).expect("text");
                zip.add_symlink(&name, target, options).expect("added");
            } else {
                zip.start_file(&name, options).expect("begun");
                zip.write_all(&file.content).expect("written");
            }
            lines.push((name, hex(&file.content)));
        }
        let mut bytes = zip.finish().expect("finished").into_inner();
        for (file, name) in
            files.iter().filter_map(|file| Some((file.claims?, format!("{prefix}{}", file.name))))
        {
            // The last occurrence of the name is in the directory; 22 bytes before it is the length.
            let name = name.as_bytes();
            let at = bytes.windows(name.len()).rposition(|window| window == name).expect("its entry");
            bytes[at - 22..at - 18].copy_from_slice(&file.to_le_bytes());
        }
        lines.sort();
        let summary: String = lines.iter().map(|(name, hex)| format!("{hex}  {name}\n")).collect();
        let sum = format!("h1:{}", STANDARD.encode(digest(&SHA256, summary.as_bytes())));
        fs::create_dir_all(self.zip(release).parent().expect("parent")).expect("made");
        fs::write(self.zip(release), bytes).expect("written");
        let version = version(release);
        let record = format!("{MODULE} {version} {sum}\n{MODULE} {version}/go.mod {sum}\n");
        self.releases.push(release.to_owned());
        let list: String =
            self.releases.iter().map(|release| format!("{}\n", self::version(release))).collect();
        self.write(&format!("{MODULE}/@v/list"), list.as_bytes());
        self.log.add(record.as_bytes());
        self.refresh();
    }

    /// More records after those of the releases.
    pub(crate) fn grow(&mut self, by: usize) {
        (0..by).for_each(|number| self.log.add(format!("more {number}\n").as_bytes()));
        self.refresh();
    }

    pub(crate) fn log(&self) -> Grown {
        self.log.clone()
    }

    /// The hash of a release, from the log.
    pub(crate) fn sum(&self, release: &str) -> String {
        let at = self.releases.iter().position(|known| known == release).expect("published");
        let answer = self.log.lookup(at + 1, &self.signer);
        answer.lines().nth(1).and_then(|line| line.rsplit(' ').next()).expect("a record").to_owned()
    }

    fn refresh(&self) {
        let log = self.log.clone();
        self.serve_tiles_of(&log);
        self.show_head_of(&log);
    }

    fn lookup(&self, release: &str) -> String {
        format!("sumdb/sum.test/lookup/{MODULE}@{}", version(release))
    }

    /// Answers lookups with the head of this log.
    pub(crate) fn show_head_of(&self, log: &Grown) {
        for (at, release) in self.releases.iter().enumerate() {
            let answer = self.log.lookup(at + 1, &self.signer);
            let record = answer.split_once("\n\n").expect("a head").0;
            let answer = format!("{record}\n\n{}", self.signer.sign(&log.head_text()));
            self.write(&self.lookup(release), answer.as_bytes());
        }
    }

    /// Every tile of a log of up to 65,536 records, at all widths of its edge.
    pub(crate) fn serve_tiles_of(&self, log: &Grown) {
        let size = log.size();
        let mut paths = Vec::new();
        for number in 0..=size / 256 {
            let width = (size - number * 256).min(256);
            paths.push(path(0, number, width));
        }
        paths.push(path(1, 0, size / 256));
        for path in paths {
            if let Some(bytes) = log.tile(&path)
                && !bytes.is_empty()
            {
                self.write(&format!("sumdb/sum.test/{path}"), &bytes);
            }
        }
    }

    pub(crate) fn sign_with(&mut self, seed: u8) {
        self.signer = Signer::new("sum.test", seed);
        self.refresh();
    }

    pub(crate) fn flip_tile(&mut self) {
        let path = path(0, 0, self.log.size());
        let mut bytes = self.log.tile(&path).expect("tile");
        bytes[0] ^= 1;
        self.write(&format!("sumdb/sum.test/{path}"), &bytes);
    }

    fn change_answer(&self, change: impl Fn(&str, &str) -> String) {
        for release in &self.releases {
            let path = self.lookup(release);
            let text = fs::read_to_string(self.dir.path().join(&path)).expect("answer");
            self.write(&path, change(&text, release).as_bytes());
        }
    }

    /// Gives another hash than the log has.
    pub(crate) fn exchange_record(&mut self) {
        self.change_answer(|text, _| text.replace(" h1:", " h1:A"));
    }

    pub(crate) fn answer_nothing(&mut self) {
        self.change_answer(|_, _| String::new());
    }

    /// A true record, but not the one asked for.
    pub(crate) fn answer_with_other_record(&mut self) {
        self.change_answer(|_, _| self.log.lookup(0, &self.signer));
    }

    pub(crate) fn forget(&mut self) {
        fs::remove_dir_all(self.dir.path().join("sumdb/sum.test/lookup")).expect("removed");
    }
}

fn path(level: usize, number: usize, width: usize) -> String {
    let part = if width < 256 { format!(".p/{width}") } else { String::new() };
    format!("tile/8/{level}/{number:03}{part}")
}

/// Bytes that do not shrink: enough of them that a download comes in several pieces.
fn noise() -> Vec<u8> {
    (0u32..9000).flat_map(|number| digest(&SHA256, &number.to_be_bytes()).as_ref().to_vec()).collect()
}

fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A host whose only go is an old one.
pub(crate) struct Host {
    dir: tempfile::TempDir,
    runtime: TestRuntime,
    set: Vec<(String, String)>,
    /// The go that the settings name; none: it is looked for.
    go: Choice,
}

impl Host {
    /// A host with the usual settings.
    pub(crate) fn bare() -> Self {
        let dir = tempfile::tempdir().expect("directory");
        let mut host = Self { dir, runtime: TestRuntime::start(), set: Vec::new(), go: Choice::Auto };
        fs::create_dir(host.path("cache")).expect("made");
        let old = "#!/bin/sh\nprintf '%s\\n' /nowhere go1.21.0 off\n";
        fs::write(host.path("go"), old).expect("written");
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(host.path("go"), PermissionsExt::from_mode(0o755)).expect("mode");
        host.go = Choice::Path(host.path("go"));
        host
    }

    /// A host that goes to `served` for everything.
    pub(crate) fn new(served: &Served) -> Self {
        let mut host = Self::bare();
        host.set("build.goproxy", &format!("file://{}", served.proxy().display()));
        host.set("build.gosumdb", &Signer::new("sum.test", 1).key());
        host
    }

    /// Looks for a go in the usual places.
    pub(crate) fn without_setting(mut self) -> Self {
        self.go = Choice::Auto;
        self
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.set.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn releases(&self) -> PathBuf {
        self.path("releases")
    }

    /// A builder as the settings describe it.
    pub(crate) fn builder(&self) -> GoToolchain {
        let mut flags = self.set.clone();
        let mut add = |key: &str, path: PathBuf| flags.push((key.into(), path.display().to_string()));
        add("paths.state", self.path("state"));
        add("paths.data", self.path("data"));
        let file = ConfigFile::Usual(self.path("none.toml"));
        // Only the way to the network is this host's own.
        let env = |name: &str| {
            let wanted = name.to_ascii_lowercase().ends_with("_proxy") || name == "SSL_CERT_FILE";
            std::env::var(name).ok().filter(|_| wanted)
        };
        let sources = Sources { platform: Platform::current(), cores: 2, file, env: &env, flags };
        let settings = config::load(&sources).expect("settings").settings;
        let mut options = Options::new(self.path("cache"), self.path("work"), self.path("logs"));
        options.go = self.go.clone();
        options.fetch_toolchain = true;
        options.cgo = false;
        options.releases = self.releases();
        options.pin = settings.build.toolchain_sum.as_deref().and_then(|text| {
            let (release, sum) = text.split_once(' ')?;
            Some(Pin { release: release.into(), sum: sum.into() })
        });
        let releases = world::releases(&settings, &self.runtime.handle()).expect("releases");
        let guard = Guard::new(env!("CARGO_BIN_EXE_sentinel-updater"));
        GoToolchain::new(options, Box::new(ProcessGroupRunner::new(guard))).fetching_from(releases)
    }

    pub(crate) fn fetch(&self) -> Outcome<PathBuf> {
        self.builder().go(Some(LINE), &mut |_: BuildEvent| {}, &Cancel::new())
    }

    pub(crate) fn ask(&self) -> Outcome<String> {
        self.builder().ready(Some(LINE))
    }

    /// The fetched releases.
    pub(crate) fn shelved(&self) -> Vec<String> {
        let entries = fs::read_dir(self.releases()).into_iter().flatten().flatten();
        let mut names: Vec<_> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Nothing was fetched, nothing was left, and nothing was written beside.
    pub(crate) fn is_untouched(&self) -> bool {
        self.shelved().is_empty() && !self.path("x").exists()
    }

    /// The remembered head of the only database.
    pub(crate) fn head(&self) -> String {
        let mut entries = fs::read_dir(self.path("state/heads")).expect("heads");
        let entry = entries.next().expect("a head").expect("entry");
        fs::read_to_string(entry.path()).expect("text")
    }
}

/// A proxy's tree with one module that prints a greeting.
pub(crate) fn publish_module() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("directory");
    let below = dir.path().join("example.test/hello/@v");
    fs::create_dir_all(&below).expect("made");
    let go_mod = "module example.test/hello\n\ngo 1.22\n";
    let write = |name: &str, text: &str| fs::write(below.join(name), text).expect("written");
    write("list", "v1.0.0\n");
    write("v1.0.0.info", "{\"Version\":\"v1.0.0\",\"Time\":\"2026-01-02T03:04:05Z\"}");
    write("v1.0.0.mod", go_mod);
    let mut zip = zip::ZipWriter::new(fs::File::create(below.join("v1.0.0.zip")).expect("created"));
    for (name, text) in
        [("go.mod", go_mod), ("main.go", "package main\n\nfunc main() { println(\"hello\") }\n")]
    {
        zip.start_file(format!("example.test/hello@v1.0.0/{name}"), zip::write::SimpleFileOptions::default())
            .expect("begun");
        zip.write_all(text.as_bytes()).expect("written");
    }
    zip.finish().expect("finished");
    dir
}
