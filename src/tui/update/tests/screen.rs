//! Ways over the screen: pages, logs, lists, what lies over them.

use super::*;

#[test]
fn pages_and_panes_are_walked_through() {
    let mut model = operator();
    let mut seen = Vec::new();
    for _ in 0..6 {
        seen.push((model.focus, model.tab));
        drop(key(&mut model, KeyCode::Tab));
    }
    use PaneId::*;
    assert_eq!(
        seen,
        [
            (Pipeline, Tab::Overview),
            (Build, Tab::Build),
            (Updater, Tab::Logs),
            (Agent, Tab::Logs),
            (History, Tab::History),
            (Diagnostics, Tab::Diagnostics)
        ]
    );
    assert_eq!(model.focus, Pipeline);
    drop(key(&mut model, KeyCode::BackTab));
    assert_eq!(model.focus, Diagnostics);
    for (symbol, focus) in
        [("3", Agent), ("3", Updater), ("3", Agent), ("1", Pipeline), ("3", Agent), ("2", Build)]
    {
        drop(typed(&mut model, symbol));
        assert_eq!(model.focus, focus, "{symbol}");
    }
}

#[test]
fn a_search_works_while_it_is_typed() {
    let mut model = operator();
    drop(update(&mut model, Msg::Events((11..60).map(|seq| line(seq, &format!("line {seq}"))).collect())));
    drop(typed(&mut model, "2/line 1"));
    assert_eq!(
        model.entry.as_ref().map(|entry| (entry.kind, entry.text.as_str())),
        Some((EntryKind::Search, "line 1"))
    );
    assert_eq!(model.build.place().found, Some((9, 9)));
    drop(key(&mut model, KeyCode::Enter));
    assert!(model.entry.is_none());
    drop(typed(&mut model, "n"));
    assert_eq!(model.build.place().found, Some((1, 9)));
    drop(typed(&mut model, "N"));
    assert_eq!(model.build.place().found, Some((9, 9)));
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().found, None);
    // q and n are letters here; ^C still leaves.
    drop(typed(&mut model, "/qn two"));
    drop(control(&mut model, 'w'));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("qn "));
    assert_eq!(control(&mut model, 'c'), [Cmd::Detach]);
    drop(control(&mut model, 'u'));
    drop(update(&mut model, Msg::Paste("\u{1b}[31mline 2\nsecond".into())));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("line 2"));
    drop(control(&mut model, 'u'));
    drop(key(&mut model, KeyCode::Backspace));
    assert!(model.entry.is_none());
    drop(typed(&mut model, "&!line 1"));
    drop(key(&mut model, KeyCode::Enter));
    assert_eq!(model.build.place().rows, 40);
    drop(typed(&mut model, "&"));
    assert_eq!(model.entry.as_ref().map(|entry| entry.text.as_str()), Some("!line 1"));
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().rows, 40);
    drop(key(&mut model, KeyCode::Esc));
    assert_eq!(model.build.place().rows, 49);
}

#[test]
fn the_palette_lists_what_is_possible_and_does_it() {
    let mut model = operator();
    for (action, offered) in [(Action::Update, true), (Action::Cancel, false), (Action::Copy, false)] {
        assert_eq!(keys::palette(&model, "").iter().any(|row| row.action == action), offered, "{action:?}");
        assert_eq!(is_legal(&model, action), offered);
    }
    drop(typed(&mut model, ":roll"));
    assert_eq!(keys::palette(&model, "roll").first().map(|row| row.action), Some(Action::Rollback));
    drop(key(&mut model, KeyCode::Enter));
    assert_eq!(question(&model).title, "Roll back to v1.4.1?");
    drop(key(&mut model, KeyCode::Esc));
    drop(control(&mut model, 'p'));
    (0..200).for_each(|_| drop(key(&mut model, KeyCode::Down)));
    let count = keys::palette(&model, "").len();
    assert!(matches!(model.overlay, Some(Overlay::Palette { chosen, .. }) if chosen + 1 == count));
    drop(typed(&mut model, "zzz"));
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert!(model.overlay.is_none());
}

