//! `attach --stdio`: what `tui --host` starts on the other machine.

use std::io::{Read as _, Write as _};

use super::exit::Exit;
use super::{Call, Ended};
use crate::control;
use crate::host::event_loop;

/// Carries bytes between standard input and output and the service's socket until either ends.
pub(super) fn run(call: &Call<'_>) -> Ended {
    let settings = call.settings()?;
    let runtime = event_loop::runtime()?;
    let (pieces, input) = tokio::sync::mpsc::channel(16);
    // Not joined: it may wait for input that never comes.
    std::thread::spawn(move || {
        let mut stdin = std::io::stdin().lock();
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = stdin.read(&mut buffer) {
            if pieces.blocking_send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut stdout = std::io::stdout();
    let mut output = |bytes: &[u8]| stdout.write_all(bytes).and_then(|()| stdout.flush());
    runtime.block_on(control::relay(&settings.paths.socket, input, &mut output))?;
    Ok(Exit::Done)
}
