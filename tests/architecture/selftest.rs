//! The checker against made-up houses: each rule broken once in each way that it can be, and kept.

use super::rules::check;

const DOOR: &str = "//! A room.\n";

/// What is said of one file, in a house where every room has its sign.
fn said(path: &str, text: &str) -> Vec<String> {
    let mut files = vec![(path.to_owned(), text.to_owned())];
    let room = path.split_once('/').map(|(room, _)| format!("{room}/mod.rs"));
    files.extend(room.filter(|door| door != path).map(|door| (door, DOOR.to_owned())));
    check(&files)
}

#[track_caller]
fn breaks(path: &str, text: &str, line: usize, words: &str) {
    let found = said(path, text);
    let place = format!("src/{path}:{line}: ");
    let one = found.len() == 1 && found[0].starts_with(&place) && found[0].contains(words);
    assert!(one, "{path}, {text:?}: wanted {place}…{words}…, found {found:#?}");
}

#[track_caller]
fn keeps(path: &str, text: &str) {
    let found = said(path, text);
    assert!(found.is_empty(), "{path}, {text:?}: {found:#?}");
}

#[test]
fn an_import_against_the_table_is_found_however_it_is_written() {
    let forms = [
        "use crate::store::Layout;",
        "use crate::store;",
        "use crate::{model::Run, store::Layout};",
        "use crate::{model::{Run, Step}, store::{self, Layout}};",
        "pub(crate) use crate::store::Layout as Place;",
        "use crate::{self, store::Layout};",
        "fn f(_: crate::store::Layout) {}",
        "fn f() { let _ = crate::store::Layout::new(); }",
        "use super::super::store::Layout;",
        "mod inner { use super::super::super::store::Layout; }",
        "fn f() -> r#crate::store::Layout {}",
        "macro_rules! m { () => { $crate::store::Layout } }",
        "#[cfg(test)] mod tests { use crate::store::Layout; }",
    ];
    for form in forms {
        breaks("engine/decide.rs", form, 1, "`engine` may not import `crate::store`");
    }
    breaks("engine/mod.rs", "//! A room.\nuse super::store;", 2, "`crate::store`");
    breaks("engine/decide.rs", "use crate::*;", 1, "`crate::*`");
    breaks("engine/decide.rs", "\n\nuse crate::{\n  model,\n  store,\n};", 5, "`crate::store`");
}

#[test]
fn an_import_within_the_table_is_none() {
    for form in [
        "use crate::model::Run;",
        "use crate::{model::{self, Run}, ports::World};",
        "use super::context; use super::super::engine::context as c;",
        "mod inner { use super::super::context; }",
        "use self::inner::Thing;",
        "// crate::store::Layout\n/* /* crate::store */ crate::store */",
        "/// [`crate::store::Layout`]\nfn f() {}",
        r##"const TEXT: &str = "crate::store"; const RAW: &str = r#"" crate::store "#;"##,
        "fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } // crate::store\n",
        "use std::fmt; fn f(_: store::Layout) {}",
    ] {
        keeps("engine/decide.rs", form);
    }
    keeps("cli/status.rs", "use crate::{daemon, tui, store::Layout};");
    keeps("main.rs", "use sentinel_updater::cli; fn main() { std::process::Command::new(\"x\"); }");
}

#[test]
fn every_room_has_a_sign_and_a_line_in_the_table() {
    breaks("model/mod.rs", "pub mod run;", 1, "no `//!` sign");
    breaks("model/mod.rs", "//!\npub mod run;", 1, "no `//!` sign");
    breaks("utils/mod.rs", "//! All sorts.\n", 1, "not in the table");
    breaks("model.rs", "//! The words.\n", 1, "a room is a folder");
    assert_eq!(check(&[("model/run.rs".into(), String::new())]), ["model: no mod.rs at its door"]);
}

