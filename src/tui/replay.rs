//! A recorded stream played again: for tests, reports of faults, and pictures.
//!
//! A record is JSON lines, each either a line of the protocol as the server sends it (requests may be among
//! them) or an event as `update --json` prints it.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::caps::Caps;
use super::model::{Model, Ticket};
use super::msg::{Answer, Msg};
use super::update::{ticket, update};
use crate::control::Request;
use crate::control::protocol::{
    ANSWER_LIMIT, History, Log, LogTail, Logs, Notice, PROTOCOL, Plan, Role, Subscribed, Welcome,
};
use crate::model::{Class, Event, Failure, Outcome, Preview, Run, Timestamp, VersionRow, View};

/// A message with the time it came at.
pub type Timed = (Timestamp, Msg);

/// Reads a record. A message without a time of its own has that of the last one before it that has one, or of
/// the first one of all.
///
/// # Errors
/// `Usage` with the number of the line that is not understood, or for a record with nothing in it; `Disk`.
pub fn parse(mut reader: impl BufRead) -> Outcome<Vec<Timed>> {
    let mut tape = Tape::default();
    for number in 1_u64.. {
        let mut line = Vec::new();
        let limit = ANSWER_LIMIT as u64 + 1;
        let read = reader.by_ref().take(limit).read_until(b'\n', &mut line).map_err(|error| {
            Failure::new(Class::Disk, format!("cannot read line {number} of the record")).because(&error)
        })?;
        if read == 0 {
            break;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        tape.line(&line).map_err(|why| {
            Failure::new(Class::Usage, format!("line {number} of the record is not understood"))
                .cause(why)
                .hint("a line is what the control socket sends, or an event of `update --json`")
        })?;
    }
    tape.end()
}

/// The dashboard after every message up to `until`, or after all of them. Its clock stands at the last one.
pub fn fold(messages: &[Timed], caps: Caps, size: (u16, u16), until: Option<Timestamp>) -> Model {
    let first = messages.first().map_or(Timestamp::UNIX_EPOCH, |(at, _)| *at);
    let mut model = Model::new(caps, size, first);
    let played = messages.iter().take_while(|(at, _)| until.is_none_or(|until| *at <= until));
    for (at, message) in played {
        drop(update(&mut model, Msg::Tick(*at)));
        let message = match message {
            // What was asked is not in a record; the answer goes to whoever waits for its like.
            Msg::Answer(_, result) => Msg::Answer(waiting(&mut model, result), result.clone()),
            other => other.clone(),
        };
        drop(update(&mut model, message));
    }
    model.pending.clear();
    if let Some(until) = until.filter(|until| *until > model.now) {
        drop(update(&mut model, Msg::Tick(until)));
    }
    model
}

/// A ticket that waits for such an answer.
fn waiting(model: &mut Model, result: &Result<Answer, Box<Failure>>) -> Ticket {
    let request = match result {
        Ok(Answer::History(_)) => Request::History(History::default()),
        Ok(Answer::Plan(_)) => Request::Plan(Plan::default()),
        _ => Request::Versions,
    };
    ticket(model, request)
}

/// A record as it is read.
#[derive(Default)]
struct Tape {
    /// Messages; `None`: the time is not known yet.
    messages: Vec<(Option<Timestamp>, Msg)>,
    /// Which log a request asked for, by its number.
    logs: BTreeMap<u64, Log>,
    /// Logs that were told already.
    tails: u8,
    epoch: Option<String>,
}

/// A line of the protocol, as far as it can be told apart.
#[derive(Deserialize)]
struct Line {
    id: Option<u64>,
    method: Option<String>,
    params: Option<Value>,
    result: Option<Value>,
    error: Option<Value>,
    event: Option<Value>,
}

impl Tape {
    fn line(&mut self, bytes: &[u8]) -> Result<(), String> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        let line: Line = read(value.clone())?;
        match line {
            Line { event: Some(_), .. } => self.event(read(value)?),
            Line { method: Some(method), id: Some(id), params, .. } => {
                if method == "logs" {
                    let logs: Logs = read(params.unwrap_or_default())?;
                    self.logs.insert(id, logs.log);
                }
            }
            Line { method: Some(_), .. } => self.notice(read(value)?),
            Line { id, result: Some(result), .. } => self.answer(id, result)?,
            // A refusal changes nothing that is shown for long.
            Line { error: Some(_), .. } => {}
            Line { id: Some(_), .. } => {}
            _ => return Err("it is neither an event nor a line of the protocol".to_owned()),
        }
        Ok(())
    }

    fn event(&mut self, event: Event) {
        if self.messages.is_empty() {
            // A record of events alone: who looks at it may not steer.
            let epoch = "record".to_owned();
            let welcome = Welcome {
                protocol: PROTOCOL,
                program: String::new(),
                epoch: epoch.clone(),
                role: Role::Viewer,
                host: String::new(),
                service: String::new(),
                module: String::new(),
            };
            let view = View { seq: event.seq.saturating_sub(1), ..View::default() };
            self.add(Some(event.at), Msg::Connected(Box::new(welcome)));
            self.add(Some(event.at), Msg::View(Box::new(view), epoch));
        }
        self.add(Some(event.at), Msg::Events(vec![event]));
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Event(event) => self.event(*event),
            Notice::Dropped(dropped) => self.add(None, Msg::Dropped(dropped.count)),
            Notice::Resync(view) => {
                let epoch = self.epoch.clone().unwrap_or_default();
                self.add(None, Msg::View(view, epoch));
            }
            Notice::Log(lines) => self.add(Some(lines.at), Msg::Log(lines)),
        }
    }

    /// Answers are told apart by what is in them.
    fn answer(&mut self, id: Option<u64>, result: Value) -> Result<(), String> {
        let has = |key: &str| result.get(key).is_some();
        if has("protocol") && has("role") {
            let welcome: Welcome = read(result)?;
            self.add(None, Msg::Connected(Box::new(welcome)));
        } else if has("epoch") && has("view") {
            let subscribed: Subscribed = read(result)?;
            self.epoch = Some(subscribed.epoch.clone());
            if let Some(view) = subscribed.view {
                self.add(None, Msg::View(Box::new(view), subscribed.epoch));
            }
        } else if has("lines") && has("source") {
            let tail: LogTail = read(result)?;
            let asked = id.and_then(|id| self.logs.get(&id)).copied();
            // The dashboard asks for the updater's log first.
            let log = asked.unwrap_or(if self.tails == 0 { Log::Updater } else { Log::Agent });
            self.tails = self.tails.saturating_add(1);
            self.add(None, Msg::Tail(log, tail.lines));
        } else if has("gates") && has("steps") {
            let plan: Preview = read(result)?;
            self.answered(Answer::Plan(Box::new(plan)));
        } else if let Some(first) = result.as_array().map(|list| list.first().cloned()) {
            match first {
                Some(first) if first.get("verdict").is_some() => {
                    let runs: Vec<Run> = read(result)?;
                    self.answered(Answer::History(runs));
                }
                Some(first) if first.get("available").is_some() => {
                    let rows: Vec<VersionRow> = read(result)?;
                    self.answered(Answer::Versions(rows));
                }
                // An empty list, of runs or of versions, changes nothing at the start; and settings.
                _ => {}
            }
        }
        Ok(())
    }

    fn answered(&mut self, answer: Answer) {
        self.add(None, Msg::Answer(Ticket(0), Ok(answer)));
    }

    fn add(&mut self, at: Option<Timestamp>, message: Msg) {
        self.messages.push((at, message));
    }

    fn end(self) -> Outcome<Vec<Timed>> {
        let timed = self.messages.iter().find_map(|(at, _)| *at);
        let told = self.messages.iter().find_map(|(_, message)| match message {
            Msg::View(view, _) => newest(view),
            _ => None,
        });
        let Some(mut last) =
            timed.or(told).or_else(|| (!self.messages.is_empty()).then_some(Timestamp::UNIX_EPOCH))
        else {
            return Err(Failure::new(Class::Usage, "the record is empty")
                .hint("record one with `update --json`, or from the control socket"));
        };
        Ok(self
            .messages
            .into_iter()
            .map(|(at, message)| {
                last = at.unwrap_or(last);
                (last, message)
            })
            .collect())
    }
}

