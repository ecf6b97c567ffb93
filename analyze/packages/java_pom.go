package packages

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter/analyze/packages/manifest"
	"github.com/landwaiter/landwaiter/analyze/packages/zipdir"
)

// maxPOMXML bounds a pom.xml, in bytes. The largest on Maven Central have 300 KiB.
const maxPOMXML = 1 << 20

// isPOMXML reports whether an entry is a pom.xml where Maven puts it:
// META-INF/maven/GROUP/ARTIFACT/pom.xml. Projects have others as templates.
func isPOMXML(name []byte) bool {
	return bytes.HasSuffix(name, []byte("/pom.xml")) && bytes.Contains(name, []byte("META-INF/maven/"))
}

// pomXMLs reads each pom.xml that has no pom.properties beside it, as archives
// that Gradle and others built in the manner of Maven do. Where it does not
// tell the group or the artifact, its directory does; the version may be that of
// the archive.
func (w *javaWalk) pomXMLs(ctx context.Context, a *zipdir.Archive, about *javaArchive) error {
	if about.xmls == 0 {
		return nil
	}
	return a.Each(ctx, func(e *zipdir.Entry) error {
		if !isPOMXML(e.Name) || len(about.poms) >= maxDescriptors {
			return nil
		}
		dir := path.Dir(string(e.Name))
		if about.described[dir] {
			return nil
		}
		if w.left < entryCost {
			return errUnpacked
		}
		data, err := w.ReadAll(a, e, min(maxPOMXML, w.left))
		w.left -= min(w.left, max(entryCost, int64(len(data))))
		c := coordinates{}
		if err == nil {
			c.group, c.artifact, c.version, err = manifest.POM(ctx, data)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			w.spoiled("%s in %s: %w", e.Name, path.Base(about.file), err)
		}
		about.pomXML(c, dir)
		return nil
	})
}

// pomXML takes what a pom.xml tells, with its directory.
func (j *javaArchive) pomXML(c coordinates, dir string) {
	group, artifact := path.Split(dir)
	if _, inside, ok := strings.Cut(group, "META-INF/maven/"); ok && c.group == "" {
		c.group = strings.TrimSuffix(inside, "/")
	}
	if c.artifact == "" {
		c.artifact = artifact
	}
	if c.version == "" && j.isNamed(c.artifact) {
		if _, c.version = fileVersion(path.Base(j.file)); c.version == "" {
			c.version = j.told.version
		}
	}
	if c.valid() {
		j.poms = append(j.poms, c)
	}
}
