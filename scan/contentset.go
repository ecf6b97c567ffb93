package scan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// The repositories of Red Hat's products, by their content sets. What Red Hat's
// errata call the products is the end of a CPE
// (https://security.access.redhat.com/data/metrics/repository-to-cpe.json).
var (
	// supportSet is a repository of a minor release with longer support:
	// rhel-8-for-x86_64-baseos-eus-rpms__8_DOT_6.
	supportSet = regexp.MustCompile(
		`^rhel-(\d+)-for-[a-z0-9_]+-(baseos|appstream|highavailability|resilientstorage|nfv|rt|crb)-` +
			`(eus|e4s|aus|tus)-rpms(?:__(\d+)_DOT_(\d+))?$`)
	// productSet is a repository of a layered product:
	// rhocp-4.12-for-rhel-8-x86_64-rpms.
	productSet = regexp.MustCompile(`^([a-z-]+?)-(\d+(?:\.\d+)*)-for-rhel-(\d+)-[a-z0-9_]+-rpms$`)
	// oldOpenShift is one of OpenShift for RHEL 7: rhel-7-server-ose-4.6-rpms.
	oldOpenShift = regexp.MustCompile(`^rhel-7-[a-z-]*server-ose-(\d+\.\d+)-rpms$`)
)

// products are the names of layered products in CPEs, by those in content sets.
var products = map[string]string{
	"rhocp": "openshift", "rhocp-ironic": "openshift_ironic", "satellite": "satellite",
	"ansible-automation-platform": "ansible_automation_platform", "openstack": "openstack",
	"jb-eap": "jboss_enterprise_application_platform", "rhacm": "acm", "cnv": "container_native_virtualization",
}

// takeContentSets removes the content sets from what was found in an image, and
// gives its RPMs the products that they stand for.
func takeContentSets(pkgs []landwaiter.ImagePackage, os landwaiter.OSRelease) []landwaiter.ImagePackage {
	var cpes []string
	pkgs = slices.DeleteFunc(pkgs, func(p landwaiter.ImagePackage) bool {
		if p.Type != landwaiter.TypeContentSet {
			return false
		}
		if cpe := productOf(p.Name, os.Version); cpe != "" {
			cpes = append(cpes, cpe)
		}
		return true
	})
	if len(cpes) == 0 || os.ID != "rhel" {
		return pkgs
	}
	slices.Sort(cpes)
	origin := strings.Join(slices.Compact(cpes), " ")
	for i := range pkgs {
		if pkgs[i].Type == "rpm" {
			pkgs[i].Origin = origin
		}
	}
	return pkgs
}

// productOf returns the end of the CPE of a content set, "" for the main line of
// RHEL and for products that are not known. The repositories of a minor release
// may not say which; it is then the image's.
func productOf(set, release string) string {
	if m := supportSet.FindStringSubmatch(set); m != nil {
		version := m[4] + "." + m[5]
		if m[4] == "" {
			version = release
		}
		return "rhel_" + m[3] + ":" + version + "::" + m[2]
	}
	if m := productSet.FindStringSubmatch(set); m != nil && products[m[1]] != "" {
		return products[m[1]] + ":" + m[2] + "::el" + m[3]
	}
	if m := oldOpenShift.FindStringSubmatch(set); m != nil {
		return "openshift:" + m[1] + "::el7"
	}
	return ""
}
