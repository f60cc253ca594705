//! The supervisor as its owner holds it: begun once a process, ended with it.

use std::io::{PipeWriter, Write};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Manager;
use super::definition::Folder;
use super::manager::Shared;
use super::options::Options;
use super::thread::{self, Order};
use crate::host::atomic;
use crate::model::{Class, Failure, Outcome};
use crate::ports::ServiceManager;

/// The way to the supervisor's thread.
#[derive(Clone)]
pub(super) struct Line {
    orders: mpsc::Sender<Order>,
    waker: Arc<PipeWriter>,
}

impl Line {
    /// Gives an order.
    ///
    /// # Errors
    /// `Internal` when the thread is gone.
    pub fn send(&self, order: Order) -> Outcome<()> {
        let gone = || Failure::new(Class::Internal, "the supervisor has ended");
        self.orders.send(order).map_err(|_| gone())?;
        (&*self.waker).write_all(b"x").map_err(|error| gone().because(&error))
    }
}

/// Everything that it runs ends when it is dropped, within the time that a service has to end.
pub struct Supervisor {
    line: Line,
    shared: Arc<Shared>,
    folder: Folder,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    /// Begins it. Nothing is started yet; what an earlier supervisor left behind is ended first.
    ///
    /// # Errors
    /// `Disk` when the folder cannot be made, `Internal` when the system gives no thread or pipe.
    pub fn begin(options: Options) -> Outcome<Self> {
        let fail = |error: std::io::Error| {
            Failure::new(Class::Internal, "cannot set up the supervisor").because(&error)
        };
        // Whether it can be written is looked at before the first service is defined.
        atomic::create_dir(&options.folder, 0o700)?;
        let (reader, writer) = std::io::pipe().map_err(fail)?;
        let (orders, inbox) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let folder = Folder(options.folder.clone());
        let worker = thread::Thread::new(options, inbox, reader, shared.clone());
        let thread =
            std::thread::Builder::new().name("supervisor".into()).spawn(|| worker.live()).map_err(fail)?;
        Ok(Self { line: Line { orders, waker: Arc::new(writer) }, shared, folder, thread: Some(thread) })
    }

    /// The port to it.
    pub fn manager(&self) -> Box<dyn ServiceManager> {
        Box::new(Manager::new(self.line.clone(), self.shared.clone(), self.folder.clone()))
    }

    /// Starts every service that was not stopped on purpose. Running already is fine.
    pub fn start_all(&self) {
        // A thread that is gone has said why.
        let _ = self.line.send(Order::StartAll);
    }

    /// Takes new limits of the log, and opens it anew.
    pub fn set_log_limits(&self, max_size: u64, max_files: u32) {
        let _ = self.line.send(Order::Log { max_size, max_files });
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let _ = self.line.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// How long a service has to end by itself when the supervisor ends.
pub(super) const LAST_GRACE: Duration = Duration::from_secs(8);
