// Command sentinel is a sample agent: a small daemon that writes a heartbeat into a SQLite database
// and answers on a loopback health endpoint.
//
//	sentinel [run] [-db PATH] [-health ADDR] [-period DURATION]
//	sentinel install [-name NAME] [the flags of run]
//	sentinel uninstall [-name NAME]
//	sentinel --version
//
// Exit status: 0 after SIGTERM or SIGINT, 1 on failure, 2 on wrong usage, 3 when the database was
// written by a newer agent.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

const (
	exitFailure     = 1
	exitUsage       = 2
	exitNewerSchema = 3
)

// settings are what the flags and the environment say; flags win.
type settings struct {
	database string
	health   string
	period   time.Duration
	name     string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("sentinel: ")

	command, arguments := "run", os.Args[1:]
	if len(arguments) > 0 && !strings.HasPrefix(arguments[0], "-") {
		command, arguments = arguments[0], arguments[1:]
	}
	settings, wantsVersion := parse(command, arguments)
	if wantsVersion {
		fmt.Printf("SentinelGo agent %s (schema %d)\n", version(), knownSchema)
		return
	}
	if err := dispatch(command, settings); err != nil {
		log.Print(err)
		if errors.Is(err, errNewerSchema) {
			os.Exit(exitNewerSchema)
		}
		os.Exit(exitFailure)
	}
}

func dispatch(command string, settings settings) error {
	switch command {
	case "run":
		return run(settings)
	case "install":
		return install(settings)
	case "uninstall":
		return uninstall(settings)
	}
	log.Printf("unknown command %q; known are run, install and uninstall", command)
	os.Exit(exitUsage)
	return nil
}

func parse(command string, arguments []string) (settings, bool) {
	var s settings
	flags := flag.NewFlagSet("sentinel "+command, flag.ContinueOnError)
	flags.StringVar(&s.database, "db", fromEnvironment("SENTINEL_DB", "/var/lib/sentinelgo/sentinel.db"), "`path` of the database")
	flags.StringVar(&s.health, "health", fromEnvironment("SENTINEL_HEALTH", ""), "loopback `address` of the health endpoint; empty: none")
	flags.DurationVar(&s.period, "period", time.Second, "time between two heartbeats")
	flags.StringVar(&s.name, "name", fromEnvironment("SENTINEL_SERVICE", "sentinelgo"), "`name` of the service to install or uninstall")
	wantsVersion := flags.Bool("version", false, "print the version and exit")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(0)
	case err != nil:
		os.Exit(exitUsage) // flag has said why
	case flags.NArg() > 0:
		log.Printf("unexpected argument %q", flags.Arg(0))
		os.Exit(exitUsage)
	case s.period <= 0:
		log.Print("-period must be positive")
		os.Exit(exitUsage)
	}
	return s, *wantsVersion
}

func fromEnvironment(key, otherwise string) string {
	if value := os.Getenv(key); value != "" {
		return value
	}
	return otherwise
}

// version is what the module system stamped into this binary.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
