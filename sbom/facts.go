package sbom

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/history"
)

// Flag returns the text of a boolean property: "true", or "" to leave it out. SARIF
// uses it, too.
func Flag(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// Probability returns the text of a property: a number up to 1, or "" to leave out 0,
// which means unknown.
func Probability(p float64) string {
	if p == 0 {
		return ""
	}
	return strconv.FormatFloat(p, 'f', -1, 64)
}

// The names of the facts that are written.
const (
	factPrefix = "landwaiter:"

	// Of a package.
	factLayer = factPrefix + "layer" // diffID; every package has it, which shows that Landwaiter wrote the document
	factPath  = factPrefix + "path"
	factDev   = factPrefix + "dev"
	factOwner = factPrefix + "owner" // the distribution's package that it belongs to
	// factAlone marks one that is judged by itself although it has an owner,
	// which is not one of the distribution's own packages.
	factAlone  = factPrefix + "judgedAlone"
	factOrigin = factPrefix + "origin" // where it comes from, if not from the public registry

	// Of the image.
	factImageID        = factPrefix + "imageID"
	factName           = factPrefix + "name"
	factManifestDigest = factPrefix + "manifestDigest"
	factRepoDigest     = factPrefix + "repoDigest"
	factDiffID         = factPrefix + "diffID"      // one for each layer, bottom first
	factInstruction    = factPrefix + "instruction" // likewise, the step that made it; of a finding, that of its layer
	factBaseLayers     = factPrefix + "baseLayers"  // how many of the bottom layers belong to the base image
	factBaseID         = factPrefix + "baseImageID"
	factBaseName       = factPrefix + "baseName"

	// Of the operating system: the fields of os-release except ID and VERSION_ID.
	factCodename   = factPrefix + "codename"
	factPrettyName = factPrefix + "prettyName"
	factIDLike     = factPrefix + "idLike"
	factVariantID  = factPrefix + "variantID"
)

// Fields of the formats themselves that are kept as facts while they are read.
const (
	factSourceInfo = "sourceInfo" // of SPDX
	factOccurrence = "occurrence" // evidence.occurrences[].location of CycloneDX
)

type fact struct{ name, value string }

func packageFacts(p landwaiter.ImagePackage) []fact {
	facts := []fact{{factLayer, p.Layer}}
	if p.Path != "" {
		facts = append(facts, fact{factPath, p.Path})
	}
	if p.Dev {
		facts = append(facts, fact{factDev, "true"})
	}
	if p.Owner != "" {
		facts = append(facts, fact{factOwner, p.Owner})
		if p.Ecosystem != "" {
			facts = append(facts, fact{factAlone, "true"})
		}
	}
	if p.Origin != "" {
		facts = append(facts, fact{factOrigin, p.Origin})
	}
	return facts
}

func imageFacts(r *landwaiter.Report) []fact {
	facts := []fact{{factImageID, r.ID}}
	if r.ManifestDigest != "" {
		facts = append(facts, fact{factManifestDigest, r.ManifestDigest})
	}
	for _, name := range r.Names {
		facts = append(facts, fact{factName, name})
	}
	for _, digest := range r.RepoDigests {
		facts = append(facts, fact{factRepoDigest, digest})
	}
	steps := history.Layers(r.Image)
	for _, l := range r.Layers {
		facts = append(facts, fact{factDiffID, l.DiffID})
		if steps != nil {
			facts = append(facts, fact{factInstruction, steps[l.DiffID]})
		}
	}
	return append(facts, baseFacts(r.Base)...)
}

func baseFacts(b landwaiter.Base) []fact {
	if b.Layers == 0 {
		return nil
	}
	facts := []fact{{factBaseLayers, strconv.Itoa(b.Layers)}}
	if b.ImageID != "" {
		facts = append(facts, fact{factBaseID, b.ImageID})
	}
	for _, name := range b.Names {
		facts = append(facts, fact{factBaseName, name})
	}
	return facts
}

func systemFacts(os landwaiter.OSRelease) []fact {
	var facts []fact
	for _, f := range []fact{
		{factCodename, os.Codename}, {factPrettyName, os.Name}, {factIDLike, os.IDLike}, {factVariantID, os.VariantID},
	} {
		if f.value != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

// system reads the entry of an operating system.
func (e *entry) system() landwaiter.OSRelease {
	id := e.first("syft:distro:id")
	if id == "" {
		id = systemID(e.name)
	}
	return landwaiter.OSRelease{
		ID: id, Version: cmp.Or(e.first("syft:distro:versionID"), e.version),
		Codename:  e.first(factCodename, "syft:distro:versionCodename"),
		Name:      e.first(factPrettyName, "syft:distro:prettyName"),
		IDLike:    e.first(factIDLike, "syft:distro:idLike:0"),
		VariantID: e.first(factVariantID, "syft:distro:variantID"),
	}
}

// describe reads the entry of the image. Its version is the image ID if Landwaiter
// wrote it, and the manifest digest if syft did.
func (e *entry) describe(img *landwaiter.Image) {
	_, own := e.facts[factImageID]
	img.ID = sha256Digest(e.first(factImageID, "aquasecurity:trivy:ImageID", "ImageID"))
	img.ManifestDigest = sha256Digest(e.first(factManifestDigest))
	img.Names = e.all(factName, "aquasecurity:trivy:RepoTag", "RepoTag")
	if !own {
		img.ManifestDigest = sha256Digest(e.version)
		if len(img.Names) == 0 && e.name != "" {
			img.Names = []string{e.name}
		}
	}
	img.RepoDigests = e.all(factRepoDigest, "aquasecurity:trivy:RepoDigest", "RepoDigest")
	img.Layers = nil
	for _, id := range e.all(factDiffID, "aquasecurity:trivy:DiffID", "DiffID") {
		img.Layers = append(img.Layers, landwaiter.LayerRef{DiffID: sha256Digest(id)})
	}
	img.Config.History = nil
	if steps := e.all(factInstruction); len(steps) == len(img.Layers) {
		for _, step := range steps {
			img.Config.History = append(img.Config.History, landwaiter.History{CreatedBy: step})
		}
	}
}

// base reads the base image from the entry of an image.
func (e *entry) base(layers int) landwaiter.Base {
	n, err := strconv.Atoi(e.first(factBaseLayers))
	if err != nil || n <= 0 || n > layers {
		return landwaiter.Base{}
	}
	return landwaiter.Base{ImageID: sha256Digest(e.first(factBaseID)), Names: e.all(factBaseName), Layers: n}
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// sha256Digest returns a digest as it is, and "" for anything else.
func sha256Digest(s string) string {
	if !digestPattern.MatchString(s) {
		return ""
	}
	return s
}

// all returns the values of the first fact that exists.
func (e *entry) all(names ...string) []string {
	for _, name := range names {
		if values := e.facts[name]; len(values) > 0 {
			return values
		}
	}
	return nil
}

// families maps the names of distributions in other tools to the IDs of os-release.
// Trivy's are in its documentation of supported operating systems.
var families = map[string]string{
	"alma": "almalinux", "amazon": "amzn", "oracle": "ol", "redhat": "rhel", "opensuse.leap": "opensuse-leap",
	"opensuse.tumbleweed": "opensuse-tumbleweed", "suse linux enterprise server": "sles",
	"suse linux enterprise micro": "sle-micro", "cbl-mariner": "mariner",
}

func systemID(name string) string {
	lower := strings.ToLower(name)
	if id, ok := families[lower]; ok {
		return id
	}
	return name
}

// distroOf returns the distribution that a package URL names. The qualifier is
// "debian-12" (syft), "3.19.1" (Trivy, for Alpine) or "bookworm" (Debian itself).
func distroOf(namespace, distro string) landwaiter.OSRelease {
	if namespace == "" {
		namespace, _, _ = strings.Cut(distro, "-")
	}
	os := landwaiter.OSRelease{ID: systemID(namespace)}
	if distro == "" {
		return os
	}
	i := strings.LastIndexByte(distro, '-')
	switch {
	case i > 0 && startsWithDigit(distro[i+1:]):
		os.ID, os.Version = systemID(distro[:i]), distro[i+1:]
	case startsWithDigit(distro):
		os.Version = distro
	case os.ID == "debian":
		os.Codename = strings.TrimPrefix(distro, "debian-")
	default:
		os.ID = systemID(distro)
	}
	return os
}

func startsWithDigit(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }
