//! The C compiler.

use std::path::{Path, PathBuf};

use crate::host::text;
use crate::model::Outcome;

use super::super::options::{Choice, Options};
use super::advice::{self, Need};
use super::{Cc, ask, first_good, in_path, missing};

/// In the order of preference; `gcc` is what cgo takes by itself.
const NAMES: [&str; 3] = ["gcc", "cc", "clang"];
const USUAL: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/bin"];

/// Finds a C compiler that works.
pub(super) fn find(options: &Options) -> Outcome<Cc> {
    let examine = |candidate: &Path| identify(candidate);
    match &options.cc {
        Choice::Path(path) => first_good([path.clone()], examine)?.ok_or_else(|| {
            missing(
                &format!("a C compiler at `{}`", path.display()),
                "set build.cc to \"auto\" or to where it is".to_owned(),
            )
        }),
        Choice::Auto => first_good(candidates(options), examine)?
            .ok_or_else(|| missing("a C compiler (gcc, cc or clang)", advice::get(Need::C))),
    }
}

fn candidates(options: &Options) -> Vec<PathBuf> {
    let places = |name: &str| {
        let usual = USUAL.map(|directory| Path::new(directory).join(name));
        in_path(options, name).into_iter().chain(usual).collect::<Vec<_>>()
    };
    NAMES.into_iter().flat_map(places).collect()
}

fn identify(candidate: &Path) -> Outcome<Cc> {
    let said = ask(candidate, &["--version"])?;
    let version = text::clean(said.lines().next().unwrap_or_default());
    // Distributions package the compiler without the C library's headers: cgo would fail minutes later.
    ask(candidate, &["-fsyntax-only", "-x", "c", "-include", "stdlib.h", "-"])
        .map_err(|failure| failure.hint(advice::get(Need::CHeaders)))?;
    Ok(Cc { path: candidate.to_owned(), version })
}
