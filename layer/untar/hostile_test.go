package untar_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/layer/untar"
)

// octal returns a number field in octal.
func octal(n int) string { return fmt.Sprintf("%011o\x00", n) }

// base256 returns a number field of the given size in binary.
func base256(width int, n int64) string {
	b := bytes.Repeat([]byte{byte(n >> 63)}, width)
	binary.BigEndian.PutUint64(b[width-8:], uint64(n))
	b[0] |= 0x80
	return string(b)
}

// header returns a block with a valid checksum. The edits are pairs of offset
// and text.
func header(name string, typeflag byte, size string, edits ...any) string {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000644\x00")
	copy(b[124:136], size)
	b[156] = typeflag
	copy(b[257:], "ustar\x0000")
	for i := 0; i < len(edits); i += 2 {
		copy(b[edits[i].(int):], edits[i+1].(string))
	}
	seal(b)
	return string(b)
}

// body returns padded content.
func body(s string) string { return s + strings.Repeat("\x00", -len(s)&511) }

func record(key, value string) string {
	n := len(key) + len(value) + 3
	for len(fmt.Sprintf("%d %s=%s\n", n, key, value)) != n {
		n++
	}
	return fmt.Sprintf("%d %s=%s\n", n, key, value)
}

func records(kv ...string) string {
	var s strings.Builder
	for i := 0; i < len(kv); i += 2 {
		s.WriteString(record(kv[i], kv[i+1]))
	}
	return raw(s.String())
}

func raw(records string) string { return header("pax", 'x', octal(len(records))) + body(records) }

const (
	gnuMagic = "ustar  \x00"
	zero8    = "\x00\x00\x00\x00\x00\x00\x00\x00"
	zero     = zero8 + zero8 + zero8 + zero8
	zeros128 = zero + zero + zero + zero
	zeros512 = zeros128 + zeros128 + zeros128 + zeros128
	end      = zeros512 + zeros512
)

// file is an ordinary file of five bytes.
var file = header("f", '0', octal(5)) + body("hello")

// accepted are unusual archives that archive/tar reads.
var accepted = map[string]string{
	"nothing":                   "",
	"one zero block":            zeros512,
	"no end":                    file,
	"no padding":                file[:512+5],
	"garbage behind the end":    file + end + "garbage",
	"records and nothing else":  records("path", "x"),
	"signed checksum":           signedChecksum(),
	"directory of v7":           header("d/", 0, octal(0), 257, zero),
	"size of a directory":       header("d/", '5', octal(9999)) + file,
	"negative size of a link":   header("l", '2', base256(12, -1)) + file,
	"unknown type":              header("u", 'Z', octal(5)) + body("hello") + file,
	"number in spaces":          header("f", '0', "    5 \x00 \x00\x00  ") + body("hello"),
	"number ends in NUL":        header("f", '0', "5\x007777777777") + body("hello"),
	"prefix":                    header("name", '0', octal(0), 345, "prefix"),
	"prefix of star":            header("name", '0', octal(0), 345, "prefix", 508, "tar\x00"),
	"prefix of old Go":          header("name", '0', octal(0), 257, gnuMagic, 345, "prefix/of/go"),
	"no prefix but times":       header("name", '0', octal(0), 257, gnuMagic, 345, "12345670123\x0012345670123\x00"),
	"prefix that is not ASCII":  header("name", '0', octal(0), 257, gnuMagic, 345, "pr\xe9fix"),
	"negative IDs":              header("f", '0', octal(0), 108, base256(8, -2), 116, base256(8, 1<<40)),
	"size in binary":            header("f", '0', base256(12, 5)) + body("hello"),
	"size in a record":          records("size", "5") + header("f", '0', octal(77777)) + body("hello") + file,
	"empty record":              records("path", "other", "path", "") + file,
	"record with a sign":        records("size", "+5") + header("f", '0', octal(0)) + body("hello"),
	"last record counts":        records("path", "a", "path", "b") + file,
	"records of two headers":    records("path", "a") + records("linkpath", "b") + file,
	"records before a global":   records("path", "a") + header("g", 'g', octal(0)) + file,
	"NUL in a value of no name": records("SCHILY.xattr.user.x", "\x00") + file,
	"long name over a record": records("path", "a") + header("L", 'L', octal(4), 257, gnuMagic) + body("long") +
		file,
	"long name of nothing":    header("L", 'L', octal(2), 257, gnuMagic) + body("\x00x") + file,
	"long link":               header("K", 'K', octal(4), 257, gnuMagic) + body("long") + header("l", '2', octal(0)),
	"name of a megabyte":      header("L", 'L', octal(1<<20), 257, gnuMagic) + strings.Repeat("n", 1<<20) + file,
	"times with fractions":    records("mtime", "1.5", "atime", "-1.", "ctime", "0.0000000000001") + file,
	"old sparse":              oldSparse(octal(1000), octal(10)+octal(5)) + body("hello") + file,
	"old sparse, more blocks": oldSparseChain(3) + body("hello") + file,
	"sparse 0.0": records("GNU.sparse.size", "20", "GNU.sparse.numblocks", "1", "GNU.sparse.offset",
		"3", "GNU.sparse.numbytes", "5") + file,
	"sparse 0.1":                 sparse01("1", "3,5") + file,
	"sparse 0.1 of nothing":      sparse01("0", "") + header("f", '0', octal(0)),
	"sparse 1.0":                 sparse10("20", "1\n3\n5\n", "hello"),
	"sparse 1.0, zeros in front": sparse10("20", "0001\n"+strings.Repeat("0", 600)+"3\n5\n", "hello"),
	"sparse 1.0, a big hole":     sparse10("9223372036854775807", "1\n9223372036854775802\n5\n", "hello"),
	"sparse of version 2":        records("GNU.sparse.major", "2", "GNU.sparse.minor", "0") + file,
	"sparse, too little data":    sparse01("1", "3,7") + file, // only found when the content is read
	"sparse, too much data":      sparse01("1", "3,2") + file,
}

