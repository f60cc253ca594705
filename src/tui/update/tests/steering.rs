//! What is asked of the service, and what is not.

use super::*;

#[test]
fn who_may_only_look_has_no_buttons_and_is_told_why() {
    let mut read_only = operator();
    read_only.read_only = true;
    let mut record = read_only.clone();
    record.record = true;
    for (mut model, why) in
        [(as_role(Role::Viewer), "not steer"), (read_only, "--read-only"), (record, "this is a record")]
    {
        assert!(BINDINGS.iter().all(|row| is_offered(&model, row) != row.steers));
        assert!(footer(&model).iter().all(|row| !row.steers));
        assert!(keys::palette(&model, "").iter().all(|row| !row.steers));
        for symbol in STEERING {
            let commands = key(&mut model, KeyCode::Char(symbol));
            assert!(commands.is_empty() && model.overlay.is_none(), "{symbol}");
            assert!(toast(&model).contains(why), "{symbol}: {}", toast(&model));
        }
    }
}

#[test]
fn nothing_is_asked_of_a_service_that_is_away() {
    let mut model = operator();
    drop(typed(&mut model, "u"));
    let failure = Box::new(Failure::new(Class::Unreachable, "gone"));
    drop(update(&mut model, Msg::Lost { failure, retry_at: at(2) }));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(key(&mut model, KeyCode::Enter), [], "the question was open before");
    assert!(toast(&model).contains("not reached"));
    for symbol in STEERING {
        model.toast = None;
        assert_eq!(key(&mut model, KeyCode::Char(symbol)), [], "{symbol}");
        assert!(toast(&model).contains("not reached"), "{symbol}");
    }
    assert!(footer(&model).iter().all(|row| !row.steers));
}

#[test]
fn an_update_is_asked_for_twice_and_the_default_is_no() {
    let mut model = operator();
    model.plan = None;
    let commands = typed(&mut model, "u");
    let version = Version::parse("v1.5.0").ok();
    assert_eq!(requests(&commands), [Request::Plan(Plan { version: version.clone() })]);
    assert_eq!(question(&model).title, "Update the agent to v1.5.0?");
    assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", "Update"], 0));
    assert_eq!(question(&model).lines[0], "v1.4.2 -> v1.5.0");
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert_eq!(model.overlay, None);

    drop(typed(&mut model, "u"));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(key(&mut model, KeyCode::Esc), []);
    drop(typed(&mut model, "u"));
    drop(key(&mut model, KeyCode::Tab));
    let commands = key(&mut model, KeyCode::Enter);
    assert_eq!(requests(&commands), [Request::Update(Update { version, force: false, stage_only: false })]);
}

#[test]
fn force_is_offered_only_where_a_gate_fails() {
    for (passes, expected) in
        [(true, vec!["Cancel", "Update"]), (false, vec!["Cancel", "Update", "Update anyway (force)"])]
    {
        let mut model = operator();
        let Cmd::Send(ticket, _) = typed(&mut model, "u")[0].clone() else { panic!("no plan is asked for") };
        drop(key(&mut model, KeyCode::Right));
        drop(update(&mut model, Msg::Answer(ticket, Ok(Answer::Plan(Box::new(plan(passes)))))));
        assert_eq!((labels(&model), question(&model).chosen), (expected, 1), "what was chosen stays so");
        let text = question(&model).lines.join("\n");
        assert!(text.contains("expected downtime: about 0.3 s"), "{text}");
        assert_eq!(text.contains("not met: not held: it failed"), !passes, "{text}");
        if !passes {
            drop(key(&mut model, KeyCode::Right));
            let commands = key(&mut model, KeyCode::Enter);
            assert!(matches!(&requests(&commands)[..], [Request::Update(Update { force: true, .. })]));
        }
    }
}

#[test]
fn a_plan_that_cannot_be_made_is_told_in_the_question_only() {
    let mut model = operator();
    let Cmd::Send(ticket, _) = typed(&mut model, "u")[0].clone() else { panic!("no plan is asked for") };
    let failure = Box::new(Failure::new(Class::Network, "the proxy does not answer"));
    drop(update(&mut model, Msg::Answer(ticket, Err(failure))));
    assert!(question(&model).lines.iter().any(|line| line.contains("the proxy does not answer")));
    assert!(model.toast.is_none());
}

