package confine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxStderr is how much a crashing child may print. Go's crash trace has 5 to 20
	// KB; with very many goroutines it has 100 MB, which would take ten seconds.
	maxStderr = 64 << 10
	// readyTime limits the start of a child. It normally takes 20 ms, but longer on a
	// busy machine or with large hash lists.
	readyTime = 30 * time.Second
)

// process is a running child in the parent. It reads one layer at a time.
type process struct {
	proc    *os.Process
	conn    *net.UnixConn
	slate   *os.File
	stat    *os.File // /proc/PID/stat; nil where there is none
	tasks   *os.Root // /proc/PID/task; nil where there is none
	stderr  tail
	private bool
	status  Status
	frames  *frames
	ended   chan struct{} // closed when the process is reaped
	state   *os.ProcessState
}

// starter starts processes from one thread that lives as long as this process: the
// kernel kills a child when the thread that started it ends.
var starter = sync.OnceValue(func() chan<- func() {
	calls := make(chan func())
	go func() {
		runtime.LockOSThread()
		keepDescriptors()
		for call := range calls {
			call()
		}
	}()
	return calls
})

// start starts a child and waits until it is ready.
func (r *Reader) start(ctx context.Context) (*process, error) {
	if !hooked.Load() {
		return nil, landwaiter.Errorf(landwaiter.Internal, "confine: main does not call confine.Child first")
	}
	p := &process{ended: make(chan struct{})}
	if err := r.launch(p); err != nil {
		return nil, unavailable(err)
	}
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	err := r.greet(p)
	if err == nil {
		return p, nil
	}
	p.close()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, err
}

// ErrUnavailable is in the chain of a [Pool]'s errors if no child can be started, or none
// that is confined as far as the mode requires.
var ErrUnavailable = errors.New("no confined reader")

func unavailable(err error) error {
	return &landwaiter.Error{
		Kind:    landwaiter.Unavailable,
		Message: fmt.Sprintf("no confined reader can be started: %v: see 'landwaiter doctor'", err),
		Err:     errors.Join(ErrUnavailable, err),
	}
}

// launch opens what the child needs and starts it.
func (r *Reader) launch(p *process) (err error) {
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil && p.conn != nil {
			p.conn.Close()
		}
		if err != nil && p.slate != nil {
			p.slate.Close()
		}
	}()
	var control *os.File
	if p.conn, control, err = socketPair(); err != nil {
		return err
	}
	theirs = append(theirs, control)
	errR, errW, err := os.Pipe()
	if err != nil {
		return err
	}
	theirs = append(theirs, errW)
	if p.slate, err = newSlate(); err != nil {
		errR.Close()
		return err
	}
	spool, err := newSpool(r.Spool)
	if err != nil {
		errR.Close()
		return err
	}
	theirs = append(theirs, spool)
	files := []*os.File{control, errW, errW, p.slate, spool}
	for _, name := range r.Files {
		f, err := os.Open(name)
		if err != nil {
			errR.Close()
			return err
		}
		theirs, files = append(theirs, f), append(files, f)
	}
	if err = p.spawn(files); err != nil {
		errR.Close()
		return err
	}
	p.openProc()
	go p.stderr.read(errR, p.kill)
	go func() {
		p.state, _ = p.proc.Wait()
		close(p.ended)
	}()
	return nil
}

// spawn starts the process with as much isolation as the system allows.
func (p *process) spawn(files []*os.File) (err error) {
	done := make(chan struct{})
	starter() <- func() {
		defer close(done)
		exe := executable()
		for _, a := range attributes() {
			p.proc, err = os.StartProcess(exe, []string{childName}, &os.ProcAttr{
				Dir: "/", Files: files, Sys: a.sys,
				// The child gets no other variable: the environment may
				// hold credentials. Without this one the runtime checks the
				// number of processors regularly, which the filter refuses.
				Env: []string{"GOMAXPROCS=" + strconv.Itoa(runtime.GOMAXPROCS(0))},
			})
			if err == nil {
				p.private = a.private
				return
			}
		}
	}
	<-done
	return err
}

