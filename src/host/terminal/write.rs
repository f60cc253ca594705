//! Bytes to the terminal, all of them, with no buffer in between.

use std::io;

/// Writes `bytes` to standard output, with one call of the system if it takes them all.
///
/// # Errors
/// The terminal is gone.
#[cfg(unix)]
pub fn write(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    let out = rustix::stdio::stdout();
    while !bytes.is_empty() {
        match rustix::io::write(out, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(length) => bytes = &bytes[length..],
            Err(rustix::io::Errno::INTR) => {}
            // Whoever shares the terminal may have set it so.
            Err(rustix::io::Errno::AGAIN) => {
                let mut wait = [PollFd::new(&out, PollFlags::OUT)];
                if let Err(error) = poll(&mut wait, None)
                    && error != rustix::io::Errno::INTR
                {
                    return Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Writes `bytes` to standard output.
///
/// # Errors
/// The console is gone.
#[cfg(not(unix))]
pub fn write(bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}
