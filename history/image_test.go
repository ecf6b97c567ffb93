package history

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func TestUnwrap(t *testing.T) {
	for in, want := range map[string]string{
		"/bin/sh -c #(nop) ADD file:0123 in / ":                             "ADD file:0123 in /",
		"/bin/sh -c #(nop)  CMD [\"sh\"]":                                   `CMD ["sh"]`,
		"/bin/bash -o pipefail -c #(nop) CMD x":                             "CMD x",
		"cmd /S /C #(nop)  ENV A=b":                                         "ENV A=b",
		"powershell -Command #(nop) ENV A=b":                                "ENV A=b",
		"powershell -NoProfile -ExecutionPolicy Bypass -Command Get-Item x": "RUN Get-Item x",
		"/bin/sh -c apt-get update":                                         "RUN apt-get update",
		"RUN /bin/sh -c apt-get update # buildkit":                          "RUN apt-get update",
		"RUN /bin/bash -o pipefail -c apt-get update # buildkit":            "RUN apt-get update",
		"RUN /bin/bash -euxo pipefail -c make":                              "RUN make",
		"RUN cmd /S /C dir # buildkit":                                      "RUN dir",
		"RUN powershell -Command dir # buildkit":                            "RUN dir",
		"COPY . /app # buildkit":                                            "COPY . /app",
		"RUN |1 A=b /bin/sh -c make # buildkit":                             "RUN |1 A=b /bin/sh -c make",
		"RUN echo '#(nop)' # comment #(nop)":                                "RUN echo '#(nop)' # comment #(nop)",
		"":                                                                  "",
	} {
		if got := Unwrap(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestSteps(t *testing.T) {
	img := landwaiter.Image{
		Layers: []landwaiter.LayerRef{{DiffID: "a"}, {DiffID: "b"}, {DiffID: "a"}},
		Config: landwaiter.ImageConfig{History: []landwaiter.History{
			{CreatedBy: "/bin/sh -c #(nop) ADD file:1 in /"},
			{CreatedBy: "ENV DB_PASSWORD=hunter2hunter2", EmptyLayer: true},
			{CreatedBy: "RUN /bin/sh -c ./setup\n\thunter2hunter2 \x1b[31m # buildkit"},
			{CreatedBy: "COPY x /" + strings.Repeat("x", 600)},
		}},
	}
	want := []Step{
		{Text: "ADD file:1 in /", Layer: "a"}, {Text: "ENV DB_PASSWORD=hun****"},
		{Text: "RUN ./setup  hun**** \ufffd[31m", Layer: "b"},
		{Text: "COPY x /" + strings.Repeat("x", 600), Layer: "a"},
	}
	if d := cmp.Diff(want, Steps(img)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]string{"a": want[0].Text, "b": want[2].Text}, Layers(img)); d != "" {
		t.Error(d)
	}
	if got := Line(want[3].Text); len(got) != maxLine+3 || !strings.HasSuffix(got, "x...") {
		t.Errorf("%d characters", len(got))
	}
	img.Layers = img.Layers[:2]
	for _, s := range Steps(img) {
		if s.Layer != "" {
			t.Errorf("%+v: three steps cannot make two layers", s)
		}
	}
	if len(Layers(img)) != 0 {
		t.Error(Layers(img))
	}
}

func TestConfig(t *testing.T) {
	in := landwaiter.ImageConfig{
		User: "app", ExposedPorts: []string{"80/tcp"},
		Env: []string{
			"PATH=/bin", "DB_PASSWORD=$tr;ng \"quoted\" 'x'", "API=https://ci:hunter2hunter2@h/", "TOKEN_FILE=/run/secrets/x",
			"TOKEN=",
			"APP_SECRET=short", "ALLOW_EMPTY_PASSWORD=yes", "NOVALUE",
		},
		Entrypoint: []string{"mysqld", "--password", "hunter2 hunter2", "--user", "app"},
		Cmd:        []string{"sh", "-c", "exec app --token=hunter2hunter2 --port 80"},
		Labels: map[string]string{
			"org.example.password": "hunter2 hunter2",
			"description":          "use -u ci:hunter2hunter2 or Authorization: Bearer hunter2hunter2",
			"version":              "1",
		},
		Healthcheck: []string{"CMD", "curl", "-u", "ci:hunter2hunter2", "http://localhost/"},
		History: []landwaiter.History{
			{CreatedBy: "RUN /bin/sh -c ./setup $tr;ng \"quoted\" 'x' # buildkit", Comment: "buildkit.dockerfile.v0"},
			{CreatedBy: "ARG NPM_TOKEN=learnt-t0ken", EmptyLayer: true}, {CreatedBy: "RUN x learnt-t0ken"},
		},
	}
	before, _ := json.Marshal(in)
	want := landwaiter.ImageConfig{
		User: "app", ExposedPorts: []string{"80/tcp"},
		Env: []string{
			"PATH=/bin", "DB_PASSWORD=****", "API=https://ci:hun****@h/", "TOKEN_FILE=/run/secrets/x", "TOKEN=",
			"APP_SECRET=s****",
			"ALLOW_EMPTY_PASSWORD=yes", "NOVALUE",
		},
		Entrypoint: []string{"mysqld", "--password", "hun****", "--user", "app"},
		Cmd:        []string{"sh", "-c", "exec app --token=hun**** --port 80"},
		Labels: map[string]string{
			"org.example.password": "hun****", "description": "use -u ci:hun**** or Authorization: Bearer hun****",
			"version": "1",
		},
		Healthcheck: []string{"CMD", "curl", "-u", "ci:hun****", "http://localhost/"},
		History: []landwaiter.History{
			{CreatedBy: "RUN /bin/sh -c ./setup **** # buildkit", Comment: "buildkit.dockerfile.v0"},
			{CreatedBy: "ARG NPM_TOKEN=lea****", EmptyLayer: true}, {CreatedBy: "RUN x lea****"},
		},
	}
	got := Config(in)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got, Config(got)); d != "" {
		t.Errorf("masking twice: %s", d)
	}
	if after, _ := json.Marshal(in); string(after) != string(before) {
		t.Error("the config that was given was changed")
	}
	if d := cmp.Diff(landwaiter.ImageConfig{}, Config(landwaiter.ImageConfig{})); d != "" {
		t.Error(d)
	}
}

// FuzzConfig holds the config of an image, as a hostile builder may write it,
// against a secret that is planted by name.
func FuzzConfig(f *testing.F) {
	f.Add("RUN x", "A=b", "--password", "x")
	f.Add(`["a`, "=\xff", "-p", "a\x00")
	f.Fuzz(func(t *testing.T, step, env, arg, label string) {
		const secret = "w7-Quite/Secret 'and' \"long\""
		if strings.Contains(step+env+arg+label, "Quite") {
			return
		}
		got := Config(landwaiter.ImageConfig{
			Env: []string{env, "DB_PASSWORD=" + secret}, Labels: map[string]string{label: arg, "x.token": secret},
			Cmd:     []string{arg, "--password", secret, arg},
			History: []landwaiter.History{{CreatedBy: step}, {CreatedBy: "RUN ./setup " + secret + " " + step}},
		})
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "Quite") || len(got.Cmd) != 4 || len(got.Env) != 2 {
			t.Errorf("%s", text)
		}
	})
}
