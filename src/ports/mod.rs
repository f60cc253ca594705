//! what the engine asks of the world, as traits. Imports `model` only.
