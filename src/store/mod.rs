//! everything durable: journal, version store, history, held versions, database snapshots.
