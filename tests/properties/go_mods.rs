//! go.mod files as `golang.org/x/mod/modfile` reads those of dependencies.

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::model::go_mod::GoMod;

use super::mutations::{harmed, harms};
use super::oracle::Oracle;
use super::{hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("go_mods::are_read_as_go_reads_them", written),
        property("go_mods::that_are_harmed_are_read_as_go_reads_them_or_refused", mutated),
    ]
}

fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "v[01]\\.[0-9]\\.[0-9](-rc\\.[0-9])?",
        1 => "v[01]\\.[0-9]",
        1 => Just("v0.0.0-20191109021931-daa7c04131f5".to_owned()),
        1 => Just("v1".to_owned()),
        1 => Just("v1.0.0+meta".to_owned()),
    ]
}

fn quoted(text: String, how: u8) -> String {
    match how {
        0 => format!("\"{text}\""),
        1 => format!("`{text}`"),
        _ => text,
    }
}

fn comment() -> impl Strategy<Value = String> {
    prop_oneof![3 => Just(String::new()), 2 => " ?//[ a-zé()\\[\\],\"]{0,12}"]
}

/// What follows `retract`.
fn interval() -> impl Strategy<Value = String> {
    let one = (version(), 0..6_u8).prop_map(|(version, how)| quoted(version, how));
    let blank = || "[ ]{0,2}";
    let range = (version(), version(), blank(), blank(), blank(), blank())
        .prop_map(|(low, high, a, b, c, d)| format!("[{a}{low}{b},{c}{high}{d}]"));
    prop_oneof![one, range]
}

/// A directive or a block of them, with its comments.
fn directive() -> impl Strategy<Value = String> {
    let retract = (interval(), comment()).prop_map(|(what, why)| format!("retract {what}{why}"));
    let body = prop_oneof![
        4 => (interval(), comment()).prop_map(|(what, why)| format!("\t{what}{why}")),
        1 => comment().prop_map(|comment| format!("\t{comment}")),
    ];
    // No comment behind the parenthesis: with us it stands for the lines of the block, with Go for nothing.
    let block = (prop::collection::vec(body, 0..5), comment(), "(// above\n)?")
        .prop_map(|(lines, foot, above)| format!("{above}retract (\n{}\n){foot}", lines.join("\n")));
    let other = prop::sample::select(vec![
        "require example.org/lib v1.2.3",
        "require (\n\texample.org/lib v1.2.3 // indirect\n\t\"example.org/other\" v0.1.0\n)",
        "exclude example.org/lib v1.0.0",
        "replace example.org/lib => ../lib",
        "replace (\n\texample.org/lib v1.0.0 => example.org/fork v1.0.1\n)",
        "tool example.org/lib/cmd/x",
        "toolchain go1.23.4",
        "godebug default=go1.21",
        "future ( a\n b )",
        "future {}",
        "",
        "// Deprecated: use another.",
        "// a remark",
        "require ()",
        "retract ()",
    ])
    .prop_map(str::to_owned);
    prop_oneof![3 => retract, 3 => block, 4 => other, 1 => comment()]
}

fn file() -> impl Strategy<Value = String> {
    let module = ("[a-z]{1,5}\\.org/[a-zA-Z/]{1,8}", 0..6_u8, comment())
        .prop_map(|(path, how, comment)| format!("module {}{comment}", quoted(path, how)));
    let go = prop::sample::select(vec![
        "go 1.21",
        "go 1.22.3",
        "go 1.23rc1",
        "go v1.13",
        "go 1.9.x",
        "",
        "go 1.21 // why",
    ])
    .prop_map(str::to_owned);
    let parts = (module, go, prop::collection::vec(directive(), 0..6), any::<prop::sample::Index>(), 0..4_u8);
    parts.prop_map(|(module, go, mut rest, at, end)| {
        rest.insert(0, go);
        rest.insert(at.index(rest.len() + 1), module);
        let text = rest.join("\n");
        match end {
            0 => text.replace('\n', "\r\n"),
            1 => text,
            _ => text + "\n",
        }
    })
}

