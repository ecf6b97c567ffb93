package packages

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

func fileOf(path, content string) *File {
	return &File{Path: path, Size: int64(len(content)), Data: strings.NewReader(content)}
}

// lines shows packages as "type ecosystem name version [arch] [source version] [dev]".
func lines(pkgs []landwaiter.Package) []string {
	var out []string
	for _, p := range pkgs {
		s := strings.Join([]string{p.Type, p.Ecosystem, p.Name, p.Version, p.Arch, p.SourceName, p.SourceVersion}, "|")
		if p.Dev {
			s += "|dev"
		}
		out = append(out, strings.TrimRight(s, "|"))
	}
	return out
}

// zipOf makes an archive of name, content pairs.
func zipOf(t testing.TB, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(pairs[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func pom(group, artifact, version string) string {
	return fmt.Sprintf("groupId=%s\nartifactId=%s\nversion=%s\n", group, artifact, version)
}

func TestGolden(t *testing.T) {
	nested := zipOf(t, "BOOT-INF/lib/inner.jar",
		zipOf(t, "META-INF/maven/g/inner/pom.properties", pom("g", "inner", "2.0")),
		"META-INF/maven/g/outer/pom.properties", pom("g", "outer", "1.0"))
	for _, c := range []struct {
		path, content string
		want          []string
	}{
		{"var/lib/dpkg/status", "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\nSource: openssl\n" +
			"Version: 3.0.11-1~deb12u2\n\n" +
			"Package: perl\nStatus: hold ok installed\nArchitecture: all\nVersion: 1:5.36\n\nPackage: old\nStatus: deinstall " +
			"ok config-files\nVersion: 1\n",
			[]string{"deb||libssl3|3.0.11-1~deb12u2|amd64|openssl|3.0.11-1~deb12u2", "deb||perl|1:5.36|all|perl|1:5.36"}},
		{"var/lib/dpkg/status.d/tzdata", "Package: tzdata\nArchitecture: all\nVersion: 2024a-0+deb12u1\n",
			[]string{"deb||tzdata|2024a-0+deb12u1|all|tzdata|2024a-0+deb12u1"}},
		{"lib/apk/db/installed", "P:ssl_client\nV:1.36.1-r5\nA:x86_64\no:busybox\n\n",
			[]string{"apk||ssl_client|1.36.1-r5|x86_64|busybox|1.36.1-r5"}},
		{"node_modules/@s/a/package.json", `{"name":"@s/a","version":"1.2.3"}`, []string{"npm|npm|@s/a|1.2.3"}},
		{"node_modules/b/package.json", `{"name":"b","version":"2.0.0","contributors":"A, B"}`, []string{"npm|npm|b|2.0.0"}},
		{"node_modules/c/package.json", `{"name":"c","version":"3.0.0","maintainers":[null]}`, []string{"npm|npm|c|3.0.0"}},
		{"package-lock.json", `{"lockfileVersion":3,"packages":{"":{"name":"app"},"node_modules/a":{"version":"1.0.0"},` +
			`"node_modules/b":{"version":"2.0.0","dev":true}}}`,
			[]string{"npm|npm|a|1.0.0", "npm|npm|b|2.0.0|||" + "|dev"}},
		{"yarn.lock", "# yarn lockfile v1\n\n\nlodash@^4.17.0:\n  version \"4.17.21\"\n", []string{"npm|npm|lodash|4.17.21"}},
		{"pnpm-lock.yaml", "lockfileVersion: '9.0'\n\npackages:\n  acorn@8.11.3:\n    resolution: {integrity: sha512-x}\n",
			[]string{"npm|npm|acorn|8.11.3"}},
		{"site-packages/PyYAML-6.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n\nText",
			[]string{"pypi|PyPI|pyyaml|6.0"}},
		{"dist-packages/zope.interface-5.egg-info", "Name: zope.interface\nVersion: 5.4\n",
			[]string{"pypi|PyPI|zope-interface|5.4"}},
		{"a.whl", zipOf(t, "Flask-2.0.dist-info/METADATA", "Name: Flask\nVersion: 2.0\n"), []string{"pypi|PyPI|flask|2.0"}},
		{"requirements.txt", "Django==4.2.1\nflask>=1.0\nrequests\n", []string{"pypi|PyPI|django|4.2.1"}},
		{"poetry.lock", "[[package]]\nname = \"attrs\"\nversion = \"23.1.0\"\noptional = false\n",
			[]string{"pypi|PyPI|attrs|23.1.0"}},
		{"Pipfile.lock", `{"default":{"idna":{"version":"==3.4"}},"develop":{"pytest":{"version":"==7.0"}}}`,
			[]string{"pypi|PyPI|idna|3.4", "pypi|PyPI|pytest|7.0|||" + "|dev"}},
		{"uv.lock", "version = 1\n[[package]]\nname = \"anyio\"\nversion = \"4.0.0\"\nsource = { registry = \"x\" }\n",
			[]string{"pypi|PyPI|anyio|4.0.0"}},
		{"pdm.lock", "[[package]]\nname = \"click\"\nversion = \"8.1.7\"\ngroups = [\"default\"]\n",
			[]string{"pypi|PyPI|click|8.1.7"}},
		{"app.jar", nested, []string{"maven|Maven|g:inner|2.0", "maven|Maven|g:outer|1.0"}},
		{"commons-io-2.7.jar", zipOf(t, "A.class", "x"), []string{"maven|Maven|commons-io:commons-io|2.7"}},
		{"nothing.jar", zipOf(t, "A.class", "x"), nil},
		{"specifications/rake-13.0.gemspec", "Gem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = " +
			"\"13.0\"\nend\n", []string{"gem|RubyGems|rake|13.0"}},
		{"Gemfile.lock", "GEM\n  remote: https://rubygems.org/\n  specs:\n    rack (2.2.3)\n\nPLATFORMS\n  ruby\n\n" +
			"DEPENDENCIES\n  rack\n", []string{"gem|RubyGems|rack|2.2.3"}},
		{"Cargo.lock", "version = 3\n[[package]]\nname = \"serde\"\nversion = \"1.0.188\"\n",
			[]string{"cargo|crates.io|serde|1.0.188"}},
		{"composer.lock", `{"packages":[{"name":"Monolog/Monolog","version":"2.9.1","dist":{"reference":"x"}}],` +
			`"packages-dev":[]}`, []string{"composer|Packagist|monolog/monolog|2.9.1"}},
		{"app.deps.json", `{"libraries":{"Newtonsoft.Json/13.0.1":{"type":"package"}},"targets":{".NETCoreApp,` +
			`Version=v6.0":{"Newtonsoft.Json/13.0.1":{}}}}`, []string{"nuget|NuGet|Newtonsoft.Json|13.0.1"}},
		{"packages.lock.json", `{"version":1,"dependencies":{"net6.0":{"Serilog":{"type":"Direct","resolved":"3.0.0"}}}}`,
			[]string{"nuget|NuGet|Serilog|3.0.0"}},
		{"usr/bin/devel", goBinary(t, "go1.22.1", "path\tx/cmd\nmod\tx\t(devel)\t\ndep\tgolang.org/x/net\tv0.17.0\th1:x=\n"+
			"dep\ta.b/c\tv1.0.0\n=>\td.e/f\tv1.1.0\th1:y=\n"),
			[]string{"golang|Go|d.e/f|1.1.0", "golang|Go|golang.org/x/net|0.17.0", "golang|Go|stdlib|1.22.1"}},
		{"usr/bin/release", goBinary(t, "go1.22.1 X:boringcrypto", "path\tx/cmd\nmod\tx\tv1.2.3\th1:z=\n"),
			[]string{"golang|Go|stdlib|1.22.1", "golang|Go|x|1.2.3"}},
		{"usr/bin/sudo", elfOf(t, ".text", []byte("nothing")), nil},
		{"usr/bin/auditable", auditable(t, `{"packages":[{"name":"ring","version":"0.16.0","source":"crates.io",`+
			`"kind":"runtime","root":true}]}`), []string{"cargo|crates.io|ring|0.16.0"}},
	} {
		t.Run(c.path, func(t *testing.T) {
			col := NewCollector()
			if err := col.File(context.Background(), FormatOf(c.path), fileOf(c.path, c.content)); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, lines(col.Packages())); d != "" {
				t.Error(d)
			}
			for _, p := range col.Packages() {
				if p.Path != c.path {
					t.Errorf("path %q", p.Path)
				}
			}
			n := len(col.Packages())
			_ = col.File(context.Background(), FormatOf(c.path), fileOf(c.path, c.content))
			if len(col.Packages()) != n {
				t.Error("a package is reported twice")
			}
		})
	}
}

// TestGoBinaryItself reads a real Go binary: the test.
func TestGoBinaryItself(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	col := NewCollector()
	if err := col.File(context.Background(), FormatOf("usr/bin/tool"),
		&File{Path: "usr/bin/tool", Size: info.Size(), Data: f}); err != nil {
		t.Fatal(err)
	}
	want := "golang|Go|stdlib|" + strings.TrimPrefix(runtime.Version(), "go")
	if got := lines(col.Packages()); len(got) == 0 || got[0] != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestJavaLimits(t *testing.T) {
	deep := zipOf(t, "META-INF/maven/g/a/pom.properties", pom("g", "deep", "1"))
	for range maxZipDepth + 1 {
		deep = zipOf(t, "x.jar", deep, "META-INF/maven/g/a/pom.properties", pom("g", "level", "1"))
	}
	col := NewCollector()
	err := col.File(context.Background(), FormatOf("a.jar"), fileOf("a.jar", deep))
	if err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("error %v", err)
	}
	if d := cmp.Diff([]string{"maven|Maven|g:level|1"}, lines(col.Packages())); d != "" {
		t.Error(d)
	}
}

func TestHostileNames(t *testing.T) {
	col := NewCollector()
	for _, name := range []string{"a\u001b[31m", "a\u202eb", strings.Repeat("a", maxField+1), ""} {
		f := fileOf("package.json", fmt.Sprintf(`{"name":%q,"version":"1.0.0"}`, name))
		_ = col.File(context.Background(), FormatOf(f.Path), f)
	}
	if len(col.Packages()) != 0 {
		t.Errorf("%+v", col.Packages())
	}
}

func TestCancelledExtraction(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	col := NewCollector()
	f := fileOf("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n")
	err := col.File(ctx, FormatOf(f.Path), f)
	if !errors.Is(err, context.Canceled) || len(col.Packages()) != 0 {
		t.Errorf("%v %v", err, col.Packages())
	}
}
