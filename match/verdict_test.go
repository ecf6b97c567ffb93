package match

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

// rec is an OSV record of one package in one ecosystem.
func rec(id, ecosystem, name, fixed, summary string, cves ...string) *landwaiter.Advisory {
	return &landwaiter.Advisory{ID: id, Upstream: cves, Summary: summary, Affected: []landwaiter.Affected{{
		Ecosystem: ecosystem, Name: name,
		Ranges: []landwaiter.Range{{Type: "ECOSYSTEM", Events: []landwaiter.Event{{Introduced: "0"}, {Fixed: fixed}}}},
	}}}
}

// TestReportedVerdicts has what users reported of other scanners; see
// docs/accuracy.md.
func TestReportedVerdicts(t *testing.T) {
	const cve = "CVE-2026-1"
	goStd := rec("GO-1", "Go", "stdlib", "1.26.8", "")
	debian := rec("DEBIAN-CVE-2026-1", "Debian:12", "pg", "15.15-0+deb12u1", "", cve)
	root := rec("ROOT-1", "Root:Debian:12", "rootio-pg", "15.14-0+deb12u1.root.io.6", "", cve)
	stream12 := rec("RHSA-12", "Red Hat:enterprise_linux:8::appstream", "pg", "0:12.5-1.module+el8.3.0+1+a",
		"Important: postgresql:12 security update", cve)
	stream96 := rec("RHSA-96", "Red Hat:enterprise_linux:8::appstream", "pg", "0:9.6.20-1.module+el8.3.0+1+a",
		"Important: postgresql:9.6 security update", cve)
	minor6 := rec("RHSA-6", "Red Hat:rhel_eus:9.6::appstream", "pg", "0:1-5.el9_6.2", "", cve)
	minor7 := rec("RHSA-7", "Red Hat:enterprise_linux:9::appstream", "pg", "0:1-9.el9_7", "", cve)
	same6 := rec("RHSA-6b", "Red Hat:enterprise_linux:9::appstream", "pg", "0:1-5.el9_6.2", "", cve)
	openshift := rec("RHSA-OCP", "Red Hat:openshift:4.12::el8", "oc", "0:4.12.5-1.el8", "", cve)
	gopkg := func(name, version, origin string) landwaiter.Package {
		return landwaiter.Package{Type: "golang", Ecosystem: "Go", Name: name, Version: version, Origin: origin}
	}
	deb := func(name, version string) landwaiter.Package {
		return landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: name, Version: version}
	}
	rpm := func(version, label, origin string) landwaiter.Package {
		release := "8"
		if minorOf(version) == "9.6" || minorOf(version) == "9.7" {
			release = "9"
		}
		return landwaiter.Package{Type: "rpm", Ecosystem: "Red Hat:enterprise_linux:" + release, Name: "pg",
			Version: version, Modularity: label, Origin: origin}
	}
	oc := func(origin string) landwaiter.Package {
		p := rpm("4.12.0-1.el8", "", origin)
		p.Name = "oc"
		return p
	}
	const project = landwaiter.OriginProject
	for name, c := range map[string]struct {
		pkg     landwaiter.Package
		records []*landwaiter.Advisory
		want    bool
	}{
		"Go experiment":        {gopkg("stdlib", "1.26.8-X:arenas", ""), list(goStd), false},
		"Go vendor":            {gopkg("stdlib", "1.26.8-vendor01", ""), list(goStd), false},
		"Go FIPS":              {gopkg("stdlib", "1.26.8-fips.abc", ""), list(goStd), false},
		"Go FIPS, older":       {gopkg("stdlib", "1.26.7-fips.abc", ""), list(goStd), true},
		"Go release candidate": {gopkg("stdlib", "1.26rc1", ""), list(goStd), true},
		"Go development":       {gopkg("stdlib", "1.26.8-devel_abcdef", ""), list(goStd), true},
		"untagged main module": {
			gopkg("x.test/m", "0.0.0-20240101000000-0123456789ab", project),
			list(rec("GO-2", "Go", "x.test/m", "1.2.0", "")), false,
		},
		"untagged and dirty": {
			gopkg("x.test/m", "0.0.0-20240101000000-0123456789ab+dirty", project),
			list(rec("GO-2", "Go", "x.test/m", "1.2.0", "")), false,
		},
		"untagged dependency": {
			gopkg("x.test/m", "0.0.0-20240101000000-0123456789ab", ""),
			list(rec("GO-2", "Go", "x.test/m", "1.2.0", "")), true,
		},
		"main module after a tag": {
			gopkg("x.test/m", "1.1.1-0.20240101000000-0123456789ab", project),
			list(rec("GO-2", "Go", "x.test/m", "1.2.0", "")), true,
		},
		"Root's fix":              {deb("pg", "15.14-0+deb12u1.root.io.6"), list(debian, root), false},
		"Root's fix, Root's name": {deb("rootio-pg", "15.14-0+deb12u1.root.io.6"), list(debian, root), false},
		"Root's build before":     {deb("rootio-pg", "15.14-0+deb12u1.root.io.5"), list(debian, root), true},
		"unknown to Root":         {deb("pg", "15.14-0+deb12u1.root.io.6"), list(debian), true},
		"not Root's":              {deb("pg", "15.14-0+deb12u1"), list(debian, root), true},
		"sound, not Root's":       {deb("pg", "15.15-0+deb12u1"), list(debian, root), false},
		"stream without a label":  {rpm("9.6.22-1.module_el8.5.0+1+a", "", ""), list(stream12, stream96), false},
		"its own erratum":         {rpm("9.6.10-1.module_el8.0.0+1+a", "", ""), list(stream12, stream96), true},
		"stream 12, no label":     {rpm("12.1-1.module_el8.3.0+1+a", "", ""), list(stream12, stream96), true},
		"stream with a label": {
			rpm("9.6.22-1.module_el8.5.0+1+a", "postgresql:9.6:1:a", ""),
			list(stream12, stream96), false,
		},
		"fix of the minor release":  {rpm("1-5.el9_6.2", "", ""), list(minor6, minor7), false},
		"fix of the same stream":    {rpm("1-5.el9_6.2", "", ""), list(same6, minor7), false},
		"before its fix":            {rpm("1-5.el9_6.1", "", ""), list(minor6, minor7), true},
		"no fix for the minor":      {rpm("1-5.el9_6.2", "", ""), list(minor7), true},
		"minor alone, no product":   {rpm("1-5.el9_6.1", "", ""), list(minor6), false},
		"minor alone, with product": {rpm("1-5.el9_6.1", "", "rhel_eus:9.6::appstream"), list(minor6), true},
		"OpenShift's repository":    {oc("openshift:4.12::el8"), list(openshift), true},
		"another OpenShift":         {oc("openshift:4.14::el8"), list(openshift), false},
		"no OpenShift":              {oc(""), list(openshift), false},
	} {
		vulns, _ := Package(c.pkg, c.records, nil)
		if (len(vulns) > 0) != c.want {
			t.Errorf("%s: %v", name, vulns)
		}
		for _, k := range Keys(c.pkg) {
			if k.Name == "" || k.Ecosystem == "" {
				t.Errorf("%s: key %+v", name, k)
			}
		}
	}
}

