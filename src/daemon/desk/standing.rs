//! Standing orders: they go into the memory at once, whatever the engine does.

use super::super::orders::Order;
use super::Desk;
use crate::config::Settings;
use crate::control::Caller;
use crate::control::protocol::{Hold, Pause, Unhold, Was};
use crate::engine::standing;
use crate::model::status::Paused;
use crate::model::{By, Class, EventKind, Failure, Outcome, Timestamp};
use crate::ports::Records;
use crate::world;

impl Desk {
    pub(super) async fn pause(&self, caller: &Caller, pause: Pause) -> Outcome<Paused> {
        let by = By::Uid(caller.uid);
        self.order(move |records| {
            standing::pause(records, pause.time(), pause.reason.as_deref(), by, Timestamp::now())
        })
        .await
    }

    pub(super) async fn resume(&self) -> Outcome<Was> {
        let was = self.order(|records| standing::resume(records, Timestamp::now())).await?;
        Ok(Was { was })
    }

    pub(super) async fn hold(&self, caller: &Caller, hold: Hold) -> Outcome<Was> {
        let by = By::Uid(caller.uid);
        let was = self
            .order(move |records| {
                standing::hold(records, &hold.version, hold.reason.as_deref(), by, Timestamp::now())
            })
            .await?;
        Ok(Was { was })
    }

    pub(super) async fn unhold(&self, unhold: Unhold) -> Outcome<Was> {
        let was = self.order(move |records| standing::unhold(records, &unhold.version)).await?;
        Ok(Was { was })
    }

    /// Writes with `work`, tells what changed, and has the engine decide anew. Orders come one after the other,
    /// so that the event that is told last says what was written last.
    async fn order<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Records) -> Outcome<(EventKind, T)> + Send + 'static,
    ) -> Outcome<T> {
        self.hub.not_recovering()?;
        let desk = self.clone();
        self.aside(move |settings: &Settings| {
            let one =
                desk.writing.lock().map_err(|_| Failure::new(Class::Internal, "an order was broken off"))?;
            // A connection of its own: the engine's may be in use for as long as a run takes.
            let (event, result) = work(world::records(settings)?.as_mut())?;
            desk.hub.take(event);
            drop(one);
            desk.orders.send(Order::Standing);
            Ok(result)
        })
        .await
    }
}
