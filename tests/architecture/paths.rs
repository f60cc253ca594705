//! The paths that code names, whole: groups of `use` taken apart, local names resolved.

use std::collections::HashMap;

use super::tokens::Token;

/// A path with the line it stands on. The first part is `crate` for one of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) line: usize,
    pub(crate) parts: Vec<String>,
}

/// Every path in `tokens`. `module` is the path of the file's module below the crate: `super` is
/// resolved against it and against the modules inside the file.
pub(crate) fn named(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut reader = Reader {
        tokens,
        at: 0,
        inside: module.to_vec(),
        braces: Vec::new(),
        found: Vec::new(),
        local: HashMap::new(),
    };
    reader.read();
    let Reader { found, local, .. } = reader;
    found.into_iter().map(|path| resolve(path, &local)).collect()
}

/// Replaces a first part that a `use` of the file has given a meaning.
fn resolve(mut path: Named, local: &HashMap<String, Vec<String>>) -> Named {
    if let Some(meaning) = local.get(&path.parts[0]) {
        path.parts.splice(0..1, meaning.iter().cloned());
    }
    path
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    inside: Vec<String>,
    /// Open braces: whether each is a module's.
    braces: Vec<bool>,
    found: Vec<Named>,
    local: HashMap<String, Vec<String>>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            match token.text.as_str() {
                _ if token.literal.is_some() => self.at += 1,
                "mod" if self.is(2, "{") => {
                    self.inside.push(self.tokens[self.at + 1].text.clone());
                    self.braces.push(true);
                    self.at += 3;
                }
                "{" => {
                    self.braces.push(false);
                    self.at += 1;
                }
                "}" => {
                    if self.braces.pop() == Some(true) {
                        self.inside.pop();
                    }
                    self.at += 1;
                }
                "use" => {
                    self.at += 1;
                    if self.is(0, "::") {
                        self.at += 1;
                    }
                    self.tree(&mut Vec::new());
                }
                _ if token.is_word() && self.is(1, "::") => self.inline(),
                _ => self.at += 1,
            }
        }
    }

    fn is(&self, ahead: usize, text: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is(text))
    }

    /// One tree of a `use`, after what stands before it.
    fn tree(&mut self, before: &mut Vec<String>) {
        let depth = before.len();
        while let Some(token) = self.tokens.get(self.at) {
            let line = token.line;
            if token.is("{") {
                self.at += 1;
                while self.at < self.tokens.len() && !self.is(0, "}") {
                    self.tree(before);
                    if self.is(0, ",") {
                        self.at += 1;
                    }
                }
                self.at += 1;
                break;
            }
            if !token.is_word() && !token.is("*") {
                // Not the shape of a `use`: `use<…>` of a type's bounds.
                self.at += 1;
                break;
            }
            before.push(token.text.clone());
            self.at += 1;
            if self.is(0, "::") {
                self.at += 1;
                continue;
            }
            let mut path = before.clone();
            if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
                path.pop();
            }
            let parts = self.whole(path);
            let mut name = parts.last().cloned().unwrap_or_default();
            if self.is(0, "as") {
                name = self.tokens.get(self.at + 1).map(|token| token.text.clone()).unwrap_or_default();
                self.at += 2;
            }
            if parts.len() > 1 {
                self.local.insert(name, parts.clone());
            }
            self.found.push(Named { line, parts });
            break;
        }
        before.truncate(depth);
    }

    /// A path outside a `use`, or `$crate::…` in a macro.
    fn inline(&mut self) {
        let line = self.tokens[self.at].line;
        let mut path = Vec::new();
        while self.tokens.get(self.at).is_some_and(Token::is_word) {
            path.push(self.tokens[self.at].text.clone());
            self.at += 1;
            if !self.is(0, "::") {
                break;
            }
            self.at += 1;
        }
        let parts = self.whole(path);
        self.found.push(Named { line, parts });
    }

    /// `super` and `self` in terms of `crate`.
    fn whole(&self, path: Vec<String>) -> Vec<String> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        if ups == 0 && path[0] != "self" {
            return path;
        }
        let rest = path[ups..].iter().filter(|part| *part != "self").cloned();
        let stay = self.inside.len().saturating_sub(ups);
        std::iter::once("crate".to_owned()).chain(self.inside[..stay].iter().cloned()).chain(rest).collect()
    }
}