// TestKeysMeet: a package has a key of each record that decides about it.
func TestKeysMeet(t *testing.T) {
	for _, c := range []struct {
		pkg    landwaiter.Package
		record *landwaiter.Advisory
	}{
		{
			landwaiter.Package{Type: "deb", Ecosystem: "Debian:12", Name: "pg", Version: "1.root.io.1"},
			rec("R", "Root:Debian:12", "rootio-pg", "2", ""),
		},
		{
			landwaiter.Package{Type: "deb", Ecosystem: "Ubuntu:22.04:LTS", Name: "rootio-pg", Version: "1.root.io.1"},
			rec("R", "Root:Ubuntu:22.04", "pg", "2", ""),
		},
		{
			landwaiter.Package{Type: "apk", Ecosystem: "Alpine:v3.18", Name: "pg", Version: "1-r10071"},
			rec("R", "Root:Alpine:3.18", "rootio-pg", "2", ""),
		},
		{
			landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "pg", Version: "1.0.0-root.io.1"},
			rec("R", "Root:npm", "rootio-pg", "2", ""),
		},
		{
			landwaiter.Package{Type: "rpm", Ecosystem: "Red Hat:enterprise_linux:9", Name: "pg",
				Version: "1-1.el9_6"},
			rec("R", "Red Hat:rhel_eus:9.6::baseos", "pg", "2", ""),
		},
		{
			landwaiter.Package{Type: "rpm", Ecosystem: "Red Hat:enterprise_linux:8", Name: "oc",
				Version: "1-1.el8", Origin: "openshift:4.12::el8 rhel_eus:8.6::baseos"},
			rec("R", "Red Hat:openshift:4.12::el8", "oc", "2", ""),
		},
	} {
		met := false
		for _, theirs := range AdvisoryKeys(c.record) {
			for _, ours := range Keys(c.pkg) {
				met = met || ours == theirs
			}
		}
		if !met {
			t.Errorf("%+v: %v, not %v", c.pkg, Keys(c.pkg), AdvisoryKeys(c.record))
		}
	}
}

// TestMalwareNeedsTheRegistry: what comes from elsewhere is another package than
// the one that was published, and its flaws are its own all the same.
func TestMalwareNeedsTheRegistry(t *testing.T) {
	records := list(rec("MAL-2026-1", "npm", "left", "", ""), rec("GHSA-1", "npm", "left", "2.0.0", ""))
	records[0].Affected[0].Ranges[0].Events = records[0].Affected[0].Ranges[0].Events[:1]
	for _, origin := range []string{
		"", landwaiter.OriginProject, landwaiter.OriginLocal, landwaiter.OriginGit,
		landwaiter.OriginURL, landwaiter.OriginPrivate,
	} {
		pkg := landwaiter.Package{Type: "npm", Ecosystem: "npm", Name: "left", Version: "1.0.0", Origin: origin}
		vulns, malware := Package(pkg, records, nil)
		if len(vulns) != 1 || len(malware) > 0 != (origin == "") {
			t.Errorf("%q: %v, %v", origin, vulns, malware)
		}
		if origin != "" && originText[origin] == "" {
			t.Errorf("%q is not explained", origin)
		}
	}
}

func list(records ...*landwaiter.Advisory) []*landwaiter.Advisory { return records }
