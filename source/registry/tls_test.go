package registry

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// TestTLS opens an image at a registry whose certificate no system trusts.
func TestTLS(t *testing.T) {
	plain := server(t, nil)
	push(t, plain, "app", testImage("app:1"))
	s := httptest.NewUnstartedServer(plain.Config.Handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	addr := strings.TrimPrefix(s.URL, "https://")
	ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	for name, c := range map[string]struct {
		config Config
		want   landwaiter.ErrorKind
	}{
		"nothing trusted":    {Config{}, landwaiter.Unavailable},
		"its CA":             {Config{CA: ca}, ""},
		"any":                {Config{SkipVerify: true}, ""},
		"a CA that is none":  {Config{CA: "nonsense"}, landwaiter.Invalid},
		"CA of another file": {Config{CA: strings.ToLower(ca)}, landwaiter.Invalid},
	} {
		img, err := Open(t.Context(), addr+"/app:1", c.config)
		if landwaiter.KindOf(err) != c.want {
			t.Errorf("%s: %v; want kind %q", name, err, c.want)
		}
		if err == nil {
			verify(t, img)
			img.Close()
		}
	}
}