/// The newest time that a view knows of.
fn newest(view: &View) -> Option<Timestamp> {
    let status = &view.status;
    let run = status.run.as_ref().map(|run| run.started_at);
    [view.step_since, run, status.latest.checked_at, status.updater.started_at, status.agent.since]
        .into_iter()
        .flatten()
        .max()
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::control::protocol::{Dropped, LogLines};
    use crate::model::event::Level;
    use crate::model::{By, EventKind, RunKind};
    use crate::tui::model::Link;
    use serde_json::json;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    fn event(seq: u64, kind: EventKind) -> Event {
        Event { seq, at: at(i64::try_from(seq).unwrap()), kind }
    }

    fn output(seq: u64, line: &str) -> Event {
        event(seq, EventKind::Output { line: line.into() })
    }

    fn run() -> Run {
        Run::new("20261124T031500Z-1a2b".into(), RunKind::Update, By::Timer, at(0))
    }

    fn lines(values: &[Value]) -> Vec<u8> {
        values.iter().map(|value| format!("{value}\n")).collect::<String>().into_bytes()
    }

    fn notice(notice: &Notice) -> Value {
        let mut value = serde_json::to_value(notice).unwrap();
        value["jsonrpc"] = json!("2.0");
        value
    }

    fn built(model: &Model) -> Vec<&str> {
        model.build.passing().map(|row| row.text.as_str()).collect()
    }

    #[test]
    fn events_alone_begin_with_an_empty_view() {
        let record = [event(7, EventKind::RunStarted { run: run() }), output(8, "a"), output(9, "b")];
        let values: Vec<_> = record.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
        let messages = parse(&lines(&values)[..]).unwrap();
        let model = fold(&messages, Caps::default(), (80, 24), None);
        assert_eq!(built(&model), ["a", "b"]);
        assert_eq!((model.link.clone(), model.now, model.is_viewer()), (Link::Connected, at(9), true));
        assert!(model.view.as_ref().unwrap().status.run.is_some());
        let early = fold(&messages, Caps::default(), (80, 24), Some(at(8)));
        assert_eq!((built(&early), early.now), (vec!["a"], at(8)));
    }

    #[test]
    fn a_session_of_the_socket_is_played_whole() {
        let mut ended = run();
        ended.verdict = Some(crate::model::Verdict::Updated);
        let mut view = View { seq: 4, ..View::default() };
        view.output.push("x".into());
        let log = LogLines { log: Log::Agent, at: at(6), lines: vec!["hello".into()] };
        let record = lines(&[
            json!({"jsonrpc":"2.0","id":1,"result":{
                "protocol":1,"program":"1.0.0","epoch":"e","role":"operator","host":"host-01","service":"s","module":"m"}}),
            json!({"jsonrpc":"2.0","id":2,"result":{"epoch":"e","view":view}}),
            json!({"jsonrpc":"2.0","id":3,"method":"logs","params":{"log":"agent","lines":5}}),
            json!({"jsonrpc":"2.0","id":3,"result":{"lines":["first"],"source":null}}),
            json!({"jsonrpc":"2.0","id":4,"result":[ended]}),
            json!({"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"no"}}),
            notice(&Notice::Event(Box::new(output(5, "y")))),
            notice(&Notice::Log(log)),
            notice(&Notice::Dropped(Dropped { count: 3 })),
        ]);
        let model = fold(&parse(&record[..]).unwrap(), Caps::default(), (80, 24), None);
        assert_eq!(built(&model), ["x", "y"]);
        assert_eq!(model.history.len(), 1);
        assert!(model.may_steer());
        let agent: Vec<_> = model.agent.passing().map(|row| row.text.as_str()).collect();
        assert_eq!(agent, ["first", "hello", "… 3 lines did not reach this terminal"]);
        assert_eq!((model.now, model.epoch.as_deref()), (at(6), Some("e")));
    }

    #[test]
    fn a_line_that_is_broken_is_named() {
        let good =
            serde_json::to_value(event(1, EventKind::Note { level: Level::Info, text: "x".into() })).unwrap();
        for (bad, cause) in [
            ("{\"seq\":1", "EOF"),
            ("[]", "invalid length"),
            ("{\"event\":\"note\"}", "missing field"),
            ("{\"x\":1}", "neither"),
            ("{\"jsonrpc\":\"2.0\",\"method\":\"dance\",\"params\":{}}", "unknown variant"),
        ] {
            let record = format!("{good}\n\n{bad}\n");
            let failure = parse(record.as_bytes()).unwrap_err();
            assert_eq!(failure.class, Class::Usage);
            assert!(failure.what.contains("line 3 "), "{failure}");
            assert!(failure.line().contains(cause), "{failure}");
        }
        assert!(parse(&b"\n\n"[..]).is_err());
    }
}
