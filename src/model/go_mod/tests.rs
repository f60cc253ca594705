//! go.mod files as they are found, and as they should not be.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use crate::model::go_mod::GoMod;
use crate::model::{Class, Version};

fn v(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// Low end, high end and reason of each retraction.
fn retractions(text: &str) -> Vec<(String, String, String)> {
    let go_mod = GoMod::parse(&format!("module example.org/a\n{text}")).unwrap();
    let row = |r: super::Retraction| (r.low.to_string(), r.high.to_string(), r.rationale);
    go_mod.retractions.into_iter().map(row).collect()
}

fn row(low: &str, high: &str, why: &str) -> (String, String, String) {
    (low.into(), high.into(), why.into())
}

#[test]
fn a_whole_file() {
    let go_mod = GoMod::parse(
        "// Deprecated: use b.\r\nmodule \"example.org/a\" // path\r\n\r\ngo 1.22.3\r\ntoolchain go1.23.4\r\n\
         require (\r\n\texample.org/b v1.0.0 // indirect\r\n)\r\nrequire example.org/c v0.1.0\r\n\
         tool example.org/t\r\nfuture ( )\r\nfuture thing (\r\n x\r\n)\r\n",
    )
    .unwrap();
    assert_eq!(go_mod.module, "example.org/a");
    assert_eq!(go_mod.go.as_deref(), Some("1.22.3"));
    assert_eq!(go_mod.toolchain.as_deref(), Some("go1.23.4"));
    let requires: Vec<String> =
        go_mod.requires.iter().map(|(path, version)| format!("{path}@{version}")).collect();
    assert_eq!(requires, ["example.org/b@v1.0.0", "example.org/c@v0.1.0"]);
    assert!(go_mod.is_real && !go_mod.has_replace_or_exclude && go_mod.retractions.is_empty());
}

#[test]
fn retractions_in_every_form() {
    assert_eq!(retractions("retract v1.0.0"), [row("v1.0.0", "v1.0.0", "")]);
    assert_eq!(retractions("retract v1.0.0 // broken"), [row("v1.0.0", "v1.0.0", "broken")]);
    assert_eq!(
        retractions("// leaks\n// badly\nretract \"v1.0.0\""),
        [row("v1.0.0", "v1.0.0", "leaks badly")]
    );
    assert_eq!(retractions("// not this\n\nretract v1.0.0"), [row("v1.0.0", "v1.0.0", "")]);
    assert_eq!(retractions("retract [v1.2.0, v1.2.1] // both"), [row("v1.2.0", "v1.2.1", "both")]);
    assert_eq!(retractions("retract [ v1.2 , v1.3.0+meta ]"), [row("v1.2.0", "v1.3.0", "")]);
    assert_eq!(retractions("retract v1"), [row("v1.0.0", "v1.0.0", "")]);
    assert_eq!(
        retractions(
            "// all\nretract (\n\t// one\n\tv1.0.0\n\n\tv1.1.0 // two\n\t[v1.2.0,v1.3.0]\n)\nretract v1.9.0"
        ),
        [
            row("v1.0.0", "v1.0.0", "one"),
            row("v1.1.0", "v1.1.0", "two"),
            row("v1.2.0", "v1.3.0", "all"),
            row("v1.9.0", "v1.9.0", "")
        ]
    );
    assert!(retractions("retract ()").is_empty());
}

#[test]
fn a_retraction_that_cannot_be_understood_is_not_passed_over() {
    for bad in [
        "retract",
        "retract latest",
        "retract [v1.0.0]",
        "retract [v1.0.0, ]",
        "retract [v1.0.0, v1.1.0",
        "retract > v1.0.0",
        "retract (\n v1.0.0",
        "retract \"v1.0.0",
        "retract v1.0.0+",
    ] {
        let failure = GoMod::parse(&format!("module example.org/a\n{bad}\n")).unwrap_err();
        assert_eq!(failure.class, Class::Module, "{bad:?}");
        assert!(failure.what.contains("line 2"), "{failure}");
    }
}

#[test]
fn knows_what_a_proxy_made_up() {
    for (text, is_real) in [
        ("module example.org/a\n", false),
        ("module \"example.org/a\"\n", false),
        ("module example.org/a\n\ngo 1.20\n", true),
        ("module example.org/a // by hand\n", true),
        ("module example.org/a", true),
    ] {
        assert_eq!(GoMod::parse(text).unwrap().is_real, is_real, "{text:?}");
    }
}

#[test]
fn sees_what_go_install_refuses() {
    for (text, expected) in [
        ("replace example.org/b => ../b", true),
        ("exclude (\n example.org/b v1.0.0\n)", true),
        ("replace ()", false),
        ("replace (\n)", false),
        ("// replace example.org/b => ../b", false),
    ] {
        let go_mod = GoMod::parse(&format!("module example.org/a\n{text}\n")).unwrap();
        assert_eq!(go_mod.has_replace_or_exclude, expected, "{text:?}");
    }
}

#[test]
fn tells_which_versions_were_taken_back_and_why() {
    let go_mod = GoMod::parse(
        "module example.org/a\nretract v1.2.0 // one\nretract [v1.1.0, v1.3.0] // two\nretract v2.0.0\n",
    )
    .unwrap();
    for (version, reason) in [
        ("v1.0.9", None),
        ("v1.1.0", Some("two")),
        ("v1.2.0", Some("one; two")),
        ("v1.3.0", Some("two")),
        ("v1.3.1-rc.1", None),
        ("v2.0.0+incompatible", Some("")),
    ] {
        assert_eq!(go_mod.retracted(&v(version)).as_deref(), reason, "{version}");
    }
}

#[test]
fn checks_whom_it_belongs_to() {
    let go_mod = GoMod::parse("module example.org/a\n\ngo 1.20\n").unwrap();
    assert_eq!(go_mod.check_declares("example.org/a", &v("v1.0.0")), Ok(()));
    let renamed = go_mod.check_declares("example.org/b", &v("v1.0.0")).unwrap_err();
    assert_eq!(renamed.what, "module declares its path as example.org/a but is required as example.org/b");
    assert!(go_mod.check_declares("example.org/a", &v("v2.0.0")).is_err());
    assert!(go_mod.check_declares("example.org/a", &v("v2.0.0+incompatible")).is_err());
    let made_up = GoMod::parse("module example.org/a\n").unwrap();
    assert_eq!(made_up.check_declares("example.org/a", &v("v2.0.0+incompatible")), Ok(()));
    assert!(GoMod::default().check_declares("example.org/a", &v("v1.0.0")).is_err());
}

#[test]
fn go_lines_of_old_tools() {
    for (text, expected) in [
        ("go 1.22", "1.22"),
        ("go v1.13", "1.13"),
        ("go 1.23rc1", "1.23rc1"),
        ("go 1.9.x", "1.9"),
        ("go v1.22.3", "1.22"),
    ] {
        assert_eq!(GoMod::parse(text).unwrap().go.as_deref(), Some(expected), "{text:?}");
    }
    for bad in ["go", "go next", "go 1.22 more", "go 1.22 (more)", "go \"1.22\"", "go 1.22\ngo 1.22"] {
        assert!(GoMod::parse(bad).is_err(), "{bad:?}");
    }
}

/// A parenthesis at the end of a line opens a block, whatever stands before it, and a block with more than
/// one word in its head is of no known kind.
#[test]
fn heads_of_blocks() {
    for (text, go) in [
        // The property over harmed files found this one.
        ("go 1.22.3\r(require ()\r\nexclude example.org/b v1.0.0", None),
        ("go 1.22.3 ()", None),
        ("go 1.22.3 (\n)", None),
        ("go (\n1.22.3\n)", None),
        ("go ()", None),
        ("\"go\" 1.22.3", None),
        ("`go` (\n1.22.3\n)", None),
        ("go 1.22.3\r", Some("1.22.3")),
        ("go\r1.22.3", Some("1.22.3")),
        ("future (a) b (\ngo 1.21\n)\ngo 1.22.3", Some("1.22.3")),
        ("future ( ( )\ngo 1.22.3", Some("1.22.3")),
        ("future ( (\ngo 1.21\n)\ngo 1.22.3", Some("1.22.3")),
        ("future ( ) b\ngo 1.22.3", Some("1.22.3")),
        ("future \"(\"\ngo 1.22.3", Some("1.22.3")),
    ] {
        let go_mod = GoMod::parse(&format!("module example.org/a\n{text}\n")).unwrap();
        assert_eq!(go_mod.go.as_deref(), go, "{text:?}");
        assert_eq!(go_mod.module, "example.org/a", "{text:?}");
    }
    assert_eq!(GoMod::parse("module (\nexample.org/a\n)").unwrap().module, "example.org/a");
    assert_eq!(GoMod::parse("\"module\" example.org/a").unwrap().module, "");
    assert!(GoMod::parse("module example.org/a b").is_err());
    assert!(retractions("retract more (\nv1.0.0\n)").is_empty());
    assert!(retractions("retract v1.0.0 ()").is_empty());
    assert_eq!(retractions("retract v1.0.0 more"), [row("v1.0.0", "v1.0.0", "")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn never_panics(text in "\\PC*|[a-z()\\[\\],\"`/*\\\\ v0-9.\\r\\n\\t+-]{0,200}") {
        let _ = GoMod::parse(&text);
    }

    #[test]
    fn reads_back_what_was_written(
        retractions in proptest::collection::vec((0u32..50, 0u32..50, "[a-z ]{0,12}"), 0..8),
        as_block: bool,
        ending in "\\r?\\n",
    ) {
        let lines: Vec<String> = retractions
            .iter()
            .map(|(low, more, why)| format!("[v1.{low}.0, v1.{}.0] // {why}", low + more))
            .collect();
        let body = if as_block {
            format!("retract ({ending}{}{ending})", lines.join(&ending))
        } else {
            lines.iter().map(|line| format!("retract {line}{ending}")).collect()
        };
        let go_mod = GoMod::parse(&format!("module example.org/a{ending}{body}")).unwrap();
        prop_assert_eq!(go_mod.retractions.len(), retractions.len());
        for (read, (low, more, why)) in go_mod.retractions.iter().zip(&retractions) {
            prop_assert_eq!(read.low.to_string(), format!("v1.{low}.0"));
            prop_assert_eq!(read.high.to_string(), format!("v1.{}.0", low + more));
            prop_assert_eq!(&read.rationale, why.trim());
        }
    }
}
