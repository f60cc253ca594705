package main

import (
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// behaviour is what sets one version of the agent apart from another. It is compiled in, as the
// faults of real releases are; no flag can bring it out.
type behaviour struct {
	// exitAfter ends the process with status 1 this long after the start; 0: never.
	exitAfter time.Duration
	// unhealthyAfter makes the health endpoint answer 503 this long after the start; 0: never.
	unhealthyAfter time.Duration
}

func run(settings settings) error {
	started := time.Now()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	beats, err := openStore(settings.database)
	if err != nil {
		return fmt.Errorf("cannot open database %s: %w", settings.database, err)
	}
	defer beats.close()
	if err := beats.add(); err != nil {
		return fmt.Errorf("cannot write heartbeat: %w", err)
	}

	failed := make(chan error, 1)
	if settings.health != "" {
		if err := serveHealth(settings.health, beats, started, failed); err != nil {
			return fmt.Errorf("cannot serve health on %s: %w", settings.health, err)
		}
	}
	log.Printf("%s runs, schema %d, database %s", version(), knownSchema, settings.database)

	var broken <-chan time.Time // nil blocks for ever
	if behaves.exitAfter > 0 {
		broken = time.After(behaves.exitAfter)
	}
	ticker := time.NewTicker(settings.period)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := beats.add(); err != nil {
				return fmt.Errorf("cannot write heartbeat: %w", err)
			}
		case err := <-failed:
			return fmt.Errorf("health endpoint failed: %w", err)
		case <-broken:
			return fmt.Errorf("this version fails %s after its start", behaves.exitAfter)
		case got := <-stop:
			log.Printf("%s: stopping", got)
			return nil
		}
	}
}
