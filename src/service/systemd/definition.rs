//! Whose definition a service has, and what it should be.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::show::Show;
use super::unit::{self, Author};
use crate::model::plan::ServiceSpec;
use crate::model::{Failure, Outcome};
use crate::ports::Definition;

/// Where an administrator's units lie, and ours. It outranks the folders of packages.
const FOLDER: &str = "/etc/systemd/system";

/// Compares what the manager knows (`show`) with `spec`.
///
/// Only a file in the administrators' folder that carries our mark and has not been edited is ours to
/// replace. A package's unit, one with edits, an alias, a mask: each is somebody's decision. Drop-ins are
/// not looked at: they change what the unit does without changing our file.
///
/// # Errors
/// `Disk` when a file cannot be read, `Config` when a unit is wanted and cannot be written.
pub(super) fn compare(unit: &str, spec: &ServiceSpec, show: &Show) -> Outcome<Definition> {
    compare_in(Path::new(FOLDER), unit, spec, show)
}

fn compare_in(folder: &Path, unit: &str, spec: &ServiceSpec, show: &Show) -> Outcome<Definition> {
    let place = folder.join(unit);
    let path = show.fragment().unwrap_or_else(|| place.clone());
    let text = read(&path)?;
    let ours = |text: &String| path == place && !is_link(&path) && unit::author(text) == Author::Us;
    let replaceable = text.as_ref().is_none_or(ours);
    // A unit of ours that the manager has not read is the trace of an interrupted definition, which is
    // to be repeated: it has not been enabled either.
    let present = if show.unknown() && replaceable { None } else { Some(text.unwrap_or_default()) };
    // An agent that registers itself knows best what its unit says.
    let wanted = if show.masked() || !replaceable || !spec.install_args.is_empty() {
        None
    } else {
        Some(unit::write(spec)?)
    };
    Ok(Definition { path, present, wanted, masked: show.masked(), runs: show.runs() })
}

/// What a unit's file says; `None`: there is none. A masked unit is a link to nothing and says nothing.
pub(super) fn read(path: &Path) -> Outcome<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::io("read", &PathBuf::from(path), &error)),
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|stat| stat.is_symlink())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ServiceSpec {
        ServiceSpec {
            service: "a".into(),
            binary: "/usr/local/bin/a".into(),
            args: vec![],
            env: vec![],
            user: None,
            install_args: vec![],
            data: "/var/lib/a".into(),
        }
    }

    fn old() -> String {
        unit::write(&ServiceSpec { binary: "/usr/local/bin/old".into(), ..spec() }).expect("writable")
    }

    fn show(load: &str, fragment: &Path) -> Show {
        let fragment = fragment.display();
        Show::parse(&format!("LoadState={load}\nActiveState=inactive\nFragmentPath={fragment}\n"))
    }

    struct Case {
        name: &'static str,
        /// In the administrators' folder.
        file: Option<String>,
        load: &'static str,
        present: bool,
        wanted: bool,
    }

    #[test]
    fn only_what_is_ours_and_unedited_is_replaced() {
        let case = |name, file, load, present, wanted| Case { name, file, load, present, wanted };
        for case in [
            case("no unit", None, "not-found", false, true),
            case("ours", Some(old()), "loaded", true, true),
            case("ours, not read by the manager", Some(old()), "not-found", false, true),
            case("ours, broken by a newer systemd", Some(old()), "bad-setting", true, true),
            case("edited", Some(old() + "Nice=5\n"), "loaded", true, false),
            case("somebody else's", Some("[Service]\n".into()), "loaded", true, false),
            case("somebody else's, not read", Some("[Service]\n".into()), "not-found", true, false),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let place = folder.path().join("a.service");
            if let Some(file) = &case.file {
                fs::write(&place, file).expect("written");
            }
            let fragment = if case.load == "not-found" { Path::new("") } else { &place };
            let found =
                compare_in(folder.path(), "a.service", &spec(), &show(case.load, fragment)).expect("ok");
            assert_eq!(found.path, place, "{}", case.name);
            assert_eq!(
                (found.present.is_some(), found.wanted.is_some()),
                (case.present, case.wanted),
                "{}",
                case.name
            );
            assert_eq!(found.must_change(), case.wanted, "{}", case.name);
        }
    }

    #[test]
    fn the_same_text_is_no_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a.service");
        fs::write(&place, unit::write(&spec()).expect("writable")).expect("written");
        let found = compare_in(folder.path(), "a.service", &spec(), &show("loaded", &place)).expect("ok");
        assert!(!found.must_change());
        assert_eq!(found.present, found.wanted);
    }

    #[test]
    fn masks_links_packages_and_self_registration_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("a.service");
        std::os::unix::fs::symlink("/dev/null", &place).expect("linked");
        let masked = compare_in(folder.path(), "a.service", &spec(), &show("masked", &place)).expect("ok");
        assert!(masked.masked && masked.wanted.is_none() && masked.present.is_some());

        fs::remove_file(&place).expect("removed");
        let target = folder.path().join("other.service");
        fs::write(&target, old()).expect("written");
        std::os::unix::fs::symlink(&target, &place).expect("linked");
        let link = compare_in(folder.path(), "a.service", &spec(), &show("loaded", &place)).expect("ok");
        assert!(link.wanted.is_none() && !link.masked);

        let package = compare_in(Path::new("/etc/none"), "a.service", &spec(), &show("loaded", &target));
        assert!(package.expect("ok").wanted.is_none(), "even with our text it lies in another place");

        let own = ServiceSpec { install_args: vec!["install".into()], ..spec() };
        let found = compare_in(Path::new("/etc/none"), "a.service", &own, &show("not-found", Path::new("")));
        let found = found.expect("ok");
        assert!(found.present.is_none() && found.wanted.is_none());
    }
}
