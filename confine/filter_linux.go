package confine

import (
	"fmt"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Offsets in struct seccomp_data.
const (
	dataNumber = 0
	dataArch   = 4
	dataArgs   = 16
)

var (
	allow = bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}
	// A refused call returns an error and does not kill the process: a parser that
	// tries something unusual can continue, and a kill would leave no trace of
	// where it happened.
	deny = bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)}
	// Callers have a fallback for calls that the kernel does not support.
	lack = bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
)

// argument is a condition on one argument of a call: it must be one of values.
type argument struct {
	index  int
	values []uint64
}

// conditional are the calls that are only allowed with certain arguments.
func conditional(pid int) map[uint32]argument {
	return map[uint32]argument{
		// Only threads, with the flags of Go's runtime, and no processes.
		unix.SYS_CLONE: {0, threadFlags},
		unix.SYS_FCNTL: {1, []uint64{unix.F_GETFD, unix.F_GETFL, unix.F_SETFL}},
		// Names of memory areas.
		unix.SYS_PRCTL: {0, []uint64{unix.PR_SET_VMA}},
		// Preemption. The condition prevents signals to other processes.
		unix.SYS_TGKILL: {0, []uint64{uint64(pid)}},
	}
}

// missing are the calls that fail as if the kernel did not support them.
var missing = []uint32{
	unix.SYS_CLONE3, unix.SYS_RSEQ, unix.SYS_EPOLL_PWAIT2, unix.SYS_PIDFD_OPEN, unix.SYS_MEMFD_CREATE,
}

// filterProgram assembles the filter. Each block that loads an argument ends with a
// return, so that the following blocks still have the system call number loaded.
func filterProgram(pid int) ([]bpf.RawInstruction, error) {
	if auditArch == 0 {
		return nil, fmt.Errorf("no filter is known for this architecture")
	}
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: dataArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		deny,
		bpf.LoadAbsolute{Off: dataNumber, Size: 4},
	}
	for _, call := range allowed {
		program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call, SkipTrue: 1}, allow)
	}
	for _, call := range missing {
		program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call, SkipTrue: 1}, lack)
	}
	for call, arg := range conditional(pid) {
		program = appendBlock(program, call, arg.block())
	}
	program = appendBlock(program, unix.SYS_MMAP, []bpf.Instruction{
		bpf.LoadAbsolute{Off: dataArgs + 2*8, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: unix.PROT_EXEC, SkipTrue: 1},
		allow,
		deny,
	})
	return bpf.Assemble(append(program, deny))
}

// appendBlock adds the block that decides on one call.
func appendBlock(program []bpf.Instruction, call uint32, block []bpf.Instruction) []bpf.Instruction {
	program = append(program, bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: call, SkipTrue: uint8(len(block))})
	return append(program, block...)
}

// block allows the call if the argument, with all its 64 bits, is one of the values.
func (a argument) block() []bpf.Instruction {
	var out []bpf.Instruction
	at := uint32(dataArgs + 8*a.index)
	for _, v := range a.values {
		out = append(out,
			bpf.LoadAbsolute{Off: at + 4, Size: 4},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(v >> 32), SkipTrue: 3},
			bpf.LoadAbsolute{Off: at, Size: 4},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(v), SkipTrue: 1},
			allow)
	}
	return append(out, deny)
}

// threadFlags are the flags that Go's runtime passes to clone: CLONE_VM, FS, FILES,
// SIGHAND, SYSVSEM and THREAD, and on amd64 SETTLS.
var threadFlags = []uint64{
	unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD,
	unix.CLONE_VM | unix.CLONE_FS | unix.CLONE_FILES | unix.CLONE_SIGHAND | unix.CLONE_SYSVSEM | unix.CLONE_THREAD |
		unix.CLONE_SETTLS,
}

// allowed are the calls that Go's runtime and reading need, the most frequent first.
var allowed = []uint32{
	unix.SYS_FUTEX, unix.SYS_PREAD64, unix.SYS_READ, unix.SYS_NANOSLEEP, unix.SYS_WRITE, unix.SYS_PWRITE64,
	unix.SYS_MADVISE, unix.SYS_MUNMAP, unix.SYS_SCHED_YIELD, unix.SYS_RECVMSG,
	unix.SYS_CLOSE, unix.SYS_FSTAT, unix.SYS_LSEEK, unix.SYS_FTRUNCATE,
	unix.SYS_EPOLL_CREATE1, unix.SYS_EPOLL_CTL, unix.SYS_EPOLL_PWAIT, unix.SYS_EVENTFD2,
	unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK, unix.SYS_RT_SIGRETURN, unix.SYS_SIGALTSTACK,
	unix.SYS_SCHED_GETAFFINITY, unix.SYS_GETRANDOM, unix.SYS_GETTID, unix.SYS_GETPID,
	unix.SYS_CLOCK_GETTIME, unix.SYS_RESTART_SYSCALL, unix.SYS_EXIT, unix.SYS_EXIT_GROUP,
}
