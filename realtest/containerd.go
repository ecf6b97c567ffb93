package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Containerd starts a separate containerd without the Kubernetes plugin, and
// returns the path of its socket. It needs to run as root.
func Containerd(t testing.TB) (socket string) {
	t.Helper()
	program := Need(t, "containerd", "containerd")
	Need(t, "runc", "runc")
	address := startEngine(t, func(dir, socket string) *exec.Cmd {
		config := filepath.Join(dir, "config.toml")
		if err := os.WriteFile(config, []byte(containerdConfig(dir, socket)), 0o600); err != nil {
			t.Fatal(err)
		}
		return exec.Command(program, "--config="+config)
	})
	return strings.TrimPrefix(address, "unix://")
}

// containerdConfig returns a config.toml. Apart from the Kubernetes plugin, it
// disables one that creates a directory in /opt.
func containerdConfig(dir, socket string) string {
	return fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = %q
`, filepath.Join(dir, "data"), filepath.Join(dir, "exec"), socket)
}

// Ctr runs containerd's command ctr on a socket, and returns its output.
func Ctr(t testing.TB, socket, namespace string, args ...string) (string, error) {
	t.Helper()
	program := Need(t, "ctr", "containerd")
	out, err := exec.Command(program, append([]string{"--address=" + socket, "--namespace=" + namespace},
		args...)...).CombinedOutput()
	return string(out), err
}
