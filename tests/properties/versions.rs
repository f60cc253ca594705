//! Module versions as `golang.org/x/mod` reads and orders them.

use std::cmp::Ordering;

use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::model::Version;
use sentinel_updater::model::go_mod::check_major;

use super::mutations::{Harm, harmed, harms};
use super::oracle::Oracle;
use super::{hold, property};

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("versions::are_valid_and_ordered_as_go_has_it", order),
        property("versions::belong_to_paths_as_go_has_it", majors),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![6 => "[0-3]", 3 => "[1-9][0-9]{0,3}", 1 => "[1-9][0-9]{16,22}", 1 => "0[0-9]"]
}

fn identifier() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[0-9]",
        2 => "[1-9][0-9]{0,22}",
        1 => "0[0-9]{0,3}",
        3 => "(rc|alpha|beta|pre|RC)[0-9]?",
        2 => "[0-9A-Za-z-]{1,5}",
        1 => Just("0.20260102030405-abcdefabcdef".to_owned()),
    ]
}

fn prerelease() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        4 => prop::collection::vec(identifier(), 1..4).prop_map(|all| format!("-{}", all.join("."))),
        1 => "-[0-9]{13,15}-[a-z0-9]{11,13}",
        1 => "-(pre\\.)?0\\.[0-9]{14}-[a-z0-9]{12}",
    ]
}

fn build() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 2 => Just("+incompatible".to_owned()), 1 => "\\+[0-9a-zA-Z.-]{0,6}"]
}

fn version() -> impl Strategy<Value = String> {
    let whole = (number(), number(), number(), prerelease(), build())
        .prop_map(|(major, minor, patch, pre, build)| format!("v{major}.{minor}.{patch}{pre}{build}"));
    // Near misses of what is right: one change in three cases of four leaves it right.
    (whole, harms("v.-+0123456789aZé \n", 1), 0..4_u8).prop_map(|(text, harms, luck)| {
        let harms: &[Harm] = if luck == 0 { &harms } else { &[] };
        harmed(&text, harms)
    })
}

fn order() -> Result<(), String> {
    let oracle = Oracle::start()?;
    hold(&(version(), version()), |(a, b)| {
        let go = oracle.ask("versions", &[&a, &b]);
        let ours = [&a, &b].map(|text| Version::parse(text).ok());
        for (text, (ours, go)) in [&a, &b].into_iter().zip(ours.iter().zip(&go.ok)) {
            // Documented: numbers beyond 64 bits are refused.
            if *go && is_huge(text) {
                prop_assert!(ours.is_none(), "{}", text);
            } else {
                prop_assert_eq!(ours.is_some(), *go, "{}", text);
            }
        }
        let [Some(left), Some(right)] = &ours else { return Ok(()) };
        prop_assert_eq!(left.semver().cmp_precedence(right.semver()), go.order.cmp(&0));
        prop_assert_eq!(left.cmp(right) == Ordering::Equal, a == b);
        prop_assert_eq!(left.cmp(right), right.cmp(left).reverse());
        if go.order != 0 {
            prop_assert_eq!(left.cmp(right), go.order.cmp(&0));
        }
        prop_assert_eq!(left.is_pseudo(), go.pseudo);
        prop_assert_eq!(left.to_string(), a);
        Ok(())
    })
}

/// Whether a number of the release is beyond what is read.
fn is_huge(text: &str) -> bool {
    let release = text.trim_start_matches('v').split(['-', '+']).next().unwrap_or_default();
    release.split('.').any(|number| number.parse::<u64>().is_err())
}

fn path() -> impl Strategy<Value = String> {
    prop_oneof![
        "example\\.org/[a-z]{1,4}(/v[0-9]{0,2})?",
        "example\\.org/[a-z]{1,3}/(v[0-9.]{0,3}|vx)",
        "gopkg\\.in/[a-z]{1,3}(\\.v[0-9]{0,2})?(-unstable)?",
        "[a-z]{1,3}",
    ]
}

fn majors() -> Result<(), String> {
    let oracle = Oracle::start()?;
    let version = prop_oneof![
        ("v[0-4]\\.[0-2]\\.[0-2]", prerelease(), prop_oneof![Just(""), Just("+incompatible")])
            .prop_map(|(release, pre, build)| format!("{release}{pre}{build}")),
        Just("v0.0.0-20191109021931-daa7c04131f5".to_owned()),
    ];
    hold(&(path(), version), |(path, text)| {
        let Ok(version) = Version::parse(&text) else { return Ok(()) };
        let go = oracle.ask("major", &[&path, &text]);
        // Documented: Go refuses `+incompatible` under a path with a major version only when it fetches it.
        let refused_later = version.is_incompatible() && !go.module.is_empty();
        let go = go.ok[0] && !refused_later;
        prop_assert_eq!(check_major(&path, &version).is_ok(), go, "{} {}", path, text);
        Ok(())
    })
}
