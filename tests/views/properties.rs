//! What holds on every screen, whatever its size, its looks and the texts on it.

use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::text::Span;
use sentinel_updater::host::text::clean;
use sentinel_updater::model::event::Level;
use sentinel_updater::tui::caps::{Caps, Colors, ThemeName};
use sentinel_updater::tui::model::{
    Choice, Confirm, Entry, EntryKind, Model, Overlay, PaneId, Question, Stamps, Tab, Toast,
};
use sentinel_updater::tui::pane::Row;
use sentinel_updater::tui::view::{self, Form, Target};

use super::fixtures::{after, alerts, before, compiling, history, idle};
use super::look::draw;
use super::screens::screens;

const HOSTILE: &[&str] = &[
    "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7}\u{9b}2J\u{85}\u{8}\u{8}\u{0}",
    "\u{202e}txet desrever\u{202c} \u{200b}zero\u{200d}width\u{feff}",
    "日本語のログ 한국어 e\u{301}\u{302}\u{303} 👩\u{200d}👩\u{200d}👧 ﾞﾟ",
    "\t\ttabs\r\nand lines\u{2028}inside",
    "│ ─ ┌ fake frame ┐",
    "",
];

/// Every text that comes from outside is this one.
fn with_texts(text: &str) -> Model {
    let mut model = compiling();
    let text = || text.to_owned();
    for pane in [&mut model.build, &mut model.updater, &mut model.agent] {
        for _ in 0..40 {
            pane.push(Row { at: Some(before(3)), level: Some(Level::Warn), text: text() });
        }
    }
    if let Some(welcome) = &mut model.welcome {
        (welcome.host, welcome.module, welcome.program) = (text(), text(), text());
    }
    if let Some(view) = &mut model.view {
        let status = &mut view.status;
        status.agent.version = Some(text());
        status.agent.service = text();
        status.agent.binary = text().into();
        status.latest.reason = Some(text());
        status.latest.error = Some(text());
        status.updater.manager = text();
        status.alerts = alerts();
        for alert in &mut status.alerts {
            alert.text = text();
        }
        for held in &mut status.held {
            held.reason = text();
        }
        for run in status.run.iter_mut().chain(&mut status.last_run) {
            (run.from, run.to, run.error) = (Some(text()), Some(text()), Some(text()));
            if let Some(progress) = &mut run.progress {
                (progress.phase, progress.detail) = (text(), Some(text()));
            }
            for row in &mut run.steps {
                row.note = Some(text());
            }
        }
    }
    for run in &mut model.history {
        (run.from, run.to, run.error) = (Some(text()), Some(text()), Some(text()));
    }
    for row in &mut model.versions {
        row.version = text();
    }
    model.remote = Some(text());
    model
}

fn overlays(text: &str) -> Vec<Option<Overlay>> {
    let choices = ["Cancel", text, "Another answer that is rather long"];
    vec![
        None,
        Some(Overlay::Help { top: 7 }),
        Some(Overlay::Help { top: usize::MAX }),
        Some(Overlay::Run { id: history()[1].id.clone(), top: 3 }),
        Some(Overlay::Run { id: text.into(), top: 0 }),
        Some(Overlay::Palette { text: text.into(), chosen: 3 }),
        Some(Overlay::Palette { text: String::new(), chosen: usize::MAX / 2 }),
        Some(Overlay::Confirm(Confirm {
            about: Question::Other,
            title: text.into(),
            lines: vec![text.into(); 5],
            choices: choices.map(|label| Choice { label: label.into(), request: None }).to_vec(),
            chosen: 1,
        })),
    ]
}

const CAPS: [Caps; 4] = [
    Caps { colors: Colors::Many, theme: ThemeName::Dark, ascii: false },
    Caps { colors: Colors::Sixteen, theme: ThemeName::Light, ascii: false },
    Caps { colors: Colors::None, theme: ThemeName::Mono, ascii: false },
    Caps { colors: Colors::None, theme: ThemeName::Mono, ascii: true },
];

const TABS: [Tab; 5] = [Tab::Overview, Tab::Build, Tab::Logs, Tab::History, Tab::Diagnostics];
const PANES: [PaneId; 6] =
    [PaneId::Pipeline, PaneId::Build, PaneId::Updater, PaneId::Agent, PaneId::History, PaneId::Diagnostics];

/// What must be so on every screen.
fn check(model: &Model, buffer: &Buffer) {
    let size = (buffer.area.width, buffer.area.height);
    for cell in &buffer.content {
        let symbol = cell.symbol();
        assert_eq!(clean(symbol), symbol, "a cell holds {symbol:?} at {size:?}");
        assert!(!model.caps.ascii || symbol.is_ascii(), "a cell holds {symbol:?} at {size:?}");
        if model.caps.colors == Colors::None {
            assert_eq!((cell.fg, cell.bg), Default::default());
        }
    }
    if model.overlay.is_some() || model.toast.is_some() || model.entry.is_some() {
        return;
    }
    let areas = view::areas(model);
    if areas.form <= Form::Narrow {
        return;
    }
    // No text, wide or not, breaks a frame.
    let side =
        if model.caps.ascii { &["|", "+"][..] } else { &["│", "├", "┤", "┌", "┐", "└", "┘"] };
    for (_, area) in areas.panes {
        for y in area.top()..area.bottom() {
            for x in [area.left(), area.right() - 1] {
                assert!(
                    side.contains(&buffer[(x, y)].symbol()),
                    "the frame is broken at {x},{y} of {size:?}"
                );
            }
            let before = buffer[(area.right() - 2, y)].symbol();
            assert!(Span::raw(before).width() < 2, "half a symbol lies on the frame at {y} of {size:?}");
        }
    }
}

