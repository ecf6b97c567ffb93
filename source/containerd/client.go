package containerd

import (
	"context"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
)

const (
	// answerTimeout is for answers other than layers. Nodes with hundreds of
	// images take milliseconds; a hung containerd never answers.
	answerTimeout = 2 * time.Minute
	// maxMessage bounds one message, the largest of which is the list of a
	// namespace's images: 100,000 of 600 bytes. Containerd sends at most
	// 16 MiB unless it is configured otherwise.
	maxMessage = 64 << 20
	// idleTimeout closes connections between scans.
	idleTimeout = 30 * time.Second
)

// connect sets how soon a containerd that was down is tried again.
var connect = grpc.ConnectParams{
	Backoff: backoff.Config{
		BaseDelay:  100 * time.Millisecond,
		Multiplier: 1.6,
		Jitter:     0.2,
		MaxDelay:   3 * time.Second,
	},
	MinConnectTimeout: 20 * time.Second,
}

// client calls one containerd; the first call connects. It is safe for
// concurrent use.
type client struct {
	*grpc.ClientConn
	address string
}

func dial(address string) (*client, error) {
	conn, err := grpc.NewClient("passthrough:///containerd",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", address)
		}),
		// The permissions of the socket control access.
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage)),
		grpc.WithUnaryInterceptor(timed),
		grpc.WithConnectParams(connect),
		grpc.WithIdleTimeout(idleTimeout),
		grpc.WithUserAgent("landwaiter"),
	)
	return &client{conn, address}, err
}

// timed limits each call, but not streams, to answerTimeout.
func timed(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker,
	opts ...grpc.CallOption) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	return call(ctx, method, req, reply, cc, opts...)
}

// in returns a context for calls about a namespace.
func in(ctx context.Context, namespace string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "containerd-namespace", namespace)
}
