package containerd

import (
	"cmp"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
)

// defaultAddress is where containerd's own service listens.
const defaultAddress = "/run/containerd/containerd.sock"

// Config says how to reach containerd and which namespaces to read.
type Config struct {
	// Address is the path of the socket, with or without unix:// before it.
	// "" means /run/containerd/containerd.sock; K3s has its own at
	// /run/k3s/containerd/containerd.sock.
	Address string `json:"address,omitempty"`
	// Namespaces are those to read: "k8s.io" is that of Kubernetes, "default"
	// that of ctr and nerdctl, "moby" that of Docker. Empty means all, at each
	// listing.
	Namespaces []string `json:"namespaces,omitempty"`
	// Platform to take of multi-platform images. The zero value means this
	// machine's: a node pulls no other.
	Platform source.Platform `json:"platform,omitzero"`
	// HostName is the name of the machine. "" means what the system says,
	// which inside a container is a name of the container.
	HostName string `json:"hostName,omitempty"`
}

// resolve fills in the defaults.
func (c Config) resolve() Config {
	c.Address = cmp.Or(strings.TrimPrefix(c.Address, "unix://"), defaultAddress)
	if c.Platform == (source.Platform{}) {
		c.Platform = source.Platform{OS: "linux", Architecture: runtime.GOARCH}
	}
	return c
}

func (c Config) check() error {
	if !filepath.IsAbs(c.Address) {
		return landwaiter.Errorf(landwaiter.Invalid, "containerd address %.200q: want the path of its socket, such as %s",
			c.Address, defaultAddress)
	}
	for _, n := range c.Namespaces {
		if !isNamespace(n) {
			return landwaiter.Errorf(landwaiter.Invalid, "%.100q is not a containerd namespace: want a name such as k8s.io", n)
		}
	}
	return nil
}

// identifier and maxIdentifier are containerd's own rule for names of
// namespaces (pkg/identifiers).
var identifier = regexp.MustCompile(`^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$`)

const maxIdentifier = 76

// isNamespace reports whether a name is fit for the header of a call and for
// a locator.
func isNamespace(name string) bool { return len(name) <= maxIdentifier && identifier.MatchString(name) }
