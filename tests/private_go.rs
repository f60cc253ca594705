//! Private modules with the real program, the real go and the real git: behind a proxy with a password and
//! a certificate of its own, and in a git repository behind the same.

#![allow(clippy::print_stdout)]

mod kit;
#[allow(dead_code)]
#[path = "toolchain/mod.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kit::child::{self, Output};
use kit::tls::{Authority, HOST, PASSWORD, TlsServer, USER, head, listen};
use kit::trials;
use sentinel_updater::model::Class;
use sentinel_updater::ports::{Builder, Cancel};
use support::{Bench, bench};

const MAIN: &str = "package main\n\nfunc main() {}\n";
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    trials::run(trials::tests![
        a_proxy_with_a_password_and_a_certificate_of_its_own,
        a_git_repository_with_a_password_and_a_certificate_of_its_own,
        a_repository_that_hangs_is_given_up_and_leaves_no_process,
        the_next_major_version_is_built_under_its_own_path,
    ]);
}

/// A bench with a server; or a line that says why there is none.
struct Corp {
    bench: Bench,
    authority: Authority,
    server: TlsServer,
}

impl Corp {
    fn new() -> Option<Self> {
        for tool in ["git", "openssl"] {
            if Command::new(tool).arg("version").output().is_err() {
                trials::skip(format!("there is no {tool}"));
                return None;
            }
        }
        let mut bench = bench()?;
        let authority = Authority::new(bench.root.path()).expect("certificates");
        fs::create_dir_all(bench.path("proxy")).expect("made");
        let server = TlsServer::start(&authority, &bench.path("proxy")).expect("a server");
        bench.options.cgo = false;
        bench.options.network.ca_file = Some(authority.root());
        Some(Self { bench, authority, server })
    }

