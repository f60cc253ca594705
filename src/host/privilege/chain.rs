//! The way to a program: every directory, file and link that decides what its path means.

use std::path::{Component, Path, PathBuf};

use crate::model::{Class, Failure, Outcome};

/// Links that one path may lead through, as in the kernel.
const MOST_LINKS: u32 = 40;

/// Refuses, as `refusal` says it, a way on which somebody else than root may exchange something.
pub(super) fn safe(path: &Path, refusal: &str) -> Outcome<()> {
    for step in resolve(path)? {
        if let Some((why, hint)) = step.objection() {
            return Err(Failure::new(Class::Security, refusal).cause(why).hint(hint));
        }
    }
    Ok(())
}

/// One component on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    path: PathBuf,
    kind: Kind,
    uid: u32,
    gid: u32,
    mode: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    Link,
}

impl Step {
    /// Why somebody else may exchange something here, and what helps.
    fn objection(&self) -> Option<(String, String)> {
        const STICKY: u32 = 0o1000;
        let name = self.path.display();
        if self.uid != 0 {
            Some((format!("`{name}` belongs to user {}", self.uid), format!("chown -h root `{name}`")))
        } else if self.kind == Kind::Link || (self.kind == Kind::Directory && self.mode & STICKY != 0) {
            None
        } else if self.mode & 0o002 != 0 {
            Some((format!("`{name}` is writable by everybody"), format!("chmod o-w `{name}`")))
        } else if self.mode & 0o020 != 0 && self.gid != 0 {
            Some((format!("`{name}` is writable by group {}", self.gid), format!("chmod g-w `{name}`")))
        } else {
            None
        }
    }
}

/// Every component that decides what `path` means, links included.
fn resolve(path: &Path) -> Outcome<Vec<Step>> {
    use std::os::unix::fs::MetadataExt;
    let absolute = std::path::absolute(path).map_err(|error| Failure::io("resolve", path, &error))?;
    let mut steps = Vec::new();
    let mut links = 0;
    let mut here = PathBuf::from("/");
    // The components still to go, last first.
    let mut ahead = components(&absolute);
    ahead.push(Part::Root);
    while let Some(part) = ahead.pop() {
        match part {
            Part::Root => here = PathBuf::from("/"),
            Part::Up => {
                here.pop();
                continue;
            }
            Part::Name(ref name) => here.push(name),
        }
        let stat = here.symlink_metadata().map_err(|error| Failure::io("look at", &here, &error))?;
        let kind = match stat.file_type() {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::File,
        };
        steps.push(Step { path: here.clone(), kind, uid: stat.uid(), gid: stat.gid(), mode: stat.mode() });
        if kind == Kind::Link {
            links += 1;
            if links > MOST_LINKS {
                return Err(Failure::new(
                    Class::Security,
                    format!("`{}` has too many links", path.display()),
                ));
            }
            let target = here.read_link().map_err(|error| Failure::io("read the link", &here, &error))?;
            here.pop();
            ahead.extend(components(&target));
            if target.is_absolute() {
                ahead.push(Part::Root);
            }
        }
    }
    Ok(steps)
}

enum Part {
    Root,
    Up,
    Name(std::ffi::OsString),
}

/// The parts of a path, last first, without its root.
fn components(path: &Path) -> Vec<Part> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(Part::Name(name.to_owned())),
            Component::ParentDir => Some(Part::Up),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_can_change_is_objected_to() {
        use Kind::{Directory, File, Link};
        for (kind, uid, gid, mode, fine) in [
            (File, 0, 0, 0o100_755, true),
            (File, 0, 0, 0o100_775, true),
            (File, 0, 5, 0o100_755, true),
            (File, 0, 5, 0o100_775, false),
            (File, 0, 0, 0o100_757, false),
            (File, 1000, 0, 0o100_755, false),
            (File, 1000, 0, 0o100_555, false),
            (File, 0, 0, 0o101_777, false),
            (Directory, 0, 0, 0o040_755, true),
            (Directory, 0, 0, 0o041_777, true),
            (Directory, 0, 0, 0o040_777, false),
            (Directory, 0, 50, 0o042_775, false),
            (Directory, 1, 0, 0o041_777, false),
            (Link, 0, 0, 0o120_777, true),
            (Link, 1000, 0, 0o120_777, false),
        ] {
            let step = Step { path: "/x/y".into(), kind, uid, gid, mode };
            let objection = step.objection();
            assert_eq!(objection.is_none(), fine, "{step:?}: {objection:?}");
            if let Some((why, hint)) = objection {
                assert!(why.contains("`/x/y`") && hint.contains("`/x/y`"), "{why}; {hint}");
            }
        }
    }
}
