//! The ports, over the host in memory.

mod builder;
mod files;
mod host;
mod journal;
mod records;
mod services;
mod source;

use sentinel_updater::model::go_mod::path_of;
use sentinel_updater::ports::World;

use crate::host::{Fault, Shared};

pub const MODULE: &str = "example.test/agent";

/// A world over `host`.
pub fn world(host: &Shared) -> World {
    World {
        source: Box::new(Port(host.clone())),
        builder: Box::new(Port(host.clone())),
        services: Box::new(Port(host.clone())),
        journal: Box::new(Port(host.clone())),
        versions: Box::new(Port(host.clone())),
        agent_files: Box::new(Port(host.clone())),
        databases: Box::new(Port(host.clone())),
        records: Box::new(Port(host.clone())),
        prober: Box::new(Port(host.clone())),
        machine: Box::new(Port(host.clone())),
        clock: Box::new(Port(host.clone())),
    }
}

/// The module path of a version in a file.
fn module_of(version: &str) -> String {
    version.parse().map_or_else(|_| MODULE.into(), |version| path_of(MODULE, &version))
}

struct Port(Shared);

/// So that faults can be armed relative to what already happened.
pub fn arm(host: &Shared, fault: impl FnOnce(usize) -> Fault) {
    let mut host = host.lock();
    let now = host.calls.len();
    host.fault = Some(fault(now));
}
