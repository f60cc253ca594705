//! Health, the machine, time.

use std::path::Path;
use std::time::Duration;

use sentinel_updater::model::plan::Health;
use sentinel_updater::model::{Class, Failure, Outcome, Timestamp};
use sentinel_updater::ports::{Cancel, Clock, Machine, Prober};

use super::Port;
use crate::host::Host;

impl Prober for Port {
    fn probe(&mut self, _: &Health) -> Outcome<()> {
        let host = self.0.lock();
        let running = host.running.as_ref().map(|running| running.version.clone());
        match running {
            Some(version) if host.probe_configured && host.probe_fails_for.contains(&version) => {
                Err(Failure::new(Class::Unhealthy, format!("{version} answers 503")))
            }
            _ => Ok(()),
        }
    }

    fn runs_file(&mut self, pid: u32, binary: &Path, sha256: &str) -> Outcome<()> {
        let host = self.0.lock();
        let running = host.running.as_ref().filter(|running| running.pid == pid);
        match running {
            Some(running)
                if Host::sha256(&running.version) == sha256
                    && host.files.get(binary).is_some_and(|there| Host::sha256(there) == sha256) =>
            {
                Ok(())
            }
            other => Err(Failure::new(Class::Unhealthy, format!("process {pid} runs {other:?}"))),
        }
    }
}

impl Machine for Port {
    fn free_space(&mut self, _: &Path) -> Outcome<u64> {
        Ok(1 << 40)
    }

    fn file_size(&mut self, _: &Path) -> Outcome<u64> {
        Ok(13_000_000)
    }

    fn can_write(&mut self, _: &Path) -> Outcome<()> {
        self.0.effect("can_write", |_| Ok(()))
    }

    fn boot_id(&mut self) -> String {
        self.0.lock().boot.to_string()
    }

    fn machine_id(&mut self) -> String {
        "machine".into()
    }

    fn new_run_id(&mut self, now: Timestamp) -> String {
        let mut host = self.0.lock();
        host.elapsed += Duration::from_millis(1);
        let serial = host.history.len();
        format!("{}-{serial:04}", now.strftime("%Y%m%dT%H%M%SZ"))
    }
}

impl Clock for Port {
    fn now(&self) -> Timestamp {
        self.0.lock().now
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().elapsed
    }

    fn pause(&self, duration: Duration, cancel: &Cancel) -> bool {
        self.0.lock().advance(duration);
        cancel.requested()
    }
}
