package scan

import (
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestProductOf(t *testing.T) {
	for set, want := range map[string]string{
		"rhel-8-for-x86_64-baseos-rpms":                          "",
		"codeready-builder-for-rhel-9-x86_64-rpms":               "",
		"rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_6":             "rhel_eus:8.6::baseos",
		"rhel-9-for-aarch64-appstream-e4s-rpms__9_DOT_0":         "rhel_e4s:9.0::appstream",
		"rhel-9-for-s390x-appstream-eus-rpms":                    "rhel_eus:9.4::appstream",
		"rhocp-4.12-for-rhel-8-x86_64-rpms":                      "openshift:4.12::el8",
		"rhel-7-server-ose-4.6-rpms":                             "openshift:4.6::el7",
		"ansible-automation-platform-2.4-for-rhel-9-x86_64-rpms": "ansible_automation_platform:2.4::el9",
		"unknown-1-for-rhel-9-x86_64-rpms":                       "",
		"rhocp-4.12-for-rhel-8-x86_64-debug-rpms":                "",
	} {
		if got := productOf(set, "9.4"); got != want {
			t.Errorf("%s: %q, want %q", set, got, want)
		}
	}
}

// TestTakeContentSets: they are no packages of the report, and count for RPMs of
// Red Hat alone.
func TestTakeContentSets(t *testing.T) {
	for id, want := range map[string]string{"rhel": "openshift:4.12::el8", "almalinux": ""} {
		pkgs := takeContentSets([]landwaiter.ImagePackage{
			{Package: landwaiter.Package{Type: landwaiter.TypeContentSet, Name: "rhocp-4.12-for-rhel-8-x86_64-rpms"}},
			{Package: landwaiter.Package{Type: landwaiter.TypeContentSet, Name: "rhocp-4.12-for-rhel-8-x86_64-rpms"}},
			{Package: landwaiter.Package{Type: "rpm", Name: "oc"}},
			{Package: landwaiter.Package{Type: "npm", Name: "left"}},
		}, landwaiter.OSRelease{ID: id, Version: "8.6"})
		if len(pkgs) != 2 || pkgs[0].Origin != want || pkgs[1].Origin != "" {
			t.Errorf("%s: %+v", id, pkgs)
		}
	}
}
