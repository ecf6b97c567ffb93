package packages

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoldenKinds: kinds that are read in part, or by their paths.
func TestGoldenKinds(t *testing.T) {
	pecl := `a:2:{s:4:"name";s:5:"redis";s:7:"version";a:2:{s:7:"release";s:5:"5.3.7";s:3:"api";s:5:"5.3.7";}}`
	azure := "openssl-libs\t3.3.0-1.azl3\t1700000000\t1690000000\t" +
		"Microsoft Corporation\t(none)\t1\tx86_64\t0\topenssl-3.3.0-1.azl3.src.rpm\n" +
		"dbus\t1.2-1\t1\t1\tx\t2\t1\tx86_64\t2\tdbus-1.2-1.src.rpm\n"
	zipped := zipOf(t, "node_modules/@s/a/package.json", `{"name":"@s/a","version":"1.2.0"}`,
		"node_modules/@s/a/test/b/package.json", `{"name":"b","version":"7"}`)
	for _, c := range []struct {
		path, content string
		want          []string
	}{
		{"usr/local/lib/php/.registry/.channel.pecl.php.net/redis.reg", pecl, []string{"pear||redis|5.3.7"}},
		{"var/lib/rpmmanifest/container-manifest-2", azure, []string{
			"rpm||dbus|2:1.2-1|x86_64|dbus|2:1.2-1", "rpm||openssl-libs|3.3.0-1.azl3|x86_64|openssl|3.3.0-1.azl3",
		}},
		{"var/db/pkg/dev-libs/openssl-3.0.12-r1/PF", "openssl-3.0.12-r1\n", []string{"ebuild||dev-libs/openssl|3.0.12-r1"}},
		{"www/wp-content/plugins/akismet/akismet.php", "<?php\n/**\n * Plugin Name: Akismet\n * Version: 5.3\n */\n",
			[]string{"wordpress-plugin||akismet|5.3"}},
		{"www/wp-content/plugins/hello.php", "<?php\n/*\nPlugin Name: Hello\nVersion: 1.7.2\n*/\n",
			[]string{"wordpress-plugin||hello|1.7.2"}},
		{"www/wp-includes/version.php", "<?php\n$wp_version = '6.4.1';\n", []string{"generic|Bitnami|wordpress|6.4.1"}},
		{"opt/java/release", "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"21.0.4\"\n", []string{"generic|Bitnami|java|21.0.4"}},
		{"opt/java/jre/release", "JAVA_VERSION=\"1.8.0_412\"\n", []string{"generic|Bitnami|java|8.0.412"}},
		{"usr/lib/erlang/releases/26/OTP_VERSION", "26.2.1\n", []string{"generic||erlang|26.2.1"}},
		{"app/.yarn/cache/a.zip", zipped, []string{"npm|npm|@s/a|1.2.0"}},
		{"bin/tool.pyz", "#!/usr/bin/python3\n" + zipOf(t, "requests-2.20.0.dist-info/METADATA",
			"Name: requests\nVersion: 2.20.0\n"),
			[]string{"pypi|PyPI|requests|2.20.0"}},
		{"app/META-INF/maven/g/a/pom.properties", pom("g", "a", "1"), []string{"maven|Maven|g:a|1"}},
		{"app/gradle.lockfile", "# x\norg.a:b:2.14.0=runtimeClasspath\norg.c:d:1=testRuntimeClasspath\nempty=\n",
			[]string{"maven|Maven|org.a:b|2.14.0", "maven|Maven|org.c:d|1||||dev"}},
		{"app/Podfile.lock", "PODS:\n  - AF (4.0.1)\n  - \"G+/Core (1.0)\":\n    - X (= 2)\n\nDEPENDENCIES:\n  - Y (3)\n",
			[]string{"cocoapods||AF|4.0.1", "cocoapods||G+|1.0"}},
		{"lib/perl5/.meta/Mojolicious-9.0/MYMETA.json", `{"name":"Mojolicious","version":"9.0"}`,
			[]string{"cpan||Mojolicious|9.0"}},
		{"snap/core22/1/meta/snap.yaml", "name: core22\nversion: '20240111'\n", []string{"snap||core22|20240111"}},
		{"opt/tomcat/RELEASE-NOTES", "\n      Apache Tomcat Version 9.0.83\n", []string{"generic|Bitnami|tomcat|9.0.83"}},
	} {
		t.Run(c.path, func(t *testing.T) { golden(t, c.path, c.content, c.want) })
	}
}

