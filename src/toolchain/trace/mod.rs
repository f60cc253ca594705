//! What the go command prints when it says everything (`-x -v`), line by line: the same text in every
//! release since 1.21. (`-json` came with 1.24 and wraps the same text.)

mod command;

/// Reads lines in their order.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// In a here-document: the lines of a file that go writes.
    document: bool,
    /// After `# package`: what its compiler said.
    message: bool,
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing to a person.
    Noise,
    /// A package was begun (`-v`).
    Started(&'a str),
    /// `# package`: what follows was said about it. In a plan (`-n`): it will be built.
    Head(&'a str),
    /// The package of this action was built.
    Done(u64),
    /// A C file is being compiled for the package of this action.
    C(u64, &'a str),
    /// Go code is being compiled for the package of this action.
    Go(u64),
    /// The program is being linked.
    Link,
    /// `go: downloading MODULE VERSION`.
    Downloading(&'a str),
    /// What a compiler or go itself said.
    Message(&'a str),
}

impl Trace {
    /// The meaning of the next line.
    pub(super) fn read<'a>(&mut self, line: &'a str) -> Line<'a> {
        if self.document {
            self.document = line != "EOF";
            return Line::Noise;
        }
        if let Some(what) = line.strip_prefix("go: downloading ") {
            return Line::Downloading(what);
        }
        if let Some(package) = line.strip_prefix("# ") {
            self.message = !package.contains(' ');
            return if self.message { Line::Head(package) } else { Line::Noise };
        }
        if line.starts_with("cat >") && line.contains("<< 'EOF'") {
            self.document = true;
            self.message = false;
            return Line::Noise;
        }
        if let Some(meaning) = command::read(line) {
            self.message = false;
            return meaning;
        }
        if is_package(line) {
            self.message = false;
            return Line::Started(line);
        }
        // `#` alone frames the heads of a plan.
        if line.trim().is_empty() || line == "#" { Line::Noise } else { Line::Message(line) }
    }
}

/// A bare import path, as `-v` prints it.
fn is_package(line: &str) -> bool {
    line.starts_with(|first: char| first.is_ascii_alphanumeric())
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/+!".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From a real run, shortened.
    const RUN: &str = "\
WORK=/tmp/go-build2682852336
go: downloading example.test/lib v0.9.0
mkdir -p $WORK/b007/
internal/goos
echo '# import config' > $WORK/b007/importcfg # internal
cd /srv/m
/usr/local/go/pkg/tool/linux_amd64/compile -o $WORK/b007/_pkg_.a -trimpath \"/x=>;$WORK/b007=>\" -p internal/goos
go tool buildid -w $WORK/b007/_pkg_.a # internal
cp $WORK/b007/_pkg_.a /c/32/32ce9740-d # internal
cat >/tmp/go-build2682852336/b005/importcfg << 'EOF' # internal
# import config
packagefile internal/goarch=/tmp/go-build2682852336/b006/_pkg_.a
unicode
EOF
TERM='dumb' gcc -I . -fPIC -m64 -o $WORK/b002/_x001.o -c _cgo_export.c
TERM='dumb' gcc -I . -fPIC -m64 -o $WORK/b002/_x003.o -c two.c
# example.test/app/c
two.c:2:2: warning: #warning careful [-Wcpp]
    2 | #warning careful
      |  ^~~~~~~
/abs/path/x.go:3:23: undefined: y
example.test/app/c
GOROOT='' /usr/local/go/pkg/tool/linux_amd64/link -o $WORK/b001/exe/a.out -importcfg x
mv $WORK/b001/exe/a.out /b/app
rm -rf $WORK/b001/";

    #[test]
    fn reads_a_run() {
        use Line::{C, Done, Downloading, Go, Head, Link, Message, Started};
        let mut trace = Trace::default();
        let lines: Vec<Line<'_>> =
            RUN.lines().map(|line| trace.read(line)).filter(|line| *line != Line::Noise).collect();
        assert_eq!(
            lines,
            [
                Downloading("example.test/lib v0.9.0"),
                Started("internal/goos"),
                Go(7),
                Done(7),
                C(2, "two.c"),
                Head("example.test/app/c"),
                Message("two.c:2:2: warning: #warning careful [-Wcpp]"),
                Message("    2 | #warning careful"),
                Message("      |  ^~~~~~~"),
                Message("/abs/path/x.go:3:23: undefined: y"),
                Started("example.test/app/c"),
                Link,
            ]
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fall(lines in proptest::collection::vec("(cp |cd |# |TERM='|cat >x << 'EOF'|EOF|\\$WORK/b[0-9]{1,30}/|/_pkg_\\.a | -c |link|compile|[a-z =]{0,6}|\\PC{0,6}){0,8}", 0..8)) {
            let mut trace = Trace::default();
            for line in &lines {
                let _ = trace.read(line);
            }
        }
    }
}
