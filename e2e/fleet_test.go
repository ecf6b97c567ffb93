package e2e

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
)

// eicar is the harmless test file of the antivirus industry. It is split so that
// scanners do not report this source file.
const eicar = `X5O!P%@AP[4\PZX54(P^)` + `7CC)7}$EICAR` + `-STANDARD-ANTIVIRUS` + `-TEST-FILE!$H+H*`

// fleet returns the images of most tests: a base, two images built on it with
// findings of each kind, and one without findings.
func fleet() []imagetest.Image {
	base := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Fleet GNU/Linux 12\"\n"),
		imagetest.Text("var/lib/dpkg/status", dpkg("libfleet3", "3.0.1-1", "fleet")+dpkg("fleetsh", "5.2-1",
			"fleetsh")),
	)
	web := imagetest.NewLayer(
		imagetest.Text("app/node_modules/fleet-template/package.json", `{"name":"fleet-template","version":"1.2.0"}`),
		imagetest.Text("app/upload/eicar.com", eicar),
		imagetest.Text("app/tls/server.key", privateKey()),
	)
	web.CreatedBy = "COPY . /app"
	worker := imagetest.NewLayer(
		imagetest.Text("usr/lib/python3/dist-packages/fleet_http-2.0.dist-info/METADATA",
			"Metadata-Version: 2.1\nName: fleet-http\nVersion: 2.0\n"),
		imagetest.Text("tmp/eicar.com", eicar),
	)
	worker.Compression = imagetest.Zstd
	cleanup := imagetest.NewLayer(imagetest.Whiteout("tmp/eicar.com"))
	clean := imagetest.NewLayer(
		imagetest.Text("etc/os-release", "ID=alpine\nVERSION_ID=3.99.0\nPRETTY_NAME=\"Fleet Linux v3.99\"\n"),
		imagetest.Text("lib/apk/db/installed", "P:fleet-libc\nV:1.3-r0\nA:x86_64\no:fleet-libc\n\n"),
	)
	day := func(n int) time.Time { return time.Date(2026, 11, n, 12, 0, 0, 0, time.UTC) }
	return []imagetest.Image{
		{Names: []string{"fleet/base:12"}, Created: day(1), Layers: []imagetest.Layer{base}},
		{Names: []string{"fleet/web:1.4"}, Created: day(2), Layers: []imagetest.Layer{base, web},
			Config: landwaiter.ImageConfig{User: "0", Env: []string{"PATH=/usr/bin",
				"DB_PASSWORD=correct-horse-battery"}}},
		{Names: []string{"fleet/worker:2.0"}, Created: day(3), Layers: []imagetest.Layer{base, worker, cleanup},
			Config: landwaiter.ImageConfig{User: "worker"}},
		{Names: []string{"fleet/clean:1.0"}, Created: day(4), Layers: []imagetest.Layer{clean},
			Config: landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "/healthy"}}},
	}
}

// The images of the fleet.
const (
	fleetBase = iota
	fleetWeb
	fleetWorker
	fleetClean
)

func dpkg(name, version, source string) string {
	return fmt.Sprintf("Package: %s\nStatus: install ok installed\nArchitecture: amd64\nSource: %s\nVersion: %s\n\n",
		name, source, version)
}

// privateKey returns an unused private key, which is always the same.
func privateKey() string {
	seed := sha256.Sum256([]byte("fleet"))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		panic(err) // a key just made always encodes
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeFleet writes each image as a docker-archive below dir, named after it.
func writeFleet(t testing.TB, dir string, images []imagetest.Image) {
	t.Helper()
	for _, im := range images {
		var b bytes.Buffer
		if err := imagetest.WriteDockerArchive(&b, im); err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, archiveName(im)), b.Bytes())
	}
}

func archiveName(im imagetest.Image) string {
	return strings.NewReplacer("/", "_", ":", "_").Replace(im.Names[0]) + ".tar"
}

// writeAdvisories writes OSV records about the fleet's packages, in the layout of
// a dump of the public database.
func writeAdvisories(t testing.TB, dir string) {
	t.Helper()
	const severe = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	const slight = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N"
	for id, r := range map[string]struct{ ecosystem, name, fixed, cvss, alias string }{
		"ALPINE-CVE-2099-1004": {"Alpine:v3.99", "fleet-other", "9.9-r0", slight, "CVE-2099-1004"},
		"DEBIAN-CVE-2099-1001": {"Debian:12", "fleet", "3.0.9-1", severe, "CVE-2099-1001"},
		"GHSA-flee-flee-0002":  {"npm", "fleet-template", "1.2.4", slight, "CVE-2099-1002"},
		"PYSEC-2099-1003":      {"PyPI", "fleet-http", "2.1", slight, "CVE-2099-1003"},
	} {
		record, err := json.Marshal(map[string]any{
			"id": id, "modified": "2026-11-20T00:00:00Z", "published": "2026-11-01T00:00:00Z",
			"summary": "Flaw in " + r.name, "details": "Made up for a test.", "aliases": []string{r.alias},
			"severity":   []any{map[string]string{"type": "CVSS_V3", "score": r.cvss}},
			"references": []any{map[string]string{"type": "ADVISORY", "url": "https://example.com/" + id}},
			"affected": []any{map[string]any{
				"package": map[string]string{"ecosystem": r.ecosystem, "name": r.name},
				"ranges": []any{map[string]any{
					"type": "ECOSYSTEM", "events": []any{map[string]string{"introduced": "0"},
						map[string]string{"fixed": r.fixed}},
				}},
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ecosystem, _, _ := strings.Cut(r.ecosystem, ":")
		writeFile(t, filepath.Join(dir, ecosystem, id+".json"), record)
	}
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// newFleetStore returns a store with the advisories, and with the fleet as the
// source "fleet".
func newFleetStore(t testing.TB) store {
	t.Helper()
	s := newStore(t)
	dir := t.TempDir()
	writeFleet(t, filepath.Join(dir, "images"), fleet())
	writeAdvisories(t, filepath.Join(dir, "osv"))
	s.do(t, "db", "import", filepath.Join(dir, "osv"))
	s.do(t, "source", "add", "fleet", "--type", "archive", "--path", filepath.Join(dir, "images"))
	s.do(t, "source", "sync", "fleet")
	return s
}
