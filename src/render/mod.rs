//! values to plain text: log lines, tables, durations. Shared by the log, the commands and the dashboard.
