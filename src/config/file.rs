//! The configuration file: from TOML text to values with their lines.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::layers::Entry;
use super::nearest::nearest;
use super::problem::Problem;
use super::settings::{KEYS, SECTIONS, find};
use super::table::Key;
use crate::model::Origin;

/// No configuration is larger, in bytes: a wrong path may name anything.
const LARGEST: u64 = 1 << 20;

/// What a file says.
#[derive(Default)]
pub(super) struct Contents {
    pub entries: Vec<(&'static Key, Entry)>,
    pub warnings: Vec<String>,
    pub problems: Vec<Problem>,
}

/// Reads the file; `Ok(None)` if there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>, Problem> {
    let problem = |reason: String| problem_of(path, None, reason);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(problem(format!("it cannot be opened: {error}"))),
    };
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| problem(format!("it cannot be read: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(problem("it is larger than 1 MiB".into()));
    }
    String::from_utf8(bytes).map(Some).map_err(|error| {
        let line =
            1 + error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count();
        problem_of(path, Some((line, None)), "it is not UTF-8".into())
    })
}

/// Takes the text of a file apart. A text that is no TOML is one problem; what is known is kept.
pub(super) fn parse(path: &Path, text: &str) -> Contents {
    // Editors on Windows write a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut contents = Contents::default();
    match DeTable::parse(text) {
        Ok(table) => Walk { path, text, contents: &mut contents }.sections(table.into_inner()),
        Err(error) => {
            let place = error
                .span()
                .map(|span| position(text, span.start))
                .map(|(line, column)| (line, Some(column)));
            contents.problems.push(problem_of(path, place, error.message().to_owned()));
        }
    }
    contents
}

struct Walk<'a> {
    path: &'a Path,
    text: &'a str,
    contents: &'a mut Contents,
}

impl Walk<'_> {
    fn sections(mut self, table: DeTable<'_>) {
        let mut sections: Vec<_> = table.into_iter().collect();
        sections.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in sections {
            let known = SECTIONS.iter().any(|section| section.name == name.get_ref());
            match value.into_inner() {
                DeValue::Table(keys) if known => self.keys(name.get_ref(), keys),
                _ if known => {
                    let place = self.place(&name);
                    let reason = format!("`{0}` is a section: write `[{0}]`", name.get_ref());
                    self.contents.problems.push(problem_of(self.path, Some((place.0, None)), reason));
                }
                value => self.unknown(None, &name, value.is_table()),
            }
        }
    }

    fn keys(&mut self, section: &str, keys: DeTable<'_>) {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in keys {
            match find(section, name.get_ref()) {
                Some(key) => {
                    let origin = Origin::File { path: self.path.to_owned(), line: Some(self.place(&name).0) };
                    self.contents.entries.push((key, Entry { value: plain(value.into_inner()), origin }));
                }
                None => self.unknown(Some(section), &name, false),
            }
        }
    }

    /// Warns of a name that means nothing, with the name that was probably meant.
    fn unknown<T: AsRef<str>>(&mut self, section: Option<&str>, name: &Spanned<T>, is_section: bool) {
        let line = self.place(name).0;
        let name = name.get_ref().as_ref();
        let (what, meant) = match section {
            None if is_section => {
                let near = nearest(name, SECTIONS.iter().map(|section| section.name));
                (format!("section [{name}]"), near.map(|near| format!("[{near}]")))
            }
            _ => (
                section.map_or_else(|| name.to_owned(), |section| format!("{section}.{name}")),
                meant_key(section, name),
            ),
        };
        let hint = meant.map_or_else(String::new, |meant| format!("; did you mean {meant}?"));
        self.contents
            .warnings
            .push(format!("{}:{line}: {what} is unknown and ignored{hint}", self.path.display()));
    }

    /// Line and column, from 1.
    fn place<T>(&self, spanned: &Spanned<T>) -> (usize, usize) {
        position(self.text, spanned.span().start)
    }
}

/// The key that was probably meant: the same name elsewhere, else the nearest in this section, else anywhere.
pub(super) fn meant_key(section: Option<&str>, name: &str) -> Option<String> {
    let elsewhere = KEYS.iter().find(|key| key.name == name);
    let here = || nearest(name, KEYS.iter().filter(|key| Some(key.section) == section).map(|key| key.name));
    let anywhere = || nearest(name, KEYS.iter().map(|key| key.name));
    elsewhere
        .map(Key::path)
        .or_else(|| here().zip(section).map(|(name, section)| format!("{section}.{name}")))
        .or_else(|| {
            let name = anywhere()?;
            KEYS.iter().find(|key| key.name == name).map(Key::path)
        })
}

/// Without spans. A number too large for TOML becomes a text, so that the key's own check refuses it.
fn plain(value: DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.into_owned()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or_else(|_| Value::String(number.to_string()), Value::Integer)
        }
        DeValue::Float(number) => {
            number.as_str().parse().map_or_else(|_| Value::String(number.to_string()), Value::Float)
        }
        DeValue::Boolean(on) => Value::Boolean(on),
        DeValue::Datetime(moment) => Value::Datetime(moment),
        DeValue::Array(items) => {
            Value::Array(items.into_iter().map(|item| plain(item.into_inner())).collect())
        }
        DeValue::Table(table) => {
            let pairs = table
                .into_iter()
                .map(|(key, value)| (key.into_inner().into_owned(), plain(value.into_inner())));
            Value::Table(pairs.collect::<Table>())
        }
    }
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn problem_of(path: &Path, place: Option<(usize, Option<usize>)>, reason: String) -> Problem {
    let mut shown = format!("file {}", PathBuf::from(path).display());
    if let Some((line, column)) = place {
        shown.push_str(&format!(":{line}"));
        if let Some(column) = column {
            shown.push_str(&format!(":{column}"));
        }
    }
    Problem { key: None, value: None, place: shown, reason, accepted: None }
}
