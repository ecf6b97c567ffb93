package packages

import (
	"context"
	"io"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxOSRelease bounds the file; real ones are below 1 KiB.
	maxOSRelease = 64 << 10
	// maxOSFiles bounds the candidates kept for a layer; a layer has three.
	maxOSFiles = 32
	// maxOSLinks bounds the links followed: Fedora has two in a row.
	maxOSLinks = 5
)

// parseOSRelease reads the format of os-release(5): shell assignments, one a
// line, with single, double or no quotes. The zero value means it has no ID.
func parseOSRelease(data []byte) landwaiter.OSRelease {
	var os landwaiter.OSRelease
	for line := range strings.Lines(string(data[:min(len(data), maxOSRelease)])) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok {
			continue
		}
		if value = unquote(value); !plausible(value) {
			continue
		}
		switch key {
		case "ID":
			os.ID = strings.ToLower(value)
		case "VERSION_ID":
			os.Version = value
		case "VERSION_CODENAME":
			os.Codename = value
		case "PRETTY_NAME":
			os.Name = value
		case "ID_LIKE":
			os.IDLike = value
		case "VARIANT_ID":
			os.VariantID = value
		}
	}
	if os.ID == "" {
		return landwaiter.OSRelease{}
	}
	return os
}

// unquote removes the quotes of a shell word, and backslashes within double ones.
func unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || (s[0] != '"' && s[0] != '\'') {
		return s
	}
	inner := s[1 : len(s)-1]
	if s[0] == '\'' || !strings.Contains(inner, `\`) {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}

// parseLegacyRelease reads the files of distributions older than os-release:
// one line such as "3.11.5", "9.13" or "CentOS release 6.10 (Final)".
func parseLegacyRelease(name string, data []byte) landwaiter.OSRelease {
	line, _, _ := strings.Cut(string(data[:min(len(data), 256)]), "\n")
	line = strings.TrimSpace(line)
	if !plausible(line) {
		return landwaiter.OSRelease{}
	}
	switch name {
	case "alpine-release":
		return landwaiter.OSRelease{ID: "alpine", Version: line, Name: "Alpine Linux " + line}
	case "debian_version":
		// Advisories and os-release speak of the major version; a name such as
		// "bookworm/sid" is also what Ubuntu writes here.
		major, _, _ := strings.Cut(line, ".")
		if !isNumber(major) {
			return landwaiter.OSRelease{}
		}
		return landwaiter.OSRelease{ID: "debian", Version: major, Name: "Debian GNU/Linux " + line}
	case "redhat-release", "centos-release":
		return parseRedHatRelease(line)
	}
	return landwaiter.OSRelease{}
}

func parseRedHatRelease(line string) landwaiter.OSRelease {
	product, rest, ok := strings.Cut(line, " release ")
	if !ok {
		return landwaiter.OSRelease{}
	}
	version, _, _ := strings.Cut(rest, " ")
	ids := map[string]string{
		"CentOS": "centos", "Red": "rhel", "Fedora": "fedora", "Rocky": "rocky", "AlmaLinux": "almalinux", "Oracle": "ol",
	}
	first, _, _ := strings.Cut(product, " ")
	if ids[first] == "" || !isNumber(strings.ReplaceAll(version, ".", "")) {
		return landwaiter.OSRelease{}
	}
	return landwaiter.OSRelease{ID: ids[first], Version: version, Name: line}
}

func isNumber(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// readOSRelease reads a file that names the distribution.
func readOSRelease(_ context.Context, in input) ([]landwaiter.Package, error) {
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, min(in.Size, maxOSRelease)))
	in.collector.os.file(in.Path, data)
	return nil, err
}

func linkOSRelease(c *Collector, at, target string) error {
	c.os.link(at, target)
	return nil
}

// osFinder gathers the release files of one layer, and the links to them.
type osFinder struct {
	files map[string]landwaiter.OSRelease
	links map[string]string
}

// osPaths are the places where the distribution is named, best first.
var osPaths = []string{
	"etc/os-release", "usr/lib/os-release",
	"etc/alpine-release", "etc/centos-release", "etc/redhat-release", "etc/debian_version",
}

func (o *osFinder) file(p string, data []byte) {
	if len(o.files) == maxOSFiles {
		return
	}
	var os landwaiter.OSRelease
	if base := path.Base(p); strings.HasPrefix(base, "os-release") {
		os = parseOSRelease(data)
	} else {
		os = parseLegacyRelease(base, data)
	}
	if os.ID == "" {
		return
	}
	if o.files == nil {
		o.files = map[string]landwaiter.OSRelease{}
	}
	o.files[p] = os
}

func (o *osFinder) link(p, target string) {
	if len(o.links) == maxOSFiles {
		return
	}
	if o.links == nil {
		o.links = map[string]string{}
	}
	o.links[p] = target
}

// find returns the best release file and its path, links followed within the layer.
func (o *osFinder) find() (landwaiter.OSRelease, string) {
	for _, p := range osPaths {
		for range maxOSLinks {
			if os, ok := o.files[p]; ok {
				return os, p
			}
			target, ok := o.links[p]
			if !ok {
				break
			}
			p = target
		}
	}
	return landwaiter.OSRelease{}, ""
}
