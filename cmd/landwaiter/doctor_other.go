//go:build !linux

package main

import (
	"errors"
	"os"
	"runtime"
)

func (d *doctor) kernel() {
	d.note("kernel", "run the server on Linux", "%s has no confinement", runtime.GOOS)
}

func freeBytes(*os.File) (int64, error) { return 0, errors.ErrUnsupported }
