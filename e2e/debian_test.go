package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/realtest"
)

// TestDebian scans an image of a real Debian file system. Packages and their
// sources must be those that dpkg lists.
func TestDebian(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a Debian file system, which takes a minute")
	}
	t.Parallel()
	realtest.Need(t, "dpkg-query", "dpkg")
	dir := t.TempDir()
	root := filepath.Join(dir, "root.tar")
	diffID := writeRoot(t, root)
	image := filepath.Join(dir, "debian.tar")
	archiveLayer(t, image, root, diffID)

	s := newStore(t)
	images := s.scan(t, image)
	if len(images) != 1 || images[0].OS.ID != "debian" || images[0].OS.Version != "12" {
		t.Fatalf("images %+v", images)
	}
	var got []string
	for _, p := range images[0].Packages {
		if strings.HasPrefix(p.PURL, "pkg:deb/") {
			if p.Ecosystem != "Debian:12" || p.Layer != diffID {
				t.Errorf("package %+v", p)
			}
			got = append(got, p.Name+" "+p.Version+" "+p.Source)
		}
	}
	slices.Sort(got)
	want := dpkgList(t, root, dir)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("dpkg-query -scan +:\n%s", d)
	}
	for _, c := range images[0].Coverage {
		// The store has no advisories here, and there are no hash lists.
		if c.State != "scanned" && c.State != "noted" && c.Analyser != "advisories" && c.Analyser != "malware lists" {
			t.Errorf("coverage %+v", c)
		}
	}
	for _, m := range images[0].Malware {
		t.Errorf("malware in Debian: %+v", m)
	}
}

// writeRoot writes the tar archive of the file system and returns its digest.
func writeRoot(t *testing.T, path string) (diffID string) {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	hash := sha256.New()
	realtest.DebianRoot(t, io.MultiWriter(f, hash))
	return fmt.Sprintf("sha256:%x", hash.Sum(nil))
}

// archiveLayer writes a docker-archive with one layer, without keeping the layer
// in memory.
func archiveLayer(t *testing.T, path, layer, diffID string) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	in, err := os.Open(layer)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{},`+
		`"rootfs":{"type":"layers","diff_ids":[%q]}}`, diffID)
	manifest := `[{"Config":"config.json","RepoTags":["debian:12"],"Layers":["layer.tar"]}]`
	w := tar.NewWriter(out)
	for _, f := range []struct {
		name string
		size int64
		from io.Reader
	}{
		{"manifest.json", int64(len(manifest)), strings.NewReader(manifest)},
		{"config.json", int64(len(config)), strings.NewReader(config)},
		{"layer.tar", info.Size(), in},
	} {
		if err := w.WriteHeader(&tar.Header{Name: f.name, Size: f.size, Mode: 0o644}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, f.from); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// dpkgList returns the packages that dpkg lists in the tar archive.
func dpkgList(t *testing.T, root, dir string) []string {
	t.Helper()
	output := func(name string, args ...string) string {
		cmd := exec.Command(name, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, stderr.String())
		}
		return string(out)
	}
	output("tar", "-x", "-C", dir, "-f", root, "./var/lib/dpkg")
	list := output("dpkg-query", "--admindir="+filepath.Join(dir, "var/lib/dpkg"), "-W",
		"-f=${Package} ${Version} ${source:Package}\n")
	lines := strings.Split(strings.TrimSpace(list), "\n")
	slices.Sort(lines)
	if len(lines) < 50 {
		t.Fatalf("dpkg-query lists %d packages", len(lines))
	}
	return lines
}
