package layer

import (
	"bytes"

	"github.com/landwaiter/landwaiter"
)

// Limits bound what one layer may cost. A zero field means the default of
// [DefaultLimits].
//
// Two more bounds are package untar's: 1 MiB for an extended header (PAX
// records, GNU long names) and 1 MiB for a map of sparse regions.
type Limits struct {
	// Bytes is the most a layer may hold uncompressed. Beyond it reading
	// fails with TooLarge. Content that a sparse file invents counts as well.
	Bytes int64
	// Ratio is the most uncompressed bytes for each compressed byte, checked
	// once RatioFrom bytes came out; beyond it reading fails with TooLarge.
	Ratio     int64
	RatioFrom int64
	// Entries is the most tar entries; beyond it Next fails with TooLarge.
	Entries int
	// PathBytes and PathDepth bound a name and its number of elements. An
	// entry beyond them is left out and counted in Sum.Skipped.
	PathBytes int
	PathDepth int
}

// DefaultLimits returns the default limits.
func DefaultLimits() Limits {
	return Limits{
		// The largest layers seen in the wild are model weights of 10 to 20 GiB.
		Bytes: 32 << 30,
		// Layers of programs shrink 2 to 5 times. A gzip bomb reaches 1032
		// (flate's maximum), a zstd bomb 32,000. 256 MiB pass at any ratio:
		// about a second of work, and real images hold a zeroed file or two.
		Ratio:     200,
		RatioFrom: 256 << 20,
		// A million files is a big layer; the index costs 8 bytes for each: 16 MB.
		Entries: 2_000_000,
		// Linux refuses longer paths (PATH_MAX), so no container can open them.
		PathBytes: 4096,
		// Deep trees of node_modules have 60 levels.
		PathDepth: 512,
	}
}

// orDefaults fills zero fields and refuses negative ones.
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

// allowsPath reports whether a cleaned path is within the limits. It may be
// longer than the name it came from by the escapes of [CleanPath], at most
// four bytes for one.
func (l Limits) allowsPath(name, clean []byte) bool {
	return len(name) <= l.PathBytes && bytes.Count(clean, []byte("/")) < l.PathDepth
}
