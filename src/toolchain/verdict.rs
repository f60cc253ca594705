//! What a failed go command means. Its exit code is always 1, so the phase decides, and within a phase
//! the words.

use std::path::{Path, PathBuf};

use crate::host::text;
use crate::model::{Class, Failure};

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Fetching the module itself.
    Download,
    /// Fetching what it needs, and planning.
    Plan,
    /// Compiling and linking.
    Compile,
}

/// How many lines of the reason are told; the whole is in the log.
const TOLD: usize = 3;

/// Words by which a class is known in any phase.
const EVERYWHERE: [(Class, &[&str]); 2] = [
    (
        Class::Disk,
        &["no space left on device", "disk quota exceeded", "read-only file system", "file too large"],
    ),
    (
        Class::OutOfMemory,
        &[
            "signal: killed",
            "cannot allocate memory",
            "out of memory",
            "resource temporarily unavailable",
            "virtual memory exhausted",
        ],
    ),
];

/// How git and ssh say that a repository does not let them in, or that they do not let a host in.
const REFUSED: [&str; 5] = [
    "terminal prompts disabled",
    "could not read username",
    "authentication failed",
    "permission denied (",
    "host key verification failed",
];

/// While modules are fetched; the first that matches counts.
const FETCHING: [(Class, &[&str]); 6] = [
    (Class::Security, &["security error", "checksum mismatch", "malformed file path"]),
    (
        Class::Toolchain,
        &[
            "requires go >=",
            "cannot find main module path for toolchain",
            "golang.org/toolchain",
            "executable file not found",
        ],
    ),
    // Whom a repository does not let in may be let in tomorrow.
    (Class::Network, &REFUSED),
    (
        Class::Config,
        &[
            "govcs disallows",
            "disabled by goproxy=off",
            "invalid proxy url",
            "contains no entries",
            "malformed gosumdb",
            "gosumdb",
            "goproxy list",
        ],
    ),
    (
        Class::Module,
        &[
            ": 404",
            ": 410",
            "not found",
            "no such file or directory",
            "does not contain package",
            "does not contain main module",
            "invalid version",
            "unknown revision",
            "declares its path as",
            "replace directives",
            "exclude directives",
            "not a valid zip",
            "corrupt input",
            "unexpected file",
            "no matching versions",
            "parsing go.mod",
            "malformed module path",
            "is not a main package",
            "malformed import path",
        ],
    ),
    (
        Class::Network,
        &[
            "dial tcp",
            "connection refused",
            "connection reset",
            "no such host",
            "i/o timeout",
            "timeout exceeded",
            "deadline exceeded",
            "tls:",
            "x509:",
            "unexpected eof",
            ": eof",
            "proxyconnect",
            "invalid response from proxy",
            "server misbehaving",
            "network is unreachable",
            ": 400",
            ": 401",
            ": 403",
            ": 429",
            ": 500",
            ": 501",
            ": 502",
            ": 503",
            ": 504",
            "get \"",
        ],
    ),
];

/// While code is compiled.
const COMPILING: [(Class, &[&str]); 1] = [(
    Class::Toolchain,
    &[
        "c compiler",
        "executable file not found",
        "cannot execute",
        "fatal error: stdlib.h",
        "cannot find crt1.o",
        "unsupported version of go",
    ],
)];

/// The failure of `target` (`PACKAGE@VERSION`) in a phase. `said` are the clean lines of what was said;
/// `memory`: the system says that memory ran out. Places below the directory `modules` are told without it.
pub(super) fn failure(phase: Phase, target: &str, said: &[String], memory: bool, modules: &Path) -> Failure {
    let whole = said.join("\n").to_ascii_lowercase();
    let class = if memory { Class::OutOfMemory } else { class(phase, &whole) };
    let verb = match phase {
        Phase::Download => "download",
        Phase::Plan => "prepare the build of",
        Phase::Compile => "compile",
    };
    let mut failure = Failure::new(class, format!("cannot {verb} {target}"));
    let said = if phase == Phase::Compile { said.to_vec() } else { unfold(said) };
    let tidy = |line: String| {
        let line = line.trim();
        let line = line.strip_prefix("go: ").unwrap_or(line);
        let line = line.strip_prefix(target).and_then(|line| line.strip_prefix(": ")).unwrap_or(line);
        below(modules, line).to_owned()
    };
    failure.causes = reasons(&said).into_iter().map(tidy).collect();
    if memory && failure.causes.is_empty() {
        failure.causes.push("memory ran out".to_owned());
    }
    failure.hint = hint(class, &whole).map(str::to_owned);
    failure
}

/// go itself breaks its sentences and indents what follows: each becomes one line again.
fn unfold(said: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in said {
        match lines.last_mut() {
            Some(last) if line.starts_with(' ') => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.clone()),
        }
    }
    lines.iter().map(|line| text::clean(line)).collect()
}

