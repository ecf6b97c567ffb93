package packages

import "testing"

// TestGoRelease: the version of the main module, else that of the linker's flags.
func TestGoRelease(t *testing.T) {
	const untagged = "v0.0.0-20240101000000-0123456789ab"
	for _, c := range []struct{ version, flags, want string }{
		{"v1.2.3", "-X main.version=9.9.9", "v1.2.3"},
		{"v1.2.3+dirty", "", "v1.2.3+dirty"},
		{"(devel)", "", "(devel)"},
		{"(devel)", `"-s -w -X main.version=2.3.4"`, "2.3.4"},
		{"(devel)", "-X=main.Version=v2.3.4", "2.3.4"},
		{"(devel)", `"-X 'main.buildVersion=v2.3.4' -X main.date=2024.01.02"`, "2.3.4"},
		{"(devel)", `"-X \"x.test/m/internal/version.GitVersion=v2.3.4-rc.1\""`, "2.3.4-rc.1"},
		{"(devel)", "-X x.test/other/version.Version=1.0.0", "(devel)"},
		{"(devel)", "-X x.test/mother/version.Version=1.0.0", "(devel)"},
		{"(devel)", `"-X github.com/prometheus/common/version.Version=2.45.0"`, "2.45.0"},
		{"(devel)", `"-X x.test/m/v.version=1.0.0 -X main.version=2.0.0"`, "2.0.0"},
		{"(devel)", `"-X main.version=1.0.0 -X main.version=2.0.0"`, "2.0.0"},
		{"(devel)", "-X main.version=dev", "(devel)"},
		{"(devel)", "-X main.version=0123abcd", "(devel)"},
		{"(devel)", "-X main.version=2.3.4-5-g0123abc", "2.3.4"},
		{"(devel)", "-X main.version=2.3.4-rc1-5-g0123abc-dirty", "2.3.4-rc1"},
		{"(devel)", "-X main.version=2.3.4-dirty", "2.3.4"},
		{"(devel)", "-X main.goversion=1.22.1", "(devel)"},
		{"(devel)", "-X", "(devel)"},
		{"(devel)", `"-X 'main.version=1`, "(devel)"},
		{untagged, "", untagged},
		{untagged, "-X main.version=2.3.4", "2.3.4"},
		{"v0.0.0-20240101000000-0123456789ab+dirty", "-X main.version=2.3.4", "2.3.4"},
		{"v1.2.4-0.20240101000000-0123456789ab", "-X main.version=2.3.4", "v1.2.4-0.20240101000000-0123456789ab"},
	} {
		m := goMain{name: "x.test/m", version: c.version, flags: c.flags}
		if got := m.release(); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.version, c.flags, got, c.want)
		}
	}
}

// FuzzLinkerFlags: flags are the bytes of a foreign program.
func FuzzLinkerFlags(f *testing.F) {
	for _, s := range []string{`"-s -w -X main.version=2.3.4"`, "-X 'a.b=c d' -X=e.f=g", "-X", `"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, flags string) {
		m := goMain{name: "x.test/m", version: "(devel)", flags: flags}
		if v := m.release(); v != "(devel)" && !goStamped.MatchString(v) {
			t.Fatalf("%q", v)
		}
	})
}
