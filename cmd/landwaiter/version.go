package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

// version is set by the linker for releases.
var version = ""

// versionText is the release, or what the Go toolchain knows of the build.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

type versionCmd struct{ factsFlag }

// Run prints the version.
func (c *versionCmd) Run(e *environ) error {
	v := struct {
		Version string `json:"version"`
	}{versionText()}
	return c.print(e.stdout, v, func(w io.Writer) { fmt.Fprintln(w, "landwaiter", v.Version) })
}