/// A place in a module as `MODULE@VERSION/FILE`. Go tells it from its working directory (`../../mod/…`)
/// or from the root, whichever is shorter.
fn below<'a>(modules: &Path, line: &'a str) -> &'a str {
    let up = line.trim_start_matches("../");
    let mut tail = PathBuf::new();
    for component in modules.components().rev() {
        tail = if tail.as_os_str().is_empty() {
            component.as_os_str().into()
        } else {
            Path::new(&component).join(tail)
        };
        let rest = up.strip_prefix(&*tail.to_string_lossy()).and_then(|rest| rest.strip_prefix('/'));
        match rest {
            Some(rest) if up.len() < line.len() || tail == modules => return rest,
            _ => {}
        }
    }
    line
}

fn class(phase: Phase, whole: &str) -> Class {
    let find = |table: &[(Class, &[&str])]| {
        table.iter().find(|(_, words)| words.iter().any(|word| whole.contains(word))).map(|(class, _)| *class)
    };
    let found = find(&EVERYWHERE);
    match phase {
        // A failed lookup for a checksum says "verifying module" too, and is the network's.
        Phase::Download => found.or_else(|| find(&FETCHING)).unwrap_or(Class::Module),
        // With a place in a file it is about the code.
        Phase::Plan if whole.contains(".go:") && !whole.contains("reading ") => found.unwrap_or(Class::Build),
        Phase::Plan => found.or_else(|| find(&FETCHING)).unwrap_or(Class::Build),
        Phase::Compile => found.or_else(|| find(&COMPILING)).unwrap_or(Class::Build),
    }
}

/// The lines that say why: errors before remarks, headings not at all.
fn reasons(said: &[String]) -> Vec<String> {
    let told = |line: &&String| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.starts_with("go: downloading")
    };
    let remark = |line: &&String| {
        let lower = line.to_ascii_lowercase();
        ["warning:", "note:", "in file included from", "in function", "go: finding", "deprecated:"].iter().any(|word| lower.contains(word))
            // The compilers' pictures of the place: `   2 | int x` and `     |  ^`.
            || line.trim_start().split_once(" |").is_some_and(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
            || line.trim_start().starts_with('|')
    };
    let errors = said.iter().filter(told).filter(|line| !remark(line));
    let mut chosen: Vec<String> = errors.take(TOLD).cloned().collect();
    if chosen.is_empty() {
        chosen = said.iter().filter(told).take(TOLD).cloned().collect();
    }
    chosen
}

