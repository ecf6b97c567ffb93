package config

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze/rule"
	"github.com/landwaiter/landwaiter/history"
)

// good is a config that no rule complains about.
func good() landwaiter.ImageConfig {
	return landwaiter.ImageConfig{User: "app", Healthcheck: []string{"CMD", "true"}}
}

func rulesOf(c landwaiter.ImageConfig) []string {
	var out []string
	risks, _ := Image(&c)
	for _, r := range risks {
		out = append(out, r.Rule)
	}
	return out
}

func TestUserHealthcheckPorts(t *testing.T) {
	for user, root := range map[string]bool{
		"": true, "0": true, "root": true, "0:0": true, "root:root": true, "00": true, ":app": true,
		"app": false, "1000": false, "1000:0": false, "10": false,
	} {
		c := good()
		c.User = user
		if got := len(rulesOf(c)) == 1; got != root {
			t.Errorf("user %q: %v", user, rulesOf(c))
		}
	}
	for _, c := range []struct {
		test []string
		bad  bool
	}{{nil, true}, {[]string{"NONE"}, true}, {[]string{"CMD-SHELL", "x"}, false}} {
		conf := good()
		conf.Healthcheck = c.test
		if got := cmp.Equal(rulesOf(conf), []string{rule.NoHealthcheck}); got != c.bad {
			t.Errorf("%v: %v", c.test, rulesOf(conf))
		}
	}
	for port, bad := range map[string]bool{"22": true, "22/tcp": true, "22/udp": false, "2222/tcp": false, "80": false} {
		c := good()
		c.ExposedPorts = []string{port}
		if got := cmp.Equal(rulesOf(c), []string{rule.SSHPort}); got != bad {
			t.Errorf("%s: %v", port, rulesOf(c))
		}
	}
}

func TestSecretEnv(t *testing.T) {
	for variable, bad := range map[string]bool{
		"DB_PASSWORD=hunter2hunter2": true, "password=s3cret": true, "API_KEY=abcdef": true, "APP_SECRET=abcd1234": true,
		"GITHUB_TOKEN=abcdef12": true, "MYSQL_ROOT_PASSWORD=rootroot": true, "PGPASSWORD=postgres": true,
		"ANY=ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL": true,
		"DB_PASSWORD=": false, "DB_PASSWORD=changeme": false, "DB_PASSWORD=${X}": false, "DB_PASSWORD=<yours>": false,
		"DB_PASSWORD_FILE=/run/secrets/db": false, "TOKENIZER=fast": false, "PWD=/home/app": false, "OLDPWD=relative": false,
		"GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D": false, "PATH=/usr/bin": false, "TOKEN_URL=https://a/b": false,
		"ALLOW_EMPTY_PASSWORD=yes": false, "SECRET=/run/x": false, "NOVALUE": false,
	} {
		c := good()
		c.Env = []string{variable}
		risks, _ := Image(&c)
		if got := len(risks) == 1 && risks[0].Rule == rule.SecretEnv; got != bad {
			t.Errorf("%s: %+v", variable, risks)
		}
		_, value, _ := strings.Cut(variable, "=")
		if bad && strings.Contains(risks[0].Instruction+" "+risks[0].Message, value) {
			t.Errorf("%s: %+v shows the secret", variable, risks[0])
		}
	}
}

