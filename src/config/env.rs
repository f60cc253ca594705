//! The one place of the program that reads variables of the environment.

/// The variable's value; absent when it is not set. Bytes that are no UTF-8 become `U+FFFD`, which no
/// setting takes.
pub fn read(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}
