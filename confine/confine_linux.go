package confine

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// openFiles is more than enough for our six descriptors, four of the runtime,
	// and the blob.
	openFiles = 64
	// spoolBytes is the largest file of a layer that is read by random access
	// (1 GiB), with room for the last chunk.
	spoolBytes = 1<<30 + 16<<20
	// dataBytes stops a single large allocation that is never touched, which the
	// watch cannot see. It is not sufficient alone: it does not limit Go's heap.
	dataBytes = 768 << 20
	// cpuGrace is the time between the signal and the kill.
	cpuGrace = 10
	// fullLandlock is the first landlock ABI with scopes for signals and abstract
	// sockets.
	fullLandlock = 6
)

// confine removes from this process, with all its threads, the rights that reading does
// not need, and checks that they are gone. The status has a reason for each right that
// it cannot remove.
func confine(cpu int) Status {
	var s Status
	s.rlimits(cpu)
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		s.lacks("memory may be dumped: prctl: %v", err)
	}
	// AllThreadsSyscall only works without cgo. So does the filter, which allows the
	// system calls of Go's runtime, but not those of a C library.
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	switch {
	case errno == unix.ENOTSUP:
		s.lacks("landwaiter was built with cgo: build it with CGO_ENABLED=0")
		return s
	case errno != 0:
		s.lacks("no_new_privs: %v", errno)
		return s
	}
	s.landlock()
	s.filter()
	return s
}

func (s *Status) lacks(format string, args ...any) {
	s.Reasons = append(s.Reasons, fmt.Sprintf(format, args...))
}

func (s *Status) rlimits(cpu int) {
	for _, l := range []struct {
		name      string
		resource  int
		cur, most uint64
	}{
		{"CORE", unix.RLIMIT_CORE, 0, 0},
		{"NOFILE", unix.RLIMIT_NOFILE, openFiles, openFiles},
		{"FSIZE", unix.RLIMIT_FSIZE, spoolBytes, spoolBytes},
		{"DATA", unix.RLIMIT_DATA, dataBytes, dataBytes},
		{"CPU", unix.RLIMIT_CPU, uint64(cpu), uint64(cpu) + cpuGrace},
	} {
		var have unix.Rlimit
		// Keep a limit that is already lower: raising it would fail.
		if err := unix.Getrlimit(l.resource, &have); err == nil {
			l.most = min(l.most, have.Max)
			l.cur = min(l.cur, l.most)
		}
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.cur, Max: l.most}); err != nil {
			s.lacks("RLIMIT_%s: %v", l.name, err)
		}
	}
}

// landlock forbids all files, TCP ports, and signals and abstract sockets to
// processes outside.
func (s *Status) landlock() {
	abi, err := landlockABI()
	if err != nil {
		s.lacks("landlock: %v", err)
		return
	}
	if err := restrictFiles(abi); err != nil {
		s.lacks("landlock: %v", err)
		return
	}
	fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	if !errors.Is(err, unix.EACCES) {
		s.lacks("landlock is in force, but / could be opened (%v)", err)
		return
	}
	if s.Landlock = abi; abi < fullLandlock {
		s.lacks("landlock ABI %d of this kernel has no scopes: Linux 6.12 has ABI %d", abi, fullLandlock)
	}
}

// filter installs the seccomp filter.
func (s *Status) filter() {
	if err := installFilter(); err != nil {
		s.lacks("seccomp: %v", err)
		return
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err == nil {
		unix.Close(fd)
	}
	if !errors.Is(err, unix.EPERM) {
		s.lacks("the seccomp filter is in force, but a socket could be made (%v)", err)
		return
	}
	s.Filter = true
}

// installFilter puts the filter into force for all threads.
func installFilter() error {
	program, err := filterProgram(os.Getpid())
	if err != nil {
		return err
	}
	// The calling thread must have no_new_privs.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return seccomp(program)
}

// level grades what is in force.
func (s *Status) level() Level {
	switch {
	case s.Filter && s.Landlock >= fullLandlock && s.Memory:
		return Full
	case s.Filter || s.Landlock > 0:
		return Partial
	}
	return None
}
