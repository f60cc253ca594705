//! What a program wrote to its terminal, byte by byte.

/// Control sequences in the order they came: `[2J`, `]52;c;…`, `P…`, `c`.
fn sequences(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let mut found = Vec::new();
    let mut symbols = text.chars().peekable();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '\u{1b}' => {
                let mut sequence = String::new();
                match symbols.next() {
                    Some('[') => {
                        sequence.push('[');
                        for symbol in symbols.by_ref() {
                            sequence.push(symbol);
                            if ('@'..='~').contains(&symbol) {
                                break;
                            }
                        }
                    }
                    Some(other) => sequence.push(other),
                    None => {}
                }
                found.push(sequence);
            }
            '\n' | '\r' => {}
            other if other.is_control() || "\u{202e}\u{200b}".contains(other) => {
                found.push(format!("{:?}", other));
            }
            _ => {}
        }
    }
    found
}

/// Nothing is there but what the dashboard writes itself.
pub(crate) fn only_ours(raw: &[u8]) {
    const MODES: &[&str] = &["?1049", "?25", "?2004", "?2026", "?1000", "?1006"];
    for sequence in sequences(raw) {
        let body = sequence.strip_prefix('[').unwrap_or("");
        let is_ours = match body.chars().last() {
            // To a place, over cells that stay, and the looks of what follows.
            Some('H' | 'C' | 'm') => {
                body[..body.len() - 1].chars().all(|symbol| symbol.is_ascii_digit() || symbol == ';')
            }
            Some('h' | 'l') => MODES.contains(&&body[..body.len() - 1]),
            // Clearing: at the start and when the size changes.
            Some('J') => body == "2J",
            _ => false,
        };
        assert!(is_ours, "a sequence that is not ours: {sequence:?}");
    }
}

/// Parameters of the sequences that set attributes.
fn attributes(raw: &[u8]) -> Vec<String> {
    let all = sequences(raw).into_iter();
    all.filter_map(|sequence| Some(sequence.strip_prefix('[')?.strip_suffix('m')?.to_owned())).collect()
}

/// Sequences that set a colour other than the terminal's own.
pub(crate) fn colors(raw: &[u8]) -> Vec<String> {
    let sets =
        |part: &str| part.parse::<u32>().is_ok_and(|code| matches!(code, 30..=38 | 40..=48 | 90..=107));
    attributes(raw).into_iter().filter(|sequence| sequence.split(';').any(sets)).collect()
}

/// Whether bold, dim, underlined or reversed text was written.
pub(crate) fn has_attribute(raw: &[u8]) -> bool {
    attributes(raw).iter().any(|sequence| ["1", "2", "4", "7"].contains(&sequence.as_str()))
}
