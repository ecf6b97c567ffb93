package realtest

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"testing"
)

// DebianRoot writes the root file system of a small Debian 12, made by
// mmdebstrap, as an uncompressed tar to w. It takes about a minute, root's
// rights and Debian's mirror.
func DebianRoot(t testing.TB, w io.Writer) {
	t.Helper()
	program := Need(t, "mmdebstrap", "mmdebstrap")
	if os.Geteuid() != 0 {
		Missing(t, "making a Debian root needs root's rights")
	}
	cmd := exec.CommandContext(t.Context(), program, "--variant=minbase", "--mode=root", "bookworm", "-")
	// Not a file: mmdebstrap takes a pipe of its own for the tar then.
	cmd.Stdout = struct{ io.Writer }{w}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Run(); err != nil {
		Missing(t, "mmdebstrap cannot make a Debian root; is its mirror out of reach?\n"+log.String())
	}
}
