package manifest

import (
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/syntax"
)

func TestPOM(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>", "g a 1"},
		{"<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent>" +
			"<artifactId>a</artifactId></project>", "g a 1"},
		{"<project><artifactId>a</artifactId><version>${v}</version><dependencies><dependency><groupId>no</groupId>" +
			"</dependency></dependencies></project>", " a "},
		{"<project><groupId> g\n</groupId><!-- x --><artifactId><![CDATA[a]]></artifactId></project>", "g a "},
		{"<other><groupId>g</groupId></other>", "  "},
		{"", "  "},
	} {
		group, artifact, version, err := POM(t.Context(), []byte(c.text))
		if got := group + " " + artifact + " " + version; got != c.want || err != nil {
			t.Errorf("%s: %q, %v", c.text, got, err)
		}
	}
	for _, bad := range []string{
		"</project>", "<project", strings.Repeat("<a>", syntax.MaxDepth+1),
		"<project>" + strings.Repeat("x", syntax.MaxLine+1),
	} {
		if _, _, _, err := POM(t.Context(), []byte(bad)); err == nil {
			t.Errorf("%.20s...: no error", bad)
		}
	}
}

// FuzzPOM: whatever the bytes, the reader returns, and what it returns is text of
// the file.
func FuzzPOM(f *testing.F) {
	f.Add([]byte("<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>"))
	f.Add([]byte("<project><parent><version>1</version></parent><a/></project>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		group, artifact, version, _ := POM(t.Context(), b)
		if len(group)+len(artifact)+len(version) > 3*len(b) {
			t.Errorf("%q %q %q of %d bytes", group, artifact, version, len(b))
		}
	})
}
