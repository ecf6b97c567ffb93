package vex_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/vex"
)

// csaf returns a document with the products of a distribution, an image and an
// application, in the three places where a document lists products.
func csaf(vulnerabilities string) string {
	return `{"document": {"category": "csaf_vex", "csaf_version": "2.0", "publisher": {"name": "Red Hat"},
		"tracking": {"id": "CVE-1", "current_release_date": "2026-02-03T00:00:00Z"}},
	"product_tree": {
		"branches": [{"category": "vendor", "name": "Red Hat", "branches": [
			{"category": "product_family", "branches": [
				` + csafName("el6", "cpe", "cpe:/o:redhat:enterprise_linux:6") + `,
				` + csafName("app8", "cpe", "cpe:2.3:a:redhat:enterprise_linux:8:*:appstream:*:*:*:*:*") + `,
				` + csafName("sles", "cpe", "cpe:/o:suse:sles:15:sp5") + `,
				` + csafName("ocp", "cpe", "cpe:/a:redhat:openshift:4.15::el8") + `]},
			` + csafVersion("kernel", "purl", "pkg:rpm/redhat/kernel?arch=src") + `,
			` + csafVersion("zlib", "purl", "pkg:rpm/suse/zlib") + `,
			{"category": "architecture", "branches": [
				` + csafVersion("kernel-1.src", "purl", "pkg:rpm/redhat/kernel@1-1.el8?arch=src") + `]},
			` + csafVersion("left", "purl", "pkg:npm/left@1") + `]}],
		"full_product_names": [` + csafProduct("web", "purl", "pkg:oci/web?repository_url=example.com/web&tag=1") + `],
		"relationships": [
			` + csafPart("el6:kernel", "kernel", "el6") + `,
			` + csafPart("app8:kernel", "kernel", "app8") + `,
			` + csafPart("sles:zlib", "zlib", "sles") + `,
			` + csafPart("ocp:kernel", "kernel", "ocp") + `,
			` + csafPart("ocp:kernel-1.src", "kernel-1.src", "ocp") + `,
			` + csafPart("web:left", "left", "web") + `,
			` + csafPart("el6:el6:kernel", "el6:kernel", "el6") + `]},
	"vulnerabilities": [` + vulnerabilities + `]}`
}

func csafProduct(id, scheme, name string) string {
	return `{"product_id": "` + id + `", "product_identification_helper": {"` + scheme + `": "` + name + `"}}`
}

func csafName(id, scheme, name string) string {
	return `{"category": "product_name", "product": ` + csafProduct(id, scheme, name) + `}`
}

func csafVersion(id, scheme, name string) string {
	return `{"category": "product_version", "product": ` + csafProduct(id, scheme, name) + `}`
}

// csafPart returns a relationship: the product id is the product part as a
// component of the product whole.
func csafPart(id, part, whole string) string {
	return `{"category": "default_component_of", "full_product_name": {"product_id": "` + id + `"},
		"product_reference": "` + part + `", "relates_to_product_reference": "` + whole + `"}`
}

func TestCSAF(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		want    []string
		skipped int
	}{
		"a package of a release": {
			`{"cve": "CVE-1", "product_status": {"known_not_affected": ["el6:kernel", "app8:kernel",
				"sles:zlib"], "known_affected": ["ocp:kernel"]},
				"flags": [{"label": "vulnerable_code_not_present", "product_ids": ["el6:kernel"]}],
				"threats": [{"category": "impact", "details": "Moderate", "product_ids": ["app8:kernel"]},
				{"category": "impact", "details": "Not built.", "product_ids": ["sles:zlib"]}]}`,
			[]string{
				"CVE-1 pkg:rpm/redhat/kernel?arch=src&distro=rhel-6  not_affected: vulnerable code not present",
				"CVE-1 pkg:rpm/redhat/kernel?arch=src&distro=rhel-8  not_affected: not affected, says Red Hat CVE-1",
				"CVE-1 pkg:rpm/suse/zlib?distro=sles-15.5  not_affected: Not built.",
			}, 0,
		},
		"a build is distinguished by its version": {
			`{"cve": "CVE-1", "product_status": {"fixed": ["ocp:kernel-1.src"], "first_fixed": ["left"],
				"under_investigation": ["web"]}}`,
			[]string{"CVE-1 pkg:rpm/redhat/kernel@1-1.el8?arch=src  fixed: fixed, says Red Hat CVE-1",
				"CVE-1 pkg:npm/left@1  fixed: fixed, says Red Hat CVE-1"}, 0,
		},
		"an image, and a package in it": {
			`{"ids": [{"system_name": "ours", "text": "OURS-1"}],
				"product_status": {"known_not_affected": ["web", "web:left"]}}`,
			[]string{"OURS-1  example.com/web:1 not_affected: not affected, says Red Hat CVE-1",
				"OURS-1 pkg:npm/left@1 example.com/web:1 not_affected: not affected, says Red Hat CVE-1"}, 0,
		},
		"unclear scopes": {
			`{"cve": "CVE-1", "product_status": {"known_not_affected": ["ocp:kernel", "el6:el6:kernel", "el6",
				"unknown", 7]}},
				{"product_status": {"fixed": ["left"]}}, 7`,
			nil, 7,
		},
	} {
		doc, err := vex.Read(strings.NewReader(csaf(c.text)), "file", now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c.want, lines(doc)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if doc.Skipped != c.skipped || doc.Format != "CSAF" || doc.Source != "Red Hat CVE-1" {
			t.Errorf("%s: %s of %s, skipped %d: %q", name, doc.Format, doc.Source, doc.Skipped, doc.Reasons)
		}
		for _, s := range doc.Suppressions {
			if s.Created.Year() != 2026 || s.Created.Month() != 2 {
				t.Errorf("%s: created %s", name, s.Created)
			}
		}
	}
}

// Branches that nest too deep are skipped, at little cost.
func TestCSAFNesting(t *testing.T) {
	deep := strings.Repeat(`{"branches": [`, 2000) + strings.Repeat(`]}`, 2000)
	doc, err := vex.Read(strings.NewReader(`{"document": {"category": "csaf_vex"},
		"product_tree": {"branches": [`+deep+`]}}`), "file", now)
	if err != nil || doc.Skipped == 0 || doc.Source != "file" {
		t.Errorf("%+v, %v", doc, err)
	}
}

// FuzzCSAF mutates the statements about a flaw in a valid document.
func FuzzCSAF(f *testing.F) {
	f.Add(`{"cve": "CVE-1", "product_status": {"known_not_affected": ["el6:kernel"], "fixed": ["left"]},
		"flags": [{"label": "x", "product_ids": ["el6:kernel"]}]}`)
	f.Add(`{"cve": "CVE-1"}]}, {"product_tree": {"branches": [{"branches": [{"product": {"product_id": "a"}}]}]`)
	f.Fuzz(func(t *testing.T, text string) { readAny(t, csaf(text)) })
}
