//! How to get what is missing, in the words of the distribution at hand.

use std::env::consts::OS;

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Go,
    C,
    CHeaders,
}

/// One sentence for this machine.
pub(super) fn get(need: Need) -> String {
    let release = if OS == "linux" {
        std::fs::read_to_string("/etc/os-release").unwrap_or_default()
    } else {
        String::new()
    };
    advice(need, OS, &release)
}

fn advice(need: Need, system: &str, os_release: &str) -> String {
    let command = match system {
        "macos" => match need {
            Need::Go => "brew install go",
            Need::C | Need::CHeaders => "xcode-select --install",
        },
        "windows" => match need {
            Need::Go => "winget install GoLang.Go",
            Need::C | Need::CHeaders => "install a mingw-w64 gcc and set build.cc",
        },
        _ => by_family(need, os_release),
    };
    match need {
        Need::Go => format!("{command}, or unpack a release of Go below /usr/local and set build.go"),
        Need::C => format!("{command}, or set build.cgo = false if the agent needs no C"),
        Need::CHeaders => command.to_owned(),
    }
}

fn by_family(need: Need, os_release: &str) -> &'static str {
    // ID and ID_LIKE (os-release(5)).
    let words: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split(' '))
        .collect();
    let is = |names: &[&str]| words.iter().any(|word| names.contains(word));
    if is(&["debian", "ubuntu"]) {
        match need {
            Need::Go => "apt install golang-go",
            Need::C | Need::CHeaders => "apt install gcc libc6-dev",
        }
    } else if is(&["fedora", "rhel", "centos"]) {
        match need {
            Need::Go => "dnf install golang",
            Need::C | Need::CHeaders => "dnf install gcc glibc-devel",
        }
    } else if is(&["suse", "opensuse", "sles"]) {
        match need {
            Need::Go => "zypper install go",
            Need::C | Need::CHeaders => "zypper install gcc glibc-devel",
        }
    } else if is(&["arch"]) {
        match need {
            Need::Go => "pacman -S go",
            Need::C | Need::CHeaders => "pacman -S gcc",
        }
    } else if is(&["alpine"]) {
        match need {
            Need::Go => "apk add go",
            Need::C | Need::CHeaders => "apk add gcc musl-dev",
        }
    } else {
        match need {
            Need::Go => "install Go 1.21 or later",
            Need::C | Need::CHeaders => "install gcc and the C library's headers",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_command() {
        for (need, system, release, command) in [
            (Need::Go, "linux", "ID=debian\n", "apt install golang-go"),
            (
                Need::C,
                "linux",
                "NAME=Mint\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n",
                "apt install gcc libc6-dev",
            ),
            (
                Need::C,
                "linux",
                "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n",
                "dnf install gcc glibc-devel",
            ),
            (Need::Go, "linux", "ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", "zypper install go"),
            (Need::CHeaders, "linux", "ID=alpine\n", "apk add gcc musl-dev"),
            (Need::Go, "linux", "ID=arch\n", "pacman -S go"),
            (Need::Go, "linux", "", "install Go 1.21 or later"),
            (Need::C, "macos", "", "xcode-select --install"),
            (Need::Go, "windows", "", "winget install"),
        ] {
            let text = advice(need, system, release);
            assert!(text.starts_with(command), "{text}");
        }
    }
}
