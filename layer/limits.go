package layer

import (
	"bytes"

	"github.com/landwaiter/landwaiter"
)

// Limits bound the cost of reading one layer. A zero field means the default in
// [DefaultLimits].
//
// Package untar has two more limits: 1 MiB for an extended header (PAX records,
// GNU long names) and 1 MiB for the map of a sparse file.
type Limits struct {
	// Bytes is the maximum size of a layer, uncompressed. Beyond it, reading
	// fails with TooLarge. The holes of sparse files count.
	Bytes int64
	// Ratio is the maximum number of uncompressed bytes per compressed byte,
	// checked once there are more than RatioFrom uncompressed bytes. Beyond
	// it, reading fails with TooLarge. So the cost of a small blob is bounded
	// by RatioFrom, and bytes that cost nothing to send do not end the reading
	// of a layer before that.
	Ratio     int64
	RatioFrom int64
	// Entries is the maximum number of tar entries. Beyond it, Next fails with
	// TooLarge.
	Entries int
	// PathBytes is the maximum length of a path and PathDepth the maximum
	// number of its elements. An entry beyond them is skipped and counted in
	// Sum.Skipped.
	PathBytes int
	PathDepth int
}

// DefaultLimits returns the default limits.
func DefaultLimits() Limits {
	return Limits{
		// The largest known layers are model weights of 10 to 20 GiB.
		Bytes: 32 << 30,
		// Layers of programs have ratios of 2 to 5. A gzip bomb reaches 1032
		// (deflate's maximum), a zstd bomb 32,000. The first 3 GiB may have any
		// ratio, since images contain files of zeros (preallocated databases,
		// swap files). Inflating and hashing what packs best takes 700 to
		// 1,100 MB per second of processor time: 3 to 5 seconds. What
		// analysers may look at besides is limited by package analyze.
		Ratio:     200,
		RatioFrom: 3 << 30,
		// A layer with a million files is large. The index takes 8 bytes per
		// entry, 16 MB.
		Entries: 2_000_000,
		// Linux refuses longer paths (PATH_MAX), so no container can open them.
		PathBytes: 4096,
		// Deep node_modules trees have 60 levels.
		PathDepth: 512,
	}
}

// orDefaults replaces zero fields by the defaults and refuses negative ones.
func (l Limits) orDefaults() (Limits, error) {
	d := DefaultLimits()
	for _, f := range []struct {
		v *int64
		d int64
	}{{&l.Bytes, d.Bytes}, {&l.Ratio, d.Ratio}, {&l.RatioFrom, d.RatioFrom}} {
		if *f.v < 0 {
			return l, landwaiter.Errorf(landwaiter.Invalid, "layer limits must not be negative")
		}
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Entries, d.Entries}, {&l.PathBytes, d.PathBytes}, {&l.PathDepth, d.PathDepth}} {
		if *f.v < 0 {
			return l, landwaiter.Errorf(landwaiter.Invalid, "layer limits must not be negative")
		}
		if *f.v == 0 {
			*f.v = f.d
		}
	}
	return l, nil
}

// allowsPath reports whether a cleaned path is within the limits. The escapes
// of [CleanPath] may make it up to four times as long as the name.
func (l Limits) allowsPath(name, clean []byte) bool {
	return len(name) <= l.PathBytes && bytes.Count(clean, []byte("/")) < l.PathDepth
}
