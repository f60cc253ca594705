//! A client that folds what it hears, as every display does.

use std::time::Duration;

use sentinel_updater::control::protocol::{Subscribe, Subscribed, Welcome};
use sentinel_updater::control::{Client, Connection, Notice, Notices, Request};
use sentinel_updater::model::view::Folded;
use sentinel_updater::model::{Event, Failure, Outcome, View};
use serde_json::Value;

use super::host::{Host, LONG};

/// A connection, the view it has, and every event that led there.
pub(crate) struct Follower {
    pub(crate) client: Client,
    pub(crate) welcome: Welcome,
    pub(crate) notices: Notices,
    pub(crate) view: View,
    pub(crate) events: Vec<Event>,
}

pub(crate) async fn connect(host: &Host) -> Connection {
    match Client::connect(&host.socket(), "0.0.0").await {
        Ok(connection) => connection,
        Err(failure) => panic!("{failure}\n{}", host.log()),
    }
}

impl Follower {
    /// Follows from now on.
    pub(crate) async fn new(host: &Host) -> Self {
        let (follower, subscribed) = Self::at(host, Subscribe::default(), View::default()).await;
        let view = subscribed.view.expect("a view");
        Self { view, ..follower }
    }

    /// Follows from where `view` was left.
    pub(crate) async fn at(host: &Host, position: Subscribe, view: View) -> (Self, Subscribed) {
        let Connection { client, welcome, notices } = connect(host).await;
        let subscribed: Subscribed = client.ask(&Request::Subscribe(position)).await.expect("subscribed");
        (Self { client, welcome, notices, view, events: Vec::new() }, subscribed)
    }

    /// Hears the next event; false: the connection is closed.
    pub(crate) async fn hear(&mut self) -> Result<(), Failure> {
        match self.notices.next().await {
            Ok(Notice::Event(event)) => {
                assert_eq!(self.view.apply(&event), Folded::Next, "{event:?}");
                self.events.push(*event);
                Ok(())
            }
            Ok(other) => panic!("{other:?}"),
            Err(failure) => Err(failure),
        }
    }

    /// Hears until the view is as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&View) -> bool) {
        let heard = async {
            while !wanted(&self.view) {
                if let Err(failure) = self.hear().await {
                    panic!("{what}: {failure}");
                }
            }
        };
        let heard = tokio::time::timeout(Host::UPDATE, heard).await;
        assert!(heard.is_ok(), "{what}: {:#?}", self.view);
    }

    /// Asks for something that must be refused.
    pub(crate) async fn refused(&self, request: Request) -> Failure {
        let answer: Outcome<Value> = self.client.send(&request).await;
        answer.expect_err("refused")
    }

    pub(crate) async fn ask<T: serde::de::DeserializeOwned>(&self, request: Request) -> T {
        self.client.ask(&request).await.unwrap_or_else(|failure| panic!("{request:?}: {failure}"))
    }
}

/// Runs a test on a runtime of its own, at most so long.
pub(crate) fn within(limit: Duration, test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(limit, test).await.expect("it ends in time") });
}

/// Waits for what tells nobody, and lets the connections go on meanwhile.
pub(crate) async fn eventually(what: &str, wanted: impl Fn() -> bool) {
    let wait = async {
        while !wanted() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(LONG, wait).await.is_ok(), "{what}");
}
