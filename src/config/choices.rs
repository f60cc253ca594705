//! Settings that are one word out of a few.

/// A setting that is one of a few words.
pub(super) trait Choice: Copy + PartialEq + 'static {
    /// The words, for error messages.
    const ACCEPTS: &'static str;
    /// Every word with what it means.
    const WORDS: &'static [(&'static str, Self)];
}

/// Declares an enum together with the words that stand for its variants.
macro_rules! choices {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[doc = $meaning])+ $variant,)+ }

        impl Choice for $name {
            const ACCEPTS: &'static str = concat!("one of", $(" `", $word, "`",)+);
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant),)+];
        }

        impl $name {
            /// The word that stands for it in the configuration.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }
    };
}

choices! {
    /// The least important lines that are logged.
    LogLevel {
        /// Everything, for support.
        Debug = "debug",
        /// What the service does.
        Info = "info",
        /// What needs attention.
        Warn = "warn",
        /// What failed.
        Error = "error",
    }
}

choices! {
    /// Which Go compiles a module that asks for a newer one (`GOTOOLCHAIN`).
    Toolchain {
        /// Only the installed one; a module that needs more is refused.
        Local = "local",
        /// Go may download the one that the module names.
        Auto = "auto",
    }
}

choices! {
    /// When an automatic rollback puts the database's snapshot back.
    RestoreDatabase {
        /// When the new version changed the schema.
        Schema = "schema",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

choices! {
    /// What runs services on this machine.
    Manager {
        /// The one that is there; none: the embedded supervisor.
        Auto = "auto",
        /// systemd.
        Systemd = "systemd",
        /// launchd.
        Launchd = "launchd",
        /// The Windows service control manager.
        Scm = "scm",
        /// The embedded supervisor: the agent is a child of the updater.
        Process = "process",
    }
}

choices! {
    /// Who may look at the dashboard without being allowed to steer.
    Viewers {
        /// Nobody.
        None = "none",
        /// Every user of the machine.
        All = "all",
    }
}

/// A share of the whole: 0% to 100%.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percent(u8);

impl Percent {
    /// `None` above 100.
    pub fn new(percent: u8) -> Option<Self> {
        (percent <= 100).then_some(Self(percent))
    }

    /// 0 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_variants_agree() {
        fn check<T: Choice + std::fmt::Debug>(word: fn(T) -> &'static str) {
            for (text, value) in T::WORDS {
                assert_eq!(word(*value), *text);
                assert!(T::ACCEPTS.contains(&format!("`{text}`")));
            }
        }
        check(LogLevel::word);
        check(Toolchain::word);
        check(RestoreDatabase::word);
        check(Manager::word);
        check(Viewers::word);
    }

    #[test]
    fn a_percentage_ends_at_a_hundred() {
        assert_eq!(Percent::new(100).map(Percent::get), Some(100));
        assert_eq!(Percent::new(101), None);
    }
}
