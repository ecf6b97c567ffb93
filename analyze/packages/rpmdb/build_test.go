package rpmdb

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// header makes an RPM header with padding bytes of some tag, so that it
// can be made as long as a test needs.
func header(p Package, padding int) []byte {
	return headerWith(p, padding, nil, nil, nil)
}

// headerWith makes a header that lists files, too.
func headerWith(p Package, padding int, dirs, bases []string, indexes []uint32) []byte {
	var index, data bytes.Buffer
	counted := func(tag, typ uint32, value []byte, count int) {
		for _, v := range []uint32{tag, typ, uint32(data.Len()), uint32(count)} {
			binary.Write(&index, binary.BigEndian, v)
		}
		data.Write(value)
	}
	entry := func(tag, typ uint32, value []byte) { counted(tag, typ, value, 1) }
	text := func(tag uint32, s string) {
		if s != "" {
			entry(tag, typeString, append([]byte(s), 0))
		}
	}
	entry(63, 7, make([]byte, 16)) // the immutable region
	if p.Epoch != 0 {
		entry(tagEpoch, typeInt32, binary.BigEndian.AppendUint32(nil, uint32(p.Epoch)))
	}
	text(tagName, p.Name)
	text(tagVersion, p.Version)
	text(tagRelease, p.Release)
	text(tagArch, p.Arch)
	text(1000000, string(bytes.Repeat([]byte("f"), padding)))
	for tag, list := range map[uint32][]string{tagDirNames: dirs, tagBaseNames: bases} {
		if list != nil {
			counted(tag, typeStringArray, []byte(strings.Join(list, "\x00")+"\x00"), len(list))
		}
	}
	if indexes != nil {
		var value []byte
		for _, i := range indexes {
			value = binary.BigEndian.AppendUint32(value, i)
		}
		counted(tagDirIndexes, typeInt32, value, len(indexes))
	}
	text(tagSourceRPM, p.SourceRPM)
	text(tagModularity, p.Modularity)
	out := binary.BigEndian.AppendUint32(nil, uint32(index.Len()/headerEntry))
	out = binary.BigEndian.AppendUint32(out, uint32(data.Len()))
	return append(append(out, index.Bytes()...), data.Bytes()...)
}

// some makes n packages; their headers grow from small to several pages.
func some(n int) (pkgs []Package, headers [][]byte) {
	for i := range n {
		p := Package{
			Name: fmt.Sprint("pkg", i), Epoch: i % 3, Version: "1." + fmt.Sprint(i), Release: "2.el9",
			Arch: "x86_64", SourceRPM: fmt.Sprintf("pkg%d-1-2.src.rpm", i),
		}
		if i%5 == 0 {
			p.Modularity = "mod:1:2:3"
		}
		pkgs = append(pkgs, p)
		headers = append(headers, header(p, i*331))
	}
	return pkgs, headers
}

// sqliteDB makes a database as rpm does, with the real SQLite.
func sqliteDB(t testing.TB, headers [][]byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("PRAGMA synchronous = OFF")
	exec("CREATE TABLE Name (key TEXT NOT NULL, hnum INTEGER NOT NULL)")
	exec("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
	exec("CREATE INDEX n ON Name(key)")
	for i, h := range headers {
		exec("INSERT INTO Packages VALUES (?, ?)", i+1, h)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func ndbDB(headers [][]byte) []byte {
	b := make([]byte, ndbPage)
	copy(b, ndbMagic)
	binary.LittleEndian.PutUint32(b[12:], 1) // slot pages
	for i := 32; i < ndbPage; i += 16 {
		copy(b[i:], ndbSlotMagic)
	}
	for i, h := range headers {
		slot := b[32+16*i:]
		binary.LittleEndian.PutUint32(slot[4:], uint32(i+1))
		binary.LittleEndian.PutUint32(slot[8:], uint32(len(b)/ndbBlock))
		b = append(b, ndbBlobMagic...)
		b = binary.LittleEndian.AppendUint32(b, uint32(i+1))
		b = binary.LittleEndian.AppendUint32(b, 0) // checksum, not looked at
		b = binary.LittleEndian.AppendUint32(b, uint32(len(h)))
		b = append(b, h...)
		b = append(b, make([]byte, (ndbBlock-len(b)%ndbBlock)%ndbBlock)...)
	}
	return b
}

// bdbDB makes a hash database: a page of metadata, one hash page for each
// header, with the header in the page or, when it is large, on overflow pages.
func bdbDB(order binary.ByteOrder, headers [][]byte) []byte {
	const pageSize = 4096
	page := func(typ byte) []byte { p := make([]byte, pageSize); p[25] = typ; return p }
	meta := page(8)
	order.PutUint32(meta[12:], bdbHashMagic)
	order.PutUint32(meta[20:], pageSize)
	pages := [][]byte{meta}
	for i, h := range headers {
		hash := page(bdbHash)
		pages = append(pages, hash)
		key := make([]byte, 5)
		key[0] = bdbItemInline
		order.PutUint32(key[1:], uint32(i+1))
		value := append([]byte{bdbItemInline}, h...)
		if len(h) > pageSize/4 {
			value = make([]byte, 12)
			value[0] = bdbItemOffPage
			order.PutUint32(value[4:], uint32(len(pages)))
			order.PutUint32(value[8:], uint32(len(h)))
			for rest := h; len(rest) > 0; {
				over := page(bdbOverflow)
				n := copy(over[bdbPageHeader:], rest)
				rest = rest[n:]
				order.PutUint16(over[22:], uint16(n))
				pages = append(pages, over)
				if len(rest) > 0 {
					order.PutUint32(over[16:], uint32(len(pages)))
				}
			}
		}
		at := pageSize
		for n, item := range [][]byte{key, value} {
			at -= len(item)
			copy(hash[at:], item)
			order.PutUint16(hash[bdbPageHeader+2*n:], uint16(at))
		}
		order.PutUint16(hash[20:], 2)
	}
	return bytes.Join(pages, nil)
}
