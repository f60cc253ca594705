//! Rust source as tokens: comments dropped, every literal one token without its text.

/// A word, a sign (`::` is one) or a literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
    /// The text of a string literal; rules about code must not see it.
    pub(crate) literal: Option<String>,
}

impl Token {
    pub(crate) fn is(&self, text: &str) -> bool {
        self.literal.is_none() && self.text == text
    }

    pub(crate) fn is_word(&self) -> bool {
        self.literal.is_none() && self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

pub(crate) fn read(source: &str) -> Vec<Token> {
    let mut reader = Reader { chars: source.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    while reader.at < reader.chars.len() {
        reader.step();
    }
    reader.tokens
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Reader {
    fn step(&mut self) {
        let line = self.line;
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => {
                while self.at < self.chars.len() && self.peek(0) != '\n' {
                    self.advance();
                }
            }
            ('/', '*') => self.block_comment(),
            ('"', _) => self.string(line),
            ('\'', _) => self.quote(line),
            (':', ':') => {
                self.at += 2;
                self.push("::".into(), line);
            }
            (c, _) if c.is_whitespace() => self.advance(),
            (c, _) if c.is_alphanumeric() || c == '_' => self.word(line),
            (c, _) => {
                self.at += 1;
                self.push(c.to_string(), line);
            }
        }
    }

    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self) {
        if self.peek(0) == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn push(&mut self, text: String, line: usize) {
        self.tokens.push(Token { text, line, literal: None });
    }

    fn push_literal(&mut self, text: String, line: usize) {
        self.tokens.push(Token { text: "literal".into(), line, literal: Some(text) });
    }

    /// Comments nest.
    fn block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => {
                    depth += 1;
                    self.at += 2;
                }
                ('*', '/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.advance(),
            }
        }
    }

    /// A string whose escapes count; the opening quote is next.
    fn string(&mut self, line: usize) {
        self.at += 1;
        let mut text = String::new();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                self.advance();
            }
            text.push(self.peek(0));
            self.advance();
        }
        self.at += 1;
        self.push_literal(text, line);
    }

    /// `r"…"`, `r#"…"#`; the first `#` or quote is next.
    fn raw_string(&mut self, hashes: usize, line: usize) {
        self.at += hashes + 1;
        let mut text = String::new();
        while self.at < self.chars.len() {
            if self.peek(0) == '"' && (1..=hashes).all(|n| self.peek(n) == '#') {
                self.at += hashes + 1;
                break;
            }
            text.push(self.peek(0));
            self.advance();
        }
        self.push_literal(text, line);
    }

    /// A character or a lifetime.
    fn quote(&mut self, line: usize) {
        if self.peek(1) == '\\' {
            self.at += 3;
            while self.at < self.chars.len() && self.peek(0) != '\'' {
                self.advance();
            }
            self.at += 1;
            self.push_literal(String::new(), line);
        } else if self.peek(2) == '\'' {
            self.at += 1;
            self.advance();
            self.at += 1;
            self.push_literal(String::new(), line);
        } else {
            self.at += 1;
        }
    }

    /// A word, a number, or the prefix of a literal.
    fn word(&mut self, line: usize) {
        let mut word = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            word.push(self.peek(0));
            self.at += 1;
        }
        let hashes = (0..).take_while(|&n| self.peek(n) == '#').count();
        match word.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == '"' => self.raw_string(hashes, line),
            "b" | "c" if self.peek(0) == '"' => self.string(line),
            "b" if self.peek(0) == '\'' => self.quote(line),
            // `r#type` is the word `type`.
            "r" if hashes == 1 => {
                self.at += 1;
                self.word(line);
            }
            _ => self.push(word, line),
        }
    }
}