#[test]
fn a_long_file_is_found_and_its_tests_do_not_count() {
    let lines = |count: usize| "const A: u8 = 1;\n".repeat(count);
    breaks("model/run.rs", &lines(401), 401, "401 lines");
    keeps("model/run.rs", &lines(400));
    keeps("model/run.rs", &format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(398), lines(90)));
    let files = [
        (
            "model/mod.rs".to_owned(),
            format!("{DOOR}#[cfg(test)]\nmod tests;\n#[cfg(test)]\n#[path = \"other.rs\"]\nmod o;"),
        ),
        ("model/tests/more.rs".to_owned(), lines(500)),
        ("model/other.rs".to_owned(), lines(500)),
        ("model/run.rs".to_owned(), "#[cfg(all(test, unix))] mod tests;".to_owned()),
        ("model/run/tests.rs".to_owned(), lines(500)),
    ];
    assert!(check(&files).is_empty(), "{:#?}", check(&files));
}

#[test]
fn only_some_rooms_ask_for_the_operating_system() {
    for form in [
        "#[cfg(windows)] fn f() {}",
        "#[cfg(unix)] fn f() {}",
        "#[cfg(not(unix))] fn f() {}",
        "#[cfg(any(test, unix))] fn f() {}",
        "#[cfg_attr(windows, allow(dead_code))] fn f() {}",
        "fn f() -> bool { cfg!(target_os = \"linux\") }",
    ] {
        breaks("store/layout.rs", form, 1, "outside host");
        keeps("host/files/mod.rs", form);
        keeps("service/mod.rs", &format!("{DOOR}{form}"));
        keeps("daemon/entry.rs", form);
        keeps("control/endpoint/pipe.rs", form);
        for place in
            ["lib.rs", "main.rs", "cli/run.rs", "control/server.rs", "daemon/service.rs", "daemon/entryx.rs"]
        {
            breaks(place, form, 1, "outside host");
        }
    }
    keeps("store/layout.rs", "#[cfg(test)] mod tests { #[cfg(unix)] fn f() {} }");
    keeps("store/layout.rs", "#[cfg(all(test, unix))] mod tests;");
    keeps("store/layout.rs", "#[cfg(feature = \"unix\")] fn f(unix: bool) {}");
}

#[test]
fn only_some_rooms_touch_the_system() {
    for (form, words) in [
        ("fn f() { std::process::Command::new(\"go\"); }", "started by `host`"),
        ("use std::process::{Command, Stdio};", "started by `host`"),
        ("use std::{process::{self, Stdio}}; fn f() { process::Command::new(\"go\"); }", "started by `host`"),
        ("use std::process as p; fn f() { p::Command::new(\"go\"); }", "started by `host`"),
        ("use std::process::*;", "started by `host`"),
        ("fn f() { tokio::process::Command::new(\"go\"); }", "started by `host`"),
        ("fn f() { std::env::var(\"HOME\"); }", "a layer of `config`"),
        ("use std::env; fn f() { env::var_os(\"HOME\"); }", "a layer of `config`"),
        ("use std::fs; fn f() { fs::write(a, b); }", "through `host`"),
        ("fn f() { std::fs::rename(a, b); }", "through `host`"),
        ("use std::fs::rename as mv;", "through `host`"),
    ] {
        breaks("store/layout.rs", form, 1, words);
        keeps("store/layout.rs", &format!("#[cfg(test)] mod tests {{ {form} }}"));
    }
    keeps("host/process/mod.rs", "use std::process::Command;");
    keeps("toolchain/build.rs", "use crate::host::process::Command; fn f() { Command::new(\"go\"); }");
    keeps("config/env.rs", "fn f() { std::env::var_os(\"HOME\"); }");
    keeps("cli/demo/tree.rs", "use std::fs; fn f() { fs::write(a, b); fs::rename(a, b); }");
    breaks("cli/run.rs", "use std::fs; fn f() { fs::write(a, b); }", 1, "through `host`");
    keeps("store/layout.rs", "use std::fs; fn f() { fs::read(a); env!(\"HOME\"); std::env::current_exe(); }");
}