#[test]
fn nothing_is_said_before_the_service_answered() {
    let mut model = operator();
    let commands = typed(&mut model, "c");
    assert_eq!(requests(&commands), [Request::Check]);
    assert_eq!((toast(&model), model.pending.len()), ("", 1));
    let Cmd::Send(ticket, _) = commands[0] else { panic!("{commands:?}") };
    drop(update(&mut model, Msg::Answer(ticket, Ok(Answer::Done("v1.5.0 is available".into())))));
    assert_eq!((toast(&model), model.pending.len()), ("v1.5.0 is available", 0));
    let until = model.toast.as_ref().unwrap().until;
    assert!(wake_at(&model) <= until);
    drop(update(&mut model, Msg::Tick(until)));
    assert!(model.toast.is_none());

    let Cmd::Send(ticket, _) = typed(&mut model, "c")[0] else { panic!("nothing is sent") };
    let failure = Failure::new(Class::Busy, "a run is under way").hint("wait");
    drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
    assert_eq!(toast(&model), "a run is under way; wait");
    assert_eq!(model.toast.as_ref().map(|toast| toast.level), Some(Level::Error));

    let Cmd::Send(ticket, _) = typed(&mut model, "c")[0] else { panic!("nothing is sent") };
    let failure = Failure::new(Class::Network, "x ".repeat(60)).cause("far away").hint("do this");
    drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
    assert_eq!(
        (labels(&model), question(&model).lines.clone()),
        (vec!["Close"], vec!["far away".to_owned(), String::new(), "do this".to_owned()])
    );
    assert_eq!(key(&mut model, KeyCode::Enter), []);
    assert!(model.overlay.is_none());
}

#[test]
fn a_pause_is_for_an_hour_or_until_resumed() {
    for (steps, expected) in [(0, None), (1, Some(Some(3_600_000))), (2, Some(None)), (3, None)] {
        let mut model = operator();
        drop(typed(&mut model, "p"));
        (0..steps).for_each(|_| drop(key(&mut model, KeyCode::Down)));
        let commands = key(&mut model, KeyCode::Enter);
        let expected: Vec<_> =
            expected.map(|for_ms| Request::Pause(Pause { for_ms, reason: None })).into_iter().collect();
        assert_eq!(requests(&commands), expected, "{steps}");
    }
    let mut model = operator();
    assert_eq!(label_of(&model, Action::Pause), "Pause");
    let paused = Paused { since: at(0), until: Some(at(60)), reason: None, by: "uid 0".into() };
    drop(events(&mut model, vec![EventKind::PausedChanged { paused: Some(paused) }]));
    assert_eq!(label_of(&model, Action::Pause), "Resume");
    assert_eq!(requests(&typed(&mut model, "p")), [Request::Resume]);
    drop(update(&mut model, Msg::Tick(at(61))));
    assert_eq!(label_of(&model, Action::Pause), "Pause", "the pause is over by itself");
}

#[test]
fn a_run_can_be_cancelled_before_stop_and_in_verify() {
    for (step, state, expected) in [
        (None, State::Building, Some("Abort")),
        (Some(StepId::Build), State::Building, Some("Abort")),
        (Some(StepId::Prove), State::Building, Some("Abort")),
        (Some(StepId::Stop), State::Switching, None),
        (Some(StepId::Start), State::Switching, None),
        (Some(StepId::Verify), State::Verifying, Some("Roll back now")),
        (Some(StepId::Commit), State::Verifying, None),
        (Some(StepId::Verify), State::RollingBack, None),
        (Some(StepId::Build), State::Recovering, None),
    ] {
        let mut model = operator();
        under_way(&mut model, step);
        model.view.as_mut().unwrap().status.updater.state = state;
        assert_eq!(cancel_effect(&model).is_some(), expected.is_some(), "{step:?}");
        drop(typed(&mut model, "x"));
        match expected {
            Some(label) => {
                assert_eq!((labels(&model)[1], question(&model).chosen), (label, 0));
                assert_eq!(key(&mut model, KeyCode::Enter), []);
                drop(typed(&mut model, "x"));
                drop(key(&mut model, KeyCode::Right));
                assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [Request::Cancel]);
            }
            None => {
                assert!(model.overlay.is_none() && toast(&model).contains("cannot be cancelled"), "{step:?}")
            }
        }
        for symbol in ['u', 'r', 'c'] {
            assert_eq!(typed(&mut model, &symbol.to_string()), [], "busy");
        }
    }
    let mut model = operator();
    assert_eq!(typed(&mut model, "x"), []);
    assert!(toast(&model).contains("no run"));
}
