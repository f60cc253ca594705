//! Names of services, modules, packages, users, groups and build tags.

use toml::Value;

use super::{Kind, list, or_empty, text, texts, unless_empty};

/// A service's name becomes the name of files, directories and units: nothing in it may lead elsewhere.
pub(in crate::config) const SERVICE: Kind<String> = Kind {
    accepts: "a service's name of up to 64 letters, digits and `:` `_` `.` `@` `-`, not starting with `-` or `.`",
    parse: |value, _| {
        let name = limited(text(value)?, 64)?;
        starts_well(name)?;
        only(name, |c| c.is_ascii_alphanumeric() || ":_.@-".contains(c))?;
        Ok(name.into())
    },
    show: |name| Value::from(name.as_str()),
};

pub(in crate::config) const MODULE: Kind<String> = Kind {
    accepts: "a Go module's path such as `example.com/owner/agent`, without scheme and version",
    parse: |value, _| {
        let path = text(value)?;
        if path.contains("://") {
            return Err("a module's path has no scheme".into());
        }
        import_path(path, |c| c.is_ascii_alphanumeric() || "-._~".contains(c))?;
        match path.split('/').find(|element| element.starts_with('.')) {
            Some(element) => Err(format!("its element `{element}` starts with a dot")),
            None => Ok(path.into()),
        }
    },
    show: |path| Value::from(path.as_str()),
};

pub(in crate::config) const PACKAGE: Kind<String> = Kind {
    accepts: "a package's path inside the module such as `cmd/agent`, or the empty text for the module's root",
    parse: |value, _| {
        let path = text(value)?;
        if !path.is_empty() {
            import_path(path, |c| c.is_ascii_alphanumeric() || "-._~+".contains(c))?;
        }
        Ok(path.into())
    },
    show: |path| Value::from(path.as_str()),
};

pub(in crate::config) const USER: Kind<Option<String>> = Kind {
    accepts: "a user's name of up to 31 letters, digits and `_` `.` `-`, or the empty text for the default",
    parse: |value, _| unless_empty(value, account),
    show: |name| or_empty(name.as_deref()),
};

pub(in crate::config) const GROUP: Kind<Option<String>> = Kind {
    accepts: "a group's name of up to 31 letters, digits and `_` `.` `-`, or the empty text for none",
    parse: |value, _| unless_empty(value, account),
    show: |name| or_empty(name.as_deref()),
};

pub(in crate::config) const TAGS: Kind<Vec<String>> = Kind {
    accepts: r#"a list of Go build tags such as ["netgo", "sqlite_fts5"]"#,
    parse: |value, _| {
        let tags = texts(value)?;
        for tag in &tags {
            only(tag, |c| c.is_ascii_alphanumeric() || "_.".contains(c))
                .map_err(|why| format!("in the tag `{tag}`, {why}"))?;
        }
        Ok(tags.into_iter().map(str::to_owned).collect())
    },
    show: |tags| list(tags.iter().cloned()),
};

/// The rules that Go has for module and import paths alike.
fn import_path(path: &str, allowed: fn(char) -> bool) -> Result<(), String> {
    if let Some((_, version)) = path.split_once('@') {
        return Err(format!("it carries a version, `@{version}`"));
    }
    if path.starts_with('/') || path.ends_with('/') {
        return Err("it starts or ends with a slash".into());
    }
    if path.starts_with('-') {
        return Err("it starts with `-`".into());
    }
    for element in path.split('/') {
        if element.is_empty() {
            return Err(if path.is_empty() { "it is empty".into() } else { "it has a double slash".into() });
        }
        if element.bytes().all(|b| b == b'.') {
            return Err(format!("its element `{element}` leads elsewhere"));
        }
        if element.ends_with('.') {
            return Err(format!("its element `{element}` ends with a dot"));
        }
        only(element, allowed)?;
    }
    Ok(())
}

fn account(name: &str) -> Result<String, String> {
    starts_well(limited(name, 31)?)?;
    only(name, |c| c.is_ascii_alphanumeric() || "_.-".contains(c))?;
    Ok(name.into())
}

