//! What module proxies may answer: an ordered offer or a failure in clean words, never a panic.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::host::http::{Http, Options};
use sentinel_updater::model::{Class, Failure, Version};
use sentinel_updater::ports::{Cancel, ModuleSource as _};
use sentinel_updater::source::{Proxies, ProxySource};

use super::mutations::{harmed, harms};
use super::{folder, hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("answers::of_any_list_and_go_mod_are_an_order_or_a_failure", lists),
        property("answers::of_any_info_are_the_version_asked_for_or_a_failure", infos),
    ]
}

const MODULE: &str = "example.test/agent";

/// A proxy's tree, asked anew each time.
struct Tree {
    folder: tempfile::TempDir,
    http: Arc<Http>,
    _runtime: tokio::runtime::Runtime,
}

impl Tree {
    fn new() -> Result<Self, String> {
        let folder = folder()?;
        fs::create_dir_all(folder.path().join(MODULE).join("@v")).map_err(|error| error.to_string())?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        let http = Arc::new(Http::new(runtime.handle().clone(), Options::default()));
        Ok(Self { folder, http, _runtime: runtime })
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.path().join(MODULE).join(name), bytes).expect("written");
    }

    fn source(&self) -> ProxySource {
        let url = format!("file://{}", self.folder.path().display());
        ProxySource::new(self.http.clone(), Proxies::parse(&url).expect("a proxy"), None)
    }

    /// Writes that every version that a list may name has this go.mod.
    fn rule(&self, list: &[u8], text: &[u8]) {
        for word in String::from_utf8_lossy(list).split_whitespace() {
            if Version::parse(word).is_ok() && word.len() < 100 {
                let name = word.chars().flat_map(|c| {
                    let mark = c.is_ascii_uppercase().then_some('!');
                    mark.into_iter().chain([c.to_ascii_lowercase()])
                });
                self.put(&format!("@v/{}.mod", name.collect::<String>()), text);
            }
        }
    }

    fn clean(&self) {
        let place = self.folder.path().join(MODULE);
        let _ = fs::remove_file(place.join("@latest"));
        clean(&place.join("@v"));
    }
}

fn clean(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        fs::remove_file(entry.expect("an entry").path()).expect("removed");
    }
}

/// A failure that may be shown and logged as it is.
fn is_proper(failure: &Failure) -> Result<(), TestCaseError> {
    let known = [Class::Network, Class::Module, Class::Security, Class::Disk];
    prop_assert!(known.contains(&failure.class), "{:?}", failure);
    prop_assert!(failure.line().contains(MODULE), "{:?}", failure);
    prop_assert!(!failure.to_string().chars().any(char::is_control), "{:?}", failure);
    Ok(())
}

const HTML: &str = "<!DOCTYPE html><html><head><title>Log in</title></head><body>v1.0.0</body></html>";

fn list() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        5 => "v[0-2]\\.[0-3]\\.[0-3](-rc\\.[0-9])?",
        1 => "v[2-3]\\.0\\.0\\+incompatible",
        1 => "v0\\.0\\.0-20260[1-9]01020304-[a-f0-9]{12}",
        1 => "v1\\.0\\.0-[A-Za-z0-9.-]{1,9}",
        1 => "\\PC{0,20}",
        1 => Just(String::new()),
        1 => Just(HTML.to_owned()),
    ];
    let lines = prop::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"));
    prop_oneof![
        6 => (lines, harms("v.-+0123 \n\r\t\u{1b}", 3)).prop_map(|(text, harms)| harmed(&text, &harms).into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn go_mod() -> impl Strategy<Value = Vec<u8>> {
    let text = format!(
        "module {MODULE}\n\ngo 1.21\n\nretract (\n\tv1.0.0 // bad \u{1b}[31m\n\t[v1.1.0, v1.1.3]\n)\n"
    );
    prop_oneof![
        4 => harms("()[],\"`/ \n\r\u{1b}v.", 3).prop_map(move |harms| harmed(&text, &harms).into_bytes()),
        1 => Just(HTML.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        1 => Just(Vec::new()),
    ]
}

fn info() -> impl Strategy<Value = Vec<u8>> {
    let text = r#"{"Version":"v1.0.0","Time":"2026-01-02T03:04:05Z","Origin":{"VCS":"git","Ref":"refs/tags/v1.0.0"}}"#;
    prop_oneof![
        4 => harms("{}[]\":,v.019\\eTZ \n\u{1b}", 3).prop_map(move |harms| harmed(text, &harms).into_bytes()),
        1 => Just(HTML.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..100),
        // Deeper than any parser should follow.
        1 => (1..5_000_usize).prop_map(|depth| b"[".repeat(depth)),
    ]
}

fn lists() -> Result<(), String> {
    let tree = Tree::new()?;
    hold(&(list(), go_mod(), prop::option::of(info())), |(list, go_mod, latest)| {
        tree.put("@v/list", &list);
        tree.rule(&list, &go_mod);
        if let Some(latest) = &latest {
            tree.put("@latest", latest);
            tree.rule(b"v1.0.0", &go_mod);
        }
        let mut source = tree.source();
        let answer = source.check(MODULE, &Cancel::new());
        let again = source.check(MODULE, &Cancel::new());
        tree.clean();
        match answer {
            Ok(answer) => {
                let versions: Vec<&Version> = answer.offered.iter().map(|offer| &offer.version).collect();
                prop_assert!(versions.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", versions);
                let reasons = answer.offered.iter().filter_map(|offer| offer.retracted.as_ref());
                let are_clean = reasons.into_iter().all(|reason| !reason.chars().any(char::is_control));
                prop_assert!(are_clean, "{:?}", answer);
                let again = again.map_err(|failure| TestCaseError::fail(failure.to_string()))?;
                prop_assert_eq!((again.offered, again.changed), (answer.offered, false));
            }
            Err(failure) => is_proper(&failure)?,
        }
        Ok(())
    })
}

fn infos() -> Result<(), String> {
    let tree = Tree::new()?;
    let asked = Version::parse("v1.0.0").map_err(|failure| failure.to_string())?;
    hold(&info(), |bytes| {
        tree.put("@v/v1.0.0.info", &bytes);
        match tree.source().info(MODULE, &asked, &Cancel::new()) {
            Ok(info) => prop_assert_eq!(&info.version, &asked),
            Err(failure) => is_proper(&failure)?,
        }
        Ok(())
    })
}
