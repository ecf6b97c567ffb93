package packages

import (
	"bytes"
	"cmp"
	"context"

	"github.com/landwaiter/landwaiter"
)

// readPacman reads the file desc of one package that pacman installed: a title
// as %NAME% on a line, values on the lines below it
// (https://man.archlinux.org/man/alpm-db-desc.5).
func readPacman(ctx context.Context, in input) ([]landwaiter.Package, error) {
	var gathered found
	p := landwaiter.Package{Type: "alpm", Ecosystem: ecosystem("alpm"), Path: in.Path}
	var next *string
	err := eachLine(ctx, in.reader(), func(line []byte, cut bool) error {
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case next != nil && cut:
			gathered.spoiled("a name or version of more than %d bytes", maxLine)
		case next != nil:
			*next = cutField(line)
		}
		switch next = nil; string(line) {
		case "%NAME%":
			next = &p.Name
		case "%VERSION%":
			next = &p.Version
		}
		return nil
	})
	if plausiblePackage(&p) {
		err = cmp.Or(err, gathered.add(p))
	} else if gathered.bad == 0 {
		gathered.spoiled("no name and version")
	}
	return gathered.result(err)
}
