//! A client written by hand: lines of its own choosing.

use std::path::Path;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;

pub(crate) struct Raw {
    stream: BufReader<UnixStream>,
}

impl Raw {
    pub(crate) async fn connect(socket: &Path) -> Self {
        Self { stream: BufReader::new(UnixStream::connect(socket).await.expect("a connection")) }
    }

    /// A connection that has said `hello`.
    pub(crate) async fn greeted(socket: &Path) -> Self {
        let mut raw = Self::connect(socket).await;
        raw.greet().await;
        raw
    }

    pub(crate) async fn greet(&mut self) {
        let answer = self.ask(&json!({"jsonrpc": "2.0", "id": "g", "method": "hello"})).await;
        assert_eq!(answer["id"], "g", "{answer}");
        assert!(answer["result"]["epoch"].is_string(), "{answer}");
    }

    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        // The server may have closed already; what it said is read.
        drop(self.stream.write_all(bytes).await);
    }

    pub(crate) async fn line(&mut self, text: &str) {
        self.say(format!("{text}\n").as_bytes()).await;
    }

    /// The next line; `None` when the server closed.
    pub(crate) async fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(serde_json::from_str(&line).expect("one JSON object a line")),
        }
    }

    pub(crate) async fn ask(&mut self, request: &Value) -> Value {
        self.line(&request.to_string()).await;
        self.hear().await.expect("an answer")
    }

    /// Asks for the status: the connection is usable.
    pub(crate) async fn works(&mut self) {
        let answer = self.ask(&json!({"jsonrpc": "2.0", "id": 77, "method": "status"})).await;
        assert_eq!((&answer["id"], &answer["result"]["role"]), (&json!(77), &json!("operator")), "{answer}");
    }
}
