//! The service manager.

use std::path::Path;
use std::time::Duration;

use sentinel_updater::model::agent::Life;
use sentinel_updater::model::plan::ServiceSpec;
use sentinel_updater::model::{Class, Failure, Outcome, ServiceState};
use sentinel_updater::ports::{Cancel, Definition, ServiceManager};

use super::Port;
use crate::host::{Hook, Host};

impl ServiceManager for Port {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn state(&mut self, _: &str) -> Outcome<ServiceState> {
        Ok(state(&self.0.lock()))
    }

    fn start(&mut self, _: &str) -> Outcome<()> {
        self.0.effect("start", |host| {
            if host.system_stopping {
                return Err(Failure::new(Class::Cancelled, "the system is stopping"));
            }
            if host.masked || host.unit.is_none() {
                return Err(Failure::new(Class::Refused, "masked or absent"));
            }
            if host.running.is_none() {
                host.start();
            }
            host.advance(Duration::from_millis(20));
            Ok(())
        })
    }

    fn stop(&mut self, _: &str, _: Duration) -> Outcome<()> {
        self.0.effect("stop", |host| {
            host.running = None;
            host.failed = false;
            host.advance(Duration::from_millis(20));
            Ok(())
        })
    }

    fn wait_change(
        &mut self,
        _: &str,
        seen: &ServiceState,
        timeout: Duration,
        cancel: &Cancel,
    ) -> Outcome<ServiceState> {
        let mut host = self.0.lock();
        if cancel.requested() || state(&host) != *seen {
            return Ok(state(&host));
        }
        if let Some(hook) = host.hook.take() {
            host.advance(Duration::from_millis(500));
            match hook {
                Hook::OperatorRestarts => {
                    host.running = None;
                    host.start();
                }
                Hook::Kills => {
                    host.running = None;
                    host.start();
                    host.restarts = 1;
                }
                Hook::SystemStops => {
                    host.running = None;
                    host.system_stopping = true;
                }
            }
            return Ok(state(&host));
        }
        let until = host.elapsed + timeout;
        let stop = host.ends_at().map_or(until, |ends| ends.min(until));
        let step = stop.saturating_sub(host.elapsed);
        host.advance(step);
        Ok(state(&host))
    }

    fn definition(&mut self, spec: &ServiceSpec) -> Outcome<Definition> {
        let host = self.0.lock();
        Ok(Definition {
            path: "/etc/systemd/system/sentinelgo.service".into(),
            present: host.unit.clone(),
            wanted: host.unit.is_none().then(|| "unit".to_owned()),
            masked: host.masked,
            runs: host.unit.as_ref().map(|_| spec.binary.clone()),
        })
    }

    fn define(&mut self, _: &str, _: &Path, text: Option<&str>) -> Outcome<()> {
        self.0.effect("define", |host| {
            host.unit = text.map(ToOwned::to_owned);
            Ok(())
        })
    }

    fn self_register(&mut self, _: &ServiceSpec) -> Outcome<()> {
        self.0.effect("self_register", |host| {
            host.unit = Some("unit".into());
            Ok(())
        })
    }

    fn system_stopping(&mut self) -> bool {
        self.0.lock().system_stopping
    }
}

fn state(host: &Host) -> ServiceState {
    let life = match (&host.unit, &host.running, host.failed) {
        (None, _, _) => Life::Absent,
        (_, Some(_), _) => Life::Running,
        (_, None, true) => Life::Failed,
        (_, None, false) => Life::Stopped,
    };
    ServiceState {
        life,
        masked: host.masked,
        enabled: host.unit.is_some(),
        pid: host.running.as_ref().map(|running| running.pid),
        since: None,
        restarts: host.restarts,
        result: if host.failed || host.restarts > 0 { "exit-code".into() } else { "success".into() },
        invocation: host.invocations.to_string(),
        ended: (host.restarts > 0).then(|| "exited with 1".to_owned()),
        active_enter_us: 0,
        active_exit_us: 0,
    }
}
