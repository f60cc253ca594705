//! The rules, each a function over one file.

use std::collections::BTreeSet;

use super::paths;
use super::source::Source;
use super::table::{MOST_LINES, RESERVED, ROOMS, SYSTEM_PLACES, SYSTEM_WORDS};

/// Checks files, given as path below `src` and text; says what breaks a rule, one line each.
pub(crate) fn check(files: &[(String, String)]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let sources: Vec<_> =
        files.iter().map(|(path, text)| (path.as_str(), text, Source::read(text))).collect();
    let tests: Vec<String> = sources.iter().flat_map(|(path, _, source)| test_places(path, source)).collect();
    for (path, text, source) in &sources {
        let file = File { path, text, source, is_test: is_below(path, &tests) };
        let said = [file.sign(), file.imports(), file.reserved(), file.systems(), file.length()];
        found.extend(said.into_iter().flatten());
    }
    found.extend(rooms_without_sign(files));
    found.into_iter().collect()
}

/// Where the modules for tests that `path` declares are, without `.rs`.
fn test_places(path: &str, source: &Source) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = path.trim_end_matches(".rs");
    let children = if own.ends_with("mod") || own == "lib" { folder } else { own };
    // A `#[path]` counts from the file's folder, a plain name from the folder of the module's children.
    let both = |name: &String| [format!("{children}/{name}"), format!("{folder}/{name}")];
    source.test_modules.iter().flat_map(both).collect()
}

/// Whether `path` is one of the modules or below one.
fn is_below(path: &str, modules: &[String]) -> bool {
    let own = path.trim_end_matches(".rs");
    modules.iter().any(|module| own == module || own.starts_with(&format!("{module}/")))
}

/// A folder of `src` is a room and has a sign at the door.
fn rooms_without_sign(files: &[(String, String)]) -> Vec<String> {
    let rooms: BTreeSet<&str> = files.iter().filter_map(|(path, _)| Some(path.split_once('/')?.0)).collect();
    let door = |room: &&str| !files.iter().any(|(path, _)| *path == format!("{room}/mod.rs"));
    rooms.into_iter().filter(door).map(|room| format!("{room}: no mod.rs at its door")).collect()
}

struct File<'a> {
    path: &'a str,
    text: &'a str,
    source: &'a Source,
    is_test: bool,
}

impl File<'_> {
    /// `None`: the crate's own roots, which are in no room.
    fn room(&self) -> Option<&str> {
        Some(self.path.split_once('/')?.0)
    }

    /// Whether this is one of the places, given without `.rs`, or below one.
    fn is_in(&self, places: &[&str]) -> bool {
        let rest = |place: &&str| self.path.strip_prefix(place);
        places.iter().filter_map(rest).any(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    fn say(&self, line: usize, what: &str) -> String {
        format!("src/{}:{line}: {what}", self.path)
    }

    /// The path of the module below the crate.
    fn module(&self) -> Vec<String> {
        let mut parts: Vec<String> =
            self.path.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
        if parts.last().is_some_and(|last| last == "mod") || parts.len() == 1 {
            parts.pop();
        }
        parts
    }

    fn sign(&self) -> Vec<String> {
        let Some(room) = self.room() else {
            let known = ["lib.rs", "main.rs"].contains(&self.path);
            return if known { vec![] } else { vec![self.say(1, "a room is a folder with a mod.rs")] };
        };
        let mut said = Vec::new();
        if self.path == format!("{room}/mod.rs") {
            if !ROOMS.iter().any(|known| known.name == room) {
                said.push(self.say(1, &format!("`{room}` is not in the table of rooms")));
            }
            let first = self.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            if first.strip_prefix("//!").is_none_or(|sign| sign.trim().is_empty()) {
                said.push(self.say(1, "no `//!` sign at the door: what lives here, what never comes in"));
            }
        }
        said
    }

    /// Tests keep the table, too: what a test needs of a higher room is tested in the wrong place.
    fn imports(&self) -> Vec<String> {
        let Some(room) = self.room() else { return vec![] };
        let allowed = ROOMS.iter().find(|known| known.name == room).map_or(&[][..], |known| known.imports);
        let ours = paths::named(&self.source.all, &self.module());
        let ours = ours.into_iter().filter(|path| path.parts[0] == "crate");
        let mut said = Vec::new();
        for path in ours {
            let Some(other) = path.parts.get(1) else { continue };
            if other != room && !allowed.contains(&other.as_str()) {
                said.push(self.say(path.line, &format!("`{room}` may not import `crate::{other}`")));
            }
        }
        said
    }

    fn reserved(&self) -> Vec<String> {
        if self.is_test || self.room().is_none() {
            return vec![];
        }
        let mut said = Vec::new();
        for path in paths::named(&self.source.code, &self.module()) {
            for reserved in RESERVED {
                let parts = path.parts.iter().map(String::as_str);
                let same = path.parts.len() >= reserved.path.len()
                    && parts.zip(reserved.path).all(|(part, wanted)| part == *wanted);
                // A glob would bring it in unseen.
                let glob = path.parts.last().is_some_and(|last| last == "*")
                    && path.parts[..path.parts.len() - 1] == reserved.path[..reserved.path.len() - 1];
                if (same || glob) && !self.is_in(reserved.places) {
                    let name = path.parts.join("::");
                    said.push(self.say(path.line, &format!("`{name}`: {}", reserved.reason)));
                }
            }
        }
        said
    }

    /// Everything else compiles alike for every system, the crate's roots included.
    fn systems(&self) -> Vec<String> {
        if self.is_test || self.is_in(SYSTEM_PLACES) {
            return vec![];
        }
        let code = &self.source.code;
        let mut said = Vec::new();
        for (at, token) in code.iter().enumerate() {
            let asks = token.is("cfg") || token.is("cfg_attr");
            let open = if code.get(at + 1).is_some_and(|next| next.is("!")) { at + 2 } else { at + 1 };
            if !asks || !code.get(open).is_some_and(|next| next.is("(")) {
                continue;
            }
            let mut depth = 0;
            for inner in &code[open..] {
                match inner.text.as_str() {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if SYSTEM_WORDS.iter().any(|word| inner.is(word)) {
                    let what = format!("`cfg({})` outside {}", inner.text, SYSTEM_PLACES.join(", "));
                    said.push(self.say(inner.line, &what));
                }
            }
        }
        said
    }

    fn length(&self) -> Vec<String> {
        let lines = self.source.lines;
        if self.is_test || lines <= MOST_LINES {
            return vec![];
        }
        vec![self.say(MOST_LINES + 1, &format!("{lines} lines without tests, {MOST_LINES} at most"))]
    }
}
