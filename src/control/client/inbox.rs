//! Notices that were heard and not yet taken.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::control::Notice;
use crate::control::protocol::Dropped;
use crate::model::{Class, Failure, Outcome};

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
            match inner.notices.iter().position(Notice::may_be_dropped) {
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

    /// The next notice, as soon as there is one.
    ///
    /// # Errors
    /// Why the connection is over, as often as it is asked.
    pub(super) async fn next(&self) -> Outcome<Notice> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.added.notified().await;
        }
    }

    /// What is there now.
    pub(super) fn take(&self) -> Option<Outcome<Notice>> {
        let mut inner = self.lock();
        if inner.missing > 0 {
            let count = std::mem::take(&mut inner.missing);
            return Some(Ok(Notice::Dropped(Dropped { count })));
        }
        if let Some(notice) = inner.notices.pop_front() {
            drop(inner);
            self.taken.notify_one();
            return Some(Ok(notice));
        }
        inner.reason.clone().map(Err)
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
