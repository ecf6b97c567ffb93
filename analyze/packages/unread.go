package packages

import (
	"fmt"
	"path"
	"strings"
)

// unreadFormats are kinds of software that are recognised and not read: an
// image that holds one is not known to be clean of it, so coverage names them.
// Those without advisories in OSV are told for the inventory's sake only.
var unreadFormats = []*Format{
	// Other root file systems: their packages would be judged by their own
	// os-release, which nothing connects with them.
	{name: "nested-dpkg", unread: "a system in a directory (dpkg database)", advised: true,
		paths: []string{"**/*/var/lib/dpkg/status"}},
	{name: "nested-apk", unread: "a system in a directory (apk database)", advised: true, paths: []string{
		"**/*/lib/apk/db/installed", "**/*/var/lib/apk/db/installed",
	}},
	{name: "nested-rpm", unread: "a system in a directory (RPM database)", advised: true, paths: []string{
		"**/*/var/lib/rpm/Packages", "**/*/var/lib/rpm/Packages.db", "**/*/var/lib/rpm/rpmdb.sqlite",
		"**/*/usr/lib/sysimage/rpm/Packages", "**/*/usr/lib/sysimage/rpm/Packages.db",
		"**/*/usr/lib/sysimage/rpm/rpmdb.sqlite", "**/*/usr/share/rpm/rpmdb.sqlite",
	}},
	{name: "nested-pacman", unread: "a system in a directory (pacman database)",
		paths: []string{"**/*/var/lib/pacman/local/**/desc"}},
	{name: "windows", unread: "Windows (registry)", paths: []string{"**/*indows/System32/config/SOFTWARE"}},

	// Package managers.
	{name: "snap-file", unread: "Snap packages", except: isSnapshots, paths: []string{"*.snap"}},
	{name: "flatpak", unread: "Flatpak applications", paths: []string{
		"**/*flatpak/**/*.metainfo.xml", "**/*flatpak/**/*.appdata.xml", "**/*flatpak/**/metadata",
	}},
	{name: "appimage", unread: "AppImage applications", paths: []string{"*.AppImage"}},
	{name: "slackware", unread: "Slackware packages",
		paths: []string{"var/lib/pkgtools/packages/*", "var/log/packages/*"}},
	{name: "xbps", unread: "xbps packages (Void Linux)", paths: []string{"var/db/xbps/pkgdb-*"}},
	{name: "eopkg", unread: "eopkg packages (Solus)", paths: []string{"var/lib/eopkg/package/**/metadata.xml"}},
	{name: "swupd", unread: "bundles of Clear Linux", paths: []string{"usr/share/clear/bundles/*"}},
	{name: "freebsd-pkg", unread: "pkg packages (FreeBSD)", paths: []string{"var/db/pkg/local.sqlite"}},
	{name: "opkg-other", unread: "opkg packages", advised: true,
		paths: []string{"var/lib/opkg/status", "opt/lib/opkg/status", "usr/lib/ipkg/status"}},
	{name: "vcpkg", unread: "vcpkg packages", paths: []string{"**/vcpkg/status"}},
	{name: "packlist", unread: "Perl modules of CPAN without a MYMETA.json", paths: []string{"**/*auto/**/.packlist"}},

	// SBOMs say what somebody put into the image; what is there is found where
	// it lies.
	{name: "apko-sbom", unread: apkoSBOM, paths: []string{"var/lib/db/sbom/*"}},
	{
		name:   "sbom",
		unread: "SBOM documents (scan them with 'landwaiter scan FILE')",
		except: isInstalled,
		paths: []string{
			"*.cdx.json", "*.cdx.xml", "*.cyclonedx.json", "*.cyclonedx.xml", "*.spdx.json", "*.spdx", "*.spdx.xml",
			"*.spdx.rdf", "*.spdx.yaml", "*.spdx.yml", "*.syft.json", "bom.json", "bom.xml", "sbom.json", "sbom.xml",
		},
	},

	// Lock files and archives of languages.
	{name: "bun.lockb", unread: "bun.lockb (binary lock file of Bun)", advised: true, except: isInstalled,
		paths: []string{"bun.lockb"}},
	{name: "asar", unread: "asar archives (Electron)", advised: true, paths: []string{"*.asar"}},
	{name: "pixi.lock", unread: "lock files of pixi and conda-lock", advised: true, except: isInstalled,
		paths: []string{"pixi.lock", "conda-lock.yml"}},
	{name: "maven_install.json", unread: "maven_install.json (Bazel)", advised: true, except: isInstalled,
		paths: []string{"maven_install.json", "*_maven_install.json"}},
	{
		name:   "carthage",
		unread: "Cartfile.resolved (Carthage)",
		except: isInstalled,
		paths:  []string{"Cartfile.resolved"},
	},
	{name: "nimble.lock", unread: "nimble.lock (Nim)", except: isInstalled, paths: []string{"nimble.lock"}},
	{name: "dub", unread: "dub.selections.json (D)", except: isInstalled, paths: []string{"dub.selections.json"}},
	{name: "shard.lock", unread: "shard.lock (Crystal)", except: isInstalled, paths: []string{"shard.lock"}},
}

// isSnapshots reports whether a directory holds the expected results of tests:
// Jest, insta and others give them the extension of Snap packages.
func isSnapshots(dir string) bool {
	return strings.HasSuffix(strings.Trim(path.Base(dir), "_."), "snapshots")
}

const (
	apkoSBOM = "SBOMs of apko without an apk database"
	// maxUnreadPaths bounds the files of a kind that are named.
	maxUnreadPaths = 2
)

// unread are the kinds of software in a layer that are recognised and not read.
type unread struct {
	kinds []unreadKind // few: those of unreadFormats and of programs
}

type unreadKind struct {
	what    string
	advised bool
	paths   []string
	more    int
}

// add takes note of a file. It copies the path only of the first of a kind.
func (u *unread) add(what string, advised bool, path []byte) {
	for i := range u.kinds {
		k := &u.kinds[i]
		if k.what != what {
			continue
		}
		if len(k.paths) == maxUnreadPaths {
			k.more++
		} else {
			k.paths = append(k.paths, string(path))
		}
		return
	}
	u.kinds = append(u.kinds, unreadKind{what: what, advised: advised, paths: []string{string(path)}})
}

func (k *unreadKind) String() string {
	if k.more > 0 {
		return fmt.Sprintf("%s (%s and %d more)", k.what, strings.Join(k.paths, ", "), k.more)
	}
	return fmt.Sprintf("%s (%s)", k.what, strings.Join(k.paths, ", "))
}