#[test]
fn lines_are_given_away_whole() {
    let mut model = operator();
    drop(typed(&mut model, "2"));
    assert_eq!(typed(&mut model, "y"), []);
    assert!(toast(&model).contains("no lines"));
    let lines = (11..2_011).map(|seq| line(seq, &format!("{seq} {}", "x".repeat(90)))).collect();
    drop(update(&mut model, Msg::Events(lines)));
    let stamp = "2023-11-14T22:13:21.000Z";
    let x = "x".repeat(90);
    assert_eq!(typed(&mut model, "y"), [Cmd::Copy(format!("{stamp} 2010 {x}"))]);
    drop(typed(&mut model, "vk"));
    assert_eq!(typed(&mut model, "y"), [Cmd::Copy(format!("{stamp} 2009 {x}\n{stamp} 2010 {x}\n"))]);
    assert!(!model.build.selecting());
    assert!(
        model.toast.as_ref().is_none_or(|toast| !toast.text.contains("copied")),
        "nothing was copied yet"
    );
    let [Cmd::Copy(text)] = &typed(&mut model, "Y")[..] else { panic!("nothing is copied") };
    assert!(text.len() <= 74_994 && text.len() > 74_850 && text.ends_with(&format!(" 2010 {x}\n")));
    drop(update(&mut model, Msg::Did(Ok("copied".into()))));
    assert!(toast(&model).starts_with("copied; only the last 619 of 2000 lines"), "{}", toast(&model));
    assert!(matches!(&typed(&mut model, "o")[..], [Cmd::Pager(lines)] if lines.len() == 2_000));
    let saved = typed(&mut model, "s");
    assert!(
        matches!(&saved[..], [Cmd::Save(name, lines)]
        if name == "sentinel-updater-build-20231114-221320.log" && lines.len() == 2_000),
        "{:?}",
        saved.len()
    );
}

#[test]
fn the_cursor_stays_on_what_it_was_on() {
    let mut model = operator();
    let answer = |model: &mut Model, answer| {
        let Cmd::Send(ticket, _) = ask::send(model, Request::Versions) else { panic!("it is sent") };
        drop(update(model, Msg::Answer(ticket, Ok(answer))));
    };
    for (row, expected) in [(0, 0), (1, 2), (4, 5)] {
        model.history = vec![run("2"), run("1")];
        model.row = row;
        answer(&mut model, Answer::History(vec![run("3"), run("2"), run("1")]));
        assert_eq!(model.row, expected, "{row}");
    }
    answer(&mut model, Answer::Versions(Vec::new()));
    answer(&mut model, Answer::History(Vec::new()));
    assert_eq!((model.row, model.under_cursor()), (0, None));
}

#[test]
fn every_action_everywhere_is_done_or_refused_with_a_reason() {
    let tabs = [Tab::Overview, Tab::Build, Tab::Logs, Tab::History, Tab::Diagnostics];
    for role in [Role::Operator, Role::Viewer] {
        for tab in tabs {
            for row in BINDINGS {
                let mut model = as_role(role);
                drop(act::act(&mut model, Action::Tab(tab)));
                let why = refusal(&model, row.action);
                model.toast = None;
                let (code, modifiers) = row.keys[0];
                let commands = update(&mut model, Msg::Key(KeyEvent::new(code, modifiers)));
                if let Some(why) = why {
                    assert_eq!(
                        (commands.len(), toast(&model)),
                        (0, why.as_str()),
                        "{tab:?} {:?}",
                        row.action
                    );
                    assert!(model.overlay.is_none() && model.entry.is_none());
                    assert!(footer(&model).iter().all(|other| other.action != row.action));
                }
                // Whatever came of it, Esc leads back and ^C leaves.
                (0..3).for_each(|_| drop(key(&mut model, KeyCode::Esc)));
                assert!(model.overlay.is_none() && model.entry.is_none(), "{tab:?} {:?}", row.action);
                assert_eq!(control(&mut model, 'c'), [Cmd::Detach]);
            }
        }
    }
}

#[test]
fn details_are_shown_of_what_the_cursor_is_on() {
    let mut model = operator();
    for (row, expected) in [(0, Some("2")), (1, Some("1")), (3, Some("2")), (2, None)] {
        model.overlay = None;
        drop(typed(&mut model, "4"));
        model.row = row;
        drop(key(&mut model, KeyCode::Enter));
        let shown = match &model.overlay {
            Some(Overlay::Run { id, .. }) => Some(id.as_str()),
            _ => None,
        };
        assert_eq!(shown, expected, "{row}");
        assert_eq!(toast(&model).contains("no run to v1.5.0 is known"), shown.is_none());
        drop(key(&mut model, KeyCode::Esc));
    }
}

#[test]
fn the_clock_wakes_no_more_often_than_something_changes() {
    let mut model = operator();
    assert_eq!(wake_at(&model), at(40), "ages are told by the minute");
    under_way(&mut model, None);
    assert_eq!(wake_at(&model), at(1));
}