fn written() -> Result<(), String> {
    let oracle = Oracle::start()?;
    hold(&file(), |text| compare(&text.replace('`', ""), &oracle, Kind::Written))
}

fn mutated() -> Result<(), String> {
    let oracle = Oracle::start()?;
    let strategy = (file(), harms("()[]{},\"`\\/* \t\r\nv.0123+-aé\u{85}\u{a0}\u{2028}\u{feff}\0=>", 4));
    hold(&strategy, |(text, harms)| compare(&harmed(&text, &harms), &oracle, Kind::Harmed))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As people write it.
    Written,
    /// With what no honest file has.
    Harmed,
}

/// Where Go reads a file we read the same in it. Documented differences, which only harmed files show: Go
/// passes over a retraction that it cannot read, and we honour it (in back quotes) or refuse the file; and
/// we refuse escapes in strings and a module whose path is a parenthesis or the like. Where Go refuses a
/// file for other directives we may read it.
fn compare(text: &str, oracle: &Oracle, kind: Kind) -> Result<(), TestCaseError> {
    let go = oracle.ask("go.mod", &[text]);
    let ours = GoMod::parse(text);
    // Without a module path the go command refuses it after reading.
    if !go.ok[0] || go.module.is_empty() {
        return Ok(());
    }
    let ours = match ours {
        Ok(ours) => ours,
        Err(failure) if kind == Kind::Harmed && is_strict(&failure.what) => return Ok(()),
        Err(failure) => return Err(TestCaseError::fail(format!("{text:?}: {failure}"))),
    };
    prop_assert_eq!(&ours.module, &go.module, "{:?}", text);
    prop_assert_eq!(ours.go.as_deref().unwrap_or_default(), &go.go, "{:?}", text);
    let ours: Vec<_> =
        ours.retractions.iter().map(|r| row(r.low.as_str(), r.high.as_str(), &r.rationale)).collect();
    let theirs = go.retractions.iter().flatten();
    let theirs: Vec<_> = theirs.map(|r| row(&r.low, &r.high, &r.rationale)).collect();
    match kind {
        Kind::Written => {
            prop_assert_eq!(ours.len(), theirs.len(), "{:?}", text);
            for (ours, theirs) in ours.iter().zip(&theirs) {
                prop_assert_eq!(interval_of(ours), interval_of(theirs), "{:?}", text);
                // Where a comment on a block stands for a line is finer with Go; where it has one, it is ours.
                prop_assert!(theirs.ends_with("] ") || ours == theirs, "{:?}: {} {}", text, ours, theirs);
            }
        }
        Kind::Harmed => {
            let mut rest = ours.iter();
            let all = theirs.iter().all(|row| rest.any(|ours| interval_of(ours) == interval_of(row)));
            prop_assert!(all, "{:?}: {:?} {:?}", text, ours, theirs);
        }
    }
    Ok(())
}

fn is_strict(what: &str) -> bool {
    [
        "escape sequence",
        "must begin with a word",
        "that is no version and no [low, high]",
        // Go takes `module )` for a path, and refuses that one later.
        "the module's path is missing",
    ]
    .iter()
    .any(|words| what.contains(words))
}

/// A row without its rationale.
fn interval_of(row: &str) -> &str {
    row.split(']').next().unwrap_or_default()
}

/// Short forms written in full, and without what has no rank: Go keeps them as they were written.
fn precedence(version: &str) -> String {
    let number = version.split('+').next().unwrap_or_default();
    let missing = if number.contains('-') { 0 } else { 2_usize.saturating_sub(number.matches('.').count()) };
    format!("{number}{}", ".0".repeat(missing))
}

/// A retraction. Its rationale is one line with us and several with Go.
fn row(low: &str, high: &str, rationale: &str) -> String {
    let (low, high) = (precedence(low), precedence(high));
    format!("[{low}, {high}] {}", rationale.split_whitespace().collect::<Vec<_>>().join(" "))
}
