package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// server is a running landwaiter serve.
type server struct {
	store
	url    string
	cmd    *exec.Cmd
	ended  chan struct{}
	mu     sync.Mutex
	stdout bytes.Buffer
	log    bytes.Buffer
}

// startTimeout is generous, since the start migrates the store, perhaps on a
// busy machine.
const startTimeout = 60 * time.Second

var servingAt = regexp.MustCompile(`msg=serving url=(\S+)`)

// serve starts a server on a free port. It stops when the test ends.
func serve(t testing.TB, s store, args ...string) *server {
	t.Helper()
	srv := &server{store: s, ended: make(chan struct{})}
	srv.cmd = exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	srv.cmd.Env = s.env()
	srv.cmd.Stdout = writer(srv.write)
	stderr, err := srv.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := srv.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	urls := make(chan string, 1)
	go func() {
		defer close(srv.ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			srv.note(lines.Text())
			if m := servingAt.FindStringSubmatch(lines.Text()); m != nil {
				urls <- m[1]
			}
		}
		srv.cmd.Wait()
	}()
	t.Cleanup(func() {
		srv.kill(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("log of the server:\n%s", srv.logged())
		}
	})
	select {
	case srv.url = <-urls:
	case <-srv.ended:
		t.Fatalf("the server did not start:\n%s", srv.logged())
	case <-time.After(startTimeout):
		t.Fatalf("the server is not ready:\n%s", srv.logged())
	}
	return srv
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}

func (s *server) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stdout.Write(b)
}

func (s *server) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintln(&s.log, line)
}

func (s *server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *server) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stdout.String()
}

// stopTimeout is well above the eight seconds that a stop may take.
const stopTimeout = 30 * time.Second

// kill sends a signal and waits until the server exits. After stopTimeout it
// kills it.
func (s *server) kill(sig syscall.Signal) {
	select {
	case <-s.ended:
		return
	default:
	}
	s.cmd.Process.Signal(sig)
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
		s.cmd.Process.Kill()
		<-s.ended
	}
}
