//! Command lines, as lists of words that no shell sees, and the agent's environment.

use std::collections::BTreeMap;

use toml::Value;

use super::{Kind, article, list, places, text, texts};
use crate::config::redact::Secret;

/// Arguments of a program that another setting names.
pub(in crate::config) const ARGUMENTS: Kind<Vec<String>> = Kind {
    accepts: r#"a list of arguments such as ["serve", "--quiet"]"#,
    parse: |value, _| Ok(texts(value)?.into_iter().map(str::to_owned).collect()),
    show: |words| list(words.iter().cloned()),
};

/// A program with its arguments; the empty list is "none".
pub(in crate::config) const COMMAND: Kind<Vec<String>> = Kind {
    accepts: r#"a list of a program's absolute path and its arguments such as ["/usr/bin/notify", "--now"], or an empty list for none"#,
    parse: |value, platform| {
        let words = texts(value)?;
        if let Some(program) = words.first() {
            places::absolute(program, platform)
                .map_err(|why| format!("of the program `{program}`, {why}"))?;
        }
        Ok(words.into_iter().map(str::to_owned).collect())
    },
    show: ARGUMENTS.show,
};

/// Variables; their values may be secrets.
pub(in crate::config) const VARIABLES: Kind<BTreeMap<String, Secret>> = Kind {
    accepts: r#"a table of names and texts such as { AGENT_MODE = "quiet" }"#,
    parse: |value, _| {
        let table = value.as_table().ok_or_else(|| format!("it is {}, not a table", article(value)))?;
        let variable = |(name, value): (&String, &Value)| {
            let legal = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !legal {
                return Err(format!("`{name}` is not a variable's name"));
            }
            let text = text(value).map_err(|why| format!("of `{name}`, {why}"))?;
            Ok((name.clone(), Secret::new(text)))
        };
        table.iter().map(variable).collect()
    },
    show: |variables| {
        let pairs = variables.iter().map(|(name, value)| (name.clone(), Value::from(value.expose())));
        Value::Table(pairs.collect())
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::kinds::testing::{accepts, refuses};

    #[test]
    fn command_lines() {
        accepts(&ARGUMENTS, &[("[]", "[]"), ("['serve', '']", r#"["serve", ""]"#)]);
        refuses(
            &ARGUMENTS,
            &[("'serve'", "a text, not a list"), ("[1]", "an integer"), ("[\"a\\u0000\"]", "control")],
        );
        accepts(&COMMAND, &[("[]", "[]"), ("['/bin/x', '-y']", r#"["/bin/x", "-y"]"#)]);
        refuses(&COMMAND, &[("['x']", "of the program `x`, it is not absolute"), ("['']", "empty")]);
    }

    #[test]
    fn variables() {
        accepts(&VARIABLES, &[("{}", "{}"), ("{ A_1 = 'x' }", r#"{ A_1 = "x" }"#)]);
        refuses(
            &VARIABLES,
            &[
                ("{ 1A = 'x' }", "`1A` is not"),
                ("{ A = 1 }", "of `A`, it is an integer"),
                ("'A=x'", "a text, not a table"),
                ("{ 'A B' = 'x' }", "`A B` is not"),
            ],
        );
    }
}
