//! Requests that only the engine can serve.

use tokio::sync::oneshot;

use super::super::orders::{Answer, Request};
use super::Desk;
use crate::control::Caller;
use crate::control::protocol::{Begun, Rollback, Update};
use crate::model::status::Latest;
use crate::model::{By, Class, Failure, Outcome};

impl Desk {
    /// Asks the module system now.
    pub(super) async fn check(&self) -> Outcome<Latest> {
        self.engine(Request::Check).await
    }

    /// Begins an update; answers when it has begun.
    pub(super) async fn update(&self, caller: &Caller, wanted: Update) -> Outcome<Begun> {
        let by = By::Uid(caller.uid);
        self.engine(|answer| Request::Update(wanted, by, answer)).await
    }

    /// Begins to go back; answers when that has begun.
    pub(super) async fn rollback(&self, caller: &Caller, wanted: Rollback) -> Outcome<Begun> {
        let by = By::Uid(caller.uid);
        self.engine(|answer| Request::Rollback(wanted, by, answer)).await
    }

    async fn engine<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Outcome<T> {
        let (answer, answered) = oneshot::channel();
        self.hub.ask(request(answer))?;
        answered.await.unwrap_or_else(|_| {
            Err(Failure::new(Class::Unreachable, "the service ended before it could answer")
                .hint("ask again when it runs"))
        })
    }
}