fn limited(name: &str, longest: usize) -> Result<&str, String> {
    match name.len() {
        0 => Err("it is empty".into()),
        length if length > longest => Err(format!("it has {length} bytes")),
        _ => Ok(name),
    }
}

fn starts_well(name: &str) -> Result<(), String> {
    if name.starts_with(['-', '.']) { Err(format!("it starts with `{}`", &name[..1])) } else { Ok(()) }
}

/// Every character is allowed, and there is one.
fn only(name: &str, allowed: impl Fn(char) -> bool) -> Result<(), String> {
    match name.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("`{c}` is not allowed")),
        None if name.is_empty() => Err("it is empty".into()),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::kinds::testing::{accepts, refuses};

    #[test]
    fn services() {
        accepts(
            &SERVICE,
            &[
                ("'sentinelgo'", r#""sentinelgo""#),
                ("'com.sentinelgo.agent'", r#""com.sentinelgo.agent""#),
                ("'a@b:c_d-1'", r#""a@b:c_d-1""#),
            ],
        );
        refuses(
            &SERVICE,
            &[
                ("''", "empty"),
                ("'-x'", "starts with `-`"),
                ("'..'", "starts with `.`"),
                ("'a/b'", "`/` is not allowed"),
                ("'a b'", "` ` is not"),
                ("'ä'", "`ä` is not"),
                ("\"a\\nb\"", "control"),
            ],
        );
        let long = format!("'{}'", "x".repeat(65));
        refuses(&SERVICE, &[(&long, "65 bytes")]);
    }

    #[test]
    fn modules() {
        accepts(
            &MODULE,
            &[
                ("'github.com/BrainStation-23/SentinelGo'", r#""github.com/BrainStation-23/SentinelGo""#),
                ("'example.com/x/v2'", r#""example.com/x/v2""#),
                ("'corp/agent'", r#""corp/agent""#),
                ("'agent'", r#""agent""#),
            ],
        );
        refuses(
            &MODULE,
            &[
                ("''", "empty"),
                ("'/x'", "slash"),
                ("'x/'", "slash"),
                ("'x//y'", "double slash"),
                ("'x/../y'", "leads elsewhere"),
                ("'./x'", "leads elsewhere"),
                ("'x/.git'", "starts with a dot"),
                ("'x./y'", "ends with a dot"),
                ("'-x'", "starts with `-`"),
                ("'x/y@v1.2.3'", "carries a version, `@v1.2.3`"),
                ("'https://x/y'", "no scheme"),
                ("'x/y z'", "` ` is not allowed"),
                ("'x/y+z'", "`+` is not allowed"),
                ("'x/é'", "`é` is not allowed"),
            ],
        );
    }

    #[test]
    fn packages_accounts_and_tags() {
        accepts(
            &PACKAGE,
            &[("''", r#""""#), ("'cmd/sentinel'", r#""cmd/sentinel""#), ("'c++/x'", r#""c++/x""#)],
        );
        refuses(
            &PACKAGE,
            &[
                ("'/cmd'", "slash"),
                ("'./cmd'", "leads elsewhere"),
                ("'cmd/..'", "leads elsewhere"),
                ("'cmd/...'", "leads elsewhere"),
                ("'a b'", "not allowed"),
            ],
        );
        accepts(&USER, &[("''", r#""""#), ("'_agent.1-x'", r#""_agent.1-x""#)]);
        refuses(
            &USER,
            &[
                ("'-x'", "starts"),
                ("'a:b'", "`:`"),
                ("'root/x'", "`/`"),
                ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "32 bytes"),
            ],
        );
        accepts(&TAGS, &[("[]", "[]"), ("['netgo', 'go1.21']", r#"["netgo", "go1.21"]"#)]);
        refuses(&TAGS, &[("['a,b']", "in the tag `a,b`, `,`"), ("['']", "empty"), ("'netgo'", "not a list")]);
    }
}
