package kubernetes

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source/kubernetes/object"
	"github.com/landwaiter/landwaiter/source/kubernetes/podimage"
)

const (
	// maxPods and maxContainers are above what a cluster can have, by
	// https://kubernetes.io/docs/setup/best-practices/cluster-large/: 150,000
	// and 300,000.
	maxPods       = 200_000
	maxContainers = 600_000
	// maxImages bounds the distinct images, each of which takes a kilobyte.
	maxImages = 100_000
	// maxNames bounds the names that pods give to one image.
	maxNames = 100
	// maxAccesses bounds the ways to one image: namespaces with the same image
	// mostly have secrets of the same content, and the first one will do.
	maxAccesses = 16
	// maxSecrets bounds the pull secrets of a pod, where one is usual.
	maxSecrets = 16
)

const (
	// freshFor is how long the list of pods is used.
	freshFor = 10 * time.Minute
	// missingFor is how long an image that no pod ran counts as missing.
	missingFor = time.Minute
)

// usage is the information of pods about one image.
type usage struct {
	names    []string // "repository:tag", sorted
	accesses []access // in the order of the pods
}

// access is one way to pull an image: the repository and secrets of a pod.
type access struct {
	repository     string // by the pod's specification
	namespace      string
	serviceAccount string
	secrets        string // names, separated by commas, which they never contain
}

func (a access) secretNames() []string {
	return strings.FieldsFunc(a.secrets, func(r rune) bool { return r == ',' })
}

// index is the information of all pods, by locator.
type index struct {
	images map[string]*usage
	made   time.Time
}

// readIndex reads all pods.
func (s *Source) readIndex(ctx context.Context) (*index, error) {
	x := &index{images: map[string]*usage{}, made: time.Now()}
	if err := s.pods(ctx, x.add); err != nil {
		return nil, err
	}
	for _, u := range x.images {
		slices.Sort(u.names)
	}
	return x, nil
}

// add records the images of a pod. Images that are not pulled yet have no ID.
func (x *index) add(p *object.Pod) error {
	for _, c := range p.Containers() {
		id, err := podimage.ParseID(c.ImageID)
		if err != nil {
			continue
		}
		u := x.images[id.String()]
		if u == nil {
			if len(x.images) == maxImages {
				return landwaiter.Errorf(landwaiter.TooLarge, "more than %d images, the limit: choose or exclude namespaces",
					maxImages)
			}
			u = &usage{}
			x.images[id.String()] = u
		}
		repository, name := podimage.ParseName(c.Image)
		if name != "" && len(u.names) < maxNames && !slices.Contains(u.names, name) {
			u.names = append(u.names, name)
		}
		a := accessOf(p, repository)
		if len(u.accesses) < maxAccesses && !slices.Contains(u.accesses, a) {
			u.accesses = append(u.accesses, a)
		}
	}
	return nil
}

func accessOf(p *object.Pod, repository string) access {
	var names []string
	for _, s := range p.Spec.ImagePullSecrets {
		if len(names) < maxSecrets && s.Name != "" && len(s.Name) <= object.MaxName {
			names = append(names, s.Name)
		}
	}
	return access{repository, p.Metadata.Namespace, p.Spec.ServiceAccountName, strings.Join(names, ",")}
}

// pods calls each for the pods of the chosen namespaces.
func (s *Source) pods(ctx context.Context, each func(*object.Pod) error) error {
	n := 0
	for _, ns := range s.config.namespaces() {
		err := s.client.list(ctx, "pods", ns, maxPods-n, func(raw json.RawMessage) error {
			n++
			var p object.Pod
			if err := object.Unmarshal(raw, &p); err != nil {
				return err
			}
			if err := p.Check(); err != nil {
				return err
			}
			if slices.Contains(s.config.ExcludeNamespaces, p.Metadata.Namespace) {
				return nil
			}
			return each(&p)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// usage returns the recent information of pods about an image.
func (s *Source) usage(ctx context.Context, locator string) (*usage, error) {
	// One caller reads the pods for all that wait. Unlike a mutex, a channel can
	// be waited for together with ctx.
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	x := s.index.Load()
	if x == nil || time.Since(x.made) > freshFor || (x.images[locator] == nil && time.Since(x.made) > missingFor) {
		var err error
		if x, err = s.readIndex(ctx); err != nil {
			return nil, err
		}
		s.index.Store(x)
	}
	if u := x.images[locator]; u != nil {
		return u, nil
	}
	return nil, landwaiter.Errorf(landwaiter.NotFound, "image %s: no pod of the cluster runs it any more: sync the source",
		locator)
}
