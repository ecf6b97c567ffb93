package rpmdb

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// countingReader counts what is read of a database.
type countingReader struct {
	b     []byte
	bytes int64
	reads int
	each  func()
}

func (r *countingReader) ReadAt(p []byte, at int64) (int, error) {
	r.reads++
	if r.each != nil {
		r.each()
	}
	n, err := bytes.NewReader(r.b).ReadAt(p, at)
	r.bytes += int64(n)
	return n, err
}

// readCounted reads a database and fails when more was read of it than its
// pages twice: once to see what they are, once for what is in them.
func readCounted(t *testing.T, db []byte) ([]Package, error) {
	t.Helper()
	r := &countingReader{b: db}
	pkgs, err := Read(t.Context(), r, int64(len(db)), nil)
	if r.bytes > 2*int64(len(db))+4096 {
		t.Errorf("%d bytes read of %d", r.bytes, len(db))
	}
	return pkgs, err
}

// fullHeader is as many tags as fit, all of which name one long text.
func fullHeader(tags, text int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(tags))
	b = binary.BigEndian.AppendUint32(b, uint32(text))
	for range tags {
		for _, v := range []uint32{tagName, typeString, 0, 1} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
	}
	return append(b, strings.Repeat("A", text)...)
}

// TestSharedItems: a page whose index names one item again and again is broken,
// and what lies on other pages is found.
func TestSharedItems(t *testing.T) {
	const page, headers = 4096, 10
	want, all := some(headers)
	for name, spoil := range map[string]func() []byte{
		"sqlite": func() []byte {
			db := sqliteDB(t, all)
			leaf := make([]byte, page)
			leaf[0] = sqliteLeaf
			item := append([]byte{0x88, 0x00, 1}, make([]byte, 1024)...) // 1,024 bytes, no header
			at := page - len(item)
			copy(leaf[at:], item)
			cells := (at - 8) / 2
			binary.BigEndian.PutUint16(leaf[3:], uint16(cells))
			for i := range cells {
				binary.BigEndian.PutUint16(leaf[8+2*i:], uint16(at))
			}
			return adopted(t, db, leaf)
		},
		"bdb": func() []byte {
			db := bdbDB(binary.LittleEndian, all)
			p := make([]byte, page)
			p[25] = bdbHash
			item := append([]byte{bdbItemInline}, fullHeader(20, 1000)...)
			start := page - len(item)
			copy(p[start:], item)
			entries := (start - bdbPageHeader) / 4 * 2
			binary.LittleEndian.PutUint16(p[20:], uint16(entries))
			for i := range entries {
				at := start
				if i%2 == 0 {
					at = page
				}
				binary.LittleEndian.PutUint16(p[bdbPageHeader+2*i:], uint16(at))
			}
			return append(db, p...)
		},
		"ndb": func() []byte {
			db := ndbDB(all)
			for i := headers; i < (ndbPage-32)/16; i++ { // the rest of the slots: the last blob again
				copy(db[32+16*i:], db[32+16*(headers-1):][:16])
			}
			return db
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readCounted(t, spoil())
			if err == nil {
				t.Error("nothing said")
			}
			names := map[string]bool{}
			for _, p := range got {
				names[p.Name] = true
			}
			for _, p := range want {
				if !names[p.Name] {
					t.Errorf("%s lost", p.Name)
				}
			}
		})
	}
}

// adopted adds a page to a database and makes it the right child of the table
// of packages.
func adopted(t *testing.T, db, leaf []byte) []byte {
	t.Helper()
	size := int(binary.BigEndian.Uint16(db[16:]))
	for n := 1; n*size < len(db); n++ {
		page := db[n*size:]
		// Where the second and last cell of the page is now, the new one is.
		if page[0] == sqliteInterior {
			cells := int(binary.BigEndian.Uint16(page[3:]))
			right := binary.BigEndian.Uint32(page[8:])
			at := int(binary.BigEndian.Uint16(page[12+2*(cells-1):])) - 5
			binary.BigEndian.PutUint32(page[at:], right)
			page[at+4] = 1
			binary.BigEndian.PutUint16(page[12+2*cells:], uint16(at))
			binary.BigEndian.PutUint16(page[3:], uint16(cells+1))
			binary.BigEndian.PutUint32(page[8:], uint32(len(db)/size+1))
			return append(db, leaf...)
		}
	}
	t.Fatal("no interior page")
	return nil
}

