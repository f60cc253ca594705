//! The service's side: who is let in, and one task for each of them.
//!
//! Without clients nothing here wakes up: there is no timer that is not a connection's.

mod calls;
mod connection;
mod outbox;
mod rate;
mod seats;
mod words;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::endpoint::{Listener, Peer, Rules, Stream};
use super::{Service, codec};
use crate::model::{Failure, Outcome};
use connection::Connection;
use seats::Seats;

/// How long to wait when no connection can be taken, because files or memory ran out.
const PAUSE: Duration = Duration::from_millis(500);
/// How long clients have to read what is left for them when the service ends.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves `service` at `listener` until `stop` is ready, on the runtime that this is called on. Then the socket
/// goes, clients get what is left in their queues, and this returns.
///
/// Connections that lose their access when the rules are replaced ([`Listener::gate`]) are closed. Requests that
/// steer are logged with user, process and result under the target `updater::control`.
///
/// # Errors
/// `Internal` when the runtime cannot watch the socket.
pub async fn serve(
    listener: Listener,
    service: Arc<dyn Service>,
    stop: impl Future<Output = ()>,
) -> Outcome<()> {
    let rules = listener.gate().watch();
    let mut incoming = listener.start()?;
    let (ending, ends) = watch::channel(false);
    let mut server = Server { service, rules, ends, seats: Seats::default(), connections: JoinSet::new() };
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            arrived = incoming.accept() => match arrived {
                Ok((stream, peer)) => server.admit(stream, peer),
                Err(error) => {
                    tracing::warn!(target: "updater::control", "cannot take a connection: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            // Only so that what has ended is forgotten.
            Some(_) = server.connections.join_next() => {}
        }
    }
    drop(incoming);
    ending.send_replace(true);
    let all = async { while server.connections.join_next().await.is_some() {} };
    drop(tokio::time::timeout(FAREWELL, all).await);
    Ok(())
}

struct Server {
    service: Arc<dyn Service>,
    rules: watch::Receiver<Rules>,
    ends: watch::Receiver<bool>,
    seats: Seats,
    connections: JoinSet<()>,
}

impl Server {
    fn admit(&mut self, stream: Stream, peer: Peer) {
        let role = self.rules.borrow().role(&peer);
        let seat = match role.and_then(|_| self.seats.take(peer.uid)) {
            Ok(seat) => seat,
            Err(failure) => return refuse(&stream, &failure),
        };
        let connection = Connection::new(peer, self.service.clone(), self.rules.clone(), self.ends.clone());
        self.connections.spawn(async move {
            connection.run(stream).await;
            drop(seat);
        });
    }
}

/// One line into the empty buffer of a new connection: it need not wait.
fn refuse(stream: &Stream, failure: &Failure) {
    let mut line = codec::fault(None, &failure.clone().into());
    line.push('\n');
    // A client that is gone already need not know.
    drop(stream.try_write(line.as_bytes()));
}
