package e2e

import (
	"regexp"
	"syscall"
	"testing"

	"github.com/landwaiter/landwaiter/tcss"
)

var printedKey = regexp.MustCompile(`SecretId: +(\S+)\nSecretKey: +(\S+)\n`)

// TestFirstKey checks that the first start creates a key, prints it once, and
// that the key works.
func TestFirstKey(t *testing.T) {
	s := newStore(t)
	srv := serve(t, s)
	m := waitFor(t, startTimeout, func() ([]string, bool) {
		m := printedKey.FindStringSubmatch(srv.printed())
		return m, m != nil
	})
	ask[tcss.DescribeAssetImageListResponse](t, session{goClient{}, srv.url, key{m[1], m[2]}}, "DescribeAssetImageList",
		params{})
	srv.kill(syscall.SIGTERM)
	if code := srv.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
	srv = serve(t, s)
	srv.kill(syscall.SIGTERM)
	if again := srv.printed(); again != "" {
		t.Errorf("the second start printed %q", again)
	}
}
