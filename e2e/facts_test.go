package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter/tcss"
)

// facts are the rows about an image in the lists of the API, one line each.
type facts struct {
	OS         string
	Vulns      []string // flaw, component, version, fix, level
	Viruses    []string // path, level, tags
	Risks      []string // level, behaviour, type, beginning of the text
	Components []string // name, version, type, count of flaws
}

const (
	rootUser      = "level 2 behaviour 1 type 2: The image runs as root"
	noHealthcheck = "level 1 behaviour 4 type 2: The image has no health check"
)

// fleetFacts are the facts of the fleet.
var fleetFacts = [...]facts{
	fleetBase: {
		OS:         "debian:12",
		Vulns:      []string{"CVE-2099-1001 libfleet3 3.0.1-1 fixed 3.0.9-1 level 4"},
		Risks:      []string{noHealthcheck, rootUser},
		Components: []string{"fleetsh 5.2-1 SYSTEM_COMPONENT 0", "libfleet3 3.0.1-1 SYSTEM_COMPONENT 1"},
	},
	fleetWeb: {
		OS: "debian:12",
		Vulns: []string{
			"CVE-2099-1001 libfleet3 3.0.1-1 fixed 3.0.9-1 level 4",
			"CVE-2099-1002 fleet-template 1.2.0 fixed 1.2.4 level 2",
		},
		Viruses: []string{"/app/upload/eicar.com level 3 [eicar present]"},
		Risks: []string{
			noHealthcheck, rootUser,
			"level 3 behaviour 3 type 1: /app/tls/server.key:1: A private key",
			"level 3 behaviour 3 type 2: An environment variable contains a secret (DB_PASSWORD)",
		},
		Components: []string{
			"fleet-template 1.2.0 WEB_COMPONENT 1", "fleetsh 5.2-1 SYSTEM_COMPONENT 0",
			"libfleet3 3.0.1-1 SYSTEM_COMPONENT 1",
		},
	},
	fleetWorker: {
		OS: "debian:12",
		Vulns: []string{
			"CVE-2099-1001 libfleet3 3.0.1-1 fixed 3.0.9-1 level 4",
			"CVE-2099-1003 fleet-http 2.0 fixed 2.1 level 2",
		},
		Viruses: []string{"/tmp/eicar.com level 3 [eicar hidden]"},
		Risks:   []string{noHealthcheck},
		Components: []string{
			"fleet-http 2.0 WEB_COMPONENT 1", "fleetsh 5.2-1 SYSTEM_COMPONENT 0",
			"libfleet3 3.0.1-1 SYSTEM_COMPONENT 1",
		},
	},
	fleetClean: {
		OS:         "alpine:3.99.0",
		Components: []string{"fleet-libc 1.3-r0 SYSTEM_COMPONENT 0"},
	},
}

// checkImage compares everything that the API returns about an image with the
// expected facts.
func checkImage(t *testing.T, s session, im tcss.ImagesInfo, want facts) {
	t.Helper()
	id := params{"ImageID": im.ImageID}
	got := facts{OS: im.OsName}
	for _, v := range ask[tcss.DescribeAssetImageVulListResponse](t, s, "DescribeAssetImageVulList", id).List {
		got.Vulns = append(got.Vulns, fmt.Sprint(v.CVEID, " ", v.Component, " ", v.Version, " fixed ", v.FixedVersions,
			" level ", v.Level))
	}
	for _, v := range ask[tcss.DescribeAssetImageVirusListResponse](t, s, "DescribeAssetImageVirusList", id).List {
		got.Viruses = append(got.Viruses, fmt.Sprint(v.Path, " level ", v.RiskLevel, " ", v.Tags))
	}
	for _, k := range ask[tcss.DescribeAssetImageRiskListResponse](t, s, "DescribeAssetImageRiskList", id).List {
		text, _, _ := strings.Cut(k.Desc, ". ")
		got.Risks = append(got.Risks, fmt.Sprint("level ", k.Level, " behaviour ", k.Behavior, " type ", k.Type, ": ",
			text))
	}
	for _, c := range ask[tcss.DescribeImageComponentListResponse](t, s, "DescribeImageComponentList", id).List {
		got.Components = append(got.Components, fmt.Sprint(c.Name, " ", c.Version, " ", c.Type, " ", c.VulCount))
	}
	for _, list := range [][]string{got.Vulns, got.Viruses, got.Risks, got.Components} {
		slices.Sort(list)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got:\n%s", im.ImageName, d)
	}
	checkCounts(t, s, im, want)
}

// checkCounts compares the counts of the list and the detail with the findings.
func checkCounts(t *testing.T, s session, im tcss.ImagesInfo, want facts) {
	t.Helper()
	d := ask[tcss.DescribeAssetImageDetailResponse](t, s, "DescribeAssetImageDetail", params{"ImageID": im.ImageID})
	if d.ImageName != im.ImageName || d.OsName != want.OS || d.Architecture != "amd64" || d.Status != 2 ||
		d.ScanVulProgress != 100 {
		t.Errorf("detail %+v", d)
	}
	secrets := 0 // RiskCnt counts sensitive data, as the API documents it
	for _, risk := range want.Risks {
		if strings.Contains(risk, "behaviour 3") {
			secrets++
		}
	}
	type counts struct{ Vulns, Viruses, Risks, Sensitive, Components int }
	got := counts{int(d.VulCnt), int(d.VirusCnt), int(d.RiskCnt), int(d.SensitiveInfoCnt), int(im.ComponentCnt)}
	wanted := counts{len(want.Vulns), len(want.Viruses), secrets, secrets, len(want.Components)}
	if d := cmp.Diff(wanted, got); d != "" {
		t.Errorf("%s: -want +got:\n%s", im.ImageName, d)
	}
	if im.VulCnt != d.VulCnt || im.VirusCnt != d.VirusCnt || im.ScanStatus != "SCANNED" || im.IsAuthorized != 1 {
		t.Errorf("list %+v", im)
	}
}