// attribute is a way to start a child.
type attribute struct {
	sys     *syscall.SysProcAttr
	private bool // in namespaces of its own
}

// greet sends the setup and waits until the child is ready.
func (r *Reader) greet(p *process) error {
	p.frames = newFrames(p.conn)
	if err := p.conn.SetDeadline(time.Now().Add(readyTime)); err != nil {
		return unavailable(err)
	}
	var b bytes.Buffer
	s := setup{Version: version, Config: r.Config, Files: len(r.Files), CPU: max(1, int(r.CPU.Seconds()))}
	if err := writeJSON(&b, kindSetup, s); err != nil {
		return err
	}
	if _, err := p.conn.Write(b.Bytes()); err != nil {
		return unavailable(p.explain(err))
	}
	k, body, err := p.frames.next()
	if err != nil {
		return unavailable(p.explain(err))
	}
	if k == kindError {
		var fail failure
		if err := decode(body, &fail); err != nil {
			return err
		}
		failed, err := fail.error()
		return errors.Join(failed, err)
	}
	var h hello
	if err := decode(body, &h); err != nil || k != kindHello || h.Version != version {
		return unavailable(errProtocol("no greeting of version %d (%w)", version, err))
	}
	p.status = h.Status
	p.verify()
	if r.Mode == Require && p.status.Level != Full {
		err := landwaiter.Errorf(landwaiter.Unsupported, "confinement is required, but here it is %s: %s",
			p.status.Level, joinReasons(p.status.Reasons))
		return unavailable(landwaiter.About(err, landwaiter.SettingConfinement))
	}
	return p.conn.SetDeadline(time.Time{})
}

// explain adds the output of the child to an error of its start.
func (p *process) explain(err error) error {
	p.kill()
	<-p.ended
	if text := p.stderr.first(); text != "" {
		return landwaiter.Errorf(landwaiter.Internal, "%w (%s)", err, text)
	}
	return err
}

// kill kills the child and its process group. It may be called at any time, and more
// than once.
func (p *process) kill() {
	select {
	case <-p.ended: // another process may have its ID by now
	default:
		// An error means that it has just ended.
		_ = syscall.Kill(-p.proc.Pid, syscall.SIGKILL)
		_ = p.proc.Kill()
	}
}

// close kills the child and waits for its end.
func (p *process) close() {
	p.kill()
	<-p.ended
	p.conn.Close()
	p.slate.Close()
	if p.stat != nil {
		p.stat.Close()
	}
	if p.tasks != nil {
		p.tasks.Close()
	}
}

// socketPair returns the two ends of the control socket.
func socketPair() (*net.UnixConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	unix.CloseOnExec(fds[0])
	unix.CloseOnExec(fds[1])
	ours, theirs := os.NewFile(uintptr(fds[0]), "control"), os.NewFile(uintptr(fds[1]), "control")
	defer ours.Close()
	c, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, err
	}
	return c.(*net.UnixConn), theirs, nil
}

// newSpool returns a temporary file without a name.
func newSpool(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "landwaiter-*")
	if err != nil {
		return nil, landwaiter.Errorf(landwaiter.Unavailable, "spool: %w: free space or choose another directory", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// tail keeps the beginning of the output of a child.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// read reads to the end, and calls stop if there is too much output.
func (t *tail) read(r io.ReadCloser, stop func()) {
	defer r.Close()
	buf := make([]byte, 4<<10)
	for {
		n, err := r.Read(buf)
		t.mu.Lock()
		t.text = append(t.text, buf[:min(n, maxStderr-len(t.text))]...)
		full := len(t.text) == maxStderr
		t.mu.Unlock()
		if err != nil {
			return
		}
		if full {
			stop()
		}
	}
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text
}

// first returns the first line, fit for a terminal; "" when there is none.
func (t *tail) first() string {
	line, _, _ := bytes.Cut(t.bytes(), []byte("\n"))
	if len(line) == 0 {
		return ""
	}
	const most = 200
	return strconv.QuoteToASCII(string(line[:min(len(line), most)]))
}
