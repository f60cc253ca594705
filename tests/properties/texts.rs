//! Foreign text before it is shown.

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::host::text::{LINE_LIMIT, Lines, clean, clean_line};

use super::{hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("texts::lose_everything_that_a_terminal_obeys", harmless),
        property("texts::with_sequences_keep_what_stands_around_them", around),
        property("texts::come_as_the_same_lines_however_they_arrive", lines),
    ]
}

/// By what a terminal or a reader can be deceived, written down apart from the product's own table.
fn deceives(symbol: char) -> bool {
    matches!(symbol,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn sequence() -> impl Strategy<Value = String> {
    prop_oneof![
        "\u{1b}\\[[0-9;?]{0,6}[a-zA-Z]",
        "\u{1b}\\][0-9]{1,2};[a-z:/;]{0,9}(\u{7}|\u{1b}\\\\)",
        "\u{1b}[P_^X][a-z0-9;]{0,9}\u{1b}\\\\",
        "\u{9b}[0-9;]{0,4}m",
        "\u{9d}0;[a-z]{0,5}\u{9c}",
        "\u{1b}[()#][A-Z0-9]",
        "\u{1b}[=>78cDEHM]",
    ]
}

fn harmless() -> Result<(), String> {
    let piece = prop_oneof![
        3 => sequence().prop_map(String::into_bytes),
        3 => "\\PC{0,8}".prop_map(String::into_bytes),
        2 => "[\u{1b}\\[\\]P_^X\u{9b}\u{9d}\u{9c}\u{7}\\\\;0-9m\u{202e}\u{2066}\u{200d}\r\n\t]{0,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => (0..6_000_usize).prop_map(|length| vec![b'x'; length]),
    ];
    hold(&prop::collection::vec(piece, 0..8), |pieces| {
        let line = clean_line(&pieces.concat());
        prop_assert!(!line.chars().any(deceives), "{:?}", line);
        prop_assert!(line.len() <= LINE_LIMIT);
        prop_assert_eq!(&clean(&line), &line, "cleaned twice is cleaned once");
        Ok(())
    })
}

/// Whole sequences go, and nothing else: words between them stay, in order.
fn around() -> Result<(), String> {
    hold(&prop::collection::vec(("[a-z ]{0,6}", sequence()), 0..8), |pieces| {
        let text: String = pieces.iter().map(|(word, sequence)| format!("{word}{sequence}")).collect();
        let words: String = pieces.iter().map(|(word, _)| word.as_str()).collect();
        prop_assert_eq!(clean(&text), words, "{:?}", text);
        Ok(())
    })
}

fn lines() -> Result<(), String> {
    let strategy = (
        prop::collection::vec(any::<u8>(), 0..120),
        "[a-zé\r\n\u{1b}\\[]{0,80}",
        prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    );
    hold(&strategy, |(bytes, text, cuts)| {
        let all = [bytes, text.into_bytes()].concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(all.len() + 1)).collect();
        cuts.extend([0, all.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &all[pair[0]..pair[1]]).collect();
        let whole = split(&[&all]);
        prop_assert_eq!(split(&pieces), whole.clone());
        prop_assert!(!whole.iter().any(|line| line.chars().any(deceives)));
        Ok(())
    })
}

fn split(pieces: &[&[u8]]) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = Lines::default();
    for piece in pieces {
        lines.push(piece, &mut |line| found.push(line.to_owned()));
    }
    lines.finish(&mut |line| found.push(line.to_owned()));
    found
}
