package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/imagetest"
	"github.com/landwaiter/landwaiter/scan"
	lwstore "github.com/landwaiter/landwaiter/store"
)

// plantedMark is in every secret of these tests, after the part that a mask may
// keep.
const plantedMark = "PlantedS3cret"

// planter makes distinct secrets.
type planter int

func (p *planter) next() string {
	*p++
	return fmt.Sprintf("w%02d-%s", *p, plantedMark)
}

// plant replaces each %s by a secret.
func (p *planter) plant(texts ...string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		for strings.Contains(text, "%s") {
			text = strings.Replace(text, "%s", p.next(), 1)
		}
		out[i] = text
	}
	return out
}

// leakySteps are build steps with secrets, of every instruction and builder.
var leakySteps = []string{
	"ARG NPM_TOKEN=%s", "ENV AWS_SECRET_ACCESS_KEY=%s", "/bin/sh -c #(nop)  ENV DB_PASSWORD=%s A=b",
	"LABEL db.password=%s",
	"RUN /bin/sh -c pip install --index-url https://ci:%s@pypi.example.com/simple app # buildkit",
	"RUN |1 NPM_TOKEN=%s /bin/sh -c npm ci # buildkit", "/bin/sh -c DB_PASSWORD=%s ./setup",
	"RUN /bin/sh -c curl -u ci:%s https://example.com/x | sh # buildkit",
	"RUN /bin/sh -c sudo ./setup --password %s # buildkit",
	`RUN /bin/sh -c curl -H "Authorization: Bearer %s" https://example.com # buildkit`,
	"RUN /bin/sh -c mysql -uroot -p%s # buildkit",
	"RUN /bin/sh -c echo '//npm.example.com/:_authToken=%s' > .npmrc; chmod 777 /x # buildkit",
	`CMD ["app" "--password" "%s"]`, `CMD ["sh", "-c", "TOKEN=%s exec app"]`, "CMD app --token=%s",
	`ENTRYPOINT ["app","--db","postgres://app:%s@db/app"]`, "ENTRYPOINT exec app --api-key %s",
	`HEALTHCHECK &{["CMD-SHELL" "PGPASSWORD=%s pg_isready"] "30s" "0s" "0s" '\x00'}`,
	`HEALTHCHECK CMD ["curl","-u","app:%s","http://h/"]`,
	"/bin/sh -c #(nop)  ONBUILD ENV API_KEY=%s", "/bin/sh -c #(nop)  ONBUILD RUN API_KEY=%s make",
	`ONBUILD RUN ["x","--password","%s"]`,
	"cmd /S /C #(nop)  ENV DB_PASSWORD=%s", "powershell -Command $env:DB_PASSWORD = '%s'; ./setup.ps1",
}

// leakyFleet returns the fleet with secrets in all parts of the configurations.
// The first build steps create the layers.
func leakyFleet() []imagetest.Image {
	var p planter
	images := fleet()
	for i := range images {
		c := landwaiter.ImageConfig{
			Env: p.plant("PATH=/bin", "DB_PASSWORD=%s", "DATABASE_URL=mysql://app:%s@db/app",
				"API_SECRET=%s ;'\"& x"),
			Entrypoint:  p.plant("app", "--password", "%s", "--token=%s"),
			Cmd:         p.plant("sh", "-c", "DB_PASSWORD=%s exec app"),
			Healthcheck: p.plant("CMD", "curl", "-u", "app:%s", "-H", "Authorization: Bearer %s", "http://localhost/"),
			Labels:      map[string]string{"com.example.token": p.next(), "note": p.plant("use --password=%s")[0]},
		}
		for range images[i].Layers {
			step := p.plant("RUN /bin/sh -c ./setup --password=%s # buildkit")[0]
			c.History = append(c.History, landwaiter.History{CreatedBy: step})
		}
		// Where a secret is set, and where its value is used.
		set := p.next()
		for _, step := range append(p.plant(leakySteps...), "ARG APP_PASSWORD="+set,
			"RUN /bin/sh -c sudo ./login "+set) {
			c.History = append(c.History, landwaiter.History{CreatedBy: step, EmptyLayer: true})
		}
		images[i].Config = c
	}
	return images
}

