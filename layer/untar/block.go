package untar

import (
	"bytes"
	"encoding/binary"
)

// blockSize is the size of the blocks of a tar archive.
const blockSize = 512

// block is a header block. All formats have the fields of v7; others depend on
// the format.
type block [blockSize]byte

func (b *block) name() []byte     { return b[0:100] }
func (b *block) mode() []byte     { return b[100:108] }
func (b *block) uid() []byte      { return b[108:116] }
func (b *block) gid() []byte      { return b[116:124] }
func (b *block) size() []byte     { return b[124:136] }
func (b *block) modified() []byte { return b[136:148] }
func (b *block) checksum() []byte { return b[148:156] }
func (b *block) typeflag() byte   { return b[156] }
func (b *block) linkname() []byte { return b[157:257] }

// In all formats except v7.
func (b *block) devmajor() []byte { return b[329:337] }
func (b *block) devminor() []byte { return b[337:345] }

// format is a variant of tar.
type format int

const (
	v7 format = iota
	ustar
	star
	gnu
)

func (b *block) format() format {
	switch magic := string(b[257:263]); {
	case magic == "ustar\x00" && string(b[508:512]) == "tar\x00":
		return star
	case magic == "ustar\x00":
		return ustar
	case magic == "ustar " && string(b[263:265]) == " \x00":
		return gnu
	}
	return v7
}

// prefix returns the part of the name before the name field and a slash.
func (b *block) prefix(f format) []byte {
	switch f {
	case ustar:
		return cString(b[345:500])
	case star:
		return cString(b[345:476])
	case gnu:
		// Go before 1.8 wrote a prefix where GNU has two times
		// (https://go.dev/issue/12594). If they are not times, it is a prefix.
		var n numbers
		for _, field := range [...][]byte{b[345:357], b[357:369]} {
			if field[0] != 0 {
				n.numeric(field)
			}
		}
		if prefix := cString(b[345:500]); n.broken && isASCII(prefix) {
			return prefix
		}
	}
	return nil
}

// sum returns the sum of the bytes. It is zero only if all bytes are. Four lanes
// of 16 bits add eight bytes at a time; a lane reaches at most
// 64 x 2 x 255 = 32,640.
func (b *block) sum() int64 {
	const lanes = 0x00ff00ff00ff00ff
	var s uint64
	for i := 0; i < blockSize; i += 8 {
		word := binary.LittleEndian.Uint64(b[i:])
		s += word&lanes + word>>8&lanes
	}
	return int64(s&0xffff + s>>16&0xffff + s>>32&0xffff + s>>48)
}

// valid reports whether the block has the right checksum, given the sum of its
// bytes. The checksum field itself counts as spaces. Some tar programs summed
// the bytes as signed numbers, which is valid too.
func (b *block) valid(sum int64) bool {
	want, ok := octal(b.checksum())
	if !ok {
		return false
	}
	for _, c := range b.checksum() {
		sum += ' ' - int64(c)
	}
	if want == sum {
		return true
	}
	for i, c := range b {
		if c >= 0x80 && (i < 148 || i >= 156) {
			sum -= 0x100
		}
	}
	return want == sum
}

// cString returns b up to its first NUL.
func cString(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}
