package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter/tcss"
)

// TestSelfSigned calls a server with a self-signed certificate, from clients that
// trust the certificate file that the server wrote.
func TestSelfSigned(t *testing.T) {
	srv := serve(t, newStore(t), "--tls-self-signed")
	k := srv.newKey(t)
	certificate := filepath.Join(srv.dir, "tls.crt")
	pem, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer trusting.CloseIdleConnections()
	try := func(name string, c caller) {
		t.Run(name, func(t *testing.T) {
			ask[tcss.DescribeAssetImageListResponse](t, session{c, srv.url, k}, "DescribeAssetImageList", params{})
		})
	}
	try("go", goClient{trusting})
	t.Run("go without trust", func(t *testing.T) {
		if r := (goClient{}).at(t, srv.url, k, call{"DescribeAssetImageList", params{}})[0]; r.Answer != nil {
			t.Errorf("answer %s", r.Answer)
		}
	})
	t.Run("task show", func(t *testing.T) {
		env := srv.env("LANDWAITER_SECRET_ID="+k.ID, "LANDWAITER_SECRET_KEY="+k.Secret)
		r := run(t, env, "task", "show", "--server", srv.url, "--ca-file", certificate)
		if r.code != 1 || r.stderr == "" { // no task was created yet
			t.Errorf("%+v", r)
		}
	})
	n := startNode(t, environment("NODE_EXTRA_CA_CERTS="+certificate))
	try("node-cn", nodeClient{n, "cn", "", "POST", ""})
	try("node-intl", nodeClient{n, "intl", "", "", ""})
}
