//! What waits to be written to one client: bounded, so that a client that does not read costs nothing but
//! its own completeness.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// How many lines wait for a client at most.
const MOST: usize = 1_024;

/// A line for a client, whole and encoded once for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The JSON text without its line end.
    pub text: Arc<str>,
    /// Whether the client may lose it without its view becoming wrong.
    pub may_be_dropped: bool,
}

/// What the writer of a client takes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Write this.
    Line(Arc<str>),
    /// So many lines were dropped before the next one.
    Dropped(u64),
    /// Even lines that matter would not fit: the client needs a new view.
    Resync,
    /// Nothing more will come.
    Closed,
}

/// A queue with one reader.
#[derive(Debug, Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    lines: VecDeque<Line>,
    dropped: u64,
    overrun: bool,
    closed: bool,
}

impl Queue {
    /// An empty queue.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Adds a line. When there are too many, the oldest that may be dropped goes; when none may be,
    /// everything goes and the client is given a new view. Never waits.
    pub fn push(&self, line: Line) {
        let mut inner = self.lock();
        if inner.closed || inner.overrun {
            return;
        }
        inner.lines.push_back(line);
        if inner.lines.len() > MOST {
            match inner.lines.iter().position(|line| line.may_be_dropped) {
                Some(at) => {
                    drop(inner.lines.remove(at));
                    inner.dropped += 1;
                }
                None => {
                    inner.lines.clear();
                    inner.overrun = true;
                }
            }
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// Nothing is taken any more; what waits is still handed out.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_one();
    }

    /// The next thing to write. May be dropped and called again: nothing is lost.
    pub async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    /// The next thing to write, if there is one now.
    pub fn take(&self) -> Option<Next> {
        let mut inner = self.lock();
        if inner.overrun {
            inner.overrun = false;
            inner.dropped = 0;
            return Some(Next::Resync);
        }
        if inner.dropped > 0 {
            return Some(Next::Dropped(std::mem::take(&mut inner.dropped)));
        }
        match inner.lines.pop_front() {
            Some(line) => Some(Next::Line(line.text)),
            None => inner.closed.then_some(Next::Closed),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
