//! What the updater does to an agent, as its administrator sees it.

use libtest_mimic::Trial;
use sentinel_updater::cli::demo::Variant;

use super::host::Host;
use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![scenario("updates::install_update_and_crash_loop", story)]
}

fn story(base: &Base) -> Result<()> {
    let host = Host::new(base)?;
    host.install();
    Ok(())
}
