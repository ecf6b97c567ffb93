package realtest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"
)

// DebianRoot writes the root file system of a small Debian 12, made by
// mmdebstrap, as an uncompressed tar archive to w. It takes about a minute, and
// needs to run as root and to reach a Debian mirror.
func DebianRoot(t testing.TB, w io.Writer) {
	t.Helper()
	program := Need(t, "mmdebstrap", "mmdebstrap")
	if os.Geteuid() != 0 {
		Missing(t, "making a Debian root file system needs root")
	}
	cmd := exec.CommandContext(t.Context(), program, "--variant=minbase", "--mode=root", "bookworm", "-")
	// Not an *os.File, so that exec passes a pipe to mmdebstrap.
	cmd.Stdout = struct{ io.Writer }{w}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		Missing(t, "mmdebstrap failed; is a Debian mirror reachable?\n"+log.String())
	}
}
