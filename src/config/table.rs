//! The machinery behind the table of settings: a [`Key`] for each, and the macro that makes types, keys
//! and reader out of one declaration, so that a key exists once.

use toml::Value;

use super::paths::Platform;

/// What is known about one key without having read any configuration.
pub struct Key {
    /// The section of the file: `updater`.
    pub section: &'static str,
    /// The name inside it: `check_interval`.
    pub name: &'static str,
    /// What it is for, in a sentence or two.
    pub doc: &'static str,
    /// What is accepted.
    pub accepts: &'static str,
    /// The variables of the environment that set it; the first that is not empty wins.
    pub env: &'static [&'static str],
    /// The value if nobody gives one.
    pub(super) default: fn(&Base) -> Value,
}

impl Key {
    /// Section and name: `updater.check_interval`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }
}

/// A section of the file with its sentence.
pub struct Section {
    /// The name in brackets.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static str,
}

/// What defaults are made from.
pub(super) struct Base {
    /// The machine's kind.
    pub platform: Platform,
    /// Its processor cores.
    pub cores: usize,
    /// `updater.service_name` as it will be: several instances differ by it.
    pub service_name: String,
    /// `paths.data` as it will be.
    pub data: String,
}

impl Base {
    /// What is known before any setting is read.
    pub(super) fn of(platform: Platform, cores: usize) -> Self {
        Self {
            platform,
            cores,
            service_name: platform.updater_service().into(),
            data: platform.data().into(),
        }
    }

    /// A place in the data directory.
    pub(super) fn in_data(&self, name: &str) -> String {
        self.platform.join(&self.data, name)
    }
}

/// Declares all settings. One row: what it is for, `key: type = default, KIND, [environment];`. Defaults
/// are what would stand in the file, and may be computed from the [`Base`] that is named first.
macro_rules! settings {
    ($base:ident; $(
        $(#[doc = $section_doc:literal])+
        $section:ident: $Section:ident {
            $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, $kind:expr $(, [$($env:literal),+])?;)+
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $Section { $($(#[doc = $doc])+ pub $key: $type,)+ }
        )+

        /// Every setting, checked.
        #[derive(Debug, Clone, PartialEq)]
        pub struct Settings {
            /// The kind of machine that the settings are for.
            pub platform: Platform,
            $($(#[doc = $section_doc])+ pub $section: $Section,)+
        }

        /// All sections, in the order of the file.
        pub const SECTIONS: &[Section] =
            &[$(Section { name: stringify!($section), doc: concat!($($section_doc,)+) },)+];

        /// All keys, in the order of the file.
        pub const KEYS: &[Key] = &[$($(Key {
            section: stringify!($section),
            name: stringify!($key),
            doc: concat!($($doc,)+),
            accepts: { const KIND: Kind<$type> = $kind; KIND.accepts },
            env: &[$($($env,)+)?],
            default: |$base: &Base| {
                // Most defaults do not need it.
                let _ = $base;
                Value::from($default)
            },
        },)+)+];

        impl Settings {
            /// Asks the reader for every setting, so that every bad one is reported; `None` if there was one.
            pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
                let mut keys = KEYS.iter();
                $(let $section = {
                    $(let $key: Option<$type> = reader.read(keys.next()?, &$kind);)+
                    move || Some($Section { $($key: $key?,)+ })
                };)+
                Some(Self { platform: reader.platform(), $($section: $section()?,)+ })
            }
        }
    };
}
pub(super) use settings;
