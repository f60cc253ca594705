//! What is seen of a log.

use sentinel_updater::tui::caps::Caps;
use sentinel_updater::tui::model::{Model, PaneId, Stamps, Tab};
use sentinel_updater::tui::pane::Row;
use sentinel_updater::tui::view;

use super::fixtures::idle;
use super::look::{styles, text};

const SIZE: (u16, u16) = (80, 24);

/// The build's log on the screen, with these lines.
fn build(lines: impl IntoIterator<Item = String>) -> Model {
    let mut model = idle();
    (model.tab, model.focus, model.size) = (Tab::Build, PaneId::Build, SIZE);
    model.build.height = view::areas(&model).height(PaneId::Build);
    for text in lines {
        model.build.push(Row { at: None, level: None, text });
    }
    model
}

/// The rows inside the frame of the log, without its sides.
fn inside(model: &Model, screen: &str) -> Vec<String> {
    let areas = view::areas(model);
    let inside = areas.inside(areas.panes[0].1);
    let rows = screen.lines().skip(inside.y.into()).take(inside.height.into());
    rows.map(|row| row.chars().skip(inside.x.into()).take(inside.width.into()).collect()).collect()
}

#[test]
fn the_row_one_goes_to_is_seen_however_the_others_are_wrapped() {
    let long = |number| format!("row {number} {}", "and more ".repeat(20));
    let mut model = build((0..100).map(long));
    model.wrap = true;
    model.build.wraps = true;
    model.build.home();
    let rows = inside(&model, &text(&model, SIZE, Caps::default()));
    assert!(rows[0].starts_with("row 0 "), "{rows:#?}");
    assert!(rows.iter().all(|row| !row.trim().is_empty()), "no room is wasted: {rows:#?}");
    model.build.search("row 2 ");
    let rows = inside(&model, &text(&model, SIZE, Caps::default()));
    assert!(rows.iter().any(|row| row.starts_with("row 2 ")), "{rows:#?}");
}

#[test]
fn a_match_is_seen_in_a_line_of_any_language() {
    let mut model = build(["café error", "plain error", "日本 error"].map(String::from));
    model.build.search("error");
    let rows = inside(&model, &styles(&model, SIZE, Caps::default()));
    // Looks are a letter a symbol, and the symbols of the last line take two columns each.
    let matches: Vec<Option<usize>> = rows[..3].iter().map(|row| row.find(['#', '_'])).collect();
    assert_eq!(matches, [Some(5), Some(6), Some(3)], "{rows:#?}");
}
