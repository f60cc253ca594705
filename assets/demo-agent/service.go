package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// install registers this binary as a systemd service that starts at boot, without starting it. Like
// most agents it refuses to touch a service that is already there.
func install(settings settings) error {
	path, err := unitPath(settings.name)
	if err != nil {
		return err
	}
	unit, err := unit(settings)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("service %s already exists: %s", settings.name, path)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(unit)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	return errors.Join(systemctl("daemon-reload"), systemctl("enable", settings.name+".service"))
}

// uninstall takes the service away from systemd; it does not stop a running one.
func uninstall(settings settings) error {
	path, err := unitPath(settings.name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("service %s is not installed", settings.name)
	}
	if err := systemctl("disable", settings.name+".service"); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return systemctl("daemon-reload")
}

func unitPath(name string) (string, error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("this sample agent registers itself with systemd only, not on %s", runtime.GOOS)
	}
	if name == "" || strings.ContainsAny(name, "/ \t\n") || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("%q is no name for a service", name)
	}
	return filepath.Join("/etc/systemd/system", name+".service"), nil
}

func unit(settings settings) (string, error) {
	binary, err := os.Executable()
	if err != nil {
		return "", err
	}
	command := []string{binary, "run", "-db", settings.database, "-period", settings.period.String()}
	if settings.health != "" {
		command = append(command, "-health", settings.health)
	}
	for i, word := range command {
		command[i] = systemdWord(word)
	}
	return `[Unit]
Description=SentinelGo sample agent
After=network.target

[Service]
ExecStart=` + strings.Join(command, " ") + `
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`, nil
}

// systemdWord quotes a word for ExecStart, where % and $ have meanings of their own.
func systemdWord(word string) string {
	return strconv.Quote(strings.NewReplacer("%", "%%", "$", "$$").Replace(word))
}

func systemctl(arguments ...string) error {
	output, err := exec.Command("systemctl", arguments...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("systemctl %s: %w: %s", strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return nil
}
