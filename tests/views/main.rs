//! What the dashboard looks like, at the sizes and in the looks that matter.
#![allow(clippy::unwrap_used)]

mod fixtures;
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
        for size in screen.sizes {
            all.push_str(&format!(
                "== {}x{}\n{}",
                size.0,
                size.1,
                text(&screen.model, *size, Caps::default())
            ));
        }
        let size = (80, 24);
        all.push_str(&format!("== 80x24 ascii\n{}", text(&screen.model, size, Caps { ascii: true, ..MONO })));
        all.push_str(&format!("== 80x24 colours\n{}", styles(&screen.model, size, Caps::default())));
        all.push_str(&format!("== 80x24 mono\n{}", styles(&screen.model, size, MONO)));
        settings.bind(|| insta::assert_snapshot!(screen.name, all));
    }
}
