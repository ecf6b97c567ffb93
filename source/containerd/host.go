package containerd

import (
	"context"
	"os"
	"strings"

	"github.com/containerd/containerd/api/services/introspection/v1"
	"github.com/containerd/containerd/api/services/version/v1"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/landwaiter/landwaiter/source"
)

// Host returns the facts of containerd's host. Containerd tells its ID, constant
// as long as its root directory is, and nothing of the machine; but its socket
// is that of this machine, of which the name and the system are read. Where we
// run in a container, /etc/os-release must be the host's, and Config.HostName set.
func (s *Source) Host(ctx context.Context) (source.Host, error) {
	server, err := introspection.NewIntrospectionClient(s.client).Server(ctx, &emptypb.Empty{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	v, err := version.NewVersionClient(s.client).Version(ctx, &emptypb.Empty{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	// Debian adds its own: "1.6.20~ds1".
	number, _, _ := strings.Cut(strings.TrimPrefix(v.GetVersion(), "v"), "~")
	h := source.Host{
		ID:              server.GetUUID(),
		Name:            s.config.HostName,
		OS:              osName(),
		ContainerEngine: "containerd",
		Version:         number,
	}
	if h.Name == "" {
		h.Name, _ = os.Hostname() // not having one is no reason to fail
	}
	return h, nil
}

// osName returns the PRETTY_NAME of /etc/os-release, else "linux".
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html
func osName() string {
	raw, _ := os.ReadFile("/etc/os-release") // minimal systems have none
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	return "linux"
}
