//! What a build's outcome depends on besides the module, as one short text.

use crate::host::digest;

use super::Options;
use super::find::Tools;

/// Changes when another go, another C compiler or another setting could make a failed build succeed.
pub(super) fn of(options: &Options, tools: Option<&Tools>) -> String {
    let (go, cc) = match tools {
        Some(tools) => (Some((&tools.go.path, &tools.go.release)), tools.cc.as_ref()),
        None => (None, None),
    };
    let Options { fetch_toolchain, path_extra, cgo, tags, jobs, memory_max, timeout, user, modules, .. } =
        options;
    let parts = format!(
        "{go:?} {cc:?} {fetch_toolchain} {path_extra:?} {cgo} {tags:?} {jobs} {memory_max:?} {timeout:?} {user:?} {modules:?}"
    );
    let mut hash = digest::sha256(parts.as_bytes());
    hash.truncate(16);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_of_a_build_counts_and_places_do_not() {
        let options = Options::new("/c", "/w", "/l");
        let base = of(&options, None);
        assert_eq!(base.len(), 16);
        assert_eq!(base, of(&Options::new("/d", "/x", "/m"), None));
        for change in [
            |options: &mut Options| options.cgo = false,
            |options: &mut Options| options.tags = vec!["x".to_owned()],
            |options: &mut Options| options.jobs += 1,
            |options: &mut Options| options.modules.goproxy = "https://p.example".to_owned(),
        ] {
            let mut changed = options.clone();
            change(&mut changed);
            assert_ne!(base, of(&changed, None));
        }
    }
}
