package tasks

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// binary is the landwaiter command to measure.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "landwaiter-bench")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "landwaiter")
	build := exec.Command("go", "build", "-o", binary, "../../cmd/landwaiter")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the command:", err)
		return 1
	}
	return m.Run()
}

// process is a running server or worker.
type process struct {
	cmd   *exec.Cmd
	url   string // of a server
	ended chan struct{}
}

// ready matches what a process logs when it is ready.
var ready = regexp.MustCompile(`msg=(?:serving url=(\S+)|working) `)

// startTimeout is generous, since the start migrates the store, perhaps on a
// busy machine.
const startTimeout = 2 * time.Minute

// start starts the command and waits until it is ready. It stops when the test
// ends.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary, args...), ended: make(chan struct{})}
	p.cmd.Env = env
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	works := make(chan string, 1)
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := ready.FindStringSubmatch(lines.Text()); m != nil {
				works <- m[1]
			} else if strings.Contains(lines.Text(), "level=WARN") || strings.Contains(lines.Text(), "level=ERROR") {
				t.Log(lines.Text())
			}
		}
		p.cmd.Wait()
	}()
	t.Cleanup(func() { p.end(syscall.SIGTERM) })
	select {
	case p.url = <-works:
	case <-p.ended:
		t.Fatalf("landwaiter %v ended before it was ready", args)
	case <-time.After(startTimeout):
		t.Fatalf("landwaiter %v is not ready", args)
	}
	return p
}

// end sends a signal and waits until the process ends.
func (p *process) end(sig syscall.Signal) {
	p.cmd.Process.Signal(sig)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.cmd.Process.Kill()
		<-p.ended
	}
}

// peak returns the peak memory of a process in bytes. It is VmHWM in
// /proc/PID/status, which unlike ru_maxrss does not include the parent's.
func (p *process) peak() int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	kb, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kb << 10
}

// cpu returns the user and system time of a process. The unit of /proc/PID/stat
// is a tick, of which Linux has 100 per second on all platforms
// (proc_pid_stat(5), fields 14 and 15).
func (p *process) cpu() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), ") ") // the name may have spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond
}
