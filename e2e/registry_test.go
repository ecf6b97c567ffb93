package e2e

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/realtest"
	"github.com/landwaiter/landwaiter/tcss"
)

// TestRegistry scans images in a real registry with a password: from the shell,
// and as a source of a server.
func TestRegistry(t *testing.T) {
	const user, password = "ci", "correct horse"
	addr := realtest.Registry(t, user, password)
	images := fleet()
	for _, im := range images {
		push(t, addr, im, user, password)
	}
	dir := t.TempDir()
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	writeFile(t, right, []byte(password+"\n"))
	writeFile(t, wrong, []byte("guess\n"))
	login := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	writeFile(t, filepath.Join(dir, "docker", "config.json"), []byte(`{"auths":{"`+addr+`":{"auth":"`+login+`"}}}`))

	s := newStore(t)
	writeAdvisories(t, filepath.Join(dir, "osv"))
	s.do(t, "db", "import", filepath.Join(dir, "osv"))
	ref := addr + "/" + images[fleetWeb].Names[0]
	t.Run("password file", func(t *testing.T) {
		checkWeb(t, run(t, s.env(), "scan", "-o", "json", "--username", user, "--password-file", right, ref))
	})
	t.Run("docker config", func(t *testing.T) {
		checkWeb(t, run(t, s.env("DOCKER_CONFIG="+filepath.Join(dir, "docker")), "scan", "-o", "json", ref))
	})
	t.Run("digest", func(t *testing.T) {
		byDigest := addr + "/fleet/web@" + pushedDigest(t, ref, user, password)
		checkWeb(t, run(t, s.env(), "scan", "-o", "json", "--username", user, "--password-file", right, byDigest))
	})
	for name, args := range map[string][]string{
		"wrong password": {"--username", user, "--password-file", wrong},
		"no password":    {},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, s.env(), append([]string{"scan", ref}, args...)...)
			if r.code != 1 || !strings.Contains(r.stderr, addr) || !strings.Contains(r.stderr, "denies access") {
				t.Errorf("exit code %d: %s", r.code, r.stderr)
			}
		})
	}
	t.Run("no such tag", func(t *testing.T) {
		r := run(t, s.env(), "scan", "--username", user, "--password-file", right, addr+"/fleet/web:9")
		if r.code != 1 || !strings.Contains(r.stderr, "fleet/web:9") {
			t.Errorf("exit code %d: %s", r.code, r.stderr)
		}
	})
	t.Run("source", func(t *testing.T) {
		s := newStore(t)
		s.do(t, "source", "add", "registry", "hub", "--url", addr, "--username", user, "--password-file", right)
		scanSource(t, s, len(images))
	})
}

// scanSource runs a task over the images of a source that was added while the
// server was running.
func scanSource(t *testing.T, s store, images int) {
	t.Helper()
	srv := serve(t, s)
	ses := session{goClient{}, srv.url, srv.newKey(t)}
	waitFor(t, taskEnd, func() (uint64, bool) {
		n := ask[tcss.DescribeAssetImageListResponse](t, ses, "DescribeAssetImageList", params{}).TotalCount
		return n, n == uint64(images)
	})
	task := create(t, ses, params{"All": true})
	st := follow(t, ses, task)
	checkLast(t, ses, task, "Success")
	if st.ImageTotal != uint64(images) || st.ImageScanCnt != uint64(images) {
		t.Errorf("status %+v", st)
	}
	for _, im := range ask[tcss.DescribeAssetImageListResponse](t, ses, "DescribeAssetImageList", params{}).List {
		if im.ScanStatus != "SCANNED" || im.ComponentCnt == 0 {
			t.Errorf("image %+v", im)
		}
	}
}

func checkWeb(t *testing.T, r result) {
	t.Helper()
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, r.stderr)
	}
	images := parseDocument(t, r.stdout).Images
	if len(images) != 1 || images[0].ImageID != fleet()[fleetWeb].ID() || len(images[0].Vulnerabilities) != 2 ||
		len(images[0].Malware) != 1 {
		t.Errorf("images %+v", images)
	}
}

// push pushes an image to a registry, as docker would.
func push(t *testing.T, addr string, im imagetest.Image, user, password string) {
	t.Helper()
	dir := t.TempDir()
	writeFleet(t, dir, []imagetest.Image{im})
	img, err := tarball.ImageFromPath(filepath.Join(dir, archiveName(im)), nil)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(addr + "/" + im.Names[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, img, basic(user, password)); err != nil {
		t.Fatal(err)
	}
}

func pushedDigest(t *testing.T, reference, user, password string) string {
	t.Helper()
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	d, err := remote.Head(ref, basic(user, password))
	if err != nil {
		t.Fatal(err)
	}
	return d.Digest.String()
}

func basic(user, password string) remote.Option {
	return remote.WithAuth(&authn.Basic{Username: user, Password: password})
}
