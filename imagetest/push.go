package imagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Push pushes an image to a repository of the registry at base
// ("http://127.0.0.1:5000", or with "user:password@"). The tags are those in the
// names of the image (the part after the last colon), or "latest" if it has no
// names. See https://distribution.github.io/distribution/spec/api/.
func Push(ctx context.Context, base, repository string, im Image) error {
	root, err := url.Parse(base + "/v2/" + repository)
	if err != nil {
		return err
	}
	p := pusher{ctx: ctx, root: root}
	for _, data := range im.blobs() {
		if err := p.blob(data); err != nil {
			return err
		}
	}
	manifest := func(reference, mediaType string, data []byte) error {
		_, err := p.do(http.MethodPut, p.root.JoinPath("manifests", reference), mediaType, data)
		return err
	}
	for _, one := range append(slices.Clone(im.Others), im) {
		if err := manifest(one.ManifestDigest(), manifestType, one.manifest()); err != nil {
			return err
		}
	}
	mediaType, top := im.top()
	for _, tag := range im.tags() {
		if err := manifest(tag, mediaType, top); err != nil {
			return err
		}
	}
	return nil
}

func (im Image) tags() []string {
	if len(im.Names) == 0 {
		return []string{"latest"}
	}
	var tags []string
	for _, name := range im.Names {
		tags = append(tags, name[strings.LastIndex(name, ":")+1:])
	}
	return tags
}

type pusher struct {
	ctx  context.Context
	root *url.URL
}

// blob uploads a blob in two requests. The response to the first one has the URL
// of the second.
func (p pusher) blob(data []byte) error {
	start, err := p.do(http.MethodPost, p.root.JoinPath("blobs", "uploads/"), "application/octet-stream", nil)
	if err != nil {
		return err
	}
	to, err := p.root.Parse(start.Get("Location"))
	if err != nil {
		return err
	}
	to.User = p.root.User
	query := to.Query()
	query.Set("digest", digest(data))
	to.RawQuery = query.Encode()
	_, err = p.do(http.MethodPut, to, "application/octet-stream", data)
	return err
}

func (p pusher) do(method string, to *url.URL, contentType string, body []byte) (http.Header, error) {
	req, err := http.NewRequestWithContext(p.ctx, method, to.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return nil, fmt.Errorf("%s %s: %s: %s", method, to.Redacted(), resp.Status, text)
	}
	return resp.Header, nil
}
