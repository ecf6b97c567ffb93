package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/landwaiter/landwaiter/realtest"
)

// nodeDir has the scripts in node/ and the SDKs that its lock file pins. They are
// installed once, outside the checkout.
func nodeDir(t testing.TB) string {
	t.Helper()
	realtest.Need(t, "node", "nodejs")
	npm := realtest.Need(t, "npm", "npm")
	dir, err := installSDKs(npm)
	if err != nil {
		realtest.Missing(t, err.Error())
	}
	return dir
}

var sdks struct {
	sync.Once
	dir string
	err error
}

func installSDKs(npm string) (string, error) {
	sdks.Do(func() {
		sdks.dir = filepath.Join(filepath.Dir(filepath.Dir(binary)), "node")
		if sdks.err = os.CopyFS(sdks.dir, os.DirFS("node")); sdks.err != nil {
			return
		}
		cmd := exec.Command(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
		cmd.Dir = sdks.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			sdks.err = &installError{err, string(out)}
		}
	})
	return sdks.dir, sdks.err
}

type installError struct {
	err error
	out string
}

func (e *installError) Error() string {
	return "the Node SDKs cannot be installed (npm ci: " + e.err.Error() + ")\n" + e.out
}

// node is a running node/sdk.js, which makes calls with all Node clients.
type node struct {
	mu  sync.Mutex
	in  io.Writer
	out *bufio.Reader
}

// startNode starts the script with the given environment. It stops when the test
// ends.
func startNode(t testing.TB, env []string, args ...string) *node {
	t.Helper()
	cmd := exec.Command("node", append(args, "sdk.js")...)
	cmd.Dir, cmd.Env, cmd.Stderr = nodeDir(t), env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &node{in: in, out: bufio.NewReader(out)}
}

// nodeClient is one of the Node SDKs with certain settings.
type nodeClient struct {
	*node
	SDK    string `json:"sdk"`    // cn or intl
	Form   string `json:"form"`   // multipart, or "" for what the method says
	Method string `json:"method"` // POST or GET
	Sign   string `json:"sign"`   // "" for the SDK's default
}

func (c nodeClient) at(t testing.TB, url string, k key, calls ...call) []reply {
	t.Helper()
	type client struct {
		nodeClient
		Endpoint string `json:"endpoint"`
		Protocol string `json:"protocol"`
		ID       string `json:"id"`
		Key      string `json:"key"`
	}
	scheme, host, _ := strings.Cut(url, "://")
	line, err := json.Marshal(struct {
		Client client `json:"client"`
		Calls  []call `json:"calls"`
	}{client{c, host, scheme + "://", k.ID, k.Secret}, calls})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.roundTrip(line)
	if err != nil {
		t.Fatalf("node: %v", err)
	}
	var replies []reply
	if err := json.Unmarshal(answer, &replies); err != nil || len(replies) != len(calls) {
		t.Fatalf("node answered %s: %v", answer, err)
	}
	return replies
}

func (n *node) roundTrip(line []byte) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := n.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	return n.out.ReadBytes('\n')
}
