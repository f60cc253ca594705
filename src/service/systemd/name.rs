//! The unit's name of a service.

use crate::model::{Class, Failure, Outcome};
use crate::service::detect;

/// What systemd allows, less one for the zero byte.
const LONGEST: usize = 255;
const SUFFIX: &str = ".service";

/// `sentinelgo` → `sentinelgo.service`; a name that has the suffix keeps it.
///
/// # Errors
/// `Config` for what systemd would not take as a unit's name, or would take for something else.
pub(super) fn unit_name(service: &str) -> Outcome<String> {
    let bare = service.strip_suffix(SUFFIX).unwrap_or(service);
    let unit = format!("{}{SUFFIX}", detect::label(bare).to_script_name());
    let allowed = |symbol: char| symbol.is_ascii_alphanumeric() || ":-_.\\@".contains(symbol);
    // A leading dash would be an option, a leading dot a hidden file, an empty instance a template.
    let misleading = bare.starts_with(['-', '.', '@']) || bare.ends_with('@');
    if bare.is_empty() || misleading || unit.len() > LONGEST || !bare.chars().all(allowed) {
        let shown = crate::host::text::clean(service);
        return Err(Failure::new(Class::Config, format!("`{shown}` cannot be the name of a service"))
            .hint("use letters, digits and `-`, `_`, `.`, `:`, `@`"));
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_units_or_are_refused() {
        for (service, unit) in [
            ("sentinelgo", Some("sentinelgo.service")),
            ("sentinelgo.service", Some("sentinelgo.service")),
            ("my.agent", Some("my.agent.service")),
            ("agent@blue", Some("agent@blue.service")),
            ("", None),
            (".service", None),
            ("-x", None),
            (".hidden", None),
            ("agent@", None),
            ("a b", None),
            ("a/b", None),
            ("../etc/passwd", None),
            ("a\nb", None),
            ("ä", None),
        ] {
            assert_eq!(unit_name(service).ok().as_deref(), unit, "{service:?}");
        }
        assert!(unit_name(&"a".repeat(LONGEST)).is_err());
    }
}