// refused are archives that archive/tar does not read to the end.
var refused = map[string]string{
	"text":                        strings.Repeat("plain text ", 100),
	"cut header":                  file[:300],
	"cut content":                 file[:512+4],
	"zero block in the middle":    file + zeros512 + file,
	"half a zero block":           file + zeros512 + zeros512[:100],
	"wrong checksum":              strings.Replace(file, "f", "g", 1),
	"checksum that is no number":  file[:148] + "xxxxxxxx" + file[156:],
	"negative size":               header("f", '0', base256(12, -1)),
	"size beyond 63 bits":         header("f", '0', "\x80\x00\x00\x00\x80\x00\x00\x00\x00\x00\x00\x00"),
	"size of 12 bytes of ones":    header("f", '0', "\xbf"+strings.Repeat("\xff", 11)),
	"size of 8 EiB":               header("f", '0', base256(12, 1<<63-1)),
	"size that is no number":      header("f", '0', "5x"),
	"size with a gap":             header("f", '0', "5 5"),
	"mode that is no number":      header("f", '0', octal(0), 100, "-------"),
	"time that is no number":      header("f", '0', octal(0), 136, "yesterday"),
	"device that is no number":    header("f", '3', octal(0), 329, "x"),
	"star time":                   header("f", '0', octal(0), 476, "x", 508, "tar\x00"),
	"negative size in a record":   records("size", "-5") + file,
	"size beyond 63 bits, PAX":    records("size", "9223372036854775808") + file,
	"size that is no number, PAX": records("size", "0x5") + file,
	"owner that is no number":     records("uid", "root") + file,
	"time in a record":            records("mtime", "1.5s") + file,
	"record longer than all":      raw("99 path=x\n") + file,
	"record of negative length":   raw("-9 path=x\n") + file,
	"record of length 0":          raw("0 path=x\n") + file,
	"record shorter than itself":  raw("5 path=x\n") + file,
	"record without a value":      raw("7 path\n") + file,
	"record without a key":        raw("5 =x\n") + file,
	"record without a length":     raw("path=x\n") + file,
	"NUL in a path":               records("path", "evil\x00.txt") + file,
	"NUL in a link":               records("linkpath", "evil\x00.txt") + file,
	"NUL in a key":                records("evil\x00", "x") + file,
	"records of 2 MiB":            records("path", strings.Repeat("n", 2<<20)) + file,
	"records of 1 EiB":            header("pax", 'x', base256(12, 1<<60)),
	"long name of 1 MiB and 1":    header("L", 'L', octal(1<<20+1), 257, gnuMagic) + strings.Repeat("n", 1<<21),
	"long name cut short":         header("L", 'L', octal(1<<19), 257, gnuMagic) + "n",
	"negative long name":          header("L", 'L', base256(12, -1), 257, gnuMagic) + file,
	"sparse in USTAR":             header("s", 'S', octal(5)) + body("hello"),
	"old sparse, negative":        oldSparse(base256(12, -1), ""),
	"old sparse, overlap":         oldSparse(octal(1000), octal(10)+octal(5)+octal(14)+octal(5)) + body("hello"),
	"old sparse, beyond the end":  oldSparse(octal(1000), octal(998)+octal(5)) + body("hello"),
	"old sparse, overflow":        oldSparse(base256(12, 1<<62), base256(12, 1<<62)+base256(12, 1<<62)) + body("hello"),
	"old sparse, no number":       oldSparse(octal(1000), "x") + body("hello"),
	"old sparse of 3,000 blocks":  oldSparseChain(3000) + body("hello"),
	"old sparse cut short":        oldSparseChain(3)[:1024],
	"sparse directory":            sparse01("0", "") + header("d", '5', octal(0)),
	"sparse 0.0 in disorder":      records("GNU.sparse.numbytes", "5", "GNU.sparse.offset", "3") + file,
	"sparse 0.0 with a comma":     records("GNU.sparse.offset", "3,4") + file,
	"sparse 0.1, wrong count":     sparse01("2", "3,5") + file,
	"sparse 0.1, odd":             sparse01("1", "3") + file,
	"sparse 0.1, comma at end":    sparse01("1", "3,5,") + file,
	"sparse 0.1, no count":        sparse01("", "3,5") + file,
	"sparse 0.1, huge count":      sparse01("4611686018427387905", "3,5") + file,
	"sparse 0.1, no number":       sparse01("1", "3,x") + file,
	"sparse 1.0, no end":          sparse10("20", "1\n3\n5", ""),
	"sparse 1.0, huge count":      sparse10("20", "4611686018427387905\n3\n5\n", "hello"),
	"sparse 1.0, negative count":  sparse10("20", "-1\n", ""),
	"sparse 1.0, negative":        sparse10("20", "1\n-3\n5\n", "hello"),
	"sparse 1.0, negative size":   sparse10("-20", "0\n", ""),
	"sparse 1.0, size no number":  sparse10("many", "0\n", ""),
	"sparse 1.0, map of 2 MiB":    sparse10("20", "1\n"+strings.Repeat("0", 2<<20), ""),
}

