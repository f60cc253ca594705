//! The dashboard: what the running service does, and buttons for what an administrator may ask of it.
//!
//! Elm style. `update` folds a [`msg::Msg`] into the [`Model`] and says what is to be done ([`msg::Cmd`]);
//! `view` draws the model and nothing else. Neither has a clock, a socket or a terminal: those are in `app`,
//! which reads keys, keeps the link to the service, and draws no more often than the line can take. Keys become
//! actions, actions become requests: a button does nothing that the command line cannot. Never comes in: a
//! decision about the agent, or a word of the protocol that only the dashboard knows.

mod answer;
mod app;
pub mod caps;
mod diagnostics;
mod input;
pub mod keys;
mod link;
pub mod model;
pub mod msg;
mod open;
mod output;
mod outside;
pub mod pane;
pub mod picture;
pub mod replay;
mod schedule;
pub mod theme;
pub mod update;
pub mod view;

pub use app::Ending;
pub use caps::Caps;
pub use link::Connector;
pub use model::Model;
pub use open::{Options, replay as show_record, run};
