package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// cost is the resources that a process used.
type cost struct {
	cpu, wall time.Duration // cpu is user and system time
	rss       int64         // peak, bytes
}

// median returns the median of each figure separately, the lower one of two. The
// median of no runs is zero.
func median(list []cost) cost {
	if len(list) == 0 {
		return cost{}
	}
	return cost{
		cpu:  middle(list, func(c cost) time.Duration { return c.cpu }),
		wall: middle(list, func(c cost) time.Duration { return c.wall }),
		rss:  middle(list, func(c cost) int64 { return c.rss }),
	}
}

func middle[T cmp.Ordered](list []cost, figure func(cost) T) T {
	values := make([]T, len(list))
	for i, c := range list {
		values[i] = figure(c)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// run runs a program with its output to a file, and returns its cost including
// that of its children. Exit status 1 counts as success if the output is not
// empty, since scanners use it to report findings.
func run(output, program string, args ...string) (cost, error) {
	out, err := os.Create(output)
	if err != nil {
		return cost{}, err
	}
	defer out.Close()
	cmd := exec.Command(program, args...)
	var complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &complaint
	began := time.Now()
	err = cmd.Run()
	wall := time.Since(began)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		if info, e := out.Stat(); e == nil && info.Size() > 0 {
			err = nil
		}
	}
	if err != nil {
		return cost{}, fmt.Errorf("%s %q: %w\n%s", program, args, err, complaint.Bytes())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return cost{
		wall: wall,
		cpu:  cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(),
		rss:  usage.Maxrss << 10, // kilobytes on Linux
	}, nil
}
