package rpmdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func containers(t testing.TB, headers [][]byte) map[string][]byte {
	return map[string][]byte{
		"sqlite":    sqliteDB(t, headers),
		"ndb":       ndbDB(headers),
		"bdb":       bdbDB(binary.LittleEndian, headers),
		"bdb s390x": bdbDB(binary.BigEndian, headers),
	}
}

func TestRead(t *testing.T) {
	want, headers := some(100)
	for name, db := range containers(t, headers) {
		got, err := Read(t.Context(), bytes.NewReader(db), int64(len(db)), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestBrokenHeaderKeepsTheRest(t *testing.T) {
	want, headers := some(3)
	headers[1] = bytes.Repeat([]byte{0xff}, 64)
	want = append(want[:1], want[2])
	for name, db := range containers(t, headers) {
		got, err := Read(t.Context(), bytes.NewReader(db), int64(len(db)), nil)
		if !errors.Is(err, errHeader) {
			t.Errorf("%s: error %v", name, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestCutShort(t *testing.T) {
	_, headers := some(40)
	for name, db := range containers(t, headers) {
		for _, n := range []int{0, 16, 40, 4096, len(db) / 2, len(db) - 5000} {
			got, err := Read(t.Context(), bytes.NewReader(db[:n]), int64(n), nil)
			if len(got) >= 40 || (err == nil && name != "bdb" && name != "bdb s390x") {
				t.Errorf("%s cut to %d: %d packages, %v", name, n, len(got), err)
			}
		}
	}
}

// TestCycles: pages that point to themselves end in an error, not in a loop.
func TestCycles(t *testing.T) {
	_, headers := some(60)
	sqlite := sqliteDB(t, headers)
	pageSize := int(binary.BigEndian.Uint16(sqlite[16:]))
	for n := 1; n*pageSize < len(sqlite); n++ {
		if page := sqlite[n*pageSize:]; page[0] == sqliteInterior {
			binary.BigEndian.PutUint32(page[8:], uint32(n+1))
		}
	}
	if _, err := Read(t.Context(), bytes.NewReader(sqlite), int64(len(sqlite)), nil); !errors.Is(err, errSQLite) {
		t.Errorf("sqlite: %v", err)
	}
	bdb := bdbDB(binary.LittleEndian, headers)
	for n := 1; n*4096 < len(bdb); n++ {
		if page := bdb[n*4096:]; page[25] == bdbOverflow {
			binary.LittleEndian.PutUint32(page[16:], uint32(n))
		}
	}
	if _, err := Read(t.Context(), bytes.NewReader(bdb), int64(len(bdb)), nil); !errors.Is(err, errHeader) &&
		!errors.Is(err, errBDB) && err != nil {
		t.Errorf("bdb: %v", err)
	}
}

func TestNotADatabase(t *testing.T) {
	text := bytes.Repeat([]byte("text "), 100)
	if _, err := Read(t.Context(), bytes.NewReader(text), int64(len(text)), nil); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
	if _, err := Read(t.Context(), bytes.NewReader(nil), 0, nil); !errors.Is(err, ErrFormat) {
		t.Error(err)
	}
}

func TestNoneIsEmpty(t *testing.T) {
	p, _, err := parseHeader(header(Package{Name: "gpg-pubkey", Version: "1", Release: "2", SourceRPM: "(none)"}, 0))
	if err != nil || p.SourceRPM != "" {
		t.Errorf("%+v %v", p, err)
	}
}

func TestVarint(t *testing.T) {
	for _, c := range []struct {
		in []byte
		v  int64
		n  int
	}{
		{[]byte{0x7f}, 127, 1}, {[]byte{0x81, 0x00}, 128, 2}, {[]byte{0x81}, 0, 0}, {nil, 0, 0},
		{bytes.Repeat([]byte{0xff}, 9), -1, 9}, {bytes.Repeat([]byte{0xff}, 8), 0, 0},
	} {
		if v, n := varint(c.in); v != c.v || n != c.n {
			t.Errorf("%x: %d %d", c.in, v, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	_, headers := some(5)
	for _, db := range containers(f, headers) {
		f.Add(db)
	}
	f.Fuzz(func(t *testing.T, db []byte) {
		r := &countingReader{b: db}
		pkgs, _ := Read(t.Context(), r, int64(len(db)), func(_, path string) bool { return len(path) < maxPath })
		if r.bytes > 2*int64(len(db))+4096 {
			t.Errorf("%d bytes read of %d", r.bytes, len(db))
		}
		for _, p := range pkgs {
			if p.Name == "" || p.Version == "" || p.Epoch < 0 {
				t.Errorf("%+v", p)
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	_, headers := some(2)
	f.Add(headers[0])
	f.Add(headers[1])
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, _, err := parseHeader(b); err == nil && (p.Name == "" || p.Version == "") {
			t.Errorf("%+v", p)
		}
	})
}
