package packages

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
)

// rpmDB makes an rpmdb.sqlite with one package that has two files.
func rpmDB(t *testing.T, name, dir string, bases ...string) string {
	t.Helper()
	var index, data bytes.Buffer
	entry := func(tag, typ, count uint32, value string) {
		for _, v := range []uint32{tag, typ, uint32(data.Len()), count} {
			binary.Write(&index, binary.BigEndian, v)
		}
		data.WriteString(value)
	}
	entry(1000, 6, 1, name+"\x00")
	entry(1001, 6, 1, "1.0\x00")
	entry(1002, 6, 1, "1.el9\x00")
	entry(1116, 4, uint32(len(bases)), string(make([]byte, 4*len(bases))))
	entry(1117, 8, uint32(len(bases)), strings.Join(bases, "\x00")+"\x00")
	entry(1118, 8, 1, dir+"\x00")
	header := binary.BigEndian.AppendUint32(nil, uint32(index.Len()/16))
	header = binary.BigEndian.AppendUint32(header, uint32(data.Len()))
	header = append(append(header, index.Bytes()...), data.Bytes()...)

	path := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)",
		"INSERT INTO Packages VALUES (1, ?)"} {
		args := []any{header}
		if _, err := db.Exec(query, args[:strings.Count(query, "?")]...); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestOwners(t *testing.T) {
	const npmFile = `{"name":"n","version":"1.0.0"}`
	goFile := goBinary(t, "go1.22.1", "path\tx/cmd\nmod\tx\t(devel)\t\n")
	type file struct{ path, content string }
	for _, c := range []struct {
		name  string
		files []file
		want  string // owner of the last file's packages
	}{
		{"dpkg", []file{{"var/lib/dpkg/info/node-n.list", "/.\n/usr\n/usr/share/nodejs/n/package.json\n"},
			{"usr/share/nodejs/n/package.json", npmFile}}, "node-n"},
		{"dpkg, multi-arch", []file{{"var/lib/dpkg/info/tool:amd64.list", "/usr/bin/tool"}, {"usr/bin/tool", goFile}},
			"tool"},
		{"dpkg, another path", []file{{"var/lib/dpkg/info/tool.list", "/usr/bin/tool\n"}, {"usr/local/bin/tool", goFile}},
			""},
		{"dpkg, before the merge of /usr", []file{{"var/lib/dpkg/info/tool.list", "/bin/tool\n"}, {"usr/bin/tool", goFile}},
			"tool"},
		{"dpkg, /usr not merged", []file{{"var/lib/dpkg/info/tool.list", "/usr/sbin/tool\n"}, {"sbin/tool", goFile}}, "tool"},
		{"opkg", []file{{"usr/lib/opkg/info/tool.list", "/usr/bin/tool\n"}, {"usr/bin/tool", goFile}}, "tool"},
		{"distroless", []file{
			{"var/lib/dpkg/status.d/dG9vbA", "Package: tool\nArchitecture: amd64\nVersion: 1\n"},
			{"var/lib/dpkg/status.d/dG9vbA.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/tool\n"},
			{"usr/bin/tool", goFile},
		}, "tool"},
		{"apk", []file{{"lib/apk/db/installed", "P:musl\nV:1\nF:lib\nR:ld-musl.so\n\nP:tool\nV:1-r0\nA:x86_64\nF:\nF:usr\n" +
			"F:usr/bin\nM:0:0:755\nR:tool\na:0:0:755\n\n"}, {"usr/bin/tool", goFile}}, "tool"},
		{"rpm", []file{{"usr/lib/sysimage/rpm/rpmdb.sqlite",
			rpmDB(t, "python3-n", "/usr/lib/python3.9/site-packages/n-1.dist-info/", "LICENSE", "METADATA")},
			{"usr/lib/python3.9/site-packages/n-1.dist-info/METADATA", "Name: n\nVersion: 1\n"}}, "python3-n"},
		{"a line longer than a path", []file{{"var/lib/dpkg/info/tool.list",
			"/" + strings.Repeat("x", 3*maxLine) + "\n/usr/bin/tool\n"}, {"usr/bin/tool", goFile}}, "tool"},
	} {
		for _, reversed := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, " reversed ", reversed), func(t *testing.T) {
				col := NewCollector()
				for i := range c.files {
					f := c.files[i]
					if reversed {
						f = c.files[len(c.files)-1-i]
					}
					if err := col.File(context.Background(), FormatOf(f.path), fileOf(f.path, f.content)); err != nil {
						t.Fatal(err)
					}
				}
				last, seen := c.files[len(c.files)-1].path, false
				for _, p := range col.Packages() {
					want := ""
					if p.Path == last {
						want, seen = c.want, true
					}
					if p.Owner != want {
						t.Errorf("%s: owner %q, want %q", p.Name, p.Owner, want)
					}
				}
				if !seen {
					t.Error("no package in the file")
				}
			})
		}
	}
}

