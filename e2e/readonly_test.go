package e2e

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nobody is a user who owns no files.
const nobody = 65534

// TestReadOnlyStore reads stores that the user cannot write: a copy that no
// process has open, and the store of a running server. No files may be created.
func TestReadOnlyStore(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(oldStores, "*", oldFactsFile))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no old stores: %v", err)
	}
	for name, served := range map[string]bool{"closed": false, "served": true} {
		t.Run(name, func(t *testing.T) {
			s := restoreSQLite(t, filepath.Dir(dirs[len(dirs)-1]))
			want := s.view(t) // which also migrates it
			if served {
				srv := serve(t, s, "--sync-every", "0")
				defer srv.kill(syscall.SIGTERM)
				s.do(t, "ignore", "add", "CVE-2099-9999", "--reason", "in the log of the database")
				s.decode(t, &want.Suppressions, "ignore", "list", "--output", "json")
			}
			before := forbidWriting(t, s.dir)
			for _, args := range []string{
				"image list", "image show old/web:1.4", "db status", "ignore list", "key list",
			} {
				if out, err := asNobody(t, s, strings.Fields(args)...); err != nil {
					t.Errorf("%s: %v\n%s", args, err, out)
				}
			}
			var got oldView
			for args, v := range map[string]any{"image list": &got.Images, "ignore list": &got.Suppressions} {
				out, err := asNobody(t, s, append(strings.Fields(args), "--output", "json")...)
				if err := errors.Join(err, json.Unmarshal(out, v)); err != nil {
					t.Fatalf("%s: %v\n%s", args, err, out)
				}
			}
			slices.SortFunc(got.Images, func(a, b oldImage) int { return strings.Compare(a.ImageID, b.ImageID) })
			if diff := cmp.Diff(oldView{Images: want.Images, Suppressions: want.Suppressions}, got); diff != "" {
				t.Errorf("read by its owner, and by nobody (-owner +nobody):\n%s", diff)
			}
			if _, err := asNobody(t, s, "ignore", "add", "CVE-2099-1", "--reason", "x"); err == nil {
				t.Error("wrote a read-only store")
			}
			if diff := cmp.Diff(before, fileNames(t, s.dir)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// forbidWriting makes a directory readable for everybody and writable for nobody,
// and returns the names of its files.
func forbidWriting(t *testing.T, dir string) []string {
	t.Helper()
	names := fileNames(t, dir)
	for _, name := range names {
		if path := filepath.Join(dir, name); strings.HasPrefix(name, "landwaiter.db") {
			chmod(t, path, 0o444)
		}
	}
	chmod(t, dir, 0o555)
	chmod(t, filepath.Dir(dir), 0o755)
	t.Cleanup(func() { chmod(t, dir, 0o755) })
	return names
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// asNobody runs a command as another user than root, for whom file modes have no
// effect.
func asNobody(t *testing.T, s store, args ...string) ([]byte, error) {
	t.Helper()
	command := filepath.Join(t.TempDir(), "landwaiter") // the directory of binary is private
	chmod(t, filepath.Dir(filepath.Dir(command)), 0o755)
	if err := os.Link(binary, command); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), command, args...)
	cmd.Env = s.env()
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return cmd.CombinedOutput()
}
