package packages

import (
	"bytes"
	"context"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// maxVersionFile bounds what is read of a file that tells the version of an
// application or a runtime, in bytes: the version is near the start.
const maxVersionFile = 16 << 10

var (
	javaVersion      = regexp.MustCompile(`(?m)^JAVA_VERSION="?([0-9][0-9._]*)`)
	wordPressVersion = regexp.MustCompile(`(?m)^\s*\$wp_version\s*=\s*['"]([0-9][0-9A-Za-z.-]*)['"]`)
	tomcatVersion    = regexp.MustCompile(`Apache Tomcat Version (\d+\.\d+\.\d+)`)
	pluginName       = regexp.MustCompile(`(?mi)^[ \t/*#@]*(?:Plugin|Theme) Name:\s*\S`)
	pluginVersion    = regexp.MustCompile(`(?mi)^[ \t/*#@]*Version:\s*v?([0-9][^\s*]*)`)
	otpVersion       = regexp.MustCompile(`^\s*(\d+(?:\.\d+)+)`)
)

// start returns the first bytes of the file.
func (f *File) start() ([]byte, error) {
	if f.Whole != nil {
		return f.Whole[:min(len(f.Whole), maxVersionFile)], nil
	}
	return io.ReadAll(io.NewSectionReader(f.Data, 0, min(f.Size, maxVersionFile)))
}

// versionIn returns what the group of a regular expression matches at the start
// of the file, or "".
func (f *File) versionIn(e *regexp.Regexp) (string, error) {
	data, err := f.start()
	if m := e.FindSubmatch(data); m != nil {
		return string(m[1]), err
	}
	return "", err
}

// javaReleaseHead also knows programs that are called "release".
func javaReleaseHead(head []byte) bool {
	return bytes.Contains(head, []byte("JAVA_VERSION=")) || executableMagic(head)
}

// readJavaRelease reads the file "release" of a JDK or JRE. Java 8 calls itself
// 1.8.0_412; advisories call it 8.0.412.
func readJavaRelease(ctx context.Context, in input) ([]landwaiter.Package, error) {
	f := in.File
	if data, err := f.start(); err != nil || executableMagic(data) {
		return readProgram(ctx, in)
	}
	version, err := f.versionIn(javaVersion)
	if rest, ok := strings.CutPrefix(version, "1."); ok {
		version = strings.Replace(rest, "_", ".", 1)
	}
	return component("java", version, true, f.Path), err
}

// readOTPVersion reads the file by which Erlang/OTP names its version.
func readOTPVersion(f *File) ([]landwaiter.Package, error) {
	version, err := f.versionIn(otpVersion)
	return component("erlang", version, false, f.Path), err
}

func readWordPress(f *File) ([]landwaiter.Package, error) {
	version, err := f.versionIn(wordPressVersion)
	return component("wordpress", version, true, f.Path), err
}

func tomcatHead(head []byte) bool { return bytes.Contains(head, []byte("Apache Tomcat Version ")) }

// readTomcat reads the RELEASE-NOTES of a distribution of Tomcat.
func readTomcat(f *File) ([]landwaiter.Package, error) {
	version, err := f.versionIn(tomcatVersion)
	return component("tomcat", version, true, f.Path), err
}

// isBelowPlugin reports whether a directory is deeper than that of a plugin or a
// theme, or is not in one: only files there have the header.
func isBelowPlugin(dir string) bool {
	for _, known := range [...]string{"wp-content/plugins/", "wp-content/themes/"} {
		if inside, ok := within(dir, known); ok {
			return strings.Count(inside, "/") > 1
		}
	}
	return true
}

func pluginHead(head []byte) bool { return pluginName.Match(head) }

// readWordPressPlugin reads the header of a plugin
// (https://developer.wordpress.org/plugins/plugin-basics/header-requirements/).
// Its name is that of its directory, or of its file when it has none.
func readWordPressPlugin(f *File) ([]landwaiter.Package, error) {
	name := path.Base(path.Dir(f.Path))
	if name == "plugins" {
		name = strings.TrimSuffix(path.Base(f.Path), ".php")
	}
	return readWordPressHeader("wordpress-plugin", name, f)
}

func readWordPressTheme(f *File) ([]landwaiter.Package, error) {
	return readWordPressHeader("wordpress-theme", path.Base(path.Dir(f.Path)), f)
}

func readWordPressHeader(purlType, name string, f *File) ([]landwaiter.Package, error) {
	data, err := f.start()
	if !pluginName.Match(data) {
		return nil, err
	}
	m := pluginVersion.FindSubmatch(data)
	if m == nil {
		return nil, err
	}
	return onePackage(purlType, name, string(m[1]), f), err
}
