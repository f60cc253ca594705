//! operating-system primitives: child processes, atomic files, locks, rotation, signals, service notification, sanitiser. The only room that starts a process or writes a file.
