//! The scenarios, one file a subject. Each has a machine of its own and they run side by side.

use libtest_mimic::{Failed, Trial};

use crate::kit::Result;
use crate::kit::base::Base;

mod agent;
mod checks;
mod deaths;
mod hooks;
mod host;
mod instances;
mod interruptions;
mod kills;
mod policies;
mod power;
mod probation;
mod socket;
mod surroundings;
mod updates;

/// Every scenario there is.
pub(crate) fn all() -> Vec<Trial> {
    [
        policies::scenarios(),
        power::scenarios(),
        probation::scenarios(),
        socket::scenarios(),
        agent::scenarios(),
        updates::scenarios(),
        hooks::scenarios(),
        interruptions::scenarios(),
        instances::scenarios(),
        surroundings::scenarios(),
        kills::scenarios(),
        deaths::scenarios(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A scenario: a name that says what must hold, and what is done on machines made from the base.
pub(crate) fn scenario(name: &str, play: fn(&Base) -> Result<()>) -> Trial {
    Trial::test(name, move || play(&Base::get()?).map_err(Failed::from))
}
