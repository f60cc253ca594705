//! What the engine's thread is told, and the way there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::config::Settings;
use crate::control::protocol::Begun;
use crate::engine::{RollbackRequest, UpdateRequest};
use crate::model::status::Latest;
use crate::model::{By, Failure, Outcome};
use crate::ports::Cancel;

/// What the engine's thread is told.
pub(super) enum Order {
    /// End, in order.
    Exit,
    /// Take new settings over.
    Reload(Box<Settings>),
    /// A standing order was given or lifted: decide anew.
    Standing,
    /// Somebody asks for something and waits for the answer.
    Wish(Request),
}

/// Something that only the engine can do, with the way back to who asked for it.
pub(super) enum Request {
    /// Asks the module system now.
    Check(Answer<Latest>),
    /// Begins an update.
    Update(UpdateRequest, By, Answer<Begun>),
    /// Begins to go back.
    Rollback(RollbackRequest, By, Answer<Begun>),
}

/// Where an answer goes. Whoever waited may be gone.
pub(super) type Answer<T> = oneshot::Sender<Outcome<T>>;

impl Request {
    /// Answers that it is not done.
    fn refuse(self, why: Failure) {
        // Whoever waited may be gone.
        match self {
            Self::Check(answer) => drop(answer.send(Err(why))),
            Self::Update(_, _, answer) | Self::Rollback(_, _, answer) => drop(answer.send(Err(why))),
        }
    }
}

/// The way to the engine's thread, which may be waiting for the agent and not for orders. Both ends hold one.
#[derive(Clone, Default)]
pub(super) struct Orders {
    waiting: Arc<Mutex<VecDeque<Order>>>,
    /// Raised when there is something.
    wake: Cancel,
}

impl Orders {
    /// Gives an order, whatever the engine waits for. An engine that has ended needs none.
    pub(super) fn send(&self, order: Order) {
        self.lock().push_back(order);
        self.wake.request();
    }

    /// Answers every request that waits: something else has begun.
    pub(super) fn refuse(&self, why: &Failure) {
        let mut waiting = self.lock();
        let (requests, others) = waiting.drain(..).partition(|order| matches!(order, Order::Wish(_)));
        *waiting = others;
        drop(waiting);
        let requests: VecDeque<Order> = requests;
        for order in requests {
            if let Order::Wish(request) = order {
                request.refuse(why.clone());
            }
        }
    }

    /// The next order, if there is one now.
    pub(super) fn next(&self) -> Option<Order> {
        // Lowered first: an order that comes later raises it again.
        self.wake.reset();
        self.lock().pop_front()
    }

    /// Waits for an order, at most for `limit`.
    pub(super) fn wait(&self, limit: Duration) {
        self.wake.wait(limit);
    }

    /// Is raised when there is an order; for waits for something else.
    pub(super) fn wake(&self) -> &Cancel {
        &self.wake
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Order>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Class;

    #[test]
    fn requests_that_wait_are_refused_and_orders_stay() {
        let orders = Orders::default();
        let (answer, mut answered) = oneshot::channel();
        orders.send(Order::Standing);
        orders.send(Order::Wish(Request::Check(answer)));
        orders.send(Order::Exit);
        assert!(orders.wake().requested());
        orders.refuse(&Failure::new(Class::Busy, "a run is under way"));
        assert_eq!(answered.try_recv().expect("answered").expect_err("refused").class, Class::Busy);
        assert!(matches!(orders.next(), Some(Order::Standing)));
        assert!(matches!(orders.next(), Some(Order::Exit)));
        assert!(orders.next().is_none() && !orders.wake().requested());
    }
}
