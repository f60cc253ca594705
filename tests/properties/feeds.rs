//! What reaches the dashboard: the same picture however the stream was cut, and nothing that hurts it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use libtest_mimic::Trial;
use proptest::prelude::*;
use sentinel_updater::control::protocol::{Log, LogLines, Role, Welcome};
use sentinel_updater::model::{Class, Event, EventKind, Failure, Timestamp, View};
use sentinel_updater::tui::keys::BINDINGS;
use sentinel_updater::tui::model::{Link, Ticket};
use sentinel_updater::tui::msg::{Answer, Msg};
use sentinel_updater::tui::pane::Pane;
use sentinel_updater::tui::update::{update, wake_at};
use sentinel_updater::tui::{Caps, Model};

use super::{hold, hold_for, property, views};

/// Sequences of messages are long.
const SEQUENCES: u32 = 300;

pub(crate) fn properties() -> Vec<Trial> {
    vec![
        property("feeds::end_in_the_view_of_the_service", live),
        property("feeds::may_be_cut_and_resumed_anywhere", resumed),
        property("feeds::tell_of_every_gap", gaps),
        property("feeds::and_hands_never_harm_the_dashboard", anything),
    ]
}

fn model() -> Model {
    Model::new(Caps::default(), (80, 24), Timestamp::UNIX_EPOCH)
}

fn begin(model: &mut Model) {
    drop(update(model, Msg::View(Box::default(), "e".into())));
}

fn rows(pane: &Pane) -> Vec<String> {
    pane.passing().map(|row| row.text.clone()).collect()
}

/// What the build said since the last run began.
fn output(events: &[Event]) -> Vec<String> {
    let begun =
        events.iter().rposition(|event| matches!(event.kind, EventKind::RunStarted { .. })).unwrap_or(0);
    events[begun..]
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Output { line } => Some(line.clone()),
            _ => None,
        })
        .collect()
}

fn live() -> Result<(), String> {
    hold(&(views::events(), any::<prop::sample::Index>()), |(events, at)| {
        let at = at.index(events.len() + 1);
        let mut model = model();
        begin(&mut model);
        for part in [&events[..at], &events[at..]] {
            drop(update(&mut model, Msg::Events(part.to_vec())));
        }
        let whole = views::fold(View::default(), &events);
        prop_assert_eq!(model.view.as_ref(), Some(&whole));
        prop_assert_eq!(rows(&model.build), output(&events));
        Ok(())
    })
}

fn resumed() -> Result<(), String> {
    let index = any::<prop::sample::Index>;
    hold(&(views::events(), index(), index()), |(events, at, back)| {
        let at = at.index(events.len() + 1);
        let from = back.index(at + 1);
        let mut model = model();
        begin(&mut model);
        drop(update(&mut model, Msg::Events(events[..at].to_vec())));
        let failure = Box::new(Failure::new(Class::Unreachable, "gone"));
        drop(update(&mut model, Msg::Lost { failure, retry_at: Timestamp::UNIX_EPOCH }));
        prop_assert_eq!(model.position().from, at as u64);
        // The service may send again what is known already.
        drop(update(&mut model, Msg::Events(events[from..].to_vec())));
        let whole = views::fold(View::default(), &events);
        prop_assert_eq!(model.view.as_ref(), Some(&whole));
        prop_assert_eq!(rows(&model.build), output(&events));
        Ok(())
    })
}

fn gaps() -> Result<(), String> {
    hold(&(views::events(), prop::collection::vec(any::<bool>(), 24)), |(events, lost)| {
        let arrived: Vec<Event> = events
            .iter()
            .zip(&lost)
            .filter(|(event, lost)| !(**lost && event.kind.may_be_dropped()))
            .map(|(event, _)| event.clone())
            .collect();
        let mut model = model();
        begin(&mut model);
        drop(update(&mut model, Msg::Events(arrived.clone())));
        let (told, lines): (Vec<_>, Vec<_>) =
            rows(&model.build).into_iter().partition(|line| line.contains("did not reach"));
        prop_assert_eq!(lines, output(&arrived));
        // Gaps before the last run began went with its predecessor's output, except the one right before it.
        let begun = arrived.iter().rposition(|event| matches!(event.kind, EventKind::RunStarted { .. }));
        let seen = begun.map_or(0, |begun| arrived[begun].seq);
        let last = arrived.last().map_or(0, |event| event.seq);
        let after = arrived.iter().filter(|event| event.seq > seen).count() as u64;
        let missing = last - seen - after;
        let counted: u64 = told
            .iter()
            .filter_map(|line| line.split(' ').nth(1).and_then(|count| count.parse::<u64>().ok()))
            .sum();
        prop_assert_eq!(counted, missing);
        Ok(())
    })
}

