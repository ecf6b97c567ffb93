package packages

import (
	"path"
	"slices"
	"strings"
)

// javaArchive is what one archive says of itself, and of what was shaded into
// it.
type javaArchive struct {
	file      string        // its path
	poms      []coordinates // of pom.properties
	manifests []coordinates // whole ones, in any directory
	main      []coordinates // of META-INF/MANIFEST.MF, if it is whole
	told      coordinates   // of META-INF/MANIFEST.MF, whole or not
	module    string        // its Automatic-Module-Name
	tomcat    bool          // it is of Tomcat
	xmls      int           // pom.xml files
	described map[string]bool
}

// describe takes note of a directory with a pom.properties.
func (j *javaArchive) describe(dir string) {
	if j.described == nil {
		j.described = map[string]bool{}
	}
	j.described[dir] = true
}

func (j *javaArchive) manifest(m *manifestReader, main bool) {
	c := m.coordinates()
	if main && j.told == (coordinates{}) {
		j.told, j.module = c, m.get("automatic-module-name")
		j.tomcat = m.get("implementation-title") == tomcatTitle
	}
	if c.group == "" || c.artifact == "" || c.version == "" {
		return
	}
	j.manifests = append(j.manifests, c)
	if main && j.main == nil {
		j.main = []coordinates{c}
	}
}

// packages are those that the archive is, or holds. Without pom.properties they
// are guessed. When all of these are of others that were shaded into it, as
// guice.jar has those of cglib alone, the archive itself is guessed, too.
func (j *javaArchive) packages() []coordinates {
	switch {
	case len(j.poms) == 0:
		return j.guess(j.manifests)
	case j.namedFile():
		return j.poms
	}
	own := slices.DeleteFunc(j.guess(j.main), func(guessed coordinates) bool {
		return slices.ContainsFunc(j.poms, guessed.means)
	})
	return append(own, j.poms...)
}

// namedFile reports whether one of the packages is called like the archive.
func (j *javaArchive) namedFile() bool {
	return slices.ContainsFunc(j.poms, func(c coordinates) bool { return j.isNamed(c.artifact) })
}

// isNamed reports whether the archive is called like an artifact, as lib.jar and
// lib-1.0.jar are like "lib".
func (j *javaArchive) isNamed(artifact string) bool {
	rest, ok := strings.CutPrefix(path.Base(j.file), artifact)
	return ok && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "."))
}

// means reports whether guessed coordinates mean what pom.properties name: a
// jar that was renamed has the group in its manifest, often with more behind it.
func (c coordinates) means(exact coordinates) bool {
	return c.artifact == exact.artifact || strings.HasPrefix(c.group+".", exact.group+".")
}

// guess takes the coordinates from the name of the file, if it has a version,
// with the group of the one manifest; or else from the manifests. Old libraries
// have the artifact as their group, as in commons-io:commons-io.
func (j *javaArchive) guess(manifests []coordinates) []coordinates {
	base := path.Base(j.file)
	name, version := fileVersion(base)
	if j.tomcat && version == "" && j.told.version != "" {
		return []coordinates{ofTomcat(base, j.told.version)}
	}
	guessed := manifests
	switch {
	case version != "":
		guessed = []coordinates{{group: j.groupOf(name, manifests), artifact: name, version: version}}
	case j.told.version != "" && knownGroup(name, j.told.version) != "":
		guessed = []coordinates{{artifact: name, version: j.told.version}}
	}
	for i := range guessed {
		guessed[i] = guessed[i].known(base)
	}
	return guessed
}

// groupOf guesses the group of an artifact that the file names.
func (j *javaArchive) groupOf(artifact string, manifests []coordinates) string {
	group := artifact
	if dot := strings.LastIndexByte(artifact, '.'); dot > 0 { // org.apache.felix.framework
		group = strings.ToLower(artifact[:dot])
	}
	told := ""
	if len(manifests) == 1 {
		told = manifests[0].group
	}
	switch {
	case told != "" && strings.Contains(told, "."):
		return withoutArtifact(told, artifact)
	case isDomain(j.module):
		return withoutModule(j.module, artifact)
	case told != "" && told != artifact:
		return told
	}
	return group
}

// isDomain reports whether a name begins as reversed domains do. Modules may be
// called "spring.core".
func isDomain(name string) bool {
	first, _, ok := strings.Cut(name, ".")
	return ok &&
		(len(first) == 2 || slices.Contains([]string{"com", "org", "net", "edu", "gov", "dev", "app", "info"}, first))
}

// withoutArtifact removes the artifact from the end of a group: the symbolic name
// of a bundle is often GROUP.ARTIFACT or GROUP-ARTIFACT.
func withoutArtifact(group, artifact string) string {
	rest, ok := strings.CutSuffix(group, strings.ToLower(artifact))
	if short := strings.TrimRight(rest, ".-"); ok && len(short) < len(rest) && strings.Contains(short, ".") {
		return short
	}
	return group
}

// withoutModule makes a group of the name of a module: the last part of the name
// is often a word of the artifact, as in org.lz4.java of lz4-java.
func withoutModule(module, artifact string) string {
	dot := strings.LastIndexByte(module, '.')
	words := "-" + strings.NewReplacer(".", "-", "_", "-").Replace(artifact) + "-"
	if strings.Count(module, ".") > 1 && strings.Contains(words, "-"+module[dot+1:]+"-") {
		return module[:dot]
	}
	return module
}
