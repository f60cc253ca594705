//! What the go command knows of a module: for modules that no proxy serves, which it fetches from their
//! own repository.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use crate::host::files::{Owner, open_nofollow};
use crate::host::{atomic, text};
use crate::model::{Class, Failure, Outcome, Timestamp, Version};
use crate::ports::{Cancel, Info, Limits, Program, Runner, Stream};

use super::discreet::Discreet;
use super::environment::{self, Reach};
use super::find::Tools;
use super::supply;
use super::verdict::{self, Phase};
use super::workspace::{self, Room};
use super::{Options, user};

/// The most that one question may take. Most of them list a repository's tags, which takes a second; the
/// first fetches a commit.
const LIMIT: Duration = Duration::from_secs(60);
/// The most that is read of a go.mod, in bytes; the go command's own limit is this too.
const LARGEST_GO_MOD: u64 = 16 << 20;
/// The room of questions; ids of runs begin with a digit.
const ASKING: &str = "ask";

/// Asks go about modules.
pub struct ModuleQuestions {
    options: Options,
    runner: Box<dyn Runner>,
    tools: Option<Tools>,
}

/// What `go list -m -json` says of a module. Other fields do not matter here.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    version: String,
    versions: Vec<String>,
    time: Option<Timestamp>,
    go_mod: PathBuf,
}

impl ModuleQuestions {
    /// Asks with these options, through `runner`: version control is foreign code too.
    pub fn new(options: Options, runner: Box<dyn Runner>) -> Self {
        let runner = Box::new(Discreet::new(&options, runner));
        Self { options, runner, tools: None }
    }

    /// Every tagged version, the retracted ones too; empty when there is no tag.
    ///
    /// # Errors
    /// `Module` when there is no such module, otherwise as a build's download.
    pub fn versions(&mut self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>> {
        let answer = self.list(&["-versions", "-retracted"], module, cancel)?;
        // What go lists and we cannot read (`v1.2`), go could not install.
        Ok(answer.versions.iter().filter_map(|version| Version::parse(version).ok()).collect())
    }

    /// What go takes for the latest: the newest commit's pseudo-version when there is no tag.
    ///
    /// # Errors
    /// As [`versions`](Self::versions).
    pub fn latest(&mut self, module: &str, cancel: &Cancel) -> Outcome<Version> {
        let answer = self.list(&[], &format!("{module}@latest"), cancel)?;
        version_of(&answer, module)
    }

    /// The metadata of a version.
    ///
    /// # Errors
    /// `Module` when there is no such version, otherwise as a build's download.
    pub fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info> {
        let answer = self.list(&[], &format!("{module}@{version}"), cancel)?;
        Ok(Info { version: version_of(&answer, module)?, time: answer.time })
    }

    /// The text of a version's go.mod.
    ///
    /// # Errors
    /// As [`info`](Self::info).
    pub fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<String> {
        let answer = self.list(&[], &format!("{module}@{version}"), cancel)?;
        read_go_mod(&answer.go_mod, &environment::module_cache(&self.options), module)
    }

    fn list(&mut self, flags: &[&str], query: &str, cancel: &Cancel) -> Outcome<Answer> {
        let tools = match &self.tools {
            Some(tools) if tools.go.path.is_file() => tools.clone(),
            // Nothing is compiled for an answer.
            _ => supply::find(&Options { cgo: false, ..self.options.clone() }, None)?,
        };
        self.tools = Some(tools.clone());
        let owner = user::resolve(self.options.user.as_deref())?;
        workspace::own_caches(&self.options, owner)?;
        let room = Room::create(&self.options.work, ASKING, owner)?;
        let outcome = workspace::passwords(&self.options, &room)
            .and_then(|()| self.run(&tools, &room, flags, query, cancel));
        // What stays goes with the next clean.
        let _ = atomic::remove_tree(&room.root);
        outcome
    }

    fn run(
        &mut self,
        tools: &Tools,
        room: &Room,
        flags: &[&str],
        query: &str,
        cancel: &Cancel,
    ) -> Outcome<Answer> {
        let args = ["list", "-m", "-json"].into_iter().chain(flags.iter().copied()).chain([query]);
        let program = Program {
            executable: tools.go.path.clone(),
            args: args.map(str::to_owned).collect(),
            env: environment::variables(&self.options, tools, room, Reach::Online, self.options.jobs),
            directory: room.empty.clone(),
            stdin: None,
            limits: Limits {
                timeout: LIMIT.min(self.options.timeout),
                memory_max: self.options.memory_max,
                offline: false,
                user: self.options.user.clone(),
            },
        };
        let (mut json, mut said) = (String::new(), Vec::new());
        let exit = self.runner.run(&program, cancel, &mut |stream, line| match stream {
            Stream::Out => {
                json.push_str(line);
                json.push('\n');
            }
            Stream::Err => said.push(line.to_owned()),
        });
        let exit = exit.map_err(|failure| match failure.class {
            // The next check may go well, and is made later and later until one does.
            Class::Timeout => Failure::new(Class::Network, format!("asking for {query} took too long"))
                .cause(failure.line())
                .hint("check that this host reaches the module's repository; it is tried again"),
            _ => failure,
        })?;
        if !exit.success() {
            let modules = environment::module_cache(&self.options);
            return Err(verdict::failure(Phase::Download, query, &said, exit.out_of_memory, &modules));
        }
        serde_json::from_str(&json).map_err(|error| {
            Failure::new(Class::Toolchain, format!("go gave no readable answer about {query}"))
                .because(&error)
        })
    }
}

fn version_of(answer: &Answer, module: &str) -> Outcome<Version> {
    Version::parse(&answer.version).map_err(|failure| {
        Failure::new(Class::Module, format!("{module} has no version that can be installed"))
            .cause(text::clean(&failure.line()))
    })
}

/// Reads a go.mod where go says that it put it. Only from the module cache, whatever go says.
pub(super) fn read_go_mod(path: &Path, modules: &Path, module: &str) -> Outcome<String> {
    use std::io::Read;
    if !path.starts_with(modules) || path.components().any(|part| part.as_os_str() == "..") {
        return Err(Failure::new(Class::Module, format!("go has no go.mod of {module}")));
    }
    let mut text = String::new();
    let file = open_nofollow(path, Owner::Any)?;
    file.take(LARGEST_GO_MOD).read_to_string(&mut text).map_err(|error| Failure::io("read", path, &error))?;
    Ok(text)
}
