//! A file's code apart from its tests.

use super::tokens::{self, Token};

/// One source file.
pub(crate) struct Source {
    /// Every token.
    pub(crate) all: Vec<Token>,
    /// The tokens of what is compiled outside tests.
    pub(crate) code: Vec<Token>,
    /// Lines that belong to no test.
    pub(crate) lines: usize,
    /// Modules in files of their own that are compiled for tests only: a name, or a file's name.
    pub(crate) test_modules: Vec<String>,
}

impl Source {
    pub(crate) fn read(text: &str) -> Self {
        let all = tokens::read(text);
        let mut source = Self {
            code: Vec::with_capacity(all.len()),
            lines: text.lines().count(),
            test_modules: Vec::new(),
            all,
        };
        let mut at = 0;
        while at < source.all.len() {
            match test_item(&source.all, at) {
                Some(end) => {
                    let item = &source.all[at..end];
                    source.lines -= item[item.len() - 1].line - item[0].line + 1;
                    source.test_modules.extend(module_file(item));
                    at = end;
                }
                None => {
                    source.code.push(source.all[at].clone());
                    at += 1;
                }
            }
        }
        source
    }
}

/// If an item for tests only begins at `at` with its attribute: the token after it.
fn test_item(tokens: &[Token], at: usize) -> Option<usize> {
    let mut end = attribute(tokens, at)?;
    let asks = &tokens[at + 2..end - 1];
    let test = asks.iter().map(|token| token.text.as_str()).take(4).collect::<Vec<_>>();
    let only = test.starts_with(&["cfg", "(", "test", ")"]) || test == ["cfg", "(", "all", "("];
    if !only || !asks.iter().any(|token| token.is("test")) || asks.iter().any(|token| token.is("not")) {
        return None;
    }
    while let Some(next) = attribute(tokens, end) {
        end = next;
    }
    let mut depth = 0;
    while let Some(token) = tokens.get(end) {
        end += 1;
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth -= 1,
            "}" => {
                depth -= 1;
                let more = tokens.get(end).is_some_and(|next| next.is(";") || next.is(","));
                if depth == 0 && !more {
                    return Some(end);
                }
            }
            // A statement, a field or an arm without braces.
            ";" | "," if depth == 0 => return Some(end),
            _ => {}
        }
    }
    Some(end)
}

/// If an attribute `#[…]` begins at `at`: the token after it.
fn attribute(tokens: &[Token], at: usize) -> Option<usize> {
    if !tokens.get(at)?.is("#") || !tokens.get(at + 1)?.is("[") {
        return None;
    }
    let mut depth = 0;
    for (ahead, token) in tokens[at + 1..].iter().enumerate() {
        match token.text.as_str() {
            "[" => depth += 1,
            "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1 + ahead + 1);
        }
    }
    None
}

/// Where the module `mod name;` that the item declares is: its `#[path]`, or its name.
fn module_file(item: &[Token]) -> Option<String> {
    let [.., keyword, name, end] = item else { return None };
    if !keyword.is("mod") || !end.is(";") {
        return None;
    }
    let path = item.windows(3).find(|three| three[0].is("path") && three[1].is("="));
    let path = path.and_then(|three| three[2].literal.as_deref());
    Some(path.map_or_else(|| name.text.clone(), |path| path.trim_end_matches(".rs").to_owned()))
}
