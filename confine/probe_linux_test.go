package confine

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// probe is something that a confined child must not be able to do. It returns
// nil or an Errno.
type probe struct {
	name string
	do   func() error
}

func openOf(path string) func() error {
	return func() error {
		fd, err := unix.Open(path, unix.O_RDONLY, 0)
		unix.Close(fd)
		return err
	}
}

func socketOf(domain, typ int) func() error {
	return func() error {
		fd, err := unix.Socket(domain, typ, 0)
		unix.Close(fd)
		return err
	}
}

func call(number uintptr, args ...uintptr) func() error {
	return func() error {
		var a [6]uintptr
		copy(a[:], args)
		r, _, errno := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
		if errno != 0 {
			return errno
		}
		if number == unix.SYS_CLONE && r == 0 { // the forked child
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
		return nil
	}
}

func pointer(s string) uintptr {
	p, _ := unix.BytePtrFromString(s)
	kept = append(kept, p)
	return uintptr(unsafe.Pointer(p))
}

var kept []*byte

func probes() []probe {
	parent, self := uintptr(os.Getppid()), uintptr(os.Getpid())
	var none [64]byte
	zero := uintptr(unsafe.Pointer(&none[0]))
	argv := []*byte{nil}
	list := []probe{
		{"open /etc/passwd", openOf("/etc/passwd")},
		{"open /proc/self/mem", openOf("/proc/self/mem")},
		{"create a file", func() error {
			fd, err := unix.Open("/tmp/landwaiter-probe", unix.O_CREAT|unix.O_WRONLY, 0o600)
			unix.Close(fd)
			unix.Unlink("/tmp/landwaiter-probe")
			return err
		}},
		{"stat", func() error { return unix.Stat("/etc/passwd", &unix.Stat_t{}) }},
		{"readlink", func() error { _, err := unix.Readlink("/proc/self/exe", none[:]); return err }},
		{"getdents", func() error { _, err := unix.Getdents(slateFD, none[:]); return err }},
		{"tcp socket", socketOf(unix.AF_INET, unix.SOCK_STREAM)},
		{"udp socket", socketOf(unix.AF_INET, unix.SOCK_DGRAM)},
		{"unix socket", socketOf(unix.AF_UNIX, unix.SOCK_STREAM)},
		{"socketpair", func() error { _, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); return err }},
		{"connect", func() error { return unix.Connect(controlFD, &unix.SockaddrUnix{Name: "/run/x"}) }},
		{"sendmsg", func() error { return unix.Sendmsg(controlFD, nil, unix.UnixRights(slateFD), nil, 0) }},
		{"execve", call(unix.SYS_EXECVE, pointer("/nonexistent"), uintptr(unsafe.Pointer(&argv[0])),
			uintptr(unsafe.Pointer(&argv[0])))},
		{"execveat", call(unix.SYS_EXECVEAT, slateFD, pointer(""), uintptr(unsafe.Pointer(&argv[0])),
			uintptr(unsafe.Pointer(&argv[0])), unix.AT_EMPTY_PATH)},
		{"fork", call(unix.SYS_CLONE, uintptr(unix.SIGCHLD))},
		{"fork by clone3", call(unix.SYS_CLONE3, zero, 64)},
		{"ptrace the parent", func() error { return ptraceSeize(int(parent)) }},
		{"read the parent's memory", call(unix.SYS_PROCESS_VM_READV, parent, zero, 0, zero, 0, 0)},
		{"kill the parent", call(unix.SYS_KILL, parent, 0)},
		{"kill the group", call(unix.SYS_KILL, 0, 0)},
		{"tkill", call(unix.SYS_TKILL, parent, 0)},
		{"tgkill the parent", call(unix.SYS_TGKILL, parent, parent, 0)},
		{"prlimit the parent", call(unix.SYS_PRLIMIT64, parent, unix.RLIMIT_CORE, 0, zero)},
		{"setrlimit", call(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, 0, zero)},
		{"dumpable", call(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1)},
		{"pdeathsig", call(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, 0)},
		{"setpgid", call(unix.SYS_SETPGID, 0, self)},
		{"setuid", call(unix.SYS_SETUID, 0)},
		{"unshare", call(unix.SYS_UNSHARE, unix.CLONE_NEWUTS)},
		{"mount", call(unix.SYS_MOUNT, pointer("none"), pointer("/tmp"), pointer("tmpfs"), unix.MS_REMOUNT|unix.MS_BIND)},
		{"memfd_create", call(unix.SYS_MEMFD_CREATE, pointer("x"), unix.MFD_CLOEXEC)},
		{"pidfd_open", call(unix.SYS_PIDFD_OPEN, self, 0)},
		{"userfaultfd", call(unix.SYS_USERFAULTFD, 0)},
		{"io_uring_setup", call(unix.SYS_IO_URING_SETUP, 1, zero)},
		{"bpf", call(unix.SYS_BPF, 0, zero, 0)},
		{"perf_event_open", call(unix.SYS_PERF_EVENT_OPEN, zero, 0, ^uintptr(0), ^uintptr(0), 0)},
		{"keyctl", call(unix.SYS_KEYCTL, 0, 0, 0)},
		{"shmget", call(unix.SYS_SHMGET, 0, 4096, 0o600)},
		{"inotify", call(unix.SYS_INOTIFY_INIT1, 0)},
		{"pipe2", func() error { var p [2]int; return unix.Pipe2(p[:], 0) }},
		{"dup", func() error { fd, err := unix.Dup(controlFD); unix.Close(fd); return err }},
		{"fchmod", func() error { return unix.Fchmod(spoolFD, 0o777) }},
		{"fcntl F_SETOWN", func() error { _, err := unix.FcntlInt(controlFD, unix.F_SETOWN, int(self)); return err }},
		{"executable memory", func() error {
			m, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_EXEC, unix.MAP_ANON|unix.MAP_PRIVATE)
			if err == nil {
				unix.Munmap(m)
			}
			return err
		}},
		{"mprotect", call(unix.SYS_MPROTECT, zero&^4095, 0, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC)},
		{"seccomp", call(unix.SYS_SECCOMP, unix.SECCOMP_GET_ACTION_AVAIL, 0, zero)},
		{"write a gigabyte to the spool", func() error { _, err := unix.Pwrite(spoolFD, none[:], 4<<30); return err }},
	}
	return list
}