func TestHistory(t *testing.T) {
	for _, c := range []struct {
		step  string
		want  []string
		shown string
	}{
		{"/bin/sh -c #(nop) ADD https://example.com/a.tgz /opt", []string{rule.AddURL}, "ADD https://example.com/a.tgz /opt"},
		{"ADD --checksum=sha256:00 https://example.com/a.tgz /opt # buildkit", nil, ""},
		{"ADD --chown=1:1 http://example.com/a /b # buildkit", []string{rule.AddURL},
			"ADD --chown=1:1 http://example.com/a /b"},
		{"/bin/sh -c #(nop) ADD file:0123 in / ", nil, ""},
		{"RUN /bin/sh -c curl -fsSL https://example.com/i.sh | bash -s -- -y # buildkit", []string{rule.PipeToShell},
			"RUN curl -fsSL https://example.com/i.sh | bash -s -- -y"},
		{"/bin/sh -c wget -qO- https://example.com | sudo -E bash -", []string{rule.PipeToShell, rule.Sudo},
			"RUN wget -qO- https://example.com | sudo -E bash -"},
		{"/bin/sh -c curl https://example.com | sha256sum -c", nil, ""},
		{"/bin/sh -c curl https://example.com -o a && sh ./a", nil, ""},
		{"RUN chmod -R 777 /app # buildkit", []string{rule.ChmodAll}, "RUN chmod -R 777 /app"},
		{"RUN chmod a+rwx /app", []string{rule.ChmodAll}, "RUN chmod a+rwx /app"},
		{"RUN chmod 755 /app; chmod 1777 /tmp2", []string{rule.ChmodAll}, "RUN chmod 755 /app; chmod 1777 /tmp2"},
		{"RUN apt-get update && sudo make install", []string{rule.Sudo}, "RUN apt-get update && sudo make install"},
		{"RUN apt-get install -y sudo", nil, ""},
		{"RUN DB_PASSWORD=hunter2hunter2 ./setup", []string{rule.SecretHistory}, "RUN DB_PASSWORD=hun**** ./setup"},
		{"ARG NPM_TOKEN=abcdefgh12345678", []string{rule.SecretHistory}, "ARG NPM_TOKEN=abcd****"},
		{"ENV DB_PASSWORD=hunter2hunter2", nil, ""},
		{"RUN |1 TOKEN=ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL /bin/sh -c x", []string{rule.SecretHistory},
			"RUN |1 TOKEN=ghp_a8**** /bin/sh -c x"},
		{"RUN a\x1b[31m\nchmod 777 b c", []string{rule.ChmodAll}, "RUN a\ufffd[31m chmod 777 b c"},
		{"", nil, ""},
	} {
		conf := good()
		conf.History = []landwaiter.History{{CreatedBy: c.step}}
		if d := cmp.Diff(c.want, rulesOf(conf)); d != "" {
			t.Errorf("%q: %s", c.step, d)
		}
		risks, _ := Image(&conf)
		for _, r := range risks {
			if r.Instruction != c.shown {
				t.Errorf("%q is shown as %q, want %q", c.step, r.Instruction, c.shown)
			}
		}
	}
}

// Every limit that cuts something off says so, and nothing else does.
func TestMissed(t *testing.T) {
	steps := func(n int, step string) landwaiter.ImageConfig {
		c := good()
		for range n {
			c.History = append(c.History, landwaiter.History{CreatedBy: step})
		}
		return c
	}
	many := strings.Repeat("ghp_", 12_000) // more candidates than are looked into, in less than 64 KiB
	variable := good()
	variable.Env = []string{"A=" + many}
	for name, c := range map[string]struct {
		config landwaiter.ImageConfig
		risks  int
		want   string
	}{
		"nothing":                     {good(), 0, ""},
		"as many risks as allowed":    {steps(maxRisks, "RUN chmod 777 /a"), maxRisks, ""},
		"more risks":                  {steps(maxRisks+3, "RUN chmod 777 /a"), maxRisks, "only the first 200 are: 3"},
		"a step of 64 KiB":            {steps(1, strings.Repeat("x", history.MaxText)), 0, ""},
		"longer steps":                {steps(2, strings.Repeat("x", history.MaxText+1)), 0, "first 64 KiB were searched: 2"},
		"candidates in a step":        {steps(1, "RUN "+many), 0, "too many candidates for secrets to search them all: 1"},
		"candidates in a variable":    {variable, 0, "too many candidates for secrets to search them all: 1"},
		"candidates, and an argument": {steps(1, "RUN DB_PASSWORD=hunter2hunter2 "+many), 1, ""},
	} {
		risks, missed := Image(&c.config)
		if len(risks) != c.risks {
			t.Errorf("%s: %d risks, want %d", name, len(risks), c.risks)
		}
		if !strings.Contains(missed, c.want) || (c.want == "") != (missed == "") {
			t.Errorf("%s: missed %q, want %q", name, missed, c.want)
		}
	}
}

