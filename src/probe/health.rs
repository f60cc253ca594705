//! Is the agent well: what its health URL answers, what a command says, which file it runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::host::http::{Http, Limits, Request, Url, shown};
use crate::host::{digest, executable};
use crate::model::plan::Health;
use crate::model::{Class, Failure, Outcome};
use crate::ports::{Cancel, Limits as ProgramLimits, Prober, Program, Runner};

/// How long a health URL may take, from the connection to the headers.
const HTTP_LIMIT: Duration = Duration::from_secs(5);
/// How long a probe command may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);
/// Where a probe command finds the programs it names: nothing is inherited.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Probes over HTTP and with commands.
pub struct HealthProber {
    http: Arc<Http>,
    runner: Box<dyn Runner>,
}

impl HealthProber {
    /// A prober that runs commands in `runner`.
    pub fn new(http: Arc<Http>, runner: Box<dyn Runner>) -> Self {
        Self { http, runner }
    }

    fn probe_http(&self, address: &str) -> Outcome<()> {
        let url = Url::parse(address).map_err(|error| {
            // The text may hold a password and so stays out of the message.
            Failure::new(Class::Config, "verify.probe_http is no URL")
                .because(&error)
                .hint("set it to a URL like http://127.0.0.1:8080/healthz")
        })?;
        let name = shown(&url);
        let limits =
            Limits { connect: HTTP_LIMIT, first_byte: HTTP_LIMIT, total: HTTP_LIMIT, ..Limits::default() };
        let request = Request { limits, wants_body: false, ..Request::get(url) };
        let status = self
            .http
            .fetch(request, &|| false)
            .map_err(|error| unhealthy(error.failure(format!("the health probe of `{name}` failed"))))?
            .status;
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Failure::new(
            Class::Unhealthy,
            format!("the health probe of `{name}` was answered with {status}"),
        )
        .hint("look at the agent's log"))
    }

    fn probe_command(&mut self, command: &[String]) -> Outcome<()> {
        let Some((executable, args)) = command.split_first() else { return Ok(()) };
        let executable = PathBuf::from(executable);
        let Some(directory) = executable.parent().filter(|_| executable.is_absolute()) else {
            let what = format!("the probe command `{}` is no absolute path", executable.display());
            return Err(
                Failure::new(Class::Config, what).hint("write verify.probe_command with its whole path")
            );
        };
        let program = Program {
            args: args.to_vec(),
            env: vec![("PATH".into(), PATH.into())],
            directory: directory.to_owned(),
            stdin: None,
            limits: ProgramLimits { timeout: COMMAND_LIMIT, memory_max: None, offline: false, user: None },
            executable: executable.clone(),
        };
        let mut last = String::new();
        let mut keep = |_, line: &str| {
            if !line.trim().is_empty() {
                line.clone_into(&mut last);
            }
        };
        let name = executable.display();
        let exit = self
            .runner
            .run(&program, &Cancel::new(), &mut keep)
            .map_err(|failure| unhealthy(failure.context(format!("the health probe `{name}` failed"))))?;
        if exit.success() {
            return Ok(());
        }
        let how = exit.in_words();
        let mut failure =
            Failure::new(Class::Unhealthy, format!("the health probe `{name}` ended with {how}"));
        if !last.is_empty() {
            failure = failure.cause(format!("it said: {last}"));
        }
        Err(failure.hint("look at the agent's log, or run the probe by hand"))
    }
}

impl Prober for HealthProber {
    fn probe(&mut self, health: &Health) -> Outcome<()> {
        if let Some(address) = &health.http {
            self.probe_http(address)?;
        }
        self.probe_command(&health.command)
    }

    fn runs_file(&mut self, pid: u32, binary: &Path, sha256: &str) -> Outcome<()> {
        let mut running = executable::of_process(pid).map_err(|error| cannot_tell(pid, &error))?;
        let is_it = executable::is_at(&running.file, binary)
            .map_err(|error| Failure::io("look at", binary, &error))?;
        let what = if !is_it {
            format!("process {pid} runs `{}`, not the file at `{}`", running.name.display(), binary.display())
        } else {
            let found = digest::sha256_reader(&mut running.file)
                .map_err(|error| Failure::io("read", binary, &error))?;
            if found == sha256 {
                return Ok(());
            }
            format!("process {pid} runs `{}`, but its content is {found}, not {sha256}", binary.display())
        };
        let hint = "check what starts the agent's service and what else replaces its binary";
        Err(Failure::new(Class::Unhealthy, what).hint(hint))
    }
}

fn unhealthy(mut failure: Failure) -> Failure {
    failure.class = Class::Unhealthy;
    failure.hint.get_or_insert_with(|| "look at the agent's log".into());
    failure
}

