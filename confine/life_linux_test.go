package confine

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// waitFor waits until something holds; a minute is for machines under load.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(end) {
			t.Fatal("timeout: ", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}

// TestParentKilled: a child does not outlive its parent, whatever it is doing.
func TestParentKilled(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "be-a-parent")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || !alive(pid) {
		t.Fatal(line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	waitFor(t, "the child ends with its parent", func() bool { return !alive(pid) })
}

// TestKilledFromOutside: once is an accident, and the file is read again.
func TestKilledFromOutside(t *testing.T) {
	for _, times := range []int{1, 2} {
		pool := newReader(t, Options{}).NewPool()
		open := func(context.Context) (io.ReadCloser, error) {
			r, w := io.Pipe()
			go func() {
				io.WriteString(w, "x a ok\ny b sleep-unless-killed\n")
				w.Close()
			}()
			return r, nil
		}
		p, err := pool.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// A child that is killed before it is asked is one, too.
		if times == 1 {
			p.kill()
			<-p.ended
		}
		pool.give(p)
		res, err := pool.Layer(t.Context(), open, analysers, nil)
		if err != nil || names(res.Report) != "x/a y/b" || res.Culprits != nil {
			t.Errorf("%v %+v", err, res)
		}
		pool.Close()
	}
}

// TestKilledTwiceInOneFile: that is no accident any more.
func TestKilledTwiceInOneFile(t *testing.T) {
	r := newReader(t, Options{})
	pool := r.NewPool()
	defer pool.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 2 {
			waitFor(t, "a child sleeps", func() bool { return killSleeper(t) })
		}
	}()
	res := layer(t, pool, "x a sleep\ny b ok\n")
	<-done
	if names(res.Report) != "y/b" || len(res.Culprits) != 1 || !strings.Contains(res.Culprits[0].Reason,
		"killed from outside") {
		t.Errorf("%+v", res)
	}
}

// killSleeper kills a child of this process that waits in a file.
func killSleeper(t *testing.T) bool {
	for _, pid := range children(t) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil || !strings.HasPrefix(string(b), childName) {
			continue
		}
		time.Sleep(200 * time.Millisecond) // until it has its layer: it takes 1 ms
		return alive(pid) && unix.Kill(pid, unix.SIGKILL) == nil
	}
	return false
}

func children(t *testing.T) []int {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, task := range tasks {
		b, _ := os.ReadFile("/proc/self/task/" + task.Name() + "/children")
		for _, s := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(s); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// TestSIGTERMIsForTheParent: a service manager tells all processes of a service
// to end. The parent decides what becomes of its children.
func TestSIGTERMIsForTheParent(t *testing.T) {
	pool := newReader(t, Options{}).NewPool()
	defer pool.Close()
	layer(t, pool, "x a ok")
	if err := unix.Kill(pool.idle[0].proc.Pid, unix.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if res := layer(t, pool, "x a ok"); res.Culprits != nil {
		t.Error(res)
	}
}

// TestRequire: where something is missing, nothing is read.
func TestRequire(t *testing.T) {
	r := newReader(t, Options{Mode: Require})
	s, err := r.Probe(t.Context())
	if full := s.Level == Full; full != (err == nil) || !full && landwaiter.KindOf(err) != landwaiter.Unavailable {
		t.Error(s, err)
	}
}

// TestVerify: the parent does not take a child's word for it.
func TestVerify(t *testing.T) {
	own, err := os.OpenRoot("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if err := verifyThreads(own); err == nil {
		t.Error("this process counts as confined")
	}
	if err := verifyThreads(nil); err == nil {
		t.Error("no process counts as confined")
	}
}

func TestParseStat(t *testing.T) {
	const fields = " S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 0 0 1 0 5 1000 77 rest"
	for _, name := range []string{"(exe)", "(a) S 1 (b", "(x) 9 9 9 9)"} {
		if rss, cpu, err := parseStat([]byte("17 " + name + fields)); name != "(a) S 1 (b" && (rss != 77*pageSize() ||
			cpu != 3*time.Second || err != nil) {
			t.Error(name, rss, cpu, err)
		}
	}
	for _, s := range []string{"", "1 (x)", "1 (x) S 1 2", "1 (x) S 1 2 3 4 5 6 7 8 9 10 x 50 0 0 0 0 1 0 5 1000 77"} {
		if _, _, err := parseStat([]byte(s)); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}

// TestNothingStays: neither goroutines nor processes nor descriptors, however
// the children ended.
func TestNothingStays(t *testing.T) {
	r := newReader(t, Options{})
	round := func() {
		pool := r.NewPool()
		layer(t, pool, "x a ok\ny a panic\nz b stack\n")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, _ = pool.Layer(ctx, opener("x a spin"), analysers, nil)
		layer(t, pool, "x a ok")
		pool.Close()
	}
	round() // the starter's goroutine stays on purpose
	before := census(t)
	for range 3 {
		round()
	}
	waitFor(t, fmt.Sprintf("%+v again, not %+v", before, census(t)), func() bool {
		now := census(t)
		return now.goroutines <= before.goroutines && now.files <= before.files && now.children <= before.children
	})
}

type counts struct{ goroutines, files, children int }

// census counts what this process has.
func census(t *testing.T) counts {
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return counts{runtime.NumGoroutine(), len(fds), len(children(t))}
}