func TestLongStepIsShownInPart(t *testing.T) {
	c := good()
	c.History = []landwaiter.History{{CreatedBy: "RUN chmod 777 " + strings.Repeat("x", 5000)}}
	if risks, _ := Image(&c); len(risks) != 1 || len(risks[0].Instruction) > 515 {
		t.Errorf("%+v", risks)
	}
}

func TestFile(t *testing.T) {
	for _, c := range []struct {
		path string
		mode fs.FileMode
		dir  bool
		want string
	}{
		{"usr/bin/su", 0o755 | fs.ModeSetuid, false, rule.SetuidDistribution},
		{"opt/tool", 0o755 | fs.ModeSetuid, false, rule.Setuid},
		{"opt/tool", 0o755 | fs.ModeSetgid, false, rule.Setuid},
		{"opt/data", 0o644 | fs.ModeSetgid, false, ""},
		{"var/mail", 0o775 | fs.ModeSetgid, true, ""},
		{"opt/tool", 0o755, false, ""},
		{"etc/x", 0o666, false, rule.WorldWritable},
		{"srv", 0o777, true, rule.WorldWritable},
		{"tmp", 0o777 | fs.ModeSticky, true, ""},
	} {
		r, ok := fileRisk([]byte(c.path), c.mode, c.dir)
		if r.Rule != c.want || ok != (c.want != "") {
			t.Errorf("%s %v: %+v", c.path, c.mode, r)
		}
	}
	r, _ := fileRisk([]byte("opt/tool"), 0o755|fs.ModeSetuid, false)
	if r.Path != "opt/tool" || !strings.Contains(r.Message, "(4755)") || r.Severity != landwaiter.Medium {
		t.Errorf("%+v", r)
	}
}

func TestEOL(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	cycles := []landwaiter.Lifecycle{
		{Product: "alpine", Cycle: "3.11", EOL: day("2021-11-01")},
		{Product: "alpine", Cycle: "3.1", EOL: day("2016-11-01")},
		{Product: "alpine", Cycle: "3", EOL: day("2030-01-01")},
		{Product: "debian", Cycle: "12", EOL: day("2028-06-30")},
		{Product: "debian", Cycle: "13"},
	}
	for _, c := range []struct {
		id, version, now string
		want             bool
	}{
		{"alpine", "3.11.5", "2021-11-01", true}, {"alpine", "3.11.5", "2021-10-31", false},
		{"alpine", "3.1.2", "2020-01-01", true}, {"alpine", "3.19", "2025-01-01", false},
		{"debian", "12", "2029-01-01", true}, {"debian", "12", "2026-01-01", false},
		{"debian", "13", "2099-01-01", false}, {"debian", "1", "2099-01-01", false}, {"", "", "2099-01-01", false},
	} {
		r, ok := EOL(landwaiter.OSRelease{ID: c.id, Version: c.version}, cycles, day(c.now))
		if ok != c.want {
			t.Errorf("%v: %+v", c, r)
		}
		if c.version == "3.11.5" && ok && !strings.Contains(r.Message, "alpine:3.11.5, since 2021-11-01") {
			t.Errorf("%+v", r)
		}
	}
}

func FuzzHistory(f *testing.F) {
	f.Add(`/bin/sh -c #(nop) ENV A_TOKEN="x y" B_PASSWORD='hunter2hunter2'`)
	f.Add("RUN TOKEN=\xff\xfe\x00 chmod 777 ghp_" + "a8Kq2LmN4pRs6TuV8wXy0zAb1CdE3fGh5JkL")
	f.Fuzz(func(t *testing.T, step string) {
		c := landwaiter.ImageConfig{Env: []string{step}, History: []landwaiter.History{{CreatedBy: step}}}
		risks, _ := Image(&c)
		for _, r := range risks {
			if strings.ContainsFunc(r.Instruction+r.Message, func(r rune) bool { return r < ' ' }) {
				t.Errorf("%+v", r)
			}
		}
	})
}