// TestBrokenPageKeepsTheRest: each page but the roots may be lost, and costs
// what is on it.
func TestBrokenPageKeepsTheRest(t *testing.T) {
	_, headers := some(60)
	for name, db := range map[string][]byte{"sqlite": sqliteDB(t, headers), "bdb": bdbDB(binary.LittleEndian, headers)} {
		t.Run(name, func(t *testing.T) {
			lost := 0
			for n := 1; n < len(db)/4096; n++ {
				spoiled := bytes.Clone(db)
				copy(spoiled[n*4096:], bytes.Repeat([]byte{0xee}, 4096))
				got, err := readCounted(t, spoiled)
				if len(got) < 60 && err == nil && name != "bdb" { // a hash page of another type is another's
					t.Errorf("page %d: %d packages, nothing said", n, len(got))
				}
				if len(got) < 30 {
					lost++
				}
			}
			if lost > 1 { // the root of the table
				t.Errorf("%d pages cost half of the packages", lost)
			}
		})
	}
}

// TestHeaderIsLinear: tags that come again, and texts without an end, cost
// nothing.
func TestHeaderIsLinear(t *testing.T) {
	big := fullHeader(500_000, 8<<20)
	n := testing.AllocsPerRun(1, func() {
		if _, _, err := parseHeader(big); !errors.Is(err, errHeader) {
			t.Error(err)
		}
	})
	if n > 5 {
		t.Errorf("%v allocations", n)
	}
}

func TestTextIsBounded(t *testing.T) {
	p := Package{
		Name: strings.Repeat("n", maxField), Version: strings.Repeat("v", maxField),
		Release: strings.Repeat("r", maxField), Arch: strings.Repeat("a", maxField),
	}
	c := &collector{ctx: t.Context()}
	var err error
	for h := header(p, 0); err == nil; {
		err = c.add(h)
	}
	if !errors.Is(err, errFull) || len(c.pkgs) < maxText/(5*maxField) || c.text > maxText+8*maxField {
		t.Errorf("%d packages, %d bytes: %v", len(c.pkgs), c.text, err)
	}
}

// TestCancelled: from any page on no more than a few are read.
func TestCancelled(t *testing.T) {
	_, headers := some(60)
	for name, db := range containers(t, headers) {
		t.Run(name, func(t *testing.T) {
			for after := 1; after < 30; after++ {
				ctx, cancel := context.WithCancel(t.Context())
				r := &countingReader{b: db}
				left := after
				r.each = func() {
					if left--; left == 0 {
						cancel()
						r.reads = 0
					}
				}
				_, err := Read(ctx, r, int64(len(db)), nil)
				cancel()
				if left <= 0 && !errors.Is(err, context.Canceled) && r.reads > 20 {
					t.Errorf("after %d reads: %d more, %v", after, r.reads, err)
				}
			}
		})
	}
}

// TestSpoiledBytes: whatever bytes are wrong, the reading is bounded.
func TestSpoiledBytes(t *testing.T) {
	_, headers := some(40)
	for name, db := range containers(t, headers) {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			for range 500 {
				spoiled := bytes.Clone(db)
				for range 1 + random.IntN(20) {
					spoiled[random.IntN(len(spoiled))] = byte(random.Uint32())
				}
				if _, err := readCounted(t, spoiled); err == io.EOF {
					t.Error(err)
				}
			}
		})
	}
}
