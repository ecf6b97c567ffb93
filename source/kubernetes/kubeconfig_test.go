package kubernetes_test

import (
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/kubernetes/clustertest"
)

func TestNewRefuses(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	server := "https://k.example.com"
	for _, c := range []struct {
		name   string
		config kubernetes.Config
		kind   landwaiter.ErrorKind
		words  string
	}{
		{"neither", kubernetes.Config{}, landwaiter.Invalid, "either a kubeconfig"},
		{"both", kubernetes.Config{Kubeconfig: "x", InCluster: true}, landwaiter.Invalid, "either a kubeconfig"},
		{"outside", kubernetes.Config{InCluster: true}, landwaiter.Invalid, "in-cluster"},
		{"no YAML", kubernetes.Config{Kubeconfig: "\t{"}, landwaiter.Invalid, "cannot be read"},
		{"empty", kubernetes.Config{Kubeconfig: "{}"}, landwaiter.Invalid, "no current context"},
		{"null user", kubernetes.Config{Kubeconfig: strings.Replace(clustertest.Kubeconfig(server, "", "token: x"),
			"user: {token: x}", "user: null", 1)}, "", ""},
		{"other context", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", ""), Context: "prod"},
			landwaiter.Invalid, "prod"},
		{"exec", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "",
			"exec: {command: /bin/evil, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}")},
			landwaiter.Denied, "/bin/evil"},
		{"auth-provider", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "auth-provider: {name: gcp}")},
			landwaiter.Denied, "auth-provider"},
		{"token file", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "tokenFile: /etc/shadow")},
			landwaiter.Denied, "/etc/shadow"},
		{"certificate", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "client-certificate: /etc/shadow")},
			landwaiter.Denied, "client-certificate"},
		{"key", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "client-key: k.pem")}, landwaiter.Denied,
			"client-key"},
		{"authority", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "certificate-authority: ca.pem",
			"token: x")}, landwaiter.Denied, "certificate-authority"},
		{"plain HTTP", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig("http://k.example.com", "", "token: x")},
			landwaiter.Invalid, "https://"},
		{"no host", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig("/var/run/x", "", "token: x")}, landwaiter.Invalid,
			"https://"},
		{"bad authority", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "certificate-authority-data: AAAA",
			"token: x")}, landwaiter.Invalid, "certificate"},
		{"large", kubernetes.Config{Kubeconfig: strings.Repeat("#", 1<<20+1)}, landwaiter.TooLarge, "limit"},
		{"namespace", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "token: x"),
			Namespaces: []string{"a/../b"}}, landwaiter.Invalid, "a/../b"},
		{"good", kubernetes.Config{Kubeconfig: clustertest.Kubeconfig(server, "", "token: x")}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := kubernetes.New(c.config, nil)
			if landwaiter.KindOf(err) != c.kind {
				t.Fatalf("%v (%s), want %q", err, landwaiter.KindOf(err), c.kind)
			}
			if err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q does not say %q", err, c.words)
			}
		})
	}
}

// TestReadKubeconfig: what it makes of a file with two contexts that names
// files reaches the cluster, and holds nothing of the other context.
func TestReadKubeconfig(t *testing.T) {
	k := clustertest.New(t)
	dir := t.TempDir()
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Server.Certificate().Raw})
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), ca, 0o600); err != nil {
		t.Fatal(err)
	}
	content := strings.NewReplacer(
		"contexts: [",
		"contexts: [{name: other, context: {cluster: shop, user: other}}, ",
		"users: [",
		"users: [{name: other, user: {exec: {command: evil, "+
			"apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}}}, ",
	).Replace(clustertest.Kubeconfig(k.Server.URL, "certificate-authority: ca.pem", "token: "+clustertest.Token))
	path := filepath.Join(dir, "config")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	inline, err := kubernetes.ReadKubeconfig(path, "")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(inline, "evil") || strings.Contains(inline, dir) ||
		!strings.Contains(inline, base64.StdEncoding.EncodeToString(ca)) {
		t.Errorf("kubeconfig:\n%s", inline)
	}
	refs(t, open(t, k, kubernetes.Config{Kubeconfig: inline}, nil))
	if _, err := kubernetes.ReadKubeconfig(path, "other"); landwaiter.KindOf(err) != landwaiter.Denied {
		t.Errorf("exec: %v", err)
	}
	if _, err := kubernetes.ReadKubeconfig(filepath.Join(dir, "none"), ""); landwaiter.KindOf(err) != landwaiter.Invalid {
		t.Errorf("no file: %v", err)
	}
}
