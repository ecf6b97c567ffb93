package realtest

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Docker starts a Docker daemon without networks, and returns its address
// ("unix:///..."). It needs to run as root.
func Docker(t testing.TB) (host string) {
	t.Helper()
	program := Need(t, "dockerd", "docker.io")
	Need(t, "runc", "runc")
	return startEngine(t, func(dir, socket string) *exec.Cmd {
		return exec.Command(program, "--host=unix://"+socket, "--data-root="+filepath.Join(dir, "data"),
			"--exec-root="+filepath.Join(dir, "exec"), "--pidfile="+filepath.Join(dir, "pid"),
			"--iptables=false", "--ip6tables=false", "--bridge=none")
	})
}

// Podman starts Podman's API service with separate storage, and returns its
// address ("unix:///..."). It needs to run as root.
func Podman(t testing.TB) (host string) {
	t.Helper()
	program := Need(t, "podman", "podman")
	runc := Need(t, "runc", "runc")
	return startEngine(t, func(dir, socket string) *exec.Cmd {
		return exec.Command(program, "--root="+filepath.Join(dir, "data"), "--runroot="+filepath.Join(dir, "run"),
			"--tmpdir="+filepath.Join(dir, "tmp"), "--storage-driver=vfs", "--runtime="+runc, "system", "service",
			"--time=0", "unix://"+socket)
	})
}

func startEngine(t testing.TB, command func(dir, socket string) *exec.Cmd) (host string) {
	t.Helper()
	if os.Geteuid() != 0 {
		Missing(t, "a container engine needs root")
	}
	// Not t.TempDir, since paths of sockets are limited to 107 bytes.
	dir, err := os.MkdirTemp("", "landwaiter-engine")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	socket := filepath.Join(dir, "socket")
	cmd := command(dir, socket)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	t.Cleanup(func() { stopEngine(cmd, ended) })
	if !answers(socket, ended) {
		out, _ := os.ReadFile(log.Name())
		Missing(t, filepath.Base(cmd.Path)+" did not start:\n"+string(out))
	}
	return "unix://" + socket
}

// stopEngine stops the container engine, which then stops its children. If that
// takes too long, it is killed.
func stopEngine(cmd *exec.Cmd, ended <-chan struct{}) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		_ = cmd.Process.Kill()
		<-ended
	}
}

// answers waits until something listens on the socket.
func answers(socket string, ended <-chan struct{}) bool {
	deadline := time.After(60 * time.Second)
	for {
		if conn, err := net.Dial("unix", socket); err == nil {
			conn.Close()
			return true
		}
		select {
		case <-ended:
			return false
		case <-deadline:
			return false
		case <-time.After(50 * time.Millisecond):
		}
	}
}
