package packages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/realtest"
)

// goProxy makes a module proxy on disk, which serves modules that have one
// package with nothing in it (https://go.dev/ref/mod#goproxy-protocol).
func goProxy(t *testing.T, modules map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, version := range modules {
		at := filepath.Join(dir, name, "@v")
		if err := os.MkdirAll(at, 0o755); err != nil {
			t.Fatal(err)
		}
		mod := "module " + name + "\n"
		prefix := name + "@" + version + "/"
		for suffix, content := range map[string]string{
			".info": `{"Version":"` + version + `"}`, ".mod": mod,
			".zip": zipOf(t, prefix+"go.mod", mod, prefix+"x.go", "package x\n"),
		} {
			if err := os.WriteFile(filepath.Join(at, version+suffix), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return "file://" + dir
}

// TestGoldenGoBuild reads what the real compiler makes: a module, one that is
// replaced by another, one that is replaced by a directory (whose version
// nobody knows), the standard library; stripped and not.
func TestGoldenGoBuild(t *testing.T) {
	tool := realtest.Need(t, "go", "golang-go")
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod": "module example.test/app\n\ngo 1.21\n\nrequire (\n\texample.test/a v1.2.3\n\texample.test/b v1.0.0\n" +
			"\texample.test/c v1.0.0\n)\n\n" +
			"replace example.test/b => example.test/fork v1.1.0\n\nreplace example.test/c => ./c\n",
		"main.go": "package main\n\nimport (\n\t_ \"example.test/a\"\n\t_ \"example.test/b\"\n\t_ \"example.test/c\"\n)\n" +
			"\nfunc main() {}\n",
		"c/go.mod": "module example.test/c\n",
		"c/c.go":   "package c\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	env := append(os.Environ(), "GOPROXY="+goProxy(t,
		map[string]string{"example.test/a": "v1.2.3", "example.test/fork": "v1.1.0"}),
		"GONOSUMDB=*", "GOFLAGS=-mod=mod -modcacherw -trimpath -buildvcs=false", "GOMODCACHE="+t.TempDir(), "CGO_ENABLED=0",
		"GOWORK=off", "GOTOOLCHAIN=local")
	want := []string{"golang|Go|example.test/a|1.2.3", "golang|Go|example.test/fork|1.1.0",
		"golang|Go|stdlib|" + strings.TrimPrefix(runtime.Version(), "go")}
	for name, flags := range map[string]string{"plain": "", "stripped": "-s -w"} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "app")
			cmd := exec.Command(tool, "build", "-ldflags="+flags, "-o", out, ".")
			cmd.Dir, cmd.Env = dir, env
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			content, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			col := NewCollector()
			if err := col.File(context.Background(), FormatOf("usr/bin/app"),
				fileOf("usr/bin/app", string(content))); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, lines(col.Packages())); d != "" {
				t.Error(d)
			}
		})
	}
}