fn any_model() -> impl Strategy<Value = Model> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let which = (0..HOSTILE.len(), 0..8_usize, 0..CAPS.len(), 0..TABS.len(), 0..PANES.len());
    (which, flags, (0..4_usize), (0..20_usize)).prop_map(
        |((text, overlay, caps, tab, focus), (zoom, wrap, toast, entry), stamps, row)| {
            let mut model = with_texts(HOSTILE[text]);
            model.overlay = overlays(HOSTILE[text])[overlay].clone();
            model.caps = CAPS[caps];
            (model.tab, model.focus) = (TABS[tab], PANES[focus]);
            (model.zoom, model.wrap, model.row) = (zoom, wrap, row);
            model.stamps = [Stamps::Local, Stamps::Utc, Stamps::Relative, Stamps::Off][stamps];
            if toast {
                model.toast = Some(Toast { level: Level::Info, text: HOSTILE[text].into(), until: after(1) });
            }
            if entry {
                model.entry = Some(Entry { kind: EntryKind::Filter, text: HOSTILE[text].into() });
            }
            model
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_size_and_no_text_harms(model in any_model(), columns in 1..=250_u16, rows in 1..=100_u16) {
        let mut model = model;
        model.size = (columns, rows);
        check(&model, &draw(&model, model.size, model.caps));
    }

    #[test]
    fn the_mouse_may_be_anywhere(model in any_model(), columns in 1..=210_u16, rows in 1..=70_u16, x in 0..260_u16, y in 0..110_u16) {
        let mut model = model;
        model.size = (columns, rows);
        if let Some(target) = view::hit(&model, x, y) {
            prop_assert!(x < columns && y < rows);
            if let Target::Pane(pane) = target {
                prop_assert!(view::areas(&model).panes.iter().any(|(id, _)| *id == pane));
            }
        }
        prop_assert!(view::overlay_extent(&model).0 <= rows);
    }
}

#[test]
fn every_small_size_is_drawn() {
    let models: Vec<Model> = screens().into_iter().map(|screen| screen.model).collect();
    let mut next = models.iter().cycle();
    for columns in 1..=64 {
        for rows in 1..=14 {
            let mut model = next.next().expect("a model").clone();
            model.size = (columns, rows);
            check(&model, &draw(&model, model.size, model.caps));
        }
    }
}

#[test]
fn a_line_of_a_megabyte_costs_no_more_than_the_screen() {
    for text in ["x".repeat(1 << 20), "日".repeat(350_000), format!("a{}", "\u{301}".repeat(500_000))] {
        for wrap in [false, true] {
            let mut model = with_texts(&text);
            model.wrap = wrap;
            model.size = (200, 60);
            check(&model, &draw(&model, model.size, model.caps));
        }
    }
}

#[test]
fn a_log_that_grows_leaves_the_frames_alone() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut model = compiling();
        (model.tab, model.focus, model.size) = (Tab::Build, PaneId::Build, size);
        model.build = Default::default();
        let mut frames: Option<Vec<(u16, u16, String)>> = None;
        for number in 0..300 {
            model.build.push(Row { at: Some(before(1)), level: None, text: "日本 ".repeat(number % 40) });
            // One line is no lines: that word in the frame changes once.
            if number % 7 > 0 || number == 0 {
                continue;
            }
            let buffer = draw(&model, size, model.caps);
            let mut cells = Vec::new();
            for (_, area) in view::areas(&model).panes {
                for (x, y) in area.positions().map(Into::into) {
                    let edge = y == area.top()
                        || y + 1 == area.bottom()
                        || x == area.left()
                        || x + 1 == area.right();
                    let symbol = buffer[(x, y)].symbol();
                    if edge && !symbol.chars().all(|symbol| symbol.is_ascii_digit() || symbol == ',') {
                        cells.push((x, y, symbol.to_owned()));
                    }
                }
            }
            let digits = |cells: &[(u16, u16, String)]| -> Vec<(u16, u16, String)> {
                cells.iter().filter(|(_, _, symbol)| symbol != " ").cloned().collect()
            };
            match &frames {
                None => frames = Some(digits(&cells)),
                Some(first) => assert_eq!(first, &digits(&cells), "at {size:?} with {number} lines"),
            }
        }
    }
}

#[test]
fn the_cursor_is_seen_without_colours() {
    let mut model = idle();
    (model.tab, model.focus, model.row) = (Tab::History, PaneId::History, 8);
    let buffer = draw(&model, (80, 24), CAPS[3]);
    let reversed: Vec<u16> =
        (0..24).filter(|y| buffer[(5, *y)].modifier.contains(ratatui::style::Modifier::REVERSED)).collect();
    assert_eq!(reversed.len(), 1, "one row is under the cursor");
}