// leaks returns the part of a text with a planted secret, "" if there is none.
func leaks(text string) string {
	at := strings.Index(text, plantedMark)
	if at < 0 {
		return ""
	}
	return fmt.Sprintf("%q", text[max(0, at-120):min(len(text), at+40)])
}

// TestNoSecretLeavesAnImage scans images with secrets in all parts of their
// configurations, and searches for them in all outputs, the logs and the
// database.
func TestNoSecretLeavesAnImage(t *testing.T) {
	t.Parallel()
	images := leakyFleet()
	dir := t.TempDir()
	writeFleet(t, filepath.Join(dir, "images"), images)
	writeAdvisories(t, filepath.Join(dir, "osv"))
	s := newStore(t)
	// Commands log at the most detailed level.
	do := func(t *testing.T, args ...string) string {
		t.Helper()
		r := run(t, s.env("LANDWAITER_LOG_LEVEL=debug"), args...)
		if r.code != 0 {
			t.Fatalf("landwaiter %v: exit code %d\n%s%s", args, r.code, r.stdout, r.stderr)
		}
		if leak := leaks(r.stdout + r.stderr); leak != "" {
			t.Errorf("landwaiter %v: %s", args, leak)
		}
		return r.stdout
	}
	do(t, "db", "import", filepath.Join(dir, "osv"))
	do(t, "source", "add", "fleet", "--type", "archive", "--path", filepath.Join(dir, "images"))
	do(t, "source", "sync", "fleet")
	address := newGate(t, images, len(images)).addr
	var p planter
	do(t, "source", "add", "locked", "--type", "registry", "--url", address, "--username", "ci", "--password", p.next())
	do(t, "source", "add", "hub", "--type", "registry", "--url", address)
	do(t, "source", "sync", "hub")
	srv := askEverything(t, s, images, address)
	srv.kill(syscall.SIGTERM)
	if leak := leaks(srv.logged() + srv.printed()); leak != "" {
		t.Errorf("the log of the server: %s", leak)
	}
	showEverything(t, do, dir, images)
	noLeakIn(t, s.dir)
}

// askEverything serves the store and calls all implemented actions with an admin
// key, and with a reader key those that a reader may call.
func askEverything(t *testing.T, s store, images []imagetest.Image, address string) *server {
	t.Helper()
	f := &surfaceFacts{today: time.Now().UTC().Format(time.DateOnly), address: address}
	for i, im := range images {
		f.images[i] = im.ID()
	}
	fillSurface(t, s, f.web())
	srv := serve(t, s, "--log-level", "debug")
	ses := session{goClient{}, srv.url, s.newKey(t)}
	reader := session{goClient{}, srv.url, s.keyFor(t, "reader")}
	f.task = create(t, ses, params{"Filters": []params{{"Name": "ImageName", "Values": []string{"fleet/"}}}})
	follow(t, ses, f.task)
	var p planter
	add := ses.call(t, "AddAssetImageRegistryRegistryDetail", params{
		"Name": "private", "Username": "u", "Password": p.next(), "Url": address, "RegistryType": "harbor",
		"NetType": "public", "Insecure": 1,
		"WebhookUrl": p.plant("https://u:%s@hook.example.com/?access_token=%s")[0], "WebhookToken": p.next(),
	}, nil)
	f.note("AddAssetImageRegistryRegistryDetail", add)
	private := f.registry
	for _, c := range surfaceCalls {
		raw := string(ses.call(t, c.action, c.params(f), nil))
		f.note(c.action, []byte(raw))
		// The registry no longer exists when a reader asks for it; see below.
		if strings.HasPrefix(c.action, "Describe") && c.action != "DescribeAssetImageRegistryRegistryDetail" {
			raw += string(reader.call(t, c.action, c.params(f), nil))
		}
		if leak := leaks(raw); leak != "" {
			t.Errorf("%s: %s", c.action, leak)
		}
	}
	detail := string(reader.call(t, "DescribeAssetImageRegistryRegistryDetail", params{"RegistryId": private}, nil))
	if leak := leaks(detail); leak != "" || !strings.Contains(detail, "hook.example.com") {
		t.Errorf("the registry: %s in %s", leak, detail)
	}
	var about struct{ BuildHistory string }
	ses.call(t, "DescribeAssetImageDetail", params{"ImageID": f.web()}, &about)
	if h := about.BuildHistory; !strings.Contains(h, "RUN DB_PASSWORD=w") || !strings.Contains(h, "**** ./setup") {
		t.Errorf("the build history cannot be read any more:\n%s", h)
	}
	return srv
}

