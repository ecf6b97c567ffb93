package packages

import (
	"io"
	"regexp"

	"github.com/landwaiter/landwaiter"
)

// goVersion is the first line of the file VERSION in a distribution of Go:
// releases, betas and release candidates, without the builds of others.
var goVersion = regexp.MustCompile(`^go(1\.\d{1,3}(?:\.\d{1,3})?(?:(?:rc|beta)\d{1,2})?)\s`)

// readGoVersion reads the file by which a distribution of Go names its version.
// Advisories for the go command are filed under "toolchain"; those for the
// standard library concern what was built with it, which its binaries tell.
// Many other things have a file VERSION.
func readGoVersion(f *File) ([]landwaiter.Package, error) {
	line := make([]byte, 32)
	n, err := f.Data.ReadAt(line[:min(f.Size, int64(len(line)))], 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	m := goVersion.FindSubmatch(append(line[:n:n], '\n'))
	if m == nil {
		return nil, nil
	}
	return onePackage("golang", "toolchain", string(m[1]), f), nil
}
