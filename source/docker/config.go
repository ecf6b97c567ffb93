package docker

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
)

// Config says how to reach a container engine. The zero value means the defaults of
// the docker command.
type Config struct {
	// Host is the container engine's address: unix:///path/of/socket or tcp://host:port.
	// "" means the environment (DOCKER_HOST, DOCKER_CERT_PATH),
	// else the first of Docker's and Podman's system-wide
	// sockets that exists.
	Host string `json:"host,omitempty"`
	// CAFile, CertFile and KeyFile are PEM files for TLS over tcp: the
	// authority of the container engine's certificate ("" means the system's), and our
	// own certificate with its key. Any of them switches TLS on.
	CAFile   string `json:"caFile,omitempty"`
	CertFile string `json:"certFile,omitempty"`
	KeyFile  string `json:"keyFile,omitempty"`
	// PlainTCP allows tcp to another host without TLS, where everyone on the
	// way can read images and command the container engine.
	PlainTCP bool `json:"plainTCP,omitempty"`
}

const (
	dockerSocket = "/var/run/docker.sock"
	podmanSocket = "/run/podman/podman.sock"
)

// resolve fills in an empty Host, from the environment or by the sockets that exist.
func (c Config) resolve() Config {
	if c.Host != "" {
		return c
	}
	if c.Host = os.Getenv(client.EnvOverrideHost); c.Host == "" {
		c.Host = "unix://" + firstSocket(dockerSocket, podmanSocket)
		return c
	}
	if dir := os.Getenv(client.EnvOverrideCertPath); dir != "" && !c.hasTLS() {
		c.CAFile, c.CertFile, c.KeyFile = filepath.Join(dir, "ca.pem"), filepath.Join(dir,
			"cert.pem"), filepath.Join(dir, "key.pem")
	}
	return c
}

// firstSocket returns the first path that exists, else the first one.
func firstSocket(paths ...string) string {
	for _, p := range paths {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return paths[0]
}

func (c Config) hasTLS() bool { return c.CAFile != "" || c.CertFile != "" || c.KeyFile != "" }

// check refuses plain TCP and addresses that the client would misread.
func (c Config) check() error {
	scheme, address, _ := strings.Cut(c.Host, "://")
	switch {
	case scheme == "unix" && strings.HasPrefix(address, "/"):
		return nil
	case scheme != "tcp" || address == "" || strings.ContainsAny(address, "/@?#"):
		return landwaiter.Errorf(landwaiter.Invalid,
			"container engine address %.200q: want unix:///path/of/socket or tcp://host:port", c.Host)
	case c.hasTLS() || c.PlainTCP || dialguard.IsLoopback(address):
		return nil
	}
	return landwaiter.Errorf(
		landwaiter.Invalid,
		"container engine address %s: tcp without TLS would hand the container engine to everyone on the way; "+
			"give the certificate files, or allow it with the plain TCP option",
		c.Host,
	)
}
