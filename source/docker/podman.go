package docker

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"
	"github.com/moby/moby/api/types/image"
)

// inspectPodman asks Podman by its own API for what its Docker API loses: the
// health check, which it adds to about, and which steps made layers.
// The Docker API of Podman 4 fails, too, when a history has no dates.
// https://docs.podman.io/en/latest/_static/api.html#tag/images/operation/ImageInspectLibpod
func (s *Source) inspectPodman(ctx context.Context, about *image.InspectResponse) ([]step, error) {
	// Podman 4 and 5 know this version.
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base()+"/v4.0.0/libpod/images/"+fullID(about.ID)+"/json",
		nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.transport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		// With another version, or another fault, the Docker API is enough.
		return s.history(ctx, about.ID, len(about.RootFS.Layers))
	}
	var more struct {
		Healthcheck *dockerspec.HealthcheckConfig
		History     []step
	}
	if err := json.NewDecoder(answer.Body).Decode(&more); err != nil {
		return nil, err
	}
	if about.Config == nil {
		about.Config = &dockerspec.DockerOCIImageConfig{}
	}
	about.Config.Healthcheck = more.Healthcheck
	return more.History, nil
}

// base is the start of URLs. With a Unix socket, the host is ignored.
func (s *Source) base() string {
	address, tcp := strings.CutPrefix(s.host, "tcp://")
	switch {
	case !tcp:
		return "http://localhost"
	case s.transport.TLSClientConfig != nil:
		return "https://" + address
	}
	return "http://" + address
}
