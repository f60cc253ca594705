//! layers (default, file, environment, flag) to validated settings with their origins. The only room that reads environment variables.
