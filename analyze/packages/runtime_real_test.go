package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRealPrograms holds the versions found in programs of this machine against
// what they print. Those that are not installed are skipped.
func TestRealPrograms(t *testing.T) {
	number := regexp.MustCompile(`\d+\.\d+(?:\.\d+)?`)
	for _, c := range []struct {
		name, flag string
		paths      []string
	}{
		{"node", "--version", []string{"/usr/bin/node", "/usr/local/bin/node"}},
		{"postgresql", "--version", []string{"/usr/lib/postgresql/*/bin/postgres", "/usr/local/bin/postgres"}},
		{"git", "--version", []string{"/usr/bin/git"}},
		{"openssl", "version", []string{"/usr/bin/openssl"}},
		{"curl", "--version", []string{"/usr/bin/curl"}},
		{"bash", "--version", []string{"/bin/bash"}},
		{"redis", "--version", []string{"/usr/bin/redis-server"}},
		{"nginx", "-v", []string{"/usr/sbin/nginx"}},
		{"apache", "-v", []string{"/usr/sbin/apache2", "/usr/sbin/httpd"}},
		{"php", "--version", []string{"/usr/bin/php[5-9].*"}},
		{"ruby", "--version", []string{"/usr/bin/ruby[0-9]*"}},
		{"haproxy", "-v", []string{"/usr/sbin/haproxy"}},
		{"memcached", "--version", []string{"/usr/bin/memcached"}},
		{"mariadb", "--version", []string{"/usr/sbin/mariadbd"}},
		{"busybox", "--help", []string{"/bin/busybox"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var found []string
			for _, pattern := range c.paths {
				matches, _ := filepath.Glob(pattern)
				found = append(found, matches...)
			}
			if len(found) == 0 {
				t.Skip("not installed")
			}
			out, _ := exec.Command(found[0], c.flag).CombinedOutput()
			want := number.FindString(string(out))
			program, err := filepath.EvalSymlinks(found[0])
			if err != nil || want == "" {
				t.Skipf("it does not say its version: %q, %v", out, err)
			}
			content, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(content), want) {
				t.Skip("its version is in a library")
			}
			f := fileOf("usr/local/bin/"+filepath.Base(found[0]), string(content))
			f.Whole = nil
			col := NewCollector()
			err = col.File(t.Context(), FormatOf(f.Path), f)
			got := lines(col.Packages())
			if err != nil || len(got) != 1 || !strings.HasSuffix(got[0], "|"+c.name+"|"+want) {
				t.Errorf("found %q (%v), it says %s", got, err, want)
			}
		})
	}
}
