//! The agent as a client of its health endpoint sees it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::kit::{Result, network};

/// How often it is asked.
const PERIOD: Duration = Duration::from_millis(5);
/// How long a new process may keep its clients waiting: this stops what hangs and judges nothing.
const PATIENCE: Duration = Duration::from_secs(240);

/// Somebody who asks the agent for its health, always.
pub(crate) struct Client {
    gaps: Arc<Mutex<Vec<Duration>>>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Client {
    /// Starts asking at `port`.
    pub(crate) fn start(port: u16) -> Self {
        let gaps = Arc::new(Mutex::new(Vec::new()));
        let end = Arc::new(AtomicBool::new(false));
        let (seen, over) = (gaps.clone(), end.clone());
        let thread = std::thread::spawn(move || ask(port, &seen, &over));
        Self { gaps, end, thread: Some(thread) }
    }

    /// Waits for the next process of the agent: the time from the last answer of the one before to its
    /// first one.
    pub(crate) fn gap(&self) -> Result<Duration> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let gaps = std::mem::take(&mut *self.gaps.lock().unwrap_or_else(PoisonError::into_inner));
            match gaps.as_slice() {
                [gap] => return Ok(*gap),
                [] if Instant::now() < deadline => std::thread::park_timeout(Duration::from_millis(20)),
                [] => return Err("the agent was not started again".into()),
                _ => return Err(format!("the agent was started {} times", gaps.len())),
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell but its end.
            let _ = thread.join();
        }
    }
}

fn ask(port: u16, gaps: &Mutex<Vec<Duration>>, end: &AtomicBool) {
    let mut last: Option<(u64, Instant)> = None;
    let mut due = Instant::now();
    while !end.load(Ordering::Relaxed) {
        if let Some(pid) = healthy(port) {
            let now = Instant::now();
            if let Some((before, at)) = last.replace((pid, now))
                && before != pid
            {
                gaps.lock().unwrap_or_else(PoisonError::into_inner).push(now - at);
            }
        }
        due = (due + PERIOD).max(Instant::now());
        std::thread::sleep(due - Instant::now().min(due));
    }
}

/// The process that answers that it is well.
fn healthy(port: u16) -> Option<u64> {
    let (status, body) = network::get(port, "/healthz").ok()?;
    let body: serde_json::Value = (status == 200).then(|| serde_json::from_str(&body).ok())??;
    body["pid"].as_u64()
}
