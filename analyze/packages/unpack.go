package packages

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter/analyze/packages/zipdir"
)

const (
	// maxUnpacked bounds the texts that are unpacked of one zip archive and those
	// in it: manifests and the like. 2,000 jars of a large application have 100 MiB.
	maxUnpacked = 512 << 20
	// entryCost is what an entry takes of it at least: to open one is work, too.
	entryCost = 4 << 10
)

var errUnpacked = errors.New("the archive has too many manifests and the like; the rest was not read")

// unpacker reads texts in zip archives, within a budget.
type unpacker struct {
	zipdir.Inflater
	left int64
}

// lines shows the lines of an entry, of which the first limit bytes are read.
func (u *unpacker) lines(
	ctx context.Context, a *zipdir.Archive, e *zipdir.Entry, limit int64, show func(line []byte, cut bool) error,
) error {
	if u.left < entryCost {
		return errUnpacked
	}
	u.left -= entryCost
	r, err := u.Open(a, e)
	if err != nil {
		return err
	}
	limit = min(limit, u.left)
	limited := io.LimitedReader{R: r, N: limit + 1}
	err = eachLine(ctx, &limited, show)
	u.left = max(0, u.left-(limit+1-limited.N))
	if err == nil && limited.N == 0 {
		err = fmt.Errorf("more than %d bytes; the rest was not read", limit)
	}
	return err
}
