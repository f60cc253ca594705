//! Who we are, and whether a program may be run as that.

#[cfg(unix)]
mod chain;

use std::path::Path;

use crate::model::Outcome;

/// Whether this process has root's rights. Elsewhere than on Unix: no.
pub fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    return false;
}

/// Refuses to let root run a program that somebody else could exchange: the file, each directory and
/// each link on the way to it must belong to root and be writable by root only. A sticky directory
/// (`/tmp`) passes, since nobody can exchange root's entries in it. For others than root everything
/// passes: they risk only themselves.
///
/// # Errors
/// `Security` naming the component and the remedy; `Disk` when a component cannot be looked at.
#[cfg(unix)]
pub fn safe_executable(path: &Path) -> Outcome<()> {
    let refusal = || format!("refused to run `{}` as root", path.display());
    if is_root() { chain::safe(path, &refusal()) } else { Ok(()) }
}

/// Refuses, as `refusal` says it, to let root rely on a directory that somebody else could exchange or rename
/// things in: it, each directory and each link on the way to it are judged as by [`safe_executable`].
///
/// # Errors
/// `Security` naming the component and the remedy; `Disk` when a component cannot be looked at.
#[cfg(unix)]
pub fn safe_directory(path: &Path, refusal: &str) -> Outcome<()> {
    if is_root() { chain::safe(path, refusal) } else { Ok(()) }
}

/// Lets everything pass: who may exchange a program is in access lists that are not read yet.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn safe_executable(_path: &Path) -> Outcome<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::model::Class;
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    #[test]
    fn a_chain_is_followed_through_links() {
        if !is_root() {
            return;
        }
        safe_executable(Path::new("/bin/sh")).expect("the system's own");
        let dir = tempfile::tempdir().expect("directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir(at("safe")).expect("directory");
        std::fs::create_dir(at("open")).expect("directory");
        for name in ["safe/tool", "open/tool"] {
            std::fs::write(at(name), "").expect("write");
            std::fs::set_permissions(at(name), PermissionsExt::from_mode(0o755)).expect("mode");
        }
        std::fs::set_permissions(at("open"), PermissionsExt::from_mode(0o777)).expect("mode");
        symlink("../open/../open/tool", at("safe/link")).expect("link");
        symlink(at("safe/tool"), at("safe/good")).expect("link");
        symlink("loop", at("safe/loop")).expect("link");

        safe_executable(&at("safe/tool")).expect("safe");
        safe_executable(&at("safe/good")).expect("a safe link");
        for name in ["open/tool", "safe/link"] {
            let failure = safe_executable(&at(name)).expect_err(name);
            assert!(failure.line().contains("open` is writable by everybody"), "{failure}");
            assert!(failure.line().contains(name) && failure.hint.is_some(), "{failure}");
        }
        assert_eq!(safe_executable(&at("safe/loop")).expect_err("loop").class, Class::Security);
        chown(at("safe/tool"), Some(12), None).expect("chown");
        assert!(safe_executable(&at("safe/good")).expect_err("owner").line().contains("user 12"));
        assert_eq!(safe_executable(&at("safe/none")).expect_err("missing").class, Class::Disk);
    }
}
