//! What is seen of a log.

use sentinel_updater::model::event::Level;
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

#[test]
fn a_mark_is_seen_where_there_is_no_column_before_the_text() {
    let mut model = build(["first", "second"].map(String::from));
    model.stamps = Stamps::Off;
    model.build.mark();
    let rows = inside(&model, &text(&model, SIZE, Caps::default()));
    let rows: Vec<&str> = rows[..2].iter().map(|row| row.trim_end()).collect();
    assert_eq!(rows, [" first", "▸second"]);
}

#[test]
fn that_nothing_came_and_that_nothing_fits_are_told_apart() {
    let model = build([]);
    let mut debug = model.clone();
    debug.build.push(Row { at: None, level: Some(Level::Debug), text: "debugging".into() });
    debug.build.at_least(Some(Level::Warn));
    for (model, said) in [(model, "Nothing yet."), (debug, "No line fits the filter.")] {
        let screen = text(&model, SIZE, Caps::default());
        assert!(screen.contains(said), "{said}: {screen}");
    }
}

#[test]
fn the_scrollbar_is_at_the_top_at_the_first_row_and_at_the_end_at_the_last() {
    let mut model = build((0..40).map(|number| format!("row {number}")));
    let thumb = |model: &Model| -> Vec<bool> {
        inside(model, &text(model, SIZE, Caps::default())).iter().map(|row| row.ends_with('█')).collect()
    };
    assert_eq!((thumb(&model).first(), thumb(&model).last()), (Some(&false), Some(&true)));
    model.build.home();
    assert_eq!((thumb(&model).first(), thumb(&model).last()), (Some(&true), Some(&false)));
}
