package match

import (
	"testing"

	"github.com/google/osv-scalibr/semantic"
)

// TestLibraryIsWrong has the cases for which this package implements its own
// orders. A case fails when the library gets it right; then check whether the
// order here is still needed.
func TestLibraryIsWrong(t *testing.T) {
	for _, c := range []struct {
		ecosystem, older, newer string // equal where older begins with "="
		why                     string
	}{
		{"Alpine", "1-r0", "1.0-r0", "apk-tools: a further number is newer, even 0"},
		{"Alpine", "1.2-r1", "1.2.0-r0", "likewise"},
		{"Alpine", "1.0", "1.0-r0", "apk-tools: a revision is newer than none"},
		{"Alpine", "1.0~1234-r1", "1.0~2345-r0", "apk-tools: the commit counts, before the revision"},
		{"Alpine", "1.0_p", "1.0_p0", "apk-tools: a suffix with a number is newer than without"},
		{"Packagist", "=1.0", "1.0.0", "Composer fills up with zeros"},
		{"Packagist", "3.0.0-beta1", "3.0", "Composer fills up with zeros"},
		{"Packagist", "1.9.0-ALPHA.2", "1.9.0-BETA.1", "Composer: case does not count"},
		{"Maven", "9.0.0.M9", "9.0.0-M11", "Maven 3.9: dot and dash are the same before a word"},
		{"Maven", "=1.0.RC2", "1.0-RC2", "likewise"},
		{"Maven", "1.0.M2", "1a", "Maven 3.9: a milestone is older than the release, another word newer"},
		{"Julia", "1.0.7+0", "1.0.7+1", "Julia: the build counts"},
		{"Bitnami", "1.2.3", "1.2.3.4", "versions of four numbers"},
		{"Go", "=go1.22rc1", "1.22.0-rc.1", "the database writes toolchains as SemVer"},
		{"Go", "1.22.0", "go1.22.1-vendor", "go/version: a vendor's suffix is no pre-release"},
	} {
		want, older := -1, c.older
		if older[0] == '=' {
			want, older = 0, older[1:]
		}
		if got, err := Compare(c.ecosystem, older, c.newer); err != nil || sign(got) != want {
			t.Errorf("%s: %s against %s: %d, %v; want %d: %s", c.ecosystem, older, c.newer, got, err, want, c.why)
		}
		v, err := semantic.Parse(older, c.ecosystem)
		if err != nil {
			continue
		}
		if got, err := v.CompareStr(c.newer); err == nil && sign(got) == want {
			t.Errorf("%s: the library now orders %s against %s correctly, too", c.ecosystem, older, c.newer)
		}
	}
}
