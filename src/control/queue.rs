//! What waits to be written to one client: bounded, so that a client that does not read costs nothing but
//! its own completeness.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

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

    /// Forgets everything that waits, as when a new view holds it already.
    pub fn clear(&self) {
        let mut inner = self.lock();
        inner.lines.clear();
        inner.dropped = 0;
        inner.overrun = false;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clients that hear of something. Each is held weakly: it hears until its last other owner is gone.
#[derive(Debug, Default)]
pub struct Listeners(Vec<Weak<Queue>>);

impl Listeners {
    /// From now on `queue` hears of it; once, however often it joins.
    pub fn join(&mut self, queue: &Arc<Queue>) {
        self.leave(queue);
        self.0.push(Arc::downgrade(queue));
    }

    /// `queue` hears of it no more.
    pub fn leave(&mut self, queue: &Arc<Queue>) {
        self.0.retain(|client| client.strong_count() > 0 && client.as_ptr() != Arc::as_ptr(queue));
    }

    /// Gives everybody the line, and forgets who is gone.
    pub fn push(&mut self, line: &Line) {
        self.0.retain(|client| match client.upgrade() {
            Some(client) => {
                client.push(line.clone());
                true
            }
            None => false,
        });
    }

    /// Whether anybody listens.
    pub fn any(&self) -> bool {
        self.0.iter().any(|client| client.strong_count() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, may_be_dropped: bool) -> Line {
        Line { text: text.into(), may_be_dropped }
    }

    fn all(queue: &Queue) -> Vec<Next> {
        std::iter::from_fn(|| queue.take()).take(2 * MOST).collect()
    }

    #[test]
    fn lines_come_out_in_order_and_the_end_last() {
        let queue = Queue::new();
        queue.push(line("a", true));
        queue.push(line("b", false));
        queue.close();
        queue.push(line("late", false));
        let next = [queue.take(), queue.take(), queue.take(), queue.take()];
        let wanted = [Next::Line("a".into()), Next::Line("b".into()), Next::Closed, Next::Closed];
        assert_eq!(next, wanted.map(Some));
    }

    #[test]
    fn what_does_not_matter_goes_first_and_is_counted() {
        let queue = Queue::new();
        queue.push(line("matters", false));
        for at in 0..100_000 {
            queue.push(line(&at.to_string(), true));
        }
        let out = all(&queue);
        assert_eq!(out.len(), MOST + 1, "the mark, and no more than fits");
        assert_eq!(out[0], Next::Dropped(100_000 + 1 - MOST as u64));
        assert_eq!(out[1], Next::Line("matters".into()));
        assert_eq!(out[2], Next::Line((100_000 - MOST + 1).to_string().into()));
        assert_eq!(out[MOST], Next::Line("99999".into()));
    }

    #[test]
    fn what_matters_is_never_lost_one_by_one() {
        let queue = Queue::new();
        for _ in 0..=MOST {
            queue.push(line("matters", false));
        }
        queue.push(line("unseen", false));
        assert_eq!(all(&queue), [Next::Resync], "until the new view is asked for, nothing is kept");
        queue.push(line("after", false));
        assert_eq!(all(&queue), [Next::Line("after".into())]);
        queue.push(line("old", true));
        queue.clear();
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn a_reader_that_waits_is_woken() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let queue = Queue::new();
        let (reader, writer) = (queue.clone(), queue);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async { [reader.next().await, reader.next().await] })
        });
        writer.push(line("a", true));
        writer.close();
        assert_eq!(thread.join().expect("no panic"), [Next::Line("a".into()), Next::Closed]);
    }

    #[test]
    fn listeners_hear_a_line_once_and_are_forgotten_when_they_are_gone() {
        let (mut listeners, one, other) = (Listeners::default(), Queue::new(), Queue::new());
        for queue in [&one, &one, &other] {
            listeners.join(queue);
        }
        listeners.push(&line("both", true));
        listeners.leave(&one);
        listeners.push(&line("the other", true));
        assert_eq!(all(&one), [Next::Line("both".into())]);
        assert_eq!(all(&other), [Next::Line("both".into()), Next::Line("the other".into())]);
        assert!(listeners.any());
        drop(other);
        assert!(!listeners.any());
        listeners.push(&line("nobody", true));
        assert!(listeners.0.is_empty());
    }
}
