package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Containerd starts a containerd of its own without Kubernetes' plugin, and
// returns the path of its socket. It takes root's rights.
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

// containerdConfig is a config.toml; the plugin that is left out besides
// Kubernetes' makes a directory below /opt.
func containerdConfig(dir, socket string) string {
	return fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = %q
`, filepath.Join(dir, "data"), filepath.Join(dir, "exec"), socket)
}

// Ctr runs containerd's own command on a socket, and returns what it printed.
func Ctr(t testing.TB, socket, namespace string, args ...string) (string, error) {
	t.Helper()
	program := Need(t, "ctr", "containerd")
	out, err := exec.Command(program, append([]string{"--address=" + socket, "--namespace=" + namespace},
		args...)...).CombinedOutput()
	return string(out), err
}
