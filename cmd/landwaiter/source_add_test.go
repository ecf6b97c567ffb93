package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/store"
)

func TestWithTyped(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"source", "add", "docker", "--type", "docker"},
			[]string{"source", "add", "by-type", "docker", "--type", "docker"}},
		{[]string{"--data", "x", "source", "add", "--type=archive", "a"},
			[]string{"--data", "x", "source", "add", "by-type", "--type=archive", "a"}},
		{[]string{"source", "add", "docker", "here"}, nil},
		{[]string{"source", "add"}, nil},
		{[]string{"source"}, nil},
		{[]string{"source", "list", "--type", "x"}, nil},
		{[]string{"scan", "x", "--type", "y"}, nil},
		{nil, nil},
	} {
		if c.want == nil {
			c.want = c.args
		}
		if got := withTyped(c.args); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
}

// TestFormsOfSourceAdd: the form with --type, which scripts have, keeps what the subcommands keep.
func TestFormsOfSourceAdd(t *testing.T) {
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, flags := range map[string][]string{
		"archive": {"--path", dir, "--platform", "linux/arm64"},
		"registry": {"--url", "registry.example.com", "--username", "me", "--password-file", password, "--repository", "a,b",
			"--include", "x/**", "--exclude", "y", "--newest", "3", "--plain-http", "--skip-tls-verify", "--rate", "7",
			"--parallel", "2", "--platform", "linux/arm64"},
		"docker":     {"--host", "unix:///run/podman/podman.sock"},
		"containerd": {"--host", "/run/c.sock", "--namespace", "k8s.io", "--host-name", "node1", "--platform", "linux/arm64"},
	} {
		data := t.TempDir()
		for _, args := range [][]string{
			slices.Concat([]string{"source", "add", kind, "new"}, flags),
			slices.Concat([]string{"source", "add", kind, "--type", kind}, flags), // named like a subcommand
			slices.Concat([]string{"source", "add", "--type=" + kind}, flags, []string{"last"}),
		} {
			var out bytes.Buffer
			if code := run(t.Context(), append([]string{"--data", data}, args...), &out, &out); code != exitOK {
				t.Fatalf("%q: exit code %d\n%s", args, code, &out)
			}
		}
		s, err := store.Open(t.Context(), store.Options{Dir: data})
		if err != nil {
			t.Fatal(err)
		}
		want, err := s.Sources().Get(t.Context(), "new")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{kind, "last"} {
			got, err := s.Sources().Get(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want.Config), string(got.Config)); d != "" || got.Type != want.Type {
				t.Errorf("%s of type %s (-subcommand +form with --type):\n%s", name, got.Type, d)
			}
		}
		s.Close()
	}
}

// TestAdvice: an error about a setting comes with the flag that changes it.
func TestAdvice(t *testing.T) {
	var out bytes.Buffer
	conclude(&out, landwaiter.About(landwaiter.Errorf(landwaiter.Denied, "no access"), landwaiter.SettingCredentials))
	if !strings.Contains(out.String(), "no access") || !strings.Contains(out.String(), "--username") {
		t.Errorf("%s", &out)
	}
	for setting, text := range advice {
		if !strings.Contains(text, "--") {
			t.Errorf("%s: %q names no flag", setting, text)
		}
	}
}
