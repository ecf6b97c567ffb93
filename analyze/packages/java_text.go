package packages

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	// maxPOM bounds a pom.properties, which has three lines and some comments.
	maxPOM = 64 << 10
	// maxJavaManifest bounds a manifest. Those of signed archives have a digest
	// of each class.
	maxJavaManifest = 4 << 20
)

// coordinates are what Maven calls a package by.
type coordinates struct{ group, artifact, version string }

func (c coordinates) pkg(path string) (landwaiter.Package, bool) {
	p := landwaiter.Package{
		Type: "maven", Ecosystem: ecosystem("maven"), Name: c.group + ":" + c.artifact, Version: c.version, Path: path,
	}
	return p, c.group != "" && c.artifact != "" && plausiblePackage(&p)
}

// pomReader takes the lines of a pom.properties: key=value, one for each
// coordinate.
type pomReader struct{ coordinates }

func (p *pomReader) line(line []byte, cut bool) error {
	key, value, ok := bytes.Cut(line, []byte{'='})
	if !ok || cut {
		return nil
	}
	switch v := cutField(bytes.TrimSpace(value)); string(bytes.TrimSpace(key)) {
	case "groupId":
		p.group = v
	case "artifactId":
		p.artifact = v
	case "version":
		p.version = v
	}
	return nil
}

// valid reports whether nothing is missing, or a placeholder with spaces.
func (c coordinates) valid() bool {
	for _, s := range [...]string{c.group, c.artifact, c.version} {
		if s == "" || strings.Contains(s, " ") {
			return false
		}
	}
	return true
}

// The attributes of a manifest that may tell the coordinates, the better first.
// Whoever builds a jar fills in what he likes.
var (
	groupAttributes = []string{
		"bundle-symbolicname", "extension-name", "specification-vendor", "implementation-vendor", "implementation-vendor-id",
		"implementation-title", "bundle-activator", "automatic-module-name", "main-class", "package",
	}
	artifactAttributes = []string{
		"name", "implementation-title", "specification-title", "bundle-name", "short-name", "extension-name",
	}
	versionAttributes  = []string{"implementation-version", "specification-version", "plugin-version", "bundle-version"}
	manifestAttributes = attributes(groupAttributes, artifactAttributes, versionAttributes, []string{"created-by"})
)

// maxAttribute is longer than the longest name of an attribute.
const maxAttribute = 32

func attributes(lists ...[]string) map[string]bool {
	all := map[string]bool{}
	for _, list := range lists {
		for _, name := range list {
			all[name] = true
		}
	}
	return all
}

// manifestReader takes the lines of a manifest: "Name: value", or a space and
// more of the value before
// (https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html). Of an
// attribute that comes again, the first counts. The main section ends at the first
// empty line; those of classes and packages follow.
type manifestReader struct {
	values  map[string]string // of the main section
	more    map[string]string // of the others
	current *map[string]string
	last    string // the attribute that a line may continue; "" for none of ours
}

func (m *manifestReader) line(line []byte, cut bool) error {
	if m.current == nil {
		m.current = &m.values
	}
	if len(line) == 0 {
		if m.values != nil {
			m.current, m.last = &m.more, ""
		}
		return nil
	}
	if line[0] == ' ' {
		if value := (*m.current)[m.last]; m.last != "" && len(value) <= maxField {
			(*m.current)[m.last] = value + cutField(line[1:])
		}
		return nil
	}
	m.last = ""
	name, value, ok := bytes.Cut(line, []byte{':'})
	if !ok || cut || len(name) > maxAttribute {
		return nil
	}
	key := strings.ToLower(string(name))
	if _, again := (*m.current)[key]; again || !manifestAttributes[key] {
		return nil
	}
	if *m.current == nil {
		*m.current = map[string]string{}
	}
	(*m.current)[key], m.last = cutField(bytes.TrimLeft(value, " ")), key
	return nil
}

// get returns an attribute of the main section. Where that has no version, as
// archives built with Ant often have it, the other sections count, too.
func (m *manifestReader) get(name string) string {
	value := strings.TrimSpace(m.values[name])
	if value == "" && !m.hasVersion() {
		value = strings.TrimSpace(m.more[name])
	}
	return value
}

func (m *manifestReader) hasVersion() bool {
	for _, name := range versionAttributes {
		if strings.TrimSpace(m.values[name]) != "" {
			return true
		}
	}
	return false
}

