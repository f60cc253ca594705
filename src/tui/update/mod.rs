//! What a message does to the model.
//!
//! `feed` folds in what the service says, `ask` sends and judges the answers, `key` and `mouse` turn hands
//! into actions, `act` and `log` do those that stay on this screen, `steer` and `question` those that are
//! asked of the service.

mod act;
mod ask;
mod entry;
mod feed;
mod key;
mod log;
mod mouse;
mod overlay;
mod question;
mod steer;
mod toast;
mod wake;

use super::model::{Model, PaneId};
use super::msg::{Cmd, Msg};
use super::view;

pub(super) use ask::ticket;
pub use wake::wake_at;

/// Folds a message in and says what is to be done outside.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Cmd> {
    match msg {
        Msg::Tick(now) => {
            model.now = now;
            toast::expire(model);
            fit(model);
            Vec::new()
        }
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            fit(model);
            overlay::clamp(model);
            Vec::new()
        }
        Msg::Key(key) => by_hand(model, |model| key::press(model, &key)),
        Msg::Mouse(event) => by_hand(model, |model| mouse::event(model, event)),
        Msg::Paste(text) => by_hand(model, |model| entry::paste(model, &text)),
        Msg::Answer(ticket, result) => ask::answer(model, ticket, result),
        Msg::Did(result) => {
            toast::did(model, result);
            Vec::new()
        }
        Msg::Connected(welcome) => feed::connected(model, *welcome),
        Msg::View(view, epoch) => feed::view(model, *view, epoch),
        Msg::Events(events) => feed::events(model, events),
        Msg::Dropped(count) => feed::dropped(model, count),
        Msg::Tail(log, lines) => feed::tail(model, log, &lines),
        Msg::Log(lines) => feed::log(model, &lines),
        Msg::Lost { failure, retry_at } => feed::lost(model, failure, retry_at),
        Msg::Incompatible(failure) => feed::incompatible(model, failure),
    }
}

/// What hands did may have changed the layout: panes are measured before and after.
fn by_hand(model: &mut Model, act: impl FnOnce(&mut Model) -> Vec<Cmd>) -> Vec<Cmd> {
    fit(model);
    let commands = act(model);
    fit(model);
    commands
}

/// Tells the logs how large they are on the screen.
fn fit(model: &mut Model) {
    let (areas, wraps) = (view::areas(model), model.wrap);
    for id in [PaneId::Build, PaneId::Updater, PaneId::Agent] {
        let height = areas.height(id);
        if let Some(pane) = model.log_mut(id) {
            pane.height = height;
            pane.wraps = wraps;
        }
    }
}

#[cfg(test)]
mod tests;
