//! The agent under its module's paths: one for each major number.
//!
//! A version tells its path ([`path_of`]), so a version alone still says all that is to be built.

use crate::model::go_mod::{later_major, next_major, path_of};
use crate::model::{Class, Installed, Outcome, Version};
use crate::ports::{Answer, Cancel, ModuleSource, Records, Seen};

use super::Policy;

/// How many major numbers one check climbs at most: a proxy that has them all would keep it busy for ever.
const MOST_STEPS: usize = 10;

/// What the module system offers under every path that counts.
#[derive(Debug, Default)]
pub struct Offers {
    /// The paths, ascending. The first is the agent's own.
    pub paths: Vec<String>,
    /// All of it.
    pub answer: Answer,
}

/// The path from which on versions are taken: that of the installed agent where it is already at a higher
/// major number than the setting.
fn base<'a>(policy: &'a Policy, installed: Option<&'a Installed>) -> &'a str {
    let installed = installed.and_then(|installed| installed.module.as_deref());
    installed.map_or(&policy.module, |installed| later_major(&policy.module, installed))
}

/// Asks for the agent's versions; where policy allows it for those of the next major numbers too, as long
/// as there are any. That the next one does not exist is the usual answer, and no error.
///
/// # Errors
/// As [`ModuleSource::check`].
pub fn offers(
    source: &mut dyn ModuleSource,
    policy: &Policy,
    installed: Option<&Installed>,
    cancel: &Cancel,
) -> Outcome<Offers> {
    let base = base(policy, installed).to_owned();
    let mut answer = source.check(&base, cancel)?;
    let mut paths = vec![base];
    let most = if policy.allow_major { MOST_STEPS } else { 0 };
    for _ in 0..most {
        let Some(next) = paths.last().and_then(|last| next_major(last)) else { break };
        match source.check(&next, cancel) {
            Ok(more) => {
                answer.offered.extend(more.offered);
                answer.changed |= more.changed;
                paths.push(next);
            }
            Err(failure) if failure.class == Class::Module => break,
            Err(failure) => return Err(failure),
        }
    }
    answer.offered.sort_by(|a, b| a.version.cmp(&b.version));
    Ok(Offers { paths, answer })
}

/// When the versions under the given paths were first seen, where the setting says `module`.
///
/// # Errors
/// `Disk`.
pub(super) fn seen(records: &mut dyn Records, module: &str, paths: &[String]) -> Outcome<Vec<Seen>> {
    let mut all = if paths.iter().any(|path| path == module) { Vec::new() } else { records.seen(module)? };
    for path in paths {
        all.extend(records.seen(path)?);
    }
    trust_only_the_first_answer(&mut all);
    Ok(all)
}

/// A path that appears later has a first answer of its own. It is news all the same: were its authors'
/// word on its age to count, a new major version could not be made to wait.
fn trust_only_the_first_answer(seen: &mut [Seen]) {
    let first = seen.iter().map(|seen| seen.first_seen_at).min();
    for seen in seen {
        seen.in_first_answer &= Some(seen.first_seen_at) == first;
    }
}

/// When versions of the agent were first seen, under every path that was ever asked for.
///
/// # Errors
/// `Disk`.
pub fn ever_seen(
    records: &mut dyn Records,
    module: &str,
    installed: Option<&Installed>,
) -> Outcome<Vec<Seen>> {
    let installed = installed.and_then(|installed| installed.module.as_deref());
    let known = installed.map_or(module, |installed| later_major(module, installed));
    let mut all = Vec::new();
    let mut path = Some(module.to_owned());
    while let Some(asked) = path {
        let seen = records.seen(&asked)?;
        // Paths below the installed one may never have been asked for.
        if seen.is_empty() && later_major(&asked, known) == asked {
            break;
        }
        all.extend(seen);
        path = next_major(&asked);
    }
    trust_only_the_first_answer(&mut all);
    Ok(all)
}

/// Why a version of a higher major number than the installed one (`current`) and the setting may not be
/// taken; `None`: it may.
pub(super) fn refusal(policy: &Policy, current: Option<&Version>, version: &Version) -> Option<String> {
    let path = path_of(&policy.module, version);
    let is_higher = later_major(&policy.module, &path) != policy.module
        && current.is_none_or(|current| later_major(&path_of(&policy.module, current), &path) == path)
        && current.is_none_or(|current| path_of(&policy.module, current) != path);
    (is_higher && !policy.allow_major)
        .then(|| format!("{version} is of a new major version, {path}, and policy.allow_major is false"))
}