// coordinates are those that the manifest tells.
func (m *manifestReader) coordinates() coordinates {
	c := coordinates{group: m.group(), artifact: m.artifact()}
	for _, name := range versionAttributes {
		if v := m.get(name); v != "" {
			c.version, _, _ = strings.Cut(v, " ") // what follows is a build or a date
			break
		}
	}
	return c
}

func (m *manifestReader) group() string {
	for _, name := range groupAttributes {
		v := m.get(name)
		if name == "implementation-title" { // "org.elasticsearch#server;8.14.3"
			v = firstDomain(v)
		}
		if v != "" && !strings.Contains(v, " ") && !strings.Contains(v, "://") {
			v, _, _ = strings.Cut(strings.ToLower(v), ";") // "org.x;singleton:=true"
			return strings.Trim(strings.ReplaceAll(v, "/", "."), ".")
		}
	}
	return ""
}

// firstDomain is the first part of a text that looks like a domain.
func firstDomain(s string) string {
	in := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
	}
	start := strings.IndexFunc(s, in)
	if start < 0 {
		return ""
	}
	s = s[start:]
	if end := strings.IndexFunc(s, func(r rune) bool { return !in(r) }); end >= 0 {
		s = s[:end]
	}
	return s
}

func (m *manifestReader) artifact() string {
	symbolic := m.get("bundle-symbolicname")
	last := symbolic[strings.LastIndexByte(symbolic, '.')+1:]
	if m.get("created-by") == "Apache Maven Bundle Plugin" && isArtifact(last) {
		return last
	}
	if m.get("name") == "org/apache/axis" {
		return "axis"
	}
	for _, name := range artifactAttributes {
		if v := m.get(name); isArtifact(v) && !strings.Contains(v, "/") {
			return v
		}
	}
	return ""
}

// isArtifact refuses sentences and placeholders: "${bundleName}", "%pluginName".
func isArtifact(s string) bool {
	return s != "" && !strings.Contains(s, " ") && s[0] != '$' && s[0] != '%'
}

// fileVersion splits the name of an archive: "guava-31.1-jre.jar", also
// "name_1.0.jar" and "name.1.0.jar". The version is "" when it has none.
func fileVersion(base string) (name, version string) {
	if dot := strings.LastIndexByte(base, '.'); dot >= 0 {
		base = base[:dot]
	}
	for i := range len(base) {
		if base[i] == '-' && isFileVersion(base[i+1:]) {
			return base[:i], withoutClassifier(base[i+1:])
		}
	}
	for _, separator := range []string{"_", "."} {
		if name, version, ok := strings.Cut(base, separator); ok && isFileVersion(version) {
			return name, withoutClassifier(version)
		}
	}
	return base, ""
}

// classifier is what Maven and others put behind the version: which of the
// archives of a release it is, or for which platform.
var classifier = regexp.MustCompile(
	`-(?:bin|all|dist|full|fat|uber|shaded|standalone|sources|javadoc|tests|test-sources|` +
		`jar-with-dependencies|with-dependencies|no_aop|exec|boot|client|runtime|` +
		`(?:linux|osx|darwin|windows|win|macos|mac|freebsd)(?:[-_.]` +
		`(?:x86_64|x86_32|x86|x64|amd64|i386|aarch_64|aarch64|arm64|arm32|arm|ppcle_64|s390_64|riscv64|fedora))*)$`,
)

// withoutClassifier removes it from "5.1.40-bin" and "4.1.100.Final-linux-x86_64".
func withoutClassifier(version string) string {
	if at := classifier.FindStringIndex(version); at != nil && at[0] > 0 {
		return version[:at[0]]
	}
	return version
}

// isFileVersion knows "1.0", "build12", "r12", "rc1".
func isFileVersion(s string) bool {
	isDigit := func(i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
	if isDigit(0) || strings.HasPrefix(s, "build") && isDigit(5) {
		return true
	}
	at := 1
	if strings.HasPrefix(s, "rc") {
		at = 2
	}
	if !strings.HasPrefix(s, "r") || !isDigit(at) {
		return false
	}
	for isDigit(at) {
		at++
	}
	letter := at < len(s) && (s[at]|0x20 >= 'a' && s[at]|0x20 <= 'z')
	return !letter
}
