//! Values written so that systemd reads back exactly what was meant (`systemd.syntax(7)`,
//! `systemd.service(5)`). Pure.
//!
//! What no escape can carry is refused: a control character could end the line and begin a setting of
//! somebody else's choice.

use crate::host::text;
use crate::model::{Class, Failure, Outcome};

/// Symbols that mean nothing to systemd anywhere in a word.
const PLAIN: &str = "_/.,:=@+-";

/// A word of a command line after its first: `%` and `$` are its own, not specifiers or variables.
///
/// # Errors
/// `Config` for control characters.
pub(super) fn argument(setting: &str, value: &str) -> Outcome<String> {
    refuse_controls(setting, value)?;
    Ok(quote(&value.replace('%', "%%").replace('$', "$$")))
}

/// The first word of a command line. No variable is replaced in it, so `$` stays.
///
/// # Errors
/// `Config` for a path that systemd does not run: relative, or with a quote, a backslash or a control
/// character.
pub(super) fn executable(setting: &str, path: &str) -> Outcome<String> {
    refuse_controls(setting, path)?;
    if !path.starts_with('/') || path.contains(['"', '\'', '\\']) {
        return Err(bad(setting, path, "systemd runs only absolute paths without quotes and backslashes"));
    }
    Ok(quote(&path.replace('%', "%%")))
}

/// `Environment=` of one variable.
///
/// # Errors
/// `Config` for a name that is none, or for control characters in the value.
pub(super) fn variable(name: &str, value: &str) -> Outcome<String> {
    let letter = |symbol: char| symbol == '_' || symbol.is_ascii_alphabetic();
    let symbol = |symbol: char| letter(symbol) || symbol.is_ascii_digit();
    if !name.starts_with(letter) || !name.chars().all(symbol) {
        return Err(bad(
            "agent.env",
            name,
            "a variable's name has letters, digits and `_`, and no digit first",
        ));
    }
    refuse_controls(&format!("agent.env.{name}"), value)?;
    // Always quoted: an unquoted space would begin a second variable.
    Ok(format!("\"{name}={}\"", inside_quotes(&value.replace('%', "%%"))))
}

/// A path for a setting that takes the rest of the line as it is: no quotes, no escapes.
///
/// # Errors
/// `Config` for a path that the line's syntax would change: relative, with control characters, with a
/// blank at an end or a backslash at the end.
pub(super) fn bare_path(setting: &str, path: &str) -> Outcome<String> {
    refuse_controls(setting, path)?;
    if !path.starts_with('/') || path.ends_with('\\') || path.trim() != path {
        return Err(bad(
            setting,
            path,
            "a unit takes an absolute path without a blank or a backslash at its end",
        ));
    }
    Ok(path.replace('%', "%%"))
}

/// A user's name or number.
///
/// # Errors
/// `Config` for what cannot be one.
pub(super) fn user(name: &str) -> Outcome<String> {
    let symbol = |symbol: char| symbol.is_ascii_alphanumeric() || "_-.".contains(symbol);
    if name.is_empty() || name.starts_with(['-', '.']) || !name.chars().all(symbol) {
        return Err(bad("agent.user", name, "not the name of a user"));
    }
    Ok(name.to_owned())
}

fn quote(value: &str) -> String {
    let plain = |symbol: char| symbol.is_ascii_alphanumeric() || PLAIN.contains(symbol);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("\"{}\"", inside_quotes(value))
}

fn inside_quotes(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}

fn refuse_controls(setting: &str, value: &str) -> Outcome<()> {
    // The two separators are line ends to some readers, though not to systemd.
    if value.contains(|symbol: char| symbol.is_control() || matches!(symbol, '\u{2028}' | '\u{2029}')) {
        return Err(bad(setting, value, "control characters cannot be written into a unit"));
    }
    Ok(())
}

fn bad(setting: &str, value: &str, why: &str) -> Failure {
    let shown = text::clean(value);
    Failure::new(Class::Config, format!("`{setting}` cannot be `{shown}`")).cause(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_line() {
        for (value, word) in [
            ("run", "run"),
            ("--listen=127.0.0.1:80", "--listen=127.0.0.1:80"),
            ("", "\"\""),
            (";", "\";\""),
            ("a b", "\"a b\""),
            ("50%", "\"50%%\""),
            ("$HOME ${X}", "\"$$HOME $${X}\""),
            (r#"say "hi" \ 'x'"#, r#""say \"hi\" \\ 'x'""#),
            ("é", "\"é\""),
        ] {
            assert_eq!(argument("agent.args", value).expect(value), word);
        }
    }

    #[test]
    fn other_places() {
        assert_eq!(executable("x", "/opt/My App/$a%b").expect("path"), "\"/opt/My App/$a%%b\"");
        assert_eq!(variable("A", "x y%H\"").expect("variable"), "\"A=x y%%H\\\"\"");
        assert_eq!(bare_path("x", "/var/My \"Data\" 5%").expect("path"), "/var/My \"Data\" 5%%");
        assert_eq!(user("_agent-1").expect("user"), "_agent-1");
    }

    #[test]
    fn what_cannot_be_carried_is_refused_by_name() {
        let refused = [
            argument("agent.args", "a\nExecStartPre=/bin/evil"),
            argument("agent.args", "\0"),
            argument("agent.args", "\u{9b}"),
            executable("agent.binary", "sentinel"),
            executable("agent.binary", "/opt/a\"b"),
            executable("agent.binary", "/opt/a\\b"),
            variable("1A", "x"),
            variable("A B", "x"),
            variable("", "x"),
            variable("A", "x\ny"),
            bare_path("paths.data", "data"),
            bare_path("paths.data", "/data "),
            bare_path("paths.data", "/data\\"),
            user("a b"),
            user("-a"),
            user("a%n"),
            user(""),
        ];
        for refused in refused {
            let failure = refused.expect_err("refused");
            assert_eq!(failure.class, Class::Config);
            assert!(!failure.to_string().contains('\n'), "{failure}");
        }
        let failure = variable("TOKEN", "a\nb").expect_err("refused");
        assert!(failure.what.contains("agent.env.TOKEN"), "{failure}");
    }
}