// TestByPath: what a path alone tells.
func TestByPath(t *testing.T) {
	for path, want := range map[string]string{
		"nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-openssl-3.0.12/lib/libssl.so": "nix||openssl|3.0.12",
		"nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-openssl-3.0.12-dev/x":         "nix||openssl|3.0.12",
		"nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-python3.11-requests-2.31.0/x": "nix||python3.11-requests|2.31.0",
		"nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-builder.sh":                   "",
		"nix/store/.links/0abc": "",
		"gnu/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-hello-2.12/bin/hello": "guix||hello|2.12",

		"lib/modules/5.10.0-26-amd64/modules.builtin": "generic||linux-kernel|5.10.0-26-amd64",
		"usr/lib/modules/6.1.0/vmlinuz":               "generic||linux-kernel|6.1.0",
		"boot/vmlinuz-5.10.0-26-amd64":                "generic||linux-kernel|5.10.0-26-amd64",
		"boot/vmlinuz-rescue":                         "",

		"usr/local/lib/luarocks/rocks-5.1/lua-cjson/2.1.0-1/lua-cjson-2.1.0-1.rockspec": "luarocks||lua-cjson|2.1.0-1",
		"src/lua-cjson-2.1.0-1.rockspec":                                                "",
		"home/linuxbrew/.linuxbrew/Cellar/openssl@3/3.2.0/INSTALL_RECEIPT.json":         "brew||openssl@3|3.2.0",
		"home/linuxbrew/.linuxbrew/Cellar/openssl@3/3.2.0/share/x/INSTALL_RECEIPT.json": "",
	} {
		c := NewCollector()
		taken, err := c.ByPath(FormatOf(path), []byte(path))
		if got := strings.Join(lines(c.Packages()), " "); !taken || err != nil || got != want {
			t.Errorf("%s: %q (%v, %v), want %q", path, got, taken, err, want)
		}
	}
}

// TestByPathOncePerDirectory: a path of the store is one package, whatever the
// number of its files.
func TestByPathOncePerDirectory(t *testing.T) {
	c := NewCollector()
	for _, file := range []string{"a", "b", "c/d"} {
		path := "nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-openssl-3.0.12/" + file
		if _, err := c.ByPath(FormatOf(path), []byte(path)); err != nil {
			t.Fatal(err)
		}
	}
	if got := c.Packages(); len(got) != 1 ||
		got[0].Path != "nix/store/y13ahjnzc8nrzl8vlwvp1mkwisvkgnqx-openssl-3.0.12" {
		t.Errorf("%+v", got)
	}
}

// TestUnread: each kind that is recognised and not read is told by name and path,
// and the number of files is bounded.
func TestUnread(t *testing.T) {
	for _, f := range unreadFormats {
		for _, pattern := range f.paths {
			c := NewCollector()
			path := strings.NewReplacer("**/*", "x/", "**/", "x/", "*", "z").Replace(pattern)
			path = strings.ReplaceAll(path, "//", "/")
			for range 5 {
				if taken, err := c.ByPath(FormatOf(path), []byte(path)); !taken || err != nil {
					t.Errorf("%s: %v, %v", path, taken, err)
				}
			}
			advised, others := c.Unread()
			told := append(advised, others...)
			if len(told) != 1 || !strings.Contains(told[0], f.unread) || !strings.Contains(told[0], path) ||
				!strings.Contains(told[0], "3 more") || f.advised != (len(advised) == 1) {
				t.Errorf("%s: told %q and %q", path, advised, others)
			}
		}
	}
}

