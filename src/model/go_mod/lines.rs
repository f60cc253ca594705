//! The words of a go.mod, line by line.

/// A line of a go.mod.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Its words: names, unquoted strings, and each of `( ) [ ] { } ,` by itself.
    pub(super) words: Vec<Word>,
    /// The text after `//`, trimmed.
    pub(super) comment: Option<String>,
}

/// A word; a string without its quotes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// What a word is: a quoted `"("` is no punctuation, and a quoted `"module"` no directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Mark,
    Bare,
    Quoted,
}

impl Line {
    /// True when the word at `index` is the punctuation `mark`.
    pub(super) fn is_mark(&self, index: usize, mark: &str) -> bool {
        self.words.get(index).is_some_and(|word| word.kind == Kind::Mark && word.text == mark)
    }

    /// The word at `index`, if it is neither punctuation nor quoted.
    pub(super) fn bare(&self, index: usize) -> Option<&str> {
        self.words.get(index).filter(|word| word.kind == Kind::Bare).map(|word| word.text.as_str())
    }

    /// The word at `index`, unless it is punctuation.
    pub(super) fn name(&self, index: usize) -> Option<&str> {
        self.words.get(index).filter(|word| word.kind != Kind::Mark).map(|word| word.text.as_str())
    }
}

/// Takes one line apart.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(number: usize, text: &str) -> Result<Line, &'static str> {
    let mut line = Line { number, ..Line::default() };
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            line.comment = Some(comment.trim().to_owned());
            break;
        }
        if rest.starts_with("/*") {
            return Err("comments are written with // in a go.mod");
        }
        let (kind, (text, after)) = match first {
            '"' => (Kind::Quoted, interpreted(&rest[1..])?),
            '`' => (Kind::Quoted, raw(&rest[1..])?),
            _ if is_mark(first) => (Kind::Mark, (first.to_string(), &rest[first.len_utf8()..])),
            _ => (Kind::Bare, bare(rest)),
        };
        line.words.push(Word { text, kind });
        rest = after.trim_start();
    }
    Ok(line)
}

fn is_mark(symbol: char) -> bool {
    matches!(symbol, '(' | ')' | '[' | ']' | '{' | '}' | ',')
}

/// A name: up to a blank, a mark or a comment.
fn bare(text: &str) -> (String, &str) {
    let ends = |(at, symbol): (usize, char)| {
        (symbol.is_whitespace() || is_mark(symbol) || (at > 0 && text[at..].starts_with("//"))).then_some(at)
    };
    let end = text.char_indices().find_map(ends).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

/// The rest of a string in back quotes.
fn raw(text: &str) -> Result<(String, &str), &'static str> {
    let (inside, after) = text.split_once('`').ok_or("a string does not end")?;
    Ok((inside.to_owned(), after))
}

/// The rest of a string in double quotes. Paths and versions need no escapes but these two.
fn interpreted(text: &str) -> Result<(String, &str), &'static str> {
    let mut word = String::new();
    let mut symbols = text.char_indices();
    while let Some((at, symbol)) = symbols.next() {
        match symbol {
            '"' => return Ok((word, &text[at + 1..])),
            '\\' => match symbols.next() {
                Some((_, escaped @ ('\\' | '"'))) => word.push(escaped),
                _ => return Err("a string holds an escape sequence that no path or version needs"),
            },
            symbol => word.push(symbol),
        }
    }
    Err("a string does not end")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        read(1, text).unwrap().words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_strings_marks_and_comments() {
        for (text, expected) in [
            ("", vec![]),
            ("  // only a comment", vec![]),
            ("module example.org/a//b", vec!["module", "example.org/a"]),
            ("\tretract [v1.0.0,v1.2.0]\r", vec!["retract", "[", "v1.0.0", ",", "v1.2.0", "]"]),
            ("module \"a b\" `c(d`", vec!["module", "a b", "c(d"]),
            (r#"x "q\"uo\\te""#, vec!["x", r#"q"uo\te"#]),
            ("retract(", vec!["retract", "("]),
        ] {
            assert_eq!(words(text), expected, "{text:?}");
        }
        assert_eq!(read(1, "go 1.22 //  why ").unwrap().comment.as_deref(), Some("why"));
        assert!(!read(1, "\"(\"").unwrap().is_mark(0, "("));
        assert_eq!(read(1, "\"go\"").unwrap().bare(0), None);
        for bad in ["\"open", "`open", "/* no */", r#""\x41""#] {
            assert!(read(1, bad).is_err(), "{bad:?}");
        }
    }
}
