//! The builder that the engine sees.

use std::path::Path;
use std::time::Duration;

use crate::host::atomic;
use crate::model::{BuildInfo, Outcome};
use crate::ports::{BuildEvent, BuildJob, Builder, Built, Cancel, Limits, Program, Runner, Stream};

use super::binary;
use super::discreet::Discreet;
use super::find::{self, Tools};
use super::workspace::{self, Room};
use super::{Options, build, fingerprint, user};

/// How long a binary may take to print its version.
const VERSION_LIMIT: Duration = Duration::from_secs(5);
/// The room of a binary that prints its version; ids of runs begin with a digit.
const TRYING: &str = "try";

/// Builds with the host's go.
pub struct GoToolchain {
    options: Options,
    runner: Box<dyn Runner>,
    tools: Option<Tools>,
}

impl GoToolchain {
    /// A builder with these options, whose builds run through `runner`.
    pub fn new(options: Options, runner: Box<dyn Runner>) -> Self {
        let runner = Box::new(Discreet::new(&options, runner));
        Self { options, runner, tools: None }
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
        let tools = find::find(&self.options, go_line)?;
        self.tools = Some(tools.clone());
        Ok(tools)
    }
}

impl Builder for GoToolchain {
    fn ready(&mut self, go_line: Option<&str>) -> Outcome<String> {
        user::resolve(self.options.user.as_deref())?;
        let Tools { go, cc } = self.find(go_line)?;
        let go = format!("{} ({})", go.release, go.path.display());
        Ok(match cc {
            Some(cc) => format!("{go}, {} ({})", cc.version, cc.path.display()),
            None => go,
        })
    }

    fn fingerprint(&mut self) -> String {
        // Searched anew: another release in the same place must show.
        let tools = self.find(None).ok();
        fingerprint::of(&self.options, tools.as_ref())
    }

    fn build(&mut self, job: &BuildJob, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<Built> {
        let tools = self.tools()?;
        build::run(&self.options, &tools, job, self.runner.as_mut(), sink, cancel)
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