    /// A file with a password for `machine`.
    fn netrc(&self, machine: &str, password: &str) -> PathBuf {
        let path = self.bench.path("netrc");
        fs::write(&path, format!("machine {machine} login {USER} password {password}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("closed");
        path
    }

    /// The program with this module and these lines in `[build]`.
    fn run(&self, module: &str, build: &str, args: &[&str]) -> Output {
        let at = |name: &str| self.bench.path(name).display().to_string();
        let (file, data) = (self.bench.path("updater.toml"), at("data"));
        let text = format!(
            "[agent]\nmodule = '{module}'\npackage = ''\nbinary = '{data}/agent'\ndatabase = ''\nlog = ''\n\
             [build]\ncgo = false\ngosumdb = 'off'\n{build}\n[service]\nmanager = 'process'\n\
             [paths]\ndata = '{data}'\nstate = '{data}/state'\ncache = '{}'\nsocket = '{data}/socket'\n",
            at("program-cache"),
        );
        fs::write(&file, text).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sentinel-updater"));
        command.args(args).arg("--config").arg(&file).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = child::run(command, LIMIT).expect("it ended");
        assert!(!format!("{}{}", output.stdout, output.stderr).contains(PASSWORD), "{output}");
        output
    }

    fn check(&self, module: &str, build: &str) -> Output {
        self.run(module, build, &["check", "--json"])
    }

    fn ca(&self) -> String {
        format!("ca_file = '{}'\n", self.authority.root().display())
    }

    /// A git repository at `HOST/team/NAME`, with one commit for each tag.
    fn repository(&self, name: &str, module: &str, tags: &[&str]) {
        let work = self.bench.path(&format!("work-{name}"));
        let bare = self.bench.path(&format!("proxy/team/{name}.git"));
        fs::create_dir_all(&work).expect("made");
        git(&work, &["init", "--quiet", "--initial-branch=main"]);
        fs::write(work.join("main.go"), MAIN).expect("written");
        for tag in tags {
            fs::write(work.join("go.mod"), format!("module {module}\n\ngo 1.21\n\n// {tag}\n"))
                .expect("written");
            git(&work, &["add", "."]);
            git(&work, &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-m", tag]);
            git(&work, &["tag", tag]);
        }
        git(&work, &["clone", "--quiet", "--bare", ".", &bare.display().to_string()]);
        git(&bare, &["update-server-info"]);
    }
}

/// What every process of this host was started with.
fn command_lines() -> Vec<String> {
    let processes = support::entries(Path::new("/proc")).into_iter();
    let lines = processes.filter_map(|process| fs::read(process.join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

fn git(directory: &Path, args: &[&str]) {
    let mut command = Command::new("git");
    command.current_dir(directory).args(args);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", directory);
    child::run(command, LIMIT).expect("git").ok();
}

/// The newest version that `check --json` names.
fn newest(output: &Output) -> String {
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap_or_else(|_| panic!("{output}"));
    json["version"].as_str().unwrap_or("none").to_owned()
}

fn a_proxy_with_a_password_and_a_certificate_of_its_own() {
    let Some(mut corp) = Corp::new() else { return };
    let module = "git.corp.test/team/agent";
    corp.bench.publish(module, &[("main.go", MAIN)]);
    let address = corp.server.address();
    let private = "goprivate = '*.corp.test'\ngonoproxy = 'none'\n";
    let proxy = format!("goproxy = 'https://{address}'\n");
    let netrc = |path: &Path| format!("netrc = '{}'\n", path.display());

    // With the password from the file, with one from the URL.
    let good = corp.netrc(&address, PASSWORD);
    let output = corp.check(module, &format!("{proxy}{private}{}{}", corp.ca(), netrc(&good)));
    assert!(newest(&output) == "v1.0.0", "{output}");
    let in_url = format!("goproxy = 'https://{USER}:{PASSWORD}@{address}'\n");
    let output = corp.check(module, &format!("{in_url}{private}{}", corp.ca()));
    assert!(newest(&output) == "v1.0.0", "{output}");
    corp.run(module, &format!("{in_url}{}", corp.ca()), &["config", "show"]).ok();

    // A wrong one, none, one that everybody may read, and without the authority.
    let expect = |output: Output, words: &[&str]| {
        assert!(!output.succeeded(), "{output}");
        let said = format!("{}{}", output.stdout, output.stderr);
        words.iter().for_each(|word| assert!(said.contains(word), "no `{word}` in {output}"));
    };
    let wrong = corp.netrc(&address, "wrong");
    let output = corp.check(module, &format!("{proxy}{private}{}{}", corp.ca(), netrc(&wrong)));
    expect(output, &["403", &address, "build.netrc", "netrc`"]);
    let output = corp.check(module, &format!("{proxy}{private}{}", corp.ca()));
    expect(output, &["401", &format!("machine {address} login USER"), "build.netrc"]);
    let open = corp.netrc(&address, PASSWORD);
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).expect("opened");
    let output = corp.check(module, &format!("{proxy}{private}{}{}", corp.ca(), netrc(&open)));
    expect(output, &["everybody", "chmod o-rwx"]);
    let good = corp.netrc(&address, PASSWORD);
    let output = corp.check(module, &format!("{proxy}{private}{}", netrc(&good)));
    expect(output, &["build.ca_file"]);

    // The build goes the same ways.
    corp.bench.options.modules.goprivate = "*.corp.test".to_owned();
    corp.bench.options.modules.gonoproxy = "none".to_owned();
    corp.bench.options.modules.goproxy = format!("https://{address}");
    corp.bench.options.network.netrc = Some(good);
    let listed = corp.bench.questions().versions(module, &Cancel::new()).expect("go's own answer");
    assert_eq!(listed.iter().map(ToString::to_string).collect::<Vec<_>>(), ["v1.0.0"]);
    let built = corp.bench.build(module, "").outcome.expect("built with netrc");
    let info = corp.bench.builder().inspect(&built.binary).expect("read").expect("info");
    assert_eq!((info.main.path.as_str(), info.main.version.as_str()), (module, "v1.0.0"));
    corp.bench.options.network.netrc = None;
    corp.bench.options.modules.goproxy = format!("https://{USER}:{PASSWORD}@{address}");
    fs::remove_dir_all(corp.bench.path("cache/mod")).expect("forgotten");
    corp.bench.build(module, "").outcome.expect("built with a password in the URL");
    fs::remove_dir_all(corp.bench.path("cache/mod")).expect("forgotten");
    corp.bench.options.modules.goproxy = format!("https://{PASSWORD}@{address}");
    let ran = corp.bench.build(module, "");
    let failure = ran.outcome.expect_err("refused");
    assert_eq!(failure.class, Class::Network, "{failure}");
    let log = support::entries(&corp.bench.options.logs);
    let logs: String = log.iter().map(|file| fs::read_to_string(file).unwrap_or_default()).collect();
    assert!(logs.contains("403"), "{logs}");
    let said = format!("{failure}{logs}{}", ran.lines.join("\n"));
    assert!(said.contains("build.netrc") && !said.contains(PASSWORD), "{said}");
}

fn a_git_repository_with_a_password_and_a_certificate_of_its_own() {
    let Some(mut corp) = Corp::new() else { return };
    let module = format!("{HOST}/team/agent");
    corp.repository("agent", &module, &["v1.0.0", "v1.1.0", "v1.2.0-rc.1"]);
    let netrc = corp.netrc(HOST, PASSWORD);

    // A proxy that must never hear of it.
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = heard.clone();
    let listener = listen(move |stream| {
        let mut stream = std::io::BufReader::new(stream);
        while let Some(lines) = head(&mut stream) {
            log.lock().expect("log").extend(lines);
            let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
            if std::io::Write::write_all(stream.get_mut(), nothing).is_err() {
                return;
            }
        }
    });
    let public = format!("http://127.0.0.1:{}", listener.expect("a proxy"));
    let build = format!(
        "goproxy = '{public}|direct'\ngoprivate = '*.corp.test/team'\nhttps_proxy = '{}'\nnetrc = '{}'\n{}",
        corp.server.forward_proxy(),
        netrc.display(),
        corp.ca(),
    );
    let output = corp.check(&module, &build);
    assert!(newest(&output) == "v1.1.0", "{output}");
    assert_eq!(*heard.lock().expect("log"), Vec::<String>::new(), "the name leaked");

    // The same from go itself, by the same environment; then the build.
    corp.bench.options.modules.goproxy = format!("{public}|direct");
    corp.bench.options.modules.goprivate = "*.corp.test/team".to_owned();
    corp.bench.options.network.https_proxy = corp.server.forward_proxy();
    corp.bench.options.network.netrc = Some(netrc);
    let versions = corp.bench.questions().versions(&module, &Cancel::new()).expect("versions");
    let versions: Vec<&str> = versions.iter().map(|version| version.as_str()).collect();
    assert_eq!(versions, ["v1.0.0", "v1.1.0", "v1.2.0-rc.1"]);
    let ran = corp.bench.build_version(&module, "", "v1.1.0", &Cancel::new(), &mut |_| {});
    let built = ran.outcome.expect("built");
    let info = corp.bench.builder().inspect(&built.binary).expect("read").expect("info");
    assert_eq!((info.main.path.as_str(), info.main.version.as_str()), (module.as_str(), "v1.1.0"));
    assert_eq!(*heard.lock().expect("log"), Vec::<String>::new(), "the name leaked");
    // All of it went over git.
    let seen = corp.server.take_seen();
    assert!(seen.iter().any(|line| line.contains("agent.git/info/refs")), "{seen:?}");

    // A wrong password is told as one.
    fs::remove_dir_all(corp.bench.path("cache/mod")).expect("forgotten");
    corp.netrc(HOST, "wrong");
    let failure = corp.bench.questions().versions(&module, &Cancel::new()).expect_err("refused");
    assert!(failure.class == Class::Network && failure.to_string().contains("build.netrc"), "{failure}");
    corp.server.take_seen();

    // Not named as private, the repository is not asked and git does not start.
    let build = build.replace("goprivate = '*.corp.test/team'", "goprivate = 'other.test'");
    let output = corp.check(&module, &build);
    assert!(!output.succeeded() && format!("{output}").contains("build.goprivate"), "{output}");
    assert_eq!(corp.server.take_seen(), Vec::<String>::new());
    corp.bench.options.modules.goprivate = "other.test".to_owned();
    fs::remove_dir_all(corp.bench.path("cache/mod")).expect("forgotten");
    corp.bench
        .build_version(&module, "", "v1.1.0", &Cancel::new(), &mut |_| {})
        .outcome
        .expect_err("not built");
    assert_eq!(corp.server.take_seen(), Vec::<String>::new());
}

fn a_repository_that_hangs_is_given_up_and_leaves_no_process() {
    let Some(mut corp) = Corp::new() else { return };
    // Accepts and says nothing, for as long as the other side stays.
    let port = listen(|stream| {
        let _ = std::io::copy(&mut &stream, &mut std::io::sink());
    });
    // With `.git` in its path go does not ask the web first.
    let module = format!("{HOST}/team/agent.git");
    corp.bench.options.modules.goprivate = HOST.to_owned();
    corp.bench.options.network.https_proxy = format!("http://127.0.0.1:{}", port.expect("a port"));
    corp.bench.options.timeout = Duration::from_secs(3);
    let began = Instant::now();
    let failure = corp.bench.questions().versions(&module, &Cancel::new()).expect_err("no answer");
    assert!(failure.class == Class::Network && failure.what.contains("took too long"), "{failure}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    corp.bench.assert_nothing_is_left();

    // So it is when somebody asks to stop.
    corp.bench.options.timeout = Duration::from_secs(60);
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let shown: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = shown.clone();
    corp.bench.options.modules.goproxy = format!("https://{USER}:{PASSWORD}@proxy.test");
    let tracer = listen(move |stream| {
        lines.lock().expect("lines").extend(command_lines());
        stop.request();
        let _ = std::io::copy(&mut &stream, &mut std::io::sink());
    });
    corp.bench.options.network.https_proxy = format!("http://127.0.0.1:{}", tracer.expect("a port"));
    let failure = corp.bench.questions().versions(&module, &cancel).expect_err("cancelled");
    assert_eq!(failure.class, Class::Cancelled, "{failure}");
    // Anybody may read those.
    let shown = shown.lock().expect("lines");
    assert!(shown.iter().any(|line| line.contains("ls-remote")), "{shown:?}");
    assert!(!shown.iter().any(|line| line.contains(PASSWORD)), "{shown:?}");
    assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
    corp.bench.assert_nothing_is_left();
}

fn the_next_major_version_is_built_under_its_own_path() {
    let Some(corp) = Corp::new() else { return };
    let bench = &corp.bench;
    let module = "example.test/plain/v2";
    let files = [("main.go", "package main\n\nfunc main() {}\n"), ("cmd/x/main.go", MAIN)];
    bench.publish_version(module, "v2.3.0", &files);
    let ran = bench.build_version(module, "cmd/x", "v2.3.0", &Cancel::new(), &mut |_| {});
    let built = ran.outcome.expect("built");
    let info = bench.builder().inspect(&built.binary).expect("read").expect("info");
    assert_eq!(info.package, "example.test/plain/v2/cmd/x");
    assert_eq!((info.main.path.as_str(), info.main.version.as_str()), (module, "v2.3.0"));
    assert_eq!(info.main.sum, built.sum);

    // It is found from the first one's path, if that is wanted.
    bench.publish("example.test/plain", &files);
    let proxy = format!("goproxy = '{}'\n", bench.options.modules.goproxy);
    let output = corp.check("example.test/plain", &proxy);
    assert!(newest(&output) == "v1.0.0", "{output}");
    let output = corp.check("example.test/plain", &format!("{proxy}[policy]\nallow_major = true\n"));
    assert!(newest(&output) == "v2.3.0", "{output}");
}
