//! Answers of the service, by what was asked for.

use serde_json::Value;

use super::model::Ticket;
use super::msg::{Answer, Msg};
use crate::control::protocol::{Begun, Cancelled, LogTail, Was};
use crate::control::{Request, understand};
use crate::model::Outcome;
use crate::model::status::Latest;

/// The message that an answer is.
pub fn message(ticket: Ticket, request: &Request, answered: Outcome<Value>) -> Msg {
    answered
        .and_then(|value| understood(ticket, request, value))
        .unwrap_or_else(|failure| Msg::Answer(ticket, Err(Box::new(failure))))
}

fn understood(ticket: Ticket, request: &Request, value: Value) -> Outcome<Msg> {
    let answer = match request {
        Request::History(_) => Answer::History(understand(request, value)?),
        Request::Versions => Answer::Versions(understand(request, value)?),
        Request::Plan(_) => Answer::Plan(understand(request, value)?),
        Request::Logs(logs) => {
            let tail: LogTail = understand(request, value)?;
            return Ok(Msg::Tail(logs.log, tail.lines));
        }
        Request::Check => Answer::Done(checked(&understand(request, value)?)),
        Request::Update(_) => Answer::Done(begun(understand(request, value)?, "the update has begun")),
        Request::Rollback(_) => Answer::Done(begun(understand(request, value)?, "the rollback has begun")),
        Request::Cancel => Answer::Done(understand::<Cancelled>(request, value)?.text),
        Request::Pause(_) => Answer::Done("automatic updates are paused".into()),
        Request::Resume => Answer::Done(match understand::<Was>(request, value)?.was {
            true => "automatic updates go on".into(),
            false => "automatic updates were not paused".into(),
        }),
        Request::Hold(hold) => Answer::Done(match understand::<Was>(request, value)?.was {
            true => format!("{} was held already", hold.version),
            false => format!("{} is held", hold.version),
        }),
        Request::Unhold(unhold) => Answer::Done(match understand::<Was>(request, value)?.was {
            true => format!("{} is allowed again", unhold.version),
            false => format!("{} was not held", unhold.version),
        }),
        // Not asked for here, but an answer is an answer.
        Request::Hello(_) | Request::Status | Request::Settings | Request::Subscribe(_) => {
            Answer::Done("done".into())
        }
    };
    Ok(Msg::Answer(ticket, Ok(answer)))
}

fn begun(begun: Begun, yes: &str) -> String {
    begun.nothing.unwrap_or_else(|| yes.to_owned())
}

fn checked(latest: &Latest) -> String {
    match (&latest.error, &latest.version, latest.update_available) {
        (Some(error), _, _) => format!("the check failed: {error}"),
        (None, Some(version), true) => format!("{version} is available"),
        (None, Some(version), false) => format!("up to date: {version} is the newest"),
        (None, None, _) => "the module has no version to take".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::control::protocol::{Log, Logs, Update};
    use crate::model::Class;

    #[test]
    fn answers_are_typed_by_what_was_asked() {
        let said = |request: &Request, value: Value| match message(Ticket(7), request, Ok(value)) {
            Msg::Answer(Ticket(7), Ok(Answer::Done(text))) => text,
            other => format!("{other:?}"),
        };
        let update = Request::Update(Update::default());
        assert_eq!(said(&update, json!({"run": "r1"})), "the update has begun");
        assert_eq!(said(&update, json!({"nothing": "already current"})), "already current");
        assert_eq!(said(&Request::Resume, json!({"was": false})), "automatic updates were not paused");
        let logs = Request::Logs(Logs { log: Log::Agent, lines: 5, follow: true });
        let tail = message(Ticket(1), &logs, Ok(json!({"lines": ["a"]})));
        assert!(matches!(tail, Msg::Tail(Log::Agent, lines) if lines == ["a"]));
    }

    #[test]
    fn an_answer_of_another_form_is_a_failure() {
        let message = message(Ticket(1), &Request::Versions, Ok(json!({"x": 1})));
        assert!(matches!(message, Msg::Answer(Ticket(1), Err(failure)) if failure.class == Class::Internal));
    }
}
