//! The example file.

use std::path::Path;

use super::*;

#[test]
fn the_example_shows_every_key_with_its_default() {
    for platform in [Platform::Linux, Platform::MacOs, Platform::Windows] {
        let text = example(platform, 8);
        for key in KEYS {
            assert_eq!(
                text.matches(&format!("\n#{} = ", key.name)).count(),
                KEYS.iter().filter(|k| k.name == key.name).count()
            );
        }
        let defaults = Machine { platform, ..Machine::new() }.accepted();
        let as_written = Machine { platform, ..Machine::new() }.file(&text).accepted();
        assert_eq!(as_written.values, defaults.values);
        // With every setting taken out of its comment.
        let active: String = text
            .lines()
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|rest| !rest.is_empty() && !rest.starts_with(' '))
                    .unwrap_or(line)
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let uncommented = Machine { platform, ..Machine::new() }.file(active).accepted();
        assert_eq!(uncommented.settings, defaults.settings);
        assert_eq!(uncommented.warnings, Vec::<String>::new());
        assert!(
            uncommented
                .values
                .iter()
                .all(|setting| matches!(setting.origin, Origin::File { line: Some(_), .. }))
        );
    }
}

#[test]
fn the_packaged_example_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/updater.example.toml");
    let generated = example(Platform::Linux, 4);
    if env::read("UPDATE_ASSETS").is_some() {
        std::fs::write(&path, &generated).expect("the example is written");
    }
    let packaged = std::fs::read_to_string(&path).expect("the example is there");
    assert_eq!(packaged, generated, "run this test with UPDATE_ASSETS=1 to write it anew");
}
