package landwaiter

import (
	"slices"
	"testing"
)

func TestStream(t *testing.T) {
	for ecosystem, want := range map[string]string{
		"Debian:12":                                          "Debian:12",
		"Debian":                                             "Debian",
		"npm":                                                "npm",
		"Ubuntu:22.04:LTS":                                   "Ubuntu:22.04",
		"Ubuntu:Pro:22.04:LTS":                               "Ubuntu:22.04",
		"Ubuntu:Pro:FIPS-updates:22.04:LTS":                  "Ubuntu:22.04:FIPS",
		"Ubuntu:Pro:Realtime:22.04:LTS":                      "Ubuntu:Pro:Realtime:22.04:LTS",
		"Red Hat:enterprise_linux:9":                         "Red Hat:9",
		"Red Hat:enterprise_linux:9::baseos":                 "Red Hat:9",
		"Red Hat:rhel_eus:9.2::appstream":                    "Red Hat:rhel_eus:9.2::appstream",
		"SUSE:Linux Enterprise Server 15 SP6":                "SUSE:15 SP6",
		"SUSE:Linux Enterprise Module for X 15 SP6":          "SUSE:15 SP6",
		"SUSE:Linux Enterprise Server 15 SP3-LTSS":           "SUSE:15 SP3",
		"SUSE:Linux Enterprise Micro 5.5":                    "SUSE:Micro 5.5",
		"SUSE:Linux Micro 6.0":                               "SUSE:Linux Micro 6.0",
		"openSUSE:Leap Micro 5.5":                            "openSUSE:Leap Micro 5.5",
		"SUSE:Manager Server 4.3":                            "SUSE:Manager Server 4.3",
		"Packagist:https://packages.drupal.org/8":            "Packagist",
		"Maven:https://repo.spring.io/artifactory/milestone": "Maven",
	} {
		if got := Stream(ecosystem); got != want {
			t.Errorf("%s: %q, want %q", ecosystem, got, want)
		}
	}
}

func TestAdvisoryEcosystems(t *testing.T) {
	for ecosystem, want := range map[string][]string{
		"":                                    nil,
		"npm":                                 {"npm"},
		"Debian:12":                           {"Debian:12", "Debian"},
		"Ubuntu:22.04:LTS":                    {"Ubuntu:22.04", "Ubuntu"},
		"Red Hat:enterprise_linux:9":          {"Red Hat:9", "Red Hat"},
		"SUSE:Linux Enterprise Server 15 SP6": {"SUSE:15 SP6", "SUSE"},
		"Maven:https://repo.spring.io/x":      {"Maven"},
	} {
		if got := AdvisoryEcosystems(ecosystem); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", ecosystem, got, want)
		}
	}
}
