//! One build from nothing to a binary, and what it leaves behind: only the binary, caches and a log.

use std::time::Instant;

use crate::host::atomic;
use crate::host::files::{Owner, open_nofollow};
use crate::model::{Class, Failure, Outcome};
use crate::ports::{BuildEvent, BuildJob, Built, Cancel, Runner};

use super::find::Tools;
use super::log::{self, Log};
use super::phase::{self, Build, Familiar};
use super::workspace::{self, Room};
use super::{Options, user};

/// Builds `job`. The binary lies in the work directory until that is cleaned.
///
/// # Errors
/// As the phases; the room of a failed build is gone.
pub(super) fn run(
    options: &Options,
    tools: &Tools,
    job: &BuildJob,
    runner: &mut dyn Runner,
    sink: &mut dyn FnMut(BuildEvent),
    cancel: &Cancel,
    deadline: Instant,
) -> Outcome<Built> {
    let owner = user::resolve(options.user.as_deref())?;
    let mut log = Log::create(&options.logs, &job.run)?;
    sink(BuildEvent::Log(log.path().to_owned()));
    workspace::own_caches(options, owner)?;
    let room = Room::create(&options.work, &job.run, owner)?;
    workspace::passwords(options, &room)?;
    let mut build = Build { options, tools, room: &room, job, runner, log: &mut log, sink, cancel, deadline };
    let outcome = phases(&mut build);
    if let Err(failure) = &outcome {
        log.line(&format!("# {failure}"));
    }
    log.flush();
    // None of this may hide how the build ended.
    let _ = log::prune(&options.logs);
    let _ = match &outcome {
        Ok(_) => room.clear(),
        Err(_) => atomic::remove_tree(&room.root),
    };
    if !options.keep_cache {
        let _ = workspace::empty(&options.cache);
    }
    outcome
}

fn phases(build: &mut Build<'_>) -> Outcome<Built> {
    let module = phase::download(build)?;
    let familiar = Familiar::of(build, &module.go_mod);
    let packages = match familiar.is_known().then(|| phase::compile(build, 0)) {
        Some(Ok(packages)) => packages,
        Some(Err(failure)) if is_final(&failure) => return Err(failure),
        failed => {
            if failed.is_some() {
                // Perhaps the caches lost what the last build left there; only a plan tells what is wrong.
                build.log.line("# once more, from the beginning");
            }
            let packages = phase::plan(build)?;
            phase::compile(build, packages)?;
            packages
        }
    };
    familiar.remember();
    let binary = workspace::only_file(&build.room.bin)?;
    // A build runs foreign programs: what lies there may be anything.
    drop(open_nofollow(&binary, Owner::Any)?);
    Ok(Built { binary, sum: module.sum, packages })
}

/// Whether a second attempt could not end in another way.
fn is_final(failure: &Failure) -> bool {
    matches!(failure.class, Class::Cancelled | Class::Timeout | Class::OutOfMemory | Class::Disk)
}
