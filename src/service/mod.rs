//! service managers behind one port: systemd now.
