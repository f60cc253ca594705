//! Is a binary one for this machine?

use std::env::consts::{ARCH, OS};
use std::path::Path;

use object::{Architecture, ObjectKind};

use crate::model::{Class, Failure, Outcome};

use super::executable::{Executable, Format};

/// Checks that the file at `path` is a whole program for this operating system and architecture.
///
/// # Errors
/// `Proof` saying what it is instead; `Disk` when it cannot be read.
pub(in super::super) fn check(path: &Path) -> Outcome<()> {
    let file = Executable::open(path)?;
    match objection(file.format, file.architecture, file.kind, OS, ARCH) {
        None => Ok(()),
        Some(why) => {
            Err(Failure::new(Class::Proof, format!("`{}` cannot run on this machine", path.display()))
                .cause(why))
        }
    }
}

fn objection(
    format: Format,
    architecture: Architecture,
    kind: ObjectKind,
    system: &str,
    machine: &str,
) -> Option<String> {
    let wanted = match system {
        "macos" => Format::MachO,
        "windows" => Format::Pe,
        _ => Format::Elf,
    };
    let ours = match machine {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        "x86" => Architecture::I386,
        "arm" => Architecture::Arm,
        "riscv64" => Architecture::Riscv64,
        "powerpc64" => Architecture::PowerPc64,
        "s390x" => Architecture::S390x,
        "loongarch64" => Architecture::LoongArch64,
        _ => Architecture::Unknown,
    };
    if format != wanted {
        let home = match format {
            Format::Elf => "Linux or another Unix",
            Format::MachO => "macOS",
            Format::Pe => "Windows",
        };
        return Some(format!("it is a program for {home}, and this is {system}"));
    }
    if kind != ObjectKind::Executable {
        return Some(format!("it is no program but of the kind {kind:?}"));
    }
    (architecture != ours).then(|| format!("it is for {architecture:?}, and this is {machine}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_kind_passes() {
        use Architecture::{Aarch64, X86_64};
        use Format::{Elf, MachO, Pe};
        use ObjectKind::{Dynamic, Executable};
        for (format, architecture, kind, system, machine, why) in [
            (Elf, X86_64, Executable, "linux", "x86_64", None),
            (MachO, Aarch64, Executable, "macos", "aarch64", None),
            (Pe, X86_64, Executable, "windows", "x86_64", None),
            (Pe, X86_64, Executable, "linux", "x86_64", Some("for Windows, and this is linux")),
            (Elf, X86_64, Executable, "macos", "x86_64", Some("for Linux or another Unix")),
            (Elf, Aarch64, Executable, "linux", "x86_64", Some("for Aarch64, and this is x86_64")),
            (Elf, X86_64, Dynamic, "linux", "x86_64", Some("of the kind Dynamic")),
        ] {
            let found = objection(format, architecture, kind, system, machine);
            assert_eq!(found.is_some(), why.is_some(), "{found:?}");
            assert!(found.unwrap_or_default().contains(why.unwrap_or_default()));
        }
    }

    #[test]
    fn the_test_itself_is_for_this_machine() {
        check(&std::env::current_exe().expect("path")).expect("ours");
    }

    #[test]
    fn text_is_no_program() {
        let directory = tempfile::tempdir().expect("directory");
        let file = directory.path().join("x");
        std::fs::write(&file, "#!/bin/sh\nexit 0\n".repeat(10)).expect("written");
        assert_eq!(check(&file).expect_err("a script").class, Class::Proof);
    }
}
