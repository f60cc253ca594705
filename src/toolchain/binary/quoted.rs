//! Go's quoted strings, as `strconv.Quote` writes them.

/// Reads a quoted string at the start of `text`: its value and what follows it. Both forms of Go are
/// read, `"with \escapes"` and `` `raw` ``. `None`: it is none.
pub(super) fn read_prefix(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('`') {
        let (value, rest) = rest.split_once('`')?;
        return Some((value.to_owned(), rest));
    }
    let mut rest = text.strip_prefix('"')?;
    // Bytes, since `\xff` is one byte and not a character.
    let mut value = Vec::new();
    loop {
        let mut symbols = rest.chars();
        match symbols.next()? {
            '"' => return Some((String::from_utf8_lossy(&value).into_owned(), symbols.as_str())),
            '\\' => rest = escape(symbols.as_str(), &mut value)?,
            '\n' => return None,
            symbol => {
                put(symbol, &mut value);
                rest = symbols.as_str();
            }
        }
    }
}

/// Reads what follows a backslash into `value`; what is left.
fn escape<'a>(text: &'a str, value: &mut Vec<u8>) -> Option<&'a str> {
    let mut symbols = text.chars();
    let byte = match symbols.next()? {
        'a' => 0x07,
        'b' => 0x08,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '\'' => b'\'',
        '"' => b'"',
        'x' => {
            let (number, rest) = number(symbols.as_str(), 2, 16)?;
            value.push(u8::try_from(number).ok()?);
            return Some(rest);
        }
        'u' => return character(symbols.as_str(), 4, value),
        'U' => return character(symbols.as_str(), 8, value),
        '0'..='7' => {
            let (number, rest) = number(text, 3, 8)?;
            value.push(u8::try_from(number).ok()?);
            return Some(rest);
        }
        _ => return None,
    };
    value.push(byte);
    Some(symbols.as_str())
}

fn character<'a>(text: &'a str, digits: usize, value: &mut Vec<u8>) -> Option<&'a str> {
    let (number, rest) = number(text, digits, 16)?;
    put(char::from_u32(number)?, value);
    Some(rest)
}

fn number(text: &str, digits: usize, radix: u32) -> Option<(u32, &str)> {
    let (head, rest) = text.split_at_checked(digits)?;
    // from_str_radix would take a sign.
    if !head.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(head, radix).ok()?, rest))
}

fn put(symbol: char, value: &mut Vec<u8>) {
    value.extend_from_slice(symbol.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_go_writes() {
        for (text, value, rest) in [
            (r#""""#, "", ""),
            (r#""a b"c"#, "a b", "c"),
            (r#""\a\b\f\n\r\t\v\\\"\'""#, "\u{7}\u{8}\u{c}\n\r\t\u{b}\\\"'", ""),
            (r#""\x41\u00e9\U0001F980\101""#, "Aé🦀A", ""),
            (r#""\xff""#, "\u{fffd}", ""),
            ("`raw \\n`=", "raw \\n", "="),
        ] {
            assert_eq!(read_prefix(text), Some((value.to_owned(), rest)), "{text}");
        }
        for bad in [
            "",
            "a",
            "\"",
            "\"\\",
            "\"\\q\"",
            "\"\\x4\"",
            "\"\\x+4\"",
            "\"\\ud800\"",
            "\"\\400\"",
            "\"a\nb\"",
            "`a",
        ] {
            assert_eq!(read_prefix(bad), None, "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]
        #[test]
        fn nothing_makes_it_fall(text in "[\"`\\\\xuU0-9a-fé ]{0,40}|\\PC{0,40}") {
            let _ = read_prefix(&text);
        }
    }
}
