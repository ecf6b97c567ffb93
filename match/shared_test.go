package match

import (
	"bufio"
	"os"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/realtest"
)

func TestVersionVectors(t *testing.T) {
	for file, ecosystems := range map[string][]string{
		"apk":  {"Alpine:v3.17", "Wolfi", "Chainguard"},
		"dpkg": {"Debian:12", "Ubuntu:22.04:LTS"},
		"rpm":  {"AlmaLinux:9", "Red Hat", "Photon OS:4.0", "Azure Linux:3"},
	} {
		f, err := os.Open(realtest.Shared(t, "data", "version-vectors", file+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := 0
		for s := bufio.NewScanner(f); s.Scan(); {
			if strings.HasPrefix(s.Text(), "#") {
				continue
			}
			parts := strings.Split(s.Text(), "\t")
			lines++
			want := map[string]int{"<": -1, "=": 0, ">": 1}[parts[1]]
			for _, e := range ecosystems {
				if got, err := Compare(e, parts[0], parts[2]); err != nil || sign(got) != want {
					t.Errorf("%s: %s %s %s: got %d, %v", e, parts[0], parts[1], parts[2], got, err)
				}
			}
		}
		if lines < 40 {
			t.Errorf("%s: only %d lines", file, lines)
		}
	}
}
