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
}

func (j *javaArchive) manifest(c coordinates, main bool) {
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

// namedFile reports whether one of the packages is called like the archive: as
// "org.x:lib" is in lib.jar and lib-1.0.jar.
func (j *javaArchive) namedFile() bool {
	base := path.Base(j.file)
	return slices.ContainsFunc(j.poms, func(c coordinates) bool {
		rest, ok := strings.CutPrefix(base, c.artifact)
		return ok && (strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "."))
	})
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
	guessed := manifests
	if name, version := fileVersion(base); version != "" {
		c := coordinates{group: name, artifact: name, version: version}
		if dot := strings.LastIndexByte(name, '.'); dot > 0 { // org.apache.felix.framework
			c.group = strings.ToLower(name[:dot])
		}
		if len(manifests) == 1 {
			c.group = manifests[0].group
		}
		guessed = []coordinates{c}
	}
	for i := range guessed {
		guessed[i] = guessed[i].known(base)
	}
	return guessed
}
