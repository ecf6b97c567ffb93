package confine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// keepDescriptors ensures that the child inherits only the descriptors passed to it, and
// not those that this process has inherited.
func keepDescriptors() {
	// Kernels before 5.11 cannot. Files opened by Go are closed anyway.
	_ = unix.CloseRange(3, 1<<31-1, unix.CLOSE_RANGE_CLOEXEC)
}

// executable is this program, even if its file was replaced or removed.
func executable() string {
	const self = "/proc/self/exe"
	if _, err := os.Readlink(self); err == nil {
		return self
	}
	path, err := os.Executable()
	if err != nil {
		return self // starting it returns the error
	}
	return path
}

// attributes returns the ways to start a child, which are tried in order. Docker's
// seccomp profile refuses namespaces. Others refuse a signal for the parent's end; then
// the closed socket ends the child.
func attributes() []attribute {
	const private = unix.CLONE_NEWUSER | unix.CLONE_NEWNET | unix.CLONE_NEWIPC | unix.CLONE_NEWPID | unix.CLONE_NEWNS
	return []attribute{
		{&syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: private}, true},
		{&syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}, false},
		{&syscall.SysProcAttr{Setpgid: true}, false},
	}
}

// newSlate returns memory that both sides hold and neither can grow.
func newSlate() (*os.File, error) {
	fd, err := unix.MemfdCreate("landwaiter", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return nil, os.NewSyscallError("memfd_create", err)
	}
	f := os.NewFile(uintptr(fd), "slate")
	err = f.Truncate(slateSize)
	if err == nil {
		_, err = unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("memfd: %w", err)
	}
	return f, nil
}

// reopen opens a file again for reading alone, with an offset of its own.
func reopen(f *os.File) (*os.File, error) {
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
}

// widen makes a pipe larger than the default 64 KiB: fewer switches between the
// two processes. The kernel may refuse, by a limit for each user.
func widen(pipe int) { _, _ = unix.FcntlInt(uintptr(pipe), unix.F_SETPIPE_SZ, 1<<20) }

// openProc opens the child's files in /proc while that is possible: with hidepid
// (ProtectProc of systemd), a process that cannot be dumped is invisible.
func (p *process) openProc() {
	dir := fmt.Sprintf("/proc/%d", p.proc.Pid)
	if f, err := os.Open(dir + "/stat"); err == nil {
		p.stat = f
	}
	if tasks, err := os.OpenRoot(dir + "/task"); err == nil {
		p.tasks = tasks
	}
}

// ticksPerSecond is USER_HZ, which is 100 on all architectures that Go knows.
const ticksPerSecond = 100

var pageSize = sync.OnceValue(func() int64 { return int64(os.Getpagesize()) })

// usage returns the resident memory and the processor time of the child.
func (p *process) usage() (rss int64, cpu time.Duration, err error) {
	if p.stat == nil {
		return 0, 0, fs.ErrNotExist
	}
	var buf [1024]byte
	n, err := p.stat.ReadAt(buf[:], 0)
	if n == 0 {
		return 0, 0, err
	}
	return parseStat(buf[:n])
}

// parseStat reads fields 14, 15 (utime, stime) and 24 (rss) of proc_pid_stat(5).
// The second field is the command in parentheses, which may hold anything.
func parseStat(b []byte) (rss int64, cpu time.Duration, err error) {
	end := bytes.LastIndexByte(b, ')')
	fields := bytes.Fields(b[end+1:])
	const first = 3 // number of fields[0]
	if end < 0 || len(fields) <= 24-first {
		return 0, 0, errors.New("/proc/PID/stat is cut off")
	}
	var v [3]int64
	for i, n := range []int{14, 15, 24} {
		if v[i], err = strconv.ParseInt(string(fields[n-first]), 10, 64); err != nil {
			return 0, 0, fmt.Errorf("/proc/PID/stat: %w", err)
		}
	}
	return v[2] * pageSize(), time.Duration(v[0]+v[1]) * (time.Second / ticksPerSecond), nil
}

// verify checks the status that the child has reported against what the kernel says
// about its threads.
func (p *process) verify() {
	s := &p.status
	s.Memory, s.Private = false, p.private
	if _, _, err := p.usage(); err == nil {
		s.Memory = true
	} else {
		s.lacks("memory is not watched: %v: mount /proc", err)
	}
	if s.Filter {
		if err := verifyThreads(p.tasks); err != nil {
			s.Filter = false
			s.lacks("seccomp: %v", err)
		}
	}
	s.Level = s.level()
}

// verifyThreads returns an error unless all threads in a task directory are
// confined.
func verifyThreads(tasks *os.Root) error {
	if tasks == nil {
		return errors.New("the kernel does not tell of the threads of the child: mount /proc")
	}
	names, err := fs.Glob(tasks.FS(), "*/status")
	if err != nil || len(names) == 0 {
		return fmt.Errorf("the kernel tells of no thread of the child (%w)", err)
	}
	for _, name := range names {
		b, err := tasks.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has just ended
		}
		if err != nil {
			return err
		}
		if !bytes.Contains(b, []byte("\nNoNewPrivs:\t1\n")) || !bytes.Contains(b, []byte("\nSeccomp:\t2\n")) {
			return errors.New("a thread of the child is not confined")
		}
	}
	return nil
}
