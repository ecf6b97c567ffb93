package registry

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"github.com/landwaiter/landwaiter"
)

// remoteKey marks the context of requests that must not end on this machine.
type remoteKey struct{}

// metadata are the addresses of cloud metadata services that are not link-local
// as 169.254.169.254 is.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"),   // AWS
	netip.MustParseAddr("fd20:ce::254"),    // Google
	netip.MustParseAddr("168.63.129.16"),   // Azure
	netip.MustParseAddr("100.100.100.200"), // Alibaba
	netip.MustParseAddr("192.0.0.192"),     // Oracle
}

// dial connects, unless the name resolved to an address that no registry has
// (CVE-2020-13788, CVE-2026-10517). Private networks are allowed: registries
// are in them.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	local := ctx.Value(remoteKey{}) == nil
	d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return checkAddr(to.Addr(), local)
	}
	return d.DialContext(ctx, network, address)
}

// checkAddr returns an error for the addresses of metadata services, and, unless
// local, for those of this machine.
func checkAddr(addr netip.Addr, local bool) error {
	addr = addr.WithZone("").Unmap()
	switch {
	case addr.IsLinkLocalUnicast(), addr.IsMulticast(), slices.Contains(metadata, addr):
		return landwaiter.Errorf(landwaiter.Denied, "the registry leads to %s, an address that no registry has", addr)
	case !local && (addr.IsLoopback() || addr.IsUnspecified()):
		return landwaiter.Errorf(landwaiter.Denied, "the registry leads to %s, which is this machine", addr)
	}
	return nil
}
