//! settings to `ports::World`: the only room that chooses adapters.
