package dialguard

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// dialTimeout bounds one connection, over all addresses of its host.
const dialTimeout = 30 * time.Second

// whoKey marks the context of connections to hosts that the operator named.
type whoKey struct{}

// With returns a context for connections to a host that who named. Without it, a host counts as named by a stranger.
func With(ctx context.Context, who Who) context.Context { return context.WithValue(ctx, whoKey{}, who) }

// Request returns the request with a context that tells [Dial] who named its host. If the environment has a proxy for
// it, the connection goes to the proxy, which the operator named.
func Request(req *http.Request, who Who) *http.Request {
	if proxy, err := http.ProxyFromEnvironment(req); err != nil || proxy != nil {
		who = Operator
	}
	return req.WithContext(With(req.Context(), who))
}

// From returns who named the host of connections under ctx.
func From(ctx context.Context) Who {
	who, _ := ctx.Value(whoKey{}).(Who)
	return who
}

// Dial connects as [net.Dialer.DialContext] does, for [net/http.Transport]'s field DialContext. An address that the
// context's [Who] must not reach is a Denied error, and nothing is sent to it.
func Dial(ctx context.Context, network, address string) (net.Conn, error) {
	who := From(ctx)
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return CheckAddr(to.Addr(), who)
	}
	return d.DialContext(ctx, network, address)
}
