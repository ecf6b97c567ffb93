package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter/confine"
)

// kernel checks the kernel features that confinement uses.
func (d *doctor) kernel() {
	const name = "kernel"
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		d.problem(name, "run on Linux", "%v", err)
		return
	}
	release := "Linux " + unix.ByteSliceToString(u.Release[:])
	var lacks []string
	for _, f := range confine.Features() {
		if f.Err != nil {
			lacks = append(lacks, fmt.Sprintf("%s: %v", f.Name, f.Err))
		}
	}
	if len(lacks) > 0 {
		d.note(name, "use Linux 6.12 or newer, and allow containers to use its features",
			"%s, without %s", release, strings.Join(lacks, "; "))
		return
	}
	d.ok(name, "%s has all features that confinement uses", release)
}

// freeBytes returns the free space on the file system of a file, for users other
// than root.
func freeBytes(f *os.File) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
