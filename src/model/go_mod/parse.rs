//! From lines to directives.

use super::lines::{self, Line};
use super::{GoMod, Retraction};
use crate::model::{Class, Failure, Outcome, Version};

/// The longest piece of the file that a message repeats, in characters.
const QUOTED: usize = 80;

/// The directives read here of which there may be blocks. There is no `go (`: a block of an unknown kind.
const BLOCKS: [&str; 5] = ["module", "require", "replace", "exclude", "retract"];

pub(super) fn parse(text: &str) -> Outcome<GoMod> {
    let mut parser = Parser::default();
    for (index, raw) in text.split('\n').enumerate() {
        let line = lines::read(index + 1, raw).map_err(|why| unreadable(index + 1, raw, why))?;
        parser.line(&line, raw)?;
    }
    if let Some(number) = parser.block.map(|block| block.number) {
        return Err(unreadable(number, "(", "the block that begins here does not end"));
    }
    let mut go_mod = parser.go_mod;
    // What a proxy invents for a version from before modules is exactly this one line.
    go_mod.is_real = ![format!("module {}\n", go_mod.module), format!("module \"{}\"\n", go_mod.module)]
        .iter()
        .any(|made_up| made_up == text);
    Ok(go_mod)
}

#[derive(Default)]
struct Parser {
    go_mod: GoMod,
    /// The comment lines directly above.
    above: Vec<String>,
    block: Option<Block>,
}

/// `verb ( … )`, while it is open.
struct Block {
    verb: String,
    /// Where it began.
    number: usize,
    /// The comment above and behind its head: it stands for lines without one of their own.
    comment: Vec<String>,
}

impl Parser {
    fn line(&mut self, line: &Line, raw: &str) -> Outcome<()> {
        if line.words.is_empty() {
            match &line.comment {
                Some(comment) => self.above.push(comment.clone()),
                // Inside a block a comment keeps belonging to the next line; outside a blank line parts them.
                None if self.block.is_none() => self.above.clear(),
                None => {}
            }
            return Ok(());
        }
        let mut comment = std::mem::take(&mut self.above);
        comment.extend(line.comment.clone());
        match self.block.take() {
            Some(_) if line.is_mark(0, ")") => Ok(()),
            Some(block) => {
                if comment.is_empty() {
                    comment.clone_from(&block.comment);
                }
                let done = self.directive(&block.verb, line, 0, &comment, raw);
                self.block = Some(block);
                done
            }
            None => self.statement(line, comment, raw),
        }
    }

    /// A directive of its own, or the head of a block.
    fn statement(&mut self, line: &Line, comment: Vec<String>, raw: &str) -> Outcome<()> {
        if line.name(0).is_none() {
            return Err(unreadable(line.number, raw, "a directive must begin with a word"));
        }
        // A parenthesis opens a block when it ends its line, whatever came before it, other ones too; and
        // `()` there is a block without lines.
        let count = line.words.len();
        let opens = count >= 2 && line.is_mark(count - 1, "(");
        let is_empty_block = count >= 3 && line.is_mark(count - 2, "(") && line.is_mark(count - 1, ")");
        if is_empty_block {
            return Ok(());
        }
        // What is quoted is no directive that there is.
        let verb = line.bare(0).unwrap_or_default();
        if opens {
            // More words before the parenthesis make a kind of block that does not exist yet.
            let is_known = count == 2 && BLOCKS.contains(&verb);
            let verb = if is_known { verb.to_owned() } else { String::new() };
            self.block = Some(Block { verb, number: line.number, comment });
            return Ok(());
        }
        self.directive(verb, line, 1, &comment, raw)
    }

