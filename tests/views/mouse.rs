//! What is seen is what is hit.

use sentinel_updater::tui::caps::Caps;
use sentinel_updater::tui::keys::Action;
use sentinel_updater::tui::model::{Choice, Confirm, Model, Overlay, PaneId, Question, Tab};
use sentinel_updater::tui::view::{self, Target};

use super::fixtures::{compiling, idle};
use super::look::text;

/// Where a text is on the screen.
fn seen(model: &Model, wanted: &str) -> Option<(u16, u16)> {
    let text = text(model, model.size, Caps::default());
    text.lines().zip(0..).find_map(|(line, y)| {
        let x = line.split_once(wanted)?.0.chars().count();
        Some((x as u16, y))
    })
}

fn hit(model: &Model, wanted: &str) -> Option<Target> {
    let (x, y) = seen(model, wanted).unwrap_or_else(|| panic!("`{wanted}` is not on the screen"));
    let target = view::hit(model, x, y);
    let end = view::hit(model, x + wanted.chars().count() as u16 - 1, y);
    assert_eq!(target, end, "`{wanted}` is one place");
    target
}

#[test]
fn buttons_keys_and_pages_are_hit_where_they_are_seen() {
    for size in [(80, 24), (120, 40), (200, 60)] {
        let mut model = idle();
        model.size = size;
        for (wanted, action) in [
            ("[u] Update", Action::Update),
            ("[p] Pause", Action::Pause),
            ("[r] Roll back", Action::Rollback),
            ("? Help", Action::Help),
            ("q Detach", Action::Detach),
        ] {
            assert_eq!(hit(&model, wanted), Some(Target::Action(action)), "{wanted} at {size:?}");
        }
        if size.0 < 180 {
            assert_eq!(hit(&model, "4 History"), Some(Target::Action(Action::Tab(Tab::History))));
        }
        let mut model = compiling();
        model.size = size;
        assert_eq!(hit(&model, "[x] Abort"), Some(Target::Action(Action::Cancel)), "{size:?}");
        assert_eq!(seen(&model, "[u] Update"), None);
    }
}

#[test]
fn a_pane_is_hit_wherever_it_is() {
    let mut model = idle();
    model.size = (80, 24);
    assert_eq!(hit(&model, "Version check"), Some(Target::Pane(PaneId::Pipeline)));
    assert_eq!(hit(&model, "Preflight"), Some(Target::Pane(PaneId::Pipeline)));
    assert_eq!(view::hit(&model, 0, 0), None, "the status lines do nothing");
    assert_eq!(view::areas(&model).height(PaneId::Pipeline), 17);
    assert_eq!(view::areas(&model).height(PaneId::Agent), 0, "it is not shown");
}

#[test]
fn an_answer_is_hit_and_nothing_behind_it() {
    let choices = ["Cancel", "Update"].map(|label| Choice { label: label.into(), request: None });
    let mut model = idle();
    for size in [(40, 12), (80, 24), (200, 60)] {
        model.size = size;
        let lines = vec!["v1.4.2 -> v1.5.0".into()];
        let question = Confirm {
            about: Question::Other,
            title: "Update?".into(),
            lines,
            choices: choices.to_vec(),
            chosen: 0,
        };
        model.overlay = Some(Overlay::Confirm(question));
        assert_eq!(hit(&model, "[ Cancel ]"), Some(Target::Choice(0)));
        assert_eq!(hit(&model, "[ Update ]"), Some(Target::Choice(1)));
        assert_eq!(view::hit(&model, 2, size.1 - 1), None, "a button below is out of reach");
    }
}

#[test]
fn a_command_of_the_palette_is_hit() {
    let mut model = idle();
    model.size = (80, 24);
    model.overlay = Some(Overlay::Palette { text: "roll".into(), chosen: 0 });
    assert_eq!(hit(&model, "Roll back"), Some(Target::Action(Action::Rollback)));
}
