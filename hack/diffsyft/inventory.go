package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/analyze"
	"github.com/landwaiter/landwaiter/layer"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
)

// inventory returns the packages of the first image of a layout, and how many of
// them belong to a distribution package.
func inventory(ctx context.Context, layout string) (packageSet, int, error) {
	analysers, err := analyze.New(analyze.Options{})
	if err != nil {
		return nil, 0, err
	}
	img, err := open(ctx, layout)
	if err != nil {
		return nil, 0, err
	}
	defer img.Close()
	var reports []*landwaiter.LayerReport
	for i := range img.Describe().Layers {
		blob, err := img.Layer(ctx, i)
		if err != nil {
			return nil, 0, err
		}
		rep, err := analysers.Layer(ctx, blob, []string{landwaiter.AnalyserPackages})
		blob.Close()
		if err != nil {
			return nil, 0, err
		}
		reports = append(reports, rep)
	}
	set, owned := packageSet{}, 0
	merged, err := layer.Merge(ctx, reports)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range merged.Packages {
		set[p.Type+" "+p.Name+" "+p.Version] = true
		if p.Owner != "" {
			owned++
		}
	}
	return set, owned, nil
}

func open(ctx context.Context, layout string) (source.Image, error) {
	src, err := archive.New(layout, archive.Options{})
	if err != nil {
		return nil, err
	}
	defer src.Close()
	var first string
	if err := src.List(ctx, func(r source.Ref) error {
		if first == "" {
			first = r.Locator
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return src.Open(ctx, first)
}

// syftInventory runs syft and returns the packages in its CycloneDX output.
func syftInventory(ctx context.Context, syft string, locks bool, layout string) (packageSet, error) {
	args := []string{"scan", "-q", "-o", "cyclonedx-json", "oci-dir:" + layout}
	if locks {
		args = append(args, "--override-default-catalogers", "image,directory")
	}
	cmd := exec.CommandContext(ctx, syft, args...) //nolint:gosec // the user of this command names the program
	var messages bytes.Buffer
	cmd.Stderr = &messages
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, messages.String())
	}
	var bom struct {
		Components []struct {
			PURL string `json:"purl"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &bom); err != nil {
		return nil, err
	}
	set := packageSet{}
	for _, c := range bom.Components {
		if c.PURL == "" {
			continue // files, and the distribution
		}
		p, err := packageurl.FromString(c.PURL)
		if err != nil {
			return nil, err
		}
		set[normalise(p)] = true
	}
	return set, nil
}

// normalise formats a package URL like a landwaiter.Package.
func normalise(p packageurl.PackageURL) string {
	name, version := p.Name, p.Version
	switch p.Type {
	case "deb", "apk", "alpm":
	case "rpm":
		if epoch := p.Qualifiers.Map()["epoch"]; epoch != "" && epoch != "0" {
			version = epoch + ":" + version
		}
	case "maven":
		name = p.Namespace + ":" + p.Name
	case "pypi":
		name = strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
	default:
		if p.Namespace != "" {
			name = p.Namespace + "/" + p.Name
		}
	}
	if p.Type == "golang" {
		version = strings.TrimPrefix(strings.TrimPrefix(version, "v"), "go")
	}
	return p.Type + " " + name + " " + version
}