// program makes an executable that holds a text.
func programWith(t testing.TB, text string) string {
	return elfOf(t, ".rodata", []byte("\x00before\x00"+text+"\x00after"))
}

// TestPrograms: the text by which each program tells its version, and texts that
// are none.
func TestPrograms(t *testing.T) {
	for _, c := range []struct{ path, text, want string }{
		{"usr/local/bin/node", "node.js/v20.20.2", "generic|Bitnami|node|20.20.2"},
		{"usr/local/bin/node", "\x00v4.9.1\x00moduleLoadList", "generic|Bitnami|node|4.9.1"},
		{"usr/local/lib/libpython3.11.so.1.0", "x/Python-3.11.7\x00", "generic|Bitnami|python|3.11.7"},
		{"usr/local/lib/libpython3.11.so.1.0", "2.7.18\x003.12.1\x003.11.7\x00", "generic|Bitnami|python|3.11.7"},
		{"usr/local/bin/python3.8", "3.8.0rc1\x00", "generic|Bitnami|python|3.8.0rc1"},
		{"usr/local/bin/php", "X-Powered-By: PHP/8.2.1", "generic|Bitnami|php|8.2.1"},
		{"usr/lib/apache2/modules/libphp.so", "PHP/8.2.1", "generic|Bitnami|php|8.2.1"},
		{"usr/local/bin/ruby", "ruby 3.2.2 (2023-03-30 revision e51014f9c0) [x86_64-linux]", "generic|Bitnami|ruby|3.2.2"},
		{"usr/local/bin/perl", "/usr/local/lib/perl5/5.38.0/x86_64", "generic||perl|5.38.0"},
		{"usr/local/bin/postgres", "upgrading to PostgreSQL 9.1.\x00PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64",
			"generic|Bitnami|postgresql|15.18"},
		{"usr/sbin/mariadbd", "5.5.5-10.11.6-MariaDB", "generic|Bitnami|mariadb|10.11.6"},
		{"usr/sbin/mysqld", "/export/mysql-8.0.36/sql", "generic||mysql|8.0.36"},
		{"usr/local/bin/redis-server", "7.2.5buildkitsandbox-1725496002000000000", "generic|Bitnami|redis|7.2.5"},
		{"usr/local/bin/redis-server", "\x004.0.11841ce7054bd9-1542359302000000000", "generic|Bitnami|redis|4.0.11"},
		{"usr/local/bin/redis-server", "\x005.0.05ca5019de136-1539906480000000000", "generic|Bitnami|redis|5.0.0"},
		{"usr/local/bin/redis-server", "Redis version 2.8.23\x00", "generic|Bitnami|redis|2.8.23"},
		{"usr/local/bin/valkey-server", "\x009.0.0buildkitsandbox-1725496002000000000", "generic|Bitnami|valkey|9.0.0"},
		{"usr/sbin/nginx", "nginx/1.25.1\x00", "generic|Bitnami|nginx|1.25.1"},
		{"usr/local/openresty/nginx/sbin/nginx", "openresty/1.21.4.3", "generic|Bitnami|openresty|1.21.4.3"},
		{"usr/local/apache2/bin/httpd", "Apache/2.4.54 (Unix)", "generic|Bitnami|apache|2.4.54"},
		{"usr/local/sbin/haproxy", "2.7.3-1065b10\x00\x00HAProxy version follows", "generic|Bitnami|haproxy|2.7.3"},
		{"usr/local/sbin/haproxy", " version 2.0.0, released 2019/06/16", "generic|Bitnami|haproxy|2.0.0"},
		{"usr/local/sbin/haproxy", "HA-Proxy version 1.5.14 2015/07/02", "generic|Bitnami|haproxy|1.5.14"},
		{"usr/local/bin/memcached", "memcached 1.6.18\x00", "generic|Bitnami|memcached|1.6.18"},
		{"usr/local/bin/git", "git/2.39.5\x00", "generic|Bitnami|git|2.39.5"},
		{"usr/local/bin/openssl", "OpenSSL 3.0.19 27 Jan 2026", "generic||openssl|3.0.19"},
		{"usr/local/bin/openssl", "OpenSSL 1.1.1 (compatible; AWS-LC 1.69.0)", ""},
		{"bin/busybox", "BusyBox v1.36.1 (2023", "generic||busybox|1.36.1"},
		{"usr/local/bin/something", "node.js/v20.20.2", ""},
	} {
		got, err := read(t, c.path, programWith(t, c.text))
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s with %q: %q, %v", c.path, c.text, got, err)
		}
	}
}

