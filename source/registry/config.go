package registry

import (
	"net"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
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
	// PlainHTTP allows unencrypted HTTP to hosts other than this one.
	PlainHTTP bool `json:"plainHTTP,omitempty"`
	// Platform is the one to take of multi-platform images.
	Platform source.Platform `json:"platform,omitzero"`
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
		return "", landwaiter.Errorf(landwaiter.Invalid, "registry URL %q: want a host, such as registry.example.com:5000", redacted(c.URL))
	case u.User != nil:
		return "", landwaiter.Errorf(landwaiter.Invalid, "registry URL of %s: give user and password as options, not in the URL", u.Host)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return "", landwaiter.Errorf(landwaiter.Invalid, "registry URL %q: want the host alone; name repositories as an option", c.URL)
	case u.Scheme == "http" && !c.allowsHTTP(u.Host):
		return "", landwaiter.Errorf(landwaiter.Invalid, "registry URL %q: plain HTTP would expose images and passwords; use https, or allow it with the plain HTTP option", c.URL)
	}
	return u.Host, nil
}

// redacted drops what may be a password from a URL that is no URL.
func redacted(s string) string {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		return s[i+1:]
	}
	return s
}

// allowsHTTP reports whether the host may be reached without TLS.
func (c Config) allowsHTTP(host string) bool { return c.PlainHTTP || isLoopback(host) }

// nameOptions make the registry client try HTTP after HTTPS where allowed.
func (c Config) nameOptions(host string) []name.Option {
	if c.allowsHTTP(host) {
		return []name.Option{name.Insecure}
	}
	return nil
}

// isLoopback reports whether host, with or without a port, is this machine by
// its spelling: a name that merely resolves to it does not count.
func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
