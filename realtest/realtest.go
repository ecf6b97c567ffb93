// Package realtest starts the real services that tests run against: databases,
// registries, container engines. Each listens on 127.0.0.1 or a socket, uses a
// temporary directory, and is stopped at the end of the test that started it.
//
// If a service is not installed, the test is skipped with the name of the Debian
// package that has it. If the environment variable CI is "true", the test fails
// instead.
package realtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Need returns the path of a program. If it is not installed, Need skips the
// test, or fails it in CI.
func Need(t testing.TB, program, debianPackage string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		Missing(t, program+" is not installed (Debian package "+debianPackage+")")
	}
	return path
}

// Missing skips the test for a reason, or fails it in CI.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("in CI, all services must be installed: " + reason)
	}
	t.Skip(reason)
}

// Shared returns a path in the directory of shared test data, which is next to
// the checkout, or in LANDWAITER_SHARED. If it does not exist, Shared skips the
// test, or fails it in CI.
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv("LANDWAITER_SHARED")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		Missing(t, "the shared test data is not next to the checkout: "+filepath.Join(elem...))
	}
	return path
}

// moduleRoot returns the nearest directory above the test with a go.mod.
func moduleRoot(t testing.TB) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = parent
	}
}

// freePort returns a TCP port that is currently free on 127.0.0.1.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