func TestOwnedFilesAreBounded(t *testing.T) {
	list := fileOf("var/lib/dpkg/info/a.list", "/usr/bin/a\n")
	installed := fileOf("lib/apk/db/installed", "P:a\nV:1\nF:usr/bin\nR:a\n")
	full := map[uint64]uint32{}
	for i := range uint64(maxOwned) {
		full[i] = 0
	}
	for name, o := range map[string]owners{
		"listed": {listed: maxListed}, "bytes": {bytes: maxListedBytes}, "kept": {paths: full},
	} {
		for _, f := range []*File{list, installed} {
			col := NewCollector()
			col.own = o
			if err := col.File(t.Context(), FormatOf(f.Path), f); err != errOwned {
				t.Errorf("%s, %s: %v", name, f.Path, err)
			}
			if f == installed && len(col.Packages()) != 1 {
				t.Errorf("%s: the package is lost with its files", name)
			}
		}
	}
	long := fileOf("lib/apk/db/installed", "P:a\nV:1\nF:"+strings.Repeat("d/", maxPath/2)+"\nR:a\n")
	col := NewCollector()
	if err := col.File(t.Context(), FormatOf(long.Path), long); err != nil || col.own.listed != 0 {
		t.Errorf("a path too long was looked at: %v", err)
	}
}

// FuzzOwners: no list of files makes more of it than it has lines.
func FuzzOwners(f *testing.F) {
	f.Add([]byte("/usr/bin/a\n/usr/share/b/package.json\n"))
	f.Add([]byte("P:a\nF:usr/bin\nR:a\n"))
	f.Add([]byte("d41d8cd98f00b204e9800998ecf8427e  ./usr/bin/a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		col := NewCollector()
		for _, path := range []string{"var/lib/dpkg/info/a.list", "var/lib/dpkg/status.d/a.md5sums", "lib/apk/db/installed"} {
			_ = col.File(t.Context(), FormatOf(path), fileOf(path, string(b)))
		}
		if lines := bytes.Count(b, []byte("\n")) + 1; col.own.listed > 3*lines || len(col.own.paths) > col.own.listed {
			t.Errorf("%d files of %d lines", col.own.listed, lines)
		}
	})
}

func TestCollectorKeepsOwnedOnce(t *testing.T) {
	col := NewCollector()
	for range 2 {
		for _, f := range []*File{fileOf("usr/share/nodejs/n/package.json", `{"name":"n","version":"1.0.0"}`),
			fileOf("var/lib/dpkg/info/node-n.list", "/usr/share/nodejs/n/package.json\n")} {
			if err := col.File(context.Background(), FormatOf(f.Path), f); err != nil {
				t.Fatal(err)
			}
		}
		_ = col.Packages()
	}
	var owners []string
	for _, p := range col.Packages() {
		owners = append(owners, p.Owner)
	}
	if d := cmp.Diff([]string{"node-n"}, owners); d != "" {
		t.Error(d)
	}
}
