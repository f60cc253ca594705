//! Kinds of values: how a setting is read from TOML, checked, and shown again. Every key of the table in
//! `settings` names one.
//!
//! An empty text is `None` for the kinds that are an `Option`: in TOML, `""` is how one says "none".

pub(super) mod commands;
pub(super) mod names;
pub(super) mod network;
pub(super) mod places;
pub(super) mod scalars;

use toml::Value;

use super::paths::Platform;

/// How a setting of type `T` is read and shown.
pub(super) struct Kind<T: 'static> {
    /// What is accepted, for error messages and the example file.
    pub accepts: &'static str,
    /// Reads a value; the error says what is wrong with it, without repeating what is accepted.
    pub parse: fn(&Value, Platform) -> Result<T, String>,
    /// The value as it would stand in the file. Secrets are still in it.
    pub show: fn(&T) -> Value,
}

/// The text of a value.
fn text(value: &Value) -> Result<&str, String> {
    let text = value.as_str().ok_or_else(|| format!("it is {}, not a text in quotes", article(value)))?;
    if text.chars().any(char::is_control) { Err("it holds a control character".into()) } else { Ok(text) }
}

/// The texts of a list.
fn texts(value: &Value) -> Result<Vec<&str>, String> {
    let items = value.as_array().ok_or_else(|| format!("it is {}, not a list", article(value)))?;
    items.iter().map(|item| text(item).map_err(|why| format!("of one item, {why}"))).collect()
}

/// `None` for the empty text, else what `parse` makes of it.
fn unless_empty<T>(
    value: &Value,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    match text(value)? {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

/// The inverse of [`unless_empty`] for texts.
fn or_empty(text: Option<&str>) -> Value {
    Value::from(text.unwrap_or_default())
}

/// A list in TOML.
fn list<T: Into<Value>>(items: impl Iterator<Item = T>) -> Value {
    Value::Array(items.map(Into::into).collect())
}

/// `a text`, `an integer`.
fn article(value: &Value) -> String {
    let name = match value {
        Value::String(_) => "text",
        other => other.type_str(),
    };
    if name.starts_with(['a', 'i']) { format!("an {name}") } else { format!("a {name}") }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Reads a TOML literal with a kind, as Linux does.
    pub(crate) fn read<T>(kind: &Kind<T>, literal: &str) -> Result<T, String> {
        let table: toml::Table = format!("v = {literal}").parse().expect("a TOML value");
        (kind.parse)(&table["v"], Platform::Linux)
    }

    /// Each literal is read, and shown as the second says.
    pub(crate) fn accepts<T>(kind: &Kind<T>, cases: &[(&str, &str)]) {
        for (literal, shown) in cases {
            match read(kind, literal) {
                Ok(value) => assert_eq!((kind.show)(&value).to_string(), *shown, "{literal}"),
                Err(why) => panic!("{literal}: {why}"),
            }
        }
    }

    /// Each literal is refused with a reason that holds the second text.
    pub(crate) fn refuses<T>(kind: &Kind<T>, cases: &[(&str, &str)]) {
        for (literal, expected) in cases {
            match read(kind, literal) {
                Ok(value) => panic!("{literal} was read as {}", (kind.show)(&value)),
                Err(why) => assert!(why.contains(expected), "{literal}: {why}"),
            }
        }
    }
}
