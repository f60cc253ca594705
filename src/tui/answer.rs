//! Answers of the service, by what was asked for.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::Ticket;
use super::msg::{Answer, Msg};
use crate::control::Request;
use crate::control::protocol::{Begun, Cancelled, LogTail, Was};
use crate::host::text::clean;
use crate::model::status::Latest;
use crate::model::{Class, Failure, Outcome};

/// The message that an answer is.
pub fn message(ticket: Ticket, request: &Request, answered: Outcome<Value>) -> Msg {
    let understood = answered.and_then(|value| understand(request, value));
    match understood {
        Ok(Understood::Tail(message)) => message,
        Ok(Understood::Answer(answer)) => Msg::Answer(ticket, Ok(answer)),
        Err(failure) => Msg::Answer(ticket, Err(Box::new(failure))),
    }
}

enum Understood {
    Answer(Answer),
    /// The end of a log, which has a message of its own.
    Tail(Msg),
}

fn understand(request: &Request, value: Value) -> Outcome<Understood> {
    let answer = match request {
        Request::History(_) => Answer::History(read(value)?),
        Request::Versions => Answer::Versions(read(value)?),
        Request::Plan(_) => Answer::Plan(read(value)?),
        Request::Logs(logs) => {
            let tail: LogTail = read(value)?;
            return Ok(Understood::Tail(Msg::Tail(logs.log, tail.lines)));
        }
        Request::Check => Answer::Done(checked(&read(value)?)),
        Request::Update(_) => Answer::Done(begun(read(value)?, "the update has begun")),
        Request::Rollback(_) => Answer::Done(begun(read(value)?, "the rollback has begun")),
        Request::Cancel => Answer::Done(clean(&read::<Cancelled>(value)?.text)),
        Request::Pause(_) => Answer::Done("automatic updates are paused".into()),
        Request::Resume => Answer::Done(match read::<Was>(value)?.was {
            true => "automatic updates go on".into(),
            false => "automatic updates were not paused".into(),
        }),
        Request::Hold(hold) => Answer::Done(match read::<Was>(value)?.was {
            true => format!("{} was held already", hold.version),
            false => format!("{} is held", hold.version),
        }),
        Request::Unhold(unhold) => Answer::Done(match read::<Was>(value)?.was {
            true => format!("{} is allowed again", unhold.version),
            false => format!("{} was not held", unhold.version),
        }),
        // Not asked for here, but an answer is an answer.
        Request::Hello(_) | Request::Status | Request::Settings | Request::Subscribe(_) => {
            Answer::Done("done".into())
        }
    };
    Ok(Understood::Answer(answer))
}

fn read<T: DeserializeOwned>(value: Value) -> Outcome<T> {
    serde_json::from_value(value).map_err(|error| {
        Failure::new(Class::Internal, "the service's answer is not understood")
            .cause(clean(&error.to_string()))
            .hint("use the same version of sentinel-updater on both sides")
    })
}

fn begun(begun: Begun, yes: &str) -> String {
    begun.nothing.map_or_else(|| yes.to_owned(), |nothing| clean(&nothing))
}

fn checked(latest: &Latest) -> String {
    match (&latest.error, &latest.version, latest.update_available) {
        (Some(error), _, _) => format!("the check failed: {}", clean(error)),
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

    #[test]
    fn answers_are_typed_by_what_was_asked() {
        let said = |request: &Request, value: Value| match message(Ticket(7), request, Ok(value)) {
            Msg::Answer(Ticket(7), Ok(Answer::Done(text))) => text,
            other => format!("{other:?}"),
        };
        let update = Request::Update(Update::default());
        assert_eq!(said(&update, json!({"run": "r1"})), "the update has begun");
        assert_eq!(said(&update, json!({"nothing": "already\u{1b}[2J current"})), "already current");
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
