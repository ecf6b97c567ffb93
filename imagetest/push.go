package imagetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Push writes an image to the registry at base ("http://127.0.0.1:5000") as
// repository, under the tags of its names (the part after the last colon),
// "latest" when it has none. The registry must take uploads in one request.
func Push(ctx context.Context, base, repository string, im Image) error {
	p := pusher{ctx: ctx, root: base + "/v2/" + repository}
	for _, data := range im.blobs() {
		if err := p.do(http.MethodPost, "/blobs/uploads/?digest="+digest(data), "application/octet-stream", data); err != nil {
			return err
		}
	}
	for _, one := range im.Others {
		if err := p.do(http.MethodPut, "/manifests/"+one.ManifestDigest(), manifestType, one.manifest()); err != nil {
			return err
		}
	}
	if err := p.do(http.MethodPut, "/manifests/"+im.ManifestDigest(), manifestType, im.manifest()); err != nil {
		return err
	}
	mediaType, top := im.top()
	for _, tag := range im.tags() {
		if err := p.do(http.MethodPut, "/manifests/"+tag, mediaType, top); err != nil {
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
	root string
}

func (p pusher) do(method, path, contentType string, body []byte) error {
	req, err := http.NewRequestWithContext(p.ctx, method, p.root+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return nil
}
