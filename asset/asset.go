// Package asset keeps the inventory: it syncs the configured sources, and opens
// images at any of their places.
package asset

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/source"
	"github.com/landwaiter/landwaiter/source/archive"
	"github.com/landwaiter/landwaiter/source/containerd"
	"github.com/landwaiter/landwaiter/source/docker"
	"github.com/landwaiter/landwaiter/source/kubernetes"
	"github.com/landwaiter/landwaiter/source/registry"
	"github.com/landwaiter/landwaiter/store"
)

// The types of source.
const (
	TypeArchive    = "archive"
	TypeRegistry   = "registry"
	TypeDocker     = "docker"
	TypeContainerd = "containerd"
	TypeKubernetes = "kubernetes"
)

// ArchiveConfig says where a source of archives is.
type ArchiveConfig struct {
	Path     string          `json:"path"` // absolute: a file, an OCI layout, or a directory of them
	Platform source.Platform `json:"platform,omitzero"`
}

// Inventory reads sources into the store. It is safe for concurrent use.
type Inventory struct {
	Store Store
	Spool string // directory for unlinked temporary files
	Log   *slog.Logger

	mu   sync.Mutex
	open map[string]shared // by source name
}

// shared is a source that stays open: all readers of a registry share its rate, its
// connections and its pauses.
type shared struct {
	settings string
	source.Source
}

// Close closes the sources that stayed open.
func (v *Inventory) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all error
	for _, src := range v.open {
		all = errors.Join(all, src.Close())
	}
	v.open = nil
	return all
}

// use returns the source of a configuration, and a function to release it. An archive
// is opened for each use, because its directory may have been replaced; other sources
// stay open until their settings change.
func (v *Inventory) use(cfg store.Source) (src source.Source, done func(), err error) {
	if cfg.Type == TypeArchive {
		if src, err = v.OpenSource(cfg); err != nil {
			return nil, nil, err
		}
		return src, func() { src.Close() }, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	settings := cfg.Type + string(cfg.Config)
	old, ok := v.open[cfg.Name]
	if ok && old.settings == settings {
		return old.Source, func() {}, nil
	}
	if src, err = v.OpenSource(cfg); err != nil {
		return nil, nil, err
	}
	if ok {
		old.Close()
	}
	if v.open == nil {
		v.open = map[string]shared{}
	}
	v.open[cfg.Name] = shared{settings, src}
	return src, func() {}, nil
}

// OpenSource returns the adapter of a configured source.
func (v *Inventory) OpenSource(src store.Source) (source.Source, error) {
	switch src.Type {
	case TypeArchive:
		var cfg ArchiveConfig
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return archive.New(cfg.Path, archive.Options{
			Platform: cfg.Platform,
			Spool:    v.Spool,
			Skipped: func(path string, reason error) {
				v.Log.Info("file is not an image", "source", src.Name, "path", path, "reason", reason)
			},
		})
	case TypeRegistry:
		var cfg registry.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return registry.New(cfg)
	case TypeDocker:
		var cfg docker.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return docker.New(cfg, v.Spool)
	case TypeContainerd:
		var cfg containerd.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return containerd.New(cfg)
	case TypeKubernetes:
		var cfg kubernetes.Config
		if err := json.Unmarshal(src.Config, &cfg); err != nil {
			return nil, err
		}
		return kubernetes.New(cfg, func(host, username, password string) (source.Source, error) {
			named := slices.Contains(cfg.PlainHTTP, host)
			return registry.New(registry.Config{
				URL: host, Username: username, Password: password,
				Stranger: !named, PlainHTTP: named, Platform: cfg.Platform,
			})
		})
	}
	return nil, landwaiter.Errorf(landwaiter.Invalid,
		"source %s has the type %q; want archive, registry, docker, containerd or kubernetes", src.Name, src.Type)
}
