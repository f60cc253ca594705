//! What is asked of a place, and what it means that there is no answer.

use crate::host::text;
use crate::model::{Class, Failure, Outcome};
use crate::ports::Cancel;

use super::escape;
use super::fetch::Miss;
use super::goproxy::Place;

/// Whether a proxy said that it has a version.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    Yes,
    Unknown,
}

/// What is asked.
pub(super) struct Question<'a> {
    pub(super) module: &'a str,
    /// The module's path in a proxy's tree.
    pub(super) path: String,
    pub(super) cancel: &'a Cancel,
}

impl<'a> Question<'a> {
    pub(super) fn new(module: &'a str, cancel: &'a Cancel) -> Outcome<Self> {
        Ok(Self { module, path: escape::module(module)?, cancel })
    }
}

pub(super) fn nothing(ask: &Question<'_>) -> Miss {
    let what = format!("{} has neither a version nor a commit on offer", ask.module);
    Miss::Absent(Failure::new(Class::Module, what).hint("publish a version, or check agent.module"))
}

pub(super) fn needs_direct(ask: &Question<'_>) -> Failure {
    let what = format!(
        "{} is asked for at its own repository (`direct`) only if build.goprivate names it",
        ask.module
    );
    Failure::new(Class::Config, what)
        .hint("set build.goproxy to a proxy that serves it, or name it in build.goprivate")
}

pub(super) fn garbled(place: &Place, path: &str, why: &str) -> Miss {
    let what = format!("`{place}` answered for `{path}` with something else");
    let failure = Failure::new(Class::Network, what).cause(text::clean(why));
    Miss::Failed(failure.hint("check that build.goproxy names a module proxy"))
}

pub(super) fn unasked(place: &Place) -> Miss {
    Miss::Failed(Failure::new(
        Class::Network,
        format!("`{place}` answered that a file never seen is unchanged"),
    ))
}

/// A file that must be there because its version is on the list: that it is not found is no final answer.
pub(super) fn unsure(mut failure: Failure) -> Failure {
    if failure.class == Class::Module {
        failure.class = Class::Network;
        failure.hint =
            Some("the proxy lists the version but does not serve its go.mod; it is tried again".into());
    }
    failure
}
