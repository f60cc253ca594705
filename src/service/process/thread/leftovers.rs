//! Processes of an earlier supervisor.

use std::time::Instant;

use super::{CLEARING, ORPHANED, Thread};
use crate::host::process;
use crate::model::event::Level;
use crate::service::process::published::{Identity, Published};

impl Thread {
    /// What an earlier supervisor left: its guards are ending their trees and are waited for; a process
    /// whose guard was killed is killed.
    pub(super) fn end_leftovers(&self) {
        let until = Instant::now() + ORPHANED + CLEARING;
        for service in self.folder.services().unwrap_or_default() {
            let Ok(path) = self.folder.state(&service) else { continue };
            let Some(told) = Published::read(&path) else { continue };
            for left in [told.guard, told.main].into_iter().flatten().filter(|left| left.lives()) {
                if !process::wait_for_end(left.pid, until) {
                    (self.note)(
                        Level::Warn,
                        &format!("process {} of {service} was left and is killed", left.pid),
                    );
                    process::kill_tree(left.pid, left.started);
                }
            }
            if told.main.is_some_and(Identity::lives) {
                (self.note)(Level::Error, &format!("an earlier process of {service} cannot be ended"));
            }
        }
    }
}
