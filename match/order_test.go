package match

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/landwaiter/landwaiter"
)

func TestCompare(t *testing.T) {
	for _, c := range []struct{ ecosystem, older, newer string }{
		{"Alpine:v3.11", "1.0~1234-r1", "1.0~2345-r0"},
		{"Alpine:v3.11", "1.0-r9", "1.0~1234-r0"},
		{"Alpine:v3.11", "1.31.1-r9", "1.31.1-r10"},
		{"Debian:12", "1.0~rc1-1", "1.0-1"},
		{"Photon OS:4.0", "2.35-1.ph4", "2.35-10.ph4"},
		{"Azure Linux:3", "0:9.0-1", "1:1.0-1"},
		{"Julia", "1.0.7+0", "1.0.7+1"},
		{"Julia", "1.0.7+9", "1.0.7+10"},
		{"Julia", "1.0.7", "1.0.7+0"},
		{"Julia", "1.0.7+1", "1.0.7+a"},
		{"Bitnami", "1.2.3.4", "1.2.3.5"},
		{"Bitnami", "1.2.3", "1.2.3.4"},
		{"Go", "v1.2.3-0.20240101000000-abcdefabcdef", "1.2.3"},
		{"Go", "go1.21rc1", "1.21.0"},
		{"Go", "1.21.0-0", "go1.21rc1"},
		{"npm", "1.0.0-alpha.9", "1.0.0-alpha.10"},
		{"PyPI", "1.0.dev1", "1.0a1"},
		{"Maven", "1.0-SNAPSHOT", "1.0"},
		{"RubyGems", "1.0.pre", "1.0"},
	} {
		for _, swap := range []bool{false, true} {
			a, b, want := c.older, c.newer, -1
			if swap {
				a, b, want = b, a, 1
			}
			if got, err := Compare(c.ecosystem, a, b); err != nil || sign(got) != want {
				t.Errorf("%s: %s against %s: %d, %v; want %d", c.ecosystem, a, b, got, err, want)
			}
		}
	}
}

