package match_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/match"
)

// purlTypes are the ecosystems whose upgrades are checked. Of each distribution
// it is the release with most records.
var purlTypes = map[string]string{
	"AlmaLinux:9": "rpm", "Alpine:v3.17": "apk", "Debian:12": "deb", "Debian:9": "deb", "Go": "golang",
	"Maven": "maven", "npm": "npm", "Packagist": "composer",
	"PyPI": "pypi", "RubyGems": "gem", "crates.io": "cargo",
}

// contradicted is a flaw of nhouston. One record has a fix, which decides;
// NSWG-ECO-25 has none, and still covers the fixed version.
const contradicted = "CVE-2014-8883"

// TestUpgradeCloses matches packages at the version that they should be
// upgraded to: they must not have any of the flaws that the upgrade fixes.
func TestUpgradeCloses(t *testing.T) {
	for ecosystem, purlType := range purlTypes {
		t.Run(ecosystem, func(t *testing.T) {
			base := landwaiter.Stream(ecosystem)
			dump, _, _ := strings.Cut(ecosystem, ":")
			data := load(t, dump)
			advised := 0
			keys := slices.Collect(maps.Keys(data))
			rand.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
			for _, key := range keys {
				if key.Ecosystem != base || advised > sampled {
					continue
				}
				pkg := landwaiter.Package{Type: purlType, Ecosystem: ecosystem, Name: key.Name, SourceName: key.Name}
				for _, version := range startVersions(data[key], key.Name) {
					pkg.Version = version
					advised += checkUpgrade(t, data, pkg)
				}
			}
			if advised == 0 {
				t.Error("no advice was checked")
			}
		})
	}
}

// startVersions returns up to three versions from the records.
func startVersions(records []*landwaiter.Advisory, name string) []string {
	var out []string
	for _, a := range records {
		for _, entry := range a.Affected {
			if match.NormalName(entry.Ecosystem, entry.Name) != name {
				continue
			}
			for _, r := range entry.Ranges {
				for _, e := range r.Events {
					if v := max(e.Introduced, e.Fixed, e.LastAffected); v != "0" && v != "" {
						out = append(out, v)
					}
				}
			}
		}
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:min(len(out), 3)]
}

func checkUpgrade(
	t *testing.T, data map[landwaiter.PackageKey][]*landwaiter.Advisory, pkg landwaiter.Package,
) (advised int) {
	before, _ := judge(data, pkg)
	upgraded := pkg
	closes := map[string]bool{}
	for _, v := range before {
		if v.Fixed != "" && v.Upgrade != "" {
			upgraded.Version = v.Upgrade
			closes[v.ID] = true
		}
	}
	if len(closes) == 0 {
		return 0
	}
	if c, err := match.Compare(pkg.Ecosystem, pkg.Version, upgraded.Version); err != nil || c >= 0 {
		t.Errorf("%s %s: upgrade to %s, %v", pkg.Name, pkg.Version, upgraded.Version, err)
	}
	after, _ := judge(data, upgraded)
	for _, v := range after {
		if closes[v.ID] && v.ID != contradicted {
			t.Errorf("%s %s: %s does not close %s", pkg.Name, pkg.Version, upgraded.Version, v.ID)
		}
	}
	return len(closes)
}