    /// One directive whose arguments begin at word `at`.
    fn directive(
        &mut self,
        verb: &str,
        line: &Line,
        at: usize,
        comment: &[String],
        raw: &str,
    ) -> Outcome<()> {
        let wrong = |why| unreadable(line.number, raw, why);
        match verb {
            "module" => {
                if !self.go_mod.module.is_empty() {
                    return Err(wrong("the module's path is declared twice"));
                }
                line.name(at)
                    .ok_or_else(|| wrong("the module's path is missing"))?
                    .clone_into(&mut self.go_mod.module);
                if line.words.len() > at + 1 {
                    return Err(wrong("more than one word follows `module`"));
                }
            }
            "go" => {
                if self.go_mod.go.is_some() {
                    return Err(wrong("the release of Go is declared twice"));
                }
                if line.words.len() > at + 1 {
                    return Err(wrong("more than one word follows `go`"));
                }
                let release =
                    line.bare(at).and_then(release).ok_or_else(|| wrong("that is no release of Go"))?;
                self.go_mod.go = Some(release);
            }
            "toolchain" => {
                self.go_mod.toolchain = line.name(at).filter(|name| is_plain(name)).map(str::to_owned)
            }
            "require" => {
                // Only shown, so what a path or version cannot hold is passed over.
                let shown = |word: &&str| word.bytes().all(|byte| byte.is_ascii_graphic());
                let (path, version) = (line.name(at).filter(shown), line.name(at + 1).filter(shown));
                if let Some((path, version)) = path.zip(version) {
                    self.go_mod.requires.push((path.to_owned(), version.to_owned()));
                }
            }
            "replace" | "exclude" => self.go_mod.has_replace_or_exclude = true,
            "retract" => {
                let (low, high) =
                    interval(line, at).ok_or_else(|| wrong("that is no version and no [low, high]"))?;
                self.go_mod.retractions.push(Retraction { low, high, rationale: rationale(comment) });
            }
            _ => {}
        }
        Ok(())
    }
}

/// `v1.0.0` or `[v1.0.0, v1.2.0]`; words after it are for newer releases.
fn interval(line: &Line, at: usize) -> Option<(Version, Version)> {
    if !line.is_mark(at, "[") {
        let version = lenient(line.name(at)?)?;
        return Some((version.clone(), version));
    }
    if !line.is_mark(at + 2, ",") || !line.is_mark(at + 4, "]") {
        return None;
    }
    Some((lenient(line.name(at + 1)?)?, lenient(line.name(at + 3)?)?))
}

/// A version that may be short (`v1.2` is `v1.2.0`) or carry build metadata, which has no rank.
fn lenient(text: &str) -> Option<Version> {
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let (number, build) = text.split_once('+').unwrap_or((text, ""));
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    if !build.bytes().all(fits) || (text.contains('+') && build.split('.').any(str::is_empty)) {
        return None;
    }
    let zeros = match (number.contains('-'), number.matches('.').count()) {
        (false, 0) => ".0.0",
        (false, 1) => ".0",
        _ => "",
    };
    Version::parse(&format!("{number}{zeros}")).ok()
}

/// The release of a `go` line. Old tools wrote more than one (`v1.22`, `1.22.x`): then, as with the go
/// command, its first two numbers count.
fn release(word: &str) -> Option<String> {
    let plain = word.strip_prefix('v').unwrap_or(word);
    let (major, rest) = plain.split_once('.')?;
    let (minor, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    if !is_number(major) || !is_number(minor) {
        return None;
    }
    if plain.len() == word.len() && is_release_end(rest) {
        return Some(word.to_owned());
    }
    Some(format!("{major}.{minor}"))
}

/// What may follow the first two numbers of a release: a third one, and `rc1` or the like.
fn is_release_end(rest: &str) -> bool {
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(patch) => {
            let end = patch.find(|c: char| !c.is_ascii_digit()).unwrap_or(patch.len());
            if !is_number(&patch[..end]) {
                return false;
            }
            &patch[end..]
        }
    };
    let number = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let is_candidate = number.len() < rest.len() && !number.is_empty();
    rest.is_empty() || (is_candidate && number.bytes().all(|b| b.is_ascii_digit()))
}

/// Digits without a leading zero.
fn is_number(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}

fn is_plain(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
}

/// The comment as one line.
fn rationale(comment: &[String]) -> String {
    let lines: Vec<&str> = comment.iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    lines.join(" ")
}

fn unreadable(number: usize, raw: &str, why: &str) -> Failure {
    let shown: String = raw.trim().chars().take(QUOTED).collect();
    Failure::new(
        Class::Module,
        format!("cannot read line {number} of go.mod (`{}`): {why}", shown.escape_debug()),
    )
    .hint("the module's authors must publish a version with a go.mod that can be read")
}