func TestCompareEqual(t *testing.T) {
	for _, c := range []struct{ ecosystem, a, b string }{
		{"Bitnami", "1.25.3-2", "1.25.3"},
		{"Go", "go1.22.1 X:boringcrypto", "v1.22.1"},
		{"PyPI", "1.0", "1.0.0"},
		{"npm", "1.0.0+a", "1.0.0+b"},
	} {
		if got, err := Compare(c.ecosystem, c.a, c.b); err != nil || got != 0 {
			t.Errorf("%s: %s against %s: %d, %v", c.ecosystem, c.a, c.b, got, err)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	for _, c := range []struct{ ecosystem, a string }{
		{"npm", ""}, {"npm", strings.Repeat("1", maxVersion+1)}, {"Go", "(devel)"}, {"Nowhere", "1"}, {"Debian", "x:1"},
	} {
		if _, err := Compare(c.ecosystem, c.a, "1"); landwaiter.KindOf(err) != landwaiter.Invalid {
			t.Errorf("%s %q: %v", c.ecosystem, c.a, err)
		}
	}
}

// versions has a pattern of plausible versions for each ecosystem.
var versions = map[string]string{
	"Debian":    `([0-2]:)?[0-2][0-2a-b.+~]{0,5}(-[0-2a-b.+~]{1,4})?`,
	"Alpine":    `[0-2](\.[0-3]|\.0[1-2]){0,2}[ab]?(_(alpha|rc|p)[0-2]?){0,2}(~[0-9a-c]{2})?(-r[0-2])?[x.]?`,
	"AlmaLinux": `([0-2]:)?[0-2](\.[0-2a-b]){0,3}[~^]?[0-2]?-[0-2](\.el9)?`,
	"npm":       `[0-2]\.[0-2]\.[0-2](-(alpha|beta|rc)(\.[0-3])?)?`,
	"Go": `(v|go)?[0-2](\.[0-2]){1,2}` +
		`(-(rc\.[0-3]|0\.2024010100000[0-2]-abcdefabcdef)|rc[0-3]|beta1|-vendor)?(\+incompatible)?`,
	"PyPI":      `([01]!)?[0-2](\.[0-2]){0,3}((a|b|rc)[0-2])?(\.post[0-2])?(\.dev[0-2])?(\+[a-b1-2]{1,2})?`,
	"RubyGems":  `[0-2](\.[0-2]){0,3}(\.(pre|rc|a)\.?[0-2])?(-[0-2])?`,
	"Packagist": `v?[0-2](\.[0-2]){0,3}(-(alpha|b|beta|RC|stable|p|patch)(\.?[0-2]){0,2})?(-dev)?`,
	"NuGet":     `[0-2](\.[0-2]){1,3}(-(alpha|Beta)(\.[0-2])?)?`,
	"crates.io": `[0-2]\.[0-2]\.[0-2](-(alpha|beta)\.[0-3])?`,
	"Maven": `[0-2](\.[0-2]){0,3}` +
		`([.-]?(a|alpha|M|RC|Final|RELEASE|SNAPSHOT|SP|jre|x)([.-]?[0-2])?){0,2}([.-][0-2])?`,
	"Hackage":        `[0-2](\.[0-2]){0,3}`,
	"CRAN":           `[0-2]([.-][0-2]){0,3}`,
	"Julia":          `[0-2]\.[0-2]\.[0-2](-rc[0-2])?(\+([0-2a]|[0-2]\.[0-2]))?`,
	"Bitnami":        `[0-2](\.[0-2]){2,3}(-[0-2])?`,
	"Photon OS":      `[0-2](\.[0-2]){0,2}-[0-2]\.ph[45]`,
	"Azure Linux":    `([0-2]:)?[0-2](\.[0-2]){0,2}~?[0-2]-[0-2]\.(azl3|cm2)`,
	"Pub":            `[0-2]\.[0-2]\.[0-2](-(dev)(\.[0-3])?)?(\+[0-2])?`,
	"Hex":            `[0-2]\.[0-2]\.[0-2](-(dev|rc)(\.[0-3])?)?`,
	"SwiftURL":       `v?[0-2](\.[0-2]){0,2}(-(beta)(\.[0-3])?)?`,
	"GitHub Actions": `v?[0-2](\.[0-2]){0,2}(-beta)?`,
	"ConanCenter":    `[0-2](\.[0-2]){1,3}`,
}

// TestOrderAxioms checks that each order is total: reflexive, antisymmetric,
// transitive, and defined for every two versions.
func TestOrderAxioms(t *testing.T) {
	for ecosystem, pattern := range versions {
		t.Run(ecosystem, func(t *testing.T) {
			gen := rapid.StringMatching(pattern)
			rapid.Check(t, func(t *rapid.T) {
				a, b, c := gen.Draw(t, "a"), gen.Draw(t, "b"), gen.Draw(t, "c")
				compare := func(x, y string) int {
					n, err := Compare(ecosystem, x, y)
					if err != nil {
						t.Fatal(err)
					}
					return sign(n)
				}
				if compare(a, a) != 0 {
					t.Fatalf("%s is not equal to itself", a)
				}
				if compare(a, b) != -compare(b, a) {
					t.Fatalf("%s and %s are not antisymmetric", a, b)
				}
				if compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0 {
					t.Fatalf("%s <= %s <= %s is not transitive", a, b, c)
				}
			})
		})
	}
}

func FuzzCompare(f *testing.F) {
	ecosystems := []string{
		"Debian", "Alpine", "AlmaLinux", "npm", "Go", "PyPI", "RubyGems", "Packagist", "NuGet", "crates.io", "Maven",
		"Hackage", "CRAN", "Julia", "Bitnami", "Photon OS", "Pub", "Wolfi", "SwiftURL", "Hex", "ConanCenter",
	}
	for i := range ecosystems {
		f.Add(uint8(i), "1.0~1234-r1", "1:2.3.4-5+b1")
		f.Add(uint8(i), "1.0.0-alpha.1+x", "v2!1.0.post1")
	}
	f.Fuzz(func(t *testing.T, i uint8, a, b string) {
		ecosystem := ecosystems[int(i)%len(ecosystems)]
		n, err := Compare(ecosystem, a, b)
		m, backErr := Compare(ecosystem, b, a)
		if err == nil && backErr == nil && sign(n) != -sign(m) {
			t.Errorf("%s: %q against %q is %d, but the reverse is %d", ecosystem, a, b, n, m)
		}
	})
}
