//! Which of a module's versions are on offer: the rules behind the go command's `@latest`.

use crate::model::Version;
use crate::model::go_mod::GoMod;
use crate::ports::Offered;

/// The version that `@latest` means among `versions` (ascending): the highest release, else the highest
/// prerelease.
pub(super) fn highest(versions: &[Version]) -> Option<&Version> {
    versions.iter().rev().find(|version| !version.is_prerelease()).or_else(|| versions.last())
}

/// The part of `versions` that counts: `+incompatible` versions are from before modules, and only count
/// if the highest compatible version that is `allowed` is from before modules too. `is_real` answers
/// that; it is asked at most once, with that version.
///
/// # Errors
/// Those of `is_real`.
pub(super) fn counted<E>(
    versions: &[Version],
    allowed: impl Fn(&Version) -> bool,
    is_real: impl FnOnce(&Version) -> Result<bool, E>,
) -> Result<&[Version], E> {
    let compatible = versions.partition_point(|version| !version.is_incompatible());
    if compatible == versions.len() {
        return Ok(versions);
    }
    // The go command looks no further once it meets an incompatible version that it may use.
    if !versions[compatible..].iter().any(&allowed) {
        return Ok(versions);
    }
    match versions[..compatible].iter().rev().find(|version| allowed(version)) {
        Some(last) if is_real(last)? => Ok(&versions[..compatible]),
        _ => Ok(versions),
    }
}

/// Versions with the word of the go.mod that speaks for all of them.
pub(super) fn offered(versions: &[Version], speaker: &GoMod) -> Vec<Offered> {
    let offer =
        |version: &Version| Offered { version: version.clone(), retracted: speaker.retracted(version) };
    versions.iter().map(offer).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn versions(text: &str) -> Vec<Version> {
        text.split_whitespace().map(|word| Version::parse(word).unwrap()).collect()
    }

    #[test]
    fn a_release_beats_a_prerelease() {
        for (list, expected) in [
            ("v1.0.0 v1.1.0-rc.1", Some("v1.0.0")),
            ("v1.0.0-alpha.2 v1.0.0-alpha.10 v1.0.0-beta", Some("v1.0.0-beta")),
            ("v1.0.0 v2.0.0+incompatible", Some("v2.0.0+incompatible")),
            ("", None),
        ] {
            let list = versions(list);
            assert_eq!(highest(&list).map(Version::as_str), expected, "{list:?}");
        }
    }

    #[test]
    fn incompatible_versions_count_only_before_modules() {
        let list = versions("v1.0.0 v1.1.0 v2.0.0+incompatible v3.0.0+incompatible");
        let all = |_: &Version| true;
        let ask = |expected: &'static str, real: bool| {
            move |version: &Version| {
                assert_eq!(version.as_str(), expected);
                Ok::<bool, ()>(real)
            }
        };
        assert_eq!(counted(&list, all, ask("v1.1.0", true)).unwrap().len(), 2);
        assert_eq!(counted(&list, all, ask("v1.1.0", false)).unwrap().len(), 4);
        let not_last = |version: &Version| version.as_str() != "v1.1.0";
        assert_eq!(counted(&list, not_last, ask("v1.0.0", true)).unwrap().len(), 2);
        let never = |_: &Version| -> Result<bool, ()> { panic!("not asked") };
        assert_eq!(counted(&list, |version| version.is_incompatible(), never).unwrap().len(), 4);
        assert_eq!(counted(&list[..2], all, never).unwrap().len(), 2);
        assert_eq!(counted(&list[2..], all, never).unwrap().len(), 2);
        assert_eq!(counted(&list, all, |_| Err("unreadable")), Err("unreadable"));
    }

    #[test]
    fn retracted_versions_stay_in_the_list_with_their_reason() {
        let speaker = GoMod::parse("module a\nretract v1.1.0 // leaks\n").unwrap();
        let offers = offered(&versions("v1.0.0 v1.1.0"), &speaker);
        assert_eq!(offers[0].retracted, None);
        assert_eq!(offers[1].retracted.as_deref(), Some("leaks"));
    }
}
