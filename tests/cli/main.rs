//! The real program, run as people and scripts run it: without a service, in a state of its own.

mod asking;
mod logs;
mod looking;
mod metrics;
mod place;
mod refusals;
mod usage;
