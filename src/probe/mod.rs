//! is it healthy, is there room: HTTP, command and process probes, machine facts, the clock.
