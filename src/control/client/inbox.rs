//! Notices that were heard and not yet taken.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Heard;
use crate::control::Notice;
use crate::control::protocol::Dropped;
use crate::model::{Class, Failure};

/// So many make the reader wait, unless somebody waits for an answer behind them.
const ENOUGH: usize = 1_024;
/// More than that are never kept.
const MOST: usize = 16_384;

#[derive(Debug, Default)]
pub(super) struct Inbox {
    inner: Mutex<Inner>,
    added: Notify,
    taken: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    notices: VecDeque<Notice>,
    /// Notices that are missing before the first one.
    missing: u64,
    /// Why the connection is over.
    reason: Option<Failure>,
    /// It was said.
    said: bool,
    /// The hearing end is gone.
    unheard: bool,
}

impl Inbox {
    /// Adds a notice. When there are enough, lines and droppable events go, the oldest first.
    ///
    /// # Errors
    /// `Internal` when even what matters is too much.
    pub(super) fn push(&self, notice: Notice) -> Result<(), Failure> {
        let mut inner = self.lock();
        if inner.unheard {
            return Ok(());
        }
        inner.notices.push_back(notice);
        if inner.notices.len() > ENOUGH {
            match inner.notices.iter().position(may_be_dropped) {
                Some(at) => {
                    inner.notices.remove(at);
                    inner.missing += 1;
                }
                None if inner.notices.len() > MOST => {
                    return Err(Failure::new(Class::Internal, "nobody took what the service said"));
                }
                None => {}
            }
        }
        drop(inner);
        self.added.notify_one();
        Ok(())
    }

    /// Waits until there is room for more.
    pub(super) async fn room(&self) {
        loop {
            if self.lock().notices.len() < ENOUGH {
                return;
            }
            self.taken.notified().await;
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.lock().notices.len() >= ENOUGH
    }

    pub(super) async fn next(&self) -> Option<Heard> {
        loop {
            {
                let mut inner = self.lock();
                if inner.missing > 0 {
                    let count = std::mem::take(&mut inner.missing);
                    return Some(Heard::Notice(Notice::Dropped(Dropped { count })));
                }
                if let Some(notice) = inner.notices.pop_front() {
                    drop(inner);
                    self.taken.notify_one();
                    return Some(Heard::Notice(notice));
                }
                if let Some(reason) = &inner.reason {
                    let reason = reason.clone();
                    let first = !std::mem::replace(&mut inner.said, true);
                    return first.then_some(Heard::Closed(reason));
                }
            }
            self.added.notified().await;
        }
    }

    /// The connection is over.
    pub(super) fn close(&self, reason: Failure) {
        self.lock().reason.get_or_insert(reason);
        self.added.notify_one();
    }

    /// Why it is over.
    pub(super) fn reason(&self) -> Failure {
        let broken = || Failure::new(Class::Unreachable, "the connection to the updater's service is over");
        self.lock().reason.clone().unwrap_or_else(broken)
    }

    /// Nobody takes anything any more.
    pub(super) fn nobody_listens(&self) {
        let mut inner = self.lock();
        inner.unheard = true;
        inner.notices.clear();
        drop(inner);
        self.taken.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn may_be_dropped(notice: &Notice) -> bool {
    match notice {
        Notice::Event(event) => event.kind.may_be_dropped(),
        Notice::Log(_) => true,
        Notice::Dropped(_) | Notice::Resync(_) => false,
    }
}
