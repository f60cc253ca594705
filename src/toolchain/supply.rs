//! Where a build's tools come from: this host, or what was fetched for it.

use crate::model::{Class, Failure, Outcome};
use crate::ports::{BuildEvent, Cancel};

use super::find::{self, Go, Tools};
use super::options::Choice;
use super::release::{self, Promise, Releases, Shelf, Shelved};
use super::{GoVersion, Options};

/// What will build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Supply {
    /// These tools.
    Here(Tools),
    /// A release that is fetched first.
    Fetch(Promise),
}

/// What this host has.
enum Host {
    /// A go that will do.
    Good(Go),
    /// None that will do, and why; the one that could fetch a newer one by itself.
    Lacking(Failure, Option<Go>),
}

/// The tools for a module with this `go` line, without asking anybody outside.
///
/// # Errors
/// As [`find::go`] and [`find::cc`].
pub(super) fn find(options: &Options, go_line: Option<&str>) -> Outcome<Tools> {
    let go = match host(options, go_line)? {
        Host::Good(go) => go,
        Host::Lacking(why, spare) => match best(options, go_line.and_then(GoVersion::parse)) {
            Some(shelved) => find::identify(&shelved.go)?,
            None => spare.ok_or(why)?,
        },
    };
    Ok(Tools { go, cc: find::cc(options)? })
}

/// The same, and if no go here will do, a release that can be fetched.
///
/// # Errors
/// As [`find()`]; `Network`, `Security`, `Toolchain` when none can be fetched.
pub(super) fn secure(
    options: &Options,
    releases: &mut dyn Releases,
    go_line: Option<&str>,
    cancel: &Cancel,
) -> Outcome<Supply> {
    let (host, cc) = find::both(options, || host(options, go_line))?;
    let (why, spare) = match host {
        Host::Good(go) => return Ok(Supply::Here(Tools { go, cc })),
        Host::Lacking(why, spare) => (why, spare),
    };
    let wanted = go_line.and_then(GoVersion::parse);
    let here = best(options, wanted);
    if options.pin.is_some() && here.is_some() {
        return find(options, go_line).map(Supply::Here);
    }
    match release::promise(releases, options.pin.as_ref(), wanted, cancel) {
        Ok(promise) if here.as_ref().is_some_and(|here| here.sum == promise.sum) => {
            find(options, go_line).map(Supply::Here)
        }
        Ok(promise) => Ok(Supply::Fetch(promise)),
        // What is here was proven when it was fetched: it may be old, but it is sound.
        Err(failure) if failure.class != Class::Security && (here.is_some() || spare.is_some()) => {
            find(options, go_line).map(Supply::Here)
        }
        Err(failure) => Err(failure.context(format!("{}, and none can be fetched", why.line()))),
    }
}

/// Fetches what was promised.
///
/// # Errors
/// As [`release::fetch`].
pub(super) fn fetch(
    options: &Options,
    releases: &mut dyn Releases,
    promise: &Promise,
    sink: &mut dyn FnMut(BuildEvent),
    cancel: &Cancel,
) -> Outcome<()> {
    release::fetch(releases, &Shelf(&options.releases), promise, sink, cancel)
}

fn host(options: &Options, go_line: Option<&str>) -> Outcome<Host> {
    let wanted = go_line.and_then(GoVersion::parse);
    match find::go(options, go_line) {
        Ok(go) if wanted.is_some_and(|wanted| go.version < wanted) => {
            let what = format!("`{}` ({}) is too old", go.path.display(), go.release);
            Ok(Host::Lacking(Failure::new(Class::Toolchain, what), Some(go)))
        }
        Ok(go) => Ok(Host::Good(go)),
        // One that would do for another module is what the administrator wants to be used, and no other.
        Err(failure) if failure.class != Class::Toolchain || options.go != Choice::Auto => Err(failure),
        Err(failure) if go_line.is_some() && find::go(options, None).is_ok() => Err(failure),
        Err(failure) => Ok(Host::Lacking(failure, None)),
    }
}

/// The newest fetched release that will do.
fn best(options: &Options, wanted: Option<GoVersion>) -> Option<Shelved> {
    let pinned = |shelved: &Shelved| {
        let pin = options.pin.as_ref();
        pin.is_none_or(|pin| pin.sum == shelved.sum && pin.release == shelved.release.to_string())
    };
    let mut all = Shelf(&options.releases).all().into_iter();
    all.find(|shelved| pinned(shelved) && wanted.is_none_or(|wanted| shelved.release.number >= wanted))
}
