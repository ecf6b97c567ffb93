package kubernetes

import (
	"context"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/dialguard"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

const (
	// maxTries bounds the logins that are tried for one image, so that pull
	// secrets cannot be used to guess passwords.
	maxTries = 32
	// maxProblems bounds a message: the first ones are enough to act upon.
	maxProblems = 3
	// maxRegistries bounds the registries that stay open. Some logins change
	// every twelve hours, and those used longest ago are then of no use.
	maxRegistries = 256
)

// openRegistry is a registry that stays open.
type openRegistry struct {
	host, username, password string
	source.Source
}

// Open implements [source.Source]. The image is read from its registry, with
// each of the pull secrets that fit, of the pods that run it and of their
// service accounts, then without; if that repository does not give it, from
// the one that the pods name. Errors: those of the registry; NotFound when no
// pod runs it any more; Denied with the names of secrets that could not be
// read; Unsupported for an image that its node did not pull from a registry.
func (s *Source) Open(ctx context.Context, locator string) (source.Image, error) {
	id, err := podimage.ParseID(locator)
	if err != nil {
		return nil, err
	}
	if id.Repository == "" {
		return nil, landwaiter.Errorf(landwaiter.Unsupported, "image %s was loaded on its node and has no registry digest; "+
			"add the node's containerd or Docker as a source", id)
	}
	u, err := s.usage(ctx, id.String())
	if err != nil {
		return nil, err
	}
	o := opening{source: s, digest: id.Digest, tried: map[attempt]bool{}}
	for _, a := range u.accesses {
		im, err := o.through(ctx, a, id.Repository)
		if err != nil {
			return nil, err
		}
		if im != nil {
			about := im.Describe()
			about.Names = slices.Clone(u.names)
			return &image{im, about}, nil
		}
	}
	return nil, o.failure(id)
}

// image is an image of a registry, with the names that the pods give it.
type image struct {
	source.Image
	about landwaiter.Image
}

// Describe implements [source.Image].
func (im *image) Describe() landwaiter.Image { return im.about }

// attempt is a login, or none, to a repository.
type attempt struct{ repository, username, password string }

// opening is one call of Open.
type opening struct {
	source   *Source
	digest   string
	tried    map[attempt]bool
	refusals []error  // of registries
	problems []string // with secrets
}

// through tries what one access has. It returns nil for both results when the
// registries refuse.
func (o *opening) through(ctx context.Context, a access, repository string) (source.Image, error) {
	logins, problems, err := o.source.pullSecrets(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		// Many pods may have the same.
		if len(o.problems) < maxProblems && !slices.Contains(o.problems, p.Error()) {
			o.problems = append(o.problems, p.Error())
		}
	}
	repositories := []string{repository}
	if a.repository != "" && a.repository != repository {
		repositories = append(repositories, a.repository)
	}
	for _, repo := range repositories {
		for _, l := range append(slices.Clone(logins), podimage.Login{}) {
			if l != (podimage.Login{}) && !l.Fits(repo) {
				continue
			}
			im, err := o.try(ctx, attempt{repo, l.Username, l.Password})
			if im != nil || err != nil {
				return im, err
			}
		}
	}
	return nil, nil
}

// try returns nil for both results when the registry refuses.
func (o *opening) try(ctx context.Context, a attempt) (source.Image, error) {
	if o.tried[a] || len(o.tried) == maxTries {
		return nil, nil
	}
	o.tried[a] = true
	id := podimage.ID{Repository: a.repository, Digest: o.digest}
	reg, err := o.source.openRegistry(id.Host(), a.username, a.password)
	if err == nil {
		var im source.Image
		if im, err = reg.Open(ctx, id.String()); err == nil {
			return im, nil
		}
	}
	switch landwaiter.KindOf(err) {
	case landwaiter.Denied, landwaiter.NotFound, landwaiter.Invalid:
		o.refusals = append(o.refusals, err)
		return nil, nil
	}
	return nil, err
}

// failure returns why no attempt succeeded: the errors of the registry and of the
// secrets.
func (o *opening) failure(id podimage.ID) error {
	reason := o.refusals[0]
	for _, err := range o.refusals {
		// Registries also answer "not found" to clients without access.
		if landwaiter.KindOf(err) == landwaiter.Denied {
			reason = err
			break
		}
	}
	if len(o.problems) == 0 {
		logins := 0
		for a := range o.tried {
			if a.username+a.password != "" {
				logins++
			}
		}
		return landwaiter.Errorf(landwaiter.KindOf(reason),
			"image %s: tried with %d logins of the pull secrets of its pods, and without: %w", id, logins, reason)
	}
	return landwaiter.Errorf(landwaiter.Denied, "image %s: %s; without that: %w", id, strings.Join(o.problems, "; "),
		reason)
}

// openRegistry returns the registry at host, opened for this login.
func (s *Source) openRegistry(host, username, password string) (source.Source, error) {
	if dialguard.IsLoopback(host) && !slices.Contains(s.config.PlainHTTP, host) {
		return nil, landwaiter.About(landwaiter.Errorf(landwaiter.Denied,
			"%s is a registry on the node itself, and here it would be this machine: add the containerd "+
				"or Docker of the node as a source; if the registry is on this machine, allow it without TLS", host),
			landwaiter.SettingPlainHTTP)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := slices.IndexFunc(s.registries, func(r openRegistry) bool {
		return r.host == host && r.username == username && r.password == password
	})
	if at >= 0 {
		used := s.registries[at]
		s.registries = append(slices.Delete(s.registries, at, at+1), used)
		return used.Source, nil
	}
	reg, err := s.registry(host, username, password)
	if err != nil {
		return nil, err
	}
	if len(s.registries) == maxRegistries {
		s.registries[0].Close() // its open images stay open
		s.registries = slices.Delete(s.registries, 0, 1)
	}
	s.registries = append(s.registries, openRegistry{host, username, password, reg})
	return reg, nil
}