fn cannot_tell(pid: u32, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => {
            Failure::new(Class::Unhealthy, format!("there is no process {pid} any more"))
                .hint("look at the agent's log")
        }
        io::ErrorKind::Unsupported => Failure::new(
            Class::Permission,
            format!("this system does not tell which file process {pid} runs"),
        ),
        _ => Failure::new(Class::Permission, format!("cannot tell which file process {pid} runs"))
            .because(error)
            .hint("run as root"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::host::http::Options;
    use crate::host::http::test_runtime::TestRuntime;
    use crate::host::http::test_server::{Play, TestServer, text};
    use crate::ports::{Exit, Stream};

    /// Ends as it was told, after having said something.
    struct Told(Outcome<Exit>);

    impl Runner for Told {
        fn run(
            &mut self,
            program: &Program,
            _: &Cancel,
            on_line: &mut dyn FnMut(Stream, &str),
        ) -> Outcome<Exit> {
            assert_eq!((program.executable.as_path(), program.args.len()), (Path::new("/bin/probe"), 1));
            assert_eq!(program.limits.timeout, COMMAND_LIMIT);
            on_line(Stream::Err, "no answer from the agent");
            on_line(Stream::Err, "");
            self.0.clone()
        }
    }

    fn ended(code: Option<i32>, signal: Option<i32>) -> Outcome<Exit> {
        Ok(Exit { code, signal, out_of_memory: false })
    }

    fn prober(runtime: &TestRuntime, told: Outcome<Exit>) -> HealthProber {
        HealthProber::new(Arc::new(Http::new(runtime.handle(), Options::default())), Box::new(Told(told)))
    }

    fn http(address: String) -> Health {
        Health { http: Some(address), ..Health::default() }
    }

    #[test]
    fn only_success_is_healthy() {
        let runtime = TestRuntime::start();
        let mut prober = prober(&runtime, ended(Some(0), None));
        prober.probe(&Health::default()).unwrap();
        for (status, is_healthy) in
            [(200, true), (204, true), (299, true), (404, false), (500, false), (503, false)]
        {
            let server = TestServer::start(move |_| text(status, ""));
            let outcome = prober.probe(&http(format!("{}/healthz", server.base())));
            assert_eq!(outcome.is_ok(), is_healthy, "{status}");
            if let Err(failure) = outcome {
                assert_eq!(failure.class, Class::Unhealthy);
                assert!(
                    failure.line().contains(&format!("/healthz` was answered with {status}")),
                    "{failure}"
                );
            }
        }
        let silent = TestServer::start(|_| Play::Close);
        assert_eq!(prober.probe(&http(silent.base())).unwrap_err().class, Class::Unhealthy);
        assert_eq!(prober.probe(&http("no url".into())).unwrap_err().class, Class::Config);
    }

    #[test]
    fn a_command_must_end_with_zero() {
        let runtime = TestRuntime::start();
        let health = Health { command: vec!["/bin/probe".into(), "-x".into()], ..Health::default() };
        prober(&runtime, ended(Some(0), None)).probe(&health).unwrap();
        let late = Err(Failure::new(Class::Timeout, "60 s are over"));
        for (told, words) in [
            (ended(Some(3), None), "exit status 3: it said: no answer from the agent"),
            (ended(None, Some(9)), "signal 9"),
            (late, "60 s are over"),
        ] {
            let failure = prober(&runtime, told).probe(&health).unwrap_err();
            assert_eq!(failure.class, Class::Unhealthy);
            assert!(failure.line().contains(words) && failure.hint.is_some(), "{failure}");
        }
        let relative = Health { command: vec!["probe".into()], ..Health::default() };
        assert_eq!(prober(&runtime, ended(Some(0), None)).probe(&relative).unwrap_err().class, Class::Config);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_file_that_a_process_runs() {
        let runtime = TestRuntime::start();
        let mut prober = prober(&runtime, ended(Some(0), None));
        let (dir, us) = (tempfile::tempdir().unwrap(), std::process::id());
        let ours = std::env::current_exe().unwrap();
        let sha256 = digest::sha256_file(&ours).unwrap();
        prober.runs_file(us, &ours, &sha256).unwrap();
        let wrong = prober.runs_file(us, &ours, &"0".repeat(64)).unwrap_err();
        assert!(wrong.class == Class::Unhealthy && wrong.line().contains(&sha256), "{wrong}");
        // The same content in another file: the process was not started from it.
        let copy = dir.path().join("copy");
        std::fs::copy(&ours, &copy).unwrap();
        let other = prober.runs_file(us, &copy, &sha256).unwrap_err();
        assert!(other.class == Class::Unhealthy && other.line().contains("not the file at"), "{other}");
        assert_eq!(prober.runs_file(u32::MAX, &ours, &sha256).unwrap_err().class, Class::Unhealthy);
        assert_eq!(prober.runs_file(us, &dir.path().join("none"), &sha256).unwrap_err().class, Class::Disk);
    }
}
