package main

import (
	"fmt"
	"io"
	"runtime/debug"
)

// version is set by the linker for releases.
var version = ""

// versionText is the release, or the version that the Go toolchain recorded.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

type versionCmd struct{ outputFlag }

// Help shows examples.
func (versionCmd) Help() string {
	return `Examples:
  landwaiter version
  landwaiter version --output json`
}

// Run prints the version.
func (c *versionCmd) Run(e *environ) error {
	v := struct {
		Version string `json:"version"`
	}{versionText()}
	return c.print(e.stdout, v, func(w io.Writer) { fmt.Fprintln(w, "landwaiter", v.Version) })
}
