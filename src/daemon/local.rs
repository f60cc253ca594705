//! The engine in the calling process, for commands that work without the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

use crate::config::Settings;
use crate::engine::{Engine, Interrupt, Pulse, Sink, Wish};
use crate::model::status::State;
use crate::model::{EventKind, Outcome};
use crate::ports::Records;
use crate::world;

use super::attended::attended;
use super::hook::Hook;
use super::log::Log;
use crate::host::signals::{Signal, Signals};

/// Takes the lock, takes up a run that was interrupted, then does `work`.
///
/// Until the agent is about to be stopped, SIGINT and SIGTERM abort; from then to the verdict SIGINT is
/// not listened to. SIGHUP never is: a lost connection changes nothing.
///
/// # Errors
/// `Busy` with the holder's process when the service or another command runs; what recovery says.
pub fn with_engine<T: Send>(
    settings: &Settings,
    sink: Sink,
    interrupt: &Interrupt,
    work: impl FnOnce(&mut Engine) -> T + Send,
) -> Outcome<T> {
    let lock = world::lock(settings)?;
    // What a command does to the agent is in the same log as what the service does.
    let _log = Log::file_only(settings);
    let touched = Arc::new(AtomicBool::new(false));
    let hook = Hook::new(settings);
    let sink = watching(sink, touched.clone(), hook.clone());
    let engine_interrupt = interrupt.clone();
    let result = attended(
        "the engine ended unexpectedly; its state is in the journal",
        |handle| {
            let world = world::assemble(settings, &handle)?;
            let mut engine =
                Engine::new(world, world::policy(settings), sink, engine_interrupt, Pulse::default());
            engine.recover()?;
            Ok(work(&mut engine))
        },
        |ended| listen(Signals::listen(), ended, interrupt, &touched),
    );
    // The next updater need not wait for a hook.
    drop(lock);
    hook.finish(&mut || {});
    result
}

/// Takes the lock and does `work` with the updater's memory alone: orders for later need no service manager
/// and touch no agent, so an interrupted run is left to the next start. The event that `work` returns goes to
/// the log.
///
/// # Errors
/// `Busy` with the holder's process when the service or another command runs; what `work` says.
pub fn with_records<T>(
    settings: &Settings,
    work: impl FnOnce(&mut dyn Records) -> Outcome<(EventKind, T)>,
) -> Outcome<T> {
    let _lock = world::lock(settings)?;
    let _log = Log::file_only(settings);
    let (event, result) = work(world::records(settings)?.as_mut())?;
    super::say::log(&event);
    Ok(result)
}

/// Logs what happens, tells the hook of runs that end, and notes when the agent is being touched.
fn watching(mut sink: Sink, touched: Arc<AtomicBool>, hook: Hook) -> Sink {
    Box::new(move |kind| {
        if let EventKind::StateChanged { state } = &kind {
            let now =
                matches!(state, State::Switching | State::Verifying | State::RollingBack | State::Recovering);
            touched.store(now, Ordering::SeqCst);
        }
        super::say::log(&kind);
        if let EventKind::RunEnded { run } = &kind {
            hook.tell(run);
        }
        sink(kind);
    })
}

async fn listen(
    mut signals: Signals,
    mut ended: oneshot::Receiver<()>,
    interrupt: &Interrupt,
    touched: &AtomicBool,
) {
    loop {
        tokio::select! {
            _ = &mut ended => return,
            signal = signals.next() => match signal {
                Signal::Interrupt => if !touched.load(Ordering::SeqCst) { interrupt.ask(Wish::Abort) },
                Signal::Terminate => interrupt.ask(Wish::Exit),
                Signal::Hangup => {}
            },
        }
    }
}
