//! Modules of one's own: which of them come from their own repository, never through a proxy.

use crate::model::patterns::matches_any;
use crate::model::{Class, Failure, Outcome};

use super::DirectLookup;

/// Which modules are private, in the go command's patterns, and who can ask their repositories.
pub struct Private {
    /// GOPRIVATE: modules whose repositories may be asked.
    pub goprivate: String,
    /// GONOPROXY: modules that no proxy is asked about; empty: those of `goprivate`; `none`: no module.
    pub gonoproxy: String,
    /// Asks repositories.
    pub lookup: Box<dyn DirectLookup>,
}

impl Private {
    /// Whether `module` comes from its own repository: then no proxy may learn its name.
    ///
    /// # Errors
    /// `Config` for a module that no proxy may be asked about and whose repository may not be asked either:
    /// version control runs programs on what others wrote.
    pub(super) fn is_direct(&self, module: &str) -> Outcome<bool> {
        // As for go: the special patterns replace the general ones as soon as there are any.
        let hidden = if self.gonoproxy.is_empty() { &self.goprivate } else { &self.gonoproxy };
        if !matches_any(hidden, module) {
            return Ok(false);
        }
        if matches_any(&self.goprivate, module) {
            return Ok(true);
        }
        let what =
            format!("build.gonoproxy keeps {module} from the proxies, and build.goprivate does not name it");
        Err(Failure::new(Class::Config, what)
            .cause("version control is used only for modules that build.goprivate names")
            .hint("name it in build.goprivate too, or take it out of build.gonoproxy"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::Version;
    use crate::ports::{Cancel, Info};

    struct Nobody;

    impl DirectLookup for Nobody {
        fn versions(&mut self, _: &str, _: &Cancel) -> Outcome<Vec<Version>> {
            panic!("not asked")
        }

        fn latest(&mut self, _: &str, _: &Cancel) -> Outcome<Version> {
            panic!("not asked")
        }

        fn info(&mut self, _: &str, _: &Version, _: &Cancel) -> Outcome<Info> {
            panic!("not asked")
        }

        fn go_mod(&mut self, _: &str, _: &Version, _: &Cancel) -> Outcome<String> {
            panic!("not asked")
        }
    }

    #[test]
    fn the_family_of_goprivate() {
        let module = "git.corp.example/team/agent";
        for (goprivate, gonoproxy, expected) in [
            ("", "", Ok(false)),
            ("git.corp.example", "", Ok(true)),
            ("*.corp.example/team", "", Ok(true)),
            ("*.example/team", "", Ok(true)),
            ("*.example/other", "", Ok(false)),
            ("corp.example", "", Ok(false)),
            // A private module that a proxy of one's own serves.
            ("git.corp.example", "none", Ok(false)),
            ("git.corp.example", "other.example", Ok(false)),
            ("git.corp.example", "*", Ok(true)),
            ("", "*", Err(Class::Config)),
            ("other.example", "git.corp.example", Err(Class::Config)),
        ] {
            let private = Private {
                goprivate: goprivate.into(),
                gonoproxy: gonoproxy.into(),
                lookup: Box::new(Nobody),
            };
            let found = private.is_direct(module).map_err(|failure| failure.class);
            assert_eq!(found, expected, "{goprivate:?} {gonoproxy:?}");
        }
    }
}
