package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

// errNewerSchema says that the database was written by a newer agent.
var errNewerSchema = errors.New("the schema is newer than this agent supports")

// store is the database of heartbeats.
type store struct {
	db    *sql.DB
	count atomic.Int64
}

// openStore opens or creates the database at path and brings it to knownSchema. A database of a
// newer schema is refused before anything is written.
func openStore(path string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite3", path+"?_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // the pragmas below belong to a connection
	s := &store{db: db}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *store) prepare() error {
	var schema int
	if err := s.db.QueryRow("PRAGMA user_version").Scan(&schema); err != nil {
		return err
	}
	if schema > knownSchema {
		return fmt.Errorf("%w: %d, known is %d", errNewerSchema, schema, knownSchema)
	}
	if _, err := s.db.Exec("PRAGMA journal_mode = WAL"); err != nil {
		return err
	}
	if err := s.migrate(schema); err != nil {
		return fmt.Errorf("cannot migrate from schema %d to %d: %w", schema, knownSchema, err)
	}
	var count int64
	if err := s.db.QueryRow("SELECT count(*) FROM beats").Scan(&count); err != nil {
		return err
	}
	s.count.Store(count)
	return nil
}

// migrate takes the database from one schema to knownSchema in one transaction.
func (s *store) migrate(from int) error {
	if from == knownSchema {
		return nil
	}
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit
	for schema := from + 1; schema <= knownSchema; schema++ {
		statement := "CREATE TABLE beats (id INTEGER PRIMARY KEY, at TEXT NOT NULL, version TEXT NOT NULL)"
		if schema > 1 {
			statement = fmt.Sprintf("ALTER TABLE beats ADD COLUMN since_schema_%d TEXT NOT NULL DEFAULT ''", schema)
		}
		if _, err := tx.Exec(statement); err != nil {
			return err
		}
	}
	// A pragma takes no parameters.
	if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", knownSchema)); err != nil {
		return err
	}
	return tx.Commit()
}

// add commits one heartbeat.
func (s *store) add() error {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	if _, err := s.db.Exec("INSERT INTO beats (at, version) VALUES (?, ?)", now, version()); err != nil {
		return err
	}
	s.count.Add(1)
	return nil
}

// beats is the number of heartbeats in the database.
func (s *store) beats() int64 { return s.count.Load() }

// close checkpoints the write-ahead log and closes the database.
func (s *store) close() { s.db.Close() }
