package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// errNewerSchema says that the file was written by a newer agent.
var errNewerSchema = errors.New("the schema is newer than this agent supports")

// store is a file of heartbeats, one a line below a line that tells the schema: for hosts without a C
// compiler.
type store struct {
	file  *os.File
	count atomic.Int64
}

// openStore opens or creates the file at path and brings it to knownSchema.
func openStore(path string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	s := &store{file: file}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return s, nil
}

func (s *store) prepare() error {
	lines := bufio.NewScanner(s.file)
	schema := 0
	if lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "schema %d", &schema); err != nil {
			return err
		}
	}
	if schema > knownSchema {
		return fmt.Errorf("%w: %d, known is %d", errNewerSchema, schema, knownSchema)
	}
	for lines.Scan() {
		s.count.Add(1)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if schema < knownSchema {
		// All schemas have as many digits, so that the line is replaced where it stands.
		if _, err := s.file.WriteAt([]byte(fmt.Sprintf("schema %04d\n", knownSchema)), 0); err != nil {
			return err
		}
	}
	_, err := s.file.Seek(0, 2)
	return err
}

// add writes one heartbeat.
func (s *store) add() error {
	if _, err := fmt.Fprintf(s.file, "%s %s\n", time.Now().UTC().Format(time.RFC3339Nano), version()); err != nil {
		return err
	}
	s.count.Add(1)
	return nil
}

// beats is the number of heartbeats in the file.
func (s *store) beats() int64 { return s.count.Load() }

// close closes the file.
func (s *store) close() { s.file.Close() }
