//! What the dashboard looks like, at the sizes and in the looks that matter.
#![allow(clippy::unwrap_used)]

mod fixtures;
mod logs;
mod look;
mod mouse;
mod properties;
mod screens;

use look::{styles, text};
use screens::screens;
use sentinel_updater::tui::caps::{Caps, Colors, ThemeName};

const MONO: Caps = Caps { colors: Colors::None, theme: ThemeName::Mono, ascii: false };

#[test]
fn every_screen_at_every_size() {
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for screen in screens() {
        let mut all = String::new();
        for &size in screen.sizes {
            let (columns, rows) = size;
            let (model, ascii) = (&screen.model, Caps { ascii: true, ..MONO });
            for (look, shown) in [
                ("", text(model, size, Caps::default())),
                (" ascii", text(model, size, ascii)),
                (" colours", styles(model, size, Caps::default())),
                (" mono", styles(model, size, MONO)),
            ] {
                all.push_str(&format!("== {columns}x{rows}{look}\n{shown}"));
            }
        }
        settings.bind(|| insta::assert_snapshot!(screen.name, all));
    }
}

#[test]
fn a_record_is_not_said_to_be_a_service_that_is_reached() {
    let mut model = fixtures::idle();
    (model.read_only, model.record) = (true, true);
    for size in [(40, 12), (80, 24), (200, 60)] {
        let screen = text(&model, size, Caps::default());
        assert!(screen.contains("▶ record") && !screen.contains("connected"), "{screen}");
    }
}
