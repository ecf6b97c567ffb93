// Package realtest starts the real parts that tests run against: databases,
// registries, container engines. Each listens on 127.0.0.1 in a directory of its own and ends
// with the test that asked for it.
//
// A part that is not installed skips the test and says which Debian package
// has it; where the environment variable CI is "true", it fails the test.
package realtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Need skips the test unless a program is there, or fails it in CI. It returns
// the program's path.
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
		t.Fatal("in CI all real parts must be there: " + reason)
	}
	t.Skip(reason)
}

// Shared returns a path below the directory of shared test data, which lies
// beside the checkout (or at LANDWAITER_SHARED).
func Shared(t testing.TB, elem ...string) string {
	t.Helper()
	dir := os.Getenv("LANDWAITER_SHARED")
	if dir == "" {
		dir = filepath.Join(moduleRoot(t), "..", "shared")
	}
	path := filepath.Join(append([]string{dir}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		Missing(t, "the shared test data is not beside the checkout: "+filepath.Join(elem...))
	}
	return path
}

// moduleRoot is the nearest directory above the test with a go.mod.
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

// freePort returns a TCP port of 127.0.0.1 that is free now.
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
