package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// serveHealth answers /healthz on a loopback address; a later failure is sent to failed.
func serveHealth(address string, beats *store, started time.Time, failed chan<- error) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not a loopback address", host)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	handler := http.NewServeMux()
	handler.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		uptime := time.Since(started)
		status, code := "ok", http.StatusOK
		if behaves.unhealthyAfter > 0 && uptime > behaves.unhealthyAfter {
			status, code = "failing", http.StatusServiceUnavailable
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		// The only possible error is a client that went away.
		_ = json.NewEncoder(w).Encode(map[string]any{
			"beats":     beats.beats(),
			"pid":       os.Getpid(),
			"schema":    knownSchema,
			"status":    status,
			"uptime_ms": uptime.Milliseconds(),
			"version":   version(),
		})
	})
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go func() { failed <- server.Serve(listener) }()
	return nil
}
