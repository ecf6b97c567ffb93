package packages

import (
	"context"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/syntax"
)

// maxDirectURL bounds one file, in bytes: real ones have some hundreds.
const maxDirectURL = 64 << 10

// maxDirectURLs bounds the packages of a layer that were not installed from an
// index. The largest environments seen have 100.
const maxDirectURLs = 10_000

// readDirectURL reads what pip and uv put beside the metadata of a Python package
// that they did not take from an index (PEP 610): a directory, which may be that of
// the application, an archive or a repository. The collector joins it with the
// package.
func readDirectURL(ctx context.Context, in input) ([]landwaiter.Package, error) {
	data, err := in.readUpTo(maxDirectURL)
	if err != nil {
		return nil, err
	}
	url, origin := "", landwaiter.OriginURL
	j := syntax.NewJSON(ctx, data)
	_, err = j.Object(func(key []byte) (err error) {
		switch string(key) {
		case "url":
			url, _, err = j.String()
		case "vcs_info":
			origin = landwaiter.OriginGit
		case "dir_info":
			origin = landwaiter.OriginLocal
		}
		return err
	})
	if origin == landwaiter.OriginURL && strings.HasPrefix(url, "file:") {
		origin = landwaiter.OriginLocal
	}
	c := in.collector
	if err == nil && len(c.directURLs) < maxDirectURLs {
		if c.directURLs == nil {
			c.directURLs = map[string]string{}
		}
		c.directURLs[path.Dir(in.Path)] = origin
	}
	return nil, err
}

// settleDirectURLs gives packages the origin that stands beside their metadata.
func (c *Collector) settleDirectURLs() {
	if len(c.directURLs) == 0 {
		return
	}
	for i := range c.all.pkgs {
		if p := &c.all.pkgs[i]; p.Type == "pypi" && p.Origin == "" {
			p.Origin = c.directURLs[path.Dir(p.Path)]
		}
	}
}
