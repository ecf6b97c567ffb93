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

// Host describes the host of containerd. Containerd reports its own ID, which is
// constant for a root directory, but nothing about the machine. The socket is on this
// machine, so name and system are read here. If Landwaiter runs in a container,
// /etc/os-release must be that of the host, and Config.HostName must be set.
func (s *Source) Host(ctx context.Context) (source.Host, error) {
	server, err := introspection.NewIntrospectionClient(s.client).Server(ctx, &emptypb.Empty{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	v, err := version.NewVersionClient(s.client).Version(ctx, &emptypb.Empty{})
	if err != nil {
		return source.Host{}, s.kinded(ctx, "host", err)
	}
	// Debian adds a suffix: "1.6.20~ds1".
	number, _, _ := strings.Cut(strings.TrimPrefix(v.GetVersion(), "v"), "~")
	h := source.Host{
		ID:              server.GetUUID(),
		Name:            s.config.HostName,
		OS:              osName(),
		ContainerEngine: "containerd",
		Version:         number,
	}
	if h.Name == "" {
		h.Name, _ = os.Hostname() // "" if it has none
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
