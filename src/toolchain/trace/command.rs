//! The shell commands in the trace.

use super::Line;

/// What a line means if it is a command; `None`: it is none.
pub(super) fn read(line: &str) -> Option<Line<'_>> {
    let command = without_assignments(line)?;
    if command.is_empty() {
        // Assignments alone, like the first line of all.
        return Some(Line::Noise);
    }
    let (program, rest) = command.split_once(' ').unwrap_or((command, ""));
    match program {
        "cp" => {
            return Some(
                action(rest)
                    .filter(|(_, rest)| rest.starts_with("_pkg_.a "))
                    .map_or(Line::Noise, |(action, _)| Line::Done(action)),
            );
        }
        "mkdir" | "cd" | "mv" | "rm" | "echo" | "touch" | "ln" | "chmod" | "cat" | "ar" | "ranlib"
        | "printf" => return Some(Line::Noise),
        "go" if rest.starts_with("tool ") => return Some(Line::Noise),
        _ => {}
    }
    // Options tell a compiler's command from what a compiler says; a place in a file ends in a colon.
    if !rest.starts_with('-') && !rest.contains(" -") || program.contains(':') && !is_drive(program) {
        return None;
    }
    let base = program.trim_matches(['"', '\'']).rsplit(['/', '\\']).next().unwrap_or(program);
    match base.strip_suffix(".exe").unwrap_or(base) {
        "compile" => Some(output(rest).map_or(Line::Noise, Line::Go)),
        "link" => Some(Line::Link),
        "asm" | "cgo" | "pack" | "buildid" => Some(Line::Noise),
        _ => c_file(rest).or_else(|| is_program(program).then_some(Line::Noise)),
    }
}

/// The rest of a line after `NAME=value` and `NAME='value'`; `None`: a quote is left open.
fn without_assignments(mut line: &str) -> Option<&str> {
    loop {
        let Some((name, value)) = line.split_once('=') else { return Some(line) };
        let is_name = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_name {
            return Some(line);
        }
        let rest = match value.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'')?.1,
            None => value.split_once(' ').map_or("", |(_, rest)| rest),
        };
        line = rest.trim_start();
    }
}

/// The number of the action in `$WORK/bNNN/…` at the start of `text`, and what follows the slash.
fn action(text: &str) -> Option<(u64, &str)> {
    let text =
        text.trim_start_matches('"').strip_prefix("$WORK")?.strip_prefix(['/', '\\'])?.strip_prefix('b')?;
    let (number, rest) = text.split_once(['/', '\\'])?;
    Some((number.parse().ok()?, rest))
}

/// The action whose output `-o` names.
fn output(arguments: &str) -> Option<u64> {
    let (_, rest) = arguments.split_once("-o ")?;
    Some(action(rest)?.0)
}

/// `… -o $WORK/b002/_x003.o -c two.c`. Files that cgo made up are nothing to a person.
fn c_file(arguments: &str) -> Option<Line<'_>> {
    let (before, file) = arguments.rsplit_once(" -c ")?;
    let number = action(before.rsplit_once("-o ")?.1)?.0;
    let file = file.trim_matches(['"', '\'']).rsplit(['/', '\\']).next().unwrap_or(file);
    let made_up = file.starts_with("_cgo_") || file.ends_with(".cgo2.c") || file.is_empty();
    Some(if made_up { Line::Noise } else { Line::C(number, file) })
}

/// A compiler by name or path.
fn is_program(word: &str) -> bool {
    word.starts_with(['/', '$', '"', '\''])
        || is_drive(word)
        || ["gcc", "cc", "clang", "g++", "c++", "clang++", "gfortran", "pkg-config"].contains(&word)
        || word.ends_with("-gcc")
}

fn is_drive(word: &str) -> bool {
    let word = word.trim_start_matches('"');
    word.as_bytes().get(1) == Some(&b':') && word.as_bytes().get(2) == Some(&b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_messages() {
        for (line, meaning) in [
            ("WORK=/tmp/go-build1", Some(Line::Noise)),
            ("cd .", Some(Line::Noise)),
            ("cp $WORK/b012/_pkg_.a /c/1-d # internal", Some(Line::Done(12))),
            ("cp /src/x.h $WORK/b012/x.h", Some(Line::Noise)),
            ("/g/tool/compile -o $WORK/b3/_pkg_.a -p x", Some(Line::Go(3))),
            ("CGO_LDFLAGS='\"-O2\" \"-g\"' /g/tool/cgo -objdir $WORK/b2/ -- -I x a.go", Some(Line::Noise)),
            (
                "TERM='dumb' /usr/bin/gcc -I . -o $WORK/b2/_x1.o -c sqlite3-binding.c",
                Some(Line::C(2, "sqlite3-binding.c")),
            ),
            ("TERM='dumb' gcc -I . -o $WORK/b2/_x1.o -c /src/deep/x.S", Some(Line::C(2, "x.S"))),
            ("TERM='dumb' gcc -I . -o $WORK/b2/_x1.o -c a.cgo2.c", Some(Line::Noise)),
            ("gcc -dM -E -x c - ", Some(Line::Noise)),
            ("GOROOT='' /g/tool/link -o $WORK/b001/exe/a.out", Some(Line::Link)),
            ("two.c:2:2: error: expected - before x", None),
            ("cmd/x/bad.go:3:23: undefined: y", None),
            ("/abs/bad.go:3:23: cannot use a -b", None),
            ("In file included from two.c:1:", None),
            ("collect2: error: ld returned 1 exit status", None),
            ("/usr/bin/ld: cannot find -lnosuchlib", None),
            ("internal/goos", None),
        ] {
            assert_eq!(read(line), meaning, "{line}");
        }
    }
}