// TestProgramsAcrossParts: a version is seen wherever it lies in a large file, and
// never cut.
func TestProgramsAcrossParts(t *testing.T) {
	const edge = 256 << 10
	whole := programWith(t, strings.Repeat("x", 2*edge))
	for at := edge - 300; at < edge+300; at += 7 {
		b := []byte(whole)
		copy(b[at:], "\x00node.js/v20.20.22\x00")
		c := NewCollector()
		err := c.File(t.Context(), FormatOf("usr/bin/node"), &File{
			Path: "usr/bin/node", Size: int64(len(b)), Data: bytes.NewReader(b),
		})
		if got := lines(c.Packages()); err != nil || len(got) != 1 || got[0] != "generic|Bitnami|node|20.20.22" {
			t.Fatalf("at %d: %q, %v", at, got, err)
		}
	}
}

// TestNamelessPrograms: a program that does not tell its version is told, unless a
// library beside it does, or a package of the distribution installed it.
func TestNamelessPrograms(t *testing.T) {
	python := programWith(t, "3.11.7\x00")
	nameless := programWith(t, "nothing")
	for _, c := range []struct {
		name  string
		files map[string]string
		told  bool
	}{
		{"alone", map[string]string{"usr/bin/python3.11": nameless}, true},
		{"with its library", map[string]string{"usr/bin/python3.11": nameless, "usr/lib/libpython3.11.so.1.0": python},
			false},
		{"owned", map[string]string{"usr/bin/python3.11": nameless,
			"var/lib/dpkg/info/python3.11.list": "/usr/bin/python3.11\n"}, false},
	} {
		col := NewCollector()
		for path, content := range c.files {
			if err := col.File(t.Context(), FormatOf(path), fileOf(path, content)); err != nil {
				t.Fatal(err)
			}
		}
		advised, _ := col.Unread()
		if told := strings.Contains(strings.Join(advised, " "), "python"); told != c.told {
			t.Errorf("%s: told %q", c.name, advised)
		}
	}
}

// TestOwnedProgramsAreNoComponents: a program that the distribution installed is
// the distribution's package, and nothing else.
func TestOwnedProgramsAreNoComponents(t *testing.T) {
	col := NewCollector()
	for path, content := range map[string]string{
		"usr/bin/node": programWith(t, "node.js/v20.20.2"), "var/lib/dpkg/info/nodejs.list": "/usr/bin/node\n",
		"usr/local/bin/node": programWith(t, "node.js/v18.0.0"),
	} {
		if err := col.File(t.Context(), FormatOf(path), fileOf(path, content)); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff([]string{"generic|Bitnami|node|18.0.0"}, lines(col.Packages())); d != "" {
		t.Error(d)
	}
}

// TestSnapshots: the expected results of tests have the extension of Snap
// packages.
func TestSnapshots(t *testing.T) {
	for path, want := range map[string]bool{
		"var/lib/snapd/snaps/core22_1122.snap":           true,
		"app/test/__snapshots__/page.test.js.snap":       false,
		"src/snapshots/lib__parses.snap":                 false,
		"go/pkg/.snapshots/TestThing.snap":               false,
		"opt/mysnapshots.d/firefox_5751_from_store.snap": true,
	} {
		if got := FormatOf(path) != nil && FormatOf(path).name == "snap-file"; got != want {
			t.Errorf("%s is a Snap package: %v, want %v", path, got, want)
		}
	}
}
