//! Telling the service manager (systemd's notification protocol) how the service is. Outside of it, and
//! on other systems, nothing happens; an error is never a reason to stop.

use std::time::Duration;

/// The service is up.
pub fn ready() {
    send(State::Ready);
}

/// One line for `systemctl status`.
pub fn status(text: &str) {
    // A line end would begin another assignment in the protocol.
    send(State::Status(&super::text::clean(text)));
}

/// The service is alive; due at least every [`watchdog_interval`].
pub fn watchdog() {
    send(State::Watchdog);
}

/// Start-up or stopping takes longer: the manager waits this long from now.
pub fn extend_timeout(by: Duration) {
    send(State::ExtendTimeout(u32::try_from(by.as_micros()).unwrap_or(u32::MAX)));
}

/// The service is going down.
pub fn stopping() {
    send(State::Stopping);
}

/// The service reads its configuration again; [`ready`] ends it.
pub fn reloading() {
    send(State::Reloading);
}

/// How often the manager wants [`watchdog`] to be called: half of its limit. `None`: it does not watch.
#[cfg(target_os = "linux")]
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero()).map(|limit| limit / 2)
}

/// How often the manager wants [`watchdog`] to be called. `None`: it does not watch.
#[cfg(not(target_os = "linux"))]
pub fn watchdog_interval() -> Option<Duration> {
    None
}

#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nobody there is told"))]
enum State<'a> {
    Ready,
    Status(&'a str),
    Watchdog,
    ExtendTimeout(u32),
    Stopping,
    Reloading,
}

#[cfg(target_os = "linux")]
fn send(state: State<'_>) {
    use sd_notify::{NotifyState, notify};
    let result = match state {
        State::Ready => notify(&[NotifyState::Ready]),
        State::Status(text) => notify(&[NotifyState::Status(text)]),
        State::Watchdog => notify(&[NotifyState::Watchdog]),
        State::ExtendTimeout(micros) => notify(&[NotifyState::ExtendTimeoutUsec(micros)]),
        State::Stopping => notify(&[NotifyState::Stopping]),
        // The manager compares this stamp with that of its own reload request.
        State::Reloading => {
            NotifyState::monotonic_usec_now().and_then(|now| notify(&[NotifyState::Reloading, now]))
        }
    };
    // An empty or stale NOTIFY_SOCKET is the manager's business, not a failure of ours.
    let _ = result;
}

#[cfg(not(target_os = "linux"))]
fn send(_state: State<'_>) {}
