//! Is it healthy, is there room: HTTP, command and process probes, facts about the machine, the clock.
//!
//! Adapters of three ports (`Prober`, `Machine`, `Clock`) over `host`. They look and measure; what
//! follows from it is the engine's. No settings come in: the engine passes what the plan says.

mod clock;
mod health;
mod machine;

pub use clock::SystemClock;
pub use health::HealthProber;
pub use machine::LocalMachine;