// hostile are all accepted and refused archives.
func hostile() map[string][]byte {
	out := map[string][]byte{}
	for _, m := range []map[string]string{accepted, refused} {
		for name, archive := range m {
			out[name] = []byte(archive)
		}
	}
	return out
}

func signedChecksum() string {
	b := []byte(header("\xff\xfe", '0', octal(0)))
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b {
		sum += int(int8(c))
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return string(b)
}

// oldSparse returns the header of a sparse file in GNU's first format.
func oldSparse(size, regions string) string {
	return header("s", 'S', octal(5), 257, gnuMagic, 386, regions, 483, size)
}

// oldSparseChain returns a header whose only region is in the last of the given
// number of extension blocks.
func oldSparseChain(blocks int) string {
	more := zeros512[:504] + "\x01" + zeros512[:7]
	last := octal(10) + octal(5)
	return header("s", 'S', octal(5), 257, gnuMagic, 482, "\x01", 483, octal(1000)) +
		strings.Repeat(more, blocks-1) + last + zeros512[:512-len(last)]
}

func sparse01(blocks, regions string) string {
	return records("GNU.sparse.major", "0", "GNU.sparse.minor", "1", "GNU.sparse.name", "sparse",
		"GNU.sparse.size", "20", "GNU.sparse.numblocks", blocks, "GNU.sparse.map", regions)
}

func sparse10(size, regions, content string) string {
	stored := body(regions) + content
	return records("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "sparse",
		"GNU.sparse.realsize", size) +
		header("f", '0', octal(len(stored))) + body(stored) + file
}

// TestVerdicts checks which archives are accepted; compare only checks that
// archive/tar agrees.
func TestVerdicts(t *testing.T) {
	for name, archive := range accepted {
		if _, err := ours(bufio.NewReader(strings.NewReader(archive)), false); err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, archive := range refused {
		if _, err := ours(bufio.NewReader(strings.NewReader(archive)), false); err == io.EOF {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestErrorsStay checks that Next and Read fail again after an error.
func TestErrorsStay(t *testing.T) {
	r := untar.NewReader(bufio.NewReader(strings.NewReader(refused["wrong checksum"] + file + end)))
	for range 3 {
		if h, err := r.Next(); err == nil {
			t.Fatalf("continued with %q", h.Name)
		}
		if n, err := r.Read(make([]byte, 10)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("read %d bytes, %v", n, err)
		}
	}
}
