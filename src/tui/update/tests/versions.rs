//! Going back, and holding.

use super::*;

fn back_to(version: &str, database: Database) -> Request {
    Request::Rollback(Rollback { version: Some(version.into()), database })
}

#[test]
fn a_rollback_names_its_target() {
    let mut model = operator();
    for (row, expected) in [
        (None, "v1.4.1"),
        (Some(5), "v1.4.0"),
        // Not kept: the one before.
        (Some(2), "v1.4.1"),
        // On a run.
        (Some(0), "v1.4.1"),
    ] {
        drop(typed(&mut model, if row.is_some() { "4" } else { "1" }));
        model.row = row.unwrap_or(0);
        drop(typed(&mut model, "r"));
        assert_eq!(question(&model).title, format!("Roll back to {expected}?"), "{row:?}");
        assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", "Roll back"], 0));
        drop(key(&mut model, KeyCode::Right));
        let commands = key(&mut model, KeyCode::Enter);
        assert_eq!(requests(&commands), [back_to(expected, Database::Ask)]);
    }
    model.versions.iter_mut().for_each(|row| row.kept = false);
    assert_eq!(typed(&mut model, "r"), []);
    assert!(toast(&model).contains("nothing to go back to"));
}

#[test]
fn across_a_change_of_schema_there_is_a_choice() {
    let mut model = operator();
    model.versions[2].schema_differs = Some(true);
    model.versions[2].snapshot_at = Some(at(0));
    drop(typed(&mut model, "r"));
    let restore = "Restore database of 2023-11-14 22:13:20 UTC (today's is set aside)";
    assert_eq!((labels(&model), question(&model).chosen), (vec!["Cancel", restore, "Keep database"], 0));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [back_to("v1.4.1", Database::Restore)]);
    drop(typed(&mut model, "r"));
    drop(key(&mut model, KeyCode::Left));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [back_to("v1.4.1", Database::Keep)]);
}

#[test]
fn a_refusal_that_asks_for_the_choice_leads_to_it() {
    let mut model = operator();
    for (hint, leads) in
        [("choose: `--restore-database` puts it back, `--keep-database` leaves it", true), ("no", false)]
    {
        drop(typed(&mut model, "r"));
        drop(key(&mut model, KeyCode::Right));
        let Cmd::Send(ticket, _) = key(&mut model, KeyCode::Enter)[0] else { panic!("nothing is sent") };
        let failure = Failure::new(Class::Refused, "the database's schema changed").hint(hint);
        drop(update(&mut model, Msg::Answer(ticket, Err(Box::new(failure)))));
        match leads {
            true => {
                assert_eq!(labels(&model)[2], "Keep database");
                assert!(question(&model).lines.iter().any(|line| line.contains("schema changed")));
                drop(key(&mut model, KeyCode::Esc));
            }
            false => assert!(model.overlay.is_none() && toast(&model).contains("schema changed")),
        }
    }
}

#[test]
fn the_version_under_the_cursor_is_held_or_allowed_again() {
    let mut model = operator();
    drop(typed(&mut model, "H"));
    assert_eq!(question(&model).title, "Hold v1.5.0?");
    drop(key(&mut model, KeyCode::Esc));
    drop(typed(&mut model, "4"));
    model.row = 4;
    drop(typed(&mut model, "H"));
    drop(key(&mut model, KeyCode::Right));
    let version = Version::parse("v1.4.1").unwrap();
    let hold = Request::Hold(Hold { version: version.clone(), reason: None });
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [hold]);
    let held = Held {
        version: version.clone(),
        reason: "x".into(),
        at: at(0),
        retry_at: None,
        cause: crate::model::held::HeldCause::Operator,
        attempts: 1,
        fingerprint: None,
    };
    drop(events(&mut model, vec![EventKind::HeldChanged { held: vec![held] }]));
    assert_eq!(label_of(&model, Action::Hold), "Unhold");
    drop(typed(&mut model, "H"));
    drop(key(&mut model, KeyCode::Right));
    assert_eq!(requests(&key(&mut model, KeyCode::Enter)), [Request::Unhold(Unhold { version })]);
}
