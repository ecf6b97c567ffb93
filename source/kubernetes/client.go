package kubernetes

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source/kubernetes/object"
)

const (
	// answerTimeout is for one answer, with its repetitions. The API server
	// itself gives up after a minute.
	answerTimeout = 90 * time.Second
	// connectTimeout is for a connection and for its TLS handshake.
	connectTimeout = 15 * time.Second
	// idleTimeout closes connections between scans.
	idleTimeout = 30 * time.Second
	// maxRetries is how often a request to a busy server (Retry-After) is repeated.
	maxRetries = 3
	// queries bounds the requests per second; the default of client-go, 5, is
	// slow for many images with secrets.
	queries = 50
	// pageSize is what kubectl asks for at once.
	pageSize = 500
	// maxAnswer bounds a page: 128 KiB for each object, of which pods with
	// long specifications have 30.
	maxAnswer = 64 << 20
	// maxEmptyPages bounds pages without objects, one after another; API
	// servers fill their pages.
	maxEmptyPages = 50
	// maxErrorAnswer bounds an answer that is an error, a page of text.
	maxErrorAnswer = 64 << 10
	// maxHeader bounds the header of an answer, which has a few hundred bytes.
	maxHeader = 64 << 10
)

// client reads the core API of a cluster.
type client struct {
	rest      *rest.RESTClient
	transport *http.Transport
	host      string // the server's address, for messages
}

// newClient does not contact the cluster.
func newClient(c *rest.Config) (*client, error) {
	tls, err := rest.TLSConfigFor(c)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		TLSClientConfig: tls, ForceAttemptHTTP2: true, Proxy: http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout: connectTimeout, IdleConnTimeout: idleTimeout, MaxResponseHeaderBytes: maxHeader,
	}
	if c.Proxy != nil {
		t.Proxy = c.Proxy
	}
	c.UserAgent = "landwaiter"
	authorized, err := rest.HTTPWrappersForConfig(c, bounded{t})
	if err != nil {
		return nil, err
	}
	// The wrapper would send the token to other hosts on a redirect.
	h := &http.Client{
		Transport:     authorized,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	core := schema.GroupVersion{Version: "v1"}
	scheme := runtime.NewScheme() // only for errors, which are metav1.Status
	metav1.AddToGroupVersion(scheme, core)
	c.APIPath, c.GroupVersion, c.ContentType = "/api", &core, runtime.ContentTypeJSON
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c.QPS, c.Burst, c.WarningHandler = queries, queries, rest.NoWarnings{}
	r, err := rest.RESTClientForConfigAndClient(c, h)
	if err != nil {
		return nil, err
	}
	return &client{rest: r, transport: t, host: c.Host}, nil
}

// bounded bounds the size of an answer, because client-go does not.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	limit := int64(maxAnswer)
	if answer.StatusCode >= http.StatusMultipleChoices {
		limit = maxErrorAnswer
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, limit)
	return answer, nil
}

// request describes a request in messages.
type request struct {
	verb      string // "get", "list"
	resource  string // "pods"
	namespace string // "" for all, or none
	name      string // of the one to get
}

// read sends a request and passes its answer to parse.
func (c *client) read(ctx context.Context, q request, ask *rest.Request, parse func(io.Reader) error) error {
	short, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	// client-go logs broken answers; the errors report them.
	body, err := ask.MaxRetries(maxRetries).Stream(klog.NewContext(short, klog.Logger{}))
	if err != nil {
		return c.kinded(ctx, q, err)
	}
	defer body.Close()
	return c.kinded(ctx, q, parse(body))
}

// get reads one object into out.
func (c *client) get(ctx context.Context, q request, out any) error {
	ask := c.rest.Get().NamespaceIfScoped(q.namespace, q.namespace != "").Resource(q.resource).Name(q.name)
	return c.read(ctx, q, ask, func(r io.Reader) error { return object.Decode(r, out) })
}

// version returns the version of the API server, "v1.34.1".
func (c *client) version(ctx context.Context) (string, error) {
	var v struct{ GitVersion string }
	q := request{verb: "get", resource: "/version"}
	err := c.read(ctx, q, c.rest.Get().AbsPath("/version"), func(r io.Reader) error { return object.Decode(r, &v) })
	if len(v.GitVersion) > object.MaxName {
		return "", c.kinded(ctx, q, landwaiter.Errorf(landwaiter.Corrupt, "a version of more than %d bytes", object.MaxName))
	}
	return v.GitVersion, err
}

// list reads the objects of one namespace, or of all if it is "", page by
// page, and calls each for them, at most limit times.
func (c *client) list(ctx context.Context, resource, namespace string, limit int,
	each func(raw json.RawMessage) error) error {
	q := request{verb: "list", resource: resource, namespace: namespace}
	n := 0
	counted := func(raw json.RawMessage) error {
		if n++; n > limit {
			return landwaiter.Errorf(landwaiter.TooLarge, "more than %d, the limit: choose or exclude namespaces", limit)
		}
		return each(raw)
	}
	// Pages may be short or even empty, but not endlessly.
	next, empty := "", 0
	for range 4*limit/pageSize + 1 {
		before := n
		ask := c.rest.Get().
			NamespaceIfScoped(namespace, namespace != "").
			Resource(resource).
			Param("limit", strconv.Itoa(pageSize))
		if next != "" {
			ask.Param("continue", next)
		}
		var following string
		err := c.read(ctx, q, ask, func(r io.Reader) (err error) {
			following, err = object.DecodeList(r, counted)
			return err
		})
		// A list that takes over five minutes outlives its snapshot; the
		// server then returns a token to continue in a later one.
		var expired apierrors.APIStatus
		if next != "" && apierrors.IsResourceExpired(err) && errors.As(err, &expired) && expired.Status().Continue != "" {
			following, err = expired.Status().Continue, nil
		}
		if err != nil || following == "" {
			return err
		}
		next = following
		if n > before {
			empty = 0
		} else if empty++; empty == maxEmptyPages {
			break
		}
	}
	return c.kinded(ctx, q, landwaiter.Errorf(landwaiter.TooLarge, "the server returns pages without end"))
}