fn hint(class: Class, whole: &str) -> Option<&'static str> {
    Some(match class {
        Class::Disk if whole.contains("read-only") => "mount that file system writable",
        Class::Disk => "free some space on that file system, or set paths.cache to a larger one",
        Class::OutOfMemory => "give the machine more memory or swap, or lower build.jobs",
        Class::Security => "do not install this version until its authors explain the difference",
        Class::Network if whole.contains(": 401") || whole.contains(": 403") => {
            "check the user and the password in build.netrc (the user that builds must be able to read it) or build.goproxy"
        }
        Class::Network if REFUSED.iter().any(|words| whole.contains(words)) => {
            "the user that builds must be let in: by https with build.netrc, by ssh with its own key and known_hosts"
        }
        Class::Network => {
            "check that build.goproxy can be reached from this host; `sentinel-updater doctor` does"
        }
        Class::Config if whole.contains("govcs disallows") => {
            "set build.goproxy to a proxy that serves it, or name it in build.goprivate"
        }
        Class::Config => "check build.goproxy and build.gosumdb",
        Class::Module if whole.contains("does not contain package") => "check agent.package",
        Class::Module if whole.contains("declares its path as") => {
            "set agent.module to the path that the module declares"
        }
        Class::Toolchain if whole.contains("requires go") => {
            "install a newer Go, or set build.toolchain = \"auto\""
        }
        Class::Toolchain if whole.contains("\"git\"") => "install git",
        Class::Build => "see the build's log: `sentinel-updater logs build`",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_and_words_give_the_class() {
        use Phase::{Compile, Download, Plan};
        for (phase, said, class) in [
            (
                Download,
                "example.test/p@v9.9.9: reading http://h/example.test/p/@v/v9.9.9.info: 404 Not Found",
                Class::Module,
            ),
            (
                Download,
                "m@v1.0.0: verifying module: checksum mismatch\n\tdownloaded: h1:a\n\tsum: h1:b\nSECURITY ERROR",
                Class::Security,
            ),
            (
                Download,
                "verifying module: m@v1.0.0: Get \"https://sum.example/lookup/m@v1.0.0\": dial tcp: lookup sum.example: no such host",
                Class::Network,
            ),
            (
                Download,
                "Get \"http://127.0.0.1:1/m\": dial tcp 127.0.0.1:1: connect: connection refused",
                Class::Network,
            ),
            (Download, "reading http://h/m/@v/v1.0.0.zip: 503 Service Unavailable", Class::Network),
            (Download, "read \"http://h/m.zip\": unexpected EOF", Class::Network),
            (Download, "invalid response from proxy \"http://h\": invalid character '<'", Class::Network),
            (Download, "zip: not a valid zip file", Class::Module),
            (
                Download,
                "fatal: could not read Username for 'https://h': terminal prompts disabled\nnot found",
                Class::Network,
            ),
            (Download, "git@h: Permission denied (publickey).", Class::Network),
            (Download, "GOVCS disallows using git for public h/m; see 'go help vcs'", Class::Config),
            (Download, "exec: \"git\": executable file not found in $PATH", Class::Toolchain),
            (Download, "m@v1.0.0: module lookup disabled by GOPROXY=off", Class::Config),
            (
                Download,
                "m@v1.0.0 requires go >= 1.99.0 (running go 1.27.3; GOTOOLCHAIN=local)",
                Class::Toolchain,
            ),
            (Download, "write /c/m.zip: no space left on device", Class::Disk),
            (Download, "something new", Class::Module),
            (
                Plan,
                "go: module example.test/p@v1.0.0 found, but does not contain package example.test/p/x",
                Class::Module,
            ),
            (
                Plan,
                "m/use.go:3:8: example.test/dep@v1.0.0: reading http://h/x.zip: 404 Not Found",
                Class::Module,
            ),
            (Plan, "m/cmd/x/x.go:4:2: expected 'package', found foo", Class::Build),
            (Plan, "package m: build constraints exclude all Go files in /c/m", Class::Build),
            (Compile, "# m\nm/bad.go:3:23: undefined: x", Class::Build),
            (Compile, "# m\nfatal error: 404.h: No such file or directory", Class::Build),
            (Compile, "# runtime/cgo\ncgo: C compiler \"gcc\" not found: exec: \"gcc\"", Class::Toolchain),
            (Compile, "# m\ngcc: fatal error: Killed signal: killed", Class::OutOfMemory),
            (Compile, "go: fork/exec /g/compile: resource temporarily unavailable", Class::OutOfMemory),
            (
                Compile,
                "compile: writing output: write $WORK/b009/_pkg_.a: no space left on device",
                Class::Disk,
            ),
        ] {
            let lines: Vec<String> = said.lines().map(str::to_owned).collect();
            assert_eq!(
                failure(phase, "m@v1", &lines, false, Path::new("/c/mod")).class,
                class,
                "{phase:?} {said}"
            );
        }
        let killed = failure(Compile, "m@v1", &[], true, Path::new("/c/mod"));
        assert_eq!(
            (killed.class, killed.line().as_str()),
            (Class::OutOfMemory, "cannot compile m@v1: memory ran out")
        );
    }

    #[test]
    fn the_first_errors_are_told() {
        let said = [
            "# m/c",
            "two.c:2:2: warning: careful",
            "    2 | #warning careful",
            "      |  ^~~",
            "In file included from a.c:1:",
            "two.c:3:1: error: unknown type",
            "two.c:4:1: error: two",
            "two.c:5:1: error: three",
            "two.c:6:1: error: four",
        ]
        .map(str::to_owned);
        let failure = failure(Phase::Compile, "m/cmd/x@v1.0.0", &said, false, Path::new("/c/mod"));
        assert_eq!(
            failure.line(),
            "cannot compile m/cmd/x@v1.0.0: two.c:3:1: error: unknown type: two.c:4:1: error: two: two.c:5:1: error: three"
        );
        let only_remarks = ["x.c:1: warning: w".to_owned()];
        assert_eq!(
            super::failure(Phase::Compile, "m", &only_remarks, false, Path::new("/c/mod")).causes,
            ["x.c:1: warning: w"]
        );
    }

    #[test]
    fn reasons_are_short_and_whole() {
        let reason = |phase, said: &[&str]| {
            let said: Vec<String> = said.iter().map(|line| (*line).to_owned()).collect();
            failure(phase, "m/x@v1.0.0", &said, false, Path::new("/var/c/mod")).causes.join(" / ")
        };
        for (phase, said, told) in [
            (
                Phase::Plan,
                &["go: m/x@v1.0.0: conflict:", "        m@v1.0.0: parsing go.mod:", "  another path"][..],
                "conflict: m@v1.0.0: parsing go.mod: another path",
            ),
            (
                Phase::Compile,
                &["../../c/mod/m@v1.0.0/x.go:1:2: undefined: y"],
                "m@v1.0.0/x.go:1:2: undefined: y",
            ),
            (
                Phase::Compile,
                &["/var/c/mod/m@v1.0.0/x.go:1:2: undefined: y"],
                "m@v1.0.0/x.go:1:2: undefined: y",
            ),
            (Phase::Compile, &["mod/x.go:1:2: undefined: y"], "mod/x.go:1:2: undefined: y"),
        ] {
            assert_eq!(reason(phase, said), told);
        }
    }
}
