//! composition of the service: policy + world to engine to hub to log and service manager.
