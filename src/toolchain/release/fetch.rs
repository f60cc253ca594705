//! Fetching a release.

use std::io::{Cursor, Read};
use std::path::Path;

use crate::host::files;
use crate::model::{Class, Failure, Outcome, Progress};
use crate::ports::{BuildEvent, Cancel};

use super::shelf::Shelf;
use super::vouch::INSTEAD;
use super::{MODULE, Order, Promise, Releases};

/// A release and its archive, with some to spare, in bytes.
const ROOM: u64 = 512 << 20;
/// Archives of modules cannot hold other modules: a release has its go.mod files under this name.
const HIDDEN_GO_MOD: &str = "_go.mod";
/// A go.mod of a release is a few lines.
const LONGEST_GO_MOD: u64 = 1 << 20;

/// Puts the promised release on the shelf.
///
/// # Errors
/// `Network`, `Security`, `Disk`, `Cancelled`; the shelf is then as it was.
pub(in crate::toolchain) fn fetch(
    releases: &mut dyn Releases,
    shelf: &Shelf<'_>,
    promise: &Promise,
    sink: &mut dyn FnMut(BuildEvent),
    cancel: &Cancel,
) -> Outcome<()> {
    let release = &promise.release;
    let draft = shelf.draft(release)?;
    room(shelf.0)?;
    let mut scratch = draft.scratch()?;
    let mut last = None;
    let mut on_bytes = |doing: &str, done: u64, total: u64| {
        // A report for each percent, and for each stage.
        let at = (doing.to_owned(), (done * 100).checked_div(total).unwrap_or(done >> 20));
        if last.as_ref() != Some(&at) {
            let phase = format!("{doing} {release}");
            sink(BuildEvent::Progress(Progress { phase, done, total, detail: None }));
            last = Some(at);
        }
    };
    let mut on_file = |name: &str, content: &mut dyn Read| match name.strip_suffix(HIDDEN_GO_MOD) {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => {
            let mut text = Vec::new();
            content
                .take(LONGEST_GO_MOD)
                .read_to_end(&mut text)
                .map_err(|error| Failure::io("read", Path::new(name), &error))?;
            draft.add(name, &mut Cursor::new(&text), false)?;
            draft.add(&format!("{folder}go.mod"), &mut Cursor::new(&text), false)
        }
        _ => draft.add(name, content, is_program(name)),
    };
    let order = Order { module: MODULE, version: &release.version, sum: &promise.sum, scratch: &mut scratch };
    releases.fetch(order, &mut on_bytes, &mut on_file, cancel).map_err(|failure| match failure.class {
        Class::Module | Class::Network => failure.hint(INSTEAD),
        _ => failure,
    })?;
    drop(scratch);
    Shelf::mark(&draft, promise)?;
    draft.commit()?;
    // A release too many is no reason not to build.
    let _ = shelf.prune(release);
    Ok(())
}

/// Archives of modules have no modes: what the go command makes executable.
fn is_program(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.starts_with("bin/")
        || name.starts_with("pkg/tool/")
        || (name.starts_with("lib/") && file.starts_with("go_") && file.ends_with("_exec"))
}

fn room(shelf: &Path) -> Outcome<()> {
    let free = files::free_space(shelf)?.bytes;
    if free >= ROOM {
        return Ok(());
    }
    let what = format!(
        "not enough room for a release of Go in `{}`: {} MiB free, {} MiB needed",
        shelf.display(),
        free >> 20,
        ROOM >> 20
    );
    Err(Failure::new(Class::Disk, what)
        .hint("free some space there, or set paths.cache to a larger file system"))
}
