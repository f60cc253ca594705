//! The builder that the engine sees.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::host::atomic;
use crate::model::{BuildInfo, Outcome};
use crate::ports::{BuildEvent, BuildJob, Builder, Built, Cancel, Limits, Program, Runner, Stream};

use super::binary;
use super::discreet::Discreet;
use super::find::Tools;
use super::release::{Promise, Releases};
use super::supply::{self, Supply};
use super::workspace::{self, Room};
use super::{Options, build, fingerprint, user};

/// How long a binary may take to print its version.
const VERSION_LIMIT: Duration = Duration::from_secs(5);
/// The room of a binary that prints its version; ids of runs begin with a digit.
const TRYING: &str = "try";

/// Builds with the host's go, or with one that it fetches.
pub struct GoToolchain {
    options: Options,
    runner: Box<dyn Runner>,
    releases: Option<Box<dyn Releases>>,
    tools: Option<Tools>,
    /// A release to be fetched before the next build, and the `go` line that it is for.
    promised: Option<(Promise, Option<String>)>,
}

impl GoToolchain {
    /// A builder with these options, whose builds run through `runner`.
    pub fn new(options: Options, runner: Box<dyn Runner>) -> Self {
        let runner = Box::new(Discreet::new(&options, runner));
        Self { options, runner, releases: None, tools: None, promised: None }
    }

    /// Lets it fetch a release of Go where the host has none that will do.
    #[must_use]
    pub fn fetching_from(mut self, releases: Box<dyn Releases>) -> Self {
        self.releases = Some(releases);
        self
    }

    /// A go for a module with this `go` line: the host's, or one that is fetched now. Its path.
    ///
    /// # Errors
    /// As [`Builder::ready`] and [`Builder::build`].
    pub fn go(
        &mut self,
        go_line: Option<&str>,
        sink: &mut dyn FnMut(BuildEvent),
        cancel: &Cancel,
    ) -> Outcome<PathBuf> {
        self.secure(go_line, cancel)?;
        self.fetch(sink, cancel)?;
        Ok(self.tools()?.go.path)
    }

    /// GOPROXY as the found go has it where nobody set it.
    ///
    /// # Errors
    /// As [`Builder::ready`].
    pub fn default_proxy(&mut self) -> Outcome<String> {
        Ok(self.tools()?.go.default_proxy)
    }

    /// The tools found last, or found now.
    fn tools(&mut self) -> Outcome<Tools> {
        match &self.tools {
            Some(tools) if tools.go.path.is_file() => Ok(tools.clone()),
            _ => self.find(None),
        }
    }

    fn find(&mut self, go_line: Option<&str>) -> Outcome<Tools> {
        self.tools = None;
        let tools = supply::find(&self.options, go_line)?;
        self.tools = Some(tools.clone());
        Ok(tools)
    }

    /// Makes sure that there is a go, or will be.
    fn secure(&mut self, go_line: Option<&str>, cancel: &Cancel) -> Outcome<Supply> {
        (self.tools, self.promised) = (None, None);
        let Some(releases) = &mut self.releases else {
            return self.find(go_line).map(Supply::Here);
        };
        let supply = supply::secure(&self.options, releases.as_mut(), go_line, cancel)?;
        match &supply {
            Supply::Here(tools) => self.tools = Some(tools.clone()),
            Supply::Fetch(promise) => self.promised = Some((promise.clone(), go_line.map(str::to_owned))),
        }
        Ok(supply)
    }

    /// Fetches what was promised, if anything.
    fn fetch(&mut self, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<()> {
        if let (Some((promise, go_line)), Some(releases)) = (&self.promised, &mut self.releases) {
            supply::fetch(&self.options, releases.as_mut(), promise, sink, cancel)?;
            let go_line = go_line.clone();
            self.promised = None;
            self.find(go_line.as_deref())?;
        }
        Ok(())
    }
}

impl Builder for GoToolchain {
    fn ready(&mut self, go_line: Option<&str>) -> Outcome<String> {
        user::resolve(self.options.user.as_deref())?;
        Ok(match self.secure(go_line, &Cancel::new())? {
            Supply::Here(tools) => {
                let go = format!("{} ({})", tools.go.release, tools.go.path.display());
                match tools.cc {
                    Some(cc) => format!("{go}, {} ({})", cc.version, cc.path.display()),
                    None => go,
                }
            }
            Supply::Fetch(promise) => {
                let origin = self.releases.as_ref().map(|releases| releases.origin()).unwrap_or_default();
                let Promise { release, sum, by } = promise;
                format!("{release} will be fetched from {origin}, with the hash {sum} by {by}")
            }
        })
    }

    fn fingerprint(&mut self) -> String {
        // Searched anew: another release in the same place must show.
        let tools = self.find(None).ok();
        fingerprint::of(&self.options, tools.as_ref())
    }

    fn build(&mut self, job: &BuildJob, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<Built> {
        // The limit is on the whole, fetching included.
        let deadline = Instant::now() + self.options.timeout;
        self.fetch(sink, cancel)?;
        let tools = self.tools()?;
        build::run(&self.options, &tools, job, self.runner.as_mut(), sink, cancel, deadline)
    }

    fn inspect(&mut self, binary: &Path) -> Outcome<Option<BuildInfo>> {
        super::build_info(binary)
    }

    fn check_target(&mut self, binary: &Path) -> Outcome<()> {
        binary::check(binary)
    }

    fn version_output(&mut self, binary: &Path, args: &[String]) -> Option<String> {
        let owner = user::resolve(self.options.user.as_deref()).ok()?;
        let room = Room::create(&self.options.work, TRYING, owner).ok()?;
        let program = Program {
            executable: binary.to_owned(),
            args: args.to_vec(),
            env: Vec::new(),
            directory: room.empty.clone(),
            stdin: None,
            limits: Limits {
                timeout: VERSION_LIMIT,
                memory_max: self.options.memory_max,
                offline: true,
                user: self.options.user.clone(),
            },
        };
        let mut first = None;
        let exit = self.runner.run(&program, &Cancel::new(), &mut |stream, line| {
            if stream == Stream::Out && first.is_none() && !line.trim().is_empty() {
                first = Some(line.trim().to_owned());
            }
        });
        // What it left goes with the next clean at the latest.
        let _ = atomic::remove_tree(&room.root);
        first.filter(|_| exit.is_ok_and(|exit| exit.success()))
    }

    fn clean(&mut self) -> Outcome<()> {
        workspace::empty(&self.options.work)
    }
}