fn key() -> impl Strategy<Value = KeyEvent> {
    let bound: Vec<_> = BINDINGS.iter().flat_map(|row| row.keys.iter().copied()).collect();
    let other = vec![
        (KeyCode::Left, KeyModifiers::NONE),
        (KeyCode::Right, KeyModifiers::NONE),
        (KeyCode::Backspace, KeyModifiers::NONE),
        (KeyCode::Char('w'), KeyModifiers::CONTROL),
        (KeyCode::Null, KeyModifiers::ALT),
    ];
    prop_oneof![
        3 => prop::sample::select(bound),
        1 => prop::sample::select(other),
        1 => any::<char>().prop_map(|symbol| (KeyCode::Char(symbol), KeyModifiers::NONE)),
    ]
    .prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn mouse() -> impl Strategy<Value = MouseEvent> {
    let kind = prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
    ]);
    (kind, 0..260_u16, 0..90_u16).prop_map(|(kind, column, row)| MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn welcome() -> impl Strategy<Value = Msg> {
    prop::sample::select(vec![Role::Viewer, Role::Operator]).prop_map(|role| {
        Msg::Connected(Box::new(Welcome {
            protocol: 1,
            program: "1".into(),
            epoch: "e".into(),
            role,
            host: "h".into(),
            service: "s".into(),
            module: "m".into(),
        }))
    })
}

fn message() -> impl Strategy<Value = Msg> {
    let time = || (0..1_000_000_i64).prop_map(|second| Timestamp::from_second(second).unwrap());
    let lines = || prop::collection::vec(".{0,30}", 0..40);
    let log = || prop::sample::select(vec![Log::Updater, Log::Agent, Log::Build]);
    let failure =
        || ".{0,90}".prop_map(|what| Box::new(Failure::new(Class::Refused, what).hint("--restore-database")));
    let view = || views::events().prop_map(|events| Box::new(views::fold(View::default(), &events)));
    let answer = prop_oneof![
        Just(Ok(Answer::History(Vec::new()))),
        Just(Ok(Answer::Versions(Vec::new()))),
        ".{0,20}".prop_map(|text| Ok(Answer::Done(text))),
        failure().prop_map(Err),
    ];
    let hands = prop_oneof![
        8 => key().prop_map(Msg::Key),
        2 => mouse().prop_map(Msg::Mouse),
        1 => ".{0,40}".prop_map(Msg::Paste),
        1 => (1..250_u16, 1..80_u16).prop_map(|(columns, rows)| Msg::Resize(columns, rows)),
        1 => time().prop_map(Msg::Tick),
    ];
    let service = prop_oneof![
        2 => welcome(),
        2 => view().prop_map(|view| Msg::View(view, "e".into())),
        4 => views::events().prop_map(Msg::Events),
        1 => any::<u64>().prop_map(Msg::Dropped),
        2 => (log(), lines()).prop_map(|(log, lines)| Msg::Tail(log, lines)),
        2 => (log(), time(), lines()).prop_map(|(log, at, lines)| Msg::Log(LogLines { log, at, lines })),
        1 => (failure(), time()).prop_map(|(failure, retry_at)| Msg::Lost { failure, retry_at }),
        1 => failure().prop_map(Msg::Incompatible),
        2 => (0..40_u64, answer).prop_map(|(ticket, answer)| Msg::Answer(Ticket(ticket), answer)),
        1 => failure().prop_map(|failure| Msg::Did(Err(failure))),
    ];
    prop_oneof![2 => hands, 1 => service]
}

fn anything() -> Result<(), String> {
    hold_for(SEQUENCES, &prop::collection::vec(message(), 0..120), |messages| {
        let mut model = model();
        for message in messages {
            drop(update(&mut model, message));
            prop_assert!(wake_at(&model) > model.now || model.toast.is_some());
            prop_assert!(model.link == Link::Connected || !model.may_steer());
            for pane in [&model.build, &model.updater, &model.agent] {
                let place = pane.place();
                prop_assert!(place.percent <= 100);
                let shown: Vec<u64> = pane.upwards().map(|shown| shown.number).collect();
                prop_assert!(shown.windows(2).all(|pair| pair[0] > pair[1]));
                let clean = |shown: &str| !shown.chars().any(char::is_control);
                prop_assert!(pane.passing().all(|row| clean(&row.text)));
            }
        }
        Ok(())
    })
}
