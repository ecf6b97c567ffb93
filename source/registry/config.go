package registry

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
	"github.com/landwaiter/landwaiter/source"
)

const (
	// DefaultRate is in requests per second. At this rate, the digests of 100,000
	// tags take 83 minutes.
	DefaultRate = 20
	// DefaultParallel is one more than the layers that Docker pulls at once.
	DefaultParallel = 4
	// maxRate and maxParallel: larger numbers are mistakes.
	maxRate     = 10_000
	maxParallel = 64
)

// Config says how to reach a registry.
type Config struct {
	// URL is the registry's host, with a port if it needs one, with or without
	// "https://": "registry.example.com:5000". "http://" needs a loopback host
	// or PlainHTTP. Not used by [Open], whose references name their registry.
	URL string `json:"url"`
	// Username and Password log in. When both are empty, the credentials of
	// `docker login` are used: docker's configuration file and its helpers.
	Username string `json:"username,omitempty"`
	Password string `json:"password,omitempty"`
	// Repositories are those to list. When empty, all of the registry's
	// catalog are, which some registries refuse to give.
	Repositories []string `json:"repositories,omitempty"`
	// Include and Exclude select tags by patterns on "repository:tag", such as
	// "team/*:v1.*", "library/**" (any tag) or "**:latest". An element of the
	// repository's path, and the tag, are shell patterns as of [path.Match];
	// the element ** stands for any number of elements, none included. Listed
	// is what matches one of Include, or anything when it is empty, and none
	// of Exclude.
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	// Newest is how many of the selected tags of each repository to list; 0
	// means all. Tags are ordered by name, because registries do not report
	// dates: "latest" first, then versions and dates from the highest to the
	// lowest ("v1.10" before "1.9", "2.0" before "2.0-rc1"), then other names.
	// So 1 is the tag "latest", or the newest where there is none.
	Newest int `json:"newest,omitempty"`
	// Rate is how many requests leave in a second, those to token servers and
	// redirected ones included, after a quiet second as many at once; 0 means
	// DefaultRate. When the registry answers that there are too many requests,
	// all requests wait as long as it asks.
	Rate float64 `json:"rate,omitempty"`
	// Parallel is how many requests may be under way, and how many layers
	// open, at once; 0 means DefaultParallel.
	Parallel int `json:"parallel,omitempty"`
	// PlainHTTP allows unencrypted HTTP to hosts other than this one.
	PlainHTTP bool `json:"plainHTTP,omitempty"`
	// CA has certificates in PEM form to trust in addition to those of the system.
	CA string `json:"ca,omitempty"`
	// SkipVerify accepts any certificate: anyone on the network path can then read
	// the password and change the names of images. Prefer CA.
	SkipVerify bool `json:"skipVerify,omitempty"`
	// Stranger says that the operator did not choose the host of URL: a pod's image names it. It must not be this
	// machine then. Not stored.
	Stranger bool `json:"-"`
	// Platform is the one to take of multi-platform images.
	Platform source.Platform `json:"platform,omitzero"`
}

// tls returns how connections are verified; nil means the defaults of Go.
func (c Config) tls() (*tls.Config, error) {
	if c.CA == "" && !c.SkipVerify {
		return nil, nil //nolint:nilnil // no settings are the usual case, and no error
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if c.CA != "" && !pool.AppendCertsFromPEM([]byte(c.CA)) {
		return nil, landwaiter.Errorf(landwaiter.Invalid, "the registry's CA holds no certificate in PEM form")
	}
	return &tls.Config{
		RootCAs:            pool,
		InsecureSkipVerify: c.SkipVerify, //nolint:gosec // only when asked to
		MinVersion:         tls.VersionTLS12,
	}, nil
}

// host returns the registry's host of URL.
func (c Config) host() (string, error) {
	text := c.URL
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "", landwaiter.Errorf(landwaiter.Invalid, "registry URL %q: want a host, such as registry.example.com:5000",
			redacted(c.URL))
	case u.User != nil:
		return "", landwaiter.Errorf(landwaiter.Invalid,
			"registry URL of %s: give user and password as options, not in the URL", u.Host)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return "", landwaiter.Errorf(landwaiter.Invalid,
			"registry URL %q: want the host alone; name repositories as an option", c.URL)
	case u.Scheme == "http" && !c.allowsHTTP(u.Host):
		return "", landwaiter.Errorf(landwaiter.Invalid,
			"registry URL %q: plain HTTP would expose images and passwords; use https, or allow it with the plain HTTP option",
			c.URL)
	}
	return u.Host, nil
}

// checkLimits checks the numbers.
func (c Config) checkLimits() error {
	switch {
	case !(c.Rate >= 0 && c.Rate <= maxRate): // not a number, too
		return landwaiter.Errorf(landwaiter.Invalid,
			"rate %v: want requests per second, at most %d, or 0 for the default of %d", c.Rate, maxRate, DefaultRate)
	case c.Parallel < 0 || c.Parallel > maxParallel:
		return landwaiter.Errorf(landwaiter.Invalid, "parallel %d: want 1 to %d requests at once, or 0 for the default of %d",
			c.Parallel, maxParallel, DefaultParallel)
	case c.Newest < 0:
		return landwaiter.Errorf(landwaiter.Invalid, "newest %d: want a number of tags for each repository, or 0 for all",
			c.Newest)
	}
	return nil
}

func (c Config) rate() float64 { return cmp.Or(c.Rate, DefaultRate) }

func (c Config) parallel() int { return cmp.Or(c.Parallel, DefaultParallel) }

// redacted removes possible passwords from text that is not a valid URL.
func redacted(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return s[i+1:]
	}
	return s
}

// named returns who named the registry.
func (c Config) named() dialguard.Who {
	if c.Stranger {
		return dialguard.Stranger
	}
	return dialguard.Operator
}

// allowsHTTP reports whether the host may be reached without TLS.
func (c Config) allowsHTTP(host string) bool { return c.PlainHTTP || dialguard.IsLoopback(host) }

// nameOptions make the registry client try HTTP after HTTPS where allowed.
func (c Config) nameOptions(host string) []name.Option {
	if c.allowsHTTP(host) {
		return []name.Option{name.Insecure}
	}
	return nil
}
