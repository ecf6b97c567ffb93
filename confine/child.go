package confine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// childName is argv[0] of a child, and all of its arguments.
const childName = "landwaiter: confined reader"

// The descriptors of a child. Standard output is the same pipe as standard error.
const (
	controlFD = 0
	slateFD   = 3
	spoolFD   = 4
	firstFile = 5
)

const (
	// exitCPU is the exit code of a child that has used up its processor time.
	exitCPU = 86
	// maxStack bounds a goroutine's stack. Go's own limit is 1 GiB; a parser
	// that recurses ten thousand times needs 10 MiB.
	maxStack = 32 << 20
	// maxFiles bounds Options.Files.
	maxFiles = 32
)

// Setup is what the parent passes to a child before the child confines itself.
type Setup struct {
	Config []byte
	// Files are open for reading, in the order of Options.Files. They are closed
	// when the setup function returns.
	Files []*os.File
	// Spool is an empty file without a name, for what needs random access. It
	// serves one layer at a time and stays open.
	Spool *os.File
}

// hooked reports whether main has called Child, so that this program can be its own
// child.
var hooked atomic.Bool

// Child must be the first call in main (in tests: in TestMain). In a process that was
// started as a child it calls setup, confines the process, analyses the layers that the
// parent requests, and never returns. In other processes it does nothing.
func Child(setup func(Setup) (Analyse, error)) {
	if len(os.Args) != 1 || os.Args[0] != childName {
		hooked.Store(true)
		return
	}
	if err := runChild(setup); err != nil {
		fmt.Fprintln(os.Stderr, "landwaiter:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// child is the child's side of the protocol.
type child struct {
	control *control
	out     *bufio.Writer
	slate   *slateWriter
	analyse Analyse
	status  Status
}

func runChild(start func(Setup) (Analyse, error)) error {
	// A terminal or a service manager signals the parent, too, which decides when
	// the child ends.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	debug.SetMaxStack(maxStack)
	c := &child{control: &control{fd: controlFD}, out: bufio.NewWriterSize(fdWriter(controlFD), 64<<10)}
	f := newFrames(c.control)
	k, body, err := f.next()
	if err != nil || k != kindSetup {
		err = errors.Join(err, errProtocol("kind %d", k))
		return fmt.Errorf("a confined reader is started by landwaiter itself: %w", err)
	}
	var s setup
	if err := decode(body, &s); err != nil {
		return err
	}
	if s.Version != version || s.Files < 0 || s.Files > maxFiles {
		return errProtocol("setup of version %d with %d files", s.Version, s.Files)
	}
	if c.slate, err = mapSlate(os.NewFile(slateFD, "slate")); err != nil {
		return err
	}
	if err := c.prepare(s, start); err != nil {
		return writeAll(c.out, kindError, failure{Kind: landwaiter.KindOf(err), Message: err.Error()})
	}
	if err := writeAll(c.out, kindHello, hello{Version: version, Status: c.status}); err != nil {
		return err
	}
	return c.serve(f)
}

// prepare loads what needs files, and then confines the process.
func (c *child) prepare(s setup, start func(Setup) (Analyse, error)) (err error) {
	in := Setup{Config: s.Config, Spool: os.NewFile(spoolFD, "spool")}
	for i := range s.Files {
		in.Files = append(in.Files, os.NewFile(uintptr(firstFile+i), fmt.Sprintf("file %d", i)))
	}
	if c.analyse, err = start(in); err != nil {
		return err
	}
	for _, f := range in.Files {
		f.Close()
	}
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGXCPU)
	go func() {
		<-over
		os.Exit(exitCPU)
	}()
	c.status = confine(s.CPU)
	return nil
}

// serve answers requests, one at a time. A separate goroutine reads them, so that the
// end of the parent ends the child even while it analyses a layer.
func (c *child) serve(f *frames) error {
	type message struct {
		req  request
		blob *os.File
		err  error
	}
	requests := make(chan message)
	go func() {
		for {
			f.left = maxReply
			k, body, err := f.next()
			if err != nil {
				os.Exit(0) // the parent has exited, or closed the socket
			}
			m := message{blob: c.control.takeFile()}
			if k != kindLayer || m.blob == nil {
				err = errProtocol("kind %d, or no blob", k)
			} else {
				err = decode(body, &m.req)
			}
			m.err = err
			requests <- m
		}
	}()
	for m := range requests {
		if m.err != nil {
			return m.err
		}
		if err := c.layer(m.req, m.blob); err != nil {
			return err
		}
	}
	return nil
}

// layer analyses one layer and sends the report.
func (c *child) layer(req request, file *os.File) error {
	var blob io.Reader = io.NewSectionReader(file, req.Offset, req.Size)
	if req.Pipe {
		blob = file
	}
	rep, err := c.analyse(context.Background(), blob, c.job(req))
	file.Close()
	c.slate.mark(nil, "", 0)
	if err == nil {
		if err = writeReply(c.out, rep); err == nil {
			return c.out.Flush()
		}
	}
	message := strings.ToValidUTF8(err.Error(), "?")
	message = message[:min(len(message), maxText)]
	return writeAll(c.out, kindError, failure{Kind: landwaiter.KindOf(err), Message: message})
}

func (c *child) job(req request) Job {
	type pair struct{ path, analyser string }
	skip := map[pair]string{}
	for _, s := range req.Skip {
		skip[pair{s.Path, s.Analyser}] = s.Reason
	}
	return Job{
		Want: req.Want,
		Mark: c.slate.mark,
		Skipped: func(path []byte, analyser string) (string, bool) {
			if len(skip) == 0 {
				return "", false
			}
			reason, ok := skip[pair{string(path), analyser}]
			return reason, ok
		},
	}
}

func writeAll(w *bufio.Writer, k kind, v any) error {
	if err := writeJSON(w, k, v); err != nil {
		return err
	}
	return w.Flush()
}

// fdWriter writes to a descriptor that blocks.
type fdWriter int

func (w fdWriter) Write(p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Write(int(w), p[done:])
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return done, os.NewSyscallError("write", err)
		}
		done += n
	}
	return done, nil
}

// control reads from the parent's socket, and keeps the descriptor that it receives.
type control struct {
	fd   int
	file *os.File
	oob  [64]byte // room for one descriptor
}

func (c *control) Read(p []byte) (int, error) {
	n, oobn, _, _, err := unix.Recvmsg(c.fd, p, c.oob[:], 0)
	for err == unix.EINTR {
		n, oobn, _, _, err = unix.Recvmsg(c.fd, p, c.oob[:], 0)
	}
	if err != nil {
		return 0, os.NewSyscallError("recvmsg", err)
	}
	if oobn > 0 {
		if err := c.keep(c.oob[:oobn]); err != nil {
			return 0, err
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (c *control) keep(oob []byte) error {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return os.NewSyscallError("recvmsg", err)
	}
	for _, m := range messages {
		fds, err := unix.ParseUnixRights(&m)
		if err != nil {
			return os.NewSyscallError("recvmsg", err)
		}
		for _, fd := range fds {
			if c.file != nil {
				c.file.Close()
			}
			c.file = os.NewFile(uintptr(fd), "blob")
		}
	}
	return nil
}

// takeFile returns the descriptor that came with the last frame; nil if there is none.
func (c *control) takeFile() *os.File {
	f := c.file
	c.file = nil
	return f
}
