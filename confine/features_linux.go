package confine

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Feature is a kernel feature that confinement uses. Err says why it is missing; nil if
// it is available.
type Feature struct {
	Name string
	Err  error
}

// Features checks which features are available to this process.
func Features() []Feature {
	abi, err := landlockABI()
	if err == nil && abi < fullLandlock {
		err = errors.New("its ABI is older than 6")
	}
	features := []Feature{{"landlock", err}}
	// With a nil filter, a kernel that supports filters returns EFAULT.
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, 0)
	features = append(features, Feature{"seccomp filters", unless(errno == unix.EFAULT, errno)})
	_, err = os.Stat("/proc/self/stat")
	features = append(features, Feature{"/proc", err})
	f, err := newSlate()
	if err == nil {
		f.Close()
	}
	features = append(features, Feature{"sealed memory", err})
	namespaces, err := os.ReadFile("/proc/sys/user/max_user_namespaces")
	if err == nil && string(namespaces) == "0\n" {
		err = errors.New("user.max_user_namespaces is 0")
	}
	return append(features, Feature{"user namespaces", err})
}

func unless(fine bool, err error) error {
	if fine {
		return nil
	}
	return err
}