// showEverything prints images in all formats, both stored and during a scan.
func showEverything(t *testing.T, do func(*testing.T, ...string) string, dir string, images []imagetest.Image) {
	t.Helper()
	for _, format := range []string{"table", "json", "sarif", "cyclonedx", "spdx"} {
		for _, im := range images {
			out := do(t, "image", "show", im.ID(), "--output", format, "--show-suppressed")
			out += do(t, "scan", filepath.Join(dir, "images", archiveName(im)), "--output", format)
			found := strings.Contains(out, "secret-env") && strings.Contains(out, "secret-history")
			if (format == "json" || format == "sarif") && !found {
				t.Errorf("%s, %s: the secrets are no longer found", im.Names, format)
			}
			document := filepath.Join(dir, "document.json")
			if format == "cyclonedx" || format == "spdx" {
				writeFile(t, document, []byte(do(t, "image", "show", im.ID(), "--output", format)))
				do(t, "scan", document, "--output", "json")
			}
		}
	}
	web, base := images[fleetWeb].ID(), images[fleetBase].ID()
	for _, format := range []string{"table", "json"} {
		do(t, "image", "show", web, "--explain", "CVE-2099-1001", "--output", format)
		do(t, "image", "diff", base, web, "--output", format)
		do(t, "image", "list", "--output", format)
		do(t, "source", "list", "--output", format)
	}
}

// noLeakIn searches the bytes of all files of a store.
func noLeakIn(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if leak := leaks(string(b)); leak != "" {
			t.Errorf("%s: %s", filepath.Base(path), leak)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestStoredSecretsAreMasked opens a store in which an older version stored
// secrets unmasked.
func TestStoredSecretsAreMasked(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	st, err := lwstore.Open(t.Context(), lwstore.Options{Dir: s.dir})
	if err != nil {
		t.Fatal(err)
	}
	images := leakyFleet()
	for _, im := range images {
		img := landwaiter.Image{ID: im.ID(), Names: im.Names, Config: im.Config}
		if err := st.Images().Put(t.Context(), img, lwstore.Place{}); err != nil {
			t.Fatal(err)
		}
		rep := &landwaiter.Report{Image: img, Kinds: landwaiter.ScanRisk, Risks: []landwaiter.Risk{{
			Rule: "sudo", Severity: landwaiter.Low, Message: "x",
			Instruction: "RUN sudo x --index-url https://ci:" + plantedMark + "@h/",
		}}}
		if err := st.Reports().Commit(t.Context(), rep, scan.Matcher, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(s.dir, "landwaiter.db"))
	if err != nil || leaks(string(before)) == "" {
		t.Fatalf("the store was not written in clear: %v", err)
	}
	for range 2 {
		out := s.do(t, "image", "show", images[fleetWeb].ID(), "--output", "json")
		if leak := leaks(out); leak != "" || !strings.Contains(out, "RUN sudo x --index-url https://ci:Pla****@h/") {
			t.Errorf("%s in %s", leak, out)
		}
		noLeakIn(t, s.dir)
	}
}
