//! Asking the module system without changing anything.

use sentinel_updater::cli::demo::{Release, Tree};
use serde_json::Value;

use super::place::{MODULE, Place, keys};

#[test]
fn check_asks_and_writes_nothing_where_it_may_not() {
    let place = Place::new();
    let tree = Tree::new(place.path("proxy")).expect("a tree");
    tree.publish(&Release::new("v1.0.0").module(MODULE)).expect("publish");
    tree.publish(&Release::new("v1.1.0").module(MODULE)).expect("publish");
    place.configure(&format!("[build]\ngoproxy = \"{}\"\ngosumdb = \"off\"\n", tree.url()));
    let plain = place.run("check");
    assert_eq!((plain.code, plain.out.as_str()), (Some(0), "v1.1.0 is available\n"), "{plain:?}");
    let coded = place.run("check --exit-code --json");
    assert_eq!(coded.code, Some(10), "{coded:?}");
    let latest = coded.json();
    assert_eq!(
        keys(&latest),
        ["checked_at", "commit_time", "error", "first_seen_at", "reason", "update_available", "version"]
    );
    assert_eq!(latest["version"], "v1.1.0");
    assert!(latest["commit_time"].is_string(), "{latest}");
    assert!(!place.path("state").exists(), "nothing was written");

    // A dry run tells the same and each condition.
    let dry = place.run("update --dry-run --json");
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert_eq!(dry.json()["target"], "v1.1.0");
    let gates: Vec<Value> = dry.json()["gates"].as_array().expect("gates").clone();
    assert!(gates.len() == 5 && gates.iter().all(|gate| gate["passes"] == true), "{gates:?}");
    assert_eq!(dry.json()["steps"].as_array().map(Vec::len), Some(12));
    place.configure(&format!(
        "[build]\ngoproxy = \"{}\"\ngosumdb = \"off\"\n[policy]\nconstraint = \"<1.1\"\n",
        tree.url()
    ));
    let outside = place.run("update v1.1.0 --dry-run");
    assert_eq!(outside.code, Some(6), "{outside:?}");
    assert!(outside.out.contains("v1.1.0 is outside the constraint"), "{outside:?}");
    assert_eq!(place.run("update v1.1.0 --dry-run --force").code, Some(0));
}

#[test]
fn a_check_that_fails_says_so_in_both_ways() {
    let place = Place::new();
    place.configure("[build]\ngoproxy = \"http://127.0.0.1:1\"\ngosumdb = \"off\"\n");
    let failed = place.run("check --exit-code --json");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(failed.json()["error"].as_str().is_some_and(|text| text.contains("127.0.0.1:1")), "{failed:?}");
    assert!(failed.talk.starts_with("error: ") && failed.talk.contains("127.0.0.1:1"), "{failed:?}");
}