func ptraceSeize(pid int) error {
	const seize = 0x4206
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, seize, uintptr(pid), 0, 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return unix.PtraceDetach(pid)
}

// probeAll runs the probes and returns the numbers of their errors.
func probeAll() map[string]syscall.Errno {
	out := map[string]syscall.Errno{}
	for _, p := range probes() {
		var errno syscall.Errno
		if err := p.do(); err != nil && !errors.As(err, &errno) {
			errno = unix.EIO
		}
		out[p.name] = errno
	}
	return out
}

func probeResults() []landwaiter.Package {
	var out []landwaiter.Package
	for name, errno := range probeAll() {
		out = append(out, landwaiter.Package{Name: name, Version: fmt.Sprint(int(errno))})
	}
	return out
}

// TestDenials: a child that tries what it must not is refused, each time, and
// not just because the kernel lacks the call.
func TestDenials(t *testing.T) {
	r := newReader(t, Options{})
	s, err := r.Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", s)
	if !s.Filter { // some probes, once allowed, would wait for ever
		t.Skipf("no filter here: %s", joinReasons(s.Reasons))
	}
	pool := r.NewPool()
	defer pool.Close()
	res := layer(t, pool, "f a probe")
	out, err := exec.Command("/proc/self/exe", "probe-unconfined").Output()
	if err != nil {
		t.Fatal(err)
	}
	free := map[string]syscall.Errno{}
	if err := json.Unmarshal(out, &free); err != nil {
		t.Fatal(err)
	}
	if len(res.Report.Packages) != len(free) || len(free) < 40 {
		t.Fatalf("%d probes confined, %d free", len(res.Report.Packages), len(free))
	}
	slices.SortFunc(res.Report.Packages, func(a, b landwaiter.Package) int { return len(a.Name) - len(b.Name) })
	lacking := 0
	for _, p := range res.Report.Packages {
		var errno syscall.Errno
		fmt.Sscan(p.Version, (*uintptr)(&errno))
		lacks := []string{"fork by clone3", "memfd_create", "pidfd_open"}
		want := []syscall.Errno{unix.EPERM, unix.EACCES}
		switch {
		case slices.Contains(lacks, p.Name):
			want = []syscall.Errno{unix.ENOSYS}
		case p.Name == "write a gigabyte to the spool":
			want = []syscall.Errno{unix.EFBIG}
		}
		if !slices.Contains(want, errno) {
			t.Errorf("%s: %v; want %v", p.Name, errno, want)
		}
		if free[p.Name] == unix.ENOSYS {
			lacking++
			t.Logf("%s: this kernel lacks it", p.Name)
		}
	}
	if lacking > 5 {
		t.Errorf("the kernel lacks %d of the calls: the test says little", lacking)
	}
}
